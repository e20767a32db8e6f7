"""The SQLite file in which a workspace's memory is kept."""

import sqlite3
from importlib.resources import files as package_files
from pathlib import Path

FORMAT = 2
"""The version of the tables. Another format is set aside: nothing in it is worth a guess."""


def connect(place: Path | str) -> sqlite3.Connection:
    """The database at `place`, with its tables. Raises sqlite3.DatabaseError if it's none of this format."""
    db = sqlite3.connect(place, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -32768")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"format {found}")
        if found == 0:
            sql = (package_files("studio_sync.files") / "memory.sql").read_text("utf-8")
            db.executescript(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {FORMAT}; COMMIT;")
    except BaseException:
        db.close()
        raise
    return db
