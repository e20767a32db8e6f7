"""The parts of README and of docs/ that follow from the code. `python -m tests.readme` writes them anew.

Between `<!-- NAME -->` and `<!-- /NAME -->` stands what the code says. In ```console blocks lines with a `$`
are commands, run in a copy of examples/ after a first push; the lines below are what they print.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
from click.testing import CliRunner

from studio_sync.cli.main import studio
from studio_sync.core.values import bounds
from studio_sync.core.values.kind import Field, FieldPlace, Kind, Naming
from studio_sync.database.embedded.embedded import Server
from studio_sync.kinds import KINDS
from tests import servers

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
ERRORS = DOCS / "reference" / "errors.md"
COMMANDS = DOCS / "reference" / "commands.md"
SECURITY = DOCS / "security.md"
WALKS = (README, DOCS / "tutorial.md")
"""The pages with commands that are run."""

_CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_PROGRESS = re.compile(r"^[a-z][a-z ]*: (?:done|[\d,]+) in [\d.]+ .*\n", re.MULTILINE)
_NONE = "\N{EN DASH}"
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d [A-Z]{3,4}")
_NAME = "studio-examples"
_RANDOM = re.compile(r"(training)-[0-9a-f]{6}")


def pages() -> list[Path]:
    """Every document for people, README first."""
    return [README, *sorted(p for p in ROOT.glob("*.md") if p != README), *sorted(DOCS.rglob("*.md"))]


def generated(text: str) -> str:
    """A page with the parts between its markers as the code says them."""
    for name, part in _PARTS.items():
        if f"<!-- {name} -->" in text:
            text = _between(text, name, part())
    return text


def _between(text: str, name: str, part: str) -> str:
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    if not rest or not after:
        raise ValueError(f"the page lacks the markers of {name}")
    return f"{before}{start}\n{part}\n{end}{after}"


def commands() -> Iterator[str]:
    """Every command by its full name."""
    yield "studio"
    context = click.Context(studio, info_name="studio")
    for name in studio.list_commands(context):
        command = studio.get_command(context, name)
        yield f"studio {name}"
        if isinstance(command, click.Group):
            yield from (f"studio {name} {inner}" for inner in command.commands)


def help_of(name: str) -> str:
    """What `NAME --help` prints on a terminal of the usual width."""
    arguments = [*name.split()[1:], "--help"]
    return CliRunner(env={"COLUMNS": "80"}).invoke(studio, arguments, prog_name="studio").output


def _commands() -> str:
    return "\n".join(f"## `{name}`\n\n```text\n{help_of(name)}```\n" for name in commands())


def _kinds() -> str:
    lines = ["| kind | file | from the path | front matter | body |", "|---|---|---|---|---|"]
    for kind in KINDS:
        keys = ["id"] if kind.identified else []
        keys += [_key(field) for field in kind.fields if field.place is FieldPlace.FRONT]
        front = ", ".join(keys) or _NONE
        if kind.whole:
            front = f"the whole file is `{kind.whole.name}`*"
        body = _key(kind.body) if kind.body else _NONE
        place = kind.slot.column if kind.slot else _NONE
        lines.append(f"| {kind.name} | `{_file(kind)}` | {place} | {front} | {body} |")
    return "\n".join(lines) + "\n"


def _bounds() -> str:
    """Each bound with what its docstring says that it is of, and its number."""
    lines = ["| of what | at most |", "|---|---|"]
    tree = ast.parse(Path(bounds.__file__).read_text("utf-8"))
    for named, said in pairwise(tree.body):
        if isinstance(named, ast.Assign) and isinstance(said, ast.Expr):
            (target,) = named.targets
            number = getattr(bounds, ast.unparse(target))
            shown = f"{number >> 20:,} MiB" if number and number % (1 << 20) == 0 else f"{number:,}"
            what = str(ast.literal_eval(said.value)).replace("\n", " ").partition(":")[0].rstrip(".")
            lines.append(f"| {what} | {shown} |")
    return "\n".join(lines) + "\n"


_PARTS = {"kinds": _kinds, "commands": _commands, "bounds": _bounds}


def _key(field: Field) -> str:
    return field.name + ("*" if field.required else "")


def _file(kind: Kind) -> str:
    named = kind.slot is not None and kind.slot.naming is Naming.FILE
    return kind.file.replace("*", "TYPE") if named else kind.file


def walked(page: Path, server: Server, folder: Path) -> str:
    """A page with the output of every command in its console blocks, run one after the other."""
    workspace = folder / "examples"
    shutil.copytree(ROOT / "examples", workspace, ignore=shutil.ignore_patterns(".studio"))
    config = workspace / "studio.yaml"
    # Pages are walked at the same time, on one server: each has a database of its own.
    own = f"{_NAME}-{page.stem.lower()}"
    config.write_text(config.read_text("utf-8").replace(f"name: {_NAME}", f"name: {own}"), "utf-8")
    env = _environment(server, folder)
    _run("studio push", workspace, env)

    def block(found: re.Match[str]) -> str:
        shown = ""
        for command in re.findall(r"^\$ (.*(?:\\\n.*)*)$", found[0], re.MULTILINE):
            printed = _run(command, workspace, env).replace(str(folder.resolve()), "/home/you/studio")
            printed = printed.replace(own, _NAME)
            shown += f"$ {command}\n" + _MOMENT.sub(
                "2026-03-01 14:05 UTC", _RANDOM.sub(r"\1-7f3a9c", printed)
            )
        return shown

    return _CONSOLE.sub(block, page.read_text("utf-8"))


def consoles(text: str) -> list[str]:
    """What stands in the console blocks."""
    return _CONSOLE.findall(text)


def _environment(server: Server, folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "studio"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m studio_sync.cli.main "$@"\n', "utf-8")
    program.chmod(0o755)
    psql = next(Path(sys.prefix).glob(f"lib/*/site-packages/*pgserver/pginstall{server.version}/bin"), "")
    return {
        **os.environ,
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"], str(psql))),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "STUDIO_HOME": str(server.data.parent.parent),
        "NO_COLOR": "1",
    }


def _run(command: str, folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return _PROGRESS.sub("", done.stdout)


if __name__ == "__main__":
    for place in pages():
        place.write_text(generated(place.read_text("utf-8")), "utf-8")
    for place in WALKS:
        with tempfile.TemporaryDirectory() as scratch:
            new = walked(place, servers.server(), Path(scratch))
        place.write_text(new, "utf-8")
