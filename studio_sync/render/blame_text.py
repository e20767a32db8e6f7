"""Rendering of blame as text and JSON."""

from collections.abc import Iterator
from typing import Any

from studio_sync.core.values.escapes import safe
from studio_sync.core.values.value import Value, dump_json
from studio_sync.render.medium.paint import Paint
from studio_sync.render.medium.phrasing import minute_text
from studio_sync.sync.history.blame import Blame, WriteOrigin

_SHORT_ID = 8
_MESSAGE = 50
_WIDEST = 100


def blame_lines(found: Blame, paint: Paint) -> Iterator[str]:
    """Each field with its origin, and below a text each sentence with its own."""
    for field in found.fields:
        value = found.values[field.name]
        if not field.sentences:
            shown = value if isinstance(value, str) else dump_json(value)
            yield f"{field.name}: {safe(shown)[:_WIDEST]}"
            yield f"    {origin_words(found.origin(field), paint)}"
            continue
        yield f"{field.name}:"
        last: WriteOrigin | None = None
        for sentence in field.sentences:
            origin = found.origin(field, sentence)
            if origin != last:
                yield f"    {origin_words(origin, paint)}"
            last = origin
            yield f"        {paint.dim(f'{sentence.line:>4}')}  {safe(sentence.text)}"


def origin_words(origin: WriteOrigin, paint: Paint) -> str:
    """Author, time, way, commit and message, in one line."""
    at = minute_text(origin.at.astimezone()) if origin.at else ""
    commit = f"commit {origin.commit[:_SHORT_ID]}" if origin.commit else ""
    if origin.by == "file":
        what = paint.changed("not pushed")
        parts = [what, safe(origin.who), at, commit or "not committed"]
    elif origin.role:
        claimed = f"{origin.who} (claimed)" if origin.who else ""
        parts = ["web app", safe(claimed), safe(f"as {origin.role}"), at, origin.revision[:_SHORT_ID]]
    elif origin.by == "web app":
        parts = ["web app (not by studio)", f"at {at} or before", origin.revision[:_SHORT_ID]]
    else:
        parts = [safe(origin.who), at, f"{origin.by} {origin.revision[:_SHORT_ID]}", commit]
    text = "  ".join(filter(None, parts))
    if origin.earlier:
        text += "  (or earlier: older versions were pruned)"
    message = origin.message.partition("\n")[0]
    return f"{text}  {paint.dim(safe(message[:_MESSAGE]))}".rstrip()


def blame_report(found: Blame, database: str, prefix: str) -> str:
    """The JSON report: the common keys, and the fields with their origins."""
    fields: list[Value] = []
    for field in found.fields:
        origins = [(s, found.origin(field, s)) for s in field.sentences]
        sentences: list[Value] = [{"line": s.line, "text": s.text, "origin": _origin(o)} for s, o in origins]
        whole = _origin(found.origin(field))
        fields.append({"field": field.name, "origin": whole, "sentences": sentences})
    report: dict[str, Value] = {"version": 1, "command": "blame", "outcome": "ok", "database": database}
    report |= {"records": [], "counts": {}, "problems": []}
    return dump_json({**report, "path": prefix + found.path, "kind": found.kind.name, "fields": fields})


def _origin(origin: WriteOrigin) -> dict[str, Any]:
    return {
        "by": origin.by,
        "who": origin.who or None,
        "at": origin.at.isoformat() if origin.at else None,
        "revision": origin.revision or None,
        "commit": origin.commit or None,
        "message": origin.message or None,
        "role": origin.role or None,
        "earlier": origin.earlier,
    }
