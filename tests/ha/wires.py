"""TCP connections that can go silent: a proxy that stops forwarding, in one direction or both.

Nothing is reset: who waits at either end hears nothing, as when a cable is pulled or a host dies.
"""

import asyncio
import os
import random
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_CHUNK = 65536
_COMMIT = b"COMMIT\0"
_WRITES = (b"INSERT INTO", b"UPDATE ", b"enter_versions", b"enter_run", b"enter_note", b"COPY ")
_FIRST = 16_000 + os.getpid() % 40 * 400
_PORTS = iter(random.sample(range(_FIRST, _FIRST + 400), 400))
"""The ports that this process tries: another one that runs at the same time most likely has others."""


class Commit:
    """Acts when a transaction that writes is committed: before the server gets COMMIT, or inside.

    Inside: the server has the COMMIT, and its answer is held back until `act` has returned.
    """

    def __init__(self, act: Callable[[], None], *, inside: bool, head_start: float = 0.0) -> None:
        """`head_start`: the seconds that the server has for it before `act`."""
        self.act, self.inside, self.head_start = act, inside, head_start
        self.happened = False


@dataclass
class Wire:
    """A port that leads to another port of this machine."""

    network: "Wires"
    target: int
    port: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    down: asyncio.Event = field(default_factory=asyncio.Event)
    commit: Commit | None = None
    """What happens at the next COMMIT of a transaction that writes."""
    dead: set[int] = field(default_factory=set)
    """The connections that never carry anything again."""
    open: dict[int, list[asyncio.StreamWriter]] = field(default_factory=dict)

    def cut(self, *, up: bool = True, down: bool = True) -> None:
        """Stop forwarding: what is sent meanwhile arrives after `heal`, as when a network is back."""
        self.network.call(lambda: [event.clear() for event, on in ((self.up, up), (self.down, down)) if on])

    def forget(self) -> None:
        """Whoever is connected never hears anything again, nor is told: the host at the other end is gone."""
        self.network.call(lambda: self.dead.update(self.open))

    def heal(self) -> None:
        """Forward again."""
        self.commit = None
        self.network.call(lambda: [event.set() for event in (self.up, self.down)])

    def hang_up(self) -> None:
        """End every connection, at both ends."""
        self.network.call(lambda: [w.close() for writers in self.open.values() for w in writers])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        await self.up.wait()
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        number = id(writer)
        self.open[number] = [writer, onward]
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(
                    self._carry(number, reader, onward, self.up, ups=True),
                    self._carry(number, there, writer, self.down, ups=False),
                )
        finally:
            self.open.pop(number, None)
            for one in (writer, onward):
                one.close()

    async def _carry(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        flows: asyncio.Event,
        *,
        ups: bool,
    ) -> None:
        wrote = False
        with suppress(OSError):
            while True:
                data = await reader.read(_CHUNK)
                await flows.wait()
                if number in self.dead:
                    await asyncio.sleep(3600)
                after: Commit | None = None
                if ups:
                    wrote = wrote or any(sign in data for sign in _WRITES)
                    if wrote and _COMMIT in data:
                        wrote, commit = False, self.commit
                        if commit is not None and not commit.happened:
                            commit.happened = True
                            if commit.inside:
                                self.down.clear()
                                after = commit
                            else:
                                await asyncio.to_thread(commit.act)
                                await flows.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
                if after is not None:
                    await asyncio.sleep(after.head_start)
                    await asyncio.to_thread(after.act)
        with suppress(OSError):
            writer.write_eof()


class Wires:
    """All wires, carried by one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._wires: list[Wire] = []
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def wire(self, target: int) -> Wire:
        """A new wire to a port."""

        async def begin() -> Wire:
            wire = Wire(self, target)
            wire.up.set()
            wire.down.set()
            wire.port = free_port()
            listener = socket.create_server(("127.0.0.1", wire.port), backlog=100)
            self._servers.append(await asyncio.start_server(wire.serve, sock=listener))
            return wire

        made = asyncio.run_coroutine_threadsafe(begin(), self._loop).result(10)
        self._wires.append(made)
        return made

    def call(self, do: Callable[[], object]) -> None:
        """Do something in the thread of the wires, now."""
        done = threading.Event()

        def run() -> None:
            try:
                do()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def heal(self) -> None:
        """Forward everything again."""
        for wire in self._wires:
            wire.heal()

    def close(self) -> None:
        """End it all."""

        async def end() -> None:
            for server in self._servers:
                server.close()
            for wire in self._wires:
                for writers in list(wire.open.values()):
                    for writer in writers:
                        writer.transport.abort()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0.1)
            self._loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self._loop)
        self._thread.join(10)
        self._loop.close()


def free_port() -> int:
    """A port that nobody listens at, below those that systems give to connections."""
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port")
