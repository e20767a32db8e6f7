"""Vale's findings in the texts that learners read, if Vale is installed and the workspace uses it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studio_sync.core.checks.content import CheckedFile
from studio_sync.core.checks.wording import texts
from studio_sync.core.values.kind import FieldPlace, Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree import codec
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.files.vale.vale_process import find_vale, run_vale
from studio_sync.files.vale.vale_settings import VALE_CONFIG, read_settings
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.read.scope import in_scope

VALE_CODE = "vale"


@dataclass(frozen=True, slots=True)
class _Draft:
    """A Markdown text of everything that learners read in one file, with the position of each line."""

    lines: Sequence[str]
    places: Sequence[tuple[int, int]]

    def at(self, line: int, column: int) -> tuple[int, int]:
        """The position in the file of a line and column in the draft."""
        row, start = self.places[min(max(line, 1), len(self.places)) - 1]
        return row, start + max(column, 1) - 1


def vale_problems(
    workspace: Workspace, memory: Memory, kinds: Kinds, checker: Checker, scope: tuple[str, ...]
) -> Iterator[Problem]:
    """Vale's findings in scope; none without `.vale.ini`, or without Vale. Raises UnavailableError."""
    weight = workspace.advice.weight(VALE_CODE)
    program = find_vale(workspace.root) if weight else ""
    settings = read_settings(workspace.root) if program else None
    if settings is None:
        return
    if settings.left_out:
        text = f"left out, as a clone might start or read something with it: {', '.join(settings.left_out)}"
        yield Problem(VALE_CONFIG, 0, 0, VALE_CODE, text, "the rest is used", Severity.WARNING)
    drafts: dict[str, _Draft] = {}
    for entry in memory.files_where("kind <> '' AND digests IS NOT NULL"):
        kind = kinds[entry.kind]
        if in_scope(entry.path, scope) and any(f.shown for f in kind.fields):
            try:
                data = read_content(workspace.content, entry.path)
            except OSError:
                continue
            content = codec.read_record(kind, entry.slot, entry.path, data, checker).content
            if content is not None:
                rows = list(_lines(content))
                draft = _Draft([text for text, _ in rows], [place for _, place in rows])
                drafts[workspace.prefix + entry.path] = draft
    named = {path if path.endswith(".md") else f"{path}.md": path for path in drafts}
    texts_of = {name: "\n".join(drafts[path].lines) for name, path in named.items()}
    for name, alerts in run_vale(program, settings, texts_of).items():
        for alert in alerts:
            yield _problem(named[name], drafts[named[name]], alert, weight or Severity.WARNING)


def _lines(content: CheckedFile) -> Iterator[tuple[str, tuple[int, int]]]:
    """The lines of what learners read, each with its position: in a body its own, else that of the text."""
    for each in content.kind.fields:
        if each.shown and each.place is FieldPlace.BODY:
            body = content.markdown
            line = content.text.count("\n", 0, len(content.text) - len(body)) + 1
            yield from ((row.rstrip("\r"), (line + n, 1)) for n, row in enumerate(body.split("\n")))
            yield "", (line, 1)
        elif each.shown:
            for where, text in texts(content.values[each.name], (each.name,)):
                line, column = content.at(where)
                column += content.text.split("\n")[line - 1][column - 1 : column] in {"'", '"'}
                rows = text.strip("\n").split("\n")
                yield from ((row.rstrip("\r"), (line, 1 if n else column)) for n, row in enumerate(rows))
                yield "", (line, column)


def _problem(path: str, draft: _Draft, alert: dict[str, Any], weight: Severity) -> Problem:
    span = alert.get("Span")
    column = span[0] if isinstance(span, list) and span and isinstance(span[0], int) else 1
    line = alert.get("Line")
    at = draft.at(line if isinstance(line, int) else 1, column)
    grave = alert.get("Severity") == "error" and weight is Severity.ERROR
    action = alert.get("Action")
    given = action.get("Params") if isinstance(action, dict) and action.get("Name") == "replace" else None
    hint = f"write instead: {', '.join(map(str, given))}" if isinstance(given, list) and given else ""
    hint = (
        hint
        or str(alert.get("Link") or "")
        or f"a rule of {VALE_CONFIG}; `checks: {{{VALE_CODE}: off}}` in studio.yaml"
    )
    message = f"Vale says: {alert.get('Message', '')} ({alert.get('Check', 'a rule')})"
    return Problem(path, *at, VALE_CODE, message, hint, Severity.ERROR if grave else Severity.WARNING)
