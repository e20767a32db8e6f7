"""The workflows that `studio init --ci` writes, beside a new workspace or into one that is there."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.cli.app import App

if TYPE_CHECKING:
    from studio_sync.files.workspace.targets import TargetConfig


_VARIABLE = "STUDIO_DATABASE_URL"


def write_workflows(
    app: App,
    root: Path,
    content: str,
    target: "TargetConfig | None",
    packages: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Write the workflows for the workspace in `root`, and say what they need.

    `packages` are what they install. One that an earlier run left unfinished for want of that is finished.
    """
    from studio_sync.cli.render.medium.phrasing import SIGNS
    from studio_sync.cli.render.plans.markdown_plan import MARK
    from studio_sync.core.plan.reconcile import Action
    from studio_sync.files.workspace import package, scaffold, workflows

    top = workflows.repository_top(root)
    names, hosts = _needed(app, target)
    branch = workflows.default_branch(top)
    write = partial(
        workflows.workflow_files,
        mark=MARK,
        folder=root.relative_to(top).as_posix().removeprefix("."),
        content=content,
        branch=branch,
        names=names,
        trust=hosts,
    )
    chosen = package.parse_package(packages, app.here, top) if packages else None
    texts = write(package=chosen)
    made, left = scaffold.sorted_out(top, texts)
    finished = scaffold.replaceable(top, write(package=None), left) if chosen else []
    if not dry_run:
        scaffold.write_missing(top, texts)
        scaffold.replace_files(top, write(package=None), {path: texts[path] for path in finished})
    shown = {path: os.path.relpath(top / path, root).replace(os.sep, "/") for path in texts}
    for action, paths in ((Action.CREATE, made), (Action.UPDATE, finished)):
        for path in paths if not app.json else ():
            app.out.line(f"{SIGNS[action]} {app.paint.path(shown[path])}")
    for path in left:
        if path not in finished:
            app.say(f"{shown[path]} was there already and stays as it is")
    if made:
        app.say(f"they push and pull for the branch {branch}: change it there if merges go elsewhere")
    app.say(f"they need, in the settings of the repository: {_secrets(names)}")
    if chosen is None:
        app.warn(
            "nothing says what they should install, so they fail",
            "name it: studio init --ci github --package SPEC; `studio init --help` says what SPEC may be",
        )
    elif not chosen.pinned:
        app.warn(
            f"{' '.join(chosen.lines)} has no hash: whoever owns that name in the index of packages runs"
            " beside the secret",
            "name a requirements file with hashes, as `pip-compile --generate-hashes` makes one",
        )
    elif chosen.hashes and not chosen.file:
        app.say("pip wants a hash of all that studio needs, too: a requirements file has room for them")


def _needed(app: App, target: "TargetConfig | None") -> tuple[tuple[str, ...], str]:
    """The variables that lead to the database, secrets of the same names, and the hosts to trust."""
    from studio_sync.database.address import url

    if target is None:
        return (_VARIABLE,), ""
    names, whole = url.variables_of(target.url)
    named = () if whole else url.parse_declared(target.url, app.env, look=True).named
    return names or (_VARIABLE,), ",".join(dict.fromkeys(map(str, named)))


def _secrets(names: tuple[str, ...]) -> str:
    """`the secret A`, `the secrets A and B`."""
    if len(names) == 1:
        return f"the secret {names[0]}"
    return f"the secrets {', '.join(names[:-1])} and {names[-1]}"
