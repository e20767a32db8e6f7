"""The changes of a plan by session, for a pull request comment: old and new values."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from studio_sync.cli.app import App
from studio_sync.core.merge.word_changes import words_changed
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import STATUS, Type
from studio_sync.core.values.layout import Layout
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS
from studio_sync.render.differences.delta import delta_changes
from studio_sync.render.differences.record_diff import FieldChange, show_fields
from studio_sync.render.differences.status_tree import session_folder
from studio_sync.render.medium.markdown import code, code_block
from studio_sync.render.medium.paint import Paint, Screen
from studio_sync.render.medium.phrasing import SIGNS, change_words, did, step
from studio_sync.sync.outcome import Outcome

_PLAIN = Paint(enabled=False)
_WIDTH = 100
_MAX_LINES = 16
"""How many changed lines of a record are shown; the rest is counted."""
_OPEN = 5
"""Up to this many changes are unfolded."""


class PlanChanges:
    """The changes of one plan as Markdown rows, in which content is escaped."""

    def __init__(self, app: App, found: Outcome) -> None:
        self._app, self._found, self._layout = app, found, Layout(KINDS)
        self._prefix = app.workspace.prefix
        paths = found.comparison.paths
        self._deltas = {paths[d.rid]: d for d in found.deltas}

    def words(self, changes: Sequence[Change]) -> tuple[int, int]:
        """How many words these changes add and remove."""
        counts = [self._words(change) for change in changes]
        return sum(came for came, _ in counts), sum(went for _, went in counts)

    def row(self, change: Change, folder: str = "") -> str:
        """The row of one record; its path is relative to `folder`."""
        path = change.path.removeprefix(f"{folder}/") if folder else self._prefix + change.path
        parts = [code(f"{SIGNS[change.action]} {path}"), *self._summary(change)]
        return f"- {' · '.join(part for part in parts if part)}"

    def groups(self, changes: Sequence[Change]) -> Iterator[str]:
        """The changes by session, each group folded, with the changed passages."""
        ordered = sorted(changes, key=lambda c: c.path.split("/"))
        few = " open" if len(ordered) <= _OPEN else ""
        for folder, inside in groupby(ordered, key=lambda c: session_folder(c.path, self._layout)):
            some = list(inside)
            title = self._title(folder)
            named = f"<code>{escape(safe(title))}</code> " if title else ""
            place = f"<code>{escape(safe(self._prefix + folder))}</code>"
            head = f"<summary>{named}{place}: {did(c.action for c in some)}</summary>"
            rows = "\n".join(text for change in some for text in self._whole(change, folder))
            yield f"<details{few}>{head}\n\n{rows}\n\n</details>\n"

    def _whole(self, change: Change, folder: str) -> Iterator[str]:
        yield self.row(change, folder)
        if change.action is Action.UPDATE:
            lines = list(show_fields(list(self._fields(change)), Screen(_PLAIN, _WIDTH)))
            if lines:
                yield f"\n{code_block(lines, _MAX_LINES)}\n"

    def _summary(self, change: Change) -> Iterator[str]:
        """A short description of a change: step, fields, size."""
        came, went = self._words(change)
        if change.action is not Action.UPDATE:
            yield code(change_words(change)) if change_words(change) else ""
            yield word_changes_text(came, went)
            return
        body = change.kind.body.name if change.kind.body else ""
        before, after = status_of(change.kind, change.before), status_of(change.kind, change.after)
        names = [step(before, after) if n == STATUS else n for n in change.fields if n != body]
        decided = [f"{d.choice}: {d.reason}" if d.reason else f"{d.choice}" for d in change.decisions]
        text = "; ".join(part for part in (", ".join(names), *decided) if part)
        yield code(text) if text else ""
        if body in change.fields:
            yield f"text: {counted(came + went, 'word')} changed"
        else:
            yield word_changes_text(came, went)

    def _fields(self, change: Change) -> Iterator[FieldChange]:
        delta = self._deltas.get(change.path)
        if delta is not None:
            yield from (f for f in delta_changes(self._found, delta) if f.name in change.fields)

    def _title(self, folder: str) -> str:
        """The title of a folder's record, from its file; or from its row, if the file is gone."""
        from studio_sync.files.tree.outline import Outline
        from studio_sync.schemas import Schemas

        outline = Outline(self._app.workspace.content, self._layout)
        spot = outline.at(folder)
        if spot is None or not spot.kind.heading:
            return ""
        if outline.has(spot.path):
            try:
                title = outline.document(spot, Schemas())[1].values.get(spot.kind.heading)
            except StudioError:
                return ""
        else:
            delta, values = self._deltas.get(spot.path), self._found.values
            title = values.remote(delta.rid).get(spot.kind.heading) if delta else None
        return " ".join(filter(None, (spot.slot, title))) if isinstance(title, str) else ""

    def _words(self, change: Change) -> tuple[int, int]:
        delta, values = self._deltas.get(change.path), self._found.values
        if delta is None:
            return 0, 0
        old = values.remote(delta.rid) if change.before else {}
        new = values.local(delta.rid) if change.after else {}
        names = [
            field.name
            for field in change.kind.fields
            if field.name != STATUS
            and field.type in (Type.TEXT, Type.JSON)
            and (field.name in change.fields or change.action is not Action.UPDATE)
        ]
        return words_changed((_stated(old.get(name)), _stated(new.get(name))) for name in names)


def _stated(value: Value | Omitted) -> Value:
    return None if isinstance(value, Omitted) else value


def word_changes_text(came: int, went: int) -> str:
    """`+12 -3 words`; empty if no word differs."""
    parts = [f"{sign}{count:,}" for sign, count in (("+", came), ("-", went)) if count]
    return f"{' '.join(parts)} word{'' if came + went == 1 else 's'}" if parts else ""
