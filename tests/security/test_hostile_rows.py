"""What a database is set to that its rows are read from."""

from types import SimpleNamespace

from studio_sync.database.postgres.ledger.runs import LedgerRuns
from studio_sync.kinds import KINDS
from tests.harness import CLIENT, Desk


def test_a_database_that_writes_dates_in_another_style_has_its_log_read(own: Desk) -> None:
    """psycopg reads moments in one style alone, and once that was a traceback."""
    name = own.one("SELECT quote_ident(current_database())")
    own.sql(f"ALTER DATABASE {name} SET datestyle = 'SQL, DMY'")
    found = own.ok("log").out
    assert "push" in found
    assert "client.md" in own.ok("show", found.split()[0]).out
    own.ok("board")


def test_entries_of_a_kind_that_nobody_knows_are_left_out_and_told(synced: Desk) -> None:
    columns = "entry, run, top, kind, rid, number, row_id, parent, slot, digests"
    synced.sql(
        f"INSERT INTO studio_sync.versions ({columns}) SELECT gen_random_uuid(), run, top, 'bogus',"
        " rid, 7, row_id, parent, slot, digests FROM studio_sync.versions WHERE rid = %s",
        CLIENT,
    )
    told = (
        "warning[unknown-entries] entries of the ledger are no versions of what they name (bogus): left out"
    )
    revision = synced.json("log")["runs"][0]["revision"]
    for line in (["log"], ["show", revision], ["undo", revision, "-n"]):
        found = synced.run(*line)
        assert found.code == (line[0] == "undo")  # that push made new records only: nothing is taken back
        assert told in found.err.replace("]:", "]"), line
        assert "bogus" not in found.out
        assert "unknown-entries" in [p["code"] for p in synced.run(*line, "--json").json["problems"]]
    synced.ok("restore", "content", "--to", revision, "-n")
    synced.ok("board")


def test_entries_of_a_run_that_nobody_asked_for_are_left_out() -> None:
    """A server may answer what it likes; it was a KeyError in `log`."""
    run, other = "a" * 32, "b" * 32
    rows = [(one, 1, CLIENT, "client", "", "acme", b"", False, None, *[None] * 5) for one in (run, other)]
    rows.append((run, 1, CLIENT, "bogus", "", "acme", b"", False, None, *[None] * 5))
    rows.append((run, 1, CLIENT, "client", "", "acme", b"odd", False, None, *[None] * 5))
    history = LedgerRuns(SimpleNamespace(execute=lambda *_, **__: rows), KINDS)  # type: ignore[arg-type]
    assert [(e.run, e.place.kind) for e in history.entered([run])] == [(run, "client")]
    assert history.left_out == {"bogus", "client"}
