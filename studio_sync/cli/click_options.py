"""Options that several commands take, or that click has no built-in form for."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from studio_sync.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_UNDECODED = re.compile(r"[\ud800-\udfff]")
"""What Python makes of a byte in an argument that is no UTF-8."""

ANY_NUMBER = -1
"""`--delete` without a number."""


class OptionalNumber(click.Command):
    """A command whose `--delete` may be bare or `--delete=N`, and never consumes the path after it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, replacing a bare `--delete`."""
        return super().parse_args(ctx, [f"--delete={ANY_NUMBER}" if a == "--delete" else a for a in args])


def delete_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--delete[=N]`."""
    return click.option(
        "--delete", type=click.IntRange(min=ANY_NUMBER), default=None, metavar="[N]", help=text
    )


def keep_option(*, required: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--keep`, which resolves conflicts."""
    return click.option(
        "--keep",
        type=click.Choice(["files", "database", "both"]),
        required=required,  # a default, even None, would do for what is required (click 8.4)
        help="Which side of a conflict to keep.",
    )


def _not_empty(context: click.Context, option: click.Parameter, value: str) -> str:
    """An option's value; one left empty by an unset variable must not select another database."""
    if not value and context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
        raise UsageError(
            f"{option.opts[0]} is empty",
            "is the variable set from which it should come? Without the option, the usual database is used",
        )
    return value


def check_values(
    context: click.Context, given: Mapping[str, object], is_there: Callable[[str], bool]
) -> None:
    """Refuse an empty value, which an unset variable leaves, and one that is not UTF-8.

    An empty path would be the whole workspace. What names a file that is there may be in any encoding.
    """
    for param in context.command.params:
        value = given.get(param.name or "")
        if context.get_parameter_source(param.name or "") is not ParameterSource.COMMANDLINE:
            continue
        what = param.opts[0] if isinstance(param, click.Option) else "an argument"
        for word in value if isinstance(value, tuple) else (value,):
            if word == "" and param.name != "message":
                hint = "is the variable set from which it should come? Leave it out if you mean none"
                raise UsageError(f"{what} is empty", hint)
            if isinstance(word, str) and _UNDECODED.search(word) and not is_there(word):
                raise UsageError(f"{what} is not UTF-8: {word}", "type it in a terminal that is set to UTF-8")


class GlobalOption(click.Option):
    """An option that every command takes; only the help of `studio` itself lists it."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Its entry in the help."""
        return super().get_help_record(ctx) if ctx.parent is None else None


def global_options(command: F) -> F:
    """Add the options that every command takes, before or after its name."""
    shared = partial(click.option, cls=GlobalOption)
    for option in reversed(
        (
            shared("-C", "directory", metavar="DIR", default="", help="Run as if started in DIR."),
            shared("--database", metavar="URL", default="", callback=_not_empty, help="The database to use."),
            shared(
                "--target",
                metavar="NAME",
                default="",
                callback=_not_empty,
                help="A target of studio.yaml to use.",
            ),
            shared("--json", is_flag=True, is_eager=True, help="Print one JSON object."),
            shared("-q", "--quiet", is_flag=True, help="Print only errors and warnings."),
            shared("-v", "--verbose", is_flag=True, help="Print more details."),
            shared("--no-color", is_flag=True, help="Print without colour."),
        )
    ):
        command = option(command)
    return command
