"""Aliases that must not follow a change: they get the value that they stood for written out."""

from collections.abc import Sequence

from studio_sync.files.splice_source import Edit, NoEditError, Place, Source, apply
from studio_sync.files.splice_value import Rewriter
from studio_sync.files.yaml_nodes import Node, compose


def spelled_out(text: str, edits: Sequence[Edit], newline: str) -> str | None:
    """`text` with the aliases of what `edits` touch written out; None if there are none."""
    root = compose(text)
    if root is None:
        return None
    source = Source(text, root, newline)
    defined: dict[str, Node] = {}
    done: list[Edit] = []
    rewriter = Rewriter(source, allow_literal=True)
    for place in source.places(Place(root)):
        node = place.node
        if node.anchor:
            defined[node.anchor] = node
        target = defined.get(node.alias)
        if target is None or not any(e.start <= target.end and source.outer(target) <= e.end for e in edits):
            continue
        done += rewriter.rewrite(place, node.value)
    try:
        return apply(text, done) if done else None
    except NoEditError:
        return None
