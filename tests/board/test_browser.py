"""The board in a real browser: fast, in two widths and colours, by keyboard, its filters in the address."""

from pathlib import Path

import pytest

from tests.board.showcase import fill, fill_many
from tests.browsing import VIEWS, browser, page_in, picture
from tests.harness import Desk

pytestmark = pytest.mark.browser

SHOWN = 'document.querySelectorAll("tr.line").values().filter((r) => r.checkVisibility()).toArray().length'


@pytest.fixture(scope="module")
def opened():
    with browser() as found:
        yield found


def board_of(desk: Desk) -> str:
    desk.ok("board")
    return (desk.root / "board.html").as_uri()


def test_filters_are_in_the_address_and_unfold_what_they_find(opened, bare: Desk):
    fill(bare, 16)
    bare.ok("pull")
    with page_in(opened) as page:
        page.goto(board_of(bare))
        assert page.evaluate(SHOWN) == 0
        page.fill("[name=text]", "why listen")
        assert (page.evaluate(SHOWN), "text=why+listen" in page.url) == (2, True)
        page.fill("[name=text]", "")
        assert page.evaluate(SHOWN) == 0
        page.select_option("[name=status]", "missing")
        missing = page.evaluate(SHOWN)
        assert 0 < missing < 16
        page.check("[name=needy]")
        both, address = page.evaluate(SHOWN), page.url
        assert "status=missing&needy=yes" in address
        page.click("text=Clear")
        page.wait_for_function("!location.hash")
        page.goto(address)
        page.reload()
        assert page.evaluate(SHOWN) == both
        assert page.locator("#told").inner_text() == f"{both} of 16 sessions"
        page.click("text=Clear")
        page.click("table.overview a >> nth=1")
        assert page.evaluate(SHOWN) == 8
        assert "open=p2" in page.url
        page.reload()
        assert page.evaluate(SHOWN) == 8
        page.click("text=Unfold all")
        assert page.evaluate(SHOWN) == 16
        page.click("text=Unfold all")
        assert page.evaluate(SHOWN) == 0
        assert page.evaluate("window.hacked") is None
        assert page.locator("b").count() == 0


def test_the_overview_sorts_by_every_heading_both_ways_and_says_so(opened, bare: Desk):
    fill(bare, 16)
    bare.sql("UPDATE programs SET name = 'Ärzte' WHERE slug = 'program-2'")
    with page_in(opened) as page:
        page.goto(board_of(bare))
        names = page.locator("table.overview tbody th")
        page.click("table.overview button >> text=Program")
        assert names.all_inner_texts() == ["Ärzte", "Handover that holds", "Leading with trust"]
        page.click("table.overview button >> text=Program")
        assert names.all_inner_texts() == ["Leading with trust", "Handover that holds", "Ärzte"]
        head = page.locator("table.overview th", has_text="Program")
        assert head.get_attribute("aria-sort") == "descending"
        page.reload()
        assert names.all_inner_texts() == ["Leading with trust", "Handover that holds", "Ärzte"]
        page.click("table.overview button >> text=Words")
        words = [
            int(t.replace(",", "")) for t in page.locator("[data-label=Words][data-sort]").all_inner_texts()
        ]
        assert words == sorted(words, reverse=True)


def test_2000_sessions_open_within_a_second_and_their_programs_name_stays_in_sight(opened, bare: Desk):
    fill_many(bare)
    bare.ok("pull")
    address = board_of(bare)
    with page_in(opened) as page:
        page.goto(address)  # the first page of a browser pays for its start
    for width, scheme in VIEWS:
        with page_in(opened, width, scheme) as page:
            page.goto(address)
            ready = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            assert ready < 1_000
            assert page.locator("table.overview tbody tr").count() == 34
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate("document.documentElement.scrollHeight") < 15_000
            wide = "document.querySelector('details[open] .scroll')"
            picture(page, f"board-{width}-{scheme}")
            took = page.locator("table.overview a >> nth=3").evaluate(
                "(link) => { const start = performance.now(); link.click();"
                " document.body.getBoundingClientRect(); return performance.now() - start; }"
            )
            assert took < 1_000
            assert page.evaluate(SHOWN) == 60
            page.mouse.move(width // 2, 400)
            page.mouse.wheel(0, 1_500)
            page.wait_for_function("scrollY > 1000")
            title = page.locator("details[open] h2")
            assert (
                page.evaluate("document.querySelector('details[open] h2').getBoundingClientRect().top") < 60
            )
            assert title.inner_text() == "Program 12 that holds"
            assert page.evaluate(f"{wide}.scrollWidth <= {wide}.clientWidth")
            picture(page, f"board-{width}-{scheme}-program")


def test_it_turns_dark_works_by_keyboard_and_prints_what_is_unfolded(opened, bare: Desk, tmp_path: Path):
    fill(bare, 16)
    with page_in(opened, 390) as page:
        page.goto(board_of(bare))
        colour = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(colour)
        page.click("#theme")
        assert page.evaluate(colour) != before
        assert page.locator("#theme").get_attribute("aria-pressed") == "true"
        page.locator("summary >> nth=0").press("Enter")
        assert page.evaluate(SHOWN) == 8
        reached = page.evaluate(
            "[...document.querySelectorAll('a[href], input, select, button, summary, [tabindex]')]"
            ".filter((e) => e.checkVisibility())"
            ".every((e) => { e.focus(); return document.activeElement === e; })"
        )
        assert reached
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.pdf().startswith(b"%PDF-")


def test_without_scripts_all_is_there_and_a_link_unfolds_its_program(opened, bare: Desk):
    fill(bare, 16)
    with page_in(opened, java_script_enabled=False) as page:
        page.goto(board_of(bare))
        assert page.locator("#tools").is_hidden()
        page.click("table.overview a >> nth=0")
        page.locator("details[open] tr.line >> nth=0").wait_for()
        assert page.locator("details[open] tr.line").count() == 8
