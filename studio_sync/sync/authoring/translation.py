"""Translations and their sources: which sources changed, and how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import dirname
from shlex import quote

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Omitted, Rid, rid_of
from studio_sync.core.values.value import Value
from studio_sync.errors import RefusedError
from studio_sync.files.git.blobs import committed
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree import codec
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.files.workspace.sources import (
    TranslationSource,
    read_sources,
    source_mark,
    text_of,
    text_then,
    write_sources,
)
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.read.scope import in_scope

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Stale:
    """A translation whose source changed; `source` is None if it is gone."""

    copy: FileEntry
    source: FileEntry | None
    line: TranslationSource


class Translations:
    """The translations of one workspace, from its memory, which must be up to date."""

    def __init__(self, workspace: Workspace, kinds: Kinds, memory: Memory) -> None:
        self._workspace, self._kinds, self._memory = workspace, kinds, memory
        self._lines = read_sources(workspace.sources)
        self._languages: dict[str, str] = {}

    @cached_property
    def _entries(self) -> dict[Rid, FileEntry]:
        """The files of all copies, of their sources, and of the children of those, by identity."""
        names = {*self._lines, *(line.source for line in self._lines.values())}
        ids = sorted({rid.partition("/")[0] for rid in names})
        own = {e.path: e for e in self._where("id", ids)}
        below = self._where("parent", sorted(own))
        found: dict[Rid, FileEntry] = {e.id: e for e in own.values() if e.id}
        for entry in below:
            kind, above = self._kinds[entry.kind], own[entry.parent].id
            if above and (entry.id or not kind.identified):
                found[rid_of(kind, entry.id or "", above, entry.slot)] = entry
        return found

    def _where(self, column: str, values: Sequence[str]) -> list[FileEntry]:
        found: list[FileEntry] = []
        for some in chunks(values, _CHUNK):
            marks = ", ".join("?" * len(some))
            found += self._memory.files_where(f"digests IS NOT NULL AND {column} IN ({marks})", *some)
        return found

    def stale(self, scope: tuple[str, ...]) -> list[Stale]:
        """The translations in scope whose sources changed or are gone, ordered by path."""
        found: list[Stale] = []
        for rid, line in self._lines.items():
            copy, source = self._entries.get(rid), self._entries.get(line.source)
            if not line.language or copy is None or not in_scope(copy.path, scope):
                continue
            if source is None or self._mark(source) != line.mark:
                found.append(Stale(copy, source, line))
        return sorted(found, key=lambda s: s.copy.path)

    def problems(self, scope: tuple[str, ...]) -> Iterator[Problem]:
        """Problems for translators: changed sources, and records without a translation."""
        prefix = self._workspace.prefix
        for stale in self.stale(scope):
            path = prefix + stale.copy.path
            if stale.source is None:
                message = "the source of this translation was deleted"
                hint = "delete this, too, or keep it as it is"
            else:
                message = f"{prefix}{stale.source.path} changed since this was translated from it"
                hint = (
                    f"`studio diff --source {quote(path)}` shows how;"
                    f" `studio copy --caught-up {quote(path)}` once it is translated"
                )
            yield Problem(path, 0, 0, "source-changed", message, hint, Severity.WARNING)
        for copy, new, language in self._untranslated(scope):
            place, folder = prefix + dirname(copy.path), dirname(new.path)
            copied = f"{quote(prefix + folder)} {quote(place)} --language {quote(language)}"
            hint = f"translate it, too: `studio copy {copied}`"
            if not self._kinds[new.kind].folder:
                hint = f"write it; `studio copy --caught-up {quote(place)}` then remembers its source"
            yield Problem(
                prefix + copy.path, 0, 0, "source-new",
                f"what this was translated from has something more: {prefix}{new.path}", hint,
                Severity.WARNING,
            )  # fmt: skip

    def untouched(self, checker: Checker) -> Iterator[tuple[FileEntry, FileEntry, str]]:
        """Translations of texts for learners that equal their sources, word for word, with the language.

        A variant of the source's own language, de-CH beside de, may well be equal.
        """
        for rid, line in sorted(self._lines.items()):
            copy, source = self._entries.get(rid), self._entries.get(line.source)
            if not line.language or copy is None or source is None or copy.kind != source.kind:
                continue
            speaks = any(f.shown and f.required for f in self._kinds[copy.kind].fields)
            if speaks and self._mark(copy) == self._mark(source):
                spoken = self._language(source, checker)
                if spoken.partition("-")[0].lower() != line.language.partition("-")[0].lower():
                    yield copy, source, line.language

    def _language(self, entry: FileEntry | None, checker: Checker) -> str:
        """The language stated in a file or above it; "" if none is."""
        while entry is not None:
            field = next((f for f in self._kinds[entry.kind].fields if f.language), None)
            if field is not None:
                if entry.path not in self._languages:
                    values = self.now(entry, checker) or {}
                    self._languages[entry.path] = str(values.get(field.name) or "")
                return self._languages[entry.path]
            entry = self._memory.file(entry.parent) if entry.parent else None
        return ""

    def _untranslated(self, scope: tuple[str, ...]) -> Iterator[tuple[FileEntry, FileEntry, str]]:
        """Children of a source without a translation, where the source itself has one."""
        for rid, line in sorted(self._lines.items()):
            copy, source = self._entries.get(rid), self._entries.get(line.source)
            if not line.language or copy is None or source is None or not in_scope(copy.path, scope):
                continue
            known = {x.source for x in self._lines.values() if x.language == line.language}
            there = {(e.kind, e.slot) for e in self._below(copy) if not self._kinds[e.kind].identified}
            for child in self._below(source):
                kind = self._kinds[child.kind]
                own = rid_of(kind, child.id or "", line.source, child.slot)
                if own not in known and (child.kind, child.slot) not in there:
                    yield copy, child, line.language

    def _below(self, entry: FileEntry) -> list[FileEntry]:
        return self._children.get(entry.path, [])

    @cached_property
    def _children(self) -> dict[str, list[FileEntry]]:
        found: dict[str, list[FileEntry]] = {}
        for entry in self._entries.values():
            found.setdefault(entry.parent, []).append(entry)
        return found

    def _mark(self, entry: FileEntry) -> str:
        return source_mark(self._kinds[entry.kind], entry.digests or b"")

    # --- changes of a source

    def then(self, stale: Stale, checker: Checker) -> Mapping[str, Value | Omitted] | None:
        """A translation's source when it was copied; None if unknown here."""
        data = text_then(self._workspace.content, stale.line)
        return None if data is None else self._read(stale.copy, data, checker)

    def now(self, entry: FileEntry, checker: Checker) -> Mapping[str, Value | Omitted] | None:
        """A file's current values; None if it can't be read."""
        return self._read(entry, read_content(self._workspace.content, entry.path), checker)

    def _read(self, entry: FileEntry, data: bytes, checker: Checker) -> Mapping[str, Value | Omitted] | None:
        kind = self._kinds[entry.kind]
        document = codec.read_record(kind, entry.slot, entry.path, data, checker).document
        return document.values if document else None

    # --- caught up

    def catch_up(self, scope: tuple[str, ...], *, dry_run: bool) -> list[str]:
        """Save that the copies in scope are up to date with their sources; returns their paths.

        Raises RefusedError if there is no copy in scope.
        """
        wanted = {
            rid: (copy, self._entries[line.source], line)
            for rid, line in {**self._lines, **self._written(scope)}.items()
            if (copy := self._entries.get(rid)) is not None
            and line.source in self._entries
            and in_scope(copy.path, scope)
        }
        if not wanted:
            raise RefusedError("nothing here is a copy whose source is known", "name what `studio copy` made")
        blobs = committed(self._workspace.content, ".")
        lines = {
            rid: replace(line, mark=self._mark(source), text=self._text(source, blobs))
            for rid, (_, source, line) in wanted.items()
            if self._mark(source) != line.mark
        }
        if lines and not dry_run:
            groups = {line.group for line in lines.values()}
            both = {**self._lines, **lines}
            write_sources(self._workspace.sources, [x for x in both.values() if x.group in groups])
        return sorted(wanted[rid][0].path for rid in lines)

    def _written(self, scope: tuple[str, ...]) -> dict[Rid, TranslationSource]:
        """Lines for files written below a copy that have counterparts in its source."""
        found: dict[Rid, TranslationSource] = {}
        for rid, line in self._lines.items():
            copy, source = self._entries.get(rid), self._entries.get(line.source)
            if copy is None or source is None or not in_scope(copy.path, scope):
                continue
            there = {(e.kind, e.slot) for e in self._below(source)}
            for child in self._below(copy):
                kind = self._kinds[child.kind]
                own = rid_of(kind, "", rid, child.slot)
                if not kind.identified and own not in self._lines and (child.kind, child.slot) in there:
                    found[own] = replace(
                        line, copy=own, source=rid_of(kind, "", line.source, child.slot), mark=""
                    )
        return found

    def _text(self, entry: FileEntry, blobs: Mapping[str, str]) -> str:
        return text_of(read_content(self._workspace.content, entry.path), blobs.get(entry.path, ""))
