"""`studio watch`: push files as they are saved."""

import signal
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import StudioError

if TYPE_CHECKING:
    from studio_sync.sync.connection import DatabaseSource
    from studio_sync.sync.watch.loop import Watch

_SIGNALS = ("SIGINT", "SIGTERM")
_GRACE = 3.0
"""Seconds that a running push gets to finish after Ctrl-C."""


@click.command("watch")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--pull", "pulls", is_flag=True, help="Also pull, into files that nobody is editing.")
@click.option(
    "--every",
    type=click.FloatRange(1, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How often to check all files and the database.",
)
@pass_app
def command(app: App, paths: tuple[str, ...], pulls: bool, every: float) -> None:
    """Validate and push each file when it is saved, until Ctrl-C.

    Each save is a `studio push` of the saved files, with all guards. What is refused is shown and retried on
    the next save. watch never deletes a row and never merges. It shows what changed in the database; `studio
    pull` gets it.

    With --pull, it also writes those changes into files that nobody is editing: not into files with unsaved
    or unpushed changes, and not into files open in an editor (known by its swap or lock file, or by studio's
    language server). It shows those files and conflicts and leaves them alone. With change tracking (`studio
    db track`), changes arrive at once.

    watch does not push what git writes. After a checkout, stash or pull, and during a merge, rebase,
    cherry-pick, revert or bisect, it only lists what is pending. For a target with `push: ci` it only
    validates. If the database is unavailable, it keeps watching and catches up later. With --json it prints
    one line per event.

    \b
    Examples:
      studio watch
      studio watch content/acme-bank
      studio watch --pull --every 10
      studio watch --json | jq -r .event
    """
    source = _database(app)
    watch: Watch | None = None
    while (watch := _watch(app, app.scope(paths), source, watch, every, pulls=pulls)).reload:
        try:
            fresh = replace(app)
            _ = fresh.workspace  # reads studio.yaml here, where an invalid one is ignored
            fresh.scope(paths)
            source = _database(fresh)
            app = fresh
        except StudioError as error:
            app.warn(f"studio.yaml has changed and is ignored: {error.message}", error.hint)


def _database(app: App) -> "DatabaseSource | None":
    """The database to push to; None if the target accepts pushes from CI only."""
    return None if app.takes_ci_only() else app.source(writes=True, ask=False)


def _watch(
    app: App,
    scope: tuple[str, ...],
    source: "DatabaseSource | None",
    before: "Watch | None",
    every: float,
    *,
    pulls: bool,
) -> "Watch":
    """Watch until stopped, or studio.yaml changes; `before` is the watch which that ended."""
    from studio_sync.cli.printing.watch_text import show_event
    from studio_sync.files.git.state import GitFolder
    from studio_sync.files.tree.watching.file_events import Watcher
    from studio_sync.sync.watch import watch_events as events
    from studio_sync.sync.watch.change_hints import ChangeHints
    from studio_sync.sync.watch.loop import Watch
    from studio_sync.sync.watch.watch_pull import WatchPull
    from studio_sync.sync.watch.work import WatchWork

    label = source.label if source else ""
    first = [source] if source else []

    def sources() -> "DatabaseSource":
        return first.pop() if first else app.source(writes=True, ask=False)

    content, ended = app.workspace.content, False
    git = GitFolder.around(content)
    with Watcher(content, git.folder if git else None) as changes, _until_stopped(changes.stop):
        if changes.fault:
            app.warn(changes.fault, "every file is looked at every few seconds instead")
        work = WatchWork(
            app.workspace, sources if source else None, scope, git, _Silent(),
            actor=app.env.get("STUDIO_ACTOR", ""),
            pulls=WatchPull(app.workspace, partial(app.source, ask=False), scope) if pulls else None,
        )  # fmt: skip
        watch = Watch(work, changes, saved=before.left if before else None, every=every)

        def hint() -> None:
            watch.hint()
            changes.call()

        hints = ChangeHints(partial(app.source, ask=False), hint, every=every)
        with hints if source or pulls else nullcontext():
            for event in watch.run():
                show_event(app, event, label)
        ended = True
    if not ended:
        show_event(app, events.WatchEvent(events.Happening.STOPPED), label)
    return watch


@contextmanager
def _until_stopped(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM lets running work finish, the second one ends it at once.

    Work that still runs after a few seconds waits for a server that may never answer: it is aborted.
    """
    before: dict[int, Any] = {}
    gave_up = threading.Event()

    def give_up() -> None:
        gave_up.set()
        _interrupt()

    patience = threading.Timer(_GRACE, give_up)
    patience.daemon = True

    def end(number: int, _: object) -> None:
        signal.signal(number, before[number])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()
        if not patience.is_alive():
            patience.start()

    for name in _SIGNALS:
        number = getattr(signal, name)
        before[number] = signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt:
        if not gave_up.is_set():
            raise
    finally:
        patience.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt() -> None:
    """Interrupt the main thread, also in a system call that waits."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        interrupt_main()


class _Silent:
    """Stages that are not displayed."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:  # noqa: ARG002
        return nullcontext(lambda _: None)
