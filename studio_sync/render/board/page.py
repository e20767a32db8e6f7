"""The HTML page of the board, from its template."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, TypeAlias

from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.phrases import counted
from studio_sync.render.board.board_marks import (
    StatusMark,
    card_mark,
    card_notes,
    is_needy,
    newest,
    next_notes,
    status_mark,
    who_and_when,
)
from studio_sync.render.medium.phrasing import STANDINGS, minute_text
from studio_sync.render.theme import theme_css
from studio_sync.sync.board import Board, BoardLine, BoardPage, Card, LineGroup

GENERATOR = "studio board"
_HOUR = 60
_COLUMNS = ("Words", "Minutes")
_LESS = ("Words", "Hours")
"""The columns that narrow screens leave out of the overview."""

_MISSING, _CHANGED = "What is missing", "Changed last"
_FEW = 60
"""Up to this many lines a single program is unfolded."""

LinkTo: TypeAlias = Callable[[Card], str]
"""Returns the URL of a record's page or file; "" for none."""


def page_of(board: Board, name: str, database: str, at: datetime, link: LinkTo) -> str:
    """The whole page. `name` is the workspace's, `database` the one read at the time `at`."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    style, script = theme_css() + _text("board.css"), _text("board.js")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_shown,
    )
    template = environment.from_string(_text("board.html"))
    shape = board.shape
    lines = [line for page in board.pages for line in page.lines]
    words = _many(shape.line)
    cells = [_capital(kind.name) for kind in shape.cells]
    return template.render(
        style=Markup(style),  # noqa: S704 - our own, and hashed
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
        generator=GENERATOR,
        name=name,
        database=database,
        at=at,
        at_text=minute_text(at),
        files=", ".join(_standings(board)) or "in sync",
        totals=[(f"{len(board.pages):,}", _many(shape.page, len(board.pages))), *_facts(shape.line, lines)],
        top_word=_capital(shape.page.parent or shape.page.name),
        page_word=_capital(shape.page.name),
        page_words=_many(shape.page),
        line_words=words,
        clients=sorted({(_top(page).key, _title(_top(page))) for page in board.pages}),
        programs=[(page.card.key, _title(page.card)) for page in board.pages],
        statuses=_statuses(board),
        told_all=counted(len(lines), shape.line.name),
        told_some=f"{{}} of {counted(len(lines), shape.line.name)}",
        counted=_COLUMNS,
        counted_less=_LESS,
        overview_columns=[
            (_capital(shape.page.parent or shape.page.name), "text", ""),
            (_capital(shape.page.name), "text", ""),
            ("Status", "number", ""),
            (f"{_capital(words)} by status", "number", ""),
            *((word, "number", "count") for word, _, _ in _counts(shape.line, lines)),
            (_CHANGED, "text", ""),
        ],
        programs_table=[_overview(board, page) for page in board.pages] if len(board.pages) > 1 else [],
        pages=[_page(board, page, cells, link) for page in board.pages],
        legend=_legend(shape.line, *shape.cells[:1]),
    )


def _shown(value: Any) -> Any:
    """A text for the page, escaped so that it is no command in a CI log."""
    from markupsafe import Markup, escape

    if type(value) is not str:
        return value
    shown = escape(safe(value))
    return Markup(shown.replace("#", "&#35;")) if "##" in value else shown  # noqa: S704 - escaped above


def _text(name: str) -> str:
    return (files("studio_sync.render.board") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _overview(board: Board, page: BoardPage) -> dict[str, Any]:
    """A program's row in the overview, with sort keys."""
    kind, lines = board.shape.line, page.lines
    last = newest([page.card, *(card for line in lines for card in line.cards)])
    who, when = who_and_when(last)
    status = page.card.row.status if page.card.row else None
    flow = page.card.kind.flow
    done = sum(_far(kind, line) for line in lines)
    return {
        "title": _title(page.card),
        "above": " / ".join(_title(card) for card in page.above),
        "mark": card_mark(page.card) if flow else None,
        "rank": flow.index(status) if status in flow else -1,
        "bar": list(_bar(kind, lines)),
        "done": f"{done / len(lines):.4f}" if lines else "-1",
        "counts": _counts(kind, lines),
        "who": who,
        "when": when,
        "stamp": last.at.isoformat() if last.at else "",
    }


def _far(kind: Kind, line: BoardLine) -> float:
    """A line's progress along its flow, from 0 to 1."""
    status = line.card.row.status if line.card.row else None
    return kind.flow.index(status) / max(1, len(kind.flow) - 1) if status in kind.flow else 0.0


def _sums(lines: Iterable[BoardLine]) -> tuple[int, int, int, int]:
    """How many lines, words and minutes these are, and how many lines need somebody."""
    given = list(lines)
    minutes = sum(line.card.row.minutes or 0 for line in given if line.card.row)
    return len(given), sum(line.words for line in given), minutes, sum(map(is_needy, given))


def _counts(kind: Kind, lines: Iterable[BoardLine]) -> list[tuple[str, str, int]]:
    """The counts of a program: word, formatted number, number."""
    values = _sums(lines)
    words = (_capital(_many(kind)), *_LESS, "Need somebody")
    shown = [f"{value:,}" for value in values]
    shown[2] = _hours(values[2])
    return list(zip(words, shown, values, strict=True))


def _page(board: Board, page: BoardPage, cells: Sequence[str], link: LinkTo) -> dict[str, Any]:
    shape, lines = board.shape, page.lines
    who, when = who_and_when(page.card.last)
    groups = [_group(shape.line, group, link) for group in page.groups]
    missing = [_MISSING] if any(line["notes"] for group in groups for line in group["lines"]) else []
    return {
        "key": page.card.key,
        "top": _top(page).key,
        "title": _title(page.card),
        "above": [_title(card) for card in page.above],
        "mark": card_mark(page.card) if page.card.kind.flow else None,
        "facts_line": _facts_line(shape.line, lines),
        "notes": [*card_notes(page.card), *next_notes(page.card)],
        "last": f"The {page.card.kind.name} itself changed last: {who}, {when}",
        "href": link(page.card),
        "path": page.card.path,
        "open": len(board.pages) == 1 and len(lines) <= _FEW,
        "caption": f"{_title(page.card)}: how far each {shape.line.name} and its contents are",
        "columns": [_capital(shape.line.name), "Status", *cells, *_COLUMNS, *missing, _CHANGED],
        "missing": missing[0] if missing else "",
        "groups": groups,
    }


def _group(kind: Kind, group: LineGroup, link: LinkTo) -> dict[str, Any]:
    last = group.above[-1] if group.above else None
    return {
        "number": last.row.slot if last and last.row else "",
        "title": " / ".join(_title(card) for card in group.above),
        "href": link(last) if last else "",
        "facts": _facts_line(kind, group.lines),
        "notes": [note for card in group.above for note in card_notes(card)],
        "lines": [_line(line, link) for line in group.lines],
    }


def _line(line: BoardLine, link: LinkTo) -> dict[str, Any]:
    card = line.card
    who, when = who_and_when(newest(line.cards))
    minutes = card.row.minutes if card.row else None
    statuses = [c.row.status for c in line.cards if c.row and c.row.status]
    missing = ["missing"] if any(c.row is None and c.wanted for c in line.cells) else []
    searchable = (card.key, card.path, _title(card), who, *(_title(c) for c in line.cards))
    return {
        "number": card.row.slot if card.row else "",
        "title": _title(card),
        "href": link(card),
        "mark": card_mark(card),
        "cells": [_cell(cell, link) for cell in line.cells],
        "words": f"{line.words:,}",
        "minutes": "" if minutes is None else f"{minutes:,}",
        "notes": [*card_notes(card), *next_notes(card)],
        "who": who,
        "when": when,
        "text": " ".join(searchable).lower(),
        "statuses": " ".join(dict.fromkeys("_".join(s.split()) for s in [*statuses, *missing])),
        "needy": is_needy(line),
    }


def _cell(card: Card, link: LinkTo) -> dict[str, Any]:
    words = card.row.words if card.row else None
    return {
        "label": _capital(card.kind.name),
        "mark": card_mark(card),
        "href": link(card),
        "words": counted(words, "word") if words is not None else "",
        "notes": list(card_notes(card)),
    }


def _bar(kind: Kind, lines: Iterable[BoardLine]) -> Iterator[dict[str, Any]]:
    """The segments of a bar, by status; shares are percent, and none is too small to see."""
    counts = Counter(line.card.row.status if line.card.row else None for line in lines)
    total = sum(counts.values())
    ranks = {status: i for i, status in enumerate(reversed(kind.flow))}
    for status, count in sorted(counts.items(), key=lambda item: ranks.get(str(item[0]), len(ranks))):
        mark = status_mark(kind, status, kind.locked)
        share = max(1, round(100 * count / total))
        yield {"level": mark.level, "word": mark.word, "count": count, "share": share}


def _facts(kind: Kind, lines: Iterable[BoardLine]) -> list[tuple[str, str]]:
    count, words, minutes, needy = _sums(lines)
    return [
        (f"{count:,}", _many(kind, count)),
        (f"{words:,}", "word" if words == 1 else "words"),
        (_hours(minutes), "hours") if minutes >= _HOUR else (f"{minutes}", "minutes"),
        (f"{needy:,}", "need somebody" if needy != 1 else "needs somebody"),
    ]


def _facts_line(kind: Kind, lines: Iterable[BoardLine]) -> str:
    facts = [fact for fact in _facts(kind, lines) if fact != ("0", "need somebody")]
    return " · ".join(f"{count} {word}" for count, word in facts)


def _hours(minutes: int) -> str:
    return f"{minutes // _HOUR:,}:{minutes % _HOUR:02}"


def _standings(board: Board) -> Iterator[str]:
    for standing in reversed(Standing):
        if board.files.get(standing):
            yield f"{board.files[standing]:,} {STANDINGS[standing]}"


def _statuses(board: Board) -> list[str]:
    kinds = (board.shape.line, *board.shape.cells)
    return [*dict.fromkeys(status for kind in kinds for status in kind.flow), "missing"]


def _legend(*kinds: Kind) -> list[StatusMark]:
    marks = {
        status: status_mark(kind, status, kind.locked) for kind in reversed(kinds) for status in kind.flow
    }
    return [*marks.values(), StatusMark("missing", "none")]


def _top(page: BoardPage) -> Card:
    return page.above[0] if page.above else page.card


def _title(card: Card) -> str:
    if card.row is None:
        return ""
    return card.row.title or card.row.slot


def _capital(word: str) -> str:
    return word.replace("_", " ").capitalize()


def _many(kind: Kind, count: int = 2) -> str:
    return kind.name.replace("_", " ") + ("" if count == 1 else "s")
