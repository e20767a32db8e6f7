"""Completion in the shell: commands, options, paths of the tree, numbers nearby, kinds, statuses."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from studio_sync.cli.completing import SHELLS, VARIABLE, offering
from studio_sync.cli.main import studio
from studio_sync.kinds import KINDS
from tests import readme
from tests.harness import C1, S1, TREE, P, run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "studio.yaml").write_text(
        "targets:\n  live:\n    url: ${X}\n  test:\n    url: ${Y}\n", "utf-8"
    )
    for path, text in TREE.items():
        place = tmp_path / "content" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    (tmp_path / "content" / S1 / "picture.png").touch()
    (tmp_path / "other").mkdir()
    return tmp_path


def offered(root: Path, line: str, at: str = "") -> list[str]:
    """What the protocol that the shells' scripts speak gives for the last word of a line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMP_WORDS", line)
        patch.setenv("COMP_CWORD", str(line.count(" ")))
        patch.chdir(root / at)
        said = BashComplete(studio, {}, "studio", VARIABLE).complete()
    return [one.partition(",")[2] for one in said.splitlines()]


def test_commands_and_options(root: Path):
    assert offered(root, "studio va") == ["validate"]
    assert "--before" in offered(root, "studio mv --")
    assert offered(root, "studio completion ") == list(SHELLS)


def test_paths_of_the_tree_and_nothing_else(root: Path):
    assert offered(root, "studio status ") == ["content/"]
    assert offered(root, f"studio push content/{P}/0") == [f"content/{C1}/", f"content/{P}/02-practice/"]
    here = f"content/{S1}/"
    assert offered(root, f"studio diff {here}") == [
        f"{here}{name}" for name in ("article.md", "exercise.md", "quiz.yaml", "session.md", "video.md")
    ]
    assert offered(root, "studio pull lead", "content/acme-bank") == ["leading-with-trust/"]
    assert offered(root, f"studio -C content/{C1} status 1.2") == ["1.2-asking/"]


def test_numbers_of_what_is_near(root: Path):
    found = offered(root, "studio mv 1.", f"content/{C1}")
    assert found == ["1.1", "1.2", "1.1-why-leaders-listen/", "1.2-asking/"]
    assert offered(root, "studio mv 1.1 --before 1.2", f"content/{S1}")[0] == "1.2"


def test_kinds_statuses_types_fields_and_targets(root: Path):
    assert offered(root, "studio new ") == list(KINDS.words)
    assert offered(root, "studio advance --to ap") == ["approved"]
    assert set(offered(root, "studio new knowledge --type ")) >= {"brief", "terminology"}
    assert offered(root, "studio --target ") == ["live", "test"]
    assert offered(root, "studio status --target l") == ["live"]
    assert "learning_objectives" in offered(root, "studio resolve --field learn")


def test_outside_of_a_workspace_nothing_is_offered_and_nothing_is_said(tmp_path: Path):
    assert offered(tmp_path, "studio status ") == []


def test_every_argument_that_names_something_of_the_tree_has_something_to_offer(root: Path):
    context = click.Context(studio, info_name="studio")
    for name in studio.list_commands(context):
        command = studio.get_command(context, name)
        assert command is not None
        for param in offering(command).params:
            if (param.metavar or "").strip("[].") in {"PATH", "FROM", "TO", "OTHER", "STATUS", "TYPE"}:
                with pytest.MonkeyPatch.context() as patch:
                    patch.chdir(root)
                    found = param.type.shell_complete(context, param, "")
                assert found, (name, param.name)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(root: Path, shell: str):
    result = run("completion", shell, cwd=root, env=dict(os.environ))
    assert (result.code, result.err) == (0, "")
    assert f"_STUDIO_COMPLETE={shell}_complete" in result.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=result.out, encoding="utf-8", check=True)


@pytest.fixture
def at_work(root: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has `studio`, and a folder with a blank and a comma in its name."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "studio").write_text(
        f"#!{sys.executable}\nimport sys\nsys.argv[0] = 'studio'\n"
        "from studio_sync.cli.main import main\nmain()\n"
    )
    (programs / "studio").chmod(0o755)
    (root / "content/acme-bank/two words, it's").mkdir()
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(tmp_path / "home"), "TERM": "xterm"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_itself_completes(root: Path, at_work: dict[str, str]):
    script = """
        eval "$(studio completion bash)"
        complete -p studio
        compopt() { echo "compopt $1 $2"; }
        try() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _studio_completion studio
            printf '<%s>\\n' "${COMPREPLY[@]}"
        }
        try studio stat
        try studio status content/acme-bank/t
        try studio advance --to appr
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=root, env=at_work, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "complete -o nosort -F _studio_completion studio",
        "<status>",
        "compopt -o nospace",
        "<content/acme-bank/two\\ words\\,\\ it\\'s/>",
        "<approved>",
    ]


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_itself_completes(root: Path, at_work: dict[str, str]):
    def offers(line: str) -> list[str]:
        script = f"studio completion fish | source; complete -C '{line}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", script],
            cwd=root, env=at_work, capture_output=True, encoding="utf-8", check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.splitlines()

    assert offers("studio stat") == ["status\twhat differs between files and database"]
    assert offers("studio status content/acme-bank/t") == ["content/acme-bank/two words, it's/"]
    assert offers("studio advance --to ") == list(offered(root, "studio advance --to "))
    assert offers("studio new ") == list(KINDS.words)
    assert "revoke\tTake a client away from a role, or all that it was granted." in offers("studio db r")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
@pytest.mark.parametrize("before", ["", "autoload -Uz compinit && compinit -u\n"], ids=["bare", "loaded"])
def test_zsh_itself_completes(root: Path, at_work: dict[str, str], before: str):
    home = Path(at_work["HOME"])
    home.mkdir()
    told = home / "told"
    (home / ".zshrc").write_text(
        f"{before}PS1='ready> '\n" + 'eval "$(studio completion zsh)"\n'
        f'told() {{ print -r -- "$BUFFER|" >> {told}; BUFFER= }}\nzle -N told\nbindkey "^G" told\n'
    )
    lines = {
        "studio stat": "studio status |",
        "studio status con": "studio status content/|",
        "studio status content/acme-bank/t": "studio status content/acme-bank/two\\ words,\\ it\\'s/|",
        "studio advance --to appr": "studio advance --to approved |",
        "studio new ses": "studio new session |",
        "studio -C cont": "studio -C content/|",
    }
    typed = "".join(f"{line}\t\a" for line in lines) + "studio new \t\a"
    shown = on_a_terminal(["zsh", "-d", "-i"], root, {**at_work, "ZDOTDIR": str(home)}, typed, told)
    assert told.exists(), shown
    assert told.read_text().splitlines() == [*lines.values(), "studio new |"], shown
    assert "not found" not in shown
    assert [word for word in KINDS.words if word not in shown] == []


def on_a_terminal(shell: list[str], root: Path, env: dict[str, str], typed: str, told: Path) -> str:
    """What a shell shows to whom types that, line by line: each ends with a bell, and is then told."""
    import pty
    import termios

    screen, inside = pty.openpty()
    termios.tcsetwinsize(inside, (40, 160))
    opening = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(inside)]
    process = subprocess.Popen([*opening, *shell], cwd=root, env=env, start_new_session=True)
    shown = bytearray()
    reader = threading.Thread(target=_read, args=(screen, shown), daemon=True)
    reader.start()
    try:
        until = time.monotonic() + 20
        while b"ready> " not in shown and time.monotonic() < until:
            time.sleep(0.02)
        for number, line in enumerate(typed.split("\a")[:-1], 1):
            os.write(screen, f"{line}\a".encode())
            while (
                not told.exists() or len(told.read_text().splitlines()) < number
            ) and time.monotonic() < until:
                time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
        os.close(inside)
        reader.join(timeout=5)
        os.close(screen)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace"))


def _read(screen: int, into: bytearray) -> None:
    with suppress(OSError):
        while data := os.read(screen, 65536):
            into += data


@pytest.mark.parametrize("name", list(readme.commands()))
def test_the_help_of_every_command_has_an_example(name: str):
    text = readme.help_of(name)
    assert "\n  Example" in text
    example = text.partition("\n  Example")[2]
    assert "    " in example
    assert name.rsplit(maxsplit=1)[-1] in example


def test_what_is_offered_leaves_the_commands_as_they_are():
    context = click.Context(studio, info_name="studio")
    for name in studio.list_commands(context):
        command = studio.get_command(context, name)
        assert command is not None
        before = command.short_help, [param.type for param in command.params]
        assert offering(command, "a line").short_help == "a line"
        assert (command.short_help, [param.type for param in command.params]) == before
