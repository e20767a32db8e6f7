"""Codec of record files: text to fields (front matter, YAML, Markdown body) and back, by kind."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from studio_sync.core.merge.marker_label import LABEL
from studio_sync.core.values.bounds import MAX_CONTENT_FILE
from studio_sync.core.values.kind import Field, FieldPlace, Kind
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import ID, OMITTED, UUID_PATTERN, Omitted, canonical_value
from studio_sync.core.values.value import Value, canonical_text, same
from studio_sync.files.git.lfs import pointer_in
from studio_sync.files.markdown import front_matter as markdown
from studio_sync.files.markdown.density import too_dense
from studio_sync.files.markdown.stray import stray_front
from studio_sync.files.tree.checked_file import FileContent
from studio_sync.files.tree.finding_places import Checker, Locator, column_problems, problem_at, slot_problems
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.files.yaml.faults.cut_texts import cut_texts
from studio_sync.files.yaml.faults.fault import TextFault, YamlFault
from studio_sync.files.yaml.parser import nodes as yaml_nodes

if TYPE_CHECKING:
    from studio_sync.files.yaml.splice.splice import NewValue

MAX_BYTES = MAX_CONTENT_FILE
"""A larger file is not read; it is held, with a problem."""

_FENCES = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_STATED_ID = re.compile(rf"^{ID}:[ \t]*[\"']?({UUID_PATTERN})\b".encode(), re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file read as a record: its canonical values, and its problems.

    `keys` are the top-level keys in the YAML.
    """

    id: str | None
    values: Mapping[str, Value | Omitted]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a file: all problems, and the document, None if the file can't be understood.

    `content` is the input of content checks; None without a document.
    """

    document: Document | None
    problems: tuple[Problem, ...]
    content: FileContent | None = None


def read_record(kind: Kind, slot: str, path: str, data: bytes, checker: Checker) -> Reading:
    """Read a file's bytes as a record of `kind`. `path` is the path for its problems."""
    if pointer_in(data):
        text = "this is a Git LFS pointer, not the content"
        return Reading(None, (Problem(path, 1, 1, "lfs-pointer", text, "fetch the content: git lfs pull"),))
    try:
        text = _decode(data)
    except YamlFault as fault:
        return Reading(None, tuple(problem_at(path, "", 0, f) for f in fault.faults))
    start, end = 0, len(text)
    body: str | None = None
    stray: TextFault | None = None
    parts: markdown.DocumentParts | None = None
    try:
        if kind.markdown:
            parts = markdown.split_document(text)
            start, end = parts.front_start, parts.front_end
            stray = stray_front(text, parts.body_start, _own_keys(kind), below=parts.has_front)
            if stray and not parts.has_front:
                raise YamlFault((stray,))
            body = canonical_text(text[parts.body_start :]) or None
        else:
            start = 1 if text.startswith("\ufeff") else 0
        inner = text[start:end]
        raw = yaml_read.read_yaml(inner)
    except YamlFault as fault:
        return Reading(None, tuple(problem_at(path, text, start, f) for f in fault.faults))
    problems: list[Problem] = []
    whole = kind.whole
    if whole is None and raw is None:
        raw = {}
    front: Mapping[str, Value] = raw if isinstance(raw, dict) else {}
    place = Locator(path, text, start, inner)
    if not checker.valid(kind.name, {} if raw is None and whole else raw) or (whole and raw is None):
        if whole and raw is None:
            problems.append(
                Problem(path, 1, 1, "missing-body", "the file is empty", f"write the {whole.name} here")
            )
        else:
            problems += (place.found(finding) for finding in checker.explain(kind.name, raw))
    if whole is None and not isinstance(raw, dict):
        return Reading(None, tuple(problems))
    own = _own_id(kind, front)
    values = {field.name: _value(field, front, body, raw) for field in kind.fields}
    problems += column_problems(kind, values, place)
    problems += slot_problems(kind, slot, path)
    problems += _text_problems(path, text, start, inner, stray)
    if LABEL in text:
        from studio_sync.files.markdown.unresolved import marker_problems

        problems += marker_problems(kind, values, path, text, start, end, place)
    bad_id = kind.identified and ID in front and own is None
    if bad_id:
        return Reading(None, tuple(problems))
    begin = parts.body_start if parts else len(text)
    if parts:
        problems += _density_problems(text, begin, place)
    content = FileContent(path, kind, values, data, text, begin, place, checker)
    return Reading(Document(own, values, frozenset(front)), tuple(problems), content)


def _density_problems(text: str, begin: int, place: Locator) -> list[Problem]:
    """A warning for Markdown that takes too long to check."""
    why = too_dense(text)
    if not why:
        return []
    message = f"{why}: its links and its wording are not checked"
    found = place.at(begin, "too-dense", message, "split it")
    return [replace(found, severity=Severity.WARNING)]


def _value(field: Field, front: Mapping[str, Value], body: str | None, raw: Value) -> Value | Omitted:
    if field.place is FieldPlace.BODY:
        return body
    if field.place is FieldPlace.WHOLE:
        return raw
    if field.name in front:
        return canonical_value(field, front[field.name])
    return OMITTED if field.loose else field.default


def _text_problems(path: str, text: str, start: int, yaml: str, stray: TextFault | None) -> Iterator[Problem]:
    """Problems that only the text shows, while its values are valid."""
    if stray:
        yield problem_at(path, "", 0, stray)
    for fault in cut_texts(yaml):
        yield replace(problem_at(path, text, start, fault), severity=Severity.WARNING)


@cache
def _own_keys(kind: Kind) -> frozenset[str]:
    names = [field.name for field in kind.fields if field.place is FieldPlace.FRONT]
    return frozenset([*names, ID] if kind.identified else names)


def _own_id(kind: Kind, front: Mapping[str, Value]) -> str | None:
    text = front.get(ID) if kind.identified else None
    return text.lower() if isinstance(text, str) and re.fullmatch(UUID_PATTERN, text) else None


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise YamlFault(
            (TextFault(0, 1, 1, "too-large", f"the file is larger than {MAX_BYTES // 2**20} MB", "split it"),)
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8")
        line, column = yaml_nodes.position(good, len(good))
        message = f"the file is not valid UTF-8: byte 0x{data[error.start]:02X}"
        way_out = "save it as UTF-8 in your editor"
        raise YamlFault((TextFault(len(good), line, column, "not-utf8", message, way_out),)) from None
    if b"\0" in data:  # one byte is found, or not, ten times as fast as one letter
        index = text.index("\0")
        line, column = yaml_nodes.position(text, index)
        message = "there is a NUL character, which no text may hold"
        raise YamlFault((TextFault(index, line, column, "nul", message, "delete it"),))
    return text


def where(kind: Kind, data: bytes, key: str) -> tuple[int, int]:
    """Line and column of the value of a top-level key; (0, 0) if the file lacks it."""
    try:
        text = _decode(data)
        parts = markdown.split_document(text) if kind.markdown else None
        start = parts.front_start if parts else 0
        root = yaml_nodes.compose(text[start : parts.front_end] if parts else text)
    except YamlFault:
        return (0, 0)
    node = yaml_nodes.node_at(root, (key,), key=True) if root else None
    return yaml_nodes.position(text, start + node.start) if node else (0, 0)


def body_line(data: bytes) -> int:
    """The line where the text below the front matter begins; 0 if there is none."""
    try:
        text = _decode(data)
        start = markdown.split_document(text).body_start
    except YamlFault:
        return 0
    body = text[start:]
    if not body.strip():
        return 0
    return yaml_nodes.position(text, start + len(body) - len(body.lstrip()))[0]


def front_of(
    kind: Kind, values: Mapping[str, Value | Omitted], own: str | None, checker: Checker
) -> dict[str, Value]:
    """The front matter (or the YAML file's mapping) of a new file with `values`."""
    front: dict[str, Value] = {}
    if kind.identified and own:
        front[ID] = own
    for field in kind.fields:
        value = values[field.name]
        if field.place is not FieldPlace.FRONT or isinstance(value, Omitted):
            continue
        written = value is not None if field.default is None else not same(value, field.default)
        if field.required or field.always or written:
            front[field.name] = checker.arrange(kind.name, field.name, value)
    return front


def stated_id(kind: Kind, data: bytes) -> str | None:
    """The id in a line of front matter as studio writes it, even if the rest can't be read."""
    if not kind.identified:
        return None
    front = _FENCES.split(data, maxsplit=2)
    found = _STATED_ID.search(front[1]) if len(front) > 1 else None
    return found[1].decode().lower() if found else None


def new_text(kind: Kind, values: Mapping[str, Value | Omitted], own: str | None, checker: Checker) -> str:
    """The text of a new file."""
    from studio_sync.files.yaml import yaml_writer as yaml_text

    if kind.whole:
        value = values[kind.whole.name]
        if isinstance(value, Omitted):
            raise ValueError(f"{kind.whole.name} can't be left out")
        return yaml_text.dump(checker.arrange(kind.name, kind.whole.name, value))
    front = front_of(kind, values, own, checker)
    if not kind.markdown:
        return yaml_text.dump(front)
    body = values[kind.body.name] if kind.body else None
    return markdown.new(front, canonical_text(body) if isinstance(body, str) else None)


def edited_text(
    kind: Kind,
    text: str,
    document: Document,
    changes: Mapping[str, Value | Omitted],
    checker: Checker,
    own: str | None = None,
) -> str:
    """Splice `changes` into `text`: these fields get new values, and every other byte stays.

    `own` writes the row's id into a file without one. Raises splice.SpliceError if no edit gives exactly the
    new values.
    """
    from studio_sync.files.tree.line_ends import with_line_ends
    from studio_sync.files.yaml.splice import splice

    front: dict[str, Value | splice.Gone] = {}
    if own and kind.identified and document.id is None:
        front[ID] = own
    body: str | markdown.Keep | None = markdown.KEEP
    for name, value in changes.items():
        field = kind.field(name)
        if field.place is FieldPlace.WHOLE and not isinstance(value, Omitted):
            return with_line_ends(text, splice.replace_value(text, value))
        if field.place is FieldPlace.BODY:
            body = value if isinstance(value, str) else None
        elif isinstance(value, Omitted) or value is None and field.default is None and not field.required:  # noqa: RUF021
            front[name] = splice.GONE
        elif name in document.keys or field.required or field.always or not same(value, field.default):
            known = document.values.get(name)
            front[name] = (
                value if name in document.keys and known else checker.arrange(kind.name, name, value)
            )
    front = {k: v for k, v in front.items() if k in document.keys or v is not splice.GONE}
    return with_keys(kind, text, front, body)


def with_keys(
    kind: Kind, text: str, changes: "Mapping[str, NewValue]", body: str | markdown.Keep | None = markdown.KEEP
) -> str:
    """`text` with keys set or removed, and another body, unless it is KEEP. Raises SpliceError."""
    from studio_sync.files.tree.line_ends import with_line_ends

    order = [ID, *(f.name for f in kind.fields if f.place is FieldPlace.FRONT)]
    if kind.markdown:
        edited = markdown.edit_front_matter(text, changes, body=body, order=order)
    else:
        from studio_sync.files.yaml.splice import splice

        edited = splice.edit_mapping(text, changes, order=order)
    return with_line_ends(text, edited)
