"""Decisions that commits carry: `Studio-Reopen: PATH reason`, a line of its own in a message."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio_sync.core.plan.decision import Choice, Grant

PREFIX = "Studio-"
_APPROVE = f"{PREFIX}Approve"
_DIGEST = re.compile(r"[0-9a-f]{40}")
_CHOICES = {f"{PREFIX}{choice}".casefold(): choice for choice in Choice}
_PATH = re.compile(r'"(?P<quoted>[^"]+)"(?:\s+|$)|(?P<plain>\S+)(?:\s+|$)')

_LINE = re.compile(rf"^({PREFIX}[A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trailer:
    """A line of a commit's message: what stands before the colon, and behind it."""

    commit: str
    subject: str
    key: str
    value: str


def trailer_line(choice: Choice, path: str, reason: str = "") -> str:
    """The line of a commit's message that decides about the record at `path`."""
    return f"{PREFIX}{choice.title()}: {_quoted(path)} {reason}".rstrip()


def trailers_in(commit: str, subject: str, message: str) -> Iterator[Trailer]:
    """The trailers of ours in a commit's message.

    They count wherever they stand in it, not only at its end: a squashed merge puts the messages of many
    commits one after the other. A line that begins with a blank goes on with the one before.
    """
    for found in _LINE.finditer(message.replace("\r\n", "\n")):
        yield Trailer(commit, subject, found[1], " ".join(line.strip() for line in found[2].split("\n")))


def grants_of(trailers: Iterable[Trailer], content: str, top: str) -> Iterator[Grant]:
    """The decisions among trailers, newest first as they are given.

    Paths are as people are shown them, `content` being the folder of the tree, or as git has them, `top`
    being that folder's path in the repository; one with a blank in it stands in quotes. Where no reason
    stands behind the path, the commit's subject is it. Behind the path of a deletion may stand how many
    records are to go.
    """
    for trailer in trailers:
        choice = _CHOICES.get(trailer.key.strip().casefold())
        found = _PATH.match(trailer.value.strip())
        if choice is None or found is None:
            continue
        path = found["quoted"] or found["plain"]
        if choice is not Choice.DELETE_WITH:  # which names a table
            path = _shown(path, content.rstrip("/"), top.rstrip("/"))
        rest = trailer.value.strip()[found.end() :].strip()
        count, _, more = rest.partition(" ")
        number = int(count) if choice is Choice.DELETE and count.isascii() and count.isdecimal() else 0
        reason = (more.strip() if number else rest) or trailer.subject
        yield Grant(choice, f"{reason} (commit {trailer.commit[:10]})", path, number, trailer.commit)


@dataclass(frozen=True, slots=True)
class ApproveLine:
    """A line `Studio-Approve: PATH [DIGEST]` of a commit. Without a digest it speaks of that commit's words.

    `path` is as people are shown it.
    """

    commit: str
    path: str
    digest: str = ""


def approve_line(path: str, digest: str) -> str:
    """The line of a commit's message that says which words of the record at `path` were approved."""
    return f"{_APPROVE}: {_quoted(path)} {digest}"


def approve_lines(trailers: Iterable[Trailer], content: str, top: str) -> Iterator[ApproveLine]:
    """The approvals among trailers; `content` and `top` are those of `grants_of`."""
    for trailer in trailers:
        found = _PATH.match(trailer.value.strip())
        if trailer.key.strip().casefold() != _APPROVE.casefold() or found is None:
            continue
        path = _shown(found["quoted"] or found["plain"], content.rstrip("/"), top.rstrip("/"))
        word = trailer.value.strip()[found.end() :].strip().casefold()
        yield ApproveLine(trailer.commit, path, word if _DIGEST.fullmatch(word) else "")


def _quoted(path: str) -> str:
    return f'"{path}"' if any(map(str.isspace, path)) else path


def _shown(path: str, content: str, top: str) -> str:
    path = path.removeprefix("./").rstrip("/")
    for folder in (top, content):
        if folder and path == folder:
            return content
        if folder and path.startswith(f"{folder}/"):
            return f"{content}/{path[len(folder) + 1 :]}"
    return f"{content}/{path}"
