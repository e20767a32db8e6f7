"""What a terminal shows: the width of text, and a bar while a stage runs. Only this module uses rich.

rich is imported where it is needed: for the width of text beyond ASCII, and for the bar of a stage that takes
more than a second.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TextIO, cast

if TYPE_CHECKING:
    from rich.console import RenderableType


class ProgressBar(Protocol):
    """What a stage needs of its bar."""

    def start(self) -> None:
        """Draw it ten times a second from now on."""

    def stop(self) -> None:
        """Erase it."""


def columns(text: str) -> int:
    """The width of `text` in terminal columns; a tab counts as four."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    from rich.cells import cell_len

    return cell_len(text) + 4 * text.count("\t")


def chopped(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` columns, split between any two characters."""
    from rich.cells import chop_cells

    return chop_cells(text, width)


def cut(row: str, width: int) -> str:
    """`row` truncated to `width` columns, with "…" if anything is left out; 0: all of it."""
    if not width or columns(row) <= width:
        return row
    return f"{chopped(row, width - 1)[0]}…" if width > 1 else "…"


def progress_bar(stream: TextIO, name: str, total: int | None, done: Callable[[], int]) -> ProgressBar:
    """A bar on `stream`, which shows what `done` returns from its start to its stop, and then is erased."""
    from rich import progress
    from rich.console import Console

    class Bar(progress.Progress):
        def get_renderables(self) -> "Iterable[RenderableType]":
            for task in self.task_ids:
                self.update(task, completed=done())
            yield from super().get_renderables()

    class Screen(Console):
        # The cursor stays visible: a command that is killed could not bring it back.
        def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002 - as rich has it
            return False

    shown: list[progress.ProgressColumn] = [progress.TextColumn("{task.description}", markup=False)]
    if total:
        shown += [progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn()]
    else:
        shown += [progress.TaskProgressColumn(show_speed=True), progress.TimeElapsedColumn()]
    screen = Screen(file=cast("TextIO", _Lasting(stream)), force_terminal=True)
    bar = Bar(*shown, console=screen, transient=True, redirect_stdout=False, redirect_stderr=False)
    bar.add_task(name, total=total)
    return bar


class _Lasting:
    """A stream whose terminal may go away, or can't encode a name: that doesn't end the run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()
