"""What commands are told, beyond what they work on."""

from dataclasses import dataclass

from studio_sync.core.decision import Grant


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What a push may do beyond sending changes.

    `delete` is None: hold deletions; -1: push them; another number: push exactly so many. `frozen`
    changes no file. `partial` pushes what can be pushed. `grants` are decisions that let through what
    guards would refuse, and `no_approve` says that nothing may be approved or published. `message` says
    what the push is about.
    """

    delete: int | None = None
    frozen: bool = False
    partial: bool = False
    grants: tuple[Grant, ...] = ()
    no_approve: bool = False
    message: str = ""
