"""Runs a scene and writes down everything that it prints, with what differs between runs made the same."""

import os
import re
import shlex
from pathlib import Path
from unittest.mock import patch

from tests.harness import CHAPTER, CHAPTER_2, CLIENT, PROGRAM, SESSION, SESSION_2, Desk
from tests.snapshots.scenes import Scene

PAGES = Path(__file__).parent / "pages"

_KNOWN = {CLIENT, PROGRAM, CHAPTER, CHAPTER_2, SESSION, SESSION_2, "0" * 8}
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_RUN = re.compile(r"\b[0-9a-f]{8}\b")
_NOBODYS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
"""A git without anybody's settings."""
_SUBSTITUTES = (
    (
        re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[A-Z]{3,4}|[+-]\d\d:?\d\d|Z)?"),
        "MOMENT",
    ),
    (re.compile(r"test_[0-9a-f]{12}"), "DATABASE"),
    (re.compile(r"\b[0-9a-f]{40}\b|(?<=commit )[0-9a-f]{7,12}\b"), "COMMIT"),
    (re.compile(r"PostgreSQL \d+\.\d+"), "PostgreSQL VERSION"),
    (re.compile(r"^([a-z][a-z ]*: )(?:done|[\d,]+) in [\d.]+ .*\n", re.MULTILINE), ""),
    (re.compile(r"(?<=git )\d+\.\d+(?:\.\d+)*"), "VERSION"),
)


def recorded(scene: Scene, desk: Desk) -> str:
    """The page of a scene: each command with its exit code, and what it printed on both streams."""
    with patch.dict(os.environ, _NOBODYS):
        return _recorded(scene, desk)


def _recorded(scene: Scene, desk: Desk) -> str:
    if scene.pushed:
        desk.ok("push")
    scene.arrange(desk)
    page = [f"# {scene.name}\n"]
    names = _Names(desk)
    for command in scene.commands:
        if not isinstance(command, str):
            command(desk)
            continue
        found = desk.run(*shlex.split(command.replace("{rev}", _newest(desk))))
        page.append(f"\n$ studio {command}\nexit {found.code}\n")
        page += [
            f"-- {name}\n{text}{'' if text.endswith(chr(10)) else chr(10)}"
            for name, text in (("stdout", names.settled(found.out)), ("stderr", names.settled(found.err)))
            if text
        ]
    return "".join(page)


def _newest(desk: Desk) -> str:
    found = desk.sql("SELECT id::text FROM studio_sync.runs ORDER BY at DESC LIMIT 1")
    return found[0][0][:8] if found else ""


class _Names:
    """Gives ids that are made anew in each run numbers in the order in which they are met."""

    def __init__(self, desk: Desk) -> None:
        self._root = str(desk.root.resolve())
        self._home = str(desk.root.parent.resolve())
        self._numbers: dict[str, str] = {}

    def settled(self, text: str) -> str:
        """`text` as every run would print it."""
        text = text.replace(self._root, "/home/you/desk").replace(self._home, "/home/you")
        text = re.sub(r"/\S*/no-home", "/home/you/.local/share/studio-sync", text)
        for pattern, instead in _SUBSTITUTES:
            text = pattern.sub(rf"\1{instead}" if pattern.groups and instead else instead, text)
        text = _UUID.sub(lambda found: self._number(found[0], "id"), text)
        return _RUN.sub(lambda found: self._number(found[0], "run"), text)

    def _number(self, own: str, word: str) -> str:
        if any(known.startswith(own) for known in _KNOWN):
            return own
        start = next((name for known, name in self._numbers.items() if known[:8] == own[:8]), None)
        if start is None:
            start = f"<{word} {len(self._numbers) + 1}>"
            self._numbers[own] = start
        return start
