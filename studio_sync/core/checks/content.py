"""What a check looks at: one file's content with its places, and what stands around it."""

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
"""The keys and indexes that lead to a value."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a check has against a content, and where."""

    at: LineColumn
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LinkMark:
    """A link or an image in Markdown: where it leads to, as it is written, and where it begins itself.

    `alt` is what an image says to those who can't see it; None for HTML that doesn't mention it.
    """

    target: str
    at: LineColumn
    image: bool = False
    alt: str | None = ""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """What a Markdown text is made of beside its words.

    `anchors` are what its parts can be linked to by, as `links.anchor` says them; `markers` are the lines
    that git put around the sides of a conflict; `unclosed` is where code begins that never ends.
    """

    anchors: frozenset[str]
    markers: Sequence[LineColumn]
    unclosed: Sequence[LineColumn]


class CheckedFile(Protocol):
    """One file that can be read as a record."""

    @property
    def path(self) -> str:
        """The file, relative to the workspace."""
        ...

    @property
    def kind(self) -> Kind:
        """What the file is."""
        ...

    @property
    def values(self) -> Mapping[str, Value | Omitted]:
        """The record's canonical values."""
        ...

    @property
    def text(self) -> str:
        """The whole file."""
        ...

    @property
    def markdown(self) -> str:
        """The text below the front matter, as it is written; "" if it is none, or no Markdown."""
        ...

    def at(self, where: Where, *, key: bool = False) -> LineColumn:
        """Where the value (or with `key` its key) stands, or the nearest one above it that is there."""
        ...

    def keys(self, where: Where) -> Sequence[str]:
        """The keys that the schemas list for the mapping that `where` leads to; none if they list none."""
        ...

    def choices(self, where: Where) -> Sequence[str]:
        """The texts that the schemas list or give as examples for what `where` leads to."""
        ...

    def marks(self) -> Sequence[LinkMark]:
        """The links and images of `markdown`."""
        ...

    def structure(self) -> Structure:
        """What `markdown` is made of."""
        ...

    def in_markdown(self, pattern: re.Pattern[str]) -> Iterable[tuple[str, LineColumn]]:
        """What of `markdown` matches, outside of code, addresses and tags."""
        ...

    def in_value(self, where: Where, pattern: re.Pattern[str]) -> Iterable[tuple[str, LineColumn]]:
        """What of the text that `where` leads to matches."""
        ...


class Presence(Enum):
    """What stands at a path."""

    NOTHING = auto()
    FOLDER = auto()
    RECORD = auto()
    FILE = auto()
    """A file that is no record: it stands beside the texts, and the database doesn't have it."""


class Around(Protocol):
    """What stands around a file. Paths are relative to the workspace."""

    @property
    def assets(self) -> bool:
        """Whether studio.yaml says where readers find the files that are no records."""
        ...

    def presence(self, path: str) -> Presence:
        """What stands at a path; NOTHING also for all that is outside of the content folder."""
        ...

    def anchors(self, path: str) -> frozenset[str] | None:
        """What parts of the Markdown at `path` can be linked to by; None if it is none, or can't be read."""
        ...

    def terms(self, path: str) -> Sequence[Term]:
        """The terms to avoid in the file at `path`."""
        ...
