"""Batches sent to the server one after the other, each made ready while the server is at the one before."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

BatchT = TypeVar("BatchT")
AnswerT = TypeVar("AnswerT")


def pipelined(send: Callable[[BatchT], AnswerT], batches: Iterable[BatchT]) -> Iterator[AnswerT]:
    """What `send` gives for each batch. It runs in a thread; the batches are made in the caller's.

    One waits while another is sent, so that the server never does.
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
