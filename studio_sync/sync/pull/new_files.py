"""New files of a pull: their text and problems, made by a worker pool."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import OMITTED, Omitted
from studio_sync.core.values.value import Value
from studio_sync.files.tree import codec
from studio_sync.sync.read.reader import Reader
from studio_sync.sync.read.spool import load_object
from studio_sync.sync.worker_pool import MANY, batched, work_in_order


class Wanted(NamedTuple):
    """A file to create from a row; the row's values are JSON in UTF-8.

    `own` is the id to write, `without` the field to omit ("" if none).
    """

    shown: str
    kind: str
    slot: str
    own: str | None
    without: str
    row: bytes


class NewFile(NamedTuple):
    """The text of a new file, and its problems when `shown`."""

    shown: str
    data: bytes
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class NewFiles:
    """Makes the text of new files that `reader` accepts. Can be sent to another process."""

    reader: Reader

    def made(self, wanted: Iterable[Wanted], count: int) -> Generator[NewFile]:
        """Make the `count` wanted files, in their order."""
        return work_in_order(self, batched(wanted), many=count >= MANY)

    def do(self, batch: Sequence[Wanted]) -> list[NewFile]:
        """Make the text of some files."""
        return [self._made(wanted) for wanted in batch]

    def _made(self, wanted: Wanted) -> NewFile:
        kind, schemas = self.reader.kinds[wanted.kind], self.reader.schemas
        values: dict[str, Value | Omitted] = {**load_object(wanted.row)}
        if wanted.without:
            values[wanted.without] = OMITTED
        data = codec.new_text(kind, values, wanted.own, schemas).encode()
        problems: tuple[Problem, ...] = ()
        if not _is_expected(kind, wanted.slot, values):
            problems = codec.read_record(kind, wanted.slot, wanted.shown, data, schemas).problems
        return NewFile(wanted.shown, data, problems)


def _is_expected(kind: Kind, slot: str, values: Mapping[str, Value | Omitted]) -> bool:
    """Whether a row gives no reason for warnings: then the new file need not be read again."""
    known = kind.slot.known if kind.slot else ()
    return (
        (not known or slot in known)
        and (not kind.flow or values[STATUS] in (None, *kind.flow))
        and not any(f.required and values[f.name] is None for f in kind.fields)
    )
