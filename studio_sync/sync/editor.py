"""Editor services for a file being typed: problems, completions, hover texts."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname
from typing import Any

from studio_sync.core.values.escapes import code_span, plain_markdown
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import ID
from studio_sync.files.markdown import front_matter as markdown
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.plain_file import is_plain_file
from studio_sync.files.tree.ignore.ignoring import ignored_in
from studio_sync.files.tree.walking.listing import NO_STAT, read_content
from studio_sync.files.tree.walking.survey import MEMORY
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.files.yaml import cursor
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.kinds import KINDS
from studio_sync.schemas.key_order import Order
from studio_sync.sync.editor_places import EditorPlaces
from studio_sync.sync.read.local import ClientFilter, same_id, same_place
from studio_sync.sync.read.reader import Reader, missing_id

_BREAK = re.compile(r"\r\n|\r|\n")
_FENCE = re.compile(r"\ufeff?---[ \t]*(?:\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Offer:
    """A completion, with its documentation in Markdown; `begun` characters of it are typed already."""

    text: str
    title: str
    about: str
    begun: int
    key: bool


class EditorSession:
    """A workspace as it is on disk; the edited file is passed as text."""

    def __init__(self, workspace: Workspace, kinds: Kinds = KINDS) -> None:
        """Raises StudioError if the workspace's own schemas can't be read."""
        self._workspace, self.state = workspace, workspace.state
        self._reader = Reader(
            workspace.content, workspace.prefix, kinds, workspace.schemas, workspace.advice, around=True
        )

    def is_saved(self, spot: TreeSpot, text: str) -> bool:
        """Whether a text is just what its file says."""
        try:
            return read_content(self._workspace.content, spot.path) == text.encode("utf-8", "replace")
        except OSError:
            return False

    @property
    def places(self) -> EditorPlaces:
        """The navigation targets of a file."""
        return EditorPlaces(self._workspace, self._reader.schemas)

    def spot(self, file: Path) -> TreeSpot | None:
        """The place of a file's record; None for files that are not synced."""
        if not file.is_relative_to(self._workspace.content):
            return None
        path = file.relative_to(self._workspace.content).as_posix()
        layout = self._reader.layout
        held = ClientFilter(layout, self._workspace.clients)
        if not held(path) or ignored_in(self._workspace.content)(path):
            return None
        return layout.spot(path)

    def problems(self, spot: TreeSpot, text: str) -> list[Problem]:
        """The problems that `validate` would report if the file were saved like this; sorted."""
        shown = self._workspace.prefix + spot.path
        own, found = self._reader.examine(spot, shown, text.encode("utf-8", "replace"))
        found += self._same_place(spot, shown)
        if own:
            found += self._same_id(spot, shown, own, text)
        elif own is not None and spot.kind.identified:
            found.append(missing_id(shown, Severity.WARNING))
        return sorted(set(found))

    def _same_place(self, spot: TreeSpot, shown: str) -> Iterator[Problem]:
        """Other folders with the same slot."""
        slot = spot.kind.slot
        if slot is None or not spot.kind.folder:
            return
        above = dirname(dirname(spot.path))
        others = []
        try:
            names = sorted(os.listdir(self._workspace.content / above))
        except OSError:
            return
        for name in names:
            path = f"{above}/{name}/{spot.kind.file}" if above else f"{name}/{spot.kind.file}"
            other = self._reader.layout.spot(path)
            if path != spot.path and other is not None and other.slot == spot.slot:  # noqa: SIM102
                if is_plain_file(self._workspace.content / path):
                    others.append(self._workspace.prefix + dirname(path))
        if others:
            yield same_place(shown, slot.column, spot.slot, others)

    def _same_id(self, spot: TreeSpot, shown: str, own: str, text: str) -> Iterator[Problem]:
        """Other files with the same id, as far as the workspace has read them."""
        if not (self._workspace.state / MEMORY).exists():
            return
        with closing(Memory.open(self._workspace.state)) as memory:
            known = memory.files_where("id = ? AND path <> ?", own, spot.path)
        others = [e.path for e in known if self._reader.read(e.path, NO_STAT)[0].id == own]
        if others:
            lines = _BREAK.split(text)
            line = next((n for n, text_line in enumerate(lines, 1) if text_line.startswith(f"{ID}:")), 0)
            yield same_id(shown, (line, 1 if line else 0), own, [self._workspace.prefix + p for p in others])

    def offers(self, spot: TreeSpot, text: str, line: int, column: int) -> list[Offer]:
        """The completions at a position, counted from 0 in characters."""
        rows = _front(spot.kind, text, line)
        typing = cursor.typing(rows, line, column) if rows else None
        if typing is None:
            return []
        order = self._order(spot.kind, typing.path)
        if typing.value:
            values = _values(spot.kind, order, typing.path)
            return [Offer(v, "", about, len(typing.begun), False) for v, about in values.items()]
        required = {key for node, _ in order.nodes for key in node.get("required", ())}
        return [
            Offer(key, _title(order.child(key), required=key in required), _about(order.child(key)),
                  len(typing.begun), True)
            for key in order.keys
            if key not in typing.beside
        ]  # fmt: skip

    def about(self, spot: TreeSpot, text: str, line: int, column: int) -> str:
        """The documentation of the key at a position, in Markdown; "" if there is none."""
        rows = _front(spot.kind, text, line)
        key = cursor.key_at(rows, line) if rows else None
        if key is None or not key.start <= column <= key.end:
            return ""
        order = self._order(spot.kind, key.path)
        title = plain_markdown(_schema_text(order, "title"))
        about = _about(order)
        # Text that the description already contains is not repeated.
        news = title and title.lower() not in about.lower().split(".")[0]
        paragraphs = [part for part in (f"**{title}**" if news else "", about) if part]
        default = next((node["default"] for node, _ in order.nodes if "default" in node), None)
        if default is not None and "Left out:" not in about:
            paragraphs.append(f"Left out: {code_span(str(default))}.")
        return "\n\n".join(paragraphs)

    def _order(self, kind: Kind, path: tuple[str, ...]) -> Order:
        """The schemas' rules for the value at these keys; lists on the way are entered."""
        order = self._reader.schemas.order(kind.name)
        for key in path:
            order = order.child(key)
            while not order.keys and order.item.nodes:
                order = order.item
        return order


def _front(kind: Kind, text: str, line: int) -> list[str]:
    """The lines of a file, empty where they are not YAML; no lines if the one at `line` is not."""
    lines = _BREAK.split(text)
    first, last = 0, len(lines)
    if kind.markdown:
        first = 1 if _FENCE.match(text) else last
        with suppress(YamlFault):
            end = markdown.split_document(text).front_end
            last = len(_BREAK.split(text[:end])) - 1
    if not first <= line < last:
        return []
    return [row if first <= number < last else "" for number, row in enumerate(lines)]


def _values(kind: Kind, order: Order, path: tuple[str, ...]) -> dict[str, str]:
    """The allowed values of a place, each with its documentation."""
    if path == (STATUS,) and kind.flow:
        return {status: f"{n} of {len(kind.flow)}" for n, status in enumerate(kind.flow, 1)}
    found: dict[str, str] = {}
    for node, _ in order.nodes:
        given: list[Any] = [*node.get("enum", ()), *node.get("examples", ())]
        for value in given:
            if isinstance(value, str) and "\n" not in value:
                found.setdefault(value, "")
        types = node.get("type", ())
        if "boolean" in ([types] if isinstance(types, str) else types):
            found |= {"true": "", "false": ""}
    return found


def _schema_text(order: Order, name: str) -> str:
    return next((str(n[name]) for n, _ in order.nodes if isinstance(n, Mapping) and n.get(name)), "")


def _title(order: Order, *, required: bool) -> str:
    title = _schema_text(order, "title")
    return f"{title} (required)" if required else title


def _about(order: Order) -> str:
    return plain_markdown(_schema_text(order, "description"))
