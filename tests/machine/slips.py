"""What goes wrong with ids, wishes in commits, and numbers that a server gives twice."""

import shutil
import sqlite3
from pathlib import PurePosixPath
from uuid import UUID

from tests.machine.git_actions import commit_all
from tests.machine.shape import folders_by_id
from tests.machine.watch import Machine
from tests.machine.world import Clone

_REOPEN = "Studio-Reopen"


def copy_by_hand(m: Machine, a: int, b: int, c: int) -> None:
    """Copy a session's folder, with the id in it; sometimes the original loses its own."""
    clone = m.clone(a)
    folders = [p.rpartition("/")[0] for p in clone.paths() if p.endswith("/session.md")]
    if not folders:
        return
    folder = folders[b % len(folders)]
    target = f"{folder.rpartition('/')[0]}/8.{c % 5 + 1}-copied"
    if not (clone.content / target).exists():
        m.words.copy(clone.words_below(folder))
        shutil.copytree(clone.content / folder, clone.content / target)
        if c % 3 == 0:
            without_id(m, clone, folder)


def without_id(m: Machine, clone: Clone, folder: str) -> None:
    """A session's file loses its id."""
    above, _, name = folder.rpartition("/")
    place = folders_by_id(clone, "chapter.md").get(above), name.partition("-")[0]
    if own := folders_by_id(clone).get(folder):
        m.without_id.append((own, place, clone.words_below(folder)))
    path = f"{folder}/session.md"
    lines = clone.read(path).splitlines(keepends=True)
    for line in lines:
        if line.startswith("id: "):
            clone.lost_ids[folder] = line.removeprefix("id: ").strip()
    clone.write(path, "".join(line for line in lines if not line.startswith("id: ")))


def lose_id(m: Machine, a: int, b: int, c: int) -> None:
    """An id goes, or comes back."""
    clone = m.clone(a)
    folders = [p.rpartition("/")[0] for p in clone.paths() if p.endswith("/session.md")]
    if folders:
        without_id(m, clone, folders[b % len(folders)])


def trailer(m: Machine, a: int, b: int, c: int) -> None:
    """A commit says what may be deleted, reopened or renumbered, and is published."""
    clone = m.clone(a)
    known = clone.git("ls-files", "content").splitlines()
    paths = sorted({str(PurePosixPath(p).parent) for p in known} | set(known))
    if not paths:
        return
    path = paths[b % len(paths)]
    name = ("Studio-Delete", _REOPEN, "Studio-Renumber")[c % 3]
    reason = "" if name == "Studio-Delete" else " because"
    before = clone.words()
    if name == "Studio-Delete":
        shutil.rmtree(clone.root / path, ignore_errors=True)
        (clone.root / path).unlink(missing_ok=True)
        m.words.give_up(before - clone.words(), clone.name)
    m.told |= {name}
    commit_all(m, clone, f"a wish\n\n{name}: {path}{reason}\n")
    clone.git("push", "-q", "origin", "HEAD:main")


def tokens_again(m: Machine, a: int, b: int, c: int) -> None:
    """A failover: the new primary gives again the numbers of transactions which the old one had given."""
    clone = m.clone(a)
    place = clone.root / ".studio" / "memory.db"
    if not place.exists():
        return
    tables = m.world.web.tokens()
    memory = sqlite3.connect(place)
    with memory:
        memory.executemany(
            "UPDATE bases SET token = ? WHERE row_id = ?", [(xmin, UUID(own).bytes) for own, xmin in tables]
        )
        memory.execute("UPDATE facts SET value = '1/1 00000009 1.0' WHERE name LIKE 'history:%'")
    memory.close()
