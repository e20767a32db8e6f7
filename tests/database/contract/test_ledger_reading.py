"""What a store's ledger tells: what is known of records, and what happened to them."""

from datetime import timedelta

import pytest
from psycopg import DataError

from studio_sync.database.store import Store
from studio_sync.database.values.ledger_past import LastKnown, LedgerMoment, RunFilter
from studio_sync.database.values.ledger_values import AGENT_PUSH, PART_PUSH, WHOLE_PUSH, Run, found_run
from studio_sync.errors import StudioError
from tests.database.contract.backends import Backend
from tests.database.contract.scene import (
    ARTICLE,
    ARTICLE_KIND,
    CHAPTER,
    CLIENT,
    CLIENT_KIND,
    NEW,
    ONE,
    OTHER,
    SESSION_KIND,
    Writing,
    fill,
    row_of,
    run_now,
)

RID = f"{ONE}/article"


@pytest.fixture(autouse=True)
def filled(backend: Backend) -> None:
    fill(backend)


def push(store: Store, said: str, **more: object) -> Run:
    run = run_now(**more)
    Writing().update(row_of(store, ARTICLE_KIND, ARTICLE), content=said).write(store, run)
    return run


def test_all_versions_of_a_record_are_known_with_what_they_say(backend: Backend) -> None:
    with backend.open() as store:
        push(store, "A"), push(store, "B")
        ledger = store.ledger()
        assert (ledger.readable, ledger.writable, ledger.bounded, ledger.is_newer) == (
            True,
            True,
            False,
            False,
        )
        ledger.hold_writable("here")
        history = ledger.histories([RID])[RID]
        assert list(history.versions) == [1, 2, 3]
        documents = ledger.documents({(RID, 1), (RID, 3), (RID, 9)})
        assert {key: said["content"] for key, said in documents.items()} == {
            (RID, 1): "One two",
            (RID, 3): "B",
        }
        assert ledger.repeated([RID, ONE]) == {RID}
        assert ledger.last_rows([RID]) == {RID: ARTICLE}
        assert ledger.former_tops([RID]) == {RID: {CLIENT}}
        assert ledger.odd_entries(None) == {}
        assert ledger.odd_entries([CLIENT]) == {}
        assert list(ledger.missing_indexes()) == []
        assert ledger.left_out == set()


def test_an_empty_ledger_knows_nothing(backend: Backend) -> None:
    with backend.open() as store:
        ledger = store.ledger()
        assert ledger.newest_run() == ""
        assert ledger.histories([RID]) == ledger.latest([RID]) == ledger.documents({(RID, 1)}) == {}
        assert not store.has_run(run_now().id)
        assert list(store.past().runs(None, 10)) == []
        assert store.past().held(None) == {}


@pytest.mark.parametrize("ask", ["histories", "latest", "repeated", "last_rows", "former_tops"])
def test_an_identity_that_no_database_can_keep_is_refused(backend: Backend, ask: str) -> None:
    """So what was run in memory alone doesn't end on a server only."""
    with backend.open() as store, pytest.raises((StudioError, DataError), match="NUL"):
        getattr(store.ledger(), ask)(["\0"])


def test_the_newest_run_is_that_which_wrote_last(backend: Backend) -> None:
    with backend.open() as store:
        first, second = push(store, "A"), push(store, "B")
        assert store.ledger().newest_run() == second.id
        assert store.ledger().newest_of({first.id, run_now().id}) == first.id
        assert store.ledger().newest_of({run_now().id}) == ""


def test_a_decision_is_known_by_its_reason(backend: Backend) -> None:
    with backend.open() as store:
        writing = Writing(decisions={RID: '{"reopen": "a slip"}'})
        writing.update(row_of(store, ARTICLE_KIND, ARTICLE), content="A").write(store)
        ledger = store.ledger()
        assert ledger.was_decided(RID, "reopen", "a slip")
        assert not ledger.was_decided(RID, "reopen", "another")
        assert not ledger.was_decided(RID, "delete", "a slip")
        (entered,) = store.past().entered([ledger.newest_run()])
        assert entered.decision == {"reopen": "a slip"}


@pytest.mark.parametrize(
    ("source", "covers", "asked", "counts"),
    [
        (WHOLE_PUSH, None, None, True),
        (WHOLE_PUSH, None, {CLIENT}, True),
        (WHOLE_PUSH, {CLIENT}, {CLIENT}, True),
        (WHOLE_PUSH, {CLIENT, OTHER}, {CLIENT}, True),
        (WHOLE_PUSH, {OTHER}, {CLIENT}, False),
        (WHOLE_PUSH, {CLIENT}, None, False),
        (PART_PUSH, None, None, False),
        (AGENT_PUSH, None, None, False),
    ],
)
def test_a_commit_was_pushed_if_a_whole_push_covered_what_is_asked(
    backend: Backend, source: str, covers: set[str] | None, asked: set[str] | None, *, counts: bool
) -> None:
    commit = "ab" * 20
    with backend.open() as store:
        push(store, "A", source=source, commit=commit, covers=covers)
        assert (commit in store.ledger().pushed_commits(asked, [commit, "cd" * 20])) == counts
        assert store.ledger().pushed_commits(asked, []) == set()


def test_runs_are_told_newest_first_and_by_what_is_asked(backend: Backend) -> None:
    with backend.open() as store:
        first, second = push(store, "A"), push(store, "B", message="why")
        Writing().create(SESSION_KIND, NEW, CHAPTER, "1.3", title="New").write(store, third := run_now())
        past = store.past()
        found = found_run(first.id)
        assert [run.id for run in past.runs(None, 10)] == [third.id, second.id, first.id, found]
        assert [run.id for run in past.runs(None, 2)] == [third.id, second.id]
        assert [run.id for run in past.runs([RID], 10)] == [second.id, first.id, found]
        assert [run.id for run in past.runs(None, 10, RunFilter(kinds=["session"]))] == [third.id]
        assert [run.id for run in past.runs(None, 10, RunFilter(author="ADA@"))] == [
            run.id for run in past.runs(None, 10)
        ]
        assert list(past.runs(None, 10, RunFilter(author="bo"))) == []
        at = {run.id: run.at for run in past.runs(None, 10)}
        assert [run.id for run in past.runs(None, 10, RunFilter(since=at[second.id]))] == [
            third.id,
            second.id,
        ]
        assert [run.id for run in past.runs(None, 10, RunFilter(until=at[second.id]))] == [first.id, found]
        (told,) = past.run(second.id[:8])
        assert (told.id, told.message, told.source) == (second.id, "why", WHOLE_PUSH)
        assert told.actor == "Ada <ada@example.org>"
        assert list(past.run("0" * 31)) == []


def test_what_a_run_entered_is_told_with_what_was_before(backend: Backend) -> None:
    with backend.open() as store:
        first, second = push(store, "A"), push(store, "B")
        versions = store.ledger().histories([RID])[RID].versions
        (entered,) = store.past().entered([second.id])
        assert (entered.run, entered.number, entered.before_number, entered.known) == (second.id, 3, 2, True)
        assert (entered.before, entered.after) == (versions[2], versions[3])
        both = list(store.past().entered([first.id, found_run(first.id)], [RID]))
        assert [(e.number, e.before is None) for e in both] == [(1, True), (2, False)]
        assert list(store.past().entered([first.id], [ONE])) == []


def test_what_was_last_known_of_every_record_is_held(backend: Backend) -> None:
    with backend.open() as store:
        push(store, "A")
        Writing().delete(row_of(store, ARTICLE_KIND, ARTICLE)).write(store)
        held = store.past().held(None)
        assert isinstance(held[RID], LastKnown)
        assert (held[RID].number, held[RID].deleted, held[RID].place.parent) == (3, True, ONE)
        assert store.past().held([CLIENT]) == held
        assert store.past().held([OTHER]) == {}


def test_tops_and_titles_are_found(backend: Backend) -> None:
    with backend.open() as store:
        Writing().update(row_of(store, CLIENT_KIND, CLIENT), name="New name").write(store)
        past = store.past()
        assert list(past.tops("client", ["mine"])) == [CLIENT]
        assert list(past.tops("client", ["others"])) == []
        assert past.titles("name", [CLIENT, OTHER]) == {CLIENT: "New name"}


def test_records_say_what_they_said_at_a_moment(backend: Backend) -> None:
    with backend.open() as store:
        first, second = push(store, "A"), push(store, "B")
        past = store.past()
        at = {run.id: run.at for run in past.runs(None, 10)}

        def said(moment: LedgerMoment) -> object:
            found = past.at([RID], moment).get(RID)
            return found and found.values and found.values["content"]

        assert said(LedgerMoment(at[first.id], first.id)) == "A"
        assert said(LedgerMoment(at[first.id], first.id, before=True)) == "One two"
        assert said(LedgerMoment(at[second.id], second.id)) == "B"
        assert said(LedgerMoment(at[second.id], second.id, before=True)) == "A"
        assert said(LedgerMoment(at[second.id])) == "B"
        assert said(LedgerMoment(at[second.id], before=True)) == "A"
        assert said(LedgerMoment(at[first.id] - timedelta(days=1))) is None


def test_who_made_what_rows_say_is_known(backend: Backend) -> None:
    with backend.open() as store:
        run, past = push(store, "A", message="why"), store.past()
        row = row_of(store, ARTICLE_KIND, ARTICLE)
        author = past.authors([RID, ONE])[RID]
        assert (author.version, author.actor, author.message) == (row.version(), run.actor, "why")
        assert past.last_changes({RID: row.version()})[RID].actor == run.actor
        runs = past.record_runs({RID: "article"})[RID]
        assert [(one.number, one.source) for one in runs] == [(1, "found before push"), (2, WHOLE_PUSH)]
        assert not past.record_runs({RID: "video"})
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "Theirs"})
        assert past.last_changes({RID: row_of(store, ARTICLE_KIND, ARTICLE).version()}) == {}
