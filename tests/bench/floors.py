"""What no tool of this kind can do without, as two programs: the floors that studio's times are held against.

`push URL TREE DATA`: read every file of a tree, and send rows and ledger entries, which stand in the files
of the folder DATA, by binary COPY into the tables of a database with all their keys and indexes.
`pull URL FOLDER SIZES`: read every row of the ten tables in binary, and write files of the given sizes by
plain open, write and close. Neither parses, compares, checks, counts or keeps anything.
"""

import json
import os
import sys
from pathlib import Path

from studio_sync.kinds import ALL_KINDS

_PIECE = 1 << 20


def push(url: str, tree: str, data: str) -> None:
    """Read the tree, and copy `data` into the database in one transaction, in the order of its names."""
    import psycopg

    for folder, _, names in os.walk(tree):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                file.read()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for source in sorted(Path(data).iterdir()):
            table = source.name.partition("-")[2]
            with source.open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                while piece := file.read(_PIECE):
                    copy.write(piece)


def pull(url: str, folder: str, sizes: str) -> None:
    """Read all rows, and write files of `sizes`: a JSON object of the size of each path."""
    import psycopg

    wanted: dict[str, int] = json.loads(Path(sizes).read_bytes())
    with psycopg.connect(url) as connection:
        for kind in ALL_KINDS:
            with connection.cursor(binary=True) as cursor:
                cursor.execute(f"SELECT * FROM {kind.table}").fetchall()
    text = b"x" * max(wanted.values())
    made = set()
    for path, size in wanted.items():
        parent = os.path.join(folder, os.path.dirname(path))
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        with open(os.path.join(folder, path), "wb") as file:
            file.write(text[:size])


if __name__ == "__main__":
    {"push": push, "pull": pull}[sys.argv[1]](*sys.argv[2:])
