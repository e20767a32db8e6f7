"""Check for misspelled keys inside values, where any key is allowed."""

from collections.abc import Iterator, Mapping

from studio_sync.core.checks.content import Around, CheckedFile, Remark, Where
from studio_sync.core.values.kind import FieldPlace, Type
from studio_sync.core.values.nearest import slip
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import PLAIN_CLASSES, Value


def near_key(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Keys similar to one that the schema lists and that is missing."""
    for field in content.kind.fields:
        if field.type is Type.JSON and type(content.values[field.name]) not in PLAIN_CLASSES:
            root = () if field.place is FieldPlace.WHOLE else (field.name,)
            found: list[Remark] = []
            _add_slips(found, content, root, root, content.values[field.name], {})
            yield from found


def _add_slips(
    found: list[Remark],
    content: CheckedFile,
    where: Where,
    place: Where,
    value: Value | Omitted,
    known: dict[Where, Mapping[str, None]],
) -> None:
    """Add the findings in a value; `place` is `where` with the first item in place of each item of a list.

    Items of a list have the same listed keys: `known` saves asking for each of a quiz's thirty options. All
    keys of a mapping are looked up at once, and no generator is made for each: half of the time.
    """
    if isinstance(value, dict):
        listed = known.get(place)
        if listed is None:
            listed = known[place] = dict.fromkeys(content.keys(place))
        if listed and not value.keys() <= listed.keys():
            found += _slips(content, where, value, listed)
        if not PLAIN_CLASSES.issuperset(map(type, value.values())):
            for key, inner in value.items():
                if type(inner) not in PLAIN_CLASSES:
                    _add_slips(found, content, (*where, key), (*place, key), inner, known)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            if type(inner) not in PLAIN_CLASSES:
                _add_slips(found, content, (*where, number), (*place, 0), inner, known)


def _slips(
    content: CheckedFile, where: Where, value: Mapping[str, Value], listed: Mapping[str, None]
) -> Iterator[Remark]:
    """The findings among a mapping's own keys."""
    for key in value:
        if key in listed:
            continue
        meant = slip(key, (k for k in listed if k not in value))
        if meant:
            message = f"`{key}` is nearly `{meant}`, and nothing reads it"
            yield Remark(content.at((*where, key), key=True), message, f"did you mean `{meant}`?")
