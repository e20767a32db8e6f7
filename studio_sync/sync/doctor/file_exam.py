"""Doctor checks of the workspace: its settings, file tree, git repository and memory."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from studio_sync.core.checks.diagnosis import Diagnosis, error, note, ok, warning
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.files.git import merge_driver
from studio_sync.files.git.attributes import ATTRIBUTES
from studio_sync.files.git.repository import Repository
from studio_sync.files.git.work_tree import WorkTree

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio

FileExam = Callable[["Studio"], Iterator[Diagnosis]]
"""A check of a workspace; yields at least one finding."""

_IDS = frozenset(("duplicate-id", "missing-id"))
_NAMES = frozenset(
    ("bad-name", "duplicate-number", "duplicate-place", "duplicate-slug", "duplicate-type", "no-own-file",
     "symlink", "twin-names")
)  # fmt: skip


def settings(studio: "Studio") -> Iterator[Diagnosis]:
    """Check studio.yaml."""
    workspace = studio.workspace
    held = ", ".join(workspace.clients) if workspace.clients is not None else "every client of the database"
    yield ok("workspace", f"{workspace.name or workspace.root.name} in {workspace.root}, for {held}")
    if not workspace.content.is_dir():
        message = f"the folder {workspace.content_name} is missing"
        hint = "`studio pull` makes it; or `content:` in studio.yaml names another one"
        yield error("workspace", message, hint)


def tree(studio: "Studio") -> Iterator[Diagnosis]:
    """Check ids, names, and whether the files can be read as records."""
    if not studio.workspace.content.is_dir():
        return
    problems = studio.documents.problems(())
    files = studio.memory.count_files()
    for problem in studio.stopped_moves():
        yield warning("files", f"[{problem.code}] {problem.path}: {problem.message}", problem.hint)
    yield from _diagnosis("ids", problems, _IDS, f"each of {files} files has its own")
    yield from _diagnosis("names", problems, _NAMES, "none collide, and every system can hold them")
    rest = [p for p in problems if p.code not in _IDS | _NAMES]
    errors = sum(1 for p in rest if p.severity is Severity.ERROR)
    if rest:
        message = f"{counted(errors, 'error')} and {counted(len(rest) - errors, 'warning')} in them"
        grave = warning if errors else note
        yield grave("files", message, "`studio validate` lists them with file and line")
    else:
        yield ok("files", "no problems in them")


def _diagnosis(about: str, problems: list[Problem], codes: frozenset[str], well: str) -> Iterator[Diagnosis]:
    """One finding for each code, with the first place that has it."""
    by_code: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.code in codes:
            by_code[problem.code].append(problem)
    for code, found in sorted(by_code.items()):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        grave = error if found[0].severity is Severity.ERROR else note
        yield grave(about, f"[{code}] {found[0].path}: {found[0].message}{more}", found[0].hint)
    if not by_code:
        yield ok(about, well)


def repository(studio: "Studio") -> Iterator[Diagnosis]:
    """Check whether git's history is complete."""
    found = Repository.around(studio.workspace.content)
    if found is None:
        message = "no commit has the content folder, so merge bases are known only from .studio"
        yield note("git", message, "commit it: then a fresh clone knows, too")
        return
    if found.shallow:
        message = "this clone has only a part of the history, so some merge bases may not be known"
        yield warning("git", message, "fetch the rest: git fetch --unshallow")
    if found.at_work:
        yield note("git", f"git is in the middle of a {found.at_work}", "finish it before you push")
    if found.unmerged:
        message = f"{counted(len(found.unmerged), 'unmerged file')}: neither pushed nor pulled"
        yield warning("git", message, "edit them, then `git add` them")
    if found.sparse:
        yield note("git", "a sparse checkout: what it left out is neither pushed nor deleted")
    if not (found.shallow or found.at_work or found.unmerged):
        yield ok("git", f"at commit {found.head[:10]}, by {found.identity() or 'nobody'}")


def merges(studio: "Studio") -> Iterator[Diagnosis]:
    """Check the merge driver: whether it is committed, and configured in this clone."""
    workspace = studio.workspace
    tree = WorkTree.around(workspace.root)
    if tree is None:
        return
    found = merge_driver.setup_of(tree, workspace.root, workspace.content_name)
    way = "`studio init --git` sets it up"
    if found.attributes and found.configured:
        message = f"this clone has a merge driver, and {ATTRIBUTES} does not ask for it"
        yield warning("git merges", message, f"{way}; commit {ATTRIBUTES}")
    elif found.attributes:
        yield note("git merges", "git merges records line by line, and not field by field", way)
    elif not found.configured:
        message = f"{ATTRIBUTES} asks for studio's merge driver, which this clone does not have"
        yield warning("git merges", f"{message}: git merges records line by line", way)
    elif not found.ours:
        message = f"{merge_driver.DRIVER} starts another studio than this one"
        yield note("git merges", message, "`studio init --git` sets it to this one")
    else:
        yield ok("git merges", "field by field, by studio's merge driver")


def memory(studio: "Studio") -> Iterator[Diagnosis]:
    """Check the memory in `.studio`."""
    if studio.memory.is_sound():
        yield ok("memory", "the file .studio/memory.db is whole")
    else:
        message = "the file .studio/memory.db is damaged"
        hint = "delete the folder .studio: nothing that was committed or pushed is lost"
        yield error("memory", message, hint)


FILE_CHECKS: tuple[tuple[str, FileExam], ...] = (
    ("workspace", settings),
    ("files", tree),
    ("git", repository),
    ("git merges", merges),
    ("memory", memory),
)
"""The checks of a workspace, each with what it is about."""
