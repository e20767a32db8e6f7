"""Three-way merge of a record's file: field by field, by the rules of a pull."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from studio_sync.core.merge.field import merge_value, resolve_value
from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide, NoValue
from studio_sync.core.merge.json_values import merge_json, resolve_json
from studio_sync.core.merge.three_way import Clash, Piece, Winner, merge_text, two_way_pieces
from studio_sync.core.plan.reconcile import Standing, reconcile, with_merges
from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind
from studio_sync.core.values.record import ID, Omitted
from studio_sync.core.values.value import canonical_text, digest, same
from studio_sync.files.tree import codec
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.tree.line_ends import merged_line_ends
from studio_sync.files.yaml.yaml_entries import Entries
from studio_sync.sync.git_merge.document import Sides, read_version
from studio_sync.sync.git_merge.sheet import MergeOutcome, NoSheetError, merge_sheets, spelled

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The pieces of a merged file, by lines, with its beginning and end, and the texts with its line ends."""

    pieces: tuple[Piece, ...]
    texts: tuple[str | None, str, str]
    bom: bool
    open_end: bool

    @property
    def conflicts(self) -> int:
        """The number of conflicts."""
        return sum(1 for piece in self.pieces if isinstance(piece, Clash))


def merge_files(kind: Kind, base: bytes | None, ours: bytes, theirs: bytes, checker: Checker) -> MergedFile:
    """Merge the changes of both sides; places that both changed differently are conflicts.

    `base` is None if both sides created the file. Laws: if one side equals the base, the result is the other
    side's file, byte for byte; a conflict has both sides' lines; a clean result has in each field the value
    that a pull would give it, and every comment that a side added. Raises NoSheetError if that is impossible:
    then git's own merge is better.
    """
    old = read_version(kind, base, checker) if base is not None else None
    mine, other = (read_version(kind, side, checker) for side in (ours, theirs))
    outcomes = _outcomes(kind, old, mine, other)
    empty = Entries({}, "", {})
    order = [ID, *(field.name for field in kind.fields if field.place is FieldPlace.FRONT)]
    front = merge_sheets(old.entries if old else empty, mine.entries, other.entries, outcomes, order)
    shape = mine if mine.fenced or not other.fenced else other
    head, middle = shape.head, shape.middle
    if middle and not middle.endswith("\n"):
        middle += "\n"
    pieces = (*_cut(head), *front, *_cut(middle), *_body(kind, old, mine, other))
    found = MergedFile(
        tuple(piece for piece in pieces if piece),
        (old.text if old else None, mine.text, other.text),
        _changed(old.bom if old else None, mine.bom, other.bom),
        _changed(old.open_end if old else None, mine.open_end, other.open_end),
    )
    _verify(kind, found, outcomes, (old, mine, other), checker)
    return found


def _changed(base: _T | None, ours: _T, theirs: _T) -> _T:
    """The value that one side alone changed, else ours."""
    return theirs if ours == base else ours


def written(found: MergedFile, *, theirs: bool = False) -> str:
    """The text of the file, with one side's lines for each conflict."""
    return finished(found, spelled(found.pieces, theirs=theirs))


def finished(found: MergedFile, text: str) -> str:
    r"""Give a text with \n as line ends the file's line ends, beginning and end."""
    text = text.removesuffix("\n") if found.open_end else text
    return ("\ufeff" if found.bom else "") + merged_line_ends(*found.texts, text)


def _cut(text: str) -> Iterator[Piece]:
    if text:
        yield tuple(text.removesuffix("\n").split("\n"))


# --- keys


def _outcomes(kind: Kind, base: Sides | None, ours: Sides, theirs: Sides) -> dict[str, MergeOutcome]:
    """The merged value of each key."""
    names = {field.name: field for field in kind.fields if field.place is FieldPlace.FRONT}
    crossing = _crossing(kind, base, ours, theirs)
    found: dict[str, MergeOutcome] = {}
    for key in {*ours.front, *theirs.front}:
        before = base.front.get(key, NO_VALUE) if base else NO_VALUE
        written = before, ours.front.get(key, NO_VALUE), theirs.front.get(key, NO_VALUE)
        if key == ID and kind.identified:
            found[key] = _identity(*written)
        elif key not in names:
            found[key] = _unnamed(*written, known=base is not None)
        elif key == STATUS and crossing:
            found[key] = MergeOutcome(written[1], written[2], conflict=True)
        else:
            sides = (_side(base, key), _side(ours, key), _side(theirs, key))
            found[key] = _field(names[key], sides, written)
    left = any(o.ours is not NO_VALUE or o.theirs is not NO_VALUE for o in found.values())
    if kind.whole and ours.front and theirs.front and not left:
        raise NoSheetError("together the two sides removed everything")
    return found


def _side(side: Sides | None, name: str) -> JsonSide:
    value = side.document.values[name] if side else NO_VALUE
    return NO_VALUE if isinstance(value, Omitted) or value is NO_VALUE else value


def _field(
    field: Field, sides: tuple[JsonSide, JsonSide, JsonSide], written: tuple[JsonSide, JsonSide, JsonSide]
) -> MergeOutcome:
    """The result of a field; a key removed by one side comes back only for a non-default value."""
    merged = merge_value(field, *sides)
    if merged.clean:
        return _clean(field, merged.value, written)
    one, other = (resolve_value(field, *sides, winner) for winner in (Winner.FILES, Winner.DATABASE))
    mine = NO_VALUE if written[1] is NO_VALUE else one
    theirs = NO_VALUE if written[2] is NO_VALUE else other
    return MergeOutcome(mine, theirs, conflict=True)


def _clean(field: Field, value: JsonSide, written: tuple[JsonSide, JsonSide, JsonSide]) -> MergeOutcome:
    silent = NO_VALUE in written[1:]
    if silent and not isinstance(value, NoValue) and same(value, field.default):
        value = NO_VALUE
    return MergeOutcome(value, value)


def _unnamed(base: JsonSide, ours: JsonSide, theirs: JsonSide, *, known: bool) -> MergeOutcome:
    """The result of a key that is no field: of a YAML file that is one value, or an unknown key."""
    value, disputes = merge_json(base, ours, theirs)
    if not known and NO_VALUE in (ours, theirs):
        return MergeOutcome(ours, theirs, conflict=True)
    if not disputes:
        return MergeOutcome(value, value)
    one, other = (resolve_json(base, ours, theirs, winner) for winner in (Winner.FILES, Winner.DATABASE))
    return MergeOutcome(one, other, conflict=True)


def _identity(base: JsonSide, ours: JsonSide, theirs: JsonSide) -> MergeOutcome:
    """An id identifies the row: one side may only add an id, never change it."""
    if ours is not NO_VALUE and theirs is not NO_VALUE and same(ours, theirs):
        return MergeOutcome(ours, ours)
    if base is NO_VALUE and NO_VALUE in (ours, theirs):
        value = theirs if ours is NO_VALUE else ours
        return MergeOutcome(value, value)
    return MergeOutcome(ours, theirs, conflict=True)


def _crossing(kind: Kind, base: Sides | None, ours: Sides, theirs: Sides) -> bool:
    """Whether a step in status meets the other side's change of content (crossing), as in a pull."""
    delta = reconcile(kind, base.version if base else None, ours.version, theirs.version)
    merges: dict[str, bytes] = {}
    for field in kind.fields if base else ():
        if delta.fields.get(field.name) is Standing.CONFLICT and field.name != STATUS:
            merged = merge_value(field, *(_side(side, field.name) for side in (base, ours, theirs)))
            if merged.clean and not isinstance(merged.value, NoValue):
                merges[field.name] = digest(merged.value)
    return bool(with_merges(delta, merges).crossing)


# --- body


def _body(kind: Kind, base: Sides | None, ours: Sides, theirs: Sides) -> tuple[Piece, ...]:
    """The pieces below the front matter; blank lines around the text are ours, unless they changed them."""
    if kind.body is None:
        return ()
    if base is not None and theirs.body == base.body:
        return tuple(_cut(ours.body))
    if ours.body == theirs.body or (base is not None and ours.body == base.body):
        return tuple(_cut(theirs.body))
    mine, other = canonical_text(ours.body), canonical_text(theirs.body)
    pieces = (
        two_way_pieces(mine, other) if base is None else merge_text(canonical_text(base.body), mine, other)
    )
    room = ours.body if mine else theirs.body
    above, below = _around(room)
    return tuple(p for p in ((*above,), *pieces, (*below,)) if p)


def _around(body: str) -> tuple[list[str], list[str]]:
    """The blank lines before and after a text."""
    lines = body.removesuffix("\n").split("\n")
    some = [k for k, line in enumerate(lines) if line.strip()]
    return (lines[: some[0]], lines[some[-1] + 1 :]) if some else ([""], [])


# --- verification


def _verify(
    kind: Kind,
    found: MergedFile,
    outcomes: Mapping[str, MergeOutcome],
    versions: tuple[Sides | None, Sides, Sides],
    checker: Checker,
) -> None:
    """Raise NoSheetError unless the file can be parsed with either side's lines, and has the right values."""
    for theirs in (False, True):
        reading = codec.read_record(kind, "", "", written(found, theirs=theirs).encode(), checker)
        if reading.document is None:
            raise NoSheetError("what came out can't be read as a record")
        if found.conflicts:
            continue
        for field in kind.fields:
            merged = merge_value(field, *(_side(side, field.name) for side in versions))
            if not merged.clean and kind.body is field and field.place is FieldPlace.BODY:
                raise NoSheetError("the text did not merge")
            value = reading.document.values[field.name]
            now = NO_VALUE if isinstance(value, Omitted) else value
            if not _agree(now, merged.value):
                raise NoSheetError(f"{field.name} did not become what it should")
        own = versions[1].document.id or versions[2].document.id
        if kind.identified and reading.document.id != (own if ID in outcomes else None):
            raise NoSheetError("the id did not stay")


def _agree(one: JsonSide, other: JsonSide) -> bool:
    if isinstance(one, NoValue) or isinstance(other, NoValue):
        return one is other
    return same(one, other)
