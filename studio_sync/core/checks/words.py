"""Checks for empty texts, and for placeholders that nobody has replaced."""

import re
import unicodedata
from collections.abc import Iterator

from studio_sync.core.checks.content import Around, CheckedFile, Remark, Where
from studio_sync.core.values.kind import FieldPlace, Type
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value

_WORD = r"(?:TODO(?![- ]?[Ll]ists?\b)|TBD|FIXME|XXX+)"
_LEFT = re.compile(
    rf"{_WORD}(?=\s*(?::|$|[\])}}]))|(?:^|(?<=\n))[ \t>*_\[({{-]*{_WORD}\b(?=[\s:\])}}*_.…!-]|$)"
    r"|\blorem ipsum\b|\bLorem ipsum\b|\bLOREM IPSUM\b"
)
_WHOLE = re.compile(
    r"(?:to ?do|tbd|tba|fixme|xx+|untitled|placeholder|\?+|\.{2,}|…|[-\u2013\u2014_]+)"
    r"|\{\{[^{}]*\}\}|<[^<>]+>|\[[^\[\]]*\]",
    re.IGNORECASE,
)
_MAY_BE_WHOLE = frozenset("tTfFxXuUpP?.…-\u2013\u2014_{<[")
"""The first characters of what `_WHOLE` matches."""
_MARKS = (b"TODO", b"TBD", b"FIXME", b"XXX", b"IPSUM")
"""With `ipsum`, one of these is in whatever `_LEFT` matches."""
_NO_CAPITALS = bytes(b for b in range(0x100) if not ord("A") <= b <= ord("Z"))
_SHORT = 60
"""Longer texts are somebody's words, whatever they look like."""


def says_nothing(value: object) -> bool:
    """Whether a text contains nothing that a reader would see."""
    if isinstance(value, str) and value[:1].isalnum():  # as nearly all texts do
        return False
    return isinstance(value, str) and not any(
        not c.isspace() and unicodedata.category(c) not in {"Cf", "Cc"} and c not in "\u3164\u2800"
        for c in value
    )


def empty_text(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Texts for readers that are empty."""
    for field in content.kind.fields:
        value = content.values[field.name]
        if field.place is not FieldPlace.FRONT or field.questions:
            continue
        if field.required and field.type is Type.TEXT and says_nothing(value):
            hint = f"write it after `{field.name}:`"
            yield Remark(content.at((field.name,)), f"`{field.name}` says nothing", hint)
        elif field.required and field.type is Type.JSON and not _speaks(value):
            hint = f"write it below `{field.name}:`"
            yield Remark(content.at((field.name,)), f"`{field.name}` says nothing", hint)
        elif field.shown and isinstance(value, list):
            for number, item in enumerate(value):
                if says_nothing(item):
                    message = f"item {number + 1} of `{field.name}` says nothing"
                    yield Remark(content.at((field.name, number)), message, "write it, or delete the line")


def no_instructions(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Values without the part that the rest depends on."""
    for field in content.kind.fields:
        value = content.values[field.name]
        if not field.tells or not isinstance(value, dict) or not _speaks(value):
            continue
        listed = set(content.keys((field.name,))) - {*field.tells}
        if not any(_speaks(inner) for key, inner in value.items() if key not in listed):
            message = f"`{field.name}` doesn't say what to do: it has no {field.tells[0]}"
            yield Remark(content.at((field.name,)), message, f"write `{field.tells[0]}:` below it")


def placeholder(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Placeholders in a text: TODO, lorem ipsum, […]."""
    hint = "write what belongs here, or delete it"
    left = _may_be_left(content.data)
    escaped = b"\\" in content.data  # then a value may contain what the file doesn't
    for field in content.kind.fields:
        if field.place is FieldPlace.BODY:
            if left and field.shown:
                for used, at in content.in_markdown(_LEFT):
                    yield Remark(at, f"“{_shown(used)}” is a placeholder, not a text", hint)
        elif field.shown or field.required:
            value = content.values[field.name]
            texts: list[str] = []
            _add_texts(texts, value)
            may = left or (escaped and _may_be_left("\n".join(texts).encode("utf-8", "surrogatepass")))
            if not may and not any(map(_may_be_whole, texts)):
                continue  # as nearly always: paths, which cost twice as much as the texts, aren't needed
            spoken: list[tuple[Where, str]] = []
            _add_spoken(spoken, value, (field.name,))
            for where, text in spoken:
                found = _LEFT.search(text) if may else None
                choice = "options" in where  # a quiz on punctuation has such options
                whole = text.strip() if len(text) <= _SHORT and not choice else ""
                if found or _WHOLE.fullmatch(whole):
                    used = _shown(found[0] if found else whole)
                    yield Remark(content.at(where), f"“{used}” is a placeholder, not a text", hint)


def _may_be_left(data: bytes) -> bool:
    """Whether `_LEFT` may match in a UTF-8 text: it takes ten times as long.

    Capitals are few: what is not among them alone isn't in the text. Once for each file, and in bytes, this
    takes 11 µs for 1,600 words; a search for each word in each of a file's texts took 36.
    """
    capitals = data.translate(None, _NO_CAPITALS)
    return b"ipsum" in data or any(mark in capitals and mark in data for mark in _MARKS)


def _may_be_whole(text: str) -> bool:
    if len(text) > _SHORT or not (text[:1] in _MAY_BE_WHOLE or text[:1].isspace()):
        return False
    return _WHOLE.fullmatch(text.strip()) is not None


def _shown(used: str) -> str:
    return used.strip(" \t\n>*_-([{") or used.strip()


def _speaks(value: Value | Omitted) -> bool:
    """Whether a value contains a non-empty text."""
    if isinstance(value, str):
        return not says_nothing(value)
    if isinstance(value, dict):
        return any(_speaks(inner) for key, inner in value.items() if key not in _NAMES)
    if isinstance(value, list):
        return any(map(_speaks, value))
    return value is not None and not isinstance(value, bool)


def _add_texts(found: list[str], value: Value | Omitted) -> None:
    """Add every text in a value, as `_add_spoken` does, without paths; also those that say nothing."""
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NAMES:
                _add_texts(found, inner)
    elif isinstance(value, list):
        for inner in value:
            _add_texts(found, inner)


def _add_spoken(found: list[tuple[Where, str]], value: Value | Omitted, where: Where) -> None:
    """Add every non-empty text in a value, with its path."""
    if isinstance(value, str):
        if not says_nothing(value):
            found.append((where, value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NAMES:
                _add_spoken(found, inner, (*where, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _add_spoken(found, inner, (*where, number))


_NAMES = frozenset(("id", "type", "url", "file", "image", "answer"))
"""Keys whose texts are names, and not for reading."""
