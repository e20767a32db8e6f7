"""The environment of git processes: no database secrets, and no other repository."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio_sync.files.git.program import search_path

_NOWHERE = "/dev/null"

_KEPT = frozenset(
    ("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA",
     "PROGRAMDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "TEMP", "TMP", "TMPDIR", "USER",
     "LOGNAME", "USERNAME", "SUDO_UID", "GIT_TEST_ASSUME_DIFFERENT_OWNER")
)  # fmt: skip
"""Variables that git inherits, beside those that begin with GIT_CONFIG_."""

_SET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # the name of no protocol; takes precedence over protocol.*.allow
    "GIT_GRAFT_FILE": _NOWHERE,
    "NoDefaultCurrentDirectoryInExePath": "1",
}


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A working tree: its top folder, and its git folder.

    Without `folder`, git looks for it in `top`, and nowhere else.
    """

    top: Path
    folder: Path | None = None


def environment(place: GitPlace, config: Mapping[str, str]) -> dict[str, str]:
    """The environment of a git process for a working tree, with `config` as variables."""
    ours = os.environ
    env = {
        name: value for name, value in ours.items() if name.upper() in _KEPT or name.startswith("GIT_CONFIG_")
    }
    env["PATH"] = os.pathsep.join(search_path(ours.get("PATH", os.defpath), (place.top,)))
    env |= _SET
    if place.folder is None:
        env["GIT_CEILING_DIRECTORIES"] = os.fspath(place.top.parent)
    elif index := _index_of_a_hook(ours, place.folder):
        env["GIT_INDEX_FILE"] = index
    return env | _as_environment(config, env.get("GIT_CONFIG_COUNT", "0"))


def _index_of_a_hook(ours: Mapping[str, str], folder: Path) -> str:
    """The index that git passed to the hook that we run in, if the hook is of this repository.

    `git commit FILE` writes what it will commit into a temporary index.
    """
    given = ours.get("GIT_INDEX_FILE", "")
    real = os.path.realpath(given) if given else ""
    with suppress(OSError):
        if "GIT_DIR" in ours and not os.path.samefile(ours["GIT_DIR"], folder):
            return ""
        if real and os.path.samefile(os.path.dirname(real), folder) and os.path.isfile(real):
            return real
    return ""


def _as_environment(config: Mapping[str, str], count: str) -> dict[str, str]:
    """Settings as variables, where a name may contain any character. `count` is how many exist already."""
    if not config or not count.isdecimal():
        return {}
    found = {"GIT_CONFIG_COUNT": str(int(count) + len(config))}
    for number, (key, value) in enumerate(config.items(), int(count)):
        found[f"GIT_CONFIG_KEY_{number}"], found[f"GIT_CONFIG_VALUE_{number}"] = key, value
    return found
