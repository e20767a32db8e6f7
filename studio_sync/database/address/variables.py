"""Variables of the environment in an address: the one place that knows how they are written and replaced.

`${NAME}` may stand for a whole address or for its password, and for nothing else. What a variable holds is
never searched for further variables, and never repeated in a message.
"""

import re
from collections.abc import Mapping

from studio_sync.errors import UsageError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OPENING = "${"

WAY_OUT = (
    "a variable may be the whole URL, as in ${STUDIO_PRODUCTION_URL}, or the password: USER:${NAME}@HOST"
)


def reference(text: str) -> str:
    """The name of the variable that `text` stands for as a whole; "" if it is anything else."""
    match = _REFERENCE.fullmatch(text)
    return match[1] if match else ""


def mentions(text: str) -> bool:
    """Whether `text` has the beginning of a variable in it."""
    return _OPENING in text


def without(text: str) -> str:
    """`text` with its variables cut out, to look at what it holds itself."""
    return _REFERENCE.sub("", text)


def value_of(name: str, variables: Mapping[str, str]) -> str:
    """The value of the variable `name`. Raises UsageError naming it if it isn't set or is empty."""
    if not variables.get(name):
        raise UsageError(
            f"The database's address names the environment variable {name}, which is not set",
            f"set it: export {name}=…",
        )
    return variables[name].strip()


def misplaced_variable(what: str) -> UsageError:
    """What to raise where a variable stands for `what`, a piece of an address that it may not be."""
    return UsageError(f"The database's address has a variable in {what}", WAY_OUT)
