"""The workspace of a writer who was granted one client works as the owner's does, in that client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests.harness import C1, C2, CHAPTER, PROGRAM, S1, S2, SESSION, SESSION_2, TREE, Desk, P, unchanged

OTHER = {
    "globex/client.md": "---\nname: Globex Hidden\n---\n",
    "globex/knowledge/terminology.yaml": "secret: hidden\n",
    "globex/ship/program.md": "---\nname: Hidden\nstatus: draft\n---\n",
    "globex/ship/01-a/chapter.md": "---\ntitle: Hidden\n---\n",
    "globex/ship/01-a/1.1-b/session.md": "---\ntitle: Hidden\nstatus: draft\n---\n",
    "globex/ship/01-a/1.1-b/article.md": "---\nstatus: draft\n---\n\nHidden words.\n",
}


class Pair:
    """Two people at one database: the owner, who holds both clients, and Mia, who was granted one."""

    def __init__(self, owner: Desk, folder: Path) -> None:
        self.owner = owner
        self.role = owner.url.rpartition("/")[2] + "_mia"
        url = owner.url.replace("postgres@", f"{self.role}@")
        self.mia = Desk(folder, url)

    def grant(self, can: str = "write") -> None:
        """Let Mia have acme-bank at this level."""
        self.owner.ok("db", "grant", self.role, "--client", "acme-bank", "--can", can)

    def hushed(self, *arguments: str) -> str:
        """What Mia's run says, in which nothing of the other client stands."""
        found = self.mia.run(*arguments)
        assert "Traceback" not in found.err
        assert "globex" not in found.text.lower()
        assert "hidden words" not in found.text.lower()
        return found.text


@pytest.fixture
def pair(own: Desk, pg: Server, tmp_path: Path) -> Iterator[Pair]:
    own.write_all(OTHER)
    own.ok("push")
    pair = Pair(own, tmp_path / "mia")
    own.sql(f"CREATE ROLE {pair.role} LOGIN")
    pair.grant()
    yield pair
    pair.mia.hang_up()
    own.hang_up()
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        name = own.url.rpartition("/")[2]
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {pair.role}".encode())


@pytest.fixture
def mia(pair: Pair) -> Desk:
    pair.mia.ok("pull")
    return pair.mia


def test_a_first_pull_brings_the_granted_client_and_nothing_else(pair: Pair) -> None:
    pair.hushed("pull")
    assert {p.partition("/")[0] for p in pair.mia.files()} == {"acme-bank"}
    ours = {p: t for p, t in pair.owner.files().items() if p.startswith("acme-bank/")}
    assert set(pair.mia.files()) == set(ours)
    with unchanged(pair.owner):
        for command in (["status"], ["pull"], ["push"], ["diff"], ["pull", "--delete=0"]):
            pair.hushed(*command)
    assert pair.mia.standings() == {}


def test_a_clone_of_the_whole_tree_leaves_what_was_not_granted_alone(pair: Pair) -> None:
    pair.mia.write_all({p: t.decode() for p, t in pair.owner.files().items()})
    found = pair.mia.ok("status")
    assert "no-access" in found.text
    assert pair.mia.standings() == {}
    pair.mia.ok("pull")  # from here on this tree knows what it stands on
    pair.mia.edit(f"{S1}/article.md", "One two", "Two one")
    pair.mia.edit("globex/ship/01-a/1.1-b/article.md", "Hidden", "Changed")
    pair.mia.remove("globex/knowledge")
    pair.mia.write("initech/client.md", "---\nname: Initech\n---\n")
    pair.mia.ok("push", "--delete")
    assert pair.owner.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Two one")
    assert pair.owner.one("SELECT count(*) FROM articles WHERE content = 'Hidden words.'") == 1
    assert pair.owner.one("SELECT count(*) FROM clients") == 2


def test_everything_that_a_writer_does_in_an_afternoon(pair: Pair, mia: Desk) -> None:
    mia.edit(f"{S1}/article.md", "One two", "Two one")
    mia.edit(f"{P}/program.md", "For those", "For all those")
    mia.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\nstatus: draft\n---\n")
    mia.write(f"{C1}/1.3-new/article.md", "---\nstatus: draft\n---\n\nNew.\n")
    mia.write(f"{P}/03-more/chapter.md", "---\ntitle: More\n---\n")
    mia.write("acme-bank/knowledge/terminology.yaml", "terms: [trust]\n")
    mia.write("acme-bank/second/program.md", "---\nname: Second\nstatus: draft\n---\n")
    mia.move(S2, f"{C2}/2.1-asking")
    pair.hushed("push")
    assert mia.standings() == {}
    assert pair.owner.one("SELECT total_sessions FROM programs WHERE id = %s", PROGRAM) == 3
    assert pair.owner.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "2.1"
    mia.remove(f"{C1}/1.3-new")
    mia.remove("acme-bank/knowledge/terminology.yaml")
    pair.hushed("push", "--delete")
    assert pair.owner.one("SELECT total_sessions FROM programs WHERE id = %s", PROGRAM) == 2
    assert mia.standings() == {}
    pair.owner.ok("pull")
    assert pair.owner.standings() == {}


def test_what_others_do_arrives_and_a_deletion_is_known_to_be_one(pair: Pair, mia: Desk) -> None:
    pair.owner.sql("UPDATE sessions SET hook = 'From the web' WHERE id = %s", SESSION)
    pair.owner.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    pair.hushed("pull")
    assert "From the web" in mia.read(f"{S1}/session.md")
    assert not (mia.content / S2).exists()
    assert mia.standings() == {}


def test_a_row_that_another_policy_hides_is_not_taken_for_deleted(pair: Pair, mia: Desk) -> None:
    pair.owner.sql(
        "CREATE POLICY fresh ON articles AS RESTRICTIVE FOR SELECT TO public USING (content LIKE 'One%%')",
        *(),
    )
    found = pair.hushed("pull")
    assert "warning[hidden-rows] 1 row of articles can't be seen" in found
    assert "`\\d articles` in psql lists those of the table" in found
    assert "db grant" not in found  # mia has it already
    assert (mia.content / f"{S2}/article.md").exists()
    mia.remove(S2)
    found = mia.run("push", "--delete")
    assert found.code == 1
    assert pair.owner.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1


def test_when_the_grant_is_taken_back_nothing_is_deleted(pair: Pair, mia: Desk) -> None:
    pair.owner.ok("db", "revoke", pair.role)
    pair.owner.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {pair.role}")
    files = mia.files()
    for command in (["status"], ["pull"], ["pull", "--delete=13"], ["push", "--delete"]):
        found = mia.run(*command)
        assert found.code != 0
        assert "row-level security" in found.err
    assert mia.files() == files


def test_when_one_of_two_grants_is_taken_back_its_files_stay(pair: Pair, mia: Desk) -> None:
    pair.owner.ok("db", "grant", pair.role, "--client", "globex", "--can", "read")
    mia.ok("pull")
    assert (mia.content / "globex/client.md").exists()
    files = mia.files()
    pair.owner.ok("db", "revoke", pair.role, "--client", "globex")
    found = mia.ok("pull")
    assert mia.files() == files
    assert mia.ok("status").out.endswith("13 in sync\n")
    assert "Traceback" not in found.err


def test_a_writer_is_told_by_file_what_it_may_not_send(pair: Pair, mia: Desk) -> None:
    pair.owner.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    mia.edit(f"{S1}/quiz.yaml", "status: draft", "status: review")
    mia.ok("push")
    mia.edit(f"{S1}/quiz.yaml", "status: review", "status: approved")
    mia.ok("pull")
    mia.edit(f"{S1}/article.md", "One two", "Two one")
    mia.edit("acme-bank/client.md", "Banking", "Banks")
    with unchanged(pair.owner):
        found = mia.refused("push", "--reopen", "-m", "why")
    assert (
        f"{S1}/article.md: error[no-access] it is approved, and the role {pair.role} may write" in found.err
    )
    assert f"{S1}/quiz.yaml: error[no-access] it would be approved" in found.err
    pair.grant("approve")
    mia.edit(f"{S1}/article.md", "Two one", "One two")
    mia.ok("push")
    assert pair.owner.one("SELECT status FROM quizzes") == "approved"


def test_a_session_between_approved_ones_is_put_in_its_place(pair: Pair, mia: Desk) -> None:
    pair.owner.sql("UPDATE sessions SET status = 'approved'")
    mia.ok("pull")
    mia.write(f"{C1}/1.1.5-between/session.md", "---\ntitle: Between\nstatus: draft\n---\n")
    mia.ok("push")
    rows = pair.owner.sql("SELECT number FROM sessions WHERE chapter_id = %s ORDER BY order_index", CHAPTER)
    assert [n for (n,) in rows] == ["1.1", "1.1.5", "1.2"]


def test_a_reader_pulls_and_is_told_that_it_may_not_push(pair: Pair) -> None:
    pair.grant("read")
    mia = pair.mia
    mia.ok("pull")
    mia.ok("push")
    mia.edit(f"{S1}/article.md", "One two", "Two one")
    pair.owner.sql("UPDATE sessions SET hook = 'From the web' WHERE id = %s", SESSION)
    mia.ok("pull")
    assert "From the web" in mia.read(f"{S1}/session.md")
    with unchanged(pair.owner):
        found = mia.refused("push")
    assert f"error[no-access] the role {pair.role} may read acme-bank, and not change it" in found.err
    assert f"studio db grant {pair.role} --client acme-bank --can write" in found.err
    pair.owner.sql("DELETE FROM articles WHERE session_id = %s", SESSION_2)
    mia.ok("pull")
    assert not (mia.content / f"{S2}/article.md").exists()


def test_a_granted_role_makes_renames_and_deletes_no_client(pair: Pair, mia: Desk) -> None:
    pair.grant("approve")
    mia.move("acme-bank", "acme")
    with unchanged(pair.owner):
        found = mia.refused("push")
    assert "may not make, rename or delete a client" in found.err
    mia.move("acme", "acme-bank")
    mia.remove("acme-bank")
    with unchanged(pair.owner):
        found = mia.run("push", "--delete=13")
    assert found.code == 1


def test_the_ledger_of_a_record_that_came_from_another_client_goes_on(pair: Pair, mia: Desk) -> None:
    acme = pair.owner.one("SELECT id FROM clients WHERE slug = 'acme-bank'")
    pair.owner.sql("UPDATE programs SET client_id = %s WHERE slug = 'ship'", acme)
    mia.ok("pull")
    (article,) = (p for p, text in mia.files().items() if b"Hidden words" in text)
    before = pair.owner.one("SELECT count(*) FROM studio_sync.versions")
    mia.edit(article, "Hidden", "Mia's")
    mia.ok("push")
    rid = pair.owner.one("SELECT id FROM sessions WHERE title = 'Hidden'") + "/article"
    numbers = pair.owner.sql("SELECT number, top FROM studio_sync.versions WHERE rid = %s ORDER BY 1", rid)
    assert [n for n, _ in numbers] == list(range(1, len(numbers) + 1))
    assert numbers[-1][1] == acme
    assert pair.owner.one("SELECT count(*) FROM studio_sync.versions") > before


def test_a_program_that_leaves_for_another_client_keeps_its_files_here(pair: Pair, mia: Desk) -> None:
    globex = pair.owner.one("SELECT id FROM clients WHERE slug = 'globex'")
    pair.owner.sql("UPDATE programs SET client_id = %s WHERE id = %s", globex, PROGRAM)
    pair.hushed("push", "--delete")
    pair.hushed("pull")
    pair.hushed("pull", "--delete=11")
    assert (mia.content / P / "program.md").exists()
    assert pair.owner.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION) == 1


def test_the_tree_that_this_test_is_about_has_a_file_of_each_kind() -> None:
    assert len(TREE) == 13
