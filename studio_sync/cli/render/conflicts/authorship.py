"""Who changed something, and when: one wording for whatever studio did not do itself."""

from dataclasses import dataclass
from datetime import datetime

from studio_sync.cli.render.medium.phrasing import minute_text
from studio_sync.core.values.escapes import safe

NOT_BY_STUDIO = "not by studio"
"""Of a row that says something which no push and no pull has entered: then there is only its own time,
which the web app may have left as a push wrote it. So it was *after* that."""


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who gave the database its version, and when; no `actor` where only the row's own time is known."""

    at: datetime
    actor: str = ""
    message: str = ""


def who(verb: str, change: Authorship | None) -> str:
    """`changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 CET: "shorter"`."""
    if change is None:
        return f"{verb} in the database, {NOT_BY_STUDIO}"
    if not change.actor:
        return f"{verb} in the database {after(change.at)}, {NOT_BY_STUDIO}"
    first = next(iter(change.message.splitlines()), "")
    said = f': "{safe(first)}"' if first else ""
    return f"{verb} in the database by {safe(change.actor)}, {minute_text(change.at)}{said}"


def after(at: datetime) -> str:
    """`after 2026-03-01 14:05 CET`: when something happened of which only a time before it is known."""
    return f"after {minute_text(at)}"
