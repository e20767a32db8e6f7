"""The conflicts of a run, each with everything needed to decide it."""

from collections.abc import Sequence

from studio_sync.cli.app import App
from studio_sync.render.conflicts.conflict_page import ConflictPage, ConflictSite, show_conflict
from studio_sync.sync.compare.conflicts.contested import Contested
from studio_sync.sync.outcome import Outcome


def conflict_page(app: App, found: Outcome, contested: Contested, *, full: bool = False) -> ConflictPage:
    """The page of one record in conflict: complete if a decision waits for that."""
    path = found.comparison.paths[contested.delta.rid]
    comparison, prefix = found.comparison, app.workspace.prefix
    site = ConflictSite(
        prefix + path,
        begins=_body_line(app, path),
        place=prefix + comparison.resolved_at(contested.delta),
        contested=comparison.contested_where(contested.delta),
        done_first=comparison.done_first(contested.delta),
        along=comparison.decided_with(contested.delta),
    )
    screen = app.screen(full=full or contested.demanded)
    return show_conflict(contested.conflict, contested.parts, contested.author, site, screen)


def remember(app: App, found: Outcome, pages: Sequence[tuple[Contested, ConflictPage]]) -> None:
    """Save the parts that were shown, once all output was written without an error."""
    if found.shown is not None and app.out.taken():
        found.shown.add([(contested.delta.rid, part) for contested, page in pages for part in page.whole])


def remember_all(app: App, found: Outcome) -> None:
    """Save every part as shown: a JSON report has the values of all."""
    if app.out.taken():
        found.remember_all()


def _body_line(app: App, path: str) -> int:
    """The line on which a Markdown file's body begins, 0 if there is none."""
    from studio_sync.files.tree.codec import body_line
    from studio_sync.files.tree.walking.listing import read_content

    try:
        return body_line(read_content(app.workspace.content, path))
    except OSError:
        return 0
