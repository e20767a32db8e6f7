"""What studio is compared with on the same tree and rows: git, PostgreSQL's copy, and the floors."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from studio_sync.kinds import ALL_KINDS
from tests.bench.measure import Clock, Run, StepError, settle
from tests.bench.place import Place

_SETTINGS = {"gc.auto": "0", "maintenance.auto": "false"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository of a tree. It stands outside of it, so that studio has the same tree without git."""

    place: Place
    folder: Path
    tree: Path

    def add(self) -> Run:
        """Make the repository, and measure `git add` of the whole tree; then commit it."""
        self.place.git("init", "-q", "--bare", self.folder)
        for name, value in {**_SETTINGS, "core.bare": "false"}.items():
            self._git("config", name, value)
        settle()
        added = self._git("add", "-A")
        self._git("commit", "-q", "-m", "The tree")
        return added

    def status(self) -> Run:
        """Measure `git status`."""
        return self._git("status")

    def must_be_clean(self) -> None:
        """Refresh git's index, and see that nothing differs."""
        if changed := self._git("status", "--porcelain").stdout:
            raise StepError(f"git sees changes where there are none:\n{changed[:500]}")

    def checkout(self, files: int) -> Run:
        """Measure a checkout of the commit, which holds so many files, into an empty folder.

        It stays: some file systems are slow to make files for minutes after many were deleted.
        """
        tree = self.folder.with_suffix(".checkout")
        tree.mkdir()
        settle()
        done = self.place.git(
            *self._where(tree), "reset", "-q", "--hard", GIT_INDEX_FILE=str(self.folder / "index-2")
        )
        expect_files(tree, files)
        return done

    def _git(self, *arguments: str) -> Run:
        return self.place.git(*self._where(self.tree), *arguments)

    def _where(self, tree: Path) -> tuple[str | Path, ...]:
        return "-C", tree, f"--git-dir={self.folder}", f"--work-tree={tree}"


@dataclass(frozen=True, slots=True)
class Copies:
    """The measured `\\copy` of all rows of the ten tables to files, and from them into empty tables."""

    out: Run
    into: Run


def copy_rows(place: Place, workspace: Path, url: str) -> Copies:
    """Copy the rows of the database at `url` into empty tables with the same indexes on the same server."""
    folder = place.root / "rows"
    folder.mkdir()
    tables = [kind.table for kind in ALL_KINDS]
    settle()
    out = place.psql(url, "".join(f"\\copy {table} to '{folder / table}'\n" for table in tables))
    place.psql(url, "CREATE DATABASE copy TEMPLATE template0;")
    server, _, query = url.partition("?")
    copy = f"{server.rpartition('/')[0]}/copy{'?' * bool(query)}{query}"
    place.psql(copy, place.studio(workspace, "db", "init", "--print", "--create-tables").stdout)
    settle()
    script = "".join(f"\\copy {table} from '{folder / table}'\n" for table in tables)
    into = place.psql(copy, script, once=True)
    count = "".join(f"SELECT count(*) FROM {table};" for table in tables)
    if place.psql(url, count).stdout != place.psql(copy, count).stdout:
        raise StepError("the copied tables don't hold as many rows as the others")
    place.psql(url, "DROP DATABASE copy;")
    shutil.rmtree(folder)
    return Copies(out, into)


_TABLES = """
SELECT c.oid::regclass, array_remove(array_remove(array_agg(DISTINCT f.confrelid), c.oid), NULL)
FROM pg_class AS c
LEFT JOIN pg_constraint AS f ON f.conrelid = c.oid AND f.contype = 'f'
WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('public', 'studio_sync')
  AND c.relname <> 'meta' GROUP BY c.oid
"""
_IN_ORDER = f"""
WITH RECURSIVE t (name, above) AS ({_TABLES}), down AS (
  SELECT name, 0 AS depth FROM t WHERE above = '{{}}'
  UNION ALL SELECT t.name, depth + 1 FROM down JOIN t ON down.name::oid = ANY (t.above)
) SELECT name FROM down GROUP BY name ORDER BY max(depth), name::text;
"""
"""All tables that hold something of a push, a table before those that refer to it."""


def push_floor(place: Place, url: str, tree: Path, clock: Clock | None) -> Run:
    """Read the tree, and send rows and ledger entries of the database at `url` into empty tables like its."""
    folder = place.root / "floor"
    folder.mkdir()
    tables = place.psql(url, _IN_ORDER).stdout.split()
    files = {table: folder / f"{number:02}-{table}" for number, table in enumerate(tables)}
    place.psql(
        url, "".join(f"\\copy {name} to '{file}' with (format binary)\n" for name, file in files.items())
    )
    server, _, query = url.partition("?")
    base, _, name = server.rpartition("/")
    floor = f"{base}/floor{'?' * bool(query)}{query}"
    place.psql(f"{base}/postgres{'?' * bool(query)}{query}", f'CREATE DATABASE floor TEMPLATE "{name}";')
    place.psql(floor, f"TRUNCATE {', '.join(tables)};")
    settle()
    place.psql(floor, "CHECKPOINT;")
    done = place.floor("push", floor, tree, folder, clock=clock)
    count = "".join(f"SELECT count(*) FROM {table};" for table in tables)
    if place.psql(url, count).stdout != place.psql(floor, count).stdout:
        raise StepError("the tables of the push floor don't hold as many rows as the others")
    place.psql(url, "DROP DATABASE floor;")
    shutil.rmtree(folder)
    return done


def pull_floor(place: Place, url: str, tree: Path, into: Path, clock: Clock | None) -> Run:
    """Read all rows of the database at `url`, and write files as large as those of `tree` below `into`."""
    sizes = place.root / "sizes.json"
    found = {p.relative_to(tree).as_posix(): p.stat().st_size for p in tree.rglob("*") if p.is_file()}
    sizes.write_text(json.dumps(found), encoding="utf-8")
    into.mkdir()
    settle()
    done = place.floor("pull", url, into, sizes, clock=clock)
    expect_files(into, len(found))
    return done


def expect_files(tree: Path, files: int) -> None:
    """Raise StepError unless so many files stand below `tree`."""
    found = sum(1 for path in tree.rglob("*") if path.is_file())
    if found != files:
        raise StepError(f"{tree} should hold {files:,} files, and holds {found:,}")
