"""A fault of a YAML text, with its position."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class TextFault:
    """One fault of a text.

    `index` is an offset in characters; `line` and `column` are the same position, counted from 1. `code` is
    stable; `message` and `hint` are for people.
    """

    index: int
    line: int
    column: int
    code: str
    message: str
    hint: str = ""


class YamlFault(Exception):  # noqa: N818
    """A text without a value; `faults` are the reasons, in the order of the text."""

    def __init__(self, faults: tuple[TextFault, ...]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def position(text: str, index: int) -> tuple[int, int]:
    r"""The line and column of an offset, both from 1. Only \n, \r\n and \r end a line."""
    starts = _starts(text)
    line = bisect_right(starts, index)
    return line, index - starts[line - 1] + 1


@lru_cache(maxsize=4)
def _starts(text: str) -> list[int]:
    """The start of each line of a text, cached for all faults of the text."""
    return [0, *(found.end() for found in _BREAK.finditer(text))]


def fault_at(text: str, index: int, code: str, message: str, hint: str = "") -> TextFault:
    """A fault at an offset of `text`."""
    return TextFault(index, *position(text, index), code, message, hint)


Explain: TypeAlias = Callable[[str, Exception, int], TextFault]
"""Makes a fault from a text, the parser's error, and the offset of the error's marks."""


def unexplained(text: str, error: Exception, shift: int) -> TextFault:  # noqa: ARG001
    """The fault of a text of which only the validity is asked for."""
    return fault_at(text, 0, "yaml-syntax", str(error))
