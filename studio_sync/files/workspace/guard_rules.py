"""The section `guards` of studio.yaml: a workspace's stricter rules."""

from collections.abc import Callable, Mapping, Sequence

from studio_sync.core.status.rules import StatusRules, Stricter
from studio_sync.core.values.kind import STATUS, Kind, Kinds, Need
from studio_sync.core.values.nearest import did_you_mean
from studio_sync.core.values.value import Value
from studio_sync.errors import UsageError
from studio_sync.files.workspace.advice import SettingError

_APPROVAL = "approval"
_RECORDED = "recorded"
_EXAMPLE = "for example:\nguards:\n  {kind}:\n    {status}:\n      filled: [{field}]"


def rules_of(value: Value, kinds: Kinds, wrong: SettingError) -> StatusRules:
    """Parse the section. Raises UsageError, with its line, for invalid rules."""
    if value is None:
        return StatusRules()
    with_flow = {kind.name: kind for kind in kinds if kind.flow}
    if not isinstance(value, Mapping):
        raise wrong(
            ("guards",), "`guards` must be a mapping from kinds to rules", f"kinds: {', '.join(with_flow)}"
        )
    found = {}
    approval = value.get(_APPROVAL)
    if approval not in (None, _RECORDED):
        raise wrong(("guards", _APPROVAL), f"`{_APPROVAL}` can only be: {_RECORDED}", "or leave it out")
    for name, section in value.items():
        if name == _APPROVAL:
            continue
        if name not in with_flow:
            raise _unknown(("guards", name), name, tuple(with_flow), "a kind with a status", wrong)
        found[name] = _Section(with_flow[name], kinds, wrong).read(section)
    return StatusRules(found, recorded=approval == _RECORDED)


class _Section:
    """The rules of one kind."""

    def __init__(self, kind: Kind, kinds: Kinds, wrong: SettingError) -> None:
        self._kind, self._kinds, self._wrong = kind, kinds, wrong
        self._at: tuple[str | int, ...] = ("guards", kind.name)
        self._ones = tuple(k.name for k in kinds.children(kind.name) if k.slot is None)
        self._below = {k.name: k for k in kinds if k.flow and kind in kinds.ancestors(k)}

    def read(self, section: Value) -> Stricter:
        kind = self._kind
        asked = kind.flow[1:]
        known = (*(("contents",) if self._ones else ()), "locked", *asked)
        if not isinstance(section, Mapping):
            raise self._wrong(
                self._at, f"`{kind.name}` must be a mapping", f"its keys may be: {', '.join(known)}"
            )
        filled: dict[str, tuple[str, ...]] = {}
        below: dict[str, tuple[Need, ...]] = {}
        for key, value in section.items():
            at = (*self._at, key)
            if key not in known:
                raise _unknown(at, key, known, f"something that `{kind.name}` takes here", self._wrong)
            if key in asked:
                filled[key], below[key] = self._status(value, at)
        contents = self._names(section.get("contents"), "contents", self._ones)
        if contents == ():
            message = "`contents` must name at least one kind: nothing is done that has no content"
            raise self._wrong((*self._at, "contents"), message, f"kinds: {', '.join(self._ones)}")
        return Stricter(
            contents, self._names(section.get("locked"), "locked", kind.flow) or (), filled, below
        )

    def _names(self, value: Value, key: str, known: Sequence[str]) -> tuple[str, ...] | None:
        return None if value is None else self._list(value, (*self._at, key), known)

    def _list(self, value: Value, at: tuple[str | int, ...], known: Sequence[str]) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._wrong(at, f"`{at[-1]}` must be a list", f"for example: {at[-1]}: [{known[0]}]")
        for i, name in enumerate(value):
            if name not in known:
                raise _unknown((*at, i), str(name), known, "one of those", self._wrong)
        return tuple(str(name) for name in value)

    def _status(self, value: Value, at: tuple[str | int, ...]) -> tuple[tuple[str, ...], tuple[Need, ...]]:
        names = tuple(f.name for f in self._kind.fields if f.name != STATUS and not f.loose)
        keys = ("filled", *(("below",) if self._below else ()))
        if not isinstance(value, Mapping):
            hint = _EXAMPLE.format(kind=self._kind.name, status=at[-1], field=names[0])
            raise self._wrong(at, f"`{at[-1]}` must be a mapping with {' or '.join(keys)}", hint)
        for key in value:
            if key not in keys:
                raise _unknown((*at, key), key, keys, "something that a status takes", self._wrong)
        filled = value.get("filled")
        return (
            () if filled is None else self._list(filled, (*at, "filled"), names),
            self._needs(value.get("below"), (*at, "below")),
        )

    def _needs(self, value: Value, at: tuple[str | int, ...]) -> tuple[Need, ...]:
        if value is None:
            return ()
        if not isinstance(value, Mapping):
            name, kind = next(iter(self._below.items()))
            hint = f"for example: below: {{{name}: {kind.flow[-1]}}}"
            raise self._wrong(at, "`below` must be a mapping from kinds to statuses", hint)
        found = []
        for name, status in value.items():
            if name not in self._below:
                message = f"a kind below `{self._kind.name}`"
                raise _unknown((*at, name), name, tuple(self._below), message, self._wrong)
            flow = self._below[name].flow
            if status not in flow:
                raise _unknown(
                    (*at, name), str(status), flow, f"a status of `{name}`", self._wrong, key=False
                )
            found.append(Need(of=(name,), status=str(status)))
        return tuple(found)


def _unknown(
    at: Sequence[str | int],
    name: str,
    known: Sequence[str],
    what: str,
    wrong: Callable[..., UsageError],
    *,
    key: bool = True,
) -> UsageError:
    hint = f"{did_you_mean(name, known)} known here are: {', '.join(known)}".strip()
    is_key = key and isinstance(at[-1], str)
    return wrong(at, f"`{name}` is not {what}", hint, key=is_key)
