"""Two clients in one database, an administrator who is no superuser, and roles that each may do something."""

# ruff: noqa: E501 (a statement is read best in one line)

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg
import pytest
from psycopg import sql

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests import servers
from tests.harness import TABLES, Result, run

CLIENTS = ("acme", "globex")
LEDGER = ("runs", "versions", "notes", "changes")
EVERYTHING = (*TABLES, *(f"studio_sync.{name}" for name in LEDGER))

OTHERS_POLICIES = """
CREATE TABLE memberships (user_id uuid, client_id uuid);
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON clients TO public USING (true);
CREATE POLICY everyone ON articles TO public USING (true) WITH CHECK (true);
CREATE POLICY everyone ON sessions FOR SELECT TO public USING (true);
CREATE POLICY members ON programs TO public
    USING (EXISTS (SELECT FROM memberships m WHERE m.client_id = programs.client_id));
CREATE POLICY signed_in ON chapters TO public USING (current_setting('request.user')::uuid IS NOT NULL);
"""
"""What a hosted database may have already: open doors, policies that ask other tables, or a web session."""


def uid(*names: str) -> str:
    """An id that stays the same: of acme's draft session, `uid("acme", "session", "draft")`."""
    return str(uuid5(NAMESPACE_URL, "/".join(names)))


def content_of(client: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """One client's rows: a program at work with a draft and an approved session, and a published one."""

    def own(*names: str) -> str:
        return uid(client, *names)

    yield (
        "INSERT INTO clients (id, name, slug) VALUES (%s, %s, %s)",
        (own("client"), f"{client} & Co", client),
    )
    yield (
        "INSERT INTO client_knowledge (id, client_id, type, content) VALUES (%s, %s, 'terminology', '{}')",
        (own("knowledge"), own("client")),
    )
    for at, status in (("draft", "draft"), ("locked", "published")):
        yield (
            (
                "INSERT INTO programs (id, client_id, name, slug, status, total_sessions)"
                " VALUES (%s, %s, %s, %s, %s, %s)"
            ),
            (own("program", at), own("client"), f"{client} {at}", at, status, 3 if at == "draft" else 0),
        )
    yield (
        "INSERT INTO program_knowledge (id, program_id, type, content) VALUES (%s, %s, 'brief', 'secret')",
        (own("brief"), own("program", "draft")),
    )
    yield (
        "INSERT INTO chapters (id, program_id, number, title, order_index) VALUES (%s, %s, 1, 'One', 1)",
        (own("chapter"), own("program", "draft")),
    )
    for i, at in enumerate(("draft", "approved"), 1):
        yield (
            (
                "INSERT INTO sessions (id, chapter_id, number, title, order_index, status)"
                " VALUES (%s, %s, %s, 'S', %s, %s)"
            ),
            (own("session", at), own("chapter"), f"1.{i}", i, at),
        )
        yield (
            "INSERT INTO articles (id, session_id, content, status) VALUES (%s, %s, 'secret', %s)",
            (own("article", at), own("session", at), at),
        )
        yield (
            "INSERT INTO videos (id, session_id, script, status) VALUES (%s, %s, 'secret', %s)",
            (own("video", at), own("session", at), at),
        )
        yield (
            "INSERT INTO quizzes (id, session_id, questions, status) VALUES (%s, %s, '[]', %s)",
            (own("quiz", at), own("session", at), at),
        )
        yield (
            (
                "INSERT INTO exercises (id, session_id, exercise_type, title, description, ai_mentor, status)"
                " VALUES (%s, %s, 'ROLEPLAY', 'E', 'secret', '{}', %s)"
            ),
            (own("exercise", at), own("session", at), at),
        )
    yield (
        "INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES (%s, %s, '1.3', 'S', 3)",
        (own("session", "mixed"), own("chapter")),
    )
    yield (
        "INSERT INTO articles (id, session_id, content, status) VALUES (%s, %s, 'secret', 'approved')",
        (own("article", "mixed"), own("session", "mixed")),
    )
    yield (
        "INSERT INTO studio_sync.runs (id, actor, source, message) VALUES (%s, 'ada', 'push', %s)",
        (own("run"), f"for {client}"),
    )
    yield (
        (
            "INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests)"
            " VALUES (%s, %s, %s, 'client', %s, 1, %s, '', %s, '')"
        ),
        (own("entry"), own("run"), own("client"), own("client"), own("client"), client),
    )
    yield (
        (
            "INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)"
            " VALUES (%s, %s, %s, 'client', %s, '', %s, '', '{}', 1)"
        ),
        (own("note"), own("run"), own("client"), own("client"), client),
    )
    yield (
        (
            "INSERT INTO studio_sync.changes (run, role, top, kind, rid, row_id, parent, slot)"
            " VALUES (%s, 'web', %s, 'client', %s, %s, '', %s)"
        ),
        (own("run"), own("client"), own("client"), own("client"), client),
    )


@dataclass
class Yard:
    """The database, and the people around it."""

    server: Server
    url: str
    folder: Path

    @property
    def name(self) -> str:
        """The database's name, which its roles' names begin with: they are the whole server's."""
        return self.url.rpartition("/")[2]

    def role(self, who: str) -> str:
        """The full name of a role."""
        return f"{self.name}_{who}"

    def address(self, who: str) -> str:
        """The URL with which a role connects."""
        return self.url.replace("postgres@", f"{self.role(who)}@")

    def connect(self, who: str = "") -> psycopg.Connection:
        """A connection in autocommit; without a role the superuser's."""
        return open_connection(parse_address(self.address(who) if who else self.url))

    def sql(self, query: str, *values: Any, who: str = "") -> list[tuple[Any, ...]]:
        """The rows of a statement of `who`, the superuser where nobody is named."""
        with self.connect(who) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def studio(self, *arguments: str, who: str = "boss") -> Result:
        """Run `studio` as a role."""
        return run(
            *arguments, cwd=self.folder, env={"STUDIO_DATABASE_URL": self.address(who), "COLUMNS": "100"}
        )

    def make_roles(self, *names: str) -> None:
        """Roles that may log in."""
        for name in names:
            self.sql(f"CREATE ROLE {self.role(name)} LOGIN")

    def give_to(self, owner: str) -> None:
        """Let a role own the tables and studio's schema, and the database stay the superuser's."""
        role = self.role(owner)
        self.sql(f"ALTER SCHEMA studio_sync OWNER TO {role}")
        for table in (*EVERYTHING, "studio_sync.meta"):
            self.sql(f"ALTER TABLE {table} OWNER TO {role}")

    def fill(self) -> None:
        """Write both clients' rows."""
        with self.connect() as connection, connection.transaction():
            for client in CLIENTS:
                for query, values in content_of(client):
                    connection.execute(query.encode(), values)

    def everything(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of a table, with the transactions that wrote them."""
        return self.sql(f"SELECT xmin::text, t::text FROM {table} AS t ORDER BY t::text")


def _yard(server: Server, folder: Path) -> Iterator[Yard]:
    (folder / "content").mkdir(parents=True)
    (folder / "studio.yaml").write_text("name: yard\n")
    with servers.database(server) as url:
        yard = Yard(server, url, folder)
        yard.sql(f"CREATE ROLE {yard.role('boss')} LOGIN CREATEROLE")
        yield yard
    with open_connection(parse_address(server.url("postgres"))) as connection:
        made = connection.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [yard.name + "_"]
        ).fetchall()
        for (role,) in made:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def yard(pg: Server, tmp_path: Path) -> Iterator[Yard]:
    """A database with two clients, whose tables belong to an administrator who is no superuser."""
    for yard in _yard(pg, tmp_path / "yard"):
        yard.give_to("boss")
        yard.fill()
        yield yard


@pytest.fixture(scope="session", params=servers.VERSIONS)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """The same with other people's policies, and a reader, a writer and an approver for acme; on each version.

    Tests that share it take back what they do.
    """
    server = servers.server(request.param)
    for yard in _yard(server, tmp_path_factory.mktemp("town") / str(request.param)):
        yard.give_to("boss")
        yard.sql(OTHERS_POLICIES)
        yard.fill()
        yard.make_roles("reader", "writer", "approver", "web")
        for who in ("reader", "writer", "approver"):
            # A place to make things in, as more rights than most have.
            yard.sql(f"CREATE SCHEMA {yard.role(who)} AUTHORIZATION {yard.role(who)}")
        yard.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {yard.role('web')}")
        for who, can in (("reader", "read"), ("writer", "write"), ("approver", "approve")):
            done = yard.studio("db", "grant", yard.role(who), "--client", "acme", "--can", can)
            assert done.code == 0, done
        yield yard


@pytest.fixture
def attempt(town: Yard) -> Iterator[Callable[..., Any]]:
    """Run a statement as a role and take it back: the number of rows that it touched, or the error."""
    connections: dict[str, psycopg.Connection] = {}

    def attempted(who: str, query: str, *before: str) -> Any:
        connection = connections.get(who) or connections.setdefault(who, town.connect(who))
        try:
            with connection.transaction(force_rollback=True):
                for statement in before:
                    connection.execute(statement.encode())
                if query.startswith("COPY") and "STD" in query:
                    with connection.cursor().copy(query.encode()) as copied:
                        return [] if "FROM STDIN" in query else list(copied.rows())
                cursor = connection.execute(query.encode())
                return cursor.fetchall() if cursor.description else cursor.rowcount
        except psycopg.Error as error:
            return error

    yield attempted
    for connection in connections.values():
        connection.close()
