"""The declaration of a kind: its table, its file, and how fields and columns correspond."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from studio_sync.core.values.value import Value

STATUS = "status"
"""The status field of kinds with a flow."""


class Type(Enum):
    """The SQL type of a field's column, as far as needed to read and write it."""

    TEXT = auto()
    INTEGER = auto()
    DECIMAL = auto()
    JSON = auto()


class FieldPlace(Enum):
    """The place of a field in its file."""

    FRONT = auto()
    """A key of the front matter, or of a YAML file."""
    BODY = auto()
    """The Markdown below the front matter."""
    WHOLE = auto()
    """The whole YAML file is the field's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column that files carry.

    `default`: the column's default, which an omitted key means; None if there is none. `digits` and `scale`
    bound a DECIMAL. `always`: written even at its default. `loose`: a file that omits it leaves the row's
    value alone. `shown`: read by learners. `questions`: a list of questions. `language`: a language code.
    `tells`: keys with instructions, of which at least one must not be empty, because the rest depends on it.
    `spoken`: its duration is that of speaking it. `opening`: the key of an object for its first words.
    `format`: the field with a body's format, if that may be another than Markdown.
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
    """How a path spells the slot of a record, its name among its siblings."""

    FOLDER = auto()
    """A folder named by the slot: `acme-bank/`."""
    NUMBERED = auto()
    """A folder named by the slot, "-", and a slug of the title: `1.1-why-leaders-listen/`."""
    FILE = auto()
    """A file named by the slot: `knowledge/brief.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The column, unique below a parent, that the path spells.

    `terms`: the slot whose record lists terms to avoid below the same parent. `pad`: the width to which a new
    folder's number is padded with zeros. `title`: the field that the rest of a numbered folder's name is made
    from. `known`: the expected values; others get a warning. Empty: any.
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
    """A status's requirement on descendants: some of each of the kinds `of` exist, and all are ready.

    Ready means `status` or a later one of its own flow; "": existing.
    """

    of: tuple[str, ...]
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The declaration of a kind of record: everything that the rest of the code knows about it.

    `word`: its name in commands, if another; several kinds may share one. `heading`: the field by which
    people know a record, if any. `file`: the record's file in its folder, or for Naming.FILE the pattern
    below the parent's folder (`knowledge/*.md`). `parent`, `parent_column`: the parent kind and the foreign
    key; empty for the top kind. `identified`: files carry their row's id. `flow`: the statuses in order, the
    first one for new records. `locked`: statuses that mean approved and protect from change. `needs`: what a
    status, and each later one, requires of descendants. `words` maps a derived word count to the text field
    counted. `versioned`: rows count their writes in `version`. `minutes`: the field for a learner's time.
    `total`: a derived column, and the kind of descendant that it counts.
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

    def __hash__(self) -> int:
        """Equal kinds have equal names; so that what depends on the kind alone can be cached."""
        return hash(self.name)

    @cached_property
    def markdown(self) -> bool:
        """Whether the file is Markdown with front matter, rather than YAML only."""
        return self.file.endswith(".md")

    @cached_property
    def folder(self) -> bool:
        """Whether each record has a folder of its own, which contains its children."""
        return self.slot is not None and self.slot.naming is not Naming.FILE

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The index of each field."""
        return {field.name: i for i, field in enumerate(self.fields)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in their order."""
        return tuple(self.positions)

    @cached_property
    def slot_column(self) -> str:
        """The column of the slot, "" if there is none."""
        return self.slot.column if self.slot else ""

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """The integer columns that a push derives: word counts, the total, the count of writes."""
        version = ("version",) if self.versioned else ()
        return (*(self.words or ()), *(self.total or ())[:1], *version)

    def field(self, name: str) -> Field:
        """The field called `name`. Raises KeyError."""
        return self.fields[self.positions[name]]

    @cached_property
    def body(self) -> Field | None:
        """The field in the Markdown below the front matter, if any."""
        return next((f for f in self.fields if f.place is FieldPlace.BODY), None)

    @cached_property
    def whole(self) -> Field | None:
        """The field that is the whole YAML file, if any."""
        return next((f for f in self.fields if f.place is FieldPlace.WHOLE), None)

    @cached_property
    def order(self) -> Field | None:
        """The loose field that orders siblings, if any."""
        return next((f for f in self.fields if f.loose), None)


class Kinds:
    """All kinds of a database, by name, parents first."""

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
        """The names of kinds in commands, and the kinds that each may mean."""
        found: dict[str, tuple[Kind, ...]] = {}
        for kind in self:
            word = kind.word or kind.name
            found[word] = (*found.get(word, ()), kind)
        return found

    def has_flow(self, kind: Kind) -> bool:
        """Whether a kind, or one below it, has a flow."""
        return bool(kind.flow) or any(map(self.has_flow, self.children(kind.name)))

    def ancestors(self, kind: Kind) -> tuple[Kind, ...]:
        """The ancestors of `kind`, nearest first."""
        above: list[Kind] = []
        while kind.parent:
            kind = self[kind.parent]
            above.append(kind)
        return tuple(above)
