"""A cluster of the embedded PostgreSQL: initialise, start, find, stop.

What only starts or stops one is imported where it is used: a server that runs is found without.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.database.embedded.folders import make_folders, private_folder, socket_folder, write_file
from studio_sync.database.embedded.listening import answers, free_port
from studio_sync.errors import UnavailableError, system_failure

if TYPE_CHECKING:
    from studio_sync.database.embedded.account import Account
    from studio_sync.database.embedded.programs import Programs

_PORT = 5432
_READY = "ready"
_BUSY = "pre-existing shared memory block"
_OLD_SERVER_ENDS = 75
"""Seconds until a server notices that its data folder was deleted: it checks once a minute."""
_BUILTIN_LOCALES = 17
_PATIENCE = 240
"""Seconds for a server to start or stop, including recovery after a crash."""
_TAIL = 8


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server: a socket's folder, or an IP address and a file with the password."""

    host: str
    port: int
    passfile: Path | None = None


class Cluster:
    """The cluster of one major version below `home`.

    With `tcp` the server listens on 127.0.0.1 with a password, as it must on Windows; otherwise on a socket,
    with peer authentication.
    """

    def __init__(self, home: Path, version: int, *, tcp: bool = os.name == "nt") -> None:
        self.home = home
        self.version = version
        self.folder = home / f"pg{version}"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.passfile = self.folder / "password"
        self.tcp = tcp

    def running(self) -> Address | None:
        """The server's address, if it runs and accepts connections."""
        try:
            return self._running()
        except OSError:
            return None

    def _running(self) -> Address | None:
        lines = self._pidfile()
        if len(lines) < 8 or lines[7].strip() != _READY or not lines[3].isdecimal():  # noqa: PLR2004
            return None
        if self.tcp:
            port = int(lines[3])
            return Address("127.0.0.1", port, self.passfile) if answers(port) else None
        folder = socket_folder(self.folder)
        if not private_folder(folder, self.data.stat().st_uid):
            return None
        return Address(str(folder), _PORT) if answers(folder / f".s.PGSQL.{_PORT}") else None

    def start(self) -> Address:
        """Start the server, initialising its data on first use, and wait until it is ready."""
        from studio_sync.database.embedded import programs
        from studio_sync.database.embedded.account import choose

        account = choose(self.data)
        self._prepare(account)
        with self._lock():
            if address := self.running():
                return address
            tools = programs.find_programs(self.version, account, self.home)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(tools)
            if (found := (self.data / "PG_VERSION").read_text().strip()) != str(self.version):
                raise UnavailableError(
                    f"{self.data} holds data of PostgreSQL {found}, not {self.version}",
                    "set STUDIO_HOME to another folder",
                )
            self._launch(tools)
            if address := self.running():
                return address
        raise self._failed("PostgreSQL started, and does not answer", "")

    def stop(self) -> bool:
        """Stop the server if it runs; returns whether it did. Raises UnavailableError if it doesn't stop."""
        if not (self.data / "postmaster.pid").exists():
            return False
        from studio_sync.database.embedded import programs
        from studio_sync.database.embedded.account import choose
        from studio_sync.database.embedded.leftover_servers import clear_leftovers

        account = choose(self.data)
        with self._lock():
            tools = programs.find_programs(self.version, account, self.home)
            alive = self.running() is not None or clear_leftovers(self.data, self._socket_lock())
            code, output = self._control(tools, "stop", "-m", "fast") if alive else (0, "")
            if code and self.running():
                raise self._failed("Could not stop the embedded PostgreSQL", output)
            return alive

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """A file lock against every other studio that starts or stops this server."""
        from filelock import FileLock, Timeout

        place = self._private()
        try:
            with FileLock(place / "lock", timeout=_PATIENCE, mode=0o600):
                yield
        except Timeout:
            raise UnavailableError(
                f"Another studio has been starting or stopping PostgreSQL for {_PATIENCE} seconds",
                f"end it, then try again (the lock is {place / 'lock'})",
            ) from None

    def _private(self) -> Path:
        """The private folder of the lock: whoever can open a lock file, even read-only, can hold the lock."""
        place = self.folder / "locks"
        make_folders(place, 0o700)
        if os.name == "nt":
            return place
        status = self.folder.stat()
        if status.st_mode & 0o022:
            raise UnavailableError(
                f"Other users can write to {self.folder}, where the embedded PostgreSQL is",
                f"see that all in it is yours, then: chmod go-w '{self.folder}'",
            )
        if not private_folder(place, status.st_uid):
            raise UnavailableError(
                f"{place} is not a private folder of its server's owner",
                "move it out of the way, then try again",
            )
        return place

    def _prepare(self, account: "Account | None") -> None:
        """Create the folders, and check that the account can enter them."""
        switched = account is not None and account.switched
        if account and switched and (closed := account.blocked_at(self.home)):
            raise UnavailableError(
                f"PostgreSQL can't run as root, and the user {account.name}, who runs it, "
                f"may not enter {closed}, where STUDIO_HOME ({self.home}) is",
                _open_home(account, self.home),
            )
        make_folders(self.folder, 0o711 if switched else 0o700)
        if account and switched and (closed := account.blocked_at(self.folder)):
            raise UnavailableError(
                f"The user {account.name}, who runs PostgreSQL, may not enter {closed}",
                "set STUDIO_HOME to another folder",
            )

    def _initialise(self, tools: "Programs") -> None:
        """Initialise the cluster in a temporary folder, and rename it once it is complete."""
        new = self.folder / f"data.{secrets.token_hex(4)}"
        password = self.folder / f"password.{secrets.token_hex(4)}"
        # Remove the temporary folders of killed runs now: once a cluster exists, nobody does.
        self._clear_half_made()
        try:
            make_folders(new, 0o700, owner=tools.account)
            options = ["--no-locale", "--data-checksums", "--no-instructions", "-U", "postgres", "-E", "UTF8"]
            if self.version >= _BUILTIN_LOCALES:
                options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self.tcp:
                secret = secrets.token_urlsafe(32)
                write_file(self.passfile, f"127.0.0.1:*:*:postgres:{secret}\n", 0o600)
                write_file(password, secret, 0o600, owner=tools.account)
                options += ["-A", "scram-sha-256", f"--pwfile={password.name}"]
            else:
                options += ["-A", "peer"]
            code, output = tools.run("initdb", "-D", new.name, *options, cwd=self.folder)
            if code:
                raise self._failed("Could not initialise the embedded PostgreSQL", output)
            new.rename(self.data)
        except OSError as error:
            raise system_failure(error, self.folder, "Can't write to ") from None
        finally:
            self._clear_half_made()
            password.unlink(missing_ok=True)

    def _clear_half_made(self) -> None:
        for path in self.folder.glob("data.*"):
            shutil.rmtree(path, ignore_errors=True)

    def _launch(self, tools: "Programs") -> None:
        from studio_sync.database.embedded import settings

        account = tools.account
        port, options = _PORT, dict(settings.SETTINGS)
        if self.tcp:
            port = free_port()
            options |= {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
            rules, names = settings.TCP_RULES, ""
        else:
            folder = socket_folder(self.folder)
            make_folders(folder, 0o700, owner=account)
            if not private_folder(folder, self.data.stat().st_uid):
                raise UnavailableError(
                    f"{folder} is not a private folder of this user", "move it out of the way, then try again"
                )
            options |= {"listen_addresses": "", "unix_socket_directories": f'"{folder}"'}
            rules, names = settings.SOCKET_RULES, settings.ident_map("root", account.name if account else "")
        for path, text in ((self.folder / "pg_hba.conf", rules), (self.folder / "pg_ident.conf", names)):
            write_file(path, text, 0o644)
        options |= {
            "port": str(port),
            "hba_file": str(self.folder / "pg_hba.conf"),
            "ident_file": str(self.folder / "pg_ident.conf"),
        }
        if not self.log.exists():
            write_file(self.log, "", 0o600, owner=account)
        give_up = time.monotonic() + _OLD_SERVER_ENDS
        while True:
            if self._settled(tools):
                return
            before = self.log.stat().st_size
            code, output = self._control(
                tools, "start", "-l", self.log.name, "-o", settings.command_line(options)
            )
            if not code:
                return
            output = self._logged(before) or output
            if _BUSY not in output or time.monotonic() > give_up:
                raise self._failed("Could not start the embedded PostgreSQL", output)
            time.sleep(0.5)

    def _control(self, tools: "Programs", *arguments: str) -> tuple[int, str]:
        # Relative paths, because pg_ctl doesn't quote them properly for its shell.
        wait = ("-w", "-t", str(_PATIENCE), "-s")
        return tools.run("pg_ctl", *arguments, "-D", self.data.name, *wait, cwd=self.folder)

    def _settled(self, tools: "Programs") -> bool:
        """Whether a live server that did not answer does so by now; if not, there is none any more.

        It waits for a server in recovery or shutdown, and stops one that has lost its socket.
        """
        from studio_sync.database.embedded.leftover_servers import clear_leftovers

        give_up = time.monotonic() + _PATIENCE
        while clear_leftovers(self.data, self._socket_lock()) and time.monotonic() < give_up:
            if self.running():
                return True
            if self._pidfile()[-1:] == [_READY.ljust(8)]:
                self._control(tools, "stop", "-m", "fast")
            time.sleep(0.1)
        return False

    def _socket_lock(self) -> Path | None:
        return None if self.tcp else socket_folder(self.folder) / f".s.PGSQL.{_PORT}.lock"

    def _pidfile(self) -> list[str]:
        with suppress(OSError):
            return (self.data / "postmaster.pid").read_text(errors="replace").removesuffix("\n").split("\n")
        return []

    def _logged(self, start: int) -> str:
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace").strip()
        return ""

    def _failed(self, what: str, output: str) -> UnavailableError:
        if "No space left on device" in output:
            return UnavailableError(
                f"{what}: the disk with {self.folder} is full", "make room, then try again"
            )
        last = "\n".join(output.split("\n")[-_TAIL:])
        return UnavailableError(f"{what} in {self.folder}", last or f"its log is {self.log}")


def _open_home(account: "Account", home: Path) -> str:
    """The way out for a home that the account can't enter."""
    for folder in ("/var/lib", "/var/tmp"):  # noqa: S108
        path = Path(folder) / "studio-sync"
        if path != home and Path(folder).is_dir() and account.blocked_at(path) is None:
            return f"set STUDIO_HOME to a folder that every user may enter, for example STUDIO_HOME={path}"
    return "set STUDIO_HOME to a folder that every user may enter"
