"""Commits that HEAD was moved back from: their approvals stay theirs."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from studio_sync.core.status.approval import CommitState, approved_in_history
from studio_sync.core.status.left_commits import LeftCommit, joined_to_left

DONE = "approved"


def state(
    commit: str, parents: str = "", words: str = "a", author: str = "ann", *, done: bool = True
) -> CommitState:
    return CommitState(commit, tuple(parents), DONE if done else "review", words, author)


def approved(states: Collection[CommitState], tip: str, *left: LeftCommit) -> dict[str, set[str]]:
    """The approved words, each with those who have read them; `states` are newest first."""
    joined, heads = joined_to_left({s.commit: s for s in states}, tip, left, DONE)
    readers = approved_in_history(joined, heads, DONE).readers
    return {words: set(people) for words, people in readers.items()}


ROOT = state("r", words="b", done=False)
BOB = state("x", "r", "b", "bob")
LEFT = LeftCommit("x", frozenset())


def test_the_files_go_on_from_a_left_commit_where_no_tip_has_the_status():
    assert approved([BOB, ROOT], "r") == {}
    assert approved([BOB, ROOT], "r", LEFT) == {"b": {"bob"}}


def test_a_commit_made_since_goes_on_from_it_as_an_edit():
    after = LeftCommit("x", frozenset("c"))
    assert approved([state("c", "r", "c"), BOB, ROOT], "c", after) == {"b": {"bob"}}
    assert approved([state("c", "r", "c", "bob"), BOB, ROOT], "c", after) == {"b": {"bob"}, "c": {"bob"}}


def test_a_commit_that_was_made_elsewhere_does_not():
    assert approved([state("c", "r", "c"), BOB, ROOT], "c", LEFT) == {"c": {"ann"}}


def test_once_a_commit_made_since_had_the_status_what_was_left_is_over():
    reopened = [state("d", "c", "c", done=False), state("c", "r", "b"), BOB, ROOT]
    assert approved(reopened, "d", LeftCommit("x", frozenset("cd"))) == {}


def test_a_left_commit_in_the_history_says_nothing_more():
    reopened = state("d", "x", "b", done=False)
    assert approved([reopened, BOB, ROOT], "d", LEFT) == {}


@given(st.data())
def test_no_words_are_approved_that_no_commit_has_with_the_status(data: st.DataObject):
    """And no commit comes before itself, though one may have been made again with the same name."""
    names = "edcba"
    states = [
        state(
            name,
            data.draw(st.sampled_from(["", *names[i + 1 :]])),
            data.draw(st.sampled_from("xyz")),
            data.draw(st.sampled_from(["ann", "bob"])),
            done=data.draw(st.booleans()),
        )
        for i, name in enumerate(names)
    ]
    left = [LeftCommit(n, frozenset(data.draw(st.sets(st.sampled_from(names))))) for n in names]
    found = approved(states, data.draw(st.sampled_from(names)), *left)
    assert found.keys() <= {s.words for s in states if s.status == DONE}
