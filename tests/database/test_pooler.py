"""A pooler in transaction mode: each transaction may get another server process."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import pooler
from tests.harness import S1, Desk

pytestmark = pytest.mark.skipif(pooler.PGBOUNCER.path is None, reason=pooler.WHY_NOT)


def test_a_day_at_the_desk_goes_through_a_pooler(own: Desk) -> None:
    with own.clone(url=pooler.through(own.url)) as desk:
        desk.ok("status", "--exit-code")
        desk.ok("pull")  # from here on this tree knows what it stands on
        desk.edit(f"{S1}/article.md", "One two", "Two one")
        own.sql("UPDATE sessions SET hook = 'From the web' WHERE number = '1.1'")
        for command in (["status"], ["pull"], ["push"], ["status", "--exit-code"], ["doctor"]):
            desk.ok(*command)
        assert own.one("SELECT content FROM articles WHERE content LIKE 'Two one%%'")
        assert "From the web" in desk.read(f"{S1}/session.md")


def test_many_look_at_once_through_fewer_server_processes(own: Desk) -> None:
    pooled = pooler.through(own.url)
    desks = [own.clone(f"clone-{i}", url=pooled) for i in range(6)]

    def look(desk: Desk) -> tuple[int, str]:
        process = desk.spawn("status", "--exit-code")
        _, err = process.communicate(timeout=120)
        return process.returncode, err

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(look, desks))
    assert [code for code, _ in found] == [0] * 6, found


def test_the_doctor_tells_a_pooler_from_a_server(own: Desk) -> None:
    told = own.run("doctor", "--database", pooler.through(own.url)).out
    assert "through a pooler" in told
    assert "through a pooler" not in own.run("doctor", "--database", own.url).out
