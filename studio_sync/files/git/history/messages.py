"""Messages of commits: what people wrote, and the lines in them that decide something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from studio_sync.core.plan.trailers import Trailer, trailers_in
from studio_sync.core.values.bounds import MAX_COMMIT_LINES
from studio_sync.errors import UsageError

FORM = "--format=%x00%H%x00%ae%x00%e%x00%s%x00%B%x00"
"""How git is asked for commits, so that `commits_in` can tell them apart."""
_FIELDS = 6
_SUBJECT = 200
"""Characters of a subject that are repeated; git takes the whole first paragraph for it."""
_LIKE_ASCII = re.compile(
    r"(utf-?8|(us-)?ascii|iso[-_]?8859-\d+|latin-?\d+|windows-125\d|cp125\d|koi8-[ru]|euc-\w+|gbk|gb2312|gb18030"
    r"|big5|s(hift_?)?jis|cp932)?",
    re.IGNORECASE,
)
"""Encodings in which a line that decides is the same bytes as in UTF-8.

In another one it's there for git, and unreadable where the message is looked at before a merge.
"""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit: its author's address, its message, and the message's first line."""

    commit: str
    author: str
    subject: str
    message: str

    def trailers(self) -> Iterator[Trailer]:
        """The lines of the message that decide. Raises UsageError for more of them than are read."""
        for number, found in enumerate(trailers_in(self.commit, self.subject, self.message)):
            if number == MAX_COMMIT_LINES:
                name = self.commit[:10]
                raise UsageError(
                    f"more than {MAX_COMMIT_LINES:,} lines of the message of commit {name} decide (Studio-…)",
                    f"to pass over all of them: studio push --since {quote(name)}; a line for a folder counts"
                    " for all that is below it",
                )
            yield found


def commits_in(out: str) -> list[CommitInfo]:
    """The commits in an answer of git's to FORM."""
    words = out.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split("\0")
    rows = zip(*(words[k::_FIELDS] for k in range(1, _FIELDS)), strict=True)
    return [
        CommitInfo(commit, author, _short(subject), message if _LIKE_ASCII.fullmatch(encoding) else "")
        for commit, author, encoding, subject, message in rows
    ]


def _short(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 1]}…"
