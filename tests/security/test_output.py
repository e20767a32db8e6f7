"""Content that wants to act where it is shown: in a terminal, a CI log, a comment, a page, an editor."""

import ast
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import studio_sync
from studio_sync.cli.main import _tell
from studio_sync.database.embedded.embedded import Server
from studio_sync.errors import RefusedError, StudioError
from tests import readme, servers
from tests.harness import C1, S1, S2, SESSION, SESSION_2, TREE, Desk, P

ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""What no medium may carry raw, line ends and tabs apart."""

TERMINAL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj\u2066\u200b\u2028\U000e0041\x7f\ufeff"
LOG = "::error::owned", "  ::add-mask::owned", "\u2003::stop-commands::owned", "##[set-output name=a]owned"
PAGE = "</code></title><script>alert(1)</script><img src=x onerror=alert(1)>'\"><a href='javascript:x()'>"
COMMENT = "`` ``` @octocat #1 <b> ![x](http://e.example/p.png) [y](http://e.ex) </details> | --> www.e.ex"

COMMANDS = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
    "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip


def obeyed(text: str) -> list[str]:
    """The commands that a runner of GitHub Actions would read in a log: by its own two parsers."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        bare = line.strip("\u200b\ufeff").lstrip()
        if bare.startswith("::") and (end := bare.find("::", 2)) >= 0:
            found.append(bare[2:end].split(" ")[0])
        elif (start := line.find("##[")) >= 0 and (end := line.find("]", start)) >= 0:
            found.append(line[start + 3 : end].split(" ")[0])
    return [name for name in found if name.lower() in COMMANDS]


@pytest.fixture(scope="module")
def hostile(pg: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A workspace in which everything that a repository, a role or a server can say is an attack."""
    everything = TERMINAL + " ".join(LOG) + PAGE + COMMENT
    mp = pytest.MonkeyPatch()
    mp.setenv("NO_COLOR", "1")
    mp.setenv("STUDIO_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))
    with servers.database(pg) as url, Desk(tmp_path_factory.mktemp("hostile") / "desk", url) as desk:
        desk.write_all(TREE)
        desk.ok("push", "-m", f"why\n{LOG[0]}\n{everything}", STUDIO_ACTOR=f"Eve {everything}")
        # The database changed, the files changed, both changed; new rows, stray files, unreadable ones.
        desk.sql("UPDATE sessions SET title = %s, hook = %s WHERE id = %s", everything, PAGE, SESSION)
        mine = _yaml(f"mine {everything}")
        desk.edit(f"{S1}/session.md", "title: Why leaders listen", f"title: {mine}")
        lines = "\n".join((*LOG, everything))
        desk.edit(f"{S1}/article.md", "One two three.", f"One two three.\n\n{lines}")
        desk.sql("UPDATE articles SET content = content || %s WHERE session_id = %s", "\n" + lines, SESSION_2)
        desk.sql("INSERT INTO clients (slug, name) VALUES (%s, %s)", f"eve{everything}"[:90], everything)
        desk.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index)"
            " SELECT id, '::error::x', %s, 9 FROM chapters WHERE title = 'Foundations'", everything,
        )  # fmt: skip
        desk.sql("UPDATE chapters SET subtitle = %s WHERE title = 'Foundations'", everything)
        desk.write(f"{P}/::error::owned.md", "stray\n")
        for side in ("base", "ours", "theirs"):
            (desk.root / side).write_text(f"---\ntitle: {_yaml(side + everything)}\n---\n\n{lines}\n{side}\n")
        foreign = desk.root / f"foreign{LOG[0]}/docs"
        foreign.mkdir(parents=True)
        (foreign / f"1-{LOG[0]}.md".replace("/", "")).write_text(f"---\ntitle: {mine}\n---\n\n{lines}\n")
        desk.write(f"{P}/##[error]\u202egpj.md", "stray\n")
        desk.write(f"{S2}/video.md", f"---\nstatus: {_yaml(everything)}\nkey: 1\n---\n\n{lines}\n")
        desk.write(f"{S2}/quiz.yaml", f"questions: {_yaml(everything)}\n{LOG[0]}: [\n")
        yield desk
    mp.undo()


def _yaml(text: str) -> str:
    """A string of YAML in double quotes, each odd character escaped."""
    return '"' + re.sub("[^a-zA-Z0-9 ]", lambda found: f"\\U{ord(found[0]):08x}", text) + '"'


READING = [
    ("status",), ("status", "-v"), ("diff",), ("diff", "--full"), ("pull", "-n"), ("push", "-n"),
    ("push", "-n", "-v", "--partial"), ("push", "-n", "--partial", "--format", "markdown"), ("log", "-v"),
    ("show", "REV"), ("restore", "content", "--to", "REV", "-n"), ("advance", "content", "-n"),
    ("validate",), ("validate", "--frozen", "--format", "github"), ("doctor",), ("db", "access"),
    ("board", "-o", "-"), ("mv", f"content/{S1}", "9.9", "-n"), ("copy", f"content/{C1}", "9", "-n"),
    ("new", "session", f"content/{C1}", "--title", TERMINAL + LOG[3], "-n"),
    ("resolve", "content", "--keep", "files", "-n"), ("undo", "-n"), ("undo", "--list"), ("trust", TERMINAL),
    ("diff", "--source"), ("db", "prune", "--before", "2020-01-01", "-n"),
    ("db", "prune", "--before", TERMINAL),
    ("db", "revoke", TERMINAL), ("db", "grant", TERMINAL, "--client", f"{TERMINAL}{LOG[3]}"),
    ("db", "init", "--print"), ("db", "track", "--print"),
    ("hook", "prepare-commit-msg", f"{TERMINAL}{LOG[3]}"), ("completion", "bash"),
    ("init", f"{TERMINAL}{LOG[3]}", "-n"), ("init", "--ci", "github", "--package", TERMINAL + LOG[3]),
    ("validate", "--anywhere", f"content/{P}/::error::owned.md"), ("status", "--target", TERMINAL + LOG[3]),
    ("status", "--database", f"postgresql://{TERMINAL}{LOG[3]}"), ("-C", f"{TERMINAL}{LOG[3]}", "status"),
    ("status", f"content/{TERMINAL}"), ("show", LOG[0]), (f"{LOG[3]}{TERMINAL}",), ("log", f"--{TERMINAL}"),
    ("explain", "conflict"), ("explain", f"{TERMINAL}{LOG[3]}"), ("import", f"foreign{LOG[0]}", "-n"),
    ("blame", f"content/{S1}/article.md"), ("blame", f"content/{TERMINAL}{LOG[3]}"),
    ("import", f"{TERMINAL}{LOG[3]}", "-n"),
    ("merge-file", "base", "ours", "theirs", f"content/{S1}/session.md"),
    ("merge-file", TERMINAL, LOG[0], LOG[3], f"content/{S1}/session.md"),
]  # fmt: skip


SILENT = {
    "lsp": "speaks its protocol; its texts are looked at below",
    "watch": "ends when somebody ends it; what it shows is what push, validate and status show",
    "editor vscode": "says where the extension went", "mcp": "speaks its protocol: tests/agents",
    "serve": "its pages are attacked in tests/serve",
    "db start": "says a version", "db stop": "says a version", "db url": "prints an address of this machine",
}  # fmt: skip
"""Commands that are not run here, and why."""


def test_every_command_is_attacked_that_says_anything():
    names = {name.removeprefix("studio ") for name in readme.commands()} - {"studio", "db", "editor"}
    run = {" ".join(c[:2]) if c[0] == "db" else c[0] for c in READING}
    assert names - set(SILENT) <= run
    assert set(SILENT) <= names


@pytest.mark.parametrize("command", READING, ids=lambda c: ascii(" ".join(c))[1:40])
def test_it_wants_to_steer_the_terminal_or_the_runner_of_whoever_looks(
    hostile: Desk, command: tuple[str, ...]
):
    found = hostile.run(*_given(hostile, command), CI="true", GITHUB_ACTIONS="true")
    assert "Traceback" not in found.err
    assert not ACTING.findall(found.out)
    assert not ACTING.findall(found.err)
    ours = {"error", "warning"} if "--format" in command and "github" in command else set()
    assert set(obeyed(found.out)) == ours
    assert not obeyed(found.err)


def test_it_wants_an_annotation_to_say_where_it_is_itself(hostile: Desk):
    found = hostile.run("validate", "--frozen", "--format", "github")
    assert len(found.out.splitlines()) >= 4
    for line in found.out.splitlines():
        head, _, rest = line.removeprefix("::").partition("::")
        assert re.fullmatch(r"(error|warning) file=[^:,]+(,line=\d+,col=\d+)?,title=[\w-]+", head), line
        assert rest
        assert not re.search(r"%(?!25|0A|0D)", rest)


@pytest.mark.parametrize(
    "command",
    [c for c in READING if not {"--format", "-"} & {*c}],
    ids=lambda c: ascii(" ".join(c))[1:40],
)
def test_it_wants_to_reach_a_terminal_through_the_json_of_a_script(hostile: Desk, command: tuple[str, ...]):
    found = hostile.run(*_given(hostile, command), "--json")
    assert not ACTING.findall(found.out + found.err)
    assert not re.search("[\u200c\u200d\ufe00-\ufe0f]", found.out)
    assert not obeyed(found.out + found.err)
    if command[0] != "db":
        assert found.json["version"] == 1


def _given(desk: Desk, command: tuple[str, ...]) -> list[str]:
    rev = str(desk.one("SELECT min(id::text) FROM studio_sync.runs")) if "REV" in command else ""
    return [rev if word == "REV" else word for word in command]


def test_json_still_says_what_the_content_is(hostile: Desk):
    (run,) = hostile.json("log")["runs"]
    assert TERMINAL in run["actor"]
    assert f"\n{LOG[0]}\n" in run["message"]


def test_it_wants_to_forge_the_output_of_a_step(hostile: Desk):
    assert obeyed("\n".join(LOG)) == ["error", "add-mask", "stop-commands", "set-output"]
    assert r"    \x3a:error::owned" in hostile.run("log", "-v").out
    assert r"+\x23#[set-output name=a]owned" in hostile.run("diff", "--full").out


def test_it_wants_to_pass_for_a_colour_where_an_escape_was_forgotten(capsys: pytest.CaptureFixture[str]):
    from studio_sync.cli.output import Output
    from studio_sync.render.medium.paint import paint_for

    paint = paint_for(sys.stdout, {"FORCE_COLOR": "1"}, no_color=False)
    plain = paint_for(sys.stdout, {}, no_color=True)
    Output(paint, plain).line(f"{paint.added('new')} \x1b[31mred\x1b[0m \x1b[8mhidden")
    Output(paint, plain).say(f"{paint.added('new')} \x1b[31mred")
    shown = capsys.readouterr()
    assert shown.out == "\x1b[32mnew\x1b[0m \\x1b[31mred\\x1b[0m \\x1b[8mhidden\n"
    assert shown.err == "new \\x1b[31mred\n"


FORGED = "x\\n44 in sync"
"""A name that ends a line, and says on the next one what only studio says."""

SETTINGS = {
    "the content folder": f'content: "{FORGED}"',
    "a key": f'"{FORGED}": 1',
    "a kind of a guard": f'guards: {{"{FORGED}": 1}}',
    "a rule of a guard": f'guards: {{session: {{"{FORGED}": 1}}}}',
    "a status of a guard": f'guards: {{session: {{locked: ["{FORGED}"]}}}}',
    "a check": f'checks: {{"{FORGED}": off}}',
    "the weight of a check": f'checks: {{vale: "{FORGED}"}}',
    "a target": f'targets: {{"{FORGED}": {{url: 1}}}}',
    "a parameter of a target": f'targets: {{a: {{"{FORGED}": 1}}}}',
    "a client": f'clients: ["{FORGED}", 1]',
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_name_in_the_settings_wants_to_say_that_all_is_in_sync(tmp_path: Path, setting: str):
    desk = Desk(tmp_path / "desk", "", f"{setting}\n")
    (desk.root / "content").mkdir(exist_ok=True)
    said = desk.run("validate")
    assert said.code in (1, 2, 3)
    assert [line for line in said.err.splitlines() if not line.startswith(("error: ", "hint: ", "  "))] == []


@pytest.mark.parametrize(
    "schema",
    ['{"$ref": "#/%s"}', '{"patternProperties": {"(%s": {}}}', '{"type": "%s"}', '{"$schema": "http://%s"}'],
)
def test_an_own_schema_wants_to_say_that_all_is_in_sync(tmp_path: Path, schema: str):
    desk = Desk(tmp_path / "desk", "")
    desk.write_all(TREE)
    desk.root.joinpath("schemas").mkdir()
    desk.root.joinpath("schemas/article.schema.json").write_text(schema % FORGED)
    said = desk.run("validate")
    assert said.code
    assert "\n44 in sync" not in said.err + said.out


def test_a_way_out_wants_to_pass_for_a_line_of_its_own(capsys: pytest.CaptureFixture[str]):
    _tell(StudioError("a\nforged", "b\nforged", listed=["c\nforged"]), json=False)
    assert capsys.readouterr().err == "error: a\\nforged\n  c\\nforged\nhint: b\n  forged\n"


def test_a_failure_names_the_code_that_explain_knows(capsys: pytest.CaptureFixture[str]):
    _tell(RefusedError("a", "b", code="busy"), json=False)
    assert capsys.readouterr().err == "error[busy]: a\nhint: b\n"


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_it_wants_to_steer_a_terminal_that_shows_colours(hostile: Desk):
    for command in (["diff", "--full"], ["log", "-v"]):
        text = _on_a_terminal(hostile, command)
        assert "\x1b[" in text, command
        bare = re.sub(r"\x1b\[(?:0|1|2|7|31|32|33|36)m", "", text).replace("\r\n", "\n")
        # A line of progress may come and go before.
        assert not ACTING.findall(re.sub(r"\r[^\r\n]*(?=\r)|\r", "", bare)), command


def _on_a_terminal(desk: Desk, command: list[str]) -> str:
    import pty

    ours, theirs = pty.openpty()
    env = {k: v for k, v in desk.environment(TERM="xterm").items() if k != "NO_COLOR"}
    with subprocess.Popen(
        [shutil.which("python3") or "python3", "-m", "studio_sync", *command],
        cwd=desk.root, env={**env, "PYTHONPATH": str(Path(studio_sync.__file__).parents[1])},
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    ):  # fmt: skip
        os.close(theirs)
        chunks = []
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(ours)
    return b"".join(chunks).decode()


# --- the comment on a pull request


MARKUP = ("html_block", "html_inline", "link_open", "image", "table_open")
FOLDS = re.compile(r"<details(?: open)?><summary>(?:<code>[^<>]*</code>:? )+[\w, ]+</summary>\n|</details>\n")
"""What the comment itself folds by session: names in it stand in code, and are only text."""


def test_it_wants_a_link_a_picture_a_mention_or_html_in_the_comment(hostile: Desk):
    from markdown_it import MarkdownIt

    text = hostile.run("push", "-n", "--partial", "--format", "markdown").out
    assert "octocat" in text
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for token in reader.parse(text.removeprefix("<!-- studio: the plan of a push -->\n")):
        for inner in (token, *(token.children or ())):
            ours = inner.type == "html_block" and FOLDS.fullmatch(inner.content)
            assert ours or inner.type not in MARKUP, inner
            if inner.type == "text":
                assert not re.search(r"[@#<|]|://|www\.", inner.content.replace("####", "")), inner


# --- the board


class _Page(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_it_wants_a_script_to_run_in_the_page_of_the_board(hostile: Desk):
    page = _Page(hostile.ok("board", "-o", "-").out)
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "base", "link"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert (attributes.get("href") or "#").startswith(
            ("#", "content/")
        )  # in the page, or a record's file
        assert "src" not in attributes


def test_it_wants_the_page_of_the_board_to_call_somewhere(hostile: Desk):
    page = _Page(hostile.ok("board", "-o", "-").out)
    (policy,) = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/=]+'", rules["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/=]+'", rules["style-src"])


def test_it_wants_the_boards_own_script_to_write_html():
    text = (Path(studio_sync.__file__).parent / "render/board/board.js").read_text("utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|\.src|\.href|setAttribute\((?!.aria-)"
        r"|location(?!\.(?:hash|pathname|search)\b)|location\.\w+\s*=[^=]",  # it may look at its own address
        text,
    )


def test_it_wants_a_name_on_the_board_to_read_backwards(hostile: Desk):
    assert "\u202e" not in hostile.ok("board", "-o", "-").out
    assert r"\u202e" in hostile.ok("board", "-o", "-").out


# --- the editor


def test_it_wants_an_editor_to_fetch_a_picture_or_to_run_a_command(tmp_path: Path):
    from markdown_it import MarkdownIt

    from studio_sync.files.workspace.workspace import load_workspace
    from studio_sync.sync.editor import EditorSession

    desk = Desk(tmp_path / "desk", "")
    desk.write("acme/knowledge/terminology.yaml", "word: 1\n")
    wild = (
        f"{COMMENT}{TERMINAL} [run](command:workbench.action) <img src=http://e.example/x> http://e.example"
    )
    (desk.root / "schemas").mkdir()
    schema = {"properties": {"word": {"title": wild, "description": wild, "default": f"`{wild}"}}}
    (desk.root / "schemas/client_knowledge.schema.json").write_text(json.dumps(schema), "utf-8")
    editor = EditorSession(load_workspace(desk.root))
    spot = editor.spot(desk.content / "acme/knowledge/terminology.yaml")
    assert spot
    said = editor.about(spot, "word: 1\n", 0, 2)
    assert "octocat" in said
    assert not ACTING.findall(said)
    assert not re.search(r"(?<!\\)://|www\.|mailto:", re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", said))
    for token in MarkdownIt("commonmark").parse(said):
        for inner in token.children or ():
            assert inner.type not in ("html_inline", "link_open", "image"), inner
        assert token.type != "html_block"


def test_it_wants_a_finding_to_steer_the_editors_list():
    from lsprotocol import types
    from pygls.workspace import PositionCodec

    from studio_sync.core.values.problem import Problem, Severity
    from studio_sync.lsp.server import _diagnostic, _item
    from studio_sync.lsp.text_positions import TextPositions
    from studio_sync.sync.editor import Offer

    places = TextPositions("a", PositionCodec(types.PositionEncodingKind.Utf16))
    found = _diagnostic(Problem("a.md", 1, 1, "schema", TERMINAL, TERMINAL), places)
    assert found.message.isprintable() or found.message.count("\n") == 1
    assert not ACTING.findall(found.message.replace("\n", ""))
    at = types.Range(types.Position(0, 0), types.Position(0, 0))
    item = _item(Offer(TERMINAL, TERMINAL, "", 0, False), 1, at)
    assert not ACTING.findall(item.label + (item.detail or ""))
    assert Severity.ERROR


# --- the shell


@pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("wants", "name"),
    [
        ("to run a command by its name", "$(touch owned)"),
        ("to run a command by backticks", "`touch owned`"),
        ("to end the quotes", "a'; touch owned; '"),
        ("to bring a line of its own", "a\nplain,$(touch owned)"),
        ("to expand", "*"),
        ("to hide", "a\u202egpj"),
        ("to steer", "a\x1b[2J"),
    ],
)
def test_a_folder_wants_to_act_in_the_shell_that_completes_it(tmp_path: Path, wants: str, name: str):
    del wants
    desk = Desk(tmp_path / "desk", "")
    (desk.content / name).mkdir()
    script = desk.ok("completion", "bash").out
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    python = shutil.which("python3")
    main = "import sys; sys.argv[0] = 'studio'; from studio_sync.cli.main import main; main()"
    (bin_ / "studio").write_text(f'#!/bin/sh\nexec "{python}" -c "{main}" "$@"\n')
    (bin_ / "studio").chmod(0o755)
    program = f"""{script.replace("complete -o nosort", ": complete")}
COMP_WORDS=(studio status content/) COMP_CWORD=2
compopt() {{ :; }}
_studio_completion studio 2> /dev/null
for reply in "${{COMPREPLY[@]}}"; do eval "printf '<%s>\\n' $reply"; done
"""
    env = {**desk.environment(), "PATH": f"{bin_}:{os.environ['PATH']}",
           "PYTHONPATH": str(Path(studio_sync.__file__).parents[1])}  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", program], cwd=desk.root, env=env, capture_output=True, text=True, check=False
    )
    assert not list(desk.root.rglob("owned"))
    shown = [f"<content/{name}/>"] if name.isprintable() else []
    assert done.stdout.splitlines() == shown, done


# --- each medium by itself


@pytest.mark.parametrize(
    ("wants", "text", "shown"),
    [
        ("to clear the screen", "\x1b[2J", r"\x1b[2J"),
        ("to set the title of the window", "\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("to use a one-byte control sequence", "\x9b31m", r"\x9b31m"),
        ("to write over the line", "a\rb\bc", r"a\rb\x08c"),
        ("to begin a line", "a\nb", r"a\nb"),
        ("to read backwards", "a\u202egpj.exe", r"a\u202egpj.exe"),
        ("to isolate", "\u2066\u2067\u2068\u2069", r"\u2066\u2067\u2068\u2069"),
        ("to mark a direction", "\u200e\u200f\u061c", r"\u200e\u200f\u061c"),
        ("to look like another name", "ad\u200bm\u200di\u200cn\ufeff", r"ad\u200bm\u200di\u200cn\ufeff"),
        ("to carry a hidden prompt", "a\U000e0068\U000e0069", r"a\U000e0068\U000e0069"),
        ("to carry hidden bytes", "a\ufe0f\ufe01\U000e0101", r"a\ufe0f\ufe01\U000e0101"),
        ("to break the encoding", "\ud800x\udc1b", r"\ud800x\udc1b"),
        ("to separate lines", "a\u2028b\u2029c\x85", r"a\u2028b\u2029c\x85"),
        ("to look like nothing", "\u3164\u115f\u034f\xad", r"\u3164\u115f\u034f\xad"),
        ("nothing: an emoji", "👩🏽‍💻 ❤️ 1️⃣", "👩🏽‍💻 ❤️ 1️⃣"),
        ("nothing: Persian", "می‌روم", "می‌روم"),
        ("nothing: Hebrew", "שלום", "שלום"),
        ("nothing: Hindi", "क्‍ष", "क्‍ष"),
        ("nothing: a Japanese name", "葛󠄀城", "葛󠄀城"),
    ],
)  # fmt: skip
def test_a_text_on_a_terminal_wants(wants: str, text: str, shown: str):
    from studio_sync.core.values.escapes import json_escaped, safe

    assert safe(text) == shown, wants
    document = json_escaped(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(document) == {"text": text}
    assert not ACTING.findall(document)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("\t ::set-env name=PATH::x", "\t " + r"\x3a:set-env name=PATH::x"),
        ("\xa0::debug::x", "\xa0" + r"\x3a:debug::x"),
        ("\x1b[1m::error::x", "\x1b[1m" + r"\x3a:error::x"),
        ("a\n::group::x", "a\n" + r"\x3a:group::x"),
        ("a ##[error]x", r"a \x23#[error]x"),
        ("a ##VSO[task.setvariable variable=x]y", r"a \x23#VSO[task.setvariable variable=x]y"),
        ("##teamcity[x]", r"\x23#teamcity[x]"),
        (":::tip", ":::tip"),
        ("## [a heading](x)", "## [a heading](x)"),
        ("a ::error::x", "a ::error::x"),
    ],
)
def test_a_line_of_a_log_wants_to_be_a_command(line: str, shown: str):
    from studio_sync.core.values.escapes import without_commands

    assert without_commands(line) == shown


@pytest.mark.parametrize(
    "text",
    ["::", "##[", "  ", "::a\n", "::a", "\u200d", "\u202e", "\x1b[1m", "`", "`a", "<!--", "[", "&#", "@"],
    ids=ascii,
)
def test_a_long_line_wants_to_be_shown_for_ever(text: str):
    from studio_sync.core.values import escapes

    begun = time.perf_counter()
    for shown in (escapes.safe, escapes.without_commands, escapes.json_escaped, escapes.plain_markdown):
        shown(text * 30_000)
    escapes.code_span(text * 30_000)
    assert time.perf_counter() - begun < 5


def test_a_role_wants_to_hide_in_sql_that_somebody_runs(synced: Desk):
    found = synced.refused("db", "grant", "mia\u202e", "--client", "acme-bank", "--create-login", "--print")
    assert "U+202E" in found.err
    assert found.out == ""


def test_a_bug_wants_to_print_content_as_it_is(synced: Desk):
    code = (
        "import studio_sync.cli.app as a\ndef boom(*_, **__): raise ValueError('\\x1b[2J\\n::error::owned')\n"
    )
    process = synced.spawn("status", code=code + "a.App.scope = boom")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert r"ValueError: \x1b[2J" in err
    assert not ACTING.findall(err)
    assert not obeyed(err)


# --- the one door


DOOR = "cli/output.py"
OTHERS = {
    "__main__.py": "before anything is imported, one sentence of its own",
    "render/medium/progress.py": "draws one line over itself; its name is made safe",
    "cli/main.py": "sets the streams up, and ends them",
    "cli/app.py": "asks whether a stream is a terminal",
    "cli/commands/lsp.py": "hands the pipes to the protocol",
    "cli/commands/editor.py": "asks whether somebody sits there",
    "cli/commands/new.py": "asks whether somebody sits there",
    "sync/worker_pool.py": "pipes between processes",
}
"""Modules that touch a stream, and why none of what they do says anything of content."""


def test_nothing_goes_out_but_through_the_one_door():
    package = Path(studio_sync.__file__).parent
    speaking = {"echo", "secho", "prompt", "confirm", "progressbar", "echo_via_pager", "print", "style"}
    wrong = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name == DOOR:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called == "print" or (called.startswith("click.") and called[6:] in speaking - {"style"}):
                    wrong.append(f"{name}:{node.lineno}: {called}")
                if called.endswith((".write", ".writelines", ".show")) and (
                    "stdout" in called or "stderr" in called or called == "error.show"
                ):
                    wrong.append(f"{name}:{node.lineno}: {called}") if name != "__main__.py" else None
            streams = isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")
            if streams and ast.unparse(node).startswith("sys.") and name not in OTHERS:
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)}")
            if isinstance(node, ast.ImportFrom) and node.module == "click":
                wrong += [f"{name}:{node.lineno}: {a.name}" for a in node.names if a.name in speaking]
    assert not wrong


def test_every_exception_from_the_door_is_still_needed():
    package = Path(studio_sync.__file__).parent
    for name in OTHERS:
        assert re.search(r"sys\.std|stream", (package / name).read_text("utf-8")), name


def test_the_page_shows_nothing_that_was_not_made_safe():
    page = (Path(studio_sync.__file__).parent / "render/board/page.py").read_text("utf-8")
    assert "autoescape=True" in page
    template = (Path(studio_sync.__file__).parent / "render/board/board.html").read_text("utf-8")
    assert "|safe" not in template.replace(" ", "")
    assert not re.search(r"=\{\{|='\{\{", template), "an attribute without quotes"
