"""The situations whose whole output is kept: what somebody did, and the commands that are run then."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.harness import C1, C2, CHAPTER, S1, S2, SESSION, SESSION_2, Desk, P

ARTICLE, QUIZ = f"{S1}/article.md", f"{S1}/quiz.yaml"
LOOK = (
    "status",
    "status --json",
    "diff",
    "diff --json",
    "push -n",
    "push -n --json",
    "pull -n",
    "pull -n --json",
)
"""What can be asked about a difference, for people and for programs."""


@dataclass(frozen=True)
class Scene:
    """A situation. `arrange` makes it in a pushed workspace; then the `commands` are run in their order.

    A command may also be a function: something that happens in between. `{rev}` is the newest run in the
    ledger.
    """

    name: str
    arrange: Callable[[Desk], object]
    commands: tuple[str | Callable[[Desk], object], ...]
    pushed: bool = True


def nothing(_: Desk) -> None:
    """Nothing happened."""


def _examples(desk: Desk) -> None:
    shutil.rmtree(desk.content)
    shutil.copytree(Path(__file__).parents[2] / "examples" / "content", desk.content)


def _files_changed(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two three.", "One two four.")
    desk.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Somebody told her.")


def _rows_changed(desk: Desk) -> None:
    desk.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    desk.sql("UPDATE articles SET content = replace(content, 'Four', 'Six') WHERE session_id = %s", SESSION)


def _created_in_files(desk: Desk) -> None:
    desk.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\nstatus: draft\n---\n\nA new one.\n")
    desk.write(f"{C1}/1.3-new/article.md", "---\nstatus: draft\n---\n\nNew words.\n")


def _created_in_rows(desk: Desk) -> None:
    own = "44444444-4444-4444-8444-444444444443"
    desk.sql(
        "INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES (%s, %s, '1.3', 'Web', 3)",
        own, CHAPTER,
    )  # fmt: skip
    desk.sql("INSERT INTO articles (session_id, content) VALUES (%s, 'Web words.')", own)


def _deleted_in_files(desk: Desk) -> None:
    desk.remove(S2)


def _deleted_in_rows(desk: Desk) -> None:
    desk.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)


def _merging(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two three.", "One two four.")
    desk.sql("UPDATE articles SET content = replace(content, 'five', 'six') WHERE session_id = %s", SESSION)


def _conflict(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two three.", "Mine.")
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
    desk.sql("UPDATE articles SET content = replace(content, 'One two three.', 'Theirs.')")
    desk.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)


def _deleted_and_changed(desk: Desk) -> None:
    desk.remove(S2)
    desk.sql("UPDATE articles SET content = 'Changed meanwhile.' WHERE session_id = %s", SESSION_2)


def _mistakes(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "title: Why", "titel: Why")
    desk.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes: twenty")
    desk.write(f"{S2}/article.md", "---\nstatus: [draft\n---\n\nAsk.\n")
    desk.write(f"{S2}/Video.md", "Words.\n")
    desk.write(f"{C1}/notes.md", "Words.\n")
    desk.write(f"{C2}/2.1-empty/article.md", "---\nstatus: draft\n---\n\nLost.\n")
    desk.edit(f"{P}/program.md", "estimated_hours: 12.5", "estimated_hours: 12.55")


def _copied_with_its_id(desk: Desk) -> None:
    desk.write(f"{C1}/1.3-copy/session.md", desk.read(f"{S1}/session.md"))


def _moved_in_files(desk: Desk) -> None:
    desk.ok("mv", "1.2", "1.7")


def _moved_in_rows(desk: Desk) -> None:
    desk.sql("UPDATE sessions SET number = '1.7', order_index = 7 WHERE id = %s", SESSION_2)


def _status(path: str, new: str, old: str = "draft") -> Callable[[Desk], None]:
    return lambda desk: desk.edit(path, f"status: {old}", f"status: {new}")


def _approved(desk: Desk) -> None:
    for status in ("review", "approved"):
        desk.ok("advance", f"content/{ARTICLE}", "--to", status)
        desk.ok("push")


def _locked(desk: Desk) -> None:
    _approved(desk)
    desk.edit(ARTICLE, "One two three.", "Other words.")


def _changed_since(desk: Desk) -> None:
    _approved(desk)
    desk.sql("UPDATE articles SET content = 'Changed since.' WHERE session_id = %s", SESSION)


def _locked_and_deleted(desk: Desk) -> None:
    _approved(desk)
    desk.remove(S1)


def _pushed_twice(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two three.", "One two four.")
    desk.ok("push", "-m", "the second")


def _tracked(desk: Desk) -> None:
    desk.ok("db", "track")
    text = "One two three. Of Ada.\n\nFour five."
    desk.sql(f"BEGIN; SET LOCAL studio.actor = 'Ada'; UPDATE articles SET content = '{text}'"
             f" WHERE session_id = '{SESSION}'; COMMIT")  # fmt: skip


def _in_git(desk: Desk) -> None:
    from tests.repository import commit, git

    git(desk, "init", "-q", "-b", "main")
    git(desk, "config", "user.name", "Ada")
    git(desk, "config", "user.email", "ada@example.org")
    (desk.root / ".gitignore").write_text(".studio/\n")
    commit(desk, "first")
    desk.remove(f"{S2}/article.md")
    desk.edit(QUIZ, "Who listens?", "Who hears?")
    commit(desk, f"Take it out\n\nStudio-Delete: content/{S2}/article.md")


def _translated(desk: Desk) -> None:
    desk.ok("copy", P.rpartition("/")[2], "vertrauen", "--language", "de-CH")
    desk.ok("push")
    desk.edit(ARTICLE, "One two three.", "One two four.")
    desk.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNew words.\n")


def _other_tables(desk: Desk) -> None:
    desk.sql(
        "CREATE TABLE IF NOT EXISTS progress (id int, session_id uuid REFERENCES sessions ON DELETE CASCADE)"
    )
    desk.sql("INSERT INTO progress VALUES (1, %s), (2, %s)", SESSION_2, SESSION_2)
    desk.remove(S2)


def _no_progress(desk: Desk) -> None:
    desk.sql("DROP TABLE progress")


SCENES = (
    Scene(
        "examples",
        _examples,
        (
            "validate",
            "validate --json",
            "status",
            "push -n",
            "push",
            "push",
            "push --json",
            "log",
            "show {rev}",
        ),
        pushed=False,
    ),
    Scene("in sync", nothing, (*LOOK, "validate", "push", "pull", "validate --json", "resolve --keep files")),
    Scene(
        "changed in files",
        _files_changed,
        (
            *LOOK,
            "push -n --format markdown",
            "push -m why",
            "push",
            "log",
            "log --json",
            "show {rev}",
            "show {rev} --json",
            "undo -n",
            "undo",
            "status",
            "undo --list",
        ),
    ),
    Scene("changed in the database", _rows_changed, (*LOOK, "push", "pull", "pull", "log", "undo")),
    Scene(
        "created in files",
        _created_in_files,
        (*LOOK, "push --frozen", "validate --frozen", "validate --fix", "push"),
    ),
    Scene("created in the database", _created_in_rows, (*LOOK, "pull", "undo -n")),
    Scene("deleted in files", _deleted_in_files, (*LOOK, "push", "push --delete", "undo", "push")),
    Scene("deleted in the database", _deleted_in_rows, (*LOOK, "pull", "undo -n")),
    Scene(
        "other tables hang on it",
        _other_tables,
        ("push --delete -n", "push --delete", "push --delete --delete-with progress", _no_progress),
    ),
    Scene("merges", _merging, (*LOOK, "push", "push --partial", "pull", "diff", "push")),
    Scene(
        "conflict",
        _conflict,
        (
            *LOOK,
            "push",
            "pull",
            "pull --json",
            f"resolve content/{ARTICLE} --keep both",
            f"validate content/{ARTICLE}",
            f"resolve content/{ARTICLE} --keep database",
            f"resolve content/{S1}/session.md --keep files -n",
            f"resolve content/{S1}/session.md --keep files",
            "status",
            "push",
        ),
    ),
    Scene(
        "not shown",
        _conflict,
        (f"resolve content/{ARTICLE} --keep files", f"resolve content/{ARTICLE} --keep files"),
    ),
    Scene(
        "deleted and changed",
        _deleted_and_changed,
        (*LOOK, "push --delete", "pull --keep database", "status"),
    ),
    Scene(
        "mistakes",
        _mistakes,
        (
            "validate",
            "validate --json",
            "validate --format github",
            "status",
            "push",
            "push --json",
            "push --partial",
            "pull",
        ),
    ),
    Scene(
        "copied with its id", _copied_with_its_id, ("validate", "status", "push", "push --partial", "doctor")
    ),
    Scene("moved in files", _moved_in_files, (*LOOK, "push", "log")),
    Scene("moved in the database", _moved_in_rows, (*LOOK, "pull")),
    Scene(
        "a step in status",
        _status(ARTICLE, "review"),
        ("status", "status --json", "push -n --format markdown", "push"),
    ),
    Scene("a step too far", _status(ARTICLE, "approved"), ("status", "push", "push --json")),
    Scene("not ready", _status(f"{S2}/session.md", "content_created"), ("status", "push -n", "push")),
    Scene(
        "a step back",
        lambda desk: (
            _status(ARTICLE, "review")(desk),
            desk.ok("push"),
            _status(ARTICLE, "draft", "review")(desk),
        ),
        ("status", "push", "push --reopen", "push --reopen -m why", "log"),
    ),
    Scene(
        "advance",
        nothing,
        (
            f"advance content/{S1} -n",
            f"advance content/{S1}",
            f"advance content/{S1} --json",
            f"advance content/{ARTICLE} --to approved",
        ),
    ),
    Scene(
        "approved", _approved, ("status", "doctor", "board -o board.html", f"show {{rev}} content/{ARTICLE}")
    ),
    Scene("locked", _locked, (*LOOK, "push", "push --no-approve")),
    Scene("locked and deleted", _locked_and_deleted, ("push --delete", "push --delete --json")),
    Scene("approved, changed since", _changed_since, (*LOOK, "pull", "status")),
    Scene(
        "history",
        _pushed_twice,
        (
            f"log content/{ARTICLE}",
            f"restore content/{ARTICLE} --to {{rev}}^ -n",
            f"restore content/{ARTICLE} --to {{rev}}^",
            f"restore content/{ARTICLE} --to {{rev}}^ --json",
            "diff",
            "db prune --before 2020-01-01",
        ),
    ),
    Scene(
        "tracked changes",
        _tracked,
        (
            f"log content/{ARTICLE}",
            f"log content/{ARTICLE} --json",
            "pull",
            f"blame content/{ARTICLE}",
            f"blame content/{ARTICLE} --json",
            f"log content/{ARTICLE}",
            "db track",
            "db track --remove",
        ),
    ),
    Scene(
        "commits decide",
        _in_git,
        (
            "status",
            "push -n --format markdown",
            "push -n --json",
            "push",
            f"advance content/{QUIZ}",
            "doctor",
        ),
    ),
    Scene(
        "translations",
        _translated,
        (
            "status",
            "diff --source",
            "diff --source content/acme-bank/vertrauen --json",
            "copy --caught-up content/acme-bank/vertrauen",
            "status",
        ),
    ),
    Scene(
        "authoring",
        nothing,
        (
            "new session content/" + C1 + " --title Quizzes -n",
            "new session content/" + C1 + " --title Quizzes --json",
            "new quiz content/" + S2,
            "mv 1.2 --before 1.1 -n",
            "mv 1.2 --before 1.1",
            "copy 1.1 2 -n",
            "copy 1.1 2",
            "mv 9.9 1.2",
        ),
    ),
    Scene(
        "beside the work",
        nothing,
        (
            "trust --list",
            "trust",
            "db access",
            "db grant",
            "explain locked",
            "explain locked --json",
            "explain lockt",
            "completion fish",
            "hook",
            "editor",
            "blame",
            "merge-file",
            "import nowhere",
            "init -n new --client Acme",
        ),
    ),
    Scene(
        "called wrongly",
        nothing,
        (
            "psuh",
            "push --wide",
            "status nowhere/at/all",
            "status content/acme-bnk",
            "show 00000000",
            "restore",
            "--target production status",
            "--database x://y status",
            "status --json --target production",
            "resolve",
            "log --limit 0",
        ),
    ),
)
