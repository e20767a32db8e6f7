"""The tutorial's way from nothing to something published, typed as it stands there."""

import re
import shlex

from tests.harness import Desk
from tests.readme import DOCS

FOLDER = "acme-bank/leading-with-trust/01-foundations/1.1-why-leaders-listen"
WRITTEN = (
    ("quiz.yaml", 'question: ""', "question: Who listens?"),
    (
        "quiz.yaml",
        'id: a\n        # The answer as the learner reads it.\n        text: ""',
        "id: a\n        text: She",
    ),
    ("quiz.yaml", 'text: ""', "text: He"),
    ("exercise.md", 'role: ""', "role: A colleague"),
    ("exercise.md", 'instructions: ""', "instructions: Ask back."),
)


def blocks() -> list[list[str]]:
    text = (DOCS / "tutorial.md").read_text("utf-8").partition("## From nothing to published")[2]
    found = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]


def typed(desk: Desk, line: str) -> str:
    program, *words = shlex.split(line)
    assert program == "studio"
    return desk.ok(*words).text


def test_the_first_program_is_published_by_what_the_tutorial_says(desk: Desk) -> None:
    desk.remove("acme-bank")
    desk.write("acme-bank/client.md", "---\nname: Acme Bank\n---\n")
    desk.ok("push")
    make, push, rounds = blocks()
    for line in make[:-1]:
        typed(desk, line)
    assert desk.refused("validate").out.count("missing-body") == 3
    for name in ("article.md", "video.md", "exercise.md"):
        desk.write(f"{FOLDER}/{name}", desk.read(f"{FOLDER}/{name}") + "\nWords to learn from.\n")
    for name, old, new in WRITTEN:
        desk.edit(f"{FOLDER}/{name}", old, new)
    assert "no problems" in typed(desk, push[0])
    typed(desk, push[1])
    for line in rounds:
        typed(desk, line)
    for table in ("sessions", "programs"):
        assert desk.one(f"SELECT status FROM {table}") == "published"
    assert "nothing to advance" in typed(desk, rounds[0])
