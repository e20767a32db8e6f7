"""The workflows of GitHub Actions that a workspace can begin with."""

import json
import re
from pathlib import Path
from textwrap import dedent, indent

from studio_sync.errors import UsageError
from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.workspace.package import Package

_FOLDER = ".github/workflows"
_NAMES = ("studio-validate.yml", "studio-push.yml", "studio-pull.yml", "studio-merge.yml")
_UNFINISHED = """\
# NOT FINISHED: nothing says which package to install, so this fails before it touches a secret.
# To finish it: studio init --ci github --package SPEC
# (`studio init --help` says what SPEC may be; a workflow that you have changed, delete first)
"""
_FAIL = """
run: |
  echo '::error::this workflow does not say which package to install: studio init --ci github --package SPEC'
  exit 1
"""


def repository_top(root: Path) -> Path:
    """The folder of the git repository that `root` is in, or would be; `root` itself if there is none."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def default_branch(top: Path) -> str:
    """The branch that pull requests are merged into, as far as the repository in `top` knows: else main.

    A repository that was not cloned doesn't know what its remote has; its own branches tell then.
    """
    tree = WorkTree.around(top)
    if tree is None:
        return "main"
    named = _line(tree, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    if named:
        return named
    branches = tree.ask("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split("\n")[:-1]
    if not branches:
        return _line(tree, "symbolic-ref", "--short", "HEAD") or "main"
    usual = [name for name in ("main", "master") if name in branches]
    return usual[0] if usual else branches[0] if len(branches) == 1 else "main"


def _line(tree: WorkTree, *arguments: str) -> str:
    """The line that git prints, "" where it fails."""
    found = tree.run(*arguments)
    return "" if found.code else found.text.removesuffix("\n")


def _install(package: Package | None) -> str:
    """The rest of the step that installs studio; what its user named reaches the shell as a variable."""
    if package is None:
        return _indented(_FAIL)
    strict = "--require-hashes " if package.hashes else ""
    pip = f"pip install --disable-pip-version-check --no-input {strict}-r"
    if package.file:
        return _indented(
            f"""
            env:
              REQUIREMENTS: {json.dumps(package.file, ensure_ascii=False)}
            run: |
              cd "$GITHUB_WORKSPACE"
              {pip} "./$REQUIREMENTS"
            """
        )
    return _indented(
        f"""
        env:
          PACKAGE: {json.dumps(chr(10).join(package.lines))}
        run: |
          printf '%s\\n' "$PACKAGE" > "$RUNNER_TEMP/studio.txt"
          {pip} "$RUNNER_TEMP/studio.txt"
        """
    )


def _indented(text: str) -> str:
    return indent(dedent(text).strip("\n"), " " * 8)


def workflow_files(
    *,
    package: Package | None,
    mark: str,
    folder: str,
    content: str,
    branch: str,
    names: tuple[str, ...],
    trust: str = "",
) -> dict[str, str]:
    """The workflows, by their paths in the repository.

    `folder` is that of the workspace in it, "" for its top, `content` the folder of the tree in the
    workspace. `mark` begins the comments that a later one replaces. Without a `package` they say in their
    first lines that they are not finished, and fail before they touch a secret. `trust` lists the hosts
    that studio.yaml names and CI may connect with. Raises UsageError for names that GitHub would take for
    an expression.
    """
    if any("${{" in text for text in (folder, content, branch)):
        raise UsageError(
            "GitHub would read ${{ in the name of a folder as an expression", "rename the folder"
        )
    marks = {
        "unfinished": "" if package else _UNFINISHED,
        "install": _install(package),
        "mark": mark,
        "folder": json.dumps(folder or ".", ensure_ascii=False),
        "content": json.dumps(content, ensure_ascii=False),
        "pattern": json.dumps(re.sub(r"\+|^!", r"\\\g<0>", branch), ensure_ascii=False),
        "branch": json.dumps(branch, ensure_ascii=False),
        "name": branch,
        "variable": names[0],
        "secrets": "\n          ".join(
            [f"{name}: ${{{{ secrets.{name} }}}}" for name in names]
            + ([f"STUDIO_TRUST: {json.dumps(trust)}"] if trust else [])
        ),
    }
    found = {}
    for name in _NAMES:
        text = (Path(__file__).with_name("templates") / "github" / name).read_text("utf-8")
        for key, value in marks.items():
            text = text.replace(f"<<{key}>>", value)
        found[f"{_FOLDER}/{name}"] = text
    return found
