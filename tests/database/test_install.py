import subprocess
import threading
import time

import psycopg
import pytest

from studio_sync.core.values.kind import Field, Kind, Kinds, Type
from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded import programs
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema.install import VERSION, install_schema, schema_version, sql
from studio_sync.database.postgres.schema.schema_shape import (
    check_shape,
    expected,
    read_shape,
    shape_problems,
)
from studio_sync.errors import StudioError, UnavailableError
from studio_sync.kinds import ALL_KINDS, KINDS

UUID, TEXT, INT, JSON, TIME = "uuid", "text", "integer", "jsonb", "timestamp with time zone"
OWN_ID = "gen_random_uuid()"
TIMES = {"created_at": (TIME, True, "now()"), "updated_at": (TIME, True, "now()")}
DRAFT = (TEXT, True, "'draft'::text")
A_TEXT, A_JSON, AN_INT = (TEXT, True, None), (JSON, True, None), (INT, True, None)
NEEDED_TEXT, NEEDED_JSON, NEEDED_INT = (TEXT, False, None), (JSON, False, None), (INT, False, None)
ID, PARENT = (UUID, False, OWN_ID), (UUID, False, None)

# Column: type, may be null, default. Written from the specification by hand, not from schema.sql.
COLUMNS = {
    "clients": {
        "id": ID,
        "name": NEEDED_TEXT,
        "slug": NEEDED_TEXT,
        "industry": A_TEXT,
        "contact_email": A_TEXT,
        "notes": A_TEXT,
        **TIMES,
    },
    "client_knowledge": {
        "id": ID,
        "client_id": PARENT,
        "type": NEEDED_TEXT,
        "content": NEEDED_JSON,
        "version": (INT, True, "1"),
        **TIMES,
    },
    "programs": {
        "id": ID,
        "client_id": PARENT,
        "name": NEEDED_TEXT,
        "slug": NEEDED_TEXT,
        "description": A_TEXT,
        "language": (TEXT, True, "'en'::text"),
        "status": DRAFT,
        "estimated_hours": ("numeric(4,1)", True, None),
        "total_sessions": AN_INT,
        **TIMES,
    },
    "program_knowledge": {
        "id": ID,
        "program_id": PARENT,
        "type": NEEDED_TEXT,
        "title": A_TEXT,
        "content": NEEDED_TEXT,
        "content_format": (TEXT, True, "'markdown'::text"),
        "version": (INT, True, "1"),
        **TIMES,
    },
    "chapters": {
        "id": ID,
        "program_id": PARENT,
        "number": NEEDED_INT,
        "title": NEEDED_TEXT,
        "subtitle": A_TEXT,
        "description": A_TEXT,
        "order_index": NEEDED_INT,
        **TIMES,
    },
    "sessions": {
        "id": ID,
        "chapter_id": PARENT,
        "number": NEEDED_TEXT,
        "title": NEEDED_TEXT,
        "hook": A_TEXT,
        "description": A_TEXT,
        "wiifm": A_TEXT,
        "learning_objectives": A_JSON,
        "estimated_minutes": (INT, True, "10"),
        "order_index": NEEDED_INT,
        "status": DRAFT,
        **TIMES,
    },
    "articles": {
        "id": ID,
        "session_id": PARENT,
        "content": NEEDED_TEXT,
        "word_count": AN_INT,
        "sources": A_JSON,
        "status": DRAFT,
        **TIMES,
    },
    "videos": {
        "id": ID,
        "session_id": PARENT,
        "script": NEEDED_TEXT,
        "word_count": AN_INT,
        "estimated_duration": A_TEXT,
        "status": DRAFT,
        **TIMES,
    },
    "quizzes": {
        "id": ID,
        "session_id": PARENT,
        "questions": NEEDED_JSON,
        "metadata": A_JSON,
        "status": DRAFT,
        **TIMES,
    },
    "exercises": {
        "id": ID,
        "session_id": PARENT,
        "exercise_type": NEEDED_TEXT,
        "complexity": (TEXT, True, "'basic'::text"),
        "title": NEEDED_TEXT,
        "description": NEEDED_TEXT,
        "scenario": A_JSON,
        "learning_anchor": A_JSON,
        "ai_mentor": NEEDED_JSON,
        "success_criteria": A_JSON,
        "evaluation": A_JSON,
        "estimated_minutes": (INT, True, "15"),
        "status": DRAFT,
        **TIMES,
    },
}
PARENTS = {
    "client_knowledge": ("client_id", "clients"),
    "programs": ("client_id", "clients"),
    "program_knowledge": ("program_id", "programs"),
    "chapters": ("program_id", "programs"),
    "sessions": ("chapter_id", "chapters"),
    "articles": ("session_id", "sessions"),
    "videos": ("session_id", "sessions"),
    "quizzes": ("session_id", "sessions"),
    "exercises": ("session_id", "sessions"),
}
UNIQUE = {
    "clients": "(slug)",
    "client_knowledge": "(client_id, type)",
    "programs": "(client_id, slug)",
    "program_knowledge": "(program_id, type)",
    "chapters": "(program_id, number)",
    "sessions": "(chapter_id, number)",
    "articles": "(session_id)",
    "videos": "(session_id)",
    "quizzes": "(session_id)",
    "exercises": "(session_id)",
}
INDEXES = {
    "idx_programs_client": "programs USING btree (client_id)",
    "idx_programs_status": "programs USING btree (status)",
    "idx_chapters_program": "chapters USING btree (program_id)",
    "idx_sessions_chapter": "sessions USING btree (chapter_id)",
    "idx_sessions_status": "sessions USING btree (status)",
    "idx_client_knowledge_client": "client_knowledge USING btree (client_id)",
    "idx_program_knowledge_program": "program_knowledge USING btree (program_id)",
}


def catalogue(connection):
    """Everything that the catalogue says about the schema public, as one comparable value."""
    columns: dict[str, dict[str, tuple[str, bool, str | None]]] = {}
    for table, column, type_, null, default, digits, scale in connection.execute(
        """SELECT table_name, column_name, data_type, is_nullable = 'YES', column_default,
                  numeric_precision, numeric_scale
           FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position"""
    ):
        shown = f"numeric({digits},{scale})" if type_ == "numeric" else type_
        columns.setdefault(table, {})[column] = (shown, null, default)
    constraints = connection.execute(
        """SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"""
    ).fetchall()
    indexes = connection.execute(
        """SELECT indexname, regexp_replace(indexdef, '^.* ON public\\.', '') FROM pg_indexes
           WHERE schemaname = 'public' AND indexname LIKE 'idx%'"""
    ).fetchall()
    secured = connection.execute(
        """SELECT relname FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity"""
    ).fetchall()
    return columns, set(constraints), dict(indexes), {name for (name,) in secured}


@pytest.mark.parametrize("compress", [True, False])
def test_the_catalogue_is_as_specified(empty, compress):
    install_schema(empty, create_tables=True, compress=compress)
    columns, constraints, indexes, secured = catalogue(empty)
    assert columns == COLUMNS
    assert [list(found) for found in columns.values()] == [list(COLUMNS[table]) for table in columns]
    keys = {(table, "p", "PRIMARY KEY (id)") for table in COLUMNS}
    keys |= {(table, "u", f"UNIQUE {on}") for table, on in UNIQUE.items()}
    keys |= {
        (table, "f", f"FOREIGN KEY ({column}) REFERENCES {parent}(id) ON DELETE CASCADE")
        for table, (column, parent) in PARENTS.items()
    }
    assert constraints == keys
    assert indexes == INDEXES
    assert secured == set(COLUMNS)


def test_the_kinds_name_every_column_of_the_specification():
    assert {kind.table: {name for name, _, _ in expected(kind)} for kind in KINDS} == {
        table: set(columns) for table, columns in COLUMNS.items()
    }


def test_init_does_nothing_the_second_time(empty):
    assert len(install_schema(empty, create_tables=True)) == len(ALL_KINDS) + 1
    before = catalogue(empty)
    assert install_schema(empty, create_tables=True) == []
    assert install_schema(empty, create_tables=False) == []
    assert catalogue(empty) == before
    assert schema_version(empty) == VERSION


def test_long_values_may_be_kept_as_they_are(empty):
    install_schema(empty, create_tables=True, compress=False)

    stored = empty.execute(
        "SELECT count(*) FILTER (WHERE attstorage = 'x'), count(*) FILTER (WHERE attstorage = 'e')"
        " FROM pg_attribute WHERE attrelid = ANY('{articles,quizzes,studio_sync.versions}'::regclass[])"
    ).fetchone()
    assert stored[0] == 0
    assert stored[1] > 5


def test_init_makes_the_tables_only_when_asked(empty):
    done = install_schema(empty, create_tables=False)
    assert catalogue(empty)[0] == {}
    assert schema_version(empty) == VERSION
    assert "--create-tables" in done[-1]


def test_init_makes_only_what_is_missing(connection):
    connection.execute("DROP TABLE articles; ALTER TABLE clients DISABLE ROW LEVEL SECURITY")
    connection.execute("DROP INDEX idx_programs_status")
    assert install_schema(connection, create_tables=True) == ["made the table articles"]
    _, _, indexes, secured = catalogue(connection)
    assert "articles" in secured
    assert "clients" not in secured
    assert "idx_programs_status" not in indexes


def test_init_leaves_a_database_with_other_tables_as_it_was(connection):
    connection.execute("DROP SCHEMA studio_sync CASCADE; DROP TABLE quizzes; ALTER TABLE videos DROP script")
    before = catalogue(connection)
    with pytest.raises(UnavailableError, match=r"videos\.script is missing"):
        install_schema(connection, create_tables=True)
    assert catalogue(connection) == before
    assert schema_version(connection) is None


def test_two_inits_at_once_make_one_schema(empty, empty_url):
    done: list[list[str]] = []

    def run():
        with open_connection(parse_address(empty_url)) as connection:
            done.append(install_schema(connection, create_tables=True))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, done)) == [0, 0, 0, len(ALL_KINDS) + 1]


def test_init_without_the_right_says_which_is_missing(empty):
    name = f"role_{empty.info.dbname}"
    empty.execute(f"CREATE ROLE {name}".encode())
    try:
        empty.execute(f"SET ROLE {name}".encode())
        with pytest.raises(UnavailableError, match="permission denied for database") as caught:
            install_schema(empty, create_tables=False)
        assert "GRANT CREATE ON DATABASE" in caught.value.hint
    finally:
        empty.execute(f"RESET ROLE; DROP ROLE {name}".encode())


def test_the_printed_migration_makes_the_same_database(empty, empty_url, url, tmp_path, server):
    tools = programs.find_programs(server.version, None, tmp_path)
    script = sql(create_tables=True)
    psql = [tools.folder / "bin" / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-q", empty_url]
    subprocess.run(psql, input=script, text=True, check=True, capture_output=True)
    with open_connection(parse_address(url)) as other:
        assert catalogue(empty) == catalogue(other)
    assert schema_version(empty) == VERSION
    assert "CREATE TABLE clients" not in sql(create_tables=False)


def test_a_schema_of_the_first_version_is_brought_up_to_date_and_loses_nothing(connection):
    connection.execute("DROP TABLE studio_sync.notes, studio_sync.versions, studio_sync.runs")
    connection.execute("UPDATE studio_sync.meta SET version = 1")
    connection.execute("INSERT INTO clients (name, slug) VALUES ('Acme', 'acme')")
    assert install_schema(connection, create_tables=True) == [
        f"upgraded the schema studio_sync from version 1 to {VERSION}"
    ]
    assert install_schema(connection, create_tables=True) == []
    assert schema_version(connection) == VERSION
    assert connection.execute("SELECT count(*) FROM studio_sync.versions").fetchone() == (0,)
    assert connection.execute("SELECT slug FROM clients").fetchone() == ("acme",)


def test_an_older_studio_leaves_a_newer_schema_alone(connection):
    connection.execute("UPDATE studio_sync.meta SET version = version + 1")
    for call in (lambda: install_schema(connection, create_tables=True), lambda: schema_version(connection)):
        with pytest.raises(StudioError, match="newer studio") as caught:
            call()
        assert "install a newer studio" in caught.value.hint


def test_the_schemas_version_is_one_row(connection):
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO studio_sync.meta (version) VALUES (2)")


def differences(connection, kinds=KINDS):
    with pytest.raises(UnavailableError) as caught:
        check_shape(connection, kinds)
    return caught.value.full_message


def test_every_difference_is_listed(connection):
    connection.execute(
        """DROP TABLE quizzes;
           ALTER TABLE programs DROP name, ALTER estimated_hours TYPE numeric(4, 0);
           ALTER TABLE articles ALTER content TYPE bytea USING NULL, DROP word_count, DROP updated_at;
           ALTER TABLE sessions ALTER estimated_minutes DROP DEFAULT,
                                ALTER estimated_minutes TYPE text,
                                ALTER learning_objectives TYPE text;
           ALTER TABLE videos DROP session_id;
           ALTER TABLE exercises DROP title, ADD title text GENERATED ALWAYS AS ('x') STORED;
           ALTER TABLE client_knowledge RENAME TO hidden;
           CREATE VIEW client_knowledge AS SELECT * FROM hidden"""
    )
    lines = differences(connection).splitlines()
    assert [line.strip() for line in lines[1:]] == [
        "the table quizzes is missing",
        "client_knowledge is a view, not a table: it may hide rows that are there",
        "the column programs.name is missing (text)",
        "the column programs.estimated_hours is numeric(4,0), not numeric(4,1)",
        "the column sessions.learning_objectives is text, not jsonb",
        "the column sessions.estimated_minutes is text, not integer",
        "the column articles.content is bytea, not text",
        "the column articles.word_count is missing (integer)",
        "the column articles.updated_at is missing (timestamp with time zone)",
        "the column videos.session_id is missing (uuid)",
        "the column exercises.title computes itself, and can't be written",
    ]


def test_a_database_without_any_of_the_tables_is_told_so(empty):
    with pytest.raises(UnavailableError, match="none of studio's tables") as caught:
        check_shape(empty, KINDS)
    assert "studio db init --create-tables" in caught.value.hint


def test_other_ways_to_keep_the_same_values_are_no_difference(connection):
    connection.execute(
        """CREATE TYPE status AS ENUM ('draft', 'review', 'approved');
           CREATE DOMAIN words AS text CHECK (VALUE <> '');
           ALTER TABLE articles ALTER status DROP DEFAULT, ALTER status TYPE status USING status::status,
                                ALTER word_count TYPE bigint, ALTER sources TYPE json, ADD extra int;
           ALTER TABLE programs ALTER name TYPE varchar(80), ALTER estimated_hours TYPE numeric,
                                ALTER language TYPE words;
           ALTER TABLE videos DROP word_count;
           ALTER TABLE videos ADD word_count int GENERATED ALWAYS AS (length(script)) STORED;
           CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
           CREATE TRIGGER touch BEFORE UPDATE ON articles FOR EACH ROW EXECUTE FUNCTION touch();
           CREATE TRIGGER after AFTER UPDATE ON videos FOR EACH ROW EXECUTE FUNCTION touch();
           CREATE POLICY p ON articles USING (true)"""
    )
    tables = check_shape(connection, KINDS).tables
    status = tables["articles"].columns["status"]
    assert (status.enum, status.type) == (True, "status")
    assert (tables["programs"].columns["language"].type, tables["programs"].columns["language"].base) == (
        "words",
        "text",
    )
    assert tables["programs"].columns["name"].type == "character varying(80)"
    assert tables["articles"].columns["sources"].plain == "json"
    assert "extra" in tables["articles"].columns
    assert tables["videos"].columns["word_count"].generated
    assert tables["articles"].triggers
    assert not tables["videos"].triggers
    assert not tables["quizzes"].triggers


def test_a_database_that_quotes_all_names_has_the_same_shape(connection):
    connection.execute("SET quote_all_identifiers = on")
    assert shape_problems(read_shape(connection, KINDS)[0], KINDS) == []


def test_a_shape_says_what_this_role_may_do(connection, server):
    shape = check_shape(connection, KINDS)
    assert shape.server // 10000 == server.version
    assert not shape.read_only
    table = shape.tables["clients"]
    assert table.xmin
    assert not table.secured
    assert table.rights == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    name = f"role_{connection.info.dbname}"
    connection.execute(f"CREATE ROLE {name}; GRANT SELECT, UPDATE (notes) ON clients TO {name}".encode())
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(f"SET LOCAL ROLE {name}".encode())
            shape = check_shape(connection, KINDS)
    finally:
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())
    assert shape.read_only
    assert shape.tables["clients"].secured
    assert shape.tables["clients"].rights == {"SELECT", "UPDATE"}
    assert shape.tables["programs"].rights == frozenset()


def test_a_partitioned_table_has_no_usable_xmin(connection):
    connection.execute("ALTER TABLE clients RENAME TO old")
    connection.execute("CREATE TABLE clients (LIKE old INCLUDING DEFAULTS) PARTITION BY HASH (id)")
    assert not check_shape(connection, KINDS).tables["clients"].xmin


def test_an_eleventh_kind_is_held_against_its_table(connection):
    tip = Kind(
        name="tip",
        table="tips",
        file="tip.md",
        parent="session",
        parent_column="session_id",
        fields=(Field(name="weight", type=Type.DECIMAL, digits=6, scale=3), Field(name="text")),
    )
    kinds = Kinds([*KINDS, tip])
    assert "the table tips is missing" in differences(connection, kinds)
    connection.execute(
        """CREATE TABLE tips (id uuid PRIMARY KEY, session_id uuid REFERENCES sessions, text text,
                              weight numeric(6, 2), created_at timestamptz, updated_at timestamptz)"""
    )
    assert "tips.weight is numeric(6,2), not numeric(6,3)" in differences(connection, kinds)
    connection.execute("ALTER TABLE tips ALTER weight TYPE numeric(7, 3)")
    assert "tips" in check_shape(connection, kinds).tables


def test_the_shape_is_read_in_a_few_milliseconds(connection):
    check_shape(connection, KINDS)
    start = time.perf_counter()
    for _ in range(10):
        check_shape(connection, KINDS)
    assert (time.perf_counter() - start) / 10 < 0.1
