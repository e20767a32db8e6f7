"""What is asked of the ledger takes as long as the workspace is large, not as what others filled it with."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus

from studio_sync.database.postgres.ledger import known_runs, prune
from studio_sync.database.postgres.ledger import ledger as ledger_module
from studio_sync.database.postgres.ledger.ledger import Ledger
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.postgres.schema.install import install_schema, missing_indexes
from studio_sync.database.postgres.tracking.tracked_runs import TrackedRuns
from studio_sync.database.values.ledger_past import LedgerMoment
from studio_sync.kinds import KINDS
from tests.harness import CLIENT, S2, SESSION, Desk

FOREIGN = """
INSERT INTO studio_sync.runs (id, at, actor, source, git_commit)
SELECT gen_random_uuid(), now() - interval '1 year' - g * interval '1 minute', 'other', 'push',
    md5(g::text) || left(md5(g::text), 8) FROM generate_series(1, 8000) AS g;
INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document)
SELECT gen_random_uuid(), r.id, top, CASE s.g WHEN 1 THEN 'client' ELSE 'session' END, s.rid, 1 + s.g, top,
    CASE s.g WHEN 1 THEN '' ELSE 'x' END, s.rid, '', '{}'
FROM (SELECT id, gen_random_uuid() AS top, gen_random_uuid()::text AS rid FROM studio_sync.runs
      WHERE actor = 'other') AS r, LATERAL (SELECT g, r.rid FROM generate_series(1, 4) AS g) AS s;
INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)
SELECT gen_random_uuid(), run, top, kind, rid, parent, slot, digests, '{}', 9 FROM studio_sync.versions
WHERE parent = 'x';
INSERT INTO studio_sync.changes (run, at, role, top, kind, rid, row_id, parent, slot, document)
SELECT gen_random_uuid(), now() - interval '10 days', 'web', top, kind, rid, row_id, parent, slot, '{}'
FROM studio_sync.versions WHERE slot <> 'acme-bank' AND digests = '';
INSERT INTO clients (id, name, slug)
SELECT md5('c' || c)::uuid, 'Other', 'other-' || c FROM generate_series(1, 4) AS c;
INSERT INTO programs (id, client_id, name, slug)
SELECT md5('p' || c || ' ' || p)::uuid, md5('c' || c)::uuid, 'Other', 'p' || p
FROM generate_series(1, 4) AS c, generate_series(1, 50) AS p;
INSERT INTO chapters (id, program_id, number, title, order_index)
SELECT md5('h' || c || ' ' || h)::uuid, md5('p' || c || ' ' || 1 + h % 50)::uuid, h, 'Other', h
FROM generate_series(1, 4) AS c, generate_series(1, 1000) AS h;
INSERT INTO sessions (id, chapter_id, number, title, order_index)
SELECT gen_random_uuid(), md5('h' || c || ' ' || h)::uuid, h || '.' || s, 'Other', s
FROM generate_series(1, 4) AS c, generate_series(1, 1000) AS h, generate_series(1, 4) AS s;
INSERT INTO articles (session_id, content)
SELECT id, repeat('Words of others. ', 40) FROM sessions WHERE title = 'Other';
ANALYZE clients, programs, chapters, sessions, articles;
ANALYZE studio_sync.changes; ANALYZE studio_sync.runs; ANALYZE studio_sync.versions; ANALYZE studio_sync.notes
"""
_SCAN = re.compile(r"Seq Scan on (?:studio_sync\.)?(?:runs|versions|notes|changes)\b")


class Recorder:
    """A connection that keeps what is asked over it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.asked: list[tuple[Any, Any]] = []

    def execute(self, query: Any, given: Any = None, **more: Any) -> Any:
        self.asked.append((query, given))
        if "DELETE FROM" in str(query):  # pgpool2 does not commit a statement that stands alone
            assert self._connection.info.transaction_status is TransactionStatus.INTRANS
        return self._connection.execute(query, given, **more)

    def transaction(self) -> Any:
        return self._connection.transaction()

    def cursor(self, **_: Any) -> "Recorder":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def plans(self) -> Iterator[str]:
        for query, given in self.asked:
            text = query.as_string(None) if isinstance(query, sql.Composable) else query
            text = text if isinstance(text, str) else text.decode()
            rows = self._connection.execute(f"EXPLAIN {text}".encode(), given).fetchall()
            yield "\n".join(line for (line,) in rows)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, pg: Any) -> Iterator[Desk]:
    from tests import servers
    from tests.harness import TREE

    with servers.database(pg) as url, Desk(tmp_path_factory.mktemp("plans") / "desk", url) as desk:
        desk.config("name: desk\nclients: [acme-bank]\n")
        desk.write_all(TREE)
        desk.ok("push")
        desk.sql(FOREIGN)
        yield desk
        desk.hang_up()


def test_no_question_scans_what_others_entered(filled: Desk) -> None:
    recorder = Recorder(filled.connection)
    run = filled.json("log")["runs"][0]["revision"]
    runs, ledger = TrackedRuns(recorder, KINDS), Ledger(recorder, KINDS)  # type: ignore[arg-type]
    recorder.asked.clear()
    moment = LedgerMoment(datetime.now().astimezone())
    assert runs.runs([SESSION], 20)
    runs.runs(None, 20)
    assert runs.run(run[:8])
    assert list(runs.entered([run], [SESSION]))
    runs.changes_in([run])
    runs.changes_of([SESSION])
    assert runs.held([CLIENT])
    assert runs.tops("client", ["acme-bank"]) == [CLIENT]
    assert runs.titles("title", [SESSION])
    assert runs.at([SESSION], moment)
    ledger.pushed_commits(None, ["0" * 40])
    assert ledger.newest_run()
    assert ledger.latest([SESSION])
    assert ledger.histories([SESSION])
    assert ledger.odd_entries([CLIENT]) == {}
    ledger.repeated([SESSION])
    ledger.was_decided(SESSION, "delete", "why")
    assert runs.authors([SESSION])
    assert runs.record_runs({SESSION: "session"})
    assert known_runs.has_run(recorder, run)  # type: ignore[arg-type]
    assert len(recorder.asked) > 25
    for (query, _), plan in zip(recorder.asked, recorder.plans(), strict=True):
        if "has_table_privilege" not in str(query):
            assert not _SCAN.search(plan), f"{query}\n{plan}"


def test_rows_of_other_clients_are_not_scanned_where_those_are_larger(filled: Desk) -> None:
    """What the server knows is how many rows a client has on average, and not how few this one has."""
    recorder = Recorder(filled.connection)
    rows = Rows(recorder, KINDS, ["acme-bank"])  # type: ignore[arg-type]
    assert rows.digest()
    assert rows.tokens([kind.name for kind in KINDS])
    assert len(recorder.asked) == 2
    for plan in recorder.plans():
        assert not re.search(r"Seq Scan on (?:sessions|articles)\b", plan), plan


LARGE = ("sessions", "articles", "chapters", "runs", "versions", "notes", "changes")
"""The tables that others have filled."""


def _scanned(desk: Desk) -> dict[str, int]:
    """How many rows of these tables were read by scans, as the server knows when a session has ended."""
    desk.hang_up()
    with psycopg.connect(desk.url, autocommit=True) as connection:
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        while connection.execute(others).fetchone() != (0,):
            time.sleep(0.01)
        return dict(
            connection.execute(
                "SELECT relname::text, seq_tup_read FROM pg_stat_user_tables WHERE relname = ANY(%s)",
                (list(LARGE),),
            ).fetchall()
        )


@pytest.mark.parametrize(
    "line",
    [
        "status", "push", "pull", f"log content/{S2}", "log",
        f"blame content/{S2}/article.md", "board", "undo -n", "db prune --before 2020-01-01 -n", "doctor",
    ],
)  # fmt: skip
def test_no_command_scans_a_table_that_others_fill(filled: Desk, line: str) -> None:
    """As the server counts it: foreign keys, triggers and functions included."""
    filled.write(f"{S2}/article.md", f"---\nstatus: draft\n---\n\nWords before {line}.\n")
    if line in ("pull", "undo -n"):
        filled.ok("push")
    if line == "pull":
        filled.sql("UPDATE videos SET script = script || ' More.'")
    before = _scanned(filled)
    filled.ok(*line.split())
    assert _more(before, _scanned(filled)) == {}


@pytest.mark.parametrize("line", ["status", "push", "pull", "log", "board", "doctor"])
def test_nor_does_a_command_of_a_role_that_was_granted_a_client(
    filled: Desk, tmp_path: Path, line: str
) -> None:
    role = f"{filled.url.rpartition('/')[2]}_mia"
    if not filled.one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role):
        filled.sql(f"CREATE ROLE {role} LOGIN")
        filled.ok("db", "grant", role, "--client", "acme-bank")
    filled.ok("push")
    with Desk(tmp_path / "desk", filled.url.replace("postgres@", f"{role}@")) as desk:
        desk.config("name: desk\nclients: [acme-bank]\n")
        desk.ok("pull")
        desk.write(f"{S2}/article.md", f"---\nstatus: draft\n---\n\nBy {role} before {line}.\n")
        if line == "pull":
            filled.sql("UPDATE videos SET script = script || ' More.'")
        before = _scanned(filled)
        desk.ok(*line.split())
        assert _more(before, _scanned(filled)) == {}
    filled.ok("pull")


def _more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    assert len(after) == len(LARGE)
    return {name: after[name] - before[name] for name in LARGE if after[name] != before[name]}


def test_odd_entries_of_all_are_counted_among_so_many(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "_LOOKED_AT", 1_000)
    before = _scanned(filled)
    assert Ledger(filled.connection, KINDS).odd_entries(None) == {}
    read = _more(before, _scanned(filled))
    assert 0 < read["versions"] <= 1_001


def test_a_pruning_looks_at_old_runs_only(filled: Desk) -> None:
    recorder = Recorder(filled.connection)
    long_ago = datetime.now().astimezone() - timedelta(days=4000)
    assert prune.plan(recorder, long_ago).versions == 0  # type: ignore[arg-type]
    assert len(recorder.asked) == 3, "the first old run, whether changes are tracked, the first old change"


def test_a_pruning_goes_in_parts_and_takes_what_it_said(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "_FIRST", 3_000)
    monkeypatch.setattr(prune, "_MOST", 3_000)
    recorder = Recorder(filled.connection)
    before = datetime.now().astimezone() - timedelta(days=200)
    foreseen = prune.plan(recorder, before)  # type: ignore[arg-type]
    assert (foreseen.versions, foreseen.records) == (24_000, 8_000)
    assert len(recorder.asked) > 30
    assert not foreseen.estimated
    assert not [plan for plan in recorder.plans() if _SCAN.search(plan) and "Limit" not in plan]
    assert prune.prune(recorder, before) == 24_000  # type: ignore[arg-type]
    deletions = [query for query, _ in recorder.asked if "DELETE FROM" in str(query)]
    assert len(deletions) > 10
    left = filled.one(
        "SELECT (SELECT count(*) FROM studio_sync.versions) + (SELECT count(*) FROM studio_sync.changes)"
    )
    assert left == foreseen.kept
    assert prune.plan(recorder, before).versions == 0  # type: ignore[arg-type]
    assert filled.one("SELECT max(number) - min(number) FROM studio_sync.versions WHERE parent = 'x'") == 0


def test_indexes_that_an_older_studio_did_not_make_are_made_by_init(own: Desk) -> None:
    own.sql("DROP INDEX studio_sync.versions_top_run; DROP INDEX studio_sync.runs_git_commit")
    assert missing_indexes(own.connection) == ["runs_git_commit", "versions_top_run"]
    assert "it lacks the index runs_git_commit, versions_top_run" in own.ok("doctor").out
    own.ok("log")
    assert "made 2 missing indexes of the ledger" in own.ok("db", "init").out  # the way out
    assert missing_indexes(own.connection) == []
    assert install_schema(own.connection, create_tables=False) == []
    assert "it lacks" not in own.ok("doctor").out
