"""The one place that starts git. Nothing that a repository brings decides what git does or starts.

What a clone's author, or whoever wrote its configuration, could decide is decided here: by the flags, by
configuration that counts more than the repository's own, and by the environment.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studio_sync.core.values import bounds
from studio_sync.errors import UnavailableError
from studio_sync.files.git.program import find_git, search_path

PATIENCE = 300
"""Seconds after which a git that still runs is given up."""
_END = 5
"""Seconds in which a git that is given up may take its lock files away."""
_TOO_MUCH = """\
a commit may hold far too many files: see which with `git log --format=%h -- .`, and work in a clone that \
begins after it: git clone --shallow-since=DATE"""

_NOWHERE = "/dev/null"
"""git understands this name on Windows, too."""

_FLAGS = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",  # what a commit says is what it was made of, whatever refs/replace says
    "--literal-pathspecs",
)

_CONFIG = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "",  # before 2.36 the word "false" was the name of a program
    "core.hooksPath": _NOWHERE,
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.alternateRefsCommand": "false",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "gpg.program": "false",
    "log.showSignature": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
"""Counts more than what the repository's own configuration says."""

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "cat-file": (),
    "check-attr": (),
    "config": (),
    "diff-tree": ("--no-ext-diff", "--no-textconv"),
    "for-each-ref": (),
    "ls-files": (),
    "ls-tree": (),
    "merge-file": (),
    "mv": (),
    "rev-list": (),
    "rev-parse": (),
    "symbolic-ref": (),
}
"""The commands that are asked, with the flags that each needs so that it starts nothing."""

_KEPT = frozenset(
    ("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA",
     "PROGRAMDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "TEMP", "TMP", "TMPDIR", "USER",
     "LOGNAME", "USERNAME", "SUDO_UID", "GIT_TEST_ASSUME_DIFFERENT_OWNER")
)  # fmt: skip
"""Variables that git gets from our environment; and those that begin with GIT_CONFIG_."""

_SET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # a name of no protocol; counts more than protocol.*.allow
    "GIT_GRAFT_FILE": _NOWHERE,
    "NoDefaultCurrentDirectoryInExePath": "1",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A working tree: its top folder, and the folder in which git keeps its own files.

    Without `folder`, git is to look for that in `top`, and nowhere else.
    """

    top: Path
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The exit code of git, and what it printed."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed, as text that keeps every byte."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def said(self) -> str:
        """The line that says why it failed, else the first of what it complained about."""
        lines = self.err.decode("utf-8", "replace").strip().split("\n")
        return next((line for line in lines if line.startswith("fatal: ")), lines[0]).removeprefix("fatal: ")


def git_program(place: Path) -> str:
    """The git that is started for a working tree, "" where there is none."""
    return find_git(os.environ.get("PATH", os.defpath), (place,))


def run_git(
    place: Place,
    *arguments: str,
    at: Path | None = None,
    given: bytes = b"",
    config: Mapping[str, str] | None = None,
) -> Answer:
    """Run a git command `at` a folder of a working tree, its top if none is named. It asks nothing.

    Paths in the arguments are taken literally; `given` is what the command reads. `config` counts more than
    what is configured, but less than what the user gave in the environment. Raises UnavailableError if git
    can't be started or takes too long.
    """
    with _started(place, arguments, at or place.top, config or {}, subprocess.PIPE, subprocess.PIPE) as git:
        try:
            out, err = git.communicate(given, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            _end(git)
            raise _too_slow(arguments) from None
    return Answer(git.returncode, out, err)


@contextmanager
def stream_git(
    place: Place, *arguments: str, at: Path | None = None, given: bytes = b""
) -> Iterator[IO[bytes]]:
    """What a git command prints while it runs, which may be too much to hold. See `run_git`.

    Raises UnavailableError also if the command fails.
    """
    with tempfile.TemporaryFile() as questions, tempfile.TemporaryFile() as complaints:
        questions.write(given)
        questions.seek(0)
        late = threading.Event()
        with _started(place, arguments, at or place.top, {}, questions, complaints) as git:

            def give_up() -> None:
                late.set()
                git.kill()

            timer = threading.Timer(PATIENCE, give_up)
            timer.daemon = True
            timer.start()
            try:
                yield _pipe(git)
                git.wait()
            finally:
                timer.cancel()
                git.kill()
        if late.is_set():
            raise _too_slow(arguments)
        complaints.seek(0)
        if git.returncode:
            raise failure(Answer(git.returncode, b"", complaints.read()))


def _pipe(git: "subprocess.Popen[bytes]") -> IO[bytes]:
    if git.stdout is None:
        raise ValueError("git was started without a pipe")
    return git.stdout


def failure(answer: Answer) -> UnavailableError:
    """What a command that failed is told as."""
    if "promisor remote" in answer.said:
        return UnavailableError(
            "this clone lacks a part of the history's contents, and studio fetches nothing by itself",
            "fetch them: git fetch --refetch --no-filter",
        )
    if "ut of memory" in answer.said:
        said = f"git would need more than {bounds.MAX_GIT_MEMORY >> 20:,} MiB of memory, and was given up"
        return UnavailableError(said, _TOO_MUCH)
    return UnavailableError(
        f"git could not be asked: {answer.said}", "run `git status` and mend what it says"
    )


def _started(
    place: Place,
    arguments: Sequence[str],
    at: Path,
    config: Mapping[str, str],
    given: int | IO[bytes],
    complaints: int | IO[bytes],
) -> "subprocess.Popen[bytes]":
    if not (program := git_program(place.top)):
        raise UnavailableError("git can't be found", "install git, or put its folder into PATH")
    name, *rest = arguments
    command = [program, *_FLAGS]
    if place.folder is not None:
        command += [f"--git-dir={place.folder}", f"--work-tree={place.top}"]
    for key, value in _CONFIG.items():
        command += ["-c", f"{key}={value}"]
    try:
        git = subprocess.Popen(
            [*command, name, *_COMMANDS[name], *rest],
            cwd=at,
            env=_environment(place, config),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
    except OSError as error:
        said = f"{program} can't be started: {error.strerror}"
        raise UnavailableError(said, "check its permissions") from None
    _bound(git.pid)
    return git


def _bound(process: int) -> None:
    """Bound the memory of git, where the system can do that to another process."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError):
            hard = resource.prlimit(process, resource.RLIMIT_DATA)[1]
            most = bounds.MAX_GIT_MEMORY if hard < 0 else min(bounds.MAX_GIT_MEMORY, hard)
            resource.prlimit(process, resource.RLIMIT_DATA, (most, hard))


def _end(git: "subprocess.Popen[bytes]") -> None:
    git.terminate()
    try:
        git.communicate(timeout=_END)
    except subprocess.TimeoutExpired:
        git.kill()


def _too_slow(arguments: Sequence[str]) -> UnavailableError:
    said = f"git {arguments[0]} did not end within {PATIENCE} seconds, and was given up"
    return UnavailableError(said, _TOO_MUCH)


# --- the environment


def _environment(place: Place, config: Mapping[str, str]) -> dict[str, str]:
    """What git knows of our environment: no secrets of a database, and no other repository."""
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
    """The index that git gave the hook which we run in, if the hook is one of this very repository.

    `git commit FILE` writes what it will commit into an index of its own.
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
    """Settings as variables: there a name may hold any character. `count` is how many there are already."""
    if not config or not count.isdecimal():
        return {}
    found = {"GIT_CONFIG_COUNT": str(int(count) + len(config))}
    for number, (key, value) in enumerate(config.items(), int(count)):
        found[f"GIT_CONFIG_KEY_{number}"], found[f"GIT_CONFIG_VALUE_{number}"] = key, value
    return found
