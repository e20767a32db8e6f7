"""The pages of the server for one workspace; each request reads it anew."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from studio_sync.core.values.bounds import MAX_IMPORT_PICTURE
from studio_sync.core.values.kind import Kinds
from studio_sync.errors import StudioError
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.render.board.page import page_of
from studio_sync.render.medium.phrasing import minute_text
from studio_sync.serve.differences import differences
from studio_sync.serve.lesson import Lesson, Lessons, LessonValues, picture_type
from studio_sync.serve.live_board import followed, mark_of
from studio_sync.serve.pages import render_page
from studio_sync.serve.paragraph_blame import PartBlame, part_blame
from studio_sync.serve.view import shown
from studio_sync.sync.board import Card, board
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.log import log, reading
from studio_sync.sync.history.log import moment as moment_of
from studio_sync.sync.read.granted_folders import hold_reachable
from studio_sync.sync.status import folder_diff
from studio_sync.sync.studio import Studio

_FILES, _DATABASE, _WRITTEN = "files", "database", "blame"
_RUNS = 30
_JUST_NOW = 0.5
"""Seconds for which a board made by a concurrent request is reused."""

_MOST_OFTEN = 5.0
"""Seconds between two scans of the whole workspace, or ten times the duration of one, if longer."""


class NotHereError(StudioError):
    """There is no page at this address."""


@dataclass
class Site:
    """Makes the pages. `studio` opens the workspace, `source` returns the database; both for each page.

    `root` is the prefix of addresses; `mark` is that of the last board. Requests that read the database
    take turns.
    """

    workspace: Workspace
    kinds: Kinds
    studio: Callable[[], Studio]
    source: Callable[[], DatabaseSource]
    root: str
    writes: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _board: tuple[str, float, float] = ("", 0.0, 0.0)
    mark: str = ""

    def __post_init__(self) -> None:
        self.lessons = Lessons(self.workspace, self.kinds)

    @property
    def name(self) -> str:
        """The workspace's name for people."""
        return self.workspace.name or self.workspace.root.name

    # --- the board

    def board(self) -> str:
        """The board, immediately: an outdated one is refreshed in the background.

        Raises StudioError if there is none yet.
        """
        text, made, took = self._board
        if not text:
            return self._make_board()
        if time.monotonic() - made >= max(_MOST_OFTEN, 10 * took) and not self._turn.locked():
            self.begin()
        return text

    def begin(self) -> None:
        """Make the board in the background."""

        def make() -> None:
            with suppress(StudioError):  # reported with the next page
                self._make_board()

        threading.Thread(target=make, name="board", daemon=True).start()

    def _make_board(self) -> str:
        with self._turn:
            start = time.monotonic()
            if self._board[1] and start - self._board[1] < _JUST_NOW:
                return self._board[0]
            with self.studio() as studio:
                source = self.source()
                found = board(studio, source, ("",))
            text = page_of(found, self.name, source.label, datetime.now().astimezone(), self._link)
            self.mark = mark_of(text)
            text = followed(text, self.root, self.mark)
            self._board = (text, time.monotonic(), time.monotonic() - start)
            return text

    def _link(self, card: Card) -> str:
        folder, _, name = card.path.removeprefix(self.workspace.prefix).rpartition("/")
        if not card.exists:
            return ""
        part = "" if card.kind.folder and name == card.kind.file else f"#{card.kind.name}"
        return f"{self.root}/at/{quote(folder)}{part}"

    # --- a lesson

    def lesson(self, folder: str, shown_version: str, notice: tuple[str, str] = ("", "")) -> str:
        """A folder's page: from the files, from the database, or from the ledger at a moment.

        With `shown_version` "blame" each paragraph and field of the files shows its author.
        """
        found = self._lesson(folder)
        written = self._written(found) if shown_version == _WRITTEN else {}
        if shown_version == _DATABASE:
            found = found.saying(self._in_database(found))
        elif shown_version not in ("", _FILES, _WRITTEN):
            found = found.saying(self._at_moment(found, shown_version))
        source = shown_version or _FILES
        here = f"{self.root}/at/{quote(folder)}"
        return render_page(
            "lesson.html",
            **self._frame(folder),
            lesson=found,
            parts=[
                shown(part, self._addresses, self.lessons.label, written.get(part.path))
                for part in found.parts
            ],
            source=source,
            revision=source not in (_FILES, _DATABASE, _WRITTEN),
            sides=[
                (_FILES, "Files", here),
                (_DATABASE, "Database", f"{here}?from=database"),
                (_WRITTEN, "Who wrote it", f"{here}?from={_WRITTEN}"),
                ("", "Differences", f"{self.root}/differences/{quote(folder)}"),
                ("", "History", f"{self.root}/history/{quote(folder)}"),
            ],
            notice=notice[0],
            notice_level=notice[1],
        )

    def _lesson(self, folder: str) -> Lesson:
        found = self.lessons.lesson(folder)
        if found is None:
            raise NotHereError(
                f"there is no record in {folder or 'this folder'}",
                "it may be new in the database: `studio pull` gets it",
            )
        return found

    def _frame(self, folder: str) -> dict[str, Any]:
        return {"root": self.root, "name": self.name, "at": folder, "writes": self.writes}

    def _addresses(self, source: str) -> Callable[[str, bool], str]:
        def address(target: str, picture: bool) -> str:
            folder, name = self.lessons.address(source, target)
            if folder and not picture:
                return f"{self.root}/at/{quote(folder)}#{name}"
            if not folder and name and picture_type(name):
                return f"{self.root}/file/{quote(name)}"
            return ""

        return address

    def picture(self, path: str) -> tuple[bytes, str]:
        """A picture of the workspace, with its media type. Raises NotHereError."""
        kind = picture_type(path)
        hidden = any(part.startswith(".") for part in path.split("/"))
        if not kind or hidden:
            raise NotHereError("there is no picture here")
        try:
            return read_plain(inside(self.workspace.content, path), MAX_IMPORT_PICTURE), kind
        except (OSError, ValueError):
            raise NotHereError("there is no picture here") from None

    # --- the database

    def _in_database(self, lesson: Lesson) -> Mapping[str, LessonValues]:
        """The values of these parts' rows, by file path."""
        with self._turn, self.studio() as studio:
            found = folder_diff(studio, self.source(), lesson.folder)
            values = {p.path: p.values for p in lesson.parts if p.values is not None}
            for delta in found.deltas:
                path = found.comparison.paths[delta.rid]
                values.pop(path, None)
                if delta.remote is not None:
                    values[path] = found.values.remote(delta.rid)
            return values

    def _written(self, lesson: Lesson) -> Mapping[str, PartBlame]:
        """The blame of these parts, by file path."""
        with self._turn, self.studio() as studio:
            found = {part.path: part_blame(studio, self.source(), part) for part in lesson.parts}
        return {path: one for path, one in found.items() if one is not None}

    def _at_moment(self, lesson: Lesson, moment: str) -> Mapping[str, LessonValues]:
        """The values of these parts in the ledger at a moment, by file path."""
        with self._turn, self.studio() as studio, reading(studio, self.source()) as (store, runs, catalogue):
            hold_reachable(studio, store, (lesson.folder,))
            rids = catalogue.below((lesson.folder,))
            past = runs.at(rids, moment_of(runs, moment))
            return {
                catalogue.path(rid): {**then.values} for rid, then in past.items() if then.values is not None
            }

    def differences(self, folder: str, notice: tuple[str, str] = ("", "")) -> str:
        """The differences between a folder's files and rows."""
        lesson = self._lesson(folder)
        with self._turn, self.studio() as studio:
            found = folder_diff(studio, self.source(), folder)
            text = render_page(
                "differences.html",
                **self._frame(folder),
                lesson=lesson,
                records=list(differences(found, self.workspace.prefix)),
                notice=notice[0],
                notice_level=notice[1],
            )
            found.remember_all()
        return text

    def history(self, folder: str) -> str:
        """The history of a folder's records in the database, newest first."""
        lesson = self._lesson(folder)
        with self._turn, self.studio() as studio:
            found = log(studio, self.source(), (folder,), _RUNS)
        runs = [
            {
                "id": chapter.run.id[:8],
                "when": minute_text(chapter.run.at),
                "who": chapter.run.actor.partition(" <")[0] or "unknown",
                "how": chapter.run.source,
                "message": chapter.run.message,
                "events": [_event(e.path, e.action.value, e.fields) for e in chapter.events],
            }
            for chapter in found.chapters
        ]
        return render_page("history.html", **self._frame(folder), lesson=lesson, runs=runs)

    # --- writing

    def advance(self, path: str, digest: str) -> tuple[str, str]:
        """Write the next status into one file, under the guards of `studio advance`; returns the result.

        `digest` marks the content that the page showed: nobody approves words that they have not read.
        """
        from studio_sync.sync.advance import advance

        with self._turn, self.studio() as studio:
            found = advance(studio, (path,), shown={path: digest})
        if found.left:
            return "; ".join(f"{p.message}: {p.hint}" for p in found.left), "bad"
        steps = [f"{step.before} → {step.after}" for step in found.steps]
        return ", ".join(steps) or "there is no next status", "quiet"

    def resolve(self, path: str, name: str, keep: str) -> tuple[str, str]:
        """Resolve the conflicts of a record's field, or of all fields, by the rules of `studio resolve`."""
        from studio_sync.sync.options import ConflictDecision, KeptSide, PullOptions
        from studio_sync.sync.pull.pull import pull

        if keep not in tuple(KeptSide):
            return "keep what?", "bad"
        decision = ConflictDecision(KeptSide(keep), (name,) if name else (), False)
        with self._turn, self.studio() as studio:
            found = pull(studio, self.source(), (path,), PullOptions(decision=decision, resolve_only=True))
        refused = [f"{r.message}: {r.hint}" for r in found.plan.refused]
        if refused:
            return "; ".join(refused), "bad"
        if not found.resolved:
            return "there is no conflict here any more", "bad"
        how = "both are in the file, between marks to be edited away" if keep == KeptSide.BOTH else keep
        return f"{name or 'the record'} is resolved: {how}", "quiet"


def _event(path: str, action: str, fields: Iterable[str]) -> str:
    changed = ", ".join(fields)
    return f"{path}: {action}d{f' {changed}' if changed else ''}"
