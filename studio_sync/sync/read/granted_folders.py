"""The clients' folders that a role may work in, by studio's grants."""

from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from studio_sync.database.values.role_grants import RoleGrants

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class GrantedFolders:
    """`grants` are those of the role; None if it isn't bound by any."""

    grants: RoleGrants | None

    def include(self, studio: "Studio", folder: str) -> bool:
        """Whether the role was granted the client with this folder, known by its slug or its file's id."""
        if self.grants is None:
            return True
        (top,) = studio.kinds.children("")
        if folder in {dirname(studio.layout.path(top, "", slot)) for slot in self.grants.slots.values()}:
            return True
        entry = studio.memory.file(f"{folder}/{top.file}")
        return entry is not None and entry.id in self.grants.levels
