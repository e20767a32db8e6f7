"""What commands are told, beyond what they work on."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from studio_sync.core.plan.decision import Grant
from studio_sync.core.plan.reconcile import Delta


class KeptSide(StrEnum):
    """Whose version of a conflict a decision keeps."""

    FILES = "files"
    DATABASE = "database"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ConflictDecision:
    """What a person decided about conflicts: `fields` narrows it, empty: all that are in conflict.

    With `whole` the records in conflict are taken whole from one side, what would merge included. `seen` is
    the token of the database's version that the files were merged with by hand: then they are taken whole.
    """

    keep: KeptSide
    fields: tuple[str, ...] = ()
    whole: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What a pull may do beyond writing changes.

    `delete` confirms the exact number of deletions. `decision` settles conflicts, and with `settle_only`
    nothing else is written. With `takes` only those records are written of which it says so, by how they
    stand and by their path.
    """

    delete: int | None = None
    decision: ConflictDecision | None = None
    settle_only: bool = False
    takes: Callable[[Delta, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What a push may do beyond sending changes.

    `delete` is None: hold deletions; -1: push them; another number: push exactly so many. `frozen`
    changes no file. `partial` pushes what can be pushed. `grants` are decisions that let through what
    guards would refuse, and `no_approve` says that nothing may be approved or published. `message` says
    what the push is about. `since` is the commit after which commits carry decisions, "": the last one that
    was pushed. `delete_with` are tables of which rows may go along with what is deleted. `contents` reads the
    rows of all that differs, too, so that a plan can be told in full. An `agent` writes drafts alone.
    """

    delete: int | None = None
    frozen: bool = False
    partial: bool = False
    grants: tuple[Grant, ...] = ()
    no_approve: bool = False
    message: str = ""
    since: str = ""
    delete_with: tuple[str, ...] = ()
    contents: bool = False
    agent: bool = False
