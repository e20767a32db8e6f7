"""What people do to files and rows without studio."""

import re

from tests.harness import SESSION
from tests.machine.shape import has_id
from tests.machine.watch import Machine, all_words
from tests.machine.words import WORD
from tests.machine.world import Clone, Row

WEB = "web"
_STEPS = {
    "programs": ("draft", "in_progress", "review", "published"),
    "sessions": ("draft", "content_created", "approved", "published"),
}
_CONTENT_STEPS = ("draft", "review", "approved")


def _file(m: Machine, clone: Clone, number: int) -> tuple[str, str, list[str]] | None:
    """A file of a clone with words in it: its path, its text, and its words; often of one session."""
    paths = [p for p in clone.paths() if WORD.search(clone.read(p))]
    paths = [p for p in paths if number % 2 and "why-leaders" in p] or paths
    if not paths:
        return None
    path = paths[number % len(paths)]
    text = clone.read(path)
    return path, text, WORD.findall(text)


def _body(path: str, text: str) -> int:
    """Where the text of a Markdown file begins; its end for other files."""
    found = re.match(r"---\n.*?\n---\n+", text, re.DOTALL) if path.endswith(".md") else None
    return found.end() if found else len(text)


def edit_file(m: Machine, a: int, b: int, c: int) -> None:
    """Write one word over another."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, words = found
        old = words[c % len(words)]
        clone.write(path, text.replace(old, m.words.fresh(clone.name, [old])))


def add_to_file(m: Machine, a: int, b: int, c: int) -> None:
    """Add a paragraph, at the end or at the beginning."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, _ = found
        at = _body(path, text)
        if path.endswith(".md") and text[at:].strip():
            new = f"{m.words.fresh(clone.name)} {m.words.fresh(clone.name)}"
            clone.write(
                path, text.rstrip("\n") + f"\n\n{new}\n" if c % 2 else f"{text[:at]}{new}\n\n{text[at:]}"
            )


def rewrite_file(m: Machine, a: int, b: int, c: int) -> None:
    """Write one word in place of a whole body."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, _ = found
        at = _body(path, text)
        if words := WORD.findall(text[at:]):
            clone.write(path, f"{text[:at]}{m.words.fresh(clone.name, words)}\n")


def retype_in_file(m: Machine, a: int, b: int, c: int) -> None:
    """Write an older word again over one that had replaced it."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, words = found
        pairs = [(new, old) for new in words for old in sorted(m.words.under[new] - set(words))]
        if pairs:
            new, old = pairs[c % len(pairs)]
            clone.write(path, text.replace(new, old))
            m.words.retype(old, new, clone.name)


def comment_in_file(m: Machine, a: int, b: int, c: int) -> None:
    """Write a comment, which is no content."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, _ = found
        line = f"# {m.words.comment(clone.name)}\n"
        clone.write(path, text.replace("---\n", f"---\n{line}", 1) if path.endswith(".md") else line + text)


def type_status(m: Machine, a: int, b: int, c: int) -> None:
    """Write the next status into a content by hand."""
    clone = m.clone(a)
    paths = [p for p in clone.paths() if p.endswith(("article.md", "video.md", "quiz.yaml", "exercise.md"))]
    if paths:
        path = paths[b % len(paths)]
        text = clone.read(path)
        old, new = ("draft", "review") if "status: draft" in text else ("review", "approved")
        clone.write(path, text.replace(f"status: {old}", f"status: {new}"))
        m.approvals.approve(clone.name, clone.words())


def delete_in_files(m: Machine, a: int, b: int, c: int) -> None:
    """Delete a session, a chapter, or one content."""
    clone = m.clone(a)
    paths = [p for p in clone.paths() if p.rsplit("/", 1)[-1] not in ("client.md", "program.md")]
    if paths:
        path = paths[b % len(paths)]
        before = clone.words()
        owns = path.endswith(("session.md", "chapter.md"))
        clone.remove(path.rpartition("/")[0] if owns else path)
        m.words.give_up(before - clone.words(), clone.name)


def new_in_files(m: Machine, a: int, b: int, c: int) -> None:
    """Write a new session by hand, with or without an id, and an article."""
    clone = m.clone(a)
    chapters = [p for p in clone.paths() if p.endswith("/chapter.md")]
    if chapters:
        folder = chapters[b % len(chapters)].rpartition("/")[0]
        number = folder.rpartition("/")[2].partition("-")[0].lstrip("0")
        new = f"{folder}/{number}.{3 + c % 3}-{m.words.count}"
        fresh = m.words.fresh
        own = f"id: {m.world.new_id()}\n" if c % 2 else ""
        clone.write(f"{new}/session.md", f"---\n{own}title: {fresh(clone.name)}\nstatus: draft\n---\n")
        clone.write(
            f"{new}/article.md", f"---\nstatus: draft\n---\n\n{fresh(clone.name)}\n\n{fresh(clone.name)}\n"
        )


def move_in_files(m: Machine, a: int, b: int, c: int) -> None:
    """Give a session's folder another number, or put it into another chapter."""
    clone = m.clone(a)
    paths = clone.paths()
    sessions = [p.rpartition("/")[0] for p in paths if p.endswith("/session.md")]
    chapters = [p.rpartition("/")[0] for p in paths if p.endswith("/chapter.md")]
    if sessions and chapters:
        old = sessions[b % len(sessions)]
        near = [x for x in chapters if x.rpartition("/")[0] == old.rsplit("/", 2)[0]]
        to = near[c % len(near)] if near and c % 3 == 0 else old.rpartition("/")[0]
        number = to.rpartition("/")[2].partition("-")[0].lstrip("0")
        slug = old.rpartition("/")[2].partition("-")[2]
        new = f"{to}/{number}.{4 + c % 5}-{slug}"
        if not (clone.content / new).exists():
            if not has_id(clone, f"{old}/session.md"):  # in another folder it is another session than the row
                own = clone.lost_ids.get(old)
                rows = [row for row in m.world.rows() if own is not None and own in (row.id, row.parent)]
                m.words.copy(clone.words_below(old) | all_words(rows))
            clone.move(old, new)


def edit_both(m: Machine, a: int, b: int, c: int) -> None:
    """Two people write over the same word, one in a file and one in the web app."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, words = found
        rows = [row for row in m.world.rows() if not row.words.isdisjoint(words)]
        if rows:
            old = sorted(rows[0].words.intersection(words))[c % len(rows[0].words.intersection(words))]
            m.world.web.replace(rows[0], old, m.words.fresh(WEB, [old]))
            clone.write(path, text.replace(old, m.words.fresh(clone.name, [old])))


def slip(m: Machine, a: int, b: int, c: int) -> None:
    """Make a file that can't be read, or put it right again."""
    clone = m.clone(a)
    if found := _file(m, clone, b):
        path, text, _ = found
        bad = "title: [\n"
        if bad in text:
            clone.write(path, text.replace(bad, ""))
        else:
            clone.write(path, text.replace("---\n", f"---\n{bad}", 1) if path.endswith(".md") else bad + text)


# --- the web app


def _row(m: Machine, number: int) -> Row | None:
    """A row with words in it; often of one session."""
    rows = [row for row in m.world.rows() if row.words]
    rows = [row for row in rows if number % 2 and SESSION in (row.id, row.parent)] or rows
    return rows[number % len(rows)] if rows else None


def edit_row(m: Machine, a: int, b: int, c: int) -> None:
    """Write one word over another in the web app."""
    if row := _row(m, b):
        old = sorted(row.words)[c % len(row.words)]
        m.world.web.replace(row, old, m.words.fresh(WEB, [old]))


def add_to_row(m: Machine, a: int, b: int, c: int) -> None:
    """Add words behind another one in the web app."""
    if row := _row(m, b):
        old = sorted(row.words)[c % len(row.words)]
        m.world.web.replace(row, old, f"{old} {m.words.fresh(WEB)}")


def retype_in_row(m: Machine, a: int, b: int, c: int) -> None:
    """Write an older word again in the web app."""
    if row := _row(m, b):
        pairs = [(new, old) for new in sorted(row.words) for old in sorted(m.words.under[new] - row.words)]
        if pairs:
            new, old = pairs[c % len(pairs)]
            m.world.web.replace(row, new, old)
            m.words.retype(old, new, m.world.web.name)
            _as_backed_up(m, new)


def _as_backed_up(m: Machine, word: str) -> None:
    """A word is taken back in a row of a restored database, whose ledger has never had it.

    To a clone that has the word, the row is as in a backup that was made before the word was written: a push
    restores what the backup lost.
    """
    if m.world.set_back and word not in m.world.web.ledger_words():
        for clone in m.world.clones:
            m.words.want({word} & clone.words(), clone.name)


def delete_row(m: Machine, a: int, b: int, c: int) -> None:
    """Delete a row in the web app, with all below it."""
    rows = [r for r in m.world.rows() if r.table not in ("clients", "programs")]
    if rows:
        row = rows[b % len(rows)]
        before = all_words(m.world.rows())
        m.world.web.delete(row)
        m.words.give_up(before - all_words(m.world.rows()), m.world.web.name)


def new_row(m: Machine, a: int, b: int, c: int) -> None:
    """Make a session with an article in the web app."""
    chapters = [r for r in m.world.rows() if r.table == "chapters"]
    if chapters:
        chapter, own = chapters[b % len(chapters)].id, m.world.new_id()
        m.world.web.new_session(own, chapter, 6 + c % 3, m.words.fresh(WEB))
        m.world.web.new_article(m.world.new_id(), own, f"{m.words.fresh(WEB)}\n\n{m.words.fresh(WEB)}")


def drag_row(m: Machine, a: int, b: int, c: int) -> None:
    """Drag a session to another place in the web app."""
    sessions = [r for r in m.world.rows() if r.table == "sessions"]
    if sessions:
        m.world.web.drag(sessions[b % len(sessions)], c % 9)


def move_row(m: Machine, a: int, b: int, c: int) -> None:
    """Give a session another number, or put it into another chapter, in the web app."""
    rows = m.world.rows()
    sessions = [r for r in rows if r.table == "sessions"]
    if not sessions:
        return
    row = sessions[b % len(sessions)]
    (program,) = {r.parent for r in rows if r.id == row.parent}
    near = [r.id for r in rows if r.table == "chapters" and r.parent == program]
    m.world.web.move(row, near[c % len(near)], 4 + c % 5)


def step_row(m: Machine, a: int, b: int, c: int) -> None:
    """Set a status in the web app, forward or back."""
    rows = [r for r in m.world.rows() if r.status is not None]
    if rows:
        row = rows[b % len(rows)]
        steps = _STEPS.get(row.table, _CONTENT_STEPS)
        at = min(max(steps.index(row.status or "draft") + (1 if c % 3 else -1), 0), len(steps) - 1)
        m.world.web.step(row, steps[at])
        m.approvals.approve(WEB, set(row.words))


def learn(m: Machine, a: int, b: int, c: int) -> None:
    """A learner gets on with a session: that is in a table of which studio knows nothing."""
    sessions = [r for r in m.world.rows() if r.table == "sessions"]
    if sessions:
        m.world.web.learn(sessions[b % len(sessions)].id, m.words.fresh("learner"))
