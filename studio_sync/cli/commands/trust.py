"""`studio trust`: confirm hosts of targets."""

from dataclasses import replace
from functools import partial

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.database import confirm, host_text, looked_at, trust_place
from studio_sync.core.values.escapes import safe
from studio_sync.database.trust import confirmed_hosts
from studio_sync.database.trust.trust import Trusted, asked_for, same_host
from studio_sync.errors import UsageError


@click.command("trust", short_help="Trust the host of a target.")
@click.argument("name", default="", metavar="[TARGET]")
@click.option("--list", "listing", is_flag=True, help="List trusted hosts of all workspaces.")
@click.option("--remove", is_flag=True, help="Stop trusting TARGET, which may also be a host.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be trusted.")
@pass_app
def command(app: App, name: str, listing: bool, remove: bool, dry_run: bool) -> None:
    """Trust the host of a target in studio.yaml, so that studio may connect to it.

    Anyone who can edit studio.yaml can name a host there. studio sends nothing to a host until you trust it.
    Your choice is stored in your user configuration, for this workspace, host, port and user. Any other
    combination needs its own confirmation. A URL that comes whole from an environment variable needs none,
    and neither does this machine.

    \b
    Examples:
      studio trust
      studio trust production
      studio trust --list
      studio trust --remove production
    """
    if listing and (name or remove):
        raise UsageError("--list shows everything", "leave out the other arguments")
    if app.target and name:
        raise UsageError("two targets are named", "give TARGET or --target")
    app = replace(app, target=app.target or ("" if remove else name))
    act = (
        _listed
        if listing
        else partial(_removed, name=name, dry_run=dry_run)
        if remove
        else partial(_confirmed, dry_run=dry_run)
    )
    found = act(app)
    if app.json:
        from studio_sync.render.json_report import trusted

        app.out.json(trusted(found))
        return
    for one in found:
        app.out.line(f"{safe(one.workspace)}: {host_text(one)}" if listing else host_text(one))


def _listed(app: App) -> list[Trusted]:
    return list(confirmed_hosts.load_trusted(trust_place(app)))


def _confirmed(app: App, *, dry_run: bool) -> list[Trusted]:
    config = replace(app, database="", env={**app.env, "STUDIO_DATABASE_URL": ""}).chosen()
    if config is None:
        app.say("studio.yaml names no target: there is nothing to confirm")
        return []
    root = app.workspace.root
    found = looked_at(app, root, config, look=True)
    needs = asked_for(str(root.resolve()), found.target)
    if not needs:
        app.say(
            f"target {safe(config.name)} needs no confirmation: studio.yaml names no host that is not here"
        )
    elif dry_run:
        app.say(f"would confirm for target {safe(config.name)}:")
    else:
        confirm(app, needs)
        app.say(f"confirmed for target {safe(config.name)}, until `studio trust --remove`:")
    return list(needs)


def _removed(app: App, *, name: str, dry_run: bool) -> list[Trusted]:
    workspace = app.workspace
    place, named = str(workspace.root.resolve()), set()
    config = (workspace.targets or {}).get(name)
    if config is not None:
        target = looked_at(app, workspace.root, config, look=True).target
        named = {(one.host, one.port) for one in target.named}

    def goes(one: Trusted) -> bool:
        chosen = not name or (one.host, one.port) in named or (config is None and same_host(name, one))
        return one.workspace == place and chosen

    gone = [one for one in confirmed_hosts.load_trusted(trust_place(app)) if goes(one)]
    if not gone and name and config is None:
        raise UsageError(
            f"studio.yaml has no target {safe(name)}, and no host of that name was confirmed here",
            "`studio trust --list` shows what was",
        )
    if not gone:
        app.say("nothing of the kind was confirmed here: `studio trust --list` shows what was")
    elif not dry_run:
        confirmed_hosts.change(trust_place(app), lambda known: tuple(one for one in known if not goes(one)))
    return gone
