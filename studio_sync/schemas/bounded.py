"""Bounded keywords for the explaining validator: patterns in linear time, and limited work."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema.exceptions import ValidationError

from studio_sync.core.values.bounds import MAX_EXPLAINED
from studio_sync.schemas.linear import compiled

Keyword = Callable[[Any, Any, Any, Any], Any]

NEVER: Mapping[str, Any] = {"not": {}}
"""The schema that nothing matches, as an object."""


class TooMuchError(Exception):
    """A value's faults can't be found within the bound."""


def bounded(keywords: Mapping[str, Keyword]) -> dict[str, Keyword]:
    """The keywords of a validator; together they are evaluated at most MAX_EXPLAINED times.

    Raises TooMuchError, while errors are iterated, beyond that.
    """
    left = [MAX_EXPLAINED]

    def counted(keyword: Keyword) -> Keyword:
        def run(validator: Any, rule: Any, item: Any, schema: Any) -> Iterator[ValidationError]:
            left[0] -= 1 + (len(rule) if isinstance(rule, list) else 0)
            if left[0] < 0:
                raise TooMuchError
            yield from keyword(validator, rule, item, schema) or ()

        return run

    return {name: counted(keyword) for name, keyword in {**keywords, **_OURS}.items()}


@cache
def _finder(pattern: str) -> Callable[[Any], bool]:
    return compiled({"pattern": pattern})


def found(pattern: str, text: str) -> bool:
    """Whether a pattern matches anywhere in a text, in linear time."""
    return _finder(pattern)(text)


def _pattern(_validator: Any, rule: Any, item: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(item, str) and not found(rule, item):
        yield ValidationError("pattern")


def _properties(validator: Any, rules: Any, item: Any, _schema: Any) -> Iterator[ValidationError]:
    """Jsonschema's own implementation loses the path of a property whose schema is false."""
    for name, schema in rules.items():
        if isinstance(item, Mapping) and name in item:
            rule = NEVER if schema is False else schema
            yield from validator.descend(item[name], rule, path=name, schema_path=name)


def _pattern_properties(validator: Any, rules: Any, item: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(item, Mapping):
        for pattern, schema in rules.items():
            for key, value in item.items():
                if found(pattern, key):
                    yield from validator.descend(value, schema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, rule: Any, item: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(item, Mapping):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [key for key in item if key not in known and not any(found(p, key) for p in patterns)]
    if isinstance(rule, Mapping):
        for key in others:
            yield from validator.descend(item[key], rule, path=key)
    elif rule is False and others:
        yield ValidationError("additionalProperties")


def _unique_items(validator: Any, rule: Any, item: Any, _schema: Any) -> Iterator[ValidationError]:
    if rule and validator.is_type(item, "array"):
        texts = {json.dumps(each, sort_keys=True, default=str) for each in item}
        if len(texts) < len(item):
            yield ValidationError("uniqueItems")


def _nothing(_validator: Any, _rule: Any, _item: Any, _schema: Any) -> Iterator[ValidationError]:
    """Keywords that re-evaluate others are left to the fast validator, which has judged the value."""
    yield from ()


_OURS: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedProperties": _nothing,
    "unevaluatedItems": _nothing,
}
