"""Pipelining: a batch is prepared while the server processes the one before."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

BatchT = TypeVar("BatchT")
AnswerT = TypeVar("AnswerT")


def pipelined(send: Callable[[BatchT], AnswerT], batches: Iterable[BatchT]) -> Iterator[AnswerT]:
    """The result of `send` for each batch. It runs in a thread; batches are made in the caller's thread.

    One batch waits while another is sent, so that the server is never idle.
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
        finally:
            server.shutdown(wait=False, cancel_futures=True)
