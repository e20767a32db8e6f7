"""Left commits: HEAD was moved back from them, and the files may still say what they said.

`git reset HEAD~1` takes a commit apart: its approval then stands in the file, and no commit of this line has
it. It stays the approval of that commit, and is none by whoever has the file now.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from studio_sync.core.status.approval import CommitState


@dataclass(frozen=True, slots=True)
class LeftCommit:
    """A commit that HEAD was moved back from; `later` are those made in this clone since."""

    commit: str
    later: frozenset[str]


def joined_to_left(
    states: Mapping[str, CommitState], tips: Sequence[str], left: Collection[LeftCommit], status: str
) -> tuple[dict[str, CommitState], Sequence[str]]:
    """The states and heads of a record's history, joined to the left commits with `status`.

    - If no tip has the status, the files go on from left commits that have it.
    - So does a commit made here since that has it, if none of its parents does.
    - A left commit in their history doesn't count, nor one after which a commit made here had the status.
    """
    having = [one for one in left if _has(states, one.commit, status)]
    joined = dict(states)
    for commit in dict.fromkeys(c for one in having for c in one.later if _has(states, c, status)):
        # A commit may have been made again, with the same name: it must not come before itself.
        before = [
            one for one in having if commit in one.later and commit not in _ancestors(joined, [one.commit])
        ]
        parents = _parents(states, states[commit].parents, before, status)
        joined[commit] = replace(states[commit], parents=parents)
    return joined, _parents(states, tips, having, status)


def _parents(
    states: Mapping[str, CommitState], parents: Sequence[str], left: Collection[LeftCommit], status: str
) -> tuple[str, ...]:
    if not left or any(_has(states, parent, status) for parent in parents):
        return tuple(parents)
    seen = _ancestors(states, parents)
    since = {c for c in seen if _has(states, c, status)}
    found = [one.commit for one in left if one.commit not in seen and not one.later & since]
    return tuple(dict.fromkeys(found)) or tuple(parents)


def _has(states: Mapping[str, CommitState], commit: str, status: str) -> bool:
    return commit in states and states[commit].status == status


def _ancestors(states: Mapping[str, CommitState], commits: Sequence[str]) -> set[str]:
    """These commits and all before them."""
    found: set[str] = set()
    wanted = list(commits)
    while wanted:
        commit = wanted.pop()
        if commit in states and commit not in found:
            found.add(commit)
            wanted += states[commit].parents
    return found
