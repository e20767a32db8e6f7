"""What checks of `studio doctor` look at."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_sync.sync.connection import DatabaseSource

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class Patient:
    """A workspace at work, and the database that it would work with."""

    studio: "Studio"
    source: DatabaseSource
