"""The JSON Schemas of what commands print: everything that a test makes them print is held against them."""

import json
from functools import cache
from typing import Any

import jsonschema_rs

from tests.readme import ROOT

FOLDER = ROOT / "schemas" / "output"
SUFFIX = ".schema.json"


def read(name: str) -> dict[str, Any]:
    """The schema called `name`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}{SUFFIX}").read_text("utf-8"))
    return found


def names() -> set[str]:
    """All commands that have a schema, less what all have in common."""
    return {path.name.removesuffix(SUFFIX) for path in FOLDER.iterdir()} - {"report"}


@cache
def _validator(name: str) -> Any:
    def retrieve(uri: str) -> dict[str, Any]:
        return read(uri.rpartition("/")[2].removesuffix(SUFFIX))

    return jsonschema_rs.Draft202012Validator(read(name), retriever=retrieve)


def hold(document: str) -> None:
    """Raise AssertionError unless what a command printed is as its schema says."""
    said = json.loads(document)
    if isinstance(said, list):
        return  # a report in the form that GitLab reads
    name = said["command"].replace(" ", "-")
    name = name if name in names() else "report"  # no command, or one that prints none unless it fails
    errors = [
        f"{name}: at {list(e.instance_path)}: {e.message[:300]}" for e in _validator(name).iter_errors(said)
    ]
    assert not errors, errors[:3]
