"""The parts of a conflict, and the laws of a decision about them."""

import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.merge.markers import (
    BASE_MARKER,
    BETWEEN,
    DATABASE_MARKER,
    FILES_MARKER,
    marker_pieces,
    text_with_markers,
)
from studio_sync.core.merge.parts import PartKind, Record, RecordConflict
from studio_sync.core.merge.resolution import chosen, resolve_parts, with_markers
from studio_sync.core.merge.three_way import Winner, merge_text, two_way_pieces
from studio_sync.core.merge.three_way import resolved as resolved_text
from studio_sync.core.plan.reconcile import Standing, reconcile, with_merges
from studio_sync.core.values.record import Version, digests
from studio_sync.core.values.value import digest
from studio_sync.kinds import KINDS

ARTICLE, SESSION, QUIZ = KINDS["article"], KINDS["session"], KINDS["quiz"]


def conflict(kind, base, local, remote, places=(("p", "1.1"),) * 3):
    """The conflict of three records, given by the values that differ from the defaults."""

    def version(values, place):
        return values and Version("r", kind.name, *place, digests(kind, values))

    def record(values, place):
        return values and Record({"parent": place[0], "number": place[1]} if kind.identified else {}, values)

    records = [
        None if side is None else {f.name: f.default for f in kind.fields} | side
        for side in (base, local, remote)
    ]
    versions = [version(side, place) for side, place in zip(records, places, strict=True)]
    delta = reconcile(kind, *versions)
    if all(records):
        merges = {}
        for name in delta.having(Standing.CONFLICT):
            if name in {f.name for f in kind.fields}:
                merged = merge_value(kind.field(name), *(side[name] for side in records))
                if merged.clean:
                    merges[name] = digest(merged.value)
        delta = with_merges(delta, merges)
    return RecordConflict(delta, *(record(side, place) for side, place in zip(records, places, strict=True)))


def outcome(found, keep, names=(), *, whole=False):
    """The fields' values after a decision, as far as the decision resolves them."""
    resolution = resolve_parts(found, chosen(found, names, whole=whole), keep)
    sides = {Standing.AHEAD: found.local, Standing.BEHIND: found.remote}
    return {
        name: resolution.merged[name] if standing is Standing.DIVERGED else sides[standing].values[name]
        for name, standing in resolution.standings.items()
        if name not in ("parent", "number")
    }


BASE = "One two three.\n\nMiddle of it.\n\nLast words here."


def test_a_text_is_parted_into_its_conflicting_hunks_with_their_lines():
    local = BASE.replace("One two three.", "Uno.\nUno.").replace("Last words", "Ultimate words")
    remote = BASE.replace("One two three.", "Eins.").replace("Middle of", "Centre of")
    found = conflict(ARTICLE, {"content": BASE}, {"content": local}, {"content": remote})
    (part,) = found.parts
    assert (part.kind, part.fields, part.path) == (PartKind.HUNK, ("content",), "content")
    assert (part.base, part.local, part.remote) == ("One two three.", "Uno.\nUno.", "Eins.")
    assert [(side.start, side.count) for side in part.lines] == [(1, 1), (1, 2), (1, 1)]


def test_a_decision_takes_the_hunk_and_merges_the_rest():
    local = BASE.replace("One two three.", "Uno.").replace("Last words", "Ultimate words")
    remote = BASE.replace("One two three.", "Eins.").replace("Middle of", "Centre of")
    found = conflict(ARTICLE, {"content": BASE}, {"content": local}, {"content": remote})
    rest = "\n\nCentre of it.\n\nUltimate words here."
    assert outcome(found, Winner.FILES) == {"content": f"Uno.{rest}"}
    assert outcome(found, Winner.DATABASE) == {"content": f"Eins.{rest}"}
    assert outcome(found, Winner.DATABASE, whole=True) == {"content": remote}


def test_an_object_is_parted_by_key_a_text_in_it_by_hunk_and_a_list_by_item_and_order():
    questions = [{"id": f"q{k}", "question": "Why?", "explanation": BASE} for k in range(3)]
    mine = [dict(q) for q in (questions[1], questions[0], questions[2])]
    theirs = [dict(q) for q in (questions[0], questions[2], questions[1])]
    mine[0]["question"], theirs[2]["question"] = "How?", "Who?"
    mine[1]["explanation"] = BASE.replace("One two three.", "Uno.")
    theirs[0]["explanation"] = BASE.replace("One two three.", "Eins.").replace("Last", "Final")
    found = conflict(QUIZ, {"questions": questions}, {"questions": mine}, {"questions": theirs})
    assert [(part.kind, part.path, part.local, part.remote) for part in found.parts] == [
        (PartKind.VALUE, "questions[id=q1].question", "How?", "Who?"),
        (PartKind.HUNK, "questions[id=q0].explanation", "Uno.", "Eins."),
        (PartKind.ORDER, "questions", ["q1", "q0", "q2"], ["q0", "q2", "q1"]),
    ]
    kept = outcome(found, Winner.FILES)["questions"]
    assert [(q["id"], q["question"]) for q in kept] == [("q1", "How?"), ("q0", "Why?"), ("q2", "Why?")]
    assert kept[1]["explanation"] == BASE.replace("One two three.", "Uno.").replace("Last", "Final")


def test_the_place_is_one_part_and_never_resolved_by_halves():
    found = conflict(
        SESSION, {"title": "T"}, {"title": "T"}, {"title": "T"}, (("c1", "1.3"), ("c1", "1.5"), ("c2", "2.8"))
    )
    (part,) = found.parts
    assert (part.kind, part.fields) == (PartKind.PLACE, ("parent", "number"))
    assert part.local == {"parent": "c1", "number": "1.5"}
    assert part.remote == {"parent": "c2", "number": "2.8"}
    for keep, standing in ((Winner.FILES, Standing.AHEAD), (Winner.DATABASE, Standing.BEHIND)):
        assert resolve_parts(found, found.parts, keep).standings == dict.fromkeys(
            ("parent", "number"), standing
        )
        assert resolve_parts(found, chosen(found, ["number"]), keep) == resolve_parts(
            found, found.parts, keep
        )


@pytest.mark.parametrize("half", [("c2", "1.3"), ("c1", "2.8")])
def test_one_half_moved_here_and_the_other_there_is_a_conflict_of_the_place(half):
    other = ("c2" if half[0] == "c1" else "c1", "2.8" if half[1] == "1.3" else "1.3")
    found = conflict(SESSION, {"title": "T"}, {"title": "T"}, {"title": "T"}, (("c1", "1.3"), half, other))
    assert found.delta.fields == {"parent": Standing.CONFLICT, "number": Standing.CONFLICT}


STATUSES = ("draft", "review", "approved")


def test_a_status_step_over_the_other_sides_words_is_one_part_of_which_nothing_merges():
    base = {"content": BASE, "sources": ["a"]}
    local = {"status": "review", "content": BASE, "sources": ["a", "b"]}
    remote = {"content": BASE.replace("Middle", "Centre"), "sources": ["a"]}
    found = conflict(ARTICLE, base, local, remote)
    (part,) = found.parts
    assert (part.kind, part.fields) == (PartKind.CONTENT, ("status", "sources", "content"))
    assert part.remote == {"status": "draft", "sources": ["a"], "content": remote["content"]}
    for name in ("", "status", "content"):
        assert outcome(found, Winner.DATABASE, [name] if name else ()) == part.remote
        assert outcome(found, Winner.FILES, [name] if name else ()) == part.local
    assert with_markers(found, found.parts).standings == {}


@pytest.mark.parametrize("before", STATUSES)
def test_no_merge_approves_words_that_the_approver_did_not_have(before):
    """Over all small cases: what merges at a status further on is what a side of that status says."""
    texts = (BASE, BASE.replace("One", "Uno"), BASE.replace("Last", "Final"))
    for mine, theirs, here, there in product(STATUSES, STATUSES, texts, texts):
        base = {"status": before, "content": BASE}
        local, remote = {"status": mine, "content": here}, {"status": theirs, "content": there}
        found = conflict(ARTICLE, base, local, remote)
        if found.delta.standing is Standing.CONFLICT:
            continue
        text = merge_value(ARTICLE.field("content"), BASE, here, there).value
        status = mine if mine != before else theirs
        if STATUSES.index(status) > STATUSES.index(before):
            assert (status, text) in ((mine, here), (theirs, there))


def test_a_record_that_one_side_deleted_is_one_part():
    found = conflict(ARTICLE, {"content": BASE}, {"content": "Other."}, None)
    (part,) = found.parts
    assert (part.kind, part.remote) == (PartKind.RECORD, NO_VALUE)
    assert part.local["content"] == "Other."


def test_a_part_is_another_one_as_soon_as_one_of_its_values_is():
    one = conflict(ARTICLE, {"content": "A b."}, {"content": "C b."}, {"content": "D b."}).parts[0]
    same = conflict(ARTICLE, {"content": "A b."}, {"content": "C b."}, {"content": "D b."}).parts[0]
    assert one.id == same.id
    for base, local, remote in (("X b.", "C b.", "D b."), ("A b.", "X b.", "D b."), ("A b.", "C b.", "X b.")):
        other = conflict(ARTICLE, {"content": base}, {"content": local}, {"content": remote}).parts[0]
        assert other.id != one.id


# --- laws

WORDS = st.sampled_from(["ash", "birch", "cedar", "elm", "fir", "oak"])
PARAGRAPH = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
TEXT = st.lists(PARAGRAPH, min_size=3, max_size=6).map("\n\n".join)


@st.composite
def three_texts(draw):
    """A text, and two versions of it with some paragraphs changed, removed or added in each."""
    base = draw(TEXT).split("\n\n")

    def side():
        found = []
        for paragraph in base:
            match draw(st.integers(0, 5)):
                case 0:
                    found.append(draw(PARAGRAPH))
                case 1:
                    continue
                case 2:
                    found += [paragraph, draw(PARAGRAPH)]
                case _:
                    found.append(paragraph)
        return "\n\n".join(found)

    return "\n\n".join(base), side(), side()


def conflict_of(texts):
    base, local, remote = ({"content": text} for text in texts)
    return conflict(ARTICLE, base, local, remote)


@settings(max_examples=60, deadline=None)
@given(three_texts())
def test_what_a_decision_drops_is_in_the_parts(texts):
    found = conflict_of(texts)
    if not found.parts:
        return
    base, local, remote = (set(text.split()) for text in texts)
    for keep, loser, said in (
        (Winner.FILES, remote - base, lambda part: part.remote),
        (Winner.DATABASE, local - base, lambda part: part.local),
    ):
        kept = outcome(found, keep)["content"] or ""
        told = {
            word for part in found.parts if said(part) is not NO_VALUE for word in str(said(part)).split()
        }
        assert loser <= set(kept.split()) | told
        mirrored = conflict_of((texts[0], texts[2], texts[1]))
        other = Winner.DATABASE if keep is Winner.FILES else Winner.FILES
        assert (outcome(mirrored, other)["content"] or "") == kept


@settings(max_examples=40, deadline=None)
@given(three_texts())
def test_every_conflict_has_a_part_and_no_part_is_without_one(texts):
    found = conflict_of(texts)
    assert bool(found.parts) == (found.delta.standing is Standing.CONFLICT)
    assert {name for part in found.parts for name in part.fields} == set(
        found.delta.having(Standing.CONFLICT)
    )
    for earlier, later in zip(found.parts, found.parts[1:], strict=False):
        for one, other in zip(earlier.lines, later.lines, strict=True):
            assert one.start + one.count <= other.start


@pytest.mark.parametrize("seed", range(6))
def test_a_decision_gives_what_git_gives_with_the_same_side(seed, tmp_path: Path):
    """Where whole paragraphs are replaced by others, there is nothing that git would merge otherwise."""
    base = [f"paragraph {k} {'abcdefg'[k] * 9}" for k in range(7)]
    local, remote = list(base), list(base)
    for k in range(7):
        here, there = (seed * 7 + k * 5) % 3 == 0, (seed + k * 3) % 4 < 2
        if here:
            local[k] = f"local{seed}{k} " + "x" * (k + 3)
        if there:
            remote[k] = f"remote{seed}{k} " + "y" * (k + 3)
    spaced = [f"\n\nstays {'-'.join('hijklmn')}\n\n".join(side) for side in (base, local, remote)]
    found = conflict_of(spaced)
    names = []
    for name, text in zip(("base", "local", "remote"), spaced, strict=True):
        (tmp_path / name).write_text(text + "\n")
        names.append(str(tmp_path / name))
    for keep, option in ((Winner.FILES, "--ours"), (Winner.DATABASE, "--theirs")):
        command = ["git", "merge-file", "-p", option, names[1], names[0], names[2]]
        git = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if found.parts:
            assert outcome(found, keep)["content"] == git.rstrip("\n")


ITEM = st.fixed_dictionaries({"question": WORDS, "answer": WORDS})


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_lists_and_objects_keep_what_does_not_conflict_whoever_wins(data):
    names = [f"q{k}" for k in range(4)]
    base = {name: data.draw(ITEM) for name in names}

    def side():
        found = {name: data.draw(ITEM) if data.draw(st.booleans()) else dict(base[name]) for name in names}
        order = data.draw(st.permutations(names)) if data.draw(st.booleans()) else names
        gone = data.draw(st.sampled_from([*names, "", "", ""]))
        return [{"id": name, **found[name]} for name in order if name != gone]

    sides = [[{"id": name, **item} for name, item in base.items()], side(), side()]
    found = conflict(QUIZ, *({"questions": items} for items in sides))
    if not found.parts:
        return
    paths = {part.path for part in found.parts}
    mine, theirs = ({q["id"]: q for q in items} for items in sides[1:])
    for keep, one, other in ((Winner.FILES, mine, theirs), (Winner.DATABASE, theirs, mine)):
        kept = {q["id"]: q for q in outcome(found, keep)["questions"]}
        for name in names:
            for key in ("question", "answer"):
                if not (name in one and name in other and name in kept):
                    continue
                said, lost = one[name][key], other[name][key]
                if f"questions[id={name}].{key}" in paths:
                    assert kept[name][key] == said
                else:
                    assert kept[name][key] == (lost if said == base[name][key] else said)
            if f"questions[id={name}]" in paths:
                assert (name in kept) == (name in one)


@settings(max_examples=40, deadline=None)
@given(three_texts(), st.booleans())
def test_one_side_can_be_taken_of_what_stands_between_markers(texts, known):
    base, local, remote = texts
    text = text_with_markers(base if known else None, local, remote)
    pieces = marker_pieces(text)
    wanted = merge_text(*texts) if known else two_way_pieces(local, remote)
    for winner in Winner:
        assert resolved_text(pieces, winner) == resolved_text(wanted, winner)


@pytest.mark.parametrize(
    "broken",
    [
        f"a\n{FILES_MARKER}\nb\n{BETWEEN}\nc",
        f"{FILES_MARKER}\nb\n{DATABASE_MARKER}",
        f"{FILES_MARKER}\nTitle\n=======\nb\n{BETWEEN}\nc\n{DATABASE_MARKER}",
        f"b\n{BASE_MARKER}\nc",
        f"{FILES_MARKER}\n{FILES_MARKER}\nb\n{BETWEEN}\nc\n{DATABASE_MARKER}",
    ],
)
def test_markers_that_are_not_whole_are_not_guessed_at(broken):
    assert marker_pieces(broken) is None


def test_a_heading_in_a_text_without_markers_is_no_marker():
    assert resolved_text(marker_pieces("Title\n=======\n\nText"), Winner.FILES) == "Title\n=======\n\nText"
