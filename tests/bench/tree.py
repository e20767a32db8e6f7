"""A workspace of N sessions in realistic sizes: 10,000 of them are about 50,660 files and 202 MB."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from uuid import UUID

from tests.bench.prose import ENGLISH, GERMAN, Voice, Writer

CLIENT = "acme-bank"
_SESSIONS_IN_CHAPTERS = (10, 20, 20, 20, 20, 20)
_CHAPTERS_IN_PROGRAM = 10
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: how many files, each of them one record, and how many bytes in all."""

    files: int
    bytes: int


def make_workspace(root: Path, name: str) -> None:
    """Write the studio.yaml of a workspace called `name` that holds the tree's client alone."""
    (root / "content").mkdir(parents=True, exist_ok=True)
    (root / "studio.yaml").write_text(f"name: {name}\nclients: [{CLIENT}]\n", encoding="utf-8")


def make_tree(content: Path, sessions: int) -> Made:
    """Write a tree of so many sessions into the folder `content`: the same bytes every time."""
    files = size = 0
    made: set[Path] = set()
    for path, text in _files(sessions):
        place = content / path
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        size += place.write_bytes(text.encode())
        files += 1
    return Made(files, size)


def _files(sessions: int) -> Iterator[tuple[str, str]]:
    yield from _client()
    sizes = cycle(_SESSIONS_IN_CHAPTERS)
    program = 0
    while sessions > 0:
        program += 1
        folder, files = _program(program)
        yield from files
        for number in range(1, _CHAPTERS_IN_PROGRAM + 1):
            count = min(next(sizes), sessions)
            if not count:
                break
            sessions -= count
            voice = GERMAN if (program + number) % 3 == 0 else ENGLISH
            chapter, file = _chapter(folder, number, voice)
            yield file
            for index in range(1, count + 1):
                yield from _session(chapter, f"{number}.{index}", voice)


def _client() -> Iterator[tuple[str, str]]:
    write = Writer(ENGLISH, CLIENT)
    yield (
        f"{CLIENT}/client.md",
        f"---\nid: {_id(CLIENT)}\nname: Acme Bank\nindustry: Banking\n---\n\n{write.text(800)}\n",
    )
    for kind in ("business_context", "terminology", "brand_voice"):
        lines = [f"  - {{ term: {_quoted(write.title())}, meaning: {_quoted(write.sentence())} }}\n"] * 5
        yield f"{CLIENT}/knowledge/{kind}.yaml", f"summary: {write.sentence()}\nentries:\n{''.join(lines)}"


def _program(number: int) -> tuple[str, list[tuple[str, str]]]:
    write = Writer(ENGLISH, f"program {number}")
    title = write.title()
    folder = f"{CLIENT}/{slug(title)}-{number}"
    head = f"id: {_id(folder)}\nname: {title} ({number})\nlanguage: en\nstatus: draft\n"
    return folder, [
        (f"{folder}/program.md", f"---\n{head}estimated_hours: 12.5\n---\n\n{write.text(1_000)}\n"),
        (f"{folder}/knowledge/brief.md", f"---\ntitle: {write.title()}\n---\n\n{write.text(3_000)}\n"),
    ]


def _chapter(program: str, number: int, voice: Voice) -> tuple[str, tuple[str, str]]:
    write = Writer(voice, f"{program} {number}")
    title = write.title()
    folder = f"{program}/{number:02}-{slug(title)}"
    head = f"id: {_id(folder)}\ntitle: {title}\nsubtitle: {write.sentence()}\n"
    return folder, (f"{folder}/chapter.md", f"---\n{head}---\n\n{write.paragraph(300)}\n")


def _session(chapter: str, number: str, voice: Voice) -> Iterator[tuple[str, str]]:
    write = Writer(voice, f"{chapter} {number}")
    title = write.title()
    folder = f"{chapter}/{number}-{slug(title)}"
    goals = "".join(f"  - {write.sentence()}\n" for _ in range(3))
    head = (
        f"id: {_id(folder)}\ntitle: {title}\nhook: {_quoted(write.sentence())}\nwiifm: {write.sentence()}\n"
    )
    head += f"learning_objectives:\n{goals}estimated_minutes: 12\nstatus: draft\n"
    yield f"{folder}/session.md", f"---\n{head}---\n\n{write.paragraph(450)}\n"
    sources = "".join(
        f"  - title: {write.title()}\n    url: https://example.org/{slug(write.title())}\n" for _ in range(3)
    )
    yield f"{folder}/article.md", f"---\nstatus: draft\nsources:\n{sources}---\n\n{write.text(9_400)}\n"
    yield (
        f"{folder}/video.md",
        f'---\nstatus: draft\nestimated_duration: "4:30"\n---\n\n{write.text(3_750)}\n',
    )
    yield f"{folder}/quiz.yaml", _quiz(write)
    yield f"{folder}/exercise.md", _exercise(write)


def _quiz(write: Writer) -> str:
    parts = ["status: draft\nquestions:\n"]
    for question in range(1, 6):
        parts.append(f"  - id: q{question}\n    type: single_choice\n    question: {write.sentence()}\n")
        parts.append("    options:\n")
        right = write.random.randrange(4)
        for option in range(4):
            parts.append(f"      - text: {write.title()}\n")
            parts.append("        correct: true\n" if option == right else "")
            parts.append(f"        feedback: {write.sentence()}\n")
        parts.append(f"    explanation: {_quoted(write.sentence())}\n")
    parts.append("metadata:\n  passing_score: 70\n  shuffle_options: true\n")
    return "".join(parts)


def _exercise(write: Writer) -> str:
    steps = "".join(f"    {write.sentence()}\n" for _ in range(4))
    criteria = "".join(f"  - {write.sentence()}\n" for _ in range(3))
    kind = write.random.choice(("CASE_ANALYSIS", "ROLEPLAY", "REFLECTION"))
    return (
        f"---\nstatus: draft\nexercise_type: {kind}\ncomplexity: intermediate\ntitle: {write.title()}\n"
        f"scenario:\n  setting: {write.sentence()}\n  task: {_quoted(write.sentence())}\n"
        f"learning_anchor: {{ concept: {_quoted(write.title())} }}\n"
        f"ai_mentor:\n  role: {write.sentence()}\n  tone: {write.title()}\n  instructions: |\n{steps}"
        f"success_criteria:\n{criteria}evaluation:\n  method: {write.sentence()}\n  passing_score: 0.7\n"
        f"estimated_minutes: 20\n---\n\n{write.text(1_500)}\n"
    )


def slug(title: str) -> str:
    """A title in the letters of a folder's name."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_ASCII)).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def _id(key: str) -> UUID:
    return UUID(int=Random(key).getrandbits(128), version=4)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
