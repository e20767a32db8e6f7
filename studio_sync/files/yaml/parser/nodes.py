"""The node tree of a YAML text, with positions, and lookup of a node by path."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_sync.files.yaml.faults.fault import YamlFault, position

if TYPE_CHECKING:
    from studio_sync.files.yaml.parser.marks import YamlNode

__all__ = ["compose", "node_at", "position"]


def compose(text: str) -> "YamlNode | None":
    """The tree of a valid text, None for an empty one. Raises YamlFault."""
    from studio_sync.files.yaml.faults.hints import syntax_fault
    from studio_sync.files.yaml.parser.compose import Composer

    composer = Composer(text, syntax_fault)
    if composer.faults:
        raise YamlFault(tuple(composer.faults))
    return composer.root


def node_at(node: "YamlNode", path: Sequence[str | int], *, key: bool = False) -> "YamlNode | None":
    """The node at `path` below `node`: of the value, or with `key` of the last step's key.

    The target of an alias is located at the alias. None if there is no node.
    """
    for depth, step in enumerate(path):
        if node.alias:
            return node
        if isinstance(step, int):
            if not 0 <= step < len(node.items):
                return None
            node = node.items[step]
            continue
        found = next((e for e in node.entries if e[0].value == step), None)
        if found is None:
            return None
        if key and depth == len(path) - 1:
            return found[0]
        node = found[1]
    return node
