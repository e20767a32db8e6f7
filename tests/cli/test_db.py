"""`studio db`: preparing a database, and the embedded one."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from studio_sync.database.embedded.embedded import Server
from tests import servers
from tests.harness import TREE, Desk, run, unchanged


@pytest.fixture
def empty(tmp_path: Path, pg: Server) -> Iterator[Desk]:
    """A desk on a database without any table."""
    with servers.database(pg, empty=True) as url, Desk(tmp_path / "desk", url) as desk:
        desk.write_all(TREE)
        yield desk


def test_init_makes_the_tables_only_when_asked_and_does_nothing_twice(empty: Desk) -> None:
    empty.ok("db", "init")
    assert empty.one("SELECT to_regclass('clients')") is None
    assert empty.one("SELECT to_regnamespace('studio_sync') IS NOT NULL")
    assert "clients" in empty.ok("db", "init", "--create-tables").out
    empty.ok("push")
    with unchanged(empty):
        assert empty.ok("db", "init", "--create-tables").out == "nothing to do\n"


def test_print_shows_a_migration_and_does_nothing(empty: Desk) -> None:
    migration = empty.ok("db", "init", "--create-tables", "--print").out
    assert empty.one("SELECT to_regnamespace('studio_sync') IS NULL")
    with psycopg.connect(empty.url, autocommit=True) as connection:
        connection.execute(migration.encode())
    assert empty.ok("db", "init", "--create-tables").out == "nothing to do\n"
    empty.ok("push")


def test_tables_that_lack_a_column_stop_it_with_each_difference_named(own: Desk) -> None:
    own.sql("ALTER TABLE articles DROP COLUMN word_count")
    own.sql("ALTER TABLE sessions ALTER COLUMN title TYPE integer USING 1")
    for command in (["db", "init"], ["status"], ["push"], ["pull"]):
        found = own.run(*command)
        assert found.code == 3
        assert "articles.word_count is missing" in found.err
        assert "sessions.title is integer" in found.err


def test_what_differs_is_told_with_a_way_out_that_leads_there(own: Desk) -> None:
    own.sql("ALTER TABLE articles DROP COLUMN word_count")
    assert "change the tables as the lines say" in own.run("pull").err
    own.sql("DROP TABLE quizzes")
    found = own.run("pull").err
    assert "change the tables as the lines say" in found
    assert "studio db init --create-tables" in found


def test_a_database_is_prepared_from_any_folder(empty: Desk, tmp_path: Path) -> None:
    env = {**os.environ, "STUDIO_DATABASE_URL": ""}
    found = run("db", "init", "--create-tables", "--database", empty.url, cwd=tmp_path, env=env)
    assert found.code == 0, found
    assert empty.one("SELECT to_regclass('clients') IS NOT NULL")


def _tokens(desk: Desk) -> set[int | None]:
    with closing(sqlite3.connect(desk.root / ".studio" / "memory.db")) as file:
        facts = dict(file.execute("SELECT name, value FROM facts WHERE name LIKE 'seen:%'"))
        assert all(facts.values())
        return {token for (token,) in file.execute("SELECT token FROM bases")}


@pytest.mark.usefixtures("with_every_capability")
def test_the_embedded_database_is_made_started_and_stopped_by_itself(tmp_path: Path) -> None:
    home = servers.new_home()
    with Desk(tmp_path / "desk", "", "name: unsere Kurse\n") as desk:
        desk.write_all(TREE)
        env = {"STUDIO_HOME": str(home), "STUDIO_DATABASE_URL": "", "CI": ""}
        try:
            found = desk.ok("push", **env)
            assert found.out.splitlines()[-1] == "pushed: 13 created"
            assert "unsere Kurse (embedded PostgreSQL)" in found.err
            assert len(found.err.splitlines()) == 1
            assert desk.ok("push", **env).out == "nothing to push\n"
            url = desk.ok("db", "url", **env).out.strip()
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT count(*) FROM articles").fetchone() == (2,)
            assert "stopped" in desk.ok("db", "stop", **env).out
            assert "does not run" in desk.ok("db", "stop", **env).out
            assert "runs" in desk.ok("db", "start", **env).out
            before = _tokens(desk)
            assert desk.ok("status", **env).out == "13 in sync\n"
            # studio's own starts don't end what its rows' tokens mean.
            assert None not in before
            assert _tokens(desk) == before
        finally:
            desk.run("db", "stop", **env)
            shutil.rmtree(home, ignore_errors=True)
