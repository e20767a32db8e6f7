"""What a parser of YAML says of one event, whichever parser it is."""

from typing import Protocol


class TextMark(Protocol):
    """A place in the parser's text."""

    index: int


class YamlEvent(Protocol):
    """What the parser says of one event; each class of them has some of these."""

    start_mark: TextMark
    end_mark: TextMark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool
    version: object
    tags: object
