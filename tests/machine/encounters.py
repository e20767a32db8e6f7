"""Two of something at once: two pushes, two databases, a session and its copy."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from tests.machine import git_actions, people
from tests.machine.accidents import once, save_during_pull
from tests.machine.shape import folders_by_id
from tests.machine.studio_actions import advance_one
from tests.machine.watch import ROWS, Machine, all_words
from tests.machine.words import WORD, FindingError
from tests.machine.world import Clone

_OF_PLACES = ("parent", "number", "order_index")
_PLACE_TAKEN = re.compile(
    r"^content/(\S+): error\[collision\] its place, (\S+), is another one's by now: content/(\S+)"
    r"(?: \((\d+) more moves? waits? for this\))?$",
    re.MULTILINE,
)
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


def _shown_conflict(m: Machine, a: int, b: int, c: int) -> Clone:
    """Two people write over one word, and the web app over another one; the clone in which that was shown."""
    clone = m.clone(a)
    with m.person():
        people.edit_both(m, a, b, c)
        people.edit_row(m, a, b, c + 1)
    m.run(clone, "diff")
    return clone


def _resolves(m: Machine, clone: Clone, c: int) -> bool:
    """Somebody decides; whether that resolved anything."""
    return "(resolved: " in m.run(clone, "resolve", "content", f"--keep={('files', 'database')[c % 2]}").out


def undo_a_decision(m: Machine, a: int, b: int, c: int) -> None:
    """Two people write over one word; one of them decides, and undoes that: it is undecided as it was."""
    clone = _shown_conflict(m, a, b, c)
    folders, before = folders_by_id(clone), _state(m, clone)
    if _resolves(m, clone, c):
        said = m.run(clone, "undo").text
        held = _held(clone, folders, said)
        after = {(held.get(folder, folder), name): what for (folder, name), what in _state(m, clone).items()}
        places = {(folder, "session.md") for folder in held.values()}
        other = [at for at in before | after if _without(at, before, places) != _without(at, after, places)]
        if "[edited-since]" not in said and other:
            raise FindingError(f"the undo of a decision leaves something else: {sorted(other)}: {said}")


def undo_what_was_committed(m: Machine, a: int, b: int, c: int) -> None:
    """Two people write over one word; one of them decides, commits, undoes that, and commits again."""
    clone = _shown_conflict(m, a, b, c)
    if _resolves(m, clone, c):
        with m.person():
            git_actions.commit_all(m, clone, "decided")
        m.run(clone, "undo")
        with m.person():
            git_actions.commit_all(m, clone, "undecided")


_State = dict[tuple[str, str], tuple[str, object, Mapping[str, str]]]
"""By folder and name the text of each file, what its record is to become, and how its fields stand."""


def _state(m: Machine, clone: Clone) -> _State:
    """The files, and how each record stands."""
    found: _State = {_split(path): (file.text, None, {}) for path, file in clone.files_now().items()}
    for record in json.loads(m.run(clone, "status", "--json").out)["records"]:
        at = _split(record["path"].removeprefix("content/"))
        what = record["standing"], record["action"], record["id"]
        found[at] = found.get(at, ("", None, {}))[0], what, record["fields"]
    return found


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _held(clone: Clone, before: Mapping[str, str], said: str) -> dict[str, str]:
    """The folders that an undo leaves where a decision brought them, as it says, and where each was before.

    Two with one number it doesn't make again.
    """
    own, files = {own: folder for folder, own in before.items()}, clone.files_now()
    moved = {now: own[one] for now, one in folders_by_id(clone).items() if own.get(one, now) != now}
    named = _PLACE_TAKEN.findall(said)
    for folder, number, other, _ in named:
        numbers = [path.rpartition("/")[2].partition("-")[0] for path in (moved.get(folder, ""), other)]
        if numbers != [number, number] or f"{other}/session.md" not in files:
            raise FindingError(f"{folder} is held by nothing: {said}")
    return moved if len(moved) == sum(1 + int(waiting or 0) for *_, waiting in named) else {}


def _without(at: tuple[str, str], state: _State, places: Collection[tuple[str, str]]) -> object:
    """What stands there; of a session that stays at another place all but that: it agrees with the row's."""
    text, what, fields = state.get(at, ("", None, {}))
    if at in places:
        return text, {name: how for name, how in fields.items() if name not in _OF_PLACES}
    return text, what, fields


def _settle(m: Machine, clone: Clone, number: int) -> None:
    command = ("resolve", "content", f"--keep={('files', 'database')[number % 2]}")
    if m.run(clone, *command).code:
        m.run(clone, *command)
