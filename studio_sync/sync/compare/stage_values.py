"""The values that the stages of a comparison pass on."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.compare.comparison import Apart, RowFacts
from studio_sync.sync.read.local_state import LocalState


@dataclass(frozen=True, slots=True)
class KnownRecords:
    """All records of interest with their versions on each side, their files and rows."""

    local: Mapping[Rid, Version]
    remote: Mapping[Rid, Version]
    bases: Mapping[Rid, Base]
    deleted: AbstractSet[bytes]
    entries: Mapping[Rid, FileEntry]
    facts: Mapping[Rid, RowFacts]
    wanted: Mapping[Rid, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DividedRecords:
    """The records of interest, divided: agreed, deleted from both sides, differing, or left out.

    `hidden`: those whose rows the role may not see; `problems` say so.
    """

    settled: Sequence[Base]
    forgotten: Sequence[Rid]
    differing: Sequence[Differing]
    apart: Mapping[Rid, Apart]
    facts: Mapping[Rid, RowFacts]
    hidden: AbstractSet[Rid]
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class ReconciledRecords:
    """The differing records with the standing of each field; and those left out at this stage.

    `files`: the tree with the unmerged files held. `problems`: those of what the role may not see.
    """

    deltas: Sequence[Delta]
    resolutions: Mapping[Rid, BaseResolution]
    apart: Mapping[Rid, Apart]
    files: LocalState
    problems: Sequence[Problem]
