"""`studio doctor`: what is wrong, and what to do about each."""

import os
import subprocess
from typing import Any

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests import pooler
from tests.harness import C1, CLIENT, S1, S2, Desk, unchanged

direct = pytest.mark.skipif(
    pooler.EVERYWHERE, reason="a pooler is told as one, and keeps settings for a while"
)


def findings(desk: Desk, *arguments: str, state: str = "") -> list[tuple[str, str, str]]:
    """(about, message, hint) of what the doctor finds, in one state or in all."""
    found: list[dict[str, Any]] = desk.json("doctor", *arguments)["checks"]
    return [(f["about"], f["message"], f["hint"]) for f in found if not state or f["state"] == state]


def only(desk: Desk, state: str, about: str) -> tuple[str, str]:
    """The message and the hint of the one finding about something."""
    ((_, message, hint),) = [f for f in findings(desk, state=state) if f[0] == about]
    return message, hint


@direct
def test_a_sound_workspace_is_told_to_be_one_and_nothing_is_touched(synced: Desk) -> None:
    with unchanged(synced):
        found = synced.ok("doctor")
    assert found.err == ""
    abouts = [about for about, *_ in findings(synced)]
    assert abouts == [
        "workspace", "ids", "names", "files", "git", "memory", "connection", "server", "capabilities",
        "tables", "studio_sync", "rights", "row-level security", "ledger",
    ]  # fmt: skip
    assert findings(synced, state="error") == findings(synced, state="warning") == []
    assert "may read and write all 10 tables" in found.out
    assert "it has the merge base of each file (13)" in found.out
    assert synced.ok("doctor", "-q").out == ""


def test_ids_names_and_files_are_looked_at(desk: Desk) -> None:
    desk.write(f"{C1}/1.3-copy/session.md", desk.read(f"{S1}/session.md"))
    desk.write(f"{C1}/1.2-twice/session.md", "---\ntitle: Twice\n---\n")
    desk.edit("acme-bank/client.md", "industry:", "industri:")
    found = desk.run("doctor")
    assert found.code == 1
    assert "error    ids: [duplicate-id]" in found.out
    assert "error    names: [duplicate-number]" in found.out
    assert "warning  files: 1 error and" in found.out
    assert "hint: delete the `id:` line in the copy" in found.out


def test_a_database_without_statistics_is_named(own: Desk) -> None:
    """As after a restore, or an upgrade by dump and restore."""
    own.sql("ALTER TABLE clients SET (autovacuum_enabled = off)")
    own.sql(
        "INSERT INTO clients (name, slug)"
        " SELECT repeat('x', 500), 'c-' || g FROM generate_series(1, 3000) AS g"
    )
    message, hint = only(own, "warning", "statistics")
    assert "none of clients" in message
    own.sql(hint.partition(": ")[2])  # the way out
    assert "statistics" not in [one[0] for one in findings(own)]


def test_a_database_that_does_not_answer_is_one_finding_among_others(synced: Desk) -> None:
    found = synced.run("doctor", "--database", "postgresql://127.0.0.1:1/nowhere")
    assert found.code == 1
    assert "error    connection: Can't connect" in found.out
    assert "ok       names" in found.out


def test_tables_and_schema_are_held_against_what_is_needed(own: Desk) -> None:
    own.sql("ALTER TABLE articles DROP COLUMN sources")
    own.sql("DROP TABLE videos")
    own.sql("DROP SCHEMA studio_sync CASCADE")
    errors = {(about, message) for about, message, _ in findings(own, state="error")}
    assert ("tables", "missing: videos") in errors
    assert any("articles.sources is missing" in message for _, message in errors)
    assert ("studio_sync", "the schema studio_sync is missing: nothing can be pushed") in errors
    assert "studio_sync" in only(own, "note", "ledger")[0]
    assert findings(own, state="warning") == []


@direct
def test_a_database_that_can_only_be_read_is_told(own: Desk) -> None:
    name = own.url.rpartition("/")[2]
    own.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    message, hint = only(own, "warning", "server")
    assert "can be pulled from, not pushed to" in message
    assert "default_transaction_read_only = off" in hint


def test_a_database_that_went_back_in_time_is_told(own: Desk) -> None:
    own.sql("DELETE FROM studio_sync.notes; DELETE FROM studio_sync.versions; DELETE FROM studio_sync.runs")
    message, _ = only(own, "warning", "ledger")
    assert "went back in time" in message


def test_versions_that_the_ledger_lacks_are_told(own: Desk) -> None:
    own.sql("DELETE FROM studio_sync.versions WHERE kind = 'article'")
    message, hint = only(own, "warning", "ledger")
    assert "2 merge bases that the ledger doesn't have" in message
    assert "delete the folder .studio" in hint


@pytest.fixture
def guest(own: Desk, pg: Server):
    """The URL of a role that has no right at all."""
    name = own.url.rpartition("/")[2]
    own.sql(f"CREATE ROLE {name}_guest LOGIN")
    yield own.url.replace("postgres@", f"{name}_guest@")
    own.hang_up()
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {name}_guest".encode())


def test_a_role_that_may_read_some_columns_only_is_told_with_sql_that_can_be_pasted(own: Desk) -> None:
    name = own.url.rpartition("/")[2]
    odd = f"{name}-Mia"
    guest, role = own.url.replace("postgres@", f"{odd}@"), f'"{odd}"'
    own.sql(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        own.sql(f"REVOKE SELECT ON articles FROM {role}")
        own.sql(f"GRANT SELECT (id, session_id, status, content) ON articles TO {role}")
        found = own.refused("doctor", "--database", guest).out
        assert f"error    rights: {odd} may not read all of articles" in found
        ways = [line.partition("GRANT")[2] for line in found.splitlines() if f" TO {role}" in line]
        assert len(ways) == 4
        for way in ways:
            own.sql(f"GRANT{way.partition(';')[0]}")
        own.sql("ALTER TABLE articles ENABLE ROW LEVEL SECURITY")
        hint = own.run("status", "--database", guest).err.partition("for example: ")[2]
        own.sql(hint)
        assert "articles" not in own.run("status", "--database", guest).err
    finally:
        own.sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_what_a_role_may_do_is_told_at_each_stage(own: Desk, guest: str) -> None:
    role = guest.partition("//")[2].partition("@")[0]

    def of_guest() -> str:
        return own.run("doctor", "--database", guest).out

    assert f"rights: {role} may not read all of clients, client_knowledge" in of_guest()
    own.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    told = of_guest()
    assert f"{role} may not INSERT in clients" in told
    assert "it hides every row of articles" in told
    assert f"studio db grant {role} --client SLUG" in told
    for table in ("clients", "client_knowledge", "programs", "program_knowledge", "chapters", "sessions",
                  "articles", "videos", "quizzes", "exercises"):  # fmt: skip
        own.sql(f"CREATE POLICY mine ON {table} TO {role} USING (true)")
    assert "policies that studio didn't make decide" in of_guest()
    own.ok("db", "grant", role, "--client", "acme-bank")
    told = of_guest()
    assert f"ok       rights: {role} may write acme-bank, and nothing else" in told
    assert "it can't approve or publish" in told
    assert "studio can tell deleted rows from hidden ones" in told
    own.ok("db", "grant", role, "--client", "acme-bank", "--can", "approve")
    assert "may approve acme-bank" in of_guest()
    own.sql("DELETE FROM studio_sync.access")
    assert f"error    rights: {role} was granted no client" in of_guest()


def test_who_runs_the_database_is_told_when_a_grant_does_not_hold(own: Desk, guest: str) -> None:
    role = guest.partition("//")[2].partition("@")[0]
    own.ok("db", "grant", role, "--client", "acme-bank")
    assert findings(own, state="warning") == []
    own.sql(
        "ALTER POLICY studio_read ON articles USING (true); COMMENT ON POLICY studio_read ON articles IS ''"
    )
    own.sql(f"GRANT TRUNCATE ON videos TO {role}")
    told = findings(own, state="warning")
    assert any(
        "what grants are held by is missing, or not that of today: articles" in message
        for _, message, _ in told
    )
    assert any(f"REVOKE TRUNCATE ON videos FROM {role}" in hint for *_, hint in told)
    assert own.one("SELECT count(*) FROM clients WHERE id = %s", CLIENT) == 1


def test_a_pipe_that_git_would_wait_for_is_a_finding_and_the_other_checks_go_on(synced: Desk) -> None:
    subprocess.run(["git", "init", "-q"], cwd=synced.root, check=True)
    os.mkfifo(synced.root / ".gitattributes")
    message, hint = only(synced, "error", "git merges")
    assert message.endswith(".gitattributes is a named pipe, and git would wait for it")
    assert hint == "put a plain file in its place"
    assert any(about == "ledger" for about, *_ in findings(synced, state="ok"))


def test_a_shallow_clone_and_unmerged_files_are_told(desk: Desk) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *arguments],
            cwd=desk.root, check=True, capture_output=True,
        )  # fmt: skip

    git("init", "-b", "main")
    git("add", "-A")
    git("commit", "-m", "first")
    assert any(about == "git" and "at commit" in message for about, message, _ in findings(desk, state="ok"))
    git("checkout", "-b", "other")
    desk.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    git("commit", "-am", "there")
    git("checkout", "main")
    desk.edit(f"{S2}/article.md", "Ask.", "Ask him.")
    git("commit", "-am", "here")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "other")
    message, _ = only(desk, "warning", "git")
    assert message == "1 unmerged file: neither pushed nor pulled"
