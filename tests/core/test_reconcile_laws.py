"""The laws of the comparison, on many random triples."""

import random

from studio_sync.core.plan.reconcile import Standing, agree, reconcile, with_merges
from studio_sync.core.values.kind import Field, FieldPlace, Kind, Naming, Slot
from studio_sync.core.values.record import PARENT, UNKNOWN_VALUE, Version, field_digests
from studio_sync.core.values.value import ABSENT, digest

KIND = Kind(
    name="page",
    table="pages",
    file="page.md",
    slot=Slot(column="number", naming=Naming.NUMBERED),
    identified=True,
    parent="book",
    parent_column="book_id",
    fields=(
        Field(name="title", required=True),
        Field(name="status", default="draft", always=True),
        Field(name="place", loose=True),
        Field(name="text", place=FieldPlace.BODY),
    ),
    flow=("draft", "review", "approved"),
)
A, B, C = (digest(x) for x in "abc")
SWAPPED = {Standing.AHEAD: Standing.BEHIND, Standing.BEHIND: Standing.AHEAD}


def one(title: bytes) -> Version:
    return Version("r", "page", "p", "1", title + digest("draft") + digest(1) + digest("t"))


STATUSES = [digest(s) for s in KIND.flow]


def some(rng: random.Random, *, base: bool = False, local: bool = False) -> Version | None:
    if rng.random() < 0.1:
        return None
    unseen = [UNKNOWN_VALUE] if base and rng.random() < 0.2 else []
    silent = [ABSENT] if local else []
    data = (
        rng.choice([A, B, C, *unseen]),
        rng.choice([*STATUSES, *unseen]),
        rng.choice([A, B, *silent, *unseen]),
        rng.choice([A, B, C, *unseen]),
    )
    return Version("r", "page", rng.choice("pq"), rng.choice("12"), b"".join(data))


def test_the_laws_hold_for_a_hundred_thousand_triples() -> None:
    rng = random.Random(20)
    for _ in range(100_000):
        base, local, remote = some(rng, base=True), some(rng, local=True), some(rng)
        if base is local is remote is None:
            continue
        found = reconcile(KIND, base, local, remote)
        if local is None or remote is None:
            continue
        mine, theirs = field_digests(KIND, local), field_digests(KIND, remote)
        # A record agrees exactly if no field differs, whatever base says.
        assert (found.standing is Standing.AGREED) == agree(KIND, local, remote)
        assert found.fields.keys() == {n for n, v in mine.items() if v not in (theirs[n], ABSENT)}
        # The record's standing is the gravest of its fields.
        assert found.standing is max([Standing.AGREED, *found.fields.values()], key=lambda s: s.gravity)
        for name, standing in found.fields.items():
            seen = field_digests(KIND, base).get(name)
            # Nothing goes one way unless the other side is as it was seen.
            if standing is Standing.AHEAD:
                assert theirs[name] == seen
            if standing is Standing.BEHIND:
                assert mine[name] == seen
        # A step forward and a content of the other side are never taken both.
        status = found.fields.get("status")
        for text in ("title", "text"):
            other = SWAPPED.get(status) if status else None
            if other and found.fields.get(text) is other:
                before, after = (
                    field_digests(KIND, base)["status"],
                    mine if status is Standing.AHEAD else theirs,
                )
                assert STATUSES.index(before) > STATUSES.index(after["status"])
        # Swapping the sides swaps the directions.
        if ABSENT not in mine.values():
            turned = reconcile(KIND, base, remote, local)
            assert turned.fields == {n: SWAPPED.get(s, s) for n, s in found.fields.items()}


def test_a_merge_is_judged_on_what_it_gives() -> None:
    base, local, remote = one(A), one(B), one(C)
    found = reconcile(KIND, base, local, remote)
    assert found.fields == {"title": Standing.CONFLICT}
    assert with_merges(found, {"title": B}).standing is Standing.AHEAD
    assert with_merges(found, {"title": C}).standing is Standing.BEHIND
    assert with_merges(found, {"title": digest("d")}).standing is Standing.DIVERGED


def test_a_row_that_is_gone_and_was_known_is_never_made_again_by_itself() -> None:
    assert reconcile(KIND, None, one(A), None, known=True).standing is Standing.CONFLICT
    assert reconcile(KIND, None, one(A), None).standing is Standing.AHEAD


def test_a_place_counts_as_a_field() -> None:
    moved = Version("r", "page", "q", "1", one(A).digests)
    assert reconcile(KIND, one(A), moved, one(A)).fields == {PARENT: Standing.AHEAD}
