"""`studio validate` on what is well formed and still not good: links, images, questions, wording."""

import pytest

from tests.harness import C1, S1, S2, SESSION, Desk, P

ARTICLE = "---\nstatus: draft\n---\n\n"
POLICY = "acme-bank/knowledge/terminology.yaml"


def found(desk: Desk, *arguments: str) -> list[tuple[str, int, int, str]]:
    """(path, line, column, code) of all problems."""
    problems = desk.run("validate", "--json", *arguments).json["problems"]
    return [(p["path"].removeprefix("content/"), p["line"], p["column"], p["code"]) for p in problems]


def config(desk: Desk, text: str) -> None:
    (desk.root / "studio.yaml").write_text(f"name: desk\n{text}", "utf-8")


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("[x](session.md)", None),
        ("[x](../1.2-asking/article.md#part)", "broken-anchor"),
        ("[x](../1.2-asking/)", None),
        ("[x](../1.2-asking)", None),
        ("[x](../../program.md?plain)", None),
        ("[x](https://example.com/nothing.md)", None),
        ("[x](mailto:a@b.example) [z](/app/1) [v](//cdn.example/x)", None),
        ("`[x](nothing.md)`", None),
        ("[x](nothing.md)", "broken-link"),
        ("[x](Session.md)", "broken-link"),
        ("[x](../1.3-gone/article.md)", "broken-link"),
        ("[x](../../../../../studio.yaml)", "broken-link"),
        ("[x](../../../../../../../../etc/passwd)", "broken-link"),
        ("![A map](nothing.png)", "broken-link"),
        ("![A map](map%20of%20it.png)", "unseen-file"),
        ("[The map](<map of it.png>)", "unseen-file"),
        ("[Ours](../../../../ignored.md)", "unseen-file"),
        ("![](https://example.com/x.png)", "missing-alt"),
        ('<img src="https://example.com/x.png">', "missing-alt"),
        ('<img src="https://example.com/x.png" alt="">', None),
    ],
)
def test_a_link_leads_somewhere_and_an_image_can_be_seen_and_told(
    desk: Desk, link: str, code: str | None
) -> None:
    desk.write(f"{S1}/map of it.png", b"\x89PNG")
    desk.write("ignored.md", "x")
    desk.write(".studioignore", "/ignored.md\n")
    desk.write(f"{S1}/article.md", f"{ARTICLE}One.\n\nTwo {link}\n")
    expected = [(f"{S1}/article.md", 7, 5, code)] if code else []
    assert found(desk) == expected
    assert desk.run("validate").code == 0


def test_a_link_is_judged_anew_when_the_other_file_comes_or_goes(desk: Desk) -> None:
    desk.write(f"{S1}/article.md", f"{ARTICLE}[x](../1.2-asking/quiz.yaml)\n")
    assert [code for *_, code in found(desk)] == ["broken-link"]
    desk.write(f"{S2}/quiz.yaml", "questions:\n  - question: Who?\n")
    assert found(desk) == []
    (desk.content / S2 / "quiz.yaml").unlink()
    assert [code for *_, code in found(desk)] == ["broken-link"]
    assert [code for *_, code in found(desk, f"content/{S1}")] == ["broken-link"]


def test_assets_say_that_readers_find_the_pictures(desk: Desk) -> None:
    desk.write(f"{S1}/map.png", b"\x89PNG")
    desk.write(f"{S1}/article.md", f"{ARTICLE}![A map](map.png) ![A map](mop.png)\n")
    assert [code for *_, code in found(desk)] == ["unseen-file", "broken-link"]
    config(desk, "assets: https://cdn.example/\n")
    assert [code for *_, code in found(desk)] == ["broken-link"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("type: single_choice\n    options: [{text: a, correct: true}, {text: b}]", None),
        ("type: single_choice\n    options: [{text: a}, {text: b, correct: false}]", (5, 14)),
        ("type: single_choice\n    options: [{text: a, correct: true}, {text: b, correct: true}]", (5, 60)),
        ("type: single_choice", (3, 5)),
        ("type: single_choice\n    options: []", (5, 14)),
        ("type: single_choice\n    answer: a\n    options: [{text: a}, {text: b}]", None),
        ("type: Multiple choice\n    options: [{text: a}, {text: b}]", (5, 14)),
        ("type: multiple_choice\n    options: [{text: a, correct: true}, {text: b, correct: true}]", None),
        ("type: open", None),
        ("options: [{text: a}]", None),
    ],
)
def test_a_choice_has_the_answers_that_it_needs(
    desk: Desk, question: str, expected: tuple[int, int] | None
) -> None:
    desk.write(f"{S1}/quiz.yaml", f"status: draft\nquestions:\n  - question: Who?\n    {question}\n")
    problems = [(f"{S1}/quiz.yaml", *expected, "correct-options")] if expected else []
    assert found(desk) == problems


def test_a_term_to_avoid_is_found_wherever_learners_read_it(desk: Desk) -> None:
    desk.write(POLICY, "avoid:\n  - word: soft skills\n    instead: the skill itself\n    why: It is hard.\n")
    desk.write(
        f"{S1}/article.md",
        "---\nsources:\n  - title: Soft skills\nstatus: draft\n---\n\n`soft skills`\nand *Soft\nskills* in\n"
        "[soft skills](https://soft.example/soft%20skills)\n",
    )
    desk.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: >-\n  Nobody told her of\n  soft skills.")
    desk.edit(f"{S1}/session.md", "  - Ask", '  - "Train\\x20soft\\x20skills"')
    desk.edit(f"{S1}/quiz.yaml", "question: Who listens?", "question: Soft skills?")
    desk.edit(f"{P}/knowledge/brief.md", "What they", "Soft skills")
    assert found(desk) == [
        (f"{S1}/article.md", 8, 6, "avoided-term"),
        (f"{S1}/article.md", 10, 2, "avoided-term"),
        (f"{S1}/quiz.yaml", 4, 15, "avoided-term"),
        (f"{S1}/session.md", 6, 3, "avoided-term"),
        (f"{S1}/session.md", 10, 5, "avoided-term"),
    ]
    text = desk.run("validate").out
    assert "avoid “Soft skills”" in text
    assert "write instead: the skill itself (It is hard)" in text


def test_terms_are_those_of_the_file_as_it_is_now_and_of_its_client_alone(desk: Desk) -> None:
    desk.write("other/client.md", "---\nid: 11111111-1111-4111-8111-111111111112\nname: O\n---\n")
    desk.write("other/knowledge/terminology.yaml", "avoid: [three]\n")
    assert found(desk) == []
    desk.write(POLICY, "avoid: [three]\n")
    assert [path for path, *_ in found(desk)] == [f"{S1}/article.md"]
    desk.write(POLICY, "avoid: [[three]\n")
    assert {code for *_, code in found(desk)} == {"yaml-syntax"}
    desk.write(POLICY, "terms: [three]\n")
    assert found(desk) == []


def test_a_text_that_is_no_markdown_has_no_links(desk: Desk) -> None:
    desk.edit(f"{P}/knowledge/brief.md", "What", "[x](nothing.md)")
    assert found(desk) == []
    desk.edit(f"{P}/knowledge/brief.md", "content_format: plain", "content_format: markdown")
    assert [code for *_, code in found(desk)] == ["broken-link"]


def test_each_check_can_be_turned_off_or_made_an_error(desk: Desk) -> None:
    desk.write(f"{S1}/article.md", f"{ARTICLE}![](nothing.png)\n")
    assert [code for *_, code in found(desk)] == ["broken-link", "missing-alt"]
    desk.ok("validate")
    config(desk, "checks:\n  broken-link: off\n  missing-alt: error\n")
    assert [code for *_, code in found(desk)] == ["missing-alt"]
    desk.refused("validate")
    config(desk, "checks: {missing-alt: off, broken-link: error}\n")
    assert [code for *_, code in found(desk)] == ["broken-link"]
    desk.refused("validate")


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("checks: {broken-lnk: off}\n", ":2:10:", "did you mean `broken-link`?"),
        ("checks:\n  missing-alt: maybe\n", ":3:16:", "off, warning or error"),
        ("checks: [missing-alt]\n", ":2:9:", "mapping"),
        ("assets: cdn\n", ":2:9:", "for example: assets: https://"),
    ],
)
def test_what_studio_yaml_says_of_checks_is_checked_when_it_is_read(
    desk: Desk, text: str, where: str, said: str
) -> None:
    config(desk, text)
    result = desk.run("validate")
    assert result.code == 2
    assert where in result.err
    assert said in result.err


@pytest.mark.parametrize("code", ["missing-alt", "broken-link"])
def test_what_is_advice_holds_no_push_up_and_is_told_by_validate_alone_and_an_error_holds_it_up(
    synced: Desk, code: str
) -> None:
    synced.write(f"{S1}/article.md", f"{ARTICLE}![](nothing.png)\n")
    assert synced.json("status")["problems"] == []
    config(synced, f"checks: {{{code}: error}}\n")
    refused = synced.refused("push")
    assert f"{S1}/article.md:5:1: error[{code}]" in refused.err
    synced.edit(f"{P}/program.md", "For those", "For all those")
    synced.refused("push", "--partial")
    assert synced.standings().keys() == {f"{S1}/article.md"}
    config(synced, "")
    pushed = synced.ok("push")
    assert code not in pushed.text


def whole(desk: Desk, *arguments: str) -> list[tuple[str, int, int, str, str]]:
    """(code, line, column, severity, hint) of the problems of session 1.1."""
    problems = desk.run("validate", "--json", *arguments).json["problems"]
    return [(p["code"], p["line"], p["column"], p["severity"], p["hint"]) for p in problems]


QUESTION = "questions:\n  - question: a\n"
EXERCISE = "---\ntitle: a\nexercise_type: b\n"
PROGRAM = "---\nname: a\nlanguage: "

SENSELESS = [
    ("quiz.yaml", 'questions:\n  - question: ""\n', "empty-question", (2, 15), "write what is asked"),
    ("quiz.yaml", 'questions:\n  - question: " "\n', "empty-question", (2, 15), ""),
    ("quiz.yaml", QUESTION + '    options: [{text: x}, {text: " "}]\n', "empty-question", (3, 33), ""),
    ("quiz.yaml", QUESTION + "    options: []\n", "correct-options", (3, 14), "delete the line"),
    ("quiz.yaml", QUESTION + "    type: singlechoice\n    answer: b\n",
     "unknown-question-type", (3, 11), "`single_choice`"),
    ("quiz.yaml", QUESTION + "    type: single_choise\n    answer: b\n",
     "unknown-question-type", (3, 11), "`single_choice`"),
    ("quiz.yaml", QUESTION + "    type: ordering\n",
     "unknown-question-type", (3, 11), "known are single_choice"),
    ("quiz.yaml", QUESTION + "    type: true_false\n", "correct-options", (2, 5), "`answer: true`"),
    ("quiz.yaml", QUESTION + "    options: [{text: x, corect: true}, {text: y}]\n",
     "near-key", (3, 25), "`correct`"),
    ("quiz.yaml", QUESTION + "    explnation: b\n", "near-key", (3, 5), "`explanation`"),
    ("quiz.yaml", QUESTION + "    options: [{text: x}, {text: x}]\n",
     "correct-options", (3, 33), "change one"),
    ("quiz.yaml", "questions:\n  - question: TODO\n", "placeholder", (2, 15), "write what belongs here"),
    ("quiz.yaml", QUESTION + "metadata: {pasing_score: 1}\n", "near-key", (3, 12), "`passing_score`"),
    ("article.md", "---\n---\nOne.\n\nTODO: two.\n", "placeholder", (5, 1), ""),
    ("article.md", "---\n---\nLorem ipsum dolor.\n", "placeholder", (3, 1), ""),
    ("session.md", '---\ntitle: "T\\x4fDO: a title"\n---\n', "placeholder", (2, 8), ""),
    ("article.md", "---\nsources: [{title: a, auhtor: b}]\n---\nOne.\n", "near-key", (2, 22), "`author`"),
    ("session.md", "---\ntitle: ''\n---\n", "empty-text", (2, 8), "after `title:`"),
    ("session.md", "---\ntitle: '[title]'\n---\n", "placeholder", (2, 8), ""),
    ("session.md", "---\ntitle: a\nlearning_objectives: [b, '']\n---\n", "empty-text", (3, 26), ""),
    ("session.md", "---\ntitle: a\nestimated_minutes: 0\n---\n", "odd-number", (3, 20), ""),
    ("exercise.md", EXERCISE + "ai_mentor: {}\n---\nOne.\n", "empty-text", (4, 12), ""),
    ("exercise.md", EXERCISE + "ai_mentor: {role: ''}\n---\nOne.\n", "empty-text", (4, 12), ""),
    ("exercise.md", EXERCISE + "ai_mentor: {role: c}\n---\nOne.\n",
     "no-instructions", (4, 12), "`instructions:`"),
    ("exercise.md", EXERCISE + "ai_mentor: {role: c, instuctions: d}\n---\nOne.\n",
     "near-key", (4, 22), "`instructions`"),
    ("../../program.md", PROGRAM + "english\n---\n", "unknown-language", (3, 11), "did you mean `en`?"),
    ("../../program.md", PROGRAM + "Français\n---\n", "unknown-language", (3, 11), "did you mean `fr`?"),
    ("../../program.md", PROGRAM + "en_US\n---\n", "unknown-language", (3, 11), "did you mean `en-US`?"),
    ("../../program.md", PROGRAM + "jp\n---\n", "unknown-language", (3, 11), "did you mean `ja`?"),
    ("../../program.md", PROGRAM + "zz\n---\n", "unknown-language", (3, 11), "such as en"),
    ("../../program.md", PROGRAM + "zh-Hant-TW\n---\n", None, (), ""),
    ("../../program.md", PROGRAM + "gsw\n---\n", None, (), ""),
    ("quiz.yaml", 'questions:\n  - question: "What is it: …?"\n    options: [{text: "…"}, {text: "?"}]\n',
     None, (), ""),
    ("quiz.yaml", QUESTION + "    type: Single choice\n    answer: b\n    points: 3\n", None, (), ""),
    ("quiz.yaml", QUESTION + "    type: true_false\n    answer: false\n", None, (), ""),
    ("article.md", "---\n---\nWrite a TODO list: `TODO: x`.\n", None, (), ""),
    ("exercise.md", EXERCISE + "ai_mentor: {system_prompt: c}\n---\nOne.\n", None, (), ""),
]  # fmt: skip


def test_what_says_nothing_or_can_not_be_meant_is_named(desk: Desk) -> None:
    for file, text, code, place, hint in SENSELESS:
        kept = desk.read(f"{S1}/{file}")
        desk.write(f"{S1}/{file}", text)
        problems = [p for p in whole(desk) if p[0] != "missing-id"]
        expected = [(code, *place, "warning")] if code else []
        assert [(c, *at, severity) for c, *at, severity, _ in problems] == expected, text
        assert all(hint in said for *_, said in problems), text
        desk.write(f"{S1}/{file}", kept)


BROKEN = "status: draft\nquestions:\n  - question: a\n    options: []\n"


def test_what_readers_would_see_broken_holds_up_the_step_and_a_draft_is_free(synced: Desk) -> None:
    desk = synced
    desk.write(f"{S1}/quiz.yaml", BROKEN)
    pushed = desk.run("push")
    assert (pushed.code, "correct-options" in pushed.text) == (0, True)
    advanced = desk.run("advance", f"content/{S1}/quiz.yaml", "--json").json
    assert [p["code"] for p in advanced["problems"]] == ["correct-options"]
    advanced = desk.run("advance", "--to", "content_created", f"content/{S1}/session.md").text
    assert "not ready to be content_created: quiz.yaml:4: this question has no options" in advanced
    desk.write(f"{S1}/quiz.yaml", BROKEN.replace("draft", "review"))
    desk.edit(f"{S1}/session.md", "status: draft", "status: content_created")
    assert ("correct-options", 4, 14, "error") in [p[:4] for p in whole(desk)]
    refused = desk.json("push")
    assert refused["outcome"] == "refused"
    codes = {
        (p["path"].rpartition("/")[2], p["code"]) for p in refused["problems"] if p["severity"] == "error"
    }
    assert codes == {("quiz.yaml", "correct-options"), ("session.md", "not-ready")}
    config(desk, "checks: {correct-options: warning}\n")
    assert desk.run("push").code == 0


def test_the_board_says_that_a_file_is_broken(synced: Desk) -> None:
    synced.write(f"{S1}/quiz.yaml", BROKEN)
    synced.ok("push")
    assert "1 finding that readers would see" in synced.ok("board", "-o", "-").out


def test_a_translation_that_still_is_its_source_is_named_and_holds_its_step_up(synced: Desk) -> None:
    desk, copy = synced, "acme-bank/confiance"
    article = f"{copy}/01-foundations/1.2-asking/article.md"
    desk.ok("copy", "leading-with-trust", "confiance", "--language", "fr")
    desk.ok("push")
    paths = {p[0] for p in found(desk) if p[3] == "untranslated"}
    assert article in paths
    assert f"{copy}/02-practice/chapter.md" in paths
    assert not any(path.endswith("brief.md") for path in paths)
    assert "untranslated" in desk.run("advance", f"content/{article}", "--json").codes
    desk.edit(article, "status: draft", "status: review")
    assert "untranslated" in desk.run("push", f"content/{article}", "--json").codes
    desk.edit(article, "Ask.", "Demandez.")
    assert article not in {p[0] for p in found(desk) if p[3] == "untranslated"}
    desk.ok("push", f"content/{article}")


BODIES = [
    ("One.\n<<<<<<< HEAD\nTwo.\n=======\nThree.\n>>>>>>> main\n", "merge-markers", (6, 1)),
    ("One.\r\n<<<<<<< HEAD\r\nTwo.\r\n=======\r\nThree.\r\n>>>>>>> main\r\n", "merge-markers", (6, 1)),
    ("```\n<<<<<<< HEAD\nTwo.\n=======\nThree.\n>>>>>>> main\n```\n", None, ()),
    ("<<<<<<< an arrow\n", None, ()),
    ("One.\n\n```python\nprint(1)\n\nTwo.\n", "unclosed-code", (7, 1)),
    ("- One\n\n  ~~~\n  a\n  ~~~\n\n````\n```\n````\n", None, ()),
    ("# Über uns, kurz\n\n[a](#uber-uns-kurz) [b](#%C3%BCber-uns-kurz) [](#top) [](#fn1) [](#)\n", None, ()),
    ("## A\n\n[a](#b)\n", "broken-anchor", (7, 1)),
    ("## A *b* `c` [d](e://f) {#own}\n\n[a](#a-b-c-d) [b](#own)\n", None, ()),
    ('<a id="here"></a>\n\n[a](#here) [b](#hera)\n', "broken-anchor", (7, 12)),
    ("[a](../1.2-asking/session.md#nothing)\n", "broken-anchor", (5, 1)),
    ("[a](../1.2-asking/session.md#who-asks)\n", None, ()),
    ("One [two][three].\n", "missing-reference", (5, 5)),
    ("One [two][three], [four][].\n\n[three]: https://a.example\n[four]: https://a.example\n", None, ()),
    ("One [two][].\n", "missing-reference", (5, 5)),
    ("One [two][three].\n\n[three]: nothing.md\n", "broken-link", (5, 5)),
    ("a[i][j], `[two][three]`, [1][2], [x] [y], \\[a][b]\n", None, ()),
    ("One.[^1] Two.[^note]\n\n[^1]: nothing.md\n[^note]: See there.\n", None, ()),
]  # fmt: skip


def test_what_would_not_be_shown_as_it_is_meant_is_named(desk: Desk) -> None:
    desk.edit(f"{S2}/session.md", "status: draft\n---\n", "status: draft\n---\n\n## Who asks?\n")
    for text, code, place in BODIES:
        desk.write(f"{S1}/article.md", f"{ARTICLE}{text}")
        problems = [(c, *at, severity) for c, *at, severity, _ in whole(desk)]
        assert problems == ([(code, *place, "warning")] if code else []), text


LINES = [
    ('title: "a\\bc"', (4, 8), "U+0008"),
    ("title: a\u200bc", (4, 8), "zero width space"),
    ("title: a\u202ec", (4, 8), "right-to-left override"),
    ("learning_objectives: [a, b\u2060]\ntitle: c", (4, 26), "word joiner"),
    ("title: Daten\u00adschutz", None, ""),
    ("title: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None, ""),
    ("title: \U0001f469\u200d\U0001f393 c", None, ""),
    ("title: a\nhook: |\n  b\n  c\td\n", None, ""),
]  # fmt: skip


def test_characters_that_nobody_sees_are_named_in_texts_of_one_line(desk: Desk) -> None:
    for text, place, name in LINES:
        desk.write(f"{S1}/session.md", f"---\nid: {SESSION}\nstatus: draft\n{text}\n---\n")
        (found,) = desk.run("validate", "--json").json["problems"] if place else [None]
        if found is None:
            assert desk.run("validate", "--json").json["problems"] == [], text
            continue
        assert (found["code"], found["line"], found["column"]) == ("hidden-character", *(place or ())), text
        assert name in found["message"], text


SIDES = "<<<<<<< HEAD\nstatus: draft\n=======\nstatus: review\n>>>>>>> x\n"


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("quiz.yaml", f"{SIDES}questions: [{{question: a}}]\n", 1),
        ("article.md", f"---\n{SIDES}---\nOne.\n", 2),
        ("article.md", "<<<<<<< HEAD\n---\nstatus: draft\n---\nOne.\n=======\n---\n---\n>>>>>>> x\n", 1),
    ],
)  # fmt: skip
def test_gits_markers_in_yaml_are_an_error_that_says_why_it_can_not_be_read(
    desk: Desk, file: str, text: str, line: int
) -> None:
    desk.write(f"{S1}/{file}", text)
    assert [(c, at, severity) for c, at, _, severity, _ in whole(desk)] == [("merge-markers", line, "error")]


def test_a_status_that_was_never_pulled_so_is_an_error_as_the_push_will_refuse_it(synced: Desk) -> None:
    def status() -> tuple[str, str]:
        (problem,) = synced.run("validate", "--json").json["problems"]
        return problem["severity"], problem["hint"]

    synced.edit(f"{S2}/article.md", "status: draft", "status: reviewed")
    assert status() == ("error", "did you mean `review`? the statuses are: draft, review, approved")
    synced.refused("push")
    synced.edit(f"{S2}/article.md", "status: reviewed", "status: draft")
    synced.sql("UPDATE articles SET status = 'legacy' WHERE content = 'Ask.'")
    synced.ok("pull")
    assert status() == ("warning", "the statuses are: draft, review, approved")


def test_a_hint_says_the_whole_way_at_once(desk: Desk) -> None:
    desk.write(f"{C1}/new-one/article.md", f"{ARTICLE}One.\n")
    (problem,) = desk.run("validate", "--json").json["problems"]
    assert problem["hint"] == (
        "rename it so that its number comes first, as in 1.3-new-one, and add session.md; or move what is in"
        f" it into another session: studio mv content/{C1}/new-one/article.md FOLDER; or remove it"
    )
    desk.remove(f"{C1}/new-one")
    desk.move(f"{S2}/article.md", f"{C1}/1.3-x/session.md")
    desk.write(f"{C1}/1.3-x/session.md", desk.read(f"{S2}/session.md"))
    assert "`studio copy` does that by itself" in desk.run("validate").text
    desk.write(f"{S1}/article.md", "---\nstatus: done\n---\nOne.\n")
    assert "is not a status of an article" in desk.run("validate").text
