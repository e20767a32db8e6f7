"""Hooks of mkdocs: the navigation is that of docs/index.md; a link out of docs/ is plain text on the site."""

import posixpath
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Take each heading of the index as a section, and the pages that it lists."""
    _, *sections = re.split(r"^## ", Path(config.docs_dir, "index.md").read_text("utf-8"), flags=re.MULTILINE)
    config.nav = ["index.md"]
    for section in sections:
        title, _, text = section.partition("\n")
        pages = re.findall(r"^- \[([^\]]+)\]\(([^)#\s]+\.md)\)", text, re.MULTILINE)
        config.nav.append({title.strip(): [{name: page} for name, page in pages]})
    return config


def on_page_markdown(markdown: str, /, *, page: Any, config: Any, files: Any) -> str:
    """The text of a page. A link out of docs/ leads into the repository if `repo_url` says where that is."""
    folder = posixpath.dirname(page.file.src_uri)

    def settled(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, link[2]))
        if path.startswith("docs/"):
            return link[0]
        repository = (config.repo_url or "").rstrip("/")
        return f"[{link[1]}]({repository}/blob/main/{path}{link[3] or ''})" if repository else link[1]

    return _LINK.sub(settled, markdown)
