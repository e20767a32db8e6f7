"""The skeleton of a new file: required keys, and comments on what each key is for.

All of it comes from the schemas. Optional keys are commented out.
"""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from studio_sync.core.values.kind import FieldPlace, Kind
from studio_sync.core.values.record import ID
from studio_sync.core.values.value import Value
from studio_sync.files.yaml import yaml_writer as yaml_text
from studio_sync.schemas import Schemas
from studio_sync.schemas.key_order import Order

_WIDTH = 100
_SPEAKING = 2
"""This many examples of a text are a choice, rather than somebody's words."""


def skeleton(kind: Kind, slot: str, values: Mapping[str, Value], own: str | None, schemas: Schemas) -> str:
    """The text of a new file of `kind` with `values`."""
    order = schemas.order(kind.name)
    if kind.whole:
        return "".join(f"{line}\n" for line in _whole(kind, slot, order))
    lines = list(_front(kind, order, values, own))
    if not kind.markdown:
        lines = [*_comment(_schema_text(order, "description"), ""), "", *lines]
        return "".join(f"{line}\n" for line in lines)
    return "".join(f"{line}\n" for line in ("---", *lines, "---", ""))


def _front(kind: Kind, order: Order, values: Mapping[str, Value], own: str | None) -> Iterator[str]:
    if own:
        yield f"{ID}: {own}"
    for field in kind.fields:
        if field.place is not FieldPlace.FRONT or field.loose:
            continue
        inner = order.child(field.name)
        if field.name in values:
            yield from yaml_text.entry(field.name, values[field.name], "")
            continue
        yield from _comment(_description(inner), "")
        if field.required or field.always:
            value = field.default if field.always else _shape(inner)
            yield from _entry(field.name, value, inner, "")
        else:
            shown = field.default if field.default is not None else _shape(inner)
            yield from _left_out(field.name, shown)


def _whole(kind: Kind, slot: str, order: Order) -> Iterator[str]:
    """A file that is one value: its first key, and the others of its type, commented out."""
    yield from _comment(_schema_text(order, "description"), "")
    yield ""
    known = kind.slot.known if kind.slot else ()
    others = {_words(name) for name in known if name != slot}
    keys = [
        k for k in order.keys if _schema_text(order.child(k), "description").partition(":")[0] not in others
    ]
    if not keys:
        yield "{}"
    for number, key in enumerate(keys):
        inner = order.child(key)
        description = _schema_text(inner, "description").removeprefix(f"{_words(slot)}: ")
        yield from _comment(description[:1].upper() + description[1:], "")
        yield from _entry(key, _shape(inner), inner, "") if not number else _left_out(key, _shape(inner))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _entry(key: str, value: Value, order: Order, pad: str, *, described: bool = True) -> Iterator[str]:
    """The lines of a key; if `described`, with a comment above each key inside it."""
    if yaml_text.is_block(value):
        yield f"{pad}{yaml_text.scalar(key)}:"
        yield from _inside(value, order, f"{pad}  ", described=described)
    else:
        yield from yaml_text.entry(key, value, pad)


def _inside(value: Value, order: Order, pad: str, *, described: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            inner = order.child(key)
            if described:
                yield from _comment(_description(inner), pad)
            yield from _entry(key, item, inner, pad, described=described)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, item in enumerate(value):
            if not yaml_text.is_block(item):
                yield from yaml_text.element(item, pad)
                continue
            dash = f"{pad}- "
            for line in _inside(item, order.item, f"{pad}  ", described=described and not number):
                if dash and not line.lstrip().startswith("#"):
                    line = dash + line[len(dash) :]  # noqa: PLW2901 - the dash is before the first key
                    dash = ""
                yield line


def _left_out(key: str, value: Value) -> Iterator[str]:
    yield from (f"# {line}" for line in yaml_text.entry(key, value, ""))


def _description(order: Order) -> str:
    """What a key is for, with examples that its description lacks."""
    text = _schema_text(order, "description")
    examples = [e for e in _examples(order) if isinstance(e, str) and len(_examples(order)) >= _SPEAKING]
    if examples and not all(e in text for e in examples):
        text = f"{text} For example: {', '.join(examples)}."
    return text


def _comment(text: str, pad: str) -> Iterator[str]:
    yield from (f"{pad}# {line}" for line in wrap(text, _WIDTH - len(pad), break_long_words=False))


def _shape(order: Order) -> Value:
    """A valid value, with empty texts to be written."""
    example = next(iter(_examples(order)), None)
    if isinstance(example, Mapping | list | tuple):
        return _emptied(example, order)
    if "default" in _all(order):
        return _all(order)["default"]
    if example is not None and len(_examples(order)) >= _SPEAKING:
        return example
    types = _types(order)
    if "object" in types:
        least = _all(order).get("required") if "string" in types else None
        keys = least if isinstance(least, list) else order.keys
        return {str(key): _shape(order.child(str(key))) for key in keys}
    if "array" in types:
        return [_shape(order.item)]
    return {"integer": 0, "number": 0, "boolean": False}.get(types[0] if types else "", "")


def _emptied(value: Value, order: Order) -> Value:
    """An example without its words: ids, choices and numbers stay."""
    if isinstance(value, Mapping):
        return {
            k: v if k == ID and isinstance(v, str) else _emptied(v, order.child(k)) for k, v in value.items()
        }
    if isinstance(value, str):
        return value if len(_examples(order)) >= _SPEAKING else ""
    if isinstance(value, Sequence):
        return [_emptied(item, order.item) for item in value]
    return value


def _all(order: Order) -> Mapping[str, Value]:
    return {key: value for node, _ in reversed(order.nodes) for key, value in node.items()}


def _schema_text(order: Order, key: str) -> str:
    return str(_all(order).get(key, ""))


def _examples(order: Order) -> Sequence[Value]:
    schemas = _all(order)
    found = schemas.get("enum", schemas.get("examples", ()))
    return found if isinstance(found, list | tuple) else ()


def _types(order: Order) -> list[str]:
    types = _all(order).get("type", ())
    return [types] if isinstance(types, str) else [str(t) for t in types] if isinstance(types, list) else []
