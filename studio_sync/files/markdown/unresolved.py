"""Unresolved conflicts: texts that still contain studio's conflict markers."""

from collections.abc import Mapping

from studio_sync.core.merge.json_diff import leaves
from studio_sync.core.merge.markers import marker_index, marker_pieces
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.values.kind import FieldPlace, Kind
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.files.tree.finding_places import Locator

MARKERS = "conflict-markers"
"""The code of the problem."""


def marker_problems(
    kind: Kind,
    values: Mapping[str, Value | Omitted],
    path: str,
    text: str,
    start: int,
    end: int,
    place: Locator,
) -> list[Problem]:
    """A problem at the first marker of each field; the YAML is `text[start:end]`, the body follows it."""
    found: list[Problem] = []
    for field in kind.fields:
        value = values[field.name]
        if isinstance(value, Omitted):
            continue
        if not any(isinstance(leaf, str) and marker_index(leaf) is not None for _, leaf in leaves(value)):
            continue
        body = field.place is FieldPlace.BODY
        searched = text[end:].replace("\r", "\n") if body else text[start:end]
        index = marker_index(searched, inside=not body)
        found.append(
            place.at(
                (end if body else start) + (index or 0),
                MARKERS,
                f"the {field.name} still holds both versions of a conflict",
                _way_out(value, path, body=body),
            )
        )
    return found


def _way_out(value: Value, path: str, *, body: bool) -> str:
    """The way out; one command if the markers are as a decision for both sides wrote them."""
    by_hand = "keep what is right, delete the marker lines, then push"
    if not body or not isinstance(value, str) or marker_pieces(value) is None:
        return by_hand
    return f"{by_hand}; or take one side as it is: {resolve_command(path)}"
