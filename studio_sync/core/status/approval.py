"""Approvals are of words: which words of a record were approved, and whether they still are its words.

A step to a locking status passes if the record's words after the push are approved: recorded by
`advance` or by a trailer of a commit; without a record, the words in the commit that wrote the status;
or those of a file that no commit has yet.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from graphlib import TopologicalSorter

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, content_digest

DIGEST_BYTES = 20
"""Long enough that nobody finds two texts with the same digest."""

_NOBODY = re.compile(
    r"(?:.*\[bot\]@.*|(?:no-?reply|do-?not-?reply|actions?|bot|ci|web-flow|github-actions)@.*"
    r"|[^@]*_bot(?:_[^@]*)?@.*|[^@]*-noreply@.*)",
    re.IGNORECASE,
)
"""Committer addresses of hosts and bots. A person's private address at a host has a name before the @."""


def words_digest(kind: Kind, version: Version) -> str:
    """The hex digest of a record's words: of all its fields but status and order."""
    return content_digest(kind, version.digests, DIGEST_BYTES).hex()


def person(address: str) -> str:
    """The person behind an e-mail address; "" for the address of a host or bot."""
    address = address.strip().casefold()
    return "" if "@" not in address or _NOBODY.fullmatch(address) else address


class Origin(Enum):
    """The source of an approval."""

    RECORDED = auto()
    """`advance` recorded it here, or a trailer of a commit has the digest."""
    COMMIT = auto()
    """A commit wrote the status."""
    FILE = auto()
    """The status is in a file that no commit has."""


@dataclass(frozen=True, slots=True)
class CommitState:
    """A record in one commit.

    `status` and `words` (a digest) are None where the record has no readable file. `author` is `person()` of
    the commit's author. `complete` is False at the boundary of a shallow clone: the commit has parents that
    are not known here.
    """

    commit: str
    parents: tuple[str, ...]
    status: str | None
    words: str | None
    author: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class HistoryApproval:
    """An approval as git's history has it.

    `commits`: those that have the status while none of their parents has it, newest first. `region`: all
    commits that have had it since. `readers`: for the digest of each approved text, the people who read it.
    `cut_off`: an older commit, unknown in this shallow clone, may have written the status.
    """

    commits: tuple[str, ...] = ()
    region: frozenset[str] = frozenset()
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cut_off: bool = False


def approved_in_history(
    states: Mapping[str, CommitState], heads: Sequence[str], status: str
) -> HistoryApproval:
    """Find the approved words in the commits that lead to `heads`; `states` has the newest first.

    1. A commit that has the status while none of its parents has it approves its words.
    2. Later edits by a reader are approved: where a commit with one parent changes approved words, and its
       author had read those, the new words are approved, too.
    3. A merge commit approves nothing, and neither does an edit by somebody who had not read the words.
    """
    region: set[str] = set()
    wanted = [h for h in heads if h in states and states[h].status == status]
    while wanted:
        commit = wanted.pop()
        if commit not in region:
            region.add(commit)
            wanted += (p for p in states[commit].parents if p in states and states[p].status == status)
    readers: dict[str, frozenset[str]] = {}
    commits: set[str] = set()
    cut_off = False
    before_each = {c: [p for p in states[c].parents if p in region] for c in states if c in region}
    for commit in TopologicalSorter(before_each).static_order():
        state, before = states[commit], before_each[commit]
        if not before and not state.complete:
            cut_off = True
        elif not before:
            commits.add(commit)
            _read(readers, state.words, {state.author})
        elif len(state.parents) == 1:
            old = readers.get(states[before[0]].words or "", frozenset())
            if state.author and state.author in old:
                _read(readers, state.words, {state.author})
    newest_first = tuple(c for c in states if c in commits)
    return HistoryApproval(newest_first, frozenset(region), readers, cut_off)


def _read(readers: dict[str, frozenset[str]], words: str | None, people: Iterable[str]) -> None:
    if words is not None:
        readers[words] = readers.get(words, frozenset()) | {p for p in people if p}


@dataclass(frozen=True, slots=True)
class Approval:
    """The words of one record that may step to a locking status; digests as from `words_digest`.

    `commit`: the one to compare with, "" if there is none. `cut_off`: the clone is too shallow to tell.
    `unrecorded`: the workspace requires a recorded approval, and there is none.
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
    committed: Collection[str] = (),
    elsewhere: Collection[str] = (),
    recorded_only: bool = False,
) -> Approval:
    """Find the approved words of one record.

    `recorded` are (digest, commit of the trailer or ""); `history` is None without git. `local` is the
    digest of the file's words. `committed` are those of the commits with the status from which it differs
    only by an edit made here. `me` is the person at work here. `elsewhere` are those that have the status in
    other databases: a file that no commit has took it from there, with these words.
    """
    if recorded:
        commit = next((c for _, c in recorded if c), "")
        return Approval(frozenset(words for words, _ in recorded), Origin.RECORDED, commit)
    if recorded_only:
        return Approval(unrecorded=True)
    if history is None or not history.region:
        return Approval(frozenset(elsewhere or {local}), Origin.FILE)
    words = set(history.readers)
    if committed and me and all(me in history.readers.get(text, ()) for text in committed):
        words.add(local)
    commit = history.commits[0] if history.commits else ""
    cut_off = history.cut_off and local not in words
    return Approval(frozenset(words), Origin.COMMIT, commit, cut_off)
