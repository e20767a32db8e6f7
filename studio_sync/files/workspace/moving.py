"""Carrying out a draft atomically, with a journal: the next run finishes what a killed one began."""

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from posixpath import basename, dirname
from typing import Any

from studio_sync.core.values.bounds import MAX_STATE_FILE
from studio_sync.errors import RefusedError, StudioError, about_file
from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.disk.inside import inside, is_relative, remove_folder
from studio_sync.files.tree.disk.leftovers import sweep
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.workspace.draft import Draft, FileEdit

_JOURNAL = "moving"
"""The journal in the state folder.

It contains the draft, then a line for each rename, and one more once the memory has them.
"""

STAGING = ".studio-copying-"
"""Prefix of the name of a folder whose files are not complete yet."""
_IS_STAGING = re.compile(re.escape(STAGING) + r"[0-9]{1,20}")


class Mover:
    """Changes the tree of one workspace. Hold the workspace lock meanwhile."""

    def __init__(self, content: Path, state: Path) -> None:
        self._content, self._state, self._journal = content, state, state / _JOURNAL
        self._writer = FileWriter(content)

    @cached_property
    def _tree(self) -> WorkTree | None:
        return WorkTree.around(self._content)

    def carry_out(self, draft: Draft) -> None:
        """Carry out a draft. If that fails, undo what was done, and raise the error."""
        done: list[Callable[[], object]] = []
        with about_file(self._journal), self._journal.open("w", encoding="utf-8") as journal:
            try:
                journal.write(json.dumps(_packed(draft)) + "\n")
                _to_disk(journal)
                for old, new in draft.renames:
                    self.rename(old, new)
                    done.append(partial(self.rename, new, old))
                    journal.write("\n")
                    _to_disk(journal)
                for edit in draft.edits:
                    self._writer.replace(edit.path, edit.before, edit.after)
                    done.append(partial(self._writer.replace, edit.path, edit.after, edit.before))
                for path, data in draft.creates.items():
                    self._writer.create(path, data)
                    done.append(partial(self._writer.remove, path, data))
                self._remember(draft)
                journal.write("\n")
                _to_disk(journal)
            except BaseException:
                for undo in reversed(done):
                    with suppress(StudioError):
                        undo()
                raise
            finally:
                self._journal.unlink()

    def place(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Create a new folder with these files, by their paths inside it, atomically."""
        above = dirname(folder)
        staging = f"{above}/{STAGING}{os.getpid()}".lstrip("/")
        writer = FileWriter(self._content, sync_each=len(files) <= SYNC_EACH_UP_TO)
        try:
            with about_file(self._journal):
                self._journal.write_text(json.dumps({"staging": staging}) + "\n", "utf-8")
            for path, data in files.items():
                writer.create(f"{staging}/{path}", data)
            writer.settle()
            writer.rename(staging, folder)
        except BaseException:
            remove_folder(self._content, staging)
            raise
        finally:
            self._journal.unlink(missing_ok=True)

    def finish(self) -> bool:
        """Finish the moves of a killed run; returns whether there were any. Half a copy is removed.

        A journal that studio can't have written is removed, and not followed.
        """
        try:
            first, *steps = read_plain(self._journal, MAX_STATE_FILE).decode().split("\n")
            found = _read(first)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise RefusedError(
                f"can't read {self._journal}: {error.strerror}", "remove it; then run the command again"
            ) from None
        except ValueError:  # killed before anything was done, or not our journal
            self._journal.unlink()
            return False
        if isinstance(found, str):
            remove_folder(self._content, found)
            self._journal.unlink()
            return False
        sweep(self._content, (Path(folder) for folder, _, _ in os.walk(self._content)))
        self._finish(found, len(steps) - 1)
        self._journal.unlink()
        return True

    def _finish(self, draft: Draft, done: int) -> None:
        """Carry out the rest of a draft of which so many renames are done."""
        for old, new in draft.renames[max(0, done) :]:
            there, taken = (os.path.lexists(inside(self._content, p)) for p in (old, new))
            if there and not taken:
                self.rename(old, new)
        for edit in draft.edits:
            with suppress(StudioError):
                self._writer.replace(edit.path, edit.before, edit.after)
        for path, data in draft.creates.items():
            with suppress(StudioError):
                self._writer.create(path, data)
        if done <= len(draft.renames):
            self._remember(draft)

    def _remember(self, draft: Draft) -> None:
        """Apply the renames to the memory, last: all of them, and once."""
        if draft.renames:
            memory = Memory.open(self._state)
            try:
                with memory.changing():
                    memory.move_folders(draft.renames)
            finally:
                memory.close()

    def rename(self, old: str, new: str) -> None:
        """Rename a file or folder, with git if it is tracked."""
        tree = self._tree
        if tree is not None and tree.run("ls-files", "-z", "--", old, at=self._content).out:
            self._writer.rename(old, new, by=partial(self._git_mv, tree))
        else:
            self._writer.rename(old, new)
        left = dirname(old)
        with suppress(OSError):
            while left:
                os.rmdir(self._content / left)
                left = dirname(left)

    def _git_mv(self, tree: WorkTree, source: str, target: str) -> None:
        # git refuses a folder in which a tracked file is missing, unless it may leave out what it can't move.
        missing = tree.run("ls-files", "-z", "--deleted", "--", source, at=self._content).out
        options = ["-k"] if missing else []
        done = tree.run("mv", *options, "--", source, target, at=self._content, config=tree.inert)
        if done.code or os.path.lexists(source):
            raise RefusedError(
                f"git can't move {os.path.relpath(source, self._content)}: {done.message}",
                "fix that with git, then run it again",
            )


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _packed(draft: Draft) -> dict[str, Any]:
    return {
        "renames": draft.renames,
        "edits": [(e.path, e.before.decode(), e.after.decode()) for e in draft.edits],
        "creates": {path: data.decode() for path, data in draft.creates.items()},
    }


def _read(text: str) -> Draft | str:
    """Parse a journal's first line: a draft, or the folder of half a copy. Raises ValueError.

    Everything that studio would not write is rejected: other keys, types, or paths that are not normalized
    and relative.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError from None
    match value:
        case {"staging": str(staging), **rest} if not rest:
            if not is_relative(staging) or not _IS_STAGING.fullmatch(basename(staging)):
                raise ValueError(staging)
            return staging
        case {"renames": list(renames), "edits": list(edits), "creates": dict(creates), **rest} if not rest:
            return Draft(
                [_texts(pair, 2, paths=2) for pair in renames],  # type: ignore[misc]
                [
                    FileEdit(path, before.encode(), after.encode())
                    for path, before, after in (_texts(edit, 3, paths=1) for edit in edits)
                ],
                {path: text.encode() for path, text in (_texts(i, 2, paths=1) for i in creates.items())},
            )
    raise ValueError(text)


def _texts(value: Any, count: int, *, paths: int) -> tuple[str, ...]:
    """Parse `count` texts, the first ones being paths inside the content folder. Raises ValueError."""
    if not isinstance(value, list | tuple) or len(value) != count:
        raise ValueError(value)
    if not all(isinstance(text, str) for text in value) or not all(map(is_relative, value[:paths])):
        raise ValueError(value)
    return tuple(value)
