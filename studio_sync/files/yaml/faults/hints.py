"""YAML syntax errors in plain words: the usual mistakes, their place, and what to type instead."""

import re
from collections.abc import Callable

from studio_sync.files.yaml.faults import instead
from studio_sync.files.yaml.faults.fault import TextFault, fault_at

_CODE = "yaml-syntax"
_VALUE = re.compile(
    r"(?P<head>[ \t]*(?:-[ \t]+)*)(?P<key>[^\s'\"#:\[\]{},&*!|>%@`-][^:#]*?)[ \t]*:[ \t]+(?P<value>.*)"
)
_ITEM = re.compile(r"(?P<head>[ \t]*(?:-[ \t]+)*)(?P<key>-)[ \t]+(?P<value>.*)")
_NO_SPACE = re.compile(r"[ \t]*(?:-[ \t]+)*[A-Za-z_][\w-]*(?P<colon>:)(?P<value>[^\s:/].*|\xa0.*)")
_QUOTE_OPENS = re.compile(
    r"(?:^|(?<=[\n\r\ufeff]))[^\S\r\n]*(?:-[ \t]+)*(?:[^\s'\"#][^:'\"#\r\n]*:[ \t]+)?([\"'])"
)
_CLOSES = {
    '"': re.compile(r"[^\"\\]*+(?:\\.[^\"\\]*+)*\"", re.DOTALL),
    "'": re.compile(r"[^']*+(?:''[^']*+)*'(?!')"),
}
_HALF = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
_TO_QUOTE = "put the whole text in quotes"


class _Slip:
    """A syntax error with the lines around it."""

    def __init__(self, text: str, error: Exception, shift: int) -> None:
        self.text = text
        self.problem: str = str(getattr(error, "problem", None) or "")
        self.context: str = str(getattr(error, "context", None) or "")
        mark, first = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        self.index: int = min(mark.index + shift, len(text)) if mark else 0
        self.begin: int = first.index + shift if first else self.index

    def start(self, index: int) -> int:
        """The start of the line of `index`."""
        start = max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1
        return start + (start == 0 and self.text.startswith("\ufeff"))

    def line(self, index: int) -> str:
        """The line of `index`."""
        found = re.compile(r"[^\r\n]*").match(self.text, self.start(index))
        return found.group() if found else ""

    def starts(self) -> list[int]:
        """The starts of the lines that a person would check: the error's own, and the one where it shows."""
        own = self.start(self.index)
        if own == len(self.text) or not self.line(own).strip():
            own = self.start(len(self.text[:own].rstrip()))
        return list(dict.fromkeys([own, self.start(self.begin)]))

    def fault(self, index: int, message: str, hint: str = "") -> TextFault:
        """The fault to report."""
        return fault_at(self.text, index, _CODE, message, hint)


def syntax_fault(text: str, error: Exception, shift: int) -> TextFault:
    """The fault for the parser's `error`, whose marks are offsets in `text` less `shift`."""
    slip = _Slip(text, error, shift)
    for explain in _SLIPS:
        fault = explain(slip)
        if fault is not None:
            return fault
    problem = slip.problem.replace("did not find expected", "expected").strip() or "it can't be read"
    return slip.fault(slip.index, f"this is not valid YAML: {problem}")


def _in_quotes(found: re.Match[str]) -> str:
    """What to type instead of the line that `found` matches, after a colon; "" if that is long."""
    value, comment = instead.without_comment(found["value"])
    shown = instead.line(_head(found), instead.meant(value), comment)
    return f": {shown}" if shown else ""


def _head(found: re.Match[str]) -> str:
    dashes = found["head"].strip()
    key = "-" if found["key"] == "-" else f"{found['key']}:"
    return f"{dashes} {key}" if dashes else key


def _tab(slip: _Slip) -> TextFault | None:
    for start in slip.starts():
        line = slip.line(start)
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent:
            where = start + indent.index("\t")
            return slip.fault(
                where, "the indentation contains a tab", "indent with spaces: type two spaces for each tab"
            )
    return None


def _open_quote(slip: _Slip) -> TextFault | None:
    """A quote that is never closed, or only by the next quote, lines below."""
    last = slip.index
    if "quoted scalar" in slip.context and "end of stream" in slip.problem:
        return _not_closed(slip, slip.begin)
    for found in _QUOTE_OPENS.finditer(slip.text, 0, last):
        begin = found.end()
        closing = _CLOSES[found.group(1)].match(slip.text, begin)
        end = closing.end() if closing else len(slip.text)
        long = re.search(r"[\r\n]", slip.text[begin:end])
        ends = slip.start(end - 1)
        near = closing is None or ends in (slip.start(last), slip.start(slip.begin))
        if long and near and end >= slip.start(min(last, slip.begin if slip.begin > begin else last)):
            return _not_closed(slip, found.end() - 1)
    return None


def _not_closed(slip: _Slip, index: int) -> TextFault:
    hint = f"type {slip.text[index]} where the text ends"
    return slip.fault(index, "the quote that opens here is not closed in its line", hint)


def _text_behind_quote(slip: _Slip) -> TextFault | None:
    start = slip.starts()[0]
    line = slip.line(start)
    found = _VALUE.match(line) or _ITEM.match(line)
    if not found or found["value"][:1] not in ("'", '"') or not found["value"]:
        return None
    quote = found["value"][0]
    body = r"'(?:[^']|'')*'(?=[^\s,\]}:])" if quote == "'" else r'"(?:[^"\\]|\\.)*"(?=[^\s,\]}:])'
    tight = re.match(body, found["value"])
    loose = re.match(body.replace(r"(?=[^\s,\]}:])", r"(?=[ \t]+[^\s#])"), found["value"])
    closing = tight or loose
    if not closing:
        return None
    value, comment = instead.without_comment(found["value"])
    inner = value[1:-1] if _encloses(value, closing.end() - 1) else value
    shown = instead.line(_head(found), inner.replace("''", "'") if quote == "'" else inner, comment)
    what = "an apostrophe" if quote == "'" else "a quote"
    other = f"{_TO_QUOTE} of the other kind" if inner.replace("''", "'").count(quote) else _TO_QUOTE
    return slip.fault(
        start + found.start("value") + closing.end() - 1,
        f"{what} ends the text here, but the line continues",
        f"{other}{f': {shown}' if shown else ''}",
    )


def _encloses(value: str, index: int) -> bool:
    """Whether the outer quotes of `value` enclose the whole text, despite another quote at `index`.

    That is so if a quotation begins with that quote, or if it is an apostrophe in a word.
    """
    if not value.endswith(value[0]) or index >= len(value) - 1:
        return False
    before, behind = value[index - 1], value[index + 1]
    return before in " \t([" or (before.isalnum() and behind.isalnum())


def _escape(slip: _Slip) -> TextFault | None:
    if "escape" not in slip.problem and "hexdecimal" not in slip.problem:
        return None
    index = max(slip.text.rfind("\\", 0, slip.index + 1), 0)
    if half := _HALF.match(slip.text, index):
        hint = "type the character itself, or both of its escapes, as JSON has them"
        return slip.fault(index, f"{half.group()} is only half of a character", hint)
    hint = "put the text in single quotes, or type the backslash twice"
    return slip.fault(index, "this backslash has no meaning in double quotes", hint)


def _no_space(slip: _Slip) -> TextFault | None:
    for place in reversed(slip.starts()):
        start = place
        if "not allowed" in slip.problem:
            start = slip.start(len(slip.text[:start].rstrip()))
        found = _NO_SPACE.match(slip.line(start))
        if found:
            key = slip.line(start)[: found.start("colon")].strip()
            shown = instead.plain_line(f"{key}:", found["value"].strip())
            what = "a non-breaking space" if found["value"].startswith("\xa0") else "no space"
            hint = f"type a space there: {shown}" if shown else "type a space there"
            return slip.fault(start + found.start("colon"), f"{what} comes after the colon", hint)
    return None


def _colon(slip: _Slip) -> TextFault | None:
    if "mapping values are not allowed" not in slip.problem:
        return None
    start = slip.start(slip.index)
    line = slip.line(slip.index)
    found = _VALUE.match(line) or _ITEM.match(line)
    if found and start + found.start("value") <= slip.index:
        if found["value"][:1] in instead.TYPOGRAPHIC:
            return slip.fault(
                start + found.start("value"),
                "typographic quotes are no quotes to YAML",
                f"type straight ones{_in_quotes(found)}",
            )
        return slip.fault(
            slip.index,
            "a text without quotes contains a colon and a space",
            f"{_TO_QUOTE}{_in_quotes(found)}",
        )
    return slip.fault(
        start + len(line) - len(line.lstrip(" ")),
        "this line is indented deeper than the lines that it belongs to",
        "indent it like the name above it; if it is part of the text above, put that whole text in quotes",
    )


_FIRST = {
    "@": "an at sign",
    "`": "a backtick",
    "%": "a percent sign",
    "*": "an asterisk",
    "&": "an ampersand",
    "!": "an exclamation mark",
    "[": "a bracket",
    "{": "a brace",
    "]": "a bracket",
    "}": "a brace",
    ",": "a comma",
    "-": "a hyphen",
    "?": "a question mark",
    "|": "a vertical bar",
    ">": "an angle bracket",
}


def _first_character(slip: _Slip) -> TextFault | None:
    for start in slip.starts():
        line = slip.line(start)
        found = _VALUE.match(line) or _ITEM.match(line)
        if not found or found["value"][:1] not in _FIRST or not found["value"]:
            continue
        where = start + found.start("value")
        if slip.start(slip.index) != start and slip.begin != where:
            continue
        first = found["value"][0]
        closed = {"[": "]", "{": "}"}.get(first, "")
        if closed and closed not in found["value"]:
            what = "list" if first == "[" else "mapping"
            return slip.fault(
                where,
                f"the {what} that opens here is never closed",
                f"type {closed} where it ends, or {_TO_QUOTE}",
            )
        if closed and found["value"].rstrip().endswith(closed):
            return None
        message = f"a text that begins with {_FIRST[first]} needs quotes"
        return slip.fault(where, message, f"{_TO_QUOTE}{_in_quotes(found)}")
    return None


def _open_bracket(slip: _Slip) -> TextFault | None:
    if "node content" in slip.problem and slip.text.startswith(",", slip.index):
        return slip.fault(slip.index, "a value is missing before this comma", "type it, or delete the comma")
    if "flow" not in slip.context or slip.text[slip.begin : slip.begin + 1] not in ("[", "{"):
        return None
    first = slip.text[slip.begin]
    what, closing = ("list", "]") if first == "[" else ("mapping", "}")
    if slip.index < len(slip.text.rstrip()) and slip.start(slip.index) == slip.start(slip.begin):
        return slip.fault(
            slip.index, f"a comma or {closing} is expected here", "check the commas and brackets"
        )
    message = f"the {what} that opens here is not closed"
    return slip.fault(slip.begin, message, f"type {closing} where it ends")


def _no_colon(slip: _Slip) -> TextFault | None:
    if "could not find expected ':'" not in slip.problem:
        return None
    start = slip.start(slip.begin)
    line = slip.line(slip.begin)
    return slip.fault(
        start + len(line) - len(line.lstrip(" ")),
        "this line has no colon",
        "write it as name: value; if it continues the text above, indent it by two more spaces",
    )


def _indentation(slip: _Slip) -> TextFault | None:
    if not re.search(r"expected (?:key|'-' indicator|<document start>|<block end>)", slip.problem):
        return None
    start = slip.starts()[0]
    line = slip.line(start)
    if slip.start(slip.index) == start and line[: slip.index - start].strip():
        return None
    return slip.fault(
        start + len(line) - len(line.lstrip(" ")),
        "the indentation of this line fits none of the lines above",
        "indent what belongs together by the same number of spaces",
    )


_SLIPS: tuple[Callable[[_Slip], TextFault | None], ...] = (
    _tab,
    _open_quote,
    _text_behind_quote,
    _escape,
    _no_space,
    _colon,
    _first_character,
    _open_bracket,
    _no_colon,
    _indentation,
)
