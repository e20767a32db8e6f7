"""The records of a page: each key's value converted for its field; what doesn't fit is noted."""

import re
from collections.abc import Mapping
from decimal import Decimal

from studio_sync.core.values.kind import Field, Kind, Type
from studio_sync.core.values.record import OMITTED, Omitted
from studio_sync.core.values.value import Value
from studio_sync.files.foreign.dialect import REPORT
from studio_sync.files.foreign.foreign_page import Page
from studio_sync.files.foreign.note import About, Note
from studio_sync.files.yaml.yaml_writer import flow
from studio_sync.schemas import Schemas
from studio_sync.sync.importing.import_map import ImportMap
from studio_sync.sync.importing.page_outline import value_at
from studio_sync.sync.importing.shape import Shape

_MINUTES = re.compile(
    r"\s*(?:PT)?(?:(\d{1,4})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,5})\s*m?(?:in(?:s|utes?|uten)?)?)?[.]?\s*",
    re.IGNORECASE,
)
_LONG = 60

ImportedValues = dict[str, Value | Omitted]


class Records:
    """Fills records from pages; `notes` grows with what doesn't fit."""

    def __init__(self, import_map: ImportMap, shape: Shape, schemas: Schemas) -> None:
        self._map, self._shape, self._schemas = import_map, shape, schemas
        self.notes: list[Note] = []

    def values(self, page: Page | None, kinds: tuple[Kind, ...], title: str) -> dict[str, ImportedValues]:
        """The values of the records that a page becomes, by kind; the first is titled `title`."""
        made: dict[str, ImportedValues] = {
            kind.name: {f.name: OMITTED if f.loose else f.default for f in kind.fields} for kind in kinds
        }
        if kinds[0].heading:
            made[kinds[0].name][kinds[0].heading] = title
        if page is None:
            return made
        if page.fault:
            self.notes.append(Note(About.FRONT, page.fault, page.path, 1))
        for key, destination in self._map.keys.items():
            value = value_at(page.front, key)
            if value is None or value in ("", []):
                continue
            if destination == REPORT:
                self.notes.append(Note(About.KEY, key, page.path))
            elif "." in destination:
                self._fill(made, kinds, page, key, value)
        return made

    def _fill(
        self, made: dict[str, ImportedValues], kinds: tuple[Kind, ...], page: Page, key: str, value: Value
    ) -> None:
        found = [self._shape.field(part.strip()) for part in self._map.keys[key].split(",")]
        fitting = [(k, f) for k, f in filter(None, found) if k in kinds]
        for kind, column in fitting:
            fit = _converted(column, value)
            least = {kind.heading: "x"} if kind.heading else {}
            if fit is not None and self._schemas.valid(kind.name, {**least, column.name: fit}):
                made[kind.name][column.name] = fit
                return
        if fitting:
            self.notes.append(Note(About.VALUE, f"{key}: {_shown(value)}", page.path))
        else:
            self.notes.append(Note(About.KEY, f"{key}, on the page of a {kinds[0].name}", page.path))


def _converted(column: Field, value: Value) -> Value:
    """`value` converted for the column; None if impossible."""
    if column.type is Type.TEXT:
        return _text(value)
    if column.type is Type.JSON:
        return [value] if isinstance(value, str) else value
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        found = _MINUTES.fullmatch(value) if column.type is Type.INTEGER else None
        return int(found[1] or 0) * 60 + int(found[2] or 0) if found and (found[1] or found[2]) else None
    if isinstance(value, Decimal) and column.type is Type.INTEGER:
        return int(value) if value == value.to_integral_value() else None
    return value if isinstance(value, int | Decimal) else None


def _text(value: Value) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or value is None or isinstance(value, Mapping):
        return None
    if isinstance(value, int | Decimal):
        return str(value)
    parts = [_text(item) for item in value]
    return ", ".join(part for part in parts if part) if all(part is not None for part in parts) else None


def _shown(value: Value) -> str:
    text = " ".join((value if isinstance(value, str) else flow(value)).split())
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
