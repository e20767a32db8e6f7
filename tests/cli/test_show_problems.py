"""Problems as lines for people and editors, as annotations for GitHub, and as a report for GitLab."""

import json

from studio_sync.core.values.problem import Problem, Severity
from studio_sync.render.medium.paint import Paint
from studio_sync.render.problems import github, gitlab, job_summary, lines, problem_summary

PLAIN = Paint(enabled=False)
LATE = Problem("content/b/client.md", 12, 3, "schema", "this is no number", "type a number")
EARLY = Problem("content/b/client.md", 2, 1, "unknown-key", "no key titel", "say title")
WHOLE = Problem("content/a.md", 0, 0, "stray-file", "no record has this place", "", Severity.WARNING)


def test_problems_stand_in_the_order_of_the_tree_with_hints_and_a_summary():
    assert list(lines([LATE, WHOLE, EARLY], PLAIN)) == [
        "content/a.md: warning[stray-file] no record has this place",
        "content/b/client.md:2:1: error[unknown-key] no key titel",
        "  hint: say title",
        "content/b/client.md:12:3: error[schema] this is no number",
        "  hint: type a number",
        "2 errors and 1 warning in 2 files",
    ]


def test_a_line_without_colour_is_the_problem_as_it_spells_itself():
    for problem in (LATE, EARLY, WHOLE):
        assert next(lines([problem], PLAIN)) == str(problem)


def test_a_folder_stands_before_its_neighbour_whose_name_goes_on():
    inside, beside = (Problem(path, 1, 1, "schema", "no") for path in ("a/b.md", "a-b.md"))
    assert [line.split(":")[0] for line in lines([beside, inside], PLAIN)][:2] == ["a/b.md", "a-b.md"]


def test_the_same_problem_is_told_once():
    assert len(list(lines([EARLY, EARLY], PLAIN))) == 3
    assert len(list(github([EARLY, EARLY]))) == 1


def test_nothing_is_said_about_no_problems():
    assert list(lines([], PLAIN)) == []
    assert problem_summary([]) == "no problems"


def test_numbers_in_the_summary_read_as_words_do():
    assert problem_summary([EARLY]) == "1 error in 1 file"
    assert problem_summary([WHOLE]) == "1 warning in 1 file"


def test_a_hint_of_two_lines_stays_together():
    problem = Problem("a.md", 1, 1, "yaml", "no", "put it in quotes:\ntitle: 'a: b'")
    assert list(lines([problem], PLAIN))[1:3] == ["  hint: put it in quotes:", "        title: 'a: b'"]


def test_content_can_not_steer_the_terminal():
    problem = Problem("a\x1b[2J.md", 1, 1, "schema", "got \x07\u202e\nx", "\x9b31m")
    shown = list(lines([problem], PLAIN))
    assert shown[:2] == [r"a\x1b[2J.md:1:1: error[schema] got \x07\u202e\nx", r"  hint: \x9b31m"]


def test_colour_tells_errors_from_warnings():
    shown = list(lines([EARLY, WHOLE], Paint(enabled=True)))
    assert "\x1b[33m\x1b[1mwarning" in shown[0]
    assert "\x1b[31m\x1b[1merror" in shown[1]


def test_an_annotation_names_its_place_and_carries_the_hint():
    assert list(github([EARLY, WHOLE])) == [
        "::warning file=content/a.md,title=stray-file::no record has this place",
        "::error file=content/b/client.md,line=2,col=1,title=unknown-key::no key titel%0Ahint: say title",
    ]


def test_an_annotation_can_not_be_broken_by_what_it_says():
    problem = Problem("a,b:c%.md", 1, 0, "x", "100 %\r\n::error::no\x1b")
    assert list(github([problem])) == [
        "::error file=a%2Cb%3Ac%25.md,line=1,title=x::100 %25%0D%0A::error::no\\x1b"
    ]


def test_problems_of_one_cause_stand_together_and_more_than_a_few_are_counted():
    many = [
        Problem(f"a/{n}.md", n, 1, "broken-link", f"leads nowhere: `{n}`", f"no {n}") for n in range(1, 10)
    ]
    same = [Problem(f"b/{n}.md", 1, 1, "missing-id", "no id", "write one") for n in range(2)]
    shown = list(lines([*many, *same, WHOLE], PLAIN))
    assert shown[:2] == ["a/1.md:1:1: error[broken-link] leads nowhere: `1`", "  hint: no 1"]
    assert shown[8:11] == [
        "a/5.md:5:1: error[broken-link] leads nowhere: `5`",
        "  hint: no 5",
        "  … and 4 more like this; -v lists all",
    ]
    assert shown[-1] == "11 errors and 1 warning in 12 files"
    alike = [Problem(f"b/{n}.md", 1, 1, "missing-id", "no id", "write one") for n in range(9)]
    assert list(lines(alike, PLAIN))[4:7] == [
        "b/4.md:1:1: error[missing-id] no id",
        "  hint: write one",
        "  … and 4 more like this; -v lists all",
    ]
    assert len(list(lines([*many, *same, WHOLE], PLAIN, every=True))) == 18 + 4 + 1 + 1


def test_beyond_ten_annotations_the_last_counts_the_rest_and_the_summary_has_all():
    errors = [Problem(f"a/{n:02}.md", 1, 1, "schema", f"no {n}", "x") for n in range(13)]
    shown = list(github([*errors, WHOLE]))
    assert len(shown) == 11
    assert shown[10] == "::error title=studio::… and 4 more errors: the job summary lists all"
    assert shown[9].startswith("::warning file=content/a.md,")
    assert len(list(github(errors[:10]))) == 10
    page = job_summary([*errors, WHOLE])
    assert page.count("\n- `") == 14
    assert "- `a/12.md:1:1: error[schema] no 12`" in page


def test_gitlab_gets_a_report_of_code_quality():
    found = json.loads(gitlab([LATE, EARLY, EARLY, WHOLE]))
    assert [(f["check_name"], f["severity"], f["location"]["lines"]["begin"]) for f in found] == [
        ("stray-file", "minor", 1), ("unknown-key", "major", 2), ("schema", "major", 12),
    ]  # fmt: skip
    assert found[1]["location"]["path"] == "content/b/client.md"
    assert found[1]["description"] == "no key titel (say title)"
    assert len({f["fingerprint"] for f in found}) == 3
    moved = json.loads(
        gitlab([Problem("content/b/client.md", 3, 1, "unknown-key", "no key titel", "say title")])
    )
    assert moved[0]["fingerprint"] == found[1]["fingerprint"]
