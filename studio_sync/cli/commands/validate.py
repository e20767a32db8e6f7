"""`studio validate`: check all files without a database."""

import os
from dataclasses import replace
from pathlib import Path

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import UsageError


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Write missing ids into the files.")
@click.option("--frozen", is_flag=True, help="Treat a missing id as an error. For pull requests.")
@click.option(
    "--anywhere", is_flag=True, help="Check each path in its own workspace; skip paths outside of any."
)
@click.option("-n", "--dry-run", is_flag=True, help="With --fix: only print what would be written.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "gitlab"]),
    default="text",
    help="The output format.",
)
@pass_app
def command(
    app: App, paths: tuple[str, ...], fix: bool, frozen: bool, anywhere: bool, dry_run: bool, form: str
) -> None:
    """Check all files and report every problem. Needs no database.

    \b
    Examples:
      studio validate
      studio validate content/acme-bank --fix
      studio validate --format github --frozen
      studio validate --format gitlab > gl-code-quality-report.json
      studio validate --anywhere $(git diff --name-only)
    """
    from studio_sync.core.values.phrases import counted
    from studio_sync.render.problems import github, gitlab, job_summary, lines, problem_summary

    problems: list[Problem] = []
    files = 0
    # A CI host, or a caller with paths of several workspaces, sees paths from another folder.
    hosts = {"github": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR"}
    seen_from = app.env.get(hosts.get(form, ""), "")
    for each, scope in _by_workspace(app, paths) if anywhere else [(app, app.scope(paths, must_exist=True))]:
        with each.studio() as studio:
            if fix and not dry_run:
                written = studio.documents.write_missing_ids(scope)
                if written:
                    app.say(f"wrote {counted(len(written), 'id')}")
            found = studio.documents.problems(scope, frozen=frozen)
            found += studio.stopped_moves()
            found += studio.untranslated(scope)
            found += studio.vale(scope)
            files += studio.documents.count(scope)
        root = each.workspace.root
        folder = Path(seen_from).resolve() if seen_from else app.here if anywhere else root
        problems += _seen_from(folder, root, found)
    errors = any(p.severity is Severity.ERROR for p in problems)
    if app.json:
        app.report("validate", "refused" if errors else "ok", problems=problems)
    elif form == "github":
        for line in github(problems):
            app.out.annotation(line)
        if problems and app.env.get("GITHUB_STEP_SUMMARY"):
            app.out.summary(Path(app.env["GITHUB_STEP_SUMMARY"]), job_summary(problems))
    elif form == "gitlab":
        app.out.json(gitlab(problems))
    else:
        app.out.lines(lines(problems, app.paint, every=app.verbose))
        if not problems and (files or not anywhere):
            app.say(f"{counted(files, 'file')}, no problems")
        if errors:
            codes = {p.code for p in problems if p.severity is Severity.ERROR}
            app.say(f"`studio explain {codes.pop() if len(codes) == 1 else 'CODE'}` tells more")
    if form != "text" and problems:
        app.say(problem_summary(problems))
    if errors:
        raise click.exceptions.Exit(1)


def _by_workspace(app: App, paths: tuple[str, ...]) -> list[tuple[App, tuple[str, ...]]]:
    """The paths, relative to its content folder, for each workspace that has some of them."""
    from studio_sync.files.workspace.workspace import around

    _hold_there(app, paths)
    found: dict[Path, list[str]] = {}
    for path in paths:
        named = app.here / path
        # A link is itself a file of its folder's workspace; "." and ".." are the folders that they refer to.
        place = named.resolve() if path.endswith((".", "/")) else named.parent.resolve() / named.name
        root = around(place)
        if root is not None and os.path.lexists(place):
            found.setdefault(root, []).append(os.fspath(place))
    given = []
    for root, places in found.items():
        each = replace(app, directory=os.fspath(root))
        content = each.workspace.content
        inside = tuple(p for p in places if Path(p).is_relative_to(content) or content.is_relative_to(p))
        if inside:
            given.append((each, each.scope(inside)))
    return given


def _hold_there(app: App, paths: tuple[str, ...]) -> None:
    """Raise UsageError if none of the paths can ever have been here.

    Of a list such as git's all may be deleted: then at least one of the folders that they were in is here.
    """
    here = (os.path.lexists(app.here / path) or (app.here / Path(path).parts[0]).exists() for path in paths)
    if paths and not any(here):
        raise UsageError(
            "nothing is at the paths that were given", "give the paths as they are seen from this folder"
        )


def _seen_from(folder: Path, root: Path, problems: list[Problem]) -> list[Problem]:
    """The problems with paths relative to `folder`, if the workspace is below it."""
    if folder == root or not root.is_relative_to(folder):
        return problems
    prefix = root.relative_to(folder).as_posix()
    return [replace(problem, path=f"{prefix}/{problem.path}") for problem in problems]
