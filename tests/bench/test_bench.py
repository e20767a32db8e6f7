import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import bench
from tests.bench.measure import Clock, Run, no_server, run
from tests.bench.place import Place
from tests.bench.ratios import Kept, grown, keep, kept

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark needs wait4")
def test_the_benchmark_measures_every_step_of_a_small_tree(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.bench", "--sessions", "20", "--runs", "1", "--json", str(figures)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert [c["step"] for c in found["comparisons"]] == [
        "first push",
        "first push",
        "status",
        "one-file push",
        "first pull",
        "first pull",
    ]
    assert all(step["seconds"] and step["peak_bytes"] for step in found["steps"].values())
    assert "≤ 400 MB" in done.stdout


def test_a_ratio_may_grow_by_a_fifth_and_no_more() -> None:
    before = {"first push": 5.0, "first pull": 4.0}

    assert list(grown({"first push": 5.9, "first pull": 4.7}, before)) == []
    assert [line[:10] for line in grown({"first push": 6.1, "first pull": 3.0}, before)] == ["first push"]


def test_ratios_are_kept_in_a_file_of_the_repository(tmp_path: Path) -> None:
    there = tmp_path / "ratios.json"

    keep(Kept(1_000, {"first push": 5.004}), there)

    assert kept(there) == Kept(1_000, {"first push": 5.0})
    assert kept().ratios.keys() == {"first push", "first pull"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark needs wait4")
def test_the_check_fails_when_a_push_is_made_slower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "ratios.json"
    monkeypatch.setattr(bench, "kept", lambda: kept(there))
    monkeypatch.setattr(bench, "keep", lambda found: keep(found, there))
    keep(Kept(60, {"first push": 1.0, "first pull": 1.0}), there)
    assert bench.main(["--keep-ratios"]) == 0
    assert bench.main(["--check"]) == 0

    def slower(here: Place, workspace: Path, *arguments: str, clock: Clock | None = None) -> Run:
        command = [sys.executable, "-c", _SLOWER, here.programs["studio"], *arguments]
        return run(command, env=here.env, cwd=workspace, clock=clock or no_server)

    monkeypatch.setattr(Place, "studio", slower)
    capsys.readouterr()
    assert bench.main(["--check"]) == 1
    assert "first push: " in capsys.readouterr().err


_SLOWER = """
import os, sys, time
while time.process_time() < 1.0:
    pass
os.execv(sys.argv[1], sys.argv[1:])
"""
