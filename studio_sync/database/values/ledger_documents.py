"""Documents of the ledger read with care: what a role wrote is believed only where it fits its kind."""

from collections.abc import Mapping
from decimal import Decimal

from studio_sync.core.values.kind import Kind, Type
from studio_sync.core.values.value import Value, load_json

MORE = "other columns"
"""Under this key a version keeps the columns of its row that studio doesn't know, and that aren't null."""
ELSEWHERE = "rows of other tables"
"""Under which a document keeps the rows, by table, that went along with a deleted record."""


def sound_values(kind: Kind, text: str) -> Mapping[str, Value] | None:
    """The values that a document of a record of `kind` says; None if it can't be what a push wrote."""
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
