"""Resolving links of a foreign tree to its pages and files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from posixpath import basename, dirname, join, normpath, splitext

from studio_sync.core.values.names import twin
from studio_sync.core.values.value import Value
from studio_sync.files.foreign.dialect import PAGE_SUFFIXES, Dialect
from studio_sync.files.foreign.foreign_page import Page

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_SITE = re.compile(r"^\{\{[^{}]*\}\}")
_NUMBER = re.compile(r"^(?:\d{4}-\d\d-\d\d-|\d+[-_. ]+)")
_ENDING = re.compile(r"\.(?:html?|mdx?|markdown)$", re.IGNORECASE)


class Targets:
    """Resolves links among the existing pages and files.

    `root` is the folder of the pages; `names` are the names of a page beside its path.
    """

    def __init__(
        self,
        dialect: Dialect,
        root: str,
        pages: Mapping[str, Page],
        files: Iterable[str],
        names: Mapping[str, Iterable[Value]],
    ) -> None:
        self._dialect, self._root = dialect, root
        # Systems differ in the Unicode form of names, and in case sensitivity.
        self._files = {twin(path): path for path in files}
        self._exact = {twin(path): path for path in pages}
        self._pages = frozenset(pages)
        self._known: dict[str, str] = {}
        by_name: dict[str, list[str]] = defaultdict(list)
        for path in pages:
            by_name[_bare(basename(path))].append(path)
            for key in _keys(dialect, _below(path, root)):
                self._known.setdefault(key, path)
        for path, found in names.items():
            folder = dirname(_below(path, root))
            for name in found:
                if isinstance(name, str) and name.strip("/"):
                    by_name[_bare(name)].append(path)
                    for place in (name.strip("/"), join(folder, name.strip("/"))):
                        self._known.setdefault(_key(place), path)
        self._by_name = {name: _nearest(found) for name, found in by_name.items() if name}
        files_by_name: dict[str, list[str]] = defaultdict(list)
        for path in self._files.values():
            files_by_name[twin(basename(path))].append(path)
        self._files_by_name = {name: _nearest(found) for name, found in files_by_name.items()}

    def page(self, source: str, target: str) -> str:
        """The path of the page that `target`, without anchor, refers to in the page `source`; "": none."""
        target = _SITE.sub("", target.strip())
        if not target.strip("/") or _SCHEME.match(target):
            return ""
        for place in self._places(source, target):
            if found := self._exact.get(twin(place)):
                return found
        for place in self._places(source, target):
            found = self._known.get(_key(_below(place, self._root)))
            if found:
                return found
        if target.startswith("/"):
            steps = target.strip("/").split("/")
            for first in range(1, len(steps)):  # a URL may begin with the site's base path
                found = self._known.get(_key("/".join(steps[first:])))
                if found:
                    return found
        return ""

    def named(self, source: str, name: str) -> str:
        """The page that a name refers to from anywhere, as in [[name]] or ref; "": none."""
        found = self.page(source, name)
        if found:
            return found
        if "/" in name.strip("/"):
            return self._known.get(_key(name), "")
        return self._by_name.get(_bare(name), "")

    def file(self, source: str, target: str) -> str:
        """The path of the file, other than a page, that `target` refers to in the page `source`; "": none."""
        target = _SITE.sub("", target.strip())
        if not target.strip("/") or _SCHEME.match(target):
            return ""
        places = list(self._places(source, target))
        if target.startswith("/"):
            places += [normpath(join(static, target.lstrip("/"))) for static in self._dialect.statics]
        for place in places:
            if (found := self._files.get(twin(place))) and found not in self._pages:
                return found
        return self._file_called(target) if self._dialect.by_name else ""

    def named_file(self, source: str, name: str) -> str:
        """The file, other than a page, that a name refers to from anywhere; "": none."""
        return self.file(source, name) or self._file_called(name)

    def _file_called(self, name: str) -> str:
        found = self._files_by_name.get(twin(basename(name)), "")
        return "" if found in self._pages else found

    def _places(self, source: str, target: str) -> Iterable[str]:
        """The possible paths of a target: relative to its page, to its page's URL, to the roots."""
        if target.startswith("/"):
            yield normpath(join(self._root, target.strip("/")))
            yield normpath(target.strip("/"))
            return
        yield normpath(join(dirname(source), target))
        yield normpath(join(splitext(source)[0], target))
        yield normpath(join(self._root, target))
        yield normpath(target)


def _below(path: str, root: str) -> str:
    return path[len(root) + 1 :] if root and path.startswith(f"{root}/") else path


def _keys(dialect: Dialect, path: str) -> Iterable[str]:
    """The possible URLs of a page."""
    yield _key(path)
    folder, _, name = path.rpartition("/")
    stem = splitext(name)[0].casefold()
    if stem in dialect.indexes or stem == dialect.leaf or stem == basename(folder).casefold():
        yield _key(folder)


def _key(path: str) -> str:
    """A path or URL in normalized form."""
    path = _ENDING.sub("", normpath(path.strip("/") or "."))
    parts = [_NUMBER.sub("", part) or part for part in twin(path).split("/")]
    return "/".join(parts)


def _bare(name: str) -> str:
    stem = name.strip("/").rpartition("/")[2]
    stem = splitext(stem)[0] if stem.lower().endswith(PAGE_SUFFIXES) else stem
    return twin(stem.strip())


def _nearest(paths: list[str]) -> str:
    """The least deep of several, as Obsidian chooses."""
    return min(paths, key=lambda path: (path.count("/"), path))
