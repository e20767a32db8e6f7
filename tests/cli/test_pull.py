"""`studio pull`: what is said, and what of a file stays."""

import re

from tests.harness import S1, S2, SESSION, SESSION_2, TREE, Desk, P


def test_where_it_comes_from_is_said_first(synced: Desk) -> None:
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    found = synced.ok("pull")
    assert found.err.splitlines()[0].startswith("pulling from postgres@")
    assert found.out == f"~ content/{S2}/article.md  (content)\npulled: 1 updated\n"


def test_every_byte_outside_the_field_that_changed_stays(synced: Desk) -> None:
    text = (
        "\ufeff---\r\n# why\r\nid: " + SESSION + "   # mine\r\n\r\n"
        "title:   'Why leaders listen'\r\nlearning_objectives: [Listen, \"Ask\"]   # two\r\n"
        "hook: >-\r\n  Nobody told\r\n  her.\r\nwiifm: You hear more.\r\nestimated_minutes: 0x14\r\n"
        "status: draft\r\n---\r\nA session about listening."
    )
    synced.write(f"{S1}/session.md", text)
    assert synced.standings() == {}
    synced.sql("UPDATE sessions SET wiifm = 'New: words' WHERE id = %s", SESSION)
    synced.ok("pull")
    assert synced.read(f"{S1}/session.md") == text.replace("You hear more.", '"New: words"') or synced.read(
        f"{S1}/session.md"
    ) == text.replace("You hear more.", "'New: words'")


def test_a_mode_of_a_file_stays(synced: Desk) -> None:
    place = synced.content / S2 / "article.md"
    place.chmod(0o640)
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    synced.ok("pull")
    assert place.stat().st_mode & 0o777 == 0o640


def test_other_databases_do_not_mix_what_is_remembered(synced: Desk, second_url: str) -> None:
    synced.ok("push", "--database", second_url)
    with Desk(synced.root.with_name("o"), second_url) as other:
        other.sql("UPDATE articles SET content = 'Staging.' WHERE session_id = %s", SESSION_2)
    synced.ok("pull", "--database", second_url)
    assert synced.read(f"{S2}/article.md").endswith("Staging.\n")
    assert synced.standings() == {f"{S2}/article.md": {"content": "ahead"}}
    synced.ok("push")
    synced.ok("push", "--database", second_url)
    assert synced.ok("status", "--database", second_url).out == "13 in sync\n"


def test_what_is_printed_to_go_on_with_names_the_target_that_was_given(synced: Desk, second_url: str) -> None:
    (synced.root / "studio.yaml").write_text("name: desk\ntargets:\n  staging: ${STAGING}\n")
    env = {"STAGING": second_url}
    synced.ok("push", "--target", "staging", **env)
    synced.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    said = synced.ok("pull", "--target", "staging", **env).err
    (command,) = re.findall("run `studio (.*)`", said)
    assert command == "push --target staging"
    synced.ok(*command.split(), **env)
    assert "studio push" not in synced.ok("pull", "--target", "staging", **env).err
    assert "run `studio push`" in synced.ok("pull", **env).err
    with Desk(synced.root.with_name("o"), second_url) as other:
        other.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION_2)
    synced.edit(f"{S2}/article.md", "Ask them.", "Mine.")
    found = synced.refused("pull", "--target", "staging", **env)
    way = f"studio resolve --target staging content/{S2}/article.md --keep files|database"
    assert (way in found.out, way in found.err, found.text.count("--target")) == (True, True, 3), found
    synced.ok(*way.replace("|database", "").split()[1:], **env)


def test_a_pull_into_a_workspace_without_a_content_folder_makes_it(synced: Desk) -> None:
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.content.rmdir()
        other.ok("pull")
        assert {p: d.decode() for p, d in other.files().items()} == dict(TREE)


def test_the_program_of_a_pull_names_every_action(synced: Desk) -> None:
    synced.sql("DELETE FROM quizzes")
    synced.sql("UPDATE programs SET language = 'fr'")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'V')", SESSION_2)
    found = synced.ok("pull")
    assert found.out.splitlines() == [
        f"~ content/{P}/program.md  (language)",
        f"- content/{S1}/quiz.yaml",
        f"+ content/{S2}/video.md",
        "pulled: 1 created, 1 updated, 1 deleted",
    ]


def test_what_a_pull_merged_is_said_to_be_left_to_push(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One two three.", "One two, three.")
    synced.sql("UPDATE articles SET content = replace(content, 'five', 'six') WHERE session_id = %s", SESSION)
    synced.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    found = synced.ok("pull")
    assert "2 records to push: run `studio push`" in found.err
    assert synced.json("status")["counts"]["ahead"] == 2
