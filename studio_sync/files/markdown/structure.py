"""The structure of a Markdown text: headings as link targets, code, unclosed fences, markers."""

import re
from collections.abc import Iterator
from itertools import pairwise

from studio_sync.core.checks.content import LineColumn, Structure
from studio_sync.core.checks.links import anchor
from studio_sync.files.markdown.blocks import known_blocks, line_starts, with_line_feeds
from studio_sync.files.markdown.density import too_dense
from studio_sync.files.yaml.faults.fault import position
from studio_sync.files.yaml.merge_markers import MARKER

_FENCE_END = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*")
_OWN_ANCHOR = re.compile(r"\{#([\w:.-]+)\}|<[a-zA-Z][^<>]*?\b(?:id|name)\s*=\s*[\"']?([^\"'\s<>]+)")
_TARGET = re.compile(r"\]\([^()\n]*\)|\]\[[^\[\]\n]*\]")
_NOTHING = Structure(frozenset(), (), ())


def structure(text: str, begin: int) -> Structure:
    """The structure of the Markdown from `begin` on; empty for a text that is too dense."""
    if too_dense(text):
        return _NOTHING
    body = with_line_feeds(text[begin:])
    starts = line_starts(body)
    lines = body.split("\n")

    def spot(line: int) -> LineColumn:
        return position(text, begin + starts[line])

    anchors = {anchor(own or other) for own, other in _OWN_ANCHOR.findall(body)}
    code: set[int] = set()
    unclosed: list[LineColumn] = []
    tokens = known_blocks().parse(body)
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.map is None:
            continue
        first, end = token.map
        if token.type == "heading_open" and after is not None:
            anchors.add(anchor(_OWN_ANCHOR.sub("", _TARGET.sub("", after.content))))
        elif token.type in {"fence", "code_block"}:
            code.update(range(first, end))
            closing = _FENCE_END.fullmatch(lines[end - 1].rstrip()) if end - 1 > first else None
            if token.type == "fence" and not (closing and closing[1].startswith(token.markup)):
                unclosed.append(spot(first))
    markers = [number for number in _marked(body, starts) if number not in code]
    return Structure(frozenset(anchors), tuple(map(spot, markers)), tuple(unclosed))


def headings(text: str, begin: int) -> Iterator[tuple[int, str, int]]:
    """(level, text, line from 1) of each heading of the Markdown from `begin` on."""
    if too_dense(text):
        return
    before = position(text, begin)[0] - 1
    tokens = known_blocks().parse(text[begin:].replace("\r\n", "\n").replace("\r", "\n"))
    for token, after in pairwise(tokens):
        if token.type == "heading_open" and token.map is not None:
            words = _OWN_ANCHOR.sub("", _TARGET.sub("", after.content)).replace("[", "")
            yield int(token.tag[1:]), words.strip() or "…", before + token.map[0] + 1


def _marked(body: str, starts: list[int]) -> Iterator[int]:
    """The lines that look like git's conflict markers; a single one is just an arrow."""
    lines = {start: number for number, start in enumerate(starts)}
    found = list(MARKER.finditer(body))
    if len({m[0][0] for m in found}) > 1:
        yield from (lines[m.start()] for m in found)
