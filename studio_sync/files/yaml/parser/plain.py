r"""Line-based YAML parser for the plainest texts, as nearly all are; other texts are left to the parser.

A line of such a text is one of these, each unambiguous by itself:

    key:                      a list or mapping follows, or nothing
    key: plain words          also "in quotes" without escapes, 'in quotes', or one line of [ ] or { }
    key: |                    and the lines below, as they are; also |-
    - plain words             an item, with the same values; or `- key: …`, which opens a mapping
    # a comment, or a blank line

Keys are identifiers. Syntax that depends on more than its own line and the indentation (a scalar that
continues below, anchors, tags, a second document) is excluded. Law: where it returns a value, the parser
returns an equal one; a property test checks that. It takes half of the parser's time, whose events are
objects with two marks each, and nearly all texts need no import of the parser.
"""

import re

from studio_sync.core.values.value import Value
from studio_sync.files.yaml.parser.scalar import FIRST, UNUSUAL, NumberError, Unusual, resolve

_LINE = re.compile(
    r"""^(\ *+)                                 # indentation
    (-\ )?                                      # an item
    (?:([A-Za-z_][A-Za-z0-9_-]{0,99}+):(?:\ ++|$))?  # a key
    (?:
        ([^\s\-?:,\[\]{}\#&*!|>'"%@`][^:\#\n]*+  # plain words: no indicator first, then
        (?:(?::(?=[^\s])|(?<=\S)\#)[^:\#\n]*+)*  # neither a colon before a space nor a # behind one
        (?<!\ )$)
        |(.*+)
    )$""",
    re.VERBOSE | re.MULTILINE,
)
"""What repeats a class keeps what it has (`*+`), as `(.*+)` takes what is left. What repeats a group doesn't:
before Python 3.11.5 a group that is repeated so matches wrongly."""
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_WORDS = re.compile(r"\[[A-Za-z][A-Za-z0-9_-]*(?:, [A-Za-z][A-Za-z0-9_-]*)*\]")
_PAIR = r'([A-Za-z_][A-Za-z0-9_-]{0,99}): "([^"\\]*)"'
_PAIRS = re.compile(rf"\{{ ?{_PAIR}(?:, {_PAIR})* ?\}}")
_EACH_PAIR = re.compile(_PAIR)
_NEGATIVE = re.compile(r"-[0-9][0-9.]*")
_MOST_LEVELS = 50
_PRINTABLE = b"\n" + bytes(range(ord(" "), ord("~") + 1))


class _UnusualError(Exception):
    """The text is not that plain."""


def read_plain_yaml(text: str) -> Value | Unusual:
    """The value of `text`, or UNUSUAL."""
    # isprintable() excludes tabs, every line end but \n, and everything that YAML 1.1 and 1.2 differ in. Only
    # characters beyond ASCII are asked, which are few: a third of the time (3,152 characters: 8 → 2.9 µs).
    rare = text.encode("utf-8", "surrogatepass").translate(None, _PRINTABLE).decode("utf-8", "surrogatepass")
    if not rare.isprintable():
        return UNUSUAL
    try:
        return _document(text)
    except (_UnusualError, NumberError):
        return UNUSUAL


def _document(text: str) -> Value:  # noqa: PLR0915 - one flat pass: every line of a workspace goes through it
    """One pass over the lines; the innermost open list or mapping is `holder`, its column `column`."""
    lines: list[str] = []
    levels: list[tuple[int, dict[str, Value] | list[Value]]] = []
    root: dict[str, Value] | list[Value] | None = None
    holder: dict[str, Value] | list[Value] = {}
    column, waiting = 0, ""
    skip = number = 0
    for number, (indent, dash, key, plain, other) in enumerate(_LINE.findall(text)):
        if number < skip:
            continue
        if not (key or dash):
            if not (plain or other) or other[:1] == "#":
                continue
            raise _UnusualError
        at = len(indent)
        if root is None:
            if at:
                raise _UnusualError
            root = holder = [] if dash else {}
        elif waiting:
            if at > column or (dash and at == column and holder.__class__ is dict):
                inner: dict[str, Value] | list[Value] = [] if dash else {}
                holder[waiting] = inner  # type: ignore[call-overload]
                levels.append((column, holder))
                if len(levels) > _MOST_LEVELS:
                    raise _UnusualError
                holder, column = inner, at
            else:
                holder[waiting] = None  # type: ignore[call-overload]
            waiting = ""
        while at < column or (at == column and not dash and holder.__class__ is list and levels):
            column, holder = levels.pop()
        if at != column or (holder.__class__ is list) is not bool(dash):
            raise _UnusualError
        if dash and key:
            item: dict[str, Value] = {}
            holder.append(item)  # type: ignore[union-attr]
            levels.append((column, holder))
            holder, column = item, at + 2
        if plain:
            value: Value = resolve(plain) if plain[0] in FIRST else plain
        elif not other:
            if not key or key in holder:
                raise _UnusualError
            waiting = key
            continue
        elif other == "|" or other == "|-":  # noqa: PLR1714 - this is faster
            lines = lines or text.split("\n")
            value, skip = _literal(lines, number + 1, at + 2 if dash and key else at, other)
        else:
            value = _marked(other)
        if key:
            if key in holder:
                raise _UnusualError
            holder[key] = value
        else:
            holder.append(value)  # type: ignore[union-attr]
    if root is None:
        raise _UnusualError
    if waiting:
        holder[waiting] = None  # type: ignore[call-overload]
    return root


def _marked(text: str) -> Value:
    """A value that begins with an indicator character."""
    first = text[0]
    if first == '"' and "\\" not in text and text.find('"', 1) == len(text) - 1 > 0:
        return text[1:-1]
    if _WORDS.fullmatch(text):
        return [resolve(word) for word in text[1:-1].split(", ")]
    if first == "{" and _PAIRS.fullmatch(text):  # half of the time that the parser takes
        pairs = _EACH_PAIR.findall(text)
        if len(found := dict(pairs)) == len(pairs):
            return found
    if first in '"[{':
        from studio_sync.files.yaml.parser.parse import parse_fast

        value = parse_fast(text)
        if isinstance(value, str) is (first == '"') and isinstance(value, str | list | dict):
            return value
    elif first == "'" and _SINGLE.fullmatch(text):
        return text[1:-1].replace("''", "'")
    elif _NEGATIVE.fullmatch(text):
        return resolve(text)
    raise _UnusualError


def _literal(lines: list[str], start: int, column: int, header: str) -> tuple[str, int]:
    """The text of a block below a key or dash in `column`, and the number of the first line after it."""
    first = lines[start] if start < len(lines) else ""
    indent = first[: len(first) - len(first.lstrip(" "))]
    if not first.strip(" ") or len(indent) <= column:
        raise _UnusualError
    deep = len(indent)
    found: list[str] = []
    end = start
    for end in range(start, len(lines)):
        line = lines[end]
        if line.startswith(indent):
            found.append(line[deep:])
        elif not line:
            found.append("")
        elif not line.strip(" "):
            raise _UnusualError
        else:
            break
    else:
        if lines[-1]:
            raise _UnusualError  # no final line end: its meaning is left to the parser
        end = len(lines)
    while not found[-1]:
        del found[-1]
    return "\n".join(found) + ("\n" if header == "|" else ""), end
