"""Lines that git puts around the two sides of a conflict, before somebody has said which is right."""

import re

from studio_sync.files.yaml.faults.fault import YamlFault, fault_at

MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \r]*|(?: (?!.*\(studio\)).*))$", re.MULTILINE)
"""Such a line; studio's own have their own code."""


def refuse_markers(text: str) -> None:
    """Raises YamlFault where they stand in a YAML text: they are why it can't be read."""
    found = MARKER.search(text) if "<<<<<<<" in text or ">>>>>>>" in text else None
    if found:
        said = "git's conflict markers stand here: both sides of a merge are in the file"
        way = "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>"
        raise YamlFault((fault_at(text, found.start(), "merge-markers", said, way),))
