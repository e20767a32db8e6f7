"""The input of checks: one file's content with positions, and its surroundings."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeAlias

from studio_sync.core.checks.terms import Term
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value

LineColumn: TypeAlias = tuple[int, int]
"""Line and column, from 1."""

Where: TypeAlias = tuple[str | int, ...]
"""The path to a value: keys and indexes."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding of a check, with its place."""

    at: LineColumn
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LinkMark:
    """A link or image in Markdown: its target as written, and its position.

    `alt` is an image's text for people who can't see it; None for HTML without it.
    """

    target: str
    at: LineColumn
    image: bool = False
    alt: str | None = ""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure of a Markdown text.

    `anchors`: the link targets of its parts, normalized by `links.anchor`. `markers`: lines with git's
    conflict markers. `unclosed`: the position of a code block that is never closed.
    """

    anchors: frozenset[str]
    markers: Sequence[LineColumn]
    unclosed: Sequence[LineColumn]


class CheckedFile(Protocol):
    """A file that can be read as a record."""

    @property
    def path(self) -> str:
        """The file, relative to the workspace."""

    @property
    def kind(self) -> Kind:
        """The file's kind."""

    @property
    def values(self) -> Mapping[str, Value | Omitted]:
        """The record's canonical values."""

    @property
    def text(self) -> str:
        """The whole file."""

    @property
    def data(self) -> bytes:
        """The same in UTF-8, in which one byte a letter makes searching faster."""

    @property
    def markdown(self) -> str:
        """The Markdown below the front matter, unparsed; "" if the file has none, or isn't Markdown."""

    def at(self, where: Where, *, key: bool = False) -> LineColumn:
        """Line and column of the value (or with `key` its key), or of its nearest existing ancestor."""

    def keys(self, where: Where) -> Sequence[str]:
        """The keys that the schemas list for the mapping at `where`; none if they list none."""

    def choices(self, where: Where) -> Sequence[str]:
        """The texts that the schemas list, or give as examples, for the value at `where`."""

    @property
    def marks(self) -> Sequence[LinkMark]:
        """The links and images of `markdown`."""

    @property
    def structure(self) -> Structure:
        """The structure of `markdown`."""

    def in_markdown(self, pattern: re.Pattern[str]) -> Iterable[tuple[str, LineColumn]]:
        """Matches in `markdown` outside code, URLs and tags, with their positions."""

    def in_value(self, where: Where, pattern: re.Pattern[str]) -> Iterable[tuple[str, LineColumn]]:
        """Matches in the text at `where`, with their positions."""


class Presence(Enum):
    """What exists at a path."""

    NOTHING = auto()
    FOLDER = auto()
    RECORD = auto()
    FILE = auto()
    """A file that is no record: it is beside the texts, and the database doesn't have it."""


class Around(Protocol):
    """The surroundings of a file. Paths are relative to the workspace."""

    @property
    def assets(self) -> bool:
        """Whether studio.yaml says where readers find files that are no records."""

    def presence(self, path: str) -> Presence:
        """What is at a path; NOTHING also for paths outside the content folder."""

    def anchors(self, path: str) -> frozenset[str] | None:
        """The link targets inside the Markdown at `path`; None if it is no Markdown or can't be read."""

    def terms(self, path: str) -> Sequence[Term]:
        """The terms to avoid in the file at `path`."""
