"""Git LFS pointers: small files in place of a content that is stored elsewhere."""

import re

_MOST = 1024
"""A pointer is shorter than this, by the LFS specification."""
_POINTER = re.compile(
    rb"(?:\xef\xbb\xbf)?version https?://(?:git-lfs\.github\.com|hawser\.github\.com|git-media\.io)/\S+\r?\n"
    rb"(?:[a-z0-9.-]+ [^\n]+\n)*?oid sha256:([0-9a-f]{64})\r?\n"
)


def pointer_in(data: bytes) -> str:
    """The SHA-256 of the content that a pointer stands for; "" if `data` is no pointer."""
    found = _POINTER.match(data) if len(data) < _MOST else None
    return found[1].decode() if found else ""
