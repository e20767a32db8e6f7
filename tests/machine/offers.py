"""The commands that messages offer."""

import re
import shlex
from collections.abc import Mapping

from tests.machine.world import File

NUMBER = "NUMBER"
"""What a message leaves to a person, who chooses one."""
_OFFER = re.compile(r"studio (?:resolve|push|pull|restore|advance|mv|undo|diff)(?: (?:[^\s`;,:]|:(?!\s))+)*")

_FAULT = re.compile(r"error\[(?:yaml-syntax|duplicate-id)\]")
"""What keeps a file from being taken up."""
_NO_OWN_FILE = re.compile(r"content/(\S+): error\[no-own-file\] this folder has no ([\w.]+),")
"""A folder that can't be taken up, and the file that it lacks."""
_PATH = re.compile(r"content/([^\s:,]+)")


def offers_in(text: str) -> list[list[str]]:
    """The commands that a message offers, and that are whole but for a number."""
    found = [shlex.split(offer)[1:] for offer in _OFFER.findall(text)]
    return [o for o in found if not any((w.isupper() and w != NUMBER) or "…" in w for w in o)]


def came_after(text: str, then: Mapping[str, File], now: Mapping[str, File]) -> bool:
    """Whether a message names a fault of files that were otherwise `then`, when the offer was printed.

    Or a file that was there, and is deleted since.
    """
    if any(path in then and path not in now for path in map("/".join, _NO_OWN_FILE.findall(text))):
        return True
    named = {path for line in text.splitlines() if _FAULT.search(line) for path in _PATH.findall(line)}
    return any(path in now and (path not in then or then[path].text != now[path].text) for path in named)
