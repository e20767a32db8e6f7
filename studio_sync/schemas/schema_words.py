"""Wording of schema faults: values, types and places in plain language."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from studio_sync.core.values.nearest import nearest, plain
from studio_sync.core.values.phrases import listed

Path: TypeAlias = tuple[str | int, ...]

_SHOWN = 40
"""How many characters of a text a message quotes."""

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of `key: value` lines",
}

_MEANT = {
    "author": ("sources",),
    "criteria": ("success_criteria", "evaluation"),
    "difficulty": ("complexity",),
    "duration": ("estimated_minutes", "estimated_duration", "estimated_hours"),
    "email": ("contact_email",),
    "format": ("content_format",),
    "goals": ("learning_objectives",),
    "heading": ("title", "name"),
    "hours": ("estimated_hours",),
    "index": ("order_index",),
    "lang": ("language",),
    "length": ("estimated_duration", "estimated_minutes"),
    "level": ("complexity",),
    "links": ("sources",),
    "locale": ("language",),
    "mail": ("contact_email",),
    "mentor": ("ai_mentor",),
    "meta": ("metadata",),
    "minutes": ("estimated_minutes",),
    "name": ("title",),
    "objectives": ("learning_objectives",),
    "order": ("order_index",),
    "position": ("order_index",),
    "prompt": ("question",),
    "references": ("sources",),
    "rubric": ("evaluation",),
    "sector": ("industry",),
    "state": ("status",),
    "teaser": ("hook",),
    "title": ("name",),
    "type": ("exercise_type",),
    "uuid": ("id",),
}
"""Common other names of keys, with the keys that they may mean."""

_YES = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


def subject(path: Path) -> str:
    """The name of the place at `path`: "`title`", "item 2 of `sources`", "the file"."""
    if not path:
        return "the file"
    last = path[-1]
    return f"`{last}`" if isinstance(last, str) else f"item {last + 1} of {subject(path[:-1])}"


def quoted_value(value: object, *, bare: bool = False) -> str:
    """`value` as quoted in a message; `bare` without the word for its type."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case str():
            short = (
                " ".join(value.split()) if len(value) <= _SHOWN else " ".join(value[:_SHOWN].split()) + "…"
            )
            return f'"{short}"' if bare else f'the text "{short}"' if short else "an empty text"
        case list():
            return "a list"
        case Mapping():
            return _TYPES["object"]
        case _:
            return f"{value}" if bare else f"the number {value}"


def rule_hint(rules: Mapping[str, Any]) -> str:
    """A schema's description of the required value, as a hint; or ""."""
    return str(rules.get("description", "")).removesuffix(".")


def guess(key: str, known: Sequence[str]) -> str:
    """Which of the `known` keys a writer who typed `key` meant, or ""."""
    by_plain = {plain(name): name for name in known}
    meant = next((name for name in (plain(key), *_MEANT.get(plain(key), ())) if name in by_plain), "")
    return by_plain[meant] if meant else nearest(key, known)


def type_fault(
    path: Path, value: object, types: Sequence[str], rules: Mapping[str, Any], *, required: bool
) -> tuple[str, str]:
    """Message and hint for a value of a wrong type."""
    wanted = listed([_TYPES[name] for name in types if name in _TYPES]) or "empty"
    message = f"{subject(path)} must be {wanted}, but is {quoted_value(value)}"
    return message, _type_hint(path, value, types, rules, required=required)


def needs_quotes(value: object, types: Sequence[str]) -> bool:
    """Whether a text is required, and the value only lacks quotes."""
    return "string" in types and (isinstance(value, bool | int | Decimal) or bool(_only_pair(value)))


def _type_hint(
    path: Path, value: object, types: Sequence[str], rules: Mapping[str, Any], *, required: bool
) -> str:
    start = _start(path)
    if value is None:
        add = f"write it after `{start}`" if path else "write `key: value` lines"
        return add if required or not path else f"{add}, or delete the line"
    if "string" in types:
        if isinstance(value, bool | int | Decimal):
            return f'put it in quotes: `{start} "{quoted_value(value, bare=True)}"`'
        pair = _only_pair(value)
        if pair:
            return f'a text with a colon needs quotes: `{start} "{pair}"`'
        return f"write it after `{start}`, or as a block of lines below `{start} |`"
    if isinstance(value, str):
        if "boolean" in types and value.lower() in _YES:
            return f"write `{start} {_YES[value.lower()]}`, without quotes"
        if "integer" in types or "number" in types:
            return _number_hint(start, value, rules, whole="number" not in types)
    if "integer" in types and isinstance(value, Decimal):
        return f"write a number without a decimal point, such as `{start} {_example(rules)}`"
    if "array" in types:
        if path:
            return f"write each item on a line of its own below `{start}`, starting with `- `"
        return "write each item on a line of its own, starting with `- `"
    if "object" in types:
        return _object_hint(path, value, rules)
    return rule_hint(rules)


def _object_hint(path: Path, value: object, rules: Mapping[str, Any]) -> str:
    asked = next(iter(rules.get("required", ())), "key")
    if isinstance(value, list):
        return "write `key: value` lines, without a `- ` before them"
    if path and isinstance(path[-1], int):
        return f"write `- {asked}: …` instead of `- …`"
    below = f" below `{_start(path)}`, indented by two spaces" if path else ""
    return f"write `key: value` lines{below}"


def _number_hint(start: str, value: str, rules: Mapping[str, Any], *, whole: bool) -> str:
    found = re.fullmatch(r"\D*?(-?\d+)\D*" if whole else r"\D*?(-?\d+(?:[.,]\d+)?)\D*", value)
    if re.search(r"\d", value) and (found is None or re.search(r"\d[.,]\d{3}(?!\d)", value)):
        return f"write only {'a whole' if whole else 'the'} number, such as `{start} {_example(rules)}`"
    number = found[1].replace(",", ".") if found else _example(rules)
    return f"write only the number, without quotes or a unit: `{start} {number}`"


def _example(rules: Mapping[str, Any]) -> object:
    return rules.get("default") or next(iter(rules.get("examples", ())), 10)


def _only_pair(value: object) -> str:
    """`key: value` if `value` is an object of one key with a scalar: usually an unquoted colon."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return ""
    (key, inner), *_ = value.items()
    if isinstance(inner, Mapping | list):
        return ""
    return f"{key}: {'' if inner is None else inner}".strip()


def _start(path: Path) -> str:
    """The beginning of the line of the value at `path`."""
    return f"{path[-1]}:" if path and isinstance(path[-1], str) else "-"
