"""Change values inside a YAML text and leave every other byte of it.

An edit is made at the nodes' own places in the text, as fine as it goes. Each result is read again before
it is given out: where a fine edit would not give exactly the wanted value, a coarser one is tried.
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
    """Says that a key is to be removed."""

    GONE = "gone"


GONE: Final = Gone.GONE

NewValue: TypeAlias = "Value | Gone"
"""What becomes of a key: its new value, or GONE."""

_Act: TypeAlias = Callable[[NodeEditor, NodePlace], None]


class SpliceError(Exception):
    """No edit was found that gives exactly the wanted value."""


def edit_mapping(
    text: str,
    changes: Mapping[str, NewValue],
    *,
    order: Sequence[str],
    newline: str = "",
) -> str:
    """`text`, whose top level is a mapping (or nothing), with keys set or removed.

    A value that is the same already is left as it's written. A new key stands behind the nearest key
    that comes before it in `order`. `newline` is the line end of inserted lines where `text` has none.
    Raises SpliceError if no edit gives exactly the wanted value, YamlFault if `text` has no value.
    """
    for name, change in changes.items():
        text = _set(text, name, change, order, newline)
    return text


def replace_value(text: str, value: Value) -> str:
    """`text` with `value` as its value, by the smallest edits; comments on their own lines stay.

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
    """The ways of changing one key, and how many levels deep they may go, the finest first."""
    if isinstance(change, Gone):
        yield 0, lambda e, p: e.remove(p, name)
    elif name in old:
        yield depth(old[name]), lambda e, p: e.change_entry(p, name, change)
        yield 0, lambda e, p: e.rewrite_entry(p, name, change)
    else:
        kept = list(old)
        yield 0, lambda e, p: e.add(p, name, change, order, kept)
        # At the end of a text, a line below might become part of what stands above it.
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
    """The first result of `act`, from the finest way to the coarsest, that reads as `wanted`.

    If none does, the aliases that repeat what is changed are spelled out, and all is tried again.
    """
    touched: list[TextEdit] = []
    for stage in range(2):
        if stage:
            spelled = spelled_out(text, touched, newline)
            if spelled is None:
                return None
            text = spelled
        root = compose(text)
        if root is None:
            return None
        source = SourceText(text, root, newline)
        for level in range(levels, -1, -1):
            for allow_literal, greedy in ((True, False), (True, True), (False, False), (False, True)):
                editor = NodeEditor(source, depth=level, allow_literal=allow_literal, greedy=greedy)
                try:
                    act(editor, NodePlace(root))
                    touched += editor.edits
                    result = apply(text, editor.edits)
                except NoEditError:
                    continue
                if _reads(result, wanted):
                    return result
    return None


def _reads(text: str, wanted: Value) -> bool:
    try:
        value = read_yaml(text)
    except YamlFault:
        return False
    return same(value, wanted) or (value is None and wanted == {})
