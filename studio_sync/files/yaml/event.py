"""What a parser of YAML says of one event, whichever parser it is."""

from typing import Protocol


class Mark(Protocol):
    """A place in the parser's text."""

    index: int


class Event(Protocol):
    """What the parser says of one event; each class of them has some of these."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool
    version: object
    tags: object
