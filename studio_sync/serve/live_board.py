"""The board in a browser, which looks whether it has changed."""

import re
from hashlib import blake2b

_WHEN = re.compile(r"<time [^>]*>[^<]*</time>")


def followed(text: str, root: str, mark: str) -> str:
    """The board with a script of the server's that looks whether it has changed; its policy lets that in."""
    text = text.replace("; script-src '", "; connect-src 'self'; script-src 'self' '", 1)
    script = f'<script src="{root}/static/live.js" data-mark="{mark}"></script>'
    return text.replace("</body>", f"{script}</body>")


def mark_of(text: str) -> str:
    """What another board has otherwise; when it was read doesn't count."""
    return blake2b(_WHEN.sub("", text).encode(), digest_size=12).hexdigest()
