"""The page of a record beside its file: what it shows of unsaved text, and that nothing of it acts."""

from pathlib import Path

import pytest

from studio_sync.files.workspace.workspace import load_workspace
from studio_sync.kinds import KINDS
from studio_sync.serve.preview import Preview, preview
from tests.harness import S1, TREE, Desk
from tests.serve.asking import Html
from tests.serve.payloads import PAYLOADS

IN_EDITORS = (
    '![a" onerror="alert(1)](p.png)', '<a href="command:studio.push">x</a>', "[x](command:studio.push)",
    "[x](vscode://a/b)", "[x](file:///etc/passwd)", 'src="studio-picture/0"', "\x1b]0;x\x07\u202e",
    "{{ 7 * 7 }}{% raw %}",
)  # fmt: skip
"""What might act in an editor beyond what acts in a browser."""

TAGS = frozenset((
    "main", "section", "header", "h1", "h2", "h3", "h4", "bdi", "span", "div", "p", "ul", "ol", "li", "dl",
    "dt", "dd", "form", "fieldset", "legend", "label", "input", "textarea", "button", "output", "details",
    "summary", "figure", "figcaption", "blockquote", "b", "code", "pre", "em", "strong", "a", "img",
    "table", "thead", "tbody", "tr", "th", "td", "hr", "br", "s",
))  # fmt: skip
ACTING = frozenset(("srcset", "action", "formaction", "srcdoc", "http-equiv", "data", "xlink:href"))
FRONT = "---\nstatus: draft\n---\n\n"
QUIZ = """\
questions:
  - question: Who?
    options:
      - text: She
        correct: true
        feedback: Indeed.
      - He
    explanation: Because.
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Desk(tmp_path_factory.mktemp("preview") / "desk", "") as desk:
        desk.write_all(TREE)
        for name in ("p.png", ".hidden.png"):
            desk.write(f"{S1}/{name}", b"png")
        (desk.root / "outside").mkdir()
        (desk.root / "outside/o.png").write_bytes(b"png")
        (desk.content / S1 / "link.png").symlink_to(desk.root / "outside/o.png")
        (desk.content / S1 / "away").symlink_to(desk.root / "outside")
        return desk.root.resolve()


def shown(root: Path, name: str, text: str) -> Preview:
    found = preview(load_workspace(root), KINDS, root / "content" / S1 / name, text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("article.md", f"{FRONT}## Not saved\n\nSome *words*.\n",
         ["draft", '<h2 data-line="5">Not saved', "<em>words</em>", "5 words"]),
        ("video.md", FRONT + "word " * 260, ["260 words", "2:00 when said"]),
        ("quiz.yaml", QUIZ, ["Who?", "data-right", "Indeed.", "Because."]),
        ("exercise.md", TREE[f"{S1}/exercise.md"].replace("role: A colleague", "opening: What now?"),
         ["The mentor begins", "What now?", "Read the case."]),
        ("quiz.yaml", "questions: [", ["yaml-syntax", "can't be read"]),
        ("article.md", f"{FRONT}x\n".replace("draft", "drft"), ["Warning</b> in line 2", "unknown-status"]),
    ],
)  # fmt: skip
def test_unsaved_text_is_shown_as_learners_would_see_it(root: Path, name: str, text: str, parts: list[str]):
    html = shown(root, name, text).html
    for part in parts:
        assert part in html, html


@pytest.mark.parametrize("name", ["article.md", "quiz.yaml", "exercise.md"])
def test_nothing_of_a_text_acts(root: Path, name: str):
    for payload in (*PAYLOADS, *IN_EDITORS):
        said = "'" + "".join(c for c in payload if c.isprintable()).replace("'", "''") + "'"
        text = {
            "article.md": f"{FRONT}{payload}\n\nx {payload} y\n\n> {payload}\n\n"
            f"| a |\n|---|\n| {payload} |\n",
            "quiz.yaml": f"questions:\n  - question: {said}\n    explanation: {said}\n"
            f"    options: [{{text: {said}, feedback: {said}}}]\n",
            "exercise.md": f"---\ntitle: {said}\nexercise_type: {said}\nscenario: {{x: {said}}}\n"
            f"ai_mentor: {{opening: {said}}}\n---\n\n{payload}\n",
        }[name]
        found = shown(root, name, text)
        for tag, attributes in Html(found.html).elements:
            assert tag in TAGS, payload
            assert not any(key.startswith("on") or key in ACTING for key in attributes), payload
            if "src" in attributes:
                assert (tag, attributes["src"]) == ("img", "studio-picture/0"), payload
                assert found.pictures == (str(root / "content" / S1 / "p.png"),)
            if href := attributes.get("href"):
                assert href == "#" or href.split(":")[0] in {"http", "https", "mailto", "tel"}, payload
        assert not {"\x1b", "\x07", "\u202e"} & set(found.html)


def test_pictures_are_those_of_the_workspace_and_no_others(root: Path):
    names = ("p.png", ".hidden.png", "link.png", "away/o.png", "../../../../../outside/o.png", "/etc/passwd",
             "none.png", "article.md", "p.png?x", "https://e.example/p.png", "//e.example/p.png")  # fmt: skip
    found = shown(root, "article.md", FRONT + "\n\n".join(f"![{name}]({name})" for name in names))
    assert found.pictures == (str(root / "content" / S1 / "p.png"),)
    assert {one["src"] for one in Html(found.html).all("img")} == {"studio-picture/0"}


def test_what_is_no_record_has_no_page(root: Path):
    for file in (root / "studio.yaml", root / "content" / S1 / "notes.txt", root.parent / "a.md"):
        assert preview(load_workspace(root), KINDS, file, "x") is None
