"""Where sessions stand, and what hangs on them: a record that stays keeps its place and its contents."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from tests.machine.words import FindingError
from tests.machine.world import Clone, File, Row

_ID = re.compile(r"^id: (\S+)$", re.MULTILINE)
_SHOWN = re.compile(r"^! content/(\S+)  \(conflict\)$", re.MULTILINE)
_CONTENTS = {
    "articles": "article.md",
    "videos": "video.md",
    "quizzes": "quiz.yaml",
    "exercises": "exercise.md",
}
_NAMES = {**_CONTENTS, "client_knowledge": "knowledge", "program_knowledge": "knowledge"}
_OWN = ("client.md", "program.md", "chapter.md", "session.md")

Content = tuple[str, str]
"""A session's id, and the name of one of its files."""


@dataclass(frozen=True)
class Shape:
    """One side: the chapter and the number of each session, and the contents that there are.

    `shared` are the places, by chapter and number, in which there is more than one session, with or without
    an id.
    """

    places: frozenset[tuple[str, str, str]]
    contents: frozenset[Content]
    shared: frozenset[tuple[str, str]]

    @property
    def sessions(self) -> set[str]:
        """The ids of the sessions."""
        return {own for own, _, _ in self.places}

    def at(self, place: tuple[str, str]) -> frozenset[str]:
        """The ids of the sessions at a place, by chapter and number."""
        return frozenset(own for own, *where in self.places if tuple(where) == place)


@dataclass(frozen=True)
class Halfway:
    """What a command that was killed may leave half done in the files."""

    going: frozenset[str] = frozenset()
    """The sessions whose folders it deletes: it has still to delete the rest of them."""
    trading: frozenset[frozenset[str]] = frozenset()
    """Those that trade places, each with the next, round to the first: one of them has to move first."""

    def explains(self, after: Shape, place: tuple[str, str]) -> bool:
        """Whether two sessions of one place are there only until their trade is done."""
        there = after.at(place)
        return len(there) > 1 and any(there <= circle for circle in self.trading)


def trading(files: Shape, rows: Shape) -> frozenset[frozenset[str]]:
    """The sessions of which each one's row is at the place of the next one's file, round to the first."""
    here = {(chapter, number): own for own, chapter, number in files.places}
    takes = {own: here.get((chapter, number), own) for own, chapter, number in rows.places}
    found = set()
    for own in takes:
        circle = [own]
        while (after := takes.get(circle[-1], own)) not in circle:
            circle.append(after)
        if after == own and len(circle) > 1:
            found.add(frozenset(circle))
    return frozenset(found)


def shape_of_rows(rows: Iterable[Row]) -> Shape:
    """The database's side."""
    found = list(rows)
    places = {(r.id, r.parent or "", r.number or "") for r in found if r.table == "sessions"}
    contents = {(r.parent or "", _CONTENTS[r.table]) for r in found if r.table in _CONTENTS}
    return Shape(frozenset(places), frozenset(contents), _shared(place for _, *place in places))


def _shared(places: Iterable[Iterable[str]]) -> frozenset[tuple[str, str]]:
    found = Counter((chapter, number) for chapter, number in places)
    return frozenset(place for place, count in found.items() if count > 1)


def shape_of_files(clone: Clone) -> Shape:
    """A clone's side; of sessions of which nobody knows an id nothing is said."""
    return clone.derive(_shape)


def _shape(clone: Clone, paths: Mapping[str, File]) -> Shape:
    own = {p.rpartition("/")[0]: found[1] for p in paths if _owns(p) and (found := _ID.search(paths[p].text))}
    lost = _lost_ids(clone, paths)
    # A pull may bring the session anew: then it is there, and its contents are in both folders.
    also = lost | own
    own = {f: i for f, i in lost.items() if i not in own.values()} | own
    places, contents, folders = set(), set(), list[tuple[str, str]]()
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "session.md":
            above, _, slug = folder.rpartition("/")
            place = (own.get(above, ""), slug.partition("-")[0])
            folders.append((place[0] or above, place[1]))
            if folder in own:
                places.add((own[folder], *place))
        elif folder in also and name in _CONTENTS.values():
            contents.add((also[folder], name))
    return Shape(frozenset(places), frozenset(contents), _shared(folders))


def _lost_ids(clone: Clone, paths: Container[str]) -> dict[str, str]:
    """The ids that sessions' files lost, by the folders in which these are still."""
    return {folder: own for folder, own in clone.lost_ids.items() if f"{folder}/session.md" in paths}


def folders_by_id(clone: Clone, name: str = "session.md") -> dict[str, str]:
    """The id of each session, or of others by their files' name, that has one, by its folder."""
    files = clone.files_now()
    found = ((p.rpartition("/")[0], _ID.search(files[p].text)) for p in files if p.endswith(f"/{name}"))
    return {folder: own[1] for folder, own in found if own}


def has_id(clone: Clone, path: str) -> bool:
    """Whether a record's own file has an id."""
    return _ID.search(clone.read(path)) is not None


def named(clone: Clone, arguments: Iterable[str]) -> set[Content]:
    """The contents whose files were given to a command: about these alone it was to decide."""
    return _contents_at(clone, (a.removeprefix("content/") for a in arguments if a.startswith("content/")))


def resolved_alone(clone: Clone, resolved: Iterable[str], printed: Iterable[str]) -> set[Content]:
    """The contents about which somebody decided without their sessions, once that was printed."""
    found, shown = set(resolved), _SHOWN.findall("\n".join(printed))
    above = {path.rpartition("/")[0] for path in found if path.endswith("/session.md")}
    return _contents_at(clone, {p for p in found.intersection(shown) if p.rpartition("/")[0] not in above})


def _contents_at(clone: Clone, paths: Iterable[str]) -> set[Content]:
    own = _lost_ids(clone, clone.files_now()) | folders_by_id(clone)
    parts = (path.rpartition("/") for path in paths)
    return {(own[f], name) for f, _, name in parts if f in own and name in _CONTENTS.values()}


def rows_at(paths: Iterable[str], clone: Clone, rows: Iterable[Row]) -> list[Row]:
    """The rows of the files at these paths; all rows, where a folder's id isn't known."""
    files, found = clone.files_now(), list(rows)
    wanted: set[tuple[str, str]] = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder.endswith("/knowledge"):
            folder, name = folder.rpartition("/")[0], "knowledge"
        own = next((f"{folder}/{n}" for n in _OWN if f"{folder}/{n}" in files), "")
        known = _ID.search(files[own].text) if own else None
        if known is None:
            return found
        wanted.add((known[1], "" if name in _OWN else name))
    return [r for r in found if (r.id, "") in wanted or (r.parent, _NAMES.get(r.table, "-")) in wanted]


def _owns(path: str) -> bool:
    return path.endswith(("/session.md", "/chapter.md"))


@dataclass
class Tree:
    """What people did to places and contents."""

    alone: set[Content] = field(default_factory=set)
    along: set[Content] = field(default_factory=set)
    """Contents that a person deleted with their session."""
    places: set[tuple[str, str, str]] = field(default_factory=set)
    together: set[tuple[tuple[str, str], frozenset[str]]] = field(default_factory=set)
    """The places in which more than one session stood before a command, with these."""

    def person(self, before: Shape, after: Shape) -> None:
        """A person made one of the other."""
        went = before.contents - after.contents
        self.alone |= {c for c in went if c[0] in after.sessions}
        self.along |= went - self.alone
        # Where a person puts the session back without them, they are deleted by themselves.
        back = after.sessions - before.sessions
        self.alone |= {c for c in self.along - after.contents if c[0] in back}
        self.places |= after.places

    def hold(
        self, arguments: tuple[str, ...], before: Shape, after: Shape, halfway: Halfway, *, moves: bool
    ) -> None:
        """A command made one of the other, if not all of it. Raises FindingError.

        `undo --over` was told to bring sessions back also to places that others have by now.
        """
        what, undoes = str(arguments), arguments[0] == "undo"
        over = undoes and "--over" in arguments
        self.together |= {(place, before.at(place)) for place in before.shared}
        stay = after.sessions - halfway.going
        gone = {c for c in before.contents - after.contents if c[0] in stay} - self.alone
        if gone:
            raise FindingError(f"{what}: {sorted(gone)} went, and the session stays")
        twice = {place for place in after.shared - before.shared if not halfway.explains(after, place)}
        twice -= {place for place in twice if undoes and (place, after.at(place)) in self.together}
        if twice and not over:
            raise FindingError(f"{what}: {sorted(twice)} are places of two sessions")
        strange = {p for p in after.places - self.places if p[0] in before.sessions}
        if strange and not moves:
            raise FindingError(f"{what}: {sorted(strange)} are places that nobody gave")
        self.places |= after.places
