"""Plain texts cut off by a comment: in `Lesson #1` a comment begins after the blank."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio_sync.files.yaml.faults.fault import TextFault, fault_at
from studio_sync.files.yaml.parser.nodes import compose

if TYPE_CHECKING:
    from studio_sync.files.yaml.parser.marks import YamlNode

CUT_TEXT = "comment-in-text"

_MAYBE = re.compile(r"[ \t]#[^\s#]")
_CUT = re.compile(r"[ \t]+(#[^\s#][^\r\n]*)")
_HEAD = re.compile(r"[ \t]*((?:-[ \t]+)*(?:[^\s'\"#:\[\]{},&*!|>%@`-][^:#\[{]*:)?)[ \t]*")


def cut_texts(text: str) -> Iterator[TextFault]:
    """Each plain text of a YAML text that ends before a `#` that is followed by text."""
    if "#" in text and _MAYBE.search(text):
        root = compose(text)
        if root is not None:
            yield from _below(root, text)


def _below(node: "YamlNode", text: str) -> Iterator[TextFault]:
    for key, value in node.entries:
        yield from _of(value, text, key)
        yield from _below(value, text)
    for item in node.items:
        yield from _of(item, text, None)
        yield from _below(item, text)


def _of(node: "YamlNode", text: str, key: "YamlNode | None") -> Iterator[TextFault]:
    if node.style or node.alias or node.entries or node.items or node.flow:
        return
    empty = node.value is None and node.start == node.end
    if not (empty or isinstance(node.value, str)):
        return
    end = node.end
    if empty and key:
        end = text.index(":", key.end) + 1
    found = _CUT.match(text, end)
    if found:
        yield fault_at(
            text,
            found.start(1),
            CUT_TEXT,
            "a comment begins here, and the text ends before it",
            _hint(text, node.start if not empty else found.start(1), found),
        )


def _hint(text: str, start: int, found: "re.Match[str]") -> str:
    from studio_sync.files.yaml.faults import instead

    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    head = _HEAD.fullmatch(text[begin:start])
    shown = instead.line(head[1].rstrip(), text[start : found.end()].rstrip()) if head and head[1] else ""
    return f"put the whole text in quotes{f': {shown}' if shown else ''}; a comment has a blank behind its #"
