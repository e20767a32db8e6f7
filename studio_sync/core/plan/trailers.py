"""Commit trailers that carry decisions, such as `Studio-Reopen: PATH reason`."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from studio_sync.core.plan.decision import Choice, Grant
from studio_sync.core.values.layout import with_below
from studio_sync.core.values.names import one_line

PREFIX = "Studio-"
_APPROVE = f"{PREFIX}Approve"
_DIGEST = re.compile(r"(?=.*\d)[0-9a-f]{7,}|[0-9a-f]{12,}")
"""A word that is meant as a digest: one that lost a digit names no words, rather than all of its commit."""
_CHOICES = {f"{PREFIX}{choice}".casefold(): choice for choice in Choice}
_PATH = re.compile(r'"(?P<quoted>[^"]+)"(?:\s+|$)|(?P<plain>\S+)(?:\s+|$)')

_SQUASHED = re.compile(r"^Squashed commit of the following:\n", re.MULTILINE)
"""What `git merge --squash` writes above the messages that it concatenates, each indented by four blanks."""
_INDENT = re.compile(r"^ {4}", re.MULTILINE)

_LINE = re.compile(rf"^({PREFIX}[A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trailer:
    """A trailer line of a commit's message: its key before the colon, and its value after.

    `elsewhere`: its commit may be about another workspace, so that only a path from the top of the repository
    says for certain that a record of this one is meant.
    """

    commit: str
    subject: str
    key: str
    value: str
    elsewhere: bool = False


def trailer_line(choice: Choice, path: str, reason: str = "") -> str:
    """The trailer line that decides about the record at `path`."""
    return f"{PREFIX}{choice.title()}: {_quoted(path)} {reason}".rstrip()


def trailers_in(commit: str, subject: str, message: str) -> Iterator[Trailer]:
    """The `Studio-` trailers in a commit's message.

    They count anywhere in the message, not only at its end: a squashed merge concatenates the messages of
    many commits. A line that begins with a blank continues the one before.
    """
    text = message.replace("\r\n", "\n")
    if squashed := _SQUASHED.search(text):
        text = text[: squashed.end()] + _INDENT.sub("", text[squashed.end() :])
    for found in _LINE.finditer(text):
        yield Trailer(commit, subject, found[1], " ".join(line.strip() for line in found[2].split("\n")))


def grants_of(
    trailers: Iterable[Trailer], content: str, top: str, own_files: Collection[str] = ()
) -> Iterator[Grant]:
    """Parse the decisions from trailers; newest first, as given.

    A path is written as people see it, with `content` as the folder of the tree, or as git has it, with
    `top` as that folder's path in the repository, alone if the trailer may be about another workspace; a
    path with a blank is quoted. Without a reason after the path, the commit's subject is the reason. After
    the path of a deletion may follow the number of records to delete; one of `own_files`, the files that make
    a folder a record's, takes its folder along.
    """
    for trailer in trailers:
        choice = _CHOICES.get(trailer.key.strip().casefold())
        found = _PATH.match(trailer.value.strip())
        if choice is None or found is None:
            continue
        path = found["quoted"] or found["plain"]
        if choice is not Choice.DELETE_WITH:  # which names a table
            path = _shown(path, content.rstrip("/"), top.rstrip("/"), elsewhere=trailer.elsewhere)
        if not path:
            continue
        if choice is Choice.DELETE:
            path = with_below(path, own_files)
        rest = trailer.value.strip()[found.end() :].strip()
        count, _, more = rest.partition(" ")
        number = int(count) if choice is Choice.DELETE and count.isascii() and count.isdecimal() else 0
        reason = (more.strip() if number else rest) or trailer.subject
        yield Grant(choice, f"{reason} (commit {trailer.commit[:10]})", path, number, trailer.commit)


@dataclass(frozen=True, slots=True)
class ApproveLine:
    """A trailer `Studio-Approve: PATH [DIGEST]`; without a digest it approves the words in that commit.

    `path` is as people see it.
    """

    commit: str
    path: str
    digest: str = ""


def approve_line(path: str, digest: str) -> str:
    """The trailer line that records which words of the record at `path` were approved."""
    return f"{_APPROVE}: {_quoted(path)} {digest}"


def approve_lines(trailers: Iterable[Trailer], content: str, top: str) -> Iterator[ApproveLine]:
    """Parse the approvals from trailers; `content` and `top` as in `grants_of`."""
    for trailer in trailers:
        found = _PATH.match(trailer.value.strip())
        if trailer.key.strip().casefold() != _APPROVE.casefold() or found is None:
            continue
        word = trailer.value.strip()[found.end() :].strip().casefold()
        exact = bool(_DIGEST.fullmatch(word))
        elsewhere = trailer.elsewhere and not exact  # a digest names the words, wherever the line stands
        path = _shown(
            found["quoted"] or found["plain"], content.rstrip("/"), top.rstrip("/"), elsewhere=elsewhere
        )
        if path:
            yield ApproveLine(trailer.commit, path, word if exact else "")


def spelled_path(path: str) -> str:
    """`path` as a line spells it, without what would end the path or the line: more would be decided."""
    return one_line(path).replace('"', "%22")


def _quoted(path: str) -> str:
    path = spelled_path(path)
    return f'"{path}"' if any(map(str.isspace, path)) else path


def _shown(path: str, content: str, top: str, *, elsewhere: bool) -> str:
    """The path as people see it; "" if it may be one of another workspace."""
    path = path.removeprefix("./").rstrip("/")
    for folder in (top,) if elsewhere else (top, content):
        if folder and path == folder:
            return content
        if folder and path.startswith(f"{folder}/"):
            return f"{content}/{path[len(folder) + 1 :]}"
    return "" if elsewhere else f"{content}/{path}"
