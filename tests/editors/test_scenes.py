"""The extension in VS Code itself, as code-server has it, in a real browser: what a writer sees and does."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio_sync.editors.vsix import vsix
from tests.browsing import browser, picture
from tests.harness import S1, Desk
from tests.readme import DOCS

pytestmark = pytest.mark.browser

SERVER = os.environ.get("STUDIO_TEST_CODE_SERVER", "")
SETTINGS = {
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "files.autoSave": "off",
    "breadcrumbs.enabled": False,
}
PATIENCE = 60
BADGES = """() => [...document.querySelectorAll(".explorer-folders-view .monaco-icon-label")]
  .map((label) => getComputedStyle(label, "::after").content).join(" ")"""
"""The signs behind the names in the Explorer."""


def until(ready: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.2)


class Window:
    """A window of the editor, and what a person does in it."""

    def __init__(self, page, address: str, desk: Desk) -> None:
        self.page, self.desk = page, desk
        page.goto(f"{address}/?folder={desk.root}")
        page.wait_for_selector(".monaco-workbench", timeout=PATIENCE * 1000)

    def says(self, words: str) -> None:
        """Wait for words anywhere in the window."""
        until(lambda: re.search(words, self.page.locator("body").inner_text()), words)

    def command(self, name: str) -> None:
        self.page.keyboard.press("F1")
        self.page.locator(".quick-input-widget input").fill(f">{name}")
        self.page.locator(".quick-input-list .monaco-list-row", has_text=name).first.click()

    def open(self, path: str) -> None:
        self.page.keyboard.press("Control+p")
        self.page.locator(".quick-input-widget input").fill(path)
        self.page.locator(".quick-input-list .monaco-list-row", has_text=Path(path).name).first.click()
        self.page.wait_for_selector(f".tab.active:has-text('{Path(path).name}')")

    def press(self, button: str) -> None:
        self.page.locator("a.monaco-button", has_text=re.compile(f"^{button}$")).first.click()


@pytest.fixture
def window(synced: Desk, tmp_path: Path) -> Iterator[Window]:
    entry = Path(SERVER) / "node_modules/code-server/out/node/entry.js"
    if not SERVER or not entry.is_file():
        pytest.skip("NO CODE-SERVER: run tests/editors/code-server.sh and name its folder")
    user, extensions, packed = tmp_path / "user", tmp_path / "extensions", tmp_path / "studio.vsix"
    for folder, settings in (("User", SETTINGS), ("Machine", {})):
        (user / folder).mkdir(parents=True)
        (user / folder / "settings.json").write_text(json.dumps(settings))
    packed.write_bytes(vsix([sys.executable, "-P", "-m", "studio_sync"]))
    start = ["node", str(entry), "--user-data-dir", str(user), "--extensions-dir", str(extensions)]
    given = synced.environment(HOME=str(tmp_path))
    subprocess.run([*start, "--install-extension", str(packed)], env=given, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--auth", "none", "--bind-addr", place, "--disable-telemetry", "--disable-update-check"]
    server = subprocess.Popen(
        [*start, *options], env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert any("listening" in line for line in iter(server.stdout.readline, ""))
        with browser() as opened:
            page = opened.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.set_default_timeout(PATIENCE * 1000)
            yield Window(page, f"http://{place}", synced)
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()


def test_a_day_of_a_writer(window: Window):
    window.says("in step")
    mistakes_are_shown_and_mended(window)
    changes_go_up_and_come_down(window)
    conflicts_are_merged_and_resolved(window)
    shown = re.findall(r"pictures/([\w-]+)\.png", (DOCS / "how-to/vscode.md").read_text("utf-8"))
    assert shown == ["docs-vscode-fix", "docs-vscode-merge"]


def mistakes_are_shown_and_mended(window: Window) -> None:
    page, desk = window.page, window.desk

    # A mistake is shown at its place while it is typed, and the page beside follows.
    window.open(f"{S1}/article.md")
    window.command("studio: Preview Beside")
    frame = page.frame_locator("iframe.webview").frame_locator("iframe#active-frame")
    frame.get_by_text("One two three.").wait_for()
    picture(page, "vscode-preview")
    page.locator(".monaco-editor .view-line").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n\n[x](nothing.md) and more\n")
    frame.get_by_text("and more").wait_for()
    page.wait_for_selector(".squiggly-error, .squiggly-warning")
    picture(page, "vscode-mistake")

    # A key that is mistyped is mended by a quick fix.
    desk.edit(f"{S1}/session.md", "title:", "titel:")
    window.open(f"{S1}/session.md")
    page.wait_for_selector(".squiggly-error")
    page.keyboard.press("Control+Home")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+.")
    page.locator(".action-widget", has_text="Write title").wait_for()
    picture(page, "docs-vscode-fix")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    until(lambda: "\ntitle: Why leaders listen" in desk.read(f"{S1}/session.md"), "the mended key")
    window.open(f"{S1}/article.md")


def changes_go_up_and_come_down(window: Window) -> None:
    page, desk = window.page, window.desk
    # Mended and saved, it is to push, in the bar and in the Explorer; a push shows its plan and asks.
    for _ in range(8):
        page.keyboard.press("Control+z")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n\nSix seven.\n")
    page.keyboard.press("Control+s")
    window.says("1 to push")
    until(lambda: page.evaluate(BADGES).count("↑"), "the badge")
    window.command("studio: Push...")
    page.locator(".monaco-dialog-box", has_text="Push 1 change").wait_for()
    picture(page, "vscode-push")
    page.locator(".monaco-dialog-box a.monaco-button", has_text="Push").first.click()
    window.says("in step")
    assert "Six seven." in desk.one("SELECT content FROM articles WHERE content LIKE 'One%%'")

    # What others changed is pulled.
    desk.sql("UPDATE articles SET content = replace(content, 'One', 'Zero one') WHERE content LIKE 'One%%'")
    window.command("studio: Compare Again")
    window.says("1 to pull")
    window.command("studio: Pull")
    until(lambda: "Zero one" in desk.read(f"{S1}/article.md"), "the pulled words")
    window.says("in step")


def conflicts_are_merged_and_resolved(window: Window) -> None:
    page, desk = window.page, window.desk
    article = desk.content / S1 / "article.md"
    # What both changed is a conflict, in a group of its own.
    desk.edit(f"{S1}/article.md", "Zero one", "Mine one")
    desk.sql("UPDATE articles SET content = replace(content, 'Zero', 'Theirs') WHERE content LIKE 'Zero%%'")
    window.command("studio: Compare Again")
    window.says("1 conflict")
    page.keyboard.press("Control+Shift+g")
    page.locator(".scm-view", has_text="Conflicts").wait_for()
    picture(page, "vscode-conflict")

    # It is merged in VS Code's own editor for that, and resolved as it was shown.
    window.command("studio: Merge in the Editor")
    page.wait_for_selector(".merge-editor")
    window.says("Theirs")
    picture(page, "docs-vscode-merge")
    window.command("Merge Editor: Accept All Incoming Changes from Left")
    page.keyboard.press("Control+s")
    window.press("Resolve")
    until(lambda: "Theirs one" in article.read_text("utf-8"), "the merged words")
    window.says("in step")

    # Or one side is kept whole.
    desk.edit(f"{S1}/article.md", "Theirs one", "Mine one")
    desk.sql(
        "UPDATE articles SET content = replace(content, 'Theirs', 'Others') WHERE content LIKE 'Their%%'"
    )
    window.command("studio: Compare Again")
    window.says("1 conflict")
    window.command("studio: Resolve the Conflict...")
    window.press("Keep the Database")
    until(lambda: "Others one" in article.read_text("utf-8"), "the database's words")
    window.says("in step")
