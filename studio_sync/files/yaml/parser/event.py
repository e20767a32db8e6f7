"""The events of a YAML parser, as a protocol that both parsers share."""

from typing import Protocol


class TextMark(Protocol):
    """A position in the parser's text."""

    index: int


class YamlEvent(Protocol):
    """One parser event; each class of events has some of these attributes."""

    start_mark: TextMark
    end_mark: TextMark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool
    version: object
    tags: object
