"""`studio db grant`, `revoke`, `access`: what a role may do afterwards, and what stays as it was."""

# ruff: noqa: E501 (a statement is read best in one line)

import io
import subprocess
from pathlib import Path

import psycopg
import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded import programs
from studio_sync.database.postgres.connection.connect import open_connection
from tests import servers
from tests.access.attacks import LOCKED, NEW, PARENT, ROW, TEXT, a, g, insert
from tests.access.conftest import EVERYTHING, Yard, uid
from tests.harness import TABLES

STEP = {"programs": "in_progress", "sessions": "content_created"}


def seen(yard: Yard, who: str) -> list[str]:
    """The clients that a role sees."""
    return [slug for (slug,) in yard.sql("SELECT slug FROM clients ORDER BY 1", who=who)]


def policies(yard: Yard) -> list[tuple[object, ...]]:
    return yard.sql("SELECT oid, polname, polroles FROM pg_policy ORDER BY oid")


# --- what each may


def test_a_role_sees_its_client_whole_and_no_other(town: Yard) -> None:
    for who in ("reader", "writer", "approver"):
        assert seen(town, who) == ["acme"]
        for table in EVERYTHING:
            (all_rows,) = town.sql(f"SELECT count(*) FROM {table}")[0]
            (rows,) = town.sql(f"SELECT count(*) FROM {table}", who=who)[0]
            assert rows * 2 == all_rows, (who, table)


@pytest.mark.parametrize("who", ["writer", "approver"])
def test_who_writes_may_change_add_and_delete_what_is_not_locked(town: Yard, attempt, who: str) -> None:
    for table in TABLES:
        mine = a(*ROW[table])
        assert attempt(who, f"UPDATE {table} SET {TEXT[table]} = {TEXT[table]} WHERE id = {mine}") == 1, table
        assert attempt(who, f"SELECT id::text FROM {table} WHERE id = {mine} FOR UPDATE") == [(mine[1:-1],)]
        if table in STEP or table in LOCKED:
            step = STEP.get(table, "review")
            assert attempt(who, f"UPDATE {table} SET status = '{step}' WHERE id = {mine}") == 1, table
        if table in NEW:
            parent = a(*PARENT[table][1])
            room = f"DELETE FROM {table} WHERE {PARENT[table][0]} = {parent} AND NOT EXISTS"
            make_room = f"{room} (SELECT FROM {table} AS o WHERE o.{PARENT[table][0]} = {parent} AND o.id <> {table}.id)"
            assert attempt(who, insert(table, parent), make_room) == 1, table
    for table in (
        "client_knowledge",
        "program_knowledge",
        "sessions",
        "articles",
        "videos",
        "quizzes",
        "exercises",
    ):
        assert attempt(who, f"DELETE FROM {table} WHERE id = {a(*ROW[table])}") == 1, table


def test_an_approver_approves_publishes_and_changes_what_is_locked(town: Yard, attempt) -> None:
    for table, own in LOCKED.items():
        last = "published" if table in STEP else "approved"
        assert attempt("approver", f"UPDATE {table} SET status = '{last}' WHERE id = {a(*ROW[table])}") == 1
        assert attempt("approver", f"UPDATE {table} SET status = 'draft' WHERE id = {a(*own)}") == 1
        assert (
            attempt("approver", f"UPDATE {table} SET {TEXT[table]} = {TEXT[table]} WHERE id = {a(*own)}") == 1
        )


def test_functions_do_for_a_writer_what_a_push_needs(town: Yard, attempt) -> None:
    for table in ("clients", "programs", "chapters", "sessions"):
        own = a(*LOCKED.get(table, ROW[table]))
        query = f"SELECT l.id, l.token = t.xmin::text::bigint FROM studio_sync.lock_{table}(ARRAY[{own}]::uuid[]) AS l JOIN {table} AS t USING (id)"
        assert attempt("writer", query) == [(own[1:-1], True)]
    published = a("program", "locked")
    assert attempt("writer", f"SELECT studio_sync.recount_programs(ARRAY[{published}]::uuid[])") == []
    chapter = f"INSERT INTO chapters (id, program_id, number, title, order_index) VALUES ('{uid('new')}', {published}, 1, 'N', 1)"
    session = insert("sessions", f"'{uid('new')}'")
    counted = attempt(
        "writer", f"SELECT studio_sync.recount_programs(ARRAY[{published}]::uuid[])::text", chapter, session
    )
    assert counted == [(published[1:-1],)]
    below = attempt(
        "writer",
        f"SELECT kind, count(*) FROM studio_sync.below('session', ARRAY[{a('session', 'draft')}]::uuid[]) GROUP BY 1 ORDER BY 1",
    )
    assert below == [("article", 1), ("exercise", 1), ("quiz", 1), ("video", 1)]
    found = attempt(
        "reader",
        f"SELECT studio_sync.present('article', ARRAY[{a('article', 'draft')}, {a('session', 'draft')}]::uuid[])::text",
    )
    assert found == [(uid("acme", "article", "draft"),)]
    assert attempt("approver", "SELECT slot, can FROM studio_sync.my_access()") == [("acme", "approve")]


def test_a_session_that_comes_in_between_shifts_locked_ones_along_and_swaps_none(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    draft, approved, mixed = (uid("acme", "session", s) for s in ("draft", "approved", "mixed"))
    yard.sql("UPDATE sessions SET status = 'published' WHERE id = %s", mixed)

    def reorder(**orders: int) -> int:
        ids = {
            "draft": draft,
            "approved": approved,
            "mixed": mixed,
            "other": uid("globex", "session", "draft"),
        }
        query = "SELECT studio_sync.reorder_sessions(%s::uuid[], %s::int[])"
        return len(yard.sql(query, [ids[k] for k in orders], list(orders.values()), who="mia"))

    assert reorder(approved=3, mixed=4) == 2
    assert reorder(draft=9) == 1
    assert reorder(approved=5) == 0, "it would stand behind the published one"
    assert reorder(approved=6, mixed=5) == 0
    assert reorder(approved=6, mixed=6) == 0
    assert reorder(other=2) == 0
    orders = yard.sql(
        "SELECT order_index FROM sessions WHERE id = ANY(%s) ORDER BY number", [draft, approved, mixed]
    )
    assert orders == [(9,), (3,), (4,)]


def test_a_row_that_anothers_restrictive_policy_hides_is_still_known_to_be_there(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.sql("CREATE POLICY fresh ON articles AS RESTRICTIVE FOR SELECT TO public USING (status = 'draft')")
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme").code == 0
    query = "SELECT count(*) FROM studio_sync.present('article', ARRAY[%s, %s]::uuid[])"
    ids = (uid("acme", "article", "approved"), uid("acme", "article", "gone"))
    assert yard.sql("SELECT count(*) FROM articles", who="mia") == [(1,)]
    assert yard.sql(query, *ids, who="mia") == [(1,)]


# --- nobody else


def test_nothing_changes_for_roles_that_are_not_named(yard: Yard) -> None:
    yard.make_roles("web", "mia")
    yard.sql(f"GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO {yard.role('web')}")
    yard.sql(f"CREATE POLICY web ON clients TO {yard.role('web')} USING (slug = 'globex')")
    rights = "SELECT relname, relacl::text FROM pg_class WHERE relname = ANY(%s) ORDER BY 1"

    def others() -> list[object]:
        kept = yard.sql(rights, list(TABLES))
        return [
            [
                (t, ",".join(x for x in acl.strip("{}").split(",") if yard.role("mia") not in x))
                for t, acl in kept
            ],
            seen(yard, "web"),
            seen(yard, "boss"),
            [yard.sql(f"SELECT count(*) FROM {t}", who="web") for t in TABLES],
        ]

    before = others()
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme").code == 0
    assert others() == before
    let_in = "SELECT count(*) FROM pg_policy WHERE polroles = '{0}' AND polpermissive"
    assert yard.sql(let_in) == [(0,)]


def test_doctor_says_what_the_database_can_not_keep_secret_where_there_are_grants(yard: Yard) -> None:
    told = "out of the planner's estimates (EXPLAIN)"
    yard.make_roles("mia")
    assert told not in yard.studio("doctor").out
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    found = yard.studio("doctor").out
    assert told in found
    assert "clients that must not know of each other need a database each" in found


def test_who_leaves_the_policies_stays_bound_and_is_named_again(yard: Yard) -> None:
    yard.make_roles("mia")
    mia = yard.role("mia")
    yard.sql("CREATE POLICY everyone ON clients TO public USING (true)")
    yard.sql("GRANT SELECT ON clients TO PUBLIC")
    yard.studio("db", "grant", mia, "--client", "acme")
    yard.sql("DROP OWNED BY CURRENT_USER", who="mia")
    assert seen(yard, "mia") == ["acme"]
    assert "clients: it is missing, or not what a grant makes today" in yard.studio("db", "access").out
    assert "warning  row-level security" in yard.studio("doctor").out
    yard.studio("db", "grant", mia, "--client", "acme")
    assert "missing" not in yard.studio("db", "access").out
    assert "the policies stay" in yard.studio("db", "revoke", mia).out
    yard.sql("DROP OWNED BY CURRENT_USER", who="mia")
    assert seen(yard, "mia") == []
    yard.sql("REVOKE SELECT ON clients FROM PUBLIC")
    assert "no access any more" in yard.studio("db", "revoke", mia).out
    assert policies(yard)[1:] == []


def test_a_role_is_bound_as_whatever_it_becomes(yard: Yard) -> None:
    yard.make_roles("staff", "mia", "web")
    staff, mia = yard.role("staff"), yard.role("mia")
    yard.sql("CREATE POLICY everyone ON clients TO public USING (true)")
    yard.sql(f"GRANT {staff} TO {mia}")
    yard.sql(f"GRANT SELECT, UPDATE ON clients TO {staff}, {yard.role('web')}")
    yard.studio("db", "grant", mia, "--client", "acme", "--can", "read")
    with yard.connect("mia") as connection:
        connection.execute(f"SET ROLE {staff}".encode())
        assert connection.execute("SELECT slug FROM clients").fetchall() == []
        assert connection.execute("UPDATE clients SET notes = 'x'").rowcount == 0
    assert seen(yard, "staff") == seen(yard, "web") == ["acme", "globex"], "others are not bound"


@pytest.mark.parametrize(
    ("kind", "column"), [("program", "client_id"), ("chapter", "program_id"), ("session", "chapter_id")]
)
def test_what_is_approved_is_not_taken_to_a_client_where_one_may_change_it(
    yard: Yard, kind: str, column: str
) -> None:
    yard.make_roles("mia")
    mia = yard.role("mia")
    yard.studio("db", "grant", mia, "--client", "acme", "--can", "write")
    yard.studio("db", "grant", mia, "--client", "globex", "--can", "approve")
    own = {"program": a("program", "draft"), "chapter": a("chapter"), "session": a("session", "mixed")}[kind]
    there = {"program": g("client"), "chapter": g("program", "draft"), "session": g("chapter")}[kind]
    place = {"program": "slug = 'taken'", "chapter": "number = 7", "session": "number = '7.7'"}[kind]
    move = f"UPDATE {kind}s SET {column} = {there}, {place} WHERE id = {own}"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        yard.sql(move, who="mia")
    yard.sql(f"UPDATE {kind}s SET {place} WHERE id = {own}", who="mia")
    for table in LOCKED:
        yard.sql(f"UPDATE {table} SET status = 'draft'")
    yard.sql(move, who="mia")
    yard.sql("UPDATE articles SET status = 'approved'")
    yard.studio("db", "grant", mia, "--client", "acme", "--can", "approve")
    back = {"program": a("client"), "chapter": a("program", "draft"), "session": a("chapter")}[kind]
    yard.sql(f"UPDATE {kind}s SET {column} = {back} WHERE id = {own}", who="mia")


def test_who_is_in_a_granted_role_has_its_rows(yard: Yard) -> None:
    yard.make_roles("team", "mia")
    yard.sql(f"GRANT {yard.role('team')} TO {yard.role('mia')}")
    yard.studio("db", "grant", yard.role("team"), "--client", "globex", "--can", "read")
    assert seen(yard, "mia") == ["globex"]
    with yard.connect("mia") as connection:
        connection.execute(f"SET ROLE {yard.role('team')}".encode())
        assert connection.execute("SELECT slug FROM clients").fetchall() == [("globex",)]


# --- giving and taking


def test_grants_add_up_by_client_and_each_has_its_own_level(yard: Yard) -> None:
    yard.make_roles("mia")
    mia = yard.role("mia")
    assert yard.studio("db", "grant", mia, "--client", "acme").out == f"{mia} may write acme\n"
    made = policies(yard)
    yard.studio("db", "grant", mia, "--client", "globex", "--can", "read")
    assert policies(yard) == made, "the policies are the same: nothing had to be locked for it"
    assert seen(yard, "mia") == ["acme", "globex"]
    assert yard.sql("UPDATE clients SET notes = 'x' RETURNING slug", who="mia") == [("acme",)]
    yard.studio("db", "grant", mia, "--client", "acme", "--can", "read")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        yard.sql("UPDATE clients SET notes = 'x'", who="mia")
    shown = yard.studio("db", "access").out
    assert f"{mia} may read acme\n{mia} may read globex\n" in shown
    assert yard.studio("db", "revoke", mia, "--client", "acme").out == f"{mia} may still read globex\n"
    assert seen(yard, "mia") == ["globex"]


def test_what_is_revoked_leaves_nothing_behind(yard: Yard) -> None:
    yard.make_roles("mia", "bo")
    for who in ("mia", "bo"):
        yard.studio("db", "grant", yard.role(who), "--client", "acme")
    assert "no access any more" in yard.studio("db", "revoke", yard.role("mia")).out
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(yard, "mia")
    yard.sql(f"DROP ROLE {yard.role('mia')}")
    assert seen(yard, "bo") == ["acme"]
    yard.studio("db", "revoke", yard.role("bo"))
    assert policies(yard) == []
    assert "granted nothing" in yard.studio("db", "revoke", yard.role("bo")).err


def test_a_role_with_rights_from_elsewhere_stays_bound_when_its_grant_is_revoked(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO public")
    yard.sql("CREATE POLICY everyone ON clients TO public USING (true)")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    assert seen(yard, "mia") == ["acme"]
    assert "the policies stay" in yard.studio("db", "revoke", yard.role("mia")).out
    assert yard.sql("SELECT count(*) FROM studio_sync.access") == [(0,)]
    assert seen(yard, "mia") == []


def test_rights_that_a_role_had_before_are_cut_down_to_what_the_grant_needs(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public, studio_sync TO {yard.role('mia')}")
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme", "--can", "read").code == 0
    for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        for table in (*EVERYTHING, "studio_sync.access"):
            query = "SELECT has_table_privilege(%s, %s, %s)"
            assert yard.sql(query, yard.role("mia"), table, privilege) == [(False,)], (privilege, table)


# --- the administrator


def test_an_administrator_in_the_owners_role_may_grant(yard: Yard) -> None:
    yard.make_roles("owner", "mia")
    yard.give_to("owner")
    done = yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    assert done.code == 1
    assert f"only the owner ({yard.role('owner')})" in done.err
    assert f"GRANT {yard.role('owner')} TO {yard.role('boss')}" in done.err
    assert policies(yard) == []
    yard.sql(f"GRANT {yard.role('owner')} TO {yard.role('boss')}")
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme").code == 0
    assert seen(yard, "mia") == ["acme"]
    yard.sql(f"REVOKE {yard.role('owner')} FROM {yard.role('boss')}")
    assert seen(yard, "mia") == ["acme"], "what was granted doesn't hang on who granted it"
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme", who="owner").code == 0


def test_make_login_takes_a_password_that_never_reaches_the_server_as_it_is(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    done = yard.studio("db", "grant", yard.role("mia"), "--client", "acme", "--create-login")
    assert done.code == 0, done
    assert "correct" not in done.text
    secret = "SELECT rolcanlogin, rolsuper, rolcreaterole, rolpassword LIKE 'SCRAM-SHA-256$%%' FROM pg_authid WHERE rolname = %s"
    assert yard.sql(secret, yard.role("mia")) == [(True, False, False, True)]
    assert seen(yard, "mia") == ["acme"]
    again = yard.studio("db", "grant", yard.role("mia"), "--client", "acme", "--create-login")
    assert again.code == 2
    assert "leave out --create-login" in again.err


def test_make_login_without_a_password_makes_nothing(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = yard.studio("db", "grant", yard.role("mia"), "--client", "acme", "--create-login")
    assert done.code == 2
    assert yard.sql("SELECT count(*) FROM pg_roles WHERE rolname = %s", yard.role("mia")) == [(0,)]


def test_print_shows_what_a_grant_would_do_with_a_placeholder_for_the_password(
    yard: Yard, tmp_path: Path
) -> None:
    shown = yard.studio("db", "grant", yard.role("mia"), "--client", "acme", "--create-login", "--print").out
    assert policies(yard) == []
    psql = [programs.find_programs(yard.server.version, None, tmp_path).folder / "bin" / "psql", "-X", "-q"]
    psql += ["-v", "ON_ERROR_STOP=1", "-v", "password=s3cret", yard.address("boss")]
    subprocess.run(psql, input=shown, text=True, check=True, capture_output=True)
    assert seen(yard, "mia") == ["acme"]
    made = policies(yard)
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme").code == 0
    assert policies(yard) == made
    shown = yard.studio("db", "revoke", yard.role("mia"), "--print").out
    subprocess.run(psql, input=shown, text=True, check=True, capture_output=True)
    assert yard.sql("SELECT count(*) FROM studio_sync.access") == [(0,)]


# --- what is refused


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("ALTER TABLE articles DISABLE ROW LEVEL SECURITY", "articles: row-level security is off"),
        ("ALTER TABLE quizzes FORCE ROW LEVEL SECURITY", "quizzes: row-level security is forced"),
        ("ALTER ROLE {mia} SUPERUSER", "a superuser"),
        ("ALTER ROLE {mia} BYPASSRLS", "BYPASSRLS"),
        ("GRANT {boss} TO {mia}", "{boss}, the owner of"),
        ("GRANT pg_write_all_data TO {mia}", "pg_write_all_data"),
        ("GRANT TRUNCATE ON videos TO PUBLIC", "TRUNCATE on videos as everyone has"),
        ("GRANT REFERENCES (id) ON clients TO PUBLIC", "REFERENCES on clients"),
        (
            (
                "CREATE TABLE closed (id uuid); CREATE POLICY p ON quizzes AS RESTRICTIVE TO public"
                " USING (session_id IN (SELECT id FROM closed))"
            ),
            "the policy p on quizzes asks closed, which the role may not read",
        ),
        ("ALTER SCHEMA studio_sync OWNER TO postgres", "studio_sync"),
    ],
)
def test_where_row_level_security_would_not_hold_nothing_is_granted(
    yard: Yard, damage: str, said: str
) -> None:
    yard.make_roles("mia")
    names = {who: yard.role(who) for who in ("mia", "boss")}
    yard.sql(damage.format(**names))
    before = yard.sql(
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    done = yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    assert done.code == 1, done
    assert said.format(**names) in done.err
    assert not [p for p in policies(yard) if str(p[1]).startswith("studio")]
    after = yard.sql(
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    assert after == before


def test_names_that_there_are_not_are_told(yard: Yard) -> None:
    done = yard.studio("db", "grant", yard.role("nobody"), "--client", "acme")
    assert (done.code, "--create-login" in done.err) == (2, True)
    yard.make_roles("mia")
    done = yard.studio("db", "grant", yard.role("mia"), "--client", "acne")
    assert (done.code, "it has: acme, globex" in done.err) == (2, True)


def test_an_unprepared_database_is_told_apart(pg, tmp_path: Path) -> None:
    with servers.database(pg, empty=True) as url:
        from tests.harness import Desk

        with Desk(tmp_path / "desk", url) as desk:
            done = desk.run("db", "access")
            assert done.code == 3
            assert "studio db init" in done.err


# --- showing


def test_access_shows_grants_who_sees_everything_and_other_policies(town: Yard) -> None:
    found = town.studio("db", "access")
    assert f"{town.role('reader')} may read acme" in found.out
    assert f"{town.role('boss')} sees everything: it owns" in found.out
    assert "postgres sees everything: a superuser" in found.out
    assert "the policy everyone on clients lets in everyone (ALL): true" in found.out
    assert "policies of others don't widen" in found.out
    told = town.studio("db", "access", "--json").json
    assert told["outcome"] == "ok"
    assert {
        "role": town.role("writer"),
        "top": uid("acme", "client"),
        "slot": "acme",
        "can": "write",
    } in told["grants"]
    assert told["problems"] == []


def test_access_shows_what_lets_a_role_further_and_policies_that_were_changed(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    yard.sql(f"ALTER ROLE {yard.role('mia')} BYPASSRLS")
    yard.sql("DROP POLICY studio_read ON articles")
    found = yard.studio("db", "access").out
    assert f"{yard.role('mia')} reaches further than its grants: it bypasses" in found
    assert "articles: it is missing, or not what a grant makes today" in found
    yard.sql(f"ALTER ROLE {yard.role('mia')} NOBYPASSRLS")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    assert yard.studio("db", "access", "--json").json["problems"] == []


def test_access_shows_views_that_look_past_policies(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.sql("CREATE VIEW all_articles AS SELECT * FROM articles; GRANT SELECT ON all_articles TO PUBLIC")
    yard.sql("CREATE VIEW own_articles WITH (security_invoker = true) AS SELECT * FROM articles")
    yard.sql("GRANT SELECT ON own_articles TO PUBLIC")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    found = yard.studio("db", "access", "--json").json["problems"]
    assert [p["message"] for p in found] == [
        "it reads articles through the view all_articles, which runs as its owner"
    ]


def test_functions_that_an_older_studio_did_not_make_are_told(yard: Yard) -> None:
    yard.make_roles("mia")
    yard.studio("db", "grant", yard.role("mia"), "--client", "acme")
    yard.sql("DROP FUNCTION studio_sync.forgotten(text, uuid)")
    (problem,) = yard.studio("db", "access", "--json").json["problems"]
    assert problem["table"] == "studio_sync.forgotten(text, uuid)"
    assert "run one of the grants again" in problem["hint"]


def test_a_status_column_of_an_enum_type_will_do(yard: Yard) -> None:
    yard.sql("CREATE TYPE step AS ENUM ('draft', 'review', 'approved')")
    yard.sql("ALTER TABLE articles ALTER status DROP DEFAULT, ALTER status TYPE step USING status::step")
    yard.make_roles("mia")
    assert yard.studio("db", "grant", yard.role("mia"), "--client", "acme").code == 0
    assert yard.sql("UPDATE articles SET content = content RETURNING status", who="mia") == [("draft",)]


def test_grants_survive_another_schema_and_a_role_with_blanks_in_its_name(yard: Yard) -> None:
    yard.sql(f"CREATE SCHEMA studio AUTHORIZATION {yard.role('boss')}")
    for table in TABLES:
        yard.sql(f"ALTER TABLE {table} SET SCHEMA studio")
    yard.sql(f"ALTER DATABASE {yard.name} SET search_path = studio")
    odd = f'{yard.name}_Mia "M"'
    with open_connection(parse_address(yard.url)) as connection:
        connection.execute('CREATE ROLE "{}"'.format(odd.replace('"', '""')).encode())
        assert yard.studio("db", "grant", odd, "--client", "acme").code == 0
        connection.execute("SELECT set_config('role', %s, false)", [odd])
        assert connection.execute("SELECT slug FROM clients").fetchall() == [("acme",)]
        connection.execute("RESET ROLE")
    assert "no access any more" in yard.studio("db", "revoke", odd).out
    yard.sql('DROP ROLE "{}"'.format(odd.replace('"', '""')))
