"""Error codes explained: the entries of docs/reference/errors.md as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from studio_sync.core.values.nearest import did_you_mean
from studio_sync.errors import StudioError, UsageError

_HERE = Path(__file__)
_PLACES = (_HERE.parents[1] / "_docs" / "errors.md", _HERE.parents[2] / "docs" / "reference" / "errors.md")
"""The page in an installed package, and in a checkout."""

_GROUP = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(
    r"^### `(?P<code>[a-z0-9-]+)`\n\n"
    r"(?P<meaning>.+?)\n\n"
    r"\*\*Cause\.\*\* (?P<cause>.+?)\n\n"
    r"```text\n(?P<example>.+?)\n```\n\n"
    r"\*\*Way out\.\*\* (?P<way_out>.+?)\n*(?=^##|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\[([^\]]+)\]\((?:\.\./)*([^)#]*)[^)]*\)")
_PASTED = re.compile(r"(?:error|warning)\[([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """The entry of one error code: texts of one paragraph each, and the lines of an example."""

    code: str
    group: str
    meaning: str
    cause: str
    example: str
    way_out: str


@cache
def error_entries() -> Mapping[str, ErrorEntry]:
    """All entries by code, in the order of the page. Raises StudioError if the page is missing."""
    place = next((place for place in _PLACES if place.is_file()), None)
    if place is None:
        raise StudioError("the page of error codes is missing from this installation", "install studio again")
    return MappingProxyType({entry.code: entry for entry in parse(place.read_text("utf-8"))})


def error_entry(asked: str) -> ErrorEntry:
    """The entry of a code, also written as `error[code]`. Raises UsageError for an unknown one."""
    pasted = _PASTED.fullmatch(asked)
    code = pasted[1] if pasted else asked.lower()
    entries = error_entries()
    if code in entries:
        return entries[code]
    hint = f"{did_you_mean(code, entries)} `studio explain` lists all of them".strip()
    raise UsageError(f"there is no error code `{asked}`", hint)


def parse(page: str) -> tuple[ErrorEntry, ...]:
    """Parse the entries of a page, each with the heading above it as its group."""
    _, *groups = _GROUP.split(page)
    return tuple(
        ErrorEntry(code, group, _plain(meaning), _plain(cause), example, _plain(way_out))
        for group, text in zip(groups[::2], groups[1::2], strict=True)
        for code, meaning, cause, example, way_out in _ENTRY.findall(text)
    )


def _plain(text: str) -> str:
    """A paragraph as one line. A link becomes its page's name, unless the page is beside this one."""
    return _LINK.sub(_named, " ".join(text.split()))


def _named(link: re.Match[str]) -> str:
    if "://" in link[2]:
        return f"{link[1]} ({link[2]})"
    page = link[2] if "/" in link[2] else f"reference/{link[2]}"
    return f"{link[1]} (docs/{page})"
