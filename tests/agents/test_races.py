"""Agents, a writer and the web app at the same articles in the same moment."""

import asyncio

import pytest

from tests.harness import Desk

pytest.importorskip("mcp")


def test_in_races_of_agents_a_writer_and_the_web_app_nothing_is_lost(bare: Desk) -> None:
    from tests.agents.races import Races

    races = Races(bare, 3)
    asyncio.run(asyncio.wait_for(races.run(5, at_once=5, programs=1), 120))
    assert {"agent", "writer", "web app"} == races.written.keys()
