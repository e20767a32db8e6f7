"""Names in the SQL that messages offer."""

import re

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def sql_name(name: str) -> str:
    """A role or an object as SQL spells it: in double quotes where it needs them."""
    return name if _PLAIN.fullmatch(name) else '"{}"'.format(name.replace('"', '""'))
