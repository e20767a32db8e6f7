"""Encoding slots as file names, and decoding them: reversible, and valid on every file system.

Sources: the reserved characters and device names of Windows file systems ("Naming Files, Paths, and
Namespaces"), and the 255 bytes that ext4, APFS and NTFS leave to one name.
"""

import re
import unicodedata
from collections.abc import Collection

from studio_sync.core.values.kind import Kind, Naming, Slot, Type
from studio_sync.core.values.phrases import a

MAX_NAME_BYTES = 255
_TITLE_LENGTH = 60
_EMPTY = "%"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"%*/:<>?\\|\u2028\u2029\ud800-\udfff]')
_UNPORTABLE = re.compile(r'[\x00-\x1f"*/:<>?\\|]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_REFUSED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)|git~1$", re.IGNORECASE
)
"""Device names of Windows, and the short name that Windows gives to `.git`: git refuses it."""
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_BETWEEN = frozenset(("", ".", "-"))
_PLAIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d"}


def encode(name: str, *, reserved: Collection[str] = (), extra: str = "") -> str:
    """`name` with characters that a path can't have percent-encoded; `decode` reverses it.

    Encoded are `%`, characters that are invisible or that some file system rejects, those in `extra`, a
    leading or trailing dot or blank, and the first character of a Windows device name, of `git~1`, or of
    a name in `reserved` (case is ignored).
    """
    if not name:
        return _EMPTY
    escape = _UNSAFE if not extra else re.compile(f"{_UNSAFE.pattern}|[{re.escape(extra)}]")
    text = escape.sub(lambda m: _percent(m[0]), name)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _percent(c) for c in text)
    if text[0] in ". ":
        text = _percent(text[0]) + text[1:]
    if text[-1] in ". ":
        text = text[:-1] + _percent(text[-1])
    if _REFUSED.match(text) or text.casefold() in reserved:
        text = _percent(text[0]) + text[1:]
    return text


def portable(name: str) -> bool:
    """Whether every system accepts a file or folder named `name`."""
    return not (_UNPORTABLE.search(name) or name[-1:] in (".", " ") or _REFUSED.match(name))


def one_line(name: str) -> str:
    """`name` with its line ends and other control characters percent-encoded: it is one line of a message."""
    return _CONTROL.sub(lambda m: _percent(m[0]), name)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def decode(text: str) -> str:
    """Decode a name. Raises ValueError, in words for people, for an invalid encoding."""
    if "%" not in text:
        return text
    if text == _EMPTY:
        return ""
    if text.count("%") != len(_ESCAPE.findall(text.encode("utf-8", "replace"))):
        raise ValueError(f'a "%" in {text!r} is not followed by two hexadecimal digits')
    try:
        name = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), text.encode()).decode()
    except UnicodeError:
        raise ValueError(f'what the "%" in {text!r} stand for is no text') from None
    if "\0" in name:
        raise ValueError(f"{text!r} stands for a name with a NUL character")
    return name


def slug(title: str) -> str:
    """The part of a new folder's name that describes its contents; may be empty."""
    text = unicodedata.normalize("NFKD", "".join(_PLAIN.get(c, c) for c in title.casefold()))
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text.replace("'", ""))).strip("-")
    if len(words) > _TITLE_LENGTH:
        words = words[: _TITLE_LENGTH + 1].rpartition("-")[0] or words[:_TITLE_LENGTH]
    while len(words.encode()) > MAX_NAME_BYTES // 2:
        words = words[:-1]
    return words.strip("-")


def name_of(kind: Kind, slot: str, title: str = "", *, reserved: Collection[str] = ()) -> str:
    """The name of a new folder (or file, without suffix) for a record of `kind` at `slot`."""
    place = kind.slot
    if place is None:
        raise ValueError(f"{a(kind.name)} has no place among others")
    if place.naming is not Naming.NUMBERED:
        return encode(slot, reserved=reserved)
    if place.type is Type.INTEGER and not slot.startswith("-"):
        slot = slot.zfill(place.pad)
    number, rest = encode(slot, extra="-"), slug(title)
    name = f"{number}-{rest}" if rest else number
    return _percent(name[0]) + name[1:] if name.casefold() in reserved else name


def slot_of(place: Slot, name: str) -> str:
    """The slot in the name of a folder or file (without suffix).

    Raises ValueError, in words for people, if it spells none.
    """
    first = name.partition("-")[0] if place.naming is Naming.NUMBERED else name
    text = decode(first)
    if first and place.type is not Type.INTEGER:
        return text
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(f'a {place.column} must come before the first "-" of {name!r}')
    return str(int(text))


def is_new_name(name: str) -> bool:
    """Whether a new folder or file may be called `name`: every system can hold it, and it hides nothing."""
    try:
        return encode(decode(name)) == name
    except ValueError:
        return False


def rank(slot: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key with 1.2 before 1.10, -2 before 1, and words after numbers; unique for each slot."""
    if re.fullmatch(r"-[0-9]{1,18}", slot):
        return ((0, int(slot), ""), (-1, 0, slot))
    parts = re.split(r"([0-9]{1,18})", slot)
    ranked = [(1, 0, p) if i % 2 == 0 else (0, int(p), "") for i, p in enumerate(parts) if p not in _BETWEEN]
    return (*ranked, (-1, 0, slot))


def twin(name: str) -> str:
    """A key that is equal for names that some file system treats as equal."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
