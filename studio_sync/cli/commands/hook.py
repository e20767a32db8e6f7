"""`studio hook`: what git hooks call, to add trailers to a commit's message."""

import os
from pathlib import Path
from shlex import quote

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import about_file


@click.command("hook")
@click.argument("name", type=click.Choice(["prepare-commit-msg"]), metavar="HOOK")
@click.argument("message", metavar="FILE")
@click.argument("rest", nargs=-1, metavar="[SOURCE [COMMIT]]")
@pass_app
def command(app: App, name: str, message: str, rest: tuple[str, ...]) -> None:  # noqa: ARG001
    """Run git's hook HOOK with the arguments that git passes. `studio init --hook` installs it.

    prepare-commit-msg adds a line to the message in FILE for each approval in the commit that `studio
    advance` recorded: Studio-Approve, the path, and the digest of the text.

    \b
    Examples:
      studio hook prepare-commit-msg .git/COMMIT_EDITMSG
    """
    from studio_sync.kinds import KINDS
    from studio_sync.sync.history.commit_lines import commit_lines

    place = Path(os.path.abspath(message))  # relative to where git runs the hook, whatever -C says
    with app.studio() as studio:
        studio.documents.refresh()
        found = commit_lines(studio.workspace, studio.memory, KINDS, studio.reader)
    for line in found:
        if line.outdated:
            again = f"read it, `studio advance {quote(line.path)}`, then `git commit --amend`"
            app.warn(f"{line.path} has other words than were approved", again)
    lines = [line.text for line in found]
    added = with_lines(place.read_text("utf-8", "surrogateescape"), lines)
    with about_file(place):
        place.write_text(added, "utf-8", "surrogateescape")
    if app.json:
        app.report("hook", lines=lines)


def with_lines(message: str, lines: list[str]) -> str:
    """The message with its missing trailers as the last paragraph, above git's comments."""
    missing = [line for line in lines if line not in message.split("\n")]
    if not missing:
        return message
    rows = message.split("\n")
    end = next((k for k, row in enumerate(rows) if row.startswith("#")), len(rows))
    body, comments = "\n".join(rows[:end]).rstrip("\n"), "\n".join(rows[end:])
    last = body.rpartition("\n\n")[2]
    gap = "\n" if all(": " in row for row in last.split("\n")) and "\n\n" in body else "\n\n"
    return f"{body}{gap}" + "\n".join(missing) + f"\n\n{comments}".rstrip("\n") + "\n"
