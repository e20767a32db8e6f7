"""Notes of an import: findings about content that could not be converted."""

from dataclasses import dataclass
from enum import Enum


class About(Enum):
    """The subject of a note, in the words of the report."""

    KEY = "keys that nothing here takes"
    VALUE = "values that don't fit where they were to go"
    FRONT = "front matter that can't be read"
    PAGE = "pages that did not come in"
    CONSTRUCT = "marks of the old tool, left in the texts as they are"
    LINK = "links without a target"
    EMBED = "texts that were shown inside others, and are links now"
    FILE = "files that were not copied"
    SKIPPED = "what was not looked at"
    PROBLEM = "what `studio validate` has against the new files"


@dataclass(frozen=True, slots=True)
class Note:
    """`what` was found in the source's file `path`, on that line (0: nowhere in particular).

    Notes about the same thing have the same `what`.
    """

    about: About
    what: str
    path: str
    line: int = 0
