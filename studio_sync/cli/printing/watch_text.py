"""Rendering of watch events, for people and as lines of JSON."""

import time
from collections.abc import Callable
from datetime import datetime

from studio_sync.cli.app import App
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.database.values.ledger_past import Author
from studio_sync.render.conflicts.authorship import who
from studio_sync.render.json_report import event_line
from studio_sync.render.medium.next_steps import Step, next_steps, step_sentences
from studio_sync.render.medium.paint import Paint
from studio_sync.render.medium.phrasing import SIGNS, STANDINGS, standing_words
from studio_sync.render.problems import lines
from studio_sync.sync.watch.watch_events import Happening, WatchEvent

_RESULTS = {Happening.CHECKED: "valid", Happening.AGREED: "in sync"}
_MANY = 20
"""How many records an event lists; more are counted."""


def show_event(app: App, event: WatchEvent, label: str) -> None:
    """Print one event, flushed at once, also through a pipe."""
    if app.json:
        app.out.json(event_line(event, label, app.workspace.prefix))
    else:
        _tell(app, event, label)


def _tell(app: App, event: WatchEvent, label: str) -> None:
    paint, what, by_ci = app.paint, event.happening, app.takes_ci_only()
    if what is Happening.WATCHING:
        where = f"to {label}" if label else "nothing: files are validated only"
        app.say(f"watching {app.workspace.prefix}, pushing {where}; Ctrl-C ends it")
    elif what is Happening.PUSHED:
        _list(app, event, lambda delta: _dimmed(app, ", ".join(delta.having(Standing.AHEAD))))
        app.say(f"pushed: {counted(len(event.deltas), 'record')} in {event.seconds * 1000:,.0f} ms")
    elif what is Happening.PULLED:
        _list(app, event, lambda delta: f"{_dimmed(app, _others(delta))}  {_who(event, delta)}")
        app.say(f"pulled: {counted(len(event.deltas), 'record')} in {event.seconds * 1000:,.0f} ms")
    elif what is Happening.PENDING:
        why = f"{event.message}: " if event.message else ""
        app.say(f"{why}{counted(len(event.deltas), 'record')} to push, not pushed by itself")
        _list(app, event, lambda delta: _dimmed(app, standing_words(delta)))
        steps = next_steps(event.deltas)
        if Step.PUSH in steps:
            again = "`studio push` writes them to the database, and so does saving a file again"
            app.say(step_sentences([Step.PUSH], by_ci=True)[0] if by_ci else again)
        for line in step_sentences((step for step in steps if step is Step.DELETE), by_ci=by_ci):
            app.say(line)
    elif what is Happening.CHANGED:
        for delta in event.deltas[:_MANY]:
            app.say(
                f"{_path(app, event, delta, app.paint_messages)}  {_who(event, delta)}  ({_others(delta)})"
            )
        _rest(app, event)
        if event.message:
            app.say(f"left as it is: {event.message}")
        others = [step for step in next_steps(event.deltas) if step is not Step.PUSH]
        for line in step_sentences(others, by_ci=by_ci):
            app.say(line)
    elif what in _RESULTS and not event.problems:
        for path in event.paths:
            shown = paint.path(safe(app.workspace.prefix + path))
            app.out.line(f"{_clock()} {shown}  {paint.dim(_RESULTS[what])}")
    elif what is Happening.AWAY:
        app.warn(f"{event.message}; what is saved meanwhile is pushed later", event.hint)
    elif what is Happening.WAITING:
        app.warn(event.message, event.hint)
    elif what is Happening.BACK:
        app.say("going on")
    elif what is Happening.STOPPED:
        app.say("stopped watching")
    app.out.tell(lines(event.problems, app.paint_messages))


def _list(app: App, event: WatchEvent, words: Callable[[Delta], str]) -> None:
    """A line for each record, as far as there are not too many; `words` are said of it."""
    for delta in event.deltas[:_MANY]:
        line = f"{_clock()} {SIGNS[delta.action]} {_path(app, event, delta, app.paint)}"
        app.out.line(f"{line}{words(delta)}")
    _rest(app, event)


def _dimmed(app: App, words: str) -> str:
    return f"  {app.paint.dim(safe(f'({words})'))}" if words else ""


def _rest(app: App, event: WatchEvent) -> None:
    more = len(event.deltas) - _MANY
    if more > 0:
        app.say(f"and {counted(more, 'other record')}: see `studio status`")


def _others(delta: Delta) -> str:
    if delta.remote is None:
        return "deleted"
    if delta.local is None and delta.action is Action.CREATE:
        return "new"
    names = ", ".join(n for s in (Standing.BEHIND, Standing.DIVERGED) for n in delta.having(s))
    contested = ", ".join(delta.having(Standing.CONFLICT))
    parts = (names, f"{STANDINGS[Standing.CONFLICT]}: {contested}" if contested else "")
    return safe("; ".join(filter(None, parts))) or "changed"


def _who(event: WatchEvent, delta: Delta) -> str:
    """`changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 CET`, as far as known."""
    verb = "deleted" if delta.remote is None else "changed"
    author = event.authors.get(delta.rid)
    if author is not None:
        return who(verb, author)
    facts = event.found.comparison.facts.get(delta.rid) if event.found else None
    if facts is None or not facts.updated_at or delta.remote is None:
        return who(verb, None)
    return who(verb, Author(delta.remote, datetime.fromisoformat(facts.updated_at)))


def _path(app: App, event: WatchEvent, delta: Delta, paint: Paint) -> str:
    path = event.found.comparison.paths[delta.rid] if event.found else ""
    return paint.path(safe(app.workspace.prefix + path))


def _clock() -> str:
    return time.strftime("%H:%M:%S")
