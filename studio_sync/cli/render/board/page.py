"""The page of the board, from its template."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from typing import Any

from studio_sync.cli.render.board.marks import (
    Mark,
    Note,
    card_mark,
    card_notes,
    is_needy,
    mark_of,
    newest,
    next_note,
    who_and_when,
)
from studio_sync.cli.render.words import STANDINGS, moment, number
from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Kind
from studio_sync.sync.board import Board, Card, Group, Line, Page

GENERATOR = "studio board"
_HOUR = 60
_COLUMNS = ("Words", "Minutes")


def page_of(board: Board, name: str, database: str, at: datetime) -> str:
    """The whole page. `name` is the workspace's, `database` says which one was read, at the time `at`."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    style, script = _text("board.css"), _text("board.js")
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
        at_text=moment(at),
        files=", ".join(_standings(board)) or "in sync",
        totals=[(f"{len(board.pages):,}", _many(shape.page, len(board.pages))), *_facts(shape.line, lines)],
        top_word=_capital(shape.page.parent or shape.page.name),
        page_word=_capital(shape.page.name),
        line_words=words,
        clients=sorted({(_top(page).key, _title(_top(page))) for page in board.pages}),
        programs=[(page.card.key, _title(page.card)) for page in board.pages],
        statuses=_statuses(board),
        told_all=number(len(lines), shape.line.name),
        told_some=f"{{}} of {number(len(lines), shape.line.name)}",
        columns=[_capital(shape.line.name), "Status", *cells, *_COLUMNS, "What is missing", "Changed last"],
        counted=_COLUMNS,
        pages=[_page(board, page) for page in board.pages],
        legend=_legend(shape.line, *shape.cells[:1]),
    )


def _shown(value: Any) -> Any:
    """A text as the page has it; where the page is printed into the log of a CI system, it is no command."""
    from markupsafe import Markup, escape

    if type(value) is not str:
        return value
    shown = escape(safe(value))
    return Markup(shown.replace("#", "&#35;")) if "##" in value else shown  # noqa: S704 - escaped above


def _text(name: str) -> str:
    return (files("studio_sync.cli.render.board") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _page(board: Board, page: Page) -> dict[str, Any]:
    shape, lines = board.shape, page.lines
    who, when = who_and_when(page.card.last)
    below = next_note(page.card)
    return {
        "key": page.card.key,
        "top": _top(page).key,
        "title": _title(page.card),
        "above": [_title(card) for card in page.above],
        "mark": card_mark(page.card) if page.card.kind.flow else None,
        "bar": list(_bar(shape.line, lines)),
        "facts": _facts(shape.line, lines),
        "notes": [*card_notes(page.card), *([below] if below else [])],
        "last": f"The {page.card.kind.name} itself changed last: {who}, {when}",
        "caption": f"{_title(page.card)}: how far each {shape.line.name} and its contents are",
        "groups": [_group(shape.line, group) for group in page.groups],
    }


def _group(kind: Kind, group: Group) -> dict[str, Any]:
    last = group.above[-1] if group.above else None
    return {
        "number": last.row.slot if last and last.row else "",
        "title": " / ".join(_title(card) for card in group.above),
        "facts": " · ".join(f"{count} {word}" for count, word in _facts(kind, group.lines)),
        "notes": [note for card in group.above for note in card_notes(card)],
        "lines": [_line(line) for line in group.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    card = line.card
    who, when = who_and_when(newest(line))
    cells = [_cell(cell) for cell in line.cells]
    minutes = card.row.minutes if card.row else None
    statuses = [c.row.status for c in line.cards if c.row and c.row.status]
    missing = ["missing"] if any(c.row is None and c.wanted for c in line.cells) else []
    said = (card.key, card.path, _title(card), who, *(_title(c) for c in line.cards))
    below = next_note(card)
    return {
        "number": card.row.slot if card.row else "",
        "title": _title(card),
        "mark": card_mark(card),
        "cells": cells,
        "words": f"{line.words:,}",
        "minutes": "" if minutes is None else f"{minutes:,}",
        "notes": [*card_notes(card), *([below] if below else [])],
        "who": who,
        "when": when,
        "text": " ".join(said).lower(),
        "statuses": " ".join(dict.fromkeys("_".join(s.split()) for s in [*statuses, *missing])),
        "needy": is_needy(line),
    }


def _cell(card: Card) -> dict[str, Any]:
    words = card.row.words if card.row else None
    return {
        "label": _capital(card.kind.name),
        "mark": card_mark(card),
        "words": number(words, "word") if words is not None else "",
        "notes": list(card_notes(card)),
    }


def _bar(kind: Kind, lines: Iterable[Line]) -> Iterator[dict[str, Any]]:
    """The parts of a bar, by status; shares are hundredths, and none is too small to be seen."""
    counts = Counter(line.card.row.status if line.card.row else None for line in lines)
    total = sum(counts.values())
    ranks = {status: i for i, status in enumerate(reversed(kind.flow))}
    for status, count in sorted(counts.items(), key=lambda item: ranks.get(str(item[0]), len(ranks))):
        mark = mark_of(kind, status, kind.locked)
        share = max(1, round(100 * count / total))
        yield {"level": mark.level, "word": mark.word, "count": count, "share": share}


def _facts(kind: Kind, lines: Iterable[Line]) -> list[tuple[str, str]]:
    given = list(lines)
    minutes = sum(line.card.row.minutes or 0 for line in given if line.card.row)
    words = sum(line.words for line in given)
    found = [
        (f"{len(given):,}", _many(kind, len(given))),
        (f"{words:,}", "word" if words == 1 else "words"),
        (f"{minutes // _HOUR:,}:{minutes % _HOUR:02}", "hours")
        if minutes >= _HOUR
        else (f"{minutes}", "minutes"),
    ]
    needy = sum(map(is_needy, given))
    return [*found, (f"{needy:,}", "need somebody" if needy != 1 else "needs somebody")]


def _standings(board: Board) -> Iterator[str]:
    for standing in reversed(Standing):
        if board.files.get(standing):
            yield f"{board.files[standing]:,} {STANDINGS[standing]}"


def _statuses(board: Board) -> list[str]:
    kinds = (board.shape.line, *board.shape.cells)
    return [*dict.fromkeys(status for kind in kinds for status in kind.flow), "missing"]


def _legend(*kinds: Kind) -> list[Mark]:
    marks = {status: mark_of(kind, status, kind.locked) for kind in reversed(kinds) for status in kind.flow}
    return [*marks.values(), Mark("missing", "none")]


def _top(page: Page) -> Card:
    return page.above[0] if page.above else page.card


def _title(card: Card) -> str:
    if card.row is None:
        return ""
    return card.row.title or card.row.slot


def _capital(word: str) -> str:
    return word.replace("_", " ").capitalize()


def _many(kind: Kind, count: int = 2) -> str:
    return kind.name.replace("_", " ") + ("" if count == 1 else "s")


__all__ = ["GENERATOR", "Note", "page_of"]
