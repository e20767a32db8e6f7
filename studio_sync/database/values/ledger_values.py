"""What is entered into the ledger, and by which run."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import DIGEST_SIZE

WHOLE_PUSH = "push"
"""The source of a run that left nothing behind."""
PART_PUSH = "push in part"
"""The source of a run that pushed only some paths, or had to leave something."""
AGENT_PUSH = "agent"
"""The source of a run of an agent, which pushes the paths that it declared."""
FOUND = "found before push"
"""The source of a run that enters rows as a push found them."""
PULL = "pull"
"""The source of runs that only saw what others had changed."""
ONLY_SEEN = (PULL, "resolve", FOUND)
"""The sources of runs that enter what somebody else wrote."""
MAX_NUMBER = 1_000_000_000
"""No version has such a number; an entry that says so is left out: a role made it that could choose."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that writes into the ledger: who, with which command, at which commit, and why.

    `covers` are the rows at the top that a push covered, None if it covered the whole database.
    """

    id: str
    actor: str
    source: str
    commit: str = ""
    message: str = ""
    covers: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A version to be recorded. `version` and `document` are None for a deletion.

    `top` is the row's id of the record at the top above it; `document` gives the JSON text of its values,
    in UTF-8, when it is wanted: all of them at once would not fit into memory.
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
class SeenVersion:
    """A version that was seen: `version` is None where the row was gone, `token` its xmin or None."""

    entry: Entry
    version: Version | None
    token: int | None


@dataclass(frozen=True, slots=True)
class EnteredRows:
    """The number of each version that was entered, and the records whose rows somebody else has locked."""

    numbers: Mapping[Rid, int] = field(default_factory=dict)
    locked: frozenset[Rid] = frozenset()


def counts(names: Collection[str], kind: str, number: int, digests: bytes = b"") -> bool:
    """Whether an entry is of a form that this studio knows: a role's mistake or malice stops nobody.

    `names` are those of the kinds.
    """
    return kind in names and 0 < number < MAX_NUMBER and len(digests) % DIGEST_SIZE == 0


def found_run(run: str) -> str:
    """The id of the run that enters what the push `run` found."""
    return str(uuid5(NAMESPACE_OID, f"studio {FOUND} {run}"))
