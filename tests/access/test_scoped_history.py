"""`log`, `show` and `restore` of a role that was granted one client."""

from tests.access.test_scoped_desk import Pair, pair  # noqa: F401
from tests.harness import S1
from tests.serve.asking import Asked


def test_a_writer_reads_the_history_of_its_client_and_restores_from_it(pair: Pair) -> None:  # noqa: F811
    mia, article = pair.mia, f"content/{S1}/article.md"
    mia.ok("pull")
    before = mia.read(f"{S1}/article.md")
    mia.edit(f"{S1}/article.md", "One two", "Two one")
    mia.ok("push", "-m", "turned round")
    assert "turned round" in pair.hushed("log")
    assert "turned round" in pair.hushed("log", article)
    newest = mia.json("log")["runs"][0]
    assert newest["role"] == pair.role
    assert "Two one" in pair.hushed("show", newest["revision"])
    mia.ok("restore", article, "--to", f"{newest['revision']}^")
    assert mia.read(f"{S1}/article.md") == before
    mia.ok("push")
    assert pair.owner.one("SELECT count(*) FROM articles WHERE content LIKE 'One two%%'") == 1


def test_runs_of_another_client_are_not_to_be_found(pair: Pair) -> None:  # noqa: F811
    pair.mia.ok("pull")
    pair.owner.edit("globex/ship/program.md", "Hidden", "Hidden still")
    pair.owner.ok("push", "-m", "about globex alone")
    (run,) = pair.owner.one("SELECT array_agg(id::text) FROM studio_sync.runs WHERE message LIKE 'about%%'")
    assert "about" not in pair.hushed("log")
    found = pair.mia.run("show", run)
    assert found.code != 0
    assert "about" not in found.text
    found = pair.mia.run("restore", "content/acme-bank", "--to", run)
    assert found.code != 0
    assert "about" not in found.text


def test_nothing_is_said_of_the_history_of_a_client_that_was_not_granted(pair: Pair) -> None:  # noqa: F811
    """It was "nothing was pushed here yet", and "not pushed" beside each sentence."""
    mia, theirs = pair.mia, "content/globex/ship/program.md"
    mia.ok("pull")
    mia.write("globex/ship/program.md", pair.owner.read("globex/ship/program.md"))
    for command in (
        ["blame", theirs], ["log", theirs], ["log", "content/globex"], ["pull", "--adopt-ids", theirs],
        ["restore", theirs, "--to", "2026-11-30T07:00"],
    ):  # fmt: skip
        found = mia.run(*command)
        assert (found.code, found.out) == (3, "")
        assert f"the role {pair.role} was not granted content/globex" in found.err
    mia.write("globex/client.md", pair.owner.read("globex/client.md"))
    for side in ("database", "base"):
        found = mia.run("show", "--side", side, theirs)
        assert (found.code, found.out) == (3, ""), "the file says nothing about the row"
        assert f"the role {pair.role} was not granted this" in found.err
    mia.ok("show", "--side", "files", theirs)
    asked, folder = Asked(mia), "globex/ship"
    for page, query in (
        (f"at/{folder}", "from=database"), (f"at/{folder}", "from=2026-11-30"), (f"differences/{folder}", ""),
        (f"at/{folder}", "from=blame"), (f"history/{folder}", ""),
    ):  # fmt: skip
        answer = asked.get(page, query)
        assert (answer.status, f"the role {pair.role} was not granted" in answer.text) == (503, True), page
    assert asked.get(f"at/{folder}").status == asked.get(f"differences/{S1}").status == 200
    mia.ok("blame", f"content/{S1}/article.md")
    mia.ok("log", "content/acme-bank")


def test_who_was_granted_what_is_the_owners_and_no_way_out_gives_it_away(pair: Pair) -> None:  # noqa: F811
    """The hint was to GRANT the role the list of grants, to be written."""
    found = pair.mia.run("db", "access")
    assert (found.code, "GRANT" in found.text) == (3, False)
    assert "connect as the owner of the tables" in found.err
