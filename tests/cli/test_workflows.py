"""The workflows of `studio init --ci github`: their own commands, in order, with real git and PostgreSQL."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studio_sync.files.yaml import yaml_reader as yaml_read
from tests.harness import C1, S1, S2, TREE, Desk, P

FILES = ("studio-validate.yml", "studio-push.yml", "studio-pull.yml", "studio-merge.yml")
GH = """#!/usr/bin/env python3
import json, os, sys
arguments = sys.argv[1:]
call = {"arguments": arguments, "body": ""}
for k, word in enumerate(arguments):
    if word == "--body-file":
        call["body"] = open(arguments[k + 1], encoding="utf-8").read()
    elif word.startswith("body=@"):
        call["body"] = open(word[6:], encoding="utf-8").read()
with open(os.environ["CALLS"], "a", encoding="utf-8") as log:
    print(json.dumps(call), file=log)
if os.environ.get("FAILS") and os.environ["FAILS"] in " ".join(arguments):
    sys.exit(1)
if "--jq" in arguments and "/commits/" in arguments[1]:
    print(os.environ["TOLD"])
elif "--jq" in arguments and os.environ.get("KNOWN"):
    print(os.environ["KNOWN"])
"""
PACKAGE = f"studio-sync==0.1.0 --hash=sha256:{'0' * 64}"
PIP = '#!/bin/sh\necho "$@" >> "$PIPS"; for last; do :; done; cat "$last" >> "$PIPS"\n'


def call(*command: str, cwd: Path) -> str:
    person = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
    person |= {k.replace("AUTHOR", "COMMITTER"): v for k, v in person.items()}
    env = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout.strip()


@dataclass
class Ran:
    """What a job did: its exit code, all that it printed, and how it called `gh`."""

    code: int
    text: str
    calls: list[dict[str, Any]]
    pips: str
    outputs: dict[str, str]


class GitHub:
    """A repository on GitHub, and the runners on which its workflows run."""

    def __init__(self, desk: Desk, place: Path) -> None:
        self.desk, self.place = desk, place
        self.origin = place / "origin.git"
        self.runs = 0
        self.bin = place / "bin"
        self.bin.mkdir()
        for name, text in (
            ("gh", GH),
            ("pip", PIP),
            ("studio", f'#!/bin/sh\nexec "{sys.executable}" -m studio_sync "$@"\n'),
        ):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        call("git", "init", "-q", "--bare", "-b", "main", str(self.origin), cwd=place)
        call("git", "init", "-q", "-b", "main", cwd=desk.root)
        call("git", "remote", "add", "origin", str(self.origin), cwd=desk.root)

    def commit(self, message: str, branch: str = "main") -> None:
        """A person commits all and pushes it to a branch."""
        self.git("checkout", "-q", "-B", branch)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", branch)

    def merge(self, branch: str) -> None:
        """A person merges a pull request, and has its outcome at the desk."""
        self.git("fetch", "-q", "origin")
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        self.git("push", "-q", "origin", "main")

    def git(self, *arguments: str) -> str:
        return call("git", *arguments, cwd=self.desk.root)

    def workflow(self, name: str) -> dict[str, Any]:
        text = (self.desk.root / ".github" / "workflows" / name).read_text("utf-8")
        found = yaml_read.read_yaml(text)
        assert isinstance(found, dict)
        return found

    def plan(self, *, branch: str = "main", known: str = "") -> Ran:
        """What a pull request brings about: the plan, and the comment of a job of its own."""
        planned = self.run("studio-validate.yml", "plan", branch=branch)
        assert (planned.code, planned.calls) == (0, []), planned.text
        return self.run("studio-validate.yml", "comment", known=known, needs=planned.outputs, secret=False)

    def run(
        self,
        name: str,
        job: str,
        *,
        branch: str = "main",
        secret: bool = True,
        known: str = "",
        needs: dict[str, str] | None = None,
        told: str = "",
        fails: str = "",
    ) -> Ran:
        """Run a job as GitHub does: a fresh clone, then each step's bash in its own environment."""
        self.runs += 1
        place = self.place / f"run-{self.runs}"
        place.mkdir()
        flow = self.workflow(name)
        outputs: dict[str, str] = {}
        values = {
            "secrets.STUDIO_DATABASE_URL": self.desk.url if secret else "",
            "github.token": "t0ken",
            "secrets.STUDIO_MERGE_TOKEN || github.token": "t0ken",
            "github.actor": "ada",
            "github.repository": "acme/training",
            "github.event.pull_request.number": "7",
            **{f"needs.plan.outputs.{key}": value for key, value in (needs or {}).items()},
        }
        text, code = "", 0
        where = flow["jobs"][job].get("defaults", flow["defaults"])
        (place / "work").mkdir()
        for step in flow["jobs"][job]["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                depth = ["--depth=1"] if step["with"].get("fetch-depth") is None else []
                source = f"file://{self.origin}"
                call("git", "clone", "-q", *depth, "-b", branch, source, str(place / "work"), cwd=place)
            if "run" not in step:
                continue
            found = {f"steps.{key}": value for key, value in outputs.items()}
            env = {
                key: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: (values | found)[m[1]], str(value))  # noqa: B023
                for key, value in step.get("env", {}).items()
            }
            output = place / "output.txt"
            output.write_text("")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=place / "work" / where["run"]["working-directory"],
                env={
                    "PATH": f"{self.bin}:{os.environ['PATH']}",
                    "HOME": str(place),
                    "PYTHONPATH": str(Path(__file__).parents[2]),
                    "CI": "true",
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_WORKSPACE": str(place / "work"),
                    "GITHUB_REPOSITORY": "acme/training",
                    "GITHUB_RUN_ID": str(self.runs),
                    "GITHUB_OUTPUT": str(output),
                    "RUNNER_TEMP": str(place),
                    "CALLS": str(place / "calls.jsonl"),
                    "PIPS": str(place / "pips.txt"),
                    "KNOWN": known,
                    "TOLD": told,
                    "FAILS": fails,
                    "STUDIO_HOME": str(place / "no-home"),
                    **env,
                },
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            text += done.stdout + done.stderr
            for line in output.read_text().splitlines():
                key, _, value = line.partition("=")
                outputs[f"{step['id']}.outputs.{key}"] = value
            if done.returncode:
                code = done.returncode
                break
        calls = place / "calls.jsonl"
        lines = calls.read_text("utf-8").splitlines() if calls.exists() else []
        pips = place / "pips.txt"
        said = {key.partition(".outputs.")[2]: value for key, value in outputs.items()}
        installed = pips.read_text() if pips.exists() else ""
        return Ran(code, text, [json.loads(line) for line in lines], installed, said)


@pytest.fixture
def github(desk: Desk, tmp_path: Path) -> GitHub:
    (desk.root / ".gitignore").write_text(".studio/\n")
    made = GitHub(desk, tmp_path)
    found = desk.ok("init", "--ci", "github", "--package", PACKAGE)
    assert found.out == "".join(f"+ .github/workflows/{name}\n" for name in FILES)
    assert "the secret STUDIO_DATABASE_URL" in found.err
    assert "warning" not in found.err
    return made


def title(desk: Desk, number: str) -> str:
    found: str = desk.one("SELECT title FROM sessions WHERE number = %s", number)
    return found


def test_the_workflows_carry_content_both_ways(github: GitHub):
    desk = github.desk
    github.commit("Begin")
    begun = github.run("studio-push.yml", "push")
    assert begun.code == 0, begun.text
    assert f"pushed: {len(TREE)} created" in begun.text
    assert "--require-hashes" in begun.pips
    assert PACKAGE in begun.pips

    # A pull request: it is validated, and its plan commented; later the comment is replaced.
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they listen")
    github.commit("Rename", "rename")
    assert github.run("studio-validate.yml", "validate", branch="rename").code == 0
    plan = github.plan(branch="rename")
    assert plan.code == 0, plan.text
    assert [c["arguments"][:4] for c in plan.calls if c["body"]] == [["api", "--silent", "-X", "POST"]]
    assert "- `~ session.md` · `title` · +1 -1 words" in plan.calls[-1]["body"]
    plan = github.plan(branch="rename", known="99")
    assert plan.calls[-1]["arguments"][3:5] == ["PATCH", "repos/acme/training/issues/comments/99"]
    assert title(desk, "1.1") == "Why leaders listen"

    # The merge is pushed, the ledger knows by whom.
    github.merge("rename")
    pushed = github.run("studio-push.yml", "push")
    assert pushed.code == 0, pushed.text
    assert title(desk, "1.1") == "Why they listen"
    assert desk.one("SELECT DISTINCT actor FROM studio_sync.runs WHERE source LIKE 'push%%'") == "ada"

    # The web app changes two records, one of which main changes, too: a conflict doesn't stop the other.
    desk.sql("UPDATE sessions SET title = 'Questions' WHERE number = '1.2'")
    desk.sql("UPDATE chapters SET title = 'Bases' WHERE title = 'Foundations'")
    desk.edit(f"{C1}/chapter.md", "title: Foundations", "title: Grounds")
    github.commit("Another word")
    assert github.run("studio-push.yml", "push").code == 1
    pulled = github.run("studio-pull.yml", "pull")
    assert pulled.code == 0, pulled.text
    (made,) = [c for c in pulled.calls if c["body"]]
    assert made["arguments"][:6] == ["pr", "create", "--head", "studio/pull", "--base", "main"]
    assert f"    ~ content/{S2}/session.md  (title)\n" in made["body"]
    assert f"content/{C1}/chapter.md: error[conflict]" in made["body"]
    assert "pulling from" not in made["body"]
    assert github.git("ls-remote", "origin", "studio/pull")
    again = github.run("studio-pull.yml", "pull", known="8")
    assert again.code == 0, again.text
    assert [c["arguments"][:3] for c in again.calls if c["body"]] == [["pr", "edit", "studio/pull"]]

    # What was pulled is merged, the conflict settled at the desk; then all agree.
    github.merge("studio/pull")
    assert "title: Questions" in desk.read(f"{S2}/session.md")
    assert "title: Grounds" in desk.read(f"{C1}/chapter.md")
    desk.run("diff")
    desk.ok("resolve", f"content/{C1}/chapter.md", "--keep", "files")
    assert github.run("studio-push.yml", "push").code == 0
    assert desk.one("SELECT title FROM chapters WHERE number = '01'") == "Grounds"
    assert "no file changed" in github.run("studio-pull.yml", "pull").text


def test_a_pull_request_that_is_refused_fails_and_says_which_line_a_commit_lacks(github: GitHub):
    github.commit("Begin")
    github.desk.ok("push")
    github.desk.remove(f"{P}/knowledge")
    github.desk.write(f"{S2}/video.md", "---\nstatus: approved\n---\n\nx\n")
    github.desk.write(f"{S2}/exercise.md", "---\nstatus: [\n---\n")
    github.commit("Break", "broken")
    checked = github.run("studio-validate.yml", "validate", branch="broken")
    assert checked.code == 1
    assert f"::error file=content/{S2}/exercise.md,line=" in checked.text
    plan = github.plan(branch="broken")
    assert plan.code == 1
    body = plan.calls[-1]["body"]
    assert f"Studio-Delete: content/{P}/knowledge/brief.md\nStudio-Import: content/{S2}/video.md why" in body


def test_without_its_secret_a_pull_request_is_only_validated(github: GitHub):
    github.commit("Begin")
    plan = github.run("studio-validate.yml", "plan", secret=False)
    assert (plan.code, plan.calls, plan.outputs) == (0, [], {})
    assert "::notice::there is no secret" in plan.text
    for name, job in (("studio-push.yml", "push"), ("studio-pull.yml", "pull")):
        found = github.run(name, job, secret=False)
        assert found.code == 1
        assert "::error::set the secret" in found.text


def test_what_somebody_added_to_the_branch_of_a_pull_is_left_alone(github: GitHub):
    desk = github.desk
    github.commit("Begin")
    desk.ok("push")
    desk.sql("UPDATE sessions SET title = 'Questions' WHERE number = '1.2'")
    assert github.run("studio-pull.yml", "pull").code == 0
    github.git("fetch", "-q", "origin")
    github.git("checkout", "-q", "studio/pull")
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
    github.commit("Mine", "studio/pull")
    mine = github.git("rev-parse", "HEAD")
    found = github.run("studio-pull.yml", "pull")
    assert found.code == 0, found.text
    assert github.git("ls-remote", "origin", "studio/pull").split()[0] == mine
    assert found.calls[-1]["arguments"][3] == f"studio/pull-{github.runs}"


def test_a_workflow_asks_for_little_and_runs_nothing_that_an_event_says(github: GitHub):
    for name in FILES:
        flow = github.workflow(name)
        text = (github.desk.root / ".github" / "workflows" / name).read_text("utf-8")
        assert "<<" not in text
        assert ("pull_request_target" in text) == (name == FILES[3])
        assert flow["concurrency"]["group"]
        for job in flow["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
    assert github.workflow(FILES[0])["permissions"] == {"contents": "read"}
    assert github.workflow(FILES[1])["permissions"] == {"contents": "read"}
    assert github.workflow(FILES[2])["permissions"] == {}
    rights = github.workflow(FILES[2])["jobs"]["pull"]["permissions"]
    assert rights == {"contents": "write", "pull-requests": "write"}
    plan = github.workflow(FILES[0])["jobs"]["plan"]
    assert plan["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert "STUDIO_DATABASE_URL" not in json.dumps(github.workflow(FILES[0])["jobs"]["validate"])
    assert github.workflow(FILES[1])["on"] == {"push": {"branches": ["main"]}}
    (merge,) = github.workflow(FILES[3])["jobs"].values()
    assert github.workflow(FILES[3])["permissions"] == {}
    assert merge["permissions"] == {"contents": "write", "pull-requests": "write", "statuses": "write"}
    assert [step["with"]["ref"] for step in merge["steps"] if "checkout" in step.get("uses", "")] == ["main"]
    assert "STUDIO_DATABASE_URL" not in json.dumps(merge)


def test_a_pull_request_that_git_cannot_merge_is_merged_by_field_and_a_real_conflict_is_named(github: GitHub):
    desk = github.desk
    desk.ok("init", "--git")
    github.git("config", "--remove-section", "merge.studio")
    # What a branch brings is never run, and never says what is run.
    hurt = github.place / "hurt"
    github.commit("Begin")
    sides = {
        "title": ("Why leaders", "When leaders"),
        "hook": ("Nobody told", "None told"),
        "same": ("Why leaders", "How leaders"),
    }
    for branch, (old, new) in sides.items():
        github.git("checkout", "-q", "main")
        desk.edit(f"{S1}/session.md", old, new)
        for name in ("studio", "git", "pip", "studio_sync/__init__.py", "click.py"):
            (desk.root / name).parent.mkdir(exist_ok=True)
            (desk.root / name).write_text(f"#!/bin/sh\ntouch {hurt}\n")
            (desk.root / name).chmod(0o755)
        (desk.root / ".gitattributes").write_text("* merge=hurt filter=hurt\n")
        github.commit("Edit", branch)
    github.git("checkout", "-q", "main")
    desk.edit(f"{S1}/session.md", "Why leaders", "Whether leaders")
    desk.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes: 25")
    github.commit("Ours")
    heads = {branch: github.git("rev-parse", branch) for branch in sides}
    known = "\n".join(f"{n} {heads[branch]} {branch}" for n, branch in enumerate(("hook", "same"), 7))
    found = github.run("studio-merge.yml", "merge", known=known)
    assert found.code == 1, found.text
    assert not hurt.exists()
    said = [c["arguments"] for c in found.calls if "/statuses/" in str(c["arguments"])]
    states = [dict(a.split("=", 1) for a in words if "=" in a) | {"at": words[4][-40:]} for words in said]
    github.git("fetch", "-q", "origin")
    merged = github.git("rev-parse", "origin/hook")
    assert [(s["at"], s["state"]) for s in states] == [(merged, "success"), (heads["same"], "failure")]
    assert github.git("log", "-1", "--format=%P", merged).split() == [
        heads["hook"],
        github.git("rev-parse", "main"),
    ]
    text = github.git("show", f"{merged}:content/{S1}/session.md")
    assert "Whether leaders" in text
    assert "None told" in text
    assert "estimated_minutes: 25" in text
    assert github.git("rev-parse", "origin/same") == heads["same"]
    said = [c["body"] for c in found.calls if c["body"]]
    assert "field by field" in said[0]
    assert "somebody has to decide" in said[1]
    assert all(f"    content/{S1}/session.md\n" in body for body in said), said
    assert github.git("log", "-1", "--format=%B", merged).endswith(f"in:\n\n    content/{S1}/session.md")
    # What was said of a commit is not said again, whoever starts the run; what fails for one stops no other.
    known = f"8 {heads['same']} same"
    again = github.run("studio-merge.yml", "merge", known=known, told="conflicts with main")
    assert (again.code, [c for c in again.calls if c["body"] or "POST" in c["arguments"]]) == (1, [])
    both = f"{known}\n9 {heads['same']} same"
    for fails in ("pr comment 8", "api --silent"):
        again = github.run("studio-merge.yml", "merge", known=both, fails=fails)
        assert again.code == 1
        assert [c["arguments"][2] for c in again.calls if c["body"]] == ["8", "9"]
    # Once more, nothing is left to do for the one; and what git merges by itself is left to it.
    known = f"7 {merged} hook\n9 {heads['title']} title"
    again = github.run("studio-merge.yml", "merge", known=known)
    assert [a.partition("=")[2] for c in again.calls for a in c["arguments"] if a.startswith("state=")] == [
        "success",
        "failure",
    ]


def test_the_scripts_are_sound_bash(github: GitHub):
    for name in FILES:
        for job in github.workflow(name)["jobs"].values():
            for step in job["steps"]:
                call("bash", "-n", "-c", step.get("run", ":"), cwd=github.place)
                if shutil.which("shellcheck"):
                    script = github.place / "step.sh"
                    script.write_text("#!/bin/bash\nset -eo pipefail\n" + step.get("run", ":"))
                    call("shellcheck", str(script), cwd=github.place)


def test_a_workspace_inside_a_repository_has_its_workflows_at_the_top(desk: Desk):
    top = desk.root.parent
    call("git", "init", "-q", cwd=top)
    desk.config("name: desk\ntargets:\n  live:\n    url: ${LIVE_URL}\n    push: ci\n")
    planned = desk.ok("init", "--ci", "github", "-n")
    assert not (top / ".github").exists()
    found = desk.ok("init", "--ci", "github")
    assert planned.out == found.out == "".join(f"+ ../.github/workflows/{name}\n" for name in FILES)
    flow = yaml_read.read_yaml((top / ".github/workflows/studio-push.yml").read_text("utf-8"))
    assert flow["defaults"]["run"]["working-directory"] == "desk"
    (step,) = [s for s in flow["jobs"]["push"]["steps"] if s.get("name") == "Push"]
    assert step["env"]["LIVE_URL"] == "${{ secrets.LIVE_URL }}"
    assert "was there already" in desk.ok("init", "--ci", "github").err


@pytest.mark.parametrize(
    ("does", "branch"),
    [
        ([], "main"),
        ([["init", "-q", "-b", "trunk"]], "trunk"),
        ([["init", "-q", "-b", "master"], ["commit", "-q", "--allow-empty", "-m", "x"]], "master"),
        (
            [["init", "-q", "-b", "master"], ["commit", "-q", "--allow-empty", "-m", "x"],
             ["checkout", "-q", "-b", "a/topic"]], "master",
        ),
        (
            [["init", "-q", "-b", "a/topic"], ["remote", "add", "origin", "."],
             ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/1"]], "release/1",
        ),
    ],
    ids=["no repository", "nothing committed", "one branch", "a topic", "a clone"],
)  # fmt: skip
def test_they_serve_the_branch_that_merges_go_to_and_name_it(desk: Desk, does: list[list[str]], branch: str):
    for arguments in does:
        call("git", *arguments, cwd=desk.root)
    assert f"for the branch {branch}:" in desk.ok("init", "--ci", "github").err
    flow = yaml_read.read_yaml((desk.root / ".github/workflows/studio-push.yml").read_text("utf-8"))
    assert flow["on"]["push"]["branches"] == [branch]


def test_a_new_workspace_can_have_them_from_the_start(tmp_path: Path, desk: Desk):
    found = desk.run("init", "new", "--ci", "github", cwd=tmp_path)
    assert found.code == 0, found
    assert {p.name for p in (tmp_path / "new/.github/workflows").iterdir()} == set(FILES)
