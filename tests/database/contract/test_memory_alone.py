"""What only the store in memory does: its state is one value, kept and restored."""

import pickle

import pytest

from studio_sync.database.memory.memory_database import MemoryDatabase
from studio_sync.database.memory.stored import OtherRow
from studio_sync.database.values.failures import StaleError
from studio_sync.kinds import KINDS
from tests.database.contract.backends import InMemory
from tests.database.contract.scene import (
    ARTICLE,
    ARTICLE_KIND,
    ONE,
    SESSION_KIND,
    Writing,
    fill,
    row_of,
    run_now,
)


def test_a_state_is_kept_in_a_file_and_restored() -> None:
    backend = InMemory()
    fill(backend)
    with backend.open() as store:
        Writing().update(row_of(store, ARTICLE_KIND, ARTICLE), content="Kept").write(store)
        before = row_of(store, ARTICLE_KIND, ARTICLE)
    kept, other = pickle.dumps(backend.database.state), MemoryDatabase()
    other.state = pickle.loads(kept)
    with other.open("here", KINDS) as store:
        assert row_of(store, ARTICLE_KIND, ARTICLE).version() == before.version()
        assert list(store.ledger().histories([f"{ONE}/article"])[f"{ONE}/article"].versions) == [1, 2]
        Writing().update(row_of(store, ARTICLE_KIND, ARTICLE), content="Later").write(store)
    backend.database.restore(pickle.loads(kept))
    with backend.open() as store:
        after = row_of(store, ARTICLE_KIND, ARTICLE)
        assert (after.version(), after.token == before.token) == (before.version(), False)


def test_rows_of_other_tables_go_only_where_they_were_counted_and_are_kept_first() -> None:
    backend = InMemory()
    fill(backend)
    with backend.database.transaction(KINDS, "web") as web:
        web.insert_other(OtherRow("progress", ONE, '{"note": "half way"}'))
    with backend.open() as store:
        (counted,) = store.tree.dependents({"session": [ONE]})
        assert (counted.table, counted.rows, counted.confirmable) == ("progress", 1, True)
        session, article = row_of(store, SESSION_KIND, ONE), row_of(store, ARTICLE_KIND, ARTICLE)
        gone = Writing().delete(session).delete(article)
        with pytest.raises(StaleError, match="rows of progress"):
            gone.write(store, run_now())
        gone.more["dependents"] = (counted,)
        gone.write(store, run_now())
    assert backend.database.state.others == ()
    (found,) = [v for v in backend.database.state.versions[ONE].values() if v.document]
    assert "half way" in found.document
