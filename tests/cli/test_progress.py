"""Progress: a line that comes and goes on a terminal, a plain line elsewhere, and no cost."""

import io
import itertools
import os
import re
import subprocess
import sys
import threading
import time
from timeit import repeat

import pytest

from studio_sync.render.medium.progress import Progress, _Stage


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def shown(stage, stream):
    """What the bar of a stage shows, without colours."""
    stage._bar.refresh()
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", stream.getvalue()).split("\r")[-1]


def stage(name="reading files", total=50_550):
    stream, clock = Terminal(), Clock()
    one = _Stage(stream, name, total, clock)
    one.show()
    return one, stream, clock


def test_a_long_stage_leaves_a_plain_line_where_no_terminal_is():
    stream, clock = io.StringIO(), Clock()
    with Progress(stream, clock=clock).stage("reading files", total=50_550) as step:
        step(50_550)
        clock.now = 6.2
    with Progress(stream, clock=clock).stage("asking the database"):
        clock.now += 83
    assert stream.getvalue() == "reading files: 50,550 in 6.2 s\nasking the database: done in 1 min 23 s\n"


def test_a_short_stage_says_nothing():
    stream, clock = io.StringIO(), Clock()
    with Progress(stream, clock=clock).stage("reading files") as step:
        step(3)
        clock.now = 0.9
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_nothing_is_said_when_it_is_not_enabled(stream):
    clock = Clock()
    with Progress(stream, enabled=False, clock=clock).stage("reading files") as step:
        step(3)
        clock.now = 100
        assert not any(thread.name == "progress" for thread in threading.enumerate())
    assert stream.getvalue() == ""


def test_a_stage_that_failed_leaves_no_plain_line():
    stream, clock = io.StringIO(), Clock()

    def fail():
        with Progress(stream, clock=clock).stage("reading files"):
            clock.now = 9
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert stream.getvalue() == ""


def test_the_bar_tells_how_much_of_the_whole_is_done():
    one, stream, _ = stage()
    one.step(10_110)
    assert shown(one, stream).startswith("reading files ━━━━━━━━")
    assert "10110/50550" in shown(one, stream)
    one.end()


def test_the_time_is_told_where_nothing_is_counted():
    one, stream, _ = stage(total=None)
    assert shown(one, stream) == "reading files  0:00:00"
    one.end()


def test_a_name_is_no_markup():
    one, stream, _ = stage(name="reading [red]files")
    assert shown(one, stream).startswith("reading [red]files ")
    one.end()


def test_the_bar_is_gone_at_the_end_and_stays_gone():
    one, stream, _ = stage()
    one.end()
    assert stream.getvalue().endswith("\x1b[2K")
    drawn = stream.getvalue()
    one.show()
    assert stream.getvalue() == drawn


def test_the_cursor_stays_visible_for_a_command_that_is_killed():
    one, stream, _ = stage()
    one.end()
    assert "\x1b[?25l" not in stream.getvalue()


def test_a_line_never_wraps():
    one, stream, _ = stage(name="x" * 200)
    assert len(shown(one, stream)) <= one._bar.console.width
    one.end()


def test_a_terminal_that_went_away_does_not_end_the_run():
    one, stream, _ = stage()
    stream.close()
    one._bar.refresh()
    one.end()


def test_a_step_costs_next_to_nothing():
    with Progress(Terminal()).stage("reading files", total=50_000) as step:
        seconds = min(repeat(lambda: [step(1) for _ in itertools.repeat(None, 50_000)], number=1, repeat=5))
    assert seconds / 50_000 < 1e-6


SCRIPT = """
import sys, time
from studio_sync.render.medium.progress import Progress
with Progress(sys.stderr).stage("reading files", total=100) as step:
    for _ in range(100):
        time.sleep(0.014)
        step(1)
    if "fail" in sys.argv:
        raise KeyboardInterrupt
"""


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
@pytest.mark.parametrize("end", ["well", "fail"])
def test_on_a_real_terminal_the_line_comes_after_a_second_and_goes_however_it_ends(end):
    import pty

    ours, theirs = pty.openpty()
    started, chunks = time.monotonic(), []
    with subprocess.Popen([sys.executable, "-c", SCRIPT, end], stderr=theirs) as process:
        os.close(theirs)
        while True:
            try:
                chunk = os.read(ours, 4096).decode()
            except OSError:
                break
            if not chunk:
                break
            chunks.append((time.monotonic() - started, chunk))
        process.wait()
    os.close(ours)
    assert chunks[0][0] > 1
    assert chunks[0][1].startswith("reading files ")
    drawn = "".join(chunk for _, chunk in chunks)
    assert drawn.count("reading files ") <= 10 * (chunks[-1][0] - 1) + 3
    line, _, rest = drawn.rpartition("\x1b[2K")
    assert line
    assert rest.startswith("Traceback" if end == "fail" else "")
