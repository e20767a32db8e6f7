"""Front matter that some tool has mangled: it is an error, and never becomes a part of the text."""

import time

import pytest

from studio_sync.files.markdown.stray import stray_front
from studio_sync.kinds import KINDS
from tests.harness import S1, Desk, P, unchanged

OWN = ("status", "sources")
LINES = "status: draft\nsources:\n  - title: A\n"

FENCES = (
    "***", "___", "+++", "—", "———", "<hr>", "<hr/>", "```yaml", "```", "~~~", "---yaml", "--- yaml", "===",
    "* * *", "- - -", "-----", "\u2013\u2013\u2013", "\\---", "&mdash;", ";;;", "\u200b---", "\u00a0---",
    "# ---", "> ---", "….",
)  # fmt: skip
MANGLED = {
    **{fence: f"{fence}\n{LINES}{fence}\n\nText.\n" for fence in FENCES},
    "a comment of HTML before it": f"<!-- made by x -->\n---\n{LINES}---\n\nText.\n",
    "a comment of YAML before it": f"# made by x\n---\n{LINES}---\n\nText.\n",
    "nothing but the keys": f"{LINES}\nText.\n",
    "only the second fence": f"{LINES}---\n\nText.\n",
    "all in a line": "--- status: draft sources: [] ---\n\nText.\n",
    "the fence in the line of the key": "---status: draft\nsources: []\n---\nText.\n",
    "joined with the text": "status: draft sources: [] --- Text.\n",
    "another key first": f"***\ntitle: X\n{LINES}***\n\nText.\n",
    "another key first, and no fence": f"title: X\n{LINES}\nText.\n",
    "as a page shows it": "<hr><p>status: draft</p>\n",
    "in bold": "**status:** draft\n**sources:** none\n",
    "as a list": "- status: draft\n- sources: none\n",
    "as a quotation": "> status: draft\n> sources: none\n",
    "TOML": '+++\nstatus = "draft"\n+++\n\nText.\n',
    "JSON": '{\n  "status": "draft",\n  "sources": []\n}\n\nText.\n',
    "JSON between semicolons": ';;;\n{"status": "draft"}\n;;;\n',
    "with blank lines": f"\n\n***\n\n{LINES}\n***\n",
    "CRLF": f"***\n{LINES}***\n".replace("\n", "\r\n"),
    "CR": f"***\n{LINES}***\n".replace("\n", "\r"),
}


@pytest.mark.parametrize("form", MANGLED)
def test_lines_of_a_records_own_keys_at_the_start_of_its_text_are_a_fault(form: str):
    found = stray_front(MANGLED[form], 0, OWN, below=False)
    assert found
    assert found.code == "front-matter-fence"
    assert found.hint


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{LINES}---\n\nText.\n",
        f"{LINES}---\n\nText.\n",
        "\n***\nstatus: draft\n***\n",
        f"---\n\n---\n{LINES}---\n",
    ],
    ids=["written twice", "closed too early", "another fence", "an empty pair before it"],
)
def test_so_are_such_lines_below_front_matter(text: str):
    assert stray_front(text, 0, OWN, below=True)


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "Text.\n", "Text.\nstatus: draft\n", "Sources: see below.\n", "Status: draft\n",
        "# A title\n\nstatus: draft\n", "***\n\nText after a rule.\n", "---\n\nText after a rule.\n",
        "**status** is a word.\n", "**status:** a word that is explained.\n",
        "- status: the first of a list\n",
        "- title: a\n- title: b\n", "https://example.org/status: x\n", "status:draft\n",
        "Note: x\n\nstatus quo\n", "| status | sources |\n|---|---|\n", "The status: draft.\n",
        "status, sources: both\n", "> Quoted: status\n", "![status: draft](x.png)\n",
        "[status: draft](x.md)\n",
        "---\ntitle: of another kind\n---\n\nText.\n", "<!-- status: draft -->\n\nText.\n",
        "`status: draft` is a line of YAML.\n", "Status\n======\n", "1. status: draft\n",
        "status\n: a definition\n", "»status: draft«\n", "x" * 100_000 + "\nstatus: draft\n",
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_prose_is_none(text: str, below: bool):
    assert stray_front(text, 0, OWN, below=below) is None


@pytest.mark.parametrize(
    "text",
    ["# " + " " * 100_000 + "\nx", "#" * 100_000, " " * 100_000 + "x", "\n" * 100_000 + "x", "<!--" * 50_000,
     "<a" * 50_000 + ":", "yaml " * 50_000 + ":", "status" * 50_000],
    ids=lambda text: ascii(text[:4]),
)  # fmt: skip
def test_no_text_takes_long(text: str):
    begun = time.perf_counter()
    for below in (True, False):
        assert stray_front(text, 0, OWN, below=below) is None
    assert time.perf_counter() - begun < 1


def test_a_lesson_may_begin_with_a_sample_of_code():
    assert stray_front(f"```yaml\n{LINES}```\n", 0, OWN, below=True) is None


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if kind.markdown])
def test_every_kind_knows_its_own_keys(kind: str, bare: Desk):
    from studio_sync.core.values.kind import FieldPlace

    names = [field.name for field in KINDS[kind].fields if field.place is FieldPlace.FRONT]
    places = {
        "client": "acme/client.md", "program": f"{P}/program.md", "chapter": f"{P}/01-x/chapter.md",
        "session": f"{S1}/session.md", "program_knowledge": f"{P}/knowledge/brief.md",
        "article": f"{S1}/article.md", "video": f"{S1}/video.md", "exercise": f"{S1}/exercise.md",
    }  # fmt: skip
    for name in {names[0], names[-1]}:
        bare.write(places[kind], f"***\n{name}: x\n***\n\nText.\n")
        found = bare.json("validate", f"content/{places[kind]}")["problems"]
        assert [p["code"] for p in found if p["path"].endswith(places[kind])] == ["front-matter-fence"], name


@pytest.mark.parametrize("form", ["***", "—", "a comment of HTML before it", "nothing but the keys"])
def test_a_push_refuses_it_and_the_row_keeps_what_the_keys_said(synced: Desk, form: str):
    synced.write(f"{S1}/article.md", MANGLED[form])
    with unchanged(synced):
        for command in (["push"], ["push", "-n"], ["push", "--partial"], ["validate"]):
            found = synced.refused(*command)
            assert f"content/{S1}/article.md:" in found.text
            assert "front-matter-fence" in found.text
    assert synced.standings() == {}


def test_what_is_written_twice_is_refused_and_its_way_out_works(synced: Desk):
    old = synced.read(f"{S1}/article.md")
    front = old[: old.index("---\n", 4) + 4]
    synced.write(f"{S1}/article.md", f"{front}\n{old}")
    with unchanged(synced):
        found = synced.refused("push")
    assert "front-matter-fence" in found.err
    assert "or delete them" in found.err
    synced.write(f"{S1}/article.md", old)
    synced.ok("push")
    synced.write(f"{S1}/article.md", f"{front}\nThese are the keys of a lesson:\n\n{old}")
    synced.ok("push")


def test_a_row_whose_text_begins_so_comes_and_stays_and_holds_up_nothing_else(synced: Desk):
    synced.sql("UPDATE articles SET content = 'status: quo' || chr(10) || 'It stays.'")
    synced.ok("pull")
    assert "status: quo" in synced.read(f"{S1}/article.md")
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they listen")
    synced.ok("push")
