"""Differences of texts and of JSON values: the laws, and the choices that make them readable."""

import copy
import random
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.align import tokens
from studio_sync.core.merge.json_diff import NO_VALUE, JsonDifference, json_diff, leaves
from studio_sync.core.merge.text_diff import Hunk, HunkLine, line_diff, split_lines, word_spans
from studio_sync.core.values.value import same

few = settings(max_examples=150, deadline=None)

words = st.sampled_from(
    ["listen", "first", "the", "a", "bank", "don't", "你", "好", "नमस्ते", "🙂", ",", " ", "  "]
)
lines = st.one_of(st.just(""), st.lists(words, max_size=8).map(" ".join), st.text(max_size=12))
texts = st.lists(lines, max_size=12).map("\n".join)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.decimals(-2, 2, places=1),
    st.sampled_from(["", "a", "b c"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["id", "a", "odd key"]), inner, max_size=3),
        st.lists(st.fixed_dictionaries({"id": st.integers(0, 4), "a": inner}), max_size=4),
    ),
    max_leaves=12,
)


def applied(old: str, hunks: list[Hunk]) -> str:
    before, after, at = split_lines(old), [], 0
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        after += before[at:start]
        assert len(after) == (hunk.new_start - 1 if hunk.new_count else hunk.new_start)
        assert [line.text for line in hunk.lines if line.kind != "+"] == before[
            start : start + hunk.old_count
        ]
        shown = [line.text for line in hunk.lines if line.kind != "-"]
        assert len(shown) == hunk.new_count
        after += shown
        at = start + hunk.old_count
    return "\n".join(after + before[at:])


def outside(line: HunkLine) -> str:
    kept, at = "", 0
    for start, end in line.spans:
        assert at <= start < end <= len(line.text)
        kept, at = kept + line.text[at:start], end
    return kept + line.text[at:]


def reworded(hunks: list[Hunk]) -> list[tuple[HunkLine, HunkLine]]:
    """The pairs of lines that marks tell to be versions of one another."""
    found = []
    for hunk in hunks:
        for one, other in zip(hunk.lines, hunk.lines[1:], strict=False):
            if one.kind == "-" and other.kind == "+" and (one.spans or other.spans):
                found.append((one, other))
    return found


@few
@given(texts, texts, st.integers(0, 3))
def test_hunks_applied_to_the_old_text_give_the_new_one(old, new, context):
    hunks = line_diff(old, new, context)
    assert applied(old, hunks) == new
    assert bool(hunks) == (split_lines(old) != split_lines(new))


@few
@given(texts, texts)
def test_reworded_lines_read_the_same_outside_their_marks(old, new):
    for one, other in reworded(line_diff(old, new)):
        assert outside(one) == outside(other)


@few
@given(st.lists(words, max_size=15).map("".join), st.lists(words, max_size=15).map("".join))
def test_word_spans_hold_all_that_differs(old, new):
    spans = word_spans(old, new)
    if spans:
        assert outside(HunkLine("-", old, spans[0])) == outside(HunkLine("+", new, spans[1]))
        assert (spans == ((), ())) == (old == new)


@few
@given(st.text())
def test_tokens_join_to_their_text(text):
    assert "".join(tokens(text)) == text


def marked(line: HunkLine) -> list[str]:
    return [line.text[a:b] for a, b in line.spans]


def test_the_changed_words_of_a_paragraph_are_marked():
    (hunk,) = line_diff("Wait three seconds, then ask.", "Wait five seconds, then ask again.")
    one, other = hunk.lines
    assert (marked(one), marked(other)) == (["three"], ["five", " again"])


def test_neighbouring_words_are_marked_as_one():
    assert word_spans("it took eleven months to see", "it took almost a year to see") == (
        ((8, 21),),
        ((8, 21),),
    )


def test_a_short_word_left_between_two_changes_does_not_part_the_mark():
    assert word_spans("it took eleven of months", "it took twenty of weeks") == (((8, 24),), ((8, 23),))


def test_texts_with_little_in_common_have_no_marks():
    assert word_spans("Listen to me", "Plan to go") is None


def test_small_words_make_no_versions_of_one_line():
    (hunk,) = line_diff(
        "The transformation of the organisation is in a document.", "The cost of the bank is in a sum."
    )
    assert [line.spans for line in hunk.lines] == [(), ()]


def test_an_apostrophe_does_not_part_a_word():
    assert tokens("don't, it\u2019s") == ["don't", ",", " ", "it\u2019s"]


def test_a_script_without_spaces_is_marked_by_character():
    assert word_spans("先听别人说话", "先听自己说话") == (((2, 4),), ((2, 4),))


def test_a_vowel_sign_stays_with_its_letter():
    assert tokens("हिन्दी é 👩‍🚀") == ["हिन्दी", " ", "é", " ", "👩‍🚀"]


def test_each_reworded_paragraph_stands_beside_what_it_became():
    old = "Leaders who listen decide better.\n\nA bank lost eleven months on it."
    new = (
        "Leaders who ask decide better.\n\nA wholly new thought stands here.\n\nA bank lost two years on it."
    )
    (hunk,) = line_diff(old, new)
    assert "".join(line.kind for line in hunk.lines) == "-+ ++-+"
    assert [marked(one) for one, _ in reworded([hunk])] == [["listen"], ["eleven months"]]


def test_a_rewritten_paragraph_has_no_marks():
    (hunk,) = line_diff("Leaders listen before they speak.", "Our branch opens at nine on Mondays.")
    assert [line.spans for line in hunk.lines] == [(), ()]


def test_blank_lines_alone_hold_no_passage_together():
    old = "Listen before speaking.\n\nWait three seconds."
    new = "Something new.\n\nListen before you speak, before speaking.\n\nWait five seconds."
    assert [one.text for one, _ in reworded(line_diff(old, new))] == old.split("\n\n")


def test_hunks_far_apart_are_told_apart_with_their_line_numbers():
    old = "\n".join(map(str, range(1, 31)))
    new = old.replace("\n5\n", "\nfive\n").replace("\n25\n", "\n25\nmore\n")
    first, second = line_diff(old, new, context=1)
    assert (first.old_start, first.old_count, first.new_start, first.new_count) == (4, 3, 4, 3)
    assert (second.old_start, second.old_count, second.new_start, second.new_count) == (25, 2, 25, 3)


@pytest.mark.parametrize(("distance", "count"), [(7, 1), (8, 2)])
def test_hunks_whose_context_touches_are_one(distance, count):
    old = list(map(str, range(30)))
    new = ["x" if k in (5, 5 + distance) else line for k, line in enumerate(old)]
    assert len(line_diff("\n".join(old), "\n".join(new), context=3)) == count


def test_a_text_that_appears_starts_after_line_0():
    assert line_diff("", "a") == [Hunk(0, 0, 1, 1, (HunkLine("+", "a"),))]


@pytest.mark.parametrize("paragraph", [50, 5000])
def test_an_article_of_5000_words_rewritten_whole_takes_no_time(paragraph):
    chance = random.Random(1)
    vocabulary = [f"w{k}" for k in range(3000)]
    weights = [1 / (k + 1) for k in range(3000)]

    def article():
        chosen = chance.choices(vocabulary, weights, k=5000)
        return "\n\n".join(" ".join(chosen[k : k + paragraph]) for k in range(0, 5000, paragraph))

    old, new = article(), article()
    started = time.process_time()
    assert applied(old, line_diff(old, new)) == new
    assert time.process_time() - started < 5


@pytest.mark.parametrize("size", [3000, 60000])
def test_hostile_repetition_takes_no_time(size):
    chance = random.Random(2)
    old, new = ("".join(chance.choices("ab,\n", k=size)) for _ in range(2))
    started = time.process_time()
    assert applied(old, line_diff(old, new)) == new
    assert applied(
        old.replace("\n", ""), line_diff(old.replace("\n", ""), new.replace("\n", ""))
    ) == new.replace("\n", "")
    assert time.process_time() - started < 10


QUESTIONS = [
    {"id": "q1", "question": "Why?", "options": [{"text": "A"}, {"text": "B", "feedback": "No"}]},
    {"id": "q2", "question": "How?"},
    {"id": "q3", "question": "When?"},
]


@few
@given(values, values)
def test_values_have_steps_exactly_where_they_are_not_the_same(old, new):
    assert bool(json_diff(old, new)) != same(old, new)


@few
@given(values, values)
def test_every_step_gives_both_ends(old, new):
    found = dict(walked(new))
    for step in json_diff(old, new):
        assert step.before is not step.after
        if step.moved:
            assert step.path in found
        elif step.after is not NO_VALUE:
            assert not (step.before is not NO_VALUE and same(step.before, step.after))
            assert any(same(value, step.after) for value in found.values())


def walked(value, path=""):
    """Every value inside, with the path that steps call it by, by index and by id."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            plain = key.isidentifier()
            yield from walked(
                item, f"{path}.{key}" if plain and path else key if plain else f'{path}["{key}"]'
            )
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from walked(item, f"{path}[{k}]")
            if isinstance(item, dict) and "id" in item and not isinstance(item["id"], dict | list):
                name = item["id"] if isinstance(item["id"], str) else str(item["id"]).replace("None", "null")
                name = {"True": "true", "False": "false"}.get(name, name)
                yield from walked(item, f"{path}[id={name}]")


def test_items_are_matched_by_their_id():
    new = copy.deepcopy(QUESTIONS)
    new[0]["options"][1]["feedback"] = "Nearly"
    new.insert(0, {"id": "q0", "question": "Who?"})
    del new[2]
    assert json_diff(QUESTIONS, new, "questions") == [
        JsonDifference("questions[id=q2]", QUESTIONS[1], NO_VALUE),
        JsonDifference("questions[id=q0]", NO_VALUE, new[0]),
        JsonDifference("questions[id=q1].options[1].feedback", "No", "Nearly"),
    ]


def test_items_in_another_order_are_moved_and_not_changed():
    assert json_diff(QUESTIONS, [QUESTIONS[2], *QUESTIONS[:2]], "questions") == [
        JsonDifference("questions[id=q3]", 2, 0, moved=True)
    ]
    assert json_diff(["a", "b", "c"], ["c", "a", "b"], "aims") == [
        JsonDifference("aims[0]", 2, 0, moved=True)
    ]


def test_items_without_ids_are_matched_by_what_they_hold():
    old = [{"text": "Ask one open question"}, {"text": "Wait three seconds"}, {"text": "Sum up"}]
    new = [{"text": "Wait for three seconds"}, {"text": "Sum up"}]
    assert json_diff(old, new) == [
        JsonDifference("[0]", old[0], NO_VALUE),
        JsonDifference("[0].text", "Wait three seconds", "Wait for three seconds"),
    ]


def test_an_item_replaced_in_its_place_is_one_step():
    assert json_diff(["Listen", "Wait"], ["Plan", "Wait"], "aims") == [
        JsonDifference("aims[0]", "Listen", "Plan")
    ]


def test_numbers_that_are_worth_the_same_make_no_step():
    assert json_diff({"a": Decimal("1.10")}, {"a": Decimal("1.1")}) == []
    assert json_diff({"a": True}, {"a": 1}) == [JsonDifference("a", True, 1)]


def test_a_key_with_null_is_not_a_key_left_out():
    assert json_diff({"a": None}, {}) == [JsonDifference("a", None, NO_VALUE)]


def test_a_key_that_is_no_name_is_quoted_in_its_path():
    assert json_diff({"how to": 1}, {"how to": 2}, "scenario") == [JsonDifference('scenario["how to"]', 1, 2)]


def test_leaves_are_all_scalars_with_their_paths():
    assert leaves({"a": [1, {"b": []}], "c": [{"id": "x", "d": None}]}) == [
        ("a[0]", 1),
        ("a[1].b", []),
        ("c[id=x].id", "x"),
        ("c[id=x].d", None),
    ]


def test_deep_and_long_lists_take_no_time():
    deep = "x"
    for _ in range(190):
        deep = [deep]
    started = time.process_time()
    assert len(json_diff(deep, [deep])) == 1
    assert json_diff([0] * 20_000, [0] * 10_000 + [1] * 10_000)
    assert json_diff([[k] for k in range(3000)], [[-k] for k in range(3000)])
    assert time.process_time() - started < 5
