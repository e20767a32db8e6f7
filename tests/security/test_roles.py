"""A role that was granted one client, or may only make a schema, wants to harm everybody else."""

# ruff: noqa: E501 (a statement is read best in one line)

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection import waiting
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema import install
from tests import servers
from tests.access.test_scoped_desk import OTHER
from tests.harness import CHAPTER, CLIENT, PROGRAM, S1, SESSION, TREE, Desk
from tests.repository import clone, commit, git, new_repository
from tests.security.ledger_attacks import (
    ALL,
    GHOST,
    HONEST,
    OTHERS_RUN,
    RUN,
    Attack,
    note,
    run,
    size,
    version,
)

ARTICLE = f"{S1}/article.md"
LOG = ("runs", "versions", "notes")


@dataclass
class Village:
    """The owner's desk with two clients, and a reader and a writer of one of them."""

    owner: Desk
    ids: Mapping[str, str]
    lines: dict[str, psycopg.Connection] = field(default_factory=dict)

    def role(self, who: str) -> str:
        """The full name of a role: roles are the whole server's."""
        return f"{self.owner.url.rpartition('/')[2]}_{who}"

    def address(self, who: str) -> str:
        """The URL with which a role connects."""
        return self.owner.url.replace("postgres@", f"{self.role(who)}@")

    def connect(self, who: str) -> psycopg.Connection:
        """A connection of a role, in autocommit."""
        return open_connection(parse_address(self.address(who)))

    def sql(self, who: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as a role, in one transaction; the rows of the last one."""
        found: list[tuple[Any, ...]] = []
        if who not in self.lines or self.lines[who].closed:
            self.lines[who] = self.connect(who)
        connection = self.lines[who]
        with connection.transaction():
            for statement in statements:
                cursor = connection.execute(self._told(statement).encode())
                found = cursor.fetchall() if cursor.description else []
        return found

    def _told(self, statement: str) -> str:
        for name, value in self.ids.items():
            statement = statement.replace("{" + name + "}", value)
        return statement

    def ledger(self) -> dict[str, str]:
        """What the ledger holds, and the tables."""
        tables = [f"studio_sync.{name}" for name in LOG] + ["studio_sync.access", "articles", "sessions"]
        return {
            t: self.owner.one(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {t} AS t")
            for t in tables
        }

    def desk(self, who: str, folder: Path) -> Desk:
        """A workspace of a role."""
        return Desk(folder, self.address(who))


def _village(server: Server, folder: Path) -> Iterator[Village]:
    mp = pytest.MonkeyPatch()
    mp.setenv("NO_COLOR", "1")
    mp.setenv("STUDIO_HOME", str(folder / "no-home"))
    with servers.database(server) as url, Desk(folder / "owner", url) as owner:
        owner.write_all({**TREE, **OTHER})
        owner.ok("push")
        ids = {
            "globex": "SELECT id FROM clients WHERE slug = 'globex'",
            "globex_chapter": "SELECT c.id FROM chapters AS c JOIN programs AS p ON p.id = c.program_id WHERE p.slug = 'ship'",
            "globex_session": "SELECT s.id FROM sessions AS s WHERE s.title = 'Hidden'",
            "globex_article": "SELECT a.id FROM articles AS a WHERE a.content LIKE 'Hidden%%'",
            "article": f"SELECT id FROM articles WHERE session_id = '{SESSION}'",
            "owners_run": "SELECT id FROM studio_sync.runs LIMIT 1",
        }
        village = Village(owner, {name: str(owner.one(query)) for name, query in ids.items()})
        for who, can in (("reader", "read"), ("writer", "write"), ("approver", "approve")):
            owner.sql(f"CREATE ROLE {village.role(who)} LOGIN")
            owner.ok("db", "grant", village.role(who), "--client", "acme-bank", "--can", can)
        yield village
        for line in village.lines.values():
            line.close()
        owner.hang_up()
    with open_connection(parse_address(server.url("postgres"))) as connection:
        for who in ("reader", "writer", "approver"):
            connection.execute(f"DROP ROLE {village.role(who)}".encode())
    mp.undo()


@pytest.fixture(scope="module", params=servers.VERSIONS)
def village(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """One village for all attacks that leave it as it was, on each version of PostgreSQL."""
    yield from _village(servers.server(request.param), tmp_path_factory.mktemp("village"))


@pytest.fixture
def hamlet(pg: Server, tmp_path: Path) -> Iterator[Village]:
    """A village of one's own."""
    yield from _village(pg, tmp_path)


# --- the ledger


@pytest.mark.parametrize("attack", ALL, ids=str)
def test_a_lie_about_the_ledger_is_refused_and_changes_nothing(village: Village, attack: Attack) -> None:
    before = village.ledger()
    with pytest.raises(psycopg.Error):
        village.sql(attack.who, *attack.statements)
    assert village.ledger() == before


def test_what_the_attacks_lie_about_is_taken_where_it_is_true(hamlet: Village) -> None:
    for statement in HONEST[1:]:
        hamlet.sql("writer", *(() if statement == HONEST[0] else HONEST[:1]), statement)
    (kinds,) = hamlet.owner.sql(
        "SELECT array_agg(kind ORDER BY kind) FROM studio_sync.versions WHERE run = %s", RUN
    )
    assert kinds == (["article", "session"],)
    assert hamlet.owner.one("SELECT count(*) FROM studio_sync.notes WHERE run = %s", RUN) == 1


def test_what_a_role_says_of_a_run_is_what_it_is(hamlet: Village) -> None:
    actor = "E'mia\\n::error::owned\\x1b[2J'"
    lies = {"actor": actor, "message": "repeat('x', 10000000)", "reach": "ARRAY['{globex}']::uuid[]"}
    hamlet.sql("writer", run(**lies))
    found = "SELECT actor, length(message), reach::text, role, at = now() FROM studio_sync.runs WHERE id = %s"
    actor, length, reach, role, _ = hamlet.owner.sql(found, RUN)[0]
    assert actor == "mia ::error::owned [2J"
    assert (length, reach, role) == (100_000, "{}", hamlet.role("writer"))


def test_versions_are_numbered_in_turn_whoever_enters_them_and_how_often(hamlet: Village) -> None:
    last = hamlet.owner.one("SELECT max(number) FROM studio_sync.versions WHERE rid = %s", SESSION)
    for _ in range(3):
        hamlet.sql("writer", run(), version())
    numbers = hamlet.owner.one(
        "SELECT array_agg(number ORDER BY number) FROM studio_sync.versions WHERE rid = %s", SESSION
    )
    assert numbers == list(range(1, last + 4))


def test_a_note_on_a_version_that_is_not_there_is_not_entered(hamlet: Village) -> None:
    before = hamlet.owner.one("SELECT count(*) FROM studio_sync.notes")
    hamlet.sql("writer", run(), note(number="77"))
    assert hamlet.owner.one("SELECT count(*) FROM studio_sync.notes") == before


def test_an_id_that_another_client_had_once_is_nobodys_for_ever(hamlet: Village) -> None:
    owner, writer = hamlet.owner, hamlet.role("writer")
    program = {"kind": "'program'", "rid": f"'{GHOST}'", "row_id": f"'{GHOST}'", "parent": f"'{CLIENT}'"}
    digests = f"decode(repeat('ab', {size('program')}), 'hex')"
    hamlet.sql(
        "writer",
        f"INSERT INTO programs (id, client_id, name, slug) VALUES ('{GHOST}', '{CLIENT}', 'x', 'x')",
        run(),
        version(**program, digests=digests),
        f"DELETE FROM programs WHERE id = '{GHOST}'",
    )
    owner.ok("db", "grant", writer, "--client", "globex")
    hamlet.sql(
        "writer",
        f"INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES ('{GHOST}', '{{globex_chapter}}', '9.9', 'x', 9)",
        version(
            top="'{globex}'", rid=f"'{GHOST}'", row_id=f"'{GHOST}'", parent="'{globex_chapter}'", slot="'9.9'"
        ),
    )
    for command in (["status"], ["pull"], ["log"], ["push"], ["doctor"]):
        assert owner.run(*command).code in (0, 1)


LIES = (
    # What a ledger of an older version may hold: whatever its columns take.
    (CLIENT, "session", SESSION, 2147483647, SESSION, CHAPTER, "1.1", "", "'{}'"),
    (CLIENT, "bogus", SESSION, 900, SESSION, CHAPTER, "1.1", "", "'{}'"),
    (CLIENT, "program", SESSION, 901, SESSION, SESSION, "x", "", "'{}'"),
    (CLIENT, "session", SESSION, -1, SESSION, CHAPTER, "1.1", "", "'{}'"),
    (CLIENT, "session", SESSION, 0, SESSION, CHAPTER, "1.1", "", "'{}'"),
    (CLIENT, "bogus", "no id at all", 1, SESSION, "", "", "", "'{}'"),
    (CLIENT, "article", f"{SESSION}/article", 902, SESSION, SESSION, "", "00", "'[]'"),
    (CLIENT, "article", "../../../etc/passwd", 1, SESSION, "..", "", "", "'{}'"),
    (CLIENT, "chapter", OTHERS_RUN, 1, OTHERS_RUN, RUN, "7", "", "'{}'"),
    (CLIENT, "chapter", RUN, 1, RUN, OTHERS_RUN, "7", "", "'{}'"),
    (CLIENT, "program", OTHERS_RUN.replace("8", "6"), 1, RUN, CLIENT, "../../../../../tmp/owned", "", "'{}'"),
    (CLIENT, "session", SESSION, 903, SESSION, CHAPTER, "1.1", "ab" * 16 * 8, "'{\"title\": [1], \"hook\": {}}'"),
    (CLIENT, "quiz", f"{SESSION}/quiz", 904, SESSION, SESSION, "", "ab" * 16 * 3, "(repeat('[', 3000) || repeat(']', 3000))::json"),
    (CLIENT, "video", f"{SESSION}/video", 905, SESSION, SESSION, "", "ab" * 16 * 3, "'{\"script\": 5, \"status\": true}'"),
)  # fmt: skip


def test_everybody_works_on_where_an_older_ledger_took_every_lie(hamlet: Village, tmp_path: Path) -> None:
    owner = hamlet.owner
    for table in LOG:
        for (name,) in owner.sql(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            f"studio_sync.{table}",
        ):
            owner.sql(f"ALTER TABLE studio_sync.{table} DROP CONSTRAINT {name}")
    evil = "E'\\x1b]0;owned\\x07\\n::error::owned<script>'"
    for at, own in (
        ("'infinity'", OTHERS_RUN),
        ("'-infinity'", RUN),
        ("'4000-01-01 BC'", OTHERS_RUN.replace("8", "5")),
    ):
        owner.sql(
            f"INSERT INTO studio_sync.runs (id, at, actor, source, git_commit, message) VALUES ('{own}', {at}, {evil}, {evil}, '--output=/tmp/owned', {evil})"
        )
        for i, (top, kind, rid, number, row, parent, slot, digests, document) in enumerate(LIES):
            if i % 3 == ("'infinity'", "'-infinity'", "'4000-01-01 BC'").index(at):
                decision = ("'[1]'", "'{\"reopen\": [1]}'", "'5'")[i % 3]
                owner.sql(
                    "INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document, decision)"
                    f" VALUES (gen_random_uuid(), '{own}', '{top}', '{kind}', '{rid}', {number}, '{row}', '{parent}', '{slot}', '\\x{digests}', {document}, {decision})"
                )
    for kind, rid, fields, number in (
        ("bogus", SESSION, "{title}", 1),
        ("session", SESSION, "{bogus}", 1),
        ("session", SESSION, "{{title},{hook}}", 1),
        ("session", SESSION, "{title}", 2147483647),
    ):
        owner.sql(
            f"INSERT INTO studio_sync.notes VALUES (gen_random_uuid(), '{RUN}', '{CLIENT}', '{kind}', '{rid}', '', '', '', '{fields}', {number})"
        )
    clone = owner.clone("fresh")
    fresh = Desk(tmp_path / "empty", owner.url)
    sessions = (owner, clone, hamlet.desk("writer", tmp_path / "writer"), fresh)
    for desk in sessions:
        for command in (
            ["pull"],
            ["status"],
            ["diff"],
            ["log"],
            ["show", OTHERS_RUN],
            ["log", f"content/{S1}"],
            ["board"],
            ["doctor"],
            ["status", "--json"],
        ):
            found = desk.run(*command)
            assert found.code in (0, 1), (command, found)
            assert "Traceback" not in found.err, (command, found)
    assert "(bogus, session)" in owner.run("doctor").text, "what was left out is told"
    for desk in sessions[:3]:
        text = f"Words of {desk.root.name}."
        desk.edit(ARTICLE, desk.read(ARTICLE).rpartition("---\n")[2].strip().split("\n")[0], text)
        desk.edit(f"{S1}/session.md", "hook: ", "hook: More. ")
        assert "warning[unknown-entries]" in desk.ok("push").err
        for other in sessions:
            other.ok("pull")
            assert text in other.read(ARTICLE)
    revision = owner.json("log", f"content/{ARTICLE}")["runs"][0]["revision"]
    assert owner.run("restore", f"content/{ARTICLE}", "--to", f"{revision}^").code == 0
    assert not Path("/tmp/owned").exists()


# --- what a push covered


@pytest.fixture
def approved(hamlet: Village) -> Village:
    """A repository in which another client's article is approved; its next commit reopens it."""
    owner = hamlet.owner
    new_repository(owner)
    owner.edit(ARTICLE, "Four five.", "Four.")
    owner.ok("push")
    commit(owner, "second")
    owner.sql("UPDATE articles SET status = 'approved' WHERE id = %s", hamlet.ids["globex_article"])
    owner.ok("pull")
    commit(owner, "approved in the web app")
    theirs = "globex/ship/01-a/1.1-b/article.md"
    owner.edit(theirs, "status: approved", "status: review")
    owner.edit(ARTICLE, "One two three.", "One.")
    commit(owner, "New law", f"Studio-Reopen: content/{theirs} the law has changed")
    return hamlet


def status_of(village: Village, name: str) -> str:
    return str(village.owner.one("SELECT status FROM articles WHERE id = %s", village.ids[name]))


def test_an_honest_push_of_one_client_covers_no_other(approved: Village) -> None:
    clone(approved.owner, "mia", url=approved.address("writer")).ok("push")
    assert approved.owner.one(
        "SELECT content LIKE 'One.%%' FROM articles WHERE id = %s", approved.ids["article"]
    )
    assert status_of(approved, "globex_article") == "approved"
    clone(approved.owner, "ci", url=approved.owner.url).ok("push", "--frozen")
    assert status_of(approved, "globex_article") == "review"


def test_a_workspace_of_some_clients_covers_no_others(approved: Village) -> None:
    some = clone(approved.owner, "some", url=approved.owner.url)
    some.config("name: desk\nclients: [acme-bank]\n")
    some.ok("push")
    clone(approved.owner, "ci", url=approved.owner.url).ok("push", "--frozen")
    assert status_of(approved, "globex_article") == "review"


def test_a_forged_run_of_ones_own_client_is_not_believed_by_others(approved: Village) -> None:
    head = git(approved.owner, "rev-parse", "HEAD")
    approved.sql("writer", run(git_commit=f"'{head}'"))
    clone(approved.owner, "ci", url=approved.owner.url).ok("push", "--frozen")
    assert status_of(approved, "globex_article") == "review"


def test_what_a_role_pushed_itself_counts_for_itself(approved: Village) -> None:
    mia = clone(approved.owner, "mia", url=approved.address("writer"))
    mia.ok("push")
    reach = approved.owner.one("SELECT reach::text FROM studio_sync.runs ORDER BY at DESC LIMIT 1")
    assert reach == "{" + CLIENT + "}"


# --- locks


@contextmanager
def held(village: Village, who: str, *statements: str) -> Iterator[None]:
    """A transaction of a role that stays open."""
    with village.connect(who) as connection:
        connection.autocommit = False
        for statement in statements:
            connection.execute(statement.encode())
        yield
        connection.rollback()


def test_a_readers_locks_stop_neither_grant_nor_revoke_nor_init(
    hamlet: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "ALONE_TIMEOUT", "300ms")
    owner, reader = hamlet.owner, hamlet.role("reader")
    everything = "clients, articles, studio_sync.versions, studio_sync.meta"
    started = time.monotonic()
    with held(
        hamlet,
        "reader",
        "SELECT pg_advisory_lock(key) FROM unnest(ARRAY[126927157655919, 0, 1, 42]) AS key",
        f"LOCK TABLE {everything} IN ACCESS SHARE MODE",
    ):
        owner.ok("db", "init")
        found = owner.ok("db", "revoke", reader)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            hamlet.sql("reader", "SELECT count(*) FROM clients")
        assert f"held by {reader}" in found.out
        owner.ok("push")
    assert time.monotonic() - started < 30
    assert "has no access any more" in owner.ok("db", "revoke", reader).out
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        hamlet.sql("reader", "SELECT count(*) FROM clients")


HELD = {
    "by a lock on a table": ("LOCK TABLE exercises IN ACCESS EXCLUSIVE MODE",),
    "by a change of the catalogue": ("SET client_min_messages = error", "DROP OWNED BY CURRENT_USER"),
}
"""What a role can keep open, so that its privileges and policies can't be taken away."""


@pytest.mark.parametrize("statements", HELD.values(), ids=HELD)
def test_no_transaction_of_a_role_keeps_its_rows_for_it(
    hamlet: Village, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...]
) -> None:
    monkeypatch.setattr(install, "ALONE_TIMEOUT", "300ms")
    owner, writer = hamlet.owner, hamlet.role("writer")
    owner.ok("db", "grant", writer, "--client", "globex", "--can", "read")
    with held(hamlet, "writer", *statements):
        assert f"held by {writer}" in owner.ok("db", "revoke", writer, "--client", "globex").out
        assert hamlet.sql("writer", "SELECT slug FROM clients") == [("acme-bank",)]
        assert f"held by {writer}" in owner.ok("db", "revoke", writer).out
        assert hamlet.sql("writer", "SELECT slug FROM clients") == []
        assert hamlet.sql("writer", "SELECT studio_sync.my_clients('read')") == []
        assert writer not in owner.ok("db", "access").out.replace(f"{writer} sees", "")
        refused = owner.run("db", "grant", hamlet.role("reader"), "--client", "globex")
        assert refused.code == 3
        assert f"holds what is needed: {writer} (server process" in refused.err
    assert "has no access any more" in owner.ok("db", "revoke", writer).out


def test_a_transaction_that_nobody_has_open_is_named_with_what_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hamlet in _village(servers.server(servers.VERSIONS[0]), tmp_path):
        hold_by_a_prepared_transaction(hamlet, monkeypatch)


def hold_by_a_prepared_transaction(hamlet: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOCK_TIMEOUT", "300ms")
    monkeypatch.setattr(waiting, "EXAM_TIMEOUT", "300ms")
    owner, line = hamlet.owner, hamlet.connect("writer")
    line.execute("BEGIN")
    line.execute("LOCK TABLE exercises IN ACCESS EXCLUSIVE MODE")
    line.execute(f"PREPARE TRANSACTION '{hamlet.role('writer')}'".encode())
    line.close()
    began = time.monotonic()
    try:
        for command in ("status", "doctor"):
            found = owner.run(command)
            assert f"{hamlet.role('writer')} (prepared transaction, since" in found.text
            assert "ROLLBACK PREPARED 'NAME' (SELECT gid FROM pg_prepared_xacts)" in found.text
            assert "connection was lost" not in found.text
        assert time.monotonic() - began < 15
    finally:
        owner.sql(f"ROLLBACK PREPARED '{hamlet.role('writer')}'")
    owner.ok("status")


def test_notifications_that_a_reader_heaps_up_fail_nobodys_transaction(hamlet: Village) -> None:
    owner = hamlet.owner
    owner.ok("db", "track")
    full = "SELECT pg_notification_queue_usage() > 0.9"
    with held(hamlet, "reader", "LISTEN heap", "COMMIT", "BEGIN", "SELECT 1"):
        with suppress(psycopg.Error):
            for i in range(300):
                hamlet.sql("reader", f"SELECT pg_notify('heap', repeat('{i % 10}', 7900))")
        assert owner.one(full), "the queue is too long for this test"
        hamlet.sql("writer", f"UPDATE articles SET content = 'by hand' WHERE session_id = '{SESSION}'")
        owner.edit(f"{S1}/session.md", "hook: ", "hook: More. ")
        owner.ok("push")
    owner.ok("db", "track", "--remove")


def test_a_push_that_a_writer_holds_up_says_who_holds_it(
    hamlet: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOCK_TIMEOUT", "300ms")
    owner = hamlet.owner
    owner.edit(ARTICLE, "One two three.", "One.")
    with held(hamlet, "writer", f"UPDATE articles SET content = 'mine' WHERE session_id = '{SESSION}'"):
        found = owner.run("push")
    assert found.code == 3, found
    assert hamlet.role("writer") in found.err
    owner.ok("push")


# --- what is approved meanwhile


def wait(column: str) -> str:
    """A condition that waits, and that PostgreSQL looks at after the policies, as it is told a value."""
    return f"pg_advisory_lock_shared(77 + 0 * length({column}::text)) IS NOT NULL"


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM articles WHERE {wait('articles.id')}",
        f"DELETE FROM articles WHERE session_id = '{SESSION}' AND {wait('articles.id')}",
        f"DELETE FROM sessions WHERE id = '{SESSION}' AND {wait('sessions.id')}",
        f"DELETE FROM chapters WHERE id = '{CHAPTER}' AND {wait('chapters.id')}",
        f"DELETE FROM programs WHERE id = '{PROGRAM}' AND {wait('programs.id')}",
        f"UPDATE articles SET content = 'never read' WHERE session_id = '{SESSION}' AND {wait('articles.id')}",
        f"UPDATE articles SET status = 'review' WHERE session_id = '{SESSION}' AND {wait('articles.id')}",
        f"UPDATE articles SET content = 'x' FROM sessions AS s WHERE s.id = session_id AND s.id = '{SESSION}' AND {wait('articles.id')}",
        f"WITH gone AS (DELETE FROM sessions WHERE id = '{SESSION}' AND {wait('sessions.id')} RETURNING id) SELECT FROM gone",
        f"MERGE INTO sessions AS s USING (SELECT 1) AS one ON s.id = '{SESSION}' AND {wait('s.id')} WHEN MATCHED THEN DELETE",
    ],
)
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_what_is_approved_while_a_statement_waits_is_neither_changed_nor_deleted(
    village: Village, statement: str, level: str
) -> None:
    owner, article = village.owner, village.ids["article"]
    approved: list[int] = []
    left: list[tuple[Any, ...]] = []

    line = village.connect("approver")

    def approve() -> None:
        with line:
            update = "UPDATE articles SET status = 'approved' WHERE id = %s AND content LIKE 'One two%%'"
            approved.append(line.execute(update, [article]).rowcount)

    def attack() -> None:
        with (
            suppress(psycopg.Error),
            village.connect("writer") as connection,
            connection.transaction(force_rollback=True),
        ):
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
            connection.execute(statement.encode())
            if approved:
                found = connection.execute("SELECT content FROM articles WHERE id = %s", [article])
                left.extend(found.fetchall() or [("",)])

    with open_connection(parse_address(owner.url)) as gate:
        gate.execute("SELECT pg_advisory_lock(77)")
        writer, approver = threading.Thread(target=attack), threading.Thread(target=approve)
        writer.start()
        _until(
            owner,
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 77)",
        )
        # Asked before: the approver closes its line as soon as it is done.
        waits = f"SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {line.info.backend_pid})"
        approver.start()
        while not approved and not owner.one(waits):
            time.sleep(0.02)
        gate.execute("SELECT pg_advisory_unlock(77)")
        writer.join(30)
        approver.join(30)
    owner.sql("UPDATE articles SET status = 'draft' WHERE id = %s", article)
    assert approved == [1]
    assert not left or left[0][0].startswith("One two"), "the approved words are gone"


def _until(desk: Desk, question: str) -> None:
    for _ in range(400):
        if desk.one(question):
            return
        time.sleep(0.025)
    raise AssertionError(question)
