"""Work that is spread over processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio_sync.sync import worker_pool
from studio_sync.sync.worker_pool import batched, spread, work_in_order

_PATIENCE = 60
"""Seconds."""
LARGE = 5_000
"""Bytes of a piece: a batch of them is more than a pipe holds."""


@dataclass(frozen=True)
class Doubler:
    """Gives each number with the process that took it, and as many bytes as it was given."""

    home: int
    dies: bool = False

    def do(self, batch: Sequence[tuple[int, bytes]]) -> list[tuple[int, int, bytes]]:
        if self.dies and os.getpid() != self.home:
            os._exit(3)
        time.sleep(0.02 if os.getpid() == self.home else 0)
        return [(number * 2, os.getpid(), text) for number, text in batch]


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three of them; where signals can, they end processes that wait for one another."""
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    # The worker of these tests is not installed.
    monkeypatch.setenv("PYTHONPATH", os.fspath(Path(__file__).parents[2]))
    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stuck)
    signal.alarm(_PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def stuck(_: int, __: object) -> None:
    raise TimeoutError("they wait for one another")


_STOPPED = """
import os, signal
from studio_sync.sync.worker_pool import spread
from tests.sync.test_worker_pool import Doubler
signal.signal(signal.SIGINT, lambda *_: None)
os.cpu_count = lambda: 2
results = spread(Doubler(os.getpid()), ([(n, b"")] for n in range(20)), many=True)
next(results)
for _ in results:
    os.killpg(0, signal.SIGINT)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="it has no groups of processes")
def test_ctrl_c_at_a_terminal_is_not_for_helpers() -> None:
    """One that was just starting showed a traceback."""
    ran = subprocess.run(
        [sys.executable, "-c", _STOPPED],
        capture_output=True, text=True, check=False, start_new_session=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")


def work(count: int) -> Iterator[tuple[int, bytes]]:
    return ((number, b"x" * LARGE) for number in range(count))


def test_all_is_done_in_its_order_by_several_processes() -> None:
    found = list(work_in_order(Doubler(os.getpid()), batched(work(30_000)), many=True))
    assert [number for number, _, _ in found] == [n * 2 for n in range(30_000)]
    assert len({process for _, process, _ in found}) > 1
    assert {len(text) for _, _, text in found} == {LARGE}


def test_helpers_run_nothing_that_stands_in_the_folder_where_somebody_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pickle", "yaml", "studio_sync"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    found = list(work_in_order(Doubler(os.getpid()), batched(work(30_000)), many=True))
    assert len({process for _, process, _ in found}) > 1
    assert not (tmp_path / "ran").exists()


def test_little_work_starts_no_process() -> None:
    found = list(work_in_order(Doubler(os.getpid()), batched(work(150)), many=False))
    assert [(number, process) for number, process, _ in found] == [(n * 2, os.getpid()) for n in range(150)]


def test_helpers_that_die_lose_nothing() -> None:
    found = list(work_in_order(Doubler(os.getpid(), dies=True), batched(work(3_000)), many=True))
    assert [(number, process) for number, process, _ in found] == [(n * 2, os.getpid()) for n in range(3_000)]


def test_work_that_can_not_be_had_is_an_error_and_not_the_end() -> None:
    def broken() -> Iterator[tuple[int, bytes]]:
        yield from work(2_000)
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(spread(Doubler(os.getpid()), batched(broken()), many=True))


def test_nothing_goes_on_after_somebody_has_stopped_asking() -> None:
    before = threading.active_count()
    with closing(work_in_order(Doubler(os.getpid()), batched(work(30_000)), many=True)) as found:
        assert next(found)[0] == 0
    assert threading.active_count() == before


def test_what_helpers_have_done_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "_AHEAD", 2)
    given = 0

    def counted() -> Iterator[tuple[int, bytes]]:
        nonlocal given
        for piece in work(30_000):
            given += 1
            yield piece

    with closing(spread(Doubler(os.getpid()), batched(counted()), many=True)) as found:
        next(found)
        time.sleep(1)
        assert given <= 100 * 12
