"""The workflows that `studio init --ci` writes, beside a new workspace or into one that is there."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.cli.app import App

if TYPE_CHECKING:
    from studio_sync.files.workspace.workspace import TargetConfig


def write_workflows(
    app: App, root: Path, content: str, target: "TargetConfig | None", *, dry_run: bool
) -> None:
    """Write the workflows for the workspace in `root`, and say which secrets they need."""
    from studio_sync import __version__
    from studio_sync.cli.render.markdown_plan import MARK
    from studio_sync.cli.render.words import SIGNS
    from studio_sync.core.plan.reconcile import Action
    from studio_sync.core.values.escapes import safe
    from studio_sync.files.workspace import scaffold, workflows

    top = workflows.repository_top(root)
    names = workflows.variables(target)
    branch = workflows.default_branch(top)
    texts = workflows.workflow_files(
        version=__version__,
        mark=MARK,
        folder=root.relative_to(top).as_posix().removeprefix("."),
        content=content,
        branch=branch,
        names=names,
    )
    made, left = scaffold.sorted_out(top, texts)
    if not dry_run:
        scaffold.write_new(top, texts)
    shown = {path: os.path.relpath(top / path, root).replace(os.sep, "/") for path in texts}
    for path in made if not app.json else ():
        app.out.line(f"{SIGNS[Action.CREATE]} {app.paint.path(shown[path])}")
    for path in left:
        app.say(f"{shown[path]} was there already and stays as it is")
    if made:
        app.say(f"they push and pull for the branch {safe(branch)}: change it there if merges go elsewhere")
    app.say(f"they need, in the settings of the repository: {_secrets(names)}")


def _secrets(names: tuple[str, ...]) -> str:
    """`the secret A`, `the secrets A and B`."""
    if len(names) == 1:
        return f"the secret {names[0]}"
    return f"the secrets {', '.join(names[:-1])} and {names[-1]}"
