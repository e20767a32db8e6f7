"""The commands that messages offer."""

import re
import shlex

NUMBER = "NUMBER"
"""What a message leaves to a person, who chooses one."""
_OFFER = re.compile(r"studio (?:resolve|push|pull|restore|advance|mv|undo|diff)(?: (?:[^\s`;,:]|:(?!\s))+)*")


def offers_in(text: str) -> list[list[str]]:
    """The commands that a message offers, and that are whole but for a number."""
    found = [shlex.split(offer)[1:] for offer in _OFFER.findall(text)]
    return [o for o in found if not any((w.isupper() and w != NUMBER) or "…" in w for w in o)]
