"""The prose of a Markdown text: its words, links and images, with positions.

markdown-it tells words from code, URLs and tags.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from studio_sync.core.checks.content import LinkMark
from studio_sync.files.markdown.blocks import VERBATIM, block_parser, line_starts, with_line_feeds
from studio_sync.files.markdown.density import too_dense
from studio_sync.files.markdown.markdown_links import place_of
from studio_sync.files.yaml.parser import nodes as yaml_nodes

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_MAY_MARK = re.compile(r"\][(\[:]|\]\[|<(?:img|a)\b", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(img|a)\b([^<>]*)>|</?[a-zA-Z][^<>]*>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_NOTES = "studio_notes"


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A run of text with non-prose blanked, and the positions of its characters."""

    text: str
    index_of: Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class _Note:
    """What a parser rule took from `start` to `end` of `source`.

    From `hole` on it is no prose. `target` is the target of a link or image, "" for anything else.
    """

    source: str
    start: int
    hole: int
    end: int
    target: str = ""
    image: bool = False
    alt: str = ""
    html: bool = False


def marks(text: str, begin: int) -> list[LinkMark]:
    """The links and images of the Markdown from `begin` on, in the order of the text."""
    if not _MAY_MARK.search(text, begin) or too_dense(text):
        return []
    found: list[tuple[int, LinkMark]] = []

    def mark(index: int, target: str, **details: Any) -> None:
        found.append((index, LinkMark(target, yaml_nodes.position(text, begin + index), **details)))

    for index_of, content, notes in _runs(text, begin):
        for note in notes:
            start = index_of(note.start)
            if start is None:
                continue
            if note.image or note.target:
                mark(start, note.target, image=note.image, alt=note.alt)
            elif note.html:
                for at, tag, attributes in _tags(content[note.start : note.end]):
                    target = attributes.get("src" if tag == "img" else "href", "")
                    if tag == "img" or target:
                        alt = attributes.get("alt")
                        mark(start + at, target, image=tag == "img", alt=alt, html=True)
    return [mark for _, mark in sorted(found, key=lambda item: item[0])]


def text_spans(text: str, begin: int) -> Iterator[TextSpan]:
    """The prose of the Markdown from `begin` on; without code, URLs and tags."""
    if too_dense(text):
        return
    for index_of, content, notes in _runs(text, begin):
        shown = content
        for note in notes:
            hole = content[note.hole : note.end]
            shown = shown[: note.hole] + re.sub(r"[^\n]", "\0", hole) + shown[note.end :]

        def place(index: int, index_of: Callable[[int], int | None] = index_of) -> int | None:
            found = index_of(index)
            return None if found is None else found + begin

        yield TextSpan(shown, place)


_Run = tuple[Callable[[int], int | None], str, list[_Note]]


def _runs(text: str, begin: int) -> Iterator[_Run]:
    """Every run of inline text, and every HTML block, with its position in the body."""
    body = with_line_feeds(text[begin:]).replace("\0", " ")
    parser = _parser()
    env: dict[str, Any] = {_NOTES: []}
    starts = line_starts(body)
    for token in parser.parse(body, env):
        if token.map is None:
            continue
        if token.type == "html_block":
            first, last = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
            content = body[first:last]
            if not VERBATIM.match(content):
                tags = _TAG.finditer(content)
                notes = [_Note(content, m.start(), m.start(), m.end(), html=True) for m in tags]
                yield first.__add__, content, notes
        elif token.type == "inline":
            env[_NOTES] = []
            parser.inline.parse(token.content, parser, env, [])
            notes = [note for note in env[_NOTES] if note.source == token.content]

            def index_of(index: int, token: Any = token) -> int | None:
                return place_of(body, starts, token, index)

            yield index_of, token.content, notes


def _tags(html: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """The links and images among the tags: position, name, attributes."""
    for found in _TAG.finditer(html):
        if found[1]:
            attributes = {
                name.lower(): unescape(double or single or bare)
                for name, double, single, bare in _ATTRIBUTE.findall(found[2])
            }
            yield found.start(), found[1].lower(), attributes


@cache
def _parser() -> "MarkdownIt":
    """A parser that records everything that is no prose; callers parse inline text."""
    from markdown_it.rules_inline import autolink, backtick, html_inline, image, link

    parser = block_parser()

    def destination(rule: Callable[[Any, bool], bool], *, picture: bool) -> Callable[[Any, bool], bool]:
        def run(state: Any, silent: bool) -> bool:
            start, before = state.pos, len(state.tokens)
            done = rule(state, silent)
            if done and not silent:
                label = state.md.helpers.parseLinkLabel(state, start + picture, not picture)
                wanted = "image" if picture else "link_open"
                token = next(t for t in state.tokens[before:] if t.type == wanted)
                target = str(token.attrGet("src" if picture else "href") or "")
                if state.src.startswith("[^", start):  # a footnote
                    target = ""
                alt = token.content if picture else ""
                state.env[_NOTES].append(_Note(state.src, start, label, state.pos, target, picture, alt))
            return done

        return run

    def other(rule: Callable[[Any, bool], bool], *, html: bool = False) -> Callable[[Any, bool], bool]:
        def run(state: Any, silent: bool) -> bool:
            start = state.pos
            done = rule(state, silent)
            if done and not silent:
                state.env[_NOTES].append(_Note(state.src, start, start, state.pos, html=html))
            return done

        return run

    parser.inline.ruler.at("link", destination(link, picture=False))
    parser.inline.ruler.at("image", destination(image, picture=True))
    parser.inline.ruler.at("backticks", other(backtick))
    parser.inline.ruler.at("autolink", other(autolink))
    parser.inline.ruler.at("html_inline", other(html_inline, html=True))
    return parser
