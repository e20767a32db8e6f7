"""What a role sees and writes that was granted some clients: gone is not hidden."""

import pytest

from studio_sync.errors import StudioError
from tests.database.contract.backends import Backend
from tests.database.contract.scene import (
    ARTICLE,
    ARTICLE_KIND,
    CHAPTER,
    CLIENT,
    CLIENT_KIND,
    NEW,
    ONE,
    OTHER,
    PROGRAM_KIND,
    SESSION_KIND,
    Writing,
    fill,
    row_of,
    run_now,
)


def test_a_bound_role_sees_and_writes_its_own_and_can_tell_gone_from_hidden(granting: Backend) -> None:
    fill(granting)
    granting.insert(PROGRAM_KIND, NEW, OTHER, "theirs", {"name": "Theirs", "status": "draft"})
    with granting.bound(CLIENT, "mine", "write") as store:
        grants, run = store.access.grants(), run_now()
        assert grants is not None
        assert (dict(grants.levels), dict(grants.slots)) == ({CLIENT: "write"}, {CLIENT: "mine"})
        assert {kind.table for kind in (CLIENT_KIND, PROGRAM_KIND)} <= store.shape().secured
        store.access.hold_visible("here", store.shape().secured, grants)
        assert store.access.covered(grants, None) == {CLIENT}
        assert store.access.covered(grants, ["others"]) == frozenset()
        with store.together():
            assert [row.id for row in store.rows().read(CLIENT_KIND)] == [CLIENT]
        assert store.tree.present_ids(PROGRAM_KIND, [NEW]) == set()
        assert store.access.present(PROGRAM_KIND, [NEW]) == set()
        assert store.access.anywhere(PROGRAM_KIND, [NEW]) == {NEW}
        assert store.access.present(SESSION_KIND, [ONE, NEW]) == {ONE}

        article = row_of(store, ARTICLE_KIND, ARTICLE)
        Writing().update(article, content="Mine").write(store, run)
        assert store.has_run(run.id)
        assert store.ledger().latest([f"{ONE}/article"])[f"{ONE}/article"][0] == 2


def test_a_bound_role_writes_nothing_below_another_client(granting: Backend) -> None:
    fill(granting)
    run = run_now()
    theirs = Writing().create(SESSION_KIND, NEW, CHAPTER, "1.9", title="Mine")
    with granting.bound(OTHER, "others", "write") as store, pytest.raises(StudioError), store.explained("x"):
        theirs.write(store, run)
    with granting.open() as store:
        assert not store.has_run(run.id)
        assert store.tree.present_ids(SESSION_KIND, [NEW]) == set()
