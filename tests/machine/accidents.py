"""Accidents, and somebody else at the same moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from studio_sync.core.plan.plan import Plan
from studio_sync.core.plan.reconcile import Action
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.sync.pull.write_files import Puller
from tests.cutting import Cut
from tests.machine import people
from tests.machine.approvals import LOCKING, locked_words
from tests.machine.watch import ROWS, Machine, all_words
from tests.machine.words import WORD
from tests.machine.world import Clone

_COMMANDS = (("push",), ("push", "--partial", "--delete"), ("pull",), ("resolve", "content", "--keep=files"))


@contextmanager
def once(owner: type, name: str, act: Callable[..., None]) -> Iterator[None]:
    """Something happens before the first call of a method."""
    real, done = getattr(owner, name), []

    def call(self: Any, *rest: Any, **more: Any) -> Any:
        if not done:
            done.append(1)
            act(self, *rest)
        return real(self, *rest, **more)

    with mock.patch.object(owner, name, call):
        yield


def kill(m: Machine, a: int, b: int, c: int) -> None:
    """A command is killed at one of its steps."""
    m.run(m.clone(a), *_COMMANDS[c % len(_COMMANDS)], kill=1 + b % 70)


def lost_reply(m: Machine, a: int, b: int, c: int) -> None:
    """The connection dies at a COMMIT, which arrived or not."""
    m.run(m.clone(a), *_COMMANDS[c % 3], during=m.world.web.cut(Cut(1 + b % 2, bool(b % 3))), codes=(0, 1, 3))


def race(m: Machine, a: int, b: int, c: int) -> None:
    """The web app does something between what a push planned and what it writes."""

    def act(*_: object) -> None:
        before = all_words(m.world.rows())
        deeds = (people.edit_row, people.add_to_row, people.new_row, people.delete_row, people.drag_row)
        with m.person():
            deeds[c % len(deeds)](m, a, b, c)
        after = all_words(m.world.rows())
        m.excused |= before - after
        m.late[ROWS] = after - before

    m.run(m.clone(a), *_COMMANDS[b % 2], during=once(m.world.web.writer, "apply", act))


def save_during_pull(m: Machine, a: int, b: int, c: int) -> None:
    """An editor saves a file just before a pull writes it."""
    clone = m.clone(a)

    def act(_: FileWriter | None, path: str, *__: object) -> None:
        text = clone.read(path) if (clone.content / path).is_file() else ""
        if found := WORD.search(text):
            new = m.words.fresh(clone.name, [found[0]])
            with m.person():
                clone.write(path, text.replace(found[0], new))
            m.excused.add(found[0])
            m.late[clone.name] = {new}

    def early(_: Puller, plan: Plan, *__: object) -> None:
        doomed = [change for change in plan.changes if change.action is Action.DELETE]
        if changes := doomed or plan.changes:
            act(None, changes[b % len(changes)].path)

    when = (
        once(FileWriter, "replace", act),
        once(FileWriter, "remove", act),
        once(Puller, "apply", early),
    )
    m.run(clone, "pull", during=when[c % 3])


def backup(m: Machine, a: int, b: int, c: int) -> None:
    """Somebody makes a backup of the database."""
    m.world.save("backup")
    m.words.back_up(m.world.web.name)
    m.world.backed_up = True


def restore_backup(m: Machine, a: int, b: int, c: int) -> None:
    """Somebody restores the backup."""
    if m.world.backed_up:
        before = m.world.rows()
        m.world.load("backup")
        m.words.restore(m.world.web.name)
        m.world.set_back = True
        after, known = m.world.rows(), m.world.web.ledger_words()
        lost = all_words(before) - all_words(after)
        for clone in m.world.clones:
            # Git and the ledger alone say then what a file stands on that is as at HEAD, or as a version.
            files = clone.files_now().values()
            older = set().union(*(file.words for file in files if file.words <= known))
            m.words.put_back(clone.name, lost & (clone.words_as_at_head() | older))
            # A push restores what the backup lost: the status, too, with the words that the row had by then.
            said = locked_words(clone).values()
            for row in before:
                if row.status in LOCKING and row not in after and row.words in said:
                    m.approvals.approve(clone.name, set(row.words))


def ci(m: Machine, a: int, b: int, c: int) -> None:
    """A fresh clone of the remote pushes, as CI does."""
    clone: Clone = m.world.fresh_clone(f"ci{m.world.clock}")
    m.words.carry(clone.name, clone.words())
    since = ["--since", "HEAD~1"] * (c % 3 == 0)
    m.run(clone, "push", "--partial", *["--frozen"] * (b % 2), "--no-approve", *since)
