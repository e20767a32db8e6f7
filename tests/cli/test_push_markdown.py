"""The plan of a push as a comment on a pull request: what it tells, and that content in it is only text."""

import subprocess

import pytest
from markdown_it import MarkdownIt

from studio_sync.core.merge.word_changes import words_changed
from studio_sync.render.medium.markdown import LIMIT, Section, code, code_block, page
from tests.harness import C1, S1, S2, SESSION, Desk, P, unchanged

HOSTILE = (
    "`x` @octocat #1 <script>alert(1)</script> | <img src=x> [a](http://b) ![c](d) www.e.f",
    "```", "``` `` `", "`", " a ", "", "-->", "a\n\n# b\n<b>", "\x1b[2J\u202e", "</code>@x", "\\`@x\\`",
)  # fmt: skip


def plan(desk: Desk, *options: str, code: int = 0) -> str:
    with unchanged(desk):
        found = desk.run("push", "-n", "--format", "markdown", *options)
    assert found.code == code, found
    return found.out


def sections(text: str) -> list[str]:
    return [line.removeprefix("#### ") for line in text.splitlines() if line.startswith("#### ")]


def test_a_plan_says_what_would_be_created_changed_and_deleted_by_how_many_words(synced: Desk):
    synced.edit(f"{S1}/article.md", "One two three.", "One brave new three.")
    synced.edit(f"{S1}/quiz.yaml", "question: Who listens?", "question: Who really listens?")
    synced.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNARRATOR: Ask.\n")
    synced.remove(f"{P}/knowledge")
    text = plan(synced, "--delete")
    assert text.startswith("<!-- studio: the plan of a push -->\n### What a push would do\n")
    assert "**Would be pushed**: 1 created, 2 updated, 1 deleted." in text
    assert sections(text) == ["Changes: 1 created, 2 updated, 1 deleted, +5 -8 words"]
    assert "- `~ article.md` · text: 3 words changed\n" in text
    assert "- `~ quiz.yaml` · `questions` · +1 word\n" in text


def test_changes_stand_by_session_with_titles_values_and_the_passage(synced: Desk):
    synced.edit(f"{S1}/article.md", "One two three.", "One brave new three.")
    synced.edit(f"{S1}/quiz.yaml", "question: Who listens?", "question: Who really listens?")
    synced.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes: 25")
    synced.edit(f"{S2}/article.md", "Ask.", "Ask twice.")
    text = plan(synced)
    first, second = text.split("<details")[1:]
    assert first.startswith(
        f" open><summary><code>1.1 Why leaders listen</code> <code>content/{S1}</code>: 3 updated</summary>\n"
    )
    assert "  ~ estimated_minutes: 20 → 25\n" in first
    assert '~ questions[id=q1].question: "Who listens?" → "Who really listens?"\n' in first
    assert "-One [-two-] three.\n+One {+brave new+} three.\n" in first
    assert "<code>1.2 Asking</code>" in second
    for number in range(3):
        synced.write(f"{C1}/1.{number + 3}-x/session.md", "---\ntitle: </code></summary>@x\n---\n")
    text = plan(synced)
    assert "<details open" not in text
    assert "<code>1.3 &lt;/code&gt;&lt;/summary&gt;@x</code>" in text


def test_approvals_come_first(synced: Desk):
    synced.edit(f"{P}/program.md", "For those who lead.", "For all who lead.")
    synced.sql("UPDATE articles SET status = 'review'")
    synced.ok("pull")
    synced.edit(f"{S1}/article.md", "status: review", "status: approved")
    text = plan(synced)
    assert sections(text) == ["Approvals", "Changes: 1 updated, +1 -1 words"]
    assert f"- `~ content/{S1}/article.md` · `status review → approved`\n" in text
    assert "1 to approved" in text


def test_refusals_conflicts_and_the_lines_that_commits_lack_are_told(synced: Desk):
    synced.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    synced.edit(f"{S1}/article.md", "status: approved", "status: review")
    synced.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes: soon")
    synced.edit(f"{C1}/chapter.md", "title: Foundations", "title: Grounds")
    synced.sql("UPDATE chapters SET title = 'Bases' WHERE title = 'Foundations'")
    synced.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    synced.remove(f"{P}/knowledge")
    text = plan(synced, code=1)
    assert "**This push would be refused**" in text
    assert sections(text) == ["Conflicts", "Refused", "Missing decisions", "Changes: 1 updated, +1 word"]
    assert (
        f"- `content/{S1}/article.md:2` **reopen-needed** `approved → review is a step back, and its" in text
    )
    assert f"- `content/{S1}/session.md:9` **schema**" in text
    for word in ("base      Foundations", "files     Grounds", "database  Bases", "not by studio"):
        assert word in text
    assert f"resolve it: studio resolve content/{C1}/chapter.md --keep files|database" in text
    wanted = f"Studio-Delete: content/{P}/knowledge/brief.md\nStudio-Reopen: content/{S1}/article.md why\n"
    assert f"```text\n{wanted}```" in text
    assert "**Would be pushed**: 1 updated." in plan(synced, "--partial", code=1)


def test_one_line_lets_a_whole_folder_be_deleted_and_its_title_is_told(synced: Desk):
    synced.remove(S1)
    synced.remove(f"{P}/knowledge")
    text = plan(synced, code=1)
    wanted = f"Studio-Delete: content/{S1}\nStudio-Delete: content/{P}/knowledge/brief.md\n"
    assert f"```text\n{wanted}```" in text
    assert "<code>1.1 Why leaders listen</code>" in plan(synced, "--delete")


def test_a_plan_that_cannot_be_made_says_so_and_names_no_host(synced: Desk):
    found = synced.run(
        "push", "-n", "--format", "markdown", "--database", "postgresql://ada:secret@127.0.0.1:9/x"
    )
    assert found.code == 3
    assert "**There is no plan**" in found.out
    assert "127.0.0.1" not in found.out
    assert "secret" not in found.text


def test_a_plan_that_is_refused_as_a_whole_says_why(synced: Desk):
    synced.remove(C1)
    text = plan(synced, "--delete=3", code=1)
    assert "**There is no plan**" in text
    assert "- `this push would delete 8 records, not 3; nothing was changed`\n" in text
    assert "- `` look at `studio diff`, then confirm with --delete=8 ``\n" in text


def test_what_is_in_sync_makes_a_short_comment(synced: Desk):
    assert plan(synced).endswith("\n\n**Nothing to push.**\n")
    synced.sql("UPDATE programs SET language = 'en'")
    assert "1 record to pull: run `studio pull`." in plan(synced)


def test_markdown_is_for_plans(desk: Desk):
    assert desk.run("push", "--format", "markdown").code == 2
    assert desk.run("push", "-n", "--json", "--format", "markdown").code == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_content_is_never_more_than_text(text: str):
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    for given in (f"- {code(text)} · {code(text)}", code_block([text, "x", text])):
        tokens = parser.parse(f"before\n\n{given}\n\nafter")
        kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}
        assert kinds <= {
            "paragraph_open", "paragraph_close", "inline", "text", "bullet_list_open", "bullet_list_close",
            "list_item_open", "list_item_close", "code_inline", "fence",
        }  # fmt: skip
        loose = [c.content for t in tokens for c in t.children or () if c.type == "text"]
        assert set(loose) <= {"before", "after", " · "}
        assert "\x1b" not in given
        assert "\u202e" not in given


def test_a_hostile_name_is_only_a_name(synced: Desk):
    folder = f"{P}/03-`@octocat`|<b>"
    synced.write(f"{folder}/chapter.md", "---\ntitle: x\n---\n")
    text = plan(synced)
    assert "<code>content/acme-bank/leading-with-trust/03-`@octocat`|&lt;b&gt;</code>" in text
    assert "- `+ chapter.md` · +1 word" in text


def test_a_plan_of_any_size_fits_into_a_comment_and_counts_what_it_leaves_out():
    rows = [f"- {code('ü' * 100 + str(k))}" for k in range(5_000)]
    text = page("# head", [Section("A", ["- one"]), Section("B", rows), Section("C", rows, fenced=True)])
    assert len(text.encode()) <= LIMIT
    assert len(text.encode()) > LIMIT // 2
    assert "- one" in text
    told = [line for line in text.splitlines() if line.startswith("… and ")]
    assert len(told) == 2
    left = int(told[0].split()[2].replace(",", ""))
    assert left + text.partition("#### C")[0].count("ü" * 100) == 5_000
    assert text.count("```") == 2
    assert len(page("# head", [Section("A", ["x" * 100_000])])) < 200


def test_words_that_came_and_went_are_those_that_differ():
    assert words_changed([("a b c", "a x b c y")]) == (2, 0)
    assert words_changed([("a b c", "c")]) == (0, 2)
    assert words_changed([(None, "a b"), ({"q": ["a b", 3]}, {"q": ["a c", 4]})]) == (3, 1)
    assert words_changed([("聞く力", "聞く心")]) == (1, 1)


def test_a_path_with_a_blank_stands_in_quotes_in_the_line_that_decides(synced: Desk):
    def commit(text: str) -> None:
        for command in (["add", "-A"], ["commit", "-qm", text]):
            name = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
            subprocess.run(["git", *name, *command], cwd=synced.root, check=True)

    subprocess.run(["git", "init", "-q"], cwd=synced.root, check=True)
    synced.write(f"{P}/knowledge/a b.md", "---\ntitle: x\n---\n\ny\n")
    commit("one more")
    synced.ok("push")
    synced.remove(f"{P}/knowledge/a b.md")
    wanted = f'Studio-Delete: "content/{P}/knowledge/a b.md"'
    assert wanted in plan(synced, code=1)
    commit(f"one less\n\n{wanted}")
    assert "1 deleted" in plan(synced)
