"""Batches sent one after the other, each made ready while the server is at the one before."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.connection.pipelined import pipelined
from tests.harness import S2, SESSION_2, Desk

_PATIENCE = 10
"""Seconds."""


def test_answers_come_in_the_order_of_the_batches() -> None:
    assert list(pipelined(lambda n: n * 2, range(50))) == [n * 2 for n in range(50)]
    assert list(pipelined(str, [])) == []


def test_one_batch_is_sent_at_a_time() -> None:
    busy, most = 0, 0

    def send(_: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.002)
        busy -= 1

    list(pipelined(send, range(20)))
    assert most == 1


def test_the_next_batch_is_ready_before_the_server_is_done_with_one() -> None:
    made = [threading.Event() for _ in range(5)]

    def batches() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    def send(number: int) -> bool:
        return made[min(number + 1, 4)].wait(_PATIENCE)

    assert list(pipelined(send, batches())) == [True] * 5


def test_only_few_batches_wait_for_a_slow_server() -> None:
    made, sent = 0, 0

    def batches() -> Iterator[int]:
        nonlocal made
        for number in range(20):
            made += 1
            assert made - sent <= 3
            yield number

    def send(_: int) -> None:
        nonlocal sent
        time.sleep(0.005)
        sent += 1

    list(pipelined(send, batches()))
    assert sent == 20


def test_nothing_is_sent_after_one_that_failed_has_been_heard_of() -> None:
    sent: list[int] = []

    def send(number: int) -> None:
        sent.append(number)
        if number == 3:
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        list(pipelined(send, range(1_000)))
    count = len(sent)
    assert count < 10
    time.sleep(0.05)
    assert len(sent) == count
    assert threading.active_count() < 10


def test_what_goes_wrong_while_a_batch_is_made_is_told_when_the_one_before_is_through() -> None:
    sent: list[int] = []
    begun = threading.Event()

    def batches() -> Iterator[int]:
        yield 1
        begun.wait(_PATIENCE)
        raise KeyError("gone")

    def send(number: int) -> None:
        begun.set()
        time.sleep(0.05)
        sent.append(number)

    with pytest.raises(KeyError, match="gone"):
        list(pipelined(send, batches()))
    assert sent == [1]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent that Windows does not have")
def test_ctrl_c_ends_a_push_one_of_whose_statements_waits(own: Desk) -> None:
    own.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nMine.\n")
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'studio' AND wait_event_type = 'Lock'"
    )
    with open_connection(parse_address(own.url), application_name="other") as other, other.transaction():
        other.execute("LOCK TABLE videos IN SHARE MODE")  # as an index that is made does: rows can be locked
        with own.spawn("push") as process:
            try:
                while not own.one(waits):
                    assert process.poll() is None
                    time.sleep(0.05)
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=_PATIENCE)
            finally:
                process.kill()
    assert process.returncode == 130, said
    assert own.one("SELECT count(*) FROM videos WHERE session_id = %s", SESSION_2) == 0
