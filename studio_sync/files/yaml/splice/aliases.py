"""Splices near aliases: an alias that must keep its value is replaced by that value."""

from collections.abc import Sequence

from studio_sync.core.values.value import same
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.parser.marks import YamlNode
from studio_sync.files.yaml.splice.node_value import Rewriter
from studio_sync.files.yaml.splice.source import NodePlace, NoEditError, SourceText, TextEdit, apply
from studio_sync.files.yaml.yaml_reader import read_yaml


def spelled_out(source: SourceText, edits: Sequence[TextEdit]) -> str | None:
    """The text with the aliases affected by `edits` written out, and an equal value.

    None if there are none, or they can't be written out.
    """
    root = source.root
    if root is None or not source.targets:
        return None
    for as_written, allow_literal in ((True, True), (False, True), (False, False)):
        rewriter = Rewriter(source, allow_literal=allow_literal)
        try:
            result = apply(source.text, _spell(source, root, edits, rewriter, as_written=as_written))
            if result != source.text and same(read_yaml(result), root.value):
                return result
        except (NoEditError, YamlFault):
            continue
    return None


def _spell(
    source: SourceText,
    root: YamlNode,
    edits: Sequence[TextEdit],
    rewriter: Rewriter,
    *,
    as_written: bool,
) -> list[TextEdit]:
    done: list[TextEdit] = []
    for place in source.places(NodePlace(root)):
        node = place.node
        target = source.targets.get(node.start) if node.alias else None
        if target is None or not any(_covers(e, node) or _meets(e, source, target) for e in edits):
            continue
        if as_written and on_one_line(source, target):
            done.append(TextEdit(node.start, node.end, source.text[target.start : target.end]))
        else:
            done += rewriter.rewrite(place, node.value)
    return done


def _covers(edit: TextEdit, node: YamlNode) -> bool:
    return edit.start <= node.start and node.end <= edit.end


def _meets(edit: TextEdit, source: SourceText, node: YamlNode) -> bool:
    return edit.start <= node.end and source.outer(node) <= edit.end


def on_one_line(source: SourceText, node: YamlNode) -> bool:
    """Whether a node can be written elsewhere as it is: it is on one line, with no anchor or alias inside."""
    block = node.style in ("|", ">") or (bool(node.entries or node.items) and not node.flow)
    if block or node.start == node.end or source.next_line(node.start) < node.end:
        return False
    below = (place.node for place in source.places(NodePlace(node)) if place.node is not node)
    return not any(inner.anchor or inner.alias for inner in below)
