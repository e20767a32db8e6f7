"""`studio board`: what the page says, to everybody, and that no title gets out of its place."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from studio_sync.render.theme import theme_css
from tests.board.showcase import LONG, TITLES, fill
from tests.harness import S1, S2, Desk

VOID = {"meta", "input", "path", "circle", "link", "br"}


class Page(HTMLParser):
    """A page as a tree of text: its elements with their attributes and what is written in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[str]] = []
        self.styles = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.styles += data if self.open[-1] == "style" else ""
        elif "td" in self.open or "th" in self.open:
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + " " + data).split())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def row(self, start):
        (found,) = [cells for cells in self.rows if cells[0].startswith(start)]
        return found


def page(desk: Desk, *paths: str) -> Page:
    return Page(desk.ok("board", "-o", "-", *paths).out)


def test_a_session_is_a_line_with_its_contents_words_minutes_and_what_is_missing(synced: Desk):
    found = page(synced)
    head = found.rows[0]
    assert head == [
        "Session", "Status", "Article", "Video", "Quiz", "Exercise", "Words", "Minutes", "What is missing",
        "Changed last",
    ]  # fmt: skip
    first, second = found.row("1.1"), found.row("1.2")
    assert first[:8] == [
        "1.1 Why leaders listen", "draft", "draft 5 words", "draft 3 words", "draft", "draft", "8", "20",
    ]  # fmt: skip
    assert first[8] == ""
    assert second[2:6] == ["draft 1 word", "missing", "missing", "missing"]
    assert second[8] == (
        "for content_created: video.md (there is none), quiz.yaml (there is none),"
        " exercise.md (there is none)"
    )


def test_who_pushed_is_named_until_somebody_changes_the_row_elsewhere(desk: Desk):
    desk.ok("push", STUDIO_ACTOR="Ada <ada@example.org>")
    assert page(desk).row("1.2")[9].startswith("Ada 20")
    desk.sql("UPDATE sessions SET hook = 'x', updated_at = now() + '1 hour' WHERE number = '1.2'")
    assert page(desk).row("1.2")[9].startswith("not by studio after 20")
    assert page(desk).row("1.1")[9].startswith("Ada 20")


def test_what_changed_after_its_approval_is_shown_there(synced: Desk):
    for status in ("review", "approved"):
        synced.edit(f"{S2}/article.md", synced.read(f"{S2}/article.md").split("\n")[1], f"status: {status}")
        synced.ok("push")
    assert page(synced).row("1.2")[2] == "approved 1 word"
    synced.sql("UPDATE articles SET content = 'Ask more.' WHERE content LIKE 'Ask%%'")
    assert "approved, changed since file: to pull: content" in page(synced).row("1.2")[2]


def test_the_rows_are_shown_and_the_files_are_told(synced: Desk):
    synced.edit(f"{S1}/session.md", "Why leaders listen", "Why they do")
    result = synced.ok("board", "-o", "-")
    assert Page(result.out).row("1.1")[0] == "1.1 Why leaders listen"
    assert "file: to push: title" in Page(result.out).row("1.1")[8]
    assert "Files: 1 to push, 13 in sync." in result.out or "Files: 1 to push" in result.out


def test_paths_narrow_the_board(synced: Desk):
    found = page(synced, f"content/{S2}")
    assert [row[0] for row in found.rows[1:]][-1].startswith("1.2 ")
    assert not [row for row in found.rows if row[0].startswith("1.1")]


def test_the_page_stands_by_itself(synced: Desk):
    text = synced.ok("board", "-o", "-").out
    found = Page(text)
    assert not re.search(r"(?i)(https?:)?//[a-z]", text.replace("// ", ""))
    assert not [a for _, a in found.elements if {"src", "style", "action"} & a.keys()]
    policy = next(a["content"] for a in found.all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for tag in ("style", "script"):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        told = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{told}'" in policy


def links(found: Page) -> set[str]:
    return {a["href"] for _, a in found.elements if "href" in a and not a["href"].startswith("#")}


def test_a_record_leads_to_its_file_from_wherever_the_page_stands(synced: Desk):
    synced.remove(f"{S1}/quiz.yaml")
    for place in (".", "pages/of mine", ".."):
        folder = (synced.root / place).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        synced.ok("board", "-o", str(folder / "board.html"))
        found = links(Page((folder / "board.html").read_text("utf-8")))
        files = {(folder / unquote(href)).resolve() for href in found}
        assert files == {
            synced.content / p for p in synced.files() if "knowledge" not in p and "client.md" not in p
        }
    assert links(page(synced)) == {
        f"content/{p}" for p in synced.files() if "knowledge" not in p and "client.md" not in p
    }


def test_all_programs_stand_in_one_table_first_each_with_numbers_to_sort_by(bare: Desk):
    fill(bare, 16)
    found = page(bare)
    assert found.rows[0] == [
        "Client", "Program", "Status", "Sessions by status", "Sessions", "Words", "Hours", "Need somebody",
        "Changed last",
    ]  # fmt: skip
    assert [row[:3] for row in found.rows[1:4]] == [
        ["Acme Bank", "Leading with trust", "in_progress"],
        ["Corvia <Health>", "Handover that holds", "review"],
        ["Corvia <Health>", "Nothing yet", "draft"],
    ]
    assert [row[4] for row in found.rows[1:4]] == ["8", "8", "0"]
    cells = [a for a in found.all("td") if "data-sort" in a]
    assert len(cells) == 3 * 8
    assert len(found.all("details")) == 3
    assert not [a for a in found.all("details") if "open" in a]


def test_a_program_alone_is_unfolded_and_missing_is_a_column_only_where_something_is(synced: Desk):
    found = page(synced)
    assert [a for a in found.all("details") if "open" in a]
    assert not [a for a in found.all("table") if a["class"] == "overview"]
    assert "What is missing" in found.rows[0]
    whole = page(synced, f"content/{S1}")
    assert "What is missing" not in whole.rows[0]


def test_no_title_gets_out_of_its_place(bare: Desk):
    fill(bare, 8)
    text = bare.ok("board", "-o", "-").out
    found = Page(text)
    shown = {row[0].partition(" ")[2] for row in found.rows}
    for title in TITLES:
        assert " ".join(title.replace("\u202e", r"\u202e").split()) in shown, title
    assert len(found.all("script")) == 1
    assert not found.all("b")
    assert not found.all("i")
    assert "49" not in "".join(shown)
    assert LONG.strip() in text


def test_every_table_tells_its_heads_to_a_screen_reader(synced: Desk):
    found = page(synced)
    assert len(found.all("table")) == len(found.all("caption")) == 1
    heads = [a["scope"] for a in found.all("th")]
    assert heads.count("col") == 10
    assert heads.count("rowgroup") == 2
    assert heads.count("row") == 2
    assert all("aria-hidden" in a for a in found.all("svg"))
    assert found.all("html")[0]["lang"] == "en"
    (region,) = [a for a in found.all("div") if a.get("class") == "scroll"]
    assert (region["tabindex"], region["role"]) == ("0", "region")
    assert found.all("output")[0]["aria-live"] == "polite"


def test_without_scripts_the_filters_are_not_there(synced: Desk):
    (tools,) = [a for a in page(synced).all("div") if a.get("id") == "tools"]
    assert "hidden" in tools


# --- colours


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
def test_every_text_has_contrast_enough(side: int):
    import studio_sync.render.board

    style = theme_css() + (Path(studio_sync.render.board.__file__).parent / "board.css").read_text("utf-8")
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: both[side] for name, *both in pairs}
    for text in ("text", "soft", "link"):
        for ground in ("page", "card"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for level in ("start", "on", "lock", "done", "warn", "bad"):
        assert _contrast(colours[level], colours[f"{level}-bg"]) >= 4.5, level
    for ground in ("page", "card"):
        assert _contrast(colours["bad"], colours[ground]) >= 4.5


# --- the file


def test_the_file_is_board_html_where_one_is_and_its_path_is_printed(synced: Desk):
    result = synced.ok("board")
    assert result.out == f"{synced.root / 'board.html'}\n"
    assert (synced.root / "board.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    synced.ok("board")


def test_a_file_that_is_no_board_is_never_written_over(synced: Desk):
    (synced.root / "board.html").write_text("mine")
    result = synced.run("board")
    assert result.code == 1
    assert "is not a board" in result.err
    assert (synced.root / "board.html").read_text() == "mine"


def test_an_empty_database_is_said_to_be_empty(bare: Desk):
    assert "There is nothing to show" in bare.ok("board", "-o", "-").out
