"""JSON output: indented by two, characters unescaped, numbers with all their digits."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def json_text(value: Any, indent: str = "") -> str:
    """Like `json.dumps`, but decimal numbers keep their digits: `12.50` stays `12.50`."""
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
