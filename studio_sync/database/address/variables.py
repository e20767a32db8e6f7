"""Environment variables in an address: parsing and replacing `${NAME}`.

`${NAME}` may stand for a whole address or its password, and for nothing else. Values are not searched for
further variables, and never appear in a message.
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
    """The name of the variable that is the whole of `text`; "" if it is anything else."""
    match = _REFERENCE.fullmatch(text)
    return match[1] if match else ""


def mentions(text: str) -> bool:
    """Whether `text` contains the beginning of a variable."""
    return _OPENING in text


def without(text: str) -> str:
    """`text` without its variables, to inspect the rest."""
    return _REFERENCE.sub("", text)


def value_of(name: str, variables: Mapping[str, str]) -> str:
    """The value of the variable `name`. Raises UsageError naming it if it is unset or empty."""
    if not variables.get(name):
        raise UsageError(
            f"The database's address names the environment variable {name}, which is not set",
            f"set it: export {name}=…",
        )
    return variables[name].strip()


def misplaced_variable(what: str) -> UsageError:
    """The error for a variable in place of `what`, a part of an address where none may be."""
    return UsageError(f"The database's address has a variable in {what}", WAY_OUT)
