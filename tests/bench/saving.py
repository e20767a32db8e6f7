"""`python -m tests.bench.saving`: from the save of a file to the committed row, measured from outside.

`studio watch` runs in a process of its own; this one writes a file as an editor does, and asks the database
by its own connection until the row is there. Beside it stands the bare cost of one such push, in this
process, with everything loaded.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

import psycopg

from tests.bench.place import Place, memory, place
from tests.bench.steps import Bench
from tests.bench.tree import make_tree

_LIMIT = 60.0


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.saving", description=__doc__)
    parser.add_argument(
        "--sessions", type=int, default=200, metavar="N", help="size of the tree (%(default)s)"
    )
    parser.add_argument("--saves", type=int, default=40, metavar="N", help="how many (%(default)s)")
    parser.add_argument("--git", action="store_true", help="in a git repository, with everything committed")
    options = parser.parse_args(arguments)
    with place(folder=memory(), keep=False) as here:
        bench = Bench(here, make_tree(here.root / "workspace" / "content", options.sessions))
        url = bench.prepare("saving")
        here.studio(bench.workspace, "push")
        if options.git:
            _commit(here, bench.workspace)
        articles = sorted((bench.workspace / "content").rglob("article.md"))[: options.saves]
        with (
            patch.dict("os.environ", here.env, clear=True),
            psycopg.connect(url, autocommit=True) as database,
        ):
            seconds = list(_saved(here, bench.workspace, articles, database))
            bare, cpu = zip(*_pushed(bench.workspace, articles), strict=True)
    _tell(f"save to committed row, {options.sessions:,} sessions", seconds)
    _tell("one such push in a warm process", bare)
    _tell("CPU seconds of that process for it", cpu)
    return 0


def _tell(what: str, seconds: Sequence[float]) -> None:
    median, slowest = statistics.median(seconds), sorted(seconds)
    shown = ", ".join(
        f"{part} % {slowest[int(len(seconds) * part / 100)] * 1000:.0f} ms" for part in (95, 99)
    )
    sys.stdout.write(f"{what}: median {median * 1000:.0f} ms, {shown}, {len(seconds)} times\n")


def _commit(here: Place, workspace: Path) -> None:
    (workspace / ".gitignore").write_text(".studio/\n", "utf-8")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        here.git("-C", workspace, *command)


def _saved(
    here: Place, workspace: Path, articles: list[Path], database: "psycopg.Connection"
) -> Iterator[float]:
    watch = subprocess.Popen(
        [here.programs["studio"], "watch", "--json"],
        cwd=workspace,
        env=here.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if watch.stdout is None or json.loads(watch.stdout.readline())["event"] != "watching":
            raise SystemExit("watch did not begin")
        for number, article in enumerate(articles):
            text = article.read_text("utf-8")
            session = _session_of(article)
            mark = f"Saved for the {number}th time."
            begun = time.perf_counter()
            article.write_text(f"{text}\n{mark}\n", "utf-8")
            _until(lambda mark=mark, session=session: _is_there(database, session, mark))  # type: ignore[misc]
            yield time.perf_counter() - begun
            time.sleep(0.2)
    finally:
        watch.terminate()
        watch.communicate()


def _is_there(database: "psycopg.Connection", session: str, mark: str) -> bool:
    query = "SELECT right(content, 40) LIKE %s FROM articles WHERE session_id = %s"
    row = database.execute(query, (f"%{mark}", session)).fetchone()
    return bool(row and row[0])


def _session_of(article: Path) -> str:
    lines = article.with_name("session.md").read_text("utf-8").splitlines()
    return next(line.removeprefix("id: ").strip("\"'") for line in lines if line.startswith("id: "))


def _until(done: Callable[[], bool]) -> None:
    end = time.perf_counter() + _LIMIT
    while not done():
        if time.perf_counter() > end:
            raise SystemExit("a save was not pushed")
        time.sleep(0.002)


def _pushed(workspace: Path, articles: list[Path]) -> Iterator[tuple[float, float]]:
    """Wall and CPU seconds of each push, after a first one."""
    from studio_sync.cli.app import App
    from studio_sync.files.tree.walking.listed_survey import ListedSurvey
    from studio_sync.sync.options import PushOptions
    from studio_sync.sync.push.push import push
    from studio_sync.sync.studio import Studio

    app = App(directory=str(workspace), env=dict(os.environ))
    source = app.source(writes=True)
    for number, article in enumerate(articles):
        article.write_text(f"{article.read_text('utf-8')}\nOnce more, {number}.\n", "utf-8")
        path = article.relative_to(workspace / "content").as_posix()
        begun, used = time.perf_counter(), time.process_time()
        told = ListedSurvey(workspace / "content", {path})
        with Studio(app.workspace, _Silent(), background=told) as studio:
            told.memory = studio.memory
            found = push(studio, source, (path,), PushOptions(partial=True))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - used
        if len(found.done) != 1:
            raise SystemExit(f"{path} was not pushed")
        if number:
            yield seconds, cpu


class _Silent:
    """Stages of which nobody is told."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(lambda _: None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
