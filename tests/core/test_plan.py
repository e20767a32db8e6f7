import pytest

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.record import PARENT
from studio_sync.kinds import KINDS


def change(kind, *fields):
    return Change(KINDS[kind], "r", "id", Action.UPDATE, fields, None, None, None, (), "path")


def test_a_plan_with_nothing_in_it_has_nothing_to_do():
    plan = Plan()
    assert not plan.changes
    assert not plan.refused
    assert not plan.held


def test_a_plan_never_changes_once_it_is_made():
    with pytest.raises(AttributeError):
        Plan().changes = ()
    with pytest.raises(AttributeError):
        change("session").path = "x"


@pytest.mark.parametrize(
    ("kind", "field", "moves"),
    [
        ("session", PARENT, True),
        ("session", "number", True),
        ("session", "title", False),
        ("session", "order_index", False),
        ("program", "slug", True),
        ("program", "number", False),
        ("article", "content", False),
    ],
)
def test_a_record_moves_when_its_parent_or_its_slot_changes(kind, field, moves):
    assert change(kind, "status", field).moves == moves
    assert not change(kind, "status").moves
