"""Author and time of a change: one wording, including changes not made by studio."""

from datetime import datetime

from studio_sync.core.values.escapes import safe
from studio_sync.database.values.ledger_past import Author
from studio_sync.render.medium.phrasing import minute_text

NOT_BY_STUDIO = "not by studio"
"""Said of a row whose current version no push or pull entered: only the row's own time is known, and the
web app may have left that as a push wrote it. So the change was *after* that time."""


def who(verb: str, change: Author | None) -> str:
    """`changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 CET: "shorter"`."""
    if change is None:
        return f"{verb} in the database, {NOT_BY_STUDIO}"
    if not change.actor:
        return f"{verb} in the database {after(change.at)}, {NOT_BY_STUDIO}"
    first = next(iter(change.message.splitlines()), "")
    message = f': "{safe(first)}"' if first else ""
    later = f", and later {NOT_BY_STUDIO}" if change.afterwards else ""
    return f"{verb} in the database by {safe(change.actor)}, {minute_text(change.at)}{later}{message}"


def after(at: datetime) -> str:
    """`after 2026-03-01 14:05 CET`: the time of a change of which only a lower bound is known."""
    return f"after {minute_text(at)}"
