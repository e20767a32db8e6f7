"""The files' side of a comparison: read changed files into the memory, and find problems of the tree."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from posixpath import basename, dirname, split
from shlex import quote
from typing import Any

from studio_sync.core.values.layout import Layout, whole_path, with_below
from studio_sync.core.values.names import twin
from studio_sync.core.values.numbering import looks_counted, numbered
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.ignore.ignoring import ignored_in
from studio_sync.files.tree.walking.listing import Survey
from studio_sync.files.tree.walking.survey import BackgroundSurvey
from studio_sync.files.tree.walking.walk import list_files
from studio_sync.sync.read.local_state import LocalState
from studio_sync.sync.read.reader import FileToRead, Reader
from studio_sync.sync.read.spool import Spool
from studio_sync.sync.stages import CountStep

_NEVER = -1
"""A timestamp that no file has."""


class ClientFilter:
    """Tells whether a path belongs to one of the workspace's clients."""

    def __init__(self, layout: Layout, clients: Iterable[str] | None) -> None:
        """`clients` are the slots of the top records, None for all."""
        self._layout = layout
        self._clients = None if clients is None else frozenset(clients)
        self.named = "" if self._clients is None else json.dumps(sorted(self._clients))
        self._tops: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        """Whether `path` (relative to the content folder) belongs to one of them."""
        if self._clients is None:
            return True
        top = path.partition("/")[0]
        if top not in self._tops:
            spot = self._layout.spot(f"{top}/{self._layout.kinds.children('')[0].file}")
            self._tops[top] = spot is None or spot.slot in self._clients
        return self._tops[top]

    def within(self, found: Survey, memory: Memory) -> Survey:
        """The survey limited to the workspace's clients: others' files are neither held nor saved."""
        if self._clients is None:
            return found
        changed = {path: stat for path, stat in found.changed.items() if self(path)}
        deleted = set(found.deleted)
        if memory.fact("clients") != self.named:
            deleted.update(path for path in memory.paths() if not self(path))
        return replace(found, changed=changed, deleted=tuple(sorted(deleted)))


class LocalSide:
    """Reads a content folder into a workspace's memory."""

    def __init__(self, reader: Reader, memory: Memory, spool: Spool, held: ClientFilter) -> None:
        self._reader, self._content, self._prefix = reader, reader.content, reader.prefix
        self._layout, self._fingerprint = reader.layout, reader.fingerprint()
        self._memory, self._spool = memory, spool
        self._held = held
        self._around: list[Problem] = []

    def look(
        self, *, again: Callable[[str], bool] | None = None, background: BackgroundSurvey | None = None
    ) -> Survey:
        """Find the files to read: those that changed, and those for which `again` is true.

        `background` may have found them already.
        """
        memory = self._memory
        if memory.fact("schemas") != self._fingerprint:
            again = bool  # every path
        found = None if again or background is None else background.result()
        if found is None:
            known = memory.known()
            if again:
                files = {path: _NEVER if again(path) else stamp for path, stamp in known.files.items()}
                known = replace(known, files=files)
            found = list_files(self._content, known)
        return self._held.within(found, memory)

    def refresh(self, found: Survey, step: CountStep = lambda _: None) -> LocalState:
        """Read the files that a survey found changed, and save them in the memory."""
        memory, deleted, changed = self._memory, found.deleted, list(found.changed)
        faults = json.dumps(found.faults)
        known = (memory.fact("faults"), memory.fact("clients"))
        if not changed and not deleted and known == (faults, self._held.named):
            self._keep_folders(found)
            return self._remembered(found)
        new = any(memory.file(path) is None for path in changed)
        changed.sort(key=lambda p: (p.count("/"), p))
        with memory.changing():
            memory.put_file_rows(self._rows([(path, found.changed[path]) for path in changed], step))
            own_files = self._layout.own_files
            memory.unsettle_below(path for path in (*deleted, *changed) if basename(path) in own_files)
            memory.drop_files(deleted)
            other_paths = bool(deleted) or new
            if other_paths or memory.fact("faults") != faults:
                self._keep("tree", [*self._faults(found), *self._places(), *self._twins()])
            if other_paths or any(basename(path) in self._layout.own_files for path in changed):
                self._keep("ids", self._ids())
            memory.set_fact("faults", faults)
            memory.set_fact("schemas", self._fingerprint)
            memory.set_fact("clients", self._held.named)
            self._keep_folders(found)
        return self._remembered(found)

    def _rows(self, work: Sequence[FileToRead], step: CountStep) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Read files, batch by batch: their rows for the memory; the rest of what was read is kept here."""
        for batch in self._reader.read_all(work):
            for row, text, around in batch:
                self._around += around
                if text is not None:
                    self._spool.put(row[0], text)
            yield [row for row, *_ in batch]
            step(len(batch))

    def _keep_folders(self, found: Survey) -> None:
        """Save the listed folders, with the files found in them."""
        now = found.fingerprint
        if now is not None and (found.folders or found.lost or now != self._memory.fact("folders")):
            with self._memory.changing():
                self._memory.put_folders(now, found.folders, found.lost)

    def _keep(self, name: str, problems: Iterable[Problem]) -> None:
        self._memory.set_fact(name, json.dumps([asdict(p) for p in sorted(set(problems))]))

    def _faults(self, found: Survey) -> Iterator[Problem]:
        """Problems of unreadable paths, and of folders without the file that makes them a record's."""
        prefix = self._prefix
        for path, code, message, hint in found.faults:
            yield Problem(prefix + path, 0, 0, code, message, hint)
        orphans = self._memory.files_where(
            "parent <> '' AND NOT EXISTS (SELECT 1 FROM files AS f WHERE f.path = files.parent)"
        )
        first = {entry.parent: entry.path for entry in sorted(orphans, key=lambda e: e.path, reverse=True)}
        for parent, path in first.items():
            if any(parent.startswith(fault[0] + "/") or parent == fault[0] for fault in found.faults):
                continue
            yield self._no_own_file(parent, path)

    def _no_own_file(self, parent: str, path: str) -> Problem:
        """The problem of a folder with `path`, but without the file `parent`, which makes it a record's."""
        folder, own = split(parent)
        spot, inner = self._layout.spot(parent), self._layout.spot(path)
        add, word = f"add {own}", spot.kind.word or spot.kind.name if spot else ""
        if spot and spot.kind.slot and numbered(spot.kind) and not looks_counted(spot.slot):
            from studio_sync.sync.read.proposed_name import proposed_name

            name = proposed_name(self._content, self._layout, spot)
            add = f"rename it so that its {spot.kind.slot.column} comes first, as in {name}, and {add}"
        elif parent in self._memory.lost_files().values():  # written anew, it would empty the row's fields
            add = f"bring it back: studio restore {quote(self._prefix + parent)}"
        moving = self._prefix + (whole_path(inner.kind, path) if inner else path)
        move = f"move what is in it into another {word}: studio mv {quote(moving)} FOLDER"
        hint = f"{add}; or {move}; or remove it"
        message = f"this folder has no {own}, so nothing below it is synced"
        return Problem(self._prefix + folder, 0, 0, "no-own-file", message, hint)

    def _ids(self) -> Iterator[Problem]:
        """Ids that are in more than one file."""
        from studio_sync.sync.read.id_line import line_of_id

        for own, paths in self._memory.repeated_ids():
            for path in paths:
                line = line_of_id(self._content, path)
                at = (line, 1 if line else 0)
                yield same_id(self._prefix + path, at, own, [self._prefix + p for p in paths if p != path])

    def _places(self) -> Iterator[Problem]:
        """Folders or files with the same slot below one parent."""
        for _, paths in self._memory.repeated_places():
            for path in paths:
                entry = self._memory.file(path)
                if entry is None or not entry.slot:
                    continue
                kind = self._layout.kinds[entry.kind]
                slot = kind.slot
                names = [dirname(p) or p if kind.identified else p for p in paths if p != path]
                others = [self._prefix + name for name in names]
                yield same_place(self._prefix + path, slot.column if slot else "place", entry.slot, others)

    def _twins(self) -> Iterator[Problem]:
        """Names that a case-insensitive or normalising file system would treat as equal."""
        seen: dict[str, str] = {}
        reported: set[str] = set()
        names: set[str] = set()
        for path in self._memory.paths():
            name = path
            while name and name not in names:
                names.add(name)
                name = dirname(name)
        for name in sorted(names):
            folded = twin(name)
            other = seen.setdefault(folded, name)
            # Below two folders with such names everything has one: the folders are named alone.
            if other != name and other not in reported and dirname(other) == dirname(name):
                reported.add(name)
                encoded = unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other)
                how = "the same letters, encoded otherwise" if encoded else "upper and lower case"
                message = f"some file systems can't tell this name from {basename(other)} ({how})"
                yield Problem(self._prefix + name, 0, 0, "twin-names", message, "rename one of the two")

    def _remembered(self, found: Survey) -> LocalState:
        own_files, problems, held, unseen = self._layout.own_files, list[Problem](), list[str](), list[str]()
        for name in ("tree", "ids"):
            text = self._memory.fact(name)
            if text and text != "[]":
                problems += (Problem(**{**p, "severity": Severity(p["severity"])}) for p in json.loads(text))
        problems.sort()
        for path, *_ in found.faults:
            unseen.append(path)
            held += [path, with_below(path, own_files) + "/"]
        for problem in problems:
            path = problem.path.removeprefix(self._prefix)
            if problem.code == "no-own-file":
                held.append(path + "/")
            elif problem.code == "duplicate-id":
                held += [path, dirname(path) + "/"]
            elif problem.code == "duplicate-type":
                held.append(path)  # either file may be the row's: neither is matched
        for entry in self._memory.files_where("problems IS NOT NULL AND digests IS NULL AND kind <> ''"):
            held.append(entry.path)
            if any(p.code == "unreadable" for p in entry.problems):
                unseen.append(entry.path)
            if basename(entry.path) in own_files:
                held.append(dirname(entry.path) + "/")
        ignored, first = ignored_in(self._content), self._prefix + unseen[0] if unseen else ""
        around = tuple(self._around)
        return LocalState(
            tuple(held), tuple(problems), around, lambda p: ignored(p) or not self._held(p), first
        )


def same_id(path: str, at: tuple[int, int], own: str, others: Iterable[str]) -> Problem:
    """The problem of an id that is in other files, too."""
    message = f"id {own} is also in {', '.join(others)}"
    hint = (
        "delete the `id:` line in the copy: it then becomes a new record; `studio copy` does that by itself;"
        " if two branches moved the record, delete one of the two folders instead"
    )
    return Problem(path, *at, "duplicate-id", message, hint)


def same_place(path: str, column: str, slot: str, others: Iterable[str]) -> Problem:
    """The problem of a slot that other folders or files have, too."""
    message = f"{column} {slot} is also that of {', '.join(sorted(others))}"
    hint = "rename one of them, so that each has its own"
    return Problem(path, 0, 0, f"duplicate-{column}", message, hint)
