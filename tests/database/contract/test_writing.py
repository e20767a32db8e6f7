"""What a store writes: a plan in one transaction, or nothing of it."""

import pytest

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.status.guards import Policy
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.ledger_values import Entry, PulledVersion
from studio_sync.errors import StudioError, UnavailableError
from studio_sync.kinds import KINDS
from tests.database.contract.backends import Backend
from tests.database.contract.scene import (
    ARTICLE,
    ARTICLE_KIND,
    CHAPTER,
    CHAPTER_2,
    CHAPTER_KIND,
    CLIENT,
    KNOWLEDGE_KIND,
    NEW,
    ONE,
    PROGRAM,
    PROGRAM_KIND,
    SESSION_KIND,
    TWO,
    Writing,
    fill,
    row_of,
    run_now,
    uid,
)


@pytest.fixture(autouse=True)
def filled(backend: Backend) -> None:
    fill(backend)


def test_rows_come_change_and_go_with_their_versions(backend: Backend) -> None:
    run = run_now(message="why")
    with backend.open() as store:
        article, second = row_of(store, ARTICLE_KIND, ARTICLE), row_of(store, SESSION_KIND, TWO)
        writing = Writing().update(article, content="Uno dos").delete(second)
        writing.create(SESSION_KIND, NEW, CHAPTER, "1.3", title="New")
        written = writing.write(store, run)
        assert store.has_run(run.id)
        assert row_of(store, ARTICLE_KIND, ARTICLE).version() == writing.changes[0].after
        assert row_of(store, ARTICLE_KIND, ARTICLE).token == written.token
        assert store.tree.present_ids(SESSION_KIND, [ONE, TWO, NEW]) == {ONE, NEW}
        latest = store.ledger().latest([f"{ONE}/article", TWO, NEW])
        # What a push replaces, and the ledger did not know, is entered before it.
        assert {rid: number for rid, (number, _) in latest.items()} == {f"{ONE}/article": 2, TWO: 2, NEW: 1}
        assert latest[TWO][1] is None
        assert latest[NEW][1] == writing.changes[2].after
        assert written.numbers == {f"{ONE}/article": 2, TWO: 2, NEW: 1}


def test_nothing_is_written_where_one_row_is_not_what_the_plan_saw(backend: Backend) -> None:
    run = run_now()
    with backend.open() as store:
        article, session = row_of(store, ARTICLE_KIND, ARTICLE), row_of(store, SESSION_KIND, ONE)
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "Theirs"})
        before = store.rows().digest()
        with pytest.raises(StaleError, match="has changed"):
            Writing().update(session, title="T").update(article, content="Mine").write(store, run)
        assert store.rows().digest() == before
        assert not store.has_run(run.id)
        assert store.ledger().latest([ONE, f"{ONE}/article"]) == {}


def test_a_token_that_moved_is_no_change(backend: Backend) -> None:
    with backend.open() as store:
        article = row_of(store, ARTICLE_KIND, ARTICLE)
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "One two"})
        Writing().update(article, content="Mine").write(store)


def test_a_row_that_is_gone_stops_a_plan(backend: Backend) -> None:
    with backend.open() as store:
        article = row_of(store, ARTICLE_KIND, ARTICLE)
        backend.delete(ARTICLE_KIND, ARTICLE)
        with pytest.raises(StaleError, match="gone"):
            Writing().update(article, content="Mine").write(store)


def test_a_row_above_that_is_gone_stops_a_plan(backend: Backend) -> None:
    with backend.open() as store:
        backend.delete(CHAPTER_KIND, CHAPTER)
        with pytest.raises(StaleError, match="above what would be written is gone"):
            Writing().create(SESSION_KIND, NEW, CHAPTER, "1.3", title="New").write(store)


def test_a_row_that_came_below_one_that_goes_stops_a_plan(backend: Backend) -> None:
    with backend.open() as store:
        second = row_of(store, SESSION_KIND, TWO)
        backend.insert(ARTICLE_KIND, uid(30), TWO, "", {"content": "New", "status": "draft"})
        with pytest.raises(StaleError, match="has appeared"):
            Writing().delete(second).write(store)
        assert store.tree.present_ids(SESSION_KIND, [TWO]) == {TWO}


def test_a_place_is_that_of_one_row(backend: Backend) -> None:
    with backend.open() as store, pytest.raises(StaleError):
        Writing().create(SESSION_KIND, NEW, CHAPTER, "1.2", title="New").write(store)


def test_an_id_is_that_of_one_row(backend: Backend) -> None:
    with backend.open() as store, pytest.raises(StaleError):
        Writing().create(ARTICLE_KIND, ARTICLE, TWO, "", content="New").write(store)


def test_rows_change_places(backend: Backend) -> None:
    with backend.open() as store:
        one, two = row_of(store, SESSION_KIND, ONE), row_of(store, SESSION_KIND, TWO)
        Writing().update(one, slot="1.2").update(two, slot="1.1").write(store)
        assert store.tree.rows_below(SESSION_KIND, [CHAPTER]) == {
            (CHAPTER, "1.2"): ONE,
            (CHAPTER, "1.1"): TWO,
        }


def test_rows_move_out_of_what_goes(backend: Backend) -> None:
    with backend.open() as store:
        one, two = row_of(store, SESSION_KIND, ONE), row_of(store, SESSION_KIND, TWO)
        chapter = row_of(store, CHAPTER_KIND, CHAPTER)
        writing = Writing().delete(chapter).update(one, parent=CHAPTER_2, slot="2.1")
        writing.update(two, parent=CHAPTER_2, slot="2.2").write(store)
        assert store.tree.present_ids(CHAPTER_KIND, [CHAPTER]) == set()
        assert store.tree.rows_below(SESSION_KIND, [CHAPTER_2]) == {
            (CHAPTER_2, "2.1"): ONE,
            (CHAPTER_2, "2.2"): TWO,
        }
        assert store.tree.present_ids(ARTICLE_KIND, [ARTICLE]) == {ARTICLE}


def test_a_new_row_gets_a_place_and_its_siblings_make_room(backend: Backend) -> None:
    with backend.open() as store:
        writing = Writing().create(SESSION_KIND, NEW, CHAPTER, "1.1.5", title="New")
        written = writing.write(store)
        (rows,) = store.rows().siblings(SESSION_KIND, [CHAPTER]).values()
        assert [own for own, _, _ in sorted(rows, key=lambda row: row[2])] == [ONE, NEW, TWO]
        assert written.orders == {own: order for own, _, order in rows if own in written.orders}
        (sibling,) = written.orders.keys() - {NEW}
        # Who only made room is kept first, too, and the push enters what that row says now.
        versions = store.ledger().latest([sibling])[sibling]
        assert (versions[0], written.numbers[sibling]) == (2, 2)
        assert versions[1] == row_of(store, SESSION_KIND, sibling).version()


def test_counts_are_kept_true(backend: Backend) -> None:
    with backend.open() as store:
        before = row_of(store, PROGRAM_KIND, PROGRAM).token
        writing = Writing().create(SESSION_KIND, NEW, CHAPTER, "1.3", title="New")
        written = writing.create(KNOWLEDGE_KIND, uid(31), CLIENT, "terminology", content={"a": 1}).write(
            store
        )
        assert backend.columns(PROGRAM_KIND, PROGRAM, ["total_sessions"]) == [3]
        assert written.touched == {PROGRAM: (before, written.token)}
        knowledge = row_of(store, KNOWLEDGE_KIND, uid(31))
        assert backend.columns(KNOWLEDGE_KIND, uid(31), ["version"]) == [1]
        Writing().update(knowledge, content={"a": 2}).write(store)
        assert backend.columns(KNOWLEDGE_KIND, uid(31), ["version"]) == [2]
        article = row_of(store, ARTICLE_KIND, ARTICLE)
        Writing().update(article, content="One two three").write(store)
        assert backend.columns(ARTICLE_KIND, ARTICLE, ["word_count"]) == [3]


def test_guards_judge_once_more_under_the_lock(backend: Backend) -> None:
    policy = Policy(KINDS)
    with backend.open() as store:
        session = row_of(store, SESSION_KIND, ONE)
        writing = Writing(more={"policy": policy}).update(session, status="content_created")
        with pytest.raises(StaleError):
            writing.write(store)
        assert row_of(store, SESSION_KIND, ONE).values == session.values


def test_a_row_that_somebody_holds_is_not_waited_for_for_ever(backend: Backend) -> None:
    run = run_now()
    with backend.open() as store:
        article = row_of(store, ARTICLE_KIND, ARTICLE)
    with backend.holding(ARTICLE_KIND, ARTICLE):
        with pytest.raises(UnavailableError), backend.open() as store:
            Writing().update(article, content="Mine").write(store, run)
        with backend.open() as store:
            assert not store.has_run(run.id)
            assert store.holders()
    with backend.open() as store:
        Writing().update(article, content="Mine").write(store, run)
        assert store.holders() == ""


def test_what_fails_leaves_nothing_locked(backend: Backend) -> None:
    with backend.open() as store:
        article = row_of(store, ARTICLE_KIND, ARTICLE)
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "Theirs"})
        with pytest.raises(StudioError):
            Writing().update(article, content="Mine").write(store)
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "One two"})
        Writing().update(article, content="Mine").write(store)


# --- what a pull enters


def seen(store, *, version=True) -> PulledVersion:
    row = row_of(store, ARTICLE_KIND, ARTICLE)
    found, text, _ = row.version_and_json()
    entry = Entry(row.rid, "article", CLIENT, row.id, row.parent, row.slot, found.digests, lambda: text)
    return PulledVersion(entry, found if version else None, row.token)


def test_what_was_seen_is_entered_if_the_row_still_says_it(backend: Backend) -> None:
    run = run_now("pull")
    with backend.open() as store:
        one = seen(store)
        entered = store.record_pulled(run, [one])
        assert (entered.numbers, entered.locked) == ({f"{ONE}/article": 1}, frozenset())
        assert store.ledger().latest([f"{ONE}/article"]) == {f"{ONE}/article": (1, one.version)}
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "Later"})
        assert store.record_pulled(run_now("pull"), [one]).numbers == {}


def test_a_deletion_that_was_seen_is_entered_if_the_row_is_still_gone(backend: Backend) -> None:
    with backend.open() as store:
        store.record_pulled(run_now("pull"), [seen(store)])
        gone = PulledVersion(Entry(f"{ONE}/article", "article", CLIENT, ARTICLE, ONE, ""), None, None)
        assert store.record_pulled(run_now("pull"), [gone]).numbers == {}
        backend.delete(ARTICLE_KIND, ARTICLE)
        assert store.record_pulled(run_now("pull"), [gone]).numbers == {f"{ONE}/article": 2}
        assert store.ledger().latest([f"{ONE}/article"]) == {f"{ONE}/article": (2, None)}


def test_a_row_that_somebody_holds_is_left_for_another_pull(backend: Backend) -> None:
    with backend.open() as store:
        one = seen(store)
        with backend.holding(ARTICLE_KIND, ARTICLE):
            entered = store.record_pulled(run_now("pull"), [one])
        assert (entered.numbers, entered.locked) == ({}, {f"{ONE}/article"})


def test_notes_are_entered_beside_versions(backend: Backend) -> None:
    with backend.open() as store:
        one = seen(store)
        store.record_pulled(run_now("pull"), [one])
        assert one.version is not None
        note = LedgerNote(one.version, frozenset({"content"}), 1)
        assert store.record_notes(run_now("pull"), [(CLIENT, note)])
        assert not store.record_notes(run_now("pull"), [])
        history = store.ledger().histories([f"{ONE}/article", ONE])
        assert history.keys() == {f"{ONE}/article"}
        assert list(history[f"{ONE}/article"].notes) == [note]
        assert store.record_notes(run_now("undo"), [(CLIENT, note.withdrawal)])
        history = store.ledger().histories([f"{ONE}/article"])
        assert list(history[f"{ONE}/article"].notes) == []
        assert list(history[f"{ONE}/article"].withdrawn) == [note]
        assert history[f"{ONE}/article"].versions == {1: one.version}
