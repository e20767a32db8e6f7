"""The board in a real browser, where one is installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.board.showcase import fill
from tests.harness import Desk

BROWSER = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install chromium to test the board in it"
)

FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
    "--enable-logging=stderr",
)  # fmt: skip

PROBE = """
const $ = (s) => [...document.querySelectorAll(s)];
const shown = () => $("tr.line").filter((r) => r.checkVisibility()).length;
const set = (name, value) => {
  const field = document.querySelector(`[name=${name}]`);
  if (field.type === "checkbox") field.checked = value; else field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const told = {};
told.all = shown();
told.tools = document.getElementById("tools").checkVisibility();
set("text", "why listen"); told.search = shown(); set("text", "");
set("status", "missing"); told.missing = shown(); set("status", "");
set("client", "corvia"); told.client = shown(); set("client", "");
set("needy", true); told.needy = shown(); set("needy", false);
told.again = shown();
told.said = document.getElementById("told").value;
const before = getComputedStyle(document.body).backgroundColor;
document.getElementById("theme").click();
told.turned = getComputedStyle(document.body).backgroundColor !== before;
told.seen = getComputedStyle(document.getElementById("theme")).backgroundColor
  !== getComputedStyle(document.getElementById("print")).backgroundColor;
told.pressed = document.getElementById("theme").getAttribute("aria-pressed");
told.wide = document.documentElement.scrollWidth > innerWidth;
const reach = $("a[href], input, select, button, [tabindex]").filter((e) => e.tabIndex >= 0);
told.keyboard = reach.length >= 9 && reach.every((e) => { e.focus(); return document.activeElement === e; });
told.titles = window.hacked === undefined && $("b").length === 0;
const out = document.createElement("pre");
out.id = "probe"; out.textContent = JSON.stringify(told); document.body.append(out);
"""


def browse(page: Path, tmp_path: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    return subprocess.run(
        [str(BROWSER), *FLAGS, *root, f"--user-data-dir={tmp_path / 'profile'}", *flags, page.as_uri()],
        capture_output=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip


def test_filters_themes_and_the_keyboard_work(bare: Desk, tmp_path: Path):
    import json

    fill(bare, 16)
    bare.ok("pull")
    text = bare.ok("board", "-o", "-").out
    # The policy forbids every script but the page's own: the probe is let in by name, for this copy alone.
    text = text.replace("script-src ", "script-src 'nonce-probe' ")
    place = tmp_path / "probed.html"
    place.write_text(text.replace("</body>", f'<script nonce="probe">{PROBE}</script></body>'), "utf-8")
    ran = browse(place, tmp_path, "--dump-dom", "--window-size=420,900")
    found = re.search(r'<pre id="probe">(.*?)</pre>', ran.stdout)
    assert found, ran.stdout[-500:]
    told = json.loads(found[1].replace("&amp;", "&"))
    assert told == {
        "all": 16, "tools": True, "search": 2, "missing": told["missing"], "client": 8,
        "needy": told["needy"], "again": 16, "said": "16 sessions", "turned": True, "pressed": "true",
        "wide": False, "seen": True, "keyboard": True, "titles": True,
    }  # fmt: skip
    assert 0 < told["missing"] < 16
    assert 0 < told["needy"] < 16
    assert "Refused to" not in ran.stderr
    assert "violates" not in ran.stderr


def test_the_page_prints(bare: Desk, tmp_path: Path):
    fill(bare, 6)
    bare.ok("board")
    browse(bare.root / "board.html", tmp_path, f"--print-to-pdf={tmp_path / 'board.pdf'}")
    assert (tmp_path / "board.pdf").read_bytes().startswith(b"%PDF-")
