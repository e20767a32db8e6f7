"""Races of two agents, a writer and the web app for the same articles, through `studio mcp` over stdio.

`python -m tests.agents.races 10000` runs so many. Each of the four adds a word of its own to an article, as
many at once as there are; a refusal is an answer. No word that anybody was told to be written may be lost.
"""

import asyncio
import os
import random
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import servers
from tests.agents.test_mcp import Agent, parameters
from tests.harness import S1, S2, SESSION, SESSION_2, TREE, Desk

ARTICLES = {f"{S1}/article.md": SESSION, f"{S2}/article.md": SESSION_2}


@dataclass
class Races:
    """A desk with four authors, and the words that each article must keep."""

    desk: Desk
    seed: int
    words: dict[str, set[str]] = field(default_factory=lambda: {path: set() for path in ARTICLES})
    written: dict[str, int] = field(default_factory=dict)
    refused: int = 0

    async def run(self, races: int, *, at_once: int = 10) -> None:
        """So many races; after every few a person settles what diverged, and everything is compared."""
        from mcp import Client

        self.desk.write_all(TREE)
        self.desk.ok("push")
        chance = random.Random(self.seed)
        async with AsyncExitStack() as stack:
            agents = [
                Agent(await stack.enter_async_context(Client(parameters(self.desk, name))))
                for name in ("One", "Two")
            ]
            for race in range(1, races + 1):
                paths = [chance.choice(list(ARTICLES)) for _ in range(4)]
                await asyncio.gather(
                    self._agent(agents[0], paths[0], f"a{race}"),
                    self._agent(agents[1], paths[1], f"b{race}"),
                    asyncio.to_thread(self._writer, paths[2], f"c{race}"),
                    asyncio.to_thread(self._web, paths[3], f"d{race}"),
                )
                if race % at_once == 0 or race == races:
                    await asyncio.to_thread(self._settle, race)

    async def _agent(self, agent: Agent, path: str, word: str) -> None:
        now = await agent("read", path=f"content/{path}")
        if now.get("outcome", "ok") != "ok":
            self.refused += 1
            return
        text = now["text"].rstrip("\n") + f"\n\nSaid {word}.\n"
        edit = {"path": f"content/{path}", "revision": now["revision"], "text": text}
        told: dict[str, Any] = await agent("propose", edits=[edit], records=[f"content/{path}"])
        if told["outcome"] != "ok":
            self.refused += 1
            return
        self._wrote("agent", path, word)
        pushed = await agent("push", records=[f"content/{path}"], message=word)
        self.refused += pushed["outcome"] != "ok"

    def _writer(self, path: str, word: str) -> None:
        """An editor that never writes over what it has not read: it takes the file away, and puts it back."""
        place = self.desk.content / path
        taken, new = place.with_name(".taken"), place.with_name(".new")
        try:
            place.rename(taken)
            new.write_text(taken.read_text().rstrip("\n") + f"\n\nSaid {word}.\n")
            os.link(new, place)
        except (FileNotFoundError, FileExistsError):
            self.refused += 1
            if taken.exists() and not place.exists():
                taken.rename(place)
            return
        finally:
            new.unlink(missing_ok=True)
        taken.unlink(missing_ok=True)
        self._wrote("writer", path, word)

    def _web(self, path: str, word: str) -> None:
        self.desk.sql(
            "UPDATE articles SET content = %s || E'\\n\\n' || content, updated_at = now()"
            " WHERE session_id = %s", f"Said {word}.", ARTICLES[path],
        )  # fmt: skip
        self._wrote("web app", path, word)

    def _wrote(self, who: str, path: str, word: str) -> None:
        self.words[path].add(word)
        self.written[who] = self.written.get(who, 0) + 1

    def _settle(self, race: int) -> None:
        """A person merges what diverged. Raises AssertionError if a word is lost, or that can't be done."""
        keep = ("pull", "--keep", "both")  # once more, where the first one only shows what it is about
        for command in (("push", "--partial"), ("pull",), keep, keep, ("push",)):
            self.desk.run(*command)
            for path in ARTICLES:
                lines = self.desk.read(path).splitlines()
                if any(line.startswith("<<<<<<<") for line in lines):
                    kept = [x for x in lines if x[:7] not in ("<<<<<<<", "=======", ">>>>>>>")]
                    self.desk.write(path, "\n".join(kept) + "\n")
        last = self.desk.run("push")
        assert last.code == 0, f"seed {self.seed}, race {race}: not settled, {last.text[-2000:]}"
        for path, words in self.words.items():
            row = self.desk.one("SELECT content FROM articles WHERE session_id = %s", ARTICLES[path])
            for side in (self.desk.read(path), row):
                missing = sorted(word for word in words if f"Said {word}." not in side)
                assert not missing, f"seed {self.seed}, race {race}: {path} lost {missing}"


def main(races: int) -> None:
    """Run races in a database of its own, and say how they went."""
    with servers.database(servers.server(18)) as url, Desk(Path(tempfile.mkdtemp()) / "desk", url) as desk:
        found = Races(desk, random.randrange(1 << 30))
        asyncio.run(found.run(races))
        sys.stdout.write(
            f"{races} races, seed {found.seed}: nothing lost;"
            f" written {found.written}, refused {found.refused}\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
