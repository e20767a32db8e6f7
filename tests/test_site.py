"""The site and the man pages are built from the documents and the commands, without a warning."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests import man, readme
from tests.readme import ROOT


@pytest.mark.site
def test_the_site_is_built_and_no_link_in_it_is_broken(tmp_path: Path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    pages = {page.relative_to(readme.DOCS).with_suffix(".html") for page in readme.DOCS.rglob("*.md")}
    assert pages <= {page.relative_to(tmp_path / "site") for page in (tmp_path / "site").rglob("*.html")}
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(r'(?:src|href)="(https?://[^"]*)"[^>]*>', page.read_text("utf-8"))
        assert not [url for url in loaded if url.endswith((".js", ".css", ".woff2"))], page


@pytest.mark.parametrize("name", list(readme.commands()))
def test_a_man_page_has_each_option_of_its_command(name: str):
    text = man.page(name)
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"):
        assert f"\n.SH {heading}\n" in text
    for option in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", readme.help_of(name), re.MULTILINE):
        assert option.replace("-", "\\-") in text, option
    assert ("\n.nf\nExamples:\n" in text) == ("  Examples:\n" in readme.help_of(name))
    requests = {line.split()[0] for line in text.splitlines() if line.startswith((".", "'"))}
    assert requests <= {".TH", ".SH", ".TP", ".PP", ".B", ".BR", ".nf", ".fi"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_groff_sets_every_page_without_a_warning(tmp_path: Path):
    for file, text in man.pages().items():
        (tmp_path / file).write_text(text, "utf-8")
    pages = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", *pages], capture_output=True, text=True, check=True
    )
    assert not done.stderr


def test_every_command_has_a_page_and_groups_name_theirs():
    pages = man.pages()
    assert pages.keys() == {f"{name.replace(' ', '-')}.1" for name in readme.commands()}
    assert ".B studio db grant" in pages["studio-db.1"]
    assert isinstance(man.studio, click.Group)
