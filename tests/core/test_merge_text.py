"""The merge of texts: its laws, and what writers meet."""

import random
import time
from collections import Counter
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.align import atoms
from studio_sync.core.merge.markers import marker_index, text_with_markers
from studio_sync.core.merge.three_way import Clash, merge_text, merged

many = settings(max_examples=150, deadline=None)

BASE = """# Listening

Leaders who listen first learn more than leaders who speak first in a meeting.

- Ask one open question.
- Wait for three seconds.

Trust grows slowly, and it is lost quickly."""


def merge(base, local, remote):
    return merged(merge_text(base, local, remote))


def clashes(base, local, remote):
    return [piece for piece in merge_text(base, local, remote) if isinstance(piece, Clash)]


words = st.sampled_from(["listen", "first", "the", "a", "bank", "don't", "你", "好", "नमस्ते", "🙂", ",", " "])
lines = st.one_of(st.just(""), st.lists(words, max_size=8).map(" ".join), st.text(max_size=8))
texts = st.lists(lines, max_size=8).map("\n".join)


# --- laws


@many
@given(texts, texts)
def test_what_one_side_alone_changed_stands(base, text):
    assert merge(base, base, text) == text
    assert merge(base, text, base) == text
    assert merge(base, text, text) == text


@many
@given(texts, texts, texts)
def test_the_sides_may_be_swapped(base, local, remote):
    one, other = merge_text(base, local, remote), merge_text(base, remote, local)
    swapped = [p if not isinstance(p, Clash) else Clash(p.base, p.remote, p.local) for p in other]
    assert list(one) == swapped


@many
@given(texts, texts, texts)
def test_pieces_give_back_both_sides(base, local, remote):
    """A clash tells the truth about where it stands on each side."""
    for clash in clashes(base, local, remote):
        for text, passage in ((base, clash.base), (local, clash.local), (remote, clash.remote)):
            side = text.split("\n") if text else []
            start = passage.start - 1
            assert side[start : start + len(passage.lines)] == list(passage.lines)


@many
@given(texts, texts, texts)
def test_no_word_is_put_together_from_two(base, local, remote):
    text = merge(base, local, remote)
    if text is not None:
        assert set(atoms(text)) <= {*atoms(local), *atoms(remote), "\n", *" \n"} | {
            atom for atom in atoms(text) if atom.isspace()
        }


@st.composite
def edited(draw):
    """A text in which no word stands twice, and two edits of it that bring fresh words."""
    count = draw(st.integers(1, 30))
    base = [(f"b{k}", draw(st.sampled_from([" ", " ", " ", "\n", "\n\n"]))) for k in range(count)]

    def edit(mark):
        side = list(base)
        for k in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(side)))
            what = draw(st.sampled_from(["add", "drop", "replace"]))
            if what != "add" and at < len(side):
                del side[at : at + draw(st.integers(1, 3))]
            if what != "drop":
                side.insert(at, (f"{mark}{k}", draw(st.sampled_from([" ", "\n", "\n\n"]))))
        return side

    return tuple("".join(w + gap for w, gap in side).strip() for side in (base, edit("l"), edit("r")))


@settings(max_examples=800, deadline=None)
@given(edited())
def test_nothing_is_lost_and_nothing_comes_back(sides):
    lossless(sides)


@pytest.mark.slow
@settings(max_examples=50_000, deadline=None)
@given(edited())
def test_nothing_is_lost_and_nothing_comes_back_in_50_000_merges(sides):
    lossless(sides)


def lossless(sides):
    text = merge(*sides)
    if text is None:
        return
    base, local, remote = (set(side.split()) for side in sides)
    wanted = (base & local & remote) | (local - base) | (remote - base)
    assert Counter(text.split()) == Counter(wanted)


@settings(max_examples=200, deadline=None)
@given(edited())
def test_markers_hold_every_word_of_both_sides_that_does_not_merge(sides):
    text = text_with_markers(*sides)
    assert (marker_index(text) is not None) == (merge(*sides) is None)
    base, local, remote = (set(side.split()) for side in sides)
    assert (local - base) | (remote - base) | (base & local & remote) <= set(text.split())


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_every_small_text_is_merged_without_loss_or_return(gap):
    """All texts of up to three different lines, on all sides: 4,096 patterns."""
    three = ["the first line", "the second one", "a third of all"]
    small = [gap.join(some) for n in range(4) for some in permutations(three, n)]
    clean = 0
    for base, local, remote in product(small, repeat=3):
        text = merge(base, local, remote)
        if remote in (local, base):
            assert text == local
        elif base == local:
            assert text == remote
        elif text is not None:
            b, m, t = (set(filter(None, side.split("\n"))) for side in (base, local, remote))
            assert sorted(filter(None, text.split("\n"))) == sorted((b & m & t) | (m - b) | (t - b))
            assert m
            assert t
            clean += 1
    assert clean > 50, "of those that both sides changed, each in a way of its own"


# --- by line


def test_two_paragraphs_changed_on_two_sides_merge():
    local = BASE.replace("slowly", "step by step")
    remote = BASE.replace("Leaders who listen first learn", "Managers who listen well learn")
    assert merge(BASE, local, remote) == local.replace(
        "Leaders who listen first learn", "Managers who listen well learn"
    )


def test_neighbouring_paragraphs_wholly_rewritten_merge():
    base = "One.\n\nTwo.\n\nThree."
    assert merge(base, "Uno.\n\nTwo.\n\nTre.", "One.\n\nDue.\n\nThree.") == "Uno.\n\nDue.\n\nTre."


def test_a_paragraph_added_or_removed_beside_an_edited_one_merges():
    base = "One.\n\nTwo.\n\nThree."
    edit = "One.\n\nDue.\n\nThree."
    assert merge(base, edit, "Two.\n\nThree.") == "Due.\n\nThree."
    assert merge(base, edit, "One.\n\nTwo.") == "One.\n\nDue."
    assert merge(base, edit, "One.\n\nTwo.\n\nNew.\n\nThree.") == "One.\n\nDue.\n\nNew.\n\nThree."
    assert merge(base, edit, "One.\n\nNew.\n\nTwo.\n\nThree.") == "One.\n\nNew.\n\nDue.\n\nThree."


def test_a_paragraph_added_at_either_end_merges_with_an_edit_of_the_only_one():
    assert merge("One.", "Uno.", "One.\n\nTwo.") == "Uno.\n\nTwo."
    assert merge("One.", "Zero.\n\nOne.", "Uno.") == "Zero.\n\nUno."


def test_a_removed_paragraph_that_the_other_side_edited_is_a_conflict():
    base = "One.\n\nTwo and a half.\n\nThree."
    (clash,) = clashes(base, "One.\n\nThree.", base.replace("half", "quarter"))
    assert clash.base.lines[0] == "Two and a half."
    assert clash.remote.lines[0] == "Two and a quarter."
    assert "Two and a half." not in clash.local.lines
    assert (clash.base.start, clash.local.start, clash.remote.start) == (3, 3, 3)


def test_two_additions_at_one_place_are_a_conflict_unless_they_are_the_same():
    base = "One.\n\nTwo."
    assert merge(base, "One.\n\nA.\n\nTwo.", "One.\n\nB.\n\nTwo.") is None
    assert merge(base, "One.\n\nTwo.\n\nA.", "One.\n\nTwo.\n\nB.") is None
    assert merge(base, "One.\n\nA.\n\nTwo.", "One.\n\nA.\n\nTwo.") == "One.\n\nA.\n\nTwo."


@pytest.mark.parametrize("theirs", [
    "P one is here then.\n\nA.\n\nB.", "P one is here then.\n\nA.", "A.\n\nP one is here then.\n\nB.",
])  # fmt: skip
@pytest.mark.parametrize(
    ("above", "below"), [("", ""), ("Top.\n\n", ""), ("", "\n\nEnd."), ("Top.\n\n", "\n\nEnd.")]
)
def test_whose_paragraphs_come_first_is_never_guessed(theirs, above, below):
    """Both add paragraphs at one place, and one of them also edits the neighbour."""
    base = f"{above}P one is here now.{below}"
    ours = base.replace("now.", "now.\n\nOurs.")
    assert len(clashes(base, ours, base.replace("P one is here now.", theirs))) == 1
    assert len(clashes(base, base.replace("P one is here now.", theirs), ours)) == 1


def test_paragraphs_put_in_front_of_one_that_was_edited_are_not_put_in_order_by_guess():
    base = "Top.\n\nP one is here now.\n\nEnd."
    ours, theirs = (
        base.replace("P one", "Ours.\n\nP one"),
        base.replace("P one is here now", "T.\n\nP one is then"),
    )
    assert len(clashes(base, ours, theirs)) == 1
    assert merge(base, ours, theirs.replace("T.\n\n", "")) == base.replace(
        "P one is here now", "Ours.\n\nP one is then"
    )


texts_of_paragraphs = st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=6, unique=True)


@settings(max_examples=400, deadline=None)
@given(texts_of_paragraphs, st.data())
def test_two_sides_that_add_paragraphs_between_the_same_two_are_never_put_in_order(base, data):
    """Whatever else either side does to the neighbours by a word."""
    at = data.draw(st.integers(0, len(base)))

    def side(mark):
        own = [f"{name} says {mark if data.draw(st.booleans()) else 'this'} here." for name in base]
        new = [f"{mark}{k} is new." for k in range(data.draw(st.integers(1, 3)))]
        return "\n\n".join([*own[:at], *new, *own[at:]])

    text = "\n\n".join(f"{name} says this here." for name in base)
    assert merge(text, side("mine"), side("other")) is None


@pytest.mark.parametrize("line", ["import glob", "<li>Item 1</li>", "the end"])
def test_a_short_line_that_both_added_at_places_of_their_own_is_two_lines(line):
    base = "one thing first\n\ntwo things then\n\nthree things last"
    ours, theirs = f"{line}\n\n{base}", f"{base}\n\n{line}"
    assert merge(base, ours, theirs) == f"{line}\n\n{base}\n\n{line}"


@pytest.mark.parametrize(
    "lines", ["a longer line", "import glob\nimport sys", "import glob\n\nand a longer line"]
)
def test_a_longer_line_or_several_that_both_added_elsewhere_are_taken_for_moved_ones(lines):
    base = "one thing first\n\ntwo things then\n\nthree things last"
    assert merge(base, f"{lines}\n\n{base}", f"{base}\n\n{lines}") is None


def test_a_short_line_that_both_moved_or_one_moved_and_the_other_removed_is_a_conflict():
    base = "import glob\n\none thing first\n\ntwo things then\n\nthree things last"
    rest = base.removeprefix("import glob\n\n")
    moved = f"{rest}\n\nimport glob"
    assert merge(base, moved, rest.replace("three", "import glob\n\nthree")) is None
    assert merge(base, moved, rest) is None


def test_what_both_sides_did_alike_stands_once_beside_what_one_did_alone():
    local = BASE.replace("slowly", "gently").replace("Ask one", "Ask an")
    remote = BASE.replace("slowly", "gently").replace("# Listening", "# On listening")
    assert merge(BASE, local, remote) == local.replace("# Listening", "# On listening")


def test_a_paragraph_that_both_sides_move_to_different_places_does_not_stand_twice():
    one, two, three, four = (f"Paragraph number {n} says something of its own." for n in "ABCD")
    base = f"{one}\n\n{two}\n\n{three}\n\n{four}"
    local, remote = f"{two}\n\n{one}\n\n{three}\n\n{four}", f"{two}\n\n{three}\n\n{four}\n\n{one}"
    assert merge(base, local, remote) is None


def test_a_paragraph_that_one_side_moves_and_the_other_removes_is_a_conflict():
    one, two, three = (f"Paragraph number {n} says something of its own." for n in "ABC")
    base = f"{one}\n\n{two}\n\n{three}"
    assert merge(base, f"{two}\n\n{three}\n\n{one}", f"{two}\n\n{three}") is None


def test_a_text_of_which_each_side_removed_what_the_other_kept_is_a_conflict():
    assert merge("One.\n\nTwo.", "One.", "Two.") is None


def test_neighbouring_lines_do_not_merge_by_line_alone():
    assert merge("red one\nblue two", "pink one\nblue two", "red one\nblue three") is None
    long = "- red apples are sweet today\n- green ones are sour"
    assert merge(long, long.replace("red", "pink"), long.replace("sour", "bitter")) is not None


def test_a_line_that_one_side_removed_and_the_other_emptied_is_a_conflict():
    assert merge("one\ntwo\nthree", "one\nthree", "one\n\nthree") is None


def test_words_that_went_to_another_paragraph_do_not_bring_back_what_was_removed():
    base = "b0\n\nb1 b2 b3 b4 b5"
    assert merge(base, "l2 b1 b2 l3\n\nb3 b4 b5", "b0\n\nb3 b4 b5") is None


# --- by word


def test_two_sentences_of_a_paragraph_changed_on_two_sides_merge():
    base = "Leaders listen first. They ask open questions, and then they wait for a while."
    local = base.replace("first", "before they speak")
    remote = base.replace("a while", "three seconds")
    assert merge(base, local, remote) == local.replace("a while", "three seconds")


@pytest.mark.parametrize(("between", "merges"), [(0, False), (1, False), (2, False), (3, True), (4, True)])
def test_changes_merge_if_three_words_stand_between_them(between, merges):
    kept = " ".join(["one", "two", "three", "four"][:between])
    text = merge(f"red {kept} blue".replace("  ", " "), *(
        side.replace("  ", " ") for side in (f"pink {kept} blue", f"red {kept} green")
    ))  # fmt: skip
    assert text == (f"pink {kept} green" if merges else None)


def test_signs_and_dashes_do_not_count_as_words_between():
    assert merge("red - one , * two blue", "pink - one , * two blue", "red - one , * two green") is None


def test_chinese_merges_by_character_with_six_between():
    assert merge("先听别人说话再提问", "先看别人说话再提问", "先听别人说话再回答") is None
    assert (
        merge("先听别人慢慢说话再提问", "先看别人慢慢说话再提问", "先听别人慢慢说话再回答")
        == "先看别人慢慢说话再回答"
    )


def test_an_address_is_never_put_together_from_two():
    base = "See https://example.com/a/b/c/d/e?x=1 for more."
    assert merge(base, base.replace("https", "http"), base.replace("x=1", "x=2")) is None


def test_words_typed_into_one_gap_are_a_conflict():
    assert (
        merge(
            "I said go to the bank now", "I said please go to the bank now", "I said don't go to the bank now"
        )
        is None
    )


def test_an_accent_written_as_a_sign_of_its_own_stays_with_its_letter():
    base = "cafe one two three four cafe"
    assert (
        merge(base, base.replace("cafe", "cafe\u0301", 1), base[:-4] + "bar")
        == "cafe\u0301 one two three four bar"
    )


# --- the ends of a text


def test_blank_lines_and_ends_of_texts_are_kept_as_they_are():
    assert merge("a\n\n\nb\n", "a\n\n\nc\n", "z\n\n\nb\n") == "z\n\n\nc\n"
    assert merge("a\n\nb", "a\n\nb\n", "z\n\nb") == "z\n\nb\n"


@pytest.mark.parametrize("make", [
    lambda rnd: "\n".join(rnd.choice("ab") for _ in range(20_000)),
    lambda rnd: " ".join(rnd.choice(["the", "of"]) for _ in range(20_000)),
    lambda rnd: "\n".join(" ".join(f"w{rnd.randrange(3000)}" for _ in range(40)) for _ in range(600)),
    lambda rnd: "".join(chr(0x4E00 + rnd.randrange(100)) for _ in range(20_000)),
])  # fmt: skip
def test_long_texts_take_seconds_and_no_more(make):
    rnd = random.Random(7)
    sides = [make(rnd) for _ in range(3)]
    start = time.process_time()
    merge_text(*sides)
    assert time.process_time() - start < 10


def test_an_edit_at_each_end_of_a_long_text_merges():
    text = "\n\n".join(f"Paragraph {k} of a long text that nobody wants to lose." for k in range(5_000))
    local, remote = (
        text.replace("Paragraph 10 ", "Chapter 10 "),
        text.replace("Paragraph 4990 ", "Part 4990 "),
    )
    assert merge(text, local, remote) == local.replace("Paragraph 4990 ", "Part 4990 ")


# --- markers


def test_markers_show_both_versions_and_the_base_of_each_place_that_does_not_merge():
    base = "One.\n\nRed.\n\nThree."
    assert text_with_markers(base, "Uno.\n\nPink.\n\nThree.", "One.\n\nRose.\n\nTre.") == (
        "Uno.\n\n<<<<<<< files (studio)\nPink.\n||||||| base (studio)\nRed.\n=======\nRose.\n"
        ">>>>>>> database (studio)\n\nTre."
    )


def test_without_a_base_every_difference_is_marked():
    assert text_with_markers(None, "One.\n\nRed.", "One.\n\nBlue.") == (
        "One.\n\n<<<<<<< files (studio)\nRed.\n=======\nBlue.\n>>>>>>> database (studio)"
    )


def test_only_the_markers_of_studio_itself_are_recognised():
    lesson = "<<<<<<< HEAD\nours\n||||||| base\n=======\ntheirs\n>>>>>>> main\nfiles (studio)\n"
    assert marker_index(lesson) is None
    assert marker_index("    <<<<<<< files (studio)") is None
    assert marker_index("a\nb\n>>>>>>> database (studio)  \nc") == 4
    assert marker_index(text_with_markers("a", "b", "c")) == 0
