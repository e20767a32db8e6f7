"""`studio init`: create a workspace, with CI, hook and merge driver on request."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.init_ci import CI_HOSTS, CiRequest, write_ci
from studio_sync.cli.init_git import write_git_setup
from studio_sync.errors import RefusedError, UsageError
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.files.workspace.targets import TargetConfig
    from studio_sync.schemas import Schemas

_DEFAULT_TARGET = "main"
_VARIABLE = "STUDIO_DATABASE_URL"
_NOTES = """\
Write here what everyone who works for this client should know: who decides, what to keep in mind, what to
leave out.
"""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The database that a workspace is created from, and its target for studio.yaml.

    `secret` is the address if it must not be written there: then a variable stands for it.
    """

    target: "TargetConfig"
    secret: str = ""


@click.command("init")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option(
    "--client", metavar="NAME", default="", help="The client to create; with --from, the only one to pull."
)
@click.option(
    "--from", "origin", metavar="TARGET", default="", help="Pull the content from this target or URL."
)
@click.option("--ci", type=click.Choice(CI_HOSTS), help="Write the CI configuration for this host.")
@click.option(
    "--package", "packages", metavar="SPEC", multiple=True, help="With --ci: the package that CI installs."
)
@click.option("--hook", is_flag=True, help="Install a git hook that adds approvals to commit messages.")
@click.option("--git", is_flag=True, help="Set up git to merge records field by field.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be created.")
@pass_app
def command(
    app: App,
    folder: str,
    client: str,
    origin: str,
    ci: str | None,
    packages: tuple[str, ...],
    hook: bool,
    git: bool,
    dry_run: bool,
) -> None:
    """Create a workspace in DIR: studio.yaml, editor settings, and a sample client.

    With --from, pull the content of an existing database instead of the sample. TARGET is a target of the
    workspace you are in, or a URL; its password is not stored. Existing files are never changed.

    --ci writes workflows for GitHub or jobs for GitLab, also into an existing workspace. They validate pull
    requests, comment the plan, push after the merge, and pull on a schedule. On GitHub they also merge the
    base branch into a pull request when git can't. --package says what CI installs and is required: a
    requirements file of the repository with hashes, a version ("NAME==1.2.3 --hash=sha256:..."), a commit
    (git+https://HOST/PATH@COMMIT, all its 40 digits), or an archive (https://HOST/FILE.whl#sha256=...).

    --hook installs a git hook in your clone, also in an existing workspace. For each approval that `studio
    advance` recorded, it adds a line to the commit message.

    --git sets up a git merge driver, also in an existing workspace: lines in .gitattributes, which you
    commit, and the configuration of your clone. Git then merges records field by field.

    \b
    Examples:
      studio init
      studio init training --client "Acme Bank"
      studio init training --from '${STUDIO_PRODUCTION_URL}'
      studio init --ci github --package requirements-studio.txt
      studio init --ci gitlab --package requirements-studio.txt
      studio init --git --hook
    """
    from studio_sync.files.workspace import scaffold
    from studio_sync.files.workspace.workspace import CONFIG, STATE
    from studio_sync.schemas import Schemas

    if app.database or app.target:
        raise UsageError("init takes no --database and no --target", "name the database to pull with --from")
    if packages and not ci:
        raise UsageError("--package says what workflows install", "add --ci github or --ci gitlab")
    root = Path(os.path.abspath(app.here / folder))
    request = CiRequest(ci, packages) if ci else None
    if (request or hook or git) and (root / CONFIG).is_file():
        if client or origin:
            raise RefusedError(f"{root} is a workspace already", "leave out --client and --from")
        _add(app, root, request, hook=hook, git=git, dry_run=dry_run)
        return
    _check_place(root)
    if (hook or git) and not dry_run:
        _check_repository(root, hook=hook)
    source = _origin(app, origin, client) if origin else None
    schemas = Schemas()
    name = scaffold.unique_name(root)
    if source is not None:
        texts = scaffold.workspace_files(KINDS, name, client=client, target=source.target)
    else:
        texts = _first_client(root, client or "First Client", schemas)
        texts |= scaffold.workspace_files(KINDS, name)
    made, left = scaffold.sorted_out(root, texts)
    if not dry_run:
        scaffold.write_missing(root, texts)
        (root / "content").mkdir(exist_ok=True)
        scaffold.refresh_schemas(root / STATE, schemas.texts())
    _show(app, made, left)
    if request:
        write_ci(app, root, "content", source.target if source else None, request, dry_run=dry_run)
    if hook:
        _hook(app, root, dry_run=dry_run)
    if git:
        write_git_setup(app, root, "content", dry_run=dry_run)
    app.say(f"{'would make' if dry_run else 'made'} the workspace {name} in {root}")
    if source is not None and not dry_run:
        _pull(app, root, source)
    elif app.json:
        app.report("init")
    elif source is not None:
        app.say("and would pull the content of the database")
    elif not dry_run:
        first = next((path for path in made if path.startswith("content/")), "what is in content")
        app.say(f"next: edit {first}, then run `studio push`")


def _add(app: App, root: Path, request: CiRequest | None, *, hook: bool, git: bool, dry_run: bool) -> None:
    """Add what was requested to an existing workspace."""
    from studio_sync.files.workspace.workspace import load_workspace

    workspace = load_workspace(root) if request or git else None
    if workspace and request:
        target = next(iter((workspace.targets or {}).values()), None)
        write_ci(app, root, workspace.content_name, target, request, dry_run=dry_run)
    if hook:
        _hook(app, root, dry_run=dry_run)
    if workspace and git:
        write_git_setup(app, root, workspace.content_name, dry_run=dry_run)
    if app.json:
        app.report("init")


def _hook(app: App, root: Path, *, dry_run: bool) -> None:
    from studio_sync.files.git.hooks import write_hook

    place, made = write_hook(root, dry_run=dry_run)
    app.say(f"{'would write' if dry_run else 'wrote'} {place}" if made else f"{place} is there already")


def _show(app: App, made: list[str], left: list[str]) -> None:
    from studio_sync.core.plan.reconcile import Action
    from studio_sync.render.medium.phrasing import SIGNS

    for path in made if not app.json else ():
        app.out.line(f"{SIGNS[Action.CREATE]} {app.paint.path(path)}")
    for path in left:
        app.say(f"{path} was there already and stays as it is")


def _check_place(root: Path) -> None:
    """Refuse to create a workspace inside another one, or in place of a file."""
    from studio_sync.files.workspace.workspace import CONFIG

    for above in (root, *root.parents):
        if (above / CONFIG).is_file():
            raise RefusedError(
                f"{root} is in a workspace already: {above / CONFIG}",
                f"work in that one, or make the new one in a folder outside of {above}",
            )
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file", "name a folder")


def _first_client(root: Path, name: str, schemas: "Schemas") -> dict[str, str]:
    """Path and text of a first client's file. None if there is content already."""
    from studio_sync.core.values.layout import Layout
    from studio_sync.core.values.names import slug
    from studio_sync.files.tree import codec

    content = root / "content"
    if content.is_dir() and any(content.iterdir()):
        return {}
    (kind,) = KINDS.children("")
    values = {field.name: name if field.required else field.default for field in kind.fields}
    if kind.body:
        values[kind.body.name] = _NOTES
    path = Layout(KINDS).path(kind, "", slug(name) or name)
    return {f"content/{path}": codec.new_text(kind, values, str(uuid4()), schemas)}


def _check_repository(root: Path, *, hook: bool) -> None:
    """Refuse, before a workspace is made, what git or its hook could not be set up for."""
    from studio_sync.files.git.hooks import write_hook
    from studio_sync.files.git.work_tree import hold_repository

    hold_repository(root)
    if hook:
        write_hook(root, dry_run=True)


def _origin(app: App, given: str, client: str) -> _Origin:
    """The database that `given` names. Raises unless it is reachable, and has the tables and the client."""
    from studio_sync.cli.database import opened, patience
    from studio_sync.database.address import url
    from studio_sync.database.postgres.connection.connect import open_connection
    from studio_sync.database.postgres.schema.schema_shape import check_shape
    from studio_sync.database.postgres.schema.top_rows import ids_of
    from studio_sync.files.workspace.targets import TargetConfig

    if not any(mark in given for mark in ("://", "=", "${")):
        root, config = _known_target(app, given)
        found, target = _Origin(config), opened(app, root, config)
    else:
        target = url.parse_address(given, app.env)
        declarable = url.is_declarable(given, app.env)
        shown = given if declarable else f"${{{_VARIABLE}}}"
        found = _Origin(TargetConfig(_DEFAULT_TARGET, shown), "" if declarable else given)
    with open_connection(target, patience=patience(app, target)) as connection:
        check_shape(connection, KINDS)
        if client:
            (top,) = KINDS.children("")
            ids_of(connection, top, [client])
    return found


def _known_target(app: App, name: str) -> "tuple[Path, TargetConfig]":
    from studio_sync.files.workspace.workspace import around, load_workspace

    root = around(app.here)
    targets = (load_workspace(root).targets or {}) if root is not None else {}
    if root is None or name not in targets:
        raise UsageError(
            f"there is no target {name} here",
            f"the workspace that you are in has {', '.join(targets) or 'none'}; or give the database's URL,"
            f" as in --from '${{{_VARIABLE}}}'",
        )
    return root, targets[name]


def _pull(app: App, root: Path, source: _Origin) -> None:
    """Fill the new workspace, connecting in the same way as later commands."""
    from studio_sync.cli.database import confirm, looked_at
    from studio_sync.cli.printing.run import show_run
    from studio_sync.database.trust.trust import asked_for
    from studio_sync.sync.options import PullOptions
    from studio_sync.sync.pull.pull import pull

    there = replace(app, directory=str(root), target=source.target.name)
    # A host that the user named here is trusted for the new workspace, too.
    named = looked_at(there, root, source.target, look=True).target
    if needs := asked_for(str(root.resolve()), named):
        confirm(app, needs)
    if source.secret:
        there = replace(there, target="", env={**app.env, _VARIABLE: source.secret})
        if app.env.get(_VARIABLE) != source.secret:
            app.say(f"the password is not stored: set {_VARIABLE} to the URL before the next command")
    database = there.source()
    app.say(f"pulling from {database.label}")
    with there.studio() as studio:
        found = pull(studio, database, (), PullOptions())
        show_run(there, "pull", database.label, found, dry_run=False, partial=True)
