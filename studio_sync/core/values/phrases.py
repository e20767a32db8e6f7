"""Grammar helpers for messages: articles, numbers of things, and lists of words."""

from collections.abc import Sequence


def a(noun: str) -> str:
    """`noun` with its article: "an article", "a session"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def counted(count: int, word: str) -> str:
    """`3 records`, `1 record`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(words: Sequence[str], last: str = "or") -> str:
    """`words` as a phrase: "a, b or c"."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
