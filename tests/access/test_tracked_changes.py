"""Change tracking beside roles that see one client: nobody forges, hides or reads what is another's."""

# ruff: noqa: E501 (a statement is read best in one line)

import psycopg
import pytest

from tests.access.conftest import Yard, uid

MINE, THEIRS = uid("acme", "article", "draft"), uid("globex", "article", "draft")


@pytest.fixture
def watched(yard: Yard) -> Yard:
    """The yard with a granted writer and reader, a web app with rights on the tables alone, and tracking."""
    yard.make_roles("writer", "reader", "web")
    yard.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {yard.role('web')}")
    yard.sql(f"CREATE POLICY web ON articles TO {yard.role('web')} USING (true) WITH CHECK (true)")
    yard.sql("DELETE FROM studio_sync.changes")
    for who, can in (("writer", "write"), ("reader", "read")):
        assert yard.studio("db", "grant", yard.role(who), "--client", "acme", "--can", can).code == 0
    found = yard.studio("db", "track")
    assert found.code == 0, found
    return yard


def entered(yard: Yard, who: str = "") -> list[tuple]:
    query = "SELECT row_id::text, role, actor FROM studio_sync.changes ORDER BY id"
    return [(own, role.removeprefix(f"{yard.name}_"), actor) for own, role, actor in yard.sql(query, who=who)]


def test_each_change_has_the_role_that_made_it_and_is_read_by_client(watched: Yard) -> None:
    watched.sql(f"UPDATE articles SET content = 'mine' WHERE id = '{MINE}'", who="writer")
    watched.sql(f"UPDATE articles SET content = 'theirs' WHERE id = '{THEIRS}'", who="web")
    watched.sql(
        f"SET ROLE {watched.role('web')}; UPDATE articles SET content = 'ours' WHERE id = '{THEIRS}'; RESET ROLE"
    )
    watched.sql(
        f"SET studio.actor = 'boss'; UPDATE articles SET content = 'x' WHERE id = '{MINE}'", who="writer"
    )
    expected = [
        (MINE, "writer", None), (THEIRS, "web", None), (THEIRS, "web", None), (MINE, "writer", "boss")
    ]  # fmt: skip
    assert entered(watched) == expected
    for who in ("writer", "reader"):
        assert entered(watched, who) == [found for found in expected if found[0] == MINE]
    log = watched.studio("log", who="reader").out
    assert "boss (claimed, as " in log
    assert "globex" not in log


@pytest.mark.parametrize("who", ["writer", "web"])
def test_nobody_keeps_a_change_out_by_saying_that_it_pushes(watched: Yard, who: str) -> None:
    for run in ("11111111-1111-4111-8111-111111111111", "x", uid("acme", "run")):
        change = f"UPDATE articles SET content = '{run}' WHERE id = '{MINE}'"
        watched.sql(f"SET studio.run = '{run}'; {change}", who=who)
    assert len(entered(watched)) == 3


def test_a_push_of_a_granted_role_is_told_once(watched: Yard) -> None:
    """It is entered by the trigger, too, as its word is not taken; what says the same is shown once."""
    assert watched.studio("pull", who="writer").code == 0
    (article,) = watched.folder.glob("content/acme/draft/*/1.1-*/article.md")
    article.write_text(article.read_text().replace("secret", "of a writer"))
    assert watched.studio("push", who="writer").code == 0
    runs = watched.studio("log", "--json", who="writer").json["runs"]
    assert [(r["source"], len(r["records"])) for r in runs][:1] == [("push", 1)]
    assert all(r["source"] != "tracked" for r in runs)


FORGERIES = (
    f"INSERT INTO studio_sync.changes (run, role, top, kind, rid, row_id, parent, slot) VALUES (gen_random_uuid(), 'boss', '{uid('globex', 'client')}', 'client', 'x', gen_random_uuid(), '', '')",
    "UPDATE studio_sync.changes SET actor = 'boss'",
    "DELETE FROM studio_sync.changes",
    "TRUNCATE studio_sync.changes",
    "SELECT nextval(pg_get_serial_sequence('studio_sync.changes', 'id'))",
    "CREATE TEMP TABLE mine (id uuid, session_id uuid); CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION studio_sync.track_articles()",
    "SELECT studio_sync.track_articles()",
    'DROP TRIGGER "A_studio_track" ON articles',
    'ALTER TABLE articles DISABLE TRIGGER "A_studio_track"',
    "SET session_replication_role = replica",
)


@pytest.mark.parametrize("who", ["writer", "reader", "web"])
def test_nobody_but_the_triggers_enters_changes_or_takes_them_away(watched: Yard, who: str) -> None:
    watched.sql(f"UPDATE articles SET content = 'mine' WHERE id = '{MINE}'")
    before = watched.everything("studio_sync.changes")
    for forgery in FORGERIES:
        with pytest.raises(psycopg.Error):
            watched.sql(forgery, who=who)
    assert watched.everything("studio_sync.changes") == before


def test_names_that_a_role_puts_in_front_are_not_taken_for_those_of_the_triggers(watched: Yard) -> None:
    """The functions run as the owner, with a search path of their own."""
    watched.sql(f"CREATE SCHEMA {watched.role('web')} AUTHORIZATION {watched.role('web')}")
    watched.sql(
        f"""
        CREATE TABLE {watched.role("web")}.programs (id uuid, client_id uuid);
        CREATE FUNCTION {watched.role("web")}.to_jsonb(record) RETURNS jsonb LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''run as %'', current_user; END';
        SET search_path = {watched.role("web")}, pg_catalog, public;
        UPDATE public.articles SET content = 'mine' WHERE id = '{MINE}'
        """,
        who="web",
    )
    assert entered(watched) == [(MINE, "web", None)]
    unsafe = watched.sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'studio_sync'::regnamespace AND proname ~ '^track_'"
        " AND (NOT prosecdef OR proconfig <> '{\"search_path=pg_catalog, pg_temp\"}'"
        " OR has_function_privilege('public', oid, 'EXECUTE')"
        f" OR pg_get_userbyid(proowner) <> '{watched.role('boss')}')"
    )
    assert unsafe == []
