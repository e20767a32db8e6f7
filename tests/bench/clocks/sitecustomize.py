"""CPU seconds of each stage of a command, in whatever process of it finds this module on its path.

Python imports `sitecustomize` by itself at its start. Each function below is replaced by one that starts the
clock of its stage and lets that of its caller wait: so the stages of a process add up to all of its time. A
clock is one of the thread's CPU, so that waiting counts for nothing. What the clocks themselves take falls on
both stages of each call, the caller's and that of the function: so calls are counted for both.

The process writes its seconds into a file of its own in the folder that the variable BENCH_CLOCKS names: at
its end, and if it is a helper, which is killed when it is no longer needed, after each batch.
"""

import importlib._bootstrap as bootstrap
import importlib.util
import json
import os
import sys
import threading
import time
from collections import Counter
from functools import wraps
from importlib.abc import MetaPathFinder
from inspect import isgeneratorfunction
from pathlib import Path

STAGES = {
    "studio_sync.cli.main": {"main": "start, options, printing"},
    "studio_sync.core.checks.content_checks": {"run_checks": "content checks"},
    "studio_sync.core.plan.contest": {
        "with_contests": "comparing", "with_kept_below": "comparing", "with_revivals": "comparing",
    },
    "studio_sync.core.values.json_row": {"digests_and_row": "digests, JSON rows, words"},
    "studio_sync.core.values.value": {"load_plain_json": "parsing JSON rows again"},
    "studio_sync.database.postgres.postgres_store": {
        "PostgresStore.write": "sending rows and ledger entries",
        "PostgresStore.record_pulled": "ledger of a pull",
    },
    "studio_sync.database.postgres.ledger.ledger_append": {"_insert": "sending rows and ledger entries"},
    "studio_sync.database.postgres.rows.row_reader": {"Rows._row": "reading rows"},
    "studio_sync.database.postgres.rows.statements": {"write_rows": "sending rows and ledger entries"},
    "studio_sync.database.values.row": {"Row.version_and_json": "reading rows"},
    "studio_sync.files.memory.bases": {"Bases.put_bases": "memory: bases"},
    "studio_sync.files.memory.memory": {
        "Memory.put_file_rows": "memory: files", "Memory.put_files": "memory: files",
        "Memory.put_folders": "memory: files", "Memory.files_where": "memory: files",
        "Memory.paths": "memory: files",
    },
    "studio_sync.files.tree.codec": {
        "new_text": "text of new files", "read_record": "fences, schemas, canonical values",
    },
    "studio_sync.files.tree.disk.file_writer": {
        "FileWriter.create_folder": "making folders and files",
        "FileWriter.settle": "making folders and files",
    },
    "studio_sync.files.tree.disk.plain_file": {"read_with_stat": "reading the files' bytes"},
    "studio_sync.files.yaml.yaml_reader": {"read_yaml": "parsing YAML"},
    "studio_sync.files.yaml.yaml_writer": {"dump": "YAML of new files"},
    "studio_sync.sync.compare.compare": {"Comparer.compare": "comparing"},
    "studio_sync.sync.compare.record_places": {"RecordPlaces.in_tree_order": "paths and order of records"},
    "studio_sync.sync.compare.remote": {"RemoteSide.read": "reading rows"},
    "studio_sync.sync.pull.new_files": {"NewFiles.do": "batches of new files"},
    "studio_sync.sync.pull.pull": {"_planned": "planning", "pull": "rest of push and pull"},
    "studio_sync.sync.pull.write_files": {
        "Puller.apply": "batches of new files", "Puller._bases": "memory: bases",
    },
    "studio_sync.sync.push.push": {"_remember": "memory: bases", "push": "rest of push and pull"},
    "studio_sync.sync.push.push_plan": {"PushPlanner.plan": "planning"},
    "studio_sync.sync.read.local": {
        "LocalSide.look": "finding files", "LocalSide.refresh": "problems of the tree",
        "LocalSide._rows": "batches of read files",
    },
    "studio_sync.sync.read.reader": {"Reader.do": "batches of read files"},
    "studio_sync.sync.read.spool": {
        "Spool.put": "temporary file of JSON rows", "Spool.text": "temporary file of JSON rows",
        "load_object": "parsing JSON rows again",
    },
    "studio_sync.sync.studio": {"Studio.outcome": "planning"},
    "studio_sync.sync.worker_pool": {"_Pool._lead": "passing batches between processes"},
}  # fmt: skip
"""The stage of each function, by module. A function that isn't named counts for whoever calls it."""

_IMPORTS, _START = "imports", "start, options, printing"
_BATCHES = ("batches of read files", "batches of new files")
_HELPER = "studio_sync.sync.worker_pool" in sys.orig_argv
_THREADS: list[tuple[Counter[str], Counter[str]]] = []


class _Clock(threading.local):
    """The seconds of a thread's stages, their calls, and the stages that it is in."""

    def __init__(self):
        self.last = 0
        self.inside = [_START]
        self.seconds = Counter()
        self.calls = Counter()
        _THREADS.append((self.seconds, self.calls))

    def tick(self):
        now = time.thread_time_ns()
        self.seconds[self.inside[-1]] += (now - self.last) / 1e9
        self.last = now


_clock = _Clock()


def _within(stage, function, *arguments, **more):
    _clock.calls[_clock.inside[-1]] += 1
    _clock.calls[stage] += 1
    _clock.tick()
    _clock.inside.append(stage)
    try:
        return function(*arguments, **more)
    finally:
        _clock.tick()
        _clock.inside.pop()
        if _HELPER and stage in _BATCHES:
            _save()


def _timed(function, stage):
    @wraps(function)
    def run(*arguments, **more):
        return _within(stage, function, *arguments, **more)

    @wraps(function)
    def step_by_step(*arguments, **more):
        steps = function(*arguments, **more)
        while True:
            try:
                step = _within(stage, next, steps)
            except StopIteration as end:
                return end.value
            yield step

    return step_by_step if isgeneratorfunction(function) else run


class _Finder(MetaPathFinder):
    """Replaces the functions of a module as soon as it is executed, before anybody can import them."""

    finding = False

    def find_spec(self, name, path=None, target=None):
        if name not in STAGES or self.finding:
            return None
        self.finding = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.finding = False
        execute = spec.loader.exec_module

        def replace(module):
            execute(module)
            for function, stage in STAGES[name].items():
                *above, own = function.split(".")
                holder = getattr(module, above[0]) if above else module
                setattr(holder, own, _timed(getattr(holder, own), stage))

        spec.loader.exec_module = replace
        return spec


def _save():
    seconds, calls = Counter(), Counter()
    for thread in _THREADS:
        seconds.update(dict(thread[0]))
        calls.update(dict(thread[1]))
    process = "helper" if _HELPER else "main"
    told = {"process": process, "command": sys.orig_argv[-1], "seconds": seconds, "calls": calls}
    (Path(os.environ["BENCH_CLOCKS"]) / f"{os.getpid()}.json").write_text(json.dumps(told), encoding="utf-8")


def _leave(code):
    _clock.tick()
    _save()
    _exit(code)


if "BENCH_CLOCKS" in os.environ:
    _exit, os._exit = os._exit, _leave
    sys.meta_path.insert(0, _Finder())
    bootstrap._find_and_load = _timed(bootstrap._find_and_load, _IMPORTS)
