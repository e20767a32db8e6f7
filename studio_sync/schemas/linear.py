"""The fast validator: it fetches nothing, and matches patterns in linear time."""

from collections.abc import Callable
from typing import Any, Never

from studio_sync.core.values.value import Value

PATTERN_SIZE = 1 << 18
"""The maximum size of a compiled pattern in bytes: `(a{99}){99}` exceeds it."""


def compiled(schema: Any) -> Callable[[Value], bool]:
    """The validator of a schema. Raises ValueError or ReferencingError if it is no schema."""
    import jsonschema_rs

    patterns = jsonschema_rs.RegexOptions(size_limit=PATTERN_SIZE, dfa_size_limit=4 * PATTERN_SIZE)
    return jsonschema_rs.validator_for(schema, retriever=_refuse, pattern_options=patterns).is_valid


def _refuse(uri: str) -> Never:
    raise ValueError(f"`{uri}` is in another file")
