import pytest

from studio_sync.core.plan.decision import Choice, Grant
from studio_sync.core.plan.trailers import (
    Trailer,
    approve_line,
    approve_lines,
    grants_of,
    spelled_path,
    trailer_line,
    trailers_in,
)

COMMIT = "0123456789abcdef"


def grants(key, value, *, top="content"):
    return list(grants_of([Trailer(COMMIT, "New law", key, value)], "content/", f"{top}/"))


def grant(choice, reason, path, count=0):
    return [Grant(choice, f"{reason} (commit 0123456789)", path, count, COMMIT)]


@pytest.mark.parametrize(
    ("key", "choice"),
    [
        ("Studio-Reopen", Choice.REOPEN),
        ("studio-reopen", Choice.REOPEN),
        ("Studio-Renumber", Choice.RENUMBER),
        ("Studio-Delete", Choice.DELETE),
        ("Studio-Import", Choice.IMPORT),
    ],
)
def test_a_trailer_is_a_decision_about_a_path_with_a_reason(key, choice):
    assert grants(key, "content/acme/p the law  has changed") == grant(
        choice, "the law  has changed", "content/acme/p"
    )


@pytest.mark.parametrize("key", ["Signed-off-by", "Studio-Force", "Studio", "Reopen"])
def test_other_trailers_decide_nothing(key):
    assert grants(key, "content/acme/p why") == []


def test_a_trailer_without_a_path_decides_nothing():
    assert grants("Studio-Reopen", "  ") == []


def test_without_a_reason_the_subject_of_the_commit_is_it():
    assert grants("Studio-Reopen", "content/acme") == grant(Choice.REOPEN, "New law", "content/acme")


def test_a_deletion_may_say_how_many():
    assert grants("Studio-Delete", "content/acme 137") == grant(Choice.DELETE, "New law", "content/acme", 137)
    assert grants("Studio-Delete", "content/acme 137 old") == grant(Choice.DELETE, "old", "content/acme", 137)
    assert grants("Studio-Delete", "content/acme old") == grant(Choice.DELETE, "old", "content/acme")
    assert grants("Studio-Reopen", "content/acme 2027 law") == grant(
        Choice.REOPEN, "2027 law", "content/acme"
    )


@pytest.mark.parametrize(
    ("written", "top"),
    [
        ("content/acme/p", "content"),
        ("./content/acme/p/", "content"),
        ("acme/p", "content"),
        ("training/content/acme/p", "training/content"),
        ("content/acme/p", "training/content"),
        ('"content/acme/p"', "content"),
    ],
)
def test_a_path_is_as_studio_shows_it_or_as_git_does(written, top):
    ((found),) = grants("Studio-Reopen", f"{written} why", top=top)
    assert found.path == "content/acme/p"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("training/content/acme/p", ["content/acme/p"]),
        ("./training/content", ["content"]),
        ("content/acme/p", []),
        ("acme/p", []),
    ],
)
def test_in_a_commit_about_another_workspace_only_the_path_from_the_top_counts(written, found):
    trailer = Trailer(COMMIT, "New law", "Studio-Reopen", f"{written} why", elsewhere=True)
    assert [g.path for g in grants_of([trailer], "content/", "training/content/")] == found
    approvals = {"": found, " " + "0" * 40: found or [one for one in ["content/acme/p"] if "p" in written]}
    for digest, paths in approvals.items():
        trailer = Trailer(COMMIT, "New law", "Studio-Approve", f"{written}{digest}", elsewhere=True)
        assert [a.path for a in approve_lines([trailer], "content/", "training/content/")] == paths


def test_a_path_with_a_blank_stands_in_quotes():
    ((found),) = grants("Studio-Reopen", '"content/acme bank/p" why', top="content")
    assert (found.path, found.reason) == ("content/acme bank/p", "why (commit 0123456789)")


@pytest.mark.parametrize(
    "name",
    [
        "c\nStudio-Delete: content/acme",
        "c\r\nStudio-Delete: content/acme",
        'acme" x',
        'acme"',
        "c\u2028x y",
        "\x0bz",
    ],
)
def test_the_name_of_a_folder_wants_to_decide_more_than_the_line_says(name):
    path = f"content/{name}/article.md"
    for line in (trailer_line(Choice.DELETE, path, "why"), approve_line(path, "0" * 40)):
        assert line.isprintable()
        ((trailer),) = trailers_in(COMMIT, "Subject", f"Subject\n\n{line}\n")
        assert trailer.key in ("Studio-Delete", "Studio-Approve")
        for found in (*grants_of([trailer], "content", ""), *approve_lines([trailer], "content", "")):
            assert found.path == spelled_path(path)
            assert getattr(found, "digest", "0" * 40) == "0" * 40


def test_a_folder_that_is_called_as_the_content_folder_is_below_it():
    ((found),) = grants("Studio-Reopen", "content/content/p why")
    assert found.path == "content/content/p"


MESSAGE = """New law (#12)

* Reopen the lesson

Studio-Reopen: content/acme/p the law
  has changed

* Shorten it

Studio-Delete: content/acme/p/knowledge/brief.md
See Studio-Renumber: content/acme/p in the handbook.
    Studio-Import: content/acme/p

Signed-off-by: Ada <ada@example.org>
"""


def test_a_trailer_counts_wherever_it_stands_in_a_squashed_message():
    found = [(t.key, t.value) for t in trailers_in(COMMIT, "New law (#12)", MESSAGE)]
    assert found == [
        ("Studio-Reopen", "content/acme/p the law has changed"),
        ("Studio-Delete", "content/acme/p/knowledge/brief.md"),
    ]
    assert list(trailers_in(COMMIT, "", MESSAGE.replace("\n", "\r\n"))) == list(
        trailers_in(COMMIT, "", MESSAGE)
    )


SQUASHED = """Squashed commit of the following:

commit 63e68433cf7fbe2801972d52361196a785a9e5fc
Author: Anna <anna@example.org>
Date:   Mon Nov 30 14:09:55 2026 +0000

    Shorten it

    Studio-Delete: content/acme/p/knowledge/brief.md
    Studio-Reopen: content/acme/p the law
      has changed

commit 1ee4ac17df6c03ad01f90121318cbaf7c74de244
Author: Anna <anna@example.org>
Date:   Mon Nov 30 14:09:54 2026 +0000

    Approve it

    Studio-Approve: content/acme/p/program.md 0123456789012345678901234567890123456789
"""


@pytest.mark.parametrize("subject", ["", "Shorter lessons\n\n"])
def test_the_message_that_git_makes_of_a_squashed_branch_carries_its_trailers(subject):
    found = [(t.key, t.value) for t in trailers_in(COMMIT, "s", subject + SQUASHED)]
    assert found == [
        ("Studio-Delete", "content/acme/p/knowledge/brief.md"),
        ("Studio-Reopen", "content/acme/p the law has changed"),
        ("Studio-Approve", "content/acme/p/program.md 0123456789012345678901234567890123456789"),
    ]


def test_an_indented_line_of_any_other_message_decides_nothing():
    assert list(trailers_in(COMMIT, "s", "To delete it, write:\n\n    Studio-Delete: content/acme\n")) == []


@pytest.mark.parametrize("word", ["0" * 39, "0123456789ab", "deadbeefdeadbeef", "0" * 41, "0" * 64])
def test_a_digest_that_lost_or_gained_digits_approves_no_words(word):
    ((line),) = approve_lines([Trailer(COMMIT, "s", "Studio-Approve", f"content/p.md {word}")], "content", "")
    assert line.digest == word


@pytest.mark.parametrize("word", ["", "read", "read twice", "added", "defaced", "2027"])
def test_an_approval_without_a_digest_may_say_why(word):
    ((line),) = approve_lines([Trailer(COMMIT, "s", "Studio-Approve", f"content/p.md {word}")], "content", "")
    assert line.digest == ""
