"""What a workspace remembers may be lost, damaged, or older than the database: nothing is lost by that."""

import shutil
from collections.abc import Callable

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests.harness import C1, CHAPTER, S1, S2, SESSION, SESSION_2, TABLES, TREE, Desk, unchanged

NEW = "44444444-4444-4444-8444-444444444449"


def admin(pg: Server, *statements: str) -> None:
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def name_of(desk: Desk) -> str:
    return desk.url.rpartition("/")[2]


def copied(pg: Server, desk: Desk) -> str:
    """The name of a copy of the database as it is now."""
    desk.hang_up()
    name = f"{name_of(desk)}_copy"
    admin(pg, f"CREATE DATABASE {name} TEMPLATE {name_of(desk)}")
    return name


def restore(pg: Server, desk: Desk, copy: str) -> None:
    """Put a copy in the place of the database."""
    desk.hang_up()
    name = name_of(desk)
    admin(pg, f"DROP DATABASE {name} WITH (FORCE)", f"ALTER DATABASE {copy} RENAME TO {name}")


# --- the database went back in time


def test_a_database_made_anew_and_empty_deletes_no_file(own: Desk, pg: Server) -> None:
    own.hang_up()
    admin(
        pg,
        f"DROP DATABASE {name_of(own)} WITH (FORCE)",
        f"CREATE DATABASE {name_of(own)} TEMPLATE studio_template",
    )
    with unchanged(own):
        own.ok("pull")
    own.ok("push")
    assert own.one("SELECT count(*) FROM articles") == 2
    assert own.standings() == {}


def test_a_database_restored_to_an_older_state_overwrites_and_deletes_nothing(own: Desk, pg: Server) -> None:
    own.edit(f"{S1}/video.md", "Listen now", "First")
    own.ok("push")
    copy = copied(pg, own)
    own.edit(f"{S1}/video.md", "First", "Second")
    own.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    own.ok("push")
    restore(pg, own, copy)
    with unchanged(own):
        found = own.refused("pull", "--json")
        own.refused("push")
        own.refused("push", "--delete")
    standings = {r["path"].rpartition("/")[2]: r["standing"] for r in found.json["records"]}
    assert standings == {"video.md": "conflict", "session.md": "ahead"}


def test_a_row_that_is_new_in_a_database_set_back_in_place_is_pulled_below_its_chapter(own: Desk) -> None:
    before = own.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2)
    own.edit(f"{S2}/article.md", "Ask", "Frag")
    own.ok("push")
    run = own.one("SELECT id FROM studio_sync.runs ORDER BY at DESC LIMIT 1")
    own.sql("DELETE FROM studio_sync.versions WHERE run = %s", run)
    own.sql("DELETE FROM studio_sync.runs WHERE id = %s", run)
    own.sql("UPDATE articles SET content = %s WHERE session_id = %s", before, SESSION_2)
    own.sql(
        "INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES (%s, %s, '1.9', 'New', 9)",
        NEW, CHAPTER,
    )  # fmt: skip
    own.run("pull")
    assert own.read(f"{C1}/1.9-new/session.md").startswith(f"---\nid: {NEW}\n")
    own.run("push", "--partial", "--delete")
    assert own.one("SELECT count(*) FROM sessions") == 3
    assert own.read(f"{S2}/article.md").endswith("Frag.\n")


def test_a_row_that_a_restored_database_brings_back_is_not_deleted(own: Desk, pg: Server) -> None:
    copy = copied(pg, own)
    own.remove(f"{S1}/quiz.yaml")
    own.ok("push", "--delete")
    restore(pg, own, copy)
    own.ok("push", "--delete")
    assert own.one("SELECT count(*) FROM quizzes") == 1
    own.ok("pull")
    assert own.read(f"{S1}/quiz.yaml").startswith("status: draft\nquestions:")


def test_a_file_that_is_newer_than_a_restored_database_is_not_deleted(own: Desk, pg: Server) -> None:
    own.remove(f"{S1}/quiz.yaml")
    own.ok("push", "--delete")
    copy = copied(pg, own)
    own.write(f"{S1}/quiz.yaml", TREE[f"{S1}/quiz.yaml"])
    own.ok("push")
    restore(pg, own, copy)
    found = own.refused("pull")
    assert f"content/{S1}/quiz.yaml: error[conflict] deleted in the database" in found.err
    assert own.read(f"{S1}/quiz.yaml") == TREE[f"{S1}/quiz.yaml"]
    own.refused("push")
    assert own.one("SELECT count(*) FROM quizzes") == 0


def test_rows_loaded_back_into_the_same_database_are_compared_by_what_they_say(synced: Desk) -> None:
    synced.sql("CREATE TEMPORARY TABLE kept AS SELECT * FROM videos")
    synced.sql("DELETE FROM videos")
    synced.sql("INSERT INTO videos SELECT * FROM kept")
    synced.sql("DROP TABLE kept")
    synced.sql("UPDATE articles SET content = content")
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_another_database_under_the_same_address_is_another_one(
    own: Desk, pg: Server, second_url: str
) -> None:
    with Desk(own.root.with_name("other"), second_url) as other:
        other.write("beta/client.md", "---\nname: Beta\n---\n")
        other.ok("push")
        other.hang_up()
        own.hang_up()
        admin(
            pg,
            f"DROP DATABASE {name_of(own)} WITH (FORCE)",
            f"ALTER DATABASE {name_of(other)} RENAME TO {name_of(own)}",
        )
    before = own.files()
    own.ok("pull")
    assert before.items() <= own.files().items()
    assert own.one("SELECT count(*) FROM clients") == 1


# --- the memory is lost or damaged


def differing(desk: Desk) -> None:
    desk.edit(f"{S1}/video.md", "Listen now", "Local")
    desk.sql("UPDATE articles SET content = 'Remote.' WHERE session_id = %s", SESSION_2)
    desk.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    desk.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Theirs.')", SESSION_2)


def test_without_its_memory_equal_records_are_adopted_and_different_ones_are_conflicts(synced: Desk) -> None:
    differing(synced)
    synced.forget()
    standings = synced.standings()
    assert standings == {
        f"{S1}/video.md": {"script": "conflict"},
        f"{S2}/article.md": {"content": "conflict"},
        f"{S2}/video.md": "behind create",
        f"{C1}/1.3-new/session.md": "ahead create",
    }
    with unchanged(synced):
        synced.refused("push")
        synced.refused("push", "--delete")
    mine = synced.files()
    synced.refused("pull")
    assert mine.items() <= synced.files().items()
    assert synced.read(f"{S2}/video.md").endswith("Theirs.\n")


def test_without_its_memory_a_missing_file_is_pulled_and_a_missing_row_is_asked_about(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.sql("DELETE FROM videos")
    synced.forget()
    found = synced.refused("push", "--delete")
    assert f"content/{S1}/video.md: error[conflict] deleted in the database" in found.err
    assert synced.one("SELECT count(*) FROM quizzes") == 1
    synced.refused("pull")
    assert (synced.content / S1 / "quiz.yaml").exists()
    assert synced.read(f"{S1}/video.md") == TREE[f"{S1}/video.md"]


def _garbage(data: bytes) -> bytes:
    return b"garbage" * 1000


def _empty(data: bytes) -> bytes:
    return b""


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _holes(data: bytes) -> bytes:
    return data[:100] + bytes(4096) + data[4196:]


def _overwritten(data: bytes) -> bytes:
    return data[:5000] + b"\xff" * (len(data) - 5000)


@pytest.mark.parametrize("damage", [_garbage, _empty, _truncated, _holes, _overwritten])
@pytest.mark.parametrize("command", ["status", "push", "pull", "diff"])
def test_a_damaged_memory_is_set_aside_and_nothing_is_lost(
    synced: Desk, damage: Callable[[bytes], bytes], command: str
) -> None:
    place = synced.root / ".studio" / "memory.db"
    for more in ("memory.db-wal", "memory.db-shm"):
        place.with_name(more).unlink(missing_ok=True)
    place.write_bytes(damage(place.read_bytes()))
    with unchanged(synced):
        found = synced.run(command)
        if found.code:
            assert "memory was damaged, and has been set aside" in found.err
        synced.ok(command)
        synced.ok("pull")  # what only reads makes no new memory
    differing(synced)
    assert synced.standings()[f"{S1}/video.md"] == {"script": "ahead"}


def test_a_memory_of_another_format_is_set_aside(synced: Desk) -> None:
    import sqlite3

    connection = sqlite3.connect(synced.root / ".studio" / "memory.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with unchanged(synced):
        synced.ok("push")
    assert synced.standings() == {}


def test_an_old_memory_over_a_new_tree_deletes_nothing(synced: Desk) -> None:
    shutil.copytree(synced.root / ".studio", synced.root / "old")
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.edit(f"{S1}/video.md", "Listen now", "Second")
    synced.ok("push")
    synced.forget()
    (synced.root / "old").rename(synced.root / ".studio")
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("push", "--delete")
        synced.ok("pull")


def test_a_fresh_clone_adopts_what_is_equal(synced: Desk) -> None:
    with synced.clone() as other, unchanged(other):
        other.ok("push")
        other.ok("pull")
        assert other.standings() == {}


def test_a_content_folder_that_is_missing_is_refused_and_an_empty_one_deletes_nothing(synced: Desk) -> None:
    rows = synced.rows()
    synced.content.rename(synced.root / "elsewhere")
    for command in ("push", "pull", "status", "validate"):
        found = synced.run(command)
        assert found.code == 3
        assert "content folder" in found.err
    assert not synced.content.exists()
    synced.content.mkdir()
    synced.run("push")
    synced.refused("push", "--delete")
    synced.run("pull")
    assert synced.rows() == rows
    shutil.rmtree(synced.content)
    (synced.root / "elsewhere").rename(synced.content)
    assert synced.standings() == {}


def test_an_empty_workspace_and_an_empty_database_agree(bare: Desk) -> None:
    bare.ok("push")
    bare.ok("pull")
    bare.ok("status", "--exit-code")


# --- rows that this role may not see


def role(own: Desk, pg: Server, *grants: str) -> str:
    """The URL of the same database for a plain role."""
    name = f"{name_of(own)}_writer"
    admin(pg, f"CREATE ROLE {name} LOGIN")
    for grant in grants:
        own.sql(grant.replace("ROLE", name))
    return own.url.replace("postgres@", f"{name}@")


ALL_TABLES = (
    "GRANT USAGE ON SCHEMA public TO ROLE",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE",
)


@pytest.fixture
def writer(own: Desk, pg: Server):
    """The URL of a role that has every grant, and no policy."""
    yield role(own, pg, *ALL_TABLES)
    own.hang_up()
    admin(pg, f"DROP DATABASE {name_of(own)} WITH (FORCE)", f"DROP ROLE {name_of(own)}_writer")


def test_a_role_without_a_policy_sees_no_row_deletes_nothing_and_is_told_so(own: Desk, writer: str) -> None:
    with unchanged(own):
        for command in (["pull"], ["push"], ["push", "--delete"], ["pull", "--delete=13"], ["status"]):
            found = own.run(*command, "--database", writer)
            assert "row-level security" in found.err, command
            assert "Traceback" not in found.err
    assert own.standings() == {}


def test_the_same_for_who_knows_the_database_only_as_that_role(own: Desk, writer: str) -> None:
    own.forget()
    with unchanged(own):
        for command in (["pull"], ["push"], ["push", "--delete"]):
            found = own.run(*command, "--database", writer)
            assert "row-level security" in found.err, command
            assert found.code != 0
            assert "Traceback" not in found.err


def test_rows_that_a_policy_hides_are_not_deleted_on_either_side(own: Desk, writer: str) -> None:
    user = writer.partition("//")[2].partition("@")[0]
    for table in set(TABLES) - {"articles"}:
        own.sql(f"CREATE POLICY everything ON {table} TO {user} USING (true) WITH CHECK (true)")
    own.sql(f"CREATE POLICY one ON articles TO {user} USING (session_id = '{SESSION}')")
    own.forget()
    own.ok("status")
    own.edit(f"{S1}/article.md", "One two", "Two one")
    own.ok("status", "--database", writer)
    rows = own.one("SELECT count(*) FROM articles")
    found = own.run("pull", "--database", writer)
    assert own.read(f"{S2}/article.md") == TREE[f"{S2}/article.md"]
    assert "Traceback" not in found.err
    own.remove(S2)
    found = own.run("push", "--delete", "--database", writer)
    assert own.one("SELECT count(*) FROM articles") == rows
    assert own.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1
    assert found.code == 1


@pytest.mark.parametrize(
    ("query", "standing"),
    [
        ("UPDATE articles SET content = 'From the web.'", "behind"),
        ("UPDATE chapters SET title = title || '!'", "behind"),
        ("DELETE FROM quizzes", "behind"),
    ],
)
def test_a_change_is_seen_after_any_number_of_looks_that_saw_none(
    synced: Desk, query: str, standing: str
) -> None:
    for _ in range(3):
        synced.ok("status", "--exit-code")
    synced.sql(query)
    for _ in range(2):
        assert {r["standing"] for r in synced.json("status")["records"]} == {standing}
    synced.ok("pull", "--delete=1") if "DELETE" in query else synced.ok("pull")
    for _ in range(3):
        assert synced.standings() == {}


def test_a_row_that_changes_back_between_two_looks_is_seen_to_agree(synced: Desk) -> None:
    synced.ok("status", "--exit-code")
    synced.sql("UPDATE articles SET status = status")
    synced.ok("status", "--exit-code")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    assert {r["standing"] for r in synced.json("status")["records"]} == {"ahead"}
    synced.ok("push")
    assert synced.standings() == {}
