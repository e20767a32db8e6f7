"""What `--json` prints is a contract: a schema for each command, and a stable code for each failure."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from studio_sync.cli.command_table import COMMANDS
from studio_sync.cli.output import Output
from studio_sync.files.tree.lock import only_one
from tests import output_schemas
from tests.harness import Desk, run

SILENT = {"lsp", "mcp"}
"""Commands that print no JSON: other programs speak another protocol with them."""


def test_each_command_has_a_schema_and_each_schema_a_command():
    assert output_schemas.names() == {*COMMANDS, "db-access"} - SILENT


def test_each_schema_is_one_and_says_what_each_key_means():
    for name in ("report", *sorted(output_schemas.names())):
        schema = output_schemas.read(name)
        jsonschema_rs.meta.validate(schema)
        assert schema["description"]
        _described(schema, name)


def _described(schema, at):
    for key, inner in schema.get("properties", {}).items():
        assert {"description", "const", "enum", "$ref"} & set(inner), f"{at}.{key}"
        _described(inner, f"{at}.{key}")
        _described(inner.get("items", {}), f"{at}.{key}[]")
    for key, inner in schema.get("$defs", {}).items():
        assert inner["description"] or "$ref" in inner, key
        _described(inner, key)


def test_the_suite_holds_everything_that_it_makes_a_command_print_against_its_schema():
    good = {
        "version": 1,
        "command": "status",
        "outcome": "ok",
        "database": "",
        "records": [],
        "counts": {},
        "problems": [],
    }
    output_schemas.hold(json.dumps(good))
    for change in ({"outcome": "well"}, {"more": 1}, {"records": [{}]}, {"problems": [{"code": "A b"}]}):
        with pytest.raises(AssertionError):
            output_schemas.hold(json.dumps(good | change))
    assert Output.json.__name__ == "held"


@pytest.mark.parametrize(("code", "exit_code", "outcome", "arguments"), [
    ("unreachable", 3, "failed", ("status", "--database", "postgresql://nobody@127.0.0.1:9/none")),
    ("usage", 2, "failed", ("status", "--database", "postgresql://x/y", "--target", "x")),
    ("usage", 2, "failed", ("status", "--nonsense")),
    ("no-workspace", 2, "failed", ("-C", "/", "status")),
    ("refused", 1, "refused", ("init", ".", "--client", "x", "--git")),
    ("untrusted-host", 1, "refused", ("status", "--target", "far")),
])  # fmt: skip
def test_a_failure_has_a_code_of_its_own_and_the_exit_code_stays(
    tmp_path: Path, code: str, exit_code: int, outcome: str, arguments: tuple[str, ...]
):
    desk = Desk(tmp_path / "desk", "", "name: desk\ntargets:\n  far: postgresql://ada@db.example.org/x\n")
    found = run(*arguments, "--json", cwd=desk.root, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert (found.code, found.json["outcome"], found.codes) == (exit_code, outcome, [code])


def test_a_workspace_in_which_another_command_writes_is_busy_and_a_file_out_of_reach_unavailable(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    desk.ok("push")
    monkeypatch.setattr("filelock.FileLock.acquire", lambda *_, **__: (_ for _ in ()).throw(_timeout()))
    found = desk.run("push", "--json")
    assert (found.code, found.json["outcome"], found.codes) == (1, "refused", ["busy"])
    monkeypatch.setattr(
        "filelock.FileLock.acquire", lambda *_, **__: (_ for _ in ()).throw(OSError(13, "no"))
    )
    found = desk.run("push", "--json")
    assert (found.code, found.json["outcome"], found.codes) == (3, "failed", ["unavailable"])
    assert only_one


def test_what_db_did_and_the_sql_that_it_prints_are_json_too(synced: Desk):
    for arguments, key, said in (
        (("track",), "lines", "tracking changes of 10 tables"),
        (("track",), "lines", "nothing to do"),
        (("track", "--print"), "sql", "CREATE TABLE IF NOT EXISTS studio_sync.changes"),
        (("track", "--remove"), "lines", "removed the triggers"),
        (("init",), "lines", "nothing to do"),
        (("init", "--print"), "sql", "studio_sync"),
        (("prune", "--before", "2020-01-01", "-n"), "lines", "nothing to delete"),
        (
            ("grant", "nobody_at_all", "--client", "acme-bank", "--create-login", "--print"),
            "sql",
            "CREATE ROLE",
        ),
    ):
        found = synced.ok("db", *arguments, "--json")
        assert (found.json["command"], found.json["outcome"]) == ("db", "ok")
        assert said in "".join(found.json[key]), arguments
        assert found.err == ""


def test_what_shells_and_git_call_prints_one_object_too(bare: Desk):
    for name, text in (("base", "a\n"), ("ours", "b\n"), ("theirs", "c\n"), ("message", "Why\n")):
        (bare.root / name).write_text(text, "utf-8")
    for arguments, command, key, code in (
        (("--version",), "", "studio", 0),
        (("completion", "bash"), "completion", "script", 0),
        (("hook", "prepare-commit-msg", "message"), "hook", "lines", 0),
        (("merge-file", "base", "base", "base", "x.txt"), "merge-file", "conflicts", 0),
        (("merge-file", "base", "ours", "theirs", "x.txt"), "merge-file", "conflicts", 1),
    ):
        said = bare.run(*arguments).out
        for given in ((*arguments, "--json"), ("--json", *arguments)):
            found = bare.run(*given)
            assert (found.code, found.json["command"]) == (code, command)
            assert found.json["outcome"] == ("differs" if code else "ok")
            expected = {"lines": [], "conflicts": code}.get(key, said.removeprefix("studio, version "))
            assert found.json[key] == (expected if command else expected.strip())


@pytest.mark.parametrize("arguments", [("merge-file", "a", "b", "c", "d"), ("watch", "--every", "0")])
def test_a_command_that_prints_something_else_fails_with_a_report_too(bare: Desk, arguments: tuple[str, ...]):
    found = bare.run(*arguments, "--json")
    assert (found.json["command"], found.json["outcome"]) == (arguments[0], "failed")
    assert arguments[0] != "watch" or found.out.count("\n") == 1  # one object a line, as of what happens


def test_a_failure_names_the_command_and_not_what_an_option_is_called_alike(bare: Desk):
    for arguments, command in (
        (("--target", "import", "status"), "status"),
        (("-C", "diff", "push", "pull"), "push"),
        (("--json", "show", "log"), "show"),
        (("nonsense", "status"), ""),
    ):
        assert bare.run(*arguments, "--json").json["command"] == command, arguments


def _timeout():
    from filelock import Timeout

    return Timeout("lock")


def test_a_database_that_was_not_prepared_says_no_tables(desk: Desk):
    for table in ("clients", "programs"):
        desk.sql(f"ALTER TABLE {table} RENAME TO gone_{table}")
    try:
        found = desk.run("status", "--json")
        assert (found.code, found.json["outcome"], found.codes) == (3, "failed", ["no-tables"])
    finally:
        for table in ("clients", "programs"):
            desk.sql(f"ALTER TABLE gone_{table} RENAME TO {table}")
