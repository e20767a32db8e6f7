"""Splicing values into a YAML text: change some values, keep every other byte.

An edit is made at the nodes' positions in the text, as fine-grained as possible. Each result is parsed again
before it is returned: if a fine edit doesn't give exactly the wanted value, a coarser one is tried.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias

from studio_sync.core.values.value import Value, depth, same
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.parser.marks import YamlNode
from studio_sync.files.yaml.parser.nodes import compose
from studio_sync.files.yaml.splice.aliases import spelled_out
from studio_sync.files.yaml.splice.children import NodeEditor
from studio_sync.files.yaml.splice.source import NodePlace, NoEditError, SourceText, TextEdit, apply
from studio_sync.files.yaml.yaml_reader import read_yaml
from studio_sync.files.yaml.yaml_writer import Style, block_lines, dump


class Gone(Enum):
    """Marks a key for removal."""

    GONE = "gone"


GONE: Final = Gone.GONE

NewValue: TypeAlias = "Value | Gone"
"""The new value of a key, or GONE."""

_Act: TypeAlias = Callable[[NodeEditor, NodePlace], None]


class SpliceError(Exception):
    """No edit gives exactly the wanted value."""


def edit_mapping(
    text: str,
    changes: Mapping[str, NewValue],
    *,
    order: Sequence[str],
    newline: str = "",
) -> str:
    """Set or remove keys in `text`, whose top level is a mapping (or nothing).

    An equal value keeps its text. A new key goes after the nearest key that precedes it in `order`. `newline`
    is the line end of inserted lines if `text` has none. Raises SpliceError if no edit gives exactly the
    wanted value, YamlFault if `text` has no value.
    """
    for name, change in changes.items():
        text = _set(text, name, change, order, newline)
    return text


def replace_value(text: str, value: Value) -> str:
    """`text` with `value` as its value, by minimal edits; comments on their own lines stay.

    Raises YamlFault if `text` has no value now.
    """
    root = compose(text)
    if root is not None:
        if same(root.value, value):
            return text
        found = _search(text, "", value, depth(root.value), lambda e, p: e.change(p, value))
        if found is not None:
            return found
    newline = SourceText(text, None).newline
    above = "\ufeff" if text.startswith("\ufeff") else ""
    if root is None:
        above = text if not text or text.endswith(("\n", "\r", "\ufeff")) else text + newline
    result = above + dump(value, newline=newline)
    if not _reads(result, value):
        raise SpliceError("this value can't be written as YAML")
    return result


def _set(text: str, name: str, change: NewValue, order: Sequence[str], newline: str) -> str:
    root = compose(text)
    old = root.value if root is not None and root.value is not None else {}
    if not isinstance(old, Mapping):
        raise SpliceError("the text is no mapping of names to values")
    wanted = {k: v for k, v in old.items() if k != name}
    if not isinstance(change, Gone):
        wanted = {**old, name: change}
    if same(old, wanted):
        return text
    if root is None or not root.entries:
        return _first(text, root, wanted, newline)
    for levels, act in _ways(old, name, change, order):
        found = _search(text, newline, wanted, levels, act)
        if found is not None:
            return found
    raise SpliceError(f"`{name}` can't be changed in this text without changing more than that")


def _ways(
    old: Mapping[str, Value], name: str, change: NewValue, order: Sequence[str]
) -> Iterator[tuple[int, _Act]]:
    """The ways to change one key, with the levels that each may descend, finest first."""
    if isinstance(change, Gone):
        yield 0, lambda e, p: e.remove(p, name)
    elif name in old:
        yield depth(old[name]), lambda e, p: e.change_entry(p, name, change)
        yield 0, lambda e, p: e.rewrite_entry(p, name, change)
    else:
        kept = list(old)
        yield 0, lambda e, p: e.add(p, name, change, order, kept)
        # At the end of a text, a line below might become part of the value above it.
        yield 0, lambda e, p: e.add(p, name, change, [name, *kept], kept)


def _first(text: str, root: YamlNode | None, wanted: Value, newline: str) -> str:
    """`text`, which has no key yet, with the keys of `wanted`."""
    source = SourceText(text, root, newline)
    for style in (Style(), Style(literal=False)):
        lines = block_lines(wanted, "", style)
        if root is not None and root.end > root.start:
            edits = [TextEdit(root.start, root.end, source.joined(lines))]
        else:
            before = "" if not text or text.endswith(("\n", "\r", "\ufeff")) else source.newline
            edits = [TextEdit(len(text), len(text), before + source.joined(lines) + source.newline)]
        if _reads(result := apply(text, edits), wanted):
            return result
    raise SpliceError("no key can be added to this text")


def _search(text: str, newline: str, wanted: Value, levels: int, act: _Act) -> str | None:
    """The first result of `act`, from the finest to the coarsest way, that parses to `wanted`.

    Where none of one fineness does, the aliases of what changes are written out, and it is tried again: an
    alias costs its own place at most, never what stands around it.
    """
    source = _source(text, newline)
    for level in range(levels, -1, -1):
        touched: list[TextEdit] = []
        found = _tried(source, wanted, level, act, touched)
        if found is None and (spelled := spelled_out(source, touched)) is not None:
            found = _tried(_source(spelled, newline), wanted, level, act, touched)
        if found is not None:
            return found
    return None


def _tried(source: SourceText, wanted: Value, level: int, act: _Act, touched: list[TextEdit]) -> str | None:
    """The first result of `act` at one level that parses to `wanted`; all edits tried go to `touched`."""
    if source.root is None:
        return None
    for allow_literal, greedy in ((True, False), (True, True), (False, False), (False, True)):
        editor = NodeEditor(source, depth=level, allow_literal=allow_literal, greedy=greedy)
        try:
            act(editor, NodePlace(source.root))
            touched += editor.touched
            result = apply(source.text, editor.closed)
        except NoEditError:
            continue
        if _reads(result, wanted):
            return result
    return None


def _source(text: str, newline: str) -> SourceText:
    return SourceText(text, compose(text), newline)


def _reads(text: str, wanted: Value) -> bool:
    try:
        value = read_yaml(text)
    except YamlFault:
        return False
    return same(value, wanted) or (value is None and wanted == {})
