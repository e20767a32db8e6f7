"""A YAML mapping split into entries: each key with its value, and the comments above it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio_sync.core.values.value import Value
from studio_sync.files.yaml.parser.marks import HEADER, YamlNode, behind
from studio_sync.files.yaml.parser.nodes import compose

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_BLOCK = ("|", ">")


@dataclass(frozen=True, slots=True)
class Entries:
    """The lines of each key, in order; the text after the last one; and the values.

    Law: the texts and `tail`, concatenated, are the text; only a final line break may be new.
    """

    texts: Mapping[str, str]
    tail: str
    values: Mapping[str, Value]


def entries_of(text: str) -> Entries | None:
    r"""Split a text whose lines end with \n into entries.

    None if that is impossible: it is no mapping, keys share a line, or an alias repeats a value under another
    key. Raises YamlFault for a text without a value.
    """
    root = compose(text)
    if root is None or (root.value is None and not root.entries and root.start == root.end):
        return Entries({}, text, {})
    if not root.entries or root.flow or not isinstance(root.value, Mapping):
        return None
    if any(node.alias or node.anchor for node in _nodes(root)):
        return None
    texts: dict[str, str] = {}
    at = 0
    for key, value in root.entries:
        start = text.rfind("\n", 0, key.start) + 1
        if start < at or text[start : key.start]:
            return None
        end = text.find("\n", max(key.end, value.end - 1))
        lines = text[at:] if end < 0 else text[at : end + 1]
        texts[str(key.value)] = lines if lines.endswith("\n") else f"{lines}\n"
        at += len(lines)
    return Entries(texts, text[at:], root.value)


def comments_of(text: str) -> Counter[str]:
    """The comments of a YAML text, each from its # on. Raises YamlFault for a text without a value."""
    root = compose(text)
    found: Counter[str] = Counter()
    at = 0
    for start, end in [*_scalars(root, text), (len(text), len(text))]:
        found.update(match.group().rstrip() for match in _COMMENT.finditer(text, at, max(at, start)))
        at = max(at, end)
    return found


def _nodes(node: YamlNode) -> Iterator[YamlNode]:
    yield node
    for key, value in node.entries:
        yield key
        yield from _nodes(value)
    for item in node.items:
        yield from _nodes(item)


def _scalars(root: YamlNode | None, text: str) -> list[tuple[int, int]]:
    """The ranges of the scalars' content, in the order of the text; a block's begins below its first line."""
    nodes = _nodes(root) if root is not None else ()
    found = (n for n in nodes if not n.entries and not n.items and n.end > n.start)
    starts = ((behind(HEADER, text, n.start) if n.style in _BLOCK else n.start, n.end) for n in found)
    return sorted((start, max(start, end)) for start, end in starts)
