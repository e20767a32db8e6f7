"""The machine's databases, as somebody sees them who is not studio."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from studio_sync.database.postgres.rows.row_writer import Writer
from tests.cutting import Cut, cut
from tests.harness import TABLES, Desk
from tests.machine.words import words_of

_LEDGER = ("studio_sync.runs", "studio_sync.versions", "studio_sync.notes")
PROGRESS = "progress"
"""A table that is no kind's: how far learners have come in a session, which goes when that is deleted."""
_ALL = (*TABLES, PROGRESS, *_LEDGER)
_PARENTS = dict(
    zip(
        TABLES,
        ("NULL", "client_id", "client_id", "program_id", "program_id", "chapter_id", *["session_id"] * 4),
        strict=True,
    )
)
_TOKENS = ("articles", "videos", "sessions", "chapters", "programs", "clients")
STATED = {"programs", "sessions", "articles", "videos", "quizzes", "exercises"}
_ROWS = " UNION ALL ".join(
    f"SELECT '{table}', id::text, {parent}::text, {'status' if table in STATED else 'NULL'},"
    f" {'number' if table == 'sessions' else 'NULL'}, t::text"
    f" FROM {table} AS t"
    for table, parent in _PARENTS.items()
)


COLUMNS = {
    "clients": ("name", "notes"),
    "client_knowledge": ("content",),
    "programs": ("name", "description"),
    "program_knowledge": ("title", "content"),
    "chapters": ("title", "description"),
    "sessions": ("title", "hook", "description", "learning_objectives"),
    "articles": ("content", "sources"),
    "videos": ("script",),
    "quizzes": ("questions", "metadata"),
    "exercises": ("title", "description", "ai_mentor", "scenario", "success_criteria"),
}
"""The columns of each table in which words stand."""
_JSON = {
    "learning_objectives", "sources", "questions", "metadata", "ai_mentor", "scenario", "success_criteria",
}  # fmt: skip


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


class Database(ABC):
    """One of the databases, as somebody else sees it, and what they do there."""

    writer: type
    """The class whose `apply` writes a push, once it has its transaction."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self._rows: tuple[object, list[Row]] | None = None
        self._names: dict[str | None, str] = {}
        self.touched = True
        """Whether it may be another one than when a sequence began."""

    # --- what is there

    @abstractmethod
    def moment(self) -> object:
        """What is another one after each transaction."""

    @abstractmethod
    def read(self) -> list[Row]:
        """All rows."""

    @abstractmethod
    def ledger_words(self) -> set[str]:
        """All words that the ledger holds."""

    @abstractmethod
    def runs(self) -> list[str]:
        """The runs in the ledger, newest first."""

    @abstractmethod
    def tokens(self) -> list[tuple[str, int]]:
        """The id and the token of rows."""

    def rows(self) -> list[Row]:
        """All rows, in a settled order; they are read again only where any transaction wrote since."""
        moment = self.moment()
        if self._rows is None or self._rows[0] != moment:
            found = self.read()
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

    @abstractmethod
    def learned(self) -> frozenset[str]:
        """The words of all learners."""

    # --- what somebody does there

    @abstractmethod
    def learn(self, session: str, word: str) -> None:
        """A learner writes a word about a session."""

    @abstractmethod
    def replace(self, row: Row, old: str, new: str) -> None:
        """Write a word over another one, wherever it stands in a row."""

    @abstractmethod
    def delete(self, row: Row) -> None:
        """Delete a row, with all below it."""

    @abstractmethod
    def new_session(self, own: str, chapter: str, number: int, title: str) -> None:
        """Make a session, unless there is one with this number."""

    @abstractmethod
    def new_article(self, own: str, session: str, content: str) -> None:
        """Give a session an article, if it is there."""

    @abstractmethod
    def drag(self, row: Row, order: int) -> None:
        """Put a session at another place among its siblings."""

    @abstractmethod
    def move(self, row: Row, chapter: str, number: int) -> None:
        """Put a session into a chapter, unless there is one with this number."""

    @abstractmethod
    def step(self, row: Row, status: str) -> None:
        """Set a status."""

    # --- what happens to it

    @abstractmethod
    def save(self, name: str) -> None:
        """Keep a copy of it under a name."""

    @abstractmethod
    def load(self, name: str) -> None:
        """Bring it back to how it was copied: every row is written anew."""

    def reset(self) -> None:
        """Bring it back to where a sequence begins."""
        self.load("saved")

    @abstractmethod
    def cut(self, where: Cut) -> AbstractContextManager[object]:
        """Commands in the block lose their connection at a COMMIT."""

    def shared(self) -> AbstractContextManager[object]:
        """What a process that is started in the block commits is there afterwards."""
        return nullcontext()


class PostgresDatabase(Database):
    """A database of PostgreSQL."""

    writer = Writer

    def __init__(self, name: str, root: Path, url: str) -> None:
        super().__init__(name, url)
        self._desk = Desk.__new__(Desk)
        self._desk.root, self._desk.url, self._desk.content = root, url, root
        self._desk.sql("CREATE SCHEMA saved; CREATE SCHEMA backup")
        self._desk.sql(
            f"CREATE TABLE {PROGRESS}"
            " (note text, session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE)"
        )

    def moment(self) -> object:
        """The transactions that this one sees."""
        return self._desk.one("SELECT pg_current_snapshot()::text")

    def read(self) -> list[Row]:
        """All rows."""
        return [Row(*known, frozenset(words_of(known[-1]))) for known in self._desk.sql(_ROWS)]

    def learned(self) -> frozenset[str]:
        """The words of all learners."""
        return frozenset(note for (note,) in self._desk.sql(f"SELECT note FROM {PROGRESS}"))

    def learn(self, session: str, word: str) -> None:
        """A learner writes a word about a session."""
        self._desk.sql(f"INSERT INTO {PROGRESS} VALUES (%s, %s)", word, session)

    def runs(self) -> list[str]:
        """The runs in the ledger, newest first."""
        return [
            own for (own,) in self._desk.sql("SELECT id::text FROM studio_sync.runs ORDER BY at DESC, id")
        ]

    def tokens(self) -> list[tuple[str, int]]:
        """The id and the xmin of each row."""
        query = " UNION ALL ".join(f"SELECT id::text, xmin::text::bigint FROM {table}" for table in _TOKENS)
        return [(own, token) for own, token in self._desk.sql(query)]

    def replace(self, row: Row, old: str, new: str) -> None:
        """Write a word over another one."""
        for column in COLUMNS[row.table]:
            kind = "jsonb" if column in _JSON or row.table == "client_knowledge" else "text"
            self._desk.sql(
                f"UPDATE {row.table} SET {column} = replace({column}::text, %s, %s)::{kind},"
                f" updated_at = now() WHERE id = %s AND {column}::text LIKE %s",
                old, new, row.id, f"%{old}%",
            )  # fmt: skip

    def delete(self, row: Row) -> None:
        """Delete a row."""
        self._desk.sql(f"DELETE FROM {row.table} WHERE id = %s", row.id)

    def new_session(self, own: str, chapter: str, number: int, title: str) -> None:
        """Make a session."""
        self._desk.sql(
            "INSERT INTO sessions (id, chapter_id, number, title, order_index)"
            " SELECT %s, id, number || '.' || %s, %s, %s FROM chapters WHERE id = %s"
            " ON CONFLICT DO NOTHING",
            own, str(number), title, number, chapter,
        )  # fmt: skip

    def new_article(self, own: str, session: str, content: str) -> None:
        """Give a session an article."""
        self._desk.sql(
            "INSERT INTO articles (id, session_id, content) SELECT %s, id, %s FROM sessions WHERE id = %s",
            own, content, session,
        )  # fmt: skip

    def drag(self, row: Row, order: int) -> None:
        """Put a session at another place."""
        self._desk.sql("UPDATE sessions SET order_index = %s WHERE id = %s", order, row.id)

    def move(self, row: Row, chapter: str, number: int) -> None:
        """Put a session into a chapter."""
        self._desk.sql(
            "UPDATE sessions AS s SET chapter_id = c.id, number = c.number || '.' || %s FROM chapters AS c"
            " WHERE s.id = %s AND c.id = %s AND NOT EXISTS"
            " (SELECT FROM sessions WHERE chapter_id = c.id AND number = c.number || '.' || %s)",
            str(number), row.id, chapter, str(number),
        )  # fmt: skip

    def step(self, row: Row, status: str) -> None:
        """Set a status."""
        self._desk.sql(f"UPDATE {row.table} SET status = %s WHERE id = %s", status, row.id)

    def cut(self, where: Cut) -> AbstractContextManager[object]:
        """Commands in the block lose their connection at a COMMIT."""
        return cut(where)

    def hang_up(self) -> None:
        """Close the connection."""
        self._desk.hang_up()

    def ledger_words(self) -> set[str]:
        """All words that the ledger holds."""
        found = self._desk.sql("SELECT document::text FROM studio_sync.versions WHERE document IS NOT NULL")
        return words_of("\n".join(text for (text,) in found))

    def save(self, name: str) -> None:
        """Copy it into a schema of that name."""
        for table in _ALL:
            copy = f"{name}.{table.rpartition('.')[2]}"
            self._desk.sql(f"DROP TABLE IF EXISTS {copy}; CREATE TABLE {copy} AS TABLE {table}")

    def load(self, name: str) -> None:
        """Bring it back to how it was copied."""
        sql = [f"TRUNCATE {', '.join(_ALL)}"]
        sql += [f"INSERT INTO {table} TABLE {name}.{table.rpartition('.')[2]}" for table in _ALL]
        with self._desk.connection.transaction():
            self._desk.sql("; ".join(sql))
