"""`studio db prune`: the ledger made smaller, and nobody's base taken away."""

from datetime import datetime, timedelta

import pytest

from studio_sync.database.postgres.ledger import prune
from studio_sync.database.values.ledger_values import FOUND
from tests.harness import S1, S2, SESSION, Desk, unchanged
from tests.repository import clone, commit, git

DAY = "2026-01-15"


def age(desk: Desk, date: str) -> None:
    """Make every run that is younger than that one of an earlier day."""
    desk.sql("UPDATE studio_sync.runs SET at = %s WHERE at > %s", date, date)


def numbers(desk: Desk) -> list[int]:
    """The versions of the article that there are."""
    query = "SELECT number FROM studio_sync.versions WHERE rid = %s ORDER BY number"
    return [n for (n,) in desk.sql(query, f"{SESSION}/article")]


@pytest.fixture
def old(desk: Desk) -> Desk:
    """A workspace with four versions of its article: two from before the day, and two from after it."""
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    before = "three"
    for word, date in (
        ("three", "2025-12-01"),
        ("eleven", "2026-01-01"),
        ("seven", "2026-02-01"),
        ("six", "2026-03-01"),
    ):
        desk.write(f"{S1}/article.md", desk.read(f"{S1}/article.md").replace(before, word))
        before = word
        desk.ok("push")
        age(desk, date)
        commit(desk, word)
        git(desk, "branch", word)
    assert numbers(desk) == [1, 2, 3, 4]
    return desk


def test_what_was_old_on_that_day_goes_and_what_stood_then_stays(old):
    with unchanged(old):
        out = old.ok("db", "prune", "--before", DAY, "--yes").out
    assert out.startswith("deleted 1 version; ")
    assert numbers(old) == [2, 3, 4]
    assert old.standings() == {}
    assert old.ok("db", "prune", "--before", DAY, "--yes").out == "nothing to delete\n"


@pytest.mark.parametrize("estimated", [False, True])
def test_parts_as_small_as_can_be_take_the_same(old, monkeypatch, estimated):
    for name in ("_FIRST", "_LEAST", "_MOST", "_RUNS"):
        monkeypatch.setattr(prune, name, 1)
    if estimated:
        monkeypatch.setattr(prune, "_COUNTED", 3)
        old.sql("ANALYZE studio_sync.versions")
    foreseen = old.ok("db", "prune", "--before", "2026-04-01", "-n").out
    assert foreseen.startswith("would delete 3 versions of 1 record from before ")
    assert foreseen.endswith("; about 13 stay\n" if estimated else "; 13 stay\n")
    assert old.ok("db", "prune", "--before", "2026-04-01", "--yes").out.startswith("deleted 3 versions; ")
    assert numbers(old) == [4]


def test_the_newest_version_always_stays(old):
    old.ok("db", "prune", "--before", "2026-04-01", "--yes")
    assert numbers(old) == [4]
    assert old.one("SELECT count(DISTINCT rid) FROM studio_sync.versions") == 13


def test_a_deletion_stays_known(old):
    old.remove(S2)
    old.ok("push", "--delete")
    age(old, "2026-03-02")
    old.ok("db", "prune", "--before", "2026-04-01", "--yes")
    fresh = old.clone("fresh")
    assert fresh.standings() == {}
    assert not any(path.startswith(S2) for path in fresh.files())


def test_the_version_that_a_note_names_stays(old):
    old.sql(
        "INSERT INTO studio_sync.notes SELECT gen_random_uuid(), run, top, kind, rid, parent, slot, digests,"
        " '{content}', number FROM studio_sync.versions WHERE rid = %s AND number = 1",
        f"{SESSION}/article",
    )
    old.ok("db", "prune", "--before", "2026-04-01", "--yes")
    assert numbers(old) == [1, 4]


def test_whoever_synced_since_that_day_is_merely_behind_and_an_older_tree_has_a_conflict(old):
    old.ok("db", "prune", "--before", DAY, "--yes")
    young, late = (clone(old, name, "--branch", name) for name in ("eleven", "three"))
    assert young.standings() == {f"{S1}/article.md": {"content": "behind"}}
    assert late.standings() == {f"{S1}/article.md": {"content": "conflict"}}
    late.refused("push")
    assert old.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("One two six.")


def test_the_log_and_show_tell_what_is_left(old):
    old.ok("db", "prune", "--before", DAY, "--yes")
    runs = old.json("log", f"content/{S1}/article.md")["runs"]
    assert len(runs) == 3
    oldest = runs[-1]["revision"]
    assert "what it was before was pruned from the ledger" in old.ok("show", oldest).out
    with unchanged(old):
        found = old.refused("undo", oldest)
    assert (
        f"content/{S1}/article.md: error[pruned] what it was before was pruned from the ledger" in found.err
    )
    assert oldest[:8] in old.ok("log", f"content/{S1}/article.md").out, "as the hint says: what is left"


def test_a_dry_run_counts_and_deletes_nothing(old):
    out = old.ok("db", "prune", "--before", "2026-04-01", "-n").out
    assert out.startswith("would delete 3 versions of 1 record from before 2026-04-01 00:00")
    assert numbers(old) == [1, 2, 3, 4]


def test_without_a_yes_nothing_is_deleted(old):
    result = old.refused("db", "prune", "--before", DAY)
    assert "add --yes to do it" in result.err
    assert numbers(old) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("date", "said"),
    [("soon", "is no date"), ("2999-01-01", "is in the future"), ("9999-12-31", "is in the future")],
)
def test_a_date_that_is_none_is_refused(desk, date, said):
    result = desk.run("db", "prune", "--before", date, "--yes")
    assert (result.code, said in result.err) == (2, True)


def test_what_a_push_found_and_replaced_stays_for_90_days_whatever_the_date(old: Desk) -> None:
    old.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    old.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    old.ok("push")
    runs = "SELECT id FROM studio_sync.runs WHERE source = %s"
    found = f"SELECT count(*) FROM studio_sync.versions WHERE run IN ({runs})"
    yesterday = (datetime.now().astimezone() - timedelta(days=1)).isoformat()
    for days, kept in ((89, 1), (91, 0)):
        old.sql("UPDATE studio_sync.runs SET at = now() - %s * interval '1 day' WHERE at > %s", days, DAY)
        old.ok("db", "prune", "--before", yesterday, "--yes")
        assert old.one(found, FOUND) == kept
