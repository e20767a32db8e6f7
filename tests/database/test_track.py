"""`studio db track`: what others change is entered as it happens, with who it was; nothing depends on it."""

# ruff: noqa: E501 (a statement is read best in one line)

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.harness import CLIENT, PROGRAM, S1, S2, SESSION, SESSION_2, TREE, Desk

ARTICLE = f"{S1}/article.md"
FILE = f"content/{ARTICLE}"

CATALOGUE = """
SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid), obj_description(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', oid::regprocedure::text, proname::text, prosrc, proacl::text FROM pg_proc
WHERE pronamespace IN ('studio_sync'::regnamespace, 'public'::regnamespace)
UNION ALL
SELECT 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attacl::text
FROM pg_attribute WHERE attnum > 0 AND attrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace IN ('studio_sync'::regnamespace, 'public'::regnamespace)
)
UNION ALL
SELECT 'relation', oid::regclass::text, relkind::text, relacl::text, relrowsecurity::text FROM pg_class
WHERE relnamespace IN ('studio_sync'::regnamespace, 'public'::regnamespace)
UNION ALL
SELECT 'policy', polrelid::regclass::text, polname::text, pg_get_expr(polqual, polrelid), polroles::text FROM pg_policy
ORDER BY 1, 2, 3
"""


def entered(desk: Desk) -> list[tuple]:
    """(kind, actor, whether it is there still) of all that the triggers entered."""
    return desk.sql("SELECT kind, actor, document IS NOT NULL FROM studio_sync.changes ORDER BY id")


def by(desk: Desk, actor: str, *statements: str) -> None:
    """What the web app does in one transaction, claiming to act for somebody."""
    claim = f"SET LOCAL studio.actor = '{actor}';" if actor else ""
    desk.sql(f"BEGIN; {claim} {'; '.join(statements)}; COMMIT")


def write(text: str, session: str = SESSION) -> str:
    return f"UPDATE articles SET content = '{text}' WHERE session_id = '{session}'"


@pytest.fixture
def tracked(synced: Desk) -> Iterator[Desk]:
    """A pushed workspace in whose database changes are tracked."""
    synced.ok("db", "track")
    yield synced
    synced.ok("db", "track", "--remove")


@pytest.fixture(params=servers.VERSIONS)
def own_tracked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The same with a database of its own, on each version of PostgreSQL."""
    with servers.database(servers.server(request.param)) as url, Desk(tmp_path / "desk", url) as desk:
        desk.write_all(TREE)
        desk.ok("push")
        desk.ok("db", "track")
        yield desk


def test_a_change_is_in_the_log_as_it_happened_with_the_claim_beside_the_role(own_tracked: Desk):
    by(own_tracked, "Ada", write("New."))
    by(own_tracked, "", write("Newer."))
    runs = own_tracked.json("log", FILE)["runs"]
    assert [(r["source"], r["actor"], r["claimed"]) for r in runs[:2]] == [
        ("tracked", "", False), ("tracked", "Ada", True)
    ]  # fmt: skip
    assert [e["fields"] for r in runs[:2] for e in r["records"]] == [["content"]] * 2
    role = own_tracked.one("SELECT current_user::text")
    assert {r["role"] for r in runs[:2]} == {role}
    shown = own_tracked.ok("log", FILE).out
    assert f"Ada (claimed, as {role})" in shown
    assert f"role {role}" in shown
    one = own_tracked.json("show", runs[1]["revision"])["runs"][0]["records"][0]
    assert (one["before"]["content"], one["after"]["content"]) == ("One two three.\n\nFour five.", "New.")


def test_nothing_is_entered_twice(tracked: Desk):
    """Neither what a push writes, nor what a pull or a push sees of it later."""
    tracked.edit(ARTICLE, "One two", "One, two")
    tracked.ok("push")
    tracked.ok("pull")
    assert entered(tracked) == []
    by(tracked, "Ada", write("New."))
    tracked.ok("pull")
    assert [(r["source"], r["actor"]) for r in tracked.json("log", FILE)["runs"]][:2] == [
        ("tracked", "Ada"), ("push", "unknown"),
    ]  # fmt: skip
    by(tracked, "Bea", write("Newer."))
    tracked.edit(ARTICLE, "New.", "Mine.")
    tracked.refused("pull")
    tracked.ok("resolve", FILE, "--keep", "files")
    tracked.ok("push")
    told = [r["source"] for r in tracked.json("log", FILE)["runs"]]
    assert told == ["push", "tracked", "tracked", "push", "push"]


def test_a_push_of_an_older_studio_is_shown_once(tracked: Desk, monkeypatch: pytest.MonkeyPatch):
    """One that doesn't tell the triggers: what it entered in the same transaction is the same change."""
    tracked.edit(ARTICLE, "One two", "One, two")
    monkeypatch.setattr("studio_sync.database.postgres.rows.write_plan._SAY_RUN", "SELECT %s::text")
    tracked.ok("push")
    assert entered(tracked) == [("article", None, True)]
    assert [r["source"] for r in tracked.json("log", FILE)["runs"]] == ["push", "push"]


def test_what_only_counts_is_no_change(tracked: Desk):
    by(tracked, "Ada", "UPDATE articles SET updated_at = now(), word_count = 7",
       "UPDATE programs SET total_sessions = 9")  # fmt: skip
    assert entered(tracked) == []
    by(tracked, "Ada", "UPDATE articles SET content = content || E'\\n\\n'")
    assert all(r["source"] == "push" for r in tracked.json("log")["runs"])


def test_what_comes_goes_and_moves_is_told(tracked: Desk):
    by(tracked, "Ada", "INSERT INTO program_knowledge (program_id, type, content)"
       f" VALUES ('{PROGRAM}', 'topic_research', 'Found.')")  # fmt: skip
    by(tracked, "Ada", f"DELETE FROM videos WHERE session_id = '{SESSION}'")
    by(tracked, "Ada", f"DELETE FROM articles WHERE session_id = '{SESSION_2}'",
       f"UPDATE articles SET session_id = '{SESSION_2}' WHERE session_id = '{SESSION}'")  # fmt: skip
    told = [
        sorted((e["path"].rpartition("/content/")[2], e["action"]) for e in run["records"])
        for run in tracked.json("log")["runs"] if run["source"] == "tracked"
    ]  # fmt: skip
    assert told == [
        [(f"content/{S1}/article.md", "delete"), (f"content/{S2}/article.md", "create"),
         (f"content/{S2}/article.md", "delete")],
        [(f"content/{S1}/video.md", "delete")],
        [("content/acme-bank/leading-with-trust/knowledge/topic_research.md", "create")],
    ]  # fmt: skip


def test_all_that_went_with_a_client_is_known_as_its(own_tracked: Desk):
    by(own_tracked, "Ada", "DELETE FROM clients")
    found = own_tracked.sql("SELECT kind, top::text FROM studio_sync.changes")
    assert len(found) == len(TREE)
    assert {top for _, top in found} == {CLIENT}


def test_blame_names_who_wrote_each_sentence_before_and_after_the_pull(tracked: Desk):
    by(tracked, "Ada", write("One two three. Of Ada.\n\nFour five."))
    by(tracked, "Bea", write("One two three. Of Ada.\n\nFour five. Of Bea."))
    tracked.ok("pull")
    for _ in range(2):
        (content,) = (f for f in tracked.json("blame", FILE)["fields"] if f["field"] == "content")
        found = {s["text"]: (s["origin"]["by"], s["origin"]["who"]) for s in content["sentences"]}
        assert found == {
            "One two three.": ("push", "unknown"), "Of Ada.": ("web app", "Ada"),
            "Four five.": ("push", "unknown"), "Of Bea.": ("web app", "Bea"),
        }  # fmt: skip
        tracked.ok("db", "track", "--remove")
    assert "web app  Bea (claimed)  as " in tracked.ok("blame", FILE).out


def test_what_was_there_before_the_first_change_is_nobodys(tracked: Desk):
    """A sentence that was never pulled, and that a tracked change left alone, is not its author's."""
    tracked.ok("db", "track", "--remove")
    by(tracked, "", write("Of nobody."))
    tracked.ok("db", "track")
    by(tracked, "Ada", write("Of nobody. Of Ada."))
    tracked.ok("pull")
    (content,) = (f for f in tracked.json("blame", FILE)["fields"] if f["field"] == "content")
    assert [(s["origin"]["who"], s["origin"]["role"] is None) for s in content["sentences"]] == [
        (None, True), ("Ada", False)
    ]  # fmt: skip


def test_a_conflict_names_who_and_when(tracked: Desk):
    by(tracked, "Ada", write("Of Ada."))
    tracked.edit(ARTICLE, "One two three.", "Mine.")
    found = tracked.run("pull")
    assert "changed in the database by Ada (claimed, as " in found.text
    assert "not by studio" not in found.text


def test_the_board_names_who_changed_a_row_last(tracked: Desk):
    by(tracked, "Ada", write("Of Ada."))
    assert "Ada (claimed, as " in tracked.ok("board", "-o", "-").out


def test_each_of_several_changes_between_two_pulls_can_be_restored(tracked: Desk):
    by(tracked, "Ada", write("First."))
    by(tracked, "Bea", write("Second."))
    by(tracked, "Cleo", write("Third."))
    tracked.ok("pull")
    revisions = {r["actor"]: r["revision"][:8] for r in tracked.json("log", FILE)["runs"]}
    for to, text in (("Ada", "First."), ("Bea", "Second.")):
        tracked.ok("restore", FILE, "--to", revisions[to])
        assert text in tracked.read(ARTICLE)
        tracked.ok("push")
    tracked.ok("restore", FILE, "--to", revisions["Ada"] + "^")
    assert "One two three." in tracked.read(ARTICLE)
    refused = tracked.run("undo", revisions["Ada"])
    assert refused.code == 1
    way_out = re.search(r"--to (\w+\^)", refused.text)
    assert way_out
    assert tracked.ok("restore", FILE, "--to", way_out[1])


def test_whatever_an_application_claims_does_no_harm(tracked: Desk):
    tracked.sql("SELECT set_config('studio.actor', %s, false)", "A\x1b[31m\nda " + "\u202ex" * 5000)
    tracked.sql(write("Of Ada."))
    (actor,) = (row[1] for row in entered(tracked))
    assert actor.startswith("A [31m da ")
    assert len(actor) <= 200
    out = tracked.ok("log").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_it_is_the_owners_decision_shown_as_a_migration_and_gone_without_a_trace(own_tracked: Desk):
    own_tracked.ok("db", "track", "--remove")
    before = own_tracked.sql(CATALOGUE)
    assert own_tracked.ok("db", "track", "--remove").out == "nothing to do\n"
    migration = own_tracked.ok("db", "track", "--print").out
    back = own_tracked.ok("db", "track", "--remove", "--print").out
    assert own_tracked.sql(CATALOGUE) == before
    with psycopg.connect(own_tracked.url, autocommit=True) as connection:
        connection.execute(migration.encode())
        assert own_tracked.ok("db", "track").out == "nothing to do\n"
        by(own_tracked, "Ada", write("New."))
        connection.execute(back.encode())
    assert own_tracked.sql(CATALOGUE) == before
    own_tracked.ok("db", "track")
    own_tracked.ok("db", "track", "--remove")
    assert own_tracked.sql(CATALOGUE) == before
    assert "Ada" in own_tracked.ok("log").out
    by(own_tracked, "Bea", write("Newer."))
    assert len(entered(own_tracked)) == 1


def test_a_table_that_lost_its_trigger_is_named_and_gets_it_back(tracked: Desk):
    tracked.sql(
        'ALTER TABLE videos DISABLE TRIGGER "A_studio_track"; DROP TRIGGER "A_studio_track" ON articles'
    )
    (found,) = (c for c in tracked.json("doctor")["checks"] if c["about"] == "tracking")
    assert "articles, videos" in found["message"]
    assert "studio db track" in found["hint"]
    tracked.ok("db", "track")
    assert "10 tables" in next(
        c["message"] for c in tracked.json("doctor")["checks"] if c["about"] == "tracking"
    )
    by(tracked, "Ada", write("New."))
    assert len(entered(tracked)) == 1


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_the_applications_transactions_are_never_stopped(tracked: Desk, level: str):
    """Neither by others that change the same record, nor by what is in a row."""
    with psycopg.connect(tracked.url, autocommit=True) as other:
        other.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
        other.execute("SELECT count(*) FROM articles")
        by(tracked, "Ada", write("New.", SESSION_2))
        other.execute(write("Newer.").encode())
        other.execute("SAVEPOINT a")
        other.execute(write("Newest.").encode())
        other.execute("ROLLBACK TO a")
        other.execute(
            "UPDATE client_knowledge SET type = repeat('long', 600), content = '{\"a\": {\"b\": 1}}'"
        )
        other.execute("COMMIT")
    assert [(kind, actor) for kind, actor, _ in entered(tracked)] == [
        ("article", "Ada"), ("article", None), ("client_knowledge", None), ("client_knowledge", None)
    ]  # fmt: skip


def test_old_changes_are_pruned_and_the_newest_of_that_time_stays(tracked: Desk):
    for text in ("First.", "Second.", "Third."):
        by(tracked, "Ada", write(text))
    tracked.sql("UPDATE studio_sync.changes SET at = '2020-01-01' WHERE document ->> 'content' <> 'Third.'")
    assert (
        "would delete 1 version of 1 record" in tracked.ok("db", "prune", "--before", "2021-01-01", "-n").out
    )
    assert "deleted 1 version" in tracked.ok("db", "prune", "--before", "2021-01-01", "--yes").out
    assert tracked.sql("SELECT document ->> 'content' FROM studio_sync.changes ORDER BY id") == [
        ("Second.",), ("Third.",)
    ]  # fmt: skip
