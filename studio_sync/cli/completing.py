"""Shell completion: paths, numbers, statuses, types and targets."""

import os
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from studio_sync.core.values.escapes import safe
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.files.workspace.workspace import Workspace

_Offer: TypeAlias = "Callable[[click.Context, str], Iterator[CompletionItem[str]]]"

CommandT = TypeVar("CommandT", bound=click.Command)

_ONE_LINE = 200
"""Characters of help beside a command; click's own limit truncates most of them."""
VARIABLE = "_STUDIO_COMPLETE"
"""The variable through which the shell asks for completions."""

_PATHS = ("PATH", "FROM", "TO", "OTHER")
"""The metavars of arguments that name records."""

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == */ ]] && compopt -o nospace
                printf -v value %%q "$value"
                COMPREPLY+=("$value") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response plain folders described
    local type value words_of_help
    local -i nothing=1
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s)}")
    for type value words_of_help in $response; do
        if [[ $type == dir ]]; then
            _path_files -/ && nothing=0
        elif [[ $type == file ]]; then
            _path_files -f && nothing=0
        elif [[ $value == */ ]]; then
            folders+=("$value")
        elif [[ $words_of_help == _ ]]; then
            plain+=("$value")
        else
            described+=("${value//:/\\\\:}:$words_of_help")
        fi
    done
    (( $#described )) && _describe -V unsorted described -U && nothing=0
    (( $#plain )) && compadd -U -V unsorted -a plain && nothing=0
    (( $#folders )) && compadd -U -V unsorted -S '' -a folders && nothing=0
    return nothing
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    for found in (env COMP_WORDS=(commandline -cp | string collect) COMP_CWORD=(commandline -t) \\
            %(complete_var)s=fish_complete %(prog_name)s)
        set -l parts (string split -m 1 , -- $found)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo -- $parts[2]
        end
    end
end

complete --command %(prog_name)s --no-files --keep-order --arguments "(%(complete_func)s)"
"""


class _Bash(BashComplete):
    """click's bash completion, without a blank after a folder, and with every name quoted."""

    source_template = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)


class _Zsh(ZshComplete):
    """click's zsh completion, without a blank after a folder, also for a zsh that has not run compinit."""

    source_template = _ZSH


class _Fish(FishComplete):
    """fish completion: a saved script must understand a later version's output, so both are ours."""

    source_template = _FISH

    def format_completion(self, item: "CompletionItem[str]") -> str:
        return f"{item.type},{item.value}" + (f"\t{item.help}" if item.help else "")


_CLASSES: "tuple[type[ShellComplete], ...]" = (_Bash, _Zsh, _Fish)
SHELLS = tuple(found.name for found in _CLASSES)


def register_completion() -> None:
    """Register our formats of completion scripts."""
    for found in _CLASSES:
        add_completion_class(found)


def script(shell: str, root: click.Command) -> str:
    """The script that a shell must source to complete `studio`."""
    found = _CLASSES[SHELLS.index(shell)]
    return found(root, {}, "studio", VARIABLE).source().rstrip("\n") + "\n"


class _Offered(click.ParamType):  # type: ignore[type-arg]  # it takes none in older versions
    """A parameter type with completions; it accepts any text."""

    name = "text"

    def __init__(self, offer: _Offer) -> None:
        self._offer = offer

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """The completions of an incomplete word."""
        try:
            return [item for item in self._offer(ctx, incomplete) if _typable(item)]
        except (StudioError, OSError):
            return []


def _typable(item: "CompletionItem[str]") -> bool:
    """Whether a completion is printable: a shell would garble anything else."""
    item.help = safe(item.help) if item.help else None
    return safe(str(item.value)) == item.value


def offering(command: CommandT, line: str = "") -> CommandT:
    """A command like this one that offers something for its parameters, where there is something.

    `line` is shown beside its name, or else as much of its help as fits. The command itself is unchanged.
    """
    found = copy(command)
    found.params = [_offering(param) for param in command.params]
    found.short_help = line or command.get_short_help_str(_ONE_LINE)
    if isinstance(command, click.Group) and isinstance(found, click.Group):
        found.commands = {name: offering(inner) for name, inner in command.commands.items()}
    return found


def _offering(param: click.Parameter) -> click.Parameter:
    offer = _offer_for(param)
    if offer is None:
        return param
    found = copy(param)
    found.type = _Offered(offer)
    return found


def _offer_for(param: click.Parameter) -> "_Offer | None":
    word = (param.metavar or "").strip("[].")
    if word in _PATHS:
        return _records if word != "PATH" or param.nargs == 1 else _paths
    if word == "TARGET":
        return _targets
    if word == "STATUS":
        return _words([status for kind in KINDS for status in kind.flow])
    if word == "TYPE":
        return _words([name for kind in KINDS if kind.slot for name in kind.slot.known])
    if word == "CODE":
        return _codes
    if param.name == "fields":
        return _words([field.name for kind in KINDS for field in kind.fields])
    return {"target": _targets, "directory": _folders}.get(param.name or "")


def _words(words: list[str]) -> _Offer:
    def offer(_: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
        yield from (CompletionItem(word) for word in dict.fromkeys(words) if word.startswith(incomplete))

    return offer


def _codes(_: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    from studio_sync.sync.error_entries import error_entries

    for entry in error_entries().values():
        if entry.code.startswith(incomplete):
            yield CompletionItem(entry.code, help=entry.meaning)


def _folders(_: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    yield CompletionItem(incomplete, type="dir")


def _targets(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    names = _workspace(ctx).targets or {}
    yield from (CompletionItem(name) for name in names if name.startswith(incomplete))


def _records(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem[str]]:
    """Paths, and inside the tree also the numbers of records at or below the current folder."""
    from studio_sync.core.values.layout import Layout
    from studio_sync.core.values.numbering import numbered
    from studio_sync.files.tree.outline import Outline, name_of_folder

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
    """Folders and files of the tree that begin with the word, and the folders that lead there."""
    from studio_sync.files.tree.walking.listing import SUFFIXES

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


def _directory(ctx: click.Context) -> str:
    return str(ctx.params.get("directory") or ctx.find_root().params.get("directory") or "")


def _here(ctx: click.Context) -> Path:
    given = _directory(ctx)
    return (Path(given) if given else Path.cwd()).resolve()


def _workspace(ctx: click.Context) -> "Workspace":
    from studio_sync.files.workspace.workspace import find_workspace

    return find_workspace(_here(ctx), named=bool(_directory(ctx)))
