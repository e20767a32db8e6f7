"""Long runs of random edits, in rounds that begin afresh, each with a seed of its own.

Every edit adds a word that nobody else writes, so that afterwards it can be told whether any was lost.
"""

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from studio_sync.files.tree.disk.exchange import exchange
from tests import servers
from tests.harness import Desk
from tests.scratch import folder_in_memory

_SAID = re.compile(r"Said (\w+)\.")
_WIDEST = 60
"""Lines longer than this get no more words."""
_ROOM = 1 << 30


def with_word(text: str, word: str, chance: random.Random) -> str:
    """A text with one more word: in a paragraph of its own, or at the end of a line."""
    said = f"Said {word}."
    paragraphs = text.strip("\n").split("\n\n")
    place = chance.choice((0, len(paragraphs), chance.randrange(len(paragraphs) + 1)))
    if place < len(paragraphs) and len(paragraphs[place]) < _WIDEST and chance.random() < 0.5:
        paragraphs[place] = f"{paragraphs[place]} {said}".lstrip()
    else:
        paragraphs.insert(place, said)
    return "\n\n".join(paragraphs) + "\n"


def file_with_word(text: str, word: str, chance: random.Random) -> str:
    """A Markdown file with one more word below its front matter."""
    _, front, body = text.split("---\n", 2)
    return f"---\n{front}---\n\n{with_word(body, word, chance)}"


def without_markers(text: str) -> str:
    """A text in which a person kept both sides of each conflict."""
    lines = [x for x in text.splitlines() if x[:7] not in ("<<<<<<<", "|||||||", "=======", ">>>>>>>")]
    return "\n".join(lines) + "\n"


def save_unless_changed(place: Path, edited: "Callable[[str], str]") -> bool:
    """Save a file as an editor does that never writes over what it has not read; False if it would have.

    The two files exchange their names, and what came out is looked at: between a look and a plain save,
    somebody else's save would be lost.
    """
    before, beside = place.read_bytes(), place.with_name(f".{place.name}.new")
    beside.write_bytes(edited(before.decode()).encode())
    assert exchange(str(beside), str(place)), "this file system can't exchange two names"
    saved = beside.read_bytes() == before
    if not saved:
        exchange(str(beside), str(place))
    beside.unlink()
    return saved


def web_edit(desk: Desk, where: tuple[str, str, str], record: str, word: str, chance: random.Random) -> None:
    """Add a word in the web app, to a row's text that nobody else changes meanwhile.

    `where` is the table, the text's column, and the column that `record` is the value of.
    """
    table, column, key = where
    with desk.connection.transaction():
        text = desk.one(f"SELECT coalesce({column}, '') FROM {table} WHERE {key} = %s FOR UPDATE", record)
        desk.sql(
            f"UPDATE {table} SET {column} = %s, updated_at = now() WHERE {key} = %s",
            with_word(text, word, chance).strip("\n"), record,
        )  # fmt: skip


def hold_words(where: str, text: str, words: Iterable[str]) -> None:
    """Raise AssertionError unless a text has these words, and no other ones."""
    found, wanted = set(_SAID.findall(text)), set(words)
    assert found >= wanted, f"{where} lost {sorted(wanted - found)}"
    assert found <= wanted, f"{where} has {sorted(found - wanted)}, which nobody was told to be written"


def long_run(
    name: str, unit: str, rounds: tuple[int, int], play: "Callable[[Desk, int, int], str]", about: str
) -> int:
    """Run rounds from a seed on, print each, and where to go on; returns the exit code.

    `rounds` are how many units there are by default, and how many a round has. `play` gets a desk with an
    empty database, the seed and the length of a round, and returns what to print of it.
    """
    count, length = rounds
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=about)
    parser.add_argument(f"--{unit}", dest="count", type=int, default=count, help=f"how many {unit} to run")
    parser.add_argument("--seed", type=int, default=0, help="the first round's seed")
    parser.add_argument("--length", type=int, default=length, help=f"the {unit} of one round")
    given = parser.parse_args()
    if "TMPDIR" not in os.environ and (place := folder_in_memory(_ROOM)):
        os.environ["TMPDIR"] = tempfile.tempdir = place
    began, seed, done, findings = time.monotonic(), given.seed, 0, 0
    with servers.database(servers.server()) as url:
        while done < given.count:
            part = min(given.length, given.count - done)
            findings += not _round(url, seed, part, play)
            done += part
            seed += 1
            _say(f"{done} {unit}, {findings} findings, {time.monotonic() - began:.0f} s")
    _say(f"go on with --seed {seed}")
    return 1 if findings else 0


def _round(url: str, seed: int, length: int, play: "Callable[[Desk, int, int], str]") -> bool:
    """Play a round; where it finds something, print that and keep the folder."""
    folder = Path(tempfile.mkdtemp(prefix="studio-round-"))
    with Desk(folder / "desk", url) as desk:
        desk.empty()
        try:
            _say(f"seed {seed}: {play(desk, seed, length)}")
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding, and the run goes on
            (folder / "rows.txt").write_text("\n".join(f"{k}: {v}" for k, v in desk.rows().items()), "utf-8")
            _say(f"seed {seed}: {traceback.format_exc()}\nkept in {folder}")
            return False
    shutil.rmtree(folder)
    return True


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
