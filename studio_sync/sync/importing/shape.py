"""The target kinds of an import, derived from the declarations of kinds."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio_sync.core.values.kind import Field, FieldPlace, Kind, Kinds
from studio_sync.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Shape:
    """The four nested kinds of folders, and the kind for a lesson's text."""

    client: Kind
    program: Kind
    chapter: Kind
    session: Kind
    article: Kind

    @property
    def levels(self) -> tuple[str, ...]:
        """What folders of a foreign tree may become."""
        return (self.program.name, self.chapter.name)

    def fields(self) -> Iterator[tuple[Kind, Field]]:
        """Where a key of a page may go."""
        for kind in (self.program, self.chapter, self.session, self.article):
            for field in kind.fields:
                if field.place is FieldPlace.FRONT and not field.loose and field.name != kind.heading:
                    yield kind, field

    def field(self, word: str) -> tuple[Kind, Field] | None:
        """The field written as, for example, `session.hook`."""
        return next(((k, f) for k, f in self.fields() if f"{k.name}.{f.name}" == word), None)


def shape_of(kinds: Kinds = KINDS) -> Shape:
    """The shape of the tree. Raises ValueError if the kinds have no four nested folders."""
    chain: list[Kind] = []
    while inner := [k for k in kinds.children(chain[-1].name if chain else "") if k.folder]:
        chain.append(inner[0])
    texts = [k for k in kinds.children(chain[-1].name) if k.markdown and k.slot is None]
    client, program, chapter, session = chain
    return Shape(client, program, chapter, session, texts[0])
