"""Batches sent to the server one after the other, each made ready while the server is at the one before."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

BatchT = TypeVar("BatchT")
AnswerT = TypeVar("AnswerT")


def in_turn(send: Callable[[BatchT], AnswerT], batches: Iterable[BatchT]) -> Iterator[AnswerT]:
    """What `send` gives for each batch. It runs in a thread; the batches are made in the caller's."""
    with ThreadPoolExecutor(max_workers=1) as server:
        under_way: Future[AnswerT] | None = None
        for batch in batches:
            if under_way is not None:
                yield under_way.result()
            under_way = server.submit(send, batch)
        if under_way is not None:
            yield under_way.result()
