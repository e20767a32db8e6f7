"""The merge driver in git itself: merge, rebase, cherry-pick, revert, stash pop, and whatever goes wrong."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from studio_sync.files.git import merge_driver
from tests.harness import C1, S1, TREE, run

ARTICLE, SESSION = f"content/{S1}/article.md", f"content/{S1}/session.md"
QUIZ = f"content/{S1}/quiz.yaml"
OURS = {SESSION: [("Why leaders listen", "When leaders listen"), ("minutes: 20", "minutes: 25")]}
THEIRS = {SESSION: [("Nobody told her.", "None told her."), ("A session about", "One session about")]}
BOTH = {SESSION: [*OURS[SESSION], *THEIRS[SESSION]]}


class Repository:
    """A clone with a workspace in it, and git as its user runs it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {**os.environ, "HOME": str(root.parent), "GIT_CONFIG_NOSYSTEM": "1", "GIT_EDITOR": "true"}
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        for path, text in {
            "studio.yaml": "name: desk\n",
            **{f"content/{p}": t for p, t in TREE.items()},
        }.items():
            self.write(path, text)
        self.commit("first")

    def git(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
            cwd=self.root, capture_output=True, check=False, env=self.env,
            text=True, errors="surrogateescape",
        )  # fmt: skip
        assert (done.returncode != 0) == fails, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8", newline="")

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def edit(self, edits: Mapping[str, list[tuple[str, str]]]) -> None:
        for path, pairs in edits.items():
            text = self.read(path)
            for old, new in pairs:
                assert text.count(old) == 1, old
                text = text.replace(old, new)
            self.write(path, text)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)

    def fork(self, ours, theirs) -> None:
        """A branch `topic` with their edits, and main with ours."""
        self.git("checkout", "-q", "-b", "topic")
        self.edit(theirs)
        self.commit("theirs")
        self.git("checkout", "-q", "main")
        self.edit(ours)
        self.commit("ours")

    def studio(self, *arguments: str):
        return run(*arguments, cwd=self.root, env=self.env)


@pytest.fixture
def plain(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "clone")


@pytest.fixture
def repo(plain: Repository) -> Repository:
    said = plain.studio("init", "--git")
    assert said.code == 0, said
    assert ".gitattributes" in said.err
    assert "merge.studio.driver" in said.err
    plain.commit("attributes")
    return plain


def merged(repository: Repository) -> bool:
    text = TREE[f"{S1}/session.md"]
    for old, new in BOTH[SESSION]:
        text = text.replace(old, new)
    return repository.read(SESSION) == text


@pytest.mark.parametrize("way", ["merge", "rebase", "cherry-pick", "stash", "revert"])
def test_git_merges_records_field_by_field_in_every_way_that_it_merges(repo: Repository, way: str):
    if way == "stash":
        repo.edit(THEIRS)
        repo.git("stash")
        repo.edit(OURS)
        repo.commit("ours")
        repo.git("stash", "pop")
    elif way == "revert":
        text = repo.read(SESSION)
        repo.edit(THEIRS)
        repo.commit("to be reverted")
        repo.edit(OURS)
        repo.commit("ours")
        repo.git("revert", "--no-edit", "HEAD~1")
        for old, new in OURS[SESSION]:
            text = text.replace(old, new)
        assert repo.read(SESSION) == text
        return
    else:
        repo.fork(OURS, THEIRS)
        repo.git(
            *{
                "merge": ("merge", "topic", "-m", "m"),
                "rebase": ("rebase", "topic"),
                "cherry-pick": ("cherry-pick", "topic"),
            }[way]
        )
    assert merged(repo)


def test_without_the_driver_git_conflicts_in_the_same_edits(plain: Repository):
    plain.fork(OURS, THEIRS)
    plain.git("merge", "topic", "-m", "m", fails=True)


def test_a_clash_stands_between_gits_markers_and_the_file_is_unmerged(repo: Repository):
    repo.git("config", "merge.conflictStyle", "diff3")
    repo.fork(
        {SESSION: [("status: draft", "status: content_created"), ("Nobody told", "Somebody told")]},
        {SESSION: [("A session", "One session"), ("minutes: 20", "minutes: 30")]},
    )
    repo.git("merge", "topic", fails=True)
    text = repo.read(SESSION)
    assert (
        "<<<<<<< ours (studio)\nstatus: content_created\n||||||| base (studio)\nstatus: draft\n=======\n"
        "status: draft\n>>>>>>> theirs (studio)\n"
    ) in text
    assert text.count("<<<<<<<") == 1
    assert "hook: Somebody told her." in text
    assert "estimated_minutes: 30" in text
    assert "One session about" in text
    assert repo.git("ls-files", "--unmerged").count(SESSION) == 3
    repo.git("checkout", "--ours", "--", SESSION)
    repo.commit("settled as ours, by git's own means")


def test_a_folder_that_both_branches_moved_is_one_record_again_once_one_is_deleted(repo: Repository):
    here, there = (f"content/{C1}/{name}" for name in ("1.5-here", "1.7-there"))
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("mv", f"content/{S1}", there)
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.git("mv", f"content/{S1}", here)
    repo.commit("ours")
    repo.git("merge", "topic", fails=True)
    found = repo.studio("validate")
    assert (found.code, found.text.count("error[duplicate-id]")) == (1, 2)
    assert "if two branches moved the record, delete one of the two folders" in found.text
    shutil.rmtree(repo.root / there)
    repo.git("add", "--all")
    assert repo.studio("validate").code == 0
    repo.commit("settled")
    assert repo.read(f"{here}/session.md") == TREE[f"{S1}/session.md"]


def test_a_clash_is_one_in_every_way_that_git_merges_and_a_mergetool_settles_it(repo: Repository):
    """git's exit codes, its list of unmerged files, and its program for people who settle them."""
    step, words = (
        {SESSION: [("status: draft", "status: content_created")]},
        {SESSION: [("A session", "One session")]},
    )
    repo.git(
        "config", "mergetool.mine.cmd", 'grep -v "[<=>]\\{7\\}" "$MERGED" > "$LOCAL"; cp "$LOCAL" "$MERGED"'
    )
    repo.git("config", "mergetool.mine.trustExitCode", "true")
    repo.fork(words, step)
    ways = {
        ("merge", "topic"): ("merge", "--abort"), ("rebase", "topic"): ("rebase", "--abort"),
        ("cherry-pick", "topic"): ("cherry-pick", "--abort"),
        ("merge", "--squash", "topic"): ("reset", "--hard"),
    }  # fmt: skip
    for way, back in ways.items():
        repo.git(*way, fails=True)
        hold_clash(repo)
        repo.git(*back)
    repo.git("reset", "--hard", "topic~1")
    repo.edit(step)
    repo.git("stash")
    repo.edit(words)
    repo.commit("words")
    repo.git("stash", "pop", fails=True)
    hold_clash(repo)
    repo.git("mergetool", "-y", "-t", "mine")
    assert repo.git("ls-files", "--unmerged") == ""
    assert "estimated_minutes: 20\nstatus: draft\nstatus: content_created\n---\n" in repo.read(SESSION)


def hold_clash(repo: Repository) -> None:
    """The status stands between markers, alone, and git lists the file."""
    text = repo.read(SESSION)
    start, end = text.index("<<<<<<< "), text.index(">>>>>>> ")
    assert sorted(text[start:end].splitlines()[1:]) == ["=======", "status: content_created", "status: draft"]
    assert "One session about" in text
    assert repo.git("ls-files", "--unmerged").count(SESSION) == 3


@pytest.mark.parametrize(("path", "old", "ours", "theirs"), [
    (ARTICLE, "One two three.", "One.", "Two."), (SESSION, "Nobody told", "Somebody told", "None told"),
    (SESSION, "status: draft", "status: content_created", "status: published"),
    (QUIZ, "Who listens?", "Who hears?", "Who asks?"), (QUIZ, "0.80", "0.90", "0.70"),
])  # fmt: skip
def test_a_file_with_markers_of_a_merge_is_refused_until_they_are_gone(
    repo: Repository, path: str, old: str, ours: str, theirs: str
):
    repo.fork({path: [(old, ours)]}, {path: [(old, theirs)]})
    repo.git("merge", "topic", fails=True)
    text = repo.read(path).splitlines(keepends=True)
    first, middle, last = (
        next(k for k, line in enumerate(text) if line.startswith(sign))
        for sign in ("<<<<<<<", "=======", ">>>>>>>")
    )
    for add in ((), ("add", "--all")):
        if add:
            repo.git(*add)
        found = repo.studio("validate", "--json")
        assert (found.code, [(p["code"], p["line"]) for p in found.json["problems"]]) == (
            1,
            [("conflict-markers", first + 1)],
        )
    repo.write(path, "".join(text[:first] + text[first + 1 : middle] + text[last + 1 :]))
    assert ours in repo.read(path)
    assert repo.studio("validate").code == 0


PYTHON = merge_driver.shlex.quote(Path(sys.executable).as_posix())


@pytest.mark.parametrize("program", [
    "/nowhere/python3", "false", "sh -c 'kill -9 $$' ", "sh -c 'exit 0' ", "sh -c 'echo half; exit 1' ",
    "sh -c 'exit 127' ", "sh -c 'kill -SEGV $$' ",
])  # fmt: skip
def test_whatever_becomes_of_studio_no_words_are_lost(repo: Repository, program: str):
    """git leaves ours without markers where a driver is missing: `git add` would lose theirs."""
    command = merge_driver.driver()
    assert PYTHON in command
    repo.git("config", merge_driver.DRIVER, command.replace(PYTHON, program))
    repo.fork({ARTICLE: [("One two three.", "One.")]}, {ARTICLE: [("One two three.", "Two.")]})
    repo.git("merge", "topic", fails=True)
    text = repo.read(ARTICLE)
    assert "<<<<<<< ours\nOne.\n=======\nTwo.\n>>>>>>> theirs\n" in text
    assert repo.git("ls-files", "--unmerged").count(ARTICLE) == 3


@pytest.mark.parametrize("text", ["---\nstatus: draft\n---\n\nOne\0 {}.\n", "\ufeff{}"])
def test_a_file_that_no_lines_can_be_told_of_is_a_conflict_and_gives_up_no_merge(repo: Repository, text: str):
    """git 2.41 and newer give up a whole merge if a driver ends with a code above 128."""
    how = "utf-16" if text.startswith("\ufeff") else "utf-8"
    place = repo.root / ARTICLE
    for branch, word in (("main", "was"), ("topic", "theirs"), ("main", "ours")):
        repo.git("checkout", "-q", *(() if branch == "main" else ("-b",)), branch)
        place.write_bytes(text.format(word).encode(how))
        repo.commit(word)
    git = repo.root / ".git"
    for name, revision in (("base", "HEAD~1"), ("ours", "HEAD"), ("theirs", "topic")):
        data = subprocess.run(
            ["git", "show", f"{revision}:{ARTICLE}"], cwd=repo.root, capture_output=True, check=True
        ).stdout
        (git / name).write_bytes(data)
    command = merge_driver.driver()
    for sign, value in {
        "%O": ".git/base",
        "%A": ".git/ours",
        "%B": ".git/theirs",
        "%L": "7",
        "%P": ARTICLE,
    }.items():
        command = command.replace(sign, value)
    assert subprocess.run(["sh", "-c", command], cwd=repo.root, check=False, env=repo.env).returncode == 1
    repo.git("merge", "topic", fails=True)
    assert repo.git("ls-files", "--unmerged").count(ARTICLE) == 3
    assert place.read_bytes() == text.format("ours").encode(how)


def test_what_is_no_record_merges_as_git_does_it(repo: Repository):
    for path in ("content/acme-bank/notes.md", "content/notes.yaml"):
        repo.write(path, "a: one\n\nb: two\n\nc: three\n")
    broken = TREE[f"{S1}/video.md"].replace("draft", "[draft")
    repo.write(f"content/{S1}/video.md", broken)
    repo.commit("more files")
    files = ("content/acme-bank/notes.md", "content/notes.yaml")
    repo.fork(
        {path: [("one", "uno")] for path in files} | {f"content/{S1}/video.md": [("Listen now", "Listen")]},
        {path: [("three", "tre")] for path in files} | {f"content/{S1}/video.md": [("[draft", "[review")]},
    )
    repo.git("merge", "topic", "-m", "m")
    for path in files:
        assert repo.read(path) == "a: uno\n\nb: two\n\nc: tre\n"
    assert "[review" in repo.read(f"content/{S1}/video.md")
    assert "Listen.\n" in repo.read(f"content/{S1}/video.md")


def test_names_that_a_shell_or_an_option_parser_would_act_on_are_only_names(repo: Repository):
    names = [
        "$(touch hurt)",
        "a b;touch hurt",
        "'; touch hurt; '",
        "--database=x",
        'a\n"b" \\ c',
        "caf\udce9",
    ]
    for name in names:
        repo.write(f"content/{name}/client.md", TREE["acme-bank/client.md"])
    (repo.root / ".gitattributes").write_text("* merge=studio\n")
    repo.write("--json", "x: 1\n\ny: 1\n\nz: 1\n")
    repo.commit("names")
    edits = [[("Acme Bank", "The Bank")], [("Banking", "Finance")]]
    ours, theirs = ({f"content/{name}/client.md": edit for name in names} for edit in edits)
    repo.fork(ours | {"--json": [("x: 1", "x: 2")]}, theirs | {"--json": [("z: 1", "z: 2")]})
    repo.git("merge", "topic", "-m", "m")
    for name in names:
        text = repo.read(f"content/{name}/client.md")
        assert "name: The Bank\nindustry: Finance\n" in text
    assert repo.read("--json") == "x: 2\n\ny: 1\n\nz: 2\n"
    assert not list(repo.root.rglob("hurt"))


def test_nothing_that_a_stranger_committed_acts_in_a_merge(repo: Repository):
    """Modules, programs, settings and schemas that came with the clone."""
    hurt = repo.root.parent / "hurt"
    act = f"open({str(hurt)!r}, 'w').close()\n"
    for name in (
        "studio_sync/__init__.py",
        "studio_sync/__main__.py",
        "click.py",
        "sitecustomize.py",
        "encodings.py",
    ):
        repo.write(name, act)
    for name in ("studio", "python3", "git"):
        repo.write(name, f"#!/bin/sh\ntouch {hurt}\n")
        (repo.root / name).chmod(0o755)
    repo.write("studio.yaml", "name: desk\ntargets:\n  main: postgresql://nobody@127.0.0.1:9/none\n")
    repo.write("schemas/session.schema.json", '{"pattern": "(a+)+$"}')
    repo.write(".gitattributes", f"{repo.read('.gitattributes')}* filter=hurt diff=hurt\n")
    repo.commit("a stranger's")
    repo.fork(OURS, THEIRS)
    before = {p for p in repo.root.parent.rglob("*") if ".git" not in p.parts}
    repo.git("merge", "topic", "-m", "m")
    assert merged(repo)
    assert {p for p in repo.root.parent.rglob("*") if ".git" not in p.parts} == before


def test_a_link_in_the_place_of_the_content_is_not_followed(repo: Repository, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "client.md").write_text("secret\n")
    for path in (SESSION, "studio.yaml"):
        (repo.root / path).unlink()
        (repo.root / path).symlink_to(tmp_path / "elsewhere" / "client.md")
    base, ours, theirs = ("base.md", "ours.md", "theirs.md")
    for name, text in ((base, "a\n\nb\n"), (ours, "c\n\nb\n"), (theirs, "a\n\nd\n")):
        repo.write(name, text)
    assert repo.studio("merge-file", base, ours, theirs, SESSION).code == 0
    assert repo.read(ours) == "c\n\nd\n"
    assert (tmp_path / "elsewhere" / "client.md").read_text() == "secret\n"


# --- by hand


def test_the_exit_code_is_gits_and_what_was_in_the_file_can_be_brought_back(repo: Repository):
    text = TREE[f"{S1}/session.md"]
    repo.write("base.md", text)
    repo.write("theirs.md", text.replace("Nobody", "None").replace("A session", "One session"))
    for path, code in ((SESSION, 2), ("content/other.md", 2)):
        repo.write("ours.md", text.replace("Nobody", "Somebody").replace("A session", "The session"))
        assert repo.studio("merge-file", "base.md", "ours.md", "theirs.md", path).code == code
        assert repo.read("ours.md").count("<<<<<<< ours") == 2
    assert repo.studio("merge-file", "base.md", "gone.md", "theirs.md", SESSION).code == 3


def test_init_git_does_nothing_twice_and_keeps_what_is_there(plain: Repository):
    plain.write(".gitattributes", "*.png binary")
    first = plain.studio("init", "--git", "-n")
    assert "would write .gitattributes" in first.err
    assert plain.read(".gitattributes") == "*.png binary"
    plain.studio("init", "--git")
    text = plain.read(".gitattributes")
    assert text == "*.png binary\n/content/**/*.md merge=studio\n/content/**/*.yaml merge=studio\n"
    config = plain.read(".git/config")
    again = plain.studio("init", "--git")
    assert (again.code, plain.read(".gitattributes"), plain.read(".git/config")) == (0, text, config)


def test_init_git_fits_a_workspace_in_a_folder_of_the_repository(plain: Repository):
    inner = plain.root / "a b" / "desk"
    inner.mkdir(parents=True)
    (plain.root / "studio.yaml").rename(inner / "studio.yaml")
    (inner / "studio.yaml").write_text('name: desk\ncontent: "the content"\n')
    (plain.root / "content").rename(inner / "the content")
    assert run("init", "--git", cwd=inner, env=plain.env).code == 0
    plain.commit("moved")
    place = f"a b/desk/the content/{S1}/session.md"
    plain.fork({place: OURS[SESSION]}, {place: THEIRS[SESSION]})
    plain.git("merge", "topic", "-m", "m")
    assert "None told her." in plain.read(place)


@pytest.mark.parametrize(("attributes", "configured", "said"), [
    (True, True, "field by field, by studio's merge driver"), (True, False, "which this clone does not have"),
    (False, True, "does not ask for it"), (False, False, "line by line, and not field by field"),
    (True, None, "starts another studio than this one"),
])  # fmt: skip
def test_doctor_names_what_is_missing(
    plain: Repository, attributes: bool, configured: bool | None, said: str
):
    plain.studio("init", "--git")
    if not attributes:
        (plain.root / ".gitattributes").unlink()
    if configured is None:
        plain.git("config", merge_driver.DRIVER, "studio merge-file %O %A %B %P")
    elif not configured:
        plain.git("config", "--unset", merge_driver.DRIVER)
    found = plain.studio("doctor", "--database", "postgresql://nobody@127.0.0.1:9/none")
    (line,) = [line for line in found.out.splitlines() if "git merges:" in line]
    assert said in line
    if said != "field by field, by studio's merge driver":
        plain.studio("init", "--git")
        again = plain.studio("doctor", "--database", "postgresql://nobody@127.0.0.1:9/none")
        assert "git merges: field by field, by studio's merge driver" in again.out


def test_init_git_needs_a_repository(tmp_path: Path):
    (tmp_path / "studio.yaml").write_text("name: desk\n")
    refused = run("init", "--git", cwd=tmp_path, env=dict(os.environ))
    assert refused.code == 1
    assert "git init" in refused.err
