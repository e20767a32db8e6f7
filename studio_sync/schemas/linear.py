"""The fast validator: it fetches nothing, and matches patterns in linear time."""

from collections.abc import Callable
from typing import Any, Never

from studio_sync.core.values.value import Value

PATTERN_SIZE = 1 << 18
"""Bytes that a pattern may take when it is compiled: `(a{99}){99}` takes more."""


def compiled(schema: Any) -> Callable[[Value], bool]:
    """The check that a schema asks for. Raises ValueError or ReferencingError where it is no schema."""
    import jsonschema_rs

    patterns = jsonschema_rs.RegexOptions(size_limit=PATTERN_SIZE, dfa_size_limit=4 * PATTERN_SIZE)
    return jsonschema_rs.validator_for(schema, retriever=_refuse, pattern_options=patterns).is_valid


def _refuse(uri: str) -> Never:
    raise ValueError(f"`{uri}` stands in another file")
