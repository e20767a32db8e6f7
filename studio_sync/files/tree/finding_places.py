"""Locating findings in a file: line and column of a schema's finding; checks that no schema makes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Protocol

from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Type
from studio_sync.core.values.nearest import did_you_mean
from studio_sync.core.values.phrases import a
from studio_sync.core.values.problem import Problem, SchemaFault, Severity
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.files.yaml.faults.fault import TextFault
from studio_sync.files.yaml.parser import nodes as yaml_nodes

if TYPE_CHECKING:
    from studio_sync.files.yaml.parser.marks import YamlNode


class Checker(Protocol):
    """The schemas, as needed for reading and writing files."""

    def valid(self, kind: str, value: Value) -> bool:
        """Whether the front matter, or the whole YAML file, is valid."""

    def explain(self, kind: str, value: Value) -> Sequence[SchemaFault]:
        """The findings about it; empty exactly if `valid` is true."""

    def arrange(self, kind: str, field: str | None, value: Value) -> Value:
        """The value with its keys in the order of new files."""

    def keys_at(self, kind: str, where: Sequence[str | int]) -> Sequence[str]:
        """The keys listed for the mapping at `where`; none if none are."""

    def choices_at(self, kind: str, where: Sequence[str | int]) -> Sequence[str]:
        """The texts listed, or given as examples, for the value at `where`."""


def problem_at(path: str, text: str, start: int, fault: TextFault) -> Problem:
    """A fault of an inner text as a problem of the whole file."""
    if not text or not start:
        return Problem(path, fault.line, fault.column, fault.code, fault.message, fault.hint)
    line, column = yaml_nodes.position(text, start + fault.index)
    return Problem(path, line, column, fault.code, fault.message, fault.hint)


class Locator:
    """Finds lines and columns for problems; it parses the YAML only on demand."""

    def __init__(self, path: str, text: str, start: int, inner: str) -> None:
        self._path, self._text, self._start, self._inner = path, text, start, inner
        self._root: YamlNode | None = None
        self._composed = False

    def found(self, finding: SchemaFault) -> Problem:
        """A schema's finding as a problem, with the text to type made from the current one."""
        hint = (self._in_quotes(finding.path) if finding.quote else "") or finding.hint
        return self.problem(finding.path, finding.code, finding.message, hint, key=finding.key)

    def _in_quotes(self, where: Sequence[str | int]) -> str:
        from studio_sync.files.yaml.faults import instead

        start, end = self.span(where)
        text, _ = instead.without_comment(self._text[start:end])
        last = where[-1] if where else 0
        head = f"{last}:" if isinstance(last, str) else "-"
        shown = "" if re.match(r"[*&!|>]|.*[\r\n]", text, re.DOTALL) else instead.line(head, text)
        return f"put it in quotes: `{shown}`" if shown else ""

    def problem(
        self,
        where: Sequence[str | int],
        code: str,
        message: str,
        hint: str,
        *,
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A problem at the value at `where`, or at its nearest existing ancestor."""
        line, column = self.spot(where, key=key)
        return Problem(self._path, line, column, code, message, hint, severity)

    def spot(self, where: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or with `key` its key), or of its nearest existing ancestor."""
        return yaml_nodes.position(self._text, self.span(where, key=key)[0])

    def span(self, where: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """The range of that in the whole text."""
        if not self._composed:
            self._root, self._composed = yaml_nodes.compose(self._inner), True
        found = None
        for length in range(len(where), -1, -1):
            if self._root is None or found is not None:
                break
            found = yaml_nodes.node_at(self._root, where[:length], key=key and length == len(where))
        start, end = (found.start, found.end) if found else (0, 0)
        return self._start + start, self._start + end

    def at_body(self, code: str, message: str, hint: str) -> Problem:
        """A problem at the end of the file, where the body should be."""
        return self.at(len(self._text), code, message, hint)

    def at(self, index: int, code: str, message: str, hint: str) -> Problem:
        """A problem at an index of the whole text."""
        line, column = yaml_nodes.position(self._text, index)
        return Problem(self._path, line, column, code, message, hint)


@cache
def _with_limits(kind: Kind) -> tuple[Field, ...]:
    """The fields of which a column's problems can be. To ask about each took 1 µs for each file."""
    return tuple(f for f in kind.fields if f.required or f.type is Type.DECIMAL or f.name == STATUS)


def column_problems(kind: Kind, values: Mapping[str, Value | Omitted], place: Locator) -> Iterator[Problem]:
    """Problems that no schema finds: values that the columns could not hold."""
    for field in _with_limits(kind):
        yield from _column_problems(kind, field, values[field.name], place)


def _column_problems(kind: Kind, field: Field, value: Value | Omitted, place: Locator) -> list[Problem]:
    if field.place is FieldPlace.BODY and field.required and value is None:
        return [place.at_body("missing-body", f"the {field.name} is empty", "write it below the second ---")]
    if field.type is Type.DECIMAL and isinstance(value, Decimal):  # noqa: SIM102
        if value.adjusted() < field.digits - field.scale and round(value, field.scale) != value:
            return [
                place.problem(
                    (field.name,),
                    "number-rounded",
                    f"`{field.name}: {value}` would be rounded to {round(value, field.scale)}",
                    f"write it with at most {field.scale} digit{'s'[: field.scale > 1]} after the point",
                )
            ]
    if kind.flow and field.name == STATUS and isinstance(value, str) and value not in kind.flow:
        return [
            place.problem(
                (field.name,),
                "unknown-status",
                f"`{value}` is not a status of {a(kind.name)}",
                f"{did_you_mean(value, kind.flow)} the statuses are: {', '.join(kind.flow)}".strip(),
                severity=Severity.WARNING,
            )
        ]
    return []


def slot_problems(kind: Kind, slot: str, path: str) -> list[Problem]:
    """A warning for a slot that the kind doesn't list."""
    if kind.slot is None or not kind.slot.known or slot in kind.slot.known:
        return []
    return [
        Problem(
            path,
            0,
            0,
            "unknown-type",
            f"`{slot}` is not a {kind.slot.column} of {kind.name} that studio knows",
            f"known are: {', '.join(kind.slot.known)}",
            Severity.WARNING,
        )
    ]
