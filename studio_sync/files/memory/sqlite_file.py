"""The SQLite schema of a workspace's memory, and its migration."""

import sqlite3
from pathlib import Path

FORMAT = 4
"""The version of the schema. Versions 2 and 3 only lack tables; any other is set aside."""


def open_memory_db(place: Path | str) -> sqlite3.Connection:
    """Open the database at `place` with its tables. Raises sqlite3.DatabaseError for another format."""
    db = sqlite3.connect(place, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -32768")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, 2, 3, FORMAT):
            raise sqlite3.DatabaseError(f"format {found}")
        if found != FORMAT:
            sql = Path(__file__).with_name("memory.sql").read_text("utf-8")
            db.executescript(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {FORMAT}; COMMIT;")
    except BaseException:
        db.close()
        raise
    return db
