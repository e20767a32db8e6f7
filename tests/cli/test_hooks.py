"""The hook for pre-commit, and annotations for GitHub, in repositories where the workspace is a part."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from studio_sync.files.yaml import yaml_reader as yaml_read
from tests.harness import S1, Desk, run

ROOT = Path(__file__).parents[2]
HOOK, APPROVALS = yaml_read.read_yaml((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


@pytest.fixture
def repository(desk: Desk) -> Path:
    """A repository with the workspace in one of its folders, which is called `desk`."""
    (desk.root.parent / "README.md").write_text("[x](nothing.md)\n", "utf-8")
    (desk.root / "README.md").write_text("---\nx: [\n---\n", "utf-8")
    return desk.root.parent


def hook(repository: Path, *files: str):
    """Run the hook's entry as pre-commit does: in the repository, with the files that changed behind it."""
    program, *arguments = str(HOOK["entry"]).split()
    assert program == "studio"
    assert HOOK["require_serial"] is True
    return run(*arguments, *files, cwd=repository, env={**os.environ, "STUDIO_DATABASE_URL": NOWHERE})


def test_the_hook_checks_the_files_that_changed_and_no_others(desk: Desk, repository: Path):
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    desk.edit(f"{S1}/quiz.yaml", "text: He", "txt: He")
    found = hook(
        repository, "README.md", f"desk/content/{S1}/session.md", "desk/README.md", "desk/studio.yaml"
    )
    assert found.code == 1
    lines = [line for line in found.out.splitlines() if "[" in line]
    assert [line.partition(": ")[0] for line in lines] == [f"desk/content/{S1}/session.md:4:1"]


def test_the_hook_says_nothing_of_what_is_no_content(desk: Desk, repository: Path):
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    found = hook(repository, "README.md", "desk/README.md", "desk/studio.yaml", f"desk/content/{S1}/gone.md")
    assert (found.code, found.text) == (0, "")


def test_the_hook_looks_into_each_workspace(desk: Desk, repository: Path):
    shutil.copytree(desk.root, repository / "other")
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    found = hook(repository, f"desk/content/{S1}/session.md", f"other/content/{S1}/session.md")
    assert found.code == 1
    assert "desk/content" in found.out
    assert "other/content" not in found.out


def test_annotations_name_files_as_the_repository_does(desk: Desk, repository: Path):
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    found = desk.refused("validate", "--format", "github", GITHUB_WORKSPACE=str(repository))
    assert found.out.startswith(f"::error file=desk/content/{S1}/session.md,line=4,col=1,title=unknown-key::")
    found = desk.refused("validate", "--format", "github", GITHUB_WORKSPACE="/elsewhere")
    assert found.out.startswith(f"::error file=content/{S1}/session.md,line=4,")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("pre_commit"), reason="pre-commit is not installed: pip install pre-commit")
def test_pre_commit_installs_and_runs_the_hook(desk: Desk, repository: Path, tmp_path: Path):
    def call(*command: str) -> subprocess.CompletedProcess[str]:
        home = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
        env = {**os.environ, **home}
        return subprocess.run(command, check=False, cwd=repository, env=env, capture_output=True, text=True)

    for command in (["init", "-q"], ["add", "-A"]):
        assert call("git", *command).returncode == 0
    tried = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "studio-validate", "--all-files"]
    good = call(*tried)
    assert good.returncode == 0, good.stdout + good.stderr
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    bad = call(*tried)
    assert bad.returncode == 1
    assert f"desk/content/{S1}/session.md:4:1: error[unknown-key]" in bad.stdout
