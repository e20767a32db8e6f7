"""Key order: the order of keys in files, as listed by the schemas, at every level."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from studio_sync.core.values.value import MAPPINGS, PLAIN_CLASSES, Value

_BRANCHES = ("allOf", "anyOf", "oneOf")
_LISTING = ("properties", "items", "additionalProperties")
"""The keywords below which keys may be listed."""
_HOLDERS = (dict, list, tuple, Mapping)
_MOST_KNOWN = 200
"""How many sets of keys are cached for one place."""


@dataclass(frozen=True)
class Order:
    """The order of keys at one place of a value, and below it.

    `nodes` are the subschemas for this place, each with the schema that contains it.
    """

    nodes: tuple[tuple[Mapping[str, Any], object], ...] = ()
    _children: "dict[str | None, Order]" = field(default_factory=dict, compare=False, repr=False)
    _known: "dict[tuple[str, ...], tuple[tuple[str, Order | None], ...]]" = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, schemas: Iterable[object]) -> "Order":
        """The combined order of `schemas`: the keys of the first come first."""
        return cls(tuple((node, root) for root in schemas for node in _parts(root, root)))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys listed for this place, in order."""
        return tuple(dict.fromkeys(key for node, _ in self.nodes for key in node.get("properties", ())))

    @cached_property
    def arranges(self) -> bool:
        """Whether any keys are listed here or below: else every value is in order as it is.

        This spares three calls of four: most values are texts.
        """
        return any(name in node for node, _ in self.nodes for name in _LISTING)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The texts listed here, or given as examples."""
        choices = (node.get(name, ()) for node, _ in self.nodes for name in ("enum", "examples"))
        return tuple(dict.fromkeys(t for texts in choices for t in texts if isinstance(t, str)))

    def at(self, where: Sequence[str | int]) -> "Order":
        """The order at the place that keys and indexes lead to."""
        found = self
        for step in where:
            found = found.item if isinstance(step, int) else found.child(step)
        return found

    def child(self, key: str) -> "Order":
        """The order inside the value of `key`."""
        if key not in self._children:
            self._children[key] = self._below(lambda node: _value_schema(node, key))
        return self._children[key]

    @property
    def item(self) -> "Order":
        """The order inside each item of a list here."""
        if None not in self._children:
            self._children[None] = self._below(lambda node: node.get("items"))
        return self._children[None]

    def arrange(self, value: Value) -> Value:
        """`value` with listed keys first, in order, and the others after, in their given order."""
        if type(value) in PLAIN_CLASSES or not self.nodes or not isinstance(value, _HOLDERS):
            return value
        if isinstance(value, MAPPINGS):
            return {
                key: value[key] if below is None else below.arrange(value[key])
                for key, below in self._arranged(tuple(value))
            }
        item = self.item
        return [item.arrange(one) for one in value] if item.arranges else value

    def _arranged(self, given: tuple[str, ...]) -> "tuple[tuple[str, Order | None], ...]":
        """The keys of a mapping in order, each with the order below it, if any.

        Cached, because thousands of mappings have the same keys: that takes a third of the time.
        """
        found = self._known.get(given)
        if found is None:
            keys = dict.fromkeys(key for key in self.keys if key in given) | dict.fromkeys(given)
            below = {key: self.child(key) for key in keys}
            found = tuple((key, order if order.arranges else None) for key, order in below.items())
            if len(self._known) < _MOST_KNOWN:
                self._known[given] = found
        return found

    def _below(self, pick: Callable[[Mapping[str, Any]], object]) -> "Order":
        picked = ((pick(node), root) for node, root in self.nodes)
        return Order(tuple((part, root) for node, root in picked for part in _parts(node, root)))


def _value_schema(node: Mapping[str, Any], key: str) -> object:
    properties = node.get("properties", {})
    return properties[key] if key in properties else node.get("additionalProperties")


def _parts(node: object, root: object, visited: tuple[str, ...] = ()) -> Iterator[Mapping[str, Any]]:
    """`node` itself, its references inside `root`, and its alternatives: all that may list keys."""
    if not isinstance(node, Mapping):
        return
    yield node
    ref = node.get("$ref")
    if isinstance(ref, str) and ref not in visited:
        yield from _parts(_target(ref, root), root, (*visited, ref))
    for branch in _BRANCHES:
        for part in node.get(branch, ()):
            yield from _parts(part, root, visited)


def _target(ref: str, root: object) -> object:
    """The target of the local reference `ref` (`#/…`), or None."""
    if not ref.startswith("#"):
        return None
    found = root
    for token in filter(None, ref[1:].split("/")):
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, Sequence) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found
