"""Conflict markers in a YAML text: git's own, and those that studio's merge driver wrote."""

import re

from studio_sync.core.merge.marker_label import LABEL
from studio_sync.files.yaml.faults.fault import TextFault, fault_at

_LINE = r"^(?:<{{7,}}|>{{7,}}|\|{{7,}})(?:[ \r]*|(?: {}.*))$"
MARKER = re.compile(_LINE.format(r"(?!.*\(studio\))"), re.MULTILINE)
"""A line with a marker of git; studio's own markers have another code."""
_ANY = re.compile(_LINE.format(""), re.MULTILINE)


def marker_faults(text: str) -> tuple[TextFault, ...]:
    """The fault at the first marker in a YAML text; empty if there is none."""
    found = _ANY.search(text) if "<<<<<<<" in text or ">>>>>>>" in text else None
    if not found:
        return ()
    way = "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>"
    if LABEL in found.group():
        message = "both versions of a conflict are still here"
        return (fault_at(text, found.start(), "conflict-markers", message, way),)
    message = "git's conflict markers are still here: the file has both sides of a merge"
    return (fault_at(text, found.start(), "merge-markers", message, way),)
