"""Findings about content: values with a place, collected and shown together."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem weighs: an error holds a push of its record up, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding, at `path:line:column`.

    `path` is relative to the workspace, with "/" between parts. `line` and `column` count from 1 in
    characters; 0 where the finding is about the whole file or folder. `code` is stable and listed in
    docs/reference/errors.md. `hint` says in plain words how to get out, or is empty.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """`path:line:column: error[code] message`, the form that editors and CI parse."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.severity}[{self.code}] {self.message}"
