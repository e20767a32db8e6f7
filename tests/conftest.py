"""What every test stands in: no inherited settings, no colour, a fixed width, databases of its own."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import platformdirs
import psycopg
import pytest

from studio_sync.cli.output import Output
from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import LATEST, Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests import output_schemas, servers
from tests.harness import TREE, Desk
from tests.readme import ROOT
from tests.scratch import folder_in_memory

_OURS = ("STUDIO_", "PG")
_KEPT = ("STUDIO_TEST_",)
_OTHERS = ("CI", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "DATABASE_URL", "TERM", "LINES")


_ROOM = 6 << 30
"""Free bytes that the files and servers of a whole run fit into."""

if "TMPDIR" not in os.environ and (_place := folder_in_memory(_ROOM)):
    os.environ["TMPDIR"] = tempfile.tempdir = _place


def _compile_once() -> None:
    """Keep compiled modules with what pytest keeps, where the environment has Python keep none.

    Each of the many programs that tests start would compile the whole of studio anew, and each worker all
    tests.
    """
    if sys.dont_write_bytecode:
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(ROOT / ".pytest_cache" / "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


_compile_once()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: many tests wait for a server, a signal or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_collection(session: pytest.Session) -> None:
    """Import a share of all tests before the workers collect them, so that each file is compiled by one."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted(ROOT.glob("tests/**/test_*.py"), key=lambda path: path.stat().st_size)
    for path in files[int(worker) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]:
        # What is wrong with one is told when it's collected.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


_FIRST = ("test_docs.py", "test_watching.py", "test_watch_pull.py")
"""Files with the longest tests: begun at the end, they would leave all workers but one idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests."""
    items.sort(key=lambda item: item.path.name not in _FIRST)


@pytest.fixture(autouse=True)
def hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the machine's settings reaches a test."""
    for name in list(os.environ):
        if (name.startswith(_OURS) and not name.startswith(_KEPT)) or name in _OTHERS:
            monkeypatch.delenv(name)
    # What is thrown away need not reach the disk.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(os, "sync", lambda: None, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)  # who runs the tests is nobody in them
    # After each commit git looks whether to tidy up, which takes as long as the commit.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "maintenance.auto")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    home = tmp_path_factory.getbasetemp() / "no-home"
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, **_: home / name)


@pytest.fixture(autouse=True)
def heeding() -> Iterator[None]:
    """Signals do to a test, and to what it starts, what they usually do, also under `nohup … &`."""
    usual = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    ignored = [
        number
        for number in (getattr(signal, name, None) for name in usual)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, usual[signal.Signals(number).name])
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def with_every_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test about a capability of the server itself: it has it, also in a run that is without."""
    monkeypatch.delenv("STUDIO_TEST_WITHOUT", raising=False)


@pytest.fixture(scope="session")
def pg() -> Server:
    """PostgreSQL, shared by the run: the newest, or the major version in STUDIO_TEST_POSTGRES."""
    return servers.server(int(os.environ.get("STUDIO_TEST_POSTGRES", LATEST)))


@pytest.fixture(scope="session")
def _shared(pg: Server) -> Iterator[tuple[str, psycopg.Connection]]:
    with (
        servers.database(pg) as url,
        open_connection(parse_address(url), application_name="tests") as connection,
    ):
        yield url, connection


@pytest.fixture
def shared_url(_shared: tuple[str, psycopg.Connection]) -> str:
    """A database with the ten tables, no row and an empty ledger; for tests that only write rows."""
    url, connection = _shared
    connection.execute(
        "DELETE FROM clients; DELETE FROM studio_sync.notes; DELETE FROM studio_sync.changes;"
        " DELETE FROM studio_sync.versions; DELETE FROM studio_sync.runs"
    )
    return url


@pytest.fixture
def own_url(pg: Server) -> Iterator[str]:
    """A new database with the ten tables; for tests that change more of it than rows."""
    with servers.database(pg) as url:
        yield url


@pytest.fixture
def second_url(pg: Server) -> Iterator[str]:
    """Another new database with the ten tables."""
    with servers.database(pg) as url:
        yield url


@pytest.fixture
def bare(tmp_path: Path, shared_url: str) -> Iterator[Desk]:
    """A workspace without any content, and an empty database."""
    with Desk(tmp_path / "desk", shared_url) as desk:
        yield desk


@pytest.fixture
def desk(bare: Desk) -> Desk:
    """A workspace with a file of each kind, and an empty database."""
    bare.write_all(TREE)
    return bare


@pytest.fixture
def synced(desk: Desk) -> Desk:
    """A workspace with a file of each kind, pushed."""
    desk.ok("push")
    return desk


@pytest.fixture
def own(tmp_path: Path, own_url: str) -> Iterator[Desk]:
    """As `synced`, in a database of its own."""
    with Desk(tmp_path / "desk", own_url) as desk:
        desk.write_all(TREE)
        desk.ok("push")
        yield desk


@pytest.fixture(autouse=True, scope="session")
def contract() -> Iterator[None]:
    """What a command prints with --json in this process is as its schema says."""
    before = Output.json

    def held(self: Output, document: str) -> None:
        output_schemas.hold(document)
        before(self, document)

    Output.json = held  # type: ignore[method-assign]
    yield
    Output.json = before  # type: ignore[method-assign]
