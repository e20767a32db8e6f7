"""The help: commands by what one wants to do, shared options once, and the words of other programs."""

import pytest
from click.testing import CliRunner

from studio_sync.cli.command_table import COMMANDS, GROUPS, SYNONYMS
from studio_sync.cli.main import studio
from tests.harness import C1, Desk, P


def help_of(*words: str) -> str:
    return CliRunner(env={"COLUMNS": "80"}).invoke(studio, [*words, "--help"], prog_name="studio").output


def test_commands_stand_in_groups_by_what_one_wants_to_do():
    text = help_of()
    assert [line[:-1] for line in text.splitlines() if line[:-1] in GROUPS] == list(GROUPS)
    assert len(COMMANDS) == sum(map(len, GROUPS.values()))
    assert text.count("--database") == 1


@pytest.mark.parametrize("words", [("push",), ("db", "url"), ("new",)])
def test_options_of_every_command_are_listed_once_and_named_elsewhere(words: tuple[str, ...]):
    text = help_of(*words)
    assert "--database" not in text
    assert "listed by: studio --help" in " ".join(text.split())


@pytest.mark.parametrize("word", ["publish", "sync", "lint", "fetch", "rm", "create", "clone"])
def test_words_of_other_programs_lead_to_ours(desk: Desk, word: str):
    found = desk.run(word)
    assert found.code == 2
    assert f"there is no command `{word}`. Did you mean: {SYNONYMS[word]}?" in " ".join(found.err.split())


def test_no_word_that_leads_on_is_a_command_and_each_leads_to_one():
    assert not SYNONYMS.keys() & COMMANDS.keys()
    for word, text in SYNONYMS.items():
        named = [part.split()[0] for part in text.split("`studio ")[1:]]
        assert named, word
        assert all(name.strip("`") in COMMANDS or name.startswith("-") or name == "COMMAND" for name in named)


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(desk: Desk):
    assert "Did you mean `validate`?" in desk.run("valdate").err
    assert "`studio --help` lists all of them." in desk.run("xyzzy").err


def test_a_client_and_a_program_are_made_by_name_as_their_key_is_called(desk: Desk):
    made = desk.ok("new", "program", "content/acme-bank", "--name", "Listening well").out
    assert made == "+ content/acme-bank/listening-well/program.md\n"
    assert desk.ok("new", "chapter", f"content/{P}", "--title", "Third").out.startswith(
        f"+ content/{P}/03-third"
    )
    assert desk.run("new", "session", f"content/{C1}", "--name", "x", "--title", "y").code == 0
