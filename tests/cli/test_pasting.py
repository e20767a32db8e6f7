"""Commands that messages print can be pasted into a shell, whatever the files are called."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

import studio_sync
from studio_sync.cli.command_table import COMMANDS
from studio_sync.render.places import Places
from tests.harness import S1, S2, SESSION, TREE, Desk, run

NAMES = {
    "acme-bank": "acme & bank's",
    "leading-with-trust": "leading $(with) trust; x",
    "01-foundations": "01-the (first) one",
    "1.1-why-leaders-listen": "1.1-why * `leaders` listen",
}
COMMAND = re.compile(r"\bstudio (?:[a-z-]+)(?: (?:'[^']*'(?:\"'\"'[^']*')*|[^\s`;,()']+))+")
PLAIN = {
    "command", "self.command", "request.host", "self._revision", "both",
    "sides", "'push' if ahead else 'pull'", "str(choice)", "word", "flags", "copied",
    "codes.pop() if len(codes) == 1 else 'CODE'",
}  # fmt: skip
"""What stands in commands and holds no name of a file, a role or a table, or was quoted before."""


def hostile(path: str) -> str:
    for plain, name in NAMES.items():
        path = path.replace(plain, name)
    return path


ARTICLE = hostile(f"{S1}/article.md")


@pytest.fixture
def odd(desk: Desk, tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "o'brien & co", desk.url, "name: odd\ncontent: our content\n") as found:
        found.content.rmdir()
        found.content = found.root / "our content"
        found.write_all({hostile(path): text for path, text in TREE.items()})
        found.ok("push")
        yield found


def commands(text: str) -> list[str]:
    """The commands in what was printed, with the first of several choices."""
    return [re.sub(r"\|[a-z|]+", "", found) for found in COMMAND.findall(text)]


def words(command: str) -> list[str]:
    """The words that a shell makes of a command."""
    script = "studio() { printf '%s\\0' \"$@\"; }; set -u; " + command
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.split("\0")[:-1]


def pasted(desk: Desk, text: str, beginning: str, cwd: Path | None = None) -> None:
    """Paste the command that begins so, from where it was printed."""
    found = [c for c in dict.fromkeys(commands(text)) if c.startswith(f"studio {beginning}")]
    assert found, text
    for command in found:
        done = desk.run(*words(command), cwd=cwd)
        assert done.code == 0, (command, done)


@pytest.mark.parametrize("where", [".", "our content", "our content/acme & bank's", ".."])
def test_the_way_out_of_a_conflict(odd: Desk, where: str):
    odd.edit(ARTICLE, "One two three.", "One TWO three.")
    odd.sql("UPDATE articles SET content = 'One 2 three.' || E'\\n\\n' || 'Four five.'")
    here = (odd.root / where).resolve()
    given = ("-C", str(odd.root)) if where == ".." else ()
    shown = odd.run(*given, "diff", cwd=here)
    command = next(c for c in commands(shown.text) if c.startswith("studio resolve"))
    assert odd.run(*given, *words(command), cwd=here).code == 0, command
    assert odd.ok("status").text.count("conflict") == 0


def test_the_way_out_of_a_conflict_is_seen_from_where_it_is_printed(odd: Desk):
    odd.edit(ARTICLE, "One two three.", "One TWO three.")
    odd.sql("UPDATE articles SET content = 'One 2 three.' || E'\\n\\n' || 'Four five.'")
    here = (odd.content / ARTICLE).parent
    (command,) = {c for c in commands(odd.run("pull", cwd=here).text) if c.startswith("studio resolve")}
    assert words(command)[:2] == ["resolve", "article.md"]
    assert odd.run(*words(command), cwd=here).code == 0


def test_the_way_out_of_markers_of_undo_and_of_an_approval_that_changed(odd: Desk):
    odd.edit(ARTICLE, "One two three.", "One TWO three.")
    odd.sql("UPDATE articles SET content = 'One 2 three.' || E'\\n\\n' || 'Four five.'")
    odd.run("diff")
    odd.ok("resolve", f"our content/{ARTICLE}", "--keep", "both")
    pasted(odd, odd.run("validate").text, "resolve")
    # Edited since: undo names the command that takes it back all the same.
    odd.edit(ARTICLE, "Four", "For")
    undone = odd.run("undo")
    pasted(odd, undone.text, "undo")
    # A stale approval: who did it stands in the log.
    odd.run("diff")
    odd.ok("resolve", f"our content/{ARTICLE}", "--keep", "database", "--whole")
    odd.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    odd.ok("pull")
    odd.sql("UPDATE articles SET content = 'Other words.' WHERE session_id = %s", SESSION)
    pasted(odd, odd.run("status").text, "log")


def test_what_a_translator_is_told(odd: Desk):
    program = hostile("acme-bank/leading-with-trust")
    odd.ok(
        "copy", f"our content/{program}", f"our content/{hostile('acme-bank')}/über uns", "--language", "de"
    )
    odd.edit(ARTICLE, "Four", "Five")
    told = odd.run("status", "-v").text
    pasted(odd, told, "diff --source")
    pasted(odd, told, "copy --caught-up")


def test_a_path_in_a_command_is_quoted_as_it_is_seen_from_here():
    here = Path("/w/o'brien/our content/a b")
    places = Places.of(Path("/w/o'brien"), "our content/", here)
    assert places.text("run `studio log 'our content/a b/c.md'`") == "run `studio log c.md`"
    assert (
        places.text("run `studio log 'our content/x y/c.md'`; more") == "run `studio log '../x y/c.md'`; more"
    )
    assert (
        places.text("run `studio log 'our content/it'\"'\"'s/c.md'`")
        == "run `studio log '../it'\"'\"'s/c.md'`"
    )
    assert places.text("Studio-Delete: our content/x.md") == "Studio-Delete: our content/x.md"
    outside = Places.of(Path("/w/my space"), "content/", Path("/w"))
    assert outside.text("resolve it: studio resolve content/a.md --keep files") == (
        "resolve it: studio resolve 'my space/content/a.md' --keep files"
    )
    assert outside.text("content/a.md is odd") == "my space/content/a.md is odd"
    assert Places.of(Path("/w"), "content/", Path("/w/content")).path("content/-x/a.md") == "./-x/a.md"


@pytest.mark.parametrize("address", ["{url}", "{secret}", "host={host} user=postgres dbname={name}"])
def test_a_command_goes_on_with_the_database_and_the_folder_that_this_one_was_given(
    odd: Desk, tmp_path: Path, address: str
):
    host, name = parse_qs(urlsplit(odd.url).query).get("host", [""])[0], urlsplit(odd.url).path[1:]
    host = host or unquote(urlsplit(odd.url).netloc.partition("@")[2].rpartition(":")[0])
    given = address.format(
        url=odd.url, secret=odd.url.replace("postgres@", "postgres:s3cret@"), host=host, name=name
    )
    odd.edit(ARTICLE, "One two three.", "One TWO three.")
    odd.sql("UPDATE articles SET content = 'One 2 three.' || E'\\n\\n' || 'Four five.'")
    lost = {"STUDIO_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
    shown = run(
        "-C", str(odd.root), "--database", given, "diff", cwd=tmp_path, env={**odd.environment(), **lost}
    )
    assert "s3cret" not in shown.text
    command = next(c for c in commands(shown.text) if c.startswith("studio resolve"))
    done = run(*words(command), cwd=tmp_path, env={**odd.environment(), **lost})
    assert done.code == 0, (command, done)
    assert "nothing differs" not in odd.run("diff").text


def test_the_folder_that_was_given_is_no_path_of_the_message():
    here = Path("/w/content/a/b")
    places = replace(Places.of(Path("/w"), "content/", here), folder=("-C", "content/a/b"))
    assert places.text("resolve it: studio resolve content/a/c.md --keep files") == (
        "resolve it: studio resolve -C content/a/b ../c.md --keep files"
    )


def test_a_printed_path_and_command_are_completed_once(synced: Desk):
    synced.write("content/client.md", "---\nname: Content\nnmae: x\n---\n")
    synced.edit(f"{S1}/session.md", "title: Why", "titel: Why")
    found = synced.run("push", cwd=synced.content)
    assert "\ncontent/client.md:3:1: error[unknown-key]" in found.err
    synced.edit(f"{S1}/session.md", "titel: Why", "title: So")
    synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)
    found = synced.run("push", "-C", "content", f"content/{S1}")
    assert "studio resolve -C content acme-bank/" in found.err


def test_every_command_is_printed_with_the_options_that_the_run_was_given():
    places = replace(Places(), folder=("-C", "a b"), database=("--target", "two"))
    for name in COMMANDS:
        words = {
            "db": "db init",
            **dict.fromkeys(("lsp", "mcp", "merge-file", "explain", "completion"), ""),
        }.get(name, name)
        assert not words or f"studio {words}" in places.text(f"`studio {words} X`").replace(
            " -C 'a b'", ""
        ).replace(" --target two", "")
        assert not words or "-C 'a b'" in places.text(f"`studio {words} X`"), name
    assert places.text("`studio log x --target one`") == "`studio log -C 'a b' x --target one`"
    for theirs in ("`studio db grant mia --client x`", "let its owner run: studio db init"):
        assert "--target" not in places.text(theirs), "another role connects for that"
    assert places.text("a studio that pushes") == "a studio that pushes"


def printed() -> Iterator[tuple[str, str]]:
    """What stands in the commands of messages: the module, and the expression."""
    top, names = Path(studio_sync.__file__).parent, "|".join(COMMANDS)
    for path in sorted(top.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.JoinedStr):
                continue
            text, holes = "", []
            for part in node.values:
                if isinstance(part, ast.Constant):
                    text += str(part.value)
                elif isinstance(part, ast.FormattedValue):
                    text += f"\0{len(holes)}\1"
                    holes.append(ast.unparse(part.value))
            for command in re.findall(rf"\b(?:studio (?:{names})|git config)\b[^`;:\n]*", text):
                for number in re.findall("\0([0-9]+)\1", command):
                    yield path.relative_to(top).as_posix(), holes[int(number)]


def test_every_name_that_stands_in_a_command_is_quoted_for_a_shell():
    found = list(printed())
    assert len(found) > 30
    bare = [(where, hole) for where, hole in found if hole not in PLAIN]
    quoted, revision = r"(shlex\.)?_?quoted?\(.*\)", r"[\w.]+\.id(\[:8\])?|\w+(\.\w+)*\[:8\]"
    assert [pair for pair in bare if not re.fullmatch(rf"{quoted}|{revision}", pair[1])] == []


@pytest.mark.parametrize("word", ["1.2", "1.2-asking", "acme-bank/leading-with-trust/1/1.2"])
def test_a_record_whose_files_are_deleted_is_still_called_by_its_number_name_or_key(synced: Desk, word: str):
    synced.remove(S2)
    assert "1 deletion held" not in synced.ok("status", "1.1").out
    assert "2 deletions held" in synced.ok("status", word).out
    assert "would be pushed: 2 deleted" in synced.ok("push", "-n", "--delete", word).out
    synced.ok("log", word)
