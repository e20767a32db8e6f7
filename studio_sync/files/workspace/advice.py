"""The sections `checks` and `assets` of studio.yaml: the weight of each check's findings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from studio_sync.core.checks.weights import CODES, Advice
from studio_sync.core.values.nearest import did_you_mean
from studio_sync.core.values.problem import Severity
from studio_sync.core.values.value import Value
from studio_sync.errors import UsageError

_WEIGHTS: Mapping[str, Severity | None] = {"off": None, "warning": Severity.WARNING, "error": Severity.ERROR}


class SettingError(Protocol):
    """Returns the error for the value, or with `key` the key, at a place in studio.yaml."""

    def __call__(
        self, where: Sequence[str | int], message: str, hint: str, *, key: bool = False
    ) -> UsageError:
        """The error, which names the line."""


def advice_of(checks: Value, assets: Value, wrong: SettingError) -> Advice:
    """Parse both sections. Raises UsageError, with its line, for invalid settings."""
    if checks is None:
        checks = {}
    if not isinstance(checks, Mapping):
        raise wrong(
            ("checks",), "`checks` must be a mapping from codes", f"for example:\nchecks:\n  {CODES[0]}: off"
        )
    weights = {}
    for code, weight in checks.items():
        if code not in CODES:
            hint = did_you_mean(code, CODES) or f"the checks are: {', '.join(CODES)}"
            raise wrong(("checks", code), f"there is no check `{code}`", hint, key=True)
        if not isinstance(weight, str) or weight not in _WEIGHTS:
            raise wrong(
                ("checks", code), f"`{code}` must be off, warning or error", f"for example: {code}: off"
            )
        weights[code] = _WEIGHTS[weight]
    if assets is not None and not (
        isinstance(assets, str) and assets.startswith(("https://", "http://", "/")) and " " not in assets
    ):
        raise wrong(
            ("assets",),
            "`assets` must be the address below which readers find the files of the content folder",
            "for example: assets: https://cdn.example.com/",
        )
    return Advice(weights, assets or "")
