"""The machine's world with real files, real git and a real PostgreSQL. A page is a session."""

import re
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from uuid import UUID

from tests.cutting import Cut, cut
from tests.harness import C1, CHAPTER, TREE, P
from tests.harness import Desk as Workspace
from tests.killing import ended

Values = dict[str, str]
Tree = dict[str, Values]
Changes = list[tuple[str, Values | None, Values | None]]

_FILE = re.compile(r"---\n(?P<front>.*?)---\n*(?P<text>.*)\Z", re.DOTALL)
_ABOVE = ("acme-bank/client.md", f"{P}/program.md", f"{C1}/chapter.md")


def own_id(rid: str) -> str:
    """The row's id of a page."""
    return str(UUID(int=(4 << 76) | (8 << 60) | int(rid[1:])))


def page(own: str) -> str:
    """The page that a row's id is."""
    return f"p{UUID(own).int & 0xFFFFFF}"


def parsed(text: str) -> tuple[str, Values] | None:
    """The page and the values of a session's file."""
    match = _FILE.fullmatch(text)
    lines = dict(line.split(": ", 1) for line in match["front"].splitlines()) if match else {}
    if match is None or "id" not in lines:
        return None
    return page(lines["id"]), {"title": lines["title"], "text": match["text"].strip("\n")}


class RealDesk:
    """A clone of the repository, with a workspace in it."""

    def __init__(self, world: "RealWorld", root: Path) -> None:
        self._world = world
        self.desk = Workspace.__new__(Workspace)
        self.desk.root, self.desk.url = root, world.base.url
        self.desk.content, self.desk._connection = root / "content", None

    # --- files

    def _paths(self) -> dict[str, Path]:
        found = {}
        for path in self.desk.content.rglob("session.md"):
            read = parsed(path.read_text("utf-8"))
            if read is not None:
                found[read[0]] = path
        return found

    def read(self) -> Tree:
        files = (parsed(path.read_text("utf-8")) for path in self._paths().values())
        return dict(read for read in files if read is not None)

    def write(self, rid: str, values: Values | None) -> None:
        path = self._paths().get(rid)
        if values is None:
            if path is not None:
                path.unlink()
                path.parent.rmdir()
            return
        if path is None:
            number = 10 + int(rid[1:])
            path = self.desk.content / C1 / f"1.{number}-{rid}" / "session.md"
            path.parent.mkdir()
        path.write_text(
            f"---\nid: {own_id(rid)}\ntitle: {values['title']}\nstatus: draft\n---\n\n{values['text']}\n",
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
        with cut(self._world.cut) if self._world.cut else nullcontext([]) as happened:
            found = self.desk.run(*arguments)
        self._world.cuts += len(happened)
        assert found.code in ((0, 1, 3) if happened else (0, 1)), found
        assert "Traceback" not in found.err

    def status(self) -> None:
        self.desk.run("status")

    def hide(self, rids: Sequence[str]) -> None:
        raise NotImplementedError

    # --- git

    def git(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
            cwd=self.desk.root,
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

    def merge(self, commit: str) -> bool:
        before = self.head()
        self.git("fetch", "-q", "other", "+HEAD:refs/other/HEAD")
        self.git("merge", "-q", "--no-edit", commit, check=False)
        if self.git("ls-files", "--unmerged"):
            self.git("merge", "--abort")
        return self.head() != before

    def revert(self) -> bool:
        before = self.head()
        if len(self.git("rev-list", "--parents", "--max-count=1", "HEAD").split()) == 1:
            return False
        self.git("revert", "--no-edit", "HEAD", check=False)
        if self.git("ls-files", "--unmerged"):
            self.git("revert", "--abort")
        return self.head() != before

    def stash(self) -> None:
        if not self.git("stash", "list"):
            self.git("stash", "-q")

    def pop(self) -> bool:
        if not self.git("stash", "list") or self.git("status", "--porcelain", "--untracked-files=no"):
            return False
        self.git("stash", "pop", "-q", check=False)
        if self.git("ls-files", "--unmerged"):
            self.git("reset", "-q", "--hard")
            return False
        return True

    def take_back(self) -> None:
        self.git("checkout", "-q", "--", ".")

    def found(self) -> set[str]:
        """Every token that stands in the files, or in any commit of this clone."""
        commits = self.git("rev-list", "--all", "--reflog", "HEAD").split()
        stashed = self.git("rev-parse", "-q", "--verify", "refs/stash", check=False)
        trees = [self.read(), *(self.tree(c) for c in (*commits, *([stashed] if stashed else [])))]
        return {
            t for tree in trees for v in tree.values() for name in ("title", "text") for t in v[name].split()
        }


class RealWorld:
    """Two clones of one repository, and the database that they are synced with."""

    def __init__(self, base: Workspace) -> None:
        self.base = base
        self.between: Callable[[], None] | None = None
        self.cut: Cut | None = None
        self.cuts = 0
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
        found = self.base.sql("SELECT id::text, title, coalesce(description, '') FROM sessions")
        return {page(own): {"title": title, "text": text} for own, title, text in found}

    def set_row(self, rid: str, values: Values | None) -> None:
        own = own_id(rid)
        if values is None:
            self.base.sql("DELETE FROM sessions WHERE id = %s", own)
            return
        self.base.sql(
            "INSERT INTO sessions (id, chapter_id, number, title, description, order_index)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description",
            own, CHAPTER, f"1.{10 + int(rid[1:])}", values["title"], values["text"], 10 + int(rid[1:]),
        )  # fmt: skip

    def backup(self) -> None:
        raise NotImplementedError

    def restore(self) -> bool:
        raise NotImplementedError

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
                    read = parsed(desk.git("show", f"{commit}:{path}") + "\n")
                    if read is not None:
                        tree[read[0]] = read[1]
            self._trees[commit] = tree
        return self._trees[commit]

    def anywhere(self) -> set[str]:
        rows = {t for v in self.rows().values() for name in ("title", "text") for t in v[name].split()}
        return rows.union(*(clone.found() for clone in self.clones))


def _changes(before: Tree, after: Tree) -> Changes:
    return [
        (rid, before.get(rid), after.get(rid))
        for rid in sorted({*before, *after})
        if before.get(rid) != after.get(rid)
    ]
