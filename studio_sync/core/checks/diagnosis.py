"""Findings of the checks of `studio doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The gravity of a finding: a note is worth knowing, a warning worth acting on."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding: its subject, gravity, message and way out."""

    about: str
    state: State
    message: str
    hint: str = ""


def ok(about: str, message: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(about, State.OK, message)


def note(about: str, message: str, hint: str = "") -> Diagnosis:
    """Worth knowing."""
    return Diagnosis(about, State.NOTE, message, hint)


def warning(about: str, message: str, hint: str) -> Diagnosis:
    """Something that will cause trouble."""
    return Diagnosis(about, State.WARNING, message, hint)


def error(about: str, message: str, hint: str) -> Diagnosis:
    """Something that prevents studio from working."""
    return Diagnosis(about, State.ERROR, message, hint)
