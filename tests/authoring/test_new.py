"""`studio new`: the right place, the next number, an id, and a file that is valid from the first moment."""

import re

import pytest

from studio_sync.kinds import KINDS
from tests.harness import C1, C2, S1, S2, SESSION, SESSION_2, Desk, P

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def problems(desk: Desk) -> list[tuple[str, str]]:
    return [
        (p["path"].removeprefix("content/"), p["code"])
        for p in desk.run("validate", "--frozen", "--json").json["problems"]
    ]


def test_a_session_gets_the_next_number_an_id_and_its_title(offline: Desk):
    made = offline.ok("new", "session", f"content/{C1}", "--title", "Why quizzes work")
    path = f"{C1}/1.3-why-quizzes-work/session.md"
    assert made.out == f"+ content/{path}\n"
    text = offline.read(path)
    assert re.match(rf"---\nid: {UUID}\ntitle: Why quizzes work\n", text)
    assert "\nstatus: draft\n---\n" in text
    assert "# One or two sentences that make a learner want to start" in text
    assert problems(offline) == []


@pytest.mark.parametrize("word", list(KINDS.words))
def test_what_is_made_of_any_kind_is_valid_but_for_an_empty_text_which_is_named(offline: Desk, word: str):
    offline.ok("new", "session", f"content/{C1}", "--title", "Empty")
    empty = f"{C1}/1.3-empty"
    kinds = KINDS.words[word]
    places = {"session": f"content/{empty}", "client": "content/acme-bank", "program": f"content/{P}"}
    for kind in kinds:
        place = [places.get(kind.parent, f"content/{C2}")] if kind.parent else []
        titled = ["--title", "New: one"] if kind.heading and kind.field(kind.heading).required else []
        typed = ["--type", kind.slot.known[1]] if kind.slot and kind.slot.known else []
        made = offline.ok("new", word, *place, *titled, *typed, "--json").json
        (path,) = made["created"]
        file = path.removeprefix("content/")
        expected = [(file, "missing-body")] if kind.body and kind.body.required else []
        assert [(p["path"].removeprefix("content/"), p["code"]) for p in made["problems"]] == expected
        unwritten = {"quiz": ["empty-question"] * 3, "exercise": ["empty-text"]}.get(word, [])
        assert sorted(problems(offline)) == sorted([*expected, *((file, code) for code in unwritten)])
        if kind.body:
            offline.write(file, offline.read(file) + "\nText.\n")


def test_a_type_that_is_not_known_here_is_warned_of_and_is_nothing_to_be_written(offline: Desk):
    made = offline.ok("new", "knowledge", "content/acme-bank", "--type", "brief")
    assert made.err.startswith("content/acme-bank/knowledge/brief.yaml: warning[unknown-type]")
    assert "still to write" not in made.err


def test_uncommenting_every_key_leaves_a_file_valid(offline: Desk):
    offline.ok("new", "session", f"content/{C1}", "--title", "Empty", "--full")
    folder = f"{C1}/1.3-empty"
    for file in ("session.md", "article.md", "video.md", "exercise.md", "quiz.yaml"):
        text = offline.read(f"{folder}/{file}")
        keys = re.sub(r"^# (?=[a-z_]+:( |$)|  )", "", text, flags=re.MULTILINE)
        assert keys != text
        offline.write(f"{folder}/{file}", f"{keys}\nText.\n" if file.endswith(".md") else keys)
    unwritten = {"empty-question", "empty-text"}
    assert [found for found in problems(offline) if found[1] not in unwritten] == []


def test_a_quiz_has_ids_and_one_right_answer(offline: Desk):
    offline.ok("new", "quiz", f"content/{S2}")
    text = offline.read(f"{S2}/quiz.yaml")
    assert "  - id: q1\n" in text
    assert re.findall(r"correct: (true|false)", text) == ["true", "false"]
    assert 'question: ""' in text


def test_with_full_everything_that_belongs_in_the_folder_is_made(offline: Desk):
    made = offline.ok("new", "session", f"content/{C2}", "--title", "All", "--full")
    assert sorted(p.name for p in (offline.content / C2 / "2.1-all").iterdir()) == [
        "article.md", "exercise.md", "quiz.yaml", "session.md", "video.md",
    ]  # fmt: skip
    assert "still to write in" in made.err
    assert "the content is empty" in made.err


def test_before_and_after_make_room_and_ids_stay(offline: Desk):
    offline.ok("new", "session", f"content/{C1}", "--title", "Between", "--after", "1.1")
    offline.ok("new", "session", f"content/{C1}", "--title", "First", "--before", S1)
    names = sorted(p.name for p in (offline.content / C1).iterdir() if p.is_dir())
    assert names == ["1.1-first", "1.2-why-leaders-listen", "1.3-between", "1.4-asking"]
    assert SESSION in offline.read(f"{C1}/1.2-why-leaders-listen/session.md")
    assert SESSION_2 in offline.read(f"{C1}/1.4-asking/session.md")
    assert problems(offline) == []


def test_a_chapter_in_between_takes_the_sessions_of_later_ones_along(offline: Desk):
    offline.ok("new", "session", f"content/{C2}", "--title", "Try")
    offline.edit(f"{S1}/article.md", "Four five.", "Four [five](../../02-practice/2.1-try/session.md).")
    offline.ok("new", "chapter", f"content/{P}", "--title", "Theory", "--before", "2")
    assert (offline.content / P / "02-theory/chapter.md").is_file()
    assert (offline.content / P / "03-practice/3.1-try/session.md").is_file()
    assert "[five](../../03-practice/3.1-try/session.md)" in offline.read(f"{S1}/article.md")
    assert problems(offline) == []


def test_the_place_is_the_folder_that_one_is_in(offline: Desk):
    here = offline.content / S1
    assert offline.run("new", "session", "--title", "Here", cwd=here).code == 0
    assert (offline.content / C1 / "1.3-here").is_dir()
    assert offline.run("new", "video", "2", "--json", cwd=here).code == 2


def test_the_only_place_there_is_needs_no_name(offline: Desk):
    offline.ok("new", "program", "--title", "Second")
    assert (offline.content / "acme-bank/second/program.md").is_file()
    refused = offline.run("new", "chapter", "--title", "Where")
    assert refused.code == 2
    assert "which program? There are 2: content/acme-bank/leading-with-trust, content/acme-bank/second" in (
        refused.err
    )


def test_a_key_is_a_place_too(offline: Desk):
    offline.remove(f"{S2}/article.md")
    offline.ok("new", "article", "acme-bank/leading-with-trust/1/1.2")
    assert (offline.content / S2 / "article.md").is_file()


class TestRefusals:
    def test_a_file_that_is_there_is_never_replaced(self, offline: Desk):
        before = offline.files()
        for arguments in (
            ("article", f"content/{S1}"),
            ("knowledge", f"content/{P}", "--type", "brief"),
            ("program", "content/acme-bank", "--title", "Leading with trust"),
            ("client", "--title", "ACME", "--slug", "Acme-Bank"),
        ):
            refused = offline.refused("new", *arguments)
            assert "is there already" in refused.err
            assert "\nhint: " in refused.err
        assert offline.files() == before

    def test_nothing_is_asked_where_there_is_no_terminal(self, offline: Desk):
        refused = offline.run("new", "session", f"content/{C1}")
        assert refused.code == 2
        assert "the title of the session is missing" in refused.err
        assert "give it with --title" in refused.err
        refused = offline.run("new", "knowledge", "content/acme-bank")
        assert "give it with --type: terminology, brand_voice" in refused.err

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("lesson",), "is not one of"),
            (("session", "content/acme-bank", "--title", "x"), "belongs in a chapter"),
            (("session", "content/nowhere", "--title", "x"), "there is no content/nowhere here"),
            (("session", f"content/{C1}", "--title", "x", "--before", "1.9"), "there is no 1.9 here"),
            (("session", f"content/{C1}", "--title", "x", "--before", f"content/{C2}"), "is not beside it"),
            (("session", f"content/{C1}", "--title", "x", "--slug", "y"), "known by its number"),
            (("session", f"content/{C1}", "--title", "x", "--before", "1", "--after", "1"), "two places"),
            (("client", "--title", "---"), "makes no folder's name"),
            (("article", f"content/{S2}", "--type", "x"), "has no type"),
        ],
    )
    def test_a_wrong_call_says_what_to_type(self, offline: Desk, arguments: tuple[str, ...], said: str):
        before = offline.files()
        result = offline.run("new", *arguments)
        assert result.code == 2
        assert said in result.err
        assert offline.files() == before


def test_a_dry_run_touches_nothing_and_tells_the_same(offline: Desk):
    arguments = ("new", "session", f"content/{C1}", "--title", "Between", "--after", "1.1")
    before, stamps = offline.files(), offline.stamps()
    planned = offline.ok(*arguments, "-n")
    assert (offline.files(), offline.stamps()) == (before, stamps)
    assert planned.out == offline.ok(*arguments).out
    assert f"~ content/{S2} → content/{C1}/1.3-asking\n" in planned.out


class TestTemplates:
    def test_a_template_of_the_workspace_takes_the_schemas_place(self, offline: Desk):
        (offline.root / "templates").mkdir()
        (offline.root / "templates/session.md").write_text(
            "---\n# how we begin\nhook: Once\nstatus: draft\n---\n\n# {{number}} {{title}}\n", "utf-8"
        )
        offline.ok("new", "session", f"content/{C1}", "--title", "Yes: no")
        text = offline.read(f"{C1}/1.3-yes-no/session.md")
        assert re.fullmatch(
            rf'---\n(id: {UUID}\n|title: "Yes: no"\n|# how we begin\n|hook: Once\n|status: draft\n){{5}}'
            r"---\n\n# 1\.3 Yes: no\n",
            text,
        )
        assert problems(offline) == []

    def test_a_type_of_knowledge_can_have_its_own(self, offline: Desk):
        (offline.root / "templates").mkdir()
        (offline.root / "templates/client_knowledge-brand_voice.yaml").write_text("voice: calm\n", "utf-8")
        offline.ok("new", "knowledge", "content/acme-bank", "--type", "brand_voice")
        assert offline.read("acme-bank/knowledge/brand_voice.yaml") == "voice: calm\n"
        offline.ok("new", "knowledge", "content/acme-bank", "--type", "terminology")
        assert "summary:" in offline.read("acme-bank/knowledge/terminology.yaml")

    @pytest.mark.parametrize(
        ("text", "said"), [(f"---\nid: {SESSION}\n---\n", "has an id"), ("---\na: [\n---\n", "can't be read")]
    )
    def test_a_template_that_can_not_serve_is_refused(self, offline: Desk, text: str, said: str):
        (offline.root / "templates").mkdir()
        (offline.root / "templates/session.md").write_text(text, "utf-8")
        refused = offline.refused("new", "session", f"content/{C1}", "--title", "x")
        assert f"the template templates/session.md {said}" in refused.err


def test_where_files_state_an_order_the_new_one_takes_its_place_in_it(offline: Desk):
    offline.edit(
        f"{S1}/session.md", "title: Why leaders listen\n", "title: Why leaders listen\norder_index: 9\n"
    )
    offline.edit(f"{S2}/session.md", "title: Asking\n", "title: Asking\norder_index: 3\n")
    offline.ok("new", "session", f"content/{C1}", "--title", "New", "--before", "1.1")
    folder = offline.content / C1
    orders = {
        p.parent.name: re.findall(r"^order_index: (\d+)$", p.read_text("utf-8"), re.MULTILINE)
        for p in folder.glob("*/session.md")
    }
    assert orders == {"1.1-new": ["4"], "1.2-why-leaders-listen": ["9"], "1.3-asking": ["3"]}


def test_what_is_made_in_a_clients_list_is_told(offline: Desk):
    offline.config("name: desk\nclients: [acme-bank]\n")
    assert "add other to its `clients`" in offline.ok("new", "client", "--title", "Other").err


def test_a_new_session_is_pushed_with_its_id_and_neighbours_keep_their_rows(synced: Desk):
    synced.ok("new", "session", f"content/{C1}", "--title", "Between", "--after", "1.1")
    synced.ok("push")
    rows = synced.sql("SELECT number, title, id::text FROM sessions ORDER BY order_index")
    assert [(n, t) for n, t, _ in rows] == [
        ("1.1", "Why leaders listen"), ("1.2", "Between"), ("1.3", "Asking"),
    ]  # fmt: skip
    assert [rows[0][2], rows[2][2]] == [SESSION, SESSION_2]
    assert rows[1][2] in synced.read(f"{C1}/1.2-between/session.md")
