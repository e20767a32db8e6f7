"""Who wrote each sentence: against histories whose authors are known."""

from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.history.field_blame import UNPUSHED, blame_field, restored_versions, sentences
from studio_sync.core.values.kind import Field, FieldPlace, Type

BODY, HOOK, JSON = (
    Field(name="content", place=FieldPlace.BODY),
    Field(name="hook"),
    Field(name="q", type=Type.JSON),
)


def told(versions, now, field=BODY):
    return [(s.text, s.origin) for s in blame_field(field, versions, now).sentences]


def test_sentences_end_at_their_signs_and_at_the_end_of_a_line():
    text = 'One, 2.5 e.g. two. "Three!" Four?\n\n- five\n你好。再见。\n# Six…'
    assert sentences(text) == [
        (1, "One, 2.5 e.g."), (1, "two."), (1, '"Three!"'), (1, "Four?"), (3, "- five"),
        (4, "你好。"), (4, "再见。"), (5, "# Six…"),
    ]  # fmt: skip


def test_a_sentence_that_stayed_moved_or_came_back():
    versions = [
        "A one. B two.",
        "A one. C three. B two.",
        "B two. C three. A one.",
        "C three.",
        "A one. C three.",
    ]
    assert told(versions[:2], versions[1]) == [("A one.", 0), ("C three.", 1), ("B two.", 0)]
    assert told(versions[:3], versions[2]) == [("B two.", 0), ("C three.", 1), ("A one.", 0)]
    assert told(versions, versions[4]) == [("A one.", 4), ("C three.", 1)]


def test_what_no_version_says_is_not_pushed_and_an_older_file_is_as_it_was():
    versions = ["A one. B two.", "A one. C three."]
    assert told(versions, "A one. D four.") == [("A one.", 0), ("D four.", UNPUSHED)]
    assert told(versions, "A one. B two.") == [("A one.", 0), ("B two.", 0)]
    assert told(versions, "B two. C three.") == [("B two.", 0), ("C three.", 1)]
    assert told([], "A one.") == [("A one.", UNPUSHED)]


def test_a_value_is_of_the_version_that_last_changed_it():
    assert blame_field(JSON, [1, 1, 2, 2], 2).origin == 2
    assert blame_field(JSON, [1, 1, 2, 1, 1], 1).origin == 3
    assert blame_field(JSON, [[1], {"a": 1}], {"a": 1}).origin == 1
    assert blame_field(JSON, [1, 2], 3).origin == UNPUSHED
    assert blame_field(HOOK, ["a", "b"], "b").origin == 1


def test_a_version_that_says_what_an_older_one_said_is_a_restored_one():
    assert restored_versions([b"a", b"b", b"b", b"a", b"c"]) == {3}


@st.composite
def histories(draw):
    """Versions in which every sentence is written once, by the version that is its number."""
    text: list[tuple[str, int]] = []
    versions, authors = [], []
    for index in range(draw(st.integers(1, 6))):
        for k in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(text)))
            if text and draw(st.booleans()):
                del text[at - 1 if at else 0]
                at = min(at, len(text))
            text.insert(at, (f"Sentence {index} {k} is here.", index))
        if len(text) > 1 and draw(st.booleans()):
            text.insert(0, text.pop(draw(st.integers(0, len(text) - 1))))
        glue = draw(st.lists(st.sampled_from([" ", "\n", "\n\n"]), min_size=len(text), max_size=len(text)))
        versions.append("".join(one + gap for (one, _), gap in zip(text, glue, strict=True)).strip())
        authors.append(list(text))
    return versions, authors


@settings(max_examples=400, deadline=None)
@given(histories(), st.data())
def test_every_sentence_is_of_the_one_who_wrote_it(history, data):
    versions, authors = history
    k = data.draw(st.integers(0, len(versions) - 1))
    newest = max(i for i, one in enumerate(versions) if one == versions[k])
    assert told(versions, versions[k]) == authors[newest]
    mine = f"{versions[-1]}\n\nMy own one."
    assert told(versions, mine.strip()) == [*authors[-1], ("My own one.", UNPUSHED)]
