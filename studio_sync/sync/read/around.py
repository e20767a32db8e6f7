"""Surroundings of a file in the content folder, for checks of more than one file; answers are cached."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from posixpath import dirname
from unicodedata import normalize

from studio_sync.core.checks.content import Presence
from studio_sync.core.checks.terms import Term, terms_of
from studio_sync.core.values.layout import Layout
from studio_sync.files.tree.ignore.ignoring import ignored_in
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.files.yaml import yaml_reader as yaml_read


class Surroundings:
    """A snapshot of a content folder. Paths are relative to the workspace, and begin with `prefix`."""

    def __init__(self, content: Path, prefix: str, layout: Layout, *, assets: bool) -> None:
        """`assets` says whether readers have access to files that are no records."""
        self.assets = assets
        self._content, self._prefix, self._layout = content, prefix, layout
        self._names: dict[str, dict[str, bool]] = {}
        self._anchors: dict[str, frozenset[str] | None] = {}
        self._terms: dict[str, tuple[Term, ...]] = {}

    def presence(self, path: str) -> Presence:
        """What is at a path, with exact spelling; NOTHING also for paths outside the content folder."""
        if f"{path}/" == self._prefix:
            return Presence.FOLDER
        inner = path.removeprefix(self._prefix)
        if inner == path:
            return Presence.NOTHING
        folder, _, name = inner.rpartition("/")
        is_folder = self._listed(folder).get(normalize("NFC", name))
        if is_folder is None:
            return Presence.NOTHING
        if is_folder:
            return Presence.FOLDER
        record = self._layout.spot(inner) is not None and not self._ignored(inner)
        return Presence.RECORD if record else Presence.FILE

    def _listed(self, folder: str) -> dict[str, bool]:
        """The entries of a folder, and whether each is a folder."""
        known = self._names.get(folder)
        if known is not None:
            return known
        found: dict[str, bool] = {}
        above, _, name = folder.rpartition("/")
        # The exact spelling counts, even if the file system would find another one.
        if not folder or self._listed(above).get(normalize("NFC", name)):
            try:
                with os.scandir(self._content / folder) as entries:
                    found = {normalize("NFC", e.name): e.is_dir(follow_symlinks=False) for e in entries}
            except OSError:
                found = {}
        self._names[folder] = found
        return found

    @cached_property
    def _ignored(self) -> Callable[[str], bool]:
        return ignored_in(self._content)

    def terms(self, path: str) -> Sequence[Term]:
        """The terms to avoid in the file at `path`: those listed beside any of its ancestors."""
        folder = dirname(path.removeprefix(self._prefix))
        if folder not in self._terms:
            found: list[Term] = []
            for inner in self._sources(folder):
                found += _terms_in(self._content, inner)
            self._terms[folder] = tuple(found)
        return self._terms[folder]

    def anchors(self, path: str) -> frozenset[str] | None:
        """The link targets inside the Markdown at `path`; None if it is no Markdown or can't be read."""
        if path not in self._anchors:
            inner = path.removeprefix(self._prefix)
            spot = self._layout.spot(inner) if self.presence(path) is Presence.RECORD else None
            known = spot is not None and spot.kind.markdown
            self._anchors[path] = _anchors_in(self._content, inner) if known else None
        return self._anchors[path]

    def _sources(self, folder: str) -> Iterator[str]:
        """The files that may list terms to avoid for a folder."""
        while folder:
            for kind in self._layout.kinds:
                if kind.slot and kind.slot.terms:
                    path = f"{folder}/{kind.file.replace('*', kind.slot.terms)}"
                    spot = self._layout.spot(path)
                    there = self.presence(self._prefix + path) is Presence.RECORD
                    if there and spot is not None and spot.kind is kind:
                        yield path
            folder = dirname(folder)


def _terms_in(content: Path, path: str) -> tuple[Term, ...]:
    """The terms to avoid in a file; none if it can't be read, which its own problems report."""
    try:
        return terms_of(yaml_read.read_yaml(read_content(content, path).decode("utf-8-sig")))
    except (OSError, UnicodeDecodeError, yaml_read.YamlFault):
        return ()


def _anchors_in(content: Path, path: str) -> frozenset[str] | None:
    from studio_sync.files.markdown.front_matter import split_document
    from studio_sync.files.markdown.structure import structure

    try:
        text = read_content(content, path).decode("utf-8-sig")
        return structure(text, split_document(text).body_start).anchors
    except (OSError, UnicodeDecodeError, yaml_read.YamlFault):
        return None
