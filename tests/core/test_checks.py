"""How a document of terminology may say what to avoid, and where a text uses it."""

import pytest

from studio_sync.core.checks.content_checks import FINDERS
from studio_sync.core.checks.terms import Term, terms_of
from studio_sync.core.checks.weights import CODES


def test_every_check_has_its_function_but_for_those_that_look_elsewhere():
    assert [code for code in CODES if code not in FINDERS] == ["untranslated", "vale"]
    assert FINDERS.keys() <= set(CODES)


def said(value):
    return [(t.text, t.instead) for t in terms_of(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"avoid": ["frontline", "soft skills"]}, [("frontline", ""), ("soft skills", "")]),
        ({"avoid": [{"word": "frontline", "instead": "on the wards"}]}, [("frontline", "on the wards")]),
        ({"avoid": [{"term": "a", "use": ["b", "c"]}]}, [("a", "b, c")]),
        ({"avoid": [{"word": "Schwester, Pfleger", "instead": "x"}]}, [("Schwester", "x"), ("Pfleger", "x")]),
        ({"avoid": {"handoff": "handover", "EWS": {"prefer": "the score"}}},
         [("handoff", "handover"), ("EWS", "the score")]),
        ({"avoid": "jargon; buzzword"}, [("jargon", ""), ("buzzword", "")]),
        ({"avoid": [{"word": '"compliance" (as a noun)'}]}, [("compliance", "")]),
        ({"terms": [{"term": "handover", "avoid": ["handoff", "hand-over"]}]},
         [("handoff", "handover"), ("hand-over", "handover")]),
        ({"terms": {"resident": {"avoid": "inmate"}}}, [("inmate", "resident")]),
        ({"avoid": ["A", "a"]}, [("A", "")]),
        ({"avoid": [7, None, {}, {"instead": "x"}, [], ""], "terms": [1, {"term": "x"}]}, []),
        ({"avoid": 7}, []),
        ([{"avoid": "x"}], []),
        (None, []),
    ],
)  # fmt: skip
def test_terms_to_avoid_may_be_written_in_many_ways(value, expected):
    assert said(value) == expected


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("frontline", "A Frontline.", ["Frontline"]),
        ("frontline", "frontliner, unfrontline", []),
        ("soft skills", "soft\n  skills", ["soft\n  skills"]),
        ("IT", "it is IT", ["IT"]),
        ("Pfleger", "Krankenpfleger und pfleger", ["pfleger"]),
        ("C++", "C++ and C+", ["C++"]),
        ("前線", "私たちの前線では", ["前線"]),
        ("a.b", "axb a.b", ["a.b"]),
    ],
)
def test_a_term_is_a_word_of_its_own(term, text, found):
    assert [m[0] for m in Term(term).pattern.finditer(text)] == found
    assert not found or Term(term).may_be_in(text.lower())
