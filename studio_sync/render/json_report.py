"""The JSON report that `--json` prints."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from studio_sync.core.plan.decision import Decision
from studio_sync.core.plan.dependents import Effect
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.trailers import approve_line
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import StudioError
from studio_sync.sync.outcome import Outcome

if TYPE_CHECKING:
    from studio_sync.core.checks.diagnosis import Diagnosis
    from studio_sync.core.merge.parts import Part
    from studio_sync.database.trust.trust import Trusted
    from studio_sync.sync.advance import Advance
    from studio_sync.sync.compare.conflicts.contested import Contested
    from studio_sync.sync.history.revivals import Restored
    from studio_sync.sync.history.undo import Undone
    from studio_sync.sync.identity.adopting import Adoption
    from studio_sync.sync.watch.watch_events import WatchEvent

_SIDES = ("base", "files", "database")
_VERSION = 1
_PROBLEM = ("path", "line", "column", "severity", "code", "message", "hint")
_LINE_BY_LINE = frozenset({"watch"})
"""Commands that print one object a line."""


def report(
    command: str,
    outcome: str,
    *,
    database: str = "",
    found: Outcome | None = None,
    problems: Iterable[Problem] = (),
    prefix: str = "",
    **more: Any,
) -> str:
    """The report of a command; `outcome` is ok, differs, refused or failed, `more` its own keys."""
    if found is None:
        return _dump(command, outcome, database, problems=problems, **more)
    decided = {c.path: c.decisions for c in found.plan.changes if c.decisions}
    parts = {c.delta.rid: {"parts": json_parts(c), "seen": c.seen} for c in found.contested}
    texts = {rid: {"texts": asdict(one)} for rid, one in found.texts.items()}
    records = [
        _record(found, d, prefix, decided) | parts.get(d.rid, {}) | texts.get(d.rid, {}) for d in found.deltas
    ]
    counts = Counter(d.standing.value for d in found.deltas)
    counts[Standing.AGREED.value] = found.agreed
    if others := list(_other_tables(found)):
        more["other_tables"] = others
    return _dump(command, outcome, database, records, counts, problems, **more)


def report_adoptions(database: str, adopted: "Sequence[Adoption]", prefix: str, *, dry_run: bool) -> str:
    """The report of `pull --adopt-ids`: each file with its old and new id."""
    ids = [{"path": prefix + a.path, "before": a.before, "after": a.after} for a in adopted]
    outcome = "differs" if dry_run and ids else "ok"
    return report("pull", outcome, database=database, ids=ids)


def _other_tables(found: Outcome) -> Iterator[dict[str, Any]]:
    """The rows that depend on deletions; those that depend on held or refused ones stay."""
    for goes, dependents in ((True, found.plan.dependents), (False, found.plan.hanging)):
        for d in dependents:
            counted = d.effect is not Effect.HIDDEN
            yield {
                "table": d.table,
                "rows": d.rows if counted else None,
                "effect": d.effect.value,
                "goes": goes,
            }


def advanced(found: "Advance", prefix: str) -> str:
    """The report of `advance`: records with their old and new status."""
    records = [
        {
            "kind": step.kind.name, "key": step.key, "path": prefix + step.entry.path, "id": step.entry.id,
            "standing": Standing.AHEAD.value, "action": "update", "fields": {STATUS: Standing.AHEAD.value},
            STATUS: {"from": step.before, "to": step.after},
        }
        for step in found.steps
    ]  # fmt: skip
    approvals = [
        {"path": prefix + a.entry.path, STATUS: a.status, "digest": a.digest, "again": a.again,
         "trailer": approve_line(prefix + a.entry.path, a.digest)}
        for a in found.approved
    ]  # fmt: skip
    counts = Counter({Standing.AHEAD.value: len(records), "settled": found.settled})
    outcome = outcome_of(found.exit_code) if found.left else "ok"
    return _dump("advance", outcome, "", records, counts, sorted(found.left), approvals=approvals)


def undone_report(
    runs: Sequence[Mapping[str, Any]],
    undone: "Undone | None" = None,
    restored: "Restored | None" = None,
    database: str = "",
    prefix: str = "",
    left: Sequence[Problem] = (),
    exit_code: int = 1,
) -> str:
    """The report of `undo`: files taken back, and records whose files were written; or the list of `runs`."""
    records = _revived(restored, prefix) if restored else []
    files = [
        {"path": t.path, "what": t.step.value, "to": t.old or None} for t in (undone.taken if undone else ())
    ]
    decisions = {
        name: undone.decided(prefix, again=again) if undone else []
        for name, again in (("undecided", False), ("decided", True))
    }
    nothing = not (runs or records or files or any(decisions.values()))
    refused = bool(left) and (nothing or any(p.severity is Severity.ERROR for p in left))
    outcome = outcome_of(exit_code) if refused else "ok"
    counts = Counter({Standing.AHEAD.value: len(records), "files": len(files)})
    more: dict[str, Any] = {"files": files} if not runs else {"runs": list(runs)}
    more |= {name: paths for name, paths in decisions.items() if paths}
    return _dump("undo", outcome, database, records, counts, left, **more)


def restored(found: "Restored", database: str, prefix: str) -> str:
    """The report of `restore`: the records whose files were written, all to be pushed."""
    records = _revived(found, prefix)
    counts = Counter({Standing.AHEAD.value: len(records), "settled": found.settled})
    refused = any(p.severity is Severity.ERROR for p in found.left)
    outcome = outcome_of(found.exit_code) if refused else "ok"
    return _dump("restore", outcome, database, records, counts, sorted(found.left))


def _revived(found: "Restored", prefix: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": r.kind.name, "key": r.key, "path": prefix + r.path,
            "id": r.rid if r.kind.identified else None, "standing": Standing.AHEAD.value,
            "action": r.action.value,
            "fields": dict.fromkeys(r.values if r.action is Action.UPDATE else (), Standing.AHEAD.value),
        }
        for r in found.revivals
    ]  # fmt: skip


def diagnosis(findings: Sequence["Diagnosis"], database: str, outcome: str) -> str:
    """The report of `doctor`: all findings in `checks`; warnings and errors are problems, too."""
    checks = [
        {"about": f.about, "state": f.state.value, "message": f.message, "hint": f.hint} for f in findings
    ]
    problems = [
        Problem("", 0, 0, "doctor", f"{f.about}: {f.message}", f.hint, Severity(f.state.value))
        for f in findings
        if f.state.value in (Severity.ERROR.value, Severity.WARNING.value)
    ]
    return report("doctor", outcome, database=database, problems=problems, checks=checks)


def trusted(found: Iterable["Trusted"]) -> str:
    """The report of `trust`: hosts confirmed, removed, or listed."""
    return report("trust", "ok", hosts=[asdict(one) for one in found])


def event_line(event: "WatchEvent", database: str, prefix: str) -> str:
    """One event of `watch`, as one line."""
    records = [_record(event.found, d, prefix, {}) for d in event.deltas] if event.found else []
    for delta, record in zip(event.deltas, records, strict=False):
        if author := event.authors.get(delta.rid):
            record["by"], record["at"] = author.actor, author.at.isoformat()
    line = {
        "version": _VERSION, "command": "watch", "event": event.happening.value, "database": database,
        "paths": [prefix + path for path in event.paths], "records": records,
        "problems": [problem_report(p) for p in event.problems], "message": event.message, "hint": event.hint,
        "seconds": round(event.seconds, 4),
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False)


def outcome_of(exit_code: int) -> str:
    """The `outcome` of a run that ended with an exit code other than 0."""
    return "refused" if exit_code == 1 else "failed"


def failure_report(error: StudioError, command: str) -> str:
    """The report of a command that failed."""
    problem = Problem("", 0, 0, error.code, error.full_message, error.hint)
    found = report(command, outcome_of(error.exit_code), problems=[problem])
    return json.dumps(json.loads(found), ensure_ascii=False) if command in _LINE_BY_LINE else found


def _dump(
    command: str,
    outcome: str,
    database: str,
    records: Sequence[dict[str, Any]] = (),
    counts: Mapping[str, int] | None = None,
    problems: Iterable[Problem] = (),
    **more: Any,
) -> str:
    head = {"version": _VERSION, "command": command, "outcome": outcome, "database": database}
    body = {"records": records, "counts": counts or {}, "problems": [problem_report(p) for p in problems]}
    return json_text(head | body | more)


def _record(
    found: Outcome, delta: Delta, prefix: str, decided: Mapping[str, Sequence[Decision]]
) -> dict[str, Any]:
    out = found.comparison
    more: dict[str, Any] = {}
    if delta.fields.get(STATUS) is Standing.AHEAD:
        before, after = status_of(delta.kind, delta.remote), status_of(delta.kind, delta.local)
        more[STATUS] = {"from": before, "to": after}
    if decisions := decided.get(out.paths[delta.rid]):
        more["decisions"] = {d.choice.value: d.reason for d in decisions}
    return {
        "kind": delta.kind.name,
        "key": out.key(delta.rid),
        "path": prefix + out.paths[delta.rid],
        "id": delta.rid if delta.kind.identified and ":" not in delta.rid else None,
        "standing": delta.standing.value,
        "action": delta.action.value,
        "fields": {name: standing.value for name, standing in delta.fields.items()},
        **more,
    }


def problem_report(problem: Problem) -> dict[str, Any]:
    """A problem as an object."""
    return {name: getattr(problem, name) for name in _PROBLEM} | {"severity": problem.severity.value}


def json_parts(contested: "Contested") -> list[dict[str, Any]]:
    """Each part: `id`, `kind`, the `fields` that it decides, its `path`, and the values of three sides.

    A value that a side lacks is null and named in `absent`; `base_known` tells a base without the value from
    an unknown base. `lines` has a hunk's first line and count in each side's text.
    """
    return [_part(part) for part in contested.parts]


def _part(part: "Part") -> dict[str, Any]:
    from studio_sync.core.merge.json_diff import NoValue

    sides = dict(zip(_SIDES, (part.base, part.local, part.remote), strict=True))
    found: dict[str, Any] = {
        "id": part.id,
        "kind": part.kind.value,
        "field": part.fields[0],
        "fields": list(part.fields),
        "path": part.path,
        **{name: None if isinstance(side, NoValue) else side for name, side in sides.items()},
        "absent": [name for name, side in sides.items() if isinstance(side, NoValue)],
        "base_known": part.known,
    }
    if part.lines:
        found["lines"] = {
            name: {"start": lines.start, "count": lines.count}
            for name, lines in zip(_SIDES, part.lines, strict=True)
        }
    return found


def json_text(value: Any, indent: str = "") -> str:
    """Like `json.dumps`, but decimal numbers keep their digits: `12.50` stays `12.50`."""
    inner = f"{indent}  "
    if isinstance(value, Mapping) and value:
        items = [f"{inner}{_scalar(str(key))}: {json_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, Sequence) and value and not isinstance(value, str):
        items = [f"{inner}{json_text(item, inner)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
