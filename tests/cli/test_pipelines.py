"""The jobs of `studio init --ci gitlab`: their scripts, real git and PostgreSQL, an API over HTTP."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from studio_sync.cli.printing.markdown_plan import MARK
from studio_sync.files.yaml import yaml_reader as yaml_read
from tests.harness import S1, S2, TREE, Desk

JOBS = ("studio-validate", "studio-plan", "studio-note", "studio-push", "studio-pull")
PACKAGE = f"studio-sync==0.1.0 --hash=sha256:{'0' * 64}"
PIP = '#!/bin/sh\nenv >> "$PIPS"; echo "$@" >> "$PIPS"; for last; do :; done; cat "$last" >> "$PIPS"\n'
FORK = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}


def git(*arguments: str, cwd: Path) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.org"}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def holds(rule: str, variables: dict[str, str]) -> bool:
    """Whether the `if` of a rule holds: comparisons of variables and texts, joined by &&."""
    for part in rule.split("&&"):
        left, right = (
            variables.get(side.strip()[1:], "") if side.strip().startswith("$") else side.strip().strip('"')
            for side in part.split("==")
        )
        if left != right:
            return False
    return True


@dataclass
class Api:
    """The notes of a merge request, as the API of GitLab has them."""

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, body: bytes) -> object:
        if path == "/user":
            return {"id": 5}
        named = re.fullmatch(
            r"/projects/1/merge_requests/7/notes(?:/(\d+)|\?sort=asc&per_page=100&page=(\d+))?", path
        )
        assert named, path
        if method == "GET":
            start = (int(named[2]) - 1) * 100
            return self.notes[start : start + 100]
        if method == "PUT":
            self.notes[int(named[1])]["body"] = json.loads(body)["body"]
        else:
            self.notes.append(note(len(self.notes), 5, json.loads(body)["body"]))
        return {}


def note(number: int, author: int, body: str) -> dict[str, Any]:
    return {"id": number, "author": {"id": author}, "body": body}


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.tokens.add(self.headers["PRIVATE-TOKEN"])
            text = json.dumps(found.answer(self.command, self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Ran:
    """What a job did: its exit code, all that it printed, what pip was told, and its artifacts."""

    code: int
    text: str
    pips: str
    artifacts: dict[str, str]


class GitLab:
    """A project on GitLab, and the runner that runs its jobs."""

    def __init__(self, desk: Desk, place: Path, api: Api) -> None:
        self.desk, self.place, self.api = desk, place, api
        self.origin = place / "acme" / "training.git"
        self.runs = 0
        self.bin = place / "bin"
        self.bin.mkdir()
        for name, text in (
            ("pip", PIP),
            ("studio", f'#!/bin/sh\nexec "{sys.executable}" -m studio_sync "$@"\n'),
        ):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        git("init", "-q", "--bare", "-b", "main", str(self.origin), cwd=place)
        git("config", "receive.advertisePushOptions", "true", cwd=self.origin)
        hook = self.origin / "hooks" / "post-receive"
        hook.write_text(f'#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_[0-9] | sort >> "{place}/options"\n')
        hook.chmod(0o755)
        git("init", "-q", "-b", "main", cwd=desk.root)
        git("remote", "add", "origin", str(self.origin), cwd=desk.root)

    @property
    def pipeline(self) -> dict[str, Any]:
        found = yaml_read.read_yaml((self.desk.root / ".gitlab" / "studio.yml").read_text("utf-8"))
        assert isinstance(found, dict)
        return found

    def commit(self, message: str, branch: str = "main") -> None:
        """A person commits all and pushes it to a branch."""
        git("checkout", "-q", "-B", branch, cwd=self.desk.root)
        git("add", "-A", cwd=self.desk.root)
        git("commit", "-q", "-m", message, cwd=self.desk.root)
        git("push", "-q", "origin", branch, cwd=self.desk.root)

    def jobs(self, variables: dict[str, str]) -> list[str]:
        """The jobs of the pipeline that GitLab makes for this event."""
        found = {name: job for name, job in self.pipeline.items() if not name.startswith(".")}
        return [
            name for name, job in found.items() if any(holds(rule["if"], variables) for rule in job["rules"])
        ]

    def merge_request(self, **more: str) -> dict[str, str]:
        return {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_PROJECT_ID": "1",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
            "CI_MERGE_REQUEST_IID": "7",
        } | more

    def run(
        self,
        name: str,
        variables: dict[str, str] | None = None,
        *,
        branch: str = "main",
        artifacts: dict[str, str] | None = None,
        secrets: dict[str, str] | None = None,
    ) -> Ran:
        """Run a job as the runner does: a fresh clone, then both scripts in one bash."""
        self.runs += 1
        place = self.place / f"run-{self.runs}"
        work = place / "work"
        job = self.pipeline[name]
        job = (self.pipeline[job["extends"]] if "extends" in job else {}) | job
        shared = self.pipeline[".studio"]["variables"] if "extends" in self.pipeline[name] else {}
        own = shared | self.pipeline[name].get("variables", {})
        if own["GIT_STRATEGY"] == "none":
            work.mkdir(parents=True)
        else:
            place.mkdir()
            git("clone", "-q", "-b", branch, f"file://{self.origin}", str(work), cwd=place)
        for path, text in (artifacts or {}).items():
            (work / path).write_text(text, "utf-8")
        given = {"STUDIO_DATABASE_URL": self.desk.url} if secrets is None else secrets
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c",
             "\n".join([*job.get("before_script", ()), *job["script"]])],
            cwd=work,
            env={
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "HOME": str(place), "PYTHONPATH": str(Path(__file__).parents[2]),
                "PIPS": str(place / "pips.txt"), "STUDIO_HOME": str(place / "no-home"),
                "CI": "true", "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada",
                "CI_PROJECT_DIR": str(work), "CI_PROJECT_ID": "1", "CI_PROJECT_PATH": "acme/training",
                "CI_SERVER_URL": f"file://{self.place}", "CI_SERVER_HOST": "gitlab.example",
                "CI_API_V4_URL": self.api.url, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": branch,
                "CI_PIPELINE_ID": str(self.runs), "CI_JOB_URL": f"https://gitlab.example/jobs/{self.runs}",
                **{key: v["value"] if isinstance(v, dict) else str(v) for key, v in own.items()},
                **(variables or {}), **given,
            },
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        kept = job.get("artifacts", {})
        paths = [*kept.get("paths", ()), *kept.get("reports", {}).values()]
        found = {path: (work / path).read_text("utf-8") for path in paths if (work / path).exists()}
        pips = place / "pips.txt"
        return Ran(
            done.returncode, done.stdout + done.stderr, pips.read_text() if pips.exists() else "", found
        )

    def note(self, artifacts: dict[str, str], token: str = "t") -> Ran:
        """Run the job that writes the note."""
        secrets = {"STUDIO_NOTE_TOKEN": token} if token else {}
        return self.run("studio-note", self.merge_request(), artifacts=artifacts, secrets=secrets)


@pytest.fixture
def gitlab(desk: Desk, tmp_path: Path, api: Api) -> GitLab:
    (desk.root / ".gitignore").write_text(".studio/\n")
    made = GitLab(desk, tmp_path, api)
    found = desk.ok("init", "--ci", "gitlab", "--package", PACKAGE)
    assert found.out == "+ .gitlab/studio.yml\n+ .gitlab-ci.yml\n"
    assert "the variable STUDIO_DATABASE_URL, protected" in found.err
    assert "warning" not in found.err
    return made


def test_the_jobs_carry_content_both_ways(gitlab: GitLab):
    desk = gitlab.desk
    gitlab.commit("Begin")
    begun = gitlab.run("studio-push")
    assert begun.code == 0, begun.text
    assert f"pushed: {len(TREE)} created" in begun.text
    assert "--require-hashes" in begun.pips
    assert PACKAGE in begun.pips
    assert desk.url not in begun.pips, "what pip builds must not see the database"
    assert desk.one("SELECT DISTINCT actor FROM studio_sync.runs WHERE source LIKE 'push%%'") == "ada"

    # A merge request: a mistake stands at its line, the plan in the log, an artifact and a note.
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they listen")
    desk.write(f"{S2}/exercise.md", "---\nstatus: [\n---\n")
    gitlab.commit("Rename", "rename")
    checked = gitlab.run("studio-validate", branch="rename", secrets={})
    assert checked.code == 1
    (report,) = json.loads(checked.artifacts["gl-code-quality-report.json"])
    assert report["location"]["path"] == f"content/{S2}/exercise.md"
    assert f"content/{S2}/exercise.md:" in checked.text
    plan = gitlab.run("studio-plan", gitlab.merge_request(), branch="rename")
    assert plan.code == 1, plan.text
    assert "- `~ session.md` · `title` · +1 -1 words" in plan.artifacts["studio-plan.md"]
    assert plan.artifacts["studio-plan.md"] in plan.text
    assert plan.artifacts["studio-plan.md"].startswith(MARK)
    for _ in range(2):  # the second replaces the first
        told = gitlab.run(
            "studio-note",
            gitlab.merge_request(),
            artifacts=plan.artifacts,
            secrets={"STUDIO_NOTE_TOKEN": "t"},
        )
        assert told.code == 0, told.text
    assert [n["body"] for n in gitlab.api.notes] == [plan.artifacts["studio-plan.md"]]
    assert gitlab.api.tokens == {"t"}
    assert desk.one("SELECT title FROM sessions WHERE number = '1.1'") == "Why leaders listen"


def test_what_changed_in_the_database_is_proposed_and_what_somebody_added_to_it_is_left_alone(gitlab: GitLab):
    desk, secrets = gitlab.desk, {"STUDIO_DATABASE_URL": gitlab.desk.url, "STUDIO_PULL_TOKEN": "t"}
    gitlab.commit("Begin")
    desk.ok("push")
    idle = gitlab.run("studio-pull", secrets=secrets)
    assert (idle.code, git("branch", "--list", "studio/*", cwd=gitlab.origin)) == (0, ""), idle.text
    assert "no file changed" in idle.text
    desk.sql("UPDATE sessions SET title = 'Questions' WHERE number = '1.2'")
    for _ in range(2):  # the second night makes it anew
        pulled = gitlab.run("studio-pull", secrets=secrets)
        assert pulled.code == 0, pulled.text
    options = (gitlab.place / "options").read_text().splitlines()
    assert options[0] == "GIT_PUSH_OPTION_0=merge_request.create"
    assert options[1] == "GIT_PUSH_OPTION_1=merge_request.target=main"
    git("fetch", "-q", "origin", cwd=desk.root)
    git("checkout", "-q", "studio/pull", cwd=desk.root)
    assert "title: Questions" in desk.read(f"{S2}/session.md")
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
    gitlab.commit("Mine", "studio/pull")
    mine = git("rev-parse", "HEAD", cwd=desk.root)
    git("checkout", "-q", "main", cwd=desk.root)
    # A conflict stays out of it, is named, and fails the job.
    desk.sql("UPDATE sessions SET hook = 'Hear.' WHERE number = '1.1'")
    desk.edit(f"{S2}/session.md", "title: Asking", "title: Ask")
    gitlab.commit("Ours")
    left = gitlab.run("studio-pull", secrets=secrets)
    assert left.code == 1, left.text
    assert git("rev-parse", "studio/pull", cwd=gitlab.origin) == mine
    assert git("rev-parse", f"studio/pull-{gitlab.runs}", cwd=gitlab.origin)
    assert f"content/{S2}/session.md: error[conflict]" in left.text


def test_each_event_starts_its_own_jobs_and_a_fork_gets_no_secret(gitlab: GitLab):
    push = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    night = push | {"CI_PIPELINE_SOURCE": "schedule"}
    assert gitlab.jobs(gitlab.merge_request()) == [*JOBS[:3]]
    assert gitlab.jobs(gitlab.merge_request(**FORK)) == ["studio-validate"]
    assert gitlab.jobs(push) == ["studio-push"]
    assert gitlab.jobs(push | {"CI_COMMIT_BRANCH": "topic"}) == []
    assert gitlab.jobs(night) == []
    assert gitlab.jobs(night | {"STUDIO_JOB": "pull"}) == ["studio-pull"]
    assert gitlab.jobs(night | {"STUDIO_JOB": "pull", "CI_COMMIT_BRANCH": "topic"}) == []


def test_without_its_variables_a_job_says_which_one_is_missing(gitlab: GitLab):
    gitlab.commit("Begin")
    plan = gitlab.run("studio-plan", gitlab.merge_request(), secrets={})
    assert (plan.code, plan.artifacts) == (0, {})
    assert "there is no variable STUDIO_DATABASE_URL for the environment studio-plan" in plan.text
    told = gitlab.note({"studio-plan.md": "x"}, token="")
    assert told.code == 0
    assert "there is no STUDIO_NOTE_TOKEN" in told.text
    assert gitlab.api.notes == []
    for name in ("studio-push", "studio-pull"):
        found = gitlab.run(name, secrets={})
        assert found.code == 1
        assert "STUDIO_DATABASE_URL" in found.text.splitlines()[-1]


def test_a_note_of_somebody_else_stays_and_pages_of_notes_are_read(gitlab: GitLab):
    gitlab.api.notes = [note(number, 5, "words") for number in range(150)]
    gitlab.api.notes[3] = note(3, 6, f"{MARK} theirs")
    gitlab.api.notes[120] = note(120, 5, f"{MARK} old")
    plan = {"studio-plan.md": f"{MARK}\n### A plan\n"}
    told = gitlab.note(plan)
    assert told.code == 0, told.text
    assert len(gitlab.api.notes) == 150
    assert gitlab.api.notes[3]["body"] == f"{MARK} theirs"
    assert gitlab.api.notes[120]["body"] == plan["studio-plan.md"]


def test_the_scripts_are_sound_bash(gitlab: GitLab):
    for name in JOBS:
        job = gitlab.pipeline[name]
        script = "\n".join([*gitlab.pipeline[".studio"]["before_script"], *job["script"]])
        assert "<<" not in script.replace("<<'END'", "")
        subprocess.run(["bash", "-n", "-c", script], check=True)
        if shutil.which("shellcheck"):
            place = gitlab.place / "script.sh"
            place.write_text(f"#!/bin/bash\nset -eo pipefail\n{script}")
            subprocess.run(["shellcheck", str(place)], check=True)


def test_a_pipeline_that_is_there_already_stays_and_is_told_what_to_include(gitlab: GitLab):
    root = gitlab.desk.root
    again = gitlab.desk.ok("init", "--ci", "gitlab", "--package", PACKAGE)
    assert again.out == ""
    assert "does not include" not in again.err
    (root / ".gitlab-ci.yml").write_text("build:\n  script: [make]\n")
    (root / ".gitlab/studio.yml").unlink()
    found = gitlab.desk.ok("init", "--ci", "gitlab", "--package", PACKAGE)
    assert found.out == "+ .gitlab/studio.yml\n"
    assert (root / ".gitlab-ci.yml").read_text() == "build:\n  script: [make]\n"
    assert "warning: .gitlab-ci.yml does not include the jobs, so GitLab runs none of them" in found.err
    line = found.err.partition("those that it includes: ")[2].splitlines()[0]
    (root / ".gitlab-ci.yml").write_text(f"{line}\nbuild:\n  script: [make]\n")
    read = yaml_read.read_yaml((root / ".gitlab-ci.yml").read_text())
    assert isinstance(read, dict)
    assert read["include"] == {"local": "/.gitlab/studio.yml"}
    assert "does not include" not in gitlab.desk.ok("init", "--ci", "gitlab").err


def test_a_workspace_inside_a_repository_has_its_jobs_at_the_top(desk: Desk):
    top = desk.root.parent
    git("init", "-q", cwd=top)
    desk.config("name: desk\ntargets:\n  live:\n    url: ${LIVE_URL}\n    push: ci\n")
    found = desk.ok("init", "--ci", "gitlab", "--package", PACKAGE)
    assert found.out == "+ ../.gitlab/studio.yml\n+ ../.gitlab-ci.yml\n"
    text = (top / ".gitlab/studio.yml").read_text("utf-8")
    assert 'STUDIO_CI_FOLDER: "desk"' in text
    assert 'if [ -z "${LIVE_URL:-}" ]' in text
    assert "STUDIO_DATABASE_URL" not in text
