"""Rendering of one record's changes: short fields on a line, texts as a diff, JSON by path."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeGuard

from studio_sync.core.merge.json_diff import NO_VALUE, JsonDifference, JsonSide, NoValue, json_diff, leaves
from studio_sync.core.merge.text_diff import split_lines, word_spans
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Field, FieldPlace, Type
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value, dump_json
from studio_sync.core.values.word_count import count_words
from studio_sync.render.differences.text_rows import marked_pieces, text_rows
from studio_sync.render.medium.paint import Screen
from studio_sync.render.medium.terminal import columns, cut

ActionWord: TypeAlias = Literal["create", "update", "delete", "none"]

_SIGNS = {"create": "+", "update": "~", "delete": "-", "none": " "}
_LONG = 100
"""Columns of a line outside a terminal."""
_MOST = 20
"""How many values of an added or removed list or object are shown by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """The old and new value of one field. `standing` is words for people, or empty.

    None is NULL, NO_VALUE a side that omits the field.
    """

    name: str
    type: Type
    body: bool
    before: JsonSide
    after: JsonSide
    standing: str = ""

    @classmethod
    def of(
        cls, field: Field, before: "JsonSide | Omitted", after: "JsonSide | Omitted", standing: str = ""
    ) -> "FieldChange":
        """The change of a declared field; a side may omit it."""
        old, new = (NO_VALUE if isinstance(side, Omitted) else side for side in (before, after))
        body = field.place is FieldPlace.BODY
        return cls(name=field.name, type=field.type, body=body, before=old, after=new, standing=standing)


def show_record(
    path: str,
    action: ActionWord,
    words: str,
    fields: Sequence[FieldChange],
    screen: Screen,
) -> Iterator[str]:
    """The lines about the record at `path`; `words` describe its standing.

    Created and deleted records are summarized, one line for each field, and long values are shortened,
    unless the screen is `full`.
    """
    view = _View(screen.paint, screen.width, screen.full)
    yield from view.header(path, action, words)
    for field in fields:
        if screen.full or action not in ("create", "delete"):
            yield from view.field(field, words)
        else:
            yield from view.summary(field, field.after if action == "create" else field.before)


def show_fields(fields: Sequence[FieldChange], screen: Screen) -> Iterator[str]:
    """The lines about changes of these fields, as below the header of `show_record`."""
    view = _View(screen.paint, screen.width, screen.full)
    for field in fields:
        yield from view.field(field, "")


def holds(value: JsonSide) -> TypeGuard[Sequence[Value] | Mapping[str, Value]]:
    """Whether a value is a list or an object."""
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str)


class _View(Screen):
    __slots__ = ()

    def header(self, path: str, action: ActionWord, words: str) -> Iterator[str]:
        line = f"{self._sign(_SIGNS[action])} {self.paint.path(safe(path))}"
        note = f"({words})"
        if not words:
            yield line
        elif not self.width or columns(safe(path)) + len(note) + 4 <= self.width:
            yield f"{line}  {self.paint.dim(note)}"
        else:
            yield line
            yield f"  {self.paint.dim(note)}"

    def summary(self, field: FieldChange, value: JsonSide) -> Iterator[str]:
        """The line of a field of a created or deleted record; none for an empty field."""
        if value is None or isinstance(value, NoValue):
            return
        if isinstance(value, str) and (field.body or "\n" in value):
            first = next(filter(None, map(str.strip, split_lines(value))), "")
            text = f"{counted(count_words(value), 'word')}, {_quoted(first)}" if first else value_words(value)
        elif isinstance(value, Mapping) and value:
            text = ", ".join(map(safe, value))
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            text = counted(len(value), "item")
        else:
            text = value_words(value)
        yield cut(f"    {field.name}: {text}", self.width or _LONG)

    def field(self, field: FieldChange, words: str) -> Iterator[str]:
        """The lines of a field's change."""
        note = f"  ({field.standing})" if field.standing not in ("", words) else ""
        for k, line in enumerate(self._changes(field, len(note))):
            yield line if k else f"{line}{self.paint.changed(note)}"

    def _changes(self, field: FieldChange, taken: int) -> Iterator[str]:
        before, after = field.before, field.after
        if field.type is Type.JSON and holds(before) and holds(after):
            for step in json_diff(before, after, field.name):
                yield from self._step(step, taken)
        elif field.body:
            yield from self._text(field.name, before, after)
        else:
            yield from self._values(field.name, before, after, taken)

    def _step(self, step: JsonDifference, taken: int) -> Iterator[str]:
        if step.moved and isinstance(step.before, int) and isinstance(step.after, int):
            places = f"from place {step.before + 1} to place {step.after + 1}"
            yield f"  {self._sign('~')} {safe(step.path)}: moved {places}"
        else:
            yield from self._values(step.path, step.before, step.after, taken, inside=True)

    def _values(
        self, name: str, before: JsonSide, after: JsonSide, taken: int, *, inside: bool = False
    ) -> Iterator[str]:
        """A change of a value: in one line if it fits, else as a text diff, or one line for each value."""
        old, new = value_words(before, inside=inside), value_words(after, inside=inside)
        bare = new if before is NO_VALUE else old if after is NO_VALUE else f"{old} → {new}"
        many = any(isinstance(value, str) and "\n" in value for value in (before, after))
        if not many and columns(f"    {safe(name)}: {bare}") + taken <= (self.width or _LONG):
            yield f"{self._start(name, before, after)} {self._line(before, after, old, new)}"
        elif all(isinstance(value, str | NoValue) or value is None for value in (before, after)):
            yield from self._text(name, before, after)
        else:
            yield f"{self._start(name, before, after)}{_emptiness(before, after)}"
            yield from self._leaves("-", before)
            yield from self._leaves("+", after)

    def _line(self, before: JsonSide, after: JsonSide, old: str, new: str) -> str:
        paint = self.paint
        if before is NO_VALUE:
            return paint.added(new)
        if after is NO_VALUE:
            return paint.removed(old)
        spans = word_spans(before, after) if isinstance(before, str) and isinstance(after, str) else None
        if spans is None or not paint.enabled:
            return f"{paint.removed(old)} → {paint.added(new)}"
        sides = (
            (str(before), spans[0], paint.removed, paint.removed_words),
            (str(after), spans[1], paint.added, paint.added_words),
        )
        return " → ".join(
            "".join(
                [plain('"')]
                + [
                    (marked if mark else plain)(_quoted(piece)[1:-1])
                    for piece, mark in marked_pieces(text, spans)
                ]
                + [plain('"')]
            )
            for text, spans, plain, marked in sides
        )

    def _text(self, name: str, before: JsonSide, after: JsonSide) -> Iterator[str]:
        old, new = (value if isinstance(value, str) else "" for value in (before, after))
        yield f"{self._start(name, before, after)}{_emptiness(before, after)}"
        yield from text_rows(old, new, self.paint, self.width, full=self.full)

    def _leaves(self, sign: str, value: JsonSide) -> Iterator[str]:
        """A value added or removed as a whole, one line for each scalar in it."""
        if value is None or isinstance(value, NoValue):
            return
        tint = self.paint.added if sign == "+" else self.paint.removed
        found = leaves(value)
        most = len(found) if self.full else _MOST
        for path, leaf in found[:most]:
            label = f"{safe(path)}: " if path else ""
            line = f"    {sign} {label}{value_words(leaf, inside=True)}"
            yield tint(line if self.full else cut(line, self.width))
        if len(found) > most:
            yield self.paint.dim(f"      … and {counted(len(found) - most, 'more value')}")

    def _start(self, name: str, before: JsonSide, after: JsonSide) -> str:
        came, went = before is None or before is NO_VALUE, after is None or after is NO_VALUE
        return f"  {self._sign('+' if came else '-' if went else '~')} {safe(name)}:"

    def _sign(self, sign: str) -> str:
        tints = {"+": self.paint.added, "-": self.paint.removed, "~": self.paint.changed}
        return tints[sign](sign) if sign in tints else sign


def _emptiness(before: JsonSide, after: JsonSide) -> str:
    """What a line diff can't show: that a side has no value, and whether it is NULL or omitted."""
    for value, when in ((before, "before"), (after, "now")):
        if value is None:
            return f" (no value {when})"
        if value == "":
            return f" (empty text {when})"
    return ""


def value_words(value: JsonSide, *, inside: bool = False) -> str:
    """Any `value` in one line; `inside` JSON, null is written as in JSON."""
    if isinstance(value, NoValue):
        return "(left out)"
    if value is None and not inside:
        return "(no value)"
    if isinstance(value, str):
        return _quoted(value) if value else "(empty text)"
    return safe(dump_json(value))


def _quoted(text: str) -> str:
    return safe(json.dumps(text, ensure_ascii=False))
