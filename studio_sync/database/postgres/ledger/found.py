"""Rows found before push: a push enters replaced rows into the ledger if it lacks their content.

It relies on nothing else: it reads every replaced row again, under its lock, and trusts no comparison,
token or guard. Whatever fails elsewhere, the replaced content can be shown and restored.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.json_row import values_of
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Rid, Version, digests
from studio_sync.core.values.value import json_bytes, load_json
from studio_sync.database.postgres.ledger.ledger_append import open_run, record
from studio_sync.database.postgres.ledger.runs import OF_VERSION
from studio_sync.database.postgres.rows.locks import Locks
from studio_sync.database.postgres.rows.quoted_name import QuotedName
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.ledger_documents import ELSEWHERE, MORE, sound_values
from studio_sync.database.values.ledger_values import FOUND, MAX_NUMBER, Entry, Run, found_run
from studio_sync.database.values.row import Row
from studio_sync.errors import RefusedError

_AT_ONCE = 2_000
_OWN = ("id", "created_at", "updated_at")


class FoundRows:
    """Enters rows that a push is about to replace, inside the push's own transaction."""

    def __init__(
        self, connection: Connection[Any], kinds: Kinds, run: Run, locks: Locks, *, granted: bool
    ) -> None:
        """`run` is the push; `granted`: the role is bound to clients by grants."""
        self._connection, self._kinds, self._locks, self._granted = connection, kinds, locks, granted
        self._run = replace(run, id=found_run(run.id), source=FOUND, commit="", message="")
        self._kept: set[str] = set()
        self._elsewhere: Mapping[str, bytes] = {}

    def keep_changed(self, changes: Sequence[Change], elsewhere: Mapping[str, bytes]) -> None:
        """Keep the (locked) rows that these changes write, and everything that a deletion cascades to.

        `elsewhere` has the rows of other tables that are deleted with a row, by its id.
        """
        self._elsewhere = elsewhere
        tops = {c.row_id: c.top or c.row_id for c in changes if c.before is not None}
        deleted: dict[str, set[str]] = {}
        for kind in self._kinds:
            mine = {c.row_id for c in changes if c.kind is kind and c.before is not None}
            gone = deleted.setdefault(kind.name, set())
            gone.update(c.row_id for c in changes if c.kind is kind and c.action is Action.DELETE)
            below = self._below(kind, deleted.get(kind.parent, ()), tops)
            if below - mine:
                self._locks.hold(kind, below - mine)
            gone |= below
            self._keep(kind, mine | below, tops)

    def keep_shifted(self, kind: Kind, ids: Collection[str], top_of: Callable[[str], str]) -> None:
        """Lock and keep rows that only get another order value."""
        if ids:
            self._locks.hold(kind, ids)
            self._keep(kind, ids, {}, top_of)

    def as_shifted(self, kind: Kind, ids: Collection[str], top_of: Callable[[str], str]) -> Iterator[Entry]:
        """The versions of rows that got another order value, as they are now, for the run of the push."""
        for part in chunks(sorted(ids), _AT_ONCE):
            for row in self._rows(kind, part):
                yield self._entry(row, top_of(row.parent), None)

    def _below(self, kind: Kind, parents: Collection[str], tops: dict[str, str]) -> set[str]:
        """The ids of the children of `kind`; `tops` gets their top row from their parent."""
        found: set[str] = set()
        if not parents:
            return found
        query = sql.SQL(
            "SELECT id::text, {parent}::text FROM {table} WHERE {parent} = ANY(%s::uuid[])"
        ).format(parent=sql.Identifier(kind.parent_column), table=sql.Identifier(kind.table))
        for part in chunks(sorted(parents), _AT_ONCE):
            for own, parent in self._connection.execute(query, (part,)):
                tops.setdefault(own, tops[parent])
                found.add(own)
        return found

    def _keep(
        self,
        kind: Kind,
        ids: Collection[str],
        tops: Mapping[str, str],
        top_of: Callable[[str], str] | None = None,
    ) -> None:
        wanted = set(ids) - self._kept
        self._kept |= wanted
        for part in chunks(sorted(wanted), _AT_ONCE):
            rows = {r.rid: r for r in self._rows(kind, part)}
            more = self._more(kind, part)
            held, known = self._held(rows), self._known_in([r.rid for r in rows.values() if r.id in more])
            entries = [
                self._entry(row, tops[row.id] if top_of is None else top_of(row.parent), more.get(row.id))
                for rid, row in sorted(rows.items())
                if held.get(rid) != row.version()
                or (row.id in more and more[row.id] not in known.get(rid, ()))
                or row.id in self._elsewhere
            ]
            if not entries:
                continue
            open_run(self._connection, self._run, granted=self._granted)
            if len(record(self._connection, self._run, entries, granted=self._granted)) < len(entries):
                raise StaleError("what would be replaced is being entered in the ledger by somebody else")

    def _rows(self, kind: Kind, ids: Sequence[str]) -> Iterator[Row]:
        for row in Rows(self._connection, self._kinds).read(kind, [UUID(own).bytes for own in ids]):
            if row.values is None:
                raise RefusedError(
                    f"the row {row.id} of {kind.table} would be replaced, and the ledger can't keep it:"
                    f" {row.fault}; nothing was changed",
                    "mend it in the database first",
                )
            yield row

    def _held(self, rids: Collection[Rid]) -> dict[Rid, Version]:
        """The ledger's newest version of each of these records.

        A role bound to clients may enter anything: of its versions only the document counts, not the digests
        that it states.
        """
        rows = self._connection.execute(
            sql.SQL(
                "SELECT DISTINCT ON (v.rid) v.rid, v.kind, v.parent, v.slot, v.digests, v.document IS NULL,"
                " CASE WHEN r.reach IS NOT NULL THEN v.document::text END"
                " FROM studio_sync.versions AS v {run}"
                " WHERE v.rid = ANY(%s) AND v.number < %s ORDER BY v.rid, v.number DESC"
            ).format(run=OF_VERSION),
            (list(rids), MAX_NUMBER),
            binary=True,
        )
        found = {}
        for rid, kind, parent, slot, record_digests, deleted, document in rows:
            if not deleted and (document is None or self._says(kind, document, record_digests)):
                found[rid] = Version(rid, kind, parent, slot, record_digests)
        return found

    def _says(self, kind: str, document: str, expected: bytes) -> bool:
        """Whether a document has the digests stated beside it."""
        if kind not in {known.name for known in self._kinds}:
            return False
        values = sound_values(self._kinds[kind], document)
        return (
            values is not None
            and digests(self._kinds[kind], values_of(self._kinds[kind], values)) == expected
        )

    def _known_in(self, rids: Collection[Rid]) -> dict[Rid, set[str]]:
        """The other columns of these records in the ledger's versions."""
        found: dict[Rid, set[str]] = {}
        if not rids:
            return found
        rows = self._connection.execute(
            "SELECT rid, document ->> %s FROM studio_sync.versions"
            " WHERE rid = ANY(%s) AND document -> %s IS NOT NULL",
            (MORE, list(rids), MORE),
        )
        for rid, text in rows:
            found.setdefault(rid, set()).add(text)
        return found

    def _more(self, kind: Kind, ids: Sequence[str]) -> dict[str, str]:
        """The non-empty columns of rows that studio doesn't know, as JSON by id."""
        unknown = self._unknown.get(kind.table)
        if not unknown:
            return {}
        query = sql.SQL(
            "SELECT t.id::text, m.more::text FROM {table} AS t, LATERAL (SELECT jsonb_object_agg(key, value)"
            " FROM jsonb_each(to_jsonb((SELECT u FROM (SELECT {columns}) AS u)))"
            " WHERE value <> 'null') AS m (more) WHERE t.id = ANY(%s::uuid[]) AND m.more IS NOT NULL"
        ).format(
            table=sql.Identifier(kind.table),
            columns=sql.SQL(", ").join(sql.SQL("t.{}").format(QuotedName(name)) for name in unknown),
        )
        return dict(self._connection.execute(query, (ids,)).fetchall())

    @cached_property
    def _unknown(self) -> dict[str, list[str]]:
        """The columns of each table that studio doesn't know."""
        rows = self._connection.execute(
            "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)"
            " FROM unnest(%s::text[]) AS g (name)"
            " JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(g.name))"
            " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " GROUP BY 1",
            ([kind.table for kind in self._kinds],),
        )
        known = {kind.table: _known(kind) for kind in self._kinds}
        return {table: [n for n in names if n not in known[table]] for table, names in rows}

    def _entry(self, row: Row, top: str, more: str | None) -> Entry:
        version, text, _ = row.version_and_json()
        if row.id in self._elsewhere:
            text = b"%s, %s: %s}" % (text[:-1], json_bytes(ELSEWHERE), self._elsewhere[row.id])
        if more is not None:
            text = b"%s, %s: %s}" % (text[:-1], json_bytes(MORE), _embedded(more))
        return Entry(row.rid, row.kind.name, top, row.id, row.parent, row.slot, version.digests, lambda: text)


def _embedded(text: str) -> bytes:
    """A JSON text to embed in a document; one that nests too deep is embedded as a string."""
    try:
        load_json(text)
    except ValueError:
        return json_bytes(text)
    return text.encode()


def _known(kind: Kind) -> frozenset[str]:
    """The columns of a kind's table that studio reads or derives."""
    return frozenset((*_OWN, kind.parent_column, kind.slot_column, *kind.derived, *kind.names))
