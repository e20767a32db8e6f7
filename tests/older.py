"""Two releases on one ledger, both installed from wheels: `python -m tests.older`.

The older ones are built from this repository's history: the last commit before the ledger got its present
version, and the first one after it. The newer one is made of these files. Each works in a workspace of its
own, as on two machines. Needs git, the whole history, and pip, which fetches the build backend.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from studio_sync.database.postgres.schema.install import UPGRADE_SCRIPTS, VERSION
from tests import servers
from tests.harness import S1, S2, SESSION, TREE

_HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Installed:
    """A release in a folder of its own."""

    name: str
    folder: Path

    def run(self, root: Path, url: str, *arguments: str) -> tuple[int, str]:
        """Its exit code in a workspace, and what it printed."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("STUDIO_", "PYTHON"))}
        env |= {"PYTHONPATH": os.fspath(self.folder), "STUDIO_DATABASE_URL": url, "STUDIO_ACTOR": self.name}
        done = subprocess.run(
            [sys.executable, "-m", "studio_sync", *arguments],
            cwd=root, env=env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        _say(f"  {self.name}: studio {' '.join(arguments)}: exit {done.returncode}")
        expect("Traceback" not in said, said)
        return done.returncode, said

    def ok(self, root: Path, url: str, *arguments: str) -> str:
        """What it printed, where it has to succeed."""
        code, said = self.run(root, url, *arguments)
        expect(code == 0, said)
        return said


def main() -> int:
    """Build, install, and play; an exception where something does not hold."""
    script = UPGRADE_SCRIPTS[-1]
    first = _git("log", "--format=%H", f'-S"{script}"', "--", "*.py").split()[-1]
    with tempfile.TemporaryDirectory(prefix="studio-older-") as made:
        folder = Path(made)
        before = _install(folder, "before", _git("rev-parse", f"{first}^").strip())
        older = _install(folder, "older", first)
        newer = Installed("newer", _built(folder / "newer", _HERE))
        server = servers.server()
        with servers.database(server, empty=True) as url:
            _upgraded(_workspace(folder / "a"), _workspace(folder / "b"), url, before, newer)
        with servers.database(server, empty=True) as url:
            newer.ok(folder, url, "db", "init", "--create-tables")
            _by_turns(_workspace(folder / "c"), _workspace(folder / "d"), url, older, newer)
    _say("everything held")
    return 0


def _upgraded(root: Path, other: Path, url: str, before: Installed, newer: Installed) -> None:
    """The ledger of an older version: it is read, a push names the command, and then the older one stops."""
    before.ok(root, url, "db", "init", "--create-tables")
    before.ok(root, url, "push")
    expect(_differing(other, url, newer) == [], "the newer one reads what the older one pushed")
    newer.ok(other, url, "pull")
    _append(other, f"{S1}/article.md", "By the newer one.")
    code, said = newer.run(other, url, "push")
    expect(code == 3 and "studio db init" in said, said)
    expect(f"from version {VERSION - 1} to {VERSION}" in newer.ok(other, url, "db", "init"), "one command")
    newer.ok(other, url, "push")
    entered = _entered(url)
    _append(root, f"{S2}/article.md", "By the older one.")
    code, said = before.run(root, url, "push")
    expect(code == 3 and "newer" in said and "upgrade" in said, said)
    expect(_entered(url) == entered, "the older one entered something")
    newer.ok(root, url, "push", f"content/{S2}")  # the way out: the upgrade


def _by_turns(one: Path, other: Path, url: str, older: Installed, newer: Installed) -> None:
    """The same version of the ledger: each pulls what the other pushed, and nothing is entered twice."""
    older.ok(one, url, "push")
    newer.ok(other, url, "pull")
    for number in range(3):
        _append(one, f"{S1}/article.md", f"Older {number}.")
        older.ok(one, url, "push")
        newer.ok(other, url, "pull")
        _append(other, f"{S1}/article.md", f"Newer {number}.")
        _append(other, f"{S2}/article.md", f"Newer {number}.")
        newer.ok(other, url, "push")
        older.ok(one, url, "pull")
    _undone_decision(one, other, url, older, newer)
    for root, studio in ((one, older), (other, newer), (one, newer), (other, older)):
        expect(_differing(root, url, studio) == [], f"{studio.name} sees differences")
    expect((one / "content" / S1 / "article.md").read_text().count("Newer") == 3, "words are missing")
    from studio_sync.database.address.url import parse_address
    from studio_sync.database.postgres.connection.connect import open_connection

    with open_connection(parse_address(url)) as connection:
        rows = connection.execute(
            "SELECT number FROM studio_sync.versions WHERE rid = %s ORDER BY number", (f"{SESSION}/article",)
        ).fetchall()
    expect([n for (n,) in rows] == list(range(1, 8)), f"one version for each push: {rows}")


def _undone_decision(one: Path, other: Path, url: str, older: Installed, newer: Installed) -> None:
    """A note that takes back another one: the older one leaves it out."""
    path = f"{S2}/article.md"
    for root, name in ((one, "older"), (other, "newer")):
        _append(root, path, f"Beside that, by the {name} one.")
    older.ok(one, url, "push")
    code, said = newer.run(other, url, "pull")
    expect(code == 1 and "conflict" in said, said)
    newer.ok(other, url, "resolve", f"content/{path}", "--keep", "files")
    expect("undecided again" in newer.ok(other, url, "undo"), "the decision is undone")
    expect(_differing(one, url, older) == [], "the older one reads that")
    newer.ok(other, url, "resolve", f"content/{path}", "--keep", "files")
    newer.ok(other, url, "push")
    older.ok(one, url, "pull")


def _differing(root: Path, url: str, studio: Installed) -> list[object]:
    code, said = studio.run(root, url, "status", "--json")
    expect(code == 0, said)
    found = json.loads(said[said.index("{") :])["records"]
    return list(found)


def _entered(url: str) -> object:
    from studio_sync.database.address.url import parse_address
    from studio_sync.database.postgres.connection.connect import open_connection

    with open_connection(parse_address(url)) as connection:
        return connection.execute("SELECT count(*) FROM studio_sync.versions").fetchone()


def _workspace(root: Path) -> Path:
    for path, text in TREE.items():
        place = root / "content" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    (root / "studio.yaml").write_text("name: desk\n", "utf-8")
    return root


def _append(root: Path, path: str, words: str) -> None:
    place = root / "content" / path
    place.write_text(f"{place.read_text('utf-8').rstrip()}\n\n{words}\n", "utf-8")


def _install(folder: Path, name: str, commit: str) -> Installed:
    source = folder / f"{name}-source"
    source.mkdir()
    packed = subprocess.run(["git", "archive", commit], cwd=_HERE, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", os.fspath(source)], input=packed, check=True)
    _say(f"{name}: {_git('log', '-1', '--format=%h %s', commit).strip()}")
    return Installed(name, _built(folder / name, source))


def _built(target: Path, source: Path) -> Path:
    """A wheel of a source tree, installed into a folder."""
    wheels = target.with_name(f"{target.name}-wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", os.fspath(wheels), os.fspath(source)], check=True)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", os.fspath(target), os.fspath(wheel)], check=True
    )
    return target


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=_HERE, capture_output=True, text=True, check=True).stdout


def expect(holds: object, what: str) -> None:
    """Raise AssertionError unless it holds."""
    if not holds:
        raise AssertionError(what)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
