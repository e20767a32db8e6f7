"""What a database is set to that its rows are read from."""

from tests.harness import Desk


def test_a_database_that_writes_dates_in_another_style_has_its_log_read(own: Desk) -> None:
    """psycopg reads moments in one style alone, and once that was a traceback."""
    name = own.one("SELECT quote_ident(current_database())")
    own.sql(f"ALTER DATABASE {name} SET datestyle = 'SQL, DMY'")
    found = own.ok("log").out
    assert "push" in found
    assert "client.md" in own.ok("show", found.split()[0]).out
    own.ok("board")
