"""What a repository's author tries with the files of a clone: to reach out of it, and to hold its reader up.

Each attack is named by what the attacker wants. After every command the folder beside the workspace is as it
was, nothing was waited for, and what was refused was said in words.
"""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest

from studio_sync.core.values.bounds import MAX_UNPACKED
from studio_sync.files.git.blobs import read_blob
from tests.harness import C1, S1, TREE, Desk, P, Result
from tests.security.deadline import within

BOUND = 10
"""Seconds that a command may take here; each of them takes less than one."""

CLIENT = "acme-bank/client.md"
SECRET = "the only copy of somebody's words\n"


@dataclass
class Place:
    """A clone, and the folder of its user that it must not reach."""

    desk: Desk
    home: Path
    results: list[Result] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.desk.root

    def state(self, name: str = "") -> Path:
        folder = self.root / ".studio"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / name if name else folder

    def try_all(self, *commands: str) -> None:
        """Run commands; whatever they do, nothing outside changes, and they end in time."""
        before = snapshot(self.home)
        for command in commands:
            with within(BOUND):
                result = self.desk.run(*command.split(" "))
            assert "Traceback" not in result.text, (command, result)
            assert result.code in (0, 1, 2, 3), (command, result)
            self.results.append(result)
        assert snapshot(self.home) == before

    @property
    def said(self) -> str:
        return "".join(result.text for result in self.results)


def snapshot(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for place in sorted(folder.rglob("*")):
        info = place.lstat()
        data = place.read_bytes() if place.is_file() and not place.is_symlink() else None
        found[place.relative_to(folder).as_posix()] = (info.st_mode, data)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    desk = Desk(tmp_path / "clone", "")
    desk.write_all(TREE)
    home = tmp_path / "home"
    (home / "letters").mkdir(parents=True)
    (home / "letters/one.md").write_text(SECRET)
    (home / "studio.yaml").write_text("name: home\n")
    return Place(desk, home)


Attack = Callable[[Place], None]

READS = ("validate", "validate --fix")
WRITES = ("new client --title Other", f"mv content/{S1} content/{C1}/1.5-moved", f"copy content/{P} other")

# --- the journal of a move


def journal(said: object) -> Attack:
    def plant(place: Place) -> None:
        text = said(place) if callable(said) else said
        place.state("moving").write_text(text if isinstance(text, str) else json.dumps(text) + "\n")

    return plant


def draft(**said: object) -> dict[str, object]:
    return {"renames": [], "edits": [], "creates": {}, **said}


JOURNALS = {
    "delete a home folder": lambda p: {"staging": str(p.home)},
    "delete what stands above": {"staging": "../../home"},
    "delete a folder above by a long way round": {"staging": "acme-bank/../../../home"},
    "delete the content folder itself": {"staging": "."},
    "delete the content folder by nothing": {"staging": ""},
    "delete a client that is no copy": {"staging": "acme-bank"},
    "delete by the right name in the wrong place": {"staging": "../../home/.studio-copying-1"},
    "delete by a name that only begins right": {"staging": ".studio-copying-1/../acme-bank"},
    "delete a list of folders": {"staging": ["../../home"]},
    "delete by two stories at once": lambda p: {**draft(), "staging": str(p.home)},
    "move a home folder in": lambda p: draft(renames=[[str(p.home / "letters"), "acme-bank/letters"]]),
    "move a client out": draft(renames=[["acme-bank", "../../home/acme-bank"]]),
    "overwrite a letter": lambda p: draft(edits=[[str(p.home / "letters/one.md"), SECRET, "mine\n"]]),
    "overwrite a letter from above": draft(edits=[["../../home/letters/one.md", SECRET, "mine\n"]]),
    "make a file at somebody's": lambda p: draft(creates={str(p.home / "new.sh"): "echo\n"}),
    "make a file above": draft(creates={"../../home/new.sh": "echo\n"}),
    "say renames as text": draft(renames="ab"),
    "say renames of three": draft(renames=[["a", "b", "c"]]),
    "say numbers for paths": draft(renames=[[1, 2]]),
    "say null for edits": draft(edits=None),
    "say a list for creates": draft(creates=[["a", "b"]]),
    "say half a character": draft(creates={"acme-bank/x.md": "\udc80"}),
    "say a zero byte": draft(renames=[["acme-bank\0", "b"]]),
    "say nothing": {},
    "say a list": [],
    "say no JSON": "rm -rf\n",
    "nest without end": "[" * 200_000,
    "say no text": "\udcff",
}


@pytest.mark.parametrize("said", JOURNALS.values(), ids=JOURNALS)
def test_a_journal_of_a_stranger_is_not_acted_on(place: Place, said: object) -> None:
    text = said(place) if callable(said) else said
    data = text if isinstance(text, str) else json.dumps(text) + "\n"
    place.state("moving").write_bytes(data.encode("utf-8", "surrogateescape"))
    before = set(place.desk.files())
    place.try_all("new client --title Other")
    assert place.results[0].code == 0, place.said
    assert set(place.desk.files()) - before == {"other/client.md"}
    assert not before - set(place.desk.files())


def test_half_a_copy_is_still_removed(place: Place) -> None:
    place.desk.write("acme-bank/.studio-copying-77/program.md", "half")
    place.state("moving").write_text('{"staging": "acme-bank/.studio-copying-77"}\n')
    place.try_all("new client --title Other")
    assert not (place.desk.content / "acme-bank/.studio-copying-77").exists()


def test_half_a_copy_that_is_a_link_is_left(place: Place) -> None:
    (place.desk.content / "acme-bank/.studio-copying-77").symlink_to(place.home)
    place.state("moving").write_text('{"staging": "acme-bank/.studio-copying-77"}\n')
    place.try_all("new client --title Other")


def test_half_a_copy_behind_a_link_is_left(place: Place) -> None:
    (place.home / ".studio-copying-77").mkdir()
    (place.desk.content / "away").symlink_to(place.home)
    place.state("moving").write_text('{"staging": "away/.studio-copying-77"}\n')
    place.try_all("new client --title Other")


# --- what is brought in .studio


@pytest.mark.parametrize(
    "name",
    ["memory.db", "memory.db-wal", "memory.db-shm", "memory.db-journal", ".gitignore", "moving", "lock",
     "schemas", "damaged-memory.db", "anything"],
)  # fmt: skip
@pytest.mark.parametrize("target", ["letters/one.md", "letters", "nothing-yet"])
def test_a_link_in_the_state_folder_is_refused(place: Place, name: str, target: str) -> None:
    place.state(name).symlink_to(place.home / target)
    place.try_all("validate", WRITES[0], "status")
    assert all(result.code for result in place.results), place.said
    assert f".studio/{name}" in place.said
    place.state(name).unlink()  # the way out
    place.try_all("validate")
    assert place.results[-1].code == 0, place.said


@pytest.mark.parametrize("name", ["memory.db", "moving", "lock", ".gitignore"])
def test_a_pipe_in_the_state_folder_is_refused(place: Place, name: str) -> None:
    os.mkfifo(place.state(name))
    place.try_all(*READS, *WRITES)
    assert all(result.code for result in place.results), place.said


@pytest.mark.parametrize("target", ["letters", "nothing-yet"])
def test_a_state_folder_that_is_a_link_is_refused(place: Place, target: str) -> None:
    (place.root / ".studio").symlink_to(place.home / target)
    place.try_all(*READS, *WRITES, "status", "pull", "init --ci github")
    assert all(result.code for result in place.results[:-1]), place.said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_state_folder_of_another_user_is_refused(place: Place) -> None:
    os.chown(place.state(), 12345, 12345)
    place.try_all(*READS, *WRITES)
    assert all(result.code for result in place.results), place.said
    assert "another user" in place.said


def test_a_state_folder_in_which_everybody_writes_is_refused(place: Place) -> None:
    place.state().chmod(0o777)
    place.try_all(*READS, *WRITES)
    assert all(result.code for result in place.results), place.said
    assert "chmod 700" in place.said
    place.state().chmod(0o700)  # the way out
    place.try_all("validate")
    assert place.results[-1].code == 0


def test_a_state_folder_in_which_a_group_writes_is_mended(place: Place) -> None:
    place.state().chmod(0o770)
    place.try_all("validate")
    assert place.results[0].code == 0, place.said
    assert place.state().stat().st_mode & 0o022 == 0


def test_a_new_state_folder_is_its_users_alone(place: Place) -> None:
    place.try_all("validate")
    assert place.state().stat().st_mode & 0o777 == 0o700


def test_schemas_for_editors_that_are_links_are_replaced_and_not_followed(place: Place) -> None:
    place.state("schemas").mkdir()
    (place.state("schemas") / "quiz.schema.json").symlink_to(place.home / "letters/one.md")
    place.try_all("validate")
    assert not (place.state("schemas") / "quiz.schema.json").is_symlink()


# --- the content folder


def test_a_content_folder_that_is_a_link_is_refused(place: Place) -> None:
    place.desk.content.rename(place.root / "real")
    place.desk.content.symlink_to(place.home)
    place.try_all(*READS, *WRITES, "pull", "status", "diff", "doctor", "init --ci github")
    assert all(result.code for result in place.results), place.said
    assert "symbolic link" in place.said


@pytest.mark.parametrize("target", ["letters", ""])
def test_a_folder_of_sources_that_is_a_link_is_refused_by_its_name(place: Place, target: str) -> None:
    (place.root / "studio.sources").symlink_to(place.home / target if target else "content")
    found = place.desk.refused("validate")
    assert "studio.sources is a symbolic link" in found.err
    (place.root / "studio.sources").unlink()  # the way out
    place.desk.run("validate")


def test_a_content_folder_that_is_a_link_inside_is_refused_too(place: Place) -> None:
    place.desk.content.rename(place.root / "real")
    place.desk.content.symlink_to("real")
    place.try_all("validate", "pull")
    assert all(result.code for result in place.results), place.said


def test_a_folder_on_the_way_to_the_content_that_is_a_link_is_refused(place: Place) -> None:
    (place.home / "b").mkdir()
    (place.root / "a").symlink_to(place.home)
    place.desk.config("content: a/b\n")
    place.try_all(*READS, "new client --title Other", "pull")
    assert all(result.code for result in place.results), place.said


@pytest.mark.parametrize(
    "name", ["../home", "/tmp", ".", "..", ".studio", ".studio/x", "a/../../home", "C:/x"]
)
def test_a_content_folder_elsewhere_is_refused(place: Place, name: str) -> None:
    place.desk.config(f"content: {name}\n")
    place.try_all("validate", "new client --title Other")
    assert all(result.code for result in place.results), place.said


@pytest.mark.parametrize("below", ["acme-bank", P, C1, S1])
def test_a_folder_of_a_record_that_is_a_link_is_not_written_through(place: Place, below: str) -> None:
    (place.desk.content / below).rename(place.root / "away")
    (place.desk.content / below).symlink_to(place.home)
    (place.home / "session.md").write_text("---\ntitle: Mine\n---\n")
    place.try_all(*READS, *WRITES, f"advance content/{S1}")


def test_a_file_of_a_record_that_is_a_link_is_not_read(place: Place) -> None:
    place.desk.remove(CLIENT)
    (place.desk.content / CLIENT).symlink_to(place.home / "letters/one.md")
    place.try_all(*READS, *WRITES)
    assert SECRET.strip() not in place.said
    assert all(SECRET.encode() not in data for data in place.desk.files().values())


# --- what is no plain file, wherever something is read


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, chdir(path.parent):  # a socket's name must be short
        made.bind(path.name)


def link(path: Path) -> None:
    path.symlink_to(path.parents[len(path.parents) - 1] / "dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: no disk holds as much


ODD = {"a pipe": fifo, "a socket": unix_socket, "an endless device": link, "a folder": folder,
       "a terabyte": endless}  # fmt: skip

READ_FILES = {
    "studio.yaml": "validate",
    ".studioignore": "validate",
    "content/.studioignore": "validate",
    "schemas/article.schema.json": "validate",
    "templates/client.md": "new client --title Other",
    "studio.sources/x.tsv": f"copy content/{P} --caught-up",
    "content/acme-bank/client.md": "validate --fix",
    "content/acme-bank/knowledge/terminology.yaml": "validate",
    f"content/{S1}/article.md": f"copy content/{P} other",
    f"content/{S1}/video.md": f"mv content/{S1} content/{C1}/1.5-moved",
    f"content/{S1}/quiz.yaml": f"advance content/{S1}",
    f"content/{S1}/session.md": f"new session content/{C1} --title Other",
}


@pytest.mark.parametrize("path", READ_FILES)
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_is_no_plain_file_holds_nobody_up(place: Place, path: str, make: Callable[[Path], None]) -> None:
    target = place.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    make(target)
    place.try_all(READ_FILES[path], "validate")
    if make is not folder:
        assert any(result.code for result in place.results), place.said
        assert target.name in place.said


@pytest.mark.parametrize("folder_name", ["schemas", "templates", "studio.sources"])
def test_a_folder_that_leads_out_of_the_workspace_is_not_read(place: Place, folder_name: str) -> None:
    for name in ("article.schema.json", "client.md", "x.tsv"):
        (place.home / name).write_text("{}")
    (place.root / folder_name).symlink_to(place.home)
    command = {"schemas": "validate", "templates": "new client --title Other"}
    place.try_all(command.get(folder_name, f"copy content/{P} --caught-up"))
    assert place.results[0].code, place.said
    said = {"studio.sources": "studio.sources is a symbolic link"}.get(folder_name, "leads out of")
    assert said in place.said


@pytest.mark.parametrize("folder_name", ["schemas", "templates"])
def test_a_folder_that_leads_elsewhere_in_the_workspace_is_read(place: Place, folder_name: str) -> None:
    (place.root / "shared").mkdir()
    (place.root / folder_name).symlink_to("shared")
    place.try_all("validate", "new client --title Other")
    assert not any(result.code for result in place.results), place.said


def test_a_page_is_not_written_where_a_link_leads(place: Place) -> None:
    (place.root / "out").symlink_to(place.home)
    place.try_all("board -o out/board.html")
    assert place.results[0].code == 1, place.said


@pytest.mark.parametrize(
    ("name", "target"),
    [
        *product([".gitattributes", ".git/hooks", ".github"], ["letters/one.md", "letters", "nothing-yet"]),
        (".git/config", "letters/one.md"),  # without its configuration it is no repository
    ],
)
def test_what_init_adds_to_is_not_written_where_a_link_leads(place: Place, name: str, target: str) -> None:
    git(place.root, "init", "-q")
    link = place.root / name
    if link.is_dir():
        shutil.rmtree(link)
    elif link.exists():
        (place.home / target).write_bytes(link.read_bytes())
        link.unlink()
    link.symlink_to(place.home / target)
    place.try_all("init --git", "init --hook", "init --ci github", "init --git --hook")
    assert "run the command again" not in place.said


def test_a_page_waits_for_no_pipe(place: Place) -> None:
    os.mkfifo(place.root / "board.html")
    place.try_all("board")
    assert place.results[0].code == 1, place.said


# --- which workspace


def nested(place: Place, config: str = "targets:\n  theirs:\n    url: postgresql://evil.example/x\n") -> Path:
    inner = place.desk.content / "acme-bank"
    (inner / "studio.yaml").write_text(config)
    return inner


@pytest.mark.parametrize("command", ["validate", "status", "push", "new client --title Other", "doctor"])
def test_a_workspace_in_the_content_does_not_take_over(place: Place, command: str) -> None:
    inner = nested(place)
    (inner / "content").mkdir()
    for here in (inner, inner / "content"):
        with within(BOUND):
            result = place.desk.run(*command.split(" "), cwd=here)
        assert result.code == 2, result
        assert str(inner / "studio.yaml") in result.text
        assert str(place.root / "studio.yaml") in result.text


def test_each_way_out_of_two_workspaces_works(place: Place) -> None:
    inner = nested(place, "name: inner\n")
    (inner / "content").mkdir()
    for named in (place.root, inner):
        result = place.desk.run("-C", str(named), "validate", cwd=inner)
        assert "content folder of another workspace" not in result.text
    (inner / "studio.yaml").unlink()
    assert place.desk.run("validate", cwd=inner).code == 0


def test_one_in_a_content_folder_of_another_name_does_not_take_over(place: Place) -> None:
    place.desk.content.rename(place.root / "texts")
    place.desk.config("content: texts\n")
    (place.root / "texts/acme-bank/studio.yaml").write_text("")
    assert place.desk.run("validate", cwd=place.root / "texts/acme-bank").code == 2


def test_one_in_the_content_of_a_file_that_cant_be_read_does_not_take_over(place: Place) -> None:
    inner = nested(place)
    place.desk.config("content: [\n")
    assert place.desk.run("validate", cwd=inner).code == 2


def test_workspaces_beside_each_other_and_below_a_root_go_on(place: Place) -> None:
    other = place.root / "other"
    (other / "content").mkdir(parents=True)
    (other / "studio.yaml").write_text("name: other\n")
    assert place.desk.run("validate", cwd=other).code == 0
    assert place.desk.run("validate", cwd=other / "content").code == 0
    assert place.desk.run("validate").code == 0


# --- what git tracks


def git(folder: Path, *arguments: str) -> None:
    said = ["git", "-C", str(folder), "-c", "user.name=Mallory", "-c", "user.email=m@example.com", *arguments]
    subprocess.run(said, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["moving", "memory.db", "schemas/quiz.schema.json", "new\nline"])
def test_a_state_folder_that_git_tracks_is_refused(place: Place, name: str) -> None:
    git(place.root, "init", "-q")
    place.state(name).parent.mkdir(exist_ok=True)
    place.state(name).write_text('{"staging": "acme-bank/.studio-copying-1"}\n')
    git(place.root, "add", "-f", ".")
    git(place.root, "commit", "-qm", "all")
    place.try_all(*READS, *WRITES, "status", "push", "pull")
    assert all(result.code for result in place.results), place.said
    assert ".studio" in place.said
    way_out = re.search(r"git rm .*?&& rm -r \.studio", place.said)
    assert way_out
    subprocess.run(way_out[0], shell=True, cwd=place.root, check=True)
    place.try_all("validate")
    assert place.results[-1].code == 0, place.said


def test_a_text_of_a_source_that_git_unpacks_to_gigabytes_is_not_read(place: Place) -> None:
    git(place.root, "init", "-q")
    (place.root / "large").write_bytes(b"\0" * (MAX_UNPACKED + 1))
    git(place.root, "add", "large")
    git(place.root, "commit", "-qm", "all")
    shown = ["git", "-C", str(place.root), "rev-parse", "HEAD:large"]
    sha = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.strip()
    assert read_blob(place.root, sha) is None


@pytest.mark.parametrize(
    "content",
    [
        ".git",
        ".git/refs/heads",
        "texts/.git/x",
        ".GIT",
        ".git.",
        "GIT~1",
        ".g\u200cit",
        "texts/.studio",
        ".Studio",
    ],
)
def test_pull_writes_into_no_folder_of_git_or_of_the_machine(place: Place, content: str) -> None:
    place.desk.config(f'name: desk\ncontent: "{content}"\n')
    found = place.desk.run("validate")
    assert found.code == 2
    assert "`content` must be a folder inside the workspace" in found.err
