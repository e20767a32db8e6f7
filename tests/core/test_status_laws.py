"""Laws of the guards, over pushes that nobody would think of: what passes keeps every rule of status."""

from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.plan.decision import Choice, Decision
from studio_sync.core.status.guards import Policy, judge_transitions
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import StatusNode, Transition
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.record import PARENT, Version, digests, rid_of
from studio_sync.kinds import KINDS

POLICY = Policy(KINDS)
RULES = StatusRules()
CONTENTS = KINDS["session"].needs["content_created"][0].of
WORDS = ("draft", "in_progress", "content_created", "review", "approved", "published", "odd")


def version(kind, own, parent, status, text):
    kind = KINDS[kind]
    said = {f.name: f.default for f in kind.fields}
    if kind.flow:
        said[STATUS] = status
    return Version(rid_of(kind, own, parent, own), kind.name, parent, own, digests(kind, said) + text)


@st.composite
def pushes(draw):
    """A program with sessions and contents, before and after: each record kept, changed, made or deleted."""
    places = [("program", "p", "client"), ("chapter", "c1", "p"), ("chapter", "c2", "p")]
    for i in range(draw(st.integers(0, 3))):
        places.append(("session", f"s{i}", draw(st.sampled_from(("c1", "c2")))))
        places += [(name, "", f"s{i}") for name in CONTENTS]
    nodes, transitions = [], []
    for name, own, parent in places:
        kind = KINDS[name]
        words = st.sampled_from([w for w in WORDS if w in kind.flow] or [None]) if kind.flow else st.none()
        before = version(name, own, parent, draw(words), b"") if draw(st.integers(0, 5)) else None
        if before is not None:
            status = Transition(kind, before.rid, before, before, ()).was
            nodes.append(StatusNode(before.rid, kind, parent, status))
        after = version(name, own, parent, draw(words), b"") if draw(st.integers(0, 5)) else None
        fields = []
        if before and after:
            if before.digests != after.digests:
                fields.append(STATUS)
            if draw(st.booleans()) and kind.flow:
                fields.append(next(f.name for f in kind.fields if f.name != STATUS))
            if own and draw(st.integers(0, 5)) == 0:
                fields.append(PARENT)
        if (before or after) and (fields or not (before and after)):
            decisions = draw(st.sets(st.sampled_from(list(Choice))))
            transitions.append(
                Transition(
                    kind, (before or after).rid, before, after, tuple(fields), "",
                    tuple(Decision(c) for c in sorted(decisions)),
                )
            )  # fmt: skip
    return nodes, transitions


def passing(nodes, transitions):
    """What a push with --partial lets through."""
    while stopped := judge_transitions(transitions, nodes, POLICY):
        transitions = [p for p in transitions if p.rid not in stopped]
    return transitions


@settings(max_examples=250, deadline=None)
@given(pushes())
def test_whatever_passes_keeps_every_rule(push):
    nodes, transitions = push
    passed = passing(nodes, transitions)
    rows = {n.rid: n for n in nodes}
    outcome = dict(rows)
    for p in passed:
        outcome.pop(p.rid, None)
        if p.after is not None:
            outcome[p.rid] = StatusNode(p.rid, p.kind, p.after.parent, p.becomes)

    def below(rid, where):
        for node in where.values():
            if node.parent == rid:
                yield node
                yield from below(node.rid, where)

    for p in passed:
        flow = p.kind.flow
        if p.before is None:
            assert not flow or p.becomes == flow[0] or p.decided(Choice.IMPORT)
            continue
        inside = list(below(p.rid, rows))
        locked_inside = [n for n in inside if RULES.locks(n.kind, n.status)]
        if p.after is None:
            assert not RULES.locks(p.kind, p.was)
            assert not locked_inside
            continue
        if flow:
            assert p.steps <= 1
            assert p.steps >= 0 or p.decided(Choice.REOPEN)
        if RULES.locks(p.kind, p.was) and set(p.fields) - {STATUS, PARENT}:
            assert not RULES.locks(p.kind, p.becomes)
            assert p.decided(Choice.REOPEN)
        if PARENT in p.fields and (RULES.locks(p.kind, p.was) or locked_inside):
            assert p.decided(Choice.RENUMBER)
        if p.kind.name == "session" and p.steps == 1:
            contents = {n.kind.name: n.status for n in below(p.rid, outcome)}
            assert set(contents) == set(CONTENTS)
            if p.becomes in ("approved", "published"):
                assert set(contents.values()) == {"approved"}
        if p.kind.name == "program" and p.steps == 1 and p.becomes in ("review", "published"):
            found = [n.status for n in below(p.rid, outcome) if n.kind.name == "session"]
            assert found
            if p.becomes == "published":
                assert set(found) == {"published"}
            else:
                assert "draft" not in found


@settings(max_examples=80, deadline=None)
@given(pushes())
def test_what_passes_passes_again_and_the_order_does_not_matter(push):
    """A push that passes whole passes again: judging changes nothing, and its order does not matter."""
    nodes, transitions = push
    passed = passing(nodes, transitions)
    assert judge_transitions(passed, nodes, POLICY) == {}
    assert judge_transitions(passed[::-1], nodes[::-1], POLICY) == {}
    assert {p.rid for p in passing(nodes[::-1], transitions[::-1])} == {p.rid for p in passed}
