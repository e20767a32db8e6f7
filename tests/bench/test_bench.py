import json
import subprocess
import sys
from pathlib import Path

import pytest

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
