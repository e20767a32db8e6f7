"""A page of a foreign tree: front matter in YAML, TOML or JSON, text, and title."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from studio_sync.core.values.bounds import MAX_CONFIG_FILE
from studio_sync.core.values.value import MAX_DEPTH, Value
from studio_sync.files.markdown import front_matter as markdown
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.files.yaml.faults.fault import YamlFault

_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_ATX = re.compile(r"(?:[ \t]*\n)*[ ]{0,3}#[ \t]+([^\n]*)(?:\n|\Z)")
_SETEXT = re.compile(r"(?:[ \t]*\n)*([^\n]{1,400})\n=+[ \t]*(?:\n|\Z)")
_HEADING_TAIL = re.compile(r"[ \t]+#+[ \t]*$|[ \t]*\{[:#][^{}]*\}[ \t]*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(.+?)\1")
_LONGEST_TITLE = 400


@dataclass(frozen=True, slots=True)
class Page:
    """A page at `path`: its front matter, and its text.

    `fenced`: it has front matter. `fault`: what of it could not be parsed, "" for nothing. `line` is the
    first line of the text.
    """

    path: str
    front: Mapping[str, Value]
    body: str
    fenced: bool = True
    fault: str = ""
    line: int = 1

    @property
    def heading(self) -> str:
        """The title at the start of the text, as plain words; "" if there is none."""
        found = _ATX.match(self.body) or _SETEXT.match(self.body)
        if found is None:
            return ""
        text = _HEADING_TAIL.sub("", found[1][:_LONGEST_TITLE])
        text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
        return " ".join(text.split())


class PageError(ValueError):
    """The bytes are no text of a lesson."""


def read_page(path: str, data: bytes) -> Page:
    """Parse a page. Raises PageError, in words for people."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PageError("it is not UTF-8") from None
    if "\0" in text:
        raise PageError("it has a NUL character in it")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    page = _parted(path, text)
    return replace(page, line=text.count("\n", 0, len(text) - len(page.body)) + 1)


def _parted(path: str, text: str) -> Page:
    if found := _TOML.match(text):
        return _page(path, found[1], text[found.end() :], tomllib.loads, parse_float=Decimal)
    if text.startswith("{") and (end := _json_end(text)):
        return _page(path, text[:end], text[end:], json.loads, parse_float=Decimal)
    try:
        parts = markdown.split_document(text)
    except YamlFault as fault:
        return Page(path, {}, text, fenced=False, fault=fault.faults[0].message)
    if not parts.has_front:
        return Page(path, {}, text, fenced=False)
    return _page(
        path, text[parts.front_start : parts.front_end], text[parts.body_start :], yaml_read.read_yaml
    )


def mapping_in(text: str, path: str) -> Mapping[str, Value]:
    """The values of a JSON, TOML or YAML file beside the pages; {} if it can't be parsed."""
    try:
        if path.endswith(".json"):
            value = json.loads(text, parse_float=Decimal)
        elif path.endswith(".toml"):
            value = tomllib.loads(text, parse_float=Decimal)
        else:
            value = yaml_read.read_yaml(text)
        return _plain(value) if isinstance(value, Mapping) else {}
    except (ValueError, RecursionError, YamlFault):
        return {}


def _page(path: str, front: str, body: str, read: Any, **options: Any) -> Page:
    fault = ""
    settings: Any = {}
    if len(front) > MAX_CONFIG_FILE:
        fault = f"its front matter has more than {MAX_CONFIG_FILE} characters"
    else:
        try:
            settings = _plain(read(front, **options) or {})
        except YamlFault as error:
            fault = f"line {error.faults[0].line + 1}: {error.faults[0].message}"
        except RecursionError:
            fault = "its values are nested too deep"
        except ValueError as error:
            fault = str(error).partition("\n")[0]
    if not isinstance(settings, Mapping):
        fault, settings = "its front matter is no list of keys", {}
    return Page(path, settings, body, fault=fault)


def _json_end(text: str) -> int:
    """The end of a JSON object at the start of a text, 0 if there is none that ends with its line."""
    try:
        value, end = json.JSONDecoder().raw_decode(text[:MAX_CONFIG_FILE])
    except (ValueError, RecursionError):
        return 0
    return end if isinstance(value, dict) and text[end : end + 1] in ("", "\n") else 0


def _plain(value: Any, depth: int = 0) -> Any:
    """Convert a TOML or JSON value to YAML: dates become texts. Raises ValueError if impossible."""
    if depth > MAX_DEPTH:
        raise ValueError(f"its values are nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) or (isinstance(value, Decimal) and not value.is_finite()):
        raise ValueError(f"{value} is no number that a file can hold")
    return value
