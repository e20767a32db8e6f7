"""The board in a browser, which refreshes itself when it changes."""

import re
from hashlib import blake2b

_WHEN = re.compile(r"<time [^>]*>[^<]*</time>")


def followed(text: str, root: str, mark: str) -> str:
    """The board with a script of the server that checks for changes; its policy allows that script."""
    text = text.replace("; script-src '", "; connect-src 'self'; script-src 'self' '", 1)
    script = f'<script src="{root}/static/live.js" data-mark="{mark}"></script>'
    return text.replace("</body>", f"{script}</body>")


def mark_of(text: str) -> str:
    """A digest of the board's content, without the time when it was read."""
    return blake2b(_WHEN.sub("", text).encode(), digest_size=12).hexdigest()
