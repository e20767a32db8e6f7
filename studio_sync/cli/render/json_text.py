"""JSON as it is printed: indented by two, its characters as they are, its numbers with all their digits."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def json_text(value: Any, indent: str = "") -> str:
    """What `json.dumps` gives, and of a decimal number what was written: `12.50` stays `12.50`."""
    inner = f"{indent}  "
    if isinstance(value, Mapping) and value:
        items = [f"{inner}{_scalar(str(key))}: {json_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, Sequence) and value and not isinstance(value, str):
        items = [f"{inner}{json_text(item, inner)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
