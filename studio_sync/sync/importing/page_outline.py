"""Outline of an import: which page becomes a program, chapter or session, by folders, weights and names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from posixpath import basename, dirname, splitext
from typing import TypeAlias

from studio_sync.core.values.names import rank
from studio_sync.core.values.value import Value
from studio_sync.files.foreign.dialect import ORDER, PARENT, TITLE, Dialect
from studio_sync.files.foreign.foreign_page import Page
from studio_sync.files.foreign.note import About, Note
from studio_sync.sync.importing.import_map import ImportMap

_PREFIX = re.compile(r"^(?!(?:19|20)\d\d\b)(\d{1,4})(?:[.]\d+)*[-_. )]+(?=\S)")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d[-_ ]+(?=\S)")
_BY_TITLE = "\0"
"""Prefix of the key of a chapter that pages name by its title."""

PageOrder: TypeAlias = tuple[int, Decimal, tuple[tuple[int, int, str], ...]]
"""A sort key among siblings: first by number, then by name."""

_FIRST: PageOrder = (-1, Decimal(0), ())


@dataclass(frozen=True, slots=True)
class PageSection:
    """A program or chapter to create, or a lesson, which has no children.

    `name` is the folder's or page's own name, "" for one with a title only. `page` is its index page.
    """

    title: str
    name: str
    page: Page | None
    children: tuple["PageSection", ...] = ()


class Outliner:
    """Sorts the pages of one tree; `notes` grows with the pages left out."""

    def __init__(
        self,
        dialect: Dialect,
        import_map: ImportMap,
        pages: Mapping[str, Page],
        folders: Mapping[str, Mapping[str, Value]],
    ) -> None:
        """`folders` has settings of folders from files beside the pages, by path."""
        self.dialect, self.map, self.pages, self.folders = dialect, import_map, pages, folders
        self.notes: list[Note] = []
        self._index: dict[str, Page] = {}
        """The pages that become a program's or chapter's own file, by folder; the top is ""."""
        self._speakers: dict[str, Page] = {}
        """All index pages of folders, also those that become sessions in them."""

    def programs(self) -> tuple[PageSection, ...]:
        """The programs with all their descendants, in order."""
        lessons = dict(self._lessons())
        parents = self._parents(lessons)
        chapters: dict[tuple[str, str], list[tuple[tuple[PageOrder, ...], PageSection]]] = defaultdict(list)
        speakers = {by: path for path, (by, speaks) in parents.items() if speaks}
        for path, folders in lessons.items():
            named, speaks = parents.get(path, ("", False))
            if speaks:
                continue
            program, chapter, rest = self._levels(folders)
            page = self.pages[path]
            own = PageSection(self._title(page, folders, path), self._name(path), page)
            own_order = _FIRST if self._speakers.get(self._inside(folders)) is page else self._order(path)
            order = (*(self._order(f) for f in rest), own_order)
            chapters[program, named or chapter].append((order, own))
        for folder, index in list(self._index.items()):
            program, chapter, _ = self._levels(folder or self.map.root)
            chapters[program, chapter]
            if not chapter:
                self._index.setdefault(program, index)
        return self._sorted(chapters, speakers)

    def _sorted(
        self,
        chapters: Mapping[tuple[str, str], list[tuple[tuple[PageOrder, ...], PageSection]]],
        speakers: Mapping[str, str],
    ) -> tuple[PageSection, ...]:
        programs: dict[str, list[tuple[PageOrder, PageSection]]] = defaultdict(list)
        for (program, chapter), found in chapters.items():
            if not chapter and not found:
                programs[program]
                continue
            children = tuple(section for _, section in sorted(found, key=lambda item: item[0]))
            if chapter.startswith(_BY_TITLE):
                page = self.pages.get(speakers.get(chapter, ""))
                title = chapter[len(_BY_TITLE) :]
                order = self._order(page.path) if page else (1, Decimal(0), rank(title))
            else:
                page = self._index.get(chapter) if chapter else None
                title = self._folder_title(chapter, page) if chapter else self._program_title(program)
                order = self._order(chapter) if chapter else _FIRST
            programs[program].append((order, PageSection(title, basename(chapter), page, children)))
        made = []
        for program, inner in programs.items():
            page = self._index.get(program)
            found_in = tuple(section for _, section in sorted(inner, key=lambda item: item[0]))
            made.append((self._order(program) if program else _FIRST, program, page, found_in))
        return tuple(
            PageSection(self._program_title(program), basename(program) if program else "", page, inner)
            for _, program, page, inner in sorted(made, key=lambda item: item[:2])
        )

    # --- pages and folders

    def _lessons(self) -> Iterator[tuple[str, str]]:
        """Every page that becomes a session, and its folder; the others are noted.

        The index page of a folder goes into `_index`, unless it is the only page there.
        """
        counts = Counter(folder for path in self.pages for folder in _above(dirname(path)))
        leaves = {dirname(p) for p in self.pages if self.dialect.leaf and _stem(p) == self.dialect.leaf}
        for path in self.pages:
            folder = dirname(path)
            if folder != self.map.root and folder in leaves:
                if _stem(path) == self.dialect.leaf:
                    yield path, dirname(folder)
                else:
                    self.notes.append(Note(About.PAGE, "belongs to the page of its folder", path))
            elif self._speaks(path):
                self._speakers[self._inside(folder)] = self.pages[path]
                alone = counts[folder] == 1 and folder != self.map.root
                if alone and not self.dialect.leaf:
                    yield path, dirname(folder)
                elif len(self._inner(folder)) > len(self.map.levels) or self._unplaced(folder):
                    yield path, folder
                else:
                    self._index[self._inside(folder)] = self.pages[path]
            else:
                yield path, folder

    def _speaks(self, path: str) -> bool:
        """Whether a page is the index page of its folder."""
        stem, folder = _stem(path), dirname(path)
        if self._inside(folder) in self._speakers:
            return False
        return stem in self.dialect.indexes or (
            folder != self.map.root and not self.dialect.leaf and stem == basename(folder).casefold()
        )

    def _inside(self, folder: str) -> str:
        """The key of a folder; "" for the top."""
        return "" if folder == self.map.root else folder

    def _unplaced(self, folder: str) -> bool:
        """Whether a page of the top folder has no program to be the index page of."""
        return folder == self.map.root and len(self.map.levels) > 1

    def _inner(self, folder: str) -> list[str]:
        """The paths of the folders from the root down to `folder`."""
        root = self.map.root
        return [f for f in reversed(list(_above(folder))) if f and len(f) > len(root)] if folder else []

    def _levels(self, folder: str) -> tuple[str, str, list[str]]:
        """The folders of program and chapter for the contents of `folder`, and those below."""
        inner, program = self._inner(folder), ""
        if len(self.map.levels) > 1 and inner:
            program, *inner = inner
        if not self.map.levels or not inner:
            return program, "", inner
        return program, inner[0], inner[1:]

    def _parents(self, lessons: Mapping[str, str]) -> dict[str, tuple[str, bool]]:
        """For each page the chapter that it names as its parent, and whether it is that chapter's page."""
        keys = self.map.keys_of(PARENT)
        if not keys:
            return {}
        titles = {path: _first_text(self.pages[path], keys) for path in lessons}
        by_title = {self._title(self.pages[p], lessons[p], p): p for p in reversed(list(lessons))}
        found: dict[str, tuple[str, bool]] = {}
        for path, title in titles.items():
            top, visited = title, {path}
            while (above := by_title.get(top)) and titles[above] and above not in visited:
                visited.add(above)
                top = titles[above]
            if top:
                found[path] = (_BY_TITLE + top, False)
                if by_title.get(top) and not titles[by_title[top]]:
                    found[by_title[top]] = (_BY_TITLE + top, True)
        return found

    # --- titles and order

    def _title(self, page: Page, folder: str, path: str) -> str:
        return self._page_title(page) or human(
            basename(folder) if self._speaks_alone(path) else _stem_of(path)
        )

    def _page_title(self, page: Page | None) -> str:
        return (_first_text(page, self.map.keys_of(TITLE)) or page.heading) if page else ""

    def _speaks_alone(self, path: str) -> bool:
        stem = _stem(path)
        return bool(dirname(path)) and (stem in self.dialect.indexes or stem == self.dialect.leaf)

    def _name(self, path: str) -> str:
        return basename(dirname(path)) if self._speaks_alone(path) else _stem_of(path)

    def _folder_title(self, folder: str, page: Page | None) -> str:
        stated = self.folders.get(folder, {}).get("label")
        label = " ".join(stated.split()) if isinstance(stated, str) else ""
        return label or self._page_title(page) or human(basename(folder))

    def _program_title(self, program: str) -> str:
        if program:
            return self._folder_title(program, self._index.get(program))
        return self._page_title(self._index.get("")) or human(self.map.program)

    def _order(self, path: str) -> PageOrder:
        """The sort key of a page or folder among its siblings."""
        page = self.pages.get(path) or self._speakers.get(path)
        value = _first_number(page, self.map.keys_of(ORDER)) if page else None
        if self.dialect.no_zero and value == 0:
            value = None
        if path not in self.pages and value is None:
            value = _number(self.folders.get(path, {}).get("position"))
        name = basename(path)
        if path in self.pages and self._speaks_alone(path):
            name = basename(dirname(path))
            value = _number(self.folders.get(dirname(path), {}).get("position")) if value is None else value
        if value is None and (found := _PREFIX.match(name)):
            value = Decimal(found[1])
        return (1, Decimal(0), rank(name)) if value is None else (0, value, rank(name))


def human(name: str) -> str:
    """A file's or folder's name as a title."""
    text = _PREFIX.sub("", _DATE.sub("", name)).lstrip("_") or name
    if " " not in text:
        text = " ".join(re.sub(r"[-_]+", " ", text).split()) or text
    return text[:1].upper() + text[1:]


def _above(folder: str) -> Iterator[str]:
    """A folder and its ancestors, the top one ("") last."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""


def _stem_of(path: str) -> str:
    return splitext(basename(path))[0]


def _stem(path: str) -> str:
    return _stem_of(path).casefold()


def _first_text(page: Page, keys: tuple[str, ...]) -> str:
    for key in keys:
        value = value_at(page.front, key)
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            text = " ".join(str(value).split())
            if text:
                return text
    return ""


def _first_number(page: Page, keys: tuple[str, ...]) -> Decimal | None:
    found = (_number(value_at(page.front, key)) for key in keys)
    return next((value for value in found if value is not None), None)


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        found = Decimal(value) if not isinstance(value, str) else Decimal(value.strip()[:20])
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def value_at(front: Mapping[str, Value], key: str) -> Value:
    """The value of a front matter key, which may be nested, such as `params.duration`."""
    if key in front:
        return front[key]
    above, _, inner = key.partition(".")
    found = front.get(above)
    return found.get(inner) if isinstance(found, Mapping) and inner else None
