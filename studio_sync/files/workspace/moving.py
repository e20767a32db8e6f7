"""Carrying out a draft atomically, with a journal: the next run finishes what a killed one began."""

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from posixpath import dirname
from typing import Any

from studio_sync.errors import RefusedError, StudioError, about_file
from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.disk.inside import remove_folder
from studio_sync.files.tree.disk.leftovers import sweep
from studio_sync.files.workspace.draft import Draft
from studio_sync.files.workspace.stopped_move import (
    STAGING,
    Reached,
    StoppedMove,
    assess,
    begun,
    read_journal,
)
from studio_sync.files.workspace.workspace import JOURNAL


class Mover:
    """Changes the tree of one workspace. Hold the workspace lock meanwhile."""

    def __init__(self, content: Path, state: Path, prefix: str = "") -> None:
        """`prefix` begins the paths in errors."""
        self._content, self._state, self._journal = content, state, state / JOURNAL
        self._prefix, self._writer = prefix, FileWriter(content, prefix)

    @cached_property
    def _tree(self) -> WorkTree | None:
        return WorkTree.around(self._content)

    def carry_out(self, draft: Draft) -> None:
        """Carry out a draft. If that fails, undo what was done, and raise the error."""
        done: list[Callable[[], object]] = []
        first = begun(self._content, draft).packed()
        with about_file(self._journal), self._journal.open("w", encoding="utf-8") as journal:
            try:
                journal.write(first + "\n")
                _to_disk(journal)
                for old, new in draft.renames:
                    self.rename(old, new)
                    done.append(partial(self.rename, new, old))
                    journal.write("\n")
                    _to_disk(journal)
                for edit in draft.edits:
                    self._writer.replace(edit.path, edit.before, edit.after)
                    done.append(partial(self._writer.replace, edit.path, edit.after, edit.before))
                    _noted(journal)
                for path, data in draft.creates.items():
                    self._writer.create(path, data)
                    done.append(partial(self._writer.remove, path, data))
                    _noted(journal)
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
        writer = FileWriter(self._content, self._prefix, sync_each=len(files) <= SYNC_EACH_UP_TO)
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

    def stopped(self) -> StoppedMove | None:
        """The move that a killed run began, if any. Changes nothing."""
        try:
            found = read_journal(self._journal)
        except ValueError:
            return None
        return None if found is None or isinstance(found, str) else assess(self._content, found)

    def finish(self) -> StoppedMove | None:
        """Finish the move of a killed run, if the tree is still as that left it. Half a copy is removed.

        The result says what was found. If everything is at its old place, or at its new one, the files stay
        as they are. If something else was done with them since, the journal stays, too. A journal that studio
        can't have written is removed, and not followed.
        """
        try:
            found = read_journal(self._journal)
        except ValueError:  # killed before anything was done, or not our journal
            found = ""
        if found is None:
            return None
        if isinstance(found, str):
            if found:
                remove_folder(self._content, found)
            self._journal.unlink()
            return None
        sweep(self._content, (Path(folder) for folder, _, _ in os.walk(self._content)))
        stopped = assess(self._content, found)
        if stopped.reached is Reached.CHANGED:
            return stopped
        self._finish(stopped)
        self._journal.unlink()
        return stopped

    def forget(self) -> None:
        """Forget the move of a killed run; the files stay as they are."""
        self._journal.unlink(missing_ok=True)

    def _finish(self, stopped: StoppedMove) -> None:
        done = stopped.draft.renames[: len(stopped.draft.renames) - len(stopped.left.renames)]
        if stopped.reached is not Reached.OLD and done:
            self._move_in_index(*done[-1])
        for old, new in stopped.left.renames:
            self.rename(old, new)
        for edit in stopped.left.edits:
            with suppress(StudioError):
                self._writer.replace(edit.path, edit.before, edit.after)
        for path, data in stopped.left.creates.items():
            with suppress(StudioError):
                self._writer.create(path, data)
        if stopped.memory_lacks_it:
            self._remember(stopped.draft)

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
        with tree.keeping_index_time():
            done = tree.run("mv", *options, "--", source, target, at=self._content, config=tree.inert)
        if done.code or os.path.lexists(source):
            raise _not_moved(os.path.relpath(source, self._content), done.message)

    def _move_in_index(self, old: str, new: str) -> None:
        """Move in git's index what is moved on disk: git writes the index after the rename.

        Otherwise `git commit -a` would commit that the files were deleted, and not where they are.
        """
        tree = self._tree
        if tree is None or os.path.lexists(self._content / old):
            return
        top = self._content.resolve().relative_to(tree.top)
        before, after = ((top / path).as_posix() for path in (old, new))
        found = tree.run("ls-files", "-s", "-z", "--", before).text.split("\0")[:-1]
        lines = []
        for entry in found:
            words, _, path = entry.partition("\t")
            gone = re.sub("[0-9a-f]", "0", words.split()[1])
            lines += [f"0 {gone}\t{path}", f"{words}\t{after}{path.removeprefix(before)}"]
        given = "".join(f"{line}\0" for line in lines)
        with tree.keeping_index_time():
            done = tree.run("update-index", "-z", "--index-info", given=given) if found else None
        if done is not None and done.code:
            raise _not_moved(old, done.message)


def _not_moved(path: str, why: str) -> RefusedError:
    return RefusedError(f"git can't move {path}: {why}", "fix that with git, then run it again")


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _noted(journal: Any) -> None:
    """Note a step that was finished: what survives a kill, as every write does, and needs no disk."""
    journal.write("\n")
    journal.flush()
