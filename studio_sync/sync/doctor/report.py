"""What checks of `studio doctor` look at, and what they find."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_sync.sync.connection import Source

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


class State(StrEnum):
    """How grave a finding is: a note is worth knowing, a warning worth doing something about."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: about what, how grave, what was found, and what to do about it."""

    about: str
    state: State
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """A workspace at work, and the database that it would work with."""

    studio: "Studio"
    source: Source


def ok(about: str, message: str) -> Finding:
    """All is well."""
    return Finding(about, State.OK, message)


def note(about: str, message: str, hint: str = "") -> Finding:
    """Something that is worth knowing."""
    return Finding(about, State.NOTE, message, hint)


def warning(about: str, message: str, hint: str) -> Finding:
    """Something that will get in the way."""
    return Finding(about, State.WARNING, message, hint)


def error(about: str, message: str, hint: str) -> Finding:
    """Something that keeps studio from working."""
    return Finding(about, State.ERROR, message, hint)
