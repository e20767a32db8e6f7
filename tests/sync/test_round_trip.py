"""For any rows: into files and back, nothing changes; into another database, they are the same."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio_sync.core.values.kind import Kind, Type
from studio_sync.core.values.names import MAX_NAME_BYTES, encode, twin
from studio_sync.core.values.order import is_in_order
from studio_sync.core.values.value import Value, canonical_text, dump_json
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.kinds import KINDS
from tests import servers
from tests.harness import Desk, P, unchanged

_PIECES = [
    "a", "Zeile", " ", "  ", "\t", "\n", "\r\n", "\r", "---", "\n---\n", "...", ": ", "- ", "# ", "'", '"',
    "\\", "é", "e\u0301", "😀", "\u2028", "\u2029", "\x85", "\xa0", "\ufeff", "\x01", "\x7f", "\u200b",
    "日本", "<<<<<<< ", "%", "|", ">", "&a", "*a", "!t", "{", "]", "~", "null", "1.10", "no", "x" * 300,
]  # fmt: skip
hostile = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)
texts = hostile | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
filled = texts.filter(canonical_text)
numbers = (
    st.integers(-(10**9), 10**9)
    | st.integers(-(10**30), 10**30).map(Decimal)
    | st.sampled_from([Decimal("1.10"), Decimal("1e400"), Decimal("-0.0"), Decimal("1E-20"), Decimal(10**29)])
    | st.decimals(allow_nan=False, allow_infinity=False, places=5)
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
integers = st.integers(-(2**31), 2**31 - 1)


def nested(depth: int) -> Value:
    """A value that nests as deep as `depth`."""
    value: Value = "end"
    for i in range(depth):
        value = [value] if i % 2 else {"in": value}
    return value


deep = st.sampled_from([nested(190), nested(50)])


def names(least: int, most: int) -> st.SearchStrategy[list[str]]:
    """Slots that stand beside each other in any folder."""
    fits = texts.filter(lambda t: len(encode(t, extra="-").encode()) < MAX_NAME_BYTES - 60)
    return st.lists(fits, min_size=least, max_size=most, unique_by=twin)


@st.composite
def fields(draw: st.DrawFn, kind: Kind, valid: bool) -> dict[str, Value]:
    """Values for the columns of one row."""
    found: dict[str, Value] = {}
    for field in kind.fields:
        if field.type is Type.JSON:
            strategy = values | deep
            if valid:
                strategy = {
                    "learning_objectives": st.lists(texts, max_size=3),
                    "success_criteria": values,
                    "sources": st.lists(texts | objects.map(lambda o: {**o, "title": "T"}), max_size=3),
                    "questions": st.lists(
                        st.fixed_dictionaries({"question": texts, "more": values | deep}),
                        min_size=1,
                        max_size=3,
                    ),
                }.get(field.name, objects | deep.map(lambda v: {"in": v}))
        elif field.type is Type.INTEGER:
            strategy = st.integers(0, 500) if valid and not field.loose else integers
        elif field.type is Type.DECIMAL:
            strategy = st.decimals(0 if valid else -999, 999, places=field.scale)
        elif field.name == "status":
            strategy = st.just("draft") if valid else st.sampled_from(kind.flow) | texts
        else:
            strategy = filled if field.required and valid else texts
        if not (field.required or field.loose or (valid and field.name == "status")):
            strategy = strategy | st.none()
            if field.default is not None:
                strategy = strategy | st.just(field.default)
        found[field.name] = draw(strategy)
    return found


@st.composite
def trees(draw: st.DrawFn, *, valid: bool) -> list[tuple[Kind, dict[str, Any]]]:
    """Rows of all kinds, parents before children."""
    rows: list[tuple[Kind, dict[str, Any]]] = []

    def add(kind: Kind, parent: str) -> None:
        slot = kind.slot
        slots: list[Any]
        if slot is None:
            slots = [None] * draw(st.integers(0, 1))
        elif slot.type is Type.INTEGER:
            slots = draw(st.lists(integers | st.integers(-2, 12), max_size=3, unique=True))
        elif slot.known and valid:
            slots = draw(st.lists(st.sampled_from(slot.known), max_size=3, unique=True))
        else:
            slots = draw(names(0, 3) if kind.parent else names(1, 1))
        for own in slots:
            row: dict[str, Any] = {"id": str(draw(st.uuids(version=4))), **draw(fields(kind, valid))}
            if slot is not None:
                row[slot.column] = own
            if parent:
                row[kind.parent_column] = parent
            rows.append((kind, row))
            for child in KINDS.children(kind.name):
                add(child, row["id"])

    for kind in KINDS.children(""):
        add(kind, "")
    return rows


@contextmanager
def standing(pg: Server, rows: list[tuple[Kind, dict[str, Any]]]) -> Iterator[Desk]:
    """A desk without content on a database that holds just these rows."""
    with tempfile.TemporaryDirectory() as folder, Desk(Path(folder) / "desk", _url(pg, 0)) as desk:
        desk.empty()
        for kind, row in rows:
            given = {
                n: dump_json(v) if n in _json(kind) and (v is not None or kind.field(n).required) else v
                for n, v in row.items()
            }
            columns, marks = ", ".join(given), ", ".join(["%s"] * len(given))
            desk.sql(f"INSERT INTO {kind.table} ({columns}) VALUES ({marks})", *given.values())
        yield desk


_urls: dict[int, str] = {}


def _url(pg: Server, number: int) -> str:
    if number not in _urls:
        _urls[number] = servers.fresh_database(pg)
    return _urls[number]


def _json(kind: Kind) -> set[str]:
    return {f.name for f in kind.fields if f.type is Type.JSON}


def pulled_and_pushed_back(pg: Server, rows: list[tuple[Kind, dict[str, Any]]]) -> None:
    with standing(pg, rows) as desk:
        desk.ok("pull")
        with unchanged(desk):
            found = desk.run("push")
            assert "nothing to push" in found.out, found
            assert desk.standings() == {}
            desk.forget()
            assert desk.standings() == {}
            desk.ok("pull")
            assert "nothing to push" in desk.run("push").out


def carried_over(pg: Server, rows: list[tuple[Kind, dict[str, Any]]]) -> None:
    with standing(pg, rows) as desk:
        desk.ok("pull")
        with Desk(desk.root.with_name("other"), _url(pg, 1)) as other:
            other.empty()
            before = desk.files()
            found = desk.run("push", "--database", other.url)
            assert found.code == 0, found
            assert desk.files() == before
            assert said(other) == said(desk)


def said(desk: Desk) -> dict[str, object]:
    """What every row says in canonical form, by its identity; order values only where they matter."""
    found: dict[str, object] = {}
    for kind in KINDS:
        with desk.connection.transaction():
            read = list(Rows(desk.connection, KINDS).read(kind))
        ordered: dict[str, list[tuple[str, int]]] = {}
        for row in read:
            assert row.values is not None
            shown: dict[str, object] = dict(row.values)
            if kind.order:
                ordered.setdefault(row.parent, []).append((row.slot, shown.pop(kind.order.name)))
            found[row.rid] = (row.parent, row.slot, {n: repr(_plain(v)) for n, v in shown.items()})
        for parent, pairs in ordered.items():
            found[f"{kind.name} below {parent}"] = "in order" if is_in_order(pairs) else sorted(pairs)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return (
            ("number", value.normalize() if value else Decimal(0))
            if len(value.as_tuple().digits) < 25
            else value
        )
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        return ("number", Decimal(value).normalize())
    if isinstance(value, dict):
        return sorted((k, _plain(v)) for k, v in value.items())
    return [_plain(v) for v in value]


_few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
_many = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@_few
@given(trees(valid=False))
def test_any_rows_pulled_and_pushed_back_stay_as_they_are(
    pg: Server, rows: list[tuple[Kind, dict[str, Any]]]
) -> None:
    pulled_and_pushed_back(pg, rows)


@_few
@given(trees(valid=True))
def test_valid_rows_carried_over_to_an_empty_database_are_the_same(
    pg: Server, rows: list[tuple[Kind, dict[str, Any]]]
) -> None:
    carried_over(pg, rows)


@pytest.mark.slow
@_many
@given(trees(valid=False))
def test_many_more_rows_pulled_and_pushed_back_stay_as_they_are(
    pg: Server, rows: list[tuple[Kind, dict[str, Any]]]
) -> None:
    pulled_and_pushed_back(pg, rows)


@pytest.mark.slow
@_many
@given(trees(valid=True))
def test_many_more_valid_rows_carried_over_are_the_same(
    pg: Server, rows: list[tuple[Kind, dict[str, Any]]]
) -> None:
    carried_over(pg, rows)


def test_a_row_nested_deeper_than_a_file_may_be_is_left_alone_and_named(synced: Desk) -> None:
    synced.sql(
        "UPDATE quizzes SET metadata = %s", dump_json({"in": "x"}).replace('"x"', "[" * 300 + "]" * 300)
    )
    own = synced.one("SELECT id FROM quizzes")
    with unchanged(synced):
        found = synced.run("pull", "--json")
        synced.run("push")
    assert any(own in p["message"] for p in found.json["problems"])
    assert UUID(own)
    assert (found.code, found.json["outcome"]) == (1, "refused"), "what was left behind is not done"
    assert synced.run("pull", f"content/{P}/knowledge").code == 0
