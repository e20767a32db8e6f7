r"""What each medium may carry: the characters that act there, and how they are written instead.

Content, names and messages come from anybody: a repository's author, a row, a server. They are shown, and
never act. What is written into files is never changed; only what is shown is.

Characters that a writer needs stay as they are: right-to-left text, a joiner in Persian or inside an emoji.
"""

import re
from itertools import groupby

# Control characters, what reorders text, what has no width or looks like nothing, line separators, halves of
# pairs, tags.
_ACTING = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# Joiners belong to scripts in which letters join, and to emoji; variation selectors to signs with variants.
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
_UNSAFE = re.compile(f"[{_ACTING}]|(?<![{_JOINING}])[{_JOINER}]|(?<![{_VARYING}])[{_SELECTOR}]")
_HIDDEN = re.compile(f"[{_ACTING}{_JOINER}{_SELECTOR}]")

# A line that a CI system obeys: `::error::…` at its beginning, blanks and colours apart, and `##[error]…`,
# `##vso[…]`, `##teamcity[…]` anywhere in it.
_COMMAND = re.compile(
    rf"^((?:\x1b\[[0-9;]*m|[^\S\n]|[{_JOINER}])*):(?=:[^\n]+?::)|#(?=#(?:vso|teamcity)?\[)",
    re.MULTILINE | re.IGNORECASE,
)
_LEGACY_IN_JSON = re.compile(r"#(?=#(?:vso|teamcity)?\[)", re.IGNORECASE)

_CODE = re.compile(r"((?<!`)`(?!`)[^`\n]+`(?!`))")
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#]|:(?=\S)|@(?=\w)|(?<=www)\.", re.IGNORECASE)


def safe(text: str, keep: str = "") -> str:
    r"""`text` for a terminal: every character that could steer it or hide is spelled as `\x1b` or `\u202e`.

    Characters in `keep` stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], text)


def first_unsafe(text: str, keep: str = "") -> str:
    """The first character that `safe` would spell out, "" if there is none."""
    return next((found[0] for found in _UNSAFE.finditer(text) if found[0] not in keep), "")


def without_commands(text: str) -> str:
    r"""`text` for the log of a CI system: no line of it is a command; its first sign is spelled as `\x3a`."""
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda found: found[1] + r"\x3a" if found[1] is not None else r"\x23", text)


def json_escaped(document: str) -> str:
    """A JSON document with the same value, in which all that could act where it is printed is escaped."""
    escaped = _LEGACY_IN_JSON.sub(r"\\u0023", document) if "##" in document else document
    if escaped.isascii():
        return escaped.replace("\x7f", r"\u007f")
    return _HIDDEN.sub(_json_escape, escaped)


def _json_escape(found: "re.Match[str]") -> str:
    if found[0] in "\n\r\t":  # between the values of a document; inside a string they are escaped already
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(rf"\u{units[k : k + 4]}" for k in range(0, len(units), 4))


def code_span(text: str) -> str:
    """`text` in Markdown, in one line: no markup, mention, link, reference or HTML in it counts."""
    shown = safe(" ".join(text.splitlines()))
    fence = code_fence(shown, 1)
    pad = " " if "`" in shown or shown != shown.strip() or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_fence(text: str, least: int) -> str:
    """Backticks that nothing in `text` closes, `least` of them or more."""
    longest = max((len(list(run)) for char, run in groupby(text) if char == "`"), default=0)
    return "`" * max(least, longest + 1)


def plain_markdown(text: str) -> str:
    """`text` in Markdown as plain words; only `code` between single backticks stays code.

    No link, picture, HTML or address in it is one: a viewer would fetch or follow them.
    """
    pieces = _CODE.split(safe(text, keep="\n"))
    return "".join(piece if k % 2 else _MARKUP.sub(r"\\\g<0>", piece) for k, piece in enumerate(pieces))
