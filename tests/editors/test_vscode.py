"""The extension for VS Code: what it is made of, how it is installed, what it does where there is node."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import studio_sync
from studio_sync.editors.vsix import extension_id, manifest, vsix
from tests.harness import S1, TREE, Desk, Result, run

SOURCE = Path(studio_sync.__file__).parent / "editors" / "vscode"
HERE = Path(__file__).parent
NODE = shutil.which("node")
TESTS = sorted(place.name for place in HERE.glob("*.test.js"))


def entries(packed: bytes) -> dict[str, str]:
    """The texts in a .vsix by their names."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


# --- the manifest and the file


def test_two_builds_are_the_same_bytes_whatever_the_files_times_and_modes(tmp_path: Path, monkeypatch):
    first = vsix()
    copy = tmp_path / "vscode"
    shutil.copytree(SOURCE, copy)
    for place in copy.rglob("*"):
        place.chmod(0o755)
        os.utime(place, (1, 1))
    monkeypatch.setattr("studio_sync.editors.vsix._SOURCE", copy)
    assert vsix() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert not re.search(rb"/(home|root|Users)/", first)


def test_the_file_has_everything_and_nothing_of_others():
    found = entries(vsix())
    sources = {p.relative_to(SOURCE).as_posix() for p in SOURCE.rglob("*") if p.is_file()}
    assert {name.removeprefix("extension/") for name in found} == {
        *sources,
        "[Content_Types].xml",
        "extension.vsixmanifest",
    }
    (identity,) = (
        e for e in ET.fromstring(found["extension.vsixmanifest"]).iter() if e.tag.endswith("Identity")
    )
    assert identity.attrib["Version"] == studio_sync.__version__
    assert f"{identity.attrib['Publisher']}.{identity.attrib['Id']}" == extension_id()
    assert json.loads(found["extension/package.json"])["version"] == studio_sync.__version__
    suffixes = {e.attrib["Extension"] for e in ET.fromstring(found["[Content_Types].xml"])}
    assert {Path(name).suffix for name in found if "/" in name} <= suffixes


def test_nothing_runs_in_a_workspace_that_is_not_trusted_and_no_workspace_names_a_program():
    said = manifest()
    assert said["capabilities"]["untrustedWorkspaces"]["supported"] is False
    assert said["capabilities"]["virtualWorkspaces"]["supported"] is False
    settings = said["contributes"]["configuration"]["properties"]
    assert settings["studio.path"]["scope"] == "machine"
    assert all(one["default"] is not None and one["markdownDescription"] for one in settings.values())


def test_no_code_of_others_is_needed_or_loaded():
    assert not {"dependencies", "devDependencies", "scripts"} & manifest().keys()
    own = {"vscode", "fs", "path", "crypto", "child_process"}
    for place in SOURCE.rglob("*.js"):
        text = place.read_text("utf-8")
        assert len(text.splitlines()) <= 300, place
        for name in re.findall(r"require\(([^)]*)\)", text):
            assert name.strip("'") in own or re.fullmatch(r"'\.{1,2}/[\w/]+'", name), (place, name)
        assert not re.search(r"\beval\(|new Function|shell: true", text), place
        assert "child_process" not in text or place.name == "runner.js"
        assert "child_process" not in text or "const { spawn } = require('child_process')" in text


def test_every_command_of_the_manifest_has_an_action_and_a_menu_names_only_such():
    contributes = manifest()["contributes"]
    declared = [one["command"] for one in contributes["commands"]]
    scripts = "".join(place.read_text("utf-8") for place in SOURCE.glob("*.js"))
    registered = set(re.findall(r"register\(\s*'(studio\.\w+)'", scripts))
    assert sorted(declared) == sorted(registered)
    assert all(one["category"] == "studio" for one in contributes["commands"])
    for menu in contributes["menus"].values():
        assert {one["command"] for one in menu} <= set(declared)


# --- the command


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    """A folder of PATH with an editor that keeps what it is asked to install."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def editor_in(folder: Path, name: str, code: int = 0) -> Path:
    program = folder / name
    program.write_text(
        f'#!/bin/sh\necho "$@" > "{folder}/{name}.asked"\ncp "$2" "{folder}/{name}.vsix"\n'
        f"echo 'no room\\nat all' >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    return program


def studio(*arguments: str, cwd: Path, path: Path) -> Result:
    return run(*arguments, cwd=cwd, env={**os.environ, "PATH": f"{path}{os.pathsep}/usr/bin{os.pathsep}/bin"})


@pytest.mark.skipif(os.name == "nt", reason="the editors here are scripts for a shell")
def test_every_editor_that_is_found_gets_the_extension_and_the_way_to_this_studio(
    editor: Path, tmp_path: Path
):
    editor_in(editor, "codium")
    editor_in(editor, "code-server")
    result = studio("editor", "vscode", cwd=tmp_path, path=editor)
    assert result.code == 0, result
    assert "--force" in (editor / "codium.asked").read_text()
    packed = (editor / "codium.vsix").read_bytes()
    assert packed == (editor / "code-server.vsix").read_bytes()
    installer = json.loads(entries(packed)["extension/installer.json"])["command"]
    ran = subprocess.run([*installer, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert studio_sync.__version__ in ran.stdout
    (editor / "codium.asked").unlink()
    assert studio("editor", "vscode", "--in", "code-server", cwd=tmp_path, path=editor).code == 0
    assert not (editor / "codium.asked").exists()


@pytest.mark.skipif(os.name == "nt", reason="the editors here are scripts for a shell")
def test_an_editor_that_fails_is_told_with_a_way_that_works(editor: Path, tmp_path: Path):
    editor_in(editor, "code", 1)
    for result in (
        studio("editor", "vscode", cwd=tmp_path, path=editor),
        studio("editor", "vscode", "--in", "codium", cwd=tmp_path, path=editor),
    ):
        assert result.code == 3
        (way,) = re.findall(r"`studio (editor vscode --out studio\.vsix)`", result.err)
        assert studio(*way.split(), cwd=tmp_path, path=editor).code == 0
        assert (tmp_path / "studio.vsix").read_bytes() == vsix()
    assert studio("editor", "vscode", "--in", "emacs", cwd=tmp_path, path=editor).code == 2


@pytest.mark.skipif(os.name == "nt", reason="the editors here are scripts for a shell")
def test_a_program_that_came_with_the_workspace_is_no_editor(tmp_path: Path):
    (tmp_path / "studio.yaml").touch()
    for folder in (tmp_path, tmp_path / "tools"):
        folder.mkdir(exist_ok=True)
        editor_in(folder, "code")
    for path in (tmp_path, tmp_path / "tools", Path(), Path("tools")):
        assert studio("editor", "vscode", cwd=tmp_path, path=path).code == 3
    assert not list(tmp_path.rglob("*.asked"))


def test_a_file_that_is_something_else_is_not_overwritten(tmp_path: Path):
    (tmp_path / "notes.vsix").write_text("mine")
    result = studio("editor", "vscode", "--out", "notes.vsix", cwd=tmp_path, path=tmp_path)
    assert (result.code, (tmp_path / "notes.vsix").read_text()) == (1, "mine")
    for _ in "twice":
        assert studio("editor", "vscode", "--out", "new.vsix", cwd=tmp_path, path=tmp_path).code == 0


def test_the_extension_can_be_printed_into_a_file():
    ran = subprocess.run(
        [sys.executable, "-m", "studio_sync", "editor", "vscode", "--print"], capture_output=True, check=True
    )
    assert ran.stdout == vsix()


@pytest.mark.parametrize(
    ("version", "state"), [("", "note"), ("0.0.1", "warning"), (studio_sync.__version__, "ok")]
)
def test_doctor_compares_the_versions_of_extension_and_studio(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, state: str
):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    extensions = tmp_path / "home" / ".vscode-oss" / "extensions"
    extensions.mkdir(parents=True)
    listed = [{"identifier": {"id": extension_id()}, "version": version}] if version else "junk"
    (extensions / "extensions.json").write_text(json.dumps(listed))
    (found,) = (c for c in desk.json("doctor")["checks"] if c["about"] == "editor")
    assert found["state"] == state
    assert "VSCodium" in found["message"]
    assert state == "ok" or "`studio editor vscode`" in found["hint"]


def test_a_new_workspace_recommends_the_extension_and_a_list_that_is_there_stays(tmp_path: Path):
    assert studio("init", "new", cwd=tmp_path, path=tmp_path).code == 0
    listed = json.loads((tmp_path / "new/.vscode/extensions.json").read_text("utf-8"))
    assert extension_id() in listed["recommendations"]
    (tmp_path / "old/.vscode").mkdir(parents=True)
    (tmp_path / "old/.vscode/extensions.json").write_text("{}")
    assert studio("init", "old", cwd=tmp_path, path=tmp_path).code == 0
    assert (tmp_path / "old/.vscode/extensions.json").read_text() == "{}"


# --- how it behaves


@pytest.mark.skipif(NODE is None, reason="NO NODE: install node 20 or newer to test what the extension does")
@pytest.mark.parametrize("name", TESTS)
def test_the_extension_does_what_its_own_tests_say(name: str, tmp_path: Path):
    if name == "client.test.js" and not find_spec("pygls"):
        pytest.skip("the language server needs pygls: pip install '.[lsp]'")
    with Desk(tmp_path / "desk", "") as desk:
        desk.write_all(TREE)
    given = {
        "STUDIO_COMMAND": json.dumps([sys.executable, "-P", "-m", "studio_sync"]),
        "STUDIO_WORKSPACE": str(desk.root),
        "STUDIO_SESSION": f"content/{S1}/session.md",
        "STUDIO_ARTICLE": f"content/{S1}/article.md",
    }
    assert NODE
    ran = subprocess.run(
        [NODE, "--test", str(HERE / name)], env={**os.environ, **given}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
