"""Running git safely: the only module that starts it. Nothing in a repository decides what git runs.

Whatever a clone's author or its configuration could decide is overridden here: by flags, by configuration
that takes precedence over the repository's, and by the environment.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from studio_sync.core.values import bounds
from studio_sync.errors import UnavailableError
from studio_sync.files.git.git_environment import GitPlace, environment
from studio_sync.files.git.program import find_git

GIT_TIMEOUT = 300
"""Seconds after which a running git is terminated."""
_END = 5
"""Seconds in which a terminated git may remove its lock files."""
_TOO_MUCH = """\
a commit may hold far too many files: see which with `git log --format=%h -- .`, and work in a clone that \
begins after it: git clone --shallow-since=DATE"""

_PIECE = 1 << 20
_LISTING = frozenset(("diff-tree", "ls-tree"))
_NOWHERE = "/dev/null"
"""git understands this name on Windows, too."""

_FLAGS = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",  # commits are read as they were made, whatever refs/replace says
    "--literal-pathspecs",
)

_CONFIG = {
    "blame.ignoreRevsFile": "",
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "",  # before 2.36 the word "false" was the name of a program
    "core.hooksPath": _NOWHERE,
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.alternateRefsCommand": "false",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "gpg.program": "false",
    "log.showSignature": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
"""Configuration that takes precedence over the repository's own."""

_PLAIN = (
    "cat-file", "check-attr", "config", "for-each-ref", "ls-files", "ls-tree", "merge-base",
    "merge-file", "mv", "rev-list", "rev-parse", "symbolic-ref", "update-index",
)  # fmt: skip
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_PLAIN, ()),
    "blame": ("--no-textconv",),
    "diff-tree": ("--no-ext-diff", "--no-textconv"),
}
"""The allowed commands, with the flags that keep each from starting other programs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a git command: exit code, output, and its memory limit."""

    code: int
    out: bytes
    err: bytes
    memory: int = 0

    @property
    def text(self) -> str:
        """The output as text; undecodable bytes are kept as surrogates."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def message(self) -> str:
        """The line of standard error with the reason of the failure, else its first line."""
        lines = self.err.decode("utf-8", "replace").strip().split("\n")
        return next((line for line in lines if line.startswith("fatal: ")), lines[0]).removeprefix("fatal: ")


def run_git(
    place: GitPlace,
    *arguments: str,
    at: Path | None = None,
    given: bytes = b"",
    config: Mapping[str, str] | None = None,
) -> Answer:
    """Run a git command `at` a folder of a working tree, by default its top. It never prompts.

    Paths in arguments are taken literally; `given` is the standard input. `config` takes precedence over
    configuration files, but not over the user's environment. Raises UnavailableError if git can't be started
    or takes too long.
    """
    out = bytearray()
    with tempfile.TemporaryFile() as complaints:
        with _running(place, arguments, at, given, config or {}, complaints) as git:
            while piece := _pipe(git).read(_PIECE):
                out += piece
                if len(out) > bounds.MAX_GIT_OUTPUT:
                    most = f"{bounds.MAX_GIT_OUTPUT >> 20:,} MiB"
                    raise UnavailableError(
                        f"git {arguments[0]} says more than {most}, and was given up", _TOO_MUCH
                    )
        return Answer(git.returncode, bytes(out), _first(complaints), _memory(arguments[0]))


@contextmanager
def stream_git(
    place: GitPlace, *arguments: str, at: Path | None = None, given: bytes = b""
) -> Iterator[IO[bytes]]:
    """Stream the output of a git command, which may be too large to hold. See `run_git`.

    Raises UnavailableError also if the command fails.
    """
    with tempfile.TemporaryFile() as complaints:
        with _running(place, arguments, at, given, {}, complaints) as git:
            yield _pipe(git)
        if git.returncode:
            raise git_failure(Answer(git.returncode, b"", _first(complaints), _memory(arguments[0])))


@contextmanager
def _running(
    place: GitPlace,
    arguments: Sequence[str],
    at: Path | None,
    given: bytes,
    config: Mapping[str, str],
    complaints: IO[bytes],
) -> "Iterator[subprocess.Popen[bytes]]":
    """A running git, which has ended after the block. Raises UnavailableError if it takes too long."""
    command, env = _command(place, arguments), environment(place, config)
    with tempfile.TemporaryFile() as questions:
        questions.write(given)
        questions.seek(0)
        late = threading.Event()
        try:
            git = subprocess.Popen(
                command, cwd=at or place.top, env=env, stdin=questions, stdout=subprocess.PIPE,
                stderr=complaints,
            )  # fmt: skip
        except OSError as error:
            message = f"{command[0]} can't be started: {error.strerror}"
            raise UnavailableError(message, "check its permissions") from None
        _bound(git.pid, _memory(arguments[0]))
        with git:

            def give_up() -> None:
                late.set()
                _end(git)

            timer = threading.Timer(GIT_TIMEOUT, give_up)
            timer.daemon = True
            timer.start()
            try:
                yield git
                git.wait()
            finally:
                timer.cancel()
                git.kill()
        if late.is_set():
            message = f"git {arguments[0]} did not end within {GIT_TIMEOUT} seconds, and was given up"
            raise UnavailableError(message, _TOO_MUCH)


def _first(complaints: IO[bytes]) -> bytes:
    complaints.seek(0)
    return complaints.read(_PIECE)


def _pipe(git: "subprocess.Popen[bytes]") -> IO[bytes]:
    if git.stdout is None:
        raise ValueError("git was started without a pipe")
    return git.stdout


def git_failure(answer: Answer) -> UnavailableError:
    """The error for a failed command."""
    if "promisor remote" in answer.message:
        return UnavailableError(
            "this clone lacks a part of the history's contents, and studio fetches nothing by itself",
            "fetch them: git fetch --refetch --no-filter",
        )
    if "ut of memory" in answer.message:
        message = f"git would need more than {answer.memory >> 20:,} MiB of memory, and was given up"
        return UnavailableError(message, _TOO_MUCH)
    return UnavailableError(
        f"git could not be asked: {answer.message}", "run `git status` and mend what it says"
    )


def _command(place: GitPlace, arguments: Sequence[str]) -> list[str]:
    """A command line that keeps git from starting other programs. Raises UnavailableError without git."""
    if not (program := find_git(os.environ.get("PATH", os.defpath), (place.top,))):
        raise UnavailableError("git can't be found", "install git, or put its folder into PATH")
    name, *rest = arguments
    command = [program, *_FLAGS]
    if place.folder is not None:
        command += [f"--git-dir={place.folder}", f"--work-tree={place.top}"]
    for key, value in _CONFIG.items():
        command += ["-c", f"{key}={value}"]
    return [*command, name, *_COMMANDS[name], *rest]


def _memory(command: str) -> int:
    """The memory limit of a command: one that lists the paths of a commit holds all of them."""
    return min(bounds.MAX_GIT_MEMORY, bounds.MAX_GIT_PATHS if command in _LISTING else bounds.MAX_GIT_MEMORY)


def _bound(process: int, memory: int) -> None:
    """Limit the memory of a git process, if the system can."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError):
            hard = resource.prlimit(process, resource.RLIMIT_DATA)[1]
            most = memory if hard < 0 else min(memory, hard)
            resource.prlimit(process, resource.RLIMIT_DATA, (most, hard))


def _end(git: "subprocess.Popen[bytes]") -> None:
    git.terminate()
    try:
        git.wait(_END)
    except subprocess.TimeoutExpired:
        git.kill()
