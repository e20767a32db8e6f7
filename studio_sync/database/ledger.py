"""What the ledger holds: the versions of records that pushes wrote and pulls saw, and notes on files."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import sql

from studio_sync.core.kind import Kinds
from studio_sync.core.record import Rid, Version
from studio_sync.core.seen import Note, Story
from studio_sync.core.value import Value, dump_json, load_json
from studio_sync.database.adapters import JsonText
from studio_sync.database.install import VERSION, schema_version
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection

WHOLE_PUSH = "push"
"""The source of a run that left nothing behind."""
PART_PUSH = "push in part"
"""The source of a run that pushed only some paths, or had to leave something."""

_AT_ONCE = 10_000
_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A command that writes into the ledger: who, with which command, at which commit, and why."""

    id: str
    actor: str
    source: str
    commit: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A version to be recorded. `version` and `document` are None for a deletion.

    `top` is the row's id of the record at the top above it; `document` the JSON text of its values, in UTF-8.
    """

    rid: Rid
    kind: str
    top: str
    row_id: str
    parent: Rid
    slot: str
    digests: bytes = b""
    document: bytes | None = None
    decision: str | None = None


class Ledger:
    """Reads the ledger, where the database has one that this role may read."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds
        self.version = schema_version(connection)
        self.readable = self.writable = False
        if self.version == VERSION:
            row = connection.execute(
                "SELECT has_table_privilege('studio_sync.versions', 'SELECT')"
                " AND has_table_privilege('studio_sync.notes', 'SELECT'),"
                " has_any_column_privilege('studio_sync.versions', 'INSERT')"
                " AND has_any_column_privilege('studio_sync.notes', 'INSERT')"
                " AND has_any_column_privilege('studio_sync.runs', 'INSERT')"
            ).fetchone()
            self.readable, self.writable = row or (False, False)

    def hold_writable(self, label: str) -> None:
        """Raise UnavailableError unless versions can be entered: no push goes unrecorded."""
        if self.writable:
            return
        if self.version == VERSION:
            raise UnavailableError(
                f"{label}: permission denied: this role may not write into the ledger of pushes",
                "who runs the database can allow it: GRANT SELECT, INSERT ON studio_sync.runs,"
                " studio_sync.versions, studio_sync.notes TO ROLE",
            )
        what = "was prepared by an older studio" if self.version else "is not prepared for studio"
        raise UnavailableError(
            f"{label}: the database {what}: it has no ledger, in which every push is entered",
            "let its owner run: studio db init (it makes the schema studio_sync, and touches no table)",
        )

    def has_run(self, run: str) -> bool:
        """Whether a run that once wrote is still there; it isn't in a database that was set back."""
        row = self._connection.execute(
            "SELECT EXISTS (SELECT FROM studio_sync.runs WHERE id = %s)", (run,)
        ).fetchone()
        return bool(row and row[0])

    def pushed_commits(self) -> set[str]:
        """The commits from which everything was pushed that they had to say."""
        allowed = "SELECT has_table_privilege('studio_sync.runs', 'SELECT')"
        row = self._connection.execute(allowed).fetchone() if self.readable else None
        if not row or not row[0]:
            return set()
        found = self._connection.execute(
            "SELECT DISTINCT git_commit FROM studio_sync.runs WHERE source = %s AND git_commit IS NOT NULL",
            (WHOLE_PUSH,),
        )
        return {commit for (commit,) in found}

    def repeated(self, rids: Collection[Rid]) -> set[Rid]:
        """Those of the records of which more than one version is known."""
        if not self.readable:
            return set()
        query = "SELECT rid FROM studio_sync.versions WHERE rid = ANY(%s) GROUP BY rid HAVING count(*) > 1"
        return {rid for (rid,) in self._rows(query, rids)}

    def was_decided(self, rid: Rid, choice: str, reason: str) -> bool:
        """Whether a version of a record was made by just this decision."""
        if not self.readable:
            return False
        row = self._connection.execute(
            "SELECT EXISTS (SELECT FROM studio_sync.versions WHERE rid = %s AND decision ->> %s = %s)",
            (rid, choice, reason),
        ).fetchone()
        return bool(row and row[0])

    def newest_run(self) -> str:
        """The run that wrote last, "" if there is none."""
        if not self.readable:
            return ""
        row = self._connection.execute(
            "SELECT id::text FROM studio_sync.runs ORDER BY at DESC LIMIT 1"
        ).fetchone()
        return str(row[0]) if row else ""

    def stories(self, rids: Collection[Rid]) -> dict[Rid, Story]:
        """What is known of these records; those of which nothing is are left out."""
        if not self.readable:
            return {}
        kinds: dict[Rid, str] = {}
        versions: dict[Rid, dict[int, Version | None]] = {}
        for rid, number, kind, parent, slot, digests, gone in self._rows(
            "SELECT rid, number, kind, parent, slot, digests, document IS NULL"
            " FROM studio_sync.versions WHERE rid = ANY(%s) ORDER BY rid, number",
            rids,
        ):
            kinds[rid] = kind
            found = None if gone else Version(rid, kind, parent, slot, digests)
            versions.setdefault(rid, {})[number] = found
        notes: dict[Rid, list[Note]] = {}
        for rid, kind, parent, slot, digests, fields, number in self._rows(
            "SELECT rid, kind, parent, slot, digests, fields, number"
            " FROM studio_sync.notes WHERE rid = ANY(%s)",
            versions,
        ):
            content = Version(rid, kind, parent, slot, digests)
            notes.setdefault(rid, []).append(Note(content, frozenset(fields), number))
        return {
            rid: Story(self._kinds[kinds[rid]], found, notes.get(rid, ())) for rid, found in versions.items()
        }

    def latest(self, rids: Collection[Rid]) -> dict[Rid, tuple[int, Version | None]]:
        """The number and the content of the newest version of each of these records."""
        if not self.readable:
            return {}
        found = self._rows(
            "SELECT DISTINCT ON (rid) rid, number, kind, parent, slot, digests, document IS NULL"
            " FROM studio_sync.versions WHERE rid = ANY(%s) ORDER BY rid, number DESC",
            rids,
        )
        return {
            rid: (number, None if gone else Version(rid, kind, parent, slot, digests))
            for rid, number, kind, parent, slot, digests, gone in found
        }

    def documents(self, wanted: Collection[tuple[Rid, int]]) -> dict[tuple[Rid, int], Mapping[str, Value]]:
        """The values of versions, by record and number."""
        if not self.readable or not wanted:
            return {}
        numbers = [number for _, number in wanted]
        rows = self._connection.execute(
            "SELECT v.rid, v.number, v.document::text FROM studio_sync.versions AS v"
            " JOIN unnest(%s::text[], %s::int[]) AS w (rid, number) ON v.rid = w.rid AND v.number = w.number"
            " WHERE v.document IS NOT NULL",
            ([rid for rid, _ in wanted], numbers),
        )
        found = {}
        for rid, number, text in rows:
            values = load_json(text)
            if isinstance(values, Mapping):
                found[rid, number] = values
        return found

    def _rows(self, query: str, rids: Collection[Rid]) -> Iterator[Sequence[Any]]:
        wanted = sorted(rids)
        for start in range(0, len(wanted), _AT_ONCE):
            with self._connection.cursor(binary=True) as cursor:
                yield from cursor.execute(query.encode(), (wanted[start : start + _AT_ONCE],)).fetchall()


def open_run(connection: "Connection[Any]", run: Run) -> None:
    """Enter a run, inside the transaction that writes; one that was entered already stays."""
    connection.execute(
        "INSERT INTO studio_sync.runs (id, actor, source, git_commit, message)"
        " VALUES (%s, %s, %s, nullif(%s, ''), nullif(%s, '')) ON CONFLICT (id) DO NOTHING",
        (run.id, run.actor, run.source, run.commit, run.message),
    )


def record(
    connection: "Connection[Any]", run: Run, entries: Iterable[Entry], *, reached: bool = False
) -> dict[Rid, int]:
    """Enter versions, whose rows the caller holds locked; the number that each one got, by record.

    A version that somebody else enters at the same moment is left to them: it has no number here. A role
    that is bound to clients (`reached`) does not see every version that counts, and asks a function.
    """
    numbers: dict[Rid, int] = {}
    batch: list[Entry] = []
    size = 0
    for entry in sorted(entries, key=lambda e: e.rid):
        batch.append(entry)
        size += len(entry.document or b"")
        if size > _BYTES:
            numbers |= _insert(connection, run, batch, reached)
            batch, size = [], 0
    if batch:
        numbers |= _insert(connection, run, batch, reached)
    return numbers


_INSERT = sql.SQL(
    "INSERT INTO studio_sync.versions"
    " (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document, decision)"
    " SELECT gen_random_uuid(), %s, e.top, e.kind, e.rid, coalesce({latest}, 0) + 1,"
    " e.row_id, e.parent, e.slot, e.digests, e.document, e.decision"
    " FROM json_to_recordset(%s::json) AS e (top uuid, kind text, rid text, row_id uuid, parent text,"
    " slot text, digests bytea, document json, decision jsonb) {joined}"
    " ON CONFLICT (rid, number) DO NOTHING RETURNING rid, number"
)


_SEEN = _INSERT.format(
    latest=sql.SQL("(SELECT max(v.number) FROM studio_sync.versions AS v WHERE v.rid = e.rid)"),
    joined=sql.SQL(""),
)
_REACHED = _INSERT.format(
    latest=sql.SQL("n.number"), joined=sql.SQL("LEFT JOIN studio_sync.numbers(%s) AS n ON n.rid = e.rid")
)


def _insert(connection: "Connection[Any]", run: Run, batch: Sequence[Entry], reached: bool) -> dict[Rid, int]:
    # One JSON text, in which documents stand as they are: arrays of them would be escaped once more.
    given = JsonText(b"[" + b",".join(map(_member, batch)) + b"]")
    if reached:
        return dict(connection.execute(_REACHED, (run.id, given, [e.rid for e in batch])).fetchall())
    return dict(connection.execute(_SEEN, (run.id, given)).fetchall())


def _member(entry: Entry) -> bytes:
    """An entry as a JSON object, in UTF-8."""
    head = dump_json(
        {
            "top": entry.top,
            "kind": entry.kind,
            "rid": entry.rid,
            "row_id": entry.row_id,
            "parent": entry.parent,
            "slot": entry.slot,
            "digests": f"\\x{entry.digests.hex()}",
        }
    )
    decision = (entry.decision or "null").encode()
    return b'%s, "document": %s, "decision": %s}' % (head[:-1].encode(), entry.document or b"null", decision)


def note(connection: "Connection[Any]", run: Run, notes: Iterable[tuple[str, Note]]) -> None:
    """Enter notes, each with the id of the row at the top above its record."""
    rows = list(notes)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)"
            " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    run.id, top, n.content.kind, n.content.rid, n.content.parent, n.content.slot,
                    n.content.digests, sorted(n.fields), n.number,
                )
                for top, n in rows
            ],
        )  # fmt: skip


def uuid_text(row_id: bytes) -> str:
    """A row's id as text."""
    return str(UUID(bytes=row_id))
