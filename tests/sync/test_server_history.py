"""What is remembered of a database counts for that database alone, and for as long as it was not set back."""

from collections.abc import Iterator, Sequence

import pytest

from studio_sync.core.plan.plan import Change
from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.connection.server_history import read_history
from studio_sync.database.postgres.rows.locks import Locks
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.store_facts import ServerHistory
from studio_sync.files.memory.memory import Memory
from tests.harness import S1, S2, SESSION, TREE, Desk, P, unchanged

VIDEO = f"{S1}/video.md"
SCRIPT = "SELECT script FROM videos WHERE session_id = %s"


def admin(pg: Server, *statements: str) -> None:
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def lose(desk: Desk, *statements: str) -> None:
    """The database loses the newest run, and what it wrote into rows as `statements` say."""
    run = desk.one("SELECT id FROM studio_sync.runs ORDER BY at DESC LIMIT 1")
    for table, column in (("notes", "run"), ("versions", "run"), ("runs", "id")):
        desk.sql(f"DELETE FROM studio_sync.{table} WHERE {column} = %s", run)
    for statement in statements:
        desk.sql(statement)


def edit_all(desk: Desk, word: str) -> int:
    """Add a line to every file that has a body; how many these are."""
    found = [p for p in TREE if p.endswith(".md")]
    for path in found:
        desk.write(path, f"{desk.read(path).rstrip()}\n\n{word}\n")
    return len(found)


# --- tokens


HISTORY = ServerHistory("7/5", "00000001", "100.5", 900)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ServerHistory("7/5", "00000001", "100.5", 901), True),
        (ServerHistory("8/5", "00000001", "100.5", 900), False),
        (ServerHistory("7/6", "00000001", "100.5", 900), False),
        (ServerHistory("7/5", "00000002", "100.5", 900), False),
        (ServerHistory("7/5", "00000001", "100.6", 900), False),
        (ServerHistory("7/5", "", "100.5", 900, standby=True), False),
        (ServerHistory("7/5", "00000001", "", 900, restarts=False), False),
    ],
)
def test_a_history_is_a_server_a_database_a_timeline_and_a_start(other: ServerHistory, same: bool) -> None:
    assert (other.mark == HISTORY.mark) == same
    assert other.mark


@pytest.mark.parametrize(
    "history",
    [
        ServerHistory("", "00000001", "100.5", 900),
        ServerHistory("7/5", "", "100.5", 900),
        ServerHistory("7/5", "00000001", "", 900),
        ServerHistory("7/5", "", "", 900, standby=True, restarts=False),
    ],
)
def test_without_any_of_these_no_token_is_kept(history: ServerHistory) -> None:
    assert history.mark == ""


def test_a_role_without_any_right_can_tell_the_history(own: Desk, pg: Server) -> None:
    name = f"{own.url.rpartition('/')[2]}_guest"
    admin(pg, f"CREATE ROLE {name} LOGIN")
    try:
        with (
            open_connection(parse_address(own.url.replace("postgres@", f"{name}@"))) as guest,
            guest.transaction(),
        ):
            told = read_history(guest)
        with own.connection.transaction():
            assert read_history(own.connection).mark == told.mark != ""
            assert read_history(own.connection, restarts=False).mark.endswith(" 00000001 -")
    finally:
        admin(pg, f"DROP ROLE {name}")


TAKEN = {
    "the system's name": "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
    "the timeline": "REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC",
    "the start": "REVOKE EXECUTE ON FUNCTION pg_postmaster_start_time() FROM PUBLIC",
}


@pytest.fixture
def plain(own: Desk, pg: Server) -> Iterator[str]:
    """The URL of a role that reads and writes all rows, and is nobody else."""
    name = f"{own.url.rpartition('/')[2]}_plain"
    admin(pg, f"CREATE ROLE {name} LOGIN BYPASSRLS")
    own.sql(f"GRANT USAGE ON SCHEMA public, studio_sync TO {name}")
    own.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public, studio_sync TO {name}")
    yield own.url.replace("postgres@", f"{name}@")
    own.hang_up()
    admin(pg, f"DROP DATABASE {own.url.rpartition('/')[2]} WITH (FORCE)", f"DROP ROLE {name}")


@pytest.mark.parametrize("taken", TAKEN)
def test_where_the_history_is_not_told_rows_are_compared_by_what_they_say(
    own: Desk, plain: str, taken: str
) -> None:
    own.sql(TAKEN[taken])
    own.url = plain
    own.ok("pull")
    with unchanged(own):
        assert own.standings() == {}
        own.ok("push")
    assert _tokens(own) == set()
    own.sql("UPDATE videos SET script = 'Theirs.'")
    assert own.standings() == {VIDEO: {"script": "behind"}}
    own.edit(VIDEO, "Listen now", "Mine")
    own.refused("push")
    own.edit(f"{S1}/article.md", "Four five", "Six")
    own.refused("push", "--partial")
    assert own.one(SCRIPT, SESSION) == "Theirs."
    assert own.one("SELECT content FROM articles WHERE session_id = %s", SESSION).endswith("Six.")


def _tokens(desk: Desk) -> set[int]:
    memory = Memory.open(desk.root / ".studio")
    try:
        (db,) = (memory.known_database(parse_address(desk.url).label) or (0,))[:1]
        kinds = memory.count_bases_by(db, "kind")
        assert kinds
        return {token for _, token in memory.tokens(db, kinds) if token is not None and token != -1}
    finally:
        memory.close()


def _in_memory(desk: Desk, query: str, *values: object) -> None:
    memory = Memory.open(desk.root / ".studio")
    with memory.changing():
        memory._db.execute(query, values)
    memory.close()


def _another_history(desk: Desk, part: int) -> None:
    """The next command sees another server, timeline or start than the one that is remembered."""
    memory = Memory.open(desk.root / ".studio")
    (db, _, _) = memory.known_database(parse_address(desk.url).label) or (0, "", 0)
    mark = memory.history(db).split()
    mark[part] = {0: "1/2", 1: "0000000F", 2: "1.5"}[part]
    with memory.changing():
        memory.set_history(db, " ".join(mark))
    memory.close()


@pytest.mark.usefixtures("with_every_capability")
@pytest.mark.parametrize("part", [0, 1, 2])
def test_tokens_of_another_history_are_dropped_and_bases_stay(own: Desk, part: int) -> None:
    """A colleague's words stand in a transaction that has the number of the one that is remembered."""
    own.edit(VIDEO, "Listen now", "Mine")
    own.ok("push")
    own.ok("status", "--exit-code")
    own.edit(f"{S2}/article.md", "Ask", "Ask me")
    own.sql("UPDATE videos SET script = 'Theirs.'")
    token = int(own.one("SELECT xmin::text FROM videos"))
    own_id = own.one("SELECT id FROM videos").replace("-", "")
    _another_history(own, part)
    _in_memory(own, "UPDATE bases SET token = ? WHERE row_id = ?", token, bytes.fromhex(own_id))
    assert own.standings() == {
        VIDEO: {"script": "behind"},
        f"{S2}/article.md": {"content": "ahead"},
    }


def test_what_is_written_is_compared_by_what_it_says(own: Desk) -> None:
    """The token is right, and the base is not: nothing but the row itself can tell."""
    own.sql("UPDATE videos SET script = 'Theirs.'")
    token = int(own.one("SELECT xmin::text FROM videos"))
    own_id = own.one("SELECT id FROM videos").replace("-", "")
    _in_memory(own, "UPDATE bases SET token = ? WHERE row_id = ?", token, bytes.fromhex(own_id))
    own.edit(VIDEO, "Listen now", "Mine")
    own.refused("push")
    assert own.one(SCRIPT, SESSION) == "Theirs."


# --- back in time


def test_a_database_that_went_back_is_told_by_every_command_until_one_that_writes_told_it(own: Desk) -> None:
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push")
    lose(own)
    with unchanged(own):
        for command in (["status"], ["diff"], ["board"], ["push", "-n"], ["pull", "-n"], ["status"]):
            found = own.ok(*command, "--json")
            if command != ["board"]:
                assert found.codes.count("set-back") == 1, command
        assert "warning[set-back] the database went back in time" in own.ok("status").text
        assert "went back in time" in own.run("doctor").text
        assert own.ok("push", "--json").codes == ["set-back"]
        assert own.ok("status", "--json").codes == []


def test_a_push_that_is_planned_anew_or_fails_says_it_all_the_same(
    own: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push")
    lose(own)
    own.edit(f"{S1}/article.md", "Four five", "Six")
    targets, tried = Locks.targets, []

    def stale(self: Locks, changes: Sequence[Change]) -> None:
        tried.append(1)
        if len(tried) <= 5:
            raise StaleError("a row that would be written has changed")
        targets(self, changes)

    monkeypatch.setattr(Locks, "targets", stale)
    own.refused("push")
    assert own.ok("push", "--json").codes == ["set-back"]
    assert len(tried) == 6
    assert own.json("status")["problems"] == []


def test_nothing_that_reads_changes_what_is_said_of_a_database_that_went_back(own: Desk) -> None:
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push")
    lose(own, "UPDATE videos SET script = 'NARRATOR: Listen now.'")
    with own.clone("other") as other:
        other.root.joinpath(".studio").mkdir()
        for file in own.root.joinpath(".studio").iterdir():
            if file.is_file():
                other.root.joinpath(".studio", file.name).write_bytes(file.read_bytes())
        own.ok("status")
        own.ok("diff")
        here, there = own.refused("push", "--json"), other.refused("push", "--json")
        assert here.json["problems"] == there.json["problems"]
        assert here.json["records"] == there.json["records"]
    assert own.one(SCRIPT, SESSION) == "NARRATOR: Listen now."


def test_bases_that_the_ledger_confirms_stay_when_a_database_went_back(own: Desk) -> None:
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push")
    lose(own, "UPDATE videos SET script = 'NARRATOR: Listen now.'")
    own.edit(f"{S1}/article.md", "Four five", "Six")
    own.sql("UPDATE program_knowledge SET title = 'Theirs'")
    assert own.standings() == {
        f"{P}/knowledge/brief.md": {"title": "behind"},
        f"{S1}/article.md": {"content": "ahead"},
        VIDEO: {"script": "conflict"},
    }


def test_a_row_that_still_says_what_a_file_stands_on_confirms_it(own: Desk) -> None:
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push")
    lose(own)
    own.edit(VIDEO, "First", "Second")
    assert own.standings() == {VIDEO: {"script": "ahead"}}


@pytest.mark.usefixtures("with_every_capability")
def test_a_file_that_a_pull_made_stands_on_the_ledgers_version_after_a_failover(own: Desk) -> None:
    other = own.clone()
    other.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNew.\n")
    other.ok("push")
    own.ok("pull")
    _another_history(own, 1)
    other.edit(f"{S2}/video.md", "New.", "Newer.")
    other.ok("push")
    assert own.standings() == {f"{S2}/video.md": {"script": "behind"}}


@pytest.mark.usefixtures("with_every_capability")
def test_a_pull_enters_again_what_a_failover_took_from_the_ledger_alone(own: Desk) -> None:
    own.sql("UPDATE videos SET script = 'Theirs.'")
    own.ok("pull")
    lose(own)  # a pull does not wait for a standby to have its entries
    _another_history(own, 1)
    own.ok("push")
    own.ok("pull")
    entered = "SELECT count(*) FROM studio_sync.versions WHERE document ->> 'script' = 'Theirs.'"
    assert own.one(entered) == 1
    _another_history(own, 1)
    own.sql("UPDATE videos SET script = 'Theirs again.'")
    assert own.standings() == {VIDEO: {"script": "behind"}}


def test_a_file_whose_row_was_lost_is_not_deleted_by_a_pull(own: Desk) -> None:
    own.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNew.\n")
    own.ok("push")
    lose(own, "DELETE FROM videos WHERE script = 'New.'")
    own.run("pull", "--delete=1")
    assert own.read(f"{S2}/video.md").endswith("New.\n")
    own.ok("push")
    assert own.one("SELECT count(*) FROM videos") == 2


def test_another_run_at_work_meanwhile_is_no_loss(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push ends between the snapshot of a status and its look into the memory."""
    pushed = []

    def slowly(*given: object, **more: object) -> object:
        found = read_history(*given, **more)  # type: ignore[arg-type]
        if not pushed:
            pushed.append(1)
            own.edit(VIDEO, "Listen now", "Meanwhile")
            own.ok("push")
        return found

    monkeypatch.setattr("studio_sync.database.postgres.connection.server_history.read_history", slowly)
    assert "set-back" not in own.run("status", "--json").codes
    assert "set-back" not in own.run("status", "--json").codes
    assert own.standings() == {}


# --- other addresses


def at_another_address(desk: Desk, pg: Server) -> str:
    """The same database under another address."""
    name = f"{desk.url.rpartition('/')[2]}_b"
    admin(pg, f"CREATE ROLE {name} LOGIN SUPERUSER")
    return desk.url.replace("postgres@", f"{name}@")


@pytest.fixture
def elsewhere(own: Desk, pg: Server) -> Iterator[str]:
    """The URL of the same database under another address."""
    yield at_another_address(own, pg)
    own.hang_up()
    name = own.url.rpartition("/")[2]
    admin(pg, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}_b")


def test_the_same_database_under_another_address_knows_what_was_pushed(own: Desk, elsewhere: str) -> None:
    edit_all(own, "Pushed, not committed.")
    own.ok("push")
    own.sql("UPDATE quizzes SET metadata = '{}'")
    count = edit_all(own, "Edited again.")
    own.url = elsewhere
    assert own.json("status")["counts"]["ahead"] == count
    assert own.json("status")["counts"].get("conflict", 0) == 0
    assert own.standings()[f"{S1}/quiz.yaml"] == {"metadata": "behind"}
    own.ok("push")


def test_two_addresses_are_remembered_apart_from_then_on(own: Desk, elsewhere: str) -> None:
    first = own.url
    own.ok("status", "--database", elsewhere)
    own.edit(VIDEO, "Listen now", "First")
    own.ok("push", "--database", elsewhere)
    own.edit(VIDEO, "First", "Second")
    # What the other address pushed is known here from the ledger and git alone: nobody's bases are lent.
    assert own.json("status", "--database", elsewhere)["records"][0]["standing"] == "ahead"
    assert own.json("status", "--database", first)["records"][0]["standing"] != "ahead"


def test_staging_restored_from_production_does_not_lend_its_bases_back(
    own: Desk, pg: Server, second_url: str
) -> None:
    own.hang_up()
    production, staging = own.url, second_url
    names = [url.rpartition("/")[2] for url in (production, staging)]
    admin(
        pg, f"DROP DATABASE {names[1]} WITH (FORCE)", f"CREATE DATABASE {names[1]} TEMPLATE {names[0]}",
    )  # fmt: skip
    own.edit(VIDEO, "Listen now", "Tried on staging")
    assert own.json("status", "--database", staging)["counts"]["ahead"] == 1
    own.ok("push", "--database", staging)
    own.ok("status", "--database", staging, "--exit-code")
    third = at_another_address(own, pg)
    try:
        for url in (production, third):
            (found,) = own.json("status", "--database", url)["records"]
            assert found["fields"] == {"script": "ahead"}, url
    finally:
        own.hang_up()
        admin(pg, f"DROP ROLE {names[0]}_b")


@pytest.mark.usefixtures("with_every_capability")
def test_staging_restored_from_production_anew_stands_on_productions_ledger(
    own: Desk, pg: Server, second_url: str
) -> None:
    own.ok("push", "--database", second_url)
    own.hang_up()
    edit_all(own, "Pushed to production.")
    own.ok("push")
    own.hang_up()
    names = [url.rpartition("/")[2] for url in (own.url, second_url)]
    admin(
        pg, f"DROP DATABASE {names[1]} WITH (FORCE)", f"CREATE DATABASE {names[1]} TEMPLATE {names[0]}",
    )  # fmt: skip
    count = edit_all(own, "Edited again.")
    found = own.run("status", "--database", second_url, "--json")
    assert found.json["counts"]["ahead"] == count
    assert found.codes == ["set-back"]
    assert "this address has another database" in found.json["problems"][0]["message"]


def test_an_unrelated_database_gets_nothing(own: Desk, second_url: str) -> None:
    own.edit(VIDEO, "Listen now", "Mine")
    found = own.run("status", "--database", second_url, "--json")
    assert found.codes == []
    assert {r["standing"] for r in found.json["records"]} == {"ahead"}
    assert {r["action"] for r in found.json["records"]} == {"create"}
