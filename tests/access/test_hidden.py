"""Gone is not hidden: on the absence of rows that a role may not see, nothing is deleted or overwritten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests.harness import S1, S2, SESSION, SESSION_2, TABLES, TREE, Desk, unchanged

COMMANDS = (["pull"], ["push", "--partial", "--delete"])
HIDDEN = {
    "session": {"sessions": "number <> '1.1'"},
    "chapter": {"chapters": "number <> 1"},
    "program": {"programs": "slug <> 'leading-with-trust'"},
    "client": {"clients": "slug <> 'acme-bank'"},
}
"""A policy for each kind above others: it hides one row, and shows the rows below."""


@pytest.fixture
def guest(own: Desk, pg: Server) -> Iterator[str]:
    """The name of a role that may use the tables, and has no policy."""
    name = own.url.rpartition("/")[2]
    role = f"{name}_guest"
    own.sql(f"CREATE ROLE {role} LOGIN")
    own.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    own.sql(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA studio_sync TO {role}")
    yield role
    own.hang_up()
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {role}".encode())


def allow(own: Desk, role: str, **instead: str) -> None:
    """Let a role see everything, but of the tables named what a condition says."""
    for table in TABLES:
        rule = instead.get(table, "true")
        own.sql(f"CREATE POLICY shown ON {table} TO {role} USING ({rule}) WITH CHECK (true)")
    for table in ("runs", "versions", "notes"):
        own.sql(f"CREATE POLICY shown ON studio_sync.{table} TO {role} USING (true) WITH CHECK (true)")


def url_of(own: Desk, role: str) -> str:
    return own.url.replace("postgres@", f"{role}@")


def learned(own: Desk, guest: str) -> str:
    """The URL of the role, which has seen every row once."""
    url = url_of(own, guest)
    assert own.run("pull", "--database", url).code == 0
    assert own.run("status", "--exit-code", "--database", url).code == 0
    return url


def test_policies_that_vanish_hide_everything_and_delete_nothing(own: Desk, guest: str) -> None:
    allow(own, guest)
    url = learned(own, guest)
    for table in TABLES:
        own.sql(f"DROP POLICY shown ON {table}")
    with unchanged(own):
        for command in COMMANDS:
            found = own.run(*command, "--database", url)
            assert found.code == 3, command
            assert "row-level security hides every row of articles" in found.err
            assert f"studio db grant {guest} --client SLUG" in found.err
            assert "CREATE POLICY everything ON" in found.err


def test_a_policy_that_hides_some_rows_deletes_nothing_and_names_table_and_grant(
    own: Desk, guest: str
) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql(f"ALTER POLICY shown ON articles USING (session_id = '{SESSION}')")
    with unchanged(own):
        for command in COMMANDS:
            found = own.run(*command, "--database", url)
            assert (
                f"1 row of articles is missing, and row-level security may hide them from {guest}"
                in found.err
            )
            assert f"CREATE POLICY … ON articles FOR SELECT TO {guest}" in found.err
    assert own.json("status", "--database", url)["counts"]["agreed"] == 12


def test_other_rows_of_the_same_table_are_synced_all_the_same(own: Desk, guest: str) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql(f"ALTER POLICY shown ON articles USING (session_id = '{SESSION}')")
    own.edit(f"{S1}/article.md", "One two", "Two one")
    own.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    own.run("push", "--database", url)
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Two one")
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask."
    assert "Ask them." in own.read(f"{S2}/article.md")


def test_a_hidden_row_is_not_overwritten_by_who_never_saw_it(own: Desk, guest: str) -> None:
    allow(own, guest, articles=f"session_id = '{SESSION}'")
    own.forget()
    own.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    with unchanged(own):
        found = own.run("push", "--database", url_of(own, guest))
    assert "row-level security may hide them" in found.err
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask."


def test_nothing_goes_along_with_a_parent_that_could_be_hidden(own: Desk, guest: str) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql(f"ALTER POLICY shown ON articles USING (session_id = '{SESSION}')")
    own.remove(S2)
    found = own.run("push", "--delete", "--database", url)
    assert found.code == 1
    assert "articles" in found.err
    assert own.one("SELECT count(*) FROM articles") == 2
    assert own.one("SELECT count(*) FROM sessions") == 2


@pytest.mark.parametrize("columns", ["id, session_id", "id, session_id, status, sources, updated_at"])
def test_grants_on_columns_alone_stop_the_run_and_name_table_and_grant(
    own: Desk, guest: str, columns: str
) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql(f"REVOKE SELECT ON articles FROM {guest}; GRANT SELECT ({columns}) ON articles TO {guest}")
    own.sql("UPDATE articles SET content = 'From the web'")
    with unchanged(own):
        for command in COMMANDS:
            found = own.run(*command, "--database", url)
            assert found.code == 3, command
            assert "permission denied for table articles" in found.err
            assert "GRANT SELECT, INSERT, UPDATE, DELETE ON articles TO" in found.err


def test_a_role_that_may_update_nothing_above_can_pull_and_not_push(own: Desk, guest: str) -> None:
    allow(own, guest)
    others = ", ".join(table for table in TABLES if table != "articles")
    own.sql(f"REVOKE UPDATE ON {others} FROM {guest}")
    url = learned(own, guest)
    own.edit(f"{S1}/article.md", "One two", "Uno dos")
    found = own.run("push", "--database", url)
    assert found.code == 3
    assert "permission denied for table" in found.err
    own.sql(f"GRANT UPDATE ON {others} TO {guest}")
    assert own.run("push", "--database", url).code == 0


def test_a_table_without_any_grant_is_named(own: Desk, guest: str) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql(f"REVOKE ALL ON quizzes FROM {guest}")
    with unchanged(own):
        for command in COMMANDS:
            found = own.run(*command, "--database", url)
            assert found.code == 3, command
            assert "permission denied for table quizzes" in found.err


def test_an_update_that_a_policy_stops_halfway_changes_nothing(own: Desk, guest: str) -> None:
    allow(own, guest)
    url = learned(own, guest)
    own.sql("DROP POLICY shown ON articles")
    own.sql(f"CREATE POLICY read_only ON articles FOR SELECT TO {guest} USING (true)")
    own.edit(f"{S1}/article.md", "One two", "Two one")
    own.edit(f"{S1}/session.md", "Nobody told her", "She knew")
    rows = own.rows()
    found = own.run("push", "--database", url)
    assert found.code == 1
    assert "articles" in found.err
    assert "policy FOR UPDATE ON articles" in found.err
    assert own.rows() == rows


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_stands_below_a_hidden_row_is_left_alone_and_told(
    own: Desk, guest: str, tmp_path: Path, kind: str
) -> None:
    """A first pull made its files at the top of the tree, where the next one found strays, to be deleted."""
    own.sql("INSERT INTO clients (slug, name) VALUES ('zeta', 'Zeta')")
    own.sql("INSERT INTO programs (client_id, slug, name) SELECT id, 'new', 'N' FROM clients LIMIT 1")
    allow(own, guest, **HIDDEN[kind])
    with Desk(tmp_path / "fresh", url_of(own, guest)) as fresh:
        with unchanged(own):
            found = fresh.refused("pull")
            assert f"can't be a file: the {kind} above it is hidden from the role {guest}" in found.err
            assert f"CREATE POLICY … ON {kind}s FOR SELECT TO {guest}" in found.err
            assert "mend it in the database" not in found.err
            assert fresh.files().keys() - TREE.keys() <= {"zeta/client.md", "acme-bank/new/program.md"}
            status = fresh.run("status").text
            assert "stray-file" not in fresh.run("validate").text
            assert fresh.run("status").text == status
            fresh.run("push", "--delete")
        own.sql(f"ALTER POLICY shown ON {kind}s USING (true)")
        fresh.ok("pull")
        assert TREE.keys() <= fresh.files().keys()


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_push_below_a_row_that_was_hidden_since_says_so_and_sends_the_rest(
    own: Desk, guest: str, kind: str
) -> None:
    """It said that the database keeps changing: the row above is locked first, and was never found."""
    own.sql("INSERT INTO clients (slug, name) VALUES ('zeta', 'Zeta')")
    allow(own, guest)
    url = learned(own, guest)
    rule = HIDDEN[kind][f"{kind}s"]
    own.sql(f"ALTER POLICY shown ON {kind}s USING ({rule})")
    own.edit(f"{S1}/article.md", "One two", "Two one")
    own.edit(f"{S1}/session.md", "Nobody told her", "She knew")
    own.write("zeta/client.md", "---\nname: Zet\n---\n")
    for _ in range(2):
        found = own.run("push", "--partial", "--database", url)
        assert f"article.md: error[hidden-rows] the {kind} above it has no row that" in found.err
        assert f"CREATE POLICY … ON {kind}s FOR SELECT TO {guest}" in found.err
    assert own.one("SELECT name FROM clients WHERE slug = 'zeta'") == "Zet"
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("One two")
    own.sql(f"ALTER POLICY shown ON {kind}s USING (true)")
    assert own.run("push", "--database", url).code == 0
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Two one")
