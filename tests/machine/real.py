"""The machine's world with real files, real git and a real PostgreSQL. A page is a session."""

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from studio_sync.database.postgres.write import Writer
from tests.cutting import Cut, cut
from tests.harness import C1, CHAPTER, TABLES, TREE, P
from tests.harness import Desk as Workspace
from tests.killing import ended

Values = dict[str, str]
Tree = dict[str, Values]
Changes = list[tuple[str, Values | None, Values | None]]

NAMES = ("title", "text", "number", "order")

_FILE = re.compile(r"---\n(?P<front>.*?)---\n*(?P<text>.*)\Z", re.DOTALL)
_ABOVE = ("acme-bank/client.md", f"{P}/program.md", f"{C1}/chapter.md")


_LEDGER = ("studio_sync.runs", "studio_sync.versions", "studio_sync.notes")
_BACKED = ("sessions", *_LEDGER)
_HALF_BLIND = """
DO $$ BEGIN CREATE ROLE machine LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
CREATE TABLE machine_hidden (id uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, studio_sync TO machine;
GRANT USAGE ON SCHEMA studio_sync TO machine;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA studio_sync TO machine;
"""


@contextmanager
def before_writing(act: Callable[[], None]) -> Iterator[None]:
    """Somebody does something between the plan of a push and what it writes; once."""
    real, done = Writer.apply, []

    def apply(self: Writer, *rest: Any, **more: Any) -> Any:
        if not done:
            done.append(1)
            act()
        return real(self, *rest, **more)

    with mock.patch.object(Writer, "apply", apply):
        yield


def own_id(rid: str) -> str:
    """The row's id of a page."""
    return str(UUID(int=(4 << 76) | (8 << 60) | int(rid[1:])))


def page(own: str) -> str:
    """The page that a row's id is."""
    return f"p{UUID(own).int & 0xFFFFFF}"


def place(token: str) -> int:
    """The order value that a token is; every other one goes before all that were there at first."""
    count = int(token[1:])
    return (100_000 + 100 * count) * (1 if count % 2 else -1)


def said(order: int) -> str:
    """The token of an order value that a person gave, "" for one that followed from the numbers."""
    return f"t{(abs(order) - 100_000) // 100}" if abs(order) > 100_000 and order % 100 == 0 else ""


def parsed(path: str, text: str) -> tuple[str, Values] | None:
    """The page and the values of a session's file."""
    match = _FILE.fullmatch(text)
    lines = dict(line.split(": ", 1) for line in match["front"].splitlines()) if match else {}
    if match is None or "id" not in lines:
        return None
    number = path.split("/")[-2].partition("-")[0]
    return page(lines["id"]), {
        "title": lines["title"],
        "text": match["text"].strip("\n"),
        "number": f"t{number.partition('.')[2]}",
        "order": said(int(lines.get("order_index", 0))),
    }


class RealDesk:
    """A clone of the repository, with a workspace in it."""

    def __init__(self, world: "RealWorld", root: Path) -> None:
        self._world = world
        self.desk = Workspace.__new__(Workspace)
        self.desk.root, self.desk.url = root, world.base.url
        self.desk.content, self.desk._connection = root / "content", None

    # --- files

    def _files(self) -> list[tuple[Path, str, Values]]:
        found = []
        for path in sorted(self.desk.content.rglob("session.md")):
            read = parsed(path.as_posix(), path.read_text("utf-8"))
            if read is not None:
                found.append((path, *read))
        return found

    def read(self) -> Tree:
        return {rid: values for _, rid, values in self._files()}

    def _twins(self) -> list[Path]:
        """Files with an id that another one has: git put a folder back beside its renamed self."""
        files = self._files()
        count = Counter(rid for _, rid, _ in files)
        return [path for path, rid, _ in files if count[rid] > 1]

    def write(self, rid: str, values: Values | None) -> None:
        path = next((p for p, own, _ in self._files() if own == rid), None)
        if values is None:
            if path is not None:
                path.unlink()
                path.parent.rmdir()
            return
        folder = self.desk.content / C1 / f"1.{values['number'][1:]}-{rid}"
        stated = ""
        if path is None:
            folder.mkdir()
        else:
            lines = path.read_text("utf-8").splitlines(keepends=True)
            stated = next((x for x in lines if x.startswith("order_index")), "")
            if path.parent.name.partition("-")[0] != folder.name.partition("-")[0]:
                path.parent.rename(folder)
            else:
                folder = path.parent
        if values["order"]:
            stated = f"order_index: {place(values['order'])}\n"
        (folder / "session.md").write_text(
            f"---\nid: {own_id(rid)}\ntitle: {values['title']}\nstatus: draft\n{stated}"
            f"---\n\n{values['text']}\n",
            "utf-8",
        )

    # --- studio

    def push(self, *, partial: bool, delete: bool, crash: int | None) -> Changes:
        before = self._world.rows()
        arguments = ["push", *["--partial"] * partial, *["--delete=-1"] * delete]
        self._run(arguments, crash)
        return _changes(before, self._world.rows())

    def pull(self, *, crash: int | None, keep: str) -> tuple[Changes, Changes]:
        before, rows = self.read(), self._world.rows()
        torn = self._conflicts() if keep else set()
        self._run(["pull", *([f"--keep={keep}"] if keep else [])], crash)
        after = self.read()
        decided = torn - self._conflicts() if keep else set()
        return _changes(before, after), [(r, before.get(r), rows.get(r)) for r in sorted(decided)]

    def _conflicts(self) -> set[str]:
        found = self.desk.json("status")["records"]
        return {page(r["id"]) for r in found if r["standing"] == "conflict" and r["id"]}

    def _run(self, arguments: list[str], crash: int | None) -> None:
        if crash is not None:
            code = ended(self.desk, 5 + 23 * crash, signal.SIGKILL, *arguments)
            assert code in (0, 1, -signal.SIGKILL), code
            return
        with (
            cut(self._world.cut) if self._world.cut else nullcontext([]) as happened,
            before_writing(self._world.between) if self._world.between else nullcontext(),
        ):
            found = self.desk.run(*arguments)
        self._world.cuts += len(happened)
        unsure = happened or self.desk.url != self._world.base.url
        assert found.code in ((0, 1, 3) if unsure else (0, 1)), found
        assert "Traceback" not in found.err

    def status(self) -> None:
        self.desk.run("status")

    def hide(self, rids: Sequence[str]) -> None:
        """From now on connect as a role that does not see these rows; as the owner if there are none."""
        self.desk.url = self._world.half_blind(rids) if rids else self._world.base.url

    # --- git

    def git(self, *arguments: str, check: bool = True) -> str:
        # The hashes of commits follow from their times; a sequence can be run again only if they do.
        self._world.clock += 1
        when = f"{1_700_000_000 + self._world.clock} +0000"
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
            cwd=self.desk.root,
            env={**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip() if done.returncode == 0 else ""

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "work", check=False)
        return self.head()

    def commits(self) -> Sequence[str]:
        self.git("fetch", "-q", "other", "+HEAD:refs/other/HEAD")
        return sorted(self.git("rev-list", "HEAD", "refs/other/HEAD").split())

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def tree(self, commit: str) -> Tree:
        return self._world.tree(self, commit)

    def checkout(self, commit: str) -> None:
        self.git("checkout", "-q", "--detach", commit)

    def _undo_twins(self, before: str) -> None:
        if self._twins():
            self.git("reset", "-q", "--hard", before)

    def merge(self, commit: str) -> bool:
        before = self.head()
        self.git("fetch", "-q", "other", "+HEAD:refs/other/HEAD")
        self.git("merge", "-q", "--no-edit", commit, check=False)
        if self.git("ls-files", "--unmerged"):
            self.git("merge", "--abort")
        self._undo_twins(before)
        return self.head() != before

    def revert(self) -> bool:
        before = self.head()
        if len(self.git("rev-list", "--parents", "--max-count=1", "HEAD").split()) == 1:
            return False
        self.git("revert", "--no-edit", "HEAD", check=False)
        if self.git("ls-files", "--unmerged"):
            self.git("revert", "--abort")
        self._undo_twins(before)
        return self.head() != before

    def stash(self) -> None:
        if not self.git("stash", "list"):
            self.git("add", "--all")
            self.git("stash", "-q")

    def pop(self) -> bool:
        if not self.git("stash", "list") or self.git("status", "--porcelain", "--untracked-files=no"):
            return False
        if self._files_untracked():
            return False
        self.git("stash", "apply", "-q", check=False)
        if self.git("ls-files", "--unmerged") or self._twins():
            self.git("add", "--all")
            self.git("reset", "-q", "--hard")
            return False
        self.git("stash", "drop", "-q")
        # A file that the stash brought is new, and not staged: only what HEAD has can be taken back.
        self.git("reset", "-q")
        return True

    def _files_untracked(self) -> bool:
        return bool(self.git("ls-files", "--others", "--exclude-standard"))

    def take_back(self) -> None:
        self.git("checkout", "-q", "--", ".")
        tracked = set(self.git("ls-files").splitlines())
        for path in self._twins():
            if path.relative_to(self.desk.root).as_posix() not in tracked:
                path.unlink()
                path.parent.rmdir()

    def found(self) -> set[str]:
        """Every token that stands in the files, or in any commit of this clone."""
        commits = self.git("rev-list", "--all", "--reflog", "HEAD").split()
        stashed = self.git("rev-parse", "-q", "--verify", "refs/stash", check=False)
        trees = [self.read(), *(self.tree(c) for c in (*commits, *([stashed] if stashed else [])))]
        return {t for tree in trees for v in tree.values() for name in NAMES for t in v[name].split()}


class RealWorld:
    """Two clones of one repository, and the database that they are synced with."""

    def __init__(self, base: Workspace) -> None:
        self.base = base
        self.between: Callable[[], None] | None = None
        self.cut: Cut | None = None
        self.cuts = 0
        self.clock = 0
        self._backed = {"machine_hidden": False, "backup": False}
        self._trees: dict[str, Tree] = {}
        self._fresh = 0
        for path in _ABOVE:
            base.write(path, TREE[path])
        (base.root / ".gitignore").write_text(".studio/\n")
        first = RealDesk(self, base.root)
        first.git("init", "-q", "-b", "main")
        first.commit()
        base.ok("push")
        second = self._clone("second")
        first.git("remote", "add", "other", str(second.desk.root))
        second.git("remote", "rename", "origin", "other")
        self.clones = [first, second]

    def _clone(self, name: str) -> RealDesk:
        root = self.base.root.with_name(name)
        subprocess.run(
            ["git", "-c", "advice.detachedHead=false", "clone", "-q", str(self.base.root), str(root)],
            check=True,
        )
        return RealDesk(self, root)

    def rows(self) -> Tree:
        found = self.base.sql(
            "SELECT id::text, title, coalesce(description, ''), number, order_index FROM sessions"
        )
        return {
            page(own): {"title": title, "text": text, "number": f"t{number[2:]}", "order": said(order)}
            for own, title, text, number, order in found
        }

    def known(self) -> set[str]:
        """The pages of which the ledger has a version."""
        found = self.base.sql("SELECT DISTINCT row_id::text FROM studio_sync.versions WHERE kind = 'session'")
        return {page(own) for (own,) in found}

    def orders(self) -> dict[str, int]:
        return {page(own): at for own, at in self.base.sql("SELECT id::text, order_index FROM sessions")}

    def stamp(self) -> object:
        ledger = self.base.sql(
            "SELECT count(*) FROM studio_sync.versions UNION ALL SELECT count(*) FROM studio_sync.notes"
        )
        return self.base.xmins(), ledger, [clone.desk.stamps() for clone in self.clones]

    def set_row(self, rid: str, values: Values | None) -> None:
        own = own_id(rid)
        if values is None:
            self.base.sql("DELETE FROM sessions WHERE id = %s", own)
            return
        self.base.sql(
            "INSERT INTO sessions (id, chapter_id, number, title, description, order_index)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description,"
            " number = excluded.number",
            own, CHAPTER, f"1.{values['number'][1:]}", values["title"], values["text"],
            int(values["number"][1:]),
        )  # fmt: skip
        if values["order"]:
            self.base.sql("UPDATE sessions SET order_index = %s WHERE id = %s", place(values["order"]), own)

    def half_blind(self, rids: Sequence[str]) -> str:
        """The URL of a role that sees everything but these rows."""
        sql = self.base.sql
        if not self._backed["machine_hidden"]:
            sql(_HALF_BLIND)
            for table in (*TABLES, *_LEDGER):
                rule = "id NOT IN (SELECT id FROM machine_hidden)" if table == "sessions" else "true"
                sql(f"CREATE POLICY machine ON {table} TO machine USING ({rule}) WITH CHECK (true)")
            self._backed["machine_hidden"] = True
        sql("DELETE FROM machine_hidden")
        sql("INSERT INTO machine_hidden SELECT unnest(%s::uuid[])", [own_id(rid) for rid in rids])
        return self.base.url.replace("postgres@", "machine@")

    def backup(self) -> None:
        for name in _BACKED:
            copy = f"backup_{name.rpartition('.')[2]}"
            self.base.sql(f"DROP TABLE IF EXISTS {copy}")
            self.base.sql(f"CREATE TABLE {copy} AS SELECT * FROM {name}")
        self._backed["backup"] = True

    def restore(self) -> bool:
        if not self._backed["backup"]:
            return False
        with self.base.connection.transaction():
            for name in reversed(_BACKED):
                self.base.sql(f"DELETE FROM {name}")
            for name in _BACKED:
                self.base.sql(f"INSERT INTO {name} SELECT * FROM backup_{name.rpartition('.')[2]}")
        return True

    def fresh(self, commit: str) -> RealDesk:
        self._fresh += 1
        desk = self._clone(f"fresh{self._fresh}")
        for clone in self.clones:
            desk.git("fetch", "-q", str(clone.desk.root), "+HEAD:refs/other/HEAD")
        desk.checkout(commit)
        return desk

    def tree(self, desk: RealDesk, commit: str) -> Tree:
        """What a commit says."""
        if commit not in self._trees:
            tree = {}
            for path in desk.git("ls-tree", "-r", "--name-only", commit).splitlines():
                if path.endswith("/session.md"):
                    read = parsed(path, desk.git("show", f"{commit}:{path}") + "\n")
                    if read is not None:
                        tree[read[0]] = read[1]
            self._trees[commit] = tree
        return self._trees[commit]

    def anywhere(self) -> set[str]:
        rows = {t for v in self.rows().values() for name in NAMES for t in v[name].split()}
        return rows.union(*(clone.found() for clone in self.clones))


def _changes(before: Tree, after: Tree) -> Changes:
    return [
        (rid, before.get(rid), after.get(rid))
        for rid in sorted({*before, *after})
        if before.get(rid) != after.get(rid)
    ]
