"""Worker pool: this process and helper processes take batches from one queue."""

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from queue import Empty, Queue
from typing import IO, Any, Generic, Protocol, TypeAlias, TypeVar

MANY = 2_000
"""How many items justify starting another process."""
_BATCH = 100
_MOST_HELPERS = 3
_AHEAD = 20
"""How many finished batches may wait to be taken: more would only fill the memory."""

_PIPE = 1 << 20
"""The capacity of a pipe in bytes, and the most that Linux grants to anybody."""

_PIPED = subprocess.PIPE

WorkT_contra = TypeVar("WorkT_contra", contravariant=True)
WorkT = TypeVar("WorkT")
DoneT = TypeVar("DoneT")
_Batch: TypeAlias = tuple[int, Sequence[WorkT]]
_Done: TypeAlias = tuple[int, list[DoneT]]


class Worker(Protocol[WorkT_contra, DoneT]):
    """Processes batches. It, its input and its results must be picklable."""

    def do(self, batch: Sequence[WorkT_contra]) -> list[DoneT]:
        """Process one batch."""


def batched(work: Iterable[WorkT]) -> Iterator[Sequence[WorkT]]:
    """Split items into batches of the usual size."""
    left = iter(work)
    while batch := list(islice(left, _BATCH)):
        yield batch


def spread(
    worker: Worker[WorkT, DoneT], batches: Iterable[Sequence[WorkT]], *, many: bool
) -> Generator[list[DoneT]]:
    """The result of each batch, in any order. Helpers are started only if there are `many`."""
    return (done for _, done in _Pool(worker, batches, many=many).results())


def work_in_order(
    worker: Worker[WorkT, DoneT], batches: Iterable[Sequence[WorkT]], *, many: bool
) -> Generator[DoneT]:
    """Like `spread`, with single results in the order of the input."""
    early: dict[int, list[DoneT]] = {}
    wanted = 0
    with closing(_Pool(worker, batches, many=many).results()) as results:
        for number, done in results:
            early[number] = done
            while wanted in early:
                yield from early.pop(wanted)
                wanted += 1


class _Pool(Generic[WorkT, DoneT]):
    """This process and its helpers. Batches are taken under a lock, one at a time."""

    def __init__(
        self, worker: Worker[WorkT, DoneT], batches: Iterable[Sequence[WorkT]], *, many: bool
    ) -> None:
        self._worker = worker
        self._helpers = min(_MOST_HELPERS, (os.cpu_count() or 1) - 1) if many else 0
        self._batches = enumerate(batches)
        self._returned: list[_Batch[WorkT]] = []
        self._ready: Queue[_Done[DoneT] | None] = Queue(_AHEAD)
        self._away = 0
        self._over = False
        self._running: list[subprocess.Popen[bytes]] = []
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def results(self) -> Generator[_Done[DoneT]]:
        """The results, batch by batch."""
        threads = [threading.Thread(target=self._lead, daemon=True) for _ in range(self._helpers)]
        for thread in threads:
            thread.start()
        try:
            while (done := self._next()) is not None:
                yield done
        finally:
            self._over = True
            while any(thread.is_alive() for thread in threads):
                for helper in self._running:
                    helper.kill()
                with suppress(Empty):
                    self._ready.get(timeout=0.01)

    def _next(self) -> _Done[DoneT] | None:
        """A helper's result, else one computed here; None at the end."""
        while True:
            with suppress(Empty):
                done = self._ready.get_nowait()
                if done is not None:
                    return self._back(done)
            with self._lock:
                taken, waiting = self._take(), self._away
            if taken is not None:
                number, batch = taken
                return number, self._worker.do(batch)
            if self._failure is not None:
                raise self._failure
            if not waiting:
                return None
            done = self._ready.get()
            if done is not None:
                return self._back(done)

    def _back(self, done: _Done[DoneT]) -> _Done[DoneT]:
        with self._lock:
            self._away -= 1
        return done

    def _take(self) -> _Batch[WorkT] | None:
        """The next batch; call it with the lock held."""
        if self._returned:
            return self._returned.pop()
        try:
            return next(self._batches, None)
        except Exception as error:  # noqa: BLE001 - told where the results are asked for
            self._failure = error
            return None

    def _take_away(self) -> _Batch[WorkT] | None:
        with self._lock:
            taken = None if self._over else self._take()
            self._away += taken is not None
            return taken

    def _lead(self) -> None:
        """Send batches to one helper until none is left; a failing helper costs nothing but time."""
        given: deque[_Batch[WorkT]] = deque()
        try:
            self._lead_helper(given)
        except (OSError, EOFError, pickle.PickleError):
            with self._lock:
                self._returned += given
                self._away -= len(given)
            self._ready.put(None)

    def _lead_helper(self, given: "deque[_Batch[WorkT]]") -> None:
        # -P: files in the current folder, which may be a clone, must not be imported as modules.
        command = [sys.executable, "-P", "-m", "studio_sync.sync.worker_pool"]
        # A group of its own: Ctrl-C at a terminal is for this process alone, which ends its helpers.
        with subprocess.Popen(command, stdin=_PIPED, stdout=_PIPED, process_group=0) as helper:
            self._running.append(helper)
            if helper.stdin is None or helper.stdout is None:
                return
            _widen(helper.stdout)
            pickle.dump(self._worker, helper.stdin)
            # One batch ahead, so that the helper never waits for this process to take a result.
            while (taken := self._take_away()) is not None or given:
                if taken is not None:
                    given.append(taken)
                    pickle.dump(taken[1], helper.stdin)
                    helper.stdin.flush()
                if taken is None or len(given) > 1:
                    done: list[DoneT] = pickle.load(helper.stdout)  # noqa: S301
                    number, _ = given.popleft()
                    self._ready.put((number, done))
            helper.stdin.close()


def _widen(pipe: IO[bytes]) -> None:
    """Enlarge a pipe to hold a whole batch, if possible: otherwise its writer waits for its reader."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _help() -> None:
    """Process batches for another process until it closes the pipe."""
    # Hardly anything here has reference cycles: garbage collection would scan it for nothing.
    gc.set_threshold(100_000, 20, 20)
    given, back = sys.stdin.buffer, sys.stdout.buffer
    worker: Worker[Any, Any] = pickle.load(given)  # noqa: S301
    batches: Queue[Sequence[Any] | None] = Queue()
    threading.Thread(target=_receive, args=(given, batches), daemon=True).start()
    while (batch := batches.get()) is not None:
        pickle.dump(worker.do(batch), back, protocol=pickle.HIGHEST_PROTOCOL)
        back.flush()


def _receive(given: IO[bytes], batches: "Queue[Sequence[Any] | None]") -> None:
    """Read input as soon as it arrives: otherwise both processes could wait for each other (deadlock)."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            batches.put(pickle.load(given))  # noqa: S301
    batches.put(None)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _help()
