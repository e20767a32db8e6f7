"""The text of a record's whole file on each of the three sides, as a pull would write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import OMITTED, Omitted, Rid
from studio_sync.core.values.value import Value, same
from studio_sync.errors import RefusedError
from studio_sync.files.tree import codec
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.files.yaml.splice import splice
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import RecordValues
from studio_sync.sync.compare.conflicts.contested import ConflictSides
from studio_sync.sync.read.reader import Reader


@dataclass(frozen=True, slots=True)
class SideTexts:
    """A file's text on each side; None if that side has no such record, or it is unknown."""

    base: str | None
    files: str | None
    database: str | None

    def of(self, side: str) -> str | None:
        """The text of the side with this name."""
        return {"base": self.base, "files": self.files, "database": self.database}[side]


def side_texts(
    reader: Reader, compared: Compared, deltas: Sequence[Delta], values: RecordValues
) -> dict[Rid, SideTexts]:
    """The texts of each delta; the deltas' rows must have been read.

    Law: `files` equals the file byte for byte; `database` is the file after a pull that takes the whole row.
    """
    conflicts = ConflictSides(compared, deltas, values)
    found = {}
    for delta in deltas:
        writer = _Writer(reader, compared, delta)
        base = conflicts.conflict(delta).base
        row = values.remote(delta.rid) if delta.remote else None
        found[delta.rid] = SideTexts(
            writer.text(base.values if base else None, whole=False), writer.file, writer.text(row)
        )
    return found


class _Writer:
    """Writes a record's file with the values of another side."""

    def __init__(self, reader: Reader, compared: Compared, delta: Delta) -> None:
        self._reader, self._compared, self._delta = reader, compared, delta
        self.file: str | None = None
        self._document: codec.Document | None = None
        if delta.local is not None:
            path = compared.out.entries[delta.rid].path
            data = read_content(reader.content, path)
            reading = codec.read_record(delta.kind, delta.local.slot, path, data, reader.schemas)
            if reading.document is None:
                raise RefusedError(f"{path} has changed meanwhile", "run the command again")
            self.file, self._document = data.decode(), reading.document

    def text(self, values: Mapping[str, Value] | None, *, whole: bool = True) -> str | None:
        """The file with `values`; fields that are unknown stay as they are in the file."""
        delta, kind, schemas = self._delta, self._delta.kind, self._reader.schemas
        if values is None:
            return None
        own = delta.rid if kind.identified and ":" not in delta.rid else None
        if self.file is None or self._document is None:
            known: dict[str, Value | Omitted] = {f.name: values.get(f.name, OMITTED) for f in kind.fields}
            if kind.order and not self._states_order():
                known[kind.order.name] = OMITTED
            if any(known[f.name] is OMITTED and not f.loose for f in kind.fields):
                return None
            return codec.new_text(kind, known, own, schemas)
        names = [n for n in delta.fields if n in kind.positions] if whole else list(values)
        now = self._document.values
        edits = {n: values[n] for n in names if n in values and _differs(now[n], values[n])}
        try:
            return codec.edited_text(
                kind, self.file, self._document, edits, schemas, self._document.id or own
            )
        except splice.SpliceError:
            return None

    def _states_order(self) -> bool:
        """Whether a new file states its order, as in a pull."""
        remote = self._delta.remote
        return remote is not None and remote.parent in self._compared.out.out_of_order


def _differs(current: Value | Omitted, value: Value) -> bool:
    return not isinstance(current, Omitted) and not same(current, value)
