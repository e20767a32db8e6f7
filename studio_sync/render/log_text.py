"""Rendering of the log as text and JSON: runs, and their changes."""

from collections.abc import Iterator

from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Field, Type
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.value import Value, dump_json
from studio_sync.database.values.ledger_documents import ELSEWHERE, MORE
from studio_sync.database.values.ledger_past import Logged
from studio_sync.database.values.ledger_values import FOUND
from studio_sync.database.values.row_change import TRACKED, author_text
from studio_sync.render.conflicts.authorship import who
from studio_sync.render.differences.record_diff import FieldChange, show_record
from studio_sync.render.json_report import problem_report
from studio_sync.render.medium.paint import Paint, Screen
from studio_sync.render.medium.phrasing import SIGNS, minute_text
from studio_sync.sync.history.log import Chapter, LogEvent, LogReport

_SHORT_ID = 8
_MOST = 10
"""How many records of one run are listed by default."""
_SOURCES = {
    TRACKED: "changed in the database, entered as it happened",
    "pull": f"pull: {who('changed', None)}, and seen by this pull",
    FOUND: f"{FOUND}: {who('changed', None)}, and kept because a push replaced it",
}


def run_lines(run: Logged, paint: Paint) -> Iterator[str]:
    """Author, time, command, commit and message."""
    commit = f"  at commit {run.commit[:_SHORT_ID]}" if run.commit else ""
    if run.source == TRACKED:
        who = author_text(run.actor, run.role)
    else:
        who = f"{run.actor} (as {run.role})" if run.role else run.actor
    yield f"{paint.changed(run.id[:_SHORT_ID])}  {minute_text(run.at.astimezone())}  {safe(who)}"
    yield f"    {safe(_SOURCES.get(run.source, run.source))}{paint.dim(commit)}"
    for line in run.message.splitlines():
        yield f"    {safe(line)}"


def log_lines(chapter: Chapter, prefix: str, paint: Paint, *, full: bool) -> Iterator[str]:
    """A run, and the records that it changed."""
    yield from run_lines(chapter.run, paint)
    most = len(chapter.events) if full else _MOST
    for event in chapter.events[:most]:
        fields = f"  ({', '.join(event.fields)})" if event.fields else ""
        yield f"    {SIGNS[event.action]} {paint.path(safe(prefix + event.path))}{paint.dim(safe(fields))}"
        for choice, reason in event.decision.items():
            why = "" if reason in ("", chapter.run.message) else f": {reason}"
            yield f"      {paint.dim(safe(f'{choice}{why}'))}"
    if len(chapter.events) > most:
        yield paint.dim(f"      … and {counted(len(chapter.events) - most, 'more record')} (-v lists them)")
    yield ""


def event_lines(event: LogEvent, prefix: str, screen: Screen) -> Iterator[str]:
    """A run's changes to one record."""
    words = "" if event.known else "what it was before was pruned from the ledger"
    yield from show_record(prefix + event.path, event.action.value, words, list(_changes(event)), screen)
    for choice, reason in event.decision.items():
        yield f"    {screen.paint.dim(safe(f'{choice}: {reason}'))}"


def _changes(event: LogEvent) -> Iterator[FieldChange]:
    fields = {f.name: f for f in event.kind.fields}
    places = [name for name in event.fields if name not in fields]
    for name in (*places, *fields):
        before, after = event.before.get(name, NO_VALUE), event.after.get(name, NO_VALUE)
        if event.action is Action.UPDATE and name not in event.fields:
            continue
        if event.action is not Action.UPDATE and before in (None, NO_VALUE) and after in (None, NO_VALUE):
            continue
        yield FieldChange.of(fields.get(name, Field(name=name)), before, after)
    for name in (MORE, ELSEWHERE):
        if event.after.get(name):
            yield FieldChange(name=name, type=Type.JSON, body=False, before=NO_VALUE, after=event.after[name])


def log_report(command: str, database: str, found: LogReport, prefix: str) -> str:
    """The JSON report: the common keys, and the runs."""
    runs: list[Value] = [_run(chapter, prefix) for chapter in found.chapters]
    return dump_json(
        {
            "version": 1, "command": command, "outcome": "ok", "database": database, "records": [],
            "counts": {}, "problems": [problem_report(p) for p in found.problems], "runs": runs,
        }
    )  # fmt: skip


def _run(chapter: Chapter, prefix: str) -> Value:
    run = chapter.run
    return {
        "revision": run.id, "at": run.at.isoformat(), "actor": run.actor, "role": run.role,
        "claimed": run.source == TRACKED and run.actor != "",
        "source": run.source, "commit": run.commit or None, "message": run.message or None,
        "records": [_event(event, prefix) for event in chapter.events],
    }  # fmt: skip


def _event(event: LogEvent, prefix: str) -> Value:
    found: dict[str, Value] = {
        "kind": event.kind.name,
        "key": event.key,
        "path": prefix + event.path,
        "id": event.rid if event.kind.identified else None,
        "action": event.action.value,
        "fields": list(event.fields),
        "decision": event.decision or None,
    }
    if event.before or event.after:
        found |= {"before": event.before or None, "after": event.after or None}
    return found
