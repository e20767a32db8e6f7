"""Problems: findings about content with a place, collected and shown together."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """The weight of a problem: an error blocks the push of its record, a warning doesn't."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding, at `path:line:column`.

    `path` is relative to the workspace, with "/" between parts. `line` and `column` count from 1 in
    characters; 0 for a finding about a whole file or folder. `code` is stable and listed in
    docs/reference/errors.md. `hint` is the way out in plain words, or empty.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """`path:line:column: error[code] message`, the format that editors and CI parse."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.severity}[{self.code}] {self.message}"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """One fault of a value by the schema of its file.

    `path` leads to it: keys, and indexes of lists from 0. With `key` the fault is in the last key of the
    path, else in the value there. `code` is unknown-key, missing-key (`path` leads to the mapping that lacks
    the key) or schema. `hint` says what to type, or is empty. With `quote`, the text there needs quotes: only
    the file's own text shows it, because 007 is parsed as 7.
    """

    path: tuple[str | int, ...]
    key: bool
    code: str
    message: str
    hint: str = ""
    quote: bool = False
