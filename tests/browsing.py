"""A real browser: Debian's chromium, or whichever one is installed, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BROWSER = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)

VIEWS = [(w, scheme) for w in (1280, 390) for scheme in ("light", "dark")]
"""The widths of a screen and the colours that pages are looked at with."""

PICTURES = os.environ.get("STUDIO_TEST_PICTURES", "")
"""The folder that pictures are put into, where somebody wants to look at them."""


@contextmanager
def browser() -> Iterator["Browser"]:  # noqa: F821 - playwright's
    """A browser; the test is skipped where none is."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("NO BROWSER: install chromium")
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=flags)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page_in(opened, width: int = 1280, scheme: str = "light", **options) -> Iterator["Page"]:  # noqa: F821
    """A page of its own. Whatever it complains of, or fetches from elsewhere, is an error at the end."""
    context = opened.new_context(
        viewport={"width": width, "height": 900 if width > 500 else 844}, color_scheme=scheme, **options
    )
    context.set_default_timeout(15_000)
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    try:
        yield page
        assert said == []
    finally:
        context.close()


def picture(page, name: str) -> None:
    """Keep a picture of what is seen, where somebody wants to look at it."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
