"""What is tried beyond one machine. Run it by `python -m tests.ha`."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.ha import pools
from tests.harness import S1, S2, SESSION_2, Desk

KILLS = int(os.environ.get("STUDIO_TEST_KILLS", "20"))
OTHERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = 'studio'"
)
CONTENT = "SELECT content FROM articles WHERE session_id = %s"


@pytest.mark.parametrize("package", pools.PROGRAMS)
def test_everything_goes_through_a_pool(desk: Desk, package: str, tmp_path: Path) -> None:
    with pools.before(desk.url, package, tmp_path) as url:
        env = {"STUDIO_DATABASE_URL": url}
        desk.ok("push", **env)
        assert "nothing to push" in desk.ok("push", **env).out
        desk.sql("UPDATE videos SET script = 'New.'")
        desk.edit(f"{S2}/article.md", "Ask", "Frag")
        desk.ok("push", **env)
        desk.ok("pull", **env)
        assert desk.read(f"{S1}/video.md").endswith("New.\n")
        for command in ("log", "board", "doctor", "db access", "db prune --before 2026-01-01 -n", "undo -n"):
            desk.ok(*command.split(), **env)
        # More rows than are fetched at once.
        desk.sql(
            "INSERT INTO client_knowledge (client_id, type, content)"
            " SELECT id, 'type' || g, '{}' FROM clients, generate_series(1, 3000) AS g"
        )
        desk.ok("pull", **env)
        assert len(desk.files()) > 3000
        assert desk.json("status", **env)["records"] == []


def test_a_push_that_is_killed_at_any_moment_is_told_truly(synced: Desk) -> None:
    """No acknowledged push is lost, none is doubled, and whoever is told that it failed can go on."""
    chance, codes = random.Random(17), Counter[str]()
    for number in range(KILLS):
        text = f"Words {number}."
        synced.write(f"{S2}/article.md", f"---\nstatus: draft\n---\n\n{text}\n")
        push = synced.spawn("push")
        time.sleep(chance.uniform(0.2, 1.4))
        killed = synced.one(OTHERS)
        out, err = push.communicate(timeout=120)
        assert "Traceback" not in err, err
        arrived = synced.one(CONTENT, SESSION_2) == text
        codes[f"exit {push.returncode}, {'arrived' if arrived else 'did not arrive'}"] += 1
        codes["killed while it was connected"] += bool(killed)
        assert push.returncode in (0, 3)
        assert arrived or push.returncode
        assert ("pushed" in out) <= arrived
        synced.ok("push")
        assert synced.one(CONTENT, SESSION_2) == text
        versions = "SELECT count(*) FROM studio_sync.versions WHERE document ->> 'content' = %s"
        assert synced.one(versions, text) == 1
    for what, times in sorted(codes.items()):
        print(f"  {what}: {times}")  # noqa: T201
