"""Relative links in Markdown: finding them with exact positions, and retargeting them.

Links are recognized by markdown-it: inline links, images, reference definitions, and `src` and `href` in
HTML. Code blocks, code spans and front matter have none.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from studio_sync.files.markdown.blocks import VERBATIM, block_parser, line_starts, with_line_feeds
from studio_sync.files.markdown.density import too_dense
from studio_sync.files.markdown.front_matter import split_document
from studio_sync.files.yaml.faults.fault import YamlFault

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MAY_HOLD = re.compile(r"\]\(|\]:|\b(?:src|href)\s*=", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\#?]")
"""The beginning of a destination that is no relative path: a scheme, the root, or inside the page."""

_ATTRIBUTE = re.compile(r"""\b(?:src|href)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')""", re.IGNORECASE)
_ROOT = "/" + "~/" * 30
"""A folder deep enough for any number of `..`."""

_SAFE = "".join(chr(c) for c in range(33, 127) if chr(c) not in "%#?<>\\&()\"'`*[]")
_FOUND = "studio_found"


@dataclass(frozen=True, slots=True)
class Link:
    """A relative link. `text[start:end]` is the path as written, `path` is it decoded.

    Both exclude everything from "#" or "?" on.
    """

    start: int
    end: int
    path: str

    def target(self, source: str) -> str:
        """The link's target from the file at `source`: a path relative to the same folder as `source`."""
        return normpath(join(dirname(source), self.path))


def links(text: str) -> list[Link]:
    """The relative links of a Markdown file, in the order of the text. None if it can't be parsed."""
    if not _MAY_HOLD.search(text) or too_dense(text):
        return []
    try:
        begin = split_document(text).body_start
    except YamlFault:
        return []
    body = with_line_feeds(text[begin:]).replace("\0", " ")
    found: dict[int, Link] = {}
    for start, end, html in _destinations(body):
        link = _link(body, start, end, html=html)
        if link is not None:
            found[link.start] = Link(link.start + begin, link.end + begin, link.path)
    return [found[start] for start in sorted(found)]


def retarget(text: str, source: str, to: str, where: Callable[[str], str | None]) -> tuple[str, int]:
    """`text` with every link retargeted, and the number of changed links.

    The file moves from `source` to `to`, and a link's target from its old path to `where(path)`; None leaves
    the link unchanged. Only the bytes of links that would lead elsewhere change.
    """
    count = 0
    wanted: list[str] = []
    result = text
    for link in reversed(links(text)):
        target_path = where(link.target(source))
        now = link.target(to)
        wanted.append(target_path or now)
        if target_path is None or now == target_path:
            continue
        result = (
            result[: link.start] + _spelled(text[link.start : link.end], target_path, to) + result[link.end :]
        )
        count += 1
    if count and [link.target(to) for link in links(result)] != wanted[::-1]:
        return text, 0
    return result, count


def redirected(text: str, where: Callable[[str, int], str | None]) -> str:
    """`text`, a body without front matter, with destinations replaced as `where` says.

    `where` gets a decoded destination, including "#", with its position, and returns its replacement (see
    `destination`); None leaves it unchanged.
    """
    if not _MAY_HOLD.search(text) or too_dense(text):
        return text
    from markdown_it.common.utils import unescapeAll

    body = with_line_feeds(text).replace("\0", " ")
    found = {start: (end, html) for start, end, html in _destinations(body)}
    for start in sorted(found, reverse=True):
        end, html = found[start]
        if body[start:end].startswith("<") and not html:
            start, end = start + 1, end - 1  # noqa: PLW2901 - the brackets stay
        raw = body[start:end]
        to = where(unquote(unescape(raw) if html else unescapeAll(raw)), start)
        if to is not None and "\n" not in raw:
            text = text[:start] + to + text[end:]
    return text


def destination(path: str, source: str, anchor: str = "") -> str:
    """The relative path from the file `source` to `path`, escaped for a link."""
    way = _quoted(relpath(_ROOT + path, _ROOT + dirname(source)))
    shown = f"./{way}" if ":" in way.partition("/")[0] else way
    return f"{shown}#{quote(anchor)}" if anchor else shown


def _quoted(path: str) -> str:
    return "".join(quote(c, safe=_SAFE) if c < "\x80" else c for c in path)


def _spelled(old: str, target_path: str, source: str) -> str:
    """The path from the file `source` to `target_path`, spelled like `old`."""
    shown = _quoted(relpath(_ROOT + target_path, _ROOT + dirname(source)))
    if (old.startswith("./") and not shown.startswith("..")) or ":" in shown.partition("/")[0]:
        shown = f"./{shown}"
    return f"{shown}/" if old.endswith("/") and not shown.endswith("/") else shown


def _link(text: str, start: int, end: int, *, html: bool) -> Link | None:
    """The relative link with the destination `text[start:end]`, if it is one."""
    raw = text[start:end]
    if raw.startswith("<") and not html:
        start, end, raw = start + 1, end - 1, raw[1:-1]
    found = re.search(r"[#?]", raw)
    if found:
        if "&#" in raw:
            return None
        raw, end = raw[: found.start()], start + found.start()
    from markdown_it.common.utils import unescapeAll

    path = unquote(unescape(raw) if html else unescapeAll(raw))
    if not path.strip() or _ELSEWHERE.match(path) or "\n" in path:
        return None
    return Link(start, end, path)


def _destinations(text: str) -> Iterator[tuple[int, int, bool]]:
    """The (start, end) of every destination in a Markdown text, and whether it is in an HTML tag."""
    parser = _parser()
    env: dict[str, Any] = {_FOUND: []}
    tokens = parser.parse(text, env)
    for start, end in env[_FOUND]:
        yield start, end, False
    starts = line_starts(text)
    for token in tokens:
        if token.map is None:
            continue
        if token.type == "html_block" and not VERBATIM.match(token.content):
            first, last = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
            yield from _attributes(text, first, last)
        elif token.type == "inline" and _MAY_HOLD.search(token.content):
            env[_FOUND] = []
            parser.inline.parse(token.content, parser, env, [])
            for source, start, end, html in env[_FOUND]:
                if source == token.content and (at := place_of(text, starts, token, start)) is not None:
                    stop = at + end - start
                    if text[at:stop] == source[start:end]:
                        yield from _attributes(text, at, stop) if html else [(at, stop, False)]


def _attributes(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    for found in _ATTRIBUTE.finditer(text, start, end):
        group = 1 if found[1] is not None else 2
        yield found.start(group), found.end(group), True


def place_of(text: str, starts: list[int], token: Any, index: int) -> int | None:
    """The position in the text of the character `index` of a token's content.

    Each line of the content is part of a line of the text, without the marks of quotes, lists and headings.
    """
    content: str = token.content
    before = content[:index]
    number = before.count("\n")
    line = content.split("\n")[number]
    inner = line.strip()
    row: int = token.map[0] + number
    if row + 1 >= len(starts):
        return None
    found = text[starts[row] : starts[row + 1]].rfind(inner)
    if found < 0:
        return None
    column = index - (before.rfind("\n") + 1)
    return starts[row] + found + column - (len(line) - len(line.lstrip()))


@cache
def _parser() -> "MarkdownIt":
    """A parser that records positions of destinations; callers parse inline text."""
    from markdown_it.rules_block.reference import reference
    from markdown_it.rules_inline import html_inline, image, link

    parser = block_parser()

    def noted(rule: Callable[[Any, bool], bool], opening: int) -> Callable[[Any, bool], bool]:
        def run(state: Any, silent: bool) -> bool:
            start: int = state.pos
            done = rule(state, silent)
            if done and not silent:
                label = state.md.helpers.parseLinkLabel(state, start + opening, not opening)
                place = _inline_destination(state, label + 1)
                if place is not None:
                    state.env[_FOUND].append((state.src, *place, False))
            return done

        return run

    def tag(state: Any, silent: bool) -> bool:
        start: int = state.pos
        done = html_inline(state, silent)
        if done and not silent and not state.src.startswith("<!--", start):
            state.env[_FOUND].append((state.src, start, state.pos, True))
        return done

    def definition(state: Any, line: int, end: int, silent: bool) -> bool:
        done = reference(state, line, end, silent)
        if done and not silent and (place := _definition(state, line)) is not None:
            state.env[_FOUND].append(place)
        return done

    parser.inline.ruler.at("link", noted(link, 0))
    parser.inline.ruler.at("image", noted(image, 1))
    parser.inline.ruler.at("html_inline", tag)
    parser.block.ruler.at("reference", definition, {"alt": []})
    return parser


def _inline_destination(state: Any, index: int) -> tuple[int, int] | None:
    """The range of the destination after the label that ends before `index`; None for a reference."""
    src: str = state.src
    if src[index : index + 1] != "(":
        return None
    start = index + 1
    while start < len(src) and src[start] in " \t\n":
        start += 1
    found = state.md.helpers.parseLinkDestination(src, start, len(src))
    return (start, found.pos) if found.ok else None


def _definition(state: Any, line: int) -> tuple[int, int] | None:
    """The range of the destination in the definition that begins at `line`."""
    start: int = state.bMarks[line] + state.tShift[line]
    label = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]:", re.DOTALL).match(state.src, start)
    if label is None:
        return None
    at = label.end()
    number = line + state.src.count("\n", start, at)
    while state.src[at : state.eMarks[number]].strip() == "" and number + 1 < state.line:
        number += 1
        at = state.bMarks[number] + state.tShift[number]
    while state.src[at : at + 1] in (" ", "\t"):
        at += 1
    found = state.md.helpers.parseLinkDestination(state.src, at, state.eMarks[number])
    return (at, found.pos) if found.ok else None
