"""What would act in CI, beside the secret of the production database: an index, a tag, a fork, a title."""

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from studio_sync.files.workspace.package import parse_package
from studio_sync.files.yaml import yaml_reader as yaml_read
from tests.harness import Desk
from tests.readme import ROOT

WORKFLOWS = ("studio-validate.yml", "studio-push.yml", "studio-pull.yml", "studio-merge.yml")
OWN = ("ci.yml", "nightly.yml")
HASH = f"--hash=sha256:{'ab' * 32}"
PINNED = f"studio-sync==1.2.3 {HASH}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

PINS = {
    "actions/checkout": ("08c6903cd8c0fde910a37f88322edcfb5dd907a8", "v5.0.0"),
    "actions/setup-python": ("e797f83bcb11b83ae66e0230d6156d7c80228e7c", "v6.0.0"),
}
"""The actions that may be used, each with the commit that was looked up for its tag."""

needs_bash = pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="needs bash")


@pytest.fixture
def repository(tmp_path: Path) -> Desk:
    return _repository(tmp_path)


def _repository(place: Path) -> Desk:
    desk = Desk(place / "desk", "")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=desk.root, check=True)
    return desk


def folder(desk: Desk) -> Path:
    return desk.root / ".github" / "workflows"


def test_a_requirements_file_that_is_not_there_is_named(repository: Desk) -> None:
    found = repository.run("init", "--ci", "github", "--package", "nosuch.txt")
    assert (found.code, "nosuch.txt, and there is no such file here" in found.err) == (2, True)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each workflow that `init --ci` writes, and the project's own."""
    desk = _repository(tmp_path_factory.mktemp("written"))
    desk.ok("init", "--ci", "github", "--package", PINNED)
    found = {name: (folder(desk) / name).read_text("utf-8") for name in WORKFLOWS}
    return found | {name: (ROOT / ".github/workflows" / name).read_text("utf-8") for name in OWN}


@pytest.fixture(params=[*WORKFLOWS, *OWN])
def text(request: pytest.FixtureRequest, written: dict[str, str]) -> str:
    return written[request.param]


def read(text: str) -> dict[str, Any]:
    found = yaml_read.read_yaml(text)
    assert isinstance(found, dict)
    return found


def steps(flow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in flow["jobs"].values() for step in job["steps"]]


# --- what runs


def test_whoever_moves_the_tag_of_an_action_wants_to_run_in_its_place(text: str):
    used = re.findall(r"\buses: *(.*)", text)
    assert used
    for line in used:
        found = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line)
        assert found, line
        assert PINS[found[1]] == (found[2], found[3])


def test_a_title_a_branch_or_a_comment_wants_to_run_in_a_shell(text: str):
    for step in steps(read(text)):
        assert not re.search(r"\$\{\{(?! matrix\.)", step.get("run", ""))
        assert "github.event" not in step.get("run", "")


def test_a_fork_wants_the_secret(text: str):
    flow = read(text)
    assert ("pull_request_target" in text) == (flow["name"] == "studio merge")
    assert "workflow_run" not in text
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    for job in flow["jobs"].values():
        if "secrets." in str(job) and "pull_request" in flow["on"]:
            assert job["if"] == own
        if "pull_request_target" in flow["on"]:  # nobody is asked before this one runs for a stranger's push
            assert job["if"] == f"github.event_name == 'push' || {own}"


def test_a_branch_wants_to_run_where_it_is_merged(written: dict[str, str]):
    """What has the right to write there checks out the base alone, and has no database's address."""
    text = written["studio-merge.yml"]
    flow = read(text)
    checkouts = [s for s in steps(flow) if s.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["ref"] for step in checkouts] == ["main"]
    assert "github.event" not in text.replace(flow["jobs"]["merge"]["if"], "")
    assert "STUDIO_DATABASE_URL" not in text
    (merge,) = [step["run"] for step in steps(flow) if step.get("name") == "Merge"]
    assert "select(.isCrossRepository | not)" in merge
    assert merge.count("studio ") == merge.count("studio init --git") + merge.count("printf 'studio ")
    assert merge.index("studio init --git") < merge.index('"$head"')


@pytest.mark.parametrize(
    ("wants", "settings", "said"),
    [
        (
            "the token of the run",
            "url: '${GITHUB_TOKEN}'",
            "GITHUB_TOKEN of studio.yaml is none of a database",
        ),
        (
            "the token of merges",
            "url: 'postgresql://u:${STUDIO_MERGE_TOKEN}@e.example/x'",
            "STUDIO_MERGE_TOKEN",
        ),
        ("a shell to read its file", "url: '${BASH_ENV}'", "BASH_ENV"),
        ("a library in every program", "url: '${LD_PRELOAD}'", "LD_PRELOAD"),
    ],
)
def test_studio_yaml_wants_from_who_sets_up_ci(repository: Desk, wants: str, settings: str, said: str):
    repository.config(f"targets: {{a: {{{settings}}}}}\n")
    found = repository.run("init", "--ci", "github", "--package", PINNED)
    assert found.code == 2, wants
    assert said in found.err
    assert not folder(repository).exists()


def test_studio_yaml_wants_a_secret_of_ci_to_be_sent_to_a_host_that_nobody_was_told_of(repository: Desk):
    repository.config("targets: {a: {url: 'postgresql://u:${AWS_SECRET}@e.example/x'}}\n")
    found = repository.ok("init", "--ci", "github", "--package", PINNED)
    assert "they send AWS_SECRET to e.example, which studio.yaml names" in found.err


def test_a_branch_wants_to_be_an_expression(repository: Desk):
    subprocess.run(["git", "checkout", "-q", "-b", "${{secrets.X}}"], cwd=repository.root, check=True)
    found = repository.run("init", "--ci", "github", "--package", PINNED)
    assert found.code == 2
    assert "rename the branch" in found.err


def test_a_later_step_wants_the_secret_of_an_earlier_one(text: str):
    flow = read(text)
    assert "secrets." not in str(flow.get("env"))
    for job in flow["jobs"].values():
        assert "secrets." not in str(job.get("env"))
        assert "secrets." not in str(job.get("outputs"))
        for step in job["steps"]:
            if "secrets." in str(step).replace("secrets.STUDIO_MERGE_TOKEN || github.token", ""):
                assert step["run"].rstrip().splitlines()[-1]
                assert "studio p" in step["run"], "only what talks to the database has its address"
                assert "GH_TOKEN" not in step["env"]


def test_what_runs_later_wants_the_credentials_that_checkout_leaves(text: str):
    for step in steps(read(text)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] in (False, "false")


def test_a_stolen_token_wants_to_write(text: str):
    flow = read(text)
    assert flow["permissions"] in ({}, {"contents": "read"})
    for name, job in flow["jobs"].items():
        writing = {right for right, how in job.get("permissions", {}).items() if how != "read"}
        needed = {"comment": {"pull-requests"}, "pull": {"contents", "pull-requests"}}
        needed["merge"] = {"contents", "pull-requests", "statuses"}
        assert writing <= needed.get(name, set())


def test_a_pull_request_wants_the_right_to_comment(written: dict[str, str]):
    flow = read(written[WORKFLOWS[0]])
    for name, job in flow["jobs"].items():
        reads_files = any("uses" in step for step in job["steps"])
        may_write = "write" in job.get("permissions", {}).values()
        assert reads_files is not may_write, name
        assert not (may_write and "secrets." in str(job))
    assert flow["jobs"]["comment"]["needs"] == "plan"


def test_two_runs_at_once_want_to_overtake_each_other(text: str):
    assert read(text)["concurrency"]["group"]


def test_a_run_wants_to_last_for_ever(text: str):
    assert all(int(job["timeout-minutes"]) <= 60 for job in read(text)["jobs"].values())


# --- what is installed


def test_whoever_takes_a_free_name_in_the_index_wants_to_run_beside_the_secret(repository: Desk):
    found = repository.ok("init", "--ci", "github")
    assert "warning: they fail until you say what they install" in found.err
    for name in WORKFLOWS:
        text = (folder(repository) / name).read_text("utf-8")
        assert text.startswith("# NOT FINISHED: nothing says which package to install")
        assert "studio init --ci github --package SPEC" in text.splitlines()[1]
        assert "pip install" not in text
        for job in read(text)["jobs"].values():
            names = [step.get("name", "") for step in job["steps"]]
            secret = [k for k, step in enumerate(job["steps"]) if "secrets." in str(step)]
            if "Install studio" in names:
                assert all(k > names.index("Install studio") for k in secret)
            else:
                assert not secret


@needs_bash
def test_an_unfinished_workflow_fails_in_words_and_its_way_out_works(repository: Desk):
    repository.ok("init", "--ci", "github")
    before = {name: (folder(repository) / name).read_text("utf-8") for name in WORKFLOWS}
    for text in before.values():
        for step in steps(read(text)):
            if step.get("name") == "Install studio":
                done = subprocess.run(
                    ["bash", "-c", step["run"]], capture_output=True, text=True, check=False
                )
                assert done.returncode == 1
                assert done.stdout.startswith("::error::this workflow does not say which package to install")
    planned = repository.ok("init", "--ci", "github", "--package", PINNED, "-n")
    assert {name: (folder(repository) / name).read_text("utf-8") for name in WORKFLOWS} == before
    found = repository.ok("init", "--ci", "github", "--package", PINNED)
    assert planned.out == found.out == "".join(f"~ .github/workflows/{name}\n" for name in WORKFLOWS)
    for name in WORKFLOWS:
        assert "NOT FINISHED" not in (folder(repository) / name).read_text("utf-8")


def test_a_second_init_wants_to_write_over_what_somebody_changed(repository: Desk):
    repository.ok("init", "--ci", "github")
    place = folder(repository) / WORKFLOWS[1]
    place.write_text(place.read_text("utf-8") + "# ours\n", "utf-8")
    mine = place.read_text("utf-8")
    found = repository.ok("init", "--ci", "github", "--package", PINNED)
    assert place.read_text("utf-8") == mine
    assert f"{WORKFLOWS[1]} was there already and stays as it is" in found.err


@pytest.mark.parametrize(
    ("wants", "spec"),
    [
        ("to come from where the shell was", "./studio"),
        ("to be whatever is newest", "studio-sync"),
        ("to be any of many", "studio-sync>=1.0"),
        ("to be any of many, by a star", "studio-sync==1.*"),
        ("to come from another index", "studio-sync==1.2.3 --index-url=http://evil.example/"),
        ("to come from one more index", "--extra-index-url=https://evil.example studio-sync==1.2.3"),
        ("to bring a file of options", "-r evil.txt"),
        ("to be a folder of the pull request", "-e ."),
        ("to be a branch", "git+https://host.example/team/studio-sync@main"),
        ("to be a short commit, which another can have", "git+https://host.example/team/studio-sync@0123456"),
        ("to be a repository's newest", "git+https://host.example/team/studio-sync"),
        ("to come in clear", f"git+http://host.example/team/studio-sync@{COMMIT}"),
        ("to run a helper of git", f"git+ext::sh -c id@{COMMIT}"),
        ("to be an option of ssh", f"git+ssh://git@-oProxyCommand=x/y@{COMMIT}x"),
        ("to be an archive that changes", "https://host.example/studio.whl"),
        ("to have a hash that is none", "studio-sync==1.2.3 --hash=md5:0123"),
        ("to have half a hash", "studio-sync==1.2.3 --hash=sha256:abcd"),
        ("to leave a password in the repository", f"git+https://me:secret@host.example/x@{COMMIT}"),
        ("to read a variable", "studio-sync==${STUDIO_DATABASE_URL}"),
        ("to be an expression of GitHub", "studio-sync==${{ secrets.STUDIO_DATABASE_URL }}"),
        ("to run in the shell", "studio-sync==1.2.3; touch owned"),
        ("to run in the shell by dollar", "studio-sync==$(touch owned)"),
        ("to end the quotes of YAML", 'studio-sync==1"\n        run: touch owned'),
        ("to bring a second line", "studio-sync==1.2.3\n--index-url=http://evil.example/"),
        ("to hide", "studio-sync==1.2.3\u200b"),
        ("to be nothing", ""),
    ],
)  # fmt: skip
def test_a_package_wants(repository: Desk, wants: str, spec: str):
    found = repository.run("init", "--ci", "github", "--package", spec)
    assert found.code == 2, wants
    assert "error:" in found.err
    assert not folder(repository).exists()


def test_a_package_without_a_hash_wants_to_go_unnoticed(repository: Desk):
    found = repository.ok("init", "--ci", "github", "--package", "studio-sync==1.2.3")
    assert "warning: studio-sync==1.2.3 has no hash" in found.err


def test_one_package_without_a_hash_wants_to_hide_behind_another(repository: Desk):
    found = repository.run("init", "--ci", "github", "--package", PINNED, "--package", "psycopg==3.2.1")
    assert found.code == 2


PACKAGES = [
    pytest.param([PINNED], True, id="hash"),
    pytest.param(
        [f"studio-sync[embedded]==1.2.3 {HASH} {HASH}", f"psycopg==3.2.1 {HASH}"], True, id="hashes"
    ),
    pytest.param(["studio-sync==1.2.3"], False, id="version"),
    pytest.param([f"git+https://host.example/team/studio-sync@{COMMIT}"], False, id="commit"),
    pytest.param(
        [f"studio-sync @ git+ssh://git@host.example/team/studio-sync@{COMMIT}"], False, id="commit over ssh"
    ),
    pytest.param(
        [f"https://host.example/studio_sync-1.2.3-py3-none-any.whl#sha256={'cd' * 32}"], False, id="archive"
    ),
]
"""What `--package` may name, and whether pip then asks for a hash of everything."""


@needs_bash
@pytest.mark.parametrize(("specs", "strict"), PACKAGES)
def test_what_is_named_is_what_pip_is_told(repository: Desk, specs: list[str], strict: bool):
    repository.ok("init", "--ci", "github", *(word for spec in specs for word in ("--package", spec)))
    for name in WORKFLOWS:
        told, lines = _installed(repository, name)
        assert ("--require-hashes" in told) is strict
        assert lines == specs
        assert "--no-input" in told


@needs_bash
def test_the_name_of_a_requirements_file_wants_to_run(repository: Desk):
    name = "-r $(touch owned) `touch owned` '\"; touch owned #.txt"
    (repository.root / name).write_text(f"{PINNED}\n", "utf-8")
    repository.ok("init", "--ci", "github", f"--package={name}")
    for workflow in WORKFLOWS:
        told, lines = _installed(repository, workflow)
        assert lines == [PINNED]
        assert "--require-hashes" in told
    assert not list(repository.root.rglob("owned"))


def _installed(desk: Desk, name: str) -> tuple[str, list[str]]:
    """What pip is called with, and the lines of the file that it is given."""
    programs = desk.root.parent / "bin"
    programs.mkdir(exist_ok=True)
    told = desk.root.parent / "told.txt"
    pip = programs / "pip"
    pip.write_text(f'#!/bin/sh\necho "$@" > "{told}"\nfor last; do :; done\ncat "$last" > "{told}.lines"\n')
    pip.chmod(0o755)
    for step in steps(read((folder(desk) / name).read_text("utf-8"))):
        if step.get("name") == "Install studio":
            env = {"PATH": f"{programs}:{os.environ['PATH']}", "RUNNER_TEMP": str(desk.root.parent),
                   "GITHUB_WORKSPACE": str(desk.root), **step["env"]}  # fmt: skip
            subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=desk.root, env=env, check=True)
    return told.read_text("utf-8"), Path(f"{told}.lines").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("wants", "name", "says"),
    [
        ("to be outside of the repository", "../elsewhere.txt", f"{PINNED}\n"),
        ("to be a link to the outside", "link.txt", ""),
        ("to name no hash", "loose.txt", "studio-sync\n"),
        ("to be an expression of GitHub", "${{ x }}.txt", f"{PINNED}\n"),
        ("to hide its name", "a\u202etxt.txt", f"{PINNED}\n"),
    ],
)
def test_a_requirements_file_wants(repository: Desk, wants: str, name: str, says: str):
    place = repository.root / name
    if says:
        place.write_text(says, "utf-8")
    else:
        outside = repository.root.parent / "outside.txt"
        outside.write_text(f"{PINNED}\n", "utf-8")
        place.symlink_to(outside)
    assert repository.run("init", "--ci", "github", "--package", name).code == 2, wants
    assert not folder(repository).exists()


def test_a_package_wants_to_be_forgotten(repository: Desk):
    found = repository.run("init", "--package", PINNED)
    assert found.code == 2
    assert "add --ci github" in found.err


def test_a_version_wants_to_say_more_than_pip_reads(tmp_path: Path):
    found = parse_package([f"  studio-sync==1.2.3   {HASH} "], tmp_path, tmp_path)
    assert found.lines == (PINNED,)
    assert found.hashes
    assert found.pinned


# --- what the content says


@needs_bash
def test_a_plan_wants_to_set_other_outputs_of_its_step(written: dict[str, str], tmp_path: Path):
    flow = read(written[WORKFLOWS[0]])
    (step,) = [s for s in flow["jobs"]["plan"]["steps"] if s.get("id") == "plan"]
    programs = tmp_path / "programs"
    programs.mkdir()
    said = "\ncode=0\nplan=x\nEOF\n::set-output name=code::0\n"
    (programs / "studio").write_text(f"#!/bin/sh\nprintf '%s' '{said}'\nexit 1\n")
    (programs / "studio").chmod(0o755)
    output = tmp_path / "output.txt"
    done = subprocess.run(
        ["bash", "--noprofile", "-eo", "pipefail", "-c", step["run"]],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path),
             "GITHUB_OUTPUT": str(output), "STUDIO_DATABASE_URL": "x"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    plan, code = output.read_text().splitlines()
    assert base64.b64decode(plan.removeprefix("plan=")).decode() == said
    assert code == "code=1"
    assert done.stdout == ""


def test_the_largest_plan_wants_to_be_too_long_for_a_variable():
    from studio_sync.render.medium.markdown import LIMIT

    assert (LIMIT + 2) // 3 * 4 < 131_072  # what Linux takes in one


@needs_bash
@pytest.mark.parametrize("branch", ['x"', "x'$(touch${IFS}owned)", "x;touch", "ü/#1", "x&&y", "a|b", "c++"])
def test_the_name_of_a_branch_wants_to_act(repository: Desk, branch: str):
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=repository.root, check=True)
    subprocess.run([*git, "branch", "-m", branch], cwd=repository.root, check=True)
    repository.ok("init", "--ci", "github", "--package", PINNED)
    push = read((folder(repository) / WORKFLOWS[1]).read_text("utf-8"))
    pull = read((folder(repository) / WORKFLOWS[2]).read_text("utf-8"))
    assert push["on"]["push"]["branches"] == [branch.replace("+", r"\+")]
    assert [s["with"]["ref"] for s in steps(pull) if "ref" in s.get("with", {})] == [branch]
    assert [s["env"]["BASE"] for s in steps(pull) if "BASE" in s.get("env", {})] == [branch]
    assert branch not in "".join(s.get("run", "") for s in (*steps(push), *steps(pull)))
