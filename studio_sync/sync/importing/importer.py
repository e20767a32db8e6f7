"""`studio import`: converts a foreign tree, by its mapping, to new files, pictures and a report."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname

from studio_sync.core.values.bounds import MAX_CONTENT_FILE, MAX_IMPORT_PICTURE, MAX_IMPORT_PICTURES
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.names import slug
from studio_sync.core.values.numbering import first_number, next_number
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.value import canonical_text
from studio_sync.errors import RefusedError, UnavailableError, UsageError
from studio_sync.files.foreign.dialect import NAME, PAGE_SUFFIXES
from studio_sync.files.foreign.foreign_page import Page
from studio_sync.files.foreign.foreign_source import Source
from studio_sync.files.foreign.foreign_targets import Targets
from studio_sync.files.foreign.note import About, Note
from studio_sync.files.foreign.text import Texts
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.plain_file import way_out
from studio_sync.files.yaml.yaml_writer import flow
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from studio_sync.sync.authoring.copying import LANGUAGE
from studio_sync.sync.compare.comparison import new_id
from studio_sync.sync.importing.page_outline import Outliner, PageSection, human, value_at
from studio_sync.sync.importing.records import Records
from studio_sync.sync.importing.shape import Shape
from studio_sync.sync.importing.tree import ForeignTree, is_category

_KEPT = frozenset((About.KEY, About.VALUE, About.FRONT, About.PAGE))
"""Codes of content that is nowhere in the new files: such a page is kept as it was."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A record to create: its kind, its file, and its source."""

    kind: Kind
    path: str
    parent: str
    slot: str
    section: PageSection


@dataclass(frozen=True, slots=True)
class Import:
    """The result of an import. Paths are relative to the content folder; `pictures` map to the source's.

    `counts`: the number of new records, by kind.
    """

    tree: ForeignTree
    files: Mapping[str, bytes]
    folders: Sequence[str]
    counts: Mapping[str, int]
    pictures: Mapping[str, str]
    notes: Sequence[Note]
    problems: Sequence[Problem]

    @property
    def kept(self) -> list[str]:
        """The source files to keep unchanged, because something in them is nowhere else."""
        there = self.tree.source.files
        return sorted({note.path for note in self.notes if note.about in _KEPT and note.path in there})


class Importer:
    """Drafts one import. Raises UsageError or RefusedError if it is impossible."""

    def __init__(self, context: AuthoringContext, tree: ForeignTree, shape: Shape) -> None:
        self._context, self._tree, self._shape = context, tree, shape
        self._files: dict[str, bytes] = {}
        self._folders: list[str] = []
        self._counts: Counter[str] = Counter()

    def draft(self) -> Import:
        """Collect everything to write."""
        tree = self._tree
        client = self._client()
        outliner = Outliner(tree.dialect, tree.map, tree.pages, tree.folders)
        planned = list(self._planned(client, outliner.programs()))
        texts = self._texts(planned)
        records = Records(tree.map, self._shape, self._context.schemas)
        for plan in planned:
            self._write(plan, records, texts)
        self._hold_pictures(texts.pictures.values())
        problems: list[Problem] = []
        for path, data in self._files.items():
            spot = self._context.layout.spot(path)
            shown = self._context.workspace.prefix + path
            if spot is not None:
                read = codec.read_record(spot.kind, spot.slot, shown, data, self._context.schemas)
                problems += read.problems
        notes = [*tree.notes, *outliner.notes, *records.notes, *texts.notes, *self._unused(texts)]
        notes += (Note(About.PROBLEM, f"{p.code}: {p.message}", p.path, p.line) for p in problems)
        return Import(tree, self._files, self._folders, self._counts, texts.pictures, notes, problems)

    def carry_out(self, made: Import) -> None:
        """Write it. Hold the workspace lock."""
        for folder in made.folders:
            self._context.mover.place(folder, Placed(self._tree.source, made, f"{folder}/"))

    # --- places

    def _client(self) -> TreeSpot:
        slug_of = self._tree.map.client
        kind = self._shape.client
        here = self._context.siblings(kind, None)
        if not slug_of:
            if len(here) != 1:
                known = ", ".join(spot.slot for spot in here) or "none yet"
                raise UsageError(
                    f"for which {kind.name}?",
                    f"say it with --to {kind.name.upper()} or in the map; here are: {known}",
                )
            return here[0]
        found = next((spot for spot in here if spot.slot == slug_of), None)
        if found is not None:
            return found
        path = self._context.layout.path(kind, "", slug_of)
        self._context.check_free(dirname(path))
        spot = self._context.layout.spot(path)
        if spot is None:
            raise UsageError(f"{slug_of!r} can't be the name of a folder", "say another with --to")
        self._create(kind, path, {kind.heading: human(slug_of)})
        self._folders.append(dirname(path))
        return spot

    def _planned(self, client: TreeSpot, programs: tuple[PageSection, ...]) -> Iterator[_Planned]:
        layout, shape = self._context.layout, self._shape
        taken: set[str] = set()
        for program in programs:
            wanted = slug(human(program.name)) if program.name else self._tree.map.program
            wanted = wanted or slug(program.title) or shape.program.name
            number = 1
            slot = wanted
            while slot in taken:
                number += 1
                slot = f"{wanted}-{number}"
            taken.add(slot)
            path = layout.path(shape.program, client.path, slot)
            self._hold_free(client, dirname(path), program)
            if not self._folders or not dirname(path).startswith(f"{self._folders[0]}/"):
                self._folders.append(dirname(path))
            yield _Planned(shape.program, path, client.path, slot, program)
            above = ""
            for chapter in program.children:
                above = next_number([above] if above else [], first_number(shape.chapter, ""))
                inner = layout.path(shape.chapter, path, above, chapter.title)
                yield _Planned(shape.chapter, inner, path, above, chapter)
                last = ""
                for lesson in chapter.children:
                    last = next_number([last] if last else [], first_number(shape.session, above))
                    own = layout.path(shape.session, inner, last, lesson.title)
                    yield _Planned(shape.session, own, inner, last, lesson)

    def _hold_free(self, client: TreeSpot, folder: str, program: PageSection) -> None:
        if self._context.outline.has(folder):
            name = folder.rpartition("/")[2]
            other = f"say another {self._shape.program.name}: --to {client.slot}/{name}-2"
            skip = f"leave it out, with `skip: [{flow(program.name)}]` in a map"
            raise RefusedError(
                f"{self._context.workspace.prefix}{folder} is there already, and nothing there is replaced",
                skip if program.name else other,
            )
        self._context.check_free(folder)

    def _texts(self, planned: list[_Planned]) -> Texts:
        tree = self._tree
        places: dict[str, str] = {}
        for plan in planned:
            page = plan.section.page
            if page is not None:
                places[page.path] = self._text_path(plan) if self._has_text(plan, page) else plan.path
        keys = tree.map.keys_of(NAME)
        names = {}
        for path, page in tree.pages.items():
            values = [value_at(page.front, key) for key in keys]
            names[path] = [n for one in values for n in (one if isinstance(one, list) else [one])]
        targets = Targets(tree.dialect, tree.map.root, tree.pages, tree.source.files, names)
        return Texts(tree.dialect, targets, places, tree.source.files)

    def _has_text(self, plan: _Planned, page: Page) -> bool:
        return plan.kind == self._shape.session and bool(canonical_text(page.body))

    def _text_path(self, plan: _Planned) -> str:
        return self._context.layout.path(self._shape.article, plan.path, "")

    # --- contents

    def _write(self, plan: _Planned, records: Records, texts: Texts) -> None:
        page, shape = plan.section.page, self._shape
        lesson = plan.kind == shape.session
        kinds = (plan.kind, shape.article) if lesson else (plan.kind,)
        values = records.values(page, kinds, plan.section.title)
        if self._tree.map.language and LANGUAGE in values[plan.kind.name]:
            values[plan.kind.name][LANGUAGE] = self._tree.map.language
        if page is not None and canonical_text(page.body):
            owner, path = (shape.article, self._text_path(plan)) if lesson else (plan.kind, plan.path)
            if owner.body is not None:
                values[owner.name][owner.body.name] = texts.rewritten(page, path)
        for kind in kinds:
            body = kind.body
            if kind == plan.kind or (body and values[kind.name][body.name]):
                path = plan.path if kind == plan.kind else self._text_path(plan)
                self._put(
                    kind, path, codec.new_text(kind, values[kind.name], _id(kind), self._context.schemas)
                )

    def _create(self, kind: Kind, path: str, fields: Mapping[str, str]) -> None:
        values = {f.name: fields.get(f.name, f.default) for f in kind.fields}
        self._put(kind, path, codec.new_text(kind, values, _id(kind), self._context.schemas))

    def _put(self, kind: Kind, path: str, text: str) -> None:
        self._files[path] = text.encode()
        self._counts[kind.name] += 1

    def _unused(self, texts: Texts) -> Iterator[Note]:
        """The other files among the pages that no text shows or links to."""
        tree, used = self._tree, set(texts.pictures.values())
        prefix = f"{tree.map.root}/" if tree.map.root else ""
        for path in tree.source.files:
            known = path in used or path in tree.pages or path in tree.dialect.marks or is_category(path)
            noted = path.lower().endswith(PAGE_SUFFIXES)
            if path.startswith(prefix) and not known and not noted:
                yield Note(About.FILE, "no page shows it or links to it", path)

    def _hold_pictures(self, pictures: Iterable[str]) -> None:
        total = sum(self._tree.source.files[path] for path in pictures)
        if total > MAX_IMPORT_PICTURES:
            raise RefusedError(
                f"the pictures have more than {MAX_IMPORT_PICTURES >> 20:,} MiB together",
                "import it in parts: `skip` in the map leaves folders out",
            )


class Placed(Mapping[str, bytes]):
    """The new files below a folder, by their paths in it; pictures are read on demand."""

    def __init__(self, source: Source, made: Import, prefix: str) -> None:
        self._source, self._made, self._prefix = source, made, prefix
        paths = (*made.files, *made.pictures)
        self._paths = [path[len(prefix) :] for path in paths if path.startswith(prefix)]

    def __getitem__(self, path: str) -> bytes:
        full = self._prefix + path
        if full in self._made.files:
            return self._made.files[full]
        return bytes_of(self._source, self._made.pictures[full], MAX_IMPORT_PICTURE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def bytes_of(source: Source, path: str, bound: int = MAX_CONTENT_FILE) -> bytes:
    """A file of the source. Raises UnavailableError."""
    try:
        return source.read(path, bound)
    except OSError as error:
        raise UnavailableError(f"can't read {source.root / path}: {error.strerror}", way_out(error)) from None


def _id(kind: Kind) -> str | None:
    return new_id() if kind.identified else None


def hold_apart(workspace: Path, content: Path, place: Path) -> None:
    """Refuse a source inside the content folder, or one that contains the workspace."""
    if place.is_relative_to(content):
        raise UsageError(f"{place} is in the content folder already", "`studio mv` and `copy` work there")
    if workspace.is_relative_to(place):
        raise UsageError(f"{place} holds the workspace itself", "name the folder with the old lessons")
