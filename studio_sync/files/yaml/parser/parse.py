"""Fast YAML parser: builds the value from parser events in one pass."""

import re
from collections.abc import Callable

from yaml.error import YAMLError
from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from studio_sync.core.values.value import MAX_DEPTH, Value
from studio_sync.files.yaml.parser import parser_events
from studio_sync.files.yaml.parser.event import YamlEvent
from studio_sync.files.yaml.parser.scalar import FIRST, UNUSUAL, NumberError, Unusual, resolve

_ESCAPED = re.compile(r"\\(?:0|x00|u0000|U0{8}|u[dD][89a-fA-F]|U0{4}[dD][89a-fA-F])")


class _UnusualError(Exception):
    """The text contains something that only the slow pass supports."""


def parse_fast(text: str) -> Value | Unusual:
    """The value of a text of ordinary scalars, lists and mappings; UNUSUAL for anything else."""
    if parser_events.needs_mask(text) or ("\\" in text and _ESCAPED.search(text)):
        return UNUSUAL
    try:
        return _document(text)
    except (_UnusualError, NumberError, YAMLError, UnicodeError):
        return UNUSUAL


def _document(text: str) -> Value:
    step: Callable[[], YamlEvent] = parser_events.Parser(text).get_event
    step()
    event = step()
    if event.__class__ is StreamEndEvent:
        return None
    if event.__class__ is not DocumentStartEvent or event.version or event.tags:
        raise _UnusualError
    value = _value(step(), step, 0)
    step()
    if step().__class__ is not StreamEndEvent:
        raise _UnusualError
    return value


def _value(event: YamlEvent, step: Callable[[], YamlEvent], depth: int) -> Value:
    kind = event.__class__
    if event.anchor is not None or event.tag is not None:  # an alias has an anchor, too
        raise _UnusualError
    if kind is ScalarEvent:
        text: str = event.value
        return text if event.style or (text and text[0] not in FIRST) else resolve(text)
    if depth >= MAX_DEPTH:
        raise _UnusualError
    if kind is MappingStartEvent:
        return _mapping(step, depth + 1)
    if kind is SequenceStartEvent:
        items: list[Value] = []
        while (event := step()).__class__ is not SequenceEndEvent:
            items.append(_value(event, step, depth + 1))
        return items
    raise _UnusualError


def _mapping(step: Callable[[], YamlEvent], depth: int) -> Value:
    entries: dict[str, Value] = {}
    count = 0
    while (key := step()).__class__ is ScalarEvent:
        name = key.value
        if key.anchor is not None or key.tag is not None or not (name or key.style):
            raise _UnusualError
        event = step()
        if event.__class__ is ScalarEvent and event.anchor is None and event.tag is None:
            text = event.value
            entries[name] = text if event.style or (text and text[0] not in FIRST) else resolve(text)
        else:
            entries[name] = _value(event, step, depth)
        count += 1
    if key.__class__ is not MappingEndEvent or count != len(entries):
        raise _UnusualError
    return entries
