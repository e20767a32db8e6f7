"""Bounding the cost of a workspace's own schema before it is used.

A few lines can ask for more work than a machine has: alternatives that double at each of thirty `$ref`s, a
definition that refers to itself twice, a backtracking pattern. The cost of a schema is the maximal number of
its rules evaluated for one value of a file and its ancestors.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio_sync.core.values.bounds import MAX_SCHEMA_CHAIN, MAX_SCHEMA_RULES
from studio_sync.core.values.value import MAX_DEPTH

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SAME = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
"""Keywords whose schemas apply to the same value."""
_INNER = (
    "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "items",
    "prefixItems", "additionalItems", "unevaluatedItems", "contains",
)  # fmt: skip
"""Keywords whose schemas apply to parts of the value, several of them to the same part."""
_MAPS = frozenset(("dependentSchemas", "dependencies", "patternProperties"))
_EACH = "properties"
"""The keyword whose schemas apply to different parts: the most expensive one counts."""
_LISTS = ("enum", "required")


class SchemaCostError(ValueError):
    """A schema exceeds a bound, or has a reference that can't be resolved."""


def cost_of(schema: object) -> int:
    """Check the cost of a schema. Raises SchemaCostError if it exceeds the bound, or is unknown."""
    nodes = _Nodes(schema)
    costs: dict[int, int] = {}
    for _ in range(MAX_DEPTH + 1):  # the maximum depth of a value
        found = nodes.costs(costs)
        if max(found.values(), default=0) > MAX_SCHEMA_RULES:
            raise SchemaCostError(
                f"alternatives and `$ref`s lead to more than {MAX_SCHEMA_RULES} rules for one value"
            )
        if found == costs:
            break
        costs = found
    return max(costs.values(), default=0)


class _Nodes:
    """The schemas inside a schema that count, each with those that it leads to."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._anchors = dict(_anchors(root))
        self._same: dict[int, list[int]] = {}
        self._inner: dict[int, list[int]] = {}
        self._each: dict[int, list[int]] = {}
        self._own: dict[int, int] = {}
        self._kept: list[object] = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if id(node) in self._own:
                continue
            if len(self._own) >= MAX_SCHEMA_RULES:
                raise SchemaCostError(f"it has more than {MAX_SCHEMA_RULES} rules")
            self._kept.append(node)
            rules = node if isinstance(node, Mapping) else {}
            if rules is not root and ("$id" in rules or "id" in rules) and isinstance(rules.get("$id"), str):
                raise SchemaCostError("an `$id` is only allowed at the top")
            referred = [self._target(rules[key]) for key in _REFERENCES if key in rules]
            groups = [[*_under(rules, keywords)] for keywords in (_SAME, _INNER, (_EACH,))]
            groups[0] += referred
            own = 1 + len(rules) + sum(len(rules[key]) for key in _LISTS if isinstance(rules.get(key), list))
            self._own[id(node)] = own
            for known, group in zip((self._same, self._inner, self._each), groups, strict=True):
                known[id(node)] = [id(other) for other in group]
                waiting += group

    def costs(self, inner: Mapping[int, int]) -> dict[int, int]:
        """The cost of each schema, if the parts of a value cost as in `inner`."""
        found: dict[int, int] = {}
        for start in self._own:
            self._add(start, inner, found)
        return found

    def _add(self, start: int, inner: Mapping[int, int], found: dict[int, int]) -> None:
        """Add the cost of one schema, after those for the same value."""
        path = [start]
        inside = {start}
        while path:
            node = path[-1]
            if node in found:
                inside.discard(path.pop())
                continue
            missing = next((other for other in self._same[node] if other not in found), None)
            if missing is None:
                cost = self._own[node] + sum(found[other] for other in self._same[node])
                cost += sum(inner.get(other, 0) for other in self._inner[node])
                cost += max((inner.get(other, 0) for other in self._each[node]), default=0)
                found[node] = min(cost, MAX_SCHEMA_RULES + 1)
                continue
            if missing in inside:
                raise SchemaCostError("a `$ref` leads back to itself for the same value, without end")
            if len(path) >= MAX_SCHEMA_CHAIN:
                raise SchemaCostError(
                    f"alternatives and `$ref`s lead from one to the next more than {MAX_SCHEMA_CHAIN} times"
                )
            path.append(missing)
            inside.add(missing)

    def _target(self, ref: object) -> object:
        """The target of a reference into the same schema."""
        if ref is True or ref == "#":
            return self._root
        if not isinstance(ref, str) or not ref.startswith("#"):
            raise SchemaCostError(f"`{ref}` is in another file")
        if ref[1:] in self._anchors:
            return self._anchors[ref[1:]]
        found = self._root
        for token in ref[1:].split("/")[1:]:
            name = _plain(token)
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            else:
                raise SchemaCostError(f"`{ref}` leads nowhere")
        if not ref.startswith("#/"):
            raise SchemaCostError(f"`{ref}` leads nowhere")
        return found


def _under(rules: Mapping[str, Any], keywords: Sequence[str]) -> Iterator[object]:
    """The schemas below some keywords."""
    for keyword in keywords:
        value = rules.get(keyword)
        if keyword in _MAPS or keyword == _EACH:
            yield from value.values() if isinstance(value, Mapping) else ()
        elif isinstance(value, list):
            yield from value
        elif isinstance(value, Mapping):
            yield value


def _anchors(root: object) -> Iterator[tuple[str, object]]:
    """The named schemas that references can use."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield from (
                (node[key], node) for key in ("$anchor", "$dynamicAnchor") if isinstance(node.get(key), str)
            )
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _plain(token: str) -> str:
    from urllib.parse import unquote

    return unquote(token).replace("~1", "/").replace("~0", "~")


def size_of(value: object) -> int:
    """The number of values in a value, itself included; a long text counts as several."""
    count = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        count += 1
        if isinstance(item, str):
            count += len(item) // 64
        elif isinstance(item, Mapping):
            waiting += item.values()
            count += len(item)
        elif isinstance(item, list | tuple):
            waiting += item
    return count
