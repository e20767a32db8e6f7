"""The one object that `--json` prints."""

import json
from decimal import Decimal
from typing import Any

import pytest

from studio_sync.render.json_report import json_text
from tests.harness import C1, PROGRAM, S1, S2, SESSION_2, Desk, P

STANDINGS = {"agreed", "ahead", "behind", "diverged", "conflict"}


def shaped(report: dict[str, Any], command: str, outcome: str) -> None:
    """A report has all of the promised keys, and no others."""
    assert set(report) == {"version", "command", "outcome", "database", "records", "counts", "problems"}
    assert (report["version"], report["command"], report["outcome"]) == (1, command, outcome)
    assert set(report["counts"]) <= STANDINGS
    assert all(isinstance(n, int) for n in report["counts"].values())
    for record in report["records"]:
        parts = {"parts", "seen"} if record["standing"] == "conflict" and command != "status" else set()
        assert set(record) == {"kind", "key", "path", "id", "standing", "action", "fields"} | parts
        assert record["standing"] in STANDINGS - {"agreed"}
        assert record["action"] in {"create", "update", "delete", "none"}
        assert set(record["fields"].values()) <= STANDINGS
    for problem in report["problems"]:
        assert set(problem) == {"path", "line", "column", "severity", "code", "message", "hint"}
        assert problem["severity"] in {"error", "warning"}


@pytest.mark.parametrize("command", ["status", "diff", "push", "pull", "validate"])
def test_a_workspace_in_sync(synced: Desk, command: str) -> None:
    report = synced.ok(command, "--json").json
    shaped(report, command, "ok")
    assert report["records"] == []
    if command != "validate":
        assert report["counts"] == {"agreed": 13}
        assert report["database"] == f"postgres@local socket/{synced.url.rpartition('/')[2]}"


def test_records_that_differ_with_their_natural_keys(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.edit(f"{P}/knowledge/brief.md", "asked", "begged")
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.sql("UPDATE programs SET language = 'fr'")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION_2)
    report = synced.ok("status", "--json").json
    shaped(report, "status", "differs")
    assert report["counts"] == {"ahead": 3, "behind": 2, "agreed": 9}
    names = ("kind", "key", "id", "standing", "action", "fields")
    top = "acme-bank/leading-with-trust"
    assert [tuple(record[name] for name in names) for record in report["records"]] == [
        ("program", top, PROGRAM, "behind", "update", {"language": "behind"}),
        ("article", f"{top}/1/1.1/article", None, "ahead", "update", {"content": "ahead"}),
        ("article", f"{top}/1/1.2/article", None, "behind", "delete", {}),
        ("session", f"{top}/1/1.3", None, "ahead", "create", {}),
        ("program_knowledge", f"{top}/knowledge/brief", None, "ahead", "update", {"content": "ahead"}),
    ]
    assert report["records"][1]["path"] == f"content/{S1}/article.md"


def test_a_dry_run_differs_and_a_done_run_is_ok(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    planned = synced.ok("push", "-n", "--json").json
    shaped(planned, "push", "differs")
    done = synced.ok("push", "--json").json
    shaped(done, "push", "ok")
    assert done["records"] == planned["records"]
    assert done["database"] == planned["database"]


def test_a_refused_run(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask", "Local")
    synced.sql("UPDATE articles SET content = 'Remote' WHERE session_id = %s", SESSION_2)
    for command in ("push", "pull"):
        report = synced.refused(command, "--json").json
        shaped(report, command, "refused")
        assert report["records"][0]["fields"] == {"content": "conflict"}
        assert [p["code"] for p in report["problems"]] == ["conflict"]
        assert report["problems"][0]["hint"]


@pytest.mark.parametrize(
    ("arguments", "code", "outcome"),
    [
        (["status", "--json", "--database", "postgresql://nobody@127.0.0.1:9/none"], 3, "failed"),
        (["status", "--json", "--target", "none"], 2, "failed"),
        (["--json", "push", "../.."], 2, "failed"),
        (["push", "--json", "--delete=99"], 1, "refused"),
    ],
)
def test_a_run_that_could_not_go_on_prints_the_object_too(
    synced: Desk, arguments: list[str], code: int, outcome: str
) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    found = synced.run(*arguments)
    assert found.code == code
    command = next(a for a in arguments if a in ("status", "push"))
    shaped(found.json, command, outcome)
    assert len(found.json["problems"]) == 1
    assert found.err == ""


def test_wrong_usage_prints_the_object_too(synced: Desk) -> None:
    found = synced.run("push", "--json", "--nonsense")
    assert found.code == 2
    shaped(json.loads(found.out), "push", "failed")


def test_it_is_one_object_in_plain_unicode(synced: Desk) -> None:
    synced.write(f"{S1}/größe 日本.md", "x")
    found = synced.ok("status", "--json")
    assert "größe 日本.md" in found.out
    assert json.loads(found.out)["problems"][0]["code"] == "stray-file"


@pytest.mark.parametrize("value", [{}, [], {"a": [], "b": {"c": [1, "é\n", None, True, 1.5]}}, [[{}], "x"]])
def test_it_is_indented_as_the_standard_library_does_it(value: Any) -> None:
    assert json_text(value) == json.dumps(value, ensure_ascii=False, indent=2)
    assert json_text({"n": Decimal("12.50")}) == '{\n  "n": 12.50\n}'
