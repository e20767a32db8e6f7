"""What goes wrong gets one clear message, the right exit code, and changes nothing."""

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.one_file import write_new
from tests import servers
from tests.harness import C1, S1, S2, SESSION_2, TREE, Desk, Result, run, unchanged

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


def one_message(found: Result, code: int, *words: str) -> None:
    """The run ended with one error that says all of `words`."""
    assert found.code == code, found
    assert "Traceback" not in found.text
    errors = [
        line
        for line in found.err.splitlines()
        if line.startswith(("error:", "error[")) or " error[" in line or ": error" in line
    ]
    assert len(errors) == 1, found.err
    for word in words:
        assert word in found.err, (word, found.err)


# --- the workspace


@pytest.mark.parametrize("command", ["status", "diff", "push", "pull", "validate"])
def test_no_workspace_here(tmp_path: Path, command: str) -> None:
    found = run(command, cwd=tmp_path, env=dict(os.environ))
    one_message(found, 2, "studio.yaml", "studio init")
    assert list(tmp_path.iterdir()) == []
    assert run("init", cwd=tmp_path, env=dict(os.environ)).code == 0
    assert run("validate", cwd=tmp_path, env=dict(os.environ)).code == 0


def test_a_folder_that_is_not_there(synced: Desk) -> None:
    one_message(synced.run("-C", "nowhere", "status"), 2, "nowhere")


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("name: [", "studio.yaml:1:"),
        ("nmae: x\n", "nmae"),
        ("- a\n", "mapping"),
        ("content: ../elsewhere\n", "content"),
        ("clients: acme\n", "clients"),
        ("targets: {a: {}}\n", "url"),
        ("targets: {a: {url: 'postgresql://u:secret@h/d'}}\n", "password"),
    ],
)
def test_a_studio_yaml_that_can_not_be_understood(synced: Desk, config: str, word: str) -> None:
    with unchanged(synced):
        synced.config(config)
        found = synced.run("push", STUDIO_DATABASE_URL="")
        one_message(found, 2, word)
        assert "secret" not in found.text


@pytest.mark.parametrize("path", ["..", "../other", "/etc/passwd", "content/../..", "content/../../x"])
def test_a_path_outside_the_workspace(synced: Desk, path: str) -> None:
    with unchanged(synced):
        for command in ("push", "pull", "status", "diff", "validate"):
            one_message(synced.run(command, path), 2, "outside")


def test_a_path_that_nobody_has(synced: Desk) -> None:
    with unchanged(synced):
        found = synced.run("push", "content/acme-bnk/x/y.md")
        assert found.code == 2
        assert "acme-bnk" in found.err


@pytest.mark.parametrize("path", ["content/acme-bnk", f"content/{S1}/artikel.md"])
def test_a_path_at_which_there_is_nothing_is_told(synced: Desk, path: str) -> None:
    with unchanged(synced):
        for command in ("push", "pull", "status", "diff", "validate"):
            found = synced.ok(command, path)
            assert f"{path}: warning[nothing-here]" in found.text, found
            assert found.text.count("nothing-here") == 1
        assert "5 files, no problems" in synced.ok("validate", f"content/{S1}").err


def test_a_path_whose_file_is_deleted_or_whose_row_is_new_is_something(synced: Desk) -> None:
    synced.remove(f"{S1}/video.md")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    for place in (S1, S2):
        assert "nothing-here" not in synced.run("status", f"content/{place}/video.md").text


# --- the database


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "code", "word"),
    [
        (f"postgresql://who:{SECRET}@127.0.0.1:9/none", 3, "127.0.0.1:9/none"),
        (f"postgresql://who:{SECRET}@no-such-host.invalid/none", 3, "no-such-host.invalid"),
        (f"postgresql://who:{SECRET}@/none?host=/nowhere", 3, "socket"),
        (f"postgresql://who:{SECRET}@localhost:99999/none", 3, "check the port in the address"),
        (f"http://who:{SECRET}@host/none", 2, "postgresql://"),
        (f"postgresql://who:{SECRET}@host:port/none", 2, ""),
        ("nonsense", 2, ""),
        (f"host=127.0.0.1 port=9 password={SECRET} user=who dbname=none", 3, "127.0.0.1:9"),
    ],
)
def test_no_database_reachable_or_an_address_that_can_not_be_read(
    synced: Desk, url: str, code: int, word: str
) -> None:
    with unchanged(synced):
        for command in ("push", "pull", "status"):
            found = synced.run(command, "--database", url)
            one_message(found, code, word)
            assert SECRET not in found.text
            assert SECRET not in synced.run(command, "--database", url, "--json").text
        synced.ok("status", "--database", synced.url)


def test_a_database_that_the_server_has_not(synced: Desk) -> None:
    one_message(synced.run("push", "--database", f"{synced.url}x"), 3, "no such database")


def test_a_database_without_the_tables(synced: Desk, pg: Server) -> None:
    with servers.database(pg, empty=True) as url, unchanged(synced):
        for command in ("push", "pull", "status", "diff"):
            one_message(synced.run(command, "--database", url), 3, "tables", "db init --create-tables")
        synced.ok("db", "init", "--create-tables", "--database", url)
        synced.ok("status", "--database", url)


def test_a_database_that_lacks_one_table(own: Desk) -> None:
    own.sql("DROP TABLE quizzes")
    before = own.files()
    for command in ("push", "pull", "status"):
        one_message(own.run(command), 3, "quizzes")
    assert own.files() == before


@pytest.fixture
def guest(own: Desk, pg: Server) -> Iterator[str]:
    """The URL of a role that may connect, and no more."""
    name = own.url.rpartition("/")[2]
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        connection.execute(f"CREATE ROLE {name}_guest LOGIN".encode())
        yield own.url.replace("postgres@", f"{name}_guest@")
        own.hang_up()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {name}_guest".encode())


def test_a_role_without_grants(own: Desk, guest: str) -> None:
    own.edit(f"{S2}/article.md", "Ask", "Asked")
    with unchanged(own):
        for command in ("push", "pull", "status"):
            found = own.run(command, "--database", guest)
            one_message(found, 3)
            assert (
                "permission denied" in found.err or "GRANT" in found.err or "row-level security" in found.err
            )


def test_a_role_that_may_read_but_not_write(own: Desk, guest: str) -> None:
    user = guest.partition("//")[2].partition("@")[0]
    own.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
    for table in own.rows():
        own.sql(f"CREATE POLICY readable ON {table} FOR SELECT TO {user} USING (true)")
    assert own.ok("status", "--database", guest).out == "13 in sync\n"
    own.ok(
        "pull", "--database", guest
    )  # this database has another ledger, or none: a pull remembers the rest
    own.sql("UPDATE videos SET script = 'New.'")
    own.ok("pull", "--database", guest)
    own.edit(f"{S2}/article.md", "Ask", "Asked")
    with unchanged(own):
        one_message(own.run("push", "--database", guest), 3, "permission denied", "GRANT")


def test_a_role_whose_updates_row_level_security_stops(own: Desk, guest: str) -> None:
    user = guest.partition("//")[2].partition("@")[0]
    own.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}")
    own.sql(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA studio_sync TO {user}")
    for table in own.rows():
        own.sql(f"CREATE POLICY readable ON {table} FOR SELECT TO {user} USING (true)")
    own.ok("pull", "--database", guest)
    own.edit(f"{S2}/article.md", "Ask", "Asked")
    with unchanged(own):
        found = own.run("push", "--database", guest)
        assert found.code in (1, 3)
        assert "Traceback" not in found.err
        assert "row-level security" in found.err or "could be written" in found.err


def test_a_database_that_refuses_a_value_writes_nothing(own: Desk) -> None:
    own.sql("ALTER TABLE sessions ADD CONSTRAINT short CHECK (length(title) < 30)")
    own.edit(f"{S2}/session.md", "title: Asking", f"title: {'long ' * 10}")
    own.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    with unchanged(own):
        found = own.run("push")
        one_message(found, found.code, "short")
        assert found.code in (1, 3)


def test_an_enum_that_does_not_know_a_status_writes_nothing(own: Desk) -> None:
    own.sql("CREATE TYPE state AS ENUM ('draft', 'review')")
    own.sql("ALTER TABLE videos ALTER status DROP DEFAULT, ALTER status TYPE state USING status::state")
    assert own.ok("status").out == "13 in sync\n"
    own.edit(f"{S1}/video.md", "status: draft", "status: done")
    with unchanged(own):
        found = own.run("push")
        assert found.code in (1, 3)
        assert "done" in found.err


# --- names and files


@pytest.mark.parametrize("option", ["--database", "--target"])
def test_an_option_that_a_missing_variable_left_empty(synced: Desk, option: str) -> None:
    with unchanged(synced):
        for command in ("push", "pull", "status"):
            one_message(synced.run(command, option, ""), 2, f"{option} is empty")


# Each writes, or selects everything, if an empty value counts as none.
_WITH_A_VALUE = (
    "push|an argument", "push --delete|an argument", "pull --keep database|an argument",
    "resolve --keep database|an argument", "restore --to 2026-01-01|an argument", "advance|an argument",
    "undo|an argument", "log|an argument", "board|an argument", "watch|an argument", "mv 1.1|an argument",
    "new client --title|--title", "new session --title x --before|--before", "push --since|--since",
    f"resolve {S1} --keep files --seen|--seen", "db revoke mia --client|--client",
)  # fmt: skip


@pytest.mark.parametrize("line", _WITH_A_VALUE)
def test_a_value_that_a_missing_variable_left_empty_is_not_everything(synced: Desk, line: str) -> None:
    command, what = line.split("|")
    with unchanged(synced):
        one_message(synced.run(*command.split(), ""), 2, f"{what} is empty", "is the variable set")


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("resolve content", "--keep"),
        ("resolve --keep files", "PATH"),
        ("restore --to 2026-01-01", "PATH"),
        ("db prune", "--before"),
        ("db grant mia", "--client"),
        ("advance", "PATH"),
    ],
)
def test_what_a_command_requires_is_asked_for(synced: Desk, line: str, missing: str) -> None:
    with unchanged(synced):
        found = synced.run(*line.split())
    assert found.code == 2
    assert missing in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize(
    "line",
    [
        f"mv {S1}|an argument", f"copy {S1}|an argument", "new client --title|--title",
        "new client --title x --slug|--slug", "log --author|--author", "db revoke|an argument",
        "status --database|The database's address",
    ],
)  # fmt: skip
def test_an_argument_in_another_encoding_is_refused(synced: Desk, line: str) -> None:
    command, what = line.split("|")
    with unchanged(synced):
        word = "postgresql://\udcfc@localhost/x" if "--database" in command else "1.5-\udcfcben"
        one_message(synced.run(*command.split(), word), 2, f"{what} is not UTF-8")


def test_a_number_that_nothing_has_is_named(synced: Desk) -> None:
    for command in ("push", "advance", "restore --to 2026-01-01", "resolve --keep files"):
        one_message(synced.run(*command.split(), "1.9"), 2, "there is no 1.9 here")
    inside = ("-C", str(synced.content / S1))
    for word in ("9.9", "artcle.md"):
        one_message(synced.run(*inside, "push", word), 2, f"there is no {word} here")
    synced.remove(f"{S1}/article.md")
    assert "deletion-held" in synced.run(*inside, "push", "article.md").err


@pytest.mark.parametrize(
    ("alteration", "said"),
    [
        ("ALTER TABLE sessions ALTER title TYPE varchar(20)", "character varying(20)"),
        ("ALTER TABLE sessions ADD CONSTRAINT short CHECK (estimated_minutes < 90)", "short"),
        ("ALTER TABLE sessions ALTER wiifm SET NOT NULL", "wiifm"),
    ],
)
def test_what_the_database_does_not_take_is_told_with_its_file(own: Desk, alteration: str, said: str) -> None:
    own.edit(f"{S2}/session.md", "status: draft", "wiifm: It helps.\nstatus: draft")
    own.ok("push")
    own.sql(alteration)
    own.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    text = "title: A title that is much too long\nestimated_minutes: 90\nhook: x"
    own.write(f"{C1}/1.3-new/session.md", f"---\n{text}\n---\n")
    rows = own.rows()
    one_message(own.run("push"), 1, f"{C1}/1.3-new/session.md", said, "the table sessions")
    assert own.rows() == rows
    own.write(f"{C1}/1.3-new/session.md", "---\ntitle: Short\nwiifm: x\n---\n")
    own.ok("push")
    assert own.standings() == {}


def test_a_slug_that_climbs_out_of_the_tree_is_encoded_and_never_followed(bare: Desk) -> None:
    for slug in ("../../etc/passwd", "/etc/passwd", "..", ".", "~", "a\\..\\b", "C:\\x"):
        bare.sql("INSERT INTO clients (name, slug) VALUES ('N', %s)", slug)
    before = {p for p in bare.root.parent.rglob("*") if not p.is_relative_to(bare.content)}
    bare.ok("pull")
    after = {p for p in bare.root.parent.rglob("*") if not p.is_relative_to(bare.content)}
    assert {p for p in after - before if ".studio" not in p.parts} == set()
    folders = [p.name for p in bare.content.iterdir()]
    assert len(folders) == 7
    assert not any("/" in f or f.startswith(".") for f in folders)


@POSIX
def test_a_symbolic_link_out_of_the_tree_is_not_followed(synced: Desk) -> None:
    outside = synced.root.parent / "outside"
    outside.mkdir()
    (outside / "session.md").write_text("---\ntitle: Outside\n---\n")
    (synced.content / C1 / "1.9-link").symlink_to(outside)
    with unchanged(synced):
        found = synced.refused("push", "--json")
        assert found.codes == ["symlink"]
    synced.sql("UPDATE sessions SET number = '1.9' WHERE id = %s", SESSION_2)
    synced.run("pull")
    assert [p.name for p in outside.iterdir()] == ["session.md"]


@POSIX
def test_a_pull_never_writes_through_a_link(synced: Desk) -> None:
    outside = synced.root.parent / "outside"
    outside.mkdir()
    (synced.content / S2 / "video.md").symlink_to(outside / "video.md")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    synced.run("pull")
    assert list(outside.iterdir()) == []
    assert (synced.content / S2 / "video.md").is_symlink()


@POSIX
def test_a_current_folder_that_was_deleted_is_named(synced: Desk) -> None:
    gone = synced.root / "gone"
    gone.mkdir()
    done = synced.spawn("status", code=f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})")
    told = done.communicate()[1]
    assert told == "error: the current folder is gone\nhint: go into another one, and try again\n"
    assert done.returncode == 2


@POSIX
def test_a_read_only_file_stays_on_pull_and_the_rest_is_written(synced: Desk) -> None:
    place = synced.content / S1 / "video.md"
    place.chmod(0o444)
    synced.sql("UPDATE videos SET script = 'New.'")
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    found = synced.run("pull")
    one_message(found, 1, f"error[failed] content/{S1}/video.md is read-only")
    assert synced.read(f"{S1}/video.md") == TREE[f"{S1}/video.md"]
    assert synced.read(f"{S2}/article.md").endswith("New.\n")
    assert place.stat().st_mode & 0o777 == 0o444
    place.chmod(0o644)
    synced.ok("pull")
    assert synced.standings() == {}


@POSIX
def test_a_read_only_file_that_would_get_its_id_does_not_undo_the_push(synced: Desk) -> None:
    place = synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    place.chmod(0o444)
    found = synced.run("push")
    where = f"content/{C1}/1.3-new/session.md is read-only"
    one_message(found, 3, "the push arrived", where, "make it writable")
    assert synced.one("SELECT count(*) FROM sessions") == 3
    place.chmod(0o644)
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions") == 3
    assert synced.standings() == {}
    assert "id: " in synced.read(f"{C1}/1.3-new/session.md")


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no file gets more than 10 bytes, but the shortest ones."""
    real = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) > 20:
            real(handle, bytes(data[:10]))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    monkeypatch.setattr(os, "write", full)


def test_a_full_disk_leaves_every_file_whole(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.sql("UPDATE videos SET script = 'New.'")
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    before = synced.files()
    with monkeypatch.context() as patch:
        full_disk(patch)
        found = synced.run("pull")
        assert (found.code, found.out) == (3, "nothing was pulled\n")
        assert synced.json("pull")["outcome"] == "failed"
    assert "the disk is full" in found.err
    assert f"{S1}/video.md" in found.err
    assert synced.files() == before
    synced.ok("pull")
    assert synced.standings() == {}


def test_what_a_full_disk_prevents_is_no_refusal(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that writes file by file ends with 3, with the place and the way out."""
    synced.edit(f"{S2}/article.md", "Ask.", "Do ask.")
    synced.ok("push")
    revision = synced.ok("log").out.split()[0]
    before = synced.files()
    full_disk(monkeypatch)
    article = f"content/{S2}/article.md"
    for command in (["undo"], ["advance", article], ["restore", article, "--to", f"{revision}^"]):
        found = synced.run(*command, "--json")
        assert (found.code, found.json["outcome"], found.codes) == (3, "failed", ["failed"])
        assert "the disk is full: " in found.out
    assert synced.files() == before


def test_a_disk_without_room_for_the_journal_is_named_with_its_place(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    where = f"the disk is full: {synced.root / '.studio' / 'moving'} could not be written"
    for command in ("new video 1.2", "copy 1.2 1.8", "mv 1.2 1.7"):
        before = synced.files()
        with monkeypatch.context() as patch:
            patch.setattr("studio_sync.files.workspace.moving._to_disk", full)
            patch.setattr(Path, "write_text", full)
            one_message(synced.run(*command.split()), 3, where, "make room, then run the command again")
        assert synced.files() == before
        synced.ok(*command.split())


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    place = tmp_path / "tiny"
    place.mkdir()
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_really_full(tiny: Path, shared_url: str) -> None:
    with Desk(tiny / "desk", shared_url) as desk:
        desk.write_all(TREE)
        desk.ok("push")
        desk.sql("UPDATE articles SET content = repeat('word ', 400000)")
        before = desk.files()
        found = desk.run("pull")
        assert found.code in (1, 3), found
        assert "full" in found.err
        assert "Traceback" not in found.err
        assert desk.files() == before
        desk.sql("UPDATE articles SET content = 'short'")
        desk.ok("pull")
        assert desk.standings() == {}


def fill(place: Path) -> None:
    with suppress(OSError), place.open("wb", buffering=0) as file:
        while file.write(bytes(512)):
            pass


def test_a_new_file_that_finds_no_room_leaves_none_in_its_place(tiny: Path) -> None:
    """As `init --hook` and `editor vscode --out` write theirs: an empty one would be there already."""
    fill(tiny / "fill")
    with pytest.raises(OSError, match="No space left"):
        write_new(tiny / "hook", bytes(9000), 0o755)
    assert not (tiny / "hook").exists()
    (tiny / "fill").unlink()
    write_new(tiny / "hook", bytes(9000), 0o755)
    assert (tiny / "hook").read_bytes() == bytes(9000)
    with pytest.raises(FileExistsError):
        write_new(tiny / "hook", b"another")


def test_a_disk_without_any_room_is_said_to_be_full(tiny: Path, shared_url: str) -> None:
    with Desk(tiny / "desk", shared_url) as desk:
        desk.write_all(TREE)
        desk.ok("push")
        desk.sql("UPDATE articles SET content = 'short'")
        fill(tiny / "fill")
        for command in ("push", "pull", "validate", "new video 1.2", "mv 1.2 1.7", "copy 1.2 1.8"):
            one_message(desk.run(*command.split()), 3, "the disk is full", ", then run the command again")
        (tiny / "fill").unlink()
        desk.ok("pull")
        assert desk.standings() == {}


def test_a_disk_that_is_full_before_the_memory_is_written(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql("UPDATE videos SET script = 'New.'")
    real = Memory.set_fact

    def full(memory: Memory, name: str, value: str) -> None:
        if (name, value) == ("writing", ""):
            raise sqlite3.OperationalError("database or disk is full")
        real(memory, name, value)

    monkeypatch.setattr(Memory, "set_fact", full)
    one_message(synced.run("pull"), 3, "the disk is full", "free some space")
    monkeypatch.undo()
    synced.ok("pull")
    assert synced.standings() == {}


# --- Ctrl-C


def interrupted(process: subprocess.Popen[str], after: float) -> tuple[int, str]:
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@POSIX
@pytest.mark.parametrize("where", ["Writer.apply", "connect", "read_files", "FileWriter.replace"])
def test_ctrl_c_ends_with_one_line_and_a_whole_state(synced: Desk, where: str) -> None:
    hook = {
        "Writer.apply": (
            "from studio_sync.database.postgres.rows.row_writer import Writer as T\nname = 'apply'"
        ),
        "connect": "import studio_sync.database.postgres.connection.connect as T; name = 'open_connection'",
        "read_files": "from studio_sync.sync.read.local import LocalSide as T; name = 'refresh'",
        "FileWriter.replace": (
            "from studio_sync.files.tree.disk.file_writer import FileWriter as T; name = 'replace'"
        ),
    }[where]
    code = (
        f"import os, signal\n{hook}\nreal = getattr(T, name)\n"
        "def run(*a, **k):\n    os.kill(os.getpid(), signal.SIGINT); return real(*a, **k)\n"
        "setattr(T, name, run)"
    )
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    rows = synced.rows()
    process = synced.spawn("push", code=code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped" in err
    if where != "FileWriter.replace":
        assert synced.rows() == rows
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions") == 3
    assert synced.standings() == {}


@POSIX
def test_ctrl_c_while_a_class_is_being_made_is_no_other_error(synced: Desk) -> None:
    code = (
        "import studio_sync.sync.studio as T\n"
        "class D:\n    def __set_name__(self, owner, name): raise KeyboardInterrupt\n"
        "def run(*a, **k): type('X', (), {'d': D()})\n"
        "T.Studio.__init__ = run"
    )
    process = synced.spawn("push", code=code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped" in err


_STOPS = """
import os, signal, weakref
class Gone: pass
def stop(): os.kill(os.getpid(), signal.SIGINT)
def stop_in_a_callback():
    gone = Gone()
    found = weakref.ref(gone, lambda _: stop())
    del gone
def at_import(act): sys.addaudithook(lambda event, about: event == "import" and about[0] == "click" and act())
def in_a_command(act):
    import studio_sync.cli.app
    studio_sync.cli.app.App.with_options = lambda *_, **__: act()
def at_the_end(act):
    import studio_sync.cli.main as cli
    real = cli.main
    def main():
        try: real()
        finally: act()
    cli.main = main
"""


@POSIX
@pytest.mark.parametrize(("code", "said"), [
    ("at_import(stop)", "nothing was changed"), ("at_import(stop_in_a_callback)", "nothing was changed"),
    ("sys.setrecursionlimit = lambda _: stop()", "consistent"),
    ("in_a_command(stop_in_a_callback)", "consistent"), ("at_the_end(stop)", "consistent"),
])  # fmt: skip
def test_ctrl_c_around_a_command_shows_no_traceback(tmp_path: Path, code: str, said: str) -> None:
    """Also where an exception would be swallowed, and Python would print it."""
    with Desk(tmp_path, "postgresql://127.0.0.1:1/none") as desk:
        process = desk.spawn("validate", code=_STOPS + code)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err, said in err) == (130, False, True), err


@POSIX
@pytest.mark.parametrize("after", [0.4, 0.7])
def test_ctrl_c_at_any_moment_never_shows_a_traceback(synced: Desk, after: float) -> None:
    for i in range(300):
        synced.write(f"{C1}/1.{i + 10}-s/session.md", f"---\ntitle: S{i}\n---\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "studio_sync", "push"],
        cwd=synced.root, env=synced.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    code, err = interrupted(process, after)
    assert code in (0, 130, -signal.SIGINT), err
    assert "Traceback" not in err, err
    assert synced.one("SELECT count(*) FROM sessions") in (2, 302)
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions") == 302
    assert synced.standings() == {}


@POSIX
def test_a_reader_that_goes_away_is_no_error(synced: Desk) -> None:
    for i in range(300):
        synced.write(f"{C1}/1.{i + 10}-s/session.md", f"---\ntitle: S{i}\n---\n")
    command = f"{sys.executable} -m studio_sync diff --full | head -1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=synced.root,
        env=synced.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@POSIX
@pytest.mark.parametrize(
    ("streams", "code", "shown"),
    [
        ("2>&1 >&-", 0, ""),
        ("--json 2>&-", 0, '"outcome": "ok"'),
        (">&- 2>&- <&-", 0, ""),
        ("--json 2>&1 >/dev/full", 3, "the disk is full"),
        ("no-such-path --json 2>&1 >/dev/full", 3, "the disk is full"),
        (">/dev/full 2>/dev/full", 3, ""),
    ],
)
def test_standard_streams_that_are_closed_or_full_end_no_run_with_a_traceback(
    tmp_path: Path, streams: str, code: int, shown: str
) -> None:
    with Desk(tmp_path, "postgresql://127.0.0.1:1/none") as desk:
        done = subprocess.run(
            f"{sys.executable} -m studio_sync validate {streams}",
            shell=True, cwd=desk.root, env=desk.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (code, False), done
    assert shown in done.stdout + done.stderr


def test_a_memory_that_can_not_be_written_is_named(synced: Desk) -> None:
    state = synced.root / ".studio"
    state.rename(synced.root / "kept")
    state.write_text("in the way")
    with unchanged(synced):
        one_message(synced.run("push"), 3, ".studio")


def test_another_command_at_work_is_waited_for_and_then_named(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import filelock

    real = filelock.FileLock.acquire
    monkeypatch.setattr(filelock.FileLock, "acquire", lambda self, *a, **k: real(self, timeout=0.1))
    with filelock.FileLock(synced.root / ".studio" / "lock"), unchanged(synced):
        one_message(synced.run("push"), 1, "another studio command")
        one_message(synced.run("pull"), 1, "another studio command")
        synced.ok("status")
    synced.ok("push")  # as the hint says, once that one is done


def test_a_memory_that_is_a_link_is_not_followed(synced: Desk) -> None:
    shutil.rmtree(synced.root / ".studio")
    (synced.root / "elsewhere").mkdir()
    (synced.root / ".studio").symlink_to(synced.root / "elsewhere")
    for command in ("status", "push", "pull", "validate"):
        one_message(synced.run(command), 1, ".studio is a symbolic link")
    assert not any((synced.root / "elsewhere").iterdir())


def test_an_address_that_is_empty_in_ci_is_no_wish_for_an_embedded_database(synced: Desk) -> None:
    for command in ("status", "push", "pull"):
        one_message(synced.run(command, STUDIO_DATABASE_URL="", CI="true"), 2, "STUDIO_DATABASE_URL is empty")


def test_a_rule_of_the_web_app_that_two_rows_would_break_is_told_as_that(own: Desk) -> None:
    own.sql("CREATE UNIQUE INDEX one_title ON sessions (chapter_id, lower(title))")
    own.edit(f"{S2}/session.md", "title: Asking", "title: Why leaders listen")
    found = own.refused("push")
    assert f"the database refuses {S2}/session.md: duplicate key" in found.err
    assert "one_title" in found.err
    assert "keeps changing" not in found.err
    own.edit(f"{S2}/session.md", "title: Why leaders listen", "title: Why they listen")
    own.ok("push")
