"""Facts about a store: its server history, and the shape of its tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerHistory:
    """One history of transaction ids; a row's change token (xmin) has no meaning outside of it.

    `database`: a unique name of the database, shared only by copies of its disk; "" if unavailable.
    `timeline`: the branch of its history, "" on a standby or if unavailable. `started`: when the server was
    started, "" if irrelevant or unavailable. `horizon`: the next transaction id. `standby`: the server
    replays another one's history, and may lag.
    """

    database: str
    timeline: str
    started: str
    horizon: int
    standby: bool = False
    restarts: bool = True
    """Whether a restart ends it: afterwards the server may run on an older copy of its disk."""
    restored: bool = False
    """Whether its recovery was told where to end: somebody went back to an earlier state on purpose."""

    @property
    def mark(self) -> str:
        """A name that is unique to this history; "" if there is none, so that no token can be saved."""
        # A standby replays one history as long as it runs, and stops being one when it is promoted.
        line = "standby" if self.standby else self.timeline
        known = self.database and line and (self.started or not (self.restarts or self.standby))
        return f"{self.database} {line} {self.started or '-'}" if known else ""


@dataclass(frozen=True, slots=True)
class StoreShape:
    """The shape of the tables of all kinds, as the connected role sees them.

    `secured`: tables in which row-level security may hide rows from it. `altered`: those whose triggers may
    change written values. `tokens`: each row has a token that changes with every write.
    """

    secured: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()
    tokens: bool = True
