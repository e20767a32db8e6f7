"""What would act in GitLab's CI, beside the address of the production database: an image, a fork, a plan."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from studio_sync.files.yaml import yaml_reader as yaml_read
from tests.harness import Desk
from tests.security.test_ci import COMMIT, HASH, PACKAGES, PINNED, needs_bash, repository  # noqa: F401

IMAGE = re.compile(r"python:3\.13-bookworm@sha256:[0-9a-f]{64}")
SAME_PROJECT = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
PROTECTED = {"studio-push", "studio-pull"}
HOSTILE = "-r $(touch owned) `touch owned` '\"; touch owned #.txt"


def written(desk: Desk, *arguments: str) -> dict[str, Any]:
    desk.ok("init", "--ci", "gitlab", *arguments)
    found = yaml_read.read_yaml(text_of(desk))
    assert isinstance(found, dict)
    return found


def text_of(desk: Desk) -> str:
    return (desk.root / ".gitlab/studio.yml").read_text("utf-8")


@pytest.fixture
def pipeline(repository: Desk) -> dict[str, Any]:  # noqa: F811
    return written(repository, "--package", PINNED)


def jobs(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: job for name, job in pipeline.items() if not name.startswith(".")}


def script(job: dict[str, Any]) -> str:
    return "\n".join(job["script"])


def test_whoever_moves_the_tag_of_an_image_wants_to_run_in_its_place(pipeline: dict[str, Any]):
    assert IMAGE.fullmatch(pipeline[".studio"]["image"])
    for job in jobs(pipeline).values():
        assert job.get("extends") == ".studio" or IMAGE.fullmatch(job["image"])
        assert "services" not in job
    assert "include" not in pipeline


def test_a_fork_wants_the_address_of_the_database(pipeline: dict[str, Any]):
    """Only what checks files runs for it, in no environment: so it gets the variable of none."""
    for name, job in jobs(pipeline).items():
        rules = [rule["if"] for rule in job["rules"]]
        assert rules
        if name == "studio-validate":
            assert "environment" not in job
            assert "STUDIO_DATABASE_URL" not in script(job)
        else:
            assert job["environment"]["name"] == name
            assert all(SAME_PROJECT in rule or "merge_request" not in rule for rule in rules)


def test_a_merge_request_wants_what_only_a_protected_branch_may_use(pipeline: dict[str, Any]):
    """Each environment has a variable of its own, and what writes runs on the default branch alone."""
    for name in PROTECTED:
        for rule in jobs(pipeline)[name]["rules"]:
            assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"]
            assert "merge_request_event" not in rule["if"]
    for name, job in jobs(pipeline).items():
        writes = re.search(r"studio (push(?! -n)|pull)", script(job))
        assert bool(writes) is (name in PROTECTED)


def test_a_secret_wants_to_stand_in_the_repository(repository: Desk):  # noqa: F811
    repository.config("name: desk\ntargets:\n  live:\n    url: postgresql://u:${PW}@db.example.org/x\n")
    written(repository, "--package", PINNED)
    text = text_of(repository)
    assert "PW" in text
    assert "db.example.org" in text  # the host that CI may connect with
    assert "postgresql://" not in text
    assert "url" not in text.partition("studio-validate:")[0].lower()
    for name, job in yaml_read.read_yaml(text).items():
        for variable in job.get("variables", {}):
            assert not re.search(r"TOKEN|PW|URL", variable), name


def test_what_pip_builds_wants_the_address_of_the_database(repository: Desk):  # noqa: F811
    repository.config("name: desk\ntargets:\n  live:\n    url: ${LIVE_URL}\n")
    (install,) = written(repository, "--package", PINNED)[".studio"]["before_script"]
    assert "env -u LIVE_URL -u STUDIO_PULL_TOKEN" in install


def test_a_merge_request_wants_the_right_to_comment(pipeline: dict[str, Any]):
    """What has the token reads no file of the merge request and installs nothing."""
    for name, job in jobs(pipeline).items():
        if "STUDIO_NOTE_TOKEN" in script(job):
            assert name == "studio-note"
            assert "extends" not in job
            assert job["variables"] == {"GIT_STRATEGY": "none"}
            assert "before_script" not in job
            assert not re.search(r"\b(pip|studio (?!-))", script(job).replace("job studio-plan", ""))


def test_a_title_or_a_branch_wants_to_become_part_of_a_script(pipeline: dict[str, Any]):
    """Scripts are fixed texts: GitLab puts nothing into them, and the shell reads variables in quotes."""
    for job in jobs(pipeline).values():
        assert "$[[" not in script(job)
        for line in script(job).splitlines():
            for found in re.finditer(r"\$\{?(CI_\w*(?:TITLE|DESCRIPTION|REF|BRANCH|MESSAGE)\w*)", line):
                assert found[1] == "CI_DEFAULT_BRANCH", line


@needs_bash
@pytest.mark.parametrize(
    "command", ["/merge", "  /close", "\t/assign @eve", "```\n/approve\n```", "\n/label ~x"]
)
def test_a_plan_wants_to_command_the_merge_request(pipeline: dict[str, Any], tmp_path: Path, command: str):
    """GitLab acts on a line of a note that begins with a slash, also of one that a token wrote."""
    (tmp_path / "studio-plan.md").write_text(f"plan\n{command}\nend\n", "utf-8")
    (tmp_path / "urllib").mkdir()
    (tmp_path / "urllib/__init__.py").write_text("")
    (tmp_path / "urllib/request.py").write_text(
        "import io\n"
        "class Request:\n"
        "    def __init__(self, url, data, headers, method):\n"
        "        if data: open('sent.json', 'wb').write(data)\n"
        "        self.url = url\n"
        "def urlopen(request, timeout):\n"
        "    return io.BytesIO(b'{\"id\": 5}' if request.url.endswith('/user') else b'[]')\n"
    )
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script(pipeline["studio-note"])], cwd=tmp_path, check=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "STUDIO_NOTE_TOKEN": "t", "CI_API_V4_URL": "http://x",
             "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "7"},
    )  # fmt: skip
    body = json.loads((tmp_path / "sent.json").read_bytes())["body"]
    assert not [line for line in body.splitlines() if line.lstrip().startswith("/")]
    assert command.strip().partition("/")[2] in body


def test_two_runs_at_once_want_to_overtake_each_other(pipeline: dict[str, Any]):
    for name, job in jobs(pipeline).items():
        assert job.get("resource_group") == (name if name in PROTECTED else None)
        assert job["interruptible"] is (name not in PROTECTED)


def test_a_run_wants_to_last_for_ever(pipeline: dict[str, Any]):
    assert {job["timeout"] for job in jobs(pipeline).values()} <= {"5 minutes", "15 minutes", "1 hour"}


@needs_bash
def test_whoever_takes_a_free_name_in_the_index_wants_to_run_beside_the_secret(repository: Desk):  # noqa: F811
    found = repository.ok("init", "--ci", "gitlab")
    assert "warning: they fail until you say what they install" in found.err
    before = text_of(repository)
    assert before.startswith("# NOT FINISHED: nothing says which package to install")
    assert "studio init --ci gitlab --package SPEC" in before.splitlines()[1]
    assert "pip install" not in before
    (install,) = written(repository)[".studio"]["before_script"]
    done = subprocess.run(["bash", "-c", install], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("this pipeline does not say which package to install")
    # The way out that it names finishes it, and only what nobody changed.
    planned = repository.ok("init", "--ci", "gitlab", "--package", PINNED, "-n")
    assert text_of(repository) == before
    assert repository.ok("init", "--ci", "gitlab", "--package", PINNED).out == planned.out
    assert planned.out == "~ .gitlab/studio.yml\n"
    assert "NOT FINISHED" not in text_of(repository)


def test_a_second_init_wants_to_write_over_what_somebody_changed(repository: Desk):  # noqa: F811
    repository.ok("init", "--ci", "gitlab")
    place = repository.root / ".gitlab/studio.yml"
    place.write_text(place.read_text("utf-8") + "# ours\n", "utf-8")
    found = repository.ok("init", "--ci", "gitlab", "--package", PINNED)
    assert place.read_text("utf-8").endswith("# ours\n")
    assert ".gitlab/studio.yml was there already and stays as it is" in found.err


@needs_bash
@pytest.mark.parametrize(
    ("specs", "strict"),
    [*PACKAGES, pytest.param([HOSTILE], True, id="a file whose name wants to run")],
)
def test_what_is_named_is_what_pip_is_told(repository: Desk, specs: list[str], strict: bool):  # noqa: F811
    if specs == [HOSTILE]:
        (repository.root / HOSTILE).write_text(f"{PINNED}\n", "utf-8")
    job = written(repository, *(f"--package={spec}" for spec in specs))[".studio"]
    for value in job["variables"].values():
        assert isinstance(value, str) or value["expand"] is False
        assert isinstance(value, dict) or "$" not in value, "GitLab would put a variable there"
    programs = repository.root.parent / "bin"
    programs.mkdir()
    told = repository.root.parent / "told.txt"
    (programs / "pip").write_text(
        f'#!/bin/sh\necho "$@" > "{told}"\nfor last; do :; done\ncat "$last" > "{told}.lines"\n'
    )
    (programs / "pip").chmod(0o755)
    values = {k: v if isinstance(v, str) else v["value"] for k, v in job["variables"].items()}
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", job["before_script"][0]], cwd=repository.root, check=True,
        env={"PATH": f"{programs}:/usr/bin:/bin", **values},
    )  # fmt: skip
    assert ("--require-hashes" in told.read_text("utf-8")) is strict
    lines = Path(f"{told}.lines").read_text("utf-8").splitlines()
    assert lines == ([PINNED] if specs == [HOSTILE] else specs)
    assert not list(repository.root.rglob("owned"))


@pytest.mark.parametrize(
    "spec",
    ["studio-sync", "git+https://host.example/x@main", "-r evil.txt", "studio-sync==1;touch owned", ""],
)
def test_a_package_wants_to_be_anything(repository: Desk, spec: str):  # noqa: F811
    assert repository.run("init", "--ci", "gitlab", f"--package={spec}").code == 2
    assert not (repository.root / ".gitlab").exists()
