"""git's conflict markers in a YAML text."""

import re

from studio_sync.files.yaml.faults.fault import TextFault, fault_at

MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \r]*|(?: (?!.*\(studio\)).*))$", re.MULTILINE)
"""A line with a marker of git; studio's own markers have another code."""


def marker_faults(text: str) -> tuple[TextFault, ...]:
    """The fault at the first marker in a YAML text; empty if there is none."""
    found = MARKER.search(text) if "<<<<<<<" in text or ">>>>>>>" in text else None
    if not found:
        return ()
    said = "git's conflict markers stand here: both sides of a merge are in the file"
    way = "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>"
    return (fault_at(text, found.start(), "merge-markers", said, way),)
