"""The section `targets` of studio.yaml: the databases of a workspace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from studio_sync.core.values.value import Value
from studio_sync.files.workspace.advice import SettingError

_KEYS = ("url", "push", "import", "read")
_EXAMPLE = "for example: url: ${STUDIO_PRODUCTION_URL}"

Only = Callable[..., None]
"""Raises UsageError for an unknown key."""


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """A database in studio.yaml. `url` may contain `${NAME}` references, and no password.

    `ci_only` targets accept pushes from CI only; `imports` targets accept new records at any status. `read`
    is the variable with the address of a replica.
    """

    name: str
    url: str
    ci_only: bool = False
    imports: bool = False
    read: str = ""


def targets_of(value: Value, only: Only, wrong: SettingError) -> dict[str, TargetConfig]:
    """Parse the section `targets`. Raises UsageError."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise wrong(("targets",), "`targets` must be a mapping from names to databases", _EXAMPLE)
    return {name: _target(name, target, only, wrong) for name, target in value.items()}


def _target(name: str, target: Value, only: Only, wrong: SettingError) -> TargetConfig:
    if isinstance(target, str) and target:
        return TargetConfig(name, target)
    where = ("targets", name)
    if not isinstance(target, Mapping):
        raise wrong(where, f"target `{name}` has no `url`", _EXAMPLE)
    only(_KEYS, target, *where)
    url, push, imports, read = (target.get(key) for key in _KEYS)
    if not isinstance(url, str) or not url:
        raise wrong((*where, "url") if "url" in target else where, f"target `{name}` has no `url`", _EXAMPLE)
    if push not in (None, "ci"):
        raise wrong((*where, "push"), f"`push` of target `{name}` can only be: ci", "or leave it out")
    if imports is not None and not isinstance(imports, bool):
        raise wrong(
            (*where, "import"), f"`import` of target `{name}` must be true or false", "or leave it out"
        )
    named = read[2:-1] if isinstance(read, str) and read.startswith("${") and read.endswith("}") else ""
    if read is not None and not (named.isascii() and named.isidentifier()):
        raise wrong(
            (*where, "read"),
            f"`read` of target `{name}` must be one variable, which holds a replica's address",
            "for example: read: ${STUDIO_REPLICA_URL}",
        )
    return TargetConfig(name, url, push == "ci", bool(imports), named)
