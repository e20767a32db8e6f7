"""`studio explain`: each error code has an entry, and its example is what the source says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import studio_sync
from studio_sync.errors import RefusedError, StudioError, UnavailableError, UsageError
from studio_sync.sync.error_entries import ErrorEntry, error_entries, parse
from tests.harness import Result, run
from tests.readme import ERRORS, ROOT

UNNAMED = {"doctor", *(kind.code for kind in (StudioError, UsageError, RefusedError, UnavailableError))}
"""Codes that a message goes without: they say no more than the exit code, or are what was asked for."""
CODES = re.findall(r"^### `([^`]+)`$", ERRORS.read_text("utf-8"), re.MULTILINE)


def explain(tmp_path: Path, *arguments: str) -> Result:
    return run("explain", *arguments, cwd=tmp_path, env={"NO_COLOR": "1", "COLUMNS": "100"})


def test_the_package_carries_the_page_to_where_it_is_looked_for():
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '"docs/reference/errors.md" = "studio_sync/_docs/errors.md"' in settings


def test_without_a_code_each_is_listed_in_one_line_below_its_group(tmp_path: Path):
    found = explain(tmp_path)
    assert found.code == 0
    lines = found.out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == CODES
    assert {"Files and folders", "YAML", "Status and approval"} <= set(lines)
    assert "`studio explain CODE` explains one" in found.err


def test_one_code_is_explained_with_cause_example_and_way_out(tmp_path: Path):
    found = explain(tmp_path, "locked")
    assert found.code == 0
    for words in (
        "locked: Approved or published words",
        "Cause: ",
        "Example:\n",
        "error[locked]",
        "Way out: ",
    ):
        assert words in found.out
    assert "](" not in found.out
    assert "docs/concepts/guards.md" in found.out


def test_an_address_elsewhere_is_shown_as_it_is(tmp_path: Path):
    words = explain(tmp_path, "vale").out
    assert "https://vale.sh" in words
    assert "docs/https:" not in words


def test_a_code_may_be_pasted_as_it_was_printed(tmp_path: Path):
    assert explain(tmp_path, "error[locked]").out == explain(tmp_path, "locked").out
    assert explain(tmp_path, "LOCKED").out == explain(tmp_path, "locked").out


@pytest.mark.parametrize(
    ("typed", "meant"), [("lockd", "locked"), ("not_ready", "not-ready"), ("unknow-key", "unknown-key")]
)
def test_a_mistyped_code_is_answered_with_the_one_that_was_meant(tmp_path: Path, typed: str, meant: str):
    found = explain(tmp_path, typed)
    assert found.code == 2
    assert f"did you mean `{meant}`?" in found.err
    assert "`studio explain` lists all of them" in found.err


def test_json_has_each_part(tmp_path: Path):
    (entry,) = explain(tmp_path, "schema", "--json").json["codes"]
    assert set(entry) == {"code", "group", "meaning", "cause", "example", "way_out"}
    assert len(explain(tmp_path, "--json").json["codes"]) == len(CODES)


def test_a_page_with_a_broken_entry_does_not_pass_for_whole():
    assert parse("## A\n\n### `x`\n\nMeans.\n\n**Cause.** No example.\n\n**Way out.** None.\n") == ()


WHOLE = "The command as a whole"
"""Its codes are those of failures: of them, what says no more than the exit code goes without one."""


@pytest.mark.parametrize("entry", error_entries().values(), ids=lambda entry: entry.code)
def test_an_example_says_what_the_source_says(entry: ErrorEntry):
    first, *hints = entry.example.split("\n")
    label = "error" if entry.code in UNNAMED else rf"error\[{entry.code}\]"
    place = f"{label}:" if entry.group == WHOLE else rf"\S.*?: (?:error|warning)\[{entry.code}\]"
    found = re.fullmatch(rf"{place} (.+)", first)
    assert found, first
    assert any(template.fullmatch(found[1]) for template in templates()), first
    assert hints, "an example has its hint"
    assert hints[0].startswith("  hint: ")


@cache
def templates() -> list[re.Pattern[str]]:
    """Every text in the source as a pattern, with anything where a value is put in."""
    found = set()
    for path in Path(studio_sync.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [n.value if isinstance(n, ast.Constant) else None for n in node.values]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = [node.value]
            else:
                continue
            if sum(len(str(part)) for part in parts if part is not None) >= 8:
                found.add("".join(".*?" if part is None else re.escape(str(part)) for part in parts))
    return [re.compile(pattern) for pattern in found]
