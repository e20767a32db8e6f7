"""The files that a pull makes anew: their text, and what is wrong with it, worked out on all processors."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from studio_sync.core.kind import STATUS, Kind, Kinds
from studio_sync.core.problem import Problem
from studio_sync.core.record import OMITTED, Omitted
from studio_sync.core.value import Value, load_json
from studio_sync.files import codec
from studio_sync.schemas import Schemas
from studio_sync.sync.team import MANY, batched, in_order


class Wanted(NamedTuple):
    """A file that is to be made of a row, whose values are given as JSON in UTF-8.

    `own` is the id that it carries, `without` the field that it leaves out ("" if none).
    """

    shown: str
    kind: str
    slot: str
    own: str | None
    without: str
    row: bytes


class NewFile(NamedTuple):
    """What a new file says, and what is wrong with it where it is `shown`."""

    shown: str
    data: bytes
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class NewFiles:
    """Makes the text of new files. Can be sent to another process."""

    kinds: Kinds
    own_schemas: Path

    @cached_property
    def _schemas(self) -> Schemas:
        return Schemas(self.own_schemas, self.kinds)

    def __getstate__(self) -> dict[str, object]:
        # What is made when needed is made anew in the other process.
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def made(self, wanted: Iterable[Wanted], count: int) -> Generator[NewFile]:
        """The `count` files that are wanted, in their order."""
        return in_order(self, batched(wanted), many=count >= MANY)

    def do(self, batch: Sequence[Wanted]) -> list[NewFile]:
        """Make the text of some files."""
        return [self._made(wanted) for wanted in batch]

    def _made(self, wanted: Wanted) -> NewFile:
        kind = self.kinds[wanted.kind]
        row = load_json(wanted.row.decode("utf-8", "surrogatepass"))
        if not isinstance(row, Mapping):
            raise TypeError(wanted.shown)
        values: dict[str, Value | Omitted] = {**row}
        if wanted.without:
            values[wanted.without] = OMITTED
        data = codec.new_text(kind, values, wanted.own, self._schemas).encode()
        problems: tuple[Problem, ...] = ()
        if not _is_expected(kind, wanted.slot, values):
            problems = codec.read(kind, wanted.slot, wanted.shown, data, self._schemas).problems
        return NewFile(wanted.shown, data, problems)


def _is_expected(kind: Kind, slot: str, values: Mapping[str, Value | Omitted]) -> bool:
    """Whether a row says nothing that a file would be warned of: then the file need not be read again."""
    known = kind.slot.known if kind.slot else ()
    return (
        (not known or slot in known)
        and (not kind.flow or values[STATUS] in (None, *kind.flow))
        and not any(f.required and values[f.name] is None for f in kind.fields)
    )
