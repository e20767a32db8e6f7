"""Rendering of an import as text and JSON: what it creates, and what it leaves out."""

from studio_sync.cli.app import App
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.render.medium.phrasing import SIGNS
from studio_sync.sync.importing.import_map import as_json, map_text
from studio_sync.sync.importing.import_report import Group, finding_groups
from studio_sync.sync.importing.importer import Import
from studio_sync.sync.importing.shape import Shape
from studio_sync.sync.importing.tree import ForeignTree

_FEW = 8
"""How many lines of each part left out are printed; the report has all."""


def show_map(app: App, tree: ForeignTree, shape: Shape) -> None:
    """Print the proposed mapping for a tree."""
    if app.json:
        app.report("import", map=as_json(tree.map, tree.uses, shape))
    else:
        app.out.text(map_text(tree.map, tree.uses, shape, len(tree.pages)))


def show_import(app: App, made: Import, *, report: str) -> None:
    """Print what was created, or without a report would be; and what was left out."""
    created = [app.workspace.prefix + path for path in sorted((*made.files, *made.pictures))]
    if app.json:
        notes = [
            {"about": n.about.name.lower(), "what": n.what, "path": n.path, "line": n.line}
            for n in made.notes
        ]
        place = f"{report}/report.md" if report else ""
        app.report(
            "import",
            problems=made.problems,
            created=created,
            made=made.counts,
            report=place,
            kept=made.kept,
            left=notes,
        )
        return
    for path in created:
        app.out.line(f"{SIGNS[Action.CREATE]} {app.paint.path(safe(path))}")
    left: dict[str, list[Group]] = {}
    for group in finding_groups(made.notes):
        left.setdefault(group.about.value, []).append(group)
    for about, found in left.items():
        app.say(f"{about}:")
        for group in found[:_FEW]:
            places = "" if len(group.notes) == 1 else f" and {len(group.notes) - 1} more"
            app.say(f"  {safe(group.what)}: {safe(group.notes[0].path)}{places}")
        if len(found) > _FEW:
            app.say(f"  and {len(found) - _FEW} more")
    did = "imported" if report else "would import"
    files = counted(len(made.files), "record")
    app.say(f"{did} {files} and {counted(len(made.pictures), 'other file')}")
    if report and made.notes:
        kept = f"; {counted(len(made.kept), 'page')} in {safe(report)}/kept" if made.kept else ""
        app.say(f"what did not fit is named in {safe(report)}/report.md{kept}")
    if report:
        app.say("next: `studio validate`, then `studio push`")
