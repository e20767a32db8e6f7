"""Reading a foreign tree: its dialect, pages and other files, and a proposed mapping."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import basename, dirname, splitext
from typing import TypeAlias

from studio_sync.core.values.bounds import MAX_CONFIG_FILE, MAX_CONTENT_FILE, MAX_IMPORT_TEXT
from studio_sync.core.values.names import slug
from studio_sync.core.values.value import Value
from studio_sync.errors import RefusedError
from studio_sync.files.foreign.dialect import PAGE_SUFFIXES, REPORT, Dialect, dialect_of, named
from studio_sync.files.foreign.foreign_page import Page, PageError, mapping_in, read_page
from studio_sync.files.foreign.foreign_source import Source, look, names_in
from studio_sync.files.foreign.note import About, Note
from studio_sync.files.yaml.yaml_writer import flow
from studio_sync.sync.importing.import_map import ImportMap, KeyUse
from studio_sync.sync.importing.shape import Shape

_CATEGORY = ("_category_.json", "_category_.yml", "_category_.yaml")
_CATEGORY_READ = ("label", "position", "collapsible", "collapsed", "className")
_GENERAL = ("docs", "content", "src", "site", "website", "vault", "notes")
_TEMPLATES = ("templates", "_templates")
_NESTED = "params"
_ENGLISH = "en"
_CODE = re.compile(r"[A-Za-z]{2}\b")
_SETTINGS = ("hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml")
_LANGUAGE = re.compile(r"(.+)\.([a-z]{2}(?:-[A-Za-z]{2,4})?)")
_LONG = 40
_MOSTLY = 0.8
"""The share of lessons two folders deep from which on the upper folders become programs."""


@dataclass(frozen=True, slots=True)
class ForeignTree:
    """A foreign tree. `pages` are those below the map's root; `folders` the settings of folders beside them.

    `first` is the language of pages whose names have none.
    """

    source: Source
    dialect: Dialect
    map: ImportMap
    uses: Mapping[str, KeyUse]
    pages: Mapping[str, Page]
    folders: Mapping[str, Mapping[str, Value]]
    notes: Sequence[Note]
    first: str


_Read: TypeAlias = tuple[Mapping[str, Page], Mapping[str, Mapping[str, Value]], Sequence[Note]]
"""The pages below a folder of a source, the settings of folders beside them, and what was left out."""


def read_tree(place: Path, shape: Shape, kind: str = "") -> ForeignTree:
    """Read the tree in a folder, of the named dialect, or of the one recognized by its names.

    Its map is a proposal for all of it. Raises RefusedError if there is no page, or too much.
    """
    names = names_in(place)
    dialect = named(kind) if kind else dialect_of(names)
    source = look(place, dialect.leave_out)
    root = _root(dialect, source)
    first = _first_language(source) if dialect.languages else _ENGLISH
    pages, folders, notes = _read_pages(source, dialect, root)
    if not pages:
        raise RefusedError(
            f"there is no page that could be a lesson in {place}",
            f"pages end in {', '.join(PAGE_SUFFIXES)}"
            + (" and begin with front matter" if dialect.fenced else "")
            + "; name another folder, or say in a map of which `kind` it is",
        )
    uses = _uses(pages.values())
    keys = {key: dialect.keys.get(key.rpartition(".")[2], REPORT) for key in uses}
    tops = _top_folders(root, pages)
    skip = tuple(sorted(name for name in tops if name.casefold() in _TEMPLATES))
    levels = shape.levels[-_levels(dialect, root, pages, tops) :]
    proposed = ImportMap(dialect.name, root, "", _slug_of(place), first, levels, skip=skip, keys=keys)
    return ForeignTree(source, dialect, proposed, uses, pages, folders, notes, first)


def taken_by(tree: ForeignTree, import_map: ImportMap) -> ForeignTree:
    """The tree limited to a map's pages. Raises RefusedError if it has none of them."""
    pages, folders, notes = tree.pages, tree.folders, tree.notes
    if import_map.root != tree.map.root:
        pages, folders, notes = _read_pages(tree.source, tree.dialect, import_map.root)
    kept, notes, other = dict[str, Page](), list(notes), dict[str, str]()
    if tree.dialect.languages:
        other = _other_languages(pages, import_map.language, tree.first)
    for path, page in pages.items():
        inner = path[len(import_map.root) + 1 :] if import_map.root else path
        if import_map.skips(inner):
            continue
        if path in other:
            notes.append(Note(About.PAGE, f"is in another language: {other[path]}", path))
        else:
            kept[path] = page
    if not kept:
        raise RefusedError(
            f"there is no page in {import_map.root or 'the folder'} that this map lets in",
            "look at its `root`, `skip` and `language`",
        )
    uses = _uses(kept.values())
    return replace(tree, map=import_map, uses=uses, pages=kept, folders=folders, notes=notes)


def _read_pages(source: Source, dialect: Dialect, root: str) -> _Read:
    """Read the pages below the folder `root`, and the settings of folders in files beside them."""
    pages: dict[str, Page] = {}
    folders: dict[str, Mapping[str, Value]] = {}
    notes = [Note(About.SKIPPED, why, path) for path, why in source.skipped.items()]
    elsewhere: Counter[str] = Counter()
    total, prefix = 0, f"{root}/" if root else ""
    for path, size in source.files.items():
        if not path.startswith(prefix):
            if path.lower().endswith(PAGE_SUFFIXES):
                elsewhere[path.partition("/")[0]] += 1
            continue
        if is_category(path) and size <= MAX_CONFIG_FILE:
            folders[dirname(path)] = category = _category(source, path)
            unread = [key for key in category if key not in _CATEGORY_READ]
            notes += (Note(About.KEY, f"{key}, in a category file", path) for key in unread)
        if not path.lower().endswith(PAGE_SUFFIXES):
            continue
        total += size
        if total > MAX_IMPORT_TEXT:
            raise RefusedError(
                f"the pages have more than {MAX_IMPORT_TEXT >> 20} MiB together",
                "import it in parts: name the folder of one",
            )
        page = _page(source, dialect, path)
        if isinstance(page, Page):
            pages[path] = page
        else:
            notes.append(page)
    notes += (
        Note(About.SKIPPED, f"{count} of the pages are outside of {root}", top)
        for top, count in elsewhere.items()
    )
    return pages, folders, notes


def _page(source: Source, dialect: Dialect, path: str) -> Page | Note:
    """One page; a note for a file that is none."""
    try:
        page = read_page(path, source.read(path, MAX_CONTENT_FILE))
    except PageError as error:
        why = str(error)
    except OSError as error:
        why = f"can't be read: {error.strerror}"
    else:
        if dialect.fenced and not page.fenced:
            why = f"has no front matter, so it is no page of {dialect.name}"
        elif _is_partial(dialect, path):
            why = "is a part that other pages take in"
        else:
            return page
    return Note(About.PAGE, why, path)


def _is_partial(dialect: Dialect, path: str) -> bool:
    """Whether a name marks a file that is no page: `_name.md`, except index pages."""
    stem = splitext(basename(path))[0]
    return stem.startswith("_") and stem.casefold() not in dialect.indexes


def is_category(path: str) -> bool:
    """Whether a file has settings for its folder."""
    return basename(path) in _CATEGORY


def _category(source: Source, path: str) -> Mapping[str, Value]:
    try:
        return mapping_in(source.read(path, MAX_CONFIG_FILE).decode("utf-8-sig"), path)
    except (OSError, UnicodeDecodeError):
        return {}


def _root(dialect: Dialect, source: Source) -> str:
    """The folder that contains the pages."""
    pages = [path for path in source.files if path.lower().endswith(PAGE_SUFFIXES)]
    for root in dialect.roots:
        if not root or any(path.startswith(f"{root}/") for path in pages):
            return root
    root = ""
    while True:
        inner = [path[len(root) + 1 :] if root else path for path in pages]
        tops = {path.partition("/")[0] for path in inner if "/" in path}
        beside = [p for p in inner if "/" not in p and splitext(p)[0].casefold() not in dialect.indexes]
        if len(tops) != 1 or beside or len(inner) != sum("/" in path for path in inner):
            return root
        (top,) = tops
        below = {path.split("/")[1] for path in inner if path.count("/") > 1}
        if not below:  # it is a chapter
            return root
        root = f"{root}/{top}".lstrip("/")
        pages = [path for path in pages if path.startswith(f"{root}/")]


def _levels(dialect: Dialect, root: str, pages: Iterable[str], tops: Collection[str]) -> int:
    """How many levels of folders are mapped: two if nearly all lessons are that deep. `tops` as found."""
    depths = []
    for path in pages:
        inner = path[len(root) + 1 :] if root else path
        stem = splitext(basename(path))[0].casefold()
        if stem not in dialect.indexes:
            depths.append(inner.count("/") - (stem == dialect.leaf))
    deep = sum(depth > 1 for depth in depths)
    two = len(tops) > 1 and deep >= _MOSTLY * len(depths) and 0 not in depths and depths
    return 2 if two else 1


def _top_folders(root: str, pages: Iterable[str]) -> set[str]:
    inner = (path[len(root) + 1 :] if root else path for path in pages)
    return {path.partition("/")[0] for path in inner if "/" in path}


def _other_languages(pages: Mapping[str, Page], language: str, first: str) -> dict[str, str]:
    """The pages in another language than the first one, by their names, with that language.

    `first` is the language of pages whose names have none.
    """
    languages: dict[str, dict[str, str]] = defaultdict(dict)
    for path in pages:
        stem = splitext(basename(path))[0]
        found = _LANGUAGE.fullmatch(stem)
        bare = f"{dirname(path)}/{found[1] if found else stem}"
        languages[bare][found[2] if found else ""] = path
    if not any(len(found) > 1 for found in languages.values()):
        return {}
    spoken = (language, "") if language == first else (language,)
    return {
        path: lang or first
        for found in languages.values()
        for lang, path in found.items()
        if lang not in spoken or (lang == "" and language in found)
    }


def _first_language(source: Source) -> str:
    """The language of pages whose names have none, from the site's settings."""
    for path in _SETTINGS:
        if source.files.get(path, MAX_CONFIG_FILE + 1) > MAX_CONFIG_FILE:
            continue
        try:
            config = mapping_in(source.read(path, MAX_CONFIG_FILE).decode("utf-8-sig"), path)
        except (OSError, UnicodeDecodeError):
            continue
        for key in ("defaultContentLanguage", "languageCode"):
            language = config.get(key)
            if isinstance(language, str) and _CODE.match(language):
                return language[:2].lower()
    return _ENGLISH


def _uses(pages: Iterable[Page]) -> dict[str, KeyUse]:
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for page in pages:
        for key, value in _keys(page.front):
            counts[key] += 1
            if value not in (None, "", []):
                examples.setdefault(key, _shown(value))
    return {key: KeyUse(count, examples.get(key, "nothing")) for key, count in counts.most_common()}


def _keys(front: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    for key, value in front.items():
        if key == _NESTED and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        else:
            yield key, value


def _shown(value: Value) -> str:
    text = " ".join((value if isinstance(value, str) else flow(value)).split())
    text = text if len(text) <= _LONG else f"{text[:_LONG]}…"
    return "".join(c if c.isprintable() else "�" for c in text)


def _slug_of(place: Path) -> str:
    """A program's slug from the name of the tree's folder, or of its parent if that is generic."""
    names = [n for n in (place.name, place.parent.name) if n and n.casefold() not in _GENERAL]
    return next(filter(None, map(slug, names)), "") or slug(place.name) or "lessons"
