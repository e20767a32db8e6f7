"""`studio init --ci`: write CI workflows for GitHub or GitLab, in a new or existing workspace."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.cli.app import App
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.files.workspace.ci_settings import CiSettings
    from studio_sync.files.workspace.targets import TargetConfig


_VARIABLE = "STUDIO_DATABASE_URL"
_TAKEN = re.compile(
    r"(ACTIONS|CI|GH|GIT|GITHUB|GITLAB|LD|PIP|RUNNER)_.*|PYTHON.*|BASH_ENV|ENV|HOME|IFS|PATH"
    r"|SHELLOPTS|STUDIO_(CI_.*|HOME|JOB|MERGE_TOKEN|NOTE_TOKEN|PULL_TOKEN|TRUST)"
)
"""Variables used by the CI host, its shells or other steps, such as tokens and program settings."""
CI_HOSTS = ("github", "gitlab")


@dataclass(frozen=True, slots=True)
class CiRequest:
    """`--ci` and `--package`: the CI host, one of CI_HOSTS, and what its jobs install."""

    host: str
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Host:
    """What differs between CI hosts: files, and what people must do there."""

    files: "Callable[[CiSettings], dict[str, str]]"
    branch: str
    needs: str
    secret: str


def _host(name: str) -> _Host:
    from studio_sync.files.workspace.pipelines import pipeline_files
    from studio_sync.files.workspace.workflows import workflow_files

    return {
        "github": _Host(
            workflow_files,
            "they push and pull for the branch {branch}: change it there if merges go elsewhere",
            "they need, in the settings of the repository: {secrets}",
            "secret",
        ),
        "gitlab": _Host(
            pipeline_files,
            "they push and pull for the default branch of the project",
            "they need, in the settings of the project: {secrets}, protected; the file names all",
            "variable",
        ),
    }[name]


def write_ci(
    app: App,
    root: Path,
    content: str,
    target: "TargetConfig | None",
    request: CiRequest,
    *,
    dry_run: bool,
) -> None:
    """Write the CI files for the workspace in `root`, and print what they need.

    Files that an earlier run without a package left incomplete are completed.
    """
    from studio_sync.cli.printing.markdown_plan import MARK
    from studio_sync.core.plan.reconcile import Action
    from studio_sync.files.workspace import ci_settings, package, scaffold
    from studio_sync.render.medium.phrasing import SIGNS

    host = _host(request.host)
    top = ci_settings.repository_top(root)
    names, hosts = _needed(app, target)
    chosen = package.parse_package(request.packages, app.here, top) if request.packages else None
    settings = ci_settings.CiSettings(
        package=chosen,
        mark=MARK,
        folder=root.relative_to(top).as_posix().removeprefix("."),
        content=content,
        branch=ci_settings.default_branch(top),
        names=names,
        trust=hosts,
    )
    texts, unfinished = host.files(settings), host.files(replace(settings, package=None))
    made, left = scaffold.sorted_out(top, texts)
    lacking = [path for path in left if texts[path] != unfinished[path]]
    finished = scaffold.replaceable(top, unfinished, lacking)
    if not dry_run:
        scaffold.write_missing(top, texts)
        scaffold.replace_files(top, unfinished, {path: texts[path] for path in finished})
    shown = {path: os.path.relpath(top / path, root).replace(os.sep, "/") for path in texts}
    for action, paths in ((Action.CREATE, made), (Action.UPDATE, finished)):
        for path in paths if not app.json else ():
            app.out.line(f"{SIGNS[action]} {app.paint.path(shown[path])}")
    for path in left:
        if path not in finished:
            app.say(f"{shown[path]} was there already and stays as it is")
    if made:
        app.say(host.branch.format(branch=settings.branch))
    app.say(host.needs.format(secrets=_secrets(host.secret, names)))
    if hosts:
        app.say(
            f"they send {' and '.join(names)} to {hosts.replace(',', ', ')}, which studio.yaml names:"
            " commit them only if you know that host"
        )
    if request.host == "gitlab":
        _check_entry(app, top, left)
    if chosen is None:
        app.warn(
            "they fail until you say what they install",
            f"name it: studio init --ci {request.host} --package SPEC; `studio init --help` says what SPEC"
            " may be",
        )
    elif not chosen.pinned:
        app.warn(
            f"{' '.join(chosen.lines)} has no hash: whoever owns that name in the index of packages runs"
            " beside the secret",
            "name a requirements file with hashes, as `pip-compile --generate-hashes` makes one",
        )
    elif chosen.hashes and not chosen.file:
        app.say("pip wants a hash of all that studio needs, too: a requirements file has room for them")


def _check_entry(app: App, top: Path, left: list[str]) -> None:
    """Report a file that GitLab reads first, if it existed already and doesn't include studio's jobs."""
    from studio_sync.core.values.bounds import MAX_SCHEMA_FILE
    from studio_sync.files.tree.disk.plain_file import read_plain
    from studio_sync.files.workspace.pipelines import ENTRY, INCLUDE, is_included

    if ENTRY not in left:
        return
    try:
        included = is_included(read_plain(top / ENTRY, MAX_SCHEMA_FILE))
    except OSError:
        included = False
    if not included:
        app.warn(
            f"{ENTRY} does not include the jobs, so GitLab runs none of them",
            f"add this line to it, or its place to those that it includes: {INCLUDE.rstrip()}",
        )


def _needed(app: App, target: "TargetConfig | None") -> tuple[tuple[str, ...], str]:
    """The database's variables, the secrets of the same names, and the hosts to trust."""
    from studio_sync.database.address import url

    if target is None:
        return (_VARIABLE,), ""
    names, whole = url.variables_of(target.url)
    for name in names:
        if _TAKEN.fullmatch(name):
            raise UsageError(
                f"the variable {name} of studio.yaml is none of a database: the CI system, its shell or"
                " another step has a use of its own for it",
                "give the address or its password a name of its own, such as ${STUDIO_PRODUCTION_URL}",
            )
    named = () if whole else url.parse_declared(target.url, app.env, look=True).named
    return names or (_VARIABLE,), ",".join(dict.fromkeys(map(str, named)))


def _secrets(word: str, names: tuple[str, ...]) -> str:
    """`the secret A`, `the secrets A and B`."""
    if len(names) == 1:
        return f"the {word} {names[0]}"
    return f"the {word}s {', '.join(names[:-1])} and {names[-1]}"
