"""The shape of a kind's declaration: one table, one file, and how the two correspond."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from studio_sync.core.values.value import Value

STATUS = "status"
"""The field of kinds with a flow that says how far a record has come."""


class Type(Enum):
    """The SQL type of a field's column, as far as reading and writing it goes."""

    TEXT = auto()
    INTEGER = auto()
    DECIMAL = auto()
    JSON = auto()


class FieldPlace(Enum):
    """Where in its file a field stands."""

    FRONT = auto()
    """A key of the front matter, or of a YAML file."""
    BODY = auto()
    """The Markdown below the front matter."""
    WHOLE = auto()
    """The whole YAML file is the field's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column that files carry.

    `default` is the column's default, None where it has none: what a key left out means. `digits` and
    `scale` bound a DECIMAL. `always` fields are exported even at their default. A `loose` field that a file
    leaves out leaves the row's value alone. What is `shown` is read by learners. A field of `questions` is
    a list of them. `language` holds the code of one. What `tells` a reader what to do are the keys of which
    at least one must say something, lest the rest be of no use. What is `spoken` takes as long as it takes
    to say. `opening` is the key of an object that holds the words with which it begins. `format` names the
    field that says in which format a body is written, if it may be another one than Markdown.
    """

    name: str
    type: Type = Type.TEXT
    required: bool = False
    default: Value = None
    place: FieldPlace = FieldPlace.FRONT
    digits: int = 0
    scale: int = 0
    always: bool = False
    loose: bool = False
    shown: bool = False
    questions: bool = False
    language: bool = False
    tells: tuple[str, ...] = ()
    spoken: bool = False
    opening: str = ""
    format: str = ""


class Naming(Enum):
    """How a path spells the slot of a record, its place among its parent's children."""

    FOLDER = auto()
    """A folder called as the slot: `acme-bank/`."""
    NUMBERED = auto()
    """A folder called as the slot, "-", and a slug of the title: `1.1-why-leaders-listen/`."""
    FILE = auto()
    """A file called as the slot: `knowledge/brief.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The column, unique below a parent, that the path carries.

    `terms` is the one whose record says which terms to avoid in all that stands below the same parent.
    `pad` is the width to which a new folder's number is filled with zeros. `title` names the field that
    the rest of a new numbered folder's name comes from. `known` lists the expected values; others are
    taken with a warning. Empty: any.
    """

    column: str
    naming: Naming
    type: Type = Type.TEXT
    pad: int = 0
    title: str = ""
    known: tuple[str, ...] = ()
    terms: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a status asks of the records below: there are some of each of the kinds `of`, and all are ready.

    Ready is what has come to `status` or further along its own flow; "": what is there.
    """

    of: tuple[str, ...]
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The declaration of one kind of record: everything that the rest of the code knows about it.

    `word` is what commands call it where that is not its name; several kinds may share one. `heading`
    names the field that people know a record by, if it has one.
    `file` is the record's file inside its folder, or for Naming.FILE the pattern below the parent's
    folder (`knowledge/*.md`). `parent` and `parent_column` name the kind above and the foreign key;
    both are empty for the kind at the top. Records of an `identified` kind carry their row's id in the
    file. `flow` lists the statuses in order, the first being where new records start; what has come to one
    of `locked` was approved, and is kept from change. `needs` says what a status, and each later one, asks
    of the records below. `words` maps a derived word count to the text field that it counts. `versioned`
    rows count their own writes in `version`. `minutes` names the field that says how
    long a learner needs. `total` names a derived column and the kind of descendant that it counts.
    """

    name: str
    table: str
    file: str
    fields: tuple[Field, ...]
    word: str = ""
    heading: str = ""
    parent: str = ""
    parent_column: str = ""
    slot: Slot | None = None
    identified: bool = False
    flow: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    needs: Mapping[str, tuple[Need, ...]] | None = None
    words: Mapping[str, str] | None = None
    versioned: bool = False
    total: tuple[str, str] | None = None
    minutes: str = ""

    @cached_property
    def markdown(self) -> bool:
        """Whether the file is Markdown with front matter, rather than YAML as a whole."""
        return self.file.endswith(".md")

    @cached_property
    def folder(self) -> bool:
        """Whether each record has a folder of its own, which its children stand in."""
        return self.slot is not None and self.slot.naming is not Naming.FILE

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Where each field stands among the fields."""
        return {field.name: i for i, field in enumerate(self.fields)}

    def field(self, name: str) -> Field:
        """The field called `name`. Raises KeyError."""
        return self.fields[self.positions[name]]

    @cached_property
    def body(self) -> Field | None:
        """The field that the Markdown below the front matter holds, if any."""
        return next((f for f in self.fields if f.place is FieldPlace.BODY), None)

    @cached_property
    def whole(self) -> Field | None:
        """The field that the whole YAML file holds, if any."""
        return next((f for f in self.fields if f.place is FieldPlace.WHOLE), None)

    @cached_property
    def order(self) -> Field | None:
        """The loose field that orders the records below one parent, if any."""
        return next((f for f in self.fields if f.loose), None)


class Kinds:
    """All kinds of a database, by name, parents before children."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        given = {k.name: k for k in kinds}
        ordered: dict[str, Kind] = {}

        def add(kind: Kind) -> None:
            if kind.name in ordered:
                return
            if kind.parent:
                add(given[kind.parent])
            ordered[kind.name] = kind

        for kind in given.values():
            add(kind)
        self._kinds = ordered

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    @cached_property
    def _children(self) -> dict[str, tuple[Kind, ...]]:
        return {name: tuple(k for k in self if k.parent == name) for name in ("", *self._kinds)}

    def children(self, name: str) -> tuple[Kind, ...]:
        """The kinds whose parent is the kind called `name` ("" for the kinds at the top)."""
        return self._children[name]

    @cached_property
    def words(self) -> dict[str, tuple[Kind, ...]]:
        """What commands call the kinds, and which each word may mean."""
        found: dict[str, tuple[Kind, ...]] = {}
        for kind in self:
            word = kind.word or kind.name
            found[word] = (*found.get(word, ()), kind)
        return found

    def ancestors(self, kind: Kind) -> tuple[Kind, ...]:
        """The kinds above `kind`, the nearest first."""
        above: list[Kind] = []
        while kind.parent:
            kind = self[kind.parent]
            above.append(kind)
        return tuple(above)
