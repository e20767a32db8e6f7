"""Composing a YAML node tree from parser events, collecting every fault."""

import re
from typing import NamedTuple, NoReturn

from yaml import events
from yaml.error import YAMLError

from studio_sync.core.values.bounds import MAX_FINDINGS, MAX_YAML_NODES
from studio_sync.core.values.value import MAX_DEPTH, Value
from studio_sync.files.yaml.faults.fault import Explain, TextFault, fault_at, position, unexplained
from studio_sync.files.yaml.parser.event import YamlEvent
from studio_sync.files.yaml.parser.marks import YamlNode, as_written, behind_anchor, block_end, column_of
from studio_sync.files.yaml.parser.parser_events import BAD_CHARACTER, Masked
from studio_sync.files.yaml.parser.scalar import NumberError, resolve

MAX_EXPANDED = 10_000
"""How many nodes aliases may add to a text, one node for every hundred characters of a long scalar."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Weighed(NamedTuple):
    """A node with its number of expanded nodes, its depth, and a scalar's text as written."""

    node: YamlNode
    size: int
    height: int
    text: str | None = None


class _StopError(Exception):
    """Composing can't continue; the reason is among the faults."""


class Composer:
    """One pass over `text`: `root` is its tree, None for an empty text, and `faults` its faults."""

    def __init__(self, text: str, explain: Explain = unexplained) -> None:
        """`explain` makes a fault of a syntax error."""
        self._text = text
        self._masked = Masked(text)
        self._shift = self._masked.shift
        self._events = self._masked.events()
        self._anchors: dict[str, _Weighed] = {}
        self._open: list[str] = []
        self._expanded = self._nodes = 0
        self.faults: list[TextFault] = []
        self.root: YamlNode | None = None
        try:
            self._characters()
            self._document()
        except YAMLError as error:
            # libyaml has its own limit since 0.2.6, above MAX_DEPTH.
            if "nesting depth" in str(getattr(error, "problem", "")):
                self._too_deep(error.problem_mark.index + self._shift)
            else:
                self.faults.append(explain(text, error, self._shift))
        except _StopError:
            pass
        if self.faults:
            self.faults = sorted(set(self.faults))

    def _fault(self, index: int, code: str, message: str, hint: str = "") -> None:
        if len(self.faults) >= MAX_FINDINGS:
            limit = f"from here on there are more than {MAX_FINDINGS} faults in this text"
            self.faults.append(fault_at(self._text, index, code, limit, "mend those above first"))
            raise _StopError
        self.faults.append(fault_at(self._text, index, code, message, hint))

    def _stop(self, index: int, code: str, message: str, hint: str = "") -> NoReturn:
        self._fault(index, code, message, hint)
        raise _StopError

    def _count(self, event: YamlEvent) -> None:
        """Count one more key or value."""
        self._nodes += 1
        if self._nodes > MAX_YAML_NODES:
            message = f"more than {MAX_YAML_NODES} keys and values are in this text"
            index = event.start_mark.index + self._shift
            self._stop(index, "yaml-size", message, "take some of them out, or put them in other files")

    def _too_deep(self, index: int) -> None:
        message = f"lists and mappings nest deeper than {MAX_DEPTH} levels here"
        self._fault(index, "yaml-depth", message, "put it in quotes if the brackets or hyphens are text")

    def _characters(self) -> None:
        seen = set()
        for found in BAD_CHARACTER.finditer(self._text):
            code = "nul" if found.group() == "\0" else "yaml-character"
            if code not in seen:
                seen.add(code)
                self._bad_character(found.start(), found.group())

    def _bad_character(self, index: int, character: str, *, escaped: bool = False) -> None:
        way = "delete it" if escaped else "delete it: it is invisible in most editors"
        if character == "\0":
            self._fault(index, "nul", "a NUL character can't be stored in the database", way)
        else:
            shown = f"the character U+{ord(character):04X} is not allowed in YAML"
            self._fault(index, "yaml-character", shown, way)

    def _document(self) -> None:
        next(self._events)
        event = next(self._events)
        if event.__class__ is events.StreamEndEvent:
            return
        if event.version or event.tags:
            self._fault(
                self._text.find("%"),
                "yaml-syntax",
                "a line that begins with % is a YAML directive, which has no meaning here",
                "delete the line",
            )
        self.root = self._node(next(self._events), -1, 0).node
        next(self._events)
        event = next(self._events)
        if event.__class__ is not events.StreamEndEvent:
            self._stop(
                event.start_mark.index + self._shift,
                "yaml-second-document",
                "a second YAML document begins here",
                "keep one document: delete the line with --- or ... and what does not belong",
            )

    def _node(self, event: YamlEvent, indent: int, depth: int) -> _Weighed:
        """The node that begins with `event`, inside a block collection at column `indent`."""
        kind = event.__class__
        self._count(event)
        if kind is events.AliasEvent:
            return self._alias(event, depth)
        if event.tag is not None:
            self._tag(event)
        anchor = event.anchor or ""
        if kind is events.ScalarEvent:
            weighed = self._scalar(event, anchor, indent)
        else:
            if depth >= MAX_DEPTH:
                self._too_deep(event.start_mark.index + self._shift)
                raise _StopError
            self._open.append(anchor)
            if kind is events.MappingStartEvent:
                weighed = self._mapping(event, anchor, indent, depth)
            else:
                weighed = self._sequence(event, anchor, indent, depth)
            self._open.pop()
        if anchor:
            self._anchors[anchor] = weighed
        return weighed

    def _tag(self, event: YamlEvent) -> None:
        start = event.start_mark.index + self._shift
        found = re.compile(r"![^\s,\[\]{}]*").search(self._text, start)
        self._fault(
            found.start() if found else start,
            "yaml-tag",
            f"{found.group() if found else 'this'} is a YAML tag, and tags are not allowed",
            "delete it, or put the whole text in quotes if the ! belongs to it",
        )

    def _span(self, event: YamlEvent) -> tuple[int, int]:
        """Where the content of a node begins, after its anchor, and where it ends according to the parser."""
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        if event.anchor:
            start = behind_anchor(self._text, start, end, scalar=event.__class__ is events.ScalarEvent)
        return start, end

    def _scalar(self, event: YamlEvent, anchor: str, indent: int) -> _Weighed:
        style = event.style or ""
        text = self._masked.plain(event.value, style)
        start, end = self._span(event)
        if style in ("|", ">"):
            end = block_end(self._text, start, end, indent)
        value: Value = text
        if not style:
            try:
                value = resolve(text)
            except NumberError as error:
                self._fault(start, "yaml-number", str(error), "put it in quotes if it is meant as text")
        elif "\0" in text:
            self._bad_character(start, "\0", escaped=True)
        elif not text.isascii() and (found := _SURROGATE.search(text)):
            self._bad_character(start, found.group(), escaped=True)
        return _Weighed(YamlNode(value, start, end, style, anchor=anchor), 1 + len(text) // 100, 0, text)

    def _alias(self, event: YamlEvent, depth: int) -> _Weighed:
        name = event.anchor or ""
        start = event.start_mark.index + self._shift
        target = self._anchors.get(name)
        if name in self._open:
            message = f"*{name} is inside the value that it repeats"
            self._stop(start, "yaml-alias", message, "write out what is meant, or put the text in quotes")
        if target is None:
            self._fault(
                start,
                "yaml-alias",
                f"*{name} repeats a value that nothing before it is marked with (&{name})",
                "put the whole text in quotes if the * belongs to it",
            )
            return _Weighed(YamlNode(None, start, event.end_mark.index + self._shift, alias=name), 1, 0, name)
        self._expanded += target.size
        if self._expanded > MAX_EXPANDED or depth + target.height > MAX_DEPTH:
            self._stop(
                start,
                "yaml-alias" if self._expanded > MAX_EXPANDED else "yaml-depth",
                "the aliases (*) of this text repeat too much: it would become too large",
                "write the values out",
            )
        node = YamlNode(target.node.value, start, event.end_mark.index + self._shift, alias=name)
        return target._replace(node=node)

    def _sequence(self, event: YamlEvent, anchor: str, indent: int, depth: int) -> _Weighed:
        start, end = self._span(event)
        inner = indent if event.flow_style else column_of(self._text, start)
        items: list[YamlNode] = []
        size, height = 1, 1
        while (inside := next(self._events)).__class__ is not events.SequenceEndEvent:
            item = self._node(inside, inner, depth + 1)
            items.append(item.node)
            size, height = size + item.size, max(height, item.height + 1)
        end = inside.end_mark.index + self._shift if event.flow_style else items[-1].end
        value: Value = [i.value for i in items]
        node = YamlNode(value, start, end, flow=bool(event.flow_style), anchor=anchor, items=tuple(items))
        return _Weighed(node, size, height)

    def _mapping(self, event: YamlEvent, anchor: str, indent: int, depth: int) -> _Weighed:
        start, end = self._span(event)
        inner = indent if event.flow_style else column_of(self._text, start)
        entries: dict[str, tuple[YamlNode, YamlNode]] = {}
        size, height = 1, 1
        while (inside := next(self._events)).__class__ is not events.MappingEndEvent:
            key = self._key(inside, inner, depth + 1)
            item = self._node(next(self._events), inner, depth + 1)
            node = as_written(self._text, key, item.node)
            name = str(key.value)
            if name in entries:
                line, _ = position(self._text, entries[name][0].start)
                self._fault(
                    key.start,
                    "yaml-duplicate-key",
                    f"`{name}` is here a second time; the first is in line {line}",
                    "delete one of the two",
                )
            else:
                entries[name] = key, node
            size, height = size + 1 + item.size, max(height, item.height + 1)
        end = inside.end_mark.index + self._shift
        if entries and (not event.flow_style or not self._text.startswith("{", start)):
            last, node = next(reversed(entries.values()))
            end = max(last.end, node.end)
        value: Value = {name: node.value for name, (_, node) in entries.items()}
        pairs = tuple(entries.values())
        node = YamlNode(value, start, end, flow=bool(event.flow_style), anchor=anchor, entries=pairs)
        return _Weighed(node, size, height)

    def _key(self, event: YamlEvent, indent: int, depth: int) -> YamlNode:
        """A key, whose value is its text as written: `1: x` has the key "1"."""
        found = self._key_node(event, indent, depth)
        if found.text is None:
            self._fault(
                found.node.start,
                "yaml-key",
                "here is a list or mapping, but a key is expected",
                "put the whole text in quotes if the braces or brackets belong to it",
            )
        elif not found.text and not found.node.style:
            self._fault(
                found.node.start,
                "yaml-key",
                "a name is missing before the colon",
                "write it as name: value",
            )
        node = found.node
        return YamlNode(
            found.text or "", node.start, node.end, node.style, anchor=node.anchor, alias=node.alias
        )

    def _key_node(self, event: YamlEvent, indent: int, depth: int) -> _Weighed:
        if event.__class__ is not events.ScalarEvent or event.style:
            return self._node(event, indent, depth)
        self._count(event)
        if event.tag is not None:
            self._tag(event)
        text = self._masked.plain(event.value)
        start, end = self._span(event)
        found = _Weighed(YamlNode(text, start, end, anchor=event.anchor or ""), 1, 0, text)
        if event.anchor:
            try:
                value = resolve(text)
            except NumberError:
                value = text
            self._anchors[event.anchor] = found._replace(node=YamlNode(value, start, end))
        return found
