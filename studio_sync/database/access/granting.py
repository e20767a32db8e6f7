"""The SQL that gives roles their rows: privileges on the tables, and policies that bound them.

One permissive policy lets the roles in at all: with it, what any other permissive policy says of them
makes no difference. Restrictive ones, which all must hold, then say which rows. They are for everyone, and
ask first whether the role is bound: one that they named could take its name out of them. So nothing changes
for anyone else.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import LiteralString, TypeAlias

from psycopg import sql

from studio_sync.core.values.kind import Kind
from studio_sync.database.access.ledger_functions import ledger_functions
from studio_sync.database.access.scoping import SCHEMA, Scoping, function, is_open

TablePolicies: TypeAlias = list[tuple[str, sql.Composable]]
"""(name, what it says after the roles) of the policies on one table."""

LEVELS = ("read", "write", "approve")
"""What a role may do with a client's rows, each more than the one before."""

ENTRANCE = "studio"
"""The name of the policy that lets roles in, and names them."""

POLICIES = (ENTRANCE, "studio_read", "studio_insert", "studio_update", "studio_delete")
"""The names of the policies on every table."""


def policies(scoping: Scoping, kind: Kind) -> Iterator[tuple[str, sql.Composable]]:
    """(name, what it says after the roles) of each policy on the table of `kind`."""
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
    """A rule for bound roles alone; whether the role is one is asked once a statement."""
    return sql.SQL("NOT (SELECT {}(current_user)) OR {}").format(function("is_bound"), rule)


_HEADS = (
    "CREATE POLICY {name} ON {table} FOR ALL TO {roles}",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR SELECT TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR INSERT TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR UPDATE TO PUBLIC",
    "CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR DELETE TO PUBLIC",
)


def stamp(rules: TablePolicies) -> str:
    """What the policies of a table are marked with, so that it shows whether they are these."""
    text = "\n".join(name + rule.as_string(None) for name, rule in rules)
    return "studio " + blake2b(text.encode(), digest_size=8).hexdigest()


def policy_statements(
    table: sql.Identifier, rules: TablePolicies, roles: Sequence[str]
) -> Iterator[sql.Composable]:
    """Policies anew that let in exactly these roles; without any role, none."""
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
    """(table, policies) of the ledger: read by client. What is added to it goes through functions."""
    tops = function(f"my_{scoping.top.table}")
    read = sql.SQL("top IN (SELECT {}('read'))").format(tops)
    nothing = sql.SQL("false")
    own = sql.SQL(
        "role = current_user"
        " OR EXISTS (SELECT FROM studio_sync.versions AS v WHERE v.run = runs.id)"
        " OR EXISTS (SELECT FROM studio_sync.notes AS n WHERE n.run = runs.id)"
    )
    for table in _ledger(scoping):
        seen = own if table == "runs" else read
        rules = (
            sql.SQL("USING (true)"),
            sql.SQL("USING ({})").format(_bounded(seen)),
            sql.SQL("WITH CHECK ({})").format(_bounded(nothing)),
            sql.SQL("USING ({})").format(_bounded(nothing)),
            sql.SQL("USING ({})").format(_bounded(nothing)),
        )
        yield table, list(zip(POLICIES, rules, strict=True))


def _ledger(scoping: Scoping) -> tuple[str, ...]:
    """The tables of the ledger that this database has."""
    return ("runs", "versions", "notes", *(["changes"] if scoping.tracks else []))


def privileges(scoping: Scoping, role: str, level: str) -> Iterator[sql.Composable]:
    """What `role` may do on the tables at all, no more than `level` needs; "" takes everything away."""
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
    return [c for c in ("id", kind.parent_column, _slot(kind), *_texts(kind)) if c]


def updated(kind: Kind) -> list[str]:
    """The columns that a push may change. What stands at the top keeps its id and its slot."""
    place = (kind.parent_column, _slot(kind)) if kind.parent else ()
    version = ("version",) if kind.versioned else ()
    return [c for c in (*place, *_texts(kind), *version, "updated_at") if c]


def _slot(kind: Kind) -> str:
    return kind.slot.column if kind.slot else ""


def _texts(kind: Kind) -> list[str]:
    return [*(field.name for field in kind.fields), *(kind.words or ())]


def _columns(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(n) for n in names)


def functions(scoping: Scoping) -> Iterator[tuple[str, sql.Composable]]:
    """(signature, definition) of every function that granted roles get to call; callees before callers."""
    yield from scoping.functions()
    yield from ledger_functions(scoping)


_PREAMBLE = Path(__file__).with_name("access.sql").read_text(encoding="utf-8")
"""The tables of who may work with which client and who is bound, and what tells who asks."""


def _asked_by_policies(scoping: Scoping) -> Iterator[str]:
    """The names of the functions that policies ask."""
    for kind in scoping.parents():
        yield f"my_{kind.table}"
        yield from (f"locked_below_{kind.table}", f"may_stand_{kind.table}")


def function_statements(scoping: Scoping) -> Iterator[sql.Composable]:
    """The tables of access and the functions, made or brought up to date.

    Everyone may call those that policies ask: PostgreSQL asks them for whoever reads a table. They answer for
    the caller's own clients alone.
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
    """Let `role` call the functions, or no longer."""
    verb = sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}" if given else "REVOKE ALL ON FUNCTION {} FROM {}")
    for signature, _ in functions(scoping):
        yield verb.format(signed(signature), sql.Identifier(role))


def signed(signature: str) -> sql.Composable:
    """A function of ours with the types of its parameters, as GRANT wants it."""
    name, _, types = signature.partition("(")
    kinds = [
        sql.SQL("{}[]" if t.endswith("[]") else "{}").format(sql.Identifier(t.removesuffix("[]")))
        for t in types.rstrip(")").split(", ")
        if t
    ]
    return sql.SQL("{}({})").format(sql.Identifier(SCHEMA, name), sql.SQL(", ").join(kinds))
