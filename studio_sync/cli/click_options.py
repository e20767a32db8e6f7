"""Options that click has no built-in form for."""

from collections.abc import Callable
from typing import Any

import click

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
        default=None,
        required=required,
        help="Which side of a conflict to keep.",
    )
