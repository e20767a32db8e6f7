"""Resolving plain scalars by the core schema of YAML 1.2."""

import re
from decimal import Decimal
from enum import Enum
from typing import Final

from studio_sync.core.values.value import Value, parse_number

WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

FIRST: Final = frozenset("0123456789+-.~nNtTfF")
"""First characters of plain scalars that are no strings (they may also be empty)."""

MAX_WHOLE: Final = 131_072
MAX_FRACTION: Final = 16_383
"""How many digits PostgreSQL's numeric allows before and after the point."""

_MAX_TEXT = 150_000
"""The most characters, and the largest exponent, that are parsed; numeric allows fewer."""

_INT_DIGITS = 18
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?([0-9]+))?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Unusual(Enum):
    """Returned by a fast parser that doesn't support the text: a slower one must parse it."""

    UNUSUAL = "unusual"


UNUSUAL: Final = Unusual.UNUSUAL


class NumberError(Exception):
    """A plain scalar that is a YAML number, but can't be kept exactly."""


def resolve(text: str) -> Value:
    """The value of the plain scalar `text`. Raises NumberError for infinity, NaN and absurd sizes."""
    if text and text[0] not in FIRST:
        return text
    if text in WORDS:
        return WORDS[text]
    found = _DECIMAL.fullmatch(text)
    if found:
        exponent = found.group(1)
        if len(text) > _MAX_TEXT:
            raise NumberError(f"this number has more than {MAX_WHOLE:,} digits")
        if exponent and (len(exponent.lstrip("0")) > len(str(_MAX_TEXT)) or int(exponent) > _MAX_TEXT):
            raise NumberError(f"the exponent of {text} is too large")
        value = parse_number(text)
        if isinstance(value, Decimal):
            _measure(value)
        return value
    if _BASED.fullmatch(text):
        if len(text) > MAX_WHOLE:
            raise NumberError(f"this number has more than {MAX_WHOLE:,} digits")
        whole = int(text[2:], 8 if text[1] == "o" else 16)
        return whole if whole < 10**_INT_DIGITS else Decimal(whole)
    if _ENDLESS.fullmatch(text):
        raise NumberError(f"{text} is not a number that the database can hold")
    return text


def _measure(value: Decimal) -> None:
    """Raise NumberError for a number that PostgreSQL's numeric can't hold."""
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and -exponent > MAX_FRACTION:
        raise NumberError(f"this number has more than {MAX_FRACTION:,} digits behind the point")
    if value and isinstance(exponent, int) and len(digits) + exponent > MAX_WHOLE:
        raise NumberError(f"this number has more than {MAX_WHOLE:,} digits before the point")
