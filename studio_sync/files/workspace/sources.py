"""Sources of copies and translations: the folder `studio.sources` in a workspace, which is committed.

One file for each copied folder, so that copies by two people never conflict; in it one line for each record.
Lines contain identities instead of paths, so that they stay valid through renames and moves.
"""

import base64
import binascii
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from studio_sync.core.values.bounds import MAX_SOURCES_FILE, MAX_SOURCES_FILES, MAX_UNPACKED
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, content_digest
from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.git.blobs import is_blob, read_blob
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import read_plain, way_out

_HEAD = "# What was copied from what, by studio: copy, source, language, mark and text of the source then.\n"
_ENDING = ".tsv"
_NONE = "-"
_PARTS = 5
_MARK_SIZE = 8
_GIT, _ZIP = "git:", "zip:"
_KEPT = "/-_."


@dataclass(frozen=True, slots=True)
class TranslationSource:
    """A record's source, as it was when it was copied or last caught up with.

    `group` is the identity of the copied folder's own record. `language` is "" for a copy that is no
    translation. `mark` changes when the source changes. `text` refers to the source's text at that time: a
    git blob, or the text itself.
    """

    group: Rid
    copy: Rid
    source: Rid
    language: str
    mark: str
    text: str


def read_sources(place: Path) -> dict[Rid, TranslationSource]:
    """The sources in the folder `place`, by the copy's identity; invalid lines are skipped."""
    found: dict[Rid, TranslationSource] = {}
    for name in _names(place):
        for line in _text(place, name).split("\n"):
            parts = line.removesuffix("\r").split("\t")
            if len(parts) == _PARTS and not line.startswith("#"):
                copy, source, language, mark, text = parts
                shown = "" if language == _NONE else unquote(language)
                group = name.removesuffix(_ENDING)
                found[unquote(copy)] = TranslationSource(
                    group, unquote(copy), unquote(source), shown, mark, text
                )
    return found


def _names(place: Path) -> list[str]:
    """The names of the files in the folder `place`, sorted."""
    if not os.path.lexists(place):
        return []
    if place.is_symlink():
        raise RefusedError(f"{place.name} is a symbolic link", "put a real folder in the link's place")
    try:
        names = sorted(name for name in os.listdir(place) if name.endswith(_ENDING) and name[0] != ".")
    except OSError as error:
        raise UnavailableError(f"can't read {place.name}: {error.strerror}", "restore it from git") from None
    if len(names) > MAX_SOURCES_FILES:
        raise UnavailableError(
            f"{place.name} holds {len(names)} files, and at most {MAX_SOURCES_FILES} are read",
            "restore it from git",
        )
    return names


def _text(place: Path, name: str) -> str:
    try:
        return read_plain(inside(place.parent, f"{place.name}/{name}"), MAX_SOURCES_FILE).decode()
    except OSError as error:
        raise UnavailableError(
            f"can't read {place.name}/{name}: {error.strerror}", f"restore it from git, or {way_out(error)}"
        ) from None
    except UnicodeError:
        raise UnavailableError(
            f"can't read {place.name}/{name}: it is not UTF-8 text", "restore it from git"
        ) from None


def write_sources(place: Path, sources: Iterable[TranslationSource]) -> None:
    """Write all lines of the groups in `sources`, replacing their files."""
    groups: dict[Rid, list[str]] = {}
    for source in sources:
        groups.setdefault(source.group, []).append(_line(source))
    writer = FileWriter(place.parent)
    for group, lines in groups.items():
        file = place / (group + _ENDING)
        data = (_HEAD + "".join(sorted(lines))).encode()
        path = f"{place.name}/{file.name}"
        if os.path.lexists(file):
            writer.replace(path, _text(place, file.name).encode(), data)
        else:
            writer.create(path, data)


def forget_source(place: Path, group: Rid) -> None:
    """Delete the file that `write_sources` wrote for a failed copy."""
    file = place / (group + _ENDING)
    FileWriter(place.parent).remove(f"{place.name}/{file.name}", _text(place, file.name).encode())


def _line(source: TranslationSource) -> str:
    language = quote(source.language, safe=_KEPT) or _NONE
    names = (quote(source.copy, safe=_KEPT), quote(source.source, safe=_KEPT), language)
    return "\t".join((*names, source.mark, source.text)) + "\n"


def source_mark(kind: Kind, digests: bytes) -> str:
    """A digest of a record's content for translators: its fields without status and order."""
    return content_digest(kind, digests, _MARK_SIZE).hex()


def text_of(data: bytes, blob: str) -> str:
    """A source's text: by the blob that HEAD has of it, if it says this; "" if HEAD has none."""
    return text_in_git(blob) if blob and is_blob(blob, data) else text_itself(data)


def text_in_git(sha: str) -> str:
    """A reference to a text as the blob `sha`."""
    return _GIT + sha


def text_itself(data: bytes) -> str:
    """A reference that contains the text itself, for a file that git doesn't have."""
    return _ZIP + base64.b64encode(zlib.compress(data, 9)).decode()


def text_then(content: Path, source: TranslationSource) -> bytes | None:
    """The source's file as it was; None if git doesn't have it here, or the line is damaged."""
    if source.text.startswith(_GIT):
        return read_blob(content, source.text.removeprefix(_GIT))
    packed = zlib.decompressobj()
    try:
        data = packed.decompress(
            base64.b64decode(source.text.removeprefix(_ZIP), validate=True), MAX_UNPACKED
        )
    except (binascii.Error, ValueError, zlib.error):
        return None
    if not packed.eof:
        if not packed.unconsumed_tail:
            return None
        raise UnavailableError(
            f"a text in studio.sources unpacks to more than {MAX_UNPACKED} bytes: that of {source.copy}",
            f"restore studio.sources/{source.group}{_ENDING} from git",
        )
    return data
