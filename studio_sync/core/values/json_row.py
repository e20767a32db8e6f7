"""The JSON row: a record's columns as one JSON object, in which contents are stored and passed on."""

from collections.abc import Callable, Mapping
from functools import cache

from studio_sync.core.values import bounds
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import OMITTED, Omitted
from studio_sync.core.values.value import ABSENT, Value, digest, json_bytes, plain_json
from studio_sync.core.values.word_count import count_words


def json_row(kind: Kind, values: Mapping[str, Value | Omitted]) -> bytes:
    """The JSON object, in UTF-8, of a record's fields and the counts derived from them.

    Omitted fields are left out.
    """
    return digests_and_row(kind, values)[1]


def digests_and_row(
    kind: Kind, values: Mapping[str, Value | Omitted], *, counted: bool = True
) -> tuple[bytes, bytes, bool]:
    """The digests of a record's canonical values, its JSON row, and whether `load_plain_json` reads that.

    Without `counted` the row lacks derived columns, which only a row to write needs.
    """
    plain = True
    digests: list[bytes] = []
    members: list[bytes] = []
    for field in kind.fields:
        value = values[field.name]
        if isinstance(value, Omitted):
            digests.append(ABSENT)
            continue
        # The encoder leaves its UTF-8 with the text: so what comes after it encodes nothing a second time.
        text = plain_json(value)
        plain = plain and text is not None
        members.append(_name(field.name) + (json_bytes(value) if text is None else text))
        digests.append(digest(value))
    for column, source in (kind.words or {}).items() if counted else ():
        written = values[source]
        members.append(b"%s%d" % (_name(column), count_words(written) if isinstance(written, str) else 0))
    return b"".join(digests), b"{" + b", ".join(members) + b"}", plain


_LONGEST = 8
"""The most bytes of one character in a JSON row."""


def is_too_large(characters: int, text: Callable[[], bytes]) -> bool:
    """Whether the JSON row (returned by `text`) of so many characters is larger than the ledger accepts."""
    return characters * _LONGEST > bounds.MAX_RECORD and len(text()) > bounds.MAX_RECORD


@cache
def _name(column: str) -> bytes:
    return json_bytes(column) + b": "


def values_of(kind: Kind, columns: Mapping[str, Value]) -> dict[str, Value | Omitted]:
    """The values in the JSON row `columns`."""
    return {field.name: columns.get(field.name, OMITTED) for field in kind.fields}
