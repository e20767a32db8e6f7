"""Who may only make a schema, a function or an operator wants whoever pushes to run it."""

# ruff: noqa: E501 (a statement is read best in one line)

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests import servers
from tests.harness import S1, TREE, Desk

ARTICLE = f"{S1}/article.md"
BECOME = "CREATE FUNCTION {name} LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE {mallory} SUPERUSER; RETURN {value}; END $$"


def evil(name: str, value: str = "NEW") -> str:
    """A function that makes its maker a superuser, if a superuser runs it."""
    return BECOME.replace("{name}", name).replace("{value}", value)


LATER = {
    "a trigger on the ledger": (
        "GRANT TRIGGER ON studio_sync.runs TO {mallory}",
        evil("mallory.t() RETURNS trigger"),
        "CREATE TRIGGER t BEFORE INSERT ON studio_sync.runs FOR EACH ROW EXECUTE FUNCTION mallory.t()",
    ),
    "a trigger on the list of grants": (
        "GRANT TRIGGER ON studio_sync.meta TO {mallory}",
        evil("mallory.t() RETURNS trigger"),
        "CREATE TRIGGER t BEFORE UPDATE ON studio_sync.meta FOR EACH ROW EXECUTE FUNCTION mallory.t()",
    ),
    "a function in studio_sync": (
        "GRANT CREATE ON SCHEMA studio_sync TO {mallory}",
        evil("studio_sync.my_access() RETURNS boolean", "true"),
    ),
    "a table in studio_sync": (
        "GRANT CREATE ON SCHEMA studio_sync TO {mallory}",
        "CREATE TABLE studio_sync.access (role regrole, top uuid, can text)",
    ),
    "a view in studio_sync": (
        "GRANT CREATE ON SCHEMA studio_sync TO {mallory}",
        "CREATE VIEW studio_sync.access AS SELECT NULL::regrole AS role, NULL::uuid AS top, NULL::text AS can",
    ),
    "a type in studio_sync": (
        "GRANT CREATE ON SCHEMA studio_sync TO {mallory}",
        "CREATE DOMAIN studio_sync.uuid AS text",
    ),
    "an operator in studio_sync": (
        "GRANT CREATE ON SCHEMA studio_sync TO {mallory}",
        evil("mallory.eq(text, varchar) RETURNS boolean", "true"),
        "CREATE OPERATOR studio_sync.= (LEFTARG = text, RIGHTARG = varchar, FUNCTION = mallory.eq)",
    ),
    "an operator that fits better than PostgreSQL's": (
        "GRANT CREATE ON SCHEMA public TO {mallory}",
        evil("mallory.eq(varchar, varchar) RETURNS boolean", "true"),
        "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = mallory.eq)",
    ),
    "a function that fits better than PostgreSQL's": (
        "GRANT CREATE ON SCHEMA public TO {mallory}",
        evil("public.starts_with(varchar, varchar) RETURNS boolean", "true"),
    ),
    "a table in front of the tables": (
        'CREATE TABLE "{user}".articles (id uuid)',
    ),
    "the whole schema": ("ALTER SCHEMA studio_sync OWNER TO {mallory}",),
    "the ledger": ("ALTER TABLE studio_sync.runs OWNER TO {mallory}",),
}  # fmt: skip
"""What mallory comes to own, step by step; a GRANT or ALTER is the superuser's mistake."""


class Street:
    """A desk whose database has somebody who may make schemas in it, and nothing else."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.mallory = desk.url.rpartition("/")[2] + "_mallory"
        self.url = desk.url.replace("postgres@", f"{self.mallory}@")

    def as_mallory(self, statement: str) -> None:
        """Run a statement as mallory; what starts with GRANT or ALTER as the superuser."""
        told = statement.replace("{mallory}", self.mallory).replace("{user}", "postgres")
        with open_connection(
            parse_address(self.desk.url if told.startswith(("GRANT", "ALTER")) else self.url)
        ) as connection:
            connection.execute(told.encode())

    def is_superuser(self) -> bool:
        """Whether an attack worked."""
        return bool(self.desk.one("SELECT rolsuper FROM pg_roles WHERE rolname = %s", self.mallory))


@pytest.fixture
def street(pg: Server, tmp_path: Path) -> Iterator[Street]:
    with servers.database(pg) as url, Desk(tmp_path / "desk", url) as desk:
        street = Street(desk)
        desk.sql(f"CREATE ROLE {street.mallory} LOGIN")
        desk.sql(f"GRANT CREATE ON DATABASE {url.rpartition('/')[2]} TO {street.mallory}")
        yield street
        desk.hang_up()
    with open_connection(parse_address(pg.url("postgres"))) as connection:
        connection.execute(f"DROP ROLE {street.mallory}".encode())


def removals(desk: Desk) -> list[str]:
    """The statements that doctor says remove what is a stranger's."""
    found = [f for f in desk.json("doctor")["checks"] if "owns neither the tables" in f["message"]]
    return [f["hint"].partition("end that: ")[2].partition(";")[0].partition(", and then")[0] for f in found]


@pytest.mark.parametrize("want", LATER)
def test_what_a_stranger_owns_is_not_run_and_doctor_says_what_ends_it(street: Street, want: str) -> None:
    desk = street.desk
    desk.write_all(TREE)
    desk.ok("push")
    for schema in ("mallory", "postgres"):
        street.as_mallory(f"CREATE SCHEMA {schema}")
    for statement in LATER[want]:
        street.as_mallory(statement)
    desk.edit(ARTICLE, "One two three.", "One.")
    for command in (
        ["push"],
        ["pull"],
        ["status"],
        ["log"],
        ["db", "init"],
        ["db", "access"],
        ["db", "prune", "--before", "2020-01-01", "--yes"],
        ["db", "grant", street.mallory, "--client", "acme-bank"],
    ):
        found = desk.run(*command)
        assert found.code == 1, (command, found)
        assert f"belongs to {street.mallory}" in found.err, command
        assert not street.is_superuser()
    told = removals(desk)
    assert told
    for statement in told:
        desk.sql(statement)
    desk.ok("db", "init")
    desk.ok("push")
    assert not street.is_superuser()


def test_a_schema_that_was_there_before_studios_is_not_taken_for_it(street: Street) -> None:
    desk = street.desk
    desk.sql("DROP SCHEMA studio_sync CASCADE")
    street.as_mallory("CREATE SCHEMA studio_sync")
    street.as_mallory("CREATE TABLE studio_sync.meta (one boolean, version integer)")
    street.as_mallory("INSERT INTO studio_sync.meta VALUES (true, 1)")
    street.as_mallory(evil("studio_sync.t() RETURNS trigger"))
    street.as_mallory(
        "CREATE TRIGGER t BEFORE UPDATE ON studio_sync.meta FOR EACH ROW EXECUTE FUNCTION studio_sync.t()"
    )
    found = desk.refused("db", "init")
    assert f"the schema studio_sync belongs to {street.mallory}" in found.err
    assert not street.is_superuser()
    assert removals(desk)[0] == "DROP SCHEMA studio_sync CASCADE"
    desk.sql(removals(desk)[0])
    desk.ok("db", "init")


def test_an_owner_who_is_no_superuser_is_no_stranger(street: Street) -> None:
    desk = street.desk
    street.as_mallory(f"ALTER DATABASE {desk.url.rpartition('/')[2]} OWNER TO {street.mallory}")
    street.as_mallory(f"ALTER SCHEMA studio_sync OWNER TO {street.mallory}")
    desk.ok("status")
