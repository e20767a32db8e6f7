"""One version of a record's file in a git merge: its text split into parts, and its values."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, digests
from studio_sync.core.values.value import Value
from studio_sync.files.markdown import front_matter
from studio_sync.files.tree import codec
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.yaml_entries import Entries, entries_of
from studio_sync.sync.git_merge.sheet import NoSheetError

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Sides:
    r"""A version in parts: `head` + the entries + `middle` + `body` is its `text`, with \n as line ends.

    `bom`: it begins with a byte-order mark. `open_end`: its last line has no line end.
    """

    document: codec.Document
    version: Version
    text: str
    head: str
    entries: Entries
    middle: str
    body: str
    bom: bool
    open_end: bool

    @property
    def fenced(self) -> bool:
        """Whether it has front matter between fences."""
        return bool(self.middle)

    @property
    def front(self) -> Mapping[str, Value]:
        """The values of its keys."""
        return self.entries.values


def read_version(kind: Kind, data: bytes, checker: Checker) -> Sides:
    """Parse a version of a record's file. Raises NoSheetError if it can't be parsed as one."""
    reading = codec.read_record(kind, "", "", data, checker)
    if reading.document is None:
        raise NoSheetError("it can't be read as a record")
    raw = data.decode("utf-8")
    text = raw.removeprefix(_BOM)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    start, end, body = 0, len(plain), len(plain)
    try:
        if kind.markdown:
            parts = front_matter.split_document(plain)
            start, end, body = parts.front_start, parts.front_end, parts.body_start
        entries = entries_of(plain[start:end])
    except YamlFault as fault:
        raise NoSheetError(str(fault)) from None
    if entries is None:
        raise NoSheetError("its keys can't be told apart by lines")
    return Sides(
        reading.document,
        Version("", kind.name, "", "", digests(kind, reading.document.values)),
        text,
        plain[:start],
        entries,
        plain[end:body],
        plain[body:],
        bom=raw != text,
        open_end=bool(plain) and not plain.endswith("\n"),
    )
