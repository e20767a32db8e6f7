"""Rendering Markdown to safe HTML, as learners see it.

HTML in a text is shown as text, links are limited to a few schemes, and pictures to the workspace's own. Each
block has the line of the file where it begins.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from studio_sync.core.values.escapes import safe
from studio_sync.files.markdown.density import too_dense

_SCHEMES = ("http", "https", "mailto", "tel")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")

LinkAddress = Callable[[str, bool], str]
"""Returns the server's URL for a relative link (or with True a picture); "": none."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a text: its HTML, and its lines in the file, from 1."""

    first: int
    last: int
    html: str


def blocks(text: str, begin: int, address: LinkAddress) -> list[Block]:
    """The blocks of a Markdown text that begins on the line `begin` of its file."""
    if too_dense(text):
        return [Block(begin, begin + text.count("\n"), f'<pre class="plain">{_shown(text)}</pre>')]
    parser = _parser()
    found = []
    for tokens in _chunks(parser.parse(text)):
        first, last = tokens[0].map or (0, 0)
        if len(tokens) == 3 and _COMMENT.fullmatch(tokens[1].content.strip()):  # noqa: PLR2004 - a paragraph
            continue
        for token in tokens:
            for child in token.children or ():
                _tame(child, address)
        tokens[0].attrSet("data-line", str(begin + first))
        html = parser.renderer.render(tokens, parser.options, {})
        found.append(Block(begin + first, begin + last - 1, safe(html, keep="\n\t")))
    return found


def inline(text: str) -> str:
    """A short text, such as a question, as HTML: emphasis and code, without links and pictures."""
    if too_dense(text):
        return _shown(text)
    parser = _parser()
    tokens = parser.parseInline(text)
    for token in tokens:
        for child in token.children or ():
            _tame(child, lambda _target, _picture: "")
    return safe(parser.renderer.render(tokens, parser.options, {}), keep="\n\t")


def _chunks(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each top-level block."""
    chunk: list[Token] = []
    level = 0
    for token in tokens:
        chunk.append(token)
        level += token.nesting
        if level == 0:
            yield chunk
            chunk = []


def _tame(token: Token, address: LinkAddress) -> None:
    """Restrict the targets of links, and pictures to the workspace's own."""
    if token.type == "link_open":
        target = str(token.attrGet("href") or "")
        scheme = _SCHEME.match(target)
        if scheme:
            token.attrSet("rel", "noopener noreferrer")
            token.attrSet("target", "_blank")
        elif not target.startswith("#"):
            found = address(unquote(target), False)
            if found:
                token.attrSet("href", found)
            else:
                token.attrs.pop("href", None)
                token.attrSet("class", "nowhere")
    elif token.type == "image":
        target = str(token.attrGet("src") or "")
        found = "" if _SCHEME.match(target) or target.startswith("//") else address(unquote(target), True)
        if found:
            token.attrSet("src", found)
            token.attrSet("loading", "lazy")
        else:
            where = urlsplit(target).hostname if _SCHEME.match(target) else target
            label = f"[picture: {token.content or 'without a text'}; {where or 'nowhere'}]"
            token.type, token.tag, token.children, token.attrs = "text", "", None, {}
            token.content = label


def _shown(text: str) -> str:
    return escape(safe(text, keep="\n\t"))


def _allowed(url: str) -> bool:
    """Whether a link target is allowed: relative, or one of the common schemes."""
    plain = re.sub(r"[\x00-\x20]", "", url)
    scheme = _SCHEME.match(plain)
    return not plain.startswith("//") and (scheme is None or scheme[1].lower() in _SCHEMES)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _allowed  # type: ignore[method-assign]
    renderer: Any = parser.renderer
    renderer.rules["html_block"] = renderer.rules["html_inline"] = lambda tokens, k, *_: escape(
        tokens[k].content
    )
    return parser
