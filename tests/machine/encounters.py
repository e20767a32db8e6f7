"""Two of something at once: two pushes, two databases, a session and its copy."""

import json
from pathlib import PurePosixPath

from tests.machine import git_actions, people
from tests.machine.accidents import once, save_during_pull
from tests.machine.studio_actions import advance_one
from tests.machine.watch import ROWS, Machine, all_words
from tests.machine.words import WORD, FindingError
from tests.machine.world import Clone

_EARLY = 2
"""Of the moments of `save_during_pull`: before anything is written."""


def two_pushes(m: Machine, a: int, b: int, c: int) -> None:
    """Somebody else's push arrives between what a push planned and what it writes."""
    clone, other = m.clone(a), m.clone(a + 1)

    def act(*_: object) -> None:
        before, kept = all_words(m.world.rows()), (m.excused, m.late)
        m.run(other, "push", *["--partial", "--delete"] * (c % 2))
        m.excused, m.late = kept
        after = all_words(m.world.rows())
        m.excused |= before - after
        m.late[ROWS] = m.late.get(ROWS, set()) | (after - before)

    m.run(clone, "push", *["--partial"] * (b % 2), during=once(m.world.web.writer, "apply", act))


def copy(m: Machine, a: int, b: int, c: int) -> None:
    """Copy a session with studio."""
    clone = m.clone(a)
    paths = [PurePosixPath(path) for path in clone.paths()]
    folders = [p.parent for p in paths if p.name == "session.md" and p.parent.parent / "chapter.md" in paths]
    if folders:
        folder = folders[b % len(folders)]
        m.words.copy(clone.words_below(str(folder)))
        m.run(clone, "copy", f"content/{folder}", f"content/{folder.parent}/9.{c % 7 + 1}-copied")


def save_while_deleted(m: Machine, a: int, b: int, c: int) -> None:
    """The web app deletes a row, and an editor saves the file while a pull is about to delete that."""
    with m.person():
        people.delete_row(m, a, b, c)
    save_during_pull(m, a, c, _EARLY)


def approve_beside_an_edit(m: Machine, a: int, b: int, c: int) -> None:
    """One person approves a content; another one edits it meanwhile, merges the two with git, and pushes."""
    clone, other = m.clone(a), m.clone(a + 1)
    ready = [p for p, file in clone.files_now().items() if "\nstatus: review\n" in f"\n{file.text}"]
    both = [p for p in ready if p in other.files_now() and WORD.search(other.read(p))]
    if not both:
        return
    path = both[b % len(both)]
    advance_one(m, clone, path)
    with m.person():
        words = WORD.findall(other.read(path))
        old = words[c % len(words)]
        other.write(path, other.read(path).replace(old, m.words.fresh(other.name, [old])))
        git_actions.commit(m, a, 1, 1)
        git_actions.merge(m, a + 1, 0, 2)
    m.run(other, "push")


def staging(m: Machine, a: int, b: int, c: int) -> None:
    """Push to the other database, or pull from it."""
    clone = m.clone(a)
    with m.world.elsewhere() as url:
        command = (("push", "--import"), ("push", "--partial"), ("pull",), ("status",))[b % 4]
        m.run(clone, *command, "--database", url)


def decide(m: Machine, a: int, b: int, c: int) -> None:
    """Two people write over one word, and one of them over another one beside it; then one of them decides.

    The first time shows what it is about.
    """
    clone = m.clone(a)
    with m.person():
        people.edit_both(m, a, b, c)
        people.edit_file(m, a, b, c + 1)
    _settle(m, clone, b)


def decide_about_places(m: Machine, a: int, b: int, c: int) -> None:
    """A session moves in the files, and one in the web app, which may be the same; then somebody decides."""
    clone = m.clone(a)
    with m.person():
        people.move_in_files(m, a, b, c)
        people.move_row(m, a, c, b)
    _settle(m, clone, c)


def undo_a_decision(m: Machine, a: int, b: int, c: int) -> None:
    """Two people write over one word; one of them decides, and undoes that: it is undecided as it was."""
    clone = m.clone(a)
    with m.person():
        people.edit_both(m, a, b, c)
        people.edit_row(m, a, b, c + 1)
    m.run(clone, "diff")
    before = _state(m, clone)
    if "(resolved: " in m.run(clone, "resolve", "content", f"--keep={('files', 'database')[c % 2]}").out:
        said = m.run(clone, "undo").text
        if "[edited-since]" not in said and (other := before ^ _state(m, clone)):
            raise FindingError(f"the undo of a decision leaves something else: {sorted(other)}: {said}")


def _state(m: Machine, clone: Clone) -> set[str]:
    """The files, and how each record stands."""
    files = {f"{path}: {file.text}" for path, file in clone.files_now().items()}
    return files | set(map(json.dumps, json.loads(m.run(clone, "status", "--json").out)["records"]))


def _settle(m: Machine, clone: Clone, number: int) -> None:
    command = ("resolve", "content", f"--keep={('files', 'database')[number % 2]}")
    if m.run(clone, *command).code:
        m.run(clone, *command)
