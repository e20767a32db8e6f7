"""Reading ledger documents defensively: a role may have written anything, so values must fit the kind."""

from collections.abc import Mapping
from decimal import Decimal

from studio_sync.core.values.kind import Kind, Type
from studio_sync.core.values.value import Value, load_json

MORE = "other columns"
"""The key of a row's other, non-null columns in a document: those that studio doesn't know."""
ELSEWHERE = "rows of other tables"
"""The key of rows of other tables in a document, by table: those deleted with the record by cascade."""


def sound_values(kind: Kind, text: str) -> Mapping[str, Value] | None:
    """The values in a document of a record of `kind`; None if no push can have written it."""
    try:
        values = load_json(text)
    except ValueError:
        return None
    if not isinstance(values, Mapping):
        return None
    fits = all(_fits(f.type, values[f.name]) for f in kind.fields if values.get(f.name) is not None)
    return values if fits else None


def _fits(type_: Type, value: Value) -> bool:
    if type_ is Type.JSON:
        return True
    if isinstance(value, bool):
        return False
    wanted = {Type.TEXT: str, Type.INTEGER: int, Type.DECIMAL: (int, Decimal)}[type_]
    return isinstance(value, wanted)  # type: ignore[arg-type]
