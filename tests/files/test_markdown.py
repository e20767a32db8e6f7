"""Documents with front matter."""

import re

import pytest
from frontmatter.default_handlers import YAMLHandler
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.value import canonical_text, same
from studio_sync.files.markdown import front_matter
from studio_sync.files.markdown.front_matter import KEEP, edit_front_matter, new, split_document
from studio_sync.files.markdown.structure import structure
from studio_sync.files.yaml.splice.splice import GONE
from studio_sync.files.yaml.yaml_reader import YamlFault, read_yaml
from tests.files.strategies import scalars, texts, written

TEXT = "---\ntitle: x # c\n---\n\nFirst\n\nSecond\n"


def front_of(text):
    parts = split_document(text)
    return text[parts.front_start : parts.front_end]


def body_of(text: str) -> str:
    return canonical_text(text[split_document(text).body_start :])


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_parts_of_a_document(bom, newline):
    text = bom + "--- \na: b\n\n----\n\n\n  body\n---\n".replace("\n", newline)
    assert split_document(text).has_front
    assert front_of(text) == "a: b\n\n".replace("\n", newline)
    assert body_of(text) == "  body\n---"


def test_a_document_without_front_matter_is_all_body():
    assert body_of("# Title\n\n---\ntext\n") == "# Title\n\n---\ntext"
    assert not split_document("\ufeffbody\n---\n").has_front
    assert split_document("\ufeffbody").body_start == 1
    assert body_of("\n\n  Note: x\n") == "  Note: x"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("---\na: b\n", "front-matter-open", 1),
        ("---\na: b\n--\nbody\n", "front-matter-open", 3),
        ("---\na: b\n —--\nbody\n", "front-matter-open", 3),
        ("\n\n---\na: b\n---\n", "front-matter-fence", 3),
        ("--\na: b\n--\n", "front-matter-fence", 1),
        ("—--\na: b\n---\n", "front-matter-fence", 1),
        ("  ---\na: b\n---\n", "front-matter-fence", 1),
    ],
)
def test_a_fence_that_is_nearly_one_is_a_fault(text, code, line):
    with pytest.raises(YamlFault) as caught:
        split_document(text)
    (found,) = caught.value.faults
    assert (found.code, found.line) == (code, line)
    assert found.hint


def test_a_rule_or_a_list_at_the_start_of_a_body_is_no_fence():
    for text in ("\n---\n\nJust a rule above\n", "- a: list\n", "--\nsigned\n"):
        assert not split_document(text).has_front


def test_an_edit_of_the_front_matter_leaves_the_body():
    assert edit_front_matter(TEXT, {"title": "new"}, body=KEEP, order=()) == TEXT.replace("x #", "new #")
    assert edit_front_matter(TEXT, {"title": GONE}, body=KEEP, order=()) == "---\n---\n\nFirst\n\nSecond\n"
    assert edit_front_matter("body", {"title": "new"}, body=KEEP, order=()) == "---\ntitle: new\n---\n\nbody"
    assert (
        edit_front_matter("---\r\n---\r\nb", {"title": "new"}, body=KEEP, order=())
        == "---\r\ntitle: new\r\n---\r\nb"
    )


def test_an_edit_of_the_body_leaves_what_stands_around_it():
    assert edit_front_matter(TEXT, {}, body="New\n", order=()) == "---\ntitle: x # c\n---\n\nNew\n"
    assert (
        edit_front_matter("---\r\na: 1\r\n---\r\n\r\n\r\nx", {}, body="p\nq", order=())
        == "---\r\na: 1\r\n---\r\n\r\n\r\np\r\nq"
    )
    assert edit_front_matter("---\na: 1\n---\nx\n\n\n", {}, body="y", order=()) == "---\na: 1\n---\ny\n\n\n"
    assert edit_front_matter("---\na: 1\n---", {}, body="y", order=()) == "---\na: 1\n---\n\ny\n"
    assert edit_front_matter(TEXT, {}, body=None, order=()) == "---\ntitle: x # c\n---\n"
    assert edit_front_matter("old\n", {}, body="---\nnew", order=()) == "---\n---\n\n---\nnew\n"


def test_the_same_body_is_left_as_it_is_written():
    text = "---\r\n---\r\n\r\n  x  \r\n\ry\r\n\r\n"
    assert edit_front_matter(text, {}, body="  x  \n\ny", order=()) == text


def test_a_new_document_has_a_fence_and_one_blank_line():
    assert new({"a": "x"}, "body\n") == "---\na: x\n---\n\nbody\n"
    assert new({}, None) == "---\n---\n"


bodies = (
    texts
    | st.text(st.sampled_from("a \n-#\t\r\x0c\x1c\x85\u2028\ufeff"), max_size=20)
    | st.just("---\na: b\n---\n")
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(texts, scalars, max_size=3), bodies)
def test_a_new_document_reads_back(front, body):
    text = new(front, body)
    assert body_of(text) == canonical_text(canonical_text(body))
    assert same(read_yaml(front_of(text)) or {}, front)
    assert YAMLHandler().split(text)[0].strip() == front_of(text).strip()


@settings(max_examples=100, deadline=None)
@given(written(), bodies, bodies, scalars, st.sampled_from(["", "\n", "\n\n"]))
def test_an_edit_of_both_parts_reads_back(form, old, body, value, gap):
    nl = form.newline
    front = form.text.removeprefix("\ufeff")
    front += "" if front.endswith(("\n", "\r")) else nl
    text = f"{form.bom}---{nl}{front}---{nl}{gap}{old}"
    before = canonical_text(old)
    after = edit_front_matter(text, {"f0": value}, body=KEEP, order=())
    assert after.endswith(text[split_document(text).front_end :])
    after = edit_front_matter(text, {"added": value}, body=body, order=())
    assert body_of(after) == canonical_text(body) or body_of(after) == canonical_text(canonical_text(body))
    assert same(read_yaml(front_of(after)), {**read_yaml(front), "added": value})
    if canonical_text(body) == before:
        assert after.endswith(text[split_document(text).body_start :])


def test_a_text_without_a_block_has_no_parts_to_link_to():
    assert structure("", 0).anchors == frozenset()
    assert structure("\n\n", 0).anchors == frozenset()


@given(st.text(st.sampled_from("-\n\r \ta"), max_size=30))
def test_a_fence_is_found_where_the_library_finds_it(text):
    for start in (newline.end() for newline in re.finditer("\n", text)):
        found = front_matter._BOUNDARY.search(text, start)
        assert front_matter._closing(text, start) == (found.start() if found else -1)
