"""The targets in studio.yaml: their URLs, and whether the user trusts their hosts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Protocol

import click

from studio_sync.cli.output import Output
from studio_sync.core.values.escapes import safe
from studio_sync.database.address import url
from studio_sync.errors import RefusedError, StudioError, UsageError
from studio_sync.files.workspace.workspace import declared_at

if TYPE_CHECKING:
    from studio_sync.database.address.url import Target
    from studio_sync.database.open_store import Connect
    from studio_sync.database.postgres.connection.patience import Patience
    from studio_sync.database.trust.trust import Trusted
    from studio_sync.files.workspace.targets import TargetConfig
    from studio_sync.files.workspace.workspace import Workspace
    from studio_sync.sync.connection import DatabaseSource


_MOST_WAIT = 1_000_000
"""The highest STUDIO_WAIT in seconds; more is as good as for ever."""


class RunContext(Protocol):
    """What is known of a run: its environment, its workspace, and how to ask its user."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment."""

    @property
    def json(self) -> bool:
        """Whether the result is for a program, so that nobody may be asked."""

    @property
    def workspace(self) -> "Workspace":
        """The workspace around the current folder."""

    @property
    def out(self) -> Output:
        """The output of the run."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A target of studio.yaml: where its URL is written, where it leads, and what remains unconfirmed."""

    config: "TargetConfig"
    where: str
    target: "Target"
    unknown: "tuple[Trusted, ...]"

    @property
    def refusal(self) -> RefusedError:
        """The error raised instead of connecting."""
        from studio_sync.database.trust import trust

        hosts = ",".join(dict.fromkeys(str(place) for place in self.target.named))
        name = safe(self.config.name)
        return RefusedError(
            f"{self.where}: target {name} names a host that you have not trusted: {'; '.join(self.lines)}",
            f"if you know it: studio trust {quote(name)}; in CI: {trust.LIST}={quote(hosts)}",
            code="untrusted-host",
        )

    @property
    def lines(self) -> list[str]:
        """What it would connect to, for people."""
        return [host_text(one, self.target.dbname) for one in self.unknown]


def host_text(one: "Trusted", dbname: str = "") -> str:
    """A host with everything else that its confirmation covers."""
    parts = [f"host {one.host}, port {one.port}"]
    parts.append(f"user {one.user}" if one.user else "your own user's name")
    if dbname:
        parts.append(f"database {dbname}")
    if one.variable:
        parts.append(f"with the password in ${{{one.variable}}}")
    if one.unprotected:
        parts.append("and it may do without TLS: all can be read on the way")
    return safe(", ".join(parts))


def looked_at(run: RunContext, root: Path, config: "TargetConfig", *, look: bool = False) -> Declared:
    """Parse a target of the workspace in `root`; with `look` its variables need not be set.

    Raises UsageError, with the place in studio.yaml, for a URL that is not allowed there.
    """
    from studio_sync.database.trust import confirmed_hosts, sockets, trust

    where = declared_at(root, config.name)
    try:
        target = url.parse_declared(config.url, run.env, look=look)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", error.hint) from None
    target = replace(target, named=tuple(one for one in target.named if not sockets.is_own(one)))
    if not target.named:
        return Declared(config, where, target, ())
    lines, known = confirmed_hosts.password_lines(run.env), confirmed_hosts.load_trusted(trust_place(run))
    unknown = trust.unknown(str(root.resolve()), target, known, run.env.get(trust.LIST, ""), lines)
    return Declared(config, where, target, unknown)


def opened(run: RunContext, root: Path, config: "TargetConfig", *, ask: bool = True) -> "Target":
    """The address of a target of studio.yaml. Raises RefusedError for an unconfirmed host."""
    found = looked_at(run, root, config)
    if found.unknown:
        if not ask or not _confirmed(run, found):
            raise found.refusal
        confirm(run, found.unknown)
    return found.target


def declared(run: RunContext, config: "TargetConfig", *, ask: bool, later: bool) -> "DatabaseSource":
    """The database of a target of the workspace."""
    root = run.workspace.root
    if later:
        found = looked_at(run, root, config)
        target, refusal = found.target, found.refusal if found.unknown else None
    else:
        target, refusal = opened(run, root, config, ask=ask), None

    def connect() -> Any:
        if refusal is not None:
            raise refusal
        return connection_to(run, target)

    found_source = source_of(run, target, connect, label=f"{config.name} ({target.label})")
    return replace(found_source, imports=config.imports, replica=_replica(run, config, target.label))


def _replica(run: RunContext, config: "TargetConfig", address: str) -> "DatabaseSource | None":
    """The target's replica for reading, if the variable in `read:` is set."""
    given = run.env.get(config.read, "") if config.read else ""
    if not given:
        return None
    target = url.parse_address(given, run.env)
    return replace(source_of(run, target, label=f"{config.name}, replica ({target.label})"), address=address)


def source_of(
    run: RunContext, target: "Target", connect: "Connect | None" = None, *, label: str = ""
) -> "DatabaseSource":
    """The database at an address; `connect` overrides `connection_to`."""
    from studio_sync.database.open_store import open_store
    from studio_sync.sync.connection import DatabaseSource

    connecting = connect or partial(connection_to, run, target)
    opening = partial(open_store, target, connect=connecting)
    return DatabaseSource(label or target.label, target.label, opening)


def connection_to(run: RunContext, target: "Target") -> Any:
    """Connect to an address, with timeouts and capabilities from the environment."""
    from studio_sync.database.postgres.connection.connect import open_connection

    return open_connection(target, patience=patience(run, target), without=without_variable(run))


def patience(run: RunContext, target: "Target") -> "Patience":
    """Timeouts for the database: those of the address, and STUDIO_WAIT for one answer."""
    from studio_sync.database.postgres.connection.patience import Patience

    given = run.env.get("STUDIO_WAIT", "")
    if not given:
        return Patience(first=float(target.seconds))
    if not given.isdecimal() or not 0 < int(given) <= _MOST_WAIT:
        raise UsageError(
            "STUDIO_WAIT is no number of seconds", f"for example STUDIO_WAIT=3600; at most {_MOST_WAIT}"
        )
    return Patience(first=float(target.seconds), most=float(given))


def without_variable(run: RunContext) -> frozenset[str]:
    """The server capabilities that STUDIO_WITHOUT disables, to test what other servers lack."""
    from studio_sync.database.postgres.connection.capabilities import NAMES

    named = frozenset(run.env.get("STUDIO_WITHOUT", "").replace(",", " ").split())
    if unknown := sorted(named.difference(NAMES)):
        raise UsageError(
            f"STUDIO_WITHOUT names what studio doesn't use: {', '.join(unknown)}",
            f"there are: {', '.join(NAMES)}",
        )
    return named


def trust_place(run: RunContext) -> Path:
    """The file of this user's confirmations."""
    from studio_sync.database.trust import confirmed_hosts

    given = run.env.get("STUDIO_HOME")
    return confirmed_hosts.trust_file(Path(given) if given else None)


def confirm(run: RunContext, needs: "tuple[Trusted, ...]") -> None:
    """Save the user's confirmations for later runs."""
    from studio_sync.database.trust import confirmed_hosts

    confirmed_hosts.change(trust_place(run), lambda known: (*known, *needs))


def refusals(run: RunContext, besides: "TargetConfig | None") -> Iterator[StudioError]:
    """The errors in targets of the workspace other than the one in use."""
    for config in (run.workspace.targets or {}).values():
        if config == besides:
            continue
        try:
            found = looked_at(run, run.workspace.root, config, look=True)
        except StudioError as error:
            yield error
        else:
            if found.unknown:
                yield found.refusal


def _confirmed(run: RunContext, found: Declared) -> bool:
    """Ask the user on a terminal; elsewhere, and on Ctrl-C, the answer is no."""
    if run.json or not run.out.can_ask:
        return False
    run.out.say(f"{found.where}: target {safe(found.config.name)} names a host that you have not trusted:")
    for line in found.lines:
        run.out.say(f"  {line}")
    try:
        run.out.confirm("Connect to it, now and from now on?")
    except click.Abort:
        run.out.say("")
        return False
    return True
