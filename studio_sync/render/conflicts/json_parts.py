"""The parts of a conflict as JSON, with their three values, for programs that show and resolve them."""

from typing import Any

from studio_sync.core.merge.json_diff import NoValue
from studio_sync.core.merge.parts import Part
from studio_sync.sync.compare.conflicts.contested import Contested

_SIDES = ("base", "files", "database")


def json_parts(contested: Contested) -> list[dict[str, Any]]:
    """Each part: `id`, `kind`, the `fields` that it decides, its `path`, and the values of three sides.

    A value that a side lacks is null and named in `absent`; `base_known` tells a base without the value from
    an unknown base. `lines` has a hunk's first line and count in each side's text.
    """
    return [_part(part) for part in contested.parts]


def _part(part: Part) -> dict[str, Any]:
    sides = dict(zip(_SIDES, (part.base, part.local, part.remote), strict=True))
    found: dict[str, Any] = {
        "id": part.id,
        "kind": part.kind.value,
        "field": part.fields[0],
        "fields": list(part.fields),
        "path": part.path,
        **{name: None if isinstance(side, NoValue) else side for name, side in sides.items()},
        "absent": [name for name, side in sides.items() if isinstance(side, NoValue)],
        "base_known": part.known,
    }
    if part.lines:
        found["lines"] = {
            name: {"start": lines.start, "count": lines.count}
            for name, lines in zip(_SIDES, part.lines, strict=True)
        }
    return found
