"""A writer's saves and the web app's edits, at random and at once, while `studio watch --pull` runs.

`python -m tests.sync.watch_storm 10000` runs so many of them. Every edit adds a word of its own: none may be
lost, and once nobody edits, nothing more may happen.
"""

import json
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests import servers
from tests.harness import SESSION, SESSION_2, TREE, Desk

_ARTICLES = 12
_QUIET = 1.0
"""Seconds without an event after which a watch is at rest."""


@dataclass
class Storm:
    """A desk that is watched, what was written on each side, and what the watch said."""

    desk: Desk
    seed: int
    words: dict[str, set[str]] = field(default_factory=dict)
    events: list[dict] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, operations: int, *, at_once: int = 15) -> None:
        """So many edits. After every few, what diverged is pulled, as a person would, and all is compared."""
        chance = random.Random(self.seed)
        self._prepare()
        done = 0
        while done < operations:
            with _Watched(self):
                for _ in range(min(at_once, operations - done)):
                    done += 1
                    session = chance.choice(self._sessions)
                    if chance.random() < 0.5:
                        self._save(session, f"f{done}")
                    else:
                        self._web(session, f"w{done}")
                    time.sleep(chance.choice((0, 0, 0.01, 0.1)))
                self._rest()
            self._settle()
            self._hold(done)

    def latency(self, times: int) -> None:
        """How long it takes from a committed row to its file, with nothing else to do."""
        self._prepare()
        with _Watched(self):
            for number in range(times):
                word = f"t{number}"
                self._web(self._sessions[number % len(self._sessions)], word)
                began = time.monotonic()
                place = self._files[self._sessions[number % len(self._sessions)]]
                while word not in place.read_text():
                    assert time.monotonic() - began < 60, "it never came"
                    time.sleep(0.005)
                self.latencies.append(time.monotonic() - began)
                time.sleep(0.1)

    # --- pieces

    def _prepare(self) -> None:
        desk = self.desk
        desk.write_all(TREE)
        desk.ok("push")
        for number in range(_ARTICLES):
            desk.sql(
                "INSERT INTO sessions (chapter_id, number, title, order_index)"
                " SELECT chapter_id, %s, 'More', %s FROM sessions WHERE id = %s",
                f"1.{number + 3}", number + 3, SESSION,
            )  # fmt: skip
        desk.sql(
            "INSERT INTO articles (session_id, content)"
            " SELECT id, 'Begun.' FROM sessions WHERE id NOT IN (%s, %s)", SESSION, SESSION_2
        )  # fmt: skip
        desk.ok("pull")
        desk.ok("db", "track")
        rows = desk.sql("SELECT s.id::text, s.number FROM sessions s JOIN articles a ON a.session_id = s.id")
        found = {place.parent.name.partition("-")[0]: place for place in desk.content.rglob("article.md")}
        self._files = {session: found[number] for session, number in rows}
        self._sessions = sorted(self._files)
        self.words = {session: set() for session in self._sessions}

    def _save(self, session: str, word: str) -> None:
        """Somebody adds a line at the end, and saves: as editors do, over what the file says then."""
        place = self._files[session]
        before = place.read_text()
        beside = place.with_name(".new")
        beside.write_text(before.rstrip("\n") + f"\n\nSaid {word}.\n")
        if place.read_text() != before:
            return self._save(session, word)  # a person would be asked: it changed on the disk
        beside.replace(place)
        self.words[session].add(word)
        return None

    def _web(self, session: str, word: str) -> None:
        """Somebody adds a line at the start, in the web app."""
        self.desk.sql(
            "UPDATE articles SET content = %s || E'\\n\\n' || content, updated_at = now()"
            " WHERE session_id = %s", f"Said {word}.", session,
        )  # fmt: skip
        self.words[session].add(word)

    def _rest(self) -> None:
        """Wait until nothing happens any more."""
        seen, since = len(self.events), time.monotonic()
        began = since
        while time.monotonic() - since < _QUIET:
            assert time.monotonic() - began < 120, "it never comes to rest"
            time.sleep(0.05)
            if len(self.events) != seen:
                seen, since = len(self.events), time.monotonic()

    def _settle(self) -> None:
        """A person merges what both sides changed."""
        desk = self.desk
        for command in (("pull",), ("pull", "--keep", "both"), ("push",)):
            desk.run(*command)
            for place in self._files.values():
                text = place.read_text()
                if "<<<<<<<" in text:
                    lines = [x for x in text.splitlines() if x[:7] not in ("<<<<<<<", "=======", ">>>>>>>")]
                    place.write_text("\n".join(lines) + "\n")
        desk.run("push")

    def _hold(self, done: int) -> None:
        """Raise AssertionError if a word is lost on either side, or a side says more than was written."""
        rows = dict(self.desk.sql("SELECT session_id::text, content FROM articles"))
        for session, words in self.words.items():
            text, row = self._files[session].read_text(), rows[session]
            for side in (text, row):
                missing = {word for word in words if f"Said {word}." not in side}
                assert not missing, f"seed {self.seed}, after {done}: {session} lost {sorted(missing)}"
        assert not self.errors, self.errors


class _Watched:
    """A watch of the desk, in a process of its own."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm

    def __enter__(self) -> None:
        self._process = self._storm.desk.spawn("watch", "--pull", "--json", "--every", "5")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until = time.monotonic() + 60
        while not any(e["event"] == "watching" for e in self._storm.events[-3:]):
            assert time.monotonic() < until, "it doesn't begin"
            time.sleep(0.05)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._storm.events.append(json.loads(line))

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._thread.join(20)
        self._process.wait(20)
        assert self._process.stderr
        assert self._process.stdout
        with self._process.stderr, self._process.stdout:
            if "Traceback" in (said := self._process.stderr.read()):
                self._storm.errors.append(said)


def main(operations: int) -> None:
    """Run a storm in a database of its own, then measure how soon changes come."""
    with servers.database(servers.server(18)) as url:
        for part in ("storm", "latency"):
            with Desk(Path(tempfile.mkdtemp()) / part, url) as desk:
                desk.empty()
                storm = Storm(desk, random.randrange(1 << 30))
                if part == "storm":
                    storm.run(operations)
                    counted = {n: sum(e["event"] == n for e in storm.events) for n in ("pushed", "pulled")}
                    sys.stdout.write(f"{operations} edits, seed {storm.seed}: nothing lost; {counted}\n")
                else:
                    storm.latency(60)
                    found = sorted(storm.latencies)
                    sys.stdout.write(
                        f"row to file: median {found[30] * 1000:.0f} ms, p95 {found[57] * 1000:.0f} ms"
                    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
