"""What a repository's author tries so that a command never ends, or takes all memory: each ends with words.

Each attack is named by what it makes grow. The times are wide: what is caught here took minutes, or for ever.
"""

import base64
import json
import random
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from studio_sync.core.checks.terms import terms_of
from studio_sync.core.merge.align import atoms, tokens
from studio_sync.core.merge.text_diff import line_diff, word_spans
from studio_sync.core.merge.three_way import merge_text
from studio_sync.core.values import bounds
from studio_sync.core.values.value import MAX_DEPTH
from studio_sync.database.address.url import CONNECT_SECONDS
from studio_sync.database.postgres.connection import patience
from studio_sync.database.postgres.connection.attempts import MOST_ATTEMPTS
from studio_sync.errors import StudioError, UnavailableError
from studio_sync.files.git.conversion import MAX_BLOB
from studio_sync.files.git.process import GIT_TIMEOUT
from studio_sync.files.markdown.markdown_links import links
from studio_sync.files.markdown.prose import marks, text_spans
from studio_sync.files.tree import codec
from studio_sync.files.workspace.sources import TranslationSource, read_sources, text_itself, text_then
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.kinds import KINDS
from studio_sync.schemas import Schemas
from tests.harness import TREE, Desk
from tests.readme import ROOT

BOUND = 20
"""Seconds. Each takes less than three on an idle machine."""


@contextmanager
def quick(seconds: float = BOUND) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


# --- YAML

N = 300_000

YAMLS: Mapping[str, tuple[str, str]] = {
    "keys": ("".join(f"k{i}: 1\n" for i in range(N)), "yaml-size"),
    "keys on one line": ("{" + ", ".join(f"k{i}: 1" for i in range(N)) + "}", "yaml-size"),
    "items": ("- 1\n" * N, "yaml-size"),
    "items on one line": ("[" + "1," * N + "]", "yaml-size"),
    "the same key": ("a: 1\n" * N, "yaml-duplicate-key"),
    "the same key, the long way": ("? a\n: b\n" * N, "yaml-duplicate-key"),
    "tags": ("- !x 1\n" * N, "yaml-tag"),
    "anchors": ("".join(f"- &a{i} x\n" for i in range(N)), "yaml-size"),
    "aliases of nothing": ("l:\n- &a x\n" + "- *b\n" * N, "yaml-alias"),
    "aliases of one": ("l:\n- &a x\nm:\n" + "- *a\n" * N, "yaml-alias"),
    "aliases of aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(60)), "yaml-alias"),
    "numbers": ("- 1e999999999\n" * N, "yaml-number"),
    "brackets": ("[" * N, "yaml-depth"),
    "hyphens": ("- " * N, "yaml-depth"),
    "indentation": ("\n".join(" " * i + f"k{i}:" for i in range(2_000)), "yaml-depth"),
    "documents": ("---\n" * N, "yaml-second-document"),
    "control characters": ("x: " + "\x01" * N, "yaml-character"),
    "colons": ("".join(f"a{i} : b : c\n" for i in range(N)), "yaml-syntax"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), YAMLS.values(), ids=YAMLS)
def test_a_yaml_text_without_end_is_refused_at_its_line(text: str, code: str) -> None:
    with quick(), pytest.raises(yaml_read.YamlFault) as raised:
        yaml_read.read_yaml(text)
    faults = raised.value.faults
    assert code in {fault.code for fault in faults}
    assert len(faults) <= bounds.MAX_FINDINGS + 1
    assert all(fault.line for fault in faults)


def test_the_bounds_of_yaml_say_their_numbers() -> None:
    for text, number in (("- 1\n" * N, bounds.MAX_YAML_NODES), ("- !x 1\n" * N, bounds.MAX_FINDINGS)):
        with pytest.raises(yaml_read.YamlFault) as raised:
            yaml_read.read_yaml(text)
        assert str(number) in raised.value.faults[-1].message


def test_a_long_text_of_few_keys_is_read() -> None:
    text = "x: |\n" + "  a line of words\n" * 50_000
    with quick():
        assert yaml_read.read_yaml(text) == {"x": "a line of words\n" * 50_000}


def test_unknown_keys_are_told_up_to_a_number() -> None:
    text = "---\nname: A\n" + "".join(f"k{i}: 1\n" for i in range(12_000)) + "---\n"
    with quick():
        found = codec.read_record(KINDS["client"], "a", "a", text.encode(), Schemas()).problems
    assert bounds.MAX_FINDINGS < len(found) <= bounds.MAX_FINDINGS + 3
    assert any(str(bounds.MAX_FINDINGS) in problem.message for problem in found)


# --- schemas of the workspace's own


def refs(count: int, *, twice: bool, end: object) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i in range(count):
        ref = {"$ref": f"#/$defs/a{i + 1}"}
        found[f"a{i}"] = {"anyOf": [ref, ref]} if twice else ref
    found[f"a{count}"] = end
    return {"$ref": "#/$defs/a0", "$defs": found}


def nested(count: int) -> object:
    found: object = {"type": "integer"}
    for _ in range(count):
        found = {"anyOf": [found, {"type": "integer"}]}
    return found


LIST = {"estimated_duration": ["y"] * 40_000}

REFUSED: Mapping[str, tuple[Any, str]] = {
    "alternatives that double": (refs(26, twice=True, end={"type": "integer"}), ""),
    "alternatives that double ten times": (refs(14, twice=True, end={"type": "integer"}), str(
        bounds.MAX_SCHEMA_RULES)),
    "alternatives in alternatives": (nested(80), str(bounds.MAX_SCHEMA_CHAIN)),
    "a chain of references": (refs(4_000, twice=False, end={}), str(bounds.MAX_SCHEMA_CHAIN)),
    "a reference to itself": ({"$ref": "#"}, "without end"),
    "two references to each other": (refs(1, twice=False, end={"$ref": "#/$defs/a0"}), "without end"),
    "a reference to itself by a condition": ({"if": {"$ref": "#"}, "then": {}}, "without end"),
    "a definition twice in itself": (
        {"properties": {"x": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}}, str(bounds.MAX_SCHEMA_RULES)),
    "a definition twice in its items": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"allOf": [{"$ref": "#/$defs/a"}] * 2}}}},
        str(bounds.MAX_SCHEMA_RULES)),
    "rules": ({"allOf": [{"minLength": i} for i in range(30_000)]}, str(bounds.MAX_SCHEMA_RULES)),
    "choices": ({"enum": list(range(30_000))}, str(bounds.MAX_SCHEMA_RULES)),
    "a file of the machine": ({"$ref": "file:///etc/passwd"}, "another file"),
    "a page of the network": ({"$ref": "http://127.0.0.1:9/x"}, "another file"),
    "a schema beside it": ({"$ref": "other.json"}, "another file"),
    "a dialect of the network": ({"$schema": "http://127.0.0.1:9/x"}, "no valid JSON Schema"),
    "another name for its root": ({"properties": {"a": {"$id": "http://x/y", "$ref": "#/b"}}}, "`$id`"),
    "a dynamic reference": ({"$dynamicRef": "#nowhere"}, "nowhere"),
    "a pattern that looks around": ({"pattern": "^(?!x)"}, "regex"),
    "a pattern that looks back": ({"pattern": r"(a+)\1"}, "regex"),
    "a pattern of patterns": ({"pattern": "((a{99}){99}){99}"}, "regex"),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "said"), REFUSED.values(), ids=REFUSED)
def test_a_schema_without_end_is_refused(schema: object, said: str) -> None:
    with quick(), pytest.raises(StudioError) as raised:
        Schemas({"video": json.dumps(schema)}).explain(
            "video", {"status": "draft", "estimated_duration": "x"}
        )
    assert "schemas/video.schema.json" in raised.value.message
    assert said in raised.value.message + raised.value.hint


JUDGED: Mapping[str, tuple[object, object]] = {
    "a pattern that goes back and forth": (
        {"properties": {"estimated_duration": {"pattern": "^(a+)+$"}}},
        {"estimated_duration": "a" * 50_000 + "b"}),
    "a pattern for keys": (
        {"patternProperties": {"^(a|a)*$": False}, "additionalProperties": False}, {"a" * 50_000 + "b": 1}),
    "a pattern with many states": (
        {"properties": {"estimated_duration": {"pattern": "(a?){200}a{200}$"}}},
        {"estimated_duration": "a" * 200_000 + "b"}),
    "items that are all different": (
        {"properties": {"estimated_duration": {"uniqueItems": True}}},
        {"estimated_duration": [*({"a": i} for i in range(40_000)), {"a": 1}]}),
    "items that are all the same": ({"properties": {"estimated_duration": {"uniqueItems": True}}}, LIST),
    "items that none of many choices is": (
        {"properties": {"estimated_duration": {"items": {"enum": [f"x{i}" for i in range(4_000)]}}}}, LIST),
    "items of which none is wanted": (
        {"properties": {"estimated_duration": {"contains": {"const": 5}}}}, LIST),
    "keys that nobody evaluates": (
        {"unevaluatedProperties": False}, {f"k{i}": 1 for i in range(40_000)}),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "value"), JUDGED.values(), ids=JUDGED)
def test_a_value_is_judged_soon(schema: object, value: Any) -> None:
    with quick():
        found = Schemas({"video": json.dumps(schema)}).explain("video", {"status": "draft", **value})
    assert 0 < len(found) <= bounds.MAX_FINDINGS + 1


def test_a_large_schema_and_a_large_file_together_are_refused_with_the_number() -> None:
    schema = {"properties": {"x": {"items": {"enum": list(range(15_000))}}}}
    with quick(), pytest.raises(StudioError, match=str(bounds.MAX_SCHEMA_WORK)):
        Schemas({"podcast": json.dumps(schema)}).valid("podcast", {"x": ["y"] * 90_000})


def test_a_definition_that_refers_to_itself_once_is_taken() -> None:
    node = {
        "type": ["object", "integer"],
        "properties": {"l": {"$ref": "#/$defs/n"}, "r": {"$ref": "#/$defs/n"}},
    }
    value: Any = 1
    for _ in range(150):
        value = {"l": value, "r": 2}
    schemas = Schemas(
        {"podcast": json.dumps({"properties": {"x": {"$ref": "#/$defs/n"}}, "$defs": {"n": node}})}
    )
    with quick():
        assert schemas.valid("podcast", {"x": value})
        assert not schemas.valid("podcast", {"x": {"l": "text"}})


# --- what studio.sources unpacks to


def test_a_small_text_that_unpacks_to_gigabytes_is_refused_with_the_number(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    line = TranslationSource("g", "copy", "s", "", "", "zip:" + base64.b64encode(data).decode())
    with quick(), pytest.raises(UnavailableError, match=str(bounds.MAX_UNPACKED)):
        text_then(tmp_path, line)


@pytest.mark.parametrize("text", ["zip:", "zip:!!", "zip:ä", "git:--help", "git:HEAD", "git:" + "0" * 40, ""])
def test_a_damaged_line_is_none(tmp_path: Path, text: str) -> None:
    assert text_then(tmp_path, TranslationSource("g", "copy", "s", "", "", text)) is None


def test_a_text_that_is_whole_is_read(tmp_path: Path) -> None:
    assert text_then(tmp_path, TranslationSource("g", "copy", "s", "", "", text_itself(b"words"))) == b"words"


def test_a_folder_of_sources_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio_sync.files.workspace.sources.MAX_SOURCES_FILES", 3)
    place = tmp_path / "studio.sources"
    place.mkdir()
    for number in range(4):
        (place / f"{number}.tsv").write_text("")
    with pytest.raises(UnavailableError, match="at most 3"):
        read_sources(place)


# --- Markdown

M = 30_000

MARKDOWNS: Mapping[str, str] = {
    "open brackets": "[" * M,
    "open images": "![" * M,
    "open links": "[](" * M,
    "references": "[a]: b\n\n" + "[a] " * M,
    "links": "[a](b) " * M,
    "backticks of every length": "".join("`" * i + " " for i in range(1, 400)),
    "emphasis": "**a _b " * M,
    "tags": '<img src="a">' * M,
    "open tags": "<a " * M,
    "open comments": "<!--" * M,
    "entities": "&" * M,
    "quotes": "> " * M,
    "brackets in brackets": "[" * M + "]" * M,
    "titles": '[a]: b "' * M,
    "a long book": "a line of words\n" * M,
}


@pytest.mark.parametrize("text", MARKDOWNS.values(), ids=MARKDOWNS)
def test_markdown_is_looked_at_soon(text: str) -> None:
    front = "---\nstatus: draft\n---\n"
    whole = f"{front}[x](y)\n\n{text}"
    with quick():
        links(whole)
        marks(whole, len(front))
        list(text_spans(whole, len(front)))
        found = codec.read_record(KINDS["article"], "", "a", whole.encode(), Schemas())
    assert found.document is not None


def test_markdown_that_is_not_looked_at_is_told_with_the_number() -> None:
    for text, number in (("[a](b) " * M, bounds.MAX_MARKUP), ("a b\n" * 100_000, bounds.MAX_MARKDOWN)):
        data = f"---\nstatus: draft\n---\n{text}".encode()
        (problem,) = codec.read_record(KINDS["article"], "", "a", data, Schemas()).problems
        assert (problem.code, problem.line) == ("too-dense", 4)
        assert str(number) in problem.message


# --- merges and diffs

LINES = [f"line {i} of many words" for i in range(8_000)]
ALL = "\n".join(LINES)
ODD = "\n".join(line if i % 2 else f"{line}!" for i, line in enumerate(LINES))
MIXED = "\n".join(random.Random(1).sample(LINES, len(LINES)))
SAME = "a\n" * 100_000
WORDS = " ".join(f"w{i}" for i in range(150_000))

TEXTS: Mapping[str, tuple[str, str]] = {
    "equal lines": (SAME, f"x\n{SAME[:-40]}b\n{SAME}"),
    "blank lines": ("\n" * 200_000, "\n" * 90_000 + "a" + "\n" * 200_000),
    "every second line": (ALL, ODD),
    "lines in another order": (ALL, MIXED),
    "lines turned round": (ALL, "\n".join(reversed(LINES))),
    "a line of many words": (WORDS, WORDS.replace("1", "x")),
    "a line of one word": ("a " * 200_000, "b " + "a " * 200_000),
    "a word of many dots": ("a." * 200_000, "b" + "a." * 200_000),
    "a letter of many accents": ("a" + "\u0301" * 300_000, "b" + "\u0301" * 300_000),
    "joiners": ("\u200d" * 300_000, "\u200d" * 300_000 + "a"),
}


@pytest.mark.parametrize(("old", "new"), TEXTS.values(), ids=TEXTS)
def test_texts_are_compared_and_merged_soon(old: str, new: str) -> None:
    with quick():
        line_diff(old, new)
        merge_text(old, new, f"{old}z")


@pytest.mark.parametrize("text", ["a" + "\u0301" * N, "a." * N, "\u200d" * N, "." * N, " \u0301" * 100_000])
def test_words_are_told_apart_soon(text: str) -> None:
    with quick():
        assert "".join(tokens(text)) == text
        assert "".join(atoms(text)) == text


def test_words_of_a_passage_that_is_too_long_are_not_marked() -> None:
    assert word_spans(WORDS, WORDS + "x") is None


# --- terms


@pytest.mark.parametrize("term", ["(a+)+$", "[", "a " * 400, "(?i:x)", "\\", "a*" * 200, ".*" * 100])
def test_a_term_is_no_pattern(term: str) -> None:
    with quick():
        for found in terms_of({"avoid": [{"word": term}]}):
            found.pattern.search("a" * 50_000 + "b" + "a " * 50_000)


# --- the tree


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "clone", "")
    desk.write_all(TREE)
    return desk


def test_folders_without_end_are_refused_with_the_number(desk: Desk) -> None:
    deep = "acme-bank/" + "/".join(["d"] * (bounds.MAX_FOLDER_DEPTH + 5))
    desk.write(f"{deep}/x.md", "x")
    with quick():
        result = desk.run("validate")
    assert result.code == 1, result
    assert str(bounds.MAX_FOLDER_DEPTH) in result.text


def test_files_without_end_are_refused_with_the_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio_sync.files.tree.walking.walk.MAX_CONTENT_FILES", 10)
    result = desk.run("validate")
    assert result.code, result
    assert "10" in result.text


@pytest.mark.parametrize(
    "name", ["new\nline.md", "tab\t.md", "\x1b[31m.md", "\udcff.md", "\u202e.md", "a" * 250 + ".md"]
)
def test_a_name_of_odd_signs_is_told_and_does_not_act(desk: Desk, name: str) -> None:
    (desk.content / "acme-bank" / name).write_text("x")
    result = desk.run("validate")
    assert "Traceback" not in result.text
    assert "\x1b" not in result.text
    assert "\u202e" not in result.text


@pytest.mark.parametrize(
    ("path", "size", "number"),
    [
        ("studio.yaml", bounds.MAX_CONFIG_FILE, bounds.MAX_CONFIG_FILE),
        (".studioignore", bounds.MAX_CONFIG_FILE, bounds.MAX_CONFIG_FILE),
        ("schemas/article.schema.json", bounds.MAX_SCHEMA_FILE, bounds.MAX_SCHEMA_FILE),
        ("content/acme-bank/client.md", bounds.MAX_CONTENT_FILE, bounds.MAX_CONTENT_FILE),
    ],
)
def test_a_file_that_is_too_large_is_told_with_the_number(
    desk: Desk, path: str, size: int, number: int
) -> None:
    place = desk.root / path
    place.parent.mkdir(exist_ok=True)
    with place.open("wb") as file:
        file.truncate(size + 1)
    with quick():
        result = desk.run("validate")
    assert result.code, result
    assert str(number) in result.text


@pytest.mark.parametrize("text", ["a\n" * 20_000, "*a" * 400 + "b\n", "x" * 5_000])
def test_an_ignore_file_without_end_ends_with_words(desk: Desk, text: str) -> None:
    (desk.root / ".studioignore").write_text(text)
    with quick():
        result = desk.run("validate")
    if result.code:
        assert ".studioignore:" in result.text


# --- what the pages say

SAID = {
    "docs/security.md": {
        f"nest up to {MAX_DEPTH} levels",
        f"is given up after {GIT_TIMEOUT} seconds",
        f"taken {bounds.MAX_GIT_PATHS >> 30} GiB of memory (on Linux; elsewhere {GIT_TIMEOUT} seconds)",
    },
    "docs/concepts/git.md": {
        f"given up after {GIT_TIMEOUT} seconds",
        f"more than {MAX_BLOB >> 20} MB in history",
    },
    "docs/concepts/trust.md": {
        f"| {CONNECT_SECONDS} s for all addresses together |",
        f"| addresses tried for one connection | {MOST_ATTEMPTS} |",
        f"| {patience.QUIET_SECONDS:.0f} s, then a second connection asks",
        f"| {patience.MOST_SECONDS:.0f} s, and a second more for each {patience.SLOWEST // 1000} kB",
        f"| {patience.MOST_BYTES >> 30} GiB, and {patience.MOST_NOTICES:,} notices |",
    },
    "docs/how-to/editor-in-chief.md": {f"at most {bounds.MAX_COMMIT_LINES:,} of a commit"},
}


@pytest.mark.parametrize("page", SAID)
def test_a_page_says_the_number_that_holds(page: str):
    text = (ROOT / page).read_text("utf-8")
    assert [said for said in SAID[page] if said not in text] == []
