"""The attacks: statements that must fail or find nothing, by the role that tries them.

`DENIED` is an error of PostgreSQL's about rights; `NOTHING` is no row read or touched; a number is what a
count gives that sees only the role's own.
"""

# ruff: noqa: E501 (a statement is read best in one line)

from collections.abc import Iterator
from dataclasses import dataclass

from tests.access.conftest import LEDGER, uid
from tests.harness import TABLES

DENIED, NOTHING = "denied", "nothing"


@dataclass(frozen=True)
class Attack:
    """A statement of a role, what must come of it, and what it ran before."""

    who: str
    what: str
    query: str
    expected: str
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.who}: {self.what}"


def a(*names: str) -> str:
    """An id of acme's, as SQL."""
    return f"'{uid('acme', *names)}'"


def g(*names: str) -> str:
    """An id of globex's, as SQL."""
    return f"'{uid('globex', *names)}'"


ROW = {
    "clients": ("client",),
    "client_knowledge": ("knowledge",),
    "programs": ("program", "draft"),
    "program_knowledge": ("brief",),
    "chapters": ("chapter",),
    "sessions": ("session", "draft"),
    "articles": ("article", "draft"),
    "videos": ("video", "draft"),
    "quizzes": ("quiz", "draft"),
    "exercises": ("exercise", "draft"),
}
"""A row of each table that a writer of its client may change."""

LOCKED = {
    "programs": ("program", "locked"),
    "sessions": ("session", "approved"),
    "articles": ("article", "approved"),
    "videos": ("video", "approved"),
    "quizzes": ("quiz", "approved"),
    "exercises": ("exercise", "approved"),
}

TEXT = {
    "clients": "notes",
    "client_knowledge": "content",
    "programs": "description",
    "program_knowledge": "content",
    "chapters": "description",
    "sessions": "hook",
    "articles": "content",
    "videos": "script",
    "quizzes": "questions",
    "exercises": "title",
}
"""A column of each table that a writer may change."""

PARENT = {
    "client_knowledge": ("client_id", ("client",)),
    "programs": ("client_id", ("client",)),
    "program_knowledge": ("program_id", ("program", "draft")),
    "chapters": ("program_id", ("program", "draft")),
    "sessions": ("chapter_id", ("chapter",)),
    "articles": ("session_id", ("session", "draft")),
    "videos": ("session_id", ("session", "draft")),
    "quizzes": ("session_id", ("session", "draft")),
    "exercises": ("session_id", ("session", "draft")),
}

NEW = {
    "client_knowledge": ("client_id, type, content", "{parent}, 'brand_voice', '{{}}'"),
    "programs": ("client_id, name, slug", "{parent}, 'N', 'new'"),
    "program_knowledge": ("program_id, type, content", "{parent}, 'topic_research', 'x'"),
    "chapters": ("program_id, number, title, order_index", "{parent}, 9, 'N', 9"),
    "sessions": ("chapter_id, number, title, order_index", "{parent}, '9.9', 'N', 9"),
    "articles": ("session_id, content", "{parent}, 'x'"),
    "videos": ("session_id, script", "{parent}, 'x'"),
    "quizzes": ("session_id, questions", "{parent}, '[]'"),
    "exercises": (
        "session_id, exercise_type, title, description, ai_mentor",
        "{parent}, 'ROLEPLAY', 'x', 'x', '{{}}'",
    ),
}
"""The least that a new row needs."""

GUESS = "'99999999-9999-4999-8999-999999999999'"


def insert(table: str, parent: str, *, extra: str = "", value: str = "") -> str:
    """An INSERT of a new row below a parent."""
    columns, values = NEW[table]
    return (
        f"INSERT INTO {table} ({columns}{', ' + extra if extra else ''})"
        f" VALUES ({values.format(parent=parent)}{', ' + value if value else ''})"
    )


def attacks() -> Iterator[Attack]:
    """All of them."""
    for who in ("reader", "writer", "approver"):
        yield from on_anyone(who)
        for table in TABLES:
            yield from on_a_table(who, table)
        for table in LEDGER:
            yield from on_the_ledger(who, f"studio_sync.{table}")
        yield from through_functions(who)
        yield from once_no_policy_names(who)
    yield from of_a_reader()
    for who in ("writer", "approver"):
        yield from of_who_writes(who)
    yield from of_a_writer()


def on_anyone(who: str) -> Iterator[Attack]:
    """Becoming someone else, and looking around row-level security."""
    for target in (
        "{boss}",
        "{web}",
        "{approver}" if who != "approver" else "{writer}",
        "postgres",
        "pg_read_all_data",
    ):
        yield Attack(who, f"SET ROLE {target}", f"SET ROLE {target}", DENIED)
        yield Attack(
            who, f"SET SESSION AUTHORIZATION {target}", f"SET SESSION AUTHORIZATION {target}", DENIED
        )
        yield Attack(who, f"set_config role {target}", f"SELECT set_config('role', '{target}', true)", DENIED)
    yield Attack(who, "grant itself a role", "GRANT {boss} TO {me}", DENIED)
    yield Attack(who, "BYPASSRLS", "ALTER ROLE {me} BYPASSRLS", DENIED)
    yield Attack(who, "make a role", "CREATE ROLE {me}_2", DENIED)
    yield Attack(who, "read the list of grants", "SELECT * FROM studio_sync.access", DENIED)
    yield Attack(
        who,
        "grant itself a client",
        f"INSERT INTO studio_sync.access VALUES ('{{me}}', {g('client')}, 'write')",
        DENIED,
    )
    yield Attack(who, "raise its own grant", "UPDATE studio_sync.access SET can = 'approve'", DENIED)
    yield Attack(
        who,
        "a function in studio_sync",
        "CREATE FUNCTION studio_sync.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        DENIED,
    )
    yield Attack(who, "a table in studio_sync", "CREATE TABLE studio_sync.t ()", DENIED)
    yield Attack(who, "another version", "UPDATE studio_sync.meta SET version = 99", DENIED)
    yield Attack(who, "read a server's file", "SELECT pg_read_file('PG_VERSION')", DENIED)
    yield Attack(who, "COPY to a program", "COPY clients TO PROGRAM 'cat'", DENIED)
    yield Attack(
        who,
        "a cheap function looks at rows before the policy",
        "SELECT count(*) FROM clients WHERE pg_temp.leak(slug)",
        "1",
        (
            (
                "CREATE FUNCTION pg_temp.leak(t text) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS"
                " 'BEGIN IF t <> ''acme'' THEN RAISE EXCEPTION ''leak %'', t; END IF; RETURN true; END'"
            ),
        ),
    )
    yield Attack(
        who,
        "an error tells a value",
        "SELECT count(*) FROM clients WHERE 1 / (CASE slug WHEN 'acme' THEN 1 ELSE 0 END) = 1",
        "1",
    )
    yield Attack(
        who,
        "another clients table in front",
        "SELECT count(*) FROM public.sessions WHERE id = " + g("session", "draft"),
        "0",
        (
            "CREATE TEMP TABLE access (role oid, top uuid, can text)",
            "SET LOCAL search_path = pg_temp, public",
        ),
    )
    yield Attack(
        who,
        "an operator in front",
        "SELECT count(*) FROM public.clients",
        "1",
        (
            "CREATE FUNCTION pg_temp.yes(uuid, uuid) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.yes)",
            "SET LOCAL search_path = pg_temp, pg_catalog, public",
        ),
    )
    yield Attack(
        who,
        "statistics tell values",
        "SELECT count(*) FROM pg_stats WHERE tablename IN ('clients', 'sessions', 'versions')",
        "0",
    )


def on_a_table(who: str, table: str) -> Iterator[Attack]:
    """What no granted role can do to a table, whatever its level."""
    foreign, mine = g(*ROW[table]), a(*ROW[table])
    column = TEXT[table]
    yield Attack(who, f"{table}: read by id", f"SELECT * FROM {table} WHERE id = {foreign}", NOTHING)
    yield Attack(who, f"{table}: read a guess", f"SELECT * FROM {table} WHERE id = {GUESS}", NOTHING)
    yield Attack(
        who,
        f"{table}: row_security off",
        f"SELECT count(*) FROM {table}",
        DENIED,
        ("SET LOCAL row_security = off",),
    )
    yield Attack(who, f"{table}: TRUNCATE", f"TRUNCATE {table} CASCADE", DENIED)
    yield Attack(who, f"{table}: COPY FROM", f"COPY {table} FROM STDIN", DENIED)
    yield Attack(
        who,
        f"{table}: COPY a query of another's",
        f"COPY (SELECT * FROM {table} WHERE id = {foreign}) TO STDOUT",
        NOTHING,
    )
    yield Attack(
        who,
        f"{table}: a foreign key to it",
        f"CREATE TABLE {{me}}.probe (id uuid REFERENCES public.{table})",
        DENIED,
    )
    yield Attack(
        who,
        f"{table}: a trigger on it",
        f"CREATE TRIGGER t BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        DENIED,
    )
    yield Attack(who, f"{table}: a rule", f"CREATE RULE r AS ON UPDATE TO {table} DO INSTEAD NOTHING", DENIED)
    yield Attack(who, f"{table}: an index", f"CREATE INDEX ON {table} (id)", DENIED)
    yield Attack(who, f"{table}: its security off", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", DENIED)
    yield Attack(who, f"{table}: a policy", f"CREATE POLICY p ON {table} USING (true)", DENIED)
    yield Attack(who, f"{table}: no policy", f"DROP POLICY studio_read ON {table}", DENIED)
    yield Attack(who, f"{table}: another owner", f"ALTER TABLE {table} OWNER TO {{me}}", DENIED)
    yield Attack(who, f"{table}: drop", f"DROP TABLE {table} CASCADE", DENIED)
    yield Attack(who, f"{table}: change its id", f"UPDATE {table} SET id = {GUESS} WHERE id = {mine}", DENIED)
    yield Attack(
        who,
        f"{table}: lock by guess",
        f"SELECT id FROM {table} WHERE id = {foreign} FOR UPDATE",
        NOTHING if who != "reader" else DENIED,
    )
    yield Attack(
        who,
        f"{table}: lock for the key",
        f"SELECT id FROM {table} WHERE id = {foreign} FOR KEY SHARE",
        NOTHING if who != "reader" else DENIED,
    )
    yield Attack(
        who,
        f"{table}: a view of one's own",
        f"SELECT * FROM peek WHERE id = {foreign}",
        NOTHING,
        (f"CREATE TEMP VIEW peek AS SELECT * FROM public.{table}",),
    )
    if who == "reader":
        return
    yield Attack(
        who,
        f"{table}: update another's",
        f"UPDATE {table} SET {column} = {column} WHERE id = {foreign}",
        NOTHING,
    )
    yield Attack(
        who,
        f"{table}: update all",
        f"UPDATE {table} SET updated_at = now() WHERE id <> ALL (SELECT id FROM {table})",
        NOTHING,
    )
    if table == "clients":
        return
    yield Attack(who, f"{table}: delete another's", f"DELETE FROM {table} WHERE id = {foreign}", NOTHING)
    yield Attack(
        who, f"{table}: delete by RETURNING", f"DELETE FROM {table} WHERE id = {foreign} RETURNING *", NOTHING
    )
    parent, above = PARENT[table]
    yield Attack(who, f"{table}: insert below another's", insert(table, g(*above)), DENIED)
    yield Attack(who, f"{table}: insert below a guess", insert(table, GUESS), DENIED)
    yield Attack(
        who,
        f"{table}: move to another's",
        f"UPDATE {table} SET {parent} = {g(*above)} WHERE id = {mine}",
        DENIED,
    )
    yield Attack(
        who, f"{table}: move to a guess", f"UPDATE {table} SET {parent} = {GUESS} WHERE id = {mine}", DENIED
    )
    yield Attack(
        who,
        f"{table}: upsert another's",
        insert(table, a(*above), extra="id", value=foreign)
        + f" ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}",
        DENIED,
    )
    yield Attack(
        who,
        f"{table}: upsert that does nothing",
        insert(table, a(*above), extra="id", value=foreign) + " ON CONFLICT (id) DO NOTHING RETURNING id",
        NOTHING,
    )
    yield Attack(
        who,
        f"{table}: MERGE into another's",
        f"MERGE INTO {table} AS t USING (SELECT {foreign}::uuid AS id) AS s ON t.id = s.id"
        f" WHEN MATCHED THEN UPDATE SET {column} = t.{column}",
        NOTHING,
    )


LEAVING = ("SET LOCAL client_min_messages = error", "DROP OWNED BY CURRENT_USER")
"""What takes a role's name out of every policy: it keeps the privileges that another role gave it."""


def once_no_policy_names(who: str) -> Iterator[Attack]:
    """A role that has taken its name out of the policies, where others let everyone in."""
    for table in ("clients", "sessions", "articles"):
        foreign = g(*ROW[table])
        yield Attack(
            who, f"{table}: leave and read", f"SELECT * FROM {table} WHERE id = {foreign}", NOTHING, LEAVING
        )
    if who == "reader":
        return
    for table in ("clients", "articles"):
        text = f"{TEXT[table]} = {TEXT[table]}"
        yield Attack(
            who,
            f"{table}: leave and write",
            f"UPDATE {table} SET {text} WHERE id = {g(*ROW[table])}",
            NOTHING,
            LEAVING,
        )
    article = f"articles WHERE id = {g('article', 'draft')}"
    yield Attack(who, "leave and delete", f"DELETE FROM {article}", NOTHING, LEAVING)
    yield Attack(who, "leave and add", insert("articles", g("session", "mixed")), DENIED, LEAVING)
    if who == "writer":
        change = f"UPDATE articles SET content = 'x' WHERE id = {a('article', 'approved')}"
        yield Attack(who, "leave and change what is approved", change, NOTHING, LEAVING)


def on_the_ledger(who: str, table: str) -> Iterator[Attack]:
    """Nothing in the ledger is changed by anyone, or read across clients."""
    key = {"versions": "entry", "changes": "run"}.get(table.partition(".")[2], "id")
    names = {"versions": ("entry",), "notes": ("note",)}.get(table.partition(".")[2], ("run",))
    yield Attack(who, f"{table}: read", f"SELECT * FROM {table} WHERE {key} = {g(*names)}", NOTHING)
    yield Attack(who, f"{table}: update", f"UPDATE {table} SET {key} = {key}", DENIED)
    yield Attack(who, f"{table}: delete", f"DELETE FROM {table}", DENIED)
    yield Attack(who, f"{table}: TRUNCATE", f"TRUNCATE {table} CASCADE", DENIED)
    yield Attack(who, f"{table}: COPY FROM", f"COPY {table} FROM STDIN", DENIED)
    yield Attack(
        who,
        f"{table}: row_security off",
        f"SELECT count(*) FROM {table}",
        DENIED,
        ("SET LOCAL row_security = off",),
    )
    yield Attack(
        who,
        f"{table}: a foreign key to it",
        f"CREATE TABLE {{me}}.probe (id uuid REFERENCES {table})",
        DENIED,
    )
    yield Attack(who, f"{table}: its security off", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", DENIED)


def through_functions(who: str) -> Iterator[Attack]:
    """Functions that run as the owner answer for the caller's client alone."""
    for kind, table in (
        ("client", "clients"),
        ("program", "programs"),
        ("session", "sessions"),
        ("article", "articles"),
    ):
        yield Attack(
            who,
            f"present {kind}",
            f"SELECT studio_sync.present('{kind}', ARRAY[{g(*ROW[table])}, {GUESS}]::uuid[])",
            NOTHING,
        )
    for kind, table in (
        ("client", "clients"),
        ("program", "programs"),
        ("chapter", "chapters"),
        ("session", "sessions"),
    ):
        yield Attack(
            who,
            f"below {kind}",
            f"SELECT * FROM studio_sync.below('{kind}', ARRAY[{g(*ROW[table])}]::uuid[])",
            NOTHING,
        )
        yield Attack(
            who,
            f"lock {table}",
            f"SELECT * FROM studio_sync.lock_{table}(ARRAY[{g(*ROW[table])}]::uuid[])",
            NOTHING,
        )
        yield Attack(
            who,
            f"my_{table}",
            f"SELECT * FROM studio_sync.my_{table}('read') AS m WHERE m = {g(*ROW[table])}",
            NOTHING,
        )
        yield Attack(
            who,
            f"my_{table} at a level that there is not",
            f"SELECT * FROM studio_sync.my_{table}('own')",
            NOTHING,
        )
    for table in ("programs", "chapters", "sessions"):
        yield Attack(
            who,
            f"locked below another's {table}",
            f"SELECT 1 WHERE studio_sync.locked_below_{table}({g(*ROW[table])})",
            NOTHING,
        )
    yield Attack(
        who,
        "recount another's",
        f"SELECT studio_sync.recount_programs(ARRAY[{g('program', 'locked')}, {g('program', 'draft')}]::uuid[])",
        NOTHING,
    )
    yield Attack(
        who,
        "another's access",
        "SELECT * FROM studio_sync.my_access() WHERE slot IS DISTINCT FROM 'acme'",
        NOTHING,
    )
    yield Attack(who, "ask as someone else", "SELECT studio_sync.caller()", DENIED)
    yield Attack(
        who,
        "replace a function",
        "CREATE OR REPLACE FUNCTION studio_sync.my_clients(need text) RETURNS SETOF uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        DENIED,
    )
    yield Attack(who, "drop a function", "DROP FUNCTION studio_sync.my_clients(text) CASCADE", DENIED)
    yield Attack(
        who,
        "a search path under a function",
        "SELECT * FROM studio_sync.my_clients('read') AS m WHERE m = " + g("client"),
        NOTHING,
        (
            "CREATE FUNCTION pg_temp.pg_has_role(name, regrole, text) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "CREATE FUNCTION pg_temp.pg_has_role(name, oid, text) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "SET LOCAL search_path = pg_temp, pg_catalog",
        ),
    )


def of_a_reader() -> Iterator[Attack]:
    """A reader writes nothing at all."""
    for table in TABLES:
        mine = a(*ROW[table])
        yield Attack(
            "reader",
            f"{table}: update",
            f"UPDATE {table} SET {TEXT[table]} = {TEXT[table]} WHERE id = {mine}",
            DENIED,
        )
        yield Attack("reader", f"{table}: delete", f"DELETE FROM {table} WHERE id = {mine}", DENIED)
        if table in NEW:
            yield Attack("reader", f"{table}: insert", insert(table, a(*PARENT[table][1])), DENIED)
    yield Attack(
        "reader",
        "runs: insert",
        f"INSERT INTO studio_sync.runs (id, actor, source) VALUES ({GUESS}, 'x', 'x')",
        DENIED,
    )
    for table in ("clients", "programs", "chapters", "sessions"):
        yield Attack(
            "reader",
            f"lock its own {table}",
            f"SELECT * FROM studio_sync.lock_{table}(ARRAY[{a(*ROW[table])}]::uuid[])",
            NOTHING,
        )
    yield Attack(
        "reader",
        "recount its own",
        f"SELECT studio_sync.recount_programs(ARRAY[{a('program', 'draft')}]::uuid[])",
        NOTHING,
    )


def of_who_writes(who: str) -> Iterator[Attack]:
    """What not even an approver may do."""
    yield Attack(who, "a client of its own", "INSERT INTO clients (name, slug) VALUES ('N', 'new')", DENIED)
    yield Attack(who, "delete its client", f"DELETE FROM clients WHERE id = {a('client')}", DENIED)
    yield Attack(
        who, "probe for slugs", f"UPDATE clients SET slug = 'globex' WHERE id = {a('client')}", DENIED
    )
    yield Attack(
        who,
        "set a total",
        f"UPDATE programs SET total_sessions = 99 WHERE id = {a('program', 'draft')}",
        DENIED,
    )
    yield Attack(
        who,
        "set a date",
        f"UPDATE sessions SET created_at = now() WHERE id = {a('session', 'draft')}",
        DENIED,
    )
    for table, own in LOCKED.items():
        yield Attack(
            who, f"delete a locked row of {table}", f"DELETE FROM {table} WHERE id = {a(*own)}", NOTHING
        )
    for table in ("programs", "chapters"):
        yield Attack(
            who,
            f"delete {table} above what is approved",
            f"DELETE FROM {table} WHERE id = {a(*ROW[table])}",
            NOTHING,
        )
    yield Attack(
        who,
        "delete a draft session above an approved article",
        f"DELETE FROM sessions WHERE id = {a('session', 'mixed')}",
        NOTHING,
    )
    run = f"INSERT INTO studio_sync.runs (id, actor, source) VALUES ({GUESS}, 'x', 'push')"
    version = (
        "INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests)"
        " VALUES ({guess}, {run}, {top}, 'session', {rid}, 77, {row}, '', '', '')"
    )

    def entry(
        run: str = GUESS, top: str = a("client"), rid: str = a("session", "draft"), row: str = ""
    ) -> str:
        return version.format(guess=GUESS, run=run, top=top, rid=rid, row=row or rid)

    yield Attack(
        who, "a version for another client", entry(top=g("client"), rid=g("session", "draft")), DENIED, (run,)
    )
    yield Attack(
        who, "a version of another's record as one's own", entry(rid=g("session", "draft")), DENIED, (run,)
    )
    yield Attack(
        who,
        "a version of what lies below another's",
        entry(rid=f"'{uid('globex', 'session', 'draft')}/article'", row=GUESS),
        DENIED,
        (run,),
    )
    yield Attack(who, "a version under another's row", entry(row=g("session", "draft")), DENIED, (run,))
    yield Attack(who, "a version in another's run", entry(run=g("run")), DENIED)
    yield Attack(who, "a version in a run of its own client", entry(run=a("run")), DENIED)
    yield Attack(
        who,
        "a run as another role",
        f"INSERT INTO studio_sync.runs (id, actor, source, role) VALUES ({GUESS}, 'x', 'push', 'boss')",
        DENIED,
    )
    yield Attack(
        who,
        "a run at another time",
        f"INSERT INTO studio_sync.runs (id, actor, source, at) VALUES ({GUESS}, 'x', 'push', '2001-01-01')",
        DENIED,
    )
    yield Attack(
        who,
        "a note for another's record",
        "INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)"
        f" VALUES ({GUESS}, {GUESS}, {a('client')}, 'session', {g('session', 'draft')}, '', '', '', '{{}}', 1)",
        DENIED,
        (run,),
    )


def of_a_writer() -> Iterator[Attack]:
    """A writer neither approves nor touches what is approved."""
    for table, own in LOCKED.items():
        steps = (
            ("approved", "published", "archived")
            if table == "sessions"
            else ("published", "archived")
            if table == "programs"
            else ("approved", "archived", "Approved")
        )
        yield Attack(
            "writer",
            f"{table}: change what is locked",
            f"UPDATE {table} SET {TEXT[table]} = {TEXT[table]} WHERE id = {a(*own)}",
            NOTHING,
        )
        yield Attack(
            "writer",
            f"{table}: reopen what is locked",
            f"UPDATE {table} SET status = 'draft' WHERE id = {a(*own)}",
            NOTHING,
        )
        yield Attack(
            "writer",
            f"{table}: lock what is locked",
            f"SELECT id FROM {table} WHERE id = {a(*own)} FOR UPDATE",
            NOTHING,
        )
        yield Attack(
            "writer",
            f"{table}: renumber what is locked",
            f"UPDATE {table} SET updated_at = now() WHERE id = {a(*own)}",
            NOTHING,
        )
        for step in steps:
            yield Attack(
                "writer",
                f"{table}: step to {step}",
                f"UPDATE {table} SET status = '{step}' WHERE id = {a(*ROW[table])}",
                DENIED,
            )
            query = insert(table, a(*PARENT[table][1]), extra="status", value=f"'{step}'")
            if table not in ("programs", "sessions"):
                query = query.replace(a("session", "draft"), a("session", "approved"))
            yield Attack("writer", f"{table}: insert at {step}", query, DENIED)
        parent, _ = PARENT[table]
        conflict = (
            "client_id, slug"
            if table == "programs"
            else "chapter_id, number"
            if table == "sessions"
            else parent
        )
        yield Attack(
            "writer",
            f"{table}: upsert what is locked",
            f"INSERT INTO {table} ({NEW[table][0]}, id) SELECT {NEW[table][0]}, id FROM {table} WHERE id = {a(*own)}"
            f" ON CONFLICT ({conflict}) DO UPDATE SET {TEXT[table]} = excluded.{TEXT[table]}",
            DENIED,
        )


ALL = list(attacks())
