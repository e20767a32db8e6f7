"""The cells of the board: status marks, and notes about problems and missing parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.row_summary import Last
from studio_sync.render.conflicts.authorship import NOT_BY_STUDIO, after
from studio_sync.render.medium.phrasing import minute_text, standing_words
from studio_sync.sync.board import BoardLine, Card

_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class StatusMark:
    """A status: its word, its look, and its quarters of the way."""

    word: str
    level: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class BoardNote:
    """A note about a record; its level is bad, warn or quiet."""

    text: str
    level: str


def status_mark(kind: Kind, status: str | None, locked: tuple[str, ...]) -> StatusMark:
    """The mark of a status. A status that the kind doesn't list is odd."""
    flow = kind.flow
    if status not in flow:
        return StatusMark(status or "no status", "odd")
    at = flow.index(status)
    if at == len(flow) - 1:
        return StatusMark(status, "done")
    level = "lock" if status in locked else "on" if at else "start"
    return StatusMark(status, level, at * _QUARTERS // (len(flow) - 1))


def card_mark(card: Card) -> StatusMark:
    """The mark of a record's status; for a missing record, whether it is required."""
    if card.row is None:
        return StatusMark("missing", "none") if card.wanted else StatusMark("none", "free")
    return status_mark(card.kind, card.row.status, card.kind.locked)


def card_notes(card: Card) -> Iterator[BoardNote]:
    """The problems of one record."""
    if card.stale_approvals:
        yield BoardNote(card.stale_approvals, "bad")
    if card.delta is not None:
        level = "bad" if card.delta.standing is Standing.CONFLICT else "warn"
        yield BoardNote(f"file: {standing_words(card.delta)}", level)
    if card.broken:
        yield BoardNote(f"{counted(card.broken, 'finding')} that readers would see", "warn")


def next_notes(card: Card) -> Iterator[BoardNote]:
    """What a record lacks for its next status."""
    if card.after and card.lacks:
        yield BoardNote(f"for {card.after}: {card.lacks}", "warn")


def newest(cards: Iterable[Card]) -> Last:
    """The latest change of any of these records."""
    known = [c.last for c in cards if c.last is not None and c.last.at is not None]
    return max(known, key=lambda last: last.at.timestamp() if last.at else 0.0, default=Last(None))


def who_and_when(last: Last | None) -> tuple[str, str]:
    """Author and time for people."""
    if last is None or last.at is None:
        return "unknown", ""
    if not last.actor:
        return NOT_BY_STUDIO, after(last.at)
    return last.actor.partition(" <")[0], minute_text(last.at)


def is_needy(line: BoardLine) -> bool:
    """Whether somebody has something specific to do."""
    return any(c.stale_approvals or c.broken or c.delta is not None for c in line.cards) or bool(
        line.card.lacks
    )
