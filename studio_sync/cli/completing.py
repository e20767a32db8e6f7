"""What the shell offers while a command is typed: paths, numbers nearby, statuses, types, targets."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from click.shell_completion import BashComplete, CompletionItem, ShellComplete, get_completion_class

from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.files.workspace import Workspace

_Offer: TypeAlias = "Callable[[click.Context, str], Iterator[CompletionItem[str]]]"

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_STUDIO_COMPLETE"
"""The variable in which the shell asks."""

_PATHS = ("PATH", "FROM", "TO", "OTHER")
"""What arguments that name records are called in the help."""

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == */ ]] && compopt -o nospace
                COMPREPLY+=("${value// /\\\\ }") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """As click has it, with no blank after a folder."""

    source_template = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)


def script(shell: str, root: click.Command) -> str:
    """What a shell has to read so that it completes the command `studio`."""
    found = _Bash if shell == "bash" else get_completion_class(shell)
    if found is None:
        raise ValueError(shell)
    return found(root, {}, "studio", VARIABLE).source().rstrip("\n") + "\n"


class _Offered(click.ParamType):  # type: ignore[type-arg]  # it takes none in older versions
    """Text for which something can be offered; it is taken as it stands."""

    name = "text"

    def __init__(self, offer: _Offer) -> None:
        self._offer = offer

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """What may stand there."""
        try:
            return list(self._offer(ctx, incomplete))
        except (StudioError, OSError):
            return []


def teach(command: click.Command) -> click.Command:
    """The command, with something to offer for all of its parameters for which there is something."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            teach(inner)
    for param in command.params:
        offer = _offer_for(param)
        if offer is not None:
            param.type = _Offered(offer)
    return command


def _offer_for(param: click.Parameter) -> "_Offer | None":
    word = (param.metavar or "").strip("[].")
    if word in _PATHS:
        return _records if word != "PATH" or param.nargs == 1 else _paths
    if word == "STATUS":
        return _words([status for kind in KINDS for status in kind.flow])
    if word == "TYPE":
        return _words([name for kind in KINDS if kind.slot for name in kind.slot.known])
    if param.name == "fields":
        return _words([field.name for kind in KINDS for field in kind.fields])
    return {"target": _targets, "directory": _folders}.get(param.name or "")


def _words(words: list[str]) -> _Offer:
    def offer(_: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
        yield from (CompletionItem(word) for word in dict.fromkeys(words) if word.startswith(incomplete))

    return offer


def _folders(_: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    yield CompletionItem(incomplete, type="dir")


def _targets(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    names = _workspace(ctx).targets or {}
    yield from (CompletionItem(name) for name in names if name.startswith(incomplete))


def _records(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    """Paths, and from inside the tree the numbers of what stands at or below the folder, too."""
    from studio_sync.core.layout import Layout
    from studio_sync.core.numbering import numbered
    from studio_sync.files.outline import Outline, name_of_folder

    content, here = _workspace(ctx).content, _here(ctx)
    if "/" not in incomplete and here.is_relative_to(content) and here != content:
        outline = Outline(content, Layout(KINDS))
        spot = outline.at(here.relative_to(content).as_posix())
        above = spot.parent if spot is not None and numbered(spot.kind) else ""
        start = os.path.dirname(above) if above else here.relative_to(content).as_posix()
        found = {s.slot: name_of_folder(s) for s in outline.below(start) if numbered(s.kind)}
        for slot, name in found.items():
            if slot.startswith(incomplete):
                yield CompletionItem(slot, help=name)
    yield from _paths(ctx, incomplete)


def _paths(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    """The folders and files of the tree that begin so, and the folders on the way there."""
    from studio_sync.core.layout import SUFFIXES

    content = _workspace(ctx).content
    typed, slash, begun = incomplete.rpartition("/")
    base = Path(os.path.normpath(_here(ctx) / (typed + slash)))
    for entry in sorted(base.iterdir()):
        if not entry.name.startswith(begun) or (entry.name.startswith(".") and not begun):
            continue
        inside = entry.is_relative_to(content)
        if entry.is_dir() and (inside or content.is_relative_to(entry)):
            yield CompletionItem(f"{typed}{slash}{entry.name}/")
        elif inside and entry.name.endswith(SUFFIXES):
            yield CompletionItem(f"{typed}{slash}{entry.name}")


def _here(ctx: click.Context) -> Path:
    given = ctx.params.get("directory") or ctx.find_root().params.get("directory")
    return (Path(given) if given else Path.cwd()).resolve()


def _workspace(ctx: click.Context) -> "Workspace":
    from studio_sync.files.workspace import find

    return find(_here(ctx))
