"""Small words that messages need: the article before a noun."""


def a(noun: str) -> str:
    """`noun` with its article: "an article", "a session"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
