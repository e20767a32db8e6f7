"""Each error has a way out: what its hint says is done, from that very state, and the push goes through.

The faults of files are all made at once, each in a session of its own. What takes a database, git or a second
person has its own test, which is named here; a test holds that no error lacks one.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.harness import C1, S1, S2, Desk, P, unchanged

_TESTS = Path(__file__).parents[1]
_HEAD = "title: New\nstatus: draft\n"
_ARTICLE = "---\nstatus: draft\n---\n\nText.\n"
_QUIZ = "questions:\n  - question: Why?\n"
_PROGRAM = "---\nname: Own\n---\n"
_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"


def _session(lines: str) -> str:
    return f"---\n{lines}---\n\nText.\n"


def _hook(text: str) -> str:
    return _session(f"{_HEAD}hook: {text}\n")


def _minutes(text: str) -> str:
    return _session(f"{_HEAD}estimated_minutes: {text}\n")


_TEXTS: Mapping[str, tuple[str, str | bytes, str, str]] = {
    "comment-in-text": ("session.md", _hook("call #tag"), "in quotes", _hook('"call #tag"')),
    "front-matter-fence": ("session.md", f"{_HEAD}\nText.\n", "two lines of three hyphens", _session(_HEAD)),
    "front-matter-open": ("session.md", f"---\n{_HEAD}", "add a line", f"---\n{_HEAD}---\n"),
    "lfs-pointer": ("article.md", _POINTER, "fetch the content", _ARTICLE),
    "merge-markers": (
        "article.md", f"{_ARTICLE}<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", "delete the lines", _ARTICLE,
    ),
    "missing-body": ("article.md", "---\nstatus: draft\n---\n", "below the second ---", _ARTICLE),
    "missing-key": ("session.md", _session("status: draft\n"), "add a line `title: …`", _session(_HEAD)),
    "not-utf8": ("session.md", _hook("\u00fc").encode("latin-1"), "save it as UTF-8", _hook("\u00fc")),
    "nul": ("session.md", _hook("a\0b"), "delete it", _hook("ab")),
    "schema": ("session.md", _minutes("ten"), "write only the number", _minutes("10")),
    "too-dense": ("article.md", f"{_ARTICLE}{'word ' * 80_000}", "split it", _ARTICLE),
    "unknown-key": ("session.md", _session(f"{_HEAD}hok: a\n"), "did you mean `hook`?", _hook("a")),
    "unknown-status": (
        "session.md", _session("title: New\nstatus: drft\n"), "did you mean `draft`?", _session(_HEAD),
    ),
    "yaml-alias": ("session.md", _hook("*now"), "in quotes if the * belongs to it", _hook('"*now"')),
    "yaml-character": ("session.md", _hook("a\ab"), "delete it", _hook("ab")),
    "yaml-depth": ("session.md", _hook("[" * 300), "put it in quotes", _hook(f"'{'[' * 300}'")),
    "yaml-duplicate-key": (
        "session.md", _session(f"{_HEAD}title: Twice\n"), "delete one of the two", _session(_HEAD),
    ),
    "yaml-key": ("session.md", _session(f"{_HEAD}[a]: b\n"), "in quotes", _session(_HEAD)),
    "yaml-number": ("session.md", _hook(".inf"), "put it in quotes", _hook("'.inf'")),
    "yaml-second-document": ("quiz.yaml", f"{_QUIZ}---\na: b\n", "keep one document", _QUIZ),
    "yaml-size": ("quiz.yaml", "questions:\n" + "- {}\n" * 100_001, "take some", _QUIZ),
    "yaml-syntax": (
        "session.md", _session("title: New: a start\nstatus: draft\n"), 'title: "New: a start"',
        _session('title: "New: a start"\nstatus: draft\n'),
    ),
    "yaml-tag": ("session.md", _hook("!now b"), "put the whole text in quotes", _hook('"!now b"')),
}  # fmt: skip
"""By code: a file, its text with the fault, what the hint says to do, and the text in which that was done."""

_NUMBERED = f"{C1}/1.9"


def _write(path: str, text: str) -> Callable[[Desk], object]:
    return lambda desk: desk.write(path, text)


def _remove(path: str) -> Callable[[Desk], object]:
    return lambda desk: desk.remove(path)


_FILES: Mapping[str, tuple[Callable[[Desk], object], str, str, Callable[[Desk], object]]] = {
    "bad-name": (
        _write(f"{C1}/%zz/session.md", _session(_HEAD)), f"{C1}/%zz", "rename the folder, for example 1.",
        lambda desk: desk.move(f"{C1}/%zz", f"{_NUMBERED}0-zz"),
    ),
    "duplicate-id": (
        lambda desk: desk.write(f"{_NUMBERED}1-x/session.md", desk.read(f"{S2}/session.md")),
        f"{_NUMBERED}1-x/session.md", "delete the `id:` line in the copy",
        lambda desk: desk.edit(
            f"{_NUMBERED}1-x/session.md", next(re.finditer("id: .*\n", desk.read(f"{S2}/session.md")))[0], ""
        ),
    ),
    "duplicate-number": (
        lambda desk: [desk.write(f"{_NUMBERED}2-{x}/session.md", _session(_HEAD)) for x in "ab"],
        f"{_NUMBERED}2-b/session.md", "rename one of them, so that each has its own",
        lambda desk: desk.move(f"{_NUMBERED}2-b", f"{_NUMBERED}3-b"),
    ),
    "duplicate-slug": (
        lambda desk: [desk.write(f"acme-bank/{x}/program.md", _PROGRAM) for x in ("own", "%6fwn")],
        "acme-bank/own/program.md", "rename one of them",
        lambda desk: desk.move("acme-bank/%6fwn", "acme-bank/on"),
    ),
    "duplicate-type": (
        _write(f"{P}/knowledge/br%69ef.md", "---\ntitle: B\n---\n\nB.\n"), f"{P}/knowledge/br%69ef.md",
        "rename one of them", _remove(f"{P}/knowledge/br%69ef.md"),
    ),
    "no-own-file": (
        _write(f"{_NUMBERED}4-x/article.md", _ARTICLE), f"{_NUMBERED}4-x", "add session.md",
        _write(f"{_NUMBERED}4-x/session.md", _session(_HEAD)),
    ),
    "symlink": (
        lambda desk: (desk.content / S2 / "video.md").symlink_to(desk.content / S1 / "video.md"),
        f"{S2}/video.md", "put the real file or folder here",
        lambda desk: [desk.remove(f"{S2}/video.md"), desk.write(f"{S2}/video.md", "Words.\n")],
    ),
    "twin-names": (
        lambda desk: [desk.write(f"acme-bank/{x}/program.md", _PROGRAM) for x in ("Two", "two")],
        "acme-bank/two/program.md", "rename one of the two",
        lambda desk: desk.move("acme-bank/two", "acme-bank/three"),
    ),
    "unreadable": (
        lambda desk: os.mkfifo(desk.content / S2 / "quiz.yaml"),
        f"{S2}/quiz.yaml", "put a plain file in its place",
        lambda desk: (desk.remove(f"{S2}/quiz.yaml"), desk.write(f"{S2}/quiz.yaml", _QUIZ)),
    ),
}  # fmt: skip
"""By code: what makes the fault, where it is told, what the hint says to do, and who does it."""


def _told(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    with unchanged(desk):
        found = desk.run("push", "--json").json["problems"]
    told: dict[str, list[tuple[str, str]]] = {}
    for problem in found:
        path = problem["path"].removeprefix("content/")
        told.setdefault(path, []).append((problem["code"], problem["hint"]))
    return told


def test_what_a_hint_says_about_a_text_mends_it(synced: Desk) -> None:
    synced.config("name: desk\nchecks:\n  merge-markers: error\n")
    at = {code: f"{C1}/1.{n}-{code}" for n, code in enumerate(_TEXTS, 10)}
    for code, (name, broken, _, _) in _TEXTS.items():
        synced.write(f"{at[code]}/session.md", _session(_HEAD))
        synced.write(f"{at[code]}/{name}", broken)
    told = _told(synced)
    for code, (name, _, way_out, mended) in _TEXTS.items():
        hints = [hint for found, hint in told[f"{at[code]}/{name}"] if found == code]
        assert [hint for hint in hints if way_out in hint], (code, told[f"{at[code]}/{name}"])
        synced.write(f"{at[code]}/{name}", mended)
    synced.ok("push")
    assert synced.standings() == {}


def test_what_a_hint_says_about_a_file_or_folder_mends_it(synced: Desk) -> None:
    for make, _, _, _ in _FILES.values():
        make(synced)
    told = _told(synced)
    for code, (_, path, way_out, mend) in _FILES.items():
        assert [hint for found, hint in told[path] if found == code and way_out in hint], (code, told)
        mend(synced)
    synced.ok("push")
    assert synced.standings() == {}


_FOLLOWED: Mapping[str, str] = {
    "agent-limit": "test_it_never_takes_a_record_further_back_or_away",
    "busy": "test_another_command_at_work_is_waited_for_and_then_named",
    "collision": "test_two_writers_who_make_a_session_each_are_told_both_ways_out",
    "conflict": "test_the_way_out_of_a_conflict",
    "conflict-markers": "test_a_file_with_markers_of_a_merge_is_refused_until_they_are_gone",
    "delete-locked": "test_what_is_approved_and_deleted_comes_back_is_reopened_and_then_goes",
    "diverged": "test_ci_pushes_what_was_merged_and_takes_back_nothing_that_the_web_app_wrote",
    "duplicate-place": "test_of_two_folders_without_ids_that_say_what_one_row_says_neither_is_pushed",
    "edited-since": "test_the_way_out_of_markers_of_undo_and_of_an_approval_that_changed",
    "failed": "test_a_full_disk_leaves_every_file_whole",
    "first-status": "test_the_status_that_a_refusal_names_is_one_that_passes",
    "held": "test_what_is_deleted_is_made_again_whole_or_not_at_all",
    "hidden-rows": "test_a_push_below_a_row_that_was_hidden_since_says_so_and_sends_the_rest",
    "in-the-way": "test_a_pull_writes_nothing_over_what_stands_in_the_way",
    "locked": "test_what_is_approved_is_locked_until_the_same_push_reopens_it",
    "locked-row": "test_a_row_that_is_locked_is_named_and_the_rest_is_pulled",
    "missing-id": "test_fix_writes_missing_ids_and_a_dry_run_of_it_none",
    "mistyped-id": "test_it_is_one_error_that_names_both_ids_and_says_which_to_put_back",
    "no-access": "test_a_writer_is_told_by_file_what_it_may_not_send",
    "no-approve": "test_no_approve_refuses_what_would_approve",
    "no-tables": "test_a_database_without_the_tables",
    "no-workspace": "test_no_workspace_here",
    "not-ready": "test_a_session_needs_its_contents",
    "not-seen": "test_head_must_have_seen_the_database",
    "not-shown": "test_a_file_that_is_older_than_what_was_deleted_is_shown_before_it_is_made_again",
    "number-rounded": "test_a_number_that_the_column_would_round_is_refused",
    "other-id": "test_only_the_sessions_come_from_elsewhere",
    "parent-first": "test_a_new_record_in_scope_whose_parent_is_new_and_outside_it_is_refused",
    "pruned": "test_the_log_and_show_tell_what_is_left",
    "renumber-needed": "test_a_published_session_is_renumbered_only_by_a_decision_and_keeps_its_status",
    "reopen-needed": "test_what_has_a_status_of_its_own_begins_anew_as_the_refusal_says",
    "rows-elsewhere": "test_the_way_out_that_is_printed_deletes_and_says_what_went",
    "seen-changed": "test_a_version_that_moved_on_settles_nothing",
    "shallow-history": "test_a_history_that_is_too_short_to_tell_is_fetched",
    "status-skipped": "test_the_status_that_a_refusal_names_is_one_that_passes",
    "too-large": "test_a_file_that_no_ledger_keeps_stops_no_push_of_the_others",
    "unreachable": "test_no_database_reachable_or_an_address_that_can_not_be_read",
    "untrusted-host": "test_a_trusted_host_gets_what_psql_would_send_it",
    "unmerged": "test_files_that_git_lists_as_unmerged_are_held_out",
    "unread-below": "test_a_program_is_not_published_over_a_session_that_nobody_here_has_seen",
    "unread-words": "test_a_merge_that_git_took_apart_leaves_its_approval_to_the_one_who_gave_it",
    "unreadable-row": "test_a_row_that_no_ledger_keeps_stops_no_pull_of_the_others",
    "unsaved": "test_an_edit_that_stands_nowhere_else_is_not_overwritten",
}
"""By code: the test that does what the hint says where more than files is needed."""


def _errors() -> set[str]:
    """The codes with which something is refused, by the page that explains them."""
    page = (_TESTS.parent / "docs/reference/errors.md").read_text("utf-8")
    entries = re.findall(r"^### `([a-z0-9-]+)`$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    return {code for code, text in entries if f"error[{code}]" in text}


def test_the_way_out_of_each_error_is_followed_by_a_test() -> None:
    assert _errors() <= {*_TEXTS, *_FILES, *_FOLLOWED}
    assert set(_FOLLOWED.values()) <= {
        name
        for file in _TESTS.rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
