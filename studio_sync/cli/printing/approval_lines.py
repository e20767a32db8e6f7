"""Rendering of approvals by `advance`: changes since the last approval, and trailers to commit."""

from collections.abc import Iterator, Sequence

from studio_sync.cli.app import App
from studio_sync.core.plan.trailers import approve_line
from studio_sync.core.values.escapes import safe
from studio_sync.files.git.hooks import has_hook
from studio_sync.files.workspace.ci_settings import repository_top
from studio_sync.render.differences.record_diff import FieldChange, show_fields
from studio_sync.sync.advance_approvals import Approved
from studio_sync.sync.history.approvals import FieldValues, changed_fields


def approval_lines(approved: Sequence[Approved], app: App) -> Iterator[str]:
    """What is approved again, with its full diff from the last approved words."""
    for one in approved:
        if not one.again:
            continue
        path = app.paint.path(safe(app.workspace.prefix + one.entry.path))
        fields = [] if one.old is None else list(_changes(one, one.old))
        note = "approved as it is now" if fields else "approved anew"
        yield f"~ {path}  {app.paint.dim(f'({note})')}"
        yield from show_fields(fields, app.screen(full=True))


def trailer_lines(approved: Sequence[Approved], app: App) -> Iterator[str]:
    """The trailers with which a commit carries the approvals to whoever pushes it; none without git."""
    root = app.workspace.root
    if approved and (repository_top(root) / ".git").exists():
        yield "git's hook puts into the commit's message:" if has_hook(root) else "for the commit's message:"
        for one in approved:
            yield f"  {safe(approve_line(app.workspace.prefix + one.entry.path, one.digest))}"


def _changes(one: Approved, old: FieldValues) -> Iterator[FieldChange]:
    for name in changed_fields(one.kind, old, one.words):
        yield FieldChange.of(one.kind.field(name), old.get(name), one.words.get(name))
