"""What a store says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerHistory:
    """One history of transactions: what a row's change token (xmin) means outside of it is not known.

    `database` names a database as no other one is named, but for copies of its disk; "" where the server
    does not tell. `timeline` is the branch of its history, "" on a standby or where that isn't told.
    `started` is when the server was started, "" where that does not count or isn't told. `horizon` is the
    number of the next transaction. `standby`: the server replays another one's history, and may be behind.
    """

    database: str
    timeline: str
    started: str
    horizon: int
    standby: bool = False
    restarts: bool = True
    """Whether a restart ends it: after one, a server may stand on an older copy of its disk."""

    @property
    def mark(self) -> str:
        """What tells it from every other history; "" where that can't be told, and no token can be kept."""
        # A standby replays one history for as long as it runs, and ends to be one when it is promoted.
        line = "standby" if self.standby else self.timeline
        known = self.database and line and (self.started or not (self.restarts or self.standby))
        return f"{self.database} {line} {self.started or '-'}" if known else ""


@dataclass(frozen=True, slots=True)
class StoreShape:
    """What the tables of all kinds are like, as the connected role sees them.

    `secured` are those of which a policy may hide rows from it, `altered` those in which triggers may change
    what is written. `tokens`: each row carries a token that changes with every write.
    """

    secured: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()
    tokens: bool = True
