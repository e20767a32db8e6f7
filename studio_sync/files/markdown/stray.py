"""Stray front matter: lines of a body that are the record's own keys, because a tool damaged the fence.

A damaged fence makes YAML a part of the text, and the record loses the keys' values. The forms of damage
can't be listed; but a text that begins with the record's keys can be recognized.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from studio_sync.files.yaml.faults.fault import TextFault, fault_at

_CODE = "front-matter-fence"
_MOST = 40
"""How many lines at the start of a body are examined."""
_WIDE = 400
"""How many characters of each line are examined: the rest can't make it a key."""

_FENCE_WIDE = 60
"""A longer line that contains a letter is prose, and is not examined."""

_PROSE = re.compile(rf"\s*(?:#+ [^\r\n]*[\r\n]+)?[^\W\d_][^\r\n:=]{{{_FENCE_WIDE},}}")
"""The beginning of nearly every text, perhaps after a heading: a line that can't be a key."""
_LETTER = re.compile(r"[^\W\d_]")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_MARKUP = re.compile(r"<!--.*?-->|<[^<>]*>|&#?\w+;")
_FENCE_WORDS = frozenset(("", "yaml", "yml", "toml", "json", "frontmatter"))
_COMMENT = re.compile(r"\s*(?:#|<!--|//|%|;)")
_BLOCK = re.compile(r"\s*(?:```|~~~)")
# What may precede a key: an indent, remains of a fence, Markdown marks, tags.
_KEY = re.compile(
    r"(?P<lead>(?:\W*?(?:yaml|yml|toml|json)\s+)?(?:<[^<>]*>|[^\w<]|_)*)"
    r"(?P<key>[A-Za-z]\w*)(?P<close>[*_`\"']*)[ \t]*(?P<sign>[:=])(?!//)"
)
_FENCE_LEFT = re.compile(
    r"(?:[-+=~;\u2010-\u2015\u2212]\s?){2}|\*{3}|_{3}|<hr|yaml|yml|toml|json", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Line:
    index: int
    end: int
    text: str

    @property
    def fence(self) -> bool:
        """Whether it contains nothing but a fence's own words."""
        if len(self.text) > _FENCE_WIDE and _LETTER.search(self.text):
            return False
        return re.sub(r"[\W_]+", "", _MARKUP.sub("", self.text)).lower() in _FENCE_WORDS


def stray_front(text: str, start: int, keys: Collection[str], *, below: bool) -> TextFault | None:
    """The fault of a body that begins at `start` with lines that have `keys` of its own record.

    `below`: there is front matter above it, so that a code block is a real one.
    """
    if _PROSE.match(text, start):
        return None
    fence: _Line | None = None
    needs_fence = run = False
    for line in _content(text, start):
        found = _KEY.match(line.text) if ":" in line.text or "=" in line.text else None
        if not found and line.fence:
            if below and _BLOCK.match(line.text):
                return None
            fence, needs_fence = line, False
            continue
        if found and found["key"] in keys and (fence or not needs_fence):
            if _means(found, line, text, keys, fenced=fence is not None or run):
                return _fault(text, fence or line, below=below)
            return None
        if found and (fence or _bare(found)):
            run = True  # a key of another kind, or misspelled: its neighbours decide
        elif _COMMENT.match(line.text) and not run:
            fence, needs_fence = None, True
        elif not (run and re.match(r"\s|-", line.text)):
            return None
    return None


def _means(found: "re.Match[str]", line: _Line, text: str, keys: Collection[str], *, fenced: bool) -> bool:
    if _bare(found) or fenced:
        return True
    if not found["close"] and _FENCE_LEFT.search(found["lead"]):
        return True
    follows = next(_content(text, line.end), None)
    other = _KEY.match(follows.text) if follows else None
    return other is not None and other["key"] in keys and other["key"] != found["key"]


def _bare(found: "re.Match[str]") -> bool:
    behind = found.string[found.end() : found.end() + 1]
    alone = not found["lead"].strip(" \t\ufeff") and not found["close"]
    return alone and found["sign"] == ":" and behind in " \t\r\n"


def _content(text: str, start: int) -> Iterator[_Line]:
    index = start
    for _ in range(_MOST):
        found = _LINE.match(text, index)
        if not found or not found.group():
            return
        if found.group().strip():
            yield _Line(index, found.end(), found.group()[:_WIDE])
        index = found.end()


def _fault(text: str, line: _Line, *, below: bool) -> TextFault:
    if below:
        message = "the text begins with lines that belong into the front matter"
        hint = (
            "move them up between its two lines of three hyphens, or delete them; if they are part of the"
            " text, put a sentence before them"
        )
    else:
        message = "this looks like front matter, and is none: it would become a part of the text"
        hint = (
            "put its keys between two lines of three hyphens, each key in a line of its own, and nothing"
            " before the first of them: ---"
        )
    return fault_at(text, line.index, _CODE, message, hint)
