"""`studio lsp`: a real client and a real server, over stdio."""

import queue
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from studio_sync.files.tree.watching.open_files import held_open
from tests.harness import C1, S1, SESSION_2, TREE, Desk, run
from tests.lsp.client import Client

needs_pygls = pytest.mark.skipif(
    not find_spec("pygls"), reason="the language server needs pygls: pip install '.[lsp]'"
)
ARTICLE = "---\nstatus: draft\n---\n\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a file of each kind, and no database."""
    with Desk(tmp_path_factory.mktemp("lsp") / "desk", "") as desk:
        desk.write_all(TREE)
        desk.write("acme-bank/knowledge/terminology.yaml", "avoid: [frontline]\n")
        return desk.root


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[Client]:
    """A client whose server is at work."""
    with Client(root) as client:
        yield client
    assert client.code == 0


def shown(client: Client, file: Path, text: str) -> list[tuple[int, int, int, str]]:
    """What is shown of a file with this text; it is closed again."""
    client.open(file, text)
    found = client.problems(file)
    client.close(file)
    return found


@needs_pygls
def test_problems_of_an_unsaved_text_are_shown_until_they_are_mended(client: Client, root: Path) -> None:
    file = root / "content" / S1 / "session.md"
    saved = file.read_text("utf-8")
    client.open(file, saved.replace("hook:", "hoook:"))
    assert client.problems(file) == [(3, 0, 5, "unknown-key")]
    client.type(file, saved.replace("title: Why", "title: [Why"))
    ((line, *_),) = client.problems(file)
    assert line == 2
    client.type(file, saved, 3)
    assert client.problems(file) == []
    client.type(file, saved.replace("hook:", "hoook:"), 4)
    client.type(file, saved.replace("wiifm:", "wifm:"), 5)
    assert [code for *_, code in client.problems(file)] == ["unknown-key"]
    client.close(file)
    with pytest.raises(queue.Empty):
        client.problems(file, within=0.5)


@needs_pygls
@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (f"{S1}/article.md", f"{ARTICLE}Ä 😀 [x](nothing.md) y\n", [(4, 5, 20, "broken-link")]),
        (f"{S1}/article.md", f"{ARTICLE}😀 frontline, it is\n", [(4, 3, 12, "avoided-term")]),
        (f"{S1}/article.md", f"{ARTICLE}a\u2028b\n\n![](https://a.example/b.png)\n",
         [(6, 0, 28, "missing-alt")]),
        (f"{S1}/quiz.yaml", "questions:\n  - question: 😀\n    tpe: x\n    options: 7\n",
         [(2, 4, 7, "near-key"), (3, 13, 14, "schema")]),
        (f"{S1}/quiz.yaml", 'questions: [{question: "😀😀", options: 7}]\n', [(0, 40, 41, "schema")]),
        (f"{S1}/exercise.md", ARTICLE, None),
        ("new-client/client.md", "---\nname: New\n---\n", [(0, 0, 3, "missing-id")]),
        (f"{C1}/1.1-again/session.md", "---\nid: 44444444-4444-4444-8444-444444444449\ntitle: x\n---\n",
         [(0, 0, 3, "duplicate-number")]),
    ],
)  # fmt: skip
def test_problems_stand_where_the_editor_counts_them(
    client: Client, root: Path, path: str, text: str, expected: list[tuple[int, int, int, str]] | None
) -> None:
    found = shown(client, root / "content" / path, text)
    assert found == expected if expected else {code for *_, code in found} >= {"missing-key", "missing-body"}


@needs_pygls
def test_an_editor_may_count_otherwise(root: Path) -> None:
    with Client(root, encodings=("utf-8",)) as client:
        assert client.capabilities["positionEncoding"] == "utf-8"
        file = root / "content" / S1 / "article.md"
        assert shown(client, file, f"{ARTICLE}Ä😀 [x](no.md)\n") == [(4, 7, 17, "broken-link")]


@needs_pygls
def test_an_id_that_another_file_has_is_shown(client: Client, root: Path) -> None:
    assert run("validate", cwd=root, env={}).code == 0
    file = root / "content" / S1 / "session.md"
    text = f"---\nid: {SESSION_2}\ntitle: x\n---\n"
    assert [(line, code) for line, *_, code in shown(client, file, text)] == [(1, "duplicate-id")]


@needs_pygls
def test_what_is_no_record_of_a_workspace_is_left_alone(client: Client, root: Path, tmp_path: Path) -> None:
    broken = "---\nx: [\n---\n"
    (root / ".studioignore").write_text("content/acme-bank/drafts/\n", "utf-8")
    for file in (
        tmp_path / "content" / S1 / "session.md",
        root / "README.md",
        root / "content" / "stray.md",
        root / "content" / "acme-bank" / "drafts" / "program.md",
    ):
        client.open(file, broken)
        assert client.offers(file, 1, 0) == []
        assert client.about(file, 1, 0) == ""
    with pytest.raises(queue.Empty):
        client.notice("textDocument/publishDiagnostics", within=0.5)


@needs_pygls
def test_a_saved_file_changes_what_is_shown_of_another(client: Client, root: Path) -> None:
    article, quiz = root / "content" / S1 / "article.md", root / "content" / C1 / "1.2-asking" / "quiz.yaml"
    client.open(article, f"{ARTICLE}[x](../1.2-asking/quiz.yaml)\n")
    assert [code for *_, code in client.problems(article)] == ["broken-link"]
    quiz.write_text("questions:\n  - question: Who?\n", "utf-8")
    client.save(quiz)
    assert client.problems(article) == []
    quiz.unlink()
    client.close(article)


@needs_pygls
def test_a_text_that_is_not_saved_is_known_to_a_watch(client: Client, root: Path) -> None:
    path, state, content = f"{S1}/article.md", root / ".studio", root / "content"
    state.mkdir(mode=0o700, exist_ok=True)
    file = content / path
    saved = file.read_text("utf-8")

    def shows(text: str, version: int) -> str:
        client.type(file, text, version)
        client.about(file, 0, 0)  # the answer comes behind all that was said before
        return held_open(state, content, path)

    client.open(file, saved)
    assert not held_open(state, content, path)
    assert "not saved" in shows(saved + "\nMore.\n", 2)
    client.save(file)
    client.about(file, 0, 0)
    assert not held_open(state, content, path)
    assert "not saved" in shows(saved + "\nMore, again.\n", 3)
    client.close(file)
    assert not held_open(state, content, path)
    with Client(root) as other:
        other.open(file, saved)
        other.type(file, saved + "\nMore.\n")
        other.about(file, 0, 0)
        assert held_open(state, content, path)
    assert not held_open(state, content, path)  # its process has ended


@needs_pygls
def test_keys_are_offered_that_are_not_there_yet(client: Client, root: Path) -> None:
    file = root / "content" / S1 / "session.md"
    client.open(file, "---\ntitle: x\nho\nstatus: draft\n---\n\nBody: \n")
    offers = client.offers(file, 2, 2)
    names = [offer["label"] for offer in offers]
    assert {"hook", "wiifm", "learning_objectives"} <= set(names)
    assert not {"title", "status"} & set(names)
    hook = next(offer for offer in offers if offer["label"] == "hook")
    assert hook["textEdit"] == {
        "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 2}},
        "newText": "hook: ",
    }
    assert hook["documentation"]["value"]
    assert client.offers(file, 6, 0) == []
    client.close(file)


@needs_pygls
def test_keys_and_values_are_offered_below_lists_in_a_broken_text(client: Client, root: Path) -> None:
    file = root / "content" / S1 / "quiz.yaml"
    text = "questions:\n  - question: Who: he?\n    type: s\n    options:\n      - text: x\n        \n    \n"
    client.open(file, text)
    assert {o["label"] for o in client.offers(file, 2, 11)} >= {"single_choice", "open"}
    assert {o["label"] for o in client.offers(file, 5, 8)} >= {"correct", "feedback"}
    assert {o["label"] for o in client.offers(file, 6, 4)} >= {"explanation", "answer"}
    assert "options" not in {o["label"] for o in client.offers(file, 6, 4)}
    client.close(file)


@needs_pygls
def test_statuses_are_offered_in_their_order(client: Client, root: Path) -> None:
    file = root / "content" / S1 / "session.md"
    client.open(file, "---\ntitle: x\nstatus: \n---\n")
    offers = sorted(client.offers(file, 2, 8), key=lambda o: o["sortText"])
    assert [o["label"] for o in offers] == ["draft", "content_created", "approved", "published"]
    client.close(file)


@needs_pygls
def test_a_key_is_explained_from_the_schema(client: Client, root: Path) -> None:
    file = root / "content" / S1 / "session.md"
    client.open(file, file.read_text("utf-8"))
    assert client.about(file, 3, 2).startswith("**Hook**")
    assert client.about(file, 3, 12) == ""
    assert client.about(file, 0, 0) == ""
    client.close(file)


def other_workspace(tmp_path: Path) -> tuple[Path, Path]:
    """A workspace to be, without its settings, and the path of a client's file in it."""
    root = tmp_path / "other"
    file = root / "content" / "acme" / "client.md"
    file.parent.mkdir(parents=True)
    return root, file


@needs_pygls
def test_a_broken_studio_yaml_is_told_and_ends_nothing(client: Client, tmp_path: Path) -> None:
    root, file = other_workspace(tmp_path)
    (root / "studio.yaml").write_text("nme: x\n", "utf-8")
    client.open(file, "---\nnme: x\n---\n")
    assert "unknown key `nme`" in client.notice("window/logMessage")["message"]
    (root / "studio.yaml").write_text("", "utf-8")
    client.type(file, "---\nnme: x\n---\n")
    assert "unknown-key" in {code for *_, code in client.problems(file)}
    client.close(file)


@needs_pygls
def test_a_schema_that_is_a_link_to_nowhere_is_told_and_ends_nothing(client: Client, tmp_path: Path) -> None:
    """Each request for a file of that workspace ended in a traceback, and the editor showed nothing."""
    root, file = other_workspace(tmp_path)
    (root / "studio.yaml").write_text("", "utf-8")
    (root / "schemas").mkdir()
    (root / "schemas" / "client.schema.json").symlink_to("nowhere")
    client.open(file, "---\nnme: x\n---\n")
    assert "client.schema.json" in client.notice("window/logMessage")["message"]
    (root / "schemas" / "client.schema.json").unlink()
    client.type(file, "---\nnme: y\n---\n")
    assert "unknown-key" in {code for *_, code in client.problems(file)}
    client.close(file)


def test_without_pygls_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'pygls' else find(name, *a)\n"
        "sys.argv = ['studio', 'lsp']\n"
        "from studio_sync.cli.main import main\n"
        "main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 3
    assert 'pip install "studio-sync[lsp]"' in ran.stderr


@needs_pygls
def test_an_editor_is_led_to_parts_links_and_ids_and_mends_at_a_touch(client: Client, root: Path) -> None:
    article, quiz = root / "content" / S1 / "article.md", root / "content" / S1 / "quiz.yaml"
    body = "# One\n\n## Two 😀\n\nTo [Asking](../1.2-asking/) and [out](https://a.example).\n\n# Three\n"
    text = f"{ARTICLE}{body}"
    client.open(article, text)
    at = {"textDocument": {"uri": article.as_uri()}}
    one, three = client.ask("textDocument/documentSymbol", at)
    assert (one["name"], [c["name"] for c in one["children"]], three["name"]) == ("One", ["Two 😀"], "Three")
    assert three["range"]["start"]["line"] == 10
    (link,) = client.ask("textDocument/documentLink", at)
    there = (root / "content" / C1 / "1.2-asking" / "session.md").as_uri()
    assert (link["target"], link["range"]["start"]) == (there, {"line": 8, "character": 3})
    found = client.ask("textDocument/definition", {**at, "position": {"line": 8, "character": 6}})
    assert found["uri"] == there
    assert client.ask("textDocument/definition", {**at, "position": {"line": 4, "character": 1}}) is None
    client.open(quiz, "questions:\n  - question: Who?\n    type: singlechoice\n    answer: a\n")
    given = {"textDocument": {"uri": quiz.as_uri()}, "context": {"diagnostics": []}}
    whole = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 9}}
    (fix,) = client.ask("textDocument/codeAction", {**given, "range": whole})
    (edit,) = fix["edit"]["changes"][quiz.as_uri()]
    assert (fix["kind"], edit["newText"]) == ("quickfix", "single_choice")
    assert edit["range"] == {"start": {"line": 2, "character": 10}, "end": {"line": 2, "character": 22}}
    (asked,) = client.ask("textDocument/documentSymbol", {"textDocument": {"uri": quiz.as_uri()}})
    assert asked["name"] == "Who?"
    for file in (article, quiz):
        client.close(file)


@needs_pygls
def test_hovering_says_nothing_twice(client: Client, root: Path) -> None:
    program = root / "content" / "acme-bank" / "leading-with-trust" / "program.md"
    client.open(program, "---\nname: a\nlanguage: en\n---\n")
    said = client.about(program, 2, 1)
    assert said.count("Left out") == 1
    client.close(program)
