"""The SQL functions through which granted roles append to the ledger, which they can't write directly."""

from collections.abc import Iterator
from typing import LiteralString

from psycopg import sql

from studio_sync.core.history.known_versions import part_names
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.value import DIGEST_SIZE
from studio_sync.database.access import ledger_texts as texts
from studio_sync.database.access.scoping import Scoping
from studio_sync.database.values.ledger_values import WITHDRAWN

RUN = "enter_run"
VERSIONS = "enter_versions"
NOTE = "enter_note"

_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

_TAKES: dict[str, LiteralString] = {
    RUN: "run uuid, actor text, source text, git_commit text, message text, grants uuid[]",
    VERSIONS: "run uuid, entries uuid[], tops uuid[], kinds text[], rids text[], row_ids uuid[],"
    " parents text[], slots text[], digests bytea[], documents json[], decisions jsonb[]",
    NOTE: "run uuid, top uuid, kind text, rid text, parent text, slot text, digests bytea,"
    " fields text[], number int4",
}


def ledger_functions(scoping: Scoping) -> Iterator[tuple[str, sql.Composable]]:
    """(signature, definition) of each function."""
    own_run = sql.SQL(texts.OWN_RUN)
    yield _function(RUN, "void", sql.SQL(texts.ENTER_RUN).format(tops=scoping.tops))
    versions = sql.SQL("\n").join(_entered(scoping, kind) for kind in scoping.kinds)
    body = sql.SQL(texts.ENTER_VERSIONS).format(own_run=own_run, tops=scoping.tops, cases=versions)
    yield _function(VERSIONS, "TABLE (rid text, number integer)", body)
    noted = sql.SQL("\n").join(_noted(kind) for kind in scoping.kinds)
    body = sql.SQL(texts.ENTER_NOTE).format(own_run=own_run, tops=scoping.tops, cases=noted)
    yield _function(NOTE, "void", body)


def _entered(scoping: Scoping, kind: Kind) -> sql.Composable:
    """The condition for a valid version of `kind`."""
    above: sql.Composable = sql.SQL(texts.TOPMOST)
    if kind.parent:
        parents, parents_top = scoping.source(scoping.kinds[kind.parent])
        above = sql.SQL(texts.BELOW_A_PARENT).format(
            uuid=sql.Literal(_UUID), parents=parents, parents_top=parents_top
        )
    if kind.identified:
        return scoping.filled(texts.IDENTIFIED, kind, sizes=_sizes(kind), above=above)
    place = sql.SQL("e.parent || {}").format(sql.Literal(f"/{kind.name}"))
    slot: sql.Composable = sql.SQL("")
    if kind.slot:
        place = sql.SQL("{} || '/' || e.slot").format(place)
        slot = sql.SQL(" AND t.{}::text = e.slot").format(sql.Identifier(kind.slot.column))
    return scoping.filled(texts.PLACED, kind, sizes=_sizes(kind), above=above, place=place, slot=slot)


def _noted(kind: Kind) -> sql.Composable:
    """The condition for a valid note about a record of `kind`."""
    names = list(part_names(kind))
    fields = [*names, *(f"{WITHDRAWN}{name}" for name in names)]
    return sql.SQL(texts.NOTED).format(
        kind=sql.Literal(kind.name), sizes=_sizes(kind), fields=sql.Literal(fields)
    )


def _sizes(kind: Kind) -> sql.Composable:
    """The allowed lengths of a record's digests: none, or one digest for each field."""
    return sql.SQL("0, {}").format(sql.Literal(DIGEST_SIZE * len(kind.fields)))


def _function(name: str, gives: LiteralString, body: sql.Composable) -> tuple[str, sql.Composable]:
    return Scoping.defined(name, _TAKES[name], gives, body, steps=True)
