"""The machine's databases, as somebody sees them who is not studio."""

from dataclasses import dataclass
from pathlib import Path

from tests.harness import TABLES, Desk
from tests.machine.words import words_of

_LEDGER = ("studio_sync.runs", "studio_sync.versions", "studio_sync.notes")
_ALL = (*TABLES, *_LEDGER)
_PARENTS = dict(
    zip(
        TABLES,
        ("NULL", "client_id", "client_id", "program_id", "program_id", "chapter_id", *["session_id"] * 4),
        strict=True,
    )
)
_STATED = {"programs", "sessions", "articles", "videos", "quizzes", "exercises"}
_ROWS = " UNION ALL ".join(
    f"SELECT '{table}', id::text, {parent}::text, {'status' if table in _STATED else 'NULL'},"
    f" {'number' if table == 'sessions' else 'NULL'}, t::text"
    f" FROM {table} AS t"
    for table, parent in _PARENTS.items()
)


@dataclass(frozen=True)
class Row:
    """A row, and the words that stand in it."""

    table: str
    id: str
    parent: str | None
    status: str | None
    number: str | None
    text: str
    words: frozenset[str]


class Database:
    """One of the databases, as somebody else sees it."""

    def __init__(self, name: str, root: Path, url: str) -> None:
        self.name, self.url, self.desk = name, url, Desk.__new__(Desk)
        self.desk.root, self.desk.url, self.desk.content = root, url, root
        self._rows: tuple[str, list[Row]] | None = None
        self._names: dict[str | None, str] = {}
        self.touched = True
        """Whether it may be another one than when a sequence began."""

    def rows(self) -> list[Row]:
        """All rows, in a settled order; they are read again only where any transaction wrote since."""
        moment = self.desk.one("SELECT pg_current_snapshot()::text")
        if self._rows is None or self._rows[0] != moment:
            found = [Row(*known, frozenset(words_of(known[-1]))) for known in self.desk.sql(_ROWS)]
            self._name(found)
            name = self._names
            found.sort(key=lambda row: (TABLES.index(row.table), name.get(row.parent, ""), name[row.id]))
            self._rows = (moment, found)
        return self._rows[1]

    def _name(self, rows: list[Row]) -> None:
        """Give new rows names in the order in which they come: their ids are random, and settle nothing."""
        new = [row for row in rows if row.id not in self._names]
        if not self._names:
            self._names = {row.id: row.id for row in new}
            return
        for row in sorted(
            new, key=lambda row: (TABLES.index(row.table), row.number or "", sorted(row.words))
        ):
            self._names[row.id] = f"new {len(self._names):06}"

    def ledger_words(self) -> set[str]:
        """All words that the ledger holds."""
        found = self.desk.sql("SELECT document::text FROM studio_sync.versions WHERE document IS NOT NULL")
        return words_of("\n".join(text for (text,) in found))

    def save(self, schema: str) -> None:
        """Copy it into a schema."""
        for name in _ALL:
            copy = f"{schema}.{name.rpartition('.')[2]}"
            self.desk.sql(f"DROP TABLE IF EXISTS {copy}; CREATE TABLE {copy} AS TABLE {name}")

    def load(self, schema: str) -> None:
        """Bring it back to how it was copied."""
        sql = [f"TRUNCATE {', '.join(_ALL)}"]
        sql += [f"INSERT INTO {name} TABLE {schema}.{name.rpartition('.')[2]}" for name in _ALL]
        with self.desk.connection.transaction():
            self.desk.sql("; ".join(sql))
