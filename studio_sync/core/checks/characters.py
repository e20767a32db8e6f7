"""Check for invisible characters in one-line texts: titles, questions, names."""

import unicodedata
from collections.abc import Iterator

from studio_sync.core.checks.content import Around, CheckedFile, Remark, Where
from studio_sync.core.values.escapes import first_unsafe, may_be_unsafe, may_be_unsafe_in
from studio_sync.core.values.kind import FieldPlace
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value

_SOFT_HYPHEN = "\xad"
_CONTROLS = {"\x07": "a", "\x08": "b", "\x0b": "v", "\x0c": "f", "\x1b": "e"}
"""Control characters that a backslash and a letter denote in double quotes, never intended in a text."""


def hidden_character(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Control, bidirectional and zero-width characters in one-line texts."""
    if content.markdown:
        front = content.text[: -len(content.markdown)]
        clean = "\\" not in front and not may_be_unsafe(front)  # else an escape may denote one
    else:
        clean = b"\\" not in content.data and not may_be_unsafe_in(content.data)
    if clean:
        return
    for field in content.kind.fields:
        if field.place is not FieldPlace.BODY:
            yield from _below(
                content, (field.name,) if field.place is FieldPlace.FRONT else (), content.values[field.name]
            )


def _below(content: CheckedFile, where: Where, value: Value | Omitted) -> Iterator[Remark]:
    if isinstance(value, str):
        found = "" if "\n" in value.strip("\n") else first_unsafe(value, keep=f"\t\n{_SOFT_HYPHEN}")
        if found:
            yield Remark(content.at(where), f"an invisible character is here: {_name(found)}", _hint(found))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _below(content, (*where, key), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _below(content, (*where, number), inner)


def _name(character: str) -> str:
    name = unicodedata.name(character, "a control character").lower()
    return f"U+{ord(character):04X}, {name}"


def _hint(character: str) -> str:
    letter = _CONTROLS.get(character)
    if letter:
        return f"in double quotes `\\{letter}` is that character: use single quotes, or write `\\\\{letter}`"
    return "delete it, or type the text again: it came with pasted text"
