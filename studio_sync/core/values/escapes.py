r"""Escaping for each output medium: terminals, CI logs, JSON, Markdown.

Content, names and messages may come from anybody: a repository's author, a row, a server. They are displayed,
and must have no effect. Only output is escaped; files are never changed.

Characters that writers need stay: right-to-left text, a joiner in Persian or inside an emoji.
"""

import re
from functools import cache
from itertools import groupby

# Control characters, bidirectional controls, invisible or zero-width characters, line separators, lone
# surrogates, tags.
_ACTING = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# Joiners belong to scripts with joined letters, and to emoji; variation selectors to characters with forms.
_JOINER = "\u200c\u200d"
_JOINING = (
    "\u0590-\u061b\u061d-\u109f\u1780-\u17b3\u17b6-\u180d\u180f-\u1aff\u2190-\u2bff\ua800-\uabff"
    "\ufb1d-\ufdff\ufe0f\ufe70-\ufefc\U00010a00-\U00011fff\U0001f000-\U0001faff"
)
_SELECTOR = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_VARYING = (
    "0-9#*\xa9\xae\u1820-\u18aa\u203c-\u205f\u2100-\u3163\u3165-\ud7ff\ue000-\ufdff\uff00-\uff9f"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_HIDDEN = re.compile(f"[{_ACTING}{_JOINER}{_SELECTOR}]")
_UNSAFE = f"[{_ACTING}]|(?<![{_JOINING}])[{_JOINER}]|(?<![{_VARYING}])[{_SELECTOR}]"
_ASCII = bytes(range(0x80))

# A workflow command of a CI system: `::error::…` at the start of a line, after blanks and colours; and
# `##[error]…`, `##vso[…]`, `##teamcity[…]` anywhere in it.
_COMMAND = re.compile(
    rf"^((?:\x1b\[[0-9;]*m|[^\S\n]|[{_JOINER}])*):(?=:[^\n]+?::)|#(?=#(?:vso|teamcity)?\[)",
    re.MULTILINE | re.IGNORECASE,
)
_LEGACY_IN_JSON = re.compile(r"#(?=#(?:vso|teamcity)?\[)", re.IGNORECASE)

_CODE = re.compile(r"((?<!`)`(?!`)[^`\n]+`(?!`))")
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#]|:(?=\S)|@(?=\w)|(?<=www)\.", re.IGNORECASE)


@cache
def _unsafe() -> re.Pattern[str]:
    """The pattern of what `safe` escapes. To compile it takes 2 ms, and most runs print nothing but ASCII."""
    return re.compile(_UNSAFE)


def safe(text: str, keep: str = "") -> str:
    r"""`text` for a terminal, with control and invisible characters escaped as `\x1b` or `\u202e`.

    Characters in `keep` stay unchanged.
    """
    if text.isascii() and text.isprintable():
        return text
    return _unsafe().sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], text)


def may_be_unsafe(text: str) -> bool:
    """Whether a character beyond ASCII may be one that `safe` escapes: false for nearly every text.

    Only the few characters beyond ASCII are searched, out of their context: a thirtieth of the time of
    `first_unsafe`.
    """
    return not text.isascii() and may_be_unsafe_in(text.encode("utf-8", "surrogatepass"))


def may_be_unsafe_in(data: bytes) -> bool:
    """The same of a text in UTF-8."""
    rare = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return _HIDDEN.search(rare) is not None


def first_unsafe(text: str, keep: str = "") -> str:
    """The first character that `safe` would escape, "" if there is none."""
    if text.isascii() and text.isprintable():
        return ""
    return next((found[0] for found in _unsafe().finditer(text) if found[0] not in keep), "")


def without_commands(text: str) -> str:
    r"""`text` for a CI log, without workflow commands: their first character is escaped as `\x3a`."""
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda found: found[1] + r"\x3a" if found[1] is not None else r"\x23", text)


def json_escaped(document: str) -> str:
    """An equal JSON document in which every character with an effect on output is escaped."""
    escaped = _LEGACY_IN_JSON.sub(r"\\u0023", document) if "##" in document else document
    if escaped.isascii():
        return escaped.replace("\x7f", r"\u007f")
    return _HIDDEN.sub(_json_escape, escaped)


def _json_escape(found: "re.Match[str]") -> str:
    if found[0] in "\n\r\t":  # whitespace between values; inside strings these are escaped already
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[k : k + 4]}" for k in range(0, len(units), 4))


def code_span(text: str) -> str:
    """`text` as a Markdown code span: no markup, mention, link, reference or HTML in it has an effect."""
    shown = safe(" ".join(text.splitlines()))
    fence = code_fence(shown, 1)
    pad = " " if "`" in shown or shown != shown.strip() or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_fence(text: str, least: int) -> str:
    """A fence of at least `least` backticks that nothing in `text` closes."""
    longest = max((len(list(run)) for char, run in groupby(text) if char == "`"), default=0)
    return "`" * max(least, longest + 1)


def plain_markdown(text: str) -> str:
    """`text` in Markdown as plain words; only `code` between single backticks stays code.

    Links, pictures, HTML and URLs lose their effect: a viewer would fetch or follow them.
    """
    pieces = _CODE.split(safe(text, keep="\n"))
    return "".join(piece if k % 2 else _MARKUP.sub(r"\\\g<0>", piece) for k, piece in enumerate(pieces))
