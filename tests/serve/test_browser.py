"""`studio serve` in a real browser: lessons, the quiz, reloading in place; nothing gets out, nobody in."""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio_sync.cli.app import App
from studio_sync.kinds import KINDS
from studio_sync.serve.http_server import HttpServer
from studio_sync.serve.site import Site
from tests.board.showcase import fill_many
from tests.browsing import VIEWS, browser, page_in, picture
from tests.harness import S1, Desk
from tests.serve.payloads import PAYLOADS

pytestmark = pytest.mark.browser

PROSE = "\n\n".join(
    f"Paragraph {n} says what there is to say, and then a little more of it." for n in range(60)
)
QUIZ = """status: draft
questions:
  - question: What is *listening*?
    options:
      - {text: Waiting, feedback: Not quite.}
      - {text: Saying it back, correct: true, feedback: That is it.}
    explanation: Only saying it back shows what arrived.
  - question: Which two?
    type: multiple_choice
    options: [{text: One, correct: true}, {text: Two, correct: true}, {text: Three}]
  - {question: In your words., type: open, answer: Anything.}
"""


@pytest.fixture(scope="module")
def opened():
    with browser() as found:
        yield found


@contextmanager
def serving(desk: Desk, *, writes: bool = False) -> Iterator[str]:
    """The address of a server over a desk."""
    app = App(directory=str(desk.root), database=desk.url, env=desk.environment())
    server = HttpServer()
    site = Site(app.workspace, KINDS, app.studio, app.source, server.root, writes=writes)
    running = threading.Thread(target=server.run, args=(site,))
    running.start()
    try:
        yield server.address
    finally:
        server.stop()
        running.join(20)


def written(desk: Desk) -> None:
    desk.write(f"{S1}/article.md", f"---\nstatus: draft\n---\n\n# An article\n\n{PROSE}\n")
    desk.write(f"{S1}/quiz.yaml", QUIZ)


def test_a_lesson_in_two_widths_and_colours_with_a_quiz_that_answers(opened, synced: Desk):
    written(synced)
    with serving(synced) as address:
        for width, scheme in VIEWS:
            with page_in(opened, width, scheme) as page:
                page.goto(f"{address}at/{S1}")
                picture(page, f"lesson-{width}-{scheme}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                first, both, own = (page.locator("form.question").nth(n) for n in range(3))
                first.get_by_text("Waiting").click()
                first.get_by_role("button").click()
                assert first.locator("output").inner_text() == "Not right."
                assert first.get_by_text("Not quite.").is_visible()
                assert first.get_by_text("That is it.").is_hidden()
                assert first.get_by_text("Only saying it back").is_visible()
                first.get_by_text("Saying it back", exact=True).click()
                first.get_by_role("button").click()
                assert first.locator("output").inner_text() == "Right."
                picture(page, f"quiz-{width}-{scheme}")
                both.get_by_text("One", exact=True).click()
                both.get_by_role("button").click()
                assert "Not quite" in both.locator("output").inner_text()
                both.get_by_text("Two", exact=True).click()
                both.get_by_role("button").press("Enter")
                assert both.locator("output").inner_text() == "Right."
                own.locator("textarea").fill("Mine")
                own.get_by_role("button").click()
                assert own.get_by_text("Anything.").is_visible()


def test_what_is_saved_shows_within_300_ms_at_the_same_place_with_the_answers_kept(opened, synced: Desk):
    written(synced)
    with serving(synced) as address, page_in(opened) as page:
        page.goto(f"{address}at/{S1}")
        page.wait_for_selector("[data-live=yes]", state="attached")
        question = page.locator("form.question").first
        question.get_by_text("Waiting").click()
        page.get_by_text("Paragraph 30 ").scroll_into_view_if_needed()
        before = page.get_by_text("Paragraph 30 ").bounding_box()["y"]
        times = []
        for n in range(4):
            text = synced.read(f"{S1}/article.md")
            page.evaluate(
                "(word) => { window.seen = new Promise((done) => new MutationObserver((_, o) => {"
                " if (document.body.textContent.includes(word)) { o.disconnect(); done(performance.timeOrigin"
                " + performance.now()); } }).observe(document.body, {childList: true, subtree: true})); }",
                f"word{n}",
            )
            start = time.time() * 1000
            synced.write(
                f"{S1}/article.md", text.replace("# An article\n", f"# An article\n\nNew word{n}.\n")
            )
            times.append(page.evaluate("window.seen") - start)
        assert sorted(times)[1] < 300, times
        assert abs(page.get_by_text("Paragraph 30 ").bounding_box()["y"] - before) < 3
        assert page.locator("form.question input").first.is_checked()
        synced.write(f"{S1}/article.md", "---\nstatus: [\n---\n\nBroken.\n")
        page.get_by_text("can't be read as it is").wait_for()


def test_the_board_is_live_and_keeps_what_was_looked_at(opened, synced: Desk):
    with serving(synced) as address, page_in(opened) as page:
        page.goto(address)
        page.fill("[name=text]", "listen")
        synced.edit(f"{S1}/session.md", "Why leaders listen", "Why they listen")
        page.get_by_text("file: to push: title").wait_for(timeout=40_000)
        assert page.input_value("[name=text]") == "listen"


def test_no_payload_acts_and_nothing_is_fetched_from_elsewhere(opened, synced: Desk):
    joined = "\n\n".join(PAYLOADS)
    synced.write(f"{S1}/article.md", f"---\nstatus: draft\n---\n\n{joined}\n")
    options = "".join(
        f"      - {{text: {p!r}, feedback: {p!r}}}\n" for p in PAYLOADS if p.isprintable() and "'" not in p
    )
    synced.write(f"{S1}/quiz.yaml", f"status: draft\nquestions:\n  - question: Q\n    options:\n{options}")
    with serving(synced, writes=True) as address, page_in(opened) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in (f"at/{S1}", f"differences/{S1}", ""):
            page.goto(address + path)
            page.wait_for_timeout(300)
            assert page.evaluate("window.hacked") is None
        assert asked
        assert all(url.startswith(address) for url in asked)
        page.goto(f"{address}at/{S1}")
        for link in page.locator(".text a").all():
            target = link.get_attribute("href") or ""
            assert target.startswith(("http:", "https:", "mailto:", "tel:", "/", "#")) or not target


def test_another_site_in_the_same_browser_gets_nothing_and_changes_nothing(opened, synced: Desk):
    before = synced.files()
    with serving(synced, writes=True) as address, page_in(opened) as page:
        page.goto(address)
        hostile = opened.new_context()
        other = hostile.new_page()
        # Even one that knows the whole address, and has the cookie of the same browser.
        hostile.add_cookies(page.context.cookies())
        origin = address[: address.index("/", 8)]
        other.route(
            "http://evil.example/*", lambda route: route.fulfill(body="<p>evil</p>", content_type="text/html")
        )
        other.goto("http://evil.example/")
        for path, method in ((f"at/{S1}", "GET"), ("advance", "POST")):
            said = other.evaluate(
                "async ([url, method]) => { try { const a = await fetch(url, {method, credentials: 'include',"
                " headers: {'content-type': 'application/x-www-form-urlencoded'}, body: method === 'POST' ?"
                f" 'path={S1}/article.md&at=x' : undefined}});"
                " return await a.text(); } catch (e) { return 'refused'; } }",
                [address + path, method],
            )
            assert said == "refused"
        other.evaluate(f"""() => {{
            document.body.innerHTML = '<iframe src="{address}"></iframe><img src="{address}static/icon.svg">'
              + '<form method="post" action="{address}advance">'
              + '<input name="path" value="{S1}/article.md"></form>';
            const script = document.createElement('script'); script.src = '{address}static/serve.js';
            document.body.append(script);
        }}""")
        other.wait_for_timeout(300)
        assert other.evaluate("document.querySelector('img').naturalWidth") == 0
        with other.expect_navigation():
            other.evaluate("document.forms[0].submit()")
        assert "another site sent this request" in other.content()
        assert origin in other.url
        hostile.close()
    assert synced.files() == before


def test_with_write_a_conflict_is_settled_and_a_status_advanced_from_the_page(opened, synced: Desk):
    synced.edit(f"{S1}/session.md", "Why leaders listen", "Mine")
    synced.sql("UPDATE sessions SET title = 'Theirs', updated_at = now() WHERE number = '1.1'")
    with serving(synced, writes=True) as address, page_in(opened) as page:
        page.goto(address)
        page.goto(f"{address}differences/{S1}")
        picture(page, "conflict")
        page.get_by_text("Keep what the database says").click()
        page.get_by_text("title is resolved").wait_for()
        assert "title: Theirs" in synced.read(f"{S1}/session.md")
        page.goto(f"{address}at/{S1}")
        page.locator("#article").get_by_role("button", name="Next status").click()
        page.get_by_text("draft → review").wait_for()
        assert "status: review" in synced.read(f"{S1}/article.md")


def test_it_works_by_keyboard_prints_and_says_its_parts_to_a_screen_reader(opened, synced: Desk):
    written(synced)
    with serving(synced) as address, page_in(opened, 390, "dark") as page:
        page.goto(f"{address}at/{S1}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        reached = page.evaluate(
            "[...document.querySelectorAll('a[href], input, button, summary, textarea')]"
            ".filter((e) => e.checkVisibility())"
            ".every((e) => { e.focus(); return document.activeElement === e; })"
        )
        assert reached
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("heading", level=1, name="Why leaders listen").count() == 1
        assert page.get_by_role("region", name="Article").count() == 1
        assert page.get_by_role("group", name="Which two?").count() == 1
        assert page.pdf().startswith(b"%PDF-")


def test_2000_sessions_overview_within_a_second_and_a_lesson_within_200_ms(opened, bare: Desk):
    fill_many(bare)
    bare.ok("pull")
    with serving(bare) as address, page_in(opened) as page:
        page.goto(address)
        page.goto(address)
        took = "performance.getEntriesByType('navigation')[0]"
        assert page.evaluate(f"{took}.loadEventEnd") < 1_000
        lesson = page.locator("details a[href*='/at/'] >> nth=40").get_attribute("href")
        times = []
        for _ in range(5):
            page.goto(address[: address.index("/", 8)] + lesson)
            times.append(page.evaluate(f"{took}.loadEventEnd"))
        assert sorted(times)[1] < 200, times


def test_the_pictures_in_the_docs_are_of_these_pages(opened, bare: Desk):
    root = Path(__file__).parents[2]
    shutil.copytree(root / "examples" / "content", bare.content, dirs_exist_ok=True)
    bare.ok("push")
    lesson = "corvia-health/handover-that-holds/01-foundations/1.1-why-handovers-fail"
    with serving(bare) as address, page_in(opened, 1000) as page:
        page.set_viewport_size({"width": 1000, "height": 640})
        page.goto(address)
        picture(page, "docs-board")
        page.goto(f"{address}at/{lesson}")
        page.locator("#article").evaluate("(e) => e.scrollIntoView({behavior: 'instant'})")
        picture(page, "docs-lesson")
        question = page.locator("form.question").first
        question.get_by_text("In about six in ten").click()
        question.get_by_role("button").click()
        page.locator("#quiz").evaluate("(e) => e.scrollIntoView({behavior: 'instant'})")
        picture(page, "docs-quiz")
    shown = re.findall(r"pictures/([\w-]+)\.png", (root / "docs" / "how-to" / "serve.md").read_text("utf-8"))
    assert shown == ["docs-lesson", "docs-quiz", "docs-board"]
