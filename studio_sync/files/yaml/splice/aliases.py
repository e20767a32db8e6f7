"""Splices near aliases: an alias that must keep its value is replaced by that value."""

from collections.abc import Sequence

from studio_sync.core.values.value import same
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.parser.marks import YamlNode
from studio_sync.files.yaml.parser.nodes import compose
from studio_sync.files.yaml.splice.node_value import Rewriter
from studio_sync.files.yaml.splice.source import NodePlace, NoEditError, SourceText, TextEdit, apply
from studio_sync.files.yaml.yaml_reader import read_yaml


def spelled_out(text: str, edits: Sequence[TextEdit], newline: str) -> str | None:
    """`text` with the aliases affected by `edits` written out, and an equal value.

    None if there are none, or they can't be written out.
    """
    root = compose(text)
    if root is None:
        return None
    source = SourceText(text, root, newline)
    for allow_literal in (True, False):
        try:
            result = apply(text, _spell(source, root, edits, allow_literal=allow_literal))
            if result != text and same(read_yaml(result), root.value):
                return result
        except (NoEditError, YamlFault):
            continue
    return None


def _spell(
    source: SourceText, root: YamlNode, edits: Sequence[TextEdit], *, allow_literal: bool
) -> list[TextEdit]:
    defined: dict[str, YamlNode] = {}
    done: list[TextEdit] = []
    rewriter = Rewriter(source, allow_literal=allow_literal)
    for place in source.places(NodePlace(root)):
        node = place.node
        if node.anchor:
            defined[node.anchor] = node
        target = defined.get(node.alias)
        if target is None or not any(e.start <= target.end and source.outer(target) <= e.end for e in edits):
            continue
        done += rewriter.rewrite(place, node.value)
    return done
