"""Writing YAML in the canonical style: block style, nothing folded, nothing ambiguous.

The output parses to an equal value, and its strings are strings in a YAML 1.1 parser, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from studio_sync.core.values.value import MAPPINGS, PLAIN_CLASSES, SEQUENCES, Value
from studio_sync.files.yaml.parser.scalar import FIRST, NumberError, resolve


@dataclass(frozen=True, slots=True)
class Style:
    """The layout of new lines.

    Children of a key are indented by `step` columns, the dashes of a list by `dash` columns. `literal` allows
    `|` blocks for multi-line texts.
    """

    step: int = 2
    dash: int = 2
    literal: bool = True


SETTLED: Final = Style()
_MAX_KEY = 1000
"""A longer key needs the explicit form with a question mark: parsers limit the search for its colon."""

_SHORT_KEY = 64
"""The longest key whose written form is cached."""

_ESCAPED = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
    "\0": "\\0",
}
_ESCAPE = re.compile('[\\\\"]|[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]')
_HIDDEN = re.compile("[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that need an escape."""

_MARKS = " -?:,[]{}#&*!|>'\"%@`=.~<"
"""Characters with which no plain scalar begins, or should begin."""

_MARKED = re.compile(rf"[{re.escape(_MARKS)}\s]|.*(?::(?:\s|$)|\s#|[\t\n]|\s$)", re.DOTALL)
"""Texts that can't be plain scalars, or should not be."""

_LONGEST_WORD = 5
"""The length of the longest word that YAML 1.1 takes for something else than text."""

_MARKED_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_TAKEN_BY_1_1 = re.compile(
    r"""(?:y|n|yes|no|on|off|true|false|null|~|=|<<|[-+]?\.(?:inf|nan)
    |[-+]?0[box][0-9a-f_]+
    |[-+]?[0-9][0-9_,]*(?::[0-5]?[0-9])*
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?[0-9_]*\.[0-9_.]*(?:e[-+]?[0-9]+)?
    |[-+]?[0-9][0-9_]*e[-+]?[0-9]+
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[t\ \t].*)?)""",
    re.VERBOSE | re.IGNORECASE,
)


def dump(value: Value, *, newline: str = "\n") -> str:
    """A YAML text with this `value`: one line for a scalar, keys in their order, ending with `newline`."""
    lines = block_lines(value, "") if is_block(value) else [scalar(value)]
    return newline.join(lines) + newline


def is_block(value: Value) -> bool:
    """Whether `value` is written on lines of its own: a non-empty list or mapping."""
    if type(value) in PLAIN_CLASSES:
        return False
    return isinstance(value, MAPPINGS + SEQUENCES) and not isinstance(value, str) and len(value) > 0


def block_lines(value: Value, pad: str, style: Style = SETTLED) -> list[str]:
    """The lines of a non-empty list or mapping, indented by `pad`."""
    lines: list[str] = []
    _add_block(lines, value, pad, style)
    return lines


def entry(key: str, value: Value, pad: str, style: Style = SETTLED) -> list[str]:
    """The lines of one key with its value."""
    lines: list[str] = []
    _add_entry(lines, key, value, pad, style)
    return lines


def element(value: Value, pad: str, style: Style = SETTLED) -> list[str]:
    """The lines of one list item, with its dash after `pad`."""
    lines: list[str] = []
    _add_element(lines, value, pad, style)
    return lines


# Every value of a first pull goes through these four functions. One pass appends to one list of lines, and
# tests concrete classes first: a third of the time of joined lists and abstract classes.


def _add_block(lines: list[str], value: Value, pad: str, style: Style) -> None:
    if isinstance(value, MAPPINGS):
        for key, item in value.items():
            if item.__class__ is str and len(key) <= _SHORT_KEY and _is_words(item):
                lines.append(f"{pad}{_short_key(key)}: {item}")  # as nearly every entry: a third of the time
            else:
                _add_entry(lines, key, item, pad, style)
    elif isinstance(value, SEQUENCES) and not isinstance(value, str):
        for item in value:
            _add_element(lines, item, pad, style)


def _add_entry(lines: list[str], key: str, value: Value, pad: str, style: Style) -> None:
    shown = _short_key(key) if len(key) <= _SHORT_KEY else plain_or_quoted(key, in_flow=False)
    head = f"{pad}{shown}:"
    if len(shown) > _MAX_KEY:
        lines.append(f"{pad}? {shown}")
        head = f"{pad}:"
    deeper = style.dash if type(value) is list else style.step
    _add_value(lines, head, value, pad, deeper, style)


def _add_element(lines: list[str], value: Value, pad: str, style: Style) -> None:
    if is_block(value):
        first = len(lines)
        _add_block(lines, value, pad + "  ", style)
        lines[first] = f"{pad}- {lines[first][len(pad) + 2 :]}"
    else:
        _add_value(lines, f"{pad}-", value, pad, 2, style)


def _add_value(lines: list[str], head: str, value: Value, pad: str, deeper: int, style: Style) -> None:
    if isinstance(value, str):
        if "\n" in value and style.literal and (shown := literal(value, pad + " " * deeper, deeper)):
            lines.append(f"{head} {shown[0]}")
            lines += shown[1:]
        else:
            lines.append(f"{head} {plain_or_quoted(value, in_flow=False)}")
    elif is_block(value):
        lines.append(head)
        _add_block(lines, value, pad + " " * deeper, style)
    else:
        lines.append(f"{head} {scalar(value)}")


@lru_cache(maxsize=4096)
def _short_key(key: str) -> str:
    """A key as written, cached: the same keys occur thousands of times."""
    return plain_or_quoted(key, in_flow=False)


def literal(text: str, pad: str, step: int = 2) -> list[str]:
    """`text` as a `|` block scalar indented by `pad`, its header first; [] if none has exactly this value.

    `step` (1 to 9) is the indentation of `pad` relative to the parent.
    """
    content = text.rstrip("\n")
    if _HIDDEN.search(text) or not content.rsplit("\n", 1)[-1].strip(" \t"):
        return []
    indent = str(step) if content.lstrip("\n").startswith((" ", "\t")) else ""
    chomp = {0: "-", 1: ""}.get(len(text) - len(content), "+")
    lines = text.removesuffix("\n").split("\n")
    return [f"|{indent}{chomp}", *(pad + line if line else "" for line in lines)]


def scalar(value: Value) -> str:
    """A scalar on one line, as in block style; also an empty list or mapping."""
    if isinstance(value, str):
        return plain_or_quoted(value, in_flow=False)
    return flow(value)


def flow(value: Value) -> str:
    """Any value on one line, as inside [ ] or { }."""
    if isinstance(value, str):
        return plain_or_quoted(value, in_flow=True)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | Decimal):
        if isinstance(value, Decimal) and not value.is_finite():
            raise ValueError(f"{value} is not a number that YAML 1.2 core and JSON share")
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pair(k, v) for k, v in value.items()) + "}"
    return "[" + ", ".join(flow(item) for item in value) + "]"


def _pair(key: str, value: Value) -> str:
    shown = flow(key)
    return f"{'? ' if len(shown) > _MAX_KEY else ''}{shown}: {flow(value)}"


def plain_or_quoted(text: str, *, in_flow: bool) -> str:
    """`text` in the plainest unambiguous form."""
    return text if is_plain_scalar(text, in_flow=in_flow) else quoted(text)


def is_plain_scalar(text: str, *, in_flow: bool) -> bool:
    """Whether `text` needs no quotes on one line."""
    if not in_flow and _is_words(text):
        return True
    if not text or _is_marked(text) or (in_flow and _MARKED_IN_FLOW.search(text)):
        return False
    if text[0].isalpha() and len(text) > _LONGEST_WORD:  # with something in it that isn't printed
        return True
    if text[0] in FIRST:
        try:
            if not isinstance(resolve(text), str):
                return False
        except NumberError:
            return False
    return not _TAKEN_BY_1_1.fullmatch(text)


def _is_words(text: str) -> bool:
    """Whether a text needs no quotes at the first look: it begins with a letter, and has no mark in it.

    No number begins with a letter, and every word that is no text is shorter.
    """
    return (
        len(text) > _LONGEST_WORD
        and text[0].isalpha()
        and text.isprintable()
        and not (": " in text or " #" in text or text[-1] in ": ")
    )


def _is_marked(text: str) -> bool:
    """Whether a text contains something that can't be in a plain scalar, or should not be."""
    if text.isprintable():  # then it has no white space but " ", and nothing invisible: no pattern is needed
        return text[0] in _MARKS or text[-1] in ": " or ": " in text or " #" in text
    return bool(_HIDDEN.search(text) or _MARKED.match(text))


def quoted(text: str) -> str:
    """`text` in quotes: single ones if it has double quotes or backslashes and needs no escapes."""
    if ('"' in text or "\\" in text) and not _HIDDEN.search(text) and not re.search(r"[\t\n]", text):
        return single(text)
    return double(text)


def single(text: str) -> str:
    """`text`, which must not contain a line break, in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def double(text: str) -> str:
    """`text` in double quotes, on one line, with everything else escaped."""
    return '"' + _ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    return _ESCAPED.get(character) or (f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}")  # noqa: PLR2004
