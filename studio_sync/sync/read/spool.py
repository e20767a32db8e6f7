"""Spool: a temporary file for record values that are needed again, to keep them out of memory."""

import os
import threading
from collections.abc import Mapping
from hashlib import blake2b
from typing import IO

from studio_sync.core.values.value import Value, load_json
from studio_sync.errors import about_file

_BUFFER = 1_000_000
_MARK = 16
"""The size of a name's digest in bytes: two names that share one are not to be expected."""
_SIZE_BITS = 40
"""Where a text begins and its size are one number, these bits of it the size: a third of a tuple's memory."""


def load_object(text: bytes) -> Mapping[str, Value]:
    """Parse a JSON object in UTF-8; lone surrogates in it are kept as they are."""
    value = load_json(text.decode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise TypeError("no JSON object")
    return value


def _mark(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()


class Spool:
    """JSON objects by name, in UTF-8, in an unnamed temporary file.

    Several threads may read objects that were put before. Names are held by their digests: a path, of which
    nobody else may hold this very text, takes four times the memory.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[bytes, int] = {}
        self._written = 0
        self._waiting = bytearray()
        self._moving = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return _mark(name) in self._places

    def put(self, name: str, text: bytes) -> None:
        """Store a JSON object's text as `name`, replacing an earlier one."""
        waiting = self._waiting
        self._places[_mark(name)] = self._written + len(waiting) << _SIZE_BITS | len(text)
        waiting += text
        if len(waiting) > _BUFFER:
            import tempfile

            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="studio-", buffering=0)  # noqa: SIM115
            self._file.seek(self._written)
            left = memoryview(waiting)
            with about_file(tempfile.gettempdir()):
                while left:
                    left = left[self._file.write(left) :]
            self._written += len(waiting)
            self._waiting = bytearray()

    def text(self, name: str) -> bytes:
        """The text stored as `name`. Raises KeyError."""
        place, size = divmod(self._places[_mark(name)], 1 << _SIZE_BITS)
        if place >= self._written:
            start = place - self._written
            return bytes(self._waiting[start : start + size])
        if self._file is None:
            raise KeyError(name)
        return self._read(self._file, place, size)

    def _read(self, file: IO[bytes], place: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(file.fileno(), size, place)
        with self._moving:
            file.seek(place)
            return file.read(size)

    def get(self, name: str) -> Mapping[str, Value]:
        """The object stored as `name`. Raises KeyError."""
        return load_object(self.text(name))

    def close(self) -> None:
        """Close the temporary file."""
        if self._file is not None:
            self._file.close()
        self._file, self._places, self._written, self._waiting = None, {}, 0, bytearray()
