"""Links and images: they lead somewhere, readers get to see it, and an image can be told to the blind."""

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath
from urllib.parse import unquote

from studio_sync.core.checks.content import Around, Content, Mark, Presence, Remark

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\#?]")
"""How a destination begins that is no relative path: with a scheme, from the root, inside the page."""

_NO_ALT = re.compile(r"!\[\s*\]")
_TAG = re.compile(r"<(?:img|IMG|Img)\b")


def target_of(source: str, mark: Mark) -> str:
    """What a relative link in the file at `source` leads to; "" if it is no relative one.

    A path that begins with "../" leads out of the workspace.
    """
    path = unquote(re.split("[#?]", mark.target, maxsplit=1)[0])
    if not path.strip() or _ELSEWHERE.match(mark.target):
        return ""
    return normpath(join(dirname(source), path))


def broken_link(content: Content, around: Around) -> Iterator[Remark]:
    """Relative links and images that lead nowhere in the tree."""
    for mark in content.marks():
        target = target_of(content.path, mark)
        if target and around.presence(target) is Presence.NOTHING:
            what = "image" if mark.image else "link"
            said = f"this {what} leads nowhere in the tree: `{mark.target}`"
            yield Remark(mark.at, said, f"there is no {target}; paths are seen from this file's own folder")


def unseen_file(content: Content, around: Around) -> Iterator[Remark]:
    """Images and other files that are there, and that no reader of the database can see."""
    if around.assets:
        return
    for mark in content.marks():
        target = target_of(content.path, mark)
        if target and around.presence(target) is Presence.FILE:
            yield Remark(
                mark.at,
                f"{basename(target)} is here, but not in the database: its readers can't see it",
                "say in studio.yaml where they find such files, as in `assets: https://cdn.example.com/`;"
                " or give the full address here",
            )


def missing_alt(content: Content, _: Around) -> Iterator[Remark]:
    """Images without a text for those who can't see them."""
    text = content.markdown
    if not (("![" in text and _NO_ALT.search(text)) or ("<" in text and _TAG.search(text))):
        return
    for mark in content.marks():
        if not mark.image or (mark.alt is not None and (mark.html or mark.alt.strip())):
            continue
        if mark.html:
            hint = 'add alt="…" with what the picture shows; alt="" if it is only decoration'
        else:
            hint = f"say in the brackets what the picture shows: ![A nurse at a bedside]({mark.target})"
        yield Remark(mark.at, "this image has no alt text: who can't see it gets nothing", hint)
