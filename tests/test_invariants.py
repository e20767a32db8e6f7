"""The page of invariants, the comments in the code, and the tests that it names say the same."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PAGE = (_ROOT / "docs/contributing/invariants.md").read_text("utf-8")
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| `(\S+)` \| `(\S+)::(\w+)` \|$", re.MULTILINE)
_COMMENT = re.compile(r"^ *# ([A-Z]\d+): .*\n(?: *#.*\n)* *[^#\s]", re.MULTILINE)
"""A number above a statement."""

ROWS = _ROW.findall(_PAGE)


def numbers(module: Path) -> set[str]:
    """The invariants that a module keeps, as its comments say."""
    return set(_COMMENT.findall(module.read_text("utf-8")))


def test_the_page_lists_each_number_once() -> None:
    listed = [number for number, *_ in ROWS]
    assert listed == sorted(set(listed), key=listed.index)
    assert len(ROWS) == len(re.findall(r"^\| [A-Z]\d", _PAGE, re.MULTILINE)) > 20


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_invariant_stands_above_the_branch_that_keeps_it_and_has_a_test(row: tuple[str, ...]) -> None:
    number, _, module, tests, name = row
    assert number in numbers(_ROOT / "studio_sync" / module)
    assert f"def {name}(" in (_ROOT / "tests" / tests).read_text("utf-8")


def test_the_code_keeps_no_invariant_that_the_page_lacks() -> None:
    kept = {(n, m) for m in (_ROOT / "studio_sync").rglob("*.py") for n in numbers(m)}
    assert {n for n, _ in kept} == {row[0] for row in ROWS}
