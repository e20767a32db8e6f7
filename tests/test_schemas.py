"""The schemas of the kinds' files: what they hold, what they say to writers, and the example workspace."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from studio_sync import schemas as schemas_module
from studio_sync.core.values.kind import FieldPlace, Kind, Naming
from studio_sync.core.values.problem import SchemaFault
from studio_sync.core.values.value import Value
from studio_sync.errors import StudioError
from studio_sync.files.workspace.own_schemas import read_own
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.kinds import KINDS
from studio_sync.schemas import SUFFIX, Schemas
from studio_sync.schemas.schema_faults import schema_faults

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHIPPED = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "schemas").glob("*.schema.json"))
}
SCHEMAS = Schemas()

SHARED_KEYWORDS = {
    "$schema", "additionalProperties", "default", "description", "examples", "format", "items", "maximum",
    "minItems", "minimum", "pattern", "properties", "required", "title", "type",
}  # fmt: skip
"""What draft-07 and draft 2020-12 both know, and editors support."""


def subschemas(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from subschemas(inner, f"{path}.{name}")
    if "items" in schema:
        yield from subschemas(schema["items"], f"{path}[]")


def kind_of(path: Path) -> Kind:
    for kind in KINDS:
        if kind.slot is not None and kind.slot.naming is Naming.FILE:
            if path.parent.name == "knowledge" and path.match(kind.file):
                return kind
        elif path.name == kind.file:
            return kind
    raise AssertionError(f"{path} belongs to no kind")


def read(path: Path) -> tuple[dict[str, Any], str]:
    text = path.read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2) if path.suffix == ".md" else ("", text, "")
    value = yaml_read.read_yaml(front)
    assert isinstance(value, dict)
    return value, body


FILES = sorted(path for path in (EXAMPLES / "content").rglob("*") if path.is_file())
READ = {path: (kind_of(path), *read(path)) for path in FILES}


def of(name: str) -> list[tuple[Path, dict[str, Any], str]]:
    return [(path, front, body) for path, (kind, front, body) in READ.items() if kind.name == name]


class TestShippedSchemas:
    def test_each_kind_has_one_and_there_are_no_others(self):
        assert set(SHIPPED) == {kind.name for kind in KINDS}
        assert set(SCHEMAS.texts()) == {f"{name}.schema.json" for name in SHIPPED}

    @pytest.mark.parametrize("name", SHIPPED)
    def test_it_is_a_schema_in_both_drafts(self, name):
        Draft7Validator.check_schema(SHIPPED[name])
        Draft202012Validator.check_schema(SHIPPED[name])

    @pytest.mark.parametrize("name", SHIPPED)
    def test_it_uses_only_keywords_that_both_drafts_share(self, name):
        assert {key for _, part in subschemas(SHIPPED[name]) for key in part} <= SHARED_KEYWORDS

    @pytest.mark.parametrize("name", SHIPPED)
    def test_every_part_tells_a_writer_what_it_is(self, name):
        silent = [
            p for p, part in subschemas(SHIPPED[name]) if not (part.get("title") and part.get("description"))
        ]
        assert silent == []

    @pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.name)
    def test_its_keys_are_the_fields_that_stand_outside_the_body(self, kind):
        fields = [field.name for field in kind.fields if field.place is FieldPlace.FRONT]
        own = ["id"] if kind.identified else []
        if kind.whole is None:
            assert list(SHIPPED[kind.name]["properties"]) == own + fields
            assert SHIPPED[kind.name]["additionalProperties"] is False
        else:
            assert "additionalProperties" not in SHIPPED[kind.name]

    @pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.name)
    def test_it_agrees_with_the_declaration_on_what_is_required_and_on_defaults(self, kind):
        schema, front = SHIPPED[kind.name], [f for f in kind.fields if f.place is FieldPlace.FRONT]
        assert schema.get("required", []) == [field.name for field in front if field.required]
        for field in front:
            part = schema["properties"][field.name]
            assert part.get("default") == field.default
            nullable = "type" not in part or "null" in part["type"]
            assert nullable is not (field.required or field.loose), field.name

    @pytest.mark.parametrize("name", SHIPPED)
    def test_its_examples_and_defaults_are_valid(self, name):
        for path, part in subschemas(SHIPPED[name]):
            check = Draft7Validator(part)
            for example in [*part.get("examples", []), *([part["default"]] if "default" in part else [])]:
                assert check.is_valid(example), (path, example)

    def test_the_flow_of_each_status_is_offered_in_its_order(self):
        for kind in KINDS:
            if kind.flow:
                assert tuple(SHIPPED[kind.name]["properties"]["status"]["examples"]) == kind.flow

    def test_they_are_found_installed_before_those_of_a_checkout(self, tmp_path, monkeypatch):
        installed = tmp_path / "_schemas"
        installed.mkdir()
        module = tmp_path / "schemas" / "__init__.py"
        (installed / "chapter.schema.json").write_text('{"required": ["from the wheel"]}')
        monkeypatch.setattr(schemas_module, "__file__", str(module))
        assert Schemas().texts() == {"chapter.schema.json": '{"required": ["from the wheel"]}'}

    def test_importing_them_loads_no_validator(self):
        code = (
            "import sys, studio_sync.schemas; print([m for m in sys.modules if m.startswith('jsonschema')])"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert ran.stdout == "[]\n"


class TestValidity:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("program", {"name": "x", "estimated_hours": Decimal("0.5")}),
            ("program", {"name": "x", "estimated_hours": Decimal("999.9")}),
            ("program", {"name": "x", "estimated_hours": None, "status": None, "language": None}),
            ("session", {"title": "x", "estimated_minutes": Decimal("1.0")}),
            ("session", {"title": "x", "status": "a status of a later day"}),
            ("session", {"title": "", "learning_objectives": []}),
            ("quiz", {"questions": [{"question": "?", "points": Decimal("1e400")}]}),
            ("quiz", {"questions": [{"question": "?", "options": [{"text": "", "own": []}]}]}),
            ("article", {"sources": ["plain", {"title": "x", "isbn": 10**400}]}),
            ("article", {}),
            ("exercise", {"exercise_type": "DEBATE", "title": "t", "ai_mentor": {}, "evaluation": None}),
            ("client_knowledge", {}),
        ],
    )  # fmt: skip
    def test_the_least_that_must_hold_holds(self, name, value):
        assert SCHEMAS.valid(name, value)
        assert SCHEMAS.explain(name, value) == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("program", {"name": "x", "estimated_hours": Decimal("999.900000000000000000000000001")}),
            ("program", {"name": "x", "estimated_hours": Decimal("1E+1000000000")}),
            ("program", {"name": "x", "estimated_hours": 10**400}),
            ("program", {"name": None}),
            ("session", {"title": "x", "estimated_minutes": Decimal("10.5")}),
            ("session", {"title": "x", "estimated_minutes": 2**31}),
            ("session", {"title": "x", "order_index": None}),
            ("session", {"title": "x", "estimated_minutes": True}),
            ("quiz", {"questions": []}),
            ("article", {"sources": [{"author": "x"}]}),
            ("article", None),
        ],
    )
    def test_what_breaks_it_has_exactly_one_finding(self, name, value):
        assert not SCHEMAS.valid(name, value)
        assert len(SCHEMAS.explain(name, value)) == 1

    def test_a_text_that_the_fast_validator_cannot_hold_is_judged_all_the_same(self):
        assert SCHEMAS.valid("chapter", {"title": "\ud800"})
        assert [f.code for f in SCHEMAS.explain("chapter", {"title": "x", "\ud800": 1})] == ["unknown-key"]

    def test_a_decimal_that_is_whole_is_a_whole_number_beside_a_fault_too(self):
        value = {"title": 1, "estimated_minutes": Decimal("1.0")}
        assert [f.path for f in SCHEMAS.explain("session", value)] == [("title",)]

    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_valid_and_explain_agree_and_so_do_both_validators(self, data):
        kind, value, _ = data.draw(st.sampled_from(list(READ.values())))
        for _ in range(data.draw(st.integers(1, 3))):
            value = mutated(value, data)
        valid, found = SCHEMAS.valid(kind.name, value), SCHEMAS.explain(kind.name, value)
        assert valid == (not found)
        assert valid == (not schema_faults([("", SHIPPED[kind.name])], value))
        assert len({(f.path, f.code, f.message) for f in found}) == len(found)
        for finding in found:
            assert leads_into(value, finding)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**33), 2**33), st.text(max_size=8), st.just(10**30),
    st.decimals(allow_nan=False, allow_infinity=False), st.just(""), st.just("draft"),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
KEYS = (
    st.sampled_from(["id", "titel", "title", "question", "options", "text", "correct", "sources"]) | st.text()
)


def mutated(value: Value, data: st.DataObject) -> Value:
    """`value` with something inside it replaced, deleted or added."""
    inside = (
        list(value)
        if isinstance(value, Mapping)
        else list(range(len(value)))
        if isinstance(value, list)
        else []
    )
    if inside and data.draw(st.integers(0, 3)):
        at = data.draw(st.sampled_from(inside))
        copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
        copy[at] = mutated(copy[at], data)
        return copy
    if isinstance(value, Mapping) and data.draw(st.booleans()):
        if value and data.draw(st.booleans()):
            gone = data.draw(st.sampled_from(list(value)))
            return {key: item for key, item in value.items() if key != gone}
        return {**value, data.draw(KEYS): data.draw(VALUES)}
    return data.draw(VALUES)


def leads_into(value: Any, finding: SchemaFault) -> bool:
    for step in finding.path:
        value = value[step]
    return True


def told(name: str, value: Value, schemas: Schemas = SCHEMAS) -> list[str]:
    """What people read of each finding."""
    return [f"{f.message}: {f.hint}" if f.hint else f.message for f in schemas.explain(name, value)]


class TestExplanations:
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("session", {"titel": "x"}, "unknown key `titel`: did you mean `title`?"),
            (
                "session",
                {"title": "x", "Title": "y"},
                "unknown key `Title`: did you mean `title`, which is here already?",
            ),
            (
                "session",
                {"title": "x", "minutes": 5},
                "unknown key `minutes`: did you mean `estimated_minutes`?",
            ),
            (
                "session",
                {"title": "x", "learningObjectives": []},
                "unknown key `learningObjectives`: did you mean `learning_objectives`?",
            ),
            (
                "chapter",
                {"title": "x", "colour": "red"},
                (
                    "unknown key `colour`: "
                    "the keys that are allowed here: `id`, `title`, `subtitle` and `order_index`"
                ),
            ),
            (
                "session",
                {"title": "x", "number": Decimal("1.1")},
                "unknown key `number`: the name of the folder determines this: delete the line",
            ),
            (
                "program_knowledge",
                {"type": "brief"},
                "unknown key `type`: the name of the file determines this: delete the line",
            ),
            (
                "article",
                {"content": "x"},
                (
                    "unknown key `content`: "
                    "this is the text below the front matter: write it there, and delete the key"
                ),
            ),
            (
                "article",
                {"word_count": 400},
                "unknown key `word_count`: the database keeps this by itself: delete the line",
            ),
            (
                "video",
                {"id": "x"},
                "unknown key `id`: this file needs no id, its path identifies the record: delete the line",
            ),
            (
                "chapter",
                {},
                (
                    "`title` is missing: "
                    "add a line `title: …` (The chapter's title as learners see it, without its number)"
                ),
            ),
            ("client", {"name": None}, "`name` must be text, but is empty: write it after `name:`"),
            (
                "client",
                {"name": "x", "industry": ["a"]},
                (
                    "`industry` must be text, but is a list: "
                    "write it after `industry:`, or as a block of lines below `industry: |`"
                ),
            ),
            (
                "chapter",
                {"title": 2024},
                '`title` must be text, but is the number 2024: put it in quotes: `title: "2024"`',
            ),
            (
                "session",
                {"title": "x", "estimated_minutes": "ten"},
                (
                    '`estimated_minutes` must be a whole number, but is the text "ten": '
                    "write only the number, without quotes or a unit: `estimated_minutes: 10`"
                ),
            ),
            (
                "program",
                {"name": "x", "estimated_hours": "2,5 hours"},
                (
                    '`estimated_hours` must be a number, but is the text "2,5 hours": '
                    "write only the number, without quotes or a unit: `estimated_hours: 2.5`"
                ),
            ),
            (
                "session",
                {"title": "x", "estimated_minutes": Decimal("7.5")},
                (
                    "`estimated_minutes` must be a whole number, but is the number 7.5: "
                    "write a number without a decimal point, such as `estimated_minutes: 10`"
                ),
            ),
            (
                "session",
                {"title": "x", "estimated_minutes": 2**31},
                (
                    "`estimated_minutes` must be at most 2147483647, but is the number 2147483648: "
                    "How long the session takes a learner, in whole minutes. Left out: 10"
                ),
            ),
            (
                "session",
                {"title": "x", "learning_objectives": "Listen"},
                (
                    '`learning_objectives` must be a list, but is the text "Listen": '
                    "write each item on a line of its own below `learning_objectives:`, starting with `- `"
                ),
            ),
            (
                "session",
                {"title": "x", "learning_objectives": ["a", {"Trust": "the basics"}]},
                (
                    "item 2 of `learning_objectives` must be text, but is a group of `key: value` lines: "
                    'a text with a colon needs quotes: `- "Trust: the basics"`'
                ),
            ),
            (
                "session",
                {"title": "x", "id": "1.1"},
                (
                    '`id` must be a UUID, but is the text "1.1": put back the id that this file had; '
                    "for a new record delete the line: `studio validate --fix` writes one"
                ),
            ),
            (
                "session",
                {"title": "x", "id": "{880DEB03-a016-423d-8494-4ef2cd3c934b} "},
                (
                    '`id` must be a UUID, but is the text "{880DEB03-a016-423d-8494-4ef2cd3c934b}": '
                    "write it as `id: 880deb03-a016-423d-8494-4ef2cd3c934b`"
                ),
            ),
            (
                "quiz",
                {"questions": ["Why?"]},
                (
                    'item 1 of `questions` must be a group of `key: value` lines, but is the text "Why?": '
                    "write `- question: …` instead of `- …`"
                ),
            ),
            (
                "quiz",
                {"questions": [{"question": "?", "options": [{"text": "a", "correct": "yes"}]}]},
                (
                    '`correct` must be true or false, but is the text "yes": '
                    "write `correct: true`, without quotes"
                ),
            ),
            (
                "quiz",
                {"questions": []},
                (
                    "`questions` must have at least 1 item, but has none: "
                    "The questions, in the order in which learners see them; at least one"
                ),
            ),
            (
                "quiz",
                {"questions": [{"Question": "?"}]},
                "`question` is missing in item 1 of `questions`: write `question:` where it says `Question:`",
            ),
            (
                "exercise",
                {"exercise_type": "ROLEPLAY", "title": "x", "ai_mentor": "Coach"},
                (
                    '`ai_mentor` must be a group of `key: value` lines, but is the text "Coach": '
                    "write `key: value` lines below `ai_mentor:`, indented by two spaces"
                ),
            ),
            (
                "client_knowledge",
                [{"term": "x"}],
                (
                    "the file must be a group of `key: value` lines, but is a list: "
                    "write `key: value` lines, without a `- ` before them"
                ),
            ),
        ],
    )
    def test_the_usual_slips_are_told_in_plain_words(self, name, value, expected):
        assert told(name, value) == [expected]

    def test_a_finding_points_at_the_key_the_value_or_what_lacks_the_key(self):
        value = {"titel": "x", "estimated_minutes": "x", "learning_objectives": [1]}
        assert {(f.path, f.key, f.code) for f in SCHEMAS.explain("session", value)} == {
            (("titel",), True, "unknown-key"),
            (("estimated_minutes",), False, "schema"),
            (("learning_objectives", 0), False, "schema"),
        }
        found = SCHEMAS.explain("article", {"sources": [{"url": "x"}]})
        assert [(f.path, f.key, f.code) for f in found] == [(("sources", 0), False, "missing-key")]

    def test_every_fault_is_told_in_one_go(self):
        assert len(told("exercise", {"id": 1, "scenario": [], "estimated_minutes": ""})) == 6

    def test_a_long_text_is_cut(self):
        (line,) = told("session", {"title": "x", "learning_objectives": "long words " * 50})
        assert len(line) < 200


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "schemas"
    folder.mkdir()
    return folder


def stricter(folder: Path, name: str, schema: Any) -> Schemas:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
    return Schemas(read_own(folder, SUFFIX))


class TestTheWorkspacesOwnSchemas:
    def test_both_must_hold(self, own):
        schemas = stricter(
            own, "article", {"required": ["sources"], "properties": {"sources": {"minItems": 2}}}
        )
        assert schemas.valid("article", {"sources": ["a", "b"]})
        assert not schemas.valid("article", {"sources": ["a"]})
        assert not schemas.valid("article", {"sources": ["a", 1]})
        assert told("article", {}, schemas) == [
            "`sources` is missing: add a line `sources: …` (asked for by schemas/article.schema.json)"
        ]
        assert SCHEMAS.valid("article", {})

    def test_a_fault_against_both_is_told_once(self, own):
        schemas = stricter(
            own, "chapter", {"required": ["title"], "properties": {"subtitle": {"type": "string"}}}
        )
        assert told("chapter", {"subtitle": 1}, schemas) == [*told("chapter", {"subtitle": 1})]

    def test_below_an_unknown_key_nothing_more_is_told(self, own):
        schemas = stricter(own, "chapter", {"properties": {"tags": {"type": "array", "minItems": 3}}})
        assert [f.code for f in schemas.explain("chapter", {"title": "x", "tags": []})] == ["unknown-key"]

    @pytest.mark.parametrize(
        ("rule", "value", "expected"),
        [
            (
                {"enum": ["draft", "review"]}, "drafft",
                'must be "draft" or "review", but is the text "drafft": did you mean `draft`?',
            ),
            ({"const": "draft"}, "x", 'must be "draft", but is the text "x":'),
            ({"pattern": "^[a-z]+$"}, "X", 'must have the form `^[a-z]+$`, but is the text "X":'),
            ({"pattern": "^[a-z]+$"}, "x\n", None),
            ({"maxLength": 2}, "abc", "must have at most 2 characters, but has 3:"),
            ({"minLength": 1}, "", "must have at least 1 character, but has none:"),
            ({"not": {"const": "x"}}, "x", "breaks the rule `not` of its schema:"),
            (
                {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "no",
                'must be a whole number or true or false, but is the text "no": write `status: false`',
            ),
            ({"anyOf": [{"type": "integer"}, {"enum": ["draft"]}]}, "no", None),
            (False, "x", "is not allowed here:"),
        ],
    )  # fmt: skip
    def test_their_other_rules_are_told_too(self, own, rule, value, expected):
        schemas = stricter(own, "video", {"properties": {"status": rule}})
        assert not schemas.valid("video", {"status": value})
        (line,) = told("video", {"status": value}, schemas)
        assert line.endswith("(asked for by schemas/video.schema.json)") or expected is None
        assert expected is None or line.startswith(f"`status` {expected}".removesuffix(":"))

    def test_a_kind_that_only_the_workspace_has_a_schema_for_is_taken_alone(self, own):
        schemas = stricter(own, "podcast", {"properties": {"length": {"type": "integer"}}})
        assert schemas.valid("podcast", {"length": 3})
        assert len(schemas.explain("podcast", {"length": "x"})) == 1
        assert schemas.arrange("podcast", None, {"b": 1, "length": 2}) == {"length": 2, "b": 1}

    def test_a_kind_without_any_schema_is_an_error(self):
        with pytest.raises(StudioError, match="no schema for the kind `podcast`"):
            SCHEMAS.valid("podcast", {})

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"type":\n  strin}', ":2:3: this schema is no valid JSON"),
            ('{"properties": {"status": {"type": "strin"}}}', "this is no valid JSON Schema"),
            ("[]", "this is no valid JSON Schema"),
            ('{"$ref": "#/definitions/nowhere"}', "this is no valid JSON Schema"),
            ('{"$ref": "http://127.0.0.1:9/x.json"}', "is in another file"),
            ('{"$schema": "http://json-schema.example/my-own"}', "this is no valid JSON Schema"),
        ],
    )  # fmt: skip
    def test_a_broken_one_is_named(self, own, text, message):
        with pytest.raises(StudioError) as raised:
            stricter(own, "video", text).valid("video", {})
        assert raised.value.message.startswith("schemas/video.schema.json:")
        assert message in raised.value.message
        assert raised.value.hint

    def test_one_that_is_no_utf8_is_named(self, own):
        (own / "video.schema.json").write_bytes(b'{"title": "\xff"}')
        with pytest.raises(StudioError, match=r"schemas/video\.schema\.json: .* not UTF-8"):
            Schemas(read_own(own, SUFFIX))

    def test_a_missing_folder_is_none(self, tmp_path):
        assert Schemas(read_own(tmp_path / "schemas", SUFFIX)).fingerprint() == SCHEMAS.fingerprint()

    def test_the_fingerprint_changes_with_them_and_only_with_them(self, own):
        first = stricter(own, "video", {"title": "a"}).fingerprint()
        assert first not in (SCHEMAS.fingerprint(), stricter(own, "video", {"title": "b"}).fingerprint())
        assert first == stricter(own, "video", {"title": "a"}).fingerprint()


class TestOrder:
    def test_keys_stand_as_the_schema_lists_them_at_every_level_and_others_after(self):
        given = {
            "zeal": 1, "metadata": {"own": 1, "attempts": 2},
            "questions": [{"points": 1, "options": [{"text": "t", "id": "a"}], "question": "?", "id": "q"}],
        }  # fmt: skip
        assert json.dumps(SCHEMAS.arrange("quiz", None, given)) == json.dumps(
            {
                "questions": [
                    {"id": "q", "question": "?", "options": [{"id": "a", "text": "t"}], "points": 1}
                ],
                "metadata": {"attempts": 2, "own": 1},
                "zeal": 1,
            }
        )

    def test_the_value_of_one_field_is_arranged_too(self):
        arranged = SCHEMAS.arrange("article", "sources", [{"url": "u", "title": "t"}, "plain"])
        assert json.dumps(arranged) == '[{"title": "t", "url": "u"}, "plain"]'
        assert list(SCHEMAS.arrange("client_knowledge", "content", {"avoid": [], "terms": []})) == [
            "terms",
            "avoid",
        ]
        assert SCHEMAS.arrange("article", "no such field", {"b": 1}) == {"b": 1}

    def test_references_inside_the_schema_are_followed(self, own):
        node = {"properties": {"name": {}, "children": {"items": {"$ref": "#/$defs/a~1b"}}}}
        schema = {"properties": {"tree": {"$ref": "#/$defs/a~1b"}, "loop": {}}}
        schemas = stricter(own, "podcast", {**schema, "$defs": {"a/b": node}})
        given = {"loop": {"b": 1}, "tree": {"children": [{"children": [], "name": "leaf"}], "name": "root"}}
        assert json.dumps(schemas.arrange("podcast", None, given)) == json.dumps(
            {"tree": {"name": "root", "children": [{"name": "leaf", "children": []}]}, "loop": {"b": 1}}
        )

    def test_alternatives_and_the_workspaces_keys_count_too(self, own):
        schema = {"properties": {"metadata": {"anyOf": [{"properties": {"badge": {}}}, {"type": "null"}]}}}
        arranged = stricter(own, "quiz", schema).arrange(
            "quiz", "metadata", {"z": 1, "badge": 1, "attempts": 1}
        )
        assert list(arranged) == ["attempts", "badge", "z"]

    @settings(max_examples=100, deadline=None)
    @given(value=VALUES, name=st.sampled_from(list(SHIPPED)))
    def test_nothing_but_the_order_of_keys_changes(self, value, name):
        assert SCHEMAS.arrange(name, None, value) == value


class TestTheExampleWorkspace:
    @pytest.mark.parametrize(
        "path", FILES, ids=lambda path: path.relative_to(EXAMPLES / "content").as_posix()
    )
    def test_each_file_is_valid_tidy_and_in_the_order_of_its_schema(self, path):
        kind, front, _ = READ[path]
        assert SCHEMAS.explain(kind.name, front) == []
        assert json.dumps(SCHEMAS.arrange(kind.name, None, front), default=str) == json.dumps(
            front, default=str
        )
        data = path.read_bytes()
        assert data.endswith(b"\n")
        assert not data.endswith(b"\n\n")
        assert b"\r" not in data
        assert b" \n" not in data

    def test_it_shows_every_kind_and_every_sort_of_content(self):
        seen = Counter(kind.name for kind, _, _ in READ.values())
        assert set(seen) == {kind.name for kind in KINDS}
        assert seen["session"] == seen["article"] == seen["video"] == seen["quiz"] == seen["exercise"] >= 6
        for kind in KINDS:
            if kind.slot is not None and kind.slot.known:
                assert {path.stem for path, _, _ in of(kind.name)} == set(kind.slot.known)
        assert {front["language"] for _, front, _ in of("program")} == {"en", "de"}
        offered = SHIPPED["exercise"]["properties"]["exercise_type"]["examples"]
        assert {front["exercise_type"] for _, front, _ in of("exercise")} == set(offered)
        questions = [question for _, front, _ in of("quiz") for question in front["questions"]]
        kinds_of_questions = SHIPPED["quiz"]["properties"]["questions"]["items"]["properties"]["type"][
            "examples"
        ]
        assert {question["type"] for question in questions} == set(kinds_of_questions)

    def test_ids_are_unique_and_random_and_stand_where_they_belong(self):
        ids = [UUID(front["id"]) for kind, front, _ in READ.values() if kind.identified]
        assert len(set(ids)) == len(ids)
        assert {identity.version for identity in ids} == {4}

    def test_everything_is_new(self):
        for kind, front, _ in READ.values():
            assert front.get("status") == (kind.flow[0] if kind.flow else None)
            assert "order_index" not in front

    def test_each_question_can_be_answered_and_is_told_apart(self):
        for path, front, _ in of("quiz"):
            ids = [question["id"] for question in front["questions"]]
            assert len(set(ids)) == len(ids) >= 3, path
            for question in front["questions"]:
                right = [option.get("correct") is True for option in question.get("options", [])]
                if question["type"] == "single_choice":
                    assert right.count(True) == 1, (path, question["id"])
                elif question["type"] == "multiple_choice":
                    assert 1 <= right.count(True) < len(right), (path, question["id"])
                else:
                    assert "answer" in question, (path, question["id"])

    def test_articles_are_of_a_length_that_is_read(self):
        assert all(400 <= len(body.split()) <= 900 for _, _, body in of("article"))

    def test_it_keeps_to_its_own_list_of_words_to_avoid(self):
        (words,) = [front["avoid"] for path, front, _ in of("client_knowledge") if path.stem == "terminology"]
        avoided = {word.strip().lower() for item in words for word in item["word"].split(",")}
        texts = [path.read_text(encoding="utf-8").lower() for path in FILES if path.stem != "terminology"]
        assert not [word for word in avoided for text in texts if re.search(rf"\b{word}\b", text)]
