"""Rows of other tables that hang on what is deleted: counted before, and never taken along unsaid."""

import json
import re
from collections.abc import Iterator
from unittest import mock

import pytest

from studio_sync.database.postgres.rows.foreign_keys import DependentCounter
from tests.harness import C1, S1, S2, SESSION, SESSION_2, TABLES, Desk, unchanged
from tests.repository import commit, git

PROGRESS = """
    CREATE TABLE progress (
        id serial PRIMARY KEY, session_id uuid REFERENCES sessions (id) ON DELETE CASCADE,
        parent int REFERENCES progress (id) ON DELETE CASCADE
    );
    CREATE SCHEMA app;
    CREATE TABLE app.certificate (progress int REFERENCES progress (id) ON DELETE CASCADE, scan text);
    CREATE TABLE bookmark (session_id uuid REFERENCES sessions (id) ON DELETE SET NULL);
"""


@pytest.fixture
def learners(own: Desk) -> Desk:
    """A database in which learners have got somewhere in the second session."""
    own.sql(PROGRESS)
    own.sql("INSERT INTO progress (session_id) VALUES (%s), (%s), (%s)", SESSION, SESSION_2, SESSION_2)
    own.sql("INSERT INTO progress (parent) VALUES (2)")
    own.sql("INSERT INTO app.certificate VALUES (4, 'a'), (4, 'b'), (1, 'c')")
    return own


def test_a_deletion_is_refused_with_the_counts_of_all_that_would_go_along(learners: Desk) -> None:
    learners.sql("INSERT INTO bookmark VALUES (%s)", SESSION_2)
    learners.remove(S2)
    with unchanged(learners):
        for arguments in (("push", "--delete"), ("push", "-n", "--delete")):
            said = learners.refused(*arguments).text
            assert "3 rows of progress" in said
            assert "2 rows of app.certificate" in said
            assert "1 row of bookmark, in which the database would clear what points there" in said
        report = learners.json("push", "-n", "--delete")
    assert "rows-elsewhere" in [p["code"] for p in report["problems"]]
    assert {(t["table"], t["rows"], t["goes"]) for t in report["other_tables"]} == {
        ("progress", 3, False),
        ("app.certificate", 2, False),
        ("bookmark", 1, False),
    }


def test_the_way_out_that_is_printed_deletes_and_says_what_went(learners: Desk) -> None:
    learners.remove(S2)
    hint = learners.refused("push", "--delete").err.partition("if they may go: studio ")[2].partition(";")[0]
    assert "--delete-with progress" in hint
    assert "--delete-with app.certificate" in hint
    left = learners.refused("push", "--delete", "--delete-with", "progress").err
    assert "studio push --delete --delete-with progress --delete-with app.certificate;" in left
    said = learners.ok(*hint.split()).out
    assert "3 rows of progress" in said
    assert learners.one("SELECT count(*) FROM progress") == 1
    assert learners.one("SELECT count(*) FROM app.certificate") == 1


def test_what_nothing_hangs_on_is_deleted_and_the_rest_held_with_partial(learners: Desk) -> None:
    learners.sql("DELETE FROM progress WHERE session_id = %s", SESSION)
    learners.remove(f"{S1}/quiz.yaml")
    learners.remove(S2)
    learners.refused("push", "--delete", "--partial")
    assert learners.one("SELECT count(*) FROM quizzes") == 0
    assert learners.one("SELECT count(*) FROM sessions") == 2
    assert learners.one("SELECT count(*) FROM progress") == 3


def test_a_held_deletion_tells_what_hangs_on_it_and_a_commit_confirms_it(learners: Desk) -> None:
    git(learners, "init", "-q", "-b", "main")
    commit(learners, "first")
    learners.ok("push")
    learners.remove(S2)
    commit(learners, "gone")
    plan = learners.refused("push", "-n", "--format", "markdown").out
    assert "3 rows of progress" in plan
    assert "Studio-Delete-With: progress" in plan
    lines = [line for line in plan.splitlines() if line.startswith("Studio-")]
    git(learners, "commit", "-q", "--allow-empty", "-m", "why\n\n" + "\n".join(lines))
    learners.ok("push")
    assert learners.one("SELECT count(*) FROM sessions") == 1
    assert learners.one("SELECT count(*) FROM progress") == 1


def test_rows_that_block_the_deletion_are_told_when_planning(own: Desk) -> None:
    own.sql("CREATE TABLE booking (session_id uuid REFERENCES sessions (id))")
    own.sql("INSERT INTO booking VALUES (%s)", SESSION_2)
    own.remove(S2)
    with unchanged(own):
        said = own.refused("push", "-n", "--delete", "--delete-with", "booking").text
        assert "1 row of booking, which the database does not leave" in said
    own.sql("DELETE FROM booking")
    own.ok("push", "--delete")


def test_rows_that_come_between_plan_and_write_are_counted_again(learners: Desk) -> None:
    learners.sql("DELETE FROM progress")
    learners.remove(S2)
    real, counts = DependentCounter.count, []

    def count(*given: object) -> object:
        found = real(*given)  # type: ignore[arg-type]
        counts.append(found)
        if len(counts) == 2:
            learners.sql("INSERT INTO progress (session_id) VALUES (%s)", SESSION_2)
        return found

    with mock.patch.object(DependentCounter, "count", count):
        said = learners.refused("push", "--delete").text
    assert "1 row of progress" in said
    assert learners.one("SELECT count(*) FROM progress") == 1


def test_other_sessions_that_a_key_of_the_databases_own_would_take_count_too(own: Desk) -> None:
    own.sql("ALTER TABLE sessions ADD COLUMN after uuid REFERENCES sessions (id) ON DELETE CASCADE")
    own.sql("UPDATE sessions SET after = %s WHERE id = %s", SESSION_2, SESSION)
    own.remove(S2)
    assert "1 row of sessions" in own.refused("push", "--delete").text
    own.remove(C1)
    own.ok("push", "--delete=8")


@pytest.fixture
def blind(learners: Desk) -> Iterator[str]:
    """The address of the database for a role that sees the ten tables and the ledger, and nothing hidden."""
    role = f"blind_{learners.one('SELECT oid FROM pg_database WHERE datname = current_database()')}"
    learners.sql(f"CREATE ROLE {role} LOGIN")
    try:
        learners.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public, studio_sync TO {role}")
        learners.sql(f"GRANT USAGE ON SCHEMA studio_sync, app TO {role}")
        for table in (*TABLES, "studio_sync.runs", "studio_sync.versions", "studio_sync.notes"):
            learners.sql(f"CREATE POLICY all_of_it ON {table} USING (true)")
        yield learners.url.replace("postgres@", f"{role}@")
    finally:
        learners.sql(f"DROP OWNED BY {role}")
        learners.sql(f"DROP ROLE {role}")


def test_a_role_that_cannot_count_is_refused(learners: Desk, blind: str) -> None:
    learners.sql("ALTER TABLE progress ENABLE ROW LEVEL SECURITY")
    learners.ok("pull", STUDIO_DATABASE_URL=blind)
    learners.remove(S2)
    said = learners.run("push", "-n", "--delete", "--delete-with", "progress", STUDIO_DATABASE_URL=blind)
    assert said.code == 1
    assert "progress" in said.text


KEYS = {
    "set default": (
        "CREATE TABLE t (session_id uuid DEFAULT NULL REFERENCES sessions (id) ON DELETE SET DEFAULT)",
        "INSERT INTO t VALUES (%s)",
        "1 row of t, in which",
    ),
    "two columns": (
        (
            "CREATE TABLE t (chapter uuid, number text, FOREIGN KEY (chapter, number)"
            " REFERENCES sessions (chapter_id, number) ON DELETE CASCADE)"
        ),
        "INSERT INTO t SELECT chapter_id, number FROM sessions WHERE id = %s",
        "1 row of t, which the database would delete",
    ),
    "a partitioned table": (
        (
            "CREATE TABLE t (session_id uuid REFERENCES sessions (id) ON DELETE CASCADE, n int)"
            " PARTITION BY LIST (n); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);"
            " CREATE TABLE t2 PARTITION OF t DEFAULT"
        ),
        "INSERT INTO t VALUES (%s, 1), (%s, 2)",
        "2 rows of t, which the database would delete",
    ),
    "two keys to the same row": (
        (
            "CREATE TABLE t (one uuid REFERENCES sessions (id) ON DELETE CASCADE,"
            " other uuid REFERENCES sessions (id) ON DELETE CASCADE)"
        ),
        "INSERT INTO t VALUES (%s, %s)",
        "1 row of t, which the database would delete",
    ),
    "a schema that is not looked into": (
        'CREATE SCHEMA app; CREATE TABLE app."T t" (s uuid REFERENCES sessions (id) ON DELETE CASCADE)',
        'INSERT INTO app."T t" VALUES (%s)',
        '1 row of app."T t", which the database would delete',
    ),
    "names with a percent sign": (
        'CREATE TABLE "t_%" ("s_%" uuid REFERENCES sessions (id) ON DELETE CASCADE)',
        'INSERT INTO "t_%%" VALUES (%s)',
        '1 row of "t_%", which the database would delete',
    ),
    "rows that wait below rows that go": (
        (
            'CREATE TABLE "p_%" ("id_%" int PRIMARY KEY, s uuid REFERENCES sessions (id) ON DELETE CASCADE);'
            ' CREATE TABLE t ("p_%" int REFERENCES "p_%"); INSERT INTO "p_%" VALUES (1)'
        ),
        'WITH u AS (UPDATE "p_%%" SET s = %s RETURNING "id_%%") INSERT INTO t SELECT * FROM u',
        "1 row of t, which the database does not leave",
    ),
}


@pytest.mark.parametrize("key", KEYS)
def test_every_kind_of_foreign_key_is_followed(own: Desk, key: str) -> None:
    table, row, said = KEYS[key]
    own.sql(table)
    own.sql(row, *[SESSION_2] * row.count("%s"))
    own.remove(S2)
    with unchanged(own):
        assert said in own.refused("push", "-n", "--delete").text
        assert said in own.refused("push", "--delete").text


def test_rows_that_go_along_are_kept_first_and_can_be_inserted_again(learners: Desk) -> None:
    """Those of each deleted tree stand with its topmost record, in the ledger."""
    learners.sql("INSERT INTO bookmark VALUES (%s)", SESSION_2)
    before = learners.sql("SELECT * FROM progress ORDER BY id")
    scans = learners.sql("SELECT * FROM app.certificate ORDER BY scan")
    learners.remove(S1)
    learners.remove(S2)
    tables = ("progress", "app.certificate", "bookmark")
    learners.ok("push", "--delete", *(word for table in tables for word in ("--delete-with", table)))
    assert learners.one("SELECT count(*) FROM progress") == 0
    found = learners.ok("undo")
    told = [line for line in found.err.splitlines() if "warning[rows-stay]" in line]
    assert [set(re.findall(r"\d of [a-z.]+", line)) for line in told] == [
        {"1 of progress", "1 of app.certificate"},
        {"3 of progress", "2 of app.certificate", "1 of bookmark"},
    ]
    learners.ok("push")
    for hint in [line for line in found.err.splitlines() if "studio show" in line]:
        shown = learners.json("show", *hint.partition("studio show ")[2].split()[:-1])
        (record,) = shown["runs"][0]["records"]
        for table, rows in record["after"]["rows of other tables"].items():
            if table != "bookmark":
                learners.sql(
                    f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
                    json.dumps(rows),
                )
    assert learners.sql("SELECT * FROM progress ORDER BY id") == before
    assert learners.sql("SELECT * FROM app.certificate ORDER BY scan") == scans


@pytest.mark.parametrize("key", [name for name in KEYS if "wait" not in name])
def test_rows_are_kept_by_every_kind_of_foreign_key(own: Desk, key: str) -> None:
    table, row, said = KEYS[key]
    own.sql(table)
    own.sql(row, *[SESSION_2] * row.count("%s"))
    name = said.partition(" of ")[2].partition(",")[0]
    rows = own.sql(f"SELECT to_jsonb(t)::text FROM {name} AS t")
    own.remove(S2)
    own.ok("push", "--delete", "--delete-with", name)
    kept = own.one(
        "SELECT (document -> 'rows of other tables' -> %s)::text FROM studio_sync.versions"
        " WHERE document -> 'rows of other tables' IS NOT NULL",
        name,
    )
    assert sorted(json.loads(kept), key=str) == sorted((json.loads(found) for (found,) in rows), key=str)
