"""What a granted role tries on the ledger, which everybody else's commands read."""

# ruff: noqa: E501 (a statement is read best in one line)

from collections.abc import Iterator
from dataclasses import dataclass, field

from studio_sync.kinds import KINDS
from tests.harness import CHAPTER, CLIENT, PROGRAM, SESSION

RUN = "77777777-7777-4777-8777-777777777777"
OTHERS_RUN = "88888888-8888-4888-8888-888888888888"
GHOST = "99999999-9999-4999-8999-999999999999"
COMMIT = "c" * 40


@dataclass(frozen=True)
class Attack:
    """What the attacker wants, as whom, and the statements; `{globex}` and the like are ids of the other client."""

    want: str
    who: str
    statements: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.who} wants {self.want}"


def size(kind: str) -> int:
    """How many bytes the digests of a record take."""
    return 16 * len(KINDS[kind].fields)


def run(**lies: str) -> str:
    """A run that a writer opens."""
    said = {
        "id": f"'{RUN}'", "actor": "'mia'", "source": "'push'",
        "git_commit": f"'{COMMIT}'", "message": "NULL", "reach": "NULL",
    } | lies  # fmt: skip
    return f"SELECT studio_sync.enter_run({', '.join(said.values())})"


def version(**lies: str) -> str:
    """An honest version of the writer's own session, but for the lies."""
    said = {
        "run": f"'{RUN}'", "entry": "gen_random_uuid()", "top": f"'{CLIENT}'", "kind": "'session'",
        "rid": f"'{SESSION}'", "row_id": f"'{SESSION}'", "parent": f"'{CHAPTER}'", "slot": "'1.1'",
        "digests": f"decode(repeat('ab', {size('session')}), 'hex')", "document": "'{}'", "decision": "NULL",
    } | lies  # fmt: skip
    types = ("uuid", "uuid", "text", "text", "uuid", "text", "text", "bytea", "json", "jsonb")
    run_id, *columns = said.values()
    arrays = ", ".join(f"ARRAY[{value}]::{of}[]" for value, of in zip(columns, types, strict=True))
    return f"SELECT * FROM studio_sync.enter_versions({run_id}, {arrays})"


def article(**lies: str) -> str:
    """An honest version of the article in that session, but for the lies."""
    said = {
        "kind": "'article'", "rid": f"'{SESSION}/article'", "row_id": "'{article}'", "parent": f"'{SESSION}'",
        "slot": "''", "digests": f"decode(repeat('ab', {size('article')}), 'hex')",
    } | lies  # fmt: skip
    return version(**said)


def note(**lies: str) -> str:
    """An honest note on that session, but for the lies."""
    said = {
        "run": f"'{RUN}'", "top": f"'{CLIENT}'", "kind": "'session'", "rid": f"'{SESSION}'",
        "parent": f"'{CHAPTER}'", "slot": "'1.1'",
        "digests": f"decode(repeat('ab', {size('session')}), 'hex')", "fields": "'{title}'", "number": "1",
    } | lies  # fmt: skip
    return f"SELECT studio_sync.enter_note({', '.join(said.values())})"


HONEST = (run(), version(), article(), note())
"""What the attacks lie about, and what is taken."""


def attacks() -> Iterator[Attack]:
    """All of them: each is refused, and changes nothing."""
    for who in ("reader", "writer"):
        yield from on_the_tables(who)
    for want, statement in (
        ("to open a run", run()),
        ("to enter a version", version()),
        ("to enter a note", note()),
        ("to enter a version in the writer's own run", version(run=f"'{OTHERS_RUN}'")),
        ("to hold the owner's lock", "SELECT FROM studio_sync.meta FOR UPDATE"),
        ("to share the owner's lock", "SELECT FROM studio_sync.meta FOR KEY SHARE"),
        ("to lock a table of content against everybody", "LOCK TABLE articles IN SHARE MODE"),
    ):
        yield Attack(want, "reader", (statement,))
    yield from of_runs()
    yield from of_versions()
    yield from of_notes()


def on_the_tables(who: str) -> Iterator[Attack]:
    """The ledger is written through functions alone."""
    columns = "entry, run, top, kind, rid, number, row_id, parent, slot, digests"
    values = f"gen_random_uuid(), '{OTHERS_RUN}', '{CLIENT}', 'session', '{SESSION}'"
    for want, statement in (
        ("that nobody can push that record any more", f"INSERT INTO studio_sync.versions ({columns}) VALUES ({values}, 2147483647, '{SESSION}', '', '', '')"),
        ("that every fresh clone fails on a kind", f"INSERT INTO studio_sync.versions ({columns}) VALUES (gen_random_uuid(), '{OTHERS_RUN}', '{CLIENT}', 'bogus', '{SESSION}', 1, '{SESSION}', '', '', '')"),
        ("a run in the name of the owner", f"INSERT INTO studio_sync.runs (id, actor, source, role) VALUES ('{GHOST}', 'x', 'push', 'postgres')"),
        ("a run of the year 294276", f"INSERT INTO studio_sync.runs (id, actor, source, at) VALUES ('{GHOST}', 'x', 'push', 'infinity')"),
        ("a run that covers everything", f"INSERT INTO studio_sync.runs (id, actor, source, reach) VALUES ('{GHOST}', 'x', 'push', NULL)"),
        ("a note by hand", f"INSERT INTO studio_sync.notes VALUES (gen_random_uuid(), '{OTHERS_RUN}', '{CLIENT}', 'session', '{SESSION}', '', '', '', '{{}}', 1)"),
        ("to change what was entered", "UPDATE studio_sync.versions SET document = NULL"),
        ("to widen what a push covered", "UPDATE studio_sync.runs SET reach = NULL"),
        ("to delete what was entered", "DELETE FROM studio_sync.versions"),
        ("to forget who pushed", "DELETE FROM studio_sync.runs"),
        ("to empty the ledger", "TRUNCATE studio_sync.notes"),
        ("to switch the ledger's triggers off", "ALTER TABLE studio_sync.versions DISABLE TRIGGER ALL"),
        ("to drop what the ledger takes", "ALTER TABLE studio_sync.versions DROP CONSTRAINT versions_kind"),
        ("to replace a function of the owner's", "CREATE OR REPLACE FUNCTION studio_sync.caller() RETURNS name LANGUAGE sql AS $$ SELECT 'postgres'::name $$"),
        ("to call what numbers versions", "SELECT studio_sync.number_version()"),
        ("to lock the ledger against everybody", "LOCK TABLE studio_sync.versions IN EXCLUSIVE MODE"),
        ("to lock the list of grants", "SELECT * FROM studio_sync.access FOR UPDATE"),
        ("to hide studio's tables behind its own", "CREATE TABLE studio_sync.clients ()"),
    ):  # fmt: skip
        yield Attack(want, who, (statement,))


def of_runs() -> Iterator[Attack]:
    """What a run says becomes arguments of git, and lines of a log."""
    for want, lie in (
        ("git to take the commit for an option", {"git_commit": "'--output=/tmp/x'"}),
        ("git to take the commit for a branch", {"git_commit": "'main'"}),
        ("a commit of many lines", {"git_commit": f"E'{COMMIT}\\n{COMMIT}'"}),
        ("a command that is a line of its own in a log", {"source": "E'push\\n::error::owned'"}),
        ("a command that is markup", {"source": "'<script>'"}),
        ("a command of a megabyte", {"source": "repeat('p', 1000000)"}),
        ("no command at all", {"source": "NULL"}),
        ("no name at all", {"actor": "NULL"}),
    ):
        yield Attack(want, "writer", (run(**lie),))


def of_versions() -> Iterator[Attack]:
    """What a version says is compared, merged, shown and restored by everybody."""
    other = {"top": "'{globex}'", "rid": "'{globex_session}'", "row_id": "'{globex_session}'"}
    for want, statement in (
        ("a kind that nobody knows", version(kind="'bogus'")),
        ("no kind", version(kind="NULL")),
        ("its session to be a program", version(kind="'program'", parent=f"'{CLIENT}'", digests=f"decode(repeat('ab', {size('program')}), 'hex')")),
        ("its session to be an article", article(rid=f"'{SESSION}'")),
        ("its program to be a session", version(rid=f"'{PROGRAM}'", row_id=f"'{PROGRAM}'")),
        ("digests that are too short", version(digests="'\\x00'")),
        ("digests that are too long", version(digests=f"decode(repeat('ab', {size('session') + 16}), 'hex')")),
        ("no digests", version(digests="NULL")),
        ("a document that is a list", version(document="'[]'")),
        ("a document that is a text", version(document="'\"x\"'")),
        ("a document that is null, and no deletion", version(document="'null'")),
        ("a document of 40 MB", version(document="json_build_object('title', repeat('x', 40000000))")),
        ("a document nested too deep to read", version(document="(repeat('[', 100000) || repeat(']', 100000))")),
        ("a decision that is a list", version(decision="'[1]'")),
        ("a decision of a megabyte", version(decision="jsonb_build_object('reopen', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 40000) AS i))")),
        ("to write another client's history", version(**other)),
        ("to write another client's history as its own client's", version(**other | {"top": f"'{CLIENT}'"})),
        ("to put its own history into another client's", version(top="'{globex}'")),
        ("to be the row of another client's session", version(row_id="'{globex_session}'")),
        ("the id that another client's next row will have", version(rid=f"'{GHOST}'", row_id=f"'{GHOST}'")),
        ("that id to be a program's, so that nobody can push it", version(kind="'program'", rid=f"'{GHOST}'", row_id=f"'{GHOST}'", parent=f"'{CLIENT}'", digests=f"decode(repeat('ab', {size('program')}), 'hex')")),
        ("that id to be one of a deleted session", version(rid=f"'{GHOST}'", row_id=f"'{GHOST}'", document="NULL")),
        ("what stands below that id", article(rid=f"'{GHOST}/article'", parent=f"'{GHOST}'")),
        ("its session to stand below another client's chapter", version(parent="'{globex_chapter}'")),
        ("its session to stand below nothing", version(parent="''")),
        ("its session to stand below itself", version(parent=f"'{SESSION}'")),
        ("its session to stand below its client", version(parent=f"'{CLIENT}'")),
        ("an article of another client's session", article(rid="'{globex_session}/article'", parent="'{globex_session}'")),
        ("its article to be another client's row", article(row_id="'{globex_article}'")),
        ("its article to have another name", article(rid=f"'{SESSION}/article/x'")),
        ("its article to be known by a path", article(rid="'../../../etc/passwd'")),
        ("a record with a line end in its name", article(rid=f"E'{SESSION}/article\\n'")),
        ("a record that is no id", version(rid="'x'")),
        ("a record in capitals", version(rid="'ABCDEFAB-CDEF-4BCD-8BCD-ABCDEFABCDEF'", row_id="'abcdefab-cdef-4bcd-8bcd-abcdefabcdef'")),
        ("a slug of 10 MB", version(slot="repeat('x', 10000000)")),
        ("an article that stands to be gone", article(document="NULL")),
        ("a session that stands to be gone", version(document="NULL")),
        ("to speak in a run that is nobody's", version(run=f"'{GHOST}'")),
        ("to speak in a run of the owner", version(run="'{owners_run}'")),
        ("to number a version itself", version(slot="'1.1', '2147483647'")),
    ):  # fmt: skip
        yield Attack(want, "writer", (run(), statement))


def of_notes() -> Iterator[Attack]:
    """What a note says moves the base of everybody's file."""
    for want, statement in (
        ("a note on another client's record", note(rid="'{globex_session}'", top="'{globex}'")),
        ("a note of a kind that nobody knows", note(kind="'bogus'")),
        ("a note on a field that there is not", note(fields="'{title,bogus}'")),
        ("a note on a list of lists of fields", note(fields="'{{title},{hook}}'")),
        ("a note with digests that fit no record", note(digests="'\\x00'")),
        ("a note with a slug of 10 MB", note(slot="repeat('x', 10000000)")),
        ("a note in a run of the owner", note(run="'{owners_run}'")),
    ):
        yield Attack(want, "writer", (run(), statement))


ALL = tuple(attacks())
