"""Preview of a record from unsaved text, for editors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from studio_sync.core.values.kind import Kinds
from studio_sync.files.tree.disk.inside import OutsideError, inside
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.serve.lesson import Lessons, picture_type
from studio_sync.serve.pages import render_page, static
from studio_sync.serve.view import shown

PICTURE = "studio-picture/"
"""Placeholder for a picture, followed by its index: the editor knows how to address it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The body of a page and its style, without scripts; and the files of its pictures."""

    title: str
    html: str
    style: str
    pictures: tuple[str, ...]


def preview(workspace: Workspace, kinds: Kinds, file: Path, text: str) -> Preview | None:
    """The preview of a file with this text; None if it is no record's. Its content is escaped."""
    content = workspace.content.resolve()
    if not file.is_relative_to(content):
        return None
    lessons = Lessons(workspace, kinds)
    spot = lessons.layout.spot(file.relative_to(content).as_posix())
    if spot is None:
        return None
    pictures: list[str] = []

    def addresses(source: str) -> Callable[[str, bool], str]:
        def address(target: str, picture: bool) -> str:
            folder, name = lessons.address(source, target)
            if not picture:
                return "#" if folder or name else ""
            place = _picture(content, name) if not folder else ""
            if not place:
                return ""
            if place not in pictures:
                pictures.append(place)
            return f"{PICTURE}{pictures.index(place)}"

        return address

    part = shown(lessons.part(spot, text.encode("utf-8", "replace")), addresses, lessons.label)
    html = render_page("preview.html", part=part, headed=True, writes=False, source="", root="", at="")
    return Preview(part.title or part.word, html, _style(), tuple(pictures))


def _picture(content: Path, name: str) -> str:
    """The full path of a picture in the workspace; "" if it is none, or a link leads outside."""
    if not name or not picture_type(name) or any(part.startswith(".") for part in name.split("/")):
        return ""
    try:
        return str(inside(content, name))
    except OutsideError:
        return ""


@cache
def _style() -> str:
    return static("serve.css").decode() + static("preview.css").decode()
