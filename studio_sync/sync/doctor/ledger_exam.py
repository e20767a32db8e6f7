"""Doctor check of the ledger against the workspace's memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio_sync.core.checks.diagnosis import Diagnosis, note, ok, warning
from studio_sync.core.values.phrases import counted
from studio_sync.database.store import Store
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.catalogue import tops_of

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def ledger_exam(studio: "Studio", source: DatabaseSource, store: Store) -> Iterator[Diagnosis]:
    """Whether the ledger and the memory agree."""
    memory, kinds = studio.memory, studio.kinds
    with store.together():
        ledger = store.ledger()
        history = store.server_history(restarts=not source.embedded)
        if ledger.is_newer:
            return  # reported above
        if ledger.version is None:
            yield note("ledger", "there is none yet: it comes with the schema studio_sync")
            return
        if not ledger.readable:
            message = "this role may not read it, so the merge bases of a fresh clone are not known"
            hint = "who runs the database can allow it: studio db grant ROLE --client SLUG"
            yield warning("ledger", message, hint)
            return
        clients = Visibility(store, kinds, store.shape().secured).within(studio.workspace.clients)
        if entries := ledger.odd_entries(tops_of(clients, kinds, store.past())):
            yield warning(
                "ledger",
                f"entries that are no versions of what they name: {sum(entries.values())}"
                f" ({', '.join(sorted(entries))}); every command leaves them out",
                "nothing to do, unless a newer studio wrote them: then upgrade this one",
            )
        if missing := ledger.missing_indexes():
            message = f"it lacks the index {', '.join(missing)}, and gets slower with what others enter"
            yield note("ledger", message, "let its owner run: studio db init")
        if not ledger.writable:
            yield note("ledger", "this role may not write into it: it can pull, not push")
        known = memory.known_database(source.address)
        if known is None:
            yield ok("ledger", "readable; this workspace has not worked with this database yet")
            return
        db, name, horizon = known
        run = memory.last_run(db)
        lost = bool(run) and not store.has_run(run)
        if name and history.database and name != history.database:
            message = "this is another database than the one that is remembered under this address"
            hint = "nothing to do: what was remembered counts as far as the ledger here confirms it"
            yield note("ledger", message, hint)
            return
        if history.standby and lost:
            message = "this standby is behind what this workspace last wrote into the database or saw there"
            yield warning("ledger", message, "wait until it has caught up, or give the primary's address")
            return
        if memory.set_back(db) or lost or (horizon > history.horizon and not history.standby):
            yield warning(
                "ledger",
                memory.set_back(db)
                or "the database went back in time: it lacks what this workspace last wrote into it",
                "see `studio status`: all is compared by content, and nothing is deleted on old evidence",
            )
            return
        bases = {b.version.rid: b for b in memory.bases_where(db, "number > 0")}
        latest = ledger.latest(bases)
        odd = [b for rid, b in bases.items() if b.number > latest.get(rid, (0, None))[0]]
        odd += [
            b
            for rid, b in bases.items()
            if (there := latest.get(rid)) and b.settled and b.number == there[0] and b.version != there[1]
        ]
        if odd:
            message = (
                f"{counted(len(odd), 'merge base')} that the ledger doesn't have, such as of {odd[0].path}"
            )
            hint = "delete the folder .studio: then everything is compared by the ledger and git alone"
            yield warning("ledger", message, hint)
        else:
            yield ok("ledger", f"it has the merge base of each file ({len(bases):,})")
