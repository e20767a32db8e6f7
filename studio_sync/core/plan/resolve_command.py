"""The command that decides about a conflict, as messages offer it."""

from collections.abc import Iterable
from shlex import quote


def resolve_command(*paths: str, fields: Iterable[str] = (), both: bool = False) -> str:
    """`studio resolve` of the records at these paths, or of these fields.

    `both`: a text may keep both versions.
    """
    named = [f"--field {quote(name)}" for name in dict.fromkeys(fields)]
    sides = "files|database|both" if both else "files|database"
    return " ".join(("studio resolve", *map(quote, paths), *named, "--keep", sides))
