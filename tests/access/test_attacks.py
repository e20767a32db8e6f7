"""Every attack in the table fails, and the table is whole."""

import psycopg

from tests.access.attacks import ALL, DENIED, NOTHING, Attack
from tests.access.conftest import Yard

RIGHTS = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.FeatureNotSupported,  # COPY FROM under row-level security
)


def told(town: Yard, attack: Attack, query: str) -> str:
    """A statement with the names of the town's roles in it."""
    for who in ("boss", "web", "reader", "writer", "approver"):
        query = query.replace("{" + who + "}", town.role(who))
    return query.replace("{me}", town.role(attack.who))


def test_every_attack_fails(town: Yard, attempt) -> None:
    wrong = []
    for attack in ALL:
        found = attempt(attack.who, *(told(town, attack, q) for q in (attack.query, *attack.before)))
        if attack.expected == DENIED:
            right = isinstance(found, RIGHTS)
        elif attack.expected == NOTHING:
            right = found in (0, [])
        else:
            right = found == [(int(attack.expected),)]
        if not right:
            wrong.append(f"{attack}: {type(found).__name__} {found}")
        if isinstance(found, psycopg.Error) and ("globex" in str(found) or "secret" in str(found)):
            wrong.append(f"{attack}: tells {found}")
    assert wrong == []
