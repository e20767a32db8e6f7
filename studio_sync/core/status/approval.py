"""Approvals are of words: which words of a record were approved, and whether they are the words now.

A step to a status that locks passes if the record's words after the push are among the approved ones:
recorded by `advance` or by a line of a commit; where nothing is recorded, those of the commit in which the
status was written; or those of a file that no commit holds yet.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, content_digest

DIGEST_BYTES = 20
"""Long enough that nobody finds two texts with one digest."""

_NOBODY = re.compile(
    r"(?:.*\[bot\]@.*|(?:no-?reply|do-?not-?reply|actions?|bot|ci|web-flow|github-actions)@.*"
    r"|[^@]*_bot(?:_[^@]*)?@.*|[^@]*-noreply@.*)",
    re.IGNORECASE,
)
"""Addresses that hosts and bots commit by. A person's private address at a host has a name before the @."""


def words_digest(kind: Kind, version: Version) -> str:
    """The digest of a record's words in hex: of every field but its status and its order."""
    return content_digest(kind, version.digests, DIGEST_BYTES).hex()


def person(address: str) -> str:
    """Whom an e-mail address names, "" for the identity of a host or a bot: that is nobody's."""
    address = address.strip().casefold()
    return "" if "@" not in address or _NOBODY.fullmatch(address) else address


class Origin(Enum):
    """Where it is known from which words were approved."""

    RECORDED = auto()
    """`advance` recorded them here, or a commit says their digest."""
    COMMIT = auto()
    """A commit wrote the status."""
    FILE = auto()
    """The status stands in a file that no commit holds."""


@dataclass(frozen=True, slots=True)
class CommitState:
    """What one commit says of a record.

    `status` and `words` (a digest) are None where the record has no readable file there. `author` is
    `person()` of the commit's author. `complete` is False where the history was cut off behind the commit,
    so that it has parents which are not known here.
    """

    commit: str
    parents: tuple[str, ...]
    status: str | None
    words: str | None
    author: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class HistoryApproval:
    """What the commits say of an approval.

    `commits` are those that have the status while no parent of theirs has it, the newest first, and `region`
    all that have had it since. `readers` gives for the digest of each approved text the people who read it.
    `cut_off` says that an older commit, which is not known here, may have written the status.
    """

    commits: tuple[str, ...] = ()
    region: frozenset[str] = frozenset()
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cut_off: bool = False


def approved_in_history(
    states: Mapping[str, CommitState], heads: Sequence[str], status: str
) -> HistoryApproval:
    """What was approved in the commits that lead to `heads`; `states` has them newest first.

    1. The words of a commit that has the status while no parent of it has, are approved.
    2. Later edits by the author of an approval count as read by that person: where a commit with one parent
       changes approved words, and its author had read those, what it says is approved, too.
    3. A merge approves nothing, and neither does anybody's edit of what they had not read.
    """
    region: set[str] = set()
    wanted = [h for h in heads if h in states and states[h].status == status]
    while wanted:
        commit = wanted.pop()
        if commit not in region:
            region.add(commit)
            wanted += (p for p in states[commit].parents if p in states and states[p].status == status)
    readers: dict[str, frozenset[str]] = {}
    commits: list[str] = []
    cut_off = False
    for commit in [c for c in states if c in region][::-1]:
        state = states[commit]
        before = [p for p in state.parents if p in region]
        if not before and not state.complete:
            cut_off = True
        elif not before:
            commits.append(commit)
            _read(readers, state.words, {state.author})
        elif len(state.parents) == 1:
            old = readers.get(states[before[0]].words or "", frozenset())
            if state.author and state.author in old:
                _read(readers, state.words, {state.author})
    return HistoryApproval(tuple(reversed(commits)), frozenset(region), readers, cut_off)


def _read(readers: dict[str, frozenset[str]], words: str | None, people: Iterable[str]) -> None:
    if words is not None:
        readers[words] = readers.get(words, frozenset()) | {p for p in people if p}


@dataclass(frozen=True, slots=True)
class Approval:
    """Which words of one record may step to a status that locks; digests as of `words_digest`.

    `commit` is the one whose words people should compare with, "" if there is none. `cut_off`: the history
    is too short to tell. `unrecorded`: the workspace wants a record, and there is none.
    """

    words: frozenset[str] = frozenset()
    origin: Origin = Origin.FILE
    commit: str = ""
    cut_off: bool = False
    unrecorded: bool = False


def approval_of(
    recorded: Collection[tuple[str, str]],
    history: HistoryApproval | None,
    local: str,
    me: str,
    *,
    committed: str | None,
    recorded_only: bool = False,
) -> Approval:
    """Which words were approved.

    `recorded` are (digest, commit that says so or ""), `history` is None without git. `local` is the digest
    of the file's words, `committed` that of HEAD's file if only an edit made here lies between the two, else
    None. `me` is the person at work here.
    """
    if recorded:
        commit = next((c for _, c in recorded if c), "")
        return Approval(frozenset(words for words, _ in recorded), Origin.RECORDED, commit)
    if recorded_only:
        return Approval(unrecorded=True)
    if history is None or not history.region:
        return Approval(frozenset({local}), Origin.FILE)
    words = set(history.readers)
    if committed is not None and me and me in history.readers.get(committed, ()):
        words.add(local)
    commit = history.commits[0] if history.commits else ""
    cut_off = history.cut_off and local not in words
    return Approval(frozenset(words), Origin.COMMIT, commit, cut_off)
