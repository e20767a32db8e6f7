"""Git's answers, remembered for as long as what they depend on stays: to start it costs most of a step.

An answer about objects that are named by their hashes stays for ever. Each other one depends on some files of
the git folder, and these are compared by what they say: a state that comes back, in the next sequence too,
gets the answers that it got before.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import IO, TypeAlias
from unittest import mock

from studio_sync.files.git import process
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.git.process import Answer, git_failure

REFS = ("HEAD", "packed-refs", "shallow", "refs")
CONFIG = ("config",)
_FOLDERS = ("refs", "info", "logs")
INDEX = ("index",)
_DEPENDS: Mapping[str, tuple[str, ...]] = {
    "cat-file": REFS,
    "check-attr": (*CONFIG, "info"),  # nobody has a file .gitattributes
    "config": CONFIG,
    "diff-tree": REFS,
    "for-each-ref": REFS,
    "ls-files": (*CONFIG, *INDEX),
    "ls-tree": REFS,
    "merge-base": REFS,
    "rev-list": (*REFS, "logs"),
    "rev-parse": (*CONFIG, *REFS),
}
"""The commands whose answers are remembered, and the files in git's folder that they depend on."""
_OF_FILES = frozenset(("-o", "--others", "-m", "--modified", "-d", "--deleted", "--exclude-standard"))
"""What makes an answer depend on the files of the working tree."""
_ATTRIBUTES = ("filter", "ident", "working-tree-encoding")
_OF_OBJECTS = frozenset(("cat-file", "diff-tree", "ls-tree", "rev-list"))
_FIXED = re.compile(r"\^?[0-9a-f]{40}(:.*)?")
"""How an object is named by its hash."""
_SIZED = re.compile(rb"[0-9a-f]{40} \w+ (\d+)\n")
"""The line before an object in a batch."""
_MOST = 4_000
"""How many answers are remembered across sequences."""

Ask: TypeAlias = Callable[[bytes], Answer]
"""Asks git something, with this as its standard input."""
State: TypeAlias = tuple[tuple[str, bytes], ...]


def state(folder: str, names: Sequence[str]) -> State:
    """What these files of a git folder say, or all files below those of them that are folders."""
    found: list[tuple[str, bytes]] = []
    folders = [f"{folder}/{name}" for name in names if name in _FOLDERS]
    places = [f"{folder}/{name}" for name in names if name not in _FOLDERS]
    while folders:
        with suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else places).append(entry.path)
    for place in places:
        with suppress(FileNotFoundError), open(place, "rb", buffering=0) as file:
            found.append((place, file.read()))
    return tuple(sorted(found))


class RememberedGit:
    """Answers as git does; `checks` asks git each time, too, and holds that it says the same."""

    def __init__(self) -> None:
        self._known: dict[object, Answer] = {}
        self._pieces: dict[object, bytes] = {}
        self._real = process.run_git
        self.checks = False

    def forget(self) -> None:
        """Begin a sequence: only so many answers are remembered."""
        for known in (self._known, self._pieces):
            if len(known) > _MOST:
                known.clear()

    def run_git(
        self,
        place: GitPlace,
        *arguments: str,
        at: Path | None = None,
        given: bytes = b"",
        config: Mapping[str, str] | None = None,
    ) -> Answer:
        """What git answers, or answered before."""

        def ask(text: bytes) -> Answer:
            return self._real(place, *arguments, at=at, given=text, config=config)

        folder = os.fspath(place.folder or place.top / ".git")
        if not _settled(arguments) or not all(map(os.path.isdir, (folder, at or place.top))):
            return ask(given)
        where = os.path.relpath(at or place.top, place.top)
        settings = tuple(sorted((config or {}).items()))
        fixed = (arguments, where, settings)
        if batch := _BATCHES.get(arguments):
            return self._batch(
                batch, fixed, (folder, fixed, state(folder, _DEPENDS[arguments[0]])), ask, given
            )
        if _of_objects(arguments, given):
            known = self._remembered((*fixed, given), given, ask)
            if known.code == 0:
                return known
            del self._known[(*fixed, given)]
        depends = state(folder, _DEPENDS[arguments[0]])
        return self._remembered((place, *fixed, given, depends), given, ask)

    @contextmanager
    def stream_git(
        self, place: GitPlace, *arguments: str, at: Path | None = None, given: bytes = b""
    ) -> Iterator[IO[bytes]]:
        """The same as a stream."""
        answer = self.run_git(place, *arguments, at=at, given=given)
        if answer.code:
            raise git_failure(answer)
        yield BytesIO(answer.out)

    def _remembered(self, key: object, given: bytes, ask: Ask) -> Answer:
        known = self._known.get(key)
        if known is None or self.checks:
            self._known[key] = answer = ask(given)
            if known is not None and known != answer:
                raise AssertionError(f"{key}: git says {answer.out!r}, and {known.out!r} was remembered")
            return answer
        return known

    def _batch(self, batch: "_Batch", fixed: object, moving: object, ask: Ask, given: bytes) -> Answer:
        """What is asked of many objects or paths, of each of them apart."""
        asked = given.split(batch.end)[:-1]
        known = {one: self._pieces.get((fixed, one), self._pieces.get((moving, one))) for one in asked}
        unknown = [one for one, said in known.items() if said is None or self.checks]
        memory = 0
        if unknown:
            answer = ask(b"".join(one + batch.end for one in unknown))
            if answer.code:
                return answer
            memory = answer.memory
            for one, said in zip(unknown, batch.pieces(answer.out), strict=True):
                if known[one] not in (None, said):
                    raise AssertionError(f"{one!r}: git says {said!r}, and {known[one]!r} was remembered")
                stays = _FIXED.fullmatch(one.decode("utf-8", "replace")) and not said.endswith(b" missing\n")
                self._pieces[fixed if stays else moving, one] = known[one] = said
        return Answer(0, b"".join(known[one] or b"" for one in asked), b"", memory)


def _objects(out: bytes) -> list[bytes]:
    """A line of each object, and behind its size the object."""
    found, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at) + 1
        if size := _SIZED.fullmatch(out[at:end]):
            end += int(size[1]) + 1
        found.append(out[at:end])
        at = end
    return found


def _attributes(out: bytes) -> list[bytes]:
    """Path, attribute and value, so many times for each path."""
    found, size = out.split(b"\0")[:-1], 3 * len(_ATTRIBUTES)
    return [b"\0".join(found[at : at + size]) + b"\0" for at in range(0, len(found), size)]


@dataclass(frozen=True)
class _Batch:
    """A command that is asked for many things at once."""

    end: bytes
    pieces: Callable[[bytes], list[bytes]]


_BATCHES = {
    ("cat-file", "--batch"): _Batch(b"\n", _objects),
    ("cat-file", "--batch-check=%(objectname) %(objecttype)"): _Batch(b"\n", _objects),
    ("check-attr", "-z", "--stdin", *_ATTRIBUTES): _Batch(b"\0", _attributes),
}


def _settled(arguments: Sequence[str]) -> bool:
    return arguments[0] in _DEPENDS and _OF_FILES.isdisjoint(arguments)


def _of_objects(arguments: Sequence[str], given: bytes) -> bool:
    """Whether everything that is asked for is named by its hash."""
    named = [word for word in takewhile("--".__ne__, arguments[1:]) if not word.startswith("-")]
    if arguments[0] == "cat-file":
        named = named[-1:]
    named += given.decode("utf-8", "replace").split()
    return arguments[0] in _OF_OBJECTS and bool(named) and all(map(_FIXED.fullmatch, named))


@contextmanager
def remembered_git() -> Iterator[RememberedGit]:
    """Commands in the block get remembered answers."""
    found = RememberedGit()
    with mock.patch.multiple(process, run_git=found.run_git, stream_git=found.stream_git):
        yield found
