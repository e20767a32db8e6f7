"""The merge base as one table: a test for each row of its page."""

from collections.abc import Sequence
from functools import partial

import pytest

from studio_sync.core.history.known_versions import LedgerNote, RecordHistory
from studio_sync.core.history.merge_base import (
    BaseResolution,
    GitEvidence,
    Remembered,
    Tip,
    resolve_base,
)
from studio_sync.core.history.undecided_fields import FileStates, undecided_fields
from studio_sync.core.plan.reconcile import Standing, reconcile
from studio_sync.core.values.record import Version, assembled, digests, known_digests
from studio_sync.kinds import KINDS

ARTICLE = KINDS["article"]
TEXT = "content"


def article(text: str, status: str = "draft", sources: list[str] | None = None) -> Version:
    values = {**{f.name: f.default for f in ARTICLE.fields}, TEXT: text, "status": status, "sources": sources}
    return Version("s/article", "article", "s", "", digests(ARTICLE, values))


OLD, NEW, MINE = article("old"), article("new"), article("mine")
STORY = RecordHistory(ARTICLE, {1: OLD, 2: NEW})
MEMORY = Remembered(NEW, dict.fromkeys(STORY.fields, 2), NEW)
"""The workspace has seen the new version; HEAD still holds the old one, which the ledger knows, too."""


def evidence(
    *,
    broken: bool = False,
    moved: bool = False,
    undecided: frozenset[str] = frozenset(),
    tip: Version = OLD,
    intended: frozenset[str] = frozenset(),
    committed: frozenset[str] = frozenset(),
    noted: frozenset[str] = frozenset(),
) -> GitEvidence:
    def tips() -> Sequence[Tip]:
        return [Tip(dict.fromkeys(STORY.fields, 1 if tip is OLD else 2), tip)]

    return GitEvidence(
        broken, moved, lambda _: undecided, tips, lambda: intended, lambda: committed, lambda: noted
    )


def standing(found: BaseResolution, local: Version, remote: Version = NEW) -> Standing:
    return reconcile(ARTICLE, found.base, local, remote, known=found.known).standing


def base(local: Version, memory: Remembered | None, git: GitEvidence | None) -> BaseResolution:
    return resolve_base(ARTICLE, STORY, local, NEW, memory, git)


def test_without_a_memory_history_decides():
    assert standing(base(OLD, None, evidence()), OLD) is Standing.BEHIND
    assert standing(base(MINE, None, evidence(tip=NEW)), MINE) is Standing.AHEAD


def test_what_a_lost_push_had_replaced_is_no_reason_to_go_back_behind_it():
    """The row says again what git's history knows; the file was written on what a pull had brought since."""
    found = partial(resolve_base, ARTICLE, STORY, MINE, OLD, None, evidence())
    assert standing(found(replaced=[NEW]), MINE, OLD) is Standing.CONFLICT
    assert found(replaced=[NEW]).places["status"] == 1  # both say the same of it
    for known in ([], [OLD], [article("lost, too")]):
        assert standing(found(replaced=known), MINE, OLD) is Standing.AHEAD
    seen = resolve_base(ARTICLE, STORY, MINE, NEW, None, evidence(tip=NEW), [NEW])
    assert standing(seen, MINE) is Standing.AHEAD


def test_a_file_that_says_what_was_remembered_stands_on_that():
    said = Remembered(NEW, MEMORY.places, MINE)
    assert standing(base(MINE, said, evidence(broken=True)), MINE) is Standing.AHEAD


def test_where_git_moved_head_a_file_is_an_old_one():
    assert standing(base(OLD, MEMORY, evidence(broken=True)), OLD) is Standing.BEHIND


def test_an_old_value_that_a_command_wrote_after_git_is_meant_and_nothing_else():
    git = evidence(broken=True, intended=frozenset({TEXT}))
    found = base(OLD, MEMORY, git)
    assert found.places[TEXT] == 2
    assert found.places["status"] == 1
    assert not found.remembered
    assert standing(found, OLD) is Standing.AHEAD
    assert standing(base(article("old", "review"), MEMORY, git), article("old", "review")) is Standing.AHEAD
    assert standing(base(MINE, MEMORY, git), MINE) is Standing.CONFLICT
    others = evidence(broken=True, intended=frozenset({"status"}))
    assert standing(base(OLD, MEMORY, others), OLD) is Standing.BEHIND


def test_what_was_committed_before_git_put_files_back_is_to_push():
    newest = Remembered(NEW, dict.fromkeys(STORY.fields, 2), NEW)
    for committed, expected in ((frozenset({TEXT}), Standing.AHEAD), (frozenset(), Standing.CONFLICT)):
        found = base(MINE, newest, evidence(broken=True, committed=committed))
        assert standing(found, MINE) is expected


def test_what_a_command_wrote_after_git_is_made_again():
    history = RecordHistory(ARTICLE, {1: OLD, 2: None})
    written = evidence(broken=True, intended=frozenset(history.fields))
    for git, expected in ((written, Standing.AHEAD), (evidence(broken=True), Standing.CONFLICT)):
        found = resolve_base(ARTICLE, history, MINE, None, Remembered(None), git)
        assert reconcile(ARTICLE, found.base, MINE, None, known=found.known).standing is expected


@pytest.mark.parametrize("broken", [False, True])
def test_what_was_noted_as_undecided_becomes_no_edit_whatever_git_does(*, broken: bool):
    """The file may be git's old one again; to push it takes a decision, or a command that wrote it."""
    git = partial(evidence, broken=broken, noted=frozenset({TEXT}), tip=NEW)
    for local, expected in ((MINE, Standing.CONFLICT), (NEW, Standing.AGREED)):
        assert standing(base(local, MEMORY, git()), local) is expected
    assert standing(base(OLD, MEMORY, git(tip=OLD)), OLD) is (
        Standing.BEHIND if broken else Standing.CONFLICT
    )
    assert base(MINE, MEMORY, git()).undecided == {TEXT}
    assert standing(base(MINE, MEMORY, git(intended=frozenset(STORY.fields))), MINE) is Standing.AHEAD


def test_an_edit_is_to_push():
    assert standing(base(MINE, MEMORY, evidence()), MINE) is Standing.AHEAD
    assert standing(base(MINE, MEMORY, None), MINE) is Standing.AHEAD


@pytest.mark.parametrize("moved", [False, True])
def test_an_edit_that_says_by_chance_what_somebody_decided_on_elsewhere_is_none(*, moved: bool):
    newer = article("newer")
    decided = LedgerNote(MINE, frozenset(STORY.fields), 3)
    history = RecordHistory(ARTICLE, {**STORY.versions, 3: newer}, [decided])
    for memory, expected in ((MEMORY, Standing.CONFLICT), (None, Standing.AHEAD)):
        found = resolve_base(ARTICLE, history, MINE, newer, memory, evidence(tip=NEW, moved=moved))
        assert standing(found, MINE, newer) is expected


def test_a_base_never_moves_to_an_older_version():
    found = base(MINE, MEMORY, evidence(moved=True))
    assert standing(found, MINE) is Standing.AHEAD
    assert set(found.places.values()) == {2}


def test_a_memory_says_nothing_about_a_field_that_it_did_not_have():
    told = {name: part for name, part in known_digests(ARTICLE, NEW).items() if name != TEXT}
    places = {name: 2 for name in MEMORY.places if name != TEXT}
    memory = Remembered(assembled(ARTICLE, NEW.rid, told, NEW), places)
    later = RecordHistory(ARTICLE, {1: OLD, 2: NEW, 3: MINE})
    found = resolve_base(ARTICLE, later, NEW, MINE, memory, evidence())
    assert TEXT not in found.places
    assert standing(found, NEW, MINE) is Standing.CONFLICT


def test_what_was_typed_back_is_to_push():
    assert standing(base(OLD, MEMORY, evidence()), OLD) is Standing.AHEAD


def test_what_is_undecided_is_a_conflict_in_that_field_alone():
    found = base(OLD, MEMORY, evidence(undecided=frozenset({TEXT})))
    delta = reconcile(ARTICLE, found.base, article("old", sources=["one"]), NEW, known=True)
    assert delta.fields == {TEXT: Standing.CONFLICT, "sources": Standing.AHEAD}
    assert found.undecided == {TEXT}


def test_a_file_that_is_there_again_is_made_anew_or_undecided():
    history = RecordHistory(ARTICLE, {1: OLD, 2: None})
    gone = Remembered(None)
    anew = resolve_base(ARTICLE, history, OLD, None, gone, evidence())
    assert reconcile(ARTICLE, anew.base, OLD, None, known=anew.known).standing is Standing.AHEAD
    unclear = resolve_base(ARTICLE, history, OLD, None, gone, evidence(undecided=frozenset({TEXT})))
    assert reconcile(ARTICLE, unclear.base, OLD, None, known=unclear.known).standing is Standing.CONFLICT


# --- which fields nobody can tell about


@pytest.mark.parametrize(
    ("local", "said", "head", "before", "typed", "intended", "expected"),
    [
        pytest.param(OLD, NEW, OLD, OLD, False, (), {TEXT}, id="says wholly what HEAD says"),
        pytest.param(OLD, NEW, OLD, OLD, True, (), set(), id="younger than the index"),
        pytest.param(OLD, NEW, OLD, OLD, False, (TEXT,), set(), id="written by a command"),
        pytest.param(OLD, NEW, OLD, NEW, False, (), set(), id="committed here since"),
        pytest.param(MINE, NEW, OLD, OLD, False, (), set(), id="says something else"),
        pytest.param(article("old", "review"), NEW, OLD, OLD, True, (), {TEXT}, id="edited beside it"),
        pytest.param(
            article("old", "review"),
            article("new", "review"),
            OLD,
            OLD,
            False,
            (),
            set(),
            id="one of two fields",
        ),
        pytest.param(OLD, OLD, OLD, OLD, False, (), set(), id="as it was remembered"),
        pytest.param(None, NEW, OLD, OLD, False, (), set(), id="deleted"),
        pytest.param(OLD, NEW, None, None, False, (), set(), id="in no commit"),
        pytest.param(OLD, None, OLD, OLD, False, (), {TEXT, "status", "sources"}, id="there again"),
    ],
)
def test_undecided_is_what_neither_git_nor_a_person_is_known_to_have_written(
    local, said, head, before, typed, intended, expected
):
    found = undecided_fields(ARTICLE, FileStates(local, said, head, before), typed=typed, intended=intended)
    assert found == expected


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        pytest.param(OLD, {TEXT}, id="as HEAD has it"),
        pytest.param(MINE, {TEXT}, id="edited after it"),
        pytest.param(article("old", "review"), {TEXT}, id="edited beside it, where both have the same"),
        pytest.param(NEW, set(), id="as it was remembered"),
    ],
)
@pytest.mark.parametrize("typed", [True, False])
def test_an_edit_of_what_the_index_has_seen_as_head_has_it_stands_on_nobody_knows_what(
    local, expected, typed
):
    found = undecided_fields(ARTICLE, FileStates(local, NEW, OLD, OLD), typed=typed, rewritten=True)
    assert found == expected


@pytest.mark.parametrize("typed", [True, False])
def test_an_edit_after_head_was_put_back_is_known_where_head_is_what_is_remembered(typed):
    assert not undecided_fields(ARTICLE, FileStates(MINE, OLD, OLD, OLD), typed=typed, rewritten=True)


@pytest.mark.parametrize("local", [OLD, MINE])
def test_what_was_noted_as_undecided_is_decided_by_a_command_alone(local):
    file = FileStates(local, NEW, local, OLD)
    found = partial(undecided_fields, ARTICLE, file, typed=True, committed=[TEXT])
    assert not found()
    assert found(noted=[TEXT]) == {TEXT}
    assert not found(noted=[TEXT], intended=[TEXT])
    assert not undecided_fields(ARTICLE, FileStates(NEW, NEW, OLD, OLD), typed=True, noted=[TEXT]), (
        "typed again"
    )
