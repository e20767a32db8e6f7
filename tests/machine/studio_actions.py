"""What people do with studio."""

from pathlib import PurePosixPath

from tests.machine.offers import NUMBER, came_after
from tests.machine.watch import CONFIRMED, READING, Machine
from tests.machine.words import FindingError
from tests.machine.world import Clone


def _scope(clone: Clone, number: int) -> list[str]:
    """A path to narrow a command to, or none."""
    paths = clone.paths()
    if number % 4 or not paths:
        return []
    path = PurePosixPath("content", paths[number // 4 % len(paths)])
    return [str(path if number % 8 else path.parent)]


def push(m: Machine, a: int, b: int, c: int) -> None:
    """Push, with some of the flags."""
    clone = m.clone(a)
    flags = [f for n, f in enumerate(("--partial", "--delete", "--frozen", "--import")) if not (b >> n & 1)]
    if "--import" in flags and c % 3:
        flags.remove("--import")
    if "--frozen" in flags and c % 4:
        flags.remove("--frozen")
    if "--delete" in flags and c % 2:
        flags.append(CONFIRMED)
    if c % 7 == 0:
        flags += ["--since", ("HEAD", "HEAD~1")[b % 2]]
    if c % 5 == 0:
        flags += ["--reopen", "--renumber", "-m", "why"]
    m.run(clone, "push", *flags, *_scope(clone, c))


def plain_push(m: Machine, a: int, b: int, c: int) -> None:
    """Push what is there."""
    m.run(m.clone(a), "push")


def pull(m: Machine, a: int, b: int, c: int) -> None:
    """Pull."""
    clone = m.clone(a)
    m.run(clone, "pull", *_scope(clone, c))


def keep(m: Machine, a: int, b: int, c: int) -> None:
    """Settle conflicts with a pull."""
    clone = m.clone(a)
    m.run(clone, "pull", f"--keep={('files', 'database', 'both')[b % 3]}", *["-q"] * (c % 3 == 0))


def resolve(m: Machine, a: int, b: int, c: int) -> None:
    """Settle what is in conflict in one place or everywhere."""
    clone = m.clone(a)
    paths = clone.paths()
    scope = f"content/{paths[c % len(paths)]}" if paths and c % 2 else "content"
    side = ("files", "database", "both")[b % 3]
    more = ["--whole"] * (b % 5 == 0 and side != "both")
    m.run(clone, "resolve", scope, f"--keep={side}", *more)


def resolve_field(m: Machine, a: int, b: int, c: int) -> None:
    """Settle one field of what is in conflict."""
    name = ("content", "title", "description", "status", "questions", "sources", "place")[c % 7]
    m.run(m.clone(a), "resolve", "content", "--field", name, f"--keep={('files', 'database')[b % 2]}")


def read(m: Machine, a: int, b: int, c: int) -> None:
    """Look at how things are."""
    clone = m.clone(a)
    command = READING[b % len(READING)]
    m.run(clone, command, *["--json"] * (c % 4 == 0 and command in ("status", "diff")))


def undo(m: Machine, a: int, b: int, c: int) -> None:
    """Take back what the newest run replaced."""
    m.run(m.clone(a), "undo", *["--over"] * (b % 3 == 0), codes=(0, 1, 2))


def restore(m: Machine, a: int, b: int, c: int) -> None:
    """Bring back an older version from the ledger."""
    clone = m.clone(a)
    runs = m.world.web.runs()
    paths = clone.paths()
    if runs and paths:
        revision = runs[b % len(runs)]
        path = f"content/{paths[c % len(paths)]}"
        result = m.run(clone, "restore", path, "--to", revision[:8], codes=(0, 1, 2, 3))
        if result.code == 2 and "the ledger has no record" not in result.text:
            raise FindingError(f"restore of {path}: {result.text}")


def advance(m: Machine, a: int, b: int, c: int) -> None:
    """Write the next status into a file, and with it approve what it says."""
    clone = m.clone(a)
    paths = [p for p in clone.paths() if "status:" in clone.read(p)]
    if paths:
        advance_one(m, clone, paths[b % len(paths)])


def advance_one(m: Machine, clone: Clone, path: str) -> None:
    """Write the next status into this file."""
    words = clone.words()
    if m.run(clone, "advance", f"content/{path}").code == 0:
        m.approvals.approve(clone.name, words)


def move(m: Machine, a: int, b: int, c: int) -> None:
    """Move a session with studio."""
    clone = m.clone(a)
    sessions = [p.rpartition("/")[0] for p in clone.paths() if p.endswith("/session.md")]
    if len(sessions) > 1:
        one, other = sessions[b % len(sessions)], sessions[c % len(sessions)]
        if one != other:
            m.run(clone, "mv", f"content/{one}", ("--before", "--after")[b % 2], f"content/{other}")
            m.follow_moved(clone, sessions)


def new(m: Machine, a: int, b: int, c: int) -> None:
    """Make a session with studio."""
    clone = m.clone(a)
    chapters = [p.rpartition("/")[0] for p in clone.paths() if p.endswith("/chapter.md")]
    if chapters:
        m.run(
            clone,
            "new",
            "session",
            f"content/{chapters[b % len(chapters)]}",
            "--title",
            m.words.fresh(clone.name),
        )


def choose_number(m: Machine, clone: Clone, offer: list[str], c: int) -> None:
    """Give a session a number that nobody has, as a message said: it gets that, and collides no more."""
    folder = offer[1].removeprefix("content/")
    paths = clone.paths()
    if f"{folder}/session.md" not in paths:  # it has moved since
        return
    chapter, _, name = folder.rpartition("/")
    sessions = [p.rpartition("/")[0] for p in paths if p.endswith("/session.md")]
    taken = {s.rpartition("/")[2].partition("-")[0] for s in sessions}
    taken |= {row.number for row in m.world.rows() if row.number}
    then, now = m.offered[clone.name], clone.files_now()
    first = chapter.rpartition("/")[2].partition("-")[0].lstrip("0")
    number = next(n for i in range(1 + c % 8, 100) if (n := f"{first}.{i}") not in taken)
    result = m.run(clone, *(number if word == NUMBER else word for word in offer))
    m.follow_moved(clone, sessions)
    moved = f"{chapter}/{number}-{name.partition('-')[2]}/session.md"
    if came_after(result.text, then, now):
        return
    if result.code or moved not in clone.paths():
        raise FindingError(f"{offer} was offered, and does not work: {result.text}")
    if f"content/{moved}: error[collision]" in (text := m.run(clone, "push", "-n").text):
        raise FindingError(f"{offer} was offered, and it collides still: {text}")


def follow(m: Machine, a: int, b: int, c: int) -> None:
    """Do what the last message said: it must work; or what is said instead, if somebody changed something."""
    clone = m.clone(a)
    offers = m.offers.get(clone.name, [])
    if not offers:
        return
    offer = offers[b % len(offers)]
    if NUMBER in offer:
        choose_number(m, clone, offer, c)
        return
    side = _side(offer, c)
    offer = [*offer[:-1], side]
    words, then, now, changed = clone.words(), m.offered[clone.name], clone.files_now(), m.overtaken(clone)
    result = m.run(clone, *offer)
    if offer[0] == "advance" and result.code == 0:
        m.approvals.approve(clone.name, words)
    if offer[0] != "resolve" or result.code != 1:
        return
    if changed:  # what it was about is now a part of something else, or waits for what has to be mended
        offers = [one for one in m.offers[clone.name] if one[0] == "resolve" and NUMBER not in one]
        if not offers and "mend " in result.text:
            return
        if offers and offer[:-1] not in [one[:-1] for one in offers]:
            instead = next((one for one in offers if offer[1].startswith(one[1])), offers[0])
            offer = [*instead[:-1], side if side in instead[-1].split("|") else _side(instead, c)]
            result = m.run(clone, *offer)
    if result.code == 1:
        result = m.run(clone, *offer)  # the first time showed what it is about
    room = next((way for way in m.offers[clone.name] if NUMBER in way), None)
    if result.code == 1 and room is not None:
        choose_number(m, clone, room, c)  # somebody has put a file where the row is
        result = m.run(clone, *offer)
    overtaken = came_after(result.text, then, now)
    if result.code == 1 and offer[-1] != "both" and not overtaken:
        raise FindingError(f"{offer} was offered, and does not work: {result.text}")


def _side(offer: list[str], number: int) -> str:
    """One of the sides that an offer names at its end."""
    sides = offer[-1].split("|")
    return sides[number % len(sides)]
