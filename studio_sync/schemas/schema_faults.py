"""Explaining schema faults: jsonschema's errors in words for writers, with what to type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from jsonschema import validators
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from studio_sync.core.values.bounds import MAX_FINDINGS
from studio_sync.core.values.phrases import listed
from studio_sync.core.values.problem import SchemaFault
from studio_sync.core.values.value import Value
from studio_sync.schemas.bounded import NEVER, TooMuchError, bounded, found
from studio_sync.schemas.schema_words import (
    Path,
    guess,
    needs_quotes,
    quoted_value,
    rule_hint,
    subject,
    type_fault,
)

_UUID_HINT = (
    "put back the id that this file had; for a new record delete the line: `studio validate --fix` writes one"
)

_MESSAGES = {
    "const": "{what} must be {asked}, but is {value}",
    "minimum": "{what} must be at least {asked}, but is {value}",
    "maximum": "{what} must be at most {asked}, but is {value}",
    "exclusiveMinimum": "{what} must be more than {asked}, but is {value}",
    "exclusiveMaximum": "{what} must be less than {asked}, but is {value}",
    "multipleOf": "{what} must be a multiple of {asked}, but is {value}",
    "minItems": "{what} must have at least {asked} {items}, but has {size}",
    "maxItems": "{what} must have at most {asked} {items}, but has {size}",
    "minLength": "{what} must have at least {asked} {letters}, but has {size}",
    "maxLength": "{what} must have at most {asked} {letters}, but has {size}",
    "uniqueItems": "{what} has the same item twice",
    "pattern": "{what} must have the form `{form}`, but is {value}",
    "never": "{what} is not allowed here",
}
"""The messages for keywords of JSON Schema that don't depend on the rest of the schema."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """A finding, and the key that it is about: the missing one, or the one probably meant."""

    finding: SchemaFault
    about: str = ""


def schema_faults(
    schemas: Iterable[tuple[str, object]], value: Value, reasons: Mapping[str, str] | None = None
) -> list[SchemaFault]:
    """The faults of `value`, one finding each.

    `schemas` come with their file name, or "". `reasons` has for top-level keys that are not allowed what to
    do with them.
    """
    faults: list[_Fault] = []
    for place, schema in schemas:
        for error in _errors(schema, value):
            some = islice(_translate(error, schema, reasons or {}), MAX_FINDINGS + 1)
            faults += [_asked_by(fault, place) for fault in some]
            if len(faults) > MAX_FINDINGS:
                break
    if len(faults) <= MAX_FINDINGS:
        return _settle(faults)
    more = SchemaFault(
        (), False, "schema", f"there are more than {MAX_FINDINGS} such faults", "mend these first"
    )
    return [*_settle(faults[:MAX_FINDINGS]), more]


def _errors(schema: object, value: Value) -> Iterator[ValidationError]:
    base: Any = validators.validator_for(_mapping(schema), default=validators.Draft202012Validator)
    checker = base.TYPE_CHECKER.redefine("integer", lambda _, item: _is_integer(item))
    extend: Any = validators.extend
    keywords = bounded(base.VALIDATORS)
    validator = extend(base, keywords, type_checker=checker)(schema, registry=Registry())
    try:
        yield from validator.iter_errors(value)
    except (ArithmeticError, RecursionError, TooMuchError):  # the fast validator has judged the value
        return


def _is_integer(item: object) -> bool:
    if isinstance(item, Decimal):
        return item.is_finite() and item == item.to_integral_value()
    return isinstance(item, int) and not isinstance(item, bool)


def _translate(error: ValidationError, schema: object, reasons: Mapping[str, str]) -> Iterator[_Fault]:
    if error.validator == "additionalProperties":
        yield from _unknown(error, reasons)
    elif error.validator == "required":
        yield from _missing(error)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _no_branch(error, schema, reasons)
    else:
        path = tuple(error.absolute_path)
        message, hint = _message(error, path, schema)
        asked: Any = error.validator_value
        fits = error.validator == "type" and not _is_uuid(_mapping(error.schema))
        quote = fits and needs_quotes(error.instance, _names(asked))
        yield _Fault(SchemaFault(path, False, "schema", message, hint, quote))


def _unknown(error: ValidationError, reasons: Mapping[str, str]) -> Iterator[_Fault]:
    path, rules, item = tuple(error.absolute_path), _mapping(error.schema), _mapping(error.instance)
    known = tuple(rules.get("properties", {}))
    patterns = tuple(rules.get("patternProperties", {}))
    for key in item:
        if key in known or any(found(pattern, key) for pattern in patterns):
            continue
        where = f" in {subject(path)}" if path else ""
        message = f"unknown key `{key}`{where}"
        meant = "" if not path and key in reasons else guess(key, known)
        if meant:
            hint = f"did you mean `{meant}`{', which is here already' if meant in item else ''}?"
        elif not path and key in reasons:
            hint = reasons[key]
        else:
            hint = (
                f"the keys that are allowed here: {listed([f'`{k}`' for k in known], 'and')}" if known else ""
            )
        yield _Fault(SchemaFault((*path, key), True, "unknown-key", message, hint), meant)


def _missing(error: ValidationError) -> Iterator[_Fault]:
    path, item = tuple(error.absolute_path), _mapping(error.instance)
    names: Any = error.validator_value
    properties = _mapping(_mapping(error.schema).get("properties"))
    for name in names:
        if name not in item:
            where = f" in {subject(path)}" if path else ""
            other = next((key for key in item if key not in properties and guess(key, [name])), "")
            rule_text = rule_hint(_mapping(properties.get(name)))
            hint = f"add a line `{name}: …`" + (f" ({rule_text})" if rule_text else "")
            if other:
                hint = f"write `{name}:` where it says `{other}:`"
            yield _Fault(SchemaFault(path, False, "missing-key", f"`{name}` is missing{where}", hint), name)


def _no_branch(error: ValidationError, schema: object, reasons: Mapping[str, str]) -> Iterator[_Fault]:
    """No alternative matches: the type that all require, else the faults of the nearest one."""
    branches = error.context or []
    if all(branch.validator == "type" and not branch.relative_path for branch in branches):
        path = tuple(error.absolute_path)
        asked: Any = [branch.validator_value for branch in branches]
        types = [name for names in asked for name in _names(names)]
        message, hint = type_fault(path, error.instance, types, _mapping(branches[0].schema), required=False)
        quote = needs_quotes(error.instance, types)
        yield _Fault(SchemaFault(path, False, "schema", message, hint, quote))
        return
    nearest = best_match([error])
    if nearest is not None and nearest is not error:
        yield from _translate(nearest, schema, reasons)


def _is_uuid(rules: Mapping[str, Any]) -> bool:
    return rules.get("format") == "uuid"


def _uuid(value: object) -> str:
    """The UUID that a text spells in another way (in braces, without hyphens, with blanks); "" if none."""
    try:
        return str(UUID(value.strip())) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _message(error: ValidationError, path: Path, root: object) -> tuple[str, str]:
    """Message and hint for one keyword that isn't fulfilled."""
    asked: Any = error.validator_value
    rule: Any = error.validator
    value: Any = error.instance
    rules = _mapping(error.schema)
    rule_text = rule_hint(rules)
    if _is_uuid(rules):
        hint = f"write it as `{path[-1]}: {meant}`" if path and (meant := _uuid(value)) else _UUID_HINT
        return f"{subject(path)} must be a UUID, but is {quoted_value(value)}", hint
    if error.validator == "type":
        required = len(path) == 1 and path[0] in _mapping(root).get("required", ())
        return type_fault(path, value, _names(asked), rules, required=required)
    if error.validator == "enum":
        meant = guess(str(value), [str(item) for item in asked])
        wanted = listed([quoted_value(item, bare=True) for item in asked])
        hint = f"did you mean `{meant}`?" if meant else rule_text
        return f"{subject(path)} must be {wanted}, but is {quoted_value(value)}", hint
    if rule is None or error.schema == NEVER:
        rule = "never"
    template = _MESSAGES.get(rule, "{what} breaks the rule `{rule}` of its schema")
    words = {
        "what": subject(path),
        "asked": quoted_value(asked, bare=True),
        "form": asked,
        "items": "item" if asked == 1 else "items",
        "letters": "character" if asked == 1 else "characters",
        "size": len(value) or "none" if isinstance(value, str | list) else "",
        "value": quoted_value(value),
        "rule": rule,
    }
    return template.format_map(words), rule_text


def _asked_by(fault: _Fault, place: str) -> _Fault:
    """`fault`, with a hint that names the workspace's schema file."""
    if not place:
        return fault
    finding = fault.finding
    return replace(fault, finding=replace(finding, hint=f"{finding.hint} (asked for by {place})".strip()))


def _settle(faults: Iterable[_Fault]) -> list[SchemaFault]:
    """One finding for each fault: nothing below an unknown key, no missing key that is misspelled."""
    faults = list(faults)
    unknown = {fault.finding.path for fault in faults if fault.finding.code == "unknown-key"}
    misspelt = {(f.finding.path[:-1], f.about) for f in faults if f.finding.code == "unknown-key"}
    kept: dict[tuple[Path, str, str], SchemaFault] = {}
    for fault in faults:
        finding, path = fault.finding, fault.finding.path
        above = path[:-1] if finding.code == "unknown-key" else path
        if any(above[:length] in unknown for length in range(1, len(above) + 1)):
            continue
        if finding.code == "missing-key" and (path, fault.about) in misspelt:
            continue
        kept.setdefault((path, finding.code, "" if finding.key else fault.about), finding)
    return list(kept.values())


def _names(types: str | Sequence[str]) -> list[str]:
    return [types] if isinstance(types, str) else list(types)


def _mapping(item: object) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}
