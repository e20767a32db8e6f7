"""A record's columns as one JSON object: the form in which contents are kept between two steps."""

from collections.abc import Mapping

from studio_sync.core.kind import Kind
from studio_sync.core.record import OMITTED, Omitted
from studio_sync.core.value import Value, dump_json
from studio_sync.core.words import count_words


def image(kind: Kind, values: Mapping[str, Value | Omitted]) -> str:
    """The JSON object of a record's fields and of the counts derived from them; omitted ones left out."""
    columns = {name: value for name, value in values.items() if not isinstance(value, Omitted)}
    for column, source in (kind.words or {}).items():
        text = values[source]
        columns[column] = count_words(text) if isinstance(text, str) else 0
    return dump_json(columns)


def values_of(kind: Kind, columns: Mapping[str, Value]) -> dict[str, Value | Omitted]:
    """The values of which `columns` are the image."""
    return {field.name: columns.get(field.name, OMITTED) for field in kind.fields}
