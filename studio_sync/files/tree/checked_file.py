"""A file for content checks: its values and Markdown, with line and column of each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio_sync.core.checks.content import LineColumn, LinkMark, Structure, Where
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.files.tree.finding_places import Checker, Locator
from studio_sync.files.yaml.parser import nodes as yaml_nodes

_MARKDOWN = ("markdown", "md", "")


@dataclass(frozen=True)
class FileContent:
    """The content of one file with this `text`, in UTF-8 `data`; its Markdown, if any, begins at `begin`."""

    path: str
    kind: Kind
    values: Mapping[str, Value | Omitted]
    data: bytes
    text: str
    begin: int
    place: Locator
    schemas: Checker

    @cached_property
    def markdown(self) -> str:
        """The Markdown below the front matter, unparsed; "" if the file has none, or isn't Markdown."""
        return self.text[self.begin :] if self._has_markdown else ""

    @cached_property
    def _has_markdown(self) -> bool:
        body = self.kind.body
        if body is None:
            return False
        format_name = self.values[body.format] if body.format else ""
        return format_name is None or (
            isinstance(format_name, str) and format_name.strip().lower() in _MARKDOWN
        )

    def at(self, where: Where, *, key: bool = False) -> LineColumn:
        """Line and column of the value (or with `key` its key), or of its nearest existing ancestor."""
        return self.place.spot(where, key=key)

    def keys(self, where: Where) -> Sequence[str]:
        """The keys that the schemas list for the mapping at `where`; none if they list none."""
        return self.schemas.keys_at(self.kind.name, where)

    def choices(self, where: Where) -> Sequence[str]:
        """The texts that the schemas list, or give as examples, for the value at `where`."""
        return self.schemas.choices_at(self.kind.name, where)

    @cached_property
    def marks(self) -> list[LinkMark]:
        """The links and images of `markdown`."""
        from studio_sync.files.markdown import prose

        return prose.marks(self.text, self.begin) if self._has_markdown else []

    @cached_property
    def structure(self) -> Structure:
        """The structure of `markdown`."""
        from studio_sync.files.markdown.structure import structure

        return structure(self.text if self._has_markdown else "", self.begin)

    def in_markdown(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, LineColumn]]:
        """Matches in `markdown` outside code, URLs and tags, with their positions."""
        if not self._has_markdown or not pattern.search(self.text, self.begin):
            return
        from studio_sync.files.markdown import prose

        for span in prose.text_spans(self.text, self.begin):
            for found in pattern.finditer(span.text):
                index = span.index_of(found.start())
                if index is not None:
                    yield found[0], yaml_nodes.position(self.text, index)

    def in_value(self, where: Where, pattern: re.Pattern[str]) -> Iterator[tuple[str, LineColumn]]:
        """Matches in the text at `where`, with their positions; that of its begin if it contains escapes."""
        start, end = self.place.span(where)
        found = [
            (match[0], yaml_nodes.position(self.text, match.start()))
            for match in pattern.finditer(self.text, start, end)
        ]
        yield from found or [(self._first(where, pattern), yaml_nodes.position(self.text, start))]

    def _first(self, where: Where, pattern: re.Pattern[str]) -> str:
        value: object = self.values[str(where[0])]
        for step in where[1:]:
            value = value[step]  # type: ignore[index]
        found = pattern.search(value) if isinstance(value, str) else None
        return found[0] if found else ""
