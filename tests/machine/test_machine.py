"""Nothing is lost, proved by machine: random sequences over the kernel, and mutants that must be caught."""

import random
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.machine.in_memory import MemoryWorld
from tests.machine.kernel import Rules
from tests.machine.machine import Machine
from tests.machine.oracle import LossError, Oracle

STEPS = 20


def ran(seed: int, *, rules: Rules | None = None, decisions: bool = True, rest: bool = False) -> str:
    """What the oracle found in one sequence, "" if nothing."""
    machine = Machine(MemoryWorld(rules), random.Random(seed).choice, decisions=decisions)
    try:
        machine.begin()
        for _ in range(STEPS):
            machine.act()
        if rest:
            machine.settle_down()
    except LossError as error:
        return f"{seed}: {error} {machine.log}"
    return ""


def findings(count: int, **more: bool) -> list[str]:
    return [found for seed in range(count) if (found := ran(seed, **more))]


def test_nothing_is_lost_or_taken_back_in_thousands_of_sequences() -> None:
    assert findings(2_000, decisions=False) == []


@pytest.mark.slow
def test_nothing_is_lost_or_taken_back_in_very_many_sequences() -> None:
    # What the rule can't settle is said in README: rows that go back to what they said, places left out.
    found = findings(50_000, decisions=False)
    assert len(found) <= 3, found


def test_with_decisions_few_sequences_end_in_a_finding_and_the_rest_comes_to_rest() -> None:
    # What the rule can't settle is said in README: decisions about words that somebody has committed.
    found = findings(1_500, rest=True)
    assert len(found) <= 1, found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_sequence_that_is_searched_for_loses_anything(data: st.DataObject) -> None:
    machine = Machine(MemoryWorld(), lambda things: data.draw(st.sampled_from(list(things))), decisions=False)
    machine.begin()
    for _ in range(12):
        machine.act()


MUTANTS = {rule.name: replace(Rules(), **{rule.name: False}) for rule in fields(Rules)}
"""Engines that break one rule each: base before files, delete wins, whole row, newest occurrence, …"""


@pytest.mark.parametrize("rule", MUTANTS)
def test_an_engine_that_breaks_a_rule_is_caught(rule: str) -> None:
    # What is found of the engine as it is says nothing about the rule.
    assert any(
        ran(seed, rules=MUTANTS[rule], decisions=decisions) and not ran(seed, decisions=decisions)
        for seed in range(1_500)
        for decisions in (False, True)
    )


def test_the_oracle_sees_words_that_vanish_and_words_that_come_back() -> None:
    oracle = Oracle()
    first = oracle.fresh()
    second = oracle.fresh([first])
    oracle.change("row", [first], [second])
    with pytest.raises(LossError, match="is gone"):
        oracle.change("row", [second], [first])
    oracle.hold("row", [first])
    third = oracle.fresh([second])
    with pytest.raises(LossError, match="came back"):
        oracle.change("row", [third], [third, first])
    with pytest.raises(LossError, match="never saw it"):
        oracle.vanish("row", [third], [first])
    with pytest.raises(LossError, match="nowhere"):
        oracle.stand([first, second])
