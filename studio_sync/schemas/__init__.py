"""JSON Schemas of the kinds' files: schema validation, explanation of faults, and key order.

The shipped schema of a kind is the minimum. A workspace may add a stricter one of the same file name in its
own folder; then both apply.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

from studio_sync.core.values.bounds import MAX_SCHEMA_WORK, MAX_YAML_NODES
from studio_sync.core.values.kind import Kind, Kinds, Naming
from studio_sync.core.values.problem import SchemaFault
from studio_sync.core.values.value import PLAIN_CLASSES, Value, load_json
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS
from studio_sync.schemas.cost import SchemaCostError, cost_of, size_of
from studio_sync.schemas.key_order import Order
from studio_sync.schemas.linear import compiled

SUFFIX = ".schema.json"
_OWN = "schemas"
"""The folder of the workspace's own schemas."""
_ALWAYS = 2 * MAX_YAML_NODES
"""The maximum size of a file."""
_UNEXPLAINED = SchemaFault((), False, "schema", "the file is not what its schema asks for")


class Schemas:
    """The schemas of all kinds, each compiled when first used.

    `own` has the texts of the workspace's stricter schemas, by kind. Raises StudioError if one of them is
    invalid JSON or exceeds a bound; if it is no schema, when its kind is first used.
    """

    def __init__(self, own: Mapping[str, str] | None = None, kinds: Kinds = KINDS) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._own_texts = dict(own or {})
        self._checks: dict[str, Callable[[Value], bool]] = {}
        self._orders: dict[str, Order] = {}
        self._costs: dict[str, int] = {}
        self._parsed: dict[str, list[tuple[str, object]]] = {}
        for name in self._own_texts:
            self._schemas(name)

    def texts(self) -> dict[str, str]:
        """The shipped schema files, by file name."""
        return {name + SUFFIX: text for name, text in self._shipped.items()}

    def fingerprint(self) -> str:
        """A digest of all schema texts: results of validation hold while it is the same."""
        hashed = blake2b(digest_size=16)
        for texts in (self._shipped, self._own_texts):
            hashed.update(json.dumps(texts, sort_keys=True).encode())
        return hashed.hexdigest()

    def valid(self, kind: str, value: Value) -> bool:
        """Whether `value`, the front matter or the whole YAML file, is valid by the schemas of `kind`."""
        check = self._checks.get(kind)
        if check is None:
            check = self._checks[kind] = self._compile(kind)
        try:
            return check(value)
        except (ValueError, RecursionError):  # it can't represent some values, such as a lone surrogate
            return not self._faults(kind, value)

    def explain(self, kind: str, value: Value) -> list[SchemaFault]:
        """The faults of `value`, in words for writers; empty exactly if `valid` is true."""
        if self.valid(kind, value):
            return []
        return self._faults(kind, value) or [_UNEXPLAINED]

    def order(self, kind: str) -> Order:
        """The order of keys in files of `kind`, at all levels."""
        if kind not in self._orders:
            self._orders[kind] = Order.of([schema for _, schema in self._schemas(kind)])
        return self._orders[kind]

    def keys_at(self, kind: str, where: Sequence[str | int]) -> Sequence[str]:
        """The keys that the schemas list for the mapping at `where`; none if they list none."""
        return self.order(kind).at(where).keys

    def choices_at(self, kind: str, where: Sequence[str | int]) -> Sequence[str]:
        """The texts that the schemas list, or give as examples, for the value at `where`."""
        return self.order(kind).at(where).choices

    def arrange(self, kind: str, field: str | None, value: Value) -> Value:
        """`value` with its keys in the order of new files.

        It is the value of `field`; or, with None, a mapping of fields. Keys that the schema doesn't list come
        last, in their given order.
        """
        if type(value) in PLAIN_CLASSES:
            return value
        order = self.order(kind)
        whole = self._kinds[kind].whole if kind in self._kinds else None
        if field is None or (whole is not None and whole.name == field):
            return order.arrange(value)
        return order.child(field).arrange(value)

    @cached_property
    def _shipped(self) -> dict[str, str]:
        return _read_shipped()

    def _schemas(self, kind: str) -> list[tuple[str, object]]:
        """The schemas that apply to `kind`, each with the file name of the workspace's, or ""."""
        if kind not in self._parsed:
            found: list[tuple[str, object]] = []
            if kind in self._shipped:
                found.append(("", load_json(self._shipped[kind])))
            if kind in self._own_texts:
                found.append((self._place(kind), self._load_own(kind)))
            if not found:
                raise StudioError(
                    f"There is no schema for the kind `{kind}`", f"write it into schemas/{kind}{SUFFIX}"
                )
            self._parsed[kind] = found
        return self._parsed[kind]

    def _load_own(self, kind: str) -> Value:
        try:
            found = load_json(self._own_texts[kind])
            self._costs[kind] = cost_of(found)
        except json.JSONDecodeError as error:
            place = f"{self._place(kind)}:{error.lineno}:{error.colno}"
            raise StudioError(
                f"{place}: this schema is no valid JSON: {error.msg}",
                "correct it, or move the file out of the folder",
            ) from None
        except SchemaCostError as error:
            raise StudioError(
                f"{self._place(kind)}: this is no valid JSON Schema here: {error}",
                "make it simpler; a `$ref` may only point into the same file",
            ) from None
        except ValueError as error:
            raise StudioError(f"{self._place(kind)}: this schema is {error}") from None
        return found

    def _place(self, kind: str) -> str:
        return f"{_OWN}/{kind}{SUFFIX}"

    def _compile(self, kind: str) -> Callable[[Value], bool]:
        texts = [self._shipped[kind]] if kind in self._shipped else []
        checks = [_compiled(text, "") for text in texts]
        self._schemas(kind)
        if kind in self._own_texts:
            check = _compiled(self._own_texts[kind], self._place(kind))
            checks.append(_affordable(check, self._costs[kind], self._place(kind)))
        if len(checks) == 1:
            return checks[0]
        return lambda value: all(check(value) for check in checks)

    def _faults(self, kind: str, value: Value) -> list[SchemaFault]:
        from studio_sync.schemas.schema_faults import schema_faults

        known = self._kinds.get(kind)
        return schema_faults(self._schemas(kind), value, _reasons(known) if known else {})


def _read_shipped() -> dict[str, str]:
    """The texts of the shipped schemas by kind: from the installed package, else from the checkout."""
    installed = Path(__file__).parents[1] / "_schemas"
    folder = installed if installed.is_dir() else Path(__file__).parents[2] / "schemas"
    if not folder.is_dir():
        raise StudioError("The schemas are missing from this installation", "install studio-sync again")
    return {
        file.name.removesuffix(SUFFIX): file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(SUFFIX)
    }


@lru_cache(maxsize=64)
def _compiled(text: str, place: str) -> Callable[[Value], bool]:
    """The validator of the schema `text`. Raises StudioError, naming `place`, if it is no schema.

    Cached: a server or an editor opens a workspace again and again.
    """
    import jsonschema_rs

    try:
        return compiled(text)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        at = "/".join(map(str, getattr(error, "instance_path", ())))
        message = getattr(error, "message", str(error)).partition("\n")[0]
        raise StudioError(
            f"{place}: this is no valid JSON Schema{f', at `{at}`' if at else ''}: {message}",
            "a `$ref` may only point into the same file, a pattern may not look around or back;"
            " `$schema` may name draft-07 or draft 2020-12",
        ) from None


def _affordable(check: Callable[[Value], bool], cost: int, place: str) -> Callable[[Value], bool]:
    """The validator, limited to values that it can process in bounded time; raises StudioError for others."""

    def run(value: Value) -> bool:
        if cost * size_of(value) > MAX_SCHEMA_WORK:
            raise StudioError(
                f"{place}: this schema and a file are too large together: {cost} rules for each of"
                f" {size_of(value)} values, and {MAX_SCHEMA_WORK} in all are looked at",
                "make the schema simpler, or the file smaller",
            )
        return check(value)

    return check if cost * _ALWAYS <= MAX_SCHEMA_WORK else run


def _reasons(kind: Kind) -> Mapping[str, str]:
    """Why a column of `kind` is no key of its file, and what to do with the line, by column."""
    derived = ("created_at", "updated_at", *kind.derived)
    reasons = dict.fromkeys(derived, "the database keeps this by itself: delete the line")
    if kind.parent_column:
        reasons[kind.parent_column] = "the file's folder determines this: delete the line"
    if not kind.identified:
        reasons["id"] = "this file needs no id, its path identifies the record: delete the line"
    if kind.slot is not None:
        holder = "file" if kind.slot.naming is Naming.FILE else "folder"
        reasons[kind.slot.column] = f"the name of the {holder} determines this: delete the line"
    if kind.body is not None:
        reasons[kind.body.name] = (
            "this is the text below the front matter: write it there, and delete the key"
        )
    return reasons
