"""Links, images and words of a Markdown text, each at its place."""

import re

import pytest

from studio_sync.files.markdown import prose
from studio_sync.files.yaml.parser import nodes as yaml_nodes


def marks(text):
    """What is found, as (what stands there, target, alt); the place is checked by what stands there."""
    found = []
    lines = re.split(r"\r\n|\r|\n", text)
    for mark in prose.marks(text, 0):
        line, column = mark.at
        found.append((lines[line - 1][column - 1 :], mark.target, mark.alt if mark.image else "-"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See [one](a.md) now.", [("[one](a.md) now.", "a.md", "-")]),
        ("![A map](m.png)", [("![A map](m.png)", "m.png", "A map")]),
        ("![](m.png)", [("![](m.png)", "m.png", "")]),
        ("[![Map](m.png)](a.md)",
         [("[![Map](m.png)](a.md)", "a.md", "-"), ("![Map](m.png)](a.md)", "m.png", "Map")]),
        ("> - one\n>   two [x](b.md 'T') y", [("[x](b.md 'T') y", "b.md", "-")]),
        ("## About [x](b.md) ##", [("[x](b.md) ##", "b.md", "-")]),
        ("One [x][ref].\n\n[ref]: c%20d.md", [("[x][ref].", "c%20d.md", "-")]),
        ("| a | b |\n|---|---|\n| [x](1.md) | [x](2.md) |",
         [("[x](1.md) | [x](2.md) |", "1.md", "-"), ("[x](2.md) |", "2.md", "-")]),
        ('One <img src="x.png" alt="X"> two', [('<img src="x.png" alt="X"> two', "x.png", "X")]),
        ("One <img src=x.png> two", [("<img src=x.png> two", "x.png", None)]),
        ('<p>\n  <a href="a.md">x</a></p>', [('<a href="a.md">x</a></p>', "a.md", "-")]),
        ("a\r\n\r\nb [x](<c d.md>)\r\n", [("[x](<c d.md>)", "c%20d.md", "-")]),
        ("`[x](a.md)` and ``<img src=a>``", []),
        ("```\n[x](a.md)\n```\n\n    [y](b.md)\n", []),
        ("<!-- [x](a.md) <img src='b.png'> -->", []),
        (r"\[x](a.md)", []),
    ],
)  # fmt: skip
def test_links_and_images_are_found_where_they_stand(text, expected):
    assert marks(text) == expected


def test_places_are_those_of_the_whole_file():
    text = "---\nstatus: draft\n---\n\nÄ 😀 [x](a.md)\n"
    (mark,) = prose.marks(text, text.index("\n\nÄ") + 1)
    assert mark.at == (5, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The frontline is here.", [(1, 5)]),
        ("`frontline` and [frontline](frontline.md)", [(1, 18)]),
        ("![frontline](frontline.png)", [(1, 3)]),
        ("a\n\n> **front**\n\n- frontline\n", [(5, 3)]),
        ("    frontline\n\n~~~\nfrontline\n~~~", []),
        ("<div class='frontline'>\nfrontline</div>", [(2, 1)]),
        ("<https://frontline.example/> <b title='frontline'>x</b>", []),
        ("# Frontline #", [(1, 3)]),
    ],
)
def test_words_are_found_outside_of_code_addresses_and_tags(text, expected):
    found = []
    for span in prose.text_spans(text, 0):
        places = [m.start() for m in re.finditer("frontline", span.text, re.IGNORECASE)]
        found += [yaml_nodes.position(text, span.index_of(place)) for place in places]
    assert found == expected
