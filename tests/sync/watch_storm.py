"""A writer's saves and the web app's edits, at random and at once, while `studio watch --pull` runs.

`python -m tests.sync.watch_storm --edits 100000 --seed S`. Every edit adds a word of its own: none may be
lost, and once nobody edits, nothing more may happen. `python -m tests.sync.watch_latency` measures how soon a
row's change stands in its file.
"""

import json
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness import SESSION, SESSION_2, TREE, Desk
from tests.long_runs import (
    file_with_word,
    hold_words,
    long_run,
    save_unless_changed,
    web_edit,
    without_markers,
)

_SESSIONS = 8
_QUIET = 0.5
"""Seconds without an event after which a watch is at rest."""
_AT_ONCE = (60, 250, 1_000)
"""How many edits there are before everything is compared."""
_PAUSES = (0.001, 0.01, 0.04)
"""Seconds between two moments in which somebody edits, at most."""
_TEXTS = {
    "session.md": ("sessions", "description", "id"),
    "article.md": ("articles", "content", "session_id"),
    "video.md": ("videos", "script", "session_id"),
}


@dataclass(frozen=True)
class _Text:
    """A text: its file, and the row that it is in."""

    place: Path
    row: tuple[str, str, str]
    session: str


@dataclass
class Storm:
    """A desk that is watched, what was written on each side, and what the watch said.

    `every`: the seconds after which the watch looks at everything.
    """

    desk: Desk
    seed: int
    every: float = 4
    words: dict[_Text, set[str]] = field(default_factory=dict)
    events: list[dict] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, edits: int, *, at_once: tuple[int, ...] = _AT_ONCE) -> None:
        """So many edits. After every few, what diverged is pulled, as a person would, and all is compared."""
        chance = random.Random(self.seed)
        self.prepare()
        done = 0
        with Watched(self):
            while done < edits:
                until, pause = min(done + chance.choice(at_once), edits), chance.choice(_PAUSES)
                while done < until:
                    some = chance.sample(list(self.words), chance.choice((1, 1, 1, 4)))
                    act = self._save if chance.random() < 0.5 else self.web
                    for text in some[: until - done]:
                        done += 1
                        act(text, f"e{done}", chance)
                    time.sleep(chance.random() * pause)
                self._settle(done)
                self._hold(done)
            self._hold_still()
        assert not self.errors, self.errors

    def prepare(self) -> None:
        """More sessions, a file for each text, and tracking."""
        desk = self.desk
        desk.write_all(TREE)
        desk.ok("push")
        for number in range(_SESSIONS):
            desk.sql(
                "INSERT INTO sessions (chapter_id, number, title, order_index)"
                " SELECT chapter_id, %s, 'More', %s FROM sessions WHERE id = %s",
                f"1.{number + 3}", number + 3, SESSION,
            )  # fmt: skip
        others = "FROM sessions WHERE id NOT IN (%s, %s)"
        desk.sql(
            f"INSERT INTO articles (session_id, content) SELECT id, 'Begun.' {others}", SESSION, SESSION_2
        )
        desk.sql(f"INSERT INTO videos (session_id, script) SELECT id, 'Begun.' {others}", SESSION, SESSION_2)
        desk.ok("pull")
        desk.ok("db", "track")
        sessions = {number: own for own, number in desk.sql("SELECT id::text, number FROM sessions")}
        self.words = {
            _Text(place, row, sessions[place.parent.name.partition("-")[0]]): set()
            for name, row in _TEXTS.items()
            for place in sorted(desk.content.rglob(name))
        }

    # --- pieces

    def _save(self, text: _Text, word: str, chance: random.Random) -> None:
        if save_unless_changed(text.place, lambda now: file_with_word(now, word, chance)):
            self.words[text].add(word)

    def web(self, text: _Text, word: str, chance: random.Random) -> None:
        web_edit(self.desk, text.row, text.session, word, chance)
        self.words[text].add(word)

    def _rest(self) -> None:
        """Wait until nothing happens any more."""
        seen, began = len(self.events), time.monotonic()
        since = began
        while time.monotonic() - since < _QUIET:
            assert time.monotonic() - began < 120, f"it never comes to rest: {self.events[-5:]}"
            time.sleep(0.05)
            if len(self.events) != seen:
                seen, since = len(self.events), time.monotonic()

    def _settle(self, done: int) -> None:
        """A person merges what both sides changed, while it watches on."""
        for _ in range(3):
            self._rest()
            if not self.desk.standings():
                break
            for command in (("pull",), ("pull", "--keep", "both"), ("push",)):
                self.desk.run(*command)
                for text in self.words:
                    before = text.place.read_bytes()
                    if b"<<<<<<< " in before:
                        save_unless_changed(text.place, without_markers)
        assert not (left := self.desk.standings()), f"after {done}: {left}"
        files, rows = self.desk.stamps(), self.desk.xmins()
        self._rest()
        assert (self.desk.stamps(), self.desk.xmins()) == (files, rows), f"after {done}: it writes on"

    def _hold_still(self) -> None:
        """Raise AssertionError if anything happens, also when it looks at everything once more."""
        self._rest()
        files, rows, events = self.desk.stamps(), self.desk.xmins(), len(self.events)
        time.sleep(1.5 * self.every)
        assert self.events[events:] == [], "it goes on"
        assert (self.desk.stamps(), self.desk.xmins()) == (files, rows), "it writes on"

    def _hold(self, done: int) -> None:
        """Raise AssertionError if a word is lost on either side, or a side says more than was written."""
        for (table, column, key), texts in self._by_row().items():
            rows = dict(self.desk.sql(f"SELECT {key}::text, {column} FROM {table}"))
            for text in texts:
                where = f"after {done}: {{}} of {text.place.relative_to(self.desk.content)}"
                hold_words(where.format("the file"), text.place.read_text(), self.words[text])
                hold_words(where.format("the row"), rows[text.session] or "", self.words[text])

    def _by_row(self) -> dict[tuple[str, str, str], list[_Text]]:
        return {row: [text for text in self.words if text.row == row] for row in _TEXTS.values()}


class Watched:
    """A watch of the desk, in a process of its own."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm

    def __enter__(self) -> None:
        self._process = self._storm.desk.spawn("watch", "--pull", "--json", "--every", str(self._storm.every))
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


def _play(desk: Desk, seed: int, length: int) -> str:
    storm = Storm(desk, seed)
    try:
        storm.run(length)
    finally:
        desk.ok("db", "track", "--remove")
    counted = {name: sum(e["event"] == name for e in storm.events) for name in ("pushed", "pulled")}
    return f"nothing lost; {counted}"


if __name__ == "__main__":
    sys.exit(long_run("tests.sync.watch_storm", "edits", (100_000, 5_000), _play, __doc__ or ""))
