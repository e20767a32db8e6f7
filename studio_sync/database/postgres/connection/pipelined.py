"""Pipelining: a batch is prepared while the server processes the one before."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

BatchT = TypeVar("BatchT")
AnswerT = TypeVar("AnswerT")


def pipelined(
    send: Callable[[BatchT], AnswerT],
    batches: Iterable[BatchT],
    interrupt: Callable[[], object] = lambda: None,
) -> Iterator[AnswerT]:
    """The result of `send` for each batch. It runs in a thread; batches are made in the caller's thread.

    One batch waits while another is sent, so that the server is never idle. Ctrl-C reaches only the caller's
    thread: `interrupt` must then end the `send` under way, which may wait for a server that never answers.
    """
    under_way: deque[Future[AnswerT]] = deque()
    with ThreadPoolExecutor(max_workers=1) as server:
        try:
            for batch in batches:
                if len(under_way) > 1:
                    yield under_way.popleft().result()
                under_way.append(server.submit(send, batch))
            while under_way:
                yield under_way.popleft().result()
        except (KeyboardInterrupt, SystemExit):
            interrupt()
            raise
        finally:
            server.shutdown(wait=False, cancel_futures=True)
