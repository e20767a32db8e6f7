"""What a check of `studio doctor` finds."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How grave a finding is: a note is worth knowing, a warning worth doing something about."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding: about what, how grave, what was found, and what to do about it."""

    about: str
    state: State
    message: str
    hint: str = ""


def ok(about: str, message: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(about, State.OK, message)


def note(about: str, message: str, hint: str = "") -> Diagnosis:
    """Something that is worth knowing."""
    return Diagnosis(about, State.NOTE, message, hint)


def warning(about: str, message: str, hint: str) -> Diagnosis:
    """Something that will get in the way."""
    return Diagnosis(about, State.WARNING, message, hint)


def error(about: str, message: str, hint: str) -> Diagnosis:
    """Something that keeps studio from working."""
    return Diagnosis(about, State.ERROR, message, hint)
