"""A workspace's Vale settings and styles, without anything that starts programs or reads files.

Vale starts other programs for some formats, and reads files that a rule names. Both come with a clone. So
Vale gets a copy of settings and styles, reduced to an allowlist.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from studio_sync.core.values.bounds import MAX_CONFIG_FILE, MAX_STYLE_BYTES, MAX_STYLE_FILES
from studio_sync.errors import UnavailableError
from studio_sync.files.tree.disk.inside import OutsideError, inside, is_relative
from studio_sync.files.tree.disk.plain_file import is_plain_file, read_plain
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.yaml_reader import read_yaml

VALE_CONFIG = ".vale.ini"
STYLES = "styles"
"""The name of the styles folder in the copy."""

_SECTION = re.compile(r"\s*\[([^\]]*[*.][^\]]*)\]\s*")
_ENTRY = re.compile(r"\s*([\w .-]+?)\s*=\s*(.*?)\s*")
_TOP = frozenset(("MinAlertLevel", "Vocab", "IgnoredScopes", "SkippedScopes", "IgnoredClasses"))
_RULES = frozenset(("BasedOnStyles", "BlockIgnores", "TokenIgnores"))
_RULE = re.compile(r"[\w-]+\.[\w-]+")
_NEVER = frozenset(("script", "dicpath", "affix", "dic"))
"""Keys of a rule that run something, or name any file."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The files for Vale: the text of its configuration, and styles by path below their folder.

    `left_out` names the workspace's settings that were removed.
    """

    config: str
    styles: Mapping[str, bytes]
    left_out: tuple[str, ...]


def read_settings(root: Path) -> Settings | None:
    """The settings of the workspace at `root`; None if it has none. Raises UnavailableError."""
    if not is_plain_file(root / VALE_CONFIG):
        return None
    left_out: list[str] = []
    try:
        text = read_plain(root / VALE_CONFIG, MAX_CONFIG_FILE).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(f"can't read {VALE_CONFIG}: {error}", "make it a text in UTF-8") from None
    folder = ""
    lines: list[str] = []
    section, known = "", True
    for line in re.split(r"\r\n|\r|\n", text):
        if line.strip().startswith("["):
            found = _SECTION.fullmatch(line)
            section, known = line.strip(), bool(found)
            (lines if known else left_out).append(section)
            continue
        entry = _ENTRY.fullmatch(line) if line.strip()[:1] not in ("#", ";", "") else None
        if entry is None or not known:
            continue
        key, value = entry[1], entry[2]
        if not section and key == "StylesPath":
            folder = value
        elif key in (_RULES if section else _TOP) or (section and _RULE.fullmatch(key)):
            lines.append(f"{key} = {value}")
        else:
            left_out.append(key)
    styles = dict(_styles(root, folder, left_out)) if folder else {}
    return Settings("\n".join([f"StylesPath = {STYLES}", *lines, ""]), styles, tuple(left_out))


def _styles(root: Path, folder: str, left_out: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files of the styles by path: plain ones inside the workspace, within bounds."""
    folder = folder.replace("\\", "/").removeprefix("./").rstrip("/")
    try:
        top = inside(root, folder)
    except OutsideError:
        left_out.append(f"StylesPath = {folder}")
        return
    if top.is_symlink():
        left_out.append(f"StylesPath = {folder}")
        return
    count = size = 0
    for here, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not os.path.islink(os.path.join(here, name)))
        for name in sorted(names):
            place = Path(here, name)
            path = place.relative_to(top).as_posix()
            try:
                data = read_plain(place, MAX_STYLE_BYTES)
            except OSError:
                left_out.append(f"{folder}/{path}")
                continue
            count, size = count + 1, size + len(data)
            if count > MAX_STYLE_FILES or size > MAX_STYLE_BYTES:
                raise UnavailableError(
                    f"{folder} holds more than {MAX_STYLE_FILES} files, or {MAX_STYLE_BYTES >> 20} MiB",
                    f"name a smaller folder as StylesPath in {VALE_CONFIG}",
                )
            if place.suffix in {".yml", ".yaml"} and not _is_tame(data):
                left_out.append(f"{folder}/{path}")
                continue
            yield path, data


def _is_tame(data: bytes) -> bool:
    """Whether a rule runs nothing and names no file outside the styles."""
    try:
        rule = read_yaml(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, YamlFault):
        return False
    if not isinstance(rule, Mapping):
        return True
    if rule.get("extends") == "script" or not _NEVER.isdisjoint(rule):
        return False
    named = [rule.get("ignore"), rule.get("dictionaries")]
    files = [each for value in named for each in (value if isinstance(value, list) else [value])]
    return all(each is None or is_relative(each) for each in files)
