"""The clients' folders that a role may work in, by studio's grants."""

from collections.abc import Iterable
from posixpath import dirname
from typing import TYPE_CHECKING

from studio_sync.database.store import Store
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.errors import UnavailableError, UsageError
from studio_sync.sync.read.local import ClientFilter

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def is_granted(grants: RoleGrants | None, studio: "Studio", folder: str) -> bool:
    """Whether the role was granted the client with this folder, known by its slug or its file's id.

    `grants` are those of the role; None if it isn't bound by any.
    """
    if grants is None:
        return True
    (top,) = studio.kinds.children("")
    if folder in {dirname(studio.layout.path(top, "", slot)) for slot in grants.slots.values()}:
        return True
    entry = studio.memory.file(f"{folder}/{top.file}")
    return entry is not None and entry.id in grants.levels


def hold_reachable(studio: "Studio", store: Store, scope: Iterable[str]) -> None:
    """Raise UsageError for a path of a client that studio.yaml leaves out.

    Raises UnavailableError for one of a client that the role was not granted.
    """
    grants, named = store.access.grants(), ClientFilter(studio.layout, studio.workspace.clients)
    for folder in {path.partition("/")[0] for path in scope} - {""}:
        if not named(folder):
            raise UsageError(
                f"`clients` in studio.yaml does not name {studio.workspace.prefix}{folder}:"
                " nothing that was pushed and pulled there is read",
                "name it there, or run this in the workspace that it belongs to",
            )
        if not is_granted(grants, studio, folder):
            raise UnavailableError(
                f"the role {store.role} was not granted {studio.workspace.prefix}{folder}:"
                " it can't be known what was pushed and pulled there",
                "who runs the database can let it read that: studio db grant ROLE --client SLUG --can read",
            )
