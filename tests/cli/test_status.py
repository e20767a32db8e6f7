"""`studio status` and the options that all commands share."""

import pytest

from tests.harness import C1, CHAPTER, S1, S2, SESSION, SESSION_2, Desk, P


def test_a_workspace_in_sync_is_one_line(synced: Desk) -> None:
    found = synced.ok("status")
    assert found.out == "13 in sync\n"
    assert found.err.startswith("database: ")


def test_differences_are_listed_in_the_order_of_the_tree_with_what_settles_them(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    synced.remove(f"{S1}/quiz.yaml")
    synced.sql("UPDATE programs SET language = 'fr'")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'V')", SESSION_2)
    found = synced.ok("status")
    assert found.out.splitlines() == [
        f"content/{P}",
        "  ~ program.md  (to pull: language)",
        "  - 01-foundations/1.1-why-leaders-listen/quiz.yaml",
        "      (deleted in files; the row is kept until `push --delete`)",
        "  01-foundations/1.2-asking",
        "    ~ article.md  (to push: content)",
        "    + video.md  (new, to pull)",
        "2 to pull, 1 to push, 1 deletion held, 10 in sync",
    ]
    assert "`studio push`" in found.err
    assert "`studio pull`" in found.err


def test_exit_code_tells_whether_anything_differs(synced: Desk) -> None:
    assert synced.run("status", "--exit-code").code == 0
    assert synced.run("diff", "--exit-code").code == 0
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    assert synced.run("status").code == 0
    assert synced.run("status", "--exit-code").code == 1
    assert synced.run("diff", "--exit-code").code == 1
    assert synced.run("status", "--exit-code", f"content/{S1}").code == 0


def test_a_problem_counts_for_the_exit_code(synced: Desk) -> None:
    synced.write(f"{S2}/article.md", b"\xff")
    assert synced.run("status").code == 0
    assert synced.run("status", "--exit-code").code == 1


@pytest.mark.parametrize("command", ["status", "diff", "push", "pull", "validate"])
def test_global_options_stand_before_or_after_the_command(synced: Desk, command: str) -> None:
    elsewhere = synced.root.parent
    before = synced.run("-C", str(synced.root), "--json", command, cwd=elsewhere)
    after = synced.run(command, "-C", str(synced.root), "--json", cwd=elsewhere)
    mixed = synced.run("--json", command, "-C", str(synced.root), cwd=elsewhere)
    assert before.code == 0
    assert before == after == mixed
    assert before.json["command"] == command


def test_the_database_is_named_before_or_after_the_command(synced: Desk) -> None:
    unreachable = "postgresql://nobody@127.0.0.1:9/none"
    for arguments in (["--database", synced.url, "status"], ["status", "--database", synced.url]):
        assert synced.run(*arguments, STUDIO_DATABASE_URL=unreachable).code == 0
    assert synced.run("status", STUDIO_DATABASE_URL=unreachable).code == 3
    assert synced.run("status", DATABASE_URL=unreachable).code == 0


def test_a_target_is_chosen_by_name_and_the_first_is_the_default(synced: Desk, second_url: str) -> None:
    synced.config(
        "name: desk\ntargets:\n  empty:\n    url: ${STUDIO_EMPTY}\n  full:\n    url: ${STUDIO_FULL}\n"
    )
    env = {"STUDIO_EMPTY": second_url, "STUDIO_FULL": synced.url, "STUDIO_DATABASE_URL": ""}
    assert synced.ok("status", "--target", "full", **env).out == "13 in sync\n"
    assert "13 to push" in synced.ok("status", **env).out
    assert "full" in synced.ok("status", "--target", "full", **env).err
    both = synced.run("status", "--target", "full", "--database", synced.url, **env)
    assert both.code == 2
    unknown = synced.run("status", "--target", "fool", **env)
    assert unknown.code == 2
    assert "empty, full" in unknown.err


def test_a_target_that_only_ci_pushes_to_refuses_a_push_elsewhere(synced: Desk) -> None:
    synced.config("name: desk\ntargets:\n  live:\n    url: ${STUDIO_LIVE}\n    push: ci\n")
    env = {"STUDIO_LIVE": synced.url, "STUDIO_DATABASE_URL": ""}
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    for ci in ("", "0", "False"):
        assert "CI" in synced.refused("push", CI=ci, **env).err
    by_ci = "commit your changes and open a pull request: CI pushes after the merge"
    for command in ("status", "pull"):
        said = synced.ok(command, **env)
        assert by_ci in said.err
        assert "studio push" not in said.text
    synced.ok("pull", **env)
    synced.ok("push", CI="true", **env)
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Asked."


def test_the_workspace_is_found_from_any_folder_in_it(synced: Desk) -> None:
    assert synced.run("status", cwd=synced.content / S1).out == "13 in sync\n"


def test_quiet_says_only_what_is_wrong(synced: Desk) -> None:
    for command in ("status", "diff", "validate", "push", "pull"):
        assert synced.ok(command, "-q").text == ""
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    assert synced.ok("push", "-q").err == ""
    synced.write(f"{S2}/article.md", b"\xff")
    found = synced.refused("push", "-q")
    assert f"content/{S2}/article.md:1:1: error[not-utf8]" in found.err


def test_data_goes_to_stdout_and_messages_go_to_stderr(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    found = synced.ok("push")
    assert found.out == f"~ content/{S2}/article.md  (content)\npushed: 1 updated\n"
    assert found.err.startswith("pushing to ")


def test_there_is_no_colour_off_a_terminal_nor_progress(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    for command in ("status", "diff", "push"):
        assert "\x1b" not in synced.run(command, NO_COLOR="").text


def test_an_unknown_command_and_an_unknown_option_are_wrong_usage(synced: Desk) -> None:
    found = synced.run("psuh")
    assert found.code == 2
    assert "Did you mean `push`?" in found.err
    assert synced.run("push", "--force").code == 2


def test_what_stands_alike_is_counted_and_no_word_is_broken(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.write(f"{C1}/1.3-new/article.md", "---\n---\n\nNew.\n")
    synced.write("acme-bank/other/program.md", "---\nname: Other\n---\n")
    for number in range(1, 12):
        synced.write(f"acme-bank/other/{number:02}-x/chapter.md", "---\ntitle: X\n---\n")
    text = synced.read(f"{S1}/session.md")
    text = text.replace("hook: N", "hook: M").replace("wiifm: Y", "wiifm: Z").replace("- Listen", "- Hear")
    synced.write(f"{S1}/session.md", text.replace("minutes: 20", "minutes: 21").replace("A session", "One"))
    shown = synced.ok("status").out.splitlines()
    assert shown == [
        f"content/{P}",
        "  ~ 01-foundations/1.1-why-leaders-listen/session.md",
        "      (to push: hook, wiifm, learning_objectives, estimated_minutes,",
        "      description)",
        "  + 01-foundations/1.3-new/  (2 records: new, to push)",
        "+ content/acme-bank/other/  (12 records: new, to push)",
        "15 to push, 12 in sync",
    ]
    every = synced.ok("status", "-v").out
    assert "  01-foundations/1.3-new\n    + session.md  (new, to push)\n" in every
    assert all(len(line) <= 80 for line in every.splitlines())


def test_a_held_deletion_is_counted_as_held_and_no_command_is_named_that_would_be_refused(
    synced: Desk,
) -> None:
    synced.remove(f"{S1}/article.md")
    shown = synced.run("status")
    assert shown.out.endswith("1 deletion held, 12 in sync\n")
    assert "to push" not in shown.text
    assert "`studio push --delete` deletes the rows whose deletion is held" in shown.err
    synced.edit(f"{S2}/article.md", "status: draft", "status: approved")
    shown = synced.run("status")
    assert shown.out.endswith("1 to push, 1 deletion held, 11 in sync\n")
    assert "writes your changes to the database" not in shown.err
    synced.edit(f"{S2}/article.md", "status: approved", "status: review")
    assert "`studio push` writes your changes to the database" in synced.run("status").err


def test_status_foresees_what_a_push_would_refuse(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.3', 'T', 9)", CHAPTER
    )
    synced.write(f"{C1}/1.3-mine/session.md", f"---\nid: {SESSION[:-1]}9\ntitle: Mine\n---\n")
    synced.edit(f"{S2}/article.md", "status: draft", "status: reviewed")
    shown = synced.run("status")
    assert "+ 01-foundations/1.3-mine/session.md  (new, to push; a push would refuse it)" in shown.out
    assert "a push would refuse it)" in shown.out.partition("article.md")[2]
    assert "error[collision]" in shown.err
    assert "error[unknown-status]" in shown.err


def test_a_record_is_meant_by_path_number_name_key_or_a_printed_place_in_every_command(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "[Ask](nothing.md).")
    words = (
        f"content/{S2}", "1.2", "1.2-asking", "acme-bank/leading-with-trust/1/1.2", "1/1.2", S2,
        "leading-with-trust/1/1.2/article", f"content/{S2}/article.md:5:1",
    )  # fmt: skip
    for word in words:
        assert synced.run("validate", word, "--json").codes == ["broken-link"], word
        assert synced.json("status", word)["counts"]["ahead"] == 1, word
    for command in (
        ["diff"],
        ["push", "-n"],
        ["pull", "-n"],
        ["log"],
        ["board", "-o", "-"],
        ["advance", "-n"],
    ):
        assert synced.run(*command, "1.2").code in (0, 1), command
        assert synced.run(*command, "1.2", cwd=synced.content / C1).code in (0, 1), command
    wrong = synced.run("validate", "1.2-askin")
    assert (wrong.code, wrong.err) == (
        2,
        "error: there is no 1.2-askin here\nhint: did you mean `1.2-asking`?\n",
    )
    assert synced.run("validate", "9.9").code == 2
    synced.ok("copy", "leading-with-trust", "again")
    twice = synced.run("validate", "1.2")
    assert twice.code == 2
    assert "1.2 may be any of 2" in twice.err


def test_paths_are_printed_as_they_are_seen_from_where_the_command_runs(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "[Ask](nothing.md).")
    here = synced.content / S1
    assert synced.ok("status", cwd=here).out.startswith("~ ../1.2-asking/article.md  (to push: content)\n")
    shown = synced.ok("validate", cwd=here)
    place = shown.out.partition(": warning")[0]
    assert place == "../1.2-asking/article.md:5:1"
    assert synced.ok("validate", place, cwd=here).out == shown.out
    assert synced.ok("validate", cwd=synced.content / S2).out.startswith("article.md:5:1: warning")
    assert synced.ok("push", "-n", cwd=here).out.startswith("~ ../1.2-asking/article.md")
    (path,) = {p["path"] for p in synced.run("validate", "--json", cwd=here).json["problems"]}
    assert path == f"content/{S2}/article.md"
    assert f"file=content/{S2}/article.md" in synced.ok("validate", "--format", "github", cwd=here).out
    synced.edit(f"{S2}/article.md", "status: draft", "status: approved")
    refused = synced.run("push", cwd=here)
    assert "../1.2-asking/article.md" in refused.err
    assert f" content/{S2}" not in refused.err


def test_a_path_that_it_lists_is_one_that_it_takes(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.7', 'X', 7)", CHAPTER
    )
    path = f"content/{C1}/1.7-x/session.md"
    assert path in synced.ok("status", "-v").out
    for command in ("status", "diff", "pull"):
        assert path in synced.ok(command, path).out


def test_what_takes_the_place_of_a_deleted_record_goes_with_the_deletion(synced: Desk) -> None:
    synced.remove(S1)
    synced.move(S2, f"{C1}/1.1-moved")
    found = synced.run("status")
    assert "a push would refuse it" in found.out
    assert "`studio push --delete`" in found.err
    assert "`studio push` writes" not in found.err
    synced.refused("push")
    synced.ok("push", "--delete")
    assert synced.run("status").err.count("studio push") == 0


def test_what_is_in_sync_is_counted_where_it_was_asked_for(synced: Desk):
    synced.edit(f"{S1}/article.md", "One two three.", "One TWO three.")
    assert synced.ok("status").out.endswith("1 to push, 12 in sync\n")
    assert synced.ok("status", f"content/{S1}").out.endswith("1 to push, 4 in sync\n")
    assert synced.ok("status", f"content/{S2}", f"content/{S2}/article.md").out == "2 in sync\n"
    assert synced.json("status", f"content/{S1}/article.md")["counts"] == {"ahead": 1, "agreed": 0}
