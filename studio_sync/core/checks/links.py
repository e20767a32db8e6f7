"""Checks of links and images: broken targets and anchors, files that readers can't see, missing alt text."""

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath
from unicodedata import normalize
from urllib.parse import unquote

from studio_sync.core.checks.content import Around, CheckedFile, LinkMark, Presence, Remark
from studio_sync.core.values.nearest import nearest

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\#?]")
"""The beginning of a target that is no relative path: a scheme, the root, or a place on the page."""

_TO_NOTES = re.compile(r"fn(?:ref)?[:-]?\d|:~:")
"""The beginning of links to footnotes, which renderers generate, and to text fragments."""
_REFERENCE = re.compile(r"(?<![\w\]\\!])\[(?!\^)(?![\d, ]+\]\[[\d, ]*\])[^\[\]\n\0]+\]\[(?!\^)[^\[\]\n\0]*\]")
_NO_ALT = re.compile(r"!\[\s*\]")
_TAG = re.compile(r"<(?:img|IMG|Img)\b")


def target_of(source: str, mark: LinkMark) -> str:
    """The target of a relative link in the file at `source`; "" if the link isn't relative.

    A path that begins with "../" leads out of the workspace.
    """
    path = unquote(re.split("[#?]", mark.target, maxsplit=1)[0])
    if not path.strip() or _ELSEWHERE.match(mark.target):
        return ""
    return normpath(join(dirname(source), path))


def broken_link(content: CheckedFile, around: Around) -> Iterator[Remark]:
    """Relative links and images without an existing target in the tree."""
    for mark in content.marks:
        target = target_of(content.path, mark)
        if target and around.presence(target) is Presence.NOTHING:
            what = "image" if mark.image else "link"
            text = f"this {what} has no target in the tree: `{mark.target}`"
            yield Remark(mark.at, text, f"there is no {target}; paths are seen from this file's own folder")


def anchor(name: str) -> str:
    """An anchor, normalized: without everything that programs spell in different ways."""
    decomposed = normalize("NFKD", unquote(name)).casefold()
    return "".join(c for c in decomposed if c.isalnum())


def broken_anchor(content: CheckedFile, around: Around) -> Iterator[Remark]:
    """Links to a part of a text without a heading of that name."""
    if "#" not in content.markdown:
        return
    for mark in content.marks:
        path, _, part = mark.target.partition("#")
        if not part or part.lower() == "top" or _TO_NOTES.match(part) or (path and _ELSEWHERE.match(path)):
            continue
        target = target_of(content.path, mark) if path else ""
        anchors = around.anchors(target) if target else content.structure.anchors
        name = anchor(part)
        if anchors is None or {name, re.sub(r"\d+$", "", name)} & anchors:
            continue
        where = basename(target) if target else "this text"
        near = nearest(part, anchors)
        hint = (
            f"did you mean `#{near}`?" if near else f"name a heading of {where}: `## A heading` is #a-heading"
        )
        yield Remark(mark.at, f"{where} has no heading for `#{part}`", hint)


def missing_reference(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Reference links, `[text][name]`, without a definition of the name."""
    text = content.markdown
    if "[" not in text or "][" not in text:  # one letter is found, or not, ten times as fast as two
        return
    for used, at in content.in_markdown(_REFERENCE):
        text, name = used[1:-1].split("][", 1)
        hint = f"add a line `[{name or text}]: address`, or write [{text}](address)"
        yield Remark(at, f"`{used}` is no link: nothing says what [{name or text}] is", hint)


def unclosed_code(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Code fences that are never closed: everything after them is shown as code."""
    text = content.markdown
    if ("`" in text and "```" in text) or ("~" in text and "~~~" in text):
        for at in content.structure.unclosed:
            yield Remark(
                at,
                "this fence of code is never closed: all behind it is shown as code",
                "add a line with the same signs below the code",
            )


def merge_markers(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Lines with git's conflict markers, outside of code."""
    text = content.markdown
    if ("<" in text and "<<<<<<<" in text) or (">" in text and ">>>>>>>" in text):
        for at in content.structure.markers[:1]:
            yield Remark(
                at,
                "git's conflict markers are still here: the text has both sides of a merge",
                "keep what is right and delete the lines with <<<<<<<, ======= and >>>>>>>;"
                " put markers that are part of the text between ``` lines",
            )


def unseen_file(content: CheckedFile, around: Around) -> Iterator[Remark]:
    """Images and other files that exist, but that readers of the database can't see."""
    if around.assets:
        return
    for mark in content.marks:
        target = target_of(content.path, mark)
        if target and around.presence(target) is Presence.FILE:
            yield Remark(
                mark.at,
                f"{basename(target)} is here, but not in the database: its readers can't see it",
                "say in studio.yaml where they find such files, as in `assets: https://cdn.example.com/`;"
                " or give the full address here",
            )


def missing_alt(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Images without alt text."""
    text = content.markdown
    if not (
        ("!" in text and "[" in text and "![" in text and _NO_ALT.search(text))
        or ("<" in text and _TAG.search(text))
    ):
        return
    for mark in content.marks:
        if not mark.image or (mark.alt is not None and (mark.html or mark.alt.strip())):
            continue
        if mark.html:
            hint = 'add alt="…" with what the picture shows; alt="" if it is only decoration'
        else:
            hint = f"say in the brackets what the picture shows: ![A nurse at a bedside]({mark.target})"
        yield Remark(mark.at, "this image has no alt text: who can't see it gets nothing", hint)
