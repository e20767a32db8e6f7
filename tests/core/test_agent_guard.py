"""What an agent's push may do, whatever anybody decided."""

import pytest

from studio_sync.core.plan.decision import Choice, Decision
from studio_sync.core.status.guards import Policy, judge_transitions
from studio_sync.core.status.transition import Transition
from studio_sync.core.values.record import Version, digests
from studio_sync.kinds import KINDS

SESSION = KINDS["session"]
DECIDED = tuple(Decision(choice, "why") for choice in Choice)


def version(status: str | None, *, slot: str = "1.1") -> Version:
    values = {f.name: None for f in SESSION.fields} | {"status": status, "title": "x"}
    return Version("s", "session", "c", slot, digests(SESSION, values))


def codes(before: Version | None, after: Version | None, *, agent: bool = True) -> set[str]:
    moved = before is not None and after is not None and before.slot != after.slot
    fields = ("number",) if moved else ("title",)
    transition = Transition(SESSION, "s", before, after, fields, "content/session.md", DECIDED)
    found = judge_transitions([transition], [], Policy(KINDS, agent=agent))
    return {verdict.code for verdicts in found.values() for verdict in verdicts}


@pytest.mark.parametrize(("before", "after"), [
    ("draft", "content_created"), ("draft", "published"), ("content_created", "draft"),
    ("approved", "approved"), ("published", "published"), ("content_created", "content_created"),
    ("draft", None), ("approved", None), (None, "content_created"), (None, "published"), ("draft", "odd"),
])  # fmt: skip
def test_it_never_takes_a_record_further_back_or_away(before: str | None, after: str | None):
    sides = [version(status) if status else None for status in (before, after)]
    assert "agent-limit" in codes(*sides)
    assert "agent-limit" not in codes(*sides, agent=False)


def test_it_never_moves_a_record():
    assert "agent-limit" in codes(version("draft"), version("draft", slot="1.2"))


def test_words_of_drafts_and_new_drafts_pass():
    assert "agent-limit" not in codes(version("draft"), version("draft"))
    assert "agent-limit" not in codes(None, version("draft"))
