"""A writer's desk: a workspace with a database, and the command line run in it."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Self
from unittest import mock

import psycopg

from studio_sync.cli.main import main
from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from tests import pooler

CLIENT = "11111111-1111-4111-8111-111111111111"
PROGRAM = "22222222-2222-4222-8222-222222222222"
CHAPTER = "33333333-3333-4333-8333-333333333333"
CHAPTER_2 = "33333333-3333-4333-8333-333333333332"
SESSION = "44444444-4444-4444-8444-444444444444"
SESSION_2 = "44444444-4444-4444-8444-444444444442"

P = "acme-bank/leading-with-trust"
C1 = f"{P}/01-foundations"
C2 = f"{P}/02-practice"
S1 = f"{C1}/1.1-why-leaders-listen"
S2 = f"{C1}/1.2-asking"


def _text(text: str) -> str:
    return dedent(text).lstrip("\n")


TREE: Mapping[str, str] = {
    "acme-bank/client.md": _text(f"""
        ---
        id: {CLIENT}
        name: Acme Bank
        industry: Banking
        contact_email: learning@acme.example
        ---

        Pays late, thinks early.
    """),
    "acme-bank/knowledge/business_context.yaml": _text("""
        share: 12.50
        market:
          - retail
          - private
        employees: 1200
    """),
    f"{P}/program.md": _text(f"""
        ---
        id: {PROGRAM}
        name: Leading with trust
        language: de
        status: draft
        estimated_hours: 12.5
        ---

        For those who lead.
    """),
    f"{P}/knowledge/brief.md": _text("""
        ---
        title: The brief
        content_format: plain
        ---

        What they asked for.
    """),
    f"{C1}/chapter.md": _text(f"""
        ---
        id: {CHAPTER}
        title: Foundations
        subtitle: Where it begins
        ---

        First things.
    """),
    f"{C2}/chapter.md": _text(f"""
        ---
        id: {CHAPTER_2}
        title: Practice
        ---
    """),
    f"{S1}/session.md": _text(f"""
        ---
        id: {SESSION}
        title: Why leaders listen
        hook: Nobody told her.
        wiifm: You hear more.
        learning_objectives:
          - Listen
          - Ask
        estimated_minutes: 20
        status: draft
        ---

        A session about listening.
    """),
    f"{S1}/article.md": _text("""
        ---
        status: draft
        sources:
          - title: On listening
            year: 2010
        ---

        One two three.

        Four five.
    """),
    f"{S1}/video.md": _text("""
        ---
        status: draft
        estimated_duration: "3:10"
        ---

        NARRATOR: Listen now.
    """),
    f"{S1}/quiz.yaml": _text("""
        status: draft
        questions:
          - id: q1
            question: Who listens?
            options:
              - text: She
                correct: true
              - text: He
        metadata:
          passing_score: 0.80
    """),
    f"{S1}/exercise.md": _text("""
        ---
        status: draft
        exercise_type: CASE_ANALYSIS
        complexity: advanced
        title: The case
        scenario:
          setting: A branch
        learning_anchor:
          concept: Listening
        ai_mentor:
          role: A colleague
          instructions: Ask back.
        success_criteria:
          - Names two
        evaluation:
          method: Compare
        estimated_minutes: 25
        ---

        Read the case.
    """),
    f"{S2}/session.md": _text(f"""
        ---
        id: {SESSION_2}
        title: Asking
        status: draft
        ---
    """),
    f"{S2}/article.md": "---\nstatus: draft\n---\n\nAsk.\n",
}
"""One client with a file of each kind, and every column said somewhere."""

TABLES = (
    "clients", "client_knowledge", "programs", "program_knowledge", "chapters", "sessions",
    "articles", "videos", "quizzes", "exercises",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What a run of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object that --json printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def text(self) -> str:
        """Everything that was said."""
        return self.out + self.err

    @property
    def codes(self) -> list[str]:
        """The codes of the problems in a --json report."""
        return [p["code"] for p in self.json["problems"]]


class Desk:
    """A workspace folder, the database that it is synced with, and what a person does there."""

    def __init__(self, root: Path, url: str, config: str = "name: desk\n") -> None:
        self.root, self.url = root, url
        self.content = root / "content"
        self.content.mkdir(parents=True)
        (root / "studio.yaml").write_text(config, "utf-8")

    _connection: psycopg.Connection | None = None
    _lender: "Desk | None" = None
    """The desk whose connection this one uses, and which closes it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- files

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the tree, as an editor does."""
        place = self.content / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def write_all(self, tree: Mapping[str, str]) -> None:
        """Write many files."""
        for path, text in tree.items():
            self.write(path, text)

    def read(self, path: str) -> str:
        """The text of a file of the tree."""
        return (self.content / path).read_bytes().decode()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace one piece of a file's text by another."""
        text = self.read(path)
        assert text.count(old) == 1, (old, text)
        self.write(path, text.replace(old, new))

    def remove(self, path: str) -> None:
        """Delete a file or a folder of the tree."""
        place = self.content / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()

    def move(self, old: str, new: str) -> None:
        """Rename a file or folder of the tree."""
        target = self.content / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.content / old).rename(target)

    def files(self) -> dict[str, bytes]:
        """Every file of the tree with its bytes."""
        return {
            p.relative_to(self.content).as_posix(): p.read_bytes()
            for p in sorted(self.content.rglob("*"))
            if p.is_file() and not p.is_symlink()
        }

    def stamps(self) -> dict[str, tuple[int, int, int]]:
        """Mtime, ctime and inode of every file and folder of the tree."""
        found = {}
        for path in sorted(self.content.rglob("*")):
            info = path.lstat()
            found[path.relative_to(self.content).as_posix()] = (
                info.st_mtime_ns,
                info.st_ctime_ns,
                info.st_ino,
            )
        return found

    def config(self, text: str) -> None:
        """Write studio.yaml."""
        (self.root / "studio.yaml").write_text(text, "utf-8")

    # --- the database

    @property
    def connection(self) -> psycopg.Connection:
        """A connection of somebody else, in autocommit."""
        if self._lender is not None:
            return self._lender.connection
        if self._connection is None or self._connection.closed:
            self._connection = open_connection(parse_address(self.url))
        return self._connection

    def hang_up(self) -> None:
        """Close that connection, so that the database can be dropped or copied."""
        if self.url:
            pooler.close_servers(self.url)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, which somebody else runs."""
        cursor = self.connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: Any) -> Any:
        """The single value of a statement's single row."""
        ((value,),) = self.sql(query, *values)
        return value

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        return {t: [r for (r,) in self.sql(f"SELECT t::text FROM {t} AS t ORDER BY id")] for t in TABLES}

    def xmins(self) -> dict[tuple[str, str], str]:
        """The transaction that last wrote each row."""
        return {
            (t, own): xmin for t in TABLES for own, xmin in self.sql(f"SELECT id::text, xmin::text FROM {t}")
        }

    def empty(self) -> None:
        """Delete every row, and what the ledger says: a database in which nothing ever was."""
        self.sql("DELETE FROM clients")
        for table in ("notes", "versions", "runs", "changes"):
            self.sql(f"DELETE FROM studio_sync.{table}")

    # --- the command line

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of a run."""
        without = os.environ.get("STUDIO_TEST_WITHOUT")
        given = {"STUDIO_WITHOUT": without} if without else {}
        return {**os.environ, "STUDIO_DATABASE_URL": pooler.everywhere(self.url), **given, **extra}

    def run(self, *arguments: str, cwd: Path | None = None, **env: str) -> Result:
        """Run `studio` in this process."""
        return run(*arguments, cwd=cwd or self.root, env=self.environment(**env))

    def ok(self, *arguments: str, **env: str) -> Result:
        """Run `studio`, which must succeed."""
        result = self.run(*arguments, **env)
        assert result.code == 0, result
        return result

    def refused(self, *arguments: str, **env: str) -> Result:
        """Run `studio`, which must refuse."""
        result = self.run(*arguments, **env)
        assert result.code == 1, result
        assert "Traceback" not in result.err
        return result

    def json(self, *arguments: str, **env: str) -> dict[str, Any]:
        """What `studio … --json` prints."""
        return self.run(*arguments, "--json", **env).json

    def standings(self) -> dict[str, Any]:
        """How each record stands that is not agreed: by path, its fields, or the standing of the whole."""
        return {
            r["path"].removeprefix("content/"): r["fields"] or f"{r['standing']} {r['action']}"
            for r in self.json("status")["records"]
        }

    def spawn(self, *arguments: str, code: str = "", **env: str) -> subprocess.Popen[str]:
        """Start `studio` in a process of its own, as its script does; `code` runs in it first."""
        program = f"import sys\n{code}\nfrom studio_sync.__main__ import main\nsys.argv[0] = 'studio'\nmain()"
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=self.root,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def clone(self, name: str = "clone", *, url: str = "") -> "Desk":
        """A second workspace with the same files, that remembers nothing; as after `git clone`."""
        other = Desk(
            self.root.with_name(name), url or self.url, (self.root / "studio.yaml").read_text("utf-8")
        )
        shutil.copytree(self.content, other.content, dirs_exist_ok=True)
        return other

    def at(self, root: Path, url: str = "") -> "Desk":
        """The workspace in another folder, where something has put it; with the same database or another."""
        other = Desk.__new__(Desk)
        other.root, other.url, other.content = root, url or self.url, root / "content"
        other._lender = None if url else self
        return other

    def forget(self) -> None:
        """Delete what the workspace remembers."""
        shutil.rmtree(self.root / ".studio")


def run(*arguments: str, cwd: Path, env: Mapping[str, str]) -> Result:
    """Run `studio` in this process, with its output caught."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    limit = sys.getrecursionlimit()
    with (
        _environment(env),
        mock.patch.object(sys, "argv", ["studio", *arguments]),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        finally:
            sys.setrecursionlimit(limit)
    return Result(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """These variables and no others inside the block; only those that differ are set, as that is dear."""
    before = dict(os.environ)
    _set_environment(wanted)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(wanted: Mapping[str, str]) -> None:
    now = dict(os.environ)
    for name in now.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(dict(wanted.items() - now.items()))


@contextlib.contextmanager
def unchanged(desk: Desk) -> Iterator[None]:
    """Neither a file nor a row may be touched inside the block."""
    files, rows, xmins = desk.files(), desk.rows(), desk.xmins()
    stamps = desk.stamps()
    yield
    assert desk.files() == files
    assert desk.rows() == rows
    assert desk.xmins() == xmins
    assert desk.stamps() == stamps
