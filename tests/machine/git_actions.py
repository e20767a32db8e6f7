"""What people do with git."""

from tests.machine.approvals import locked_words
from tests.machine.watch import Machine
from tests.machine.world import Clone


def commit_all(m: Machine, clone: Clone, message: str = "work", *more: str) -> None:
    """Commit everything, or nothing but the message.

    Where a decision was undone that a commit had, what is committed then is an edit of that for others.
    """
    clone.git("add", "--all")
    undone = clone.name in m.decisions.undone_in
    before = clone.staged_over() if undone else {}
    head = clone.git("rev-parse", "HEAD")
    clone.git("commit", "-q", *["--allow-empty"] * (message != "work"), "-m", message, *more)
    if "--amend" in more:
        m.decisions.amend(head, clone.git("rev-parse", "HEAD"))
    m.world.committed |= clone.words()
    if undone:
        m.decisions.commit_undone(clone, before)


def _commit(m: Machine, clone: Clone, *more: str) -> None:
    commit_all(m, clone, "work", *more)


def _tidy(clone: Clone) -> None:
    """Nothing stays half merged."""
    for command in ("merge", "rebase", "cherry-pick", "revert"):
        if clone.git("ls-files", "--unmerged") or (clone.root / ".git" / "rebase-merge").exists():
            clone.git(command, "--abort")
    if clone.git("ls-files", "--unmerged"):
        clone.git("reset", "-q", "--hard")


def commit(m: Machine, a: int, b: int, c: int) -> None:
    """Commit everything, now and then into the last commit, and publish it."""
    clone = m.clone(a)
    _commit(m, clone, *["--amend"] * (b % 5 == 0))
    if c % 2:
        clone.git("push", "-q", "origin", "HEAD:main")


def stage(m: Machine, a: int, b: int, c: int) -> None:
    """Stage everything."""
    clone = m.clone(a)
    clone.git("add", "--all")
    m.world.committed |= clone.words()


def branch(m: Machine, a: int, b: int, c: int) -> None:
    """Go to the other branch, or begin it."""
    clone = m.clone(a)
    _commit(m, clone)
    if not clone.git("switch", "-q", ("main", "side")[b % 2]) and b % 2:
        clone.git("switch", "-q", "-c", "side")


def merge(m: Machine, a: int, b: int, c: int) -> None:
    """Take in the remote's or the other branch's work: merged, squashed, or rebased onto it."""
    clone = m.clone(a)
    _commit(m, clone)
    clone.git("fetch", "-q", "origin")
    other = ("origin/main", "side", "main")[b % 3]
    if c % 3 == 0:
        locked = locked_words(clone)
        clone.git("merge", "-q", "--squash", other)
        _tidy(clone)
        clone.git("commit", "-q", "-m", "squashed")
        _approve_new(m, clone, locked)
    elif c % 3 == 1:
        clone.git("rebase", "-q", other)
    else:
        clone.git("merge", "-q", "--no-edit", other)
    _tidy(clone)
    m.world.committed |= clone.words()


def _approve_new(m: Machine, clone: Clone, locked: dict[str, frozenset[str]]) -> None:
    """The words of a commit that git made of others count as approved where it writes the status."""
    for path, words in locked_words(clone).items():
        if path not in locked:
            m.approvals.approve(clone.name, set(words))


def revert(m: Machine, a: int, b: int, c: int) -> None:
    """Take a commit back."""
    clone = m.clone(a)
    _commit(m, clone)
    before = clone.words()
    if int(clone.git("rev-list", "--count", "HEAD")) <= 2 + b % 2:
        return
    clone.git("revert", "--no-edit", f"HEAD~{b % 2}")
    _tidy(clone)
    _wish(m, clone, before)


def cherry_pick(m: Machine, a: int, b: int, c: int) -> None:
    """Take one commit of another branch."""
    clone = m.clone(a)
    _commit(m, clone)
    clone.git("fetch", "-q", "origin")
    before, locked = clone.words(), locked_words(clone)
    clone.git("cherry-pick", ("origin/main", "side")[b % 2])
    _tidy(clone)
    _approve_new(m, clone, locked)
    _wish(m, clone, before)


def _wish(m: Machine, clone: Clone, before: set[str]) -> None:
    """What git makes of the files now is what somebody wants."""
    after = clone.words()
    m.words.give_up(before - after, clone.name)
    m.words.want(after - before, clone.name)
    m.wishes.note(clone)
    m.world.committed |= after


def stash(m: Machine, a: int, b: int, c: int) -> None:
    """Put work away, or get it back."""
    clone = m.clone(a)
    if b % 2:
        m.world.committed |= clone.words()
        clone.git("stash", "-q", "--include-untracked")
    else:
        clone.git("stash", "pop", "-q")
        if clone.git("ls-files", "--unmerged"):
            clone.git("reset", "-q", "--hard")
            clone.git("clean", "-fdq")


def reset(m: Machine, a: int, b: int, c: int) -> None:
    """Throw away work, or the last commit, or take files of HEAD."""
    clone = m.clone(a)
    before = clone.words()
    back = c % 2 if int(clone.git("rev-list", "--count", "HEAD")) > 2 else 0
    if b % 3 == 0:
        clone.git("reset", "-q", "--hard", f"HEAD~{back}")
    elif b % 3 == 1:
        clone.git("reset", "-q", f"HEAD~{back}")
    else:
        paths = clone.git("diff", "--name-only", "HEAD", "--", "content").splitlines()
        if paths:
            clone.git("checkout", "-q", "HEAD", "--", paths[c % len(paths)])
    # A file that git put back is an old one: what was pushed before, as a revert, is to pull from there.
    gone = before - clone.words()
    m.words.throw_away(w for w in gone if m.words.author[w] == clone.name)
