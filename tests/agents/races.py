"""Races of two agents, a writer and the web app for the same articles, through `studio mcp` over stdio.

`python -m tests.agents.races --races 10000 --seed S`. Each of the four adds a word of its own to an article,
all at once; a refusal is an answer. No word that anybody was told to be written may be lost.
"""

import asyncio
import random
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from tests.agents.test_mcp import Agent, parameters, server_here
from tests.harness import S1, S2, SESSION, SESSION_2, TREE, Desk
from tests.long_runs import (
    file_with_word,
    hold_words,
    long_run,
    save_unless_changed,
    web_edit,
    without_markers,
)

ARTICLES = {f"{S1}/article.md": SESSION, f"{S2}/article.md": SESSION_2}
_AT_ONCE = 10


@dataclass
class Races:
    """A desk with four authors, and the words that each article must keep."""

    desk: Desk
    seed: int
    words: dict[str, set[str]] = field(default_factory=lambda: {path: set() for path in ARTICLES})
    written: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    async def run(self, races: int, *, at_once: int = _AT_ONCE, programs: int = 2) -> None:
        """So many races; after every few a person settles what diverged, and everything is compared.

        So many of the two agents' servers are `programs` of their own; the others are in this process.
        """
        from mcp import Client

        self.desk.write_all(TREE)
        self.desk.ok("push")
        chance = random.Random(self.seed)
        async with AsyncExitStack() as stack:
            agents = [
                Agent(await stack.enter_async_context(Client(start(self.desk, name))))
                for name, start in (("One", parameters), ("Two", parameters if programs > 1 else server_here))
            ]
            for race in range(1, races + 1):
                paths = [chance.choice(list(ARTICLES)) for _ in range(4)]
                one, two, writer, web = (random.Random(chance.random()) for _ in range(4))
                await asyncio.gather(
                    self._agent(agents[0], paths[0], f"a{race}", one),
                    self._agent(agents[1], paths[1], f"b{race}", two),
                    asyncio.to_thread(self._writer, paths[2], f"c{race}", writer),
                    asyncio.to_thread(self._web, paths[3], f"d{race}", web),
                )
                if race % at_once == 0 or race == races:
                    await asyncio.to_thread(self._settle, race)

    async def _agent(self, agent: Agent, path: str, word: str, chance: random.Random) -> None:
        now = await agent("read", path=f"content/{path}")
        if now.get("outcome", "ok") != "ok":
            self.refused += 1
            return
        text = file_with_word(now["text"], word, chance)
        edit = {"path": f"content/{path}", "revision": now["revision"], "text": text}
        told: dict[str, Any] = await agent("propose", edits=[edit], records=[f"content/{path}"])
        if told["outcome"] != "ok":
            self.refused += 1
            return
        self._wrote("agent", path, word)
        pushed = await agent("push", records=[f"content/{path}"], message=word)
        self.refused += pushed["outcome"] != "ok"

    def _writer(self, path: str, word: str, chance: random.Random) -> None:
        """An editor that never writes over what it has not read: it exchanges the files, and looks."""
        place = self.desk.content / path
        if save_unless_changed(place, lambda text: file_with_word(text, word, chance)):
            self._wrote("writer", path, word)
        else:
            self.refused += 1

    def _web(self, path: str, word: str, chance: random.Random) -> None:
        web_edit(self.desk, ("articles", "content", "session_id"), ARTICLES[path], word, chance)
        self._wrote("web app", path, word)

    def _wrote(self, who: str, path: str, word: str) -> None:
        self.words[path].add(word)
        self.written[who] += 1

    def _settle(self, race: int) -> None:
        """A person merges what diverged. Raises AssertionError if a word is lost, or that can't be done."""
        keep = ("pull", "--keep", "both")  # once more, where the first one only shows what it is about
        for command in (("push", "--partial"), ("pull",), keep, keep, ("push",)):
            self.desk.run(*command)
            for path in ARTICLES:
                text = self.desk.read(path)
                if "<<<<<<< " in text:
                    self.desk.write(path, without_markers(text))
        last = self.desk.run("push")
        assert last.code == 0, f"race {race}: not settled, {last.text[-2000:]}"
        for path, words in self.words.items():
            row = self.desk.one("SELECT content FROM articles WHERE session_id = %s", ARTICLES[path])
            hold_words(f"race {race}: the file {path}", self.desk.read(path), words)
            hold_words(f"race {race}: the row of {path}", row, words)


def _play(desk: Desk, seed: int, length: int) -> str:
    races = Races(desk, seed)
    asyncio.run(races.run(length))
    return f"nothing lost; written {dict(races.written)}, refused {races.refused}"


if __name__ == "__main__":
    sys.exit(long_run("tests.agents.races", "races", (10_000, 250), _play, __doc__ or ""))
