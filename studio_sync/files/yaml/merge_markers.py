"""Lines that git puts around the two sides of a conflict, before somebody has said which is right."""

import re

from studio_sync.files.yaml.faults.fault import TextFault, fault_at

MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \r]*|(?: (?!.*\(studio\)).*))$", re.MULTILINE)
"""Such a line; studio's own have their own code."""


def marker_faults(text: str) -> tuple[TextFault, ...]:
    """Why a YAML text can't be read, where the first of them stands; empty if there are none."""
    found = MARKER.search(text) if "<<<<<<<" in text or ">>>>>>>" in text else None
    if not found:
        return ()
    said = "git's conflict markers stand here: both sides of a merge are in the file"
    way = "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>"
    return (fault_at(text, found.start(), "merge-markers", said, way),)
