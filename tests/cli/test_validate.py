"""`studio validate`: everything in one run, each with file, line and what to type."""

import os
import shutil

import pytest

from tests.harness import C1, S1, S2, SESSION, TREE, Desk, P

NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


def problems(desk: Desk, *arguments: str) -> list[tuple[str, int, str]]:
    """(path, line, code) of all problems; no database can be reached."""
    found = desk.run("validate", "--json", *arguments, STUDIO_DATABASE_URL=NOWHERE)
    return [(p["path"].removeprefix("content/"), p["line"], p["code"]) for p in found.json["problems"]]


def test_a_sound_tree_needs_no_database_and_says_so(desk: Desk) -> None:
    found = desk.ok("validate", STUDIO_DATABASE_URL=NOWHERE)
    assert found.out == ""
    assert found.err == "13 files, no problems\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "line", "code"),
    [
        ("session.md", "title: Why", "title: [Why", 3, None),
        ("session.md", "hook: Nobody told her.", "hook: Nobody: told her.", 4, None),
        ("session.md", "status: draft", "\tstatus: draft", 10, None),
        ("session.md", "hook: Nobody", "hoook: Nobody", 4, "unknown-key"),
        ("session.md", "status: draft", "status: draft\nstatus: draft", 11, "yaml-duplicate-key"),
        ("session.md", "  - Ask", "  - 7", 8, None),
        ("session.md", "estimated_minutes: 20", "estimated_minutes: x", 9, None),
        ("session.md", "title: Why", "title: !!str Why", 3, "yaml-tag"),
        ("article.md", "year: 2010", "year: .nan", 5, None),
        ("article.md", "One two", "\x00ne two", 8, "nul"),
        ("article.md", "One two three.\n\nFour five.\n", "", None, "missing-body"),
        ("quiz.yaml", "question: Who", "question: 7\n    was: Who", 4, None),
        ("exercise.md", "exercise_type: CASE_ANALYSIS\n", "", None, None),
    ],
)
def test_a_fault_is_found_at_its_line(
    desk: Desk, path: str, old: str, new: str, line: int | None, code: str | None
) -> None:
    desk.edit(f"{S1}/{path}", old, new)
    found = problems(desk)
    assert {p for p, _, _ in found} == {f"{S1}/{path}"}
    if line is not None:
        assert line in {at for _, at, _ in found}
    if code is not None:
        assert code in {c for _, _, c in found}


def test_everything_is_reported_in_one_run_sorted_and_counted(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    desk.edit(f"{S1}/quiz.yaml", "text: He", "txt: He")
    desk.write(f"{S2}/article.md", b"---\n---\n\n\xff")
    desk.write(f"{S2}/stray.md", "x")
    shutil.copytree(desk.content / S1, desk.content / C1 / "1.1-copy")
    desk.write(f"{P}/03-empty/3.1-x/session.md", "---\ntitle: X\n---\n")
    found = desk.refused("validate", STUDIO_DATABASE_URL=NOWHERE)
    lines = [line for line in found.out.splitlines() if not line.startswith("  ")]
    paths = [line.partition(": ")[0].split(":")[0] for line in lines[:-1]]
    assert paths == sorted(paths, key=lambda p: p.split("/"))
    for code in ("unknown-key", "not-utf8", "stray-file", "duplicate-id", "duplicate-number", "no-own-file"):
        assert f"[{code}]" in found.out
    assert "Did you mean" in found.out or "did you mean" in found.out
    assert " errors and 1 warning" in lines[-1] or " warnings in " in lines[-1]


def test_a_scope_narrows_it(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    assert problems(desk, f"content/{S2}") == []
    assert len(problems(desk, f"content/{C1}")) == 1


def test_annotations_for_github(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    found = desk.refused("validate", "--format", "github")
    assert found.out.startswith(f"::error file=content/{S1}/session.md,line=4,col=1,title=unknown-key::")


def test_a_missing_id_is_a_warning_and_with_frozen_an_error(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    assert problems(desk) == [(f"{S1}/session.md", 1, "missing-id")]
    desk.ok("validate")
    desk.refused("validate", "--frozen")


def test_fix_writes_missing_ids_and_a_dry_run_of_it_none(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    before = desk.files()
    desk.ok("validate", "--fix", "-n")
    assert desk.files() == before
    desk.ok("validate", "--fix")
    assert problems(desk) == []
    changed = [p for p, d in desk.files().items() if d != before[p]]
    assert changed == [f"{S1}/session.md"]


def test_an_alias_bomb_is_refused_in_a_moment(desk: Desk) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    desk.write("acme-bank/knowledge/terminology.yaml", bomb)
    found = problems(desk)
    assert [p for p, _, _ in found] == ["acme-bank/knowledge/terminology.yaml"]


def test_problems_are_found_again_when_the_file_did_not_change(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hoook: Nobody")
    assert problems(desk) == problems(desk)
    desk.edit(f"{S1}/session.md", "hoook: Nobody", "hook: Nobody")
    assert problems(desk) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["1.1-why?", "1.1-a:b", "1.1-end."])
def test_a_name_that_some_systems_refuse_is_warned_of_once(synced: Desk, name: str) -> None:
    synced.move(S1, f"{C1}/{name}")
    found = synced.ok("validate")
    assert found.out.count("warning[bad-name]") == 1
    assert f"content/{C1}/{name}: warning[bad-name]" in found.out
    synced.ok("push")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{S2}/quiz.yml", "quiz.yaml"),
        (f"{S2}/Video.md", "video.md"),
        (f"{S2}/exercise.yaml", "exercise.md"),
        (f"{P}/knowledge/topic_research.yaml", "topic_research.md"),
        (f"{S2}/notes.md", "another ending"),
        (f"{S2}/article.yml", "another ending"),
    ],
)
def test_a_file_that_is_nearly_called_right_is_told_its_name(synced: Desk, path: str, name: str) -> None:
    synced.write(path, "x\n")
    found = synced.ok("validate")
    assert f"content/{path}: warning[stray-file]" in found.out
    assert name in found.out


def test_anywhere_refuses_paths_at_which_nothing_can_ever_have_been(desk: Desk) -> None:
    there, gone = "content/acme-bank/client.md", "content/acme-bank/gone.md"
    desk.ok("validate", "--anywhere", there, gone)
    desk.ok("validate", "--anywhere", gone)
    found = desk.run("validate", "--anywhere", there, cwd=desk.content)
    assert (found.code, "nothing is at the paths that were given" in found.err) == (2, True)


@pytest.mark.parametrize("given", [".", "./", "content/..", "content/.", "content/acme-bank/../.."])
def test_anywhere_takes_a_folder_however_it_is_spelled(desk: Desk, given: str) -> None:
    """`content/..` was once a workspace in the content folder of another one, and `.` was passed over."""
    desk.write("acme-bank/client.md", "---\nnome: Acme\n---\n")
    found = desk.run("validate", "--anywhere", given)
    assert found.code == 1
    assert "content/acme-bank/client.md:2:1: error" in found.out


@pytest.mark.parametrize(
    ("folder", "number", "name"),
    [
        ("why-leaders-listen", "why", "1.3-why-leaders-listen"),
        ("1.7 Feedback", "1.7 Feedback", "1.7-feedback"),
        ("1.7_feedback-loop", "1.7_feedback", "1.7-feedback-loop"),
        ("A-first", "", ""),
        ("1.2b-more", "", ""),
    ],
)
def test_a_folder_without_a_number_of_its_own_is_told_how_it_should_be_called(
    desk: Desk, folder: str, number: str, name: str
) -> None:
    desk.write_all(TREE)
    desk.move(S1, f"{C1}/{folder}")
    found = desk.ok("validate")
    if not number:
        assert "bad-name" not in found.out
        return
    assert f"content/{C1}/{folder}: warning[bad-name] this folder's name begins with no number" in found.out
    assert f"'{number}' counts as its number" in found.out
    assert f"rename the folder, for example {name}\n" in found.out
    desk.remove(f"{C1}/{folder}/session.md")
    assert f"comes first, as in {name}, and add session.md" in desk.refused("validate").out
    # What the hint says is what it takes.
    desk.write(f"{C1}/{folder}/session.md", TREE[f"{S1}/session.md"])
    desk.move(f"{C1}/{folder}", f"{C1}/{name}")
    assert "bad-name" not in desk.ok("validate").out
