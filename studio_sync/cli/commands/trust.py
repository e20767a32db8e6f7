"""`studio trust`: confirm hosts of targets."""

from dataclasses import replace
from functools import partial

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.database import confirm, host_text, looked_at, trust_place
from studio_sync.core.values.escapes import safe
from studio_sync.database.trust import confirmed_hosts
from studio_sync.database.trust.trust import Trusted, asked_for, same_host
from studio_sync.errors import UsageError


@click.command("trust", short_help="Confirm the host that a target leads to.")
@click.argument("name", default="", metavar="[TARGET]")
@click.option("--list", "listing", is_flag=True, help="Show what you confirmed, in all workspaces.")
@click.option("--remove", is_flag=True, help="Take it back: TARGET may be a host, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be confirmed, and change nothing.")
@global_options
@pass_app
def command(app: App, name: str, listing: bool, remove: bool, dry_run: bool) -> None:
    """Confirm the host that a target of studio.yaml leads to, so that studio may connect with it.

    A host that studio.yaml names may be anyone's choice. Until you confirm it, nothing is sent there. It is
    kept in your own configuration, for this workspace, the host, its port and the user; another one is
    asked about again. A URL that comes whole from a variable, and this machine, need none.

    \b
    Examples:
      studio trust
      studio trust production
      studio trust --list
      studio trust --remove production
    """
    if listing and (name or remove):
        raise UsageError("--list shows everything", "leave out what stands beside it")
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
        from studio_sync.cli.render.json_report import trusted

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
    if not gone:
        app.say("nothing of the kind was confirmed here: `studio trust --list` shows what was")
    elif not dry_run:
        confirmed_hosts.change(trust_place(app), lambda known: tuple(one for one in known if not goes(one)))
    return gone
