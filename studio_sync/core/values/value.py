r"""Values of fields, their canonical form, and its digest.

A value is None, a bool, an int, a Decimal, a str, or a list or dict (with str keys) of values: what
YAML 1.2 core and JSON have in common. A float never occurs: it could not give back what was written.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from typing import NoReturn, TypeAlias

import orjson

Value: TypeAlias = bool | int | Decimal | str | Sequence["Value"] | Mapping[str, "Value"] | None

PLAIN_CLASSES = frozenset({str, bool, int, Decimal, type(None)})
"""The classes of scalar values; a lookup here is the fastest test."""
MAPPINGS = (dict, Mapping)
SEQUENCES = (list, Sequence)
"""For `isinstance`: the concrete class first, because an abstract one takes ten times as long."""

DIGEST_SIZE = 16
ABSENT = bytes(DIGEST_SIZE)
"""The digest of a field that a side omits; different from that of NULL."""

MAX_DEPTH = 200
"""The deepest nesting of lists and mappings; a deeper one is a problem, never a crash."""

_MAX_INT_DIGITS = 18
_MAX_SPELLED_DIGITS = 4_000
"""The longest integer that is hashed by its digits: Python's limit for conversion is little higher."""

_BOM = "\ufeff"
_BLANK_LINES = re.compile(rf"(?:[^\S\n]*\n|{_BOM})*")


def canonical_text(text: str) -> str:
    """`text` with LF line ends, no byte-order mark, and no blank lines at its start or end.

    Only whole blank lines are removed: the first line keeps its indent, the last one its trailing spaces.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text or not (text[0].isspace() or text[0] == _BOM or text[-1].isspace()):
        return text
    above = _BLANK_LINES.match(text)
    start = above.end() if above else 0
    end = len(text.rstrip())
    if end <= start:
        return ""
    stop = text.find("\n", end)
    return text[start:] if stop < 0 else text[start:stop]


def parse_number(text: str) -> int | Decimal:
    """Parse a JSON or YAML 1.2 decimal literal exactly.

    Raises decimal.InvalidOperation for an absurd exponent.
    """
    digits = len(text)
    if digits <= _MAX_INT_DIGITS and text.lstrip("+-").isdecimal():
        return int(text)
    return Decimal(text)


def load_json(text: str) -> Value:
    """Parse a JSON text, with exact numbers.

    Raises ValueError for invalid JSON, or nesting deeper than MAX_DEPTH.
    """
    try:
        value: Value = _exactly(text)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    except InvalidOperation:
        raise ValueError("a number in it is too large") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON knows")


def dump_json(value: Value) -> str:
    """A JSON text that `load_json` parses to an equal value; numbers keep all their digits."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    try:
        return _plain_json(value)
    except TypeError:
        return "".join(_spelled(value))


def json_bytes(value: Value) -> bytes:
    """The same JSON text as `dump_json`, in UTF-8 and without spaces, many times as fast."""
    try:
        return orjson.dumps(value, default=_as_float)
    except orjson.JSONEncodeError:
        # A lone surrogate, an integer beyond 64 bits, or a number that no float represents.
        return dump_json(value).encode("utf-8", "surrogatepass")


def plain_json(value: Value) -> bytes | None:
    """The same text if `load_plain_json` reads it exactly: no number has a fraction, or more than 64 bits."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return None


def load_plain_json(text: bytes) -> dict[str, Value]:
    """Parse an object of members that `plain_json` wrote; `load_json` takes twice to three times as long."""
    found: dict[str, Value] = orjson.loads(text)
    return found


def _spelled(value: Value) -> Iterator[str]:
    """The pieces of a JSON text with numbers that the fast encoder can't represent exactly."""
    if isinstance(value, Decimal):
        yield str(value)
    elif isinstance(value, Mapping):
        yield "{"
        for i, (key, item) in enumerate(value.items()):
            yield f"{', ' if i else ''}{_quoted(key)}: "
            yield from _spelled(item)
        yield "}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield "["
        for i, item in enumerate(value):
            yield ", " if i else ""
            yield from _spelled(item)
        yield "]"
    else:
        yield dump_json(value)


def quoted_bytes(text: bytes) -> bytes:
    """The JSON string, in UTF-8, of a UTF-8 text: like `dump_json`, many times as fast."""
    if len(text.translate(None, _CONTROLS)) != len(text):
        return _quoted(text.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
    escaped = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def depth(value: Value) -> int:
    """The nesting depth of lists and mappings; 0 for a scalar."""
    levels, items = 0, [value]
    while items:
        holders = [i for i in items if isinstance(i, Mapping | list | tuple)]
        if not holders:
            break
        levels += 1
        items = [inner for h in holders for inner in (h.values() if isinstance(h, Mapping) else h)]
    return levels


def same(one: Value, other: Value) -> bool:
    """Whether two values have the same canonical form: 1.10 equals 1.1, and true isn't 1."""
    return digest(one) == digest(other)


def digest(value: Value) -> bytes:
    """The digest of `value` in canonical form: DIGEST_SIZE bytes, the same on every machine.

    Texts count as given (see `canonical_text`), numbers by value, objects regardless of the order of keys.
    """
    if value is None:
        return _NULL
    if isinstance(value, str):
        if len(value) <= _SHORT:
            return _digest_of_short(value)
        return digest_of_text(value.encode("utf-8", "surrogatepass"))
    plain = _plain(value) if isinstance(value, Decimal) else value
    try:
        text = orjson.dumps(plain, default=_plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        text = _canonical_json(plain).encode("utf-8", "surrogatepass")
    return blake2b(b"j" + text, digest_size=DIGEST_SIZE).digest()


def digest_of_text(text: bytes) -> bytes:
    """The digest of a text in UTF-8."""
    return blake2b(b"s" + text, digest_size=DIGEST_SIZE).digest()


@lru_cache(maxsize=1024)
def _digest_of_short(text: str) -> bytes:
    """The digest of a short text, cached: statuses, types and languages occur thousands of times."""
    return digest_of_text(text.encode("utf-8", "surrogatepass"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        sign, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise ValueError(f"{value} is not a number that JSON knows")  # noqa: TRY004
        text = "".join(map(str, digits)).lstrip("0")
        shown = text.rstrip("0")
        exponent += len(text) - len(shown)
        if not shown:
            return 0
        if exponent >= 0 and len(shown) + exponent <= _MAX_SPELLED_DIGITS:
            return int(shown) * 10**exponent * (-1 if sign else 1)
        return {"\0number": f"{'-' if sign else ''}{shown}e{exponent}"}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no value")


def _as_float(value: object) -> float:
    """A Decimal as an equally spelled float, for the fast encoder. Raises TypeError."""
    if isinstance(value, Decimal):
        found = float(value)
        if repr(found) == str(value):
            return found
    raise TypeError(f"{value!r} is spelled by no float")


_SHORT = 32
_CONTROLS = bytes(set(range(0x20)) - {ord("\n")})
_exactly = json.JSONDecoder(parse_float=Decimal, parse_int=parse_number, parse_constant=_no_number).decode
"""Created once: `json.loads` creates a decoder for each text, which takes as long as decoding."""
_quoted = json.encoder.encode_basestring
_plain_json = json.JSONEncoder(ensure_ascii=False, default=_as_float).encode
_canonical_json = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
).encode
_NULL = blake2b(b"jnull", digest_size=DIGEST_SIZE).digest()
