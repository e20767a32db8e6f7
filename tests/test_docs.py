"""The documents can't lie: what they say of commands, kinds, codes and output is what the code says."""

import ast
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from studio_sync import __version__
from studio_sync.cli.main import studio
from studio_sync.core.values import bounds
from studio_sync.database.embedded.embedded import Server
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS
from studio_sync.sync.error_entries import error_entries
from tests import readme
from tests.readme import README, ROOT, WALKS

TEXT = README.read_text("utf-8")
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def test_what_follows_from_the_code_is_what_the_code_says():
    old = [
        page.name
        for page in readme.pages()
        if readme.generated(page.read_text("utf-8")) != page.read_text("utf-8")
    ]
    assert not old, "write them anew with: python -m tests.readme"


def test_each_generated_part_stands_in_one_page():
    texts = [page.read_text("utf-8") for page in readme.pages()]
    for name in ("kinds", "commands", "bounds"):
        assert sum(f"<!-- {name} -->" in text for text in texts) == 1


def test_readme_is_a_front_door():
    assert len(TEXT.splitlines()) <= 300


def test_the_page_on_security_names_each_bound_with_its_number():
    text = readme.SECURITY.read_text("utf-8")
    numbers = [value for name, value in vars(bounds).items() if name.startswith("MAX_")]
    assert len(re.findall(r"^\| .* \| [\d,]+(?: MiB)? \|$", text, re.MULTILINE)) == len(numbers)


def test_every_command_is_documented():
    text = readme.COMMANDS.read_text("utf-8")
    for name in readme.commands():
        assert f"## `{name}`\n" in text


@pytest.mark.skipif(
    os.name == "nt" or not (shutil.which("bash") and shutil.which("perl")),
    reason="the tutorial's commands need bash and perl",
)
@pytest.mark.parametrize("page", WALKS, ids=lambda page: page.stem)
def test_every_command_of_a_walk_prints_what_the_page_shows(pg: Server, tmp_path: Path, page: Path):
    walked = readme.walked(page, pg, tmp_path)
    assert walked == page.read_text("utf-8"), "write it anew with: python -m tests.readme"


def test_the_first_example_is_from_the_walk():
    first = re.search(r"^```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    shown = {line for block in readme.consoles(TEXT) for line in block.splitlines()}
    assert first
    assert first[1].strip()
    assert set(first[1].splitlines()) <= shown


def test_readme_begins_with_two_commands_and_ci_runs_exactly_them():
    commands = [line for line in TEXT.splitlines() if line.startswith("python3 -m pip install")]
    assert len(commands) == 2
    push, test = commands
    assert "[embedded]" in push
    assert push.endswith("push")
    assert "[test]" in test
    assert test.endswith("pytest")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "grep '^python3 -m pip install' README.md" in script
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_codes_in_the_reference_are_those_in_the_source():
    text = readme.ERRORS.read_text("utf-8")
    documented = re.findall(r"^### `([^`]+)`$", text, re.MULTILINE)
    assert sorted(documented) == sorted(set(_codes()))
    for group in text.split("\n## ")[1:]:
        codes = re.findall(r"^### `([^`]+)`$", group, re.MULTILINE)
        assert codes == sorted(codes)


def test_each_error_code_has_an_entry_with_all_its_parts():
    codes = re.findall(r"^### `([^`]+)`$", readme.ERRORS.read_text("utf-8"), re.MULTILINE)
    assert list(error_entries()) == codes, (
        "an entry needs a line of meaning, **Cause.**, an example, **Way out.**"
    )
    for entry in error_entries().values():
        assert entry.meaning.endswith("."), entry.code


def test_every_link_inside_the_documents_leads_somewhere():
    broken = []
    for page in readme.pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            place = (page.parent / path) if path else page
            if not place.exists() or (anchor and anchor not in _anchors(place)):
                broken.append((page.relative_to(ROOT).as_posix(), target))
    assert not broken


def test_every_page_is_reached_from_the_index():
    linked = set(re.findall(r"\]\(([^)#\s]+)", (readme.DOCS / "index.md").read_text("utf-8")))
    pages = {page.relative_to(readme.DOCS).as_posix() for page in readme.DOCS.rglob("*.md")} - {"index.md"}
    assert pages <= linked


def _prose(page: Path) -> str:
    """A page less its code blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*\]\([^`\n]*`", "", text)


def _anchors(page: Path) -> set[str]:
    return {_anchor(title) for title in re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


# --- codes in the source: the argument `code` of whatever takes one


def _codes() -> Iterator[str]:
    yield from (kind.code for kind in (StudioError, *StudioError.__subclasses__()))
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "studio_sync").rglob("*.py")]
    takers = dict(_takers(node for tree in trees for node in ast.walk(tree)))
    assert {"Problem", "TextFault", "Refusal", "SchemaFault"} <= set(takers)
    for tree in trees:
        known = _assigned(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for given in _given(node, takers):
                    yield from _literals(given, known)
            elif isinstance(node, ast.Tuple) and len(node.elts) == 4:
                # What a walk of the tree finds is (path, code, message, hint).
                path, code, *_ = node.elts
                if not isinstance(path, ast.Constant):
                    yield from _literals(code, known)


def _takers(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """The classes and functions that take a `code`, and as which argument."""
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.ClassDef):
            names = [
                s.target.id
                for s in node.body
                if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
            ]
        elif isinstance(node, ast.FunctionDef):
            names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
        if "code" in names:
            yield node.name, names.index("code")  # type: ignore[attr-defined]


def _given(call: ast.Call, takers: dict[str, int]) -> Iterator[ast.expr]:
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name.endswith("Error"):  # a failure of a whole command
        yield from (k.value for k in call.keywords if k.arg == "code")
    if name not in takers:
        return
    yield from (k.value for k in call.keywords if k.arg == "code")
    spread = next((i for i, a in enumerate(call.args) if isinstance(a, ast.Starred)), None)
    if spread is not None and spread < takers[name]:
        # A place was given as `*line_and_column`: the code is the first argument behind it.
        yield call.args[spread + 1]
    else:
        yield from call.args[takers[name] : takers[name] + 1]


def _assigned(tree: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def _literals(given: ast.expr, known: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The codes that an expression may be; what is only passed on is none."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        if CODE.fullmatch(given.value):
            yield given.value
    elif isinstance(given, ast.IfExp):
        yield from _literals(given.body, known)
        yield from _literals(given.orelse, known)
    elif isinstance(given, ast.Name):
        for value in known.get(given.id, ()):
            if not isinstance(value, ast.Name):
                yield from _literals(value, known)
    elif isinstance(given, ast.JoinedStr):
        start = given.values[0]
        if isinstance(start, ast.Constant) and re.fullmatch(r"[a-z]+-", start.value):
            for column in {kind.slot.column for kind in KINDS if kind.slot}:
                yield f"{start.value}{column}"


def test_each_code_has_a_test_that_a_search_for_it_finds():
    words = {
        word
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in {"test_docs.py", "test_explain.py"}
        for word in re.findall(r"[\w-]+", path.read_text("utf-8"))
    }
    assert set(_codes()) - words == set()


# --- pages for contributors


def test_the_picture_of_the_rooms_is_what_the_imports_say():
    text = (readme.DOCS / "contributing" / "architecture.md").read_text("utf-8")
    drawn = set(re.findall(r"^  (\w+) --> (\w+)$", text, re.MULTILINE))
    assert drawn == set(_arrows()), "draw in docs/contributing/architecture.md what the imports say"


def _arrows() -> Iterator[tuple[str, str]]:
    package = ROOT / "studio_sync"
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    for path in package.rglob("*.py"):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("studio_sync"):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                for other in {name.split(".")[1] for name in names} & rooms - {room}:
                    yield room, other


def test_the_glossary_names_each_term_once_with_a_module_that_is_there():
    text = (readme.DOCS / "contributing" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| (?!term )([^|-][^|]*) \| [^|]+ \| `([^`]+)` \|$", text, re.MULTILINE)
    terms = [term for names, _ in rows for term in names.split(", ")]
    assert len(terms) > 50
    assert len(set(terms)) == len(terms)
    assert [names for names, _ in rows] == sorted((names for names, _ in rows), key=str.lower)
    missing = {module for _, module in rows if not (ROOT / "studio_sync" / module).exists()}
    assert not missing


def test_the_pages_for_contributors_name_classes_that_there_are():
    sources = [path for folder in ("studio_sync", "tests") for path in (ROOT / folder).rglob("*.py")]
    declared = {
        name for path in sources for name in re.findall(r"(?m)^ *class (\w+)", path.read_text("utf-8"))
    }
    for page in sorted((readme.DOCS / "contributing").glob("*.md")):
        named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", page.read_text("utf-8"))
        assert set(named) - declared <= {"None"}, page.name


def test_each_module_that_a_page_for_contributors_names_is_there():
    missing = set()
    for page in (readme.DOCS / "contributing").glob("*.md"):
        named = re.findall(
            r"`((?:studio_sync|tests|schemas|docs|examples)/[\w./-]+)`", page.read_text("utf-8")
        )
        real = [path for path in named if "NAME" not in path and "KIND" not in path]
        missing |= {(page.name, path) for path in real if not (ROOT / path).exists()}
    assert not missing


def test_the_version_is_said_once_in_two_places():
    assert f'version = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")


# --- commands that documents tell to type


def test_each_command_and_option_that_a_document_tells_to_type_is_there():
    wrong = []
    for page in readme.pages():
        text = page.read_text("utf-8")
        told = re.findall(r"`studio ([a-z][^`\n]*)`", text)
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            told += re.findall(r"^(?:\$ )?studio (.*)$", block, re.MULTILINE)
        wrong += [(page.name, f"studio {line}") for line in told if not _is_there(line)]
    assert not wrong


def _is_there(line: str) -> bool:
    words = [word.split("=")[0] for word in re.split(r"\s+|\|", line.partition("  #")[0])]
    command: click.Command = studio
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]+", word):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return False
            command = inner
    known = {option for param in (*studio.params, *command.params) for option in param.opts}
    known |= {"--help", "-h", "--version"}
    return all(word in known for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word))
