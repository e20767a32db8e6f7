import os
import sqlite3
from contextlib import closing, nullcontext
from uuid import UUID

import pytest

from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Version
from studio_sync.errors import UnavailableError
from studio_sync.files.memory.entries import Base, FileEntry, packed_stat
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.sqlite_file import FORMAT, indexed_later
from studio_sync.files.tree.disk.state_folder import open_state
from studio_sync.files.tree.walking.listing import stamp_of
from studio_sync.files.tree.walking.survey import BackgroundSurvey

STAT = (10, 1_700_000_000_000_000_001, 1_700_000_000_000_000_002, 7)
OWN = UUID("11111111-1111-1111-1111-111111111111")


def entry(path="a/client.md", **given):
    values = {
        "packed": packed_stat(STAT),
        "kind": "client",
        "parent": "",
        "slot": "a",
        "id": None,
        "digests": b"d",
        "problems": (),
    }
    return FileEntry(path, **{**values, **given})


def base(
    rid="r", path="a/client.md", *, kind="client", parent="", slot="a", row=OWN.bytes, token=5, settled=True
):
    return Base(Version(rid, kind, parent, slot, b"d" * 16), path, row, token, settled)


def database(memory, label, lineage, horizon):
    """The number of a database that a run has seen."""
    db = memory.number_of(label)
    memory.see_database(db, lineage, horizon)
    return db


@pytest.fixture
def db(memory):
    return database(memory, "staging", "lineage", 100)


# --- opening


def test_a_memory_is_kept_from_run_to_run_and_out_of_git(tmp_path):
    first = Memory.open(tmp_path / ".studio")
    assert first.is_blank()
    first.put_files([entry()])
    first.set_fact("schemas", "x")
    first.close()
    assert (tmp_path / ".studio/.gitignore").read_text() == "*\n"
    second = Memory.open(tmp_path / ".studio")
    assert second.file("a/client.md") == entry()
    assert second.fact("schemas") == "x"
    assert not second.is_blank()
    second.close()


def test_a_gitignore_that_someone_changed_stays(tmp_path):
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio/.gitignore").write_text("mine\n")
    Memory.open(tmp_path / ".studio").close()
    assert (tmp_path / ".studio/.gitignore").read_text() == "mine\n"


def test_a_memory_of_one_run_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    memory = Memory.nowhere()
    memory.put_files([entry()])
    assert memory.count_files() == 1
    memory.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_memory_is_set_aside_and_begun_anew(tmp_path, damage):
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio/memory.db").write_bytes(damage)
    memory = Memory.open(tmp_path / ".studio")
    assert memory.is_blank()
    memory.put_files([entry()])
    memory.close()
    assert (tmp_path / ".studio/damaged-memory.db").read_bytes() == damage
    again = Memory.open(tmp_path / ".studio")
    assert again.count_files() == 1
    again.close()


def test_a_memory_of_the_format_before_is_brought_up_to_date_and_keeps_what_it_knows(tmp_path):
    old = Memory.open(tmp_path)
    db = database(old, "staging", "lineage", 100)
    old.put_bases(db, [base()])
    old.close()
    with closing(sqlite3.connect(tmp_path / "memory.db")) as file:
        file.executescript("DROP TABLE folders; DROP INDEX files_by_kind; PRAGMA user_version = 2;")
    new = Memory.open(tmp_path)
    assert new.base(db, "r") == base()
    assert new.known().folders == {}
    assert not list(tmp_path.glob("damaged-*"))
    new.close()


def test_a_memory_in_another_format_is_set_aside_and_not_guessed_at(tmp_path):
    memory = Memory.open(tmp_path / ".studio")
    memory.put_files([entry()])
    memory.close()
    other = sqlite3.connect(tmp_path / ".studio/memory.db")
    other.execute(f"PRAGMA user_version = {FORMAT + 1}")
    other.close()
    memory = Memory.open(tmp_path / ".studio")
    assert memory.is_blank()
    memory.close()
    assert (tmp_path / ".studio/damaged-memory.db").exists()


ENDLESS = "WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x AS path FROM r"
PROGRAMS = {
    "a view": f"DROP TABLE folders; CREATE VIEW folders AS {ENDLESS}",
    "a trigger": "CREATE TRIGGER later AFTER UPDATE ON files BEGIN DELETE FROM bases; END",
    "a virtual table": "CREATE VIRTUAL TABLE words USING fts5 (a)",
    "a view that is called a table": (
        "CREATE VIEW v AS SELECT 1; PRAGMA writable_schema = ON;"
        " UPDATE sqlite_master SET type = 'table', rootpage = 2 WHERE type = 'view'"
    ),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_memory_with_more_than_tables_is_set_aside_and_not_asked(tmp_path, program):
    """It came with an archive: a view in place of a table kept every command busy for ever."""
    Memory.open(tmp_path / ".studio").close()
    with closing(sqlite3.connect(tmp_path / ".studio/memory.db")) as file:
        file.executescript(f"CREATE TABLE large AS SELECT zeroblob(3000000); {program}")
    BackgroundSurvey(tmp_path, tmp_path / ".studio").close()  # it asks before the memory is opened
    memory = Memory.open(tmp_path / ".studio")
    assert memory.count_files() == 0
    memory.close()
    assert (tmp_path / ".studio/damaged-memory.db").exists()


def test_a_folder_that_can_not_be_written_is_told(tmp_path):
    (tmp_path / ".studio").write_text("a file")
    with pytest.raises(UnavailableError, match="can't write in"):
        Memory.open(tmp_path / ".studio")
    with pytest.raises(UnavailableError, match="can't write in"):
        Memory.open(tmp_path / "no" / "such" / ".studio")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/memory.db").mkdir()
    with pytest.raises(UnavailableError, match=r"can't use .*\.studio: unable to open"):
        Memory.open(tmp_path / "other")


def test_a_file_of_the_state_folder_that_goes_while_it_is_looked_at_is_no_fault(tmp_path, monkeypatch):
    """As SQLite's files go when another process, which surveys the tree, closes the memory."""
    folder, listed = tmp_path / ".studio", os.scandir
    Memory.open(folder).close()

    def going(place):
        (folder / "memory.db-wal").write_bytes(b"")
        entries = [*listed(place)]
        (folder / "memory.db-wal").unlink()
        return nullcontext(entries)

    with monkeypatch.context() as now:
        now.setattr(os, "scandir", going)
        open_state(folder)


# --- all or nothing


def test_what_is_written_together_is_kept_together(memory, db):
    with memory.changing():
        memory.put_files([entry()])
        memory.put_bases(db, [base()])
    assert memory.count_files() == memory.count_settled(db) == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_kept_of_what_was_not_finished(memory, db, error):
    memory.put_files([entry("before.md")])

    def write_and_fail():
        memory.put_files([entry()])
        with memory.changing():
            memory.drop_files(["before.md"])
        raise error

    with pytest.raises(error), memory.changing():
        write_and_fail()
    assert memory.known().files == {"before.md": stamp_of(STAT)}
    with memory.changing():
        memory.put_files([entry()])
    assert memory.count_files() == 2


def test_a_memory_that_can_not_be_written_is_told_with_the_way_out(memory):
    def fill_the_disk():
        memory.put_files([entry()])
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(UnavailableError, match="the disk is full") as told, memory.changing():
        fill_the_disk()
    assert "free some space" in told.value.hint
    assert memory.is_blank()


def test_damage_that_shows_later_is_left_to_whoever_can_begin_anew(tmp_path, memory):
    def find_damage():
        memory.put_files([entry()])
        raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(sqlite3.DatabaseError), memory.changing():
        find_damage()
    assert memory.is_blank()
    memory.close()
    Memory.set_aside(tmp_path / ".studio")
    assert (tmp_path / ".studio/damaged-memory.db").exists()
    assert not (tmp_path / ".studio/memory.db").exists()
    Memory.set_aside(tmp_path / ".studio")


def test_two_runs_share_a_memory(tmp_path, memory):
    other = Memory.open(tmp_path / ".studio")
    with memory.changing():
        memory.put_files([entry()])
        assert other.known().files == {}
    assert other.known().files == {"a/client.md": stamp_of(STAT)}
    with other.changing():
        other.put_files([entry("b/client.md")])
    assert set(memory.known().files) == {"a/client.md", "b/client.md"}
    other.close()


def test_a_run_waits_for_another_ones_writing(tmp_path, memory):
    other = Memory.open(tmp_path / ".studio")
    other._db.execute("PRAGMA busy_timeout = 50")
    with memory.changing():
        memory.put_files([entry()])
        with pytest.raises(UnavailableError, match="locked"), other.changing():
            raise AssertionError("both write at once")
    with other.changing():
        other.put_files([entry("b/client.md")])
    assert memory.count_files() == 2
    other.close()


# --- files


def test_an_entry_comes_back_as_it_was(memory):
    problems = (
        Problem("content/a.md", 3, 4, "x", "what", "how", Severity.WARNING),
        Problem("content/a.md", 0, 0, "y", "ü\n"),
    )
    entries = [
        entry(),
        entry("b.md", problems=problems, digests=None, kind="", id="11"),
        entry("c.md", packed=packed_stat((2**40, 2**62, 1, 2**63 - 1))),
    ]
    memory.put_files(entries)
    assert [memory.file(e.path) for e in entries] == entries
    assert memory.file("d.md") is None
    assert memory.files_where("problems IS NOT NULL") == [entries[1]]
    assert [e.path for e in memory.files_where("path >= ?", "b")] == ["b.md", "c.md"]
    assert memory.count_files() == 2


def test_a_file_that_is_read_again_replaces_what_was_known(memory):
    memory.put_files([entry()])
    memory.put_files([entry(slot="other")])
    assert memory.files_where("1") == [entry(slot="other")]


def test_files_can_be_forgotten(memory):
    memory.put_files([entry(), entry("b.md")])
    memory.drop_files(iter(["b.md", "never.md"]))
    assert set(memory.known().files) == {"a/client.md"}


def test_ids_that_stand_in_several_files_are_found(memory):
    memory.put_files(
        [entry("b.md", id="1"), entry("a.md", id="1"), entry("c.md", id="2"), entry("d.md"), entry("e.md")]
    )
    assert memory.repeated_ids() == [("1", ["a.md", "b.md"])]


def test_places_that_several_files_have_are_found(memory):
    memory.put_files(
        [
            entry("01-a/chapter.md", kind="chapter", parent="p", slot="1"),
            entry("1-b/chapter.md", kind="chapter", parent="p", slot="1"),
            entry("x/1/chapter.md", kind="chapter", parent="q", slot="1"),
            entry("stray1.md", kind="", slot=""),
            entry("stray2.md", kind="", slot=""),
        ]
    )
    assert [paths for _, paths in memory.repeated_places()] == [["01-a/chapter.md", "1-b/chapter.md"]]


# --- what is settled


def test_a_file_that_is_read_again_is_not_settled_in_any_database(memory, db):
    other = database(memory, "production", "x", 1)
    for number in (db, other):
        memory.put_bases(number, [base(), base("s", "b/client.md")])
    memory.put_files([entry(), entry("b/client.md")])
    assert memory.count_settled(db) == 0
    assert memory.unsettled_files(db) == ["a/client.md", "b/client.md"]
    memory.put_bases(db, [base(), base("s", "b/client.md")])
    assert memory.count_settled(db) == 2
    assert memory.unsettled_files(db) == []
    assert memory.unsettled_files(other) == ["a/client.md", "b/client.md"]
    memory.drop_files(["b/client.md"])
    assert memory.count_settled(db) == 1


def test_a_new_file_and_a_stray_one_are_told_apart(memory, db):
    memory.put_files([entry(), entry("stray.md", kind="")])
    assert memory.unsettled_files(db) == ["a/client.md"]


def test_what_stands_right_below_a_changed_parent_is_compared_again(memory, db):
    memory.put_files(
        [
            entry(),
            entry("a/p/program.md", parent="a/client.md"),
            entry("a/p/1/chapter.md", parent="a/p/program.md"),
        ]
    )
    memory.put_bases(db, [base(), base("p", "a/p/program.md"), base("c", "a/p/1/chapter.md")])
    memory.unsettle_below(["a/client.md"])
    assert memory.unsettled_files(db) == ["a/p/program.md"]


# --- bases


def test_a_base_comes_back_as_it_was(memory, db):
    bases = [
        base(),
        base("s", "b.md", token=None, settled=False),
        base("t", "c.md", token=2**32 - 1, slot="ü\n"),
    ]
    memory.put_bases(db, bases)
    assert [memory.base(db, b.version.rid) for b in bases] == bases
    assert memory.base(db, "never") is None
    assert memory.base(db + 1, "r") is None
    assert memory.unsettled_bases(db) == [bases[1]]
    assert memory.tokens(db, ["client", "program"]) == {
        (OWN.bytes, 5),
        (OWN.bytes, None),
        (OWN.bytes, 2**32 - 1),
    }
    memory.drop_bases(db, ["r", "never"])
    assert memory.base(db, "r") is None
    assert memory.base(db, "s") == bases[1]


def test_bases_are_counted_by_kind_and_parent(memory, db):
    memory.put_bases(
        db,
        [base(), base("s", kind="program", parent="r"), base("t", kind="program", parent="r", settled=False)],
    )
    assert memory.count_bases_by(db, "kind") == {"client": 1, "program": 2}
    assert memory.count_bases_by(db, "parent") == {"": 1, "r": 2}


def test_a_token_moves_only_for_who_knew_the_old_one(memory, db):
    other = database(memory, "production", "x", 1)
    memory.put_bases(db, [base(), base("s", row=b"s" * 16, token=6)])
    memory.put_bases(other, [base()])
    memory.move_tokens(db, {str(OWN): (5, 9), str(UUID(bytes=b"s" * 16)): (5, 9)})
    assert memory.tokens(db, ["client", "program"]) == {(OWN.bytes, 9), (b"s" * 16, 6)}
    assert memory.tokens(other, ["client"]) == {(OWN.bytes, 5)}


# --- databases


def test_each_database_has_bases_of_its_own(memory, db):
    other = database(memory, "production", "other", 100)
    assert other != db
    memory.put_bases(db, [base()])
    assert memory.base(other, "r") is None
    assert database(memory, "staging", "lineage", 100) == db


def test_what_is_tried_out_is_forgotten_but_for_what_is_kept_in_any_case(memory, db):
    memory.put_bases(db, [base()])
    memory.begin_trial()
    memory.put_bases(db, [base(token=6), base("s")])
    memory.keep(lambda: memory.set_fact("fast", "yes"))
    assert memory.base(db, "s") is not None
    memory.forget_trial()
    assert (memory.base(db, "r"), memory.base(db, "s")) == (base(), None)
    assert memory.fact("fast") == "yes"


def test_a_database_that_was_only_looked_at_is_not_known(memory):
    db = memory.number_of("staging")
    assert memory.number_of("staging") == db
    assert memory.known_database("staging") is None


def test_a_database_keeps_its_bases_until_they_are_forgotten_one_by_one(memory, db):
    memory.put_bases(db, [base(), base("s")])
    assert database(memory, "staging", "other", 50) == db
    assert memory.known_database("staging") == (db, "other", 50)
    assert memory.base(db, "r") is not None
    memory.set_row_digest(db, "some")
    memory.forget(db, ["r"])
    assert memory.base(db, "r") is None
    assert memory.base(db, "s") is not None
    assert memory.row_digest(db) == ""


def test_dropped_tokens_leave_the_bases(memory, db):
    other = database(memory, "production", "x", 1)
    for number in (db, other):
        memory.put_bases(number, [base()])
        memory.set_row_digest(number, "some")
    memory.drop_tokens(db)
    assert memory.base(db, "r") == base(token=None)
    assert memory.base(other, "r") == base()
    assert (memory.row_digest(db), memory.row_digest(other)) == ("", "some")


def test_the_databases_whose_ledger_is_known_are_told_the_newest_first(memory, db):
    others = [database(memory, name, "x", 1) for name in ("production", "never pushed to", "laptop")]
    for number in (db, others[0], others[2]):
        memory.set_last_run(number, f"run {number}")
    assert list(memory.other_databases(db).items()) == [(n, f"run {n}") for n in (others[2], others[0])]


def test_a_deletion_is_remembered_and_forgotten(memory, db):
    memory.put_deleted(db, {"r": 5, "s": 6})
    memory.forget(db, ["r"])
    assert memory.deleted(db) == {"s": 6}


# --- facts


def test_a_fact_is_remembered_until_it_changes(memory):
    assert memory.fact("tree") == ""
    memory.set_fact("tree", "[]")
    memory.set_fact("tree", "[1]")
    assert memory.fact("tree") == "[1]"


# --- filling an empty table


def indexes(memory):
    return memory._db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
    ).fetchall()


def test_an_empty_table_is_indexed_after_its_first_rows(memory, db):
    before = indexes(memory)
    with memory.changing():
        with indexed_later(memory._db, "files"):
            assert len(indexes(memory)) < len(before)
            memory.put_files([entry(), entry("b/client.md", slot="b")])
        memory.put_bases(db, [base(), base("s", "b/client.md", slot="b")])
    assert indexes(memory) == before
    assert [e.path for e in memory.files_where("parent = '' AND kind = 'client' AND slot = 'b'")] == [
        "b/client.md"
    ]
    assert memory.count_settled(db) == 2


def test_a_first_fill_that_fails_leaves_the_indexes(memory, db):
    def bases():
        yield base()
        raise ZeroDivisionError

    before = indexes(memory)
    with pytest.raises(ZeroDivisionError), memory.changing():
        memory.put_bases(db, bases())
    assert indexes(memory) == before
    assert not memory.any_bases(db)


def test_indexes_stay_while_rows_come_to_others_or_outside_of_a_transaction(memory):
    before = indexes(memory)
    with indexed_later(memory._db, "files"):
        assert indexes(memory) == before
        memory.put_files([entry()])
    with memory.changing(), indexed_later(memory._db, "files"):
        assert indexes(memory) == before
