"""The settled style."""

from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.value import same
from studio_sync.files.yaml.yaml_reader import read_yaml
from studio_sync.files.yaml.yaml_writer import dump, flow, scalar
from tests.files.strategies import AMBIGUOUS, values

SETTLED = """\
title: "Why: because"
hook: it's plain
wiifm: |-
  first

    second
kept: |+
  last

indented: |2
    first
objectives:
  - one
  - - nested
    - "yes"
  - a: 1
    b:
      c: 1.10
empty: []
none: null
"""


def test_the_settled_style():
    value = {
        "title": "Why: because",
        "hook": "it's plain",
        "wiifm": "first\n\n  second",
        "kept": "last\n\n",
        "indented": "  first\n",
        "objectives": ["one", ["nested", "yes"], {"a": 1, "b": {"c": Decimal("1.10")}}],
        "empty": [],
        "none": None,
    }
    assert dump(value) == SETTLED
    assert dump(value, newline="\r\n") == SETTLED.replace("\n", "\r\n")
    assert read_yaml(SETTLED) == value


@pytest.mark.parametrize("text", [*AMBIGUOUS, "a: b", "a #b", " a", "a ", "", "#a", "- a", "a:", "\ta"])
def test_a_text_that_could_be_misread_is_quoted(text):
    assert scalar(text)[0] in "\"'"


@pytest.mark.parametrize(
    "text", ["a", "it's", "3 steps", "a:b", "3f2b8c1e-1111-4222-8333-444455556666", "C#", "é😀", "why?"]
)
def test_an_ordinary_text_is_plain(text):
    assert scalar(text) == text


def test_quotes_are_those_that_need_no_escapes():
    assert scalar('say "hi"') == 'say "hi"'
    assert scalar('"hi" he said: no') == "'\"hi\" he said: no'"
    assert scalar("C:\\x: y") == "'C:\\x: y'"
    assert scalar("it's: x") == '"it\'s: x"'
    assert scalar('a\r"b"') == '"a\\r\\"b\\""'


def test_a_long_line_is_not_folded():
    assert dump({"a": "word " * 400 + "end"}).count("\n") == 1


def _check(found, value):
    if isinstance(value, str):
        assert found == value
    elif isinstance(value, dict):
        assert list(found) == list(value)
        for key, item in value.items():
            _check(found[key], item)
    elif isinstance(value, list):
        assert len(found) == len(value)
        for one, item in zip(found, value, strict=True):
            _check(one, item)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_reads_back_equal_and_strings_stay_strings_in_yaml_1_1(value, newline, in_flow):
    text = flow(value) if in_flow else dump(value, newline=newline)
    assert same(read_yaml(text), value)
    _check(yaml.safe_load(text), value)
