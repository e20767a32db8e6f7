"""The steps of a benchmark, and what each of them must have done."""

import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.beside import Repository, copy_rows, expect_files, pull_floor, push_floor
from tests.bench.measure import Run, StepError, settle
from tests.bench.place import Place
from tests.bench.tree import CLIENT, Made, make_workspace

Figures = defaultdict[str, list[Run]]
"""The runs of each step, by the step's name."""

_OTHERS = [Path(__file__).with_name(name) for name in ("wanted.sql", "others.sql")]
_MARK = "Added by the benchmark"


@dataclass(slots=True)
class Bench:
    """One tree, and what was measured on it. `others` are clients, and the sessions of each, beside it."""

    place: Place
    made: Made
    others: tuple[int, int] = (0, 0)
    postgresql: str = ""
    figures: Figures = field(default_factory=lambda: defaultdict(list))

    @property
    def workspace(self) -> Path:
        """The workspace that the tree stands in."""
        return self.place.root / "workspace"

    def prepare(self, name: str) -> str:
        """Give the workspace a database of its own that holds no row of its client; its URL."""
        make_workspace(self.workspace, name)
        shutil.rmtree(self.workspace / ".studio", ignore_errors=True)
        url = self.place.studio(self.workspace, "db", "url").stdout.strip()
        self.postgresql = self.place.psql(url, "SHOW server_version;").stdout.strip()
        clients, sessions = self.others
        if clients:
            script = "".join(each.read_text(encoding="utf-8") for each in _OTHERS)
            given = f"\\set clients {clients}\n\\set sessions {sessions}\n\\set program 200\n"
            self.place.psql(url, given + script)
        return url

    def first_time(self, name: str) -> Repository:
        """Everything that happens once to a tree, beside what git and psql do with it.

        psql copies whole tables, so beside other clients, whose rows they hold too, it is left out.
        """
        repository = Repository(self.place, self.place.root / f"{name}.git", self.workspace / "content")
        self.figures["git add"].append(repository.add())
        url = self._first_push(name)
        if not self.others[0]:
            self._floors(name, url)
            copies = copy_rows(self.place, self.workspace, url)
            self.figures["\\copy from"].append(copies.into)
            self.figures["\\copy to"].append(copies.out)
        self.figures["git checkout"].append(repository.checkout(self.made.files))
        self._first_pull(name, url)
        return repository

    def beside_floors(self, name: str) -> None:
        """The first push and the first pull, each beside its floor, and nothing else."""
        url = self._first_push(name)
        self._floors(name, url)
        self._first_pull(name, url)

    def _first_push(self, name: str) -> str:
        """Push the tree into a new database; its URL."""
        url = self.prepare(name)
        clock = self.place.clock(url)
        self._settle(url)
        self.figures["first push"].append(self.place.studio(self.workspace, "push", clock=clock))
        self.must_agree(self.workspace, "push")
        return url

    def _floors(self, name: str, url: str) -> None:
        clock, tree = self.place.clock(url), self.workspace / "content"
        self.figures["push floor"].append(push_floor(self.place, url, tree, clock))
        into = self.place.root / f"{name}.floor"
        self.figures["pull floor"].append(pull_floor(self.place, url, tree, into, clock))

    def _settle(self, url: str) -> None:
        """Let the disk and the server finish with what was done so far."""
        settle()
        self.place.psql(url, "CHECKPOINT;")

    def _first_pull(self, name: str, url: str) -> None:
        pulled = self.place.root / f"{name}.pulled"
        make_workspace(pulled, name)
        self._settle(url)
        done = self.place.studio(pulled, "pull", clock=self.place.clock(url))
        self.figures["first pull"].append(done)
        expect_files(pulled / "content", self.made.files)
        self.must_agree(pulled, "status")

    def statuses(self, repository: Repository, runs: int) -> None:
        """`studio status` and `git status` in turn, where nothing changed."""
        repository.must_be_clean()
        self.must_agree(self.workspace, "status")
        for _ in range(runs):
            self.figures["git status"].append(repository.status())
            self.figures["status"].append(self.place.studio(self.workspace, "status", "--exit-code"))

    def edits(self, runs: int) -> None:
        """Pushes of one edited article, and after each a status where nothing changed."""
        articles = sorted((self.workspace / "content").rglob("article.md"))[:runs]
        for article in articles:
            with article.open("a", encoding="utf-8") as file:
                file.write(f"\n{_MARK}: „eins“ 🙂.\n")
            self.figures["one-file push"].append(self.place.studio(self.workspace, "push"))
            self.figures["status after it"].append(self.place.studio(self.workspace, "status", "--exit-code"))
        url = self.place.studio(self.workspace, "db", "url").stdout.strip()
        found = self.place.psql(url, f"SELECT count(*) FROM articles WHERE content LIKE '%{_MARK}%';").stdout
        if int(found) != len(articles):
            raise StepError(f"{len(articles)} edited articles were pushed, the database has {found.strip()}")

    def must_agree(self, workspace: Path, command: str) -> None:
        """Raise StepError unless `studio push` or `status` finds every record in sync."""
        report = self.place.report(workspace, command)
        if report["records"] or report["counts"].get("agreed") != self.made.files:
            raise StepError(
                f"`studio {command}` should find all {self.made.files:,} records of {CLIENT} in sync, "
                f"and finds {report['counts']}; the first that differ: {report['records'][:3]}"
            )
