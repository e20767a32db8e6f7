"""The App of a run: the global options, and the objects derived from them."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio_sync.cli.click_options import check_values, global_options
from studio_sync.cli.output import Output
from studio_sync.core.values.escapes import safe
from studio_sync.errors import RefusedError, StudioError, UnavailableError, UsageError
from studio_sync.files.memory.kept import Door, coming_by, kept_days
from studio_sync.render.medium.paint import Paint, Screen, paint_for
from studio_sync.render.medium.progress import Progress
from studio_sync.render.places import Places

if TYPE_CHECKING:
    from studio_sync.core.values.problem import Problem
    from studio_sync.files.workspace.targets import TargetConfig
    from studio_sync.files.workspace.workspace import Workspace
    from studio_sync.sync.authoring.narrowing import Narrowing
    from studio_sync.sync.connection import DatabaseSource
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True)
class App:
    """The global options of one run, and the objects derived from them."""

    directory: str = ""
    database: str = ""
    target: str = ""
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    env: dict[str, str] = field(default_factory=dict)

    def with_options(self, **given: Any) -> "App":
        """A copy with the global options given after the command."""
        return replace(self, **{name: value for name, value in given.items() if value})

    @cached_property
    def here(self) -> Path:
        """The folder that relative paths start from."""
        try:
            folder = Path(self.directory) if self.directory else Path.cwd()
        except FileNotFoundError:
            raise UsageError("the current folder is gone", "go into another one, and try again") from None
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", "check what you gave with -C")
        return folder.resolve()

    @cached_property
    def workspace(self) -> "Workspace":
        """The workspace around the current folder."""
        from studio_sync.cli.head_start import workspace_around

        return workspace_around(self.here, named=bool(self.directory))

    @cached_property
    def places(self) -> Places:
        """How paths are printed from here; outside a workspace they stay unchanged."""
        try:
            found = Places.of(self.workspace.root, self.workspace.prefix, self.here)
        except StudioError:
            return Places()
        folder = ("-C", self.directory) if self.directory else ()
        return replace(found, folder=folder, database=self._database_option())

    def _database_option(self) -> tuple[str, ...]:
        """The option that names the same database again, without a password."""
        if self.target:
            return ("--target", self.target)
        if not self.database:
            return ()
        from studio_sync.database.address.url import without_password

        shown = without_password(self.database)
        return ("--database", shown) if shown else ()

    @cached_property
    def paint(self) -> Paint:
        """The colours of stdout."""
        return paint_for(sys.stdout, self.env, no_color=self.no_color, places=self.places)

    def screen(self, *, full: bool = False) -> Screen:
        """How differences are shown on stdout; with `full` long values are whole."""
        from shutil import get_terminal_size

        return Screen(self.paint, get_terminal_size().columns if self.paint.enabled else 0, full)

    @cached_property
    def paint_messages(self) -> Paint:
        """The colours of stderr."""
        return paint_for(sys.stderr, self.env, no_color=self.no_color, places=self.places)

    @cached_property
    def out(self) -> Output:
        """The output of this run."""
        return Output(self.paint, self.paint_messages)

    @cached_property
    def progress(self) -> Progress:
        """The progress display of long stages."""
        return Progress(sys.stderr, enabled=not self.quiet and not self.json)

    @cached_property
    def home(self) -> Path:
        """The folder of the embedded PostgreSQL."""
        from studio_sync.database.embedded.embedded import server_folder

        given = self.env.get("STUDIO_HOME")
        return server_folder(Path(given) if given else None)

    def door(self, command: str) -> Door:
        """A command, with its user's folder for replaced files."""
        home, days = self.env.get("STUDIO_HOME"), kept_days(self.env.get("STUDIO_KEPT_DAYS", ""))
        return Door(command, Path(home) if home else None, days)

    def scope(
        self,
        paths: tuple[str, ...],
        *,
        missing_ok: bool = False,
        must_exist: bool = False,
        whole: bool = False,
    ) -> tuple[str, ...]:
        """Resolve a command's arguments (paths, numbers, names, keys) to paths in the content folder.

        With `missing_ok` they may be gone, with `must_exist` not; `whole` takes all below a deleted own file.
        """
        if not paths:
            return ()
        return self._narrowing().scope(paths, missing_ok=missing_ok, must_exist=must_exist, whole=whole)

    def file(self, path: str) -> str:
        """Resolve an argument to the path of one record's file; a folder means its own file."""
        return self._narrowing().file(path)

    def _narrowing(self) -> "Narrowing":
        from studio_sync.kinds import KINDS
        from studio_sync.sync.authoring.narrowing import Narrowing

        return Narrowing(self.workspace, KINDS, self.here)

    def studio(self, *, background: bool = False) -> "Studio":
        """The opened workspace; with `background` a survey of its files begins at once."""
        from studio_sync.cli.head_start import survey_of

        workspace = self.workspace
        looking = survey_of(workspace) if background else None
        from studio_sync.sync.studio import Studio

        return Studio(workspace, self.progress, background=looking, actor=self.env.get("STUDIO_ACTOR", ""))

    def report(self, command: str, outcome: str = "ok", **more: Any) -> None:
        """Print the JSON report of a command; `more` is as in `json_report.report`."""
        from studio_sync.render.json_report import report

        self.out.json(report(command, outcome, **more))

    def say(self, text: str) -> None:
        """Print a message for people to stderr; silent with -q."""
        if not self.quiet and not self.json:
            self.out.say(text)

    def warn(self, text: str, hint: str = "") -> None:
        """Print a problem that doesn't end the run to stderr."""
        self.out.say(f"{self.paint_messages.warning('warning:')} {safe(text)}")
        if hint:
            self.out.say(f"{self.paint_messages.dim('hint:')} {safe(hint)}")

    def tell(self, problems: "Iterable[Problem]") -> None:
        """Print problems to stderr, with -v all of a kind."""
        from studio_sync.render.problems import lines

        self.out.tell(lines(problems, self.paint_messages, every=self.verbose))

    def source(self, *, writes: bool = False, ask: bool = True, later: bool = False) -> "DatabaseSource":
        """The database to use, from the options, the environment and studio.yaml, in that order.

        A host that the user never confirmed is asked about on a terminal if `ask`, otherwise refused; with
        `later`, only when connecting.
        """
        from studio_sync.cli.database import declared, source_of
        from studio_sync.database.address import url

        chosen = self.chosen()
        if chosen is not None:
            if writes and self.takes_ci_only():
                raise RefusedError(
                    f"target {chosen.name} takes pushes from CI alone (push: ci in studio.yaml)",
                    "open a pull request; CI pushes after the merge",
                )
            return declared(self, chosen, ask=ask, later=later)
        given = self.database or self.env.get("STUDIO_DATABASE_URL", "")
        if not given:
            return self._open_embedded()[0]
        return source_of(self, url.parse_address(given, self.env))

    @property
    def in_ci(self) -> bool:
        """Whether this runs in CI, which sets the variable `CI`; `false` and `0` say that it doesn't."""
        return self.env.get("CI", "").lower() not in {"", "0", "false", "no"}

    def takes_ci_only(self) -> bool:
        """Whether the target accepts pushes from CI only, and this isn't CI."""
        chosen = self.chosen()
        return chosen is not None and chosen.ci_only and not self.in_ci

    def chosen(self) -> "TargetConfig | None":
        """The target to use; None if the database was given by address, or is embedded."""
        if self.database and self.target:
            raise UsageError("--database and --target name two databases", "give one of them")
        given = self.database or self.env.get("STUDIO_DATABASE_URL")
        if given and not self.target:
            return None
        targets = self.workspace.targets or {}
        if self.target:
            if self.target not in targets:
                known = ", ".join(targets) or "none"
                raise UsageError(f"studio.yaml has no target {self.target}", f"its targets are: {known}")
            return targets[self.target]
        return next(iter(targets.values()), None)

    def embedded_url(self) -> str:
        """The URL of the workspace's embedded database, for psql; it is created and started if needed."""
        from studio_sync.sync.connection import open_source

        source, address = self._open_embedded()
        with open_source(source):
            return address

    def _open_embedded(self) -> "tuple[DatabaseSource, str]":
        from studio_sync.cli.database import connection_to, source_of
        from studio_sync.database.address import url
        from studio_sync.database.embedded import embedded
        from studio_sync.database.postgres.schema import install

        if self.in_ci and self.env.get("STUDIO_DATABASE_URL") == "":
            raise UsageError(
                "STUDIO_DATABASE_URL is empty",
                "in CI that is most often a secret which is missing, or which this run may not see;"
                " an embedded PostgreSQL, which would be used without it, ends with the run",
            )
        version = self.env.get("STUDIO_POSTGRES_VERSION", "")
        number = int(version) if version.isdecimal() else embedded.LATEST
        server = embedded.start_server(self.home, version=number)
        workspace = self.workspace
        name = embedded.database_name(workspace.name or str(workspace.root))
        address = server.url(name)
        target = url.parse_address(address, label=f"{name} (embedded PostgreSQL)")

        def connect() -> Any:
            try:
                connection = connection_to(self, target)
            except UnavailableError:
                if not embedded.ensure_database(server, name):
                    raise
                connection = connection_to(self, target)
            if install.schema_version(connection) != install.VERSION:
                install.install_schema(connection, create_tables=True, compress=False)
            return connection

        return replace(source_of(self, target, connect), embedded=True), address


_CALLED_BY_GIT = frozenset({"hook", "merge-file"})
"""Commands whose arguments are git's, which may be empty and in any encoding."""


def pass_app(command: Callable[..., None]) -> Callable[..., None]:
    """Pass the App to a command, which takes the global options after its name, too."""

    @click.pass_context
    def run(context: click.Context, /, **given: Any) -> None:
        names = ("directory", "database", "target", "json", "quiet", "verbose", "no_color")
        app = context.find_object(App) or App(env=dict(os.environ))
        app = app.with_options(**{name: given.pop(name, None) for name in names})
        context.obj = app
        try:
            if context.info_name not in _CALLED_BY_GIT:
                check_values(context, given, lambda word: (app.here / word).exists())
            with coming_by(app.door(context.info_name or "")):
                command(app, **given)
        except StudioError as error:
            if not app.json:
                error.message, error.hint = map(app.places.text, (error.message, error.hint))
                error.listed = tuple(map(app.places.text, error.listed))
            raise

    return global_options(update_wrapper(run, command))
