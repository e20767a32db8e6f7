"""Converting a page's text: links are adapted, pictures copied, and the old tool's syntax noted."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from posixpath import basename, dirname, splitext
from typing import TypeAlias

from studio_sync.core.values.bounds import MAX_IMPORT_PICTURE
from studio_sync.core.values.names import portable, slug, twin
from studio_sync.files.foreign.code import CodeSpans, code_in
from studio_sync.files.foreign.dialect import Dialect
from studio_sync.files.foreign.foreign_page import Page
from studio_sync.files.foreign.foreign_targets import Targets
from studio_sync.files.foreign.note import About, Note
from studio_sync.files.markdown.density import too_dense
from studio_sync.files.markdown.markdown_links import destination, redirected
from studio_sync.files.tree.walking.listing import SUFFIXES

_WIKILINK = re.compile(r"(!?)\[\[([^\[\]\n|#]{0,300})(#[^\[\]\n|]{0,300})?(?:\|([^\[\]\n]{0,300}))?\]\]")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_SIZE = re.compile(r"\d+(?:x\d+)?")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".bmp")
_IN_LABEL = re.compile(r"[\\\[\]`*_<>]")
_MARK = "studio-import"
_Noting: TypeAlias = Callable[[About, str, int], None]
"""Adds a note about the current page, at an index of its text."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A range of a text, and its replacement."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Texts:
    """Rewrites the texts of one import.

    `places` has the new path of each page's text, `sizes` the size in bytes of each source file. Results:
    `pictures`, new paths to old ones; and `notes` about what could not be converted.
    """

    dialect: Dialect
    targets: Targets
    places: Mapping[str, str]
    sizes: Mapping[str, int]
    pictures: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    _names: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    _tokens: dict[str, str] = field(default_factory=dict)

    def rewritten(self, page: Page, to: str) -> str:
        """The text of a page for the file `to`."""
        text = page.body
        code, lines = code_in(text), _line_ends(text)

        def note(about: About, what: str, index: int) -> None:
            self.notes.append(Note(about, what, page.path, page.line + bisect_right(lines, index)))

        if reason := too_dense(text):
            note(About.LINK, f"not looked at: {reason}", 0)
            return text
        mark = _MARK
        while mark in text:
            mark += "x"
        self._tokens = {}
        pieces = sorted(self._pieces(page, to, mark, code, note), key=lambda piece: piece.start)
        self._name_constructs(text, code, pieces, note)
        for piece in reversed(pieces):
            text = text[: piece.start] + piece.text + text[piece.end :]
        lines[:] = _line_ends(text)
        text = redirected(text, partial(self._where, page, to, mark, note))
        if self._tokens:
            text = re.sub(rf"{mark}:\d+:", lambda m: self._tokens[m[0]], text)
        return text

    def _name_constructs(self, text: str, code: CodeSpans, pieces: list[_Found], note: _Noting) -> None:
        """Note the old tool's syntax that stays in a text without a replacement."""
        gone = CodeSpans((piece.start, piece.end) for piece in pieces)
        for name, pattern in self.dialect.constructs.items():
            for found in pattern.finditer(text):
                if not code.covers(found.start(1)) and not gone.covers(found.start(1)):
                    note(About.CONSTRUCT, f"{name} {' '.join(found[1].split())}", found.start(1))

    def _pieces(self, page: Page, to: str, mark: str, code: CodeSpans, note: _Noting) -> Iterator[_Found]:
        """Replacements of syntax that stands for links."""
        for pattern in self.dialect.refs:
            for found in pattern.finditer(page.body):
                path, _, anchor = found[1].partition("#")
                link = self._goal(page, to, path, anchor, named=True)
                if not code.covers(found.start()) and link:
                    yield _Found(found.start(), found.end(), self._token(mark, link))
        for pattern in self.dialect.sources:
            for found in pattern.finditer(page.body):
                file = self.targets.file(page.path, found[1])
                taken = self._taken(page, file, to) if file and not code.covers(found.start()) else ""
                if taken:
                    yield _Found(found.start(1), found.end(1), destination(taken, to))
        if self.dialect.wikilinks:
            for found in _WIKILINK.finditer(page.body):
                if not code.covers(found.start()) and (text := self._wikilink(page, to, mark, found, note)):
                    yield _Found(found.start(), found.end(), text)

    def _wikilink(self, page: Page, to: str, mark: str, found: "re.Match[str]", note: _Noting) -> str:
        """The replacement of a wiki link; "" leaves it."""
        name, anchor = found[2].strip().rstrip("\\"), (found[3] or "")[1:].strip().rstrip("\\")
        label = (found[4] or "").strip()
        heading = "" if anchor.startswith("^") else _anchor(anchor.rpartition("#")[2])
        link = f"#{heading}" if not name and heading else ""
        link = link or self._goal(page, to, name, heading, named=True)
        if not link:
            note(About.LINK, found[0], found.start())
            return ""
        if anchor.startswith("^"):
            note(About.CONSTRUCT, f"link to a block {anchor}", found.start())
        shows = found[1] and not self.targets.named(page.path, name)
        picture = shows and name.lower().endswith(_PICTURES)
        if found[1] and not shows:
            note(About.EMBED, found[0], found.start())
        if picture:
            alt = label if label and not _SIZE.fullmatch(label) else splitext(basename(name))[0]
            return f"![{_IN_LABEL.sub(_escaped, alt)}]({self._token(mark, link)})"
        shown = label or (f"{basename(name)}: {anchor}" if name and heading else basename(name) or anchor)
        return f"[{_IN_LABEL.sub(_escaped, shown)}]({self._token(mark, link)})"

    def _token(self, mark: str, link: str) -> str:
        """A placeholder for a link that is right already, until all links are processed."""
        token = f"{mark}:{len(self._tokens)}:"
        self._tokens[token] = link
        return token

    def _where(self, page: Page, to: str, mark: str, note: _Noting, target: str, index: int) -> str | None:
        """The replacement of a link's URL; None leaves it."""
        path, sign, rest = target.partition("#")
        path, query, _ = path.partition("?")
        if not path.strip() or _ADDRESS.match(path) or target.startswith(f"{mark}:"):
            return None
        link = self._goal(page, to, path, rest if sign and not query else "", named=self.dialect.by_name)
        if not link:
            note(About.LINK, target, index)
        return link or None

    def _goal(self, page: Page, to: str, path: str, anchor: str, *, named: bool = False) -> str:
        """The URL of `path`'s target in a page, relative to the file `to`; "" if there is none."""
        found = (self.targets.named if named else self.targets.page)(page.path, path)
        if found:
            place = self.places.get(found, "")
            return destination(place, to, anchor) if place else ""
        file = (self.targets.named_file if named else self.targets.file)(page.path, path)
        taken = self._taken(page, file, to) if file else ""
        return destination(taken, to, anchor) if taken else ""

    def _taken(self, page: Page, file: str, to: str) -> str:
        """The new path of a source file beside `to`; "" if it can't be copied."""
        why = ""
        if file.lower().endswith(SUFFIXES):
            why = "it would be taken for a record"
        elif self.sizes.get(file, 0) > MAX_IMPORT_PICTURE:
            why = f"it has more than {MAX_IMPORT_PICTURE >> 20} MiB"
        if why:
            self.notes.append(Note(About.FILE, f"{file}: {why}", page.path))
            return ""
        folder = dirname(to)
        names = self._names[folder]
        if file not in names:
            stem, ending = splitext(basename(file))
            if not portable(stem + ending) or "#" in stem or "%" in stem:
                stem, ending = slug(stem) or "file", splitext(f"x{ending}")[1]
            name, number = stem + ending, 1
            while twin(name) in {twin(other) for other in names.values()}:
                number += 1
                name = f"{stem}-{number}{ending}"
            names[file] = name
            self.pictures[f"{folder}/{name}"] = file
        return f"{folder}/{names[file]}"


def _line_ends(text: str) -> list[int]:
    return [found.start() for found in re.finditer("\n", text)]


def _anchor(heading: str) -> str:
    """The anchor of a heading, as Markdown renderers generate it."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().casefold()))


def _escaped(found: "re.Match[str]") -> str:
    return f"\\{found[0]}"
