"""The files of an open workspace: read, validated, and given ids."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.core.values.json_row import values_of
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Omitted, Rid, digests
from studio_sync.core.values.value import Value
from studio_sync.errors import RefusedError
from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.memory.intended_fields import note_rewritten, stat_when_read
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import NO_STAT, Survey, content_or_nothing, read_content
from studio_sync.files.tree.walking.survey import BackgroundSurvey
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.compare.comparison import Comparison, new_id
from studio_sync.sync.read.local import ClientFilter, LocalSide
from studio_sync.sync.read.local_state import LocalState
from studio_sync.sync.read.reader import Reader, missing_id
from studio_sync.sync.read.scope import in_scope, nothing_here
from studio_sync.sync.read.spool import Spool
from studio_sync.sync.read.unknown_status import UnknownStatus
from studio_sync.sync.stages import Stages

if TYPE_CHECKING:
    from studio_sync.files.tree.codec import Document


class Documents:
    """Reads files of one workspace and writes ids into them; what it reads is saved in the memory."""

    def __init__(
        self,
        workspace: Workspace,
        reader: Reader,
        memory: Memory,
        spool: Spool,
        stages: Stages,
        background: BackgroundSurvey | None = None,
    ) -> None:
        """`background` may already be finding the changed files."""
        self._background = background
        self._found: Survey | None = None
        self._workspace, self._reader, self._memory = workspace, reader, memory
        self._spool, self._stages, self._kinds = spool, stages, reader.kinds
        self.schemas = reader.schemas

    def refresh(self) -> LocalState:
        """Update the memory from the changed files."""
        side = self._side(self._reader)
        with self._stages.stage("reading files") as step:
            found, self._found = self._found or side.look(background=self._background), None
            return side.refresh(found, step)

    def refresh_few(self, at_most: int) -> LocalState | None:
        """The same, if no more than `at_most` files changed; else None, and the next call reads them."""
        side = self._side(self._reader)
        with self._stages.stage("reading files") as step:
            found = self._found or side.look(background=self._background)
            few = len(found.changed) <= at_most
            self._found = None if few else found
            return side.refresh(found, step) if few else None

    def _side(self, reader: Reader) -> LocalSide:
        held = ClientFilter(reader.layout, self._workspace.clients)
        return LocalSide(reader, self._memory, self._spool, held)

    def known(self) -> LocalState:
        """The state of the files in the memory, without reading any."""
        faults = json.loads(self._memory.fact("faults") or "[]")
        return self._side(self._reader).refresh(Survey({}, faults=tuple(map(tuple, faults))))

    def values(self, entry: FileEntry) -> dict[str, Value | Omitted]:
        """The canonical values of a file as compared. Raises RefusedError if it changed since."""
        self._spooled(entry)
        return values_of(self._kinds[entry.kind], self._spool.get(entry.path))

    def json_row(self, entry: FileEntry) -> bytes:
        """The JSON row of a file as compared. Raises RefusedError if it changed since."""
        self._spooled(entry)
        return self._spool.text(entry.path)

    def _spooled(self, entry: FileEntry) -> None:
        """Read a file again whose JSON row is not in the spool."""
        if entry.path in self._spool:
            return
        shown = self._workspace.prefix + entry.path
        found, text, _ = self._reader.read(entry.path, entry.stat)
        if text is None or found.digests != entry.digests or found.id != entry.id:
            raise RefusedError(f"{shown} has changed meanwhile", "run the command again")
        self._spool.put(entry.path, text)

    def unchanged(self, entry: FileEntry) -> "tuple[bytes, Document]":
        """A file's bytes, and what they say, as compared. Raises RefusedError if it changed since."""
        from studio_sync.files.tree import codec

        kind, shown = self._kinds[entry.kind], self._workspace.prefix + entry.path
        data = content_or_nothing(self._workspace.content, entry.path)
        document = codec.read_record(kind, entry.slot, shown, data, self.schemas).document
        if document is None or digests(kind, document.values) != entry.digests:
            raise RefusedError(f"{shown} has changed meanwhile", "run the command again")
        return data, document

    def problems(self, scope: tuple[str, ...], *, frozen: bool = False) -> list[Problem]:
        """Every problem in scope, of any severity; sorted. Files in scope are read in any case."""
        from studio_sync.sync.read.offline_ids import strange_ids

        side = self._side(replace(self._reader, around=True))
        with self._stages.stage("reading files") as step:
            state = side.refresh(side.look(again=lambda path: in_scope(path, scope)), step)
        problems = [*state.tree_problems, *state.around, *self.other_clients()]
        statuses = UnknownStatus(self._workspace, self._memory, self._kinds)
        for entry in self._memory.files_where("problems IS NOT NULL"):
            problems += statuses.weighed(entry, entry.problems)
        problems += [
            *self._missing_ids(frozen=frozen),
            *strange_ids(self._workspace, self._memory, self._kinds, self._reader),
        ]
        missing = [path for path in scope if not (self._workspace.content / path).exists()]
        problems += [nothing_here(self._workspace.prefix + path, "no file is here") for path in missing]
        return sorted(p for p in problems if in_scope(p.path.removeprefix(self._workspace.prefix), scope))

    def other_clients(self) -> Iterator[Problem]:
        """Folders of clients that studio.yaml does not name: whoever changes it could hide them so."""
        top = self._kinds.children("")[0]
        if self._workspace.clients is None:
            return
        content = self._workspace.content
        held = ClientFilter(self._reader.layout, self._workspace.clients)
        missing = [slug for slug in sorted(self._workspace.clients) if not (content / slug).is_dir()]
        hint = "name it there, or move it to the workspace that it belongs to"
        if missing:  # as halfway through what is to be done about a client that got another slug
            slugs = " or ".join(missing)
            hint = f"if it is {slugs}, whose folder is missing here, rename it to that; or else {hint}"
        for file in sorted(content.glob(f"*/{top.file}")):
            name = file.parent.name
            if not held(f"{name}/{top.file}"):
                message = (
                    "`clients` in studio.yaml does not name it, so nothing in it is checked, compared or"
                    " pushed"
                )
                path = self._workspace.prefix + name
                yield Problem(path, 0, 0, "other-client", message, hint, Severity.WARNING)

    def count(self, scope: tuple[str, ...]) -> int:
        """The number of files in scope that are records, as last read."""
        if not scope:
            return self._memory.count_files()
        return sum(in_scope(entry.path, scope) for entry in self._memory.files_where("kind <> ''"))

    def faults_around(self, out: Comparison) -> dict[Rid, list[Problem]]:
        """Errors by checks of more than one file, by record that a push would send."""
        blocked: dict[Rid, list[Problem]] = {}
        if not self._reader.advice.holds_up():
            return blocked
        reader = replace(self._reader, around=True)
        for delta in out.deltas:
            entry = out.entries.get(delta.rid)
            if entry is None or not delta.is_ahead:
                continue
            *_, found = reader.read(entry.path, entry.stat)
            errors = [problem for problem in found if problem.severity is Severity.ERROR]
            if errors:
                blocked[delta.rid] = errors
        return blocked

    def _missing_ids(self, *, frozen: bool) -> Iterator[Problem]:
        for entry in self._memory.files_where("id IS NULL AND digests IS NOT NULL"):
            if not self._kinds[entry.kind].identified:
                continue
            severity = Severity.ERROR if frozen else Severity.WARNING
            yield missing_id(self._workspace.prefix + entry.path, severity)

    def write_missing_ids(self, scope: tuple[str, ...]) -> list[str]:
        """Write an id into every file in scope that lacks one, as a one-line edit; returns the paths.

        A file that lost its id gets the old one, unless another file has it: then a person decides.
        """
        self.refresh()
        lacking = [
            entry
            for entry in self._memory.files_where("id IS NULL AND digests IS NOT NULL")
            if self._kinds[entry.kind].identified and in_scope(entry.path, scope)
        ]
        owners = self._owners(lacking)
        wanted = [
            (entry, own.pop() if len(own := owners[entry.path]) == 1 else new_id())
            for entry in lacking
            if not any(self._memory.files_where("id = ?", owner) for owner in owners[entry.path])
        ]
        from studio_sync.files.tree.lock import only_one

        with only_one(self._workspace.state / "lock"):
            return self.write_ids(wanted)

    def _owners(self, entries: Sequence[FileEntry]) -> dict[str, set[Rid]]:
        """The records that each file was, in any database; where the memory knows none, in git."""
        from studio_sync.sync.read.offline_ids import ids_that_git_knows

        found = {e.path: {v.rid for v in self._memory.versions_at(e.path, e.kind)} for e in entries}
        if not all(found.values()):
            known = ids_that_git_knows(self._workspace, self._memory, self._reader)
            for path in known.keys() & found.keys():
                found[path] = found[path] or {known[path]}
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Mark that files are being written: the next run removes temporary files of one that did not end."""
        self.sweep()
        self._memory.set_fact("writing", "yes")
        yield
        self._memory.set_fact("writing", "")

    def sweep(self) -> None:
        """Remove temporary files that a killed run left beside the files that it was writing."""
        from studio_sync.files.tree.disk.leftovers import sweep

        if self._memory.fact("writing"):
            folders = (Path(folder) for folder, _, _ in os.walk(self._workspace.content))
            sweep(self._workspace.content, folders)
            self._memory.set_fact("writing", "")

    def write_ids(self, wanted: list[tuple[FileEntry, str]]) -> list[str]:
        """Write ids into files that have none, each as a one-line edit; returns the paths written."""
        if not wanted:
            return []
        from studio_sync.files.tree import codec
        from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter

        writer = FileWriter(
            self._workspace.content, self._workspace.prefix, sync_each=len(wanted) <= SYNC_EACH_UP_TO
        )
        entries: list[FileEntry] = []
        stats: list[tuple[str, Stat, Stat]] = []
        with self.writing():
            for entry, own in wanted:
                kind, path = self._kinds[entry.kind], entry.path
                before = read_content(self._workspace.content, path)
                document = codec.read_record(kind, entry.slot, path, before, self.schemas).document
                if document is None or document.id is not None:
                    continue
                text = codec.edited_text(kind, before.decode(), document, {}, self.schemas, own)
                old = stat_when_read(self._workspace.content, entry)
                stats.append((path, old, writer.replace(path, before, text.encode())))
                now = digests(kind, document.values)
                entries.append(replace(entry, packed=packed_stat(NO_STAT), id=own, digests=now))
            writer.settle()
            with self._memory.changing():
                self._memory.put_files(entries)
                for path, old, new in stats:
                    note_rewritten(self._memory, path, old, new)
        return [entry.path for entry in entries]
