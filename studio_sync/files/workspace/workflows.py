"""GitHub Actions workflows of a workspace."""

import json
import re
from textwrap import dedent, indent

from studio_sync.errors import UsageError
from studio_sync.files.workspace.ci_settings import CiSettings, filled
from studio_sync.files.workspace.package import Package

_FOLDER = ".github/workflows"
_NAMES = ("studio-validate.yml", "studio-push.yml", "studio-pull.yml", "studio-merge.yml")
_UNFINISHED = """\
# NOT FINISHED: nothing says which package to install, so this fails before it touches a secret.
# To finish it: studio init --ci github --package SPEC
# (`studio init --help` says what SPEC may be; a workflow that you have changed, delete first)
"""
_SETUP = """\
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with:
          python-version: "3.13"
      - name: Install studio
"""
_FAIL = """
run: |
  echo '::error::this workflow does not say which package to install: studio init --ci github --package SPEC'
  exit 1
"""


def _install(package: Package | None) -> str:
    """The rest of the step that installs studio; the user's text reaches the shell as a variable."""
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


def workflow_files(settings: CiSettings) -> dict[str, str]:
    """The workflows, by path in the repository.

    Raises UsageError for names that GitHub would evaluate as an expression.
    """
    folder, content, branch = settings.folder, settings.content, settings.branch
    for what, text in {"folder": folder + content, "branch": branch}.items():
        if "${{" in text:
            raise UsageError(
                f"GitHub would read ${{{{ in the name of a {what} as an expression", f"rename the {what}"
            )
    marks = {
        "unfinished": "" if settings.package else _UNFINISHED,
        "install": _SETUP + _install(settings.package),
        "mark": settings.mark,
        "folder": json.dumps(folder or ".", ensure_ascii=False),
        "content": json.dumps(content, ensure_ascii=False),
        "pattern": json.dumps(re.sub(r"\+|^!", r"\\\g<0>", branch), ensure_ascii=False),
        "branch": json.dumps(branch, ensure_ascii=False),
        "name": branch,
        "variable": settings.names[0],
        "secrets": "\n          ".join(
            [f"{name}: ${{{{ secrets.{name} }}}}" for name in settings.names]
            + ([f"STUDIO_TRUST: {json.dumps(settings.trust)}"] if settings.trust else [])
        ),
    }
    return {f"{_FOLDER}/{name}": filled(f"github/{name}", marks) for name in _NAMES}
