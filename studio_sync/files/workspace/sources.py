"""What was copied from what: the folder `studio.sources` in a workspace, which git carries along.

A file a copied folder, so that two people's copies meet in no file; in it a line a record, in order.
Identities and not paths: a line stays true whatever is renamed or moved.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, content_digest
from studio_sync.errors import UnavailableError
from studio_sync.files.git.blobs import read_blob
from studio_sync.files.tree.write import FileWriter

_HEAD = "# What was copied from what, by studio: copy, source, language, mark and text of the source then.\n"
_ENDING = ".tsv"
_NONE = "-"
_PARTS = 5
_MARK_SIZE = 8
_GIT, _ZIP = "git:", "zip:"
_KEPT = "/-_."


@dataclass(frozen=True, slots=True)
class Source:
    """One record's source, as it was when it was copied or last caught up with.

    `group` is the identity of the folder's own record that was copied with this one in it. `language` is
    "" for a copy that is no translation. `mark` tells whether the source changed since, and `text` is
    where its text of then is found: a blob of git, or the text itself.
    """

    group: Rid
    copy: Rid
    source: Rid
    language: str
    mark: str
    text: str


def read_sources(place: Path) -> dict[Rid, Source]:
    """What the folder `place` says, by the copy's identity; lines that are none are passed over."""
    found: dict[Rid, Source] = {}
    for file in sorted(place.glob(f"*{_ENDING}")):
        try:
            lines = file.read_bytes().decode("utf-8").split("\n")
        except (OSError, UnicodeError) as error:
            raise UnavailableError(
                f"can't read {place.name}/{file.name}: {error}", "restore it from git"
            ) from None
        for line in lines:
            parts = line.removesuffix("\r").split("\t")
            if len(parts) == _PARTS and not line.startswith("#"):
                copy, source, language, mark, text = parts
                shown = "" if language == _NONE else unquote(language)
                group = file.name.removesuffix(_ENDING)
                found[unquote(copy)] = Source(group, unquote(copy), unquote(source), shown, mark, text)
    return found


def write_sources(place: Path, sources: Iterable[Source]) -> None:
    """Write all lines of the groups that are in `sources`, in place of what their files said."""
    groups: dict[Rid, list[str]] = {}
    for source in sources:
        groups.setdefault(source.group, []).append(_line(source))
    writer = FileWriter(place.parent)
    for group, lines in groups.items():
        file = place / (group + _ENDING)
        data = (_HEAD + "".join(sorted(lines))).encode()
        path = f"{place.name}/{file.name}"
        if file.exists():
            writer.replace(path, file.read_bytes(), data)
        else:
            writer.create(path, data)


def forget_source(place: Path, group: Rid) -> None:
    """Delete what `write_sources` wrote for a copy that came to nothing."""
    file = place / (group + _ENDING)
    FileWriter(place.parent).remove(f"{place.name}/{file.name}", file.read_bytes())


def _line(source: Source) -> str:
    language = quote(source.language, safe=_KEPT) or _NONE
    names = (quote(source.copy, safe=_KEPT), quote(source.source, safe=_KEPT), language)
    return "\t".join((*names, source.mark, source.text)) + "\n"


def mark_of(kind: Kind, digests: bytes) -> str:
    """A hash of what translators care about in a record: its fields less status and order."""
    return content_digest(kind, digests, _MARK_SIZE).hex()


def text_in_git(sha: str) -> str:
    """What says that a text is the blob `sha`."""
    return _GIT + sha


def text_itself(data: bytes) -> str:
    """The text of a file, for one that git doesn't have."""
    return _ZIP + base64.b64encode(zlib.compress(data, 9)).decode()


def text_then(content: Path, source: Source) -> bytes | None:
    """The source's file as it was; None where git doesn't have it here, or the line is damaged."""
    if source.text.startswith(_GIT):
        return read_blob(content, source.text.removeprefix(_GIT))
    try:
        return zlib.decompress(base64.b64decode(source.text.removeprefix(_ZIP), validate=True))
    except (binascii.Error, zlib.error):
        return None
