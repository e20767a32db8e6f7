"""Git LFS pointers: small files in place of a content that is stored elsewhere."""

import re
from dataclasses import dataclass
from hashlib import sha256

_MOST = 1024
"""A pointer is shorter than this, by the LFS specification."""
_POINTER = re.compile(
    rb"(?:\xef\xbb\xbf)?version https?://(?:git-lfs\.github\.com|hawser\.github\.com|git-media\.io)/\S+\r?\n"
    rb"(?:[a-z0-9.-]+ [^\n]+\n)*?oid sha256:([0-9a-f]{64})\r?\n"
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer to the content with this SHA-256."""

    sha256: str

    def stands_for(self, data: bytes) -> bool:
        """Whether `data` is the content of this pointer."""
        return sha256(data).hexdigest() == self.sha256


def pointer_in(data: bytes) -> Pointer | None:
    """Parse a pointer; None if `data` is none."""
    found = _POINTER.match(data) if len(data) < _MOST else None
    return Pointer(found[1].decode()) if found else None
