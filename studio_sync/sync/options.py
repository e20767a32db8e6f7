"""Options of commands: decisions about conflicts, and what a pull or push may do."""

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
    """A person's decision about conflicts: `fields` limits it, empty: all that are in conflict.

    With `whole` one side of the records in conflict is taken completely, including what would merge. `seen`
    is the token of the row's version that the files were merged with by hand: then they are taken completely.
    """

    keep: KeptSide
    fields: tuple[str, ...] = ()
    whole: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What a pull may do beyond writing changes.

    `delete` confirms the exact number of deletions. `decision` resolves conflicts, and with `resolve_only`
    nothing else is written. With `takes` only records that it accepts, by delta and path, are
    written.
    """

    delete: int | None = None
    decision: ConflictDecision | None = None
    resolve_only: bool = False
    takes: Callable[[Delta, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What a push may do beyond sending changes.

    `delete`: None holds deletions, -1 pushes them, another number pushes exactly that many. `frozen` changes
    no file. `partial` pushes what can be pushed. `grants` are decisions that override guards. `no_approve`
    forbids approving and publishing. `message` describes the push. `since` is the commit after which commits'
    trailers count, "": the last pushed one. `delete_with` are tables whose dependent rows may be deleted or
    changed. `contents` also reads the rows of all that differs, so that the plan can be shown in full. An
    `agent` writes drafts only.
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
