"""ruamel.yaml's parser as a fallback on machines without libyaml.

It is thirty times slower, and differs in a few corner cases (a tab before a comment).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from yaml import events
from yaml.error import MarkedYAMLError, YAMLError

if TYPE_CHECKING:
    from studio_sync.files.yaml.parser.event import YamlEvent


class PureParser:
    """The events of a text, like those of libyaml's parser."""

    def __init__(self, text: str) -> None:
        self._events = _events(text)

    def get_event(self) -> "YamlEvent | None":
        """The next event, None after the last. Raises YAMLError for invalid YAML."""
        return next(self._events, None)


def _events(text: str) -> "Iterator[YamlEvent]":
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError as MarkedError
    from ruamel.yaml.error import YAMLError as OtherError

    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            yield _twin(event)
    except MarkedError as error:
        raise MarkedYAMLError(error.context, error.context_mark, error.problem, error.problem_mark) from None
    except (OtherError, ValueError) as error:
        raise YAMLError(str(error)) from None


def _twin(event: Any) -> "YamlEvent":
    """ruamel.yaml's event as PyYAML's of the same name, so that only one family of classes is used."""
    name, marks = type(event).__name__, (event.start_mark, event.end_mark)
    made: YamlEvent
    match name:
        case "ScalarEvent":
            made = events.ScalarEvent(
                event.anchor, _tag(event), event.implicit, event.value, *marks, style=event.style
            )
        case "AliasEvent":
            made = events.AliasEvent(event.anchor, *marks)
        case "SequenceStartEvent" | "MappingStartEvent":
            made = getattr(events, name)(
                event.anchor, _tag(event), event.implicit, *marks, flow_style=event.flow_style
            )
        case "DocumentStartEvent":
            made = events.DocumentStartEvent(
                *marks, explicit=event.explicit, version=event.version, tags=event.tags
            )
        case _:
            made = getattr(events, name)(*marks)
    return made


def _tag(event: Any) -> str | None:
    return None if event.tag is None else str(event.tag)
