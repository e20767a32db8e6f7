"""Quick fixes: what an editor replaces is what the hint says, and the problem is gone."""

from pathlib import Path

import pytest

from studio_sync.files.workspace.workspace import load_workspace
from studio_sync.lsp.quick_fixes import quick_fixes
from studio_sync.sync.editor import EditorSession
from tests.harness import S1, SESSION, TREE

FRONT = f"---\nid: {SESSION}\n"


@pytest.fixture
def editor(tmp_path: Path) -> EditorSession:
    (tmp_path / "studio.yaml").write_text("name: x\n", "utf-8")
    for path, text in TREE.items():
        place = tmp_path / "content" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    terms = tmp_path / "content" / "acme-bank" / "knowledge" / "terminology.yaml"
    terms.write_text("avoid:\n  - word: soft skills\n    instead: the skill itself\n", "utf-8")
    return EditorSession(load_workspace(tmp_path))


@pytest.mark.parametrize(
    ("file", "text", "code", "fixed"),
    [
        ("session.md", f"{FRONT}title: Lesson #1: why\n---\n", "comment-in-text",
         'title: "Lesson #1: why"'),
        ("session.md", f"{FRONT}titel: One\n---\n", "unknown-key", "title: One"),
        ("session.md", f"{FRONT}title: One\nestimated_minutes: '20'\n---\n", "schema",
         "estimated_minutes: 20"),
        ("session.md", f"{FRONT}title: 007\n---\n", "schema", 'title: "007"'),
        ("session.md", f"{FRONT}title: One\nstatus: aproved\n---\n", "unknown-status", "status: approved"),
        ("session.md", f"{FRONT}title: One\ncreated_at: x\n---\n", "unknown-key",
         f"{FRONT}title: One\n---\n"),
        ("session.md", f"{FRONT}title: On\u200be\n---\n", "hidden-character", "title: One"),
        ("session.md", "---\ntitle: One\n---\n", "missing-id", "---\nid: "),
        ("quiz.yaml", "questions:\n  - question: a\n    type: singlechoice\n    answer: b\n",
         "unknown-question-type", "type: single_choice"),
        ("quiz.yaml", "questions:\n  - question: a\n    options: [{text: x, corect: true}]\n", "near-key",
         "{text: x, correct: true}"),
        ("article.md", "---\nstatus: draft\n---\n\nSoft skills help.\n", "avoided-term",
         "the skill itself help."),
        ("../../program.md", "---\nname: a\nlanguage: english\n---\n", "unknown-language", "language: en\n"),
    ],
)  # fmt: skip
def test_a_quick_fix_writes_what_the_hint_says(
    editor: EditorSession, file: str, text: str, code: str, fixed: str
) -> None:
    spot = editor.spot((editor_root(editor) / "content" / S1 / file).resolve())
    assert spot
    found = [p for p in editor.problems(spot, text) if p.code == code]
    assert found
    fix = next(quick_fixes(found[0], text))
    lines = text.split("\n")
    row = lines[fix.line]
    lines[fix.line : fix.line + 1] = [] if fix.whole else [row[: fix.start] + fix.text + row[fix.end :]]
    after = "\n".join(lines)
    assert fixed in after
    assert not [p for p in editor.problems(spot, after) if p.code == code and p.line == found[0].line]


def editor_root(editor: EditorSession) -> Path:
    return editor._workspace.root


def test_what_no_replacement_mends_has_none(editor: EditorSession) -> None:
    spot = editor.spot(editor_root(editor) / "content" / S1 / "article.md")
    assert spot
    text = "---\nstatus: draft\n---\n\n[x](nothing.md) [y](#z)\n"
    for problem in editor.problems(spot, text):
        assert list(quick_fixes(problem, text)) == []
