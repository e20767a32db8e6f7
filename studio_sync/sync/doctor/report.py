"""What checks of `studio doctor` look at, and what they find."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_sync.sync.connection import DatabaseSource

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


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


@dataclass(frozen=True, slots=True)
class Patient:
    """A workspace at work, and the database that it would work with."""

    studio: "Studio"
    source: DatabaseSource


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
