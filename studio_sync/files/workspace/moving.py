"""Carries out a draft: all of it, or none; and what a killed run left half done is finished by the next."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from posixpath import dirname
from typing import Any

from studio_sync.errors import RefusedError, StudioError
from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.tree.write import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.workspace.draft import Draft, Edit

_JOURNAL = "moving"
"""The file in the state folder that says what is being done: the draft, then a line for each rename."""

_STAGING = ".studio-copying-"
"""How the name of a folder begins whose files are not all there yet."""


class Mover:
    """Changes the tree of one workspace. Hold the workspace's lock meanwhile."""

    def __init__(self, content: Path, state: Path) -> None:
        self._content, self._journal = content, state / _JOURNAL
        self._writer = FileWriter(content)

    @cached_property
    def _tree(self) -> WorkTree | None:
        return WorkTree.around(self._content)

    def carry_out(self, draft: Draft) -> None:
        """Do what the draft says. Where that fails, what was done is undone, and the error raised."""
        done: list[Callable[[], object]] = []
        with self._journal.open("w", encoding="utf-8") as journal:
            journal.write(json.dumps(_packed(draft)) + "\n")
            _to_disk(journal)
            try:
                for old, new in draft.renames:
                    self._rename(old, new)
                    done.append(partial(self._rename, new, old))
                    journal.write("\n")
                    _to_disk(journal)
                for edit in draft.edits:
                    self._writer.replace(edit.path, edit.before, edit.after)
                    done.append(partial(self._writer.replace, edit.path, edit.after, edit.before))
                for path, data in draft.creates.items():
                    self._writer.create(path, data)
                    done.append(partial(self._writer.remove, path, data))
            except BaseException:
                for undo in reversed(done):
                    with suppress(StudioError):
                        undo()
                raise
            finally:
                self._journal.unlink()

    def place(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Make a new folder with these files, by their paths inside it: all of it appears at once."""
        above = dirname(folder)
        staging = f"{above}/{_STAGING}{os.getpid()}".lstrip("/")
        self._journal.write_text(json.dumps({"staging": staging}) + "\n", "utf-8")
        writer = FileWriter(self._content, sync_each=len(files) <= SYNC_EACH_UP_TO)
        try:
            for path, data in files.items():
                writer.create(f"{staging}/{path}", data)
            writer.settle()
            writer.rename(staging, folder)
        except BaseException:
            shutil.rmtree(self._content / staging, ignore_errors=True)
            raise
        finally:
            self._journal.unlink()

    def finish(self) -> bool:
        """Finish the moves that a killed run began; whether there were any. Half a copy is removed."""
        try:
            first, *steps = self._journal.read_text("utf-8").split("\n")
            said = json.loads(first)
            if "staging" in said:
                shutil.rmtree(self._content / said["staging"], ignore_errors=True)
                self._journal.unlink()
                return False
            draft = _unpacked(said)
        except FileNotFoundError:
            return False
        except ValueError:  # killed before anything was done
            self._journal.unlink()
            return False
        for old, new in draft.renames[max(0, len(steps) - 1) :]:
            there, taken = (os.path.lexists(self._content / p) for p in (old, new))
            if there and not taken:
                self._rename(old, new)
        for edit in draft.edits:
            with suppress(StudioError):
                self._writer.replace(edit.path, edit.before, edit.after)
        for path, data in draft.creates.items():
            with suppress(StudioError):
                self._writer.create(path, data)
        self._journal.unlink()
        return True

    def _rename(self, old: str, new: str) -> None:
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
        done = tree.run("mv", "--", source, target, at=self._content, config=tree.inert)
        if done.code:
            raise RefusedError(
                f"git can't move {os.path.relpath(source, self._content)}: {done.said}",
                "settle that with git, then run it again",
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


def _unpacked(said: dict[str, Any]) -> Draft:
    renames: Sequence[Sequence[str]] = said["renames"]
    return Draft(
        [(old, new) for old, new in renames],
        [Edit(path, before.encode(), after.encode()) for path, before, after in said["edits"]],
        {path: text.encode() for path, text in said["creates"].items()},
    )
