"""A proposed name for a record's folder."""

import os
from pathlib import Path
from posixpath import basename, dirname

from studio_sync.core.values.layout import Layout, TreeSpot
from studio_sync.core.values.names import slug
from studio_sync.core.values.numbering import (
    first_number,
    looks_counted,
    next_number,
    numbered,
    numbered_name,
)


def proposed_name(content: Path, layout: Layout, spot: TreeSpot) -> str:
    """A name for a misnamed folder: with the number that it seems to have, else with the next free one."""
    folder = dirname(spot.path)
    if not numbered(spot.kind):
        return slug(basename(folder)) or spot.kind.name
    above = dirname(folder)
    try:
        names = os.listdir(content / above)
    except OSError:
        names = []
    spots = (layout.spot(f"{above}/{name}/{spot.kind.file}".lstrip("/")) for name in names)
    taken = {other.slot for other in spots if other and looks_counted(other.slot)}
    parent = layout.spot(spot.parent)
    number = next_number(taken, first_number(spot.kind, parent.slot if parent else ""))
    return numbered_name(spot.kind, basename(folder), number)
