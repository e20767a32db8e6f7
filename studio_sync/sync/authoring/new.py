"""`studio new`: creates a record at its place, with an id and a template."""

from dataclasses import dataclass
from posixpath import dirname, splitext
from typing import Any

from studio_sync.core.values.bounds import MAX_CONFIG_FILE
from studio_sync.core.values.kind import Kind, Naming
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.names import slug
from studio_sync.core.values.numbering import (
    increment,
    numbered,
    sequence,
    shift_numbers,
)
from studio_sync.core.values.phrases import a
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.value import Value
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files.markdown import front_matter as markdown
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.workspace.draft import Draft
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from studio_sync.sync.authoring.skeleton import skeleton
from studio_sync.sync.compare.comparison import new_id

TEMPLATES = "templates"
"""The folder in the workspace with its own templates."""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request for a record of `kind` below `parent`.

    `slot` is its type or slug; without one, the slug is made from the title. `before` and `after` name a
    sibling to put it beside. With `full` its contents are created, too.
    """

    kind: Kind
    parent: TreeSpot | None = None
    title: str = ""
    slot: str = ""
    before: str = ""
    after: str = ""
    full: bool = False


def missing(context: AuthoringContext, kind: Kind, parent: TreeSpot | None) -> tuple[bool, tuple[str, ...]]:
    """What a request must contain: a title or not, and the types to choose from (none: no choice)."""
    titled = bool(kind.heading) and kind.field(kind.heading).required
    if kind.slot is None or kind.slot.naming is not Naming.FILE:
        return titled, ()
    taken = {s.slot for s in context.siblings(kind, parent)}
    return titled, tuple(t for t in kind.slot.known if t not in taken)


class Maker:
    """Drafts one new record."""

    def __init__(self, context: AuthoringContext, request: NewRequest) -> None:
        self._context, self._request = context, request
        self._kind, self._parent = request.kind, request.parent
        self._draft = Draft()
        self.path = self.slot = ""
        """The file of the new record, and its slot."""

    def draft(self) -> Draft:
        """Everything to do. Raises UsageError or RefusedError."""
        if self._parent is not None:
            self._context.outline.document(self._parent, self._context.schemas)
        order = self._place()
        above = self._parent.path if self._parent else ""
        self.path = self._context.layout.path(self._kind, above, self.slot, self._request.title)
        self._check_free()
        values: dict[str, Value] = {}
        if self._kind.heading and self._request.title:
            values[self._kind.heading] = self._request.title
        self._create(self._kind, self.path, self.slot, values, order)
        if self._request.full:
            self._fill()
        self._context.relink(self._draft)
        return self._context.settle(self._draft)

    def problems(self) -> list[Problem]:
        """The problems that the new files still have: texts to be written."""
        found: list[Problem] = []
        for path, data in self._draft.creates.items():
            spot = self._context.layout.spot(path)
            if spot is not None:
                shown = self._context.workspace.prefix + path
                found += codec.read_record(spot.kind, spot.slot, shown, data, self._context.schemas).problems
        return found

    def _place(self) -> int | None:
        """Find the slot, and make room for it; returns the new record's place in a stated order."""
        kind, request = self._kind, self._request
        if not numbered(kind):
            if request.before or request.after:
                raise UsageError(f"{a(kind.name)} has no number", "leave --before and --after out")
            self.slot = request.slot
            if kind.slot is not None and not self.slot:
                self.slot = slug(request.title)
                if not self.slot:
                    raise UsageError(f"{request.title!r} makes no folder's name", "give one with --slug")
            return None
        if request.slot:
            raise UsageError(f"{a(kind.name)} is known by its number", "put it with --before or --after")
        siblings = self._context.siblings(kind, self._parent)
        place = neighbour(self._context, siblings, request.before or request.after)
        taken = {s.slot: s for s in siblings}
        if place is None:
            self.slot = self._context.free_number(kind, self._parent, taken)
        else:
            try:
                self.slot = increment(place.slot) if request.after else place.slot
                moves = shift_numbers(self.slot, taken)
            except ValueError as error:
                raise UsageError(f"no number comes after {error}", "renumber it first") from None
            inner, own = self._context.renumbering((taken[old], new) for old, new in moves.items())
            self._draft.renames += [*inner, *sequence(own)]
        return self._context.placed(kind, siblings, None, place, after=bool(request.after))

    def _check_free(self) -> None:
        leaving = [old for old, _ in self._draft.shown]
        self._context.check_free(dirname(self.path) if self._kind.folder else self.path, leaving)
        if self._kind.slot is None or self._kind.folder:
            return
        for other in self._context.siblings(self._kind, self._parent):
            if other.slot == self.slot:
                raise RefusedError(
                    f"{self._context.workspace.prefix}{other.path} is there already",
                    "edit it, or choose another",
                )

    def _fill(self) -> None:
        for kind in self._context.kinds.children(self._kind.name):
            if kind.slot is None:
                values: dict[str, Value] = {}
                if kind.heading and kind.field(kind.heading).required:
                    values[kind.heading] = self._request.title
                self._create(kind, self._context.layout.path(kind, self.path, ""), "", values, None)

    def _create(self, kind: Kind, path: str, slot: str, values: dict[str, Value], order: int | None) -> None:
        own = new_id() if kind.identified else None
        name, template = self._template(kind, slot)
        text = skeleton(kind, slot, values, own, self._context.schemas) if template is None else template
        changes: dict[str, Any] = {}
        if template is not None:
            text = _with_marks(kind, text, self._request.title, slot)
            changes = dict(values)
        if order is not None and kind.order is not None:
            changes[kind.order.name] = order
        if changes or template is not None:
            document = codec.read_record(kind, slot, path, text.encode(), self._context.schemas).document
            if document is None or (document.id is not None and template is not None):
                wrong = "has an id, which would be in every copy" if document else "can't be read"
                raise RefusedError(f"the template {name} {wrong}", "correct it, or delete it")
            text = codec.edited_text(kind, text, document, changes, self._context.schemas, own)
        self._draft.creates[path] = text.encode()

    def _template(self, kind: Kind, slot: str) -> tuple[str, str | None]:
        """The workspace's own template for such a file, with its name."""
        ending = splitext(kind.file)[1]
        for name in (f"{kind.name}-{slot}{ending}", f"{kind.name}{ending}"):
            try:
                place = inside(self._context.workspace.root, f"{TEMPLATES}/{name}")
                return f"{TEMPLATES}/{name}", read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig")
            except FileNotFoundError:
                continue
            except (OSError, UnicodeError) as error:
                reason = "not UTF-8 text" if isinstance(error, UnicodeError) else error.strerror
                raise RefusedError(
                    f"the template {TEMPLATES}/{name} can't be read: {reason}", "correct it, or delete it"
                ) from None
        return "", None


def neighbour(context: AuthoringContext, siblings: list[TreeSpot], word: str) -> TreeSpot | None:
    """The one of `siblings` named by `word`, None if that is empty. Raises UsageError."""
    if not word:
        return None
    found = context.find.record(word, siblings)
    if found not in siblings:
        known = ", ".join(s.slot for s in siblings) or "none"
        raise UsageError(f"{word} is not beside it", f"there are: {known}")
    return found


def _with_marks(kind: Kind, text: str, title: str, slot: str) -> str:
    """A template with {{title}} and {{number}} replaced in its body."""
    if not kind.markdown:
        return text
    try:
        start = markdown.split_document(text).body_start
    except YamlFault:
        return text
    body = text[start:].replace("{{title}}", title).replace("{{number}}", slot)
    return text[:start] + body
