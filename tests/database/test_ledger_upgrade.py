"""A ledger of the version before, with data, grants and lies in it, brought up to date."""

# ruff: noqa: E501 (a statement is read best in one line)

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema import install
from tests import servers
from tests.harness import CLIENT, S1, SESSION, TREE, Desk

OLD = """
DROP TRIGGER stamp ON studio_sync.runs;
DROP TRIGGER number ON studio_sync.versions;
DROP FUNCTION studio_sync.stamp_run(), studio_sync.number_version();
DROP FUNCTION studio_sync.enter_run(uuid, text, text, text, text, uuid[]);
DROP FUNCTION studio_sync.enter_versions(uuid, uuid[], uuid[], text[], text[], uuid[], text[], text[], bytea[], json[], jsonb[]);
DROP FUNCTION studio_sync.enter_note(uuid, uuid, text, text, text, text, bytea, text[], int4);
ALTER TABLE studio_sync.runs DROP COLUMN reach;
GRANT INSERT (id, actor, source, git_commit, message) ON studio_sync.runs TO {mia};
GRANT INSERT (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document, decision) ON studio_sync.versions TO {mia};
GRANT INSERT (id, run, top, kind, rid, parent, slot, digests, fields, number) ON studio_sync.notes TO {mia};
DROP POLICY studio_insert ON studio_sync.runs;
DROP POLICY studio_insert ON studio_sync.versions;
DROP POLICY studio_insert ON studio_sync.notes;
UPDATE studio_sync.meta SET version = 2;
"""
"""What takes a database back to what version 2 and a grant of that time made."""


@pytest.fixture(params=servers.VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Desk, str]]:
    """A desk whose ledger is of version 2, and a writer who was granted its client then."""
    server = servers.server(request.param)
    with servers.database(server) as url, Desk(tmp_path / "owner", url) as desk:
        mia = url.rpartition("/")[2] + "_mia"
        desk.write_all(TREE)
        desk.ok("push")
        desk.sql(f"CREATE ROLE {mia} LOGIN")
        desk.ok("db", "grant", mia, "--client", "acme-bank")
        for table in ("runs", "versions", "notes"):
            for (name,) in desk.sql(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
                f"studio_sync.{table}",
            ):
                desk.sql(f"ALTER TABLE studio_sync.{table} DROP CONSTRAINT {name}")
        desk.sql(OLD.replace("{mia}", mia))
        yield desk, mia
        desk.hang_up()
    with open_connection(parse_address(server.url("postgres"))) as connection:
        connection.execute(f"DROP ROLE {mia}".encode())


def by(desk: Desk, mia: str, query: str) -> None:
    """Run a statement as the writer."""
    with open_connection(parse_address(desk.url.replace("postgres@", f"{mia}@"))) as connection:
        connection.execute(query.encode())


def test_a_ledger_with_data_and_grants_is_brought_up_to_date(old: tuple[Desk, str], tmp_path: Path) -> None:
    desk, mia = old
    run = "INSERT INTO studio_sync.runs (id, actor, source, git_commit) VALUES (gen_random_uuid(), 'mia', 'push', 'no commit')"
    lie = (
        "INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests)"
        f" SELECT gen_random_uuid(), id, '{CLIENT}', 'bogus', '{SESSION}', 2147483647, '{SESSION}', '', '', '' FROM studio_sync.runs WHERE role = current_user"
    )
    for statement in (run, lie):
        by(desk, mia, statement)
    before = desk.sql("SELECT entry, number, document::text FROM studio_sync.versions ORDER BY entry")
    assert desk.run("push").code in (0, 3)
    found = desk.ok("db", "init")
    assert f"upgraded the schema studio_sync from version 2 to {install.VERSION}" in found.out
    assert f"renewed the grants: {mia}" in found.out
    assert desk.ok("db", "init").out == "nothing to do\n"
    assert desk.sql("SELECT entry, number, document::text FROM studio_sync.versions ORDER BY entry") == before
    reaches = desk.sql("SELECT role = %s, reach::text FROM studio_sync.runs GROUP BY 1, 2 ORDER BY 1", mia)
    assert reaches == [(False, None), (True, "{}")]
    for statement in (run, lie):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            by(desk, mia, statement)
    writer = Desk(tmp_path / "mia", desk.url.replace("postgres@", f"{mia}@"))
    writer.ok("pull")
    writer.edit(f"{S1}/session.md", "Nobody told her.", "Somebody did.")
    writer.ok("push")
    assert "Somebody did." in desk.ok("pull").text or "Somebody did." in desk.read(f"{S1}/session.md")
    assert "not that of today" not in desk.run("doctor").text


def test_a_number_that_leaves_no_room_holds_up_no_push(old: tuple[Desk, str], tmp_path: Path) -> None:
    desk, mia = old
    by(
        desk,
        mia,
        "INSERT INTO studio_sync.runs (id, actor, source) VALUES (gen_random_uuid(), 'mia', 'push');"
        "INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests)"
        f" SELECT gen_random_uuid(), r.id, top, kind, rid, 999999999, row_id, parent, slot, digests FROM studio_sync.runs AS r, studio_sync.versions WHERE r.role = current_user AND rid = '{SESSION}' LIMIT 1",
    )
    desk.ok("db", "init")
    writer = Desk(tmp_path / "mia", desk.url.replace("postgres@", f"{mia}@"))
    writer.ok("pull")
    for text in ("One.", "Two.", "Three."):
        for one in (desk, writer):
            one.ok("pull")
            line = next(row for row in one.read(f"{S1}/session.md").splitlines() if row.startswith("hook:"))
            one.edit(f"{S1}/session.md", line, f"hook: {text} {one.root.name}")
            one.ok("push")
    numbers = desk.one(
        "SELECT array_agg(number ORDER BY number) FROM studio_sync.versions WHERE rid = %s", SESSION
    )
    assert numbers[:-1] == list(range(1, len(numbers)))
    assert numbers[-1] > 1_000_000_000
    assert "are no versions of what they name" in desk.run("doctor").text


OLDER_GRANTS = """
DROP TABLE studio_sync.bound;
DROP POLICY studio_read ON clients;
CREATE POLICY studio_read ON clients AS RESTRICTIVE FOR SELECT TO {mia} USING (id IN (SELECT studio_sync.my_clients('read')));
CREATE OR REPLACE FUNCTION studio_sync.forgotten(rid text, top uuid) RETURNS bool LANGUAGE sql SECURITY DEFINER AS 'SELECT true';
"""
"""What grants of an older studio made, of the same version of the ledger: policies that name the role."""


@pytest.mark.parametrize(
    "what", [OLDER_GRANTS, OLDER_GRANTS.splitlines()[-1]], ids=["policies", "a function"]
)
def test_grants_that_an_older_studio_made_are_made_anew(old: tuple[Desk, str], what: str) -> None:
    desk, mia = old
    desk.ok("db", "init")
    desk.sql(what.replace("{mia}", mia))
    assert "not that of today" in desk.run("doctor").text
    assert desk.ok("db", "init").out == f"renewed the grants: {mia}\n"
    assert desk.ok("db", "init").out == "nothing to do\n"
    assert desk.sql("SELECT role::text FROM studio_sync.bound") == [(mia,)]
    assert desk.one("SELECT count(*) FROM pg_policy WHERE polname = 'studio_read' AND polroles <> '{0}'") == 0
    assert desk.one("SELECT prosrc FROM pg_proc WHERE proname = 'forgotten'") != "SELECT true"


def test_a_push_to_a_ledger_of_the_version_before_says_what_to_run(old: tuple[Desk, str]) -> None:
    desk, _ = old
    desk.edit(f"{S1}/session.md", "Nobody told her.", "Somebody did.")
    found = desk.run("push")
    assert found.code == 3
    assert "studio db init" in found.err
    desk.ok("db", "init")
    desk.ok("push")


def test_an_older_studio_reads_what_it_can_beside_a_newer_ledger_and_pushes_nothing(own: Desk) -> None:
    own.sql("UPDATE studio_sync.meta SET version = 99")
    own.sql("UPDATE videos SET script = 'By the web app.'")
    own.edit(f"{S1}/article.md", "One", "Eins")
    entered = own.one("SELECT count(*) FROM studio_sync.versions")
    said = "warning[newer-ledger] the ledger was made by a newer studio (version 99)"
    for line in ("status", "diff", "pull"):
        assert said in own.ok(line).err.replace("]:", "]"), line
    assert "By the web app." in own.read(f"{S1}/video.md")
    for line in ("push", "log", "db init", "db prune --before 2026-01-01"):
        found = own.run(*line.split())
        assert (found.code, "install a newer studio" in found.err) == (3, True), (line, found)
    assert "newer studio" in own.run("doctor").text
    assert own.one("SELECT count(*) FROM studio_sync.versions") == entered
    own.sql(f"UPDATE studio_sync.meta SET version = {install.VERSION}")  # the way out
    own.ok("push")
    assert own.standings() == {}


def test_two_installed_versions_work_on_one_ledger(own: Desk, tmp_path: Path) -> None:
    """The older one is the whole program, installed elsewhere, but for the version of the ledger that it knows."""
    older, here = tmp_path / "older", Path(install.__file__).parents[4]
    for folder in ("studio_sync", "schemas"):
        shutil.copytree(here / folder, older / folder, ignore=shutil.ignore_patterns("__pycache__"))
    module = older / Path(install.__file__).relative_to(here)
    text = module.read_text("utf-8")
    known = "VERSION = len(UPGRADE_SCRIPTS)"
    assert known in text
    module.write_text(text.replace(known, f"{known} - 1"), "utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "studio_sync", *arguments], cwd=own.root, capture_output=True, text=True,
            env={**own.environment(), "PYTHONPATH": str(older)}, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    own.sql("UPDATE videos SET script = 'By the web app.'")
    own.edit(f"{S1}/article.md", "One", "Eins")
    code, said = run("pull")
    assert (code, "newer-ledger" in said) == (0, True), said
    assert "By the web app." in own.read(f"{S1}/video.md")
    entered = own.one("SELECT count(*) FROM studio_sync.versions")
    code, said = run("push")
    assert code == 3, said
    assert f"version {install.VERSION}" in said
    assert "install a newer studio" in said
    assert own.one("SELECT count(*) FROM studio_sync.versions") == entered
    own.ok("push")  # the newer one, which is the way out
    assert own.standings() == {}
