"""`studio init`: what it makes, what it leaves alone, and what it refuses."""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest

from studio_sync.core.values.problem import Problem, Severity
from studio_sync.database.embedded.embedded import Server
from studio_sync.files.workspace.scaffold import refresh_schemas
from studio_sync.files.workspace.workspace import load_workspace
from tests.harness import TREE, Desk, Result, run


def studio(*arguments: str, cwd: Path, **env: str) -> Result:
    return run(*arguments, cwd=cwd, env={**os.environ, **env})


def paths(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    root = tmp_path / "Léa's Training"
    result = studio("init", str(root), "--client", "Acme: Bank", cwd=tmp_path)
    assert result.code == 0, result
    return root


def test_a_new_workspace_is_valid_at_once(made: Path):
    result = studio("validate", "--frozen", cwd=made)
    assert (result.code, result.out) == (0, "")
    assert "1 file, no problems" in result.err


def test_a_new_workspace_can_be_pushed_at_once(made: Path, own_url: str):
    pushed = studio("push", cwd=made, STUDIO_DATABASE_URL=own_url)
    assert (pushed.code, pushed.out) == (0, "+ content/acme-bank/client.md\npushed: 1 created\n")
    assert studio("push", cwd=made, STUDIO_DATABASE_URL=own_url).out == "nothing to push\n"


def test_the_embedded_database_serves_a_new_workspace(made: Path, pg: Server):
    home = {"STUDIO_HOME": str(pg.data.parent.parent)}
    assert studio("push", cwd=made, **home).out.endswith("pushed: 1 created\n")
    assert load_workspace(made).name in studio("db", "url", cwd=made, **home).out


def test_the_name_comes_from_the_folder_and_is_never_the_same_twice(tmp_path: Path):
    names = set()
    for folder in ("a/training", "b/training", "c/Ärzte & Pflege", "d/---", "e/" + "x" * 200):
        assert studio("init", folder, cwd=tmp_path).code == 0
        names.add(load_workspace(tmp_path / folder).name)
    assert len(names) == 5
    patterns = ("training", "training", "arzte-pflege", "workspace", "x{40}")
    for pattern in patterns:
        assert any(re.fullmatch(rf"{pattern}-[0-9a-f]{{6}}", name) for name in names), (pattern, names)


def test_the_first_client_has_an_id_and_its_name(made: Path):
    text = (made / "content/acme-bank/client.md").read_text("utf-8")
    assert re.match(r'---\nid: [0-9a-f-]{36}\nname: "Acme: Bank"\n---\n\n\w', text)


def test_what_studio_remembers_stays_out_of_git(made: Path):
    assert ".studio/" in (made / ".gitignore").read_text("utf-8").splitlines()
    assert (made / ".studio/.gitignore").read_text("utf-8") == "*\n"


def test_init_works_in_a_folder_of_a_git_repository(tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*.log\n", "utf-8")
    assert studio("init", "content-team", cwd=tmp_path).code == 0
    listed = subprocess.run(
        ["git", "status", "--short", "-uall"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "content-team/studio.yaml" in listed
    assert ".studio/" not in listed
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*.log\n"


class TestWhatIsThere:
    def test_no_file_is_overwritten_and_each_is_named(self, tmp_path: Path):
        mine = {
            ".gitignore": "mine",
            ".vscode/settings.json": "{}",
            "content/a/client.md": "---\nname: A\n---\n",
        }
        for path, text in mine.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, "utf-8")
        result = studio("init", cwd=tmp_path)
        assert result.code == 0
        assert {path: (tmp_path / path).read_text("utf-8") for path in mine} == mine
        assert ".gitignore was there already and stays as it is" in result.err
        assert ".vscode/settings.json was there already and stays as it is" in result.err
        assert "+ .vscode/tasks.json" in result.out
        assert paths(tmp_path / "content") == ["a/client.md"]

    def test_a_dry_run_touches_nothing_and_names_the_same_files(self, tmp_path: Path):
        (tmp_path / ".gitignore").write_text("mine", "utf-8")
        planned = studio("init", "-n", cwd=tmp_path)
        assert paths(tmp_path) == [".gitignore"]
        assert planned.code == 0
        assert "would make" in planned.err
        assert planned.out == studio("init", cwd=tmp_path).out

    def test_a_dry_run_makes_no_folder(self, tmp_path: Path):
        assert studio("init", "new/folder", "-n", cwd=tmp_path).code == 0
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("folder", [".", "content", "other/deep"])
    def test_a_workspace_inside_a_workspace_is_refused(self, made: Path, folder: str):
        before = paths(made)
        result = studio("init", folder, cwd=made)
        assert result.code == 1
        assert f"is in a workspace already: {made / 'studio.yaml'}" in result.err
        assert f"hint: work in that one, or make the new one in a folder outside of {made}" in result.err
        assert paths(made) == before

    def test_a_file_in_the_place_of_the_folder_is_named(self, tmp_path: Path):
        (tmp_path / "file").touch()
        result = studio("init", "file", cwd=tmp_path)
        assert result.code == 2
        assert f"{tmp_path / 'file'} is a file" in result.err

    def test_a_link_out_of_the_workspace_is_not_followed(self, tmp_path: Path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "desk").mkdir()
        (tmp_path / "desk/.vscode").symlink_to(tmp_path / "elsewhere")
        result = studio("init", "desk", cwd=tmp_path)
        assert result.code == 1
        assert "symbolic link" in result.err
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert not (tmp_path / "desk/studio.yaml").exists()


class TestEditor:
    def test_every_whole_yaml_file_has_its_schema(self, made: Path):
        mapping = json.loads((made / ".vscode/settings.json").read_text("utf-8"))["yaml.schemas"]
        for path in TREE:
            patterns = [p for ps in mapping.values() for p in ps]
            matching = [
                p for p in patterns if Path("content", path).match(p) and path.count("/") == p.count("/") - 1
            ]
            assert len(matching) == path.endswith(".yaml"), path
        for schema in mapping:
            jsonschema_rs.validator_for((made / schema).read_text("utf-8"))

    def test_the_task_finds_every_problem_line_of_validate(self, made: Path):
        (task, _) = json.loads((made / ".vscode/tasks.json").read_text("utf-8"))["tasks"]
        patterns = [matcher["pattern"] for matcher in task["problemMatcher"]]
        problems = [
            Problem("content/a b/client.md", 12, 3, "unknown-key", "no: a.md:1:2: error[x] y"),
            Problem("content/a/quiz.yaml", 1, 1, "nul", "no", severity=Severity.WARNING),
            Problem("content/a", 0, 0, "no-own-file", "this folder: no"),
        ]
        for problem in problems:
            found = [(p, m) for p in patterns if (m := re.search(p["regexp"], str(problem)))]
            ((pattern, match),) = found
            assert match[pattern["file"]] == problem.path
            assert match[pattern["severity"]] == problem.severity.value
            assert match[pattern["code"]] == problem.code
            assert match[pattern["message"]] == problem.message
            assert ("line" in pattern) == bool(problem.line)
            if problem.line:
                assert (match[pattern["line"]], match[pattern["column"]]) == (
                    str(problem.line),
                    str(problem.column),
                )
        for line in ("  hint: type it", "1 error in 1 file"):
            assert not any(re.search(p["regexp"], line) for p in patterns)

    def test_schemas_are_refreshed_only_where_they_changed(self, tmp_path: Path):
        state = tmp_path / ".studio"
        refresh_schemas(state, {"a.schema.json": "{}", "b.schema.json": "{}"})
        before = (state / "schemas/a.schema.json").stat().st_mtime_ns
        refresh_schemas(state, {"a.schema.json": "{}", "b.schema.json": '{"new": 1}'})
        assert (state / "schemas/a.schema.json").stat().st_mtime_ns == before
        assert (state / "schemas/b.schema.json").read_text("utf-8") == '{"new": 1}'
        assert paths(state) == [".gitignore", "schemas/a.schema.json", "schemas/b.schema.json"]

    def test_a_folder_that_can_not_be_written_is_no_error_for_the_schemas(self, tmp_path: Path):
        (tmp_path / ".studio").touch()
        refresh_schemas(tmp_path / ".studio", {"a.schema.json": "{}"})


class TestFrom:
    def test_a_database_becomes_a_workspace_without_a_sample(self, synced: Desk, tmp_path: Path):
        result = studio("init", "new", "--from", synced.url, cwd=tmp_path)
        assert result.code == 0, result
        assert len(paths(tmp_path / "new/content")) == len(TREE)
        assert synced.one("SELECT count(*) FROM clients") == 1
        status = studio("status", "--exit-code", cwd=tmp_path / "new")
        assert (status.code, status.out) == (0, f"{len(TREE)} in sync\n")

    def test_one_client_can_be_pulled_alone(self, synced: Desk, tmp_path: Path):
        synced.sql("INSERT INTO clients (name, slug) VALUES ('Other', 'other')")
        result = studio("init", "new", "--from", synced.url, "--client", "other", cwd=tmp_path)
        assert result.code == 0, result
        assert load_workspace(tmp_path / "new").clients == ("other",)
        assert paths(tmp_path / "new/content") == ["other/client.md"]
        assert studio("status", cwd=tmp_path / "new").out == "1 in sync\n"

    def test_a_password_stays_out_of_every_file_and_message(self, synced: Desk, tmp_path: Path):
        secret = "pa55-w0rd"
        host = re.sub("^postgresql://[^@]*@", f"postgresql://postgres:{secret}@", synced.url)
        result = studio("init", "new", "--from", host, cwd=tmp_path)
        assert result.code == 0, result
        assert secret not in result.text
        assert "set STUDIO_DATABASE_URL to the URL before the next command" in result.err
        for path in paths(tmp_path / "new"):
            assert secret.encode() not in (tmp_path / "new" / path).read_bytes(), path
        assert [t.url for t in (load_workspace(tmp_path / "new").targets or {}).values()] == [
            "${STUDIO_DATABASE_URL}"
        ]
        status = studio("status", cwd=tmp_path / "new", STUDIO_DATABASE_URL=host)
        assert status.out == f"{len(TREE)} in sync\n"

    def test_a_variable_is_stored_as_its_name(self, synced: Desk, tmp_path: Path):
        result = studio("init", "new", "--from", "${STUDIO_THERE}", cwd=tmp_path, STUDIO_THERE=synced.url)
        assert result.code == 0, result
        assert [t.url for t in (load_workspace(tmp_path / "new").targets or {}).values()] == [
            "${STUDIO_THERE}"
        ]

    def test_a_target_of_the_workspace_around_is_taken_along(self, synced: Desk, tmp_path: Path):
        synced.config(f"targets:\n  live:\n    url: {synced.url}\n    push: ci\n")
        result = studio("init", str(tmp_path / "new"), "--from", "live", cwd=synced.root)
        assert result.code == 0, result
        assert load_workspace(tmp_path / "new").targets == load_workspace(synced.root).targets

    def test_a_dry_run_pulls_nothing(self, synced: Desk, tmp_path: Path):
        result = studio("init", "new", "--from", synced.url, "-n", cwd=tmp_path)
        assert result.code == 0
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize(
        ("origin", "code", "said"),
        [
            ("nowhere", 2, "there is no target nowhere here"),
            ("postgresql://me:pa55-w0rd@127.0.0.1:1/none", 3, "Can't connect to me@127.0.0.1:1/none"),
            ("mysql://me:pa55-w0rd@host/none", 2, "studio works with PostgreSQL"),
            ("${STUDIO_UNSET}", 2, "STUDIO_UNSET, which is not set"),
        ],
    )
    def test_what_can_not_be_reached_leaves_no_trace(self, tmp_path: Path, origin: str, code: int, said: str):
        result = studio("init", "new", "--from", origin, cwd=tmp_path)
        assert result.code == code
        assert said in result.err
        assert "pa55-w0rd" not in result.text
        assert not (tmp_path / "new").exists()

    def test_a_client_that_the_database_has_not_leaves_no_trace(self, synced: Desk, tmp_path: Path):
        result = studio("init", "new", "--from", synced.url, "--client", "acme-bnk", cwd=tmp_path)
        assert (result.code, "the database has no client acme-bnk" in result.err) == (2, True), result
        assert "it has: acme-bank" in result.err
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("wish", ["--hook", "--git"])
    def test_without_a_git_repository_nothing_is_made_and_the_way_out_works(
        self, synced: Desk, tmp_path: Path, wish: str
    ):
        result = studio("init", "new", "--from", synced.url, wish, cwd=tmp_path)
        assert (result.code, "there is no git repository here" in result.err) == (1, True), result
        assert not (tmp_path / "new").exists()
        subprocess.run(["git", "init", "-q", tmp_path / "new"], check=True)
        assert studio("init", "new", "--from", synced.url, wish, cwd=tmp_path).code == 0
        assert studio("status", cwd=tmp_path / "new").out == f"{len(TREE)} in sync\n"

    def test_a_database_without_the_tables_leaves_no_trace(self, tmp_path: Path, pg: Server):
        result = studio("init", "new", "--from", pg.url("postgres"), cwd=tmp_path)
        assert result.code == 3
        assert "studio db init --create-tables" in result.err
        assert not (tmp_path / "new").exists()

    def test_a_database_is_named_with_from_alone(self, tmp_path: Path):
        result = studio("init", "--database", "postgresql://127.0.0.1:1/x", cwd=tmp_path)
        assert result.code == 2
        assert "--from" in result.err
        assert list(tmp_path.iterdir()) == []


def test_json_is_one_object(tmp_path: Path):
    result = studio("init", "--json", cwd=tmp_path)
    assert (result.json["command"], result.json["outcome"], result.err) == ("init", "ok", "")
