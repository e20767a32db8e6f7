"""What HEAD's reflog says of the commits that HEAD was moved back from."""

from studio_sync.files.git.history.reflog import moved_back

_MOVES = (
    ("0", "a", "commit (initial): first"),
    ("a", "b", "commit: second"),
    ("b", "c", "merge other: Merge made by the 'ort' strategy."),
    ("c", "b", "reset: moving to HEAD~1"),
    ("b", "d", "commit: third"),
    ("d", "d", "reset: moving to HEAD"),
    ("d", "a", "checkout: moving from main to side"),
    ("a", "e", "commit (amend): first again"),
    ("e", "d", "checkout: moving from side to main"),
    ("d", "a", "rebase (start): checkout a"),
    ("a", "f", "rebase (pick): third"),
    ("f", "b", ""),
)


def test_those_that_a_reset_left_are_found_with_the_commits_made_since():
    lines = [f"{o * 40} {n * 40} Ada <ada@example.org> 1 +0000\t{what}" for o, n, what in _MOVES]
    found = moved_back("\n".join([*lines, "cut off"]).encode())
    assert found == {"c" * 40: {"d" * 40, "e" * 40}, "f" * 40: set()}
