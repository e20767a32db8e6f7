"""What only the store in memory does: its state is one value, kept and restored."""

import pickle

from studio_sync.database.memory.memory_database import MemoryDatabase
from studio_sync.kinds import KINDS
from tests.database.contract.backends import InMemory
from tests.database.contract.scene import ARTICLE, ARTICLE_KIND, ONE, Writing, fill, row_of


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
