"""Values to enter into the ledger: runs, versions, and their sources."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import DIGEST_SIZE

WHOLE_PUSH = "push"
"""The source of a run that pushed everything."""
PART_PUSH = "push in part"
"""The source of a run that pushed only some paths, or had to leave something out."""
AGENT_PUSH = "agent"
"""The source of an agent's run, which pushes the paths that it declared."""
FOUND = "found before push"
"""The source of a run that enters rows as a push found them before replacing them."""
PULL = "pull"
"""The source of runs that only read what others had changed."""
ONLY_READ = (PULL, "resolve", FOUND)
"""The sources of runs that enter versions written by others."""
MAX_NUMBER = 1_000_000_000
"""Version numbers are below this; an entry with a higher one was forged by a role, and is ignored."""


WITHDRAWN = "-"
"""Before each field of a note that takes back another one: studios that know no such fields leave it out."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that writes to the ledger: author, command, commit and message.

    `covers` are the top rows that a push covered, None for the whole database.
    """

    id: str
    actor: str
    source: str
    commit: str = ""
    message: str = ""
    covers: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A version to enter. `version` and `document` are None for a deletion.

    `top` is the row id of the topmost ancestor. `document` returns the JSON text of the values, in UTF-8, on
    demand: all of them at once would not fit into memory.
    """

    rid: Rid
    kind: str
    top: str
    row_id: str
    parent: Rid
    slot: str
    digests: bytes = b""
    document: Callable[[], bytes] | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class PulledVersion:
    """A version that was read: `version` is None for a deleted row, `token` is its xmin or None."""

    entry: Entry
    version: Version | None
    token: int | None


@dataclass(frozen=True, slots=True)
class EnteredRows:
    """The number of each entered version, and the records whose rows somebody else has locked."""

    numbers: Mapping[Rid, int] = field(default_factory=dict)
    locked: frozenset[Rid] = frozenset()


def counts(names: Collection[str], kind: str, number: int, digests: bytes = b"") -> bool:
    """Whether an entry is well-formed; malformed ones, by mistake or malice, are ignored.

    `names` are those of the kinds.
    """
    return kind in names and 0 < number < MAX_NUMBER and len(digests) % DIGEST_SIZE == 0


def found_run(run: str) -> str:
    """The id of the run that enters the rows found by the push `run`."""
    return str(uuid5(NAMESPACE_OID, f"studio {FOUND} {run}"))
