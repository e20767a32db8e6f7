"""Parse the filter of the log: author, time and kind."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from studio_sync.database.values.ledger_past import RunFilter
from studio_sync.errors import UsageError

_AGO = re.compile(r"(\d{1,5})\s*(h|hour|d|day|w|week|month|year)s?(?:\s+ago)?")
_HOURS = {"h": 1, "hour": 1, "d": 24, "day": 24, "w": 168, "week": 168, "month": 730, "year": 8766}
_DAYS = {"today": 0, "yesterday": 1}
# The times that every time zone can show. What somebody writes beyond them means the beginning or the end.
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
_LAST = datetime(9999, 12, 29, tzinfo=UTC)


def parse_filter(
    author: str, since: str, until: str, kinds: Sequence[str], now: datetime | None = None
) -> RunFilter:
    """The filter that the arguments of a command describe; a day is a whole one. Raises UsageError."""
    at = now or datetime.now().astimezone()
    return RunFilter(
        author.strip(),
        parse_moment(since, at) if since else None,
        parse_moment(until, at, end=True) if until else None,
        tuple(kinds),
    )


def parse_moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Parse a time, in the zone of `now`; a day is its beginning, with `end` the beginning of the next.

    Raises UsageError.
    """
    words = text.strip().lower()
    if words == "now":
        return now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if words in _DAYS:
        return midnight - timedelta(days=_DAYS[words] - end)
    ago = _AGO.fullmatch(words)
    if ago:
        try:
            return max(_FIRST, now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]]))
        except OverflowError:
            return _FIRST
    try:
        found = parse_time(text.strip())
    except ValueError:
        hint = "give a date, a time or how long ago: 2026-03-01, 2026-03-01T14:05, yesterday, `3 days`"
        raise UsageError(f"{text} is no time", hint) from None
    return found + timedelta(days=1) if end and re.fullmatch(r"[\d-]+", text.strip()) else found


def parse_time(text: str) -> datetime:
    """Parse a date or a time; without a zone it is one of this machine. Raises ValueError."""
    found = datetime.fromisoformat(text)
    near = found.replace(tzinfo=UTC)  # to within a day, which is less than _FIRST and _LAST leave
    if not _FIRST < near < _LAST:
        return _FIRST if near <= _FIRST else _LAST
    return found if found.tzinfo else found.astimezone()
