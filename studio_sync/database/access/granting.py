"""The SQL of a grant: table privileges, and the row-level security policies that limit them.

One permissive policy admits the roles; with it, other permissive policies make no difference to them.
Restrictive policies, which must all hold, then select the rows. They apply to everyone, and first ask
whether the role is bound: a role could remove its own name from a policy. For other roles nothing
changes.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import LiteralString, TypeAlias

from psycopg import sql

from studio_sync.core.values.kind import Kind
from studio_sync.database.access.ledger_functions import ledger_functions
from studio_sync.database.access.scoping import SCHEMA, Scoping, function, is_open
from studio_sync.database.values.role_grants import LEVELS

TablePolicies: TypeAlias = list[tuple[str, sql.Composable]]
"""(name, definition after the roles) of the policies on one table."""

ENTRANCE = "studio"
"""The name of the permissive policy that admits roles."""

POLICIES = (ENTRANCE, "studio_read", "studio_insert", "studio_update", "studio_delete")
"""The names of the policies on every table."""


def policies(scoping: Scoping, kind: Kind) -> Iterator[tuple[str, sql.Composable]]:
    """(name, definition after the roles) of each policy on the table of `kind`."""
    written = scoping.mine(kind, "write")
    if kind.flow:
        written = sql.SQL("{} AND ({} OR {})").format(written, is_open(kind), scoping.mine(kind, LEVELS[-1]))
    doomed, moved = scoping.mine(kind, "write"), written
    if kind.flow:
        doomed = sql.SQL("{} AND {}").format(doomed, is_open(kind))
    if kind.parent and scoping.kinds.children(kind.name):
        doomed = sql.SQL("{} AND NOT {}(id)").format(doomed, function(f"locked_below_{kind.table}"))
        moved = sql.SQL("{} AND {}(id, {})").format(
            written, function(f"may_stand_{kind.table}"), sql.Identifier(kind.parent_column)
        )
    rules = (
        sql.SQL("USING (true)"),
        sql.SQL("USING ({})").format(_bounded(scoping.mine(kind, "read"))),
        sql.SQL("WITH CHECK ({})").format(_bounded(written)),
        sql.SQL("USING ({}) WITH CHECK ({})").format(_bounded(written), _bounded(moved)),
        sql.SQL("USING ({})").format(_bounded(doomed)),
    )
    return zip(POLICIES, rules, strict=True)


def _bounded(rule: sql.Composable) -> sql.Composable:
    """A rule for bound roles only; whether the role is one is evaluated once for each statement."""
    return sql.SQL("NOT (SELECT {}(current_user)) OR {}").format(function("is_bound"), rule)


_HEADS = (
    "CREATE POLICY {name} ON {table} FOR ALL TO {roles}",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR SELECT TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR INSERT TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR UPDATE TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR DELETE TO PUBLIC",
)


def stamp(rules: TablePolicies) -> str:
    """The comment that marks a table's policies, so that outdated ones are recognized."""
    text = "\n".join(name + rule.as_string(None) for name, rule in rules)
    return "studio " + blake2b(text.encode(), digest_size=8).hexdigest()


def policy_statements(
    table: sql.Identifier, rules: TablePolicies, roles: Sequence[str]
) -> Iterator[sql.Composable]:
    """Statements that recreate the policies for exactly these roles; without any role, drop them."""
    for name in POLICIES:
        yield sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(name), table)
    if not roles:
        return
    named = sql.SQL(", ").join(sql.Identifier(r) for r in roles)
    mark = stamp(rules)
    for head, (name, rule) in zip(_HEADS, rules, strict=True):
        created = sql.SQL(head).format(name=sql.Identifier(name), table=table, roles=named)
        yield sql.SQL("{}\n    {}").format(created, rule)
        yield sql.SQL("COMMENT ON POLICY {} ON {} IS {}").format(
            sql.Identifier(name), table, sql.Literal(mark)
        )


def ledger_policies(scoping: Scoping) -> Iterator[tuple[str, TablePolicies]]:
    """(table, policies) of the ledger: read by client; appending goes through functions."""
    read = sql.SQL("top IN (SELECT {}('read'))").format(scoping.tops)
    nothing = sql.SQL("false")
    # Looked up run by run: an EXISTS may be planned as a scan of all that others entered.
    own = sql.SQL(
        "role = current_user"
        " OR (SELECT true FROM studio_sync.versions AS v WHERE v.run = runs.id"
        " AND v.top = ANY (ARRAY(SELECT {tops}('read'))) LIMIT 1)"
        " OR (SELECT true FROM studio_sync.notes AS n WHERE n.run = runs.id LIMIT 1)"
    ).format(tops=scoping.tops)
    for table in _ledger(scoping):
        condition = own if table == "runs" else read
        rules = (
            sql.SQL("USING (true)"),
            sql.SQL("USING ({})").format(_bounded(condition)),
            sql.SQL("WITH CHECK ({})").format(_bounded(nothing)),
            sql.SQL("USING ({})").format(_bounded(nothing)),
            sql.SQL("USING ({})").format(_bounded(nothing)),
        )
        yield table, list(zip(POLICIES, rules, strict=True))


def _ledger(scoping: Scoping) -> tuple[str, ...]:
    """The ledger's tables that this database has."""
    return ("runs", "versions", "notes", *(["changes"] if scoping.tracks else []))


def privileges(scoping: Scoping, role: str, level: str) -> Iterator[sql.Composable]:
    """Set `role`'s table privileges to those that `level` needs; "" revokes all."""
    who = sql.Identifier(role)
    for kind in scoping.kinds:
        table = scoping.table(kind)
        yield sql.SQL("REVOKE ALL ON {} FROM {}").format(table, who)
        if level:
            yield sql.SQL("GRANT SELECT ON {} TO {}").format(table, who)
        if level not in LEVELS[1:]:
            continue
        if kind.parent:
            yield sql.SQL("GRANT INSERT ({}), DELETE ON {} TO {}").format(
                _columns(inserted(kind)), table, who
            )
        yield sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(_columns(updated(kind)), table, who)
    for name in _ledger(scoping):
        table = sql.Identifier(SCHEMA, name)
        yield sql.SQL("REVOKE ALL ON {} FROM {}").format(table, who)
        if level:
            yield sql.SQL("GRANT SELECT ON {} TO {}").format(table, who)


def inserted(kind: Kind) -> list[str]:
    """The columns that a push writes into a new row."""
    return [c for c in ("id", kind.parent_column, kind.slot_column, *_texts(kind)) if c]


def updated(kind: Kind) -> list[str]:
    """The columns that a push may change. Top rows keep id and slot."""
    place = (kind.parent_column, kind.slot_column) if kind.parent else ()
    return [c for c in (*place, *_texts(kind), "version" * kind.versioned, "updated_at") if c]


def _texts(kind: Kind) -> list[str]:
    return [*kind.names, *(kind.words or ())]


def _columns(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(n) for n in names)


def functions(scoping: Scoping) -> Iterator[tuple[str, sql.Composable]]:
    """(signature, definition) of every function for granted roles; callees before callers."""
    yield from scoping.functions()
    yield from ledger_functions(scoping)


_PREAMBLE = Path(__file__).with_name("access.sql").read_text(encoding="utf-8")
"""The tables of grants and bound roles, and the functions that identify the caller."""


def _asked_by_policies(scoping: Scoping) -> Iterator[str]:
    """The names of the functions that policies call."""
    for kind in scoping.parents():
        yield f"my_{kind.table}"
        yield from (f"locked_below_{kind.table}", f"may_stand_{kind.table}")


def function_statements(scoping: Scoping) -> Iterator[sql.Composable]:
    """Create or update the access tables and functions.

    Everyone may execute those called by policies, because PostgreSQL calls them for whoever reads a table.
    They only answer for the caller's own clients.
    """
    for statement in _PREAMBLE.split(";\n"):
        if statement.strip():
            yield sql.SQL(statement.strip())
    for table in (sql.Identifier(SCHEMA, "access"), sql.Identifier(SCHEMA, "bound")):
        yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(table)
        yield sql.SQL("DELETE FROM {} WHERE role NOT IN (SELECT oid FROM pg_roles)").format(table)
    yield sql.SQL("REVOKE ALL ON FUNCTION studio_sync.caller() FROM PUBLIC")
    asked = set(_asked_by_policies(scoping))
    for signature, definition in functions(scoping):
        yield definition
        verb: LiteralString = (
            "GRANT EXECUTE ON FUNCTION {} TO PUBLIC"
            if signature.partition("(")[0] in asked
            else "REVOKE ALL ON FUNCTION {} FROM PUBLIC"
        )
        yield sql.SQL(verb).format(signed(signature))


def execution(scoping: Scoping, role: str, *, given: bool) -> Iterator[sql.Composable]:
    """Grant `role` EXECUTE on the functions, or revoke it."""
    verb = sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}" if given else "REVOKE ALL ON FUNCTION {} FROM {}")
    for signature, _ in functions(scoping):
        yield verb.format(signed(signature), sql.Identifier(role))


def signed(signature: str) -> sql.Composable:
    """One of our functions with its parameter types, for GRANT."""
    name, _, types = signature.partition("(")
    kinds = [
        sql.SQL("{}[]" if t.endswith("[]") else "{}").format(sql.Identifier(t.removesuffix("[]")))
        for t in types.rstrip(")").split(", ")
        if t
    ]
    return sql.SQL("{}({})").format(sql.Identifier(SCHEMA, name), sql.SQL(", ").join(kinds))
