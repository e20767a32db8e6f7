"""Which words were approved, as a pure function over commits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_sync.core.plan.trailers import approve_line, approve_lines, trailers_in
from studio_sync.core.status.approval import (
    CommitState,
    Origin,
    approval_of,
    approved_in_history,
    person,
)

DONE = "approved"


def line(*states: tuple[str | None, str, str]) -> dict[str, CommitState]:
    """A straight history of (status, words, author), the newest first; the oldest is given first."""
    found = {}
    for i, (status, words, author) in enumerate(states):
        found[str(i)] = CommitState(str(i), (str(i - 1),) if i else (), status, words, author)
    return dict(reversed(found.items()))


def words(states: dict[str, CommitState], *heads: str) -> set[str]:
    return set(approved_in_history(states, heads or (next(iter(states)),), DONE).readers)


def test_the_words_of_the_commit_that_wrote_the_status_are_approved():
    assert words(line(("review", "a", "ann"), (DONE, "a", "ann"))) == {"a"}
    assert words(line(("review", "a", "ann"), (DONE, "b", "ann"))) == {"b"}


def test_a_later_edit_by_somebody_else_is_not():
    assert words(line(("review", "a", "ann"), (DONE, "a", "ann"), (DONE, "b", "bob"))) == {"a"}


def test_a_later_edit_by_the_one_who_approved_is():
    assert words(line(("review", "a", "ann"), (DONE, "a", "ann"), (DONE, "b", "ann"))) == {"a", "b"}


def test_an_edit_on_top_of_unread_words_does_not_make_them_read():
    history = line(("review", "a", "ann"), (DONE, "a", "ann"), (DONE, "b", "bob"), (DONE, "c", "ann"))
    assert words(history) == {"a"}


def test_an_edit_that_nobody_made_is_nobodys():
    assert words(line(("review", "a", ""), (DONE, "a", ""), (DONE, "b", ""))) == {"a"}


def test_an_approval_that_was_taken_back_says_nothing_of_the_next_one():
    history = line((DONE, "a", "ann"), ("review", "b", "ann"), (DONE, "c", "bob"))
    assert words(history) == {"c"}


def merged(ours: CommitState, theirs: CommitState, merge: str, author: str = "ann") -> dict[str, CommitState]:
    """A merge of two commits that go on from one draft."""
    return {
        "merge": CommitState("merge", (ours.commit, theirs.commit), DONE, merge, author),
        theirs.commit: theirs,
        ours.commit: ours,
        "base": CommitState("base", (), "review", "a", "ann"),
    }


def test_a_merge_approves_nothing_new():
    approving = CommitState("ours", ("base",), DONE, "a", "ann")
    editing = CommitState("theirs", ("base",), "review", "b", "bob")
    assert words(merged(approving, editing, "b")) == {"a"}
    assert words(merged(approving, editing, "a")) == {"a"}


def test_what_both_sides_of_a_merge_approved_is_approved():
    one, other = (CommitState(n, ("base",), DONE, w, "ann") for n, w in (("ours", "x"), ("theirs", "y")))
    assert words(merged(one, other, "z")) == {"x", "y"}


def test_where_history_was_cut_off_nobody_can_tell():
    cut = {"1": CommitState("1", (), DONE, "a", "ann", complete=False)}
    found = approved_in_history(cut, ("1",), DONE)
    assert (found.readers, found.cut_off) == ({}, True)
    approval = approval_of((), found, "a", "ann", committed=["a"])
    assert approval.cut_off


def test_a_record_counts_before_history():
    history = approved_in_history(line(("review", "a", "ann"), (DONE, "b", "ann")), ("1",), DONE)
    found = approval_of([("a", "")], history, "b", "ann", committed=["b"])
    assert (found.words, found.origin) == ({"a"}, Origin.RECORDED)


def test_what_no_commit_holds_is_as_its_author_left_it():
    history = approved_in_history(line(("review", "a", "ann")), ("0",), DONE)
    assert approval_of((), history, "b", "bob").words == {"b"}
    assert approval_of((), None, "b", "").words == {"b"}


def test_an_uncommitted_edit_counts_for_the_one_who_approved_alone():
    history = approved_in_history(line(("review", "a", "ann"), (DONE, "a", "ann")), ("1",), DONE)
    assert approval_of((), history, "b", "ann", committed=["a"]).words == {"a", "b"}
    assert approval_of((), history, "b", "bob", committed=["a"]).words == {"a"}
    assert approval_of((), history, "b", "", committed=["a"]).words == {"a"}


_STATES = [(s, w, a) for s in ("review", DONE) for w in "abc" for a in ("ann", "bob", "")]


def test_a_workspace_may_want_every_approval_recorded():
    found = approval_of((), None, "a", "ann", recorded_only=True)
    assert found.unrecorded
    assert not found.words
    assert approval_of([("a", "")], None, "a", "", recorded_only=True).words == {"a"}


@given(st.lists(st.sampled_from(_STATES), max_size=8))
def test_words_that_nobody_approved_or_edited_after_reading_are_never_among_them(states):
    """The law: each approved text is that of a commit which wrote the status, or of a reader's own edit."""
    history = line(("review", "a", "ann"), *states)
    head = next(iter(history))
    for text in words(history) if history[head].status == DONE else ():
        assert any(
            s.words == text and s.status == DONE and (history[s.parents[0]].status != DONE or s.author)
            for s in history.values()
            if s.parents
        )


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("Ann@Example.org", "ann@example.org"),
        ("123+ann@users.noreply.github.com", "123+ann@users.noreply.github.com"),
        ("noreply@github.com", ""),
        ("41898282+github-actions[bot]@users.noreply.github.com", ""),
        ("dependabot[bot]@users.noreply.github.com", ""),
        ("action@github.com", ""),
        ("project_7_bot_x1@noreply.gitlab.com", ""),
        ("commits-noreply@bitbucket.org", ""),
        ("no-reply@example.org", ""),
        ("", ""),
        ("ann", ""),
    ],
)
def test_the_identity_of_a_host_or_a_bot_is_nobodys(address, who):
    assert person(address) == who


def test_the_line_of_a_commit_says_which_words():
    digest = "0123456789" * 4
    message = f"Approve\n\n{approve_line('content/a b.md', digest)}\nStudio-Approve: x/y.md\n"
    found = list(approve_lines(trailers_in("c0", "Approve", message), "content", ""))
    assert [(f.path, f.digest) for f in found] == [("content/a b.md", digest), ("content/x/y.md", "")]
