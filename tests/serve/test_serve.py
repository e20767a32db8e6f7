"""`studio serve`: what a page shows, that nothing of a text acts in it, and that nobody else gets in."""

import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

import pytest

from studio_sync.errors import UnavailableError
from studio_sync.serve.guard import COOKIE, MAX_BODY
from studio_sync.serve.pages import static
from tests.board.test_board import _contrast as contrast
from tests.harness import S1, S2, SESSION, Desk, P
from tests.serve.asking import HOST, TOKEN, Asked, Html
from tests.serve.payloads import PAYLOADS

OWN = {"host": HOST}


@pytest.fixture
def asked(synced: Desk) -> Asked:
    return Asked(synced)


@pytest.fixture
def writer(synced: Desk) -> Asked:
    return Asked(synced, writes=True)


# --- what is shown


def test_a_lesson_is_shown_with_all_its_parts_as_learners_see_them(asked: Asked):
    asked.desk.write(
        f"{S1}/article.md",
        "---\nstatus: draft\n---\n\nSee [the other](../1.2-asking/article.md), [it](https://example.org).\n\n"
        "![A ward](ward.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- not for readers -->\n",
    )
    asked.desk.write(f"{S1}/ward.png", b"\x89PNG")
    asked.desk.write(
        f"{S1}/quiz.yaml",
        "status: draft\nquestions:\n  - question: Why *listen*?\n    options:\n"
        "      - {text: Because, correct: true, feedback: Yes.}\n      - {text: No}\n    explanation: So.\n"
        "  - {question: True?, type: true_false, answer: true}\n  - {question: Say it., type: open}\n",
    )
    answer = asked.get(f"at/{S1}")
    page = Html(answer.text)
    assert answer.status == 200
    assert "Why leaders listen" in page.words
    assert "What's in it for me" in page.words
    assert "not for readers" not in page.words
    assert f"/{TOKEN}/at/{S2}#article" in [a["href"] for a in page.all("a")]
    (out,) = [a for a in page.all("a") if a["href"] == "https://example.org"]
    assert (out["rel"], out["target"]) == ("noopener noreferrer", "_blank")
    assert [a["src"] for a in page.all("img")] == [f"/{TOKEN}/file/{S1}/ward.png"]
    assert asked.get(f"file/{S1}/ward.png").header("content-type") == "image/png"
    assert [f["data-how"] for f in page.all("form") if "data-how" in f] == ["one", "one", "open"]
    assert [a.get("data-right", "") for a in page.all("input") if a.get("name") == "c"] == [
        "yes", "", "yes", "",
    ]  # fmt: skip
    assert "when said" in page.words
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("table")


def test_the_mentor_begins_with_its_first_words_and_what_learners_do_not_see_is_apart(asked: Asked):
    text = asked.desk.read(f"{S1}/exercise.md")
    asked.desk.write(
        f"{S1}/exercise.md", text.replace("ai_mentor:", "ai_mentor:\n  opening: Tell me first.", 1)
    )
    page = Html(asked.get(f"at/{S1}").text)
    assert "The mentor begins Tell me first." in page.words
    assert "Not shown to learners" in page.words


def test_what_validate_has_against_a_file_stands_at_its_paragraph(asked: Asked):
    asked.desk.write(
        f"{S1}/article.md",
        "---\nstatus: draft\nmood: calm\n---\n\nFirst.\n\nSee [x](nowhere.md).\n\nLast.\n",
    )
    asked.desk.write(f"{S1}/quiz.yaml", "status: draft\nquestions:\n  - question: A?\n  - quest: B?\n")
    words = Html(asked.get(f"at/{S1}").text).words
    place = words.index("has no target")
    assert words.index("First.") < words.index("See ") < place < words.index("Last.")
    assert "in line 8" in words
    assert words.index("mood") < words.index("First.")
    assert words.index("A?") < words.index("quest")


def test_a_file_that_can_not_be_read_is_named_with_what_is_wrong(asked: Asked):
    asked.desk.write(f"{S1}/article.md", "---\nstatus: [\n---\n\nText.\n")
    words = Html(asked.get(f"at/{S1}").text).words
    assert "can't be read as it is" in words
    assert "Error" in words


def test_a_lesson_is_shown_from_the_database_and_from_any_revision(asked: Asked):
    desk = asked.desk
    first = desk.one("SELECT id::text FROM studio_sync.runs")
    desk.edit(f"{S1}/session.md", "Why leaders listen", "Why they do")
    assert "Why they do" in asked.get(f"at/{S1}").text
    assert "Why leaders listen" in asked.get(f"at/{S1}", "from=database").text
    desk.ok("push")
    assert "Why they do" in asked.get(f"at/{S1}", "from=database").text
    assert "Why leaders listen" in asked.get(f"at/{S1}", f"from={first[:8]}").text
    desk.sql("DELETE FROM quizzes")
    there = Html(asked.get(f"at/{S1}", "from=database").text)
    assert "quiz" not in [a.get("id") for a in there.all("section")]
    assert asked.get(f"at/{S1}", "from=nonsense").status == 503
    assert first[:8] in asked.get(f"history/{S1}").text


def test_each_paragraph_and_field_says_who_wrote_it_and_when(asked: Asked):
    desk = asked.desk
    desk.edit(f"{S1}/article.md", "Four five.", "Four <b>six</b>.")
    desk.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: She knew.")
    desk.ok("push", "-m", "simpler", STUDIO_ACTOR="Eve <script>alert(1)</script>")
    desk.edit(f"{S1}/article.md", "One two three.", "One two three.\n\nNot pushed yet.")
    answer = asked.get(f"at/{S1}", "from=blame")
    page = Html(answer.text)
    assert "<script>alert" not in answer.text
    told = re.findall(r"<p data-line[^>]*>(.*?)</p>\s*<p class=\"who\">([^<]*)</p>", answer.text)
    found = {text.split(".")[0]: who for text, who in told}
    assert "push" in found["One two three"]
    assert "Eve" not in found["One two three"]
    assert found["Not pushed yet"].startswith("not pushed")
    assert "Eve" in found["Four &lt;b&gt;six&lt;/b&gt;"]
    assert "simpler" in found["Four &lt;b&gt;six&lt;/b&gt;"]
    assert re.search(r"She knew\.</span><p class=\"who\">Eve", answer.text)
    links = [a["href"] for a in page.all("a") if a["href"].endswith("from=blame")]
    assert links == [f"/{TOKEN}/at/{S1}?from=blame"]
    assert 'class="who"' not in asked.get(f"at/{S1}").text


def test_one_word_is_one_word(asked: Asked):
    asked.desk.write(f"{S1}/article.md", "---\nstatus: draft\n---\n\nHello.\n")
    assert ">1 word<" in asked.get(f"at/{S1}").text


def test_what_differs_is_shown_word_by_word_in_the_way_that_it_would_go(asked: Asked):
    asked.desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
    answer = asked.get(f"differences/{S1}")
    page = Html(answer.text)
    assert "to push" in page.words
    assert re.findall(r"<mark>(.*?)</mark>", answer.text) == ["three", "four"]
    assert asked.get(f"differences/{S2}").text.count("say the same here") == 1


def test_the_board_is_shown_leads_to_lessons_and_tells_when_it_has_changed(asked: Asked):
    answer = asked.get("")
    page = Html(answer.text)
    assert f"/{TOKEN}/at/{S1}#article" in [a["href"] for a in page.all("a")]
    policy = answer.header("content-security-policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src 'self' 'sha256-" in policy
    mark = answer.header("etag")
    asked.site._board = ("", 0.0, 0.0)
    assert asked.get("").header("etag") == mark
    asked.desk.edit(f"{S1}/session.md", "Why leaders listen", "Why they do")
    asked.site._board = ("", 0.0, 0.0)
    assert asked.get("").header("etag") != mark


def test_what_is_saved_is_told_within_300_ms(asked: Asked):
    import asyncio

    from studio_sync.serve.asgi_app import _changes

    class Open:
        async def is_disconnected(self):
            return False

    async def look():
        words = _changes(asked.site, Open(), S1)
        await anext(words)
        waiting = asyncio.ensure_future(anext(words))
        await asyncio.sleep(0.05)
        start = time.monotonic()
        asked.desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
        said = await waiting
        return said, time.monotonic() - start

    said, seconds = asyncio.run(look())
    assert said.startswith("event: change")
    assert seconds < 0.3


def test_every_record_with_a_folder_has_a_page_and_everything_else_has_none(asked: Asked):
    for folder in ("acme-bank", P, S1.rpartition("/")[0], S1):
        assert asked.get(f"at/{folder}").status == 200
    for path in ("", "x", f"{S1}/article.md", "../..", "..%2f..", f"{P}/knowledge", "acme-bank/\0", "/etc"):
        assert asked.get(f"at/{path}").status == 404, path


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
def test_every_text_has_contrast_enough(side: int):
    style = static("serve.css").decode()
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: both[side] for name, *both in pairs}
    for text in ("text", "soft", "link", "good", "warn", "bad"):
        for ground in ("page", "card"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for level in ("good", "warn", "bad"):
        assert contrast(colours[level], colours[f"{level}-bg"]) >= 4.5, level
        assert contrast(colours["text"], colours[f"{level}-bg"]) >= 4.5, level


# --- writing


def test_without_write_nothing_can_be_changed(asked: Asked):
    before = asked.desk.files()
    for path in ("advance", "resolve"):
        assert asked.post(path, f"path={S1}/article.md&at={S1}").status == 405
    assert "<button>Next status" not in asked.get(f"at/{S1}").text
    assert asked.desk.files() == before


def _next_status(writer: Asked, path: str) -> str:
    """What the button of one part sends, as the lesson's page has it at this moment."""
    form = next(f for f in re.findall(r"<form.*?</form>", writer.get(f"at/{S1}").text) if path in f)
    return urlencode(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def test_a_status_is_advanced_under_the_guards_of_advance(writer: Asked):
    answer = writer.post("advance", _next_status(writer, f"{S1}/article.md"))
    assert "draft → review" in Html(answer.text).words
    assert "status: review" in writer.desk.read(f"{S1}/article.md")
    again = writer.post("advance", _next_status(writer, f"{S1}/article.md"))
    assert "no push of its step to review is known here" in Html(again.text).words
    assert "status: review" in writer.desk.read(f"{S1}/article.md")


def test_it_wants_a_step_for_words_that_the_page_never_showed(writer: Asked):
    article = f"{S1}/article.md"
    shown = _next_status(writer, article)
    writer.desk.edit(article, "One two three.", "Words that nobody has read.")
    before = writer.desk.read(article)
    for form in (shown, urlencode({"path": article, "at": S1})):
        answer = writer.post("advance", form)
        assert "has changed since it was shown" in Html(answer.text).words
        assert writer.desk.read(article) == before
    writer.post("advance", _next_status(writer, article))
    assert "status: review" in writer.desk.read(article)


def test_a_second_click_wants_a_second_step(writer: Asked):
    shown = _next_status(writer, f"{S1}/article.md")
    writer.post("advance", shown)
    writer.desk.ok("push")
    assert "has changed since it was shown" in Html(writer.post("advance", shown).text).words
    assert "status: review" in writer.desk.read(f"{S1}/article.md")


@pytest.mark.parametrize(
    ("keep", "title", "standing"),
    [("files", "Mine", {f"{S1}/session.md": {"title": "ahead"}}), ("database", "Theirs", {})],
)
def test_a_conflict_is_settled_only_once_it_was_shown_whole(
    writer: Asked, keep: str, title: str, standing: dict
):
    desk = writer.desk
    desk.edit(f"{S1}/session.md", "Why leaders listen", "Mine")
    desk.sql("UPDATE sessions SET title = 'Theirs', updated_at = now() WHERE number = '1.1'")
    form = f"path={quote(S1)}/session.md&at={quote(S1)}&field=title&keep={keep}"
    refused = Html(writer.post("resolve", form).text)
    assert "not shown whole" in refused.words
    page = Html(writer.get(f"differences/{S1}").text)
    for word in ("Conflict: title", "Why leaders listen", "Mine", "Theirs", "not by studio"):
        assert word in page.words
    assert "is resolved" in Html(writer.post("resolve", form).text).words
    assert f"title: {title}" in desk.read(f"{S1}/session.md")
    assert desk.standings() == standing


def test_the_parts_of_one_text_are_decided_together_or_both_go_into_the_file(writer: Asked):
    desk = writer.desk
    lines = [f"Line {n}." for n in range(20)]
    text = "\n\n".join(lines)
    desk.write(f"{S1}/article.md", f"---\nstatus: draft\n---\n\n{text}\n")
    desk.ok("push")
    for line in ("Line 2.", "Line 17."):
        desk.edit(f"{S1}/article.md", line, f"Mine: {line}")
        desk.sql("UPDATE articles SET content = replace(content, %s, %s)", line, f"Theirs: {line}")
    page = Html(writer.get(f"differences/{S1}").text)
    assert "1 of 2" in page.words
    assert len([f for f in page.all("form") if f.get("action", "").endswith("/resolve")]) == 1
    assert [b["value"] for b in page.all("button") if b.get("name") == "keep"] == [
        "files",
        "database",
        "both",
    ]
    form = f"path={quote(S1)}/article.md&at={quote(S1)}&field=content&keep="
    assert "keep what?" in Html(writer.post("resolve", f"{form}x").text).words
    assert "between marks" in Html(writer.post("resolve", f"{form}both").text).words
    assert desk.read(f"{S1}/article.md").count("<<<<<<<") == 2
    assert (
        "no conflict here"
        in Html(writer.post("resolve", f"path={S2}/session.md&at={S2}&keep=files").text).words
    )


def test_a_record_that_one_side_deleted_is_decided_as_a_whole(writer: Asked):
    desk = writer.desk
    desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
    desk.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    page = Html(writer.get(f"differences/{S1}").text)
    assert "Conflict: all of this record" in page.words
    form = f"path={quote(S1)}/article.md&at={quote(S1)}&field=&keep=files"
    assert "is resolved" in Html(writer.post("resolve", form).text).words
    desk.ok("push")
    assert "four" in desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)


# --- nothing of a text acts

ALLOWED = {
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "div", "span", "button",
    "main", "h1", "h2", "h3", "h4", "h5", "h6", "form", "label", "input", "p", "section", "dl", "dt", "dd",
    "ul", "ol", "li", "pre", "code", "b", "em", "strong", "s", "blockquote", "hr", "br", "table", "thead",
    "tbody", "tr", "th", "td", "img", "figure", "figcaption", "fieldset", "legend", "textarea", "output",
    "details", "summary", "bdi", "mark",
}  # fmt: skip


def filled(desk: Desk, payload: str) -> None:
    """A lesson that says a payload in every place."""
    said = json.dumps(payload)
    desk.write(
        f"{S1}/session.md",
        re.sub(
            r"(title|hook|wiifm): .*", rf"\1: {said}".replace("\\", "\\\\"), desk.read(f"{S1}/session.md")
        ),
    )
    desk.write(
        f"{S1}/article.md", f"---\nstatus: {said}\nsources: [{said}]\n---\n\n{payload}\n\n- {payload}\n"
    )
    desk.write(
        f"{S1}/quiz.yaml",
        f"status: draft\nquestions:\n  - question: {said}\n    type: {said}\n    answer: {said}\n"
        f"    options: [{{text: {said}, feedback: {said}, correct: true}}]\n    explanation: {said}\n",
    )
    desk.write(
        f"{S1}/exercise.md",
        f"---\nstatus: draft\nexercise_type: {said}\ntitle: {said}\nscenario: {{{said}: {said}}}\n"
        f"ai_mentor: {{opening: {said}, instructions: [{said}]}}\n---\n\n{payload}\n",
    )


def test_no_payload_acts_in_any_place(asked: Asked):
    assert len(PAYLOADS) >= 60
    for payload in PAYLOADS:
        filled(asked.desk, payload.replace("\0", ""))
        for path in (f"at/{S1}", f"differences/{S1}"):
            answer = asked.get(path)
            assert answer.status == 200, (payload, answer.text[-500:])
            page = Html(answer.text)
            assert {tag for tag, _ in page.elements} <= ALLOWED, payload
            assert [a["src"] for a in page.all("script")] == [f"/{TOKEN}/static/serve.js"], payload
            for tag, attrs in page.elements:
                assert not [name for name in attrs if name.startswith("on") or name == "style"], (
                    payload,
                    tag,
                )
                for name in ("href", "src", "action", "formaction", "srcset", "data"):
                    target = attrs.get(name, "")
                    own = target.startswith((f"/{TOKEN}/", "#"))
                    away = tag == "a" and re.match(r"(https?|mailto|tel):", target)
                    assert not target or own or away, (payload, tag, target)
            assert not re.search("[\x00-\x08\x1b\u202e\u200b]", answer.text), payload


@pytest.mark.skipif(os.name == "nt", reason="links need rights there that few have")
def test_a_picture_that_is_opened_by_itself_runs_nothing_and_only_pictures_are_served(asked: Asked):
    asked.desk.write(f"{S1}/x.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    asked.desk.write(f"{S1}/x.html", "<script>1</script>")
    asked.desk.write(f"{S1}/.hidden.png", b"x")
    svg = asked.get(f"file/{S1}/x.svg")
    assert (svg.status, svg.header("content-type")) == (200, "image/svg+xml")
    assert svg.header("content-security-policy") == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert svg.header("x-content-type-options") == "nosniff"
    outside = asked.desk.root / "secret.png"
    outside.write_bytes(b"secret")
    (asked.desk.content / S1 / "link.png").symlink_to(outside)
    (asked.desk.content / S1 / "away").symlink_to(asked.desk.root)
    for path in (
        "x.html",
        "article.md",
        ".hidden.png",
        "link.png",
        "away/secret.png",
        "../../../../secret.png",
    ):
        assert asked.get(f"file/{S1}/{path}").status == 404, path
    assert asked.get("static/../../server.py").status == 404
    assert asked.get("static/__init__.py").status == 404


# --- nobody else gets in

NAMES = (
    "evil.example", "127.0.0.1", "127.0.0.1:80", "localhost", "127.0.0.1:8123.evil.example", "[::1]:8123",
    "0.0.0.0:8123", "127.0.0.2:8123", "evil.example:8123", "", "127.0.0.1:8123 ", "LOCALHOST:8123",
)  # fmt: skip
SITES = (
    "http://evil.example", "null", "https://127.0.0.1:8123", "http://127.0.0.1:9999", "http://localhost:8123",
    "http://127.0.0.1", f"http://{HOST}.evil.example", f"http://evil.example#{HOST}", "file://", "",
)  # fmt: skip
TOKENS = ("", "x", "T0KEN", "t0ke", "t0ken2", "t0ken%00", "..", ".", "/t0ken", "t0ken\\", "\uff540ken")
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get")


def attacks(asked: Asked):
    """Every request that must not get in, with what it tries."""
    good = f"/{TOKEN}/at/{S1}"
    for name in NAMES:
        yield "host", "GET", good, [("host", name)]
    yield "host", "GET", good, []
    yield "host", "GET", good, [("host", HOST), ("host", "evil.example")]
    for site in SITES:
        yield "origin", "GET", good, [("host", HOST), ("origin", site)]
    for site in ("cross-site", "same-site", "nonsense"):
        yield "site", "GET", good, [("host", HOST), ("sec-fetch-site", site)]
    for token in TOKENS:
        yield "token", "GET", f"/{token}/at/{S1}", [("host", HOST)]
    for path in ("/", "", "/at/x", "/favicon.ico", "/static/serve.js", f"//{TOKEN}/", f"/x/../{TOKEN}/"):
        yield "token", "GET", path, [("host", HOST)]
    for method in METHODS:
        yield "method", method, good, [("host", HOST), ("origin", f"http://{HOST}")]
    cookie = asked.guard.cookie
    own = [("host", HOST), ("origin", f"http://{HOST}")]
    post = f"/{TOKEN}/advance"
    yield "post", "POST", post, [("host", HOST), ("cookie", f"{COOKIE}={cookie}")]
    yield "post", "POST", post, own
    for wrong in (
        f"{COOKIE}=",
        f"{COOKIE}={cookie}x",
        f"x={cookie}",
        f"{COOKIE}=a; {COOKIE}={cookie}",
        cookie,
    ):
        yield "post", "POST", post, [*own, ("cookie", wrong)]
    for site in SITES:
        yield "post", "POST", post, [("host", HOST), ("origin", site), ("cookie", f"{COOKIE}={cookie}")]


def test_every_request_that_is_not_its_own_is_refused_and_told_nothing(writer: Asked):
    before = writer.desk.files()
    tried: dict[str, int] = {}
    for what, method, path, headers in attacks(writer):
        answer = writer.ask(method, path, "", f"path={S1}/article.md&at={S1}".encode(), headers)
        assert answer.status in (403, 404, 405, 421), (what, method, path, headers)
        assert "Why leaders listen" not in answer.text
        assert TOKEN not in answer.text
        assert not answer.header("set-cookie")
        tried[what] = tried.get(what, 0) + 1
    assert writer.desk.files() == before
    assert tried == {"host": 14, "origin": 10, "site": 3, "token": 18, "method": 8, "post": 17}


def test_what_its_own_pages_send_gets_in(asked: Asked):
    for host in (HOST, "localhost:8123"):
        for extra in (
            {},
            {"origin": f"http://{host}"},
            {"sec-fetch-site": "same-origin"},
            {"sec-fetch-site": "none"},
        ):
            assert asked.ask("GET", f"/{TOKEN}/at/{S1}", headers={"host": host, **extra}).status == 200
    assert asked.ask("HEAD", f"/{TOKEN}/at/{S1}", headers=OWN).status == 200


def test_every_answer_forbids_what_no_page_needs_and_only_the_first_brings_the_cookie(asked: Asked):
    for path in ("", f"at/{S1}", "static/serve.js", "nowhere", f"history/{S1}", f"differences/{S1}", "at/x"):
        answer = asked.get(path)
        assert answer.header("content-security-policy").startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in answer.header("content-security-policy")
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("referrer-policy") == "same-origin"
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cross-origin-opener-policy") == "same-origin"
        assert answer.header("cross-origin-resource-policy") == "same-origin"
        assert answer.header("cache-control") == "no-store"
        assert "access-control-allow-origin" not in dict(answer.headers)
        cookie = answer.header("set-cookie")
        assert bool(cookie) == (path == "")
    assert re.fullmatch(
        rf"{COOKIE}=[\w-]{{43}}; Path=/{TOKEN}/; HttpOnly; SameSite=Strict",
        asked.get("").header("set-cookie"),
    )


def test_a_body_over_the_bound_changes_nothing(writer: Asked):
    before = writer.desk.files()
    answer = writer.post("advance", f"path={S1}/article.md&at={S1}&x=" + "x" * MAX_BODY)
    assert answer.status == 413
    assert writer.desk.files() == before


# --- the server itself


def test_the_server_listens_on_loopback_alone_says_its_address_and_ends(synced: Desk):
    from studio_sync.serve.http_server import HttpServer

    server = HttpServer()
    assert re.fullmatch(rf"http://127\.0\.0\.1:{server.port}/[\w-]{{43}}/", server.address)
    asked = Asked(synced)
    asked.site.root = server.root
    running = threading.Thread(target=server.run, args=(asked.site,))
    running.start()
    try:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{server.address}at/{S1}", timeout=5) as answer:
                    text = answer.read().decode()
                break
            except ConnectionError:
                time.sleep(0.02)
        assert "Why leaders listen" in text
        assert "server" not in {name.lower() for name in answer.headers}
        assert server._socket.getsockname()[0] == "127.0.0.1"
    finally:
        server.stop()
        running.join(10)
    assert not running.is_alive()
    taken = HttpServer()
    try:
        with pytest.raises(UnavailableError, match="can't be taken"):
            HttpServer(taken.port)
    finally:
        taken.close()


def test_the_command_prints_the_address_and_ctrl_c_ends_it(synced: Desk):
    server = synced.spawn("serve", "--quiet")
    try:
        address = server.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}at/{S1}", timeout=60) as answer:
            assert "Why leaders listen" in answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address.rsplit("/", 2)[0] + "/", timeout=60)
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    assert (server.returncode, out, err) == (0, "", "")


def test_without_its_libraries_it_says_how_they_come(bare: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("studio_sync.cli.commands.serve.find_spec", lambda _: None)
    refused = bare.run("serve")
    assert refused.code == 3
    assert "studio-sync[serve]" in refused.err


def test_a_database_out_of_reach_leaves_the_files_to_be_looked_at(synced: Desk):
    synced.hang_up()
    synced.url = "postgresql://127.0.0.1:1/none"
    asked = Asked(synced)
    assert asked.get(f"at/{S1}").status == 200
    for path, query in (
        (f"at/{S1}", "from=database"),
        (f"differences/{S1}", ""),
        (f"history/{S1}", ""),
        ("", ""),
    ):
        answer = asked.get(path, query)
        assert answer.status == 503
        assert "127.0.0.1" in Html(answer.text).words


def test_two_servers_share_neither_token_nor_cookie(synced: Desk):
    from studio_sync.serve.http_server import HttpServer

    one, other = HttpServer(), HttpServer()
    assert one.token != other.token
    assert len(one.token) == 43
    assert Asked(synced).guard.cookie != Asked(synced).guard.cookie
    one.close()
    other.close()
