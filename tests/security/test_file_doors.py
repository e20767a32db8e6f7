"""Files of a repository are opened at one place, and whole folders removed at one: a walk over the code."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import studio_sync
from studio_sync.core.values import bounds

PACKAGE = Path(studio_sync.__file__).parent
MODULES = {p.relative_to(PACKAGE).as_posix(): p for p in sorted(PACKAGE.rglob("*.py"))}

OPENS = frozenset(("open", "read_text", "read_bytes", "readlines", "copyfile", "copytree"))
REMOVES = frozenset(("rmtree",))

READERS = {
    "files/tree/disk/plain_file.py": "the door",
    "files/tree/disk/inside.py": "the door",
    "files/tree/disk/file_writer.py": "makes files and syncs folders, with O_EXCL",
    "files/tree/disk/state_folder.py": "makes files, with O_EXCL",
    "files/tree/disk/one_file.py": "syncs folders",
    "files/memory/kept.py": "what was kept, in the user's own data folder",
    "cli/commands/hook.py": "the message that git itself names",
    "files/tree/walking/mounts.py": "the system's list of mounts",
    "files/tree/watching/file_events.py": "a limit of the system",
    "files/workspace/moving.py": "writes the journal, in a state folder that was looked at",
    "files/memory/sqlite_file.py": "a script of the package",
    "cli/commands/editor.py": "writes the extension where its user says, with O_EXCL",
    "editors/editor_programs.py": "what an editor lists in the user's own folder",
    "editors/vsix.py": "the extension in the package, and one in the user's own folder",
    "serve/pages/__init__.py": "pages of the package",
    "files/workspace/scaffold.py": "a template of the package",
    "files/workspace/ci_settings.py": "a template of the package",
    "files/workspace/package.py": "a wheel that the user names",
    "files/vale/vale_process.py": "a temporary folder of its own",
    "files/tree/new_folder.py": "makes files, with O_EXCL and below an opened folder",
    "sync/error_entries.py": "a page of the package",
    "cli/commands/merge_file.py": "a new file beside the one that git named",
    "schemas/__init__.py": "the schemas of the package",
    "cli/output.py": "the page of a job, which the host of the repository names",
    "cli/main.py": "the null device, for a closed pipe or stream",
    "render/board/page.py": "a template of the package",
    "render/theme.py": "a style of the package",
}
"""The modules that open a file themselves, and why each may; a room's name is for all in it."""

ROOMS = {
    "database/": "scripts of the package, and clusters in the user's data folder",
}


def called(path: Path, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            whose = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            if name in names and whose not in {"Memory", "webbrowser"}:
                yield node.lineno, ast.unparse(node.func)


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith(tuple(ROOMS)) and n not in READERS])
def test_a_file_is_opened_at_the_door_only(name: str) -> None:
    assert not list(called(MODULES[name], OPENS))


def test_the_list_of_those_who_open_files_is_true() -> None:
    assert not [name for name in READERS if name not in MODULES or not list(called(MODULES[name], OPENS | {
        "mkdir", "stat", "lstat", "realpath"}))]  # fmt: skip


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("database/")])
def test_whole_folders_are_removed_at_one_place(name: str) -> None:
    places = list(called(MODULES[name], REMOVES))
    assert len(places) == (name == "files/tree/disk/inside.py")


def test_no_pattern_of_a_schema_reaches_pythons_matcher() -> None:
    """Python's goes back and forth; only patterns that stand in the code are its."""
    matchers = {f"re.{name}" for name in ("compile", "search", "match", "fullmatch", "findall", "finditer")}
    known = ast.Constant | ast.JoinedStr | ast.IfExp
    for name, path in MODULES.items():
        if name.startswith("schemas/"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in matchers:
                    assert isinstance(node.args[0], known), ast.unparse(node)


def test_every_bound_says_what_it_is_for() -> None:
    body = ast.parse(Path(bounds.__file__).read_text("utf-8")).body
    pairs = [pair for pair in pairwise(body) if ast.unparse(pair[0]).startswith("MAX_")]
    assert len(pairs) > 20
    for assigned, said in pairs:
        assert isinstance(said, ast.Expr), ast.unparse(assigned)
        assert isinstance(said.value, ast.Constant)
