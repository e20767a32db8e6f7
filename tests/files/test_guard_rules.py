"""The section `guards` of studio.yaml."""

import pytest

from studio_sync.core.status.rules import StatusRules, Stricter
from studio_sync.core.values.kind import Need
from studio_sync.errors import UsageError
from studio_sync.files.workspace.workspace import load_workspace

G = "guards:\n"
S = G + "  session:\n"
A = S + "    approved:\n"


def rules(tmp_path, text):
    (tmp_path / "studio.yaml").write_text(text, "utf-8")
    return load_workspace(tmp_path).rules


def test_without_the_section_the_rules_of_the_kinds_hold(tmp_path):
    assert rules(tmp_path, "") == StatusRules()
    assert rules(tmp_path, "guards:\n") == StatusRules()


def test_a_workspace_says_which_contents_it_needs_and_what_it_asks_for_beyond(tmp_path):
    found = rules(
        tmp_path,
        "guards:\n"
        "  session:\n"
        "    contents: [article, video, quiz]\n"
        "    locked: [content_created]\n"
        "    approved:\n"
        "      filled: [hook, learning_objectives]\n"
        "    published:\n"
        "      below: {exercise: review}\n"
        "  program:\n"
        "    in_progress:\n"
        "      below: {session: draft}\n",
    )
    assert found.stricter["session"] == Stricter(
        ("article", "video", "quiz"),
        ("content_created",),
        {"approved": ("hook", "learning_objectives"), "published": ()},
        {"approved": (), "published": (Need(of=("exercise",), status="review"),)},
    )
    assert found.stricter["program"].below["in_progress"] == (Need(of=("session",), status="draft"),)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("guards: [session]", "1:9", "must be a mapping", "program, session"),
        (G + "  sessions: {}", "2:3", "`sessions` is not a kind with", "did you mean `session`?"),
        (G + "  chapter: {}", "2:3", "`chapter` is not a kind with a status", "known here are: program"),
        (G + "  session: [approved]", "2:12", "`session` must be a mapping", "contents, locked"),
        (S + "    aproved: {}", "3:5", "`aproved` is not something", "did you mean `approved`?"),
        (S + "    draft: {}", "3:5", "`draft` is not something", "content_created"),
        (G + "  program:\n    contents: [session]", "3:5", "`contents` is not something", "locked"),
        (S + "    contents: []", "3:15", "must name at least one kind", "article"),
        (S + "    contents: article", "3:15", "`contents` must be a list", "[article]"),
        (S + "    contents: [articel]", "3:16", "`articel` is not", "did you mean `article`?"),
        (S + "    locked: [aproved]", "3:14", "`aproved` is not", "did you mean `approved`?"),
        (S + "    approved: yes", "3:15", "a mapping with filled or below", "filled: ["),
        (G + "  quiz:\n    review:\n      below: {}", "4:7", "`below` is not something", "filled"),
        (A + "      fill: []", "4:7", "`fill` is not", "did you mean `filled`?"),
        (A + "      filled: [hok]", "4:16", "`hok` is not", "did you mean `hook`?"),
        (A + "      filled: [status]", "4:16", "`status` is not", "title"),
        (A + "      below: [quiz]", "4:14", "must be a mapping", "article: approved"),
        (A + "      below: {program: draft}", "4:15", "`program` is not", "article"),
        (A + "      below: {quiz: done}", "4:21", "a status of `quiz`", "approved"),
        (A + "      below: {quiz: [review]}", "4:21", "a status of `quiz`", "review"),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_refused_at_its_line(tmp_path, text, place, message, hint):
    with pytest.raises(UsageError) as told:
        rules(tmp_path, text)
    assert f"studio.yaml:{place}: " in told.value.message
    assert message in told.value.message
    assert hint in told.value.hint


def test_no_key_loosens_the_flow(tmp_path):
    for text in ("flow: [draft, published]", "unlocked: [approved]", "skip: true", "needs: {}"):
        with pytest.raises(UsageError, match="is not something that `session` takes here"):
            rules(tmp_path, f"guards:\n  session:\n    {text}\n")
