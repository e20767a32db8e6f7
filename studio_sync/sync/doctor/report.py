"""The subject of the checks of `studio doctor`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_sync.sync.connection import DatabaseSource

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class Patient:
    """An open workspace, and the database that it would use."""

    studio: "Studio"
    source: DatabaseSource
