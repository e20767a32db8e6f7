"""Entry point of `studio`: dispatches commands, and turns errors into messages and exit codes."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from traceback import format_exception
from types import TracebackType
from typing import Any

import click

from studio_sync import __version__
from studio_sync.cli.app import App
from studio_sync.cli.click_options import global_options
from studio_sync.cli.command_table import COMMANDS, GROUPS, SYNONYMS
from studio_sync.cli.output import Output
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.nearest import nearest
from studio_sync.errors import StudioError, UsageError, system_failure
from studio_sync.render.medium.paint import paint_for

_SHARED = "Options of every command, such as -C DIR, --json and -q, are listed by: studio --help"
STOPPED = "files and rows are consistent, and the next run continues from there"
"""The state in which Ctrl-C leaves everything."""
_MODULES = {"import": "importing", "merge-file": "merge_file"}
"""Modules of commands whose names are no module names."""


class _Commands(click.Group):
    """Imports a command only when it is called, so that none pays for another one's imports."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if extra.get("resilient_parsing"):  # the shell asks for completions
            from studio_sync.cli.completing import offering

            return super(_Commands, offering(self)).make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"studio_sync.cli.commands.{_MODULES.get(name, name)}").command
        for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            each.epilog = each.epilog or _SHARED
        if ctx.resilient_parsing:  # the shell asks for completions
            from studio_sync.cli.completing import offering

            return offering(command, COMMANDS[name])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            near = nearest(args[0], COMMANDS)
            hint = f"Did you mean `{near}`?" if near else "`studio --help` lists all of them."
            if args[0].lower() in SYNONYMS:
                hint = f"Did you mean: {SYNONYMS[args[0].lower()]}?"
            ctx.fail(f"there is no command `{args[0]}`. {hint}")


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version and end; --json is eager, so it is known here."""
    if not value:
        return
    if context.params["json"]:
        from studio_sync.render.json_report import report

        _output().json(report("", "ok", studio=__version__))
    else:
        _output().line(f"studio, version {__version__}")
    context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, callback=_print_version, help="Show the version and exit."
)
@global_options
@click.pass_context
def studio(context: click.Context, /, **given: Any) -> None:
    """Keep a tree of Markdown and YAML files in sync with a PostgreSQL database.

    Writers edit files and push them. A pull writes what others changed in the database into the files. Each
    field is compared with its merge base, the version that both sides last had in common, so no change is
    overwritten.

    \b
    Examples:
      studio status                 show what differs
      studio diff content/acme      show how, below one folder
      studio push                   write your changes to the database
      studio pull                   get the changes of others
    """
    context.obj = App(env=dict(os.environ)).with_options(**given)


def main() -> None:
    """Run the command line; exit with 0 done, 1 refused, 2 wrong usage, 3 couldn't."""
    json = "--json" in sys.argv[1:]
    try:
        _run(json=json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        failure = system_failure(error)
        for as_json in (
            (True, False) if json else (False,)
        ):  # where standard output takes nothing, the message says so
            with suppress(OSError):
                _tell(failure, json=as_json)
                break
        sys.exit(failure.exit_code)


def _run(*, json: bool) -> None:
    try:
        _set_up()
        code = studio.main(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        if json:
            _tell(UsageError(error.format_message()), json=True)
        else:
            _tell_usage(error)
        sys.exit(2)
    except StudioError as error:
        _tell(error, json=json)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort, RuntimeError) as error:
        # Before 3.12, Python wraps a Ctrl-C during the creation of a class in a RuntimeError.
        stopped = isinstance(error, (KeyboardInterrupt, click.Abort))
        if not stopped and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        out = _output()
        out.say("")
        out.say(f"stopped; {STOPPED}")
        sys.exit(130)


def _set_up() -> None:
    """Prepare the process for a command."""
    _fill_standard_streams()
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 5_000))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    sys.excepthook = _tell_bug
    if "_STUDIO_COMPLETE" in os.environ:
        from studio_sync.cli.completing import register_completion

        register_completion()


def _fill_standard_streams() -> None:
    """Put the null device where a standard stream is closed: the next opened file would get its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def _output() -> Output:
    env, no_color = dict(os.environ), "--no-color" in sys.argv
    return Output(*(paint_for(stream, env, no_color=no_color) for stream in (sys.stdout, sys.stderr)))


def _tell(error: StudioError, *, json: bool) -> None:
    out = _output()
    if json:
        from studio_sync.render.json_report import failure_report

        out.json(failure_report(error, _command(sys.argv[1:])))
        return
    out.say(f"{out.messages.error(f'{error.label}:')} {safe(error.message)}")
    for line in error.listed:
        out.say(f"  {safe(line)}")
    for k, line in enumerate(error.hint.split("\n") if error.hint else ()):
        out.say(f"  {safe(line)}" if k else f"{out.messages.dim('hint:')} {safe(line)}")


def _command(words: Iterable[str]) -> str:
    """The command in a command line, not an option's value that is called alike; "" if there is none."""
    options = [option for option in studio.params if isinstance(option, click.Option) and not option.is_flag]
    valued = {name for option in options for name in option.opts}
    rest = iter(words)
    for word in rest:
        if word in valued:
            next(rest, None)
        elif not word.startswith("-"):
            return word if word in COMMANDS else ""
    return ""


def _tell_usage(error: click.ClickException) -> None:
    """Print click's error about a command line; parts of it come from the caller, or from file names."""
    out, context = _output(), getattr(error, "ctx", None)
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        for line in error.format_message().splitlines():
            out.say(line)
        return
    if context is not None:
        for line in context.get_usage().splitlines():
            out.say(line)
        if context.help_option_names:
            out.say(f"Try '{context.command_path} {context.help_option_names[0]}' for help.")
        out.say("")
    message = error.format_message()
    if isinstance(error, click.MissingParameter):  # the choices are on lines of their own
        message = " ".join(message.split())
    out.say(f"Error: {safe(message)}")


def _tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback, with content escaped as everywhere."""
    out = _output()
    for part in format_exception(kind, error, trace):
        for line in part.rstrip("\n").split("\n"):
            out.say(line)


if __name__ == "__main__":
    main()
