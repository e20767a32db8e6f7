"""The mapping of an import: reads and writes the file that maps folders and keys of a foreign tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio_sync.core.values.bounds import MAX_CONFIG_FILE
from studio_sync.core.values.value import Value
from studio_sync.errors import StudioError, UsageError
from studio_sync.files.foreign.dialect import DIALECTS, IGNORE, NAME, ORDER, PARENT, REPORT, TITLE, named
from studio_sync.files.tree.disk.plain_file import read_plain, way_out
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.files.yaml import yaml_writer as yaml_text
from studio_sync.files.yaml.parser import nodes as yaml_nodes
from studio_sync.sync.importing.shape import Shape
from studio_sync.sync.read.scope import is_inside

_WORDS = (TITLE, ORDER, PARENT, NAME, IGNORE, REPORT)
_COMMENT_AT = 34
"""The column of comments."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How often a key was found in the pages, and one of its values."""

    count: int
    example: str


@dataclass(frozen=True, slots=True)
class ImportMap:
    """The mapping of a tree.

    `kind` names its dialect, `root` the folder of its pages ("" for all of it). `client` and `program` are
    slugs. `levels`: what folders become, from the top. `skip`: folders and pages below the root to leave out.
    `keys`: where each key goes, to a word of the dialects, or to fields such as `session.hook`.
    """

    kind: str
    root: str
    client: str
    program: str
    language: str
    levels: tuple[str, ...]
    skip: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def skips(self, path: str) -> bool:
        """Whether a page, given its path below the root, is skipped."""
        return is_inside(path, self.skip)

    def keys_of(self, word: str) -> tuple[str, ...]:
        """The keys that are mapped to one of the words."""
        return tuple(key for key, destination in self.keys.items() if destination == word)

    def sent_to(self, to: str) -> "ImportMap":
        """The mapping for another client, or client and program, as in `--to`. Raises UsageError."""
        if not to:
            return self
        client, _, program = to.strip("/").partition("/")
        if not client or "/" in program:
            raise UsageError(f"--to {to} is no place", "say CLIENT or CLIENT/PROGRAM, by their slugs")
        return replace(self, client=client, program=program or self.program)


def read_map(place: Path, shape: Shape, proposed: ImportMap) -> ImportMap:
    """Parse a mapping file; omissions are as in `proposed`. Raises UsageError, with its line."""
    try:
        text = read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig")
        value = yaml_read.read_yaml(text)
    except yaml_read.YamlFault as fault:
        first = fault.faults[0]
        raise UsageError(f"{place}:{first.line}:{first.column}: {first.message}", first.hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except FileNotFoundError:
        raise UsageError(
            f"there is no {place}", "`studio import DIR -n > map.yaml` writes one to begin with"
        ) from None
    except OSError as error:
        raise StudioError(f"can't read {place}: {error.strerror}", way_out(error)) from None
    return _Reader(place, text, shape).map(value, proposed)


def stated_kind(place: Path) -> str:
    """The kind of tree in a mapping file; "" if it has none, or can't be read."""
    try:
        value = yaml_read.read_yaml(read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml_read.YamlFault):
        return ""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    return kind if isinstance(kind, str) else ""


@dataclass(frozen=True, slots=True)
class _Reader:
    place: Path
    source: str
    shape: Shape

    def map(self, value: Value, proposed: ImportMap) -> ImportMap:
        if not isinstance(value, Mapping):
            raise self.wrong(
                (), "this must be a mapping such as `kind: hugo`", "`studio import DIR -n` prints one"
            )
        client, program = self.shape.client.name, self.shape.program.name
        known = ("kind", "root", client, program, "language", "levels", "skip", "keys")
        for key in value:
            if key not in known:
                raise self.wrong((key,), f"unknown key `{key}`", f"known here are: {', '.join(known)}")
        keys = value.get("keys") or {}
        if not isinstance(keys, Mapping):
            raise self.wrong(("keys",), "`keys` must be a mapping", "for example: keys: {title: title}")
        for key, destination in keys.items():
            self.hold_goal(key, destination)
        kind = self.text(value, "kind", proposed.kind)
        named(kind)
        levels = self.texts(value, "levels", proposed.levels)
        allowed = [self.shape.levels[start:] for start in range(len(self.shape.levels) + 1)]
        if levels not in allowed:
            shown = " or ".join(f"[{', '.join(one)}]" for one in allowed)
            raise self.wrong(("levels",), "folders can't become these, in this order", f"say {shown}")
        return ImportMap(
            kind,
            self.text(value, "root", proposed.root).strip("/").removeprefix("."),
            self.text(value, client, proposed.client),
            self.text(value, program, proposed.program),
            self.text(value, "language", proposed.language),
            levels,
            tuple(one.strip("/") for one in self.texts(value, "skip", proposed.skip)),
            {**proposed.keys, **{key: str(destination) for key, destination in keys.items()}},
        )

    def hold_goal(self, key: str, destination: Value) -> None:
        fields = [f"{k.name}.{f.name}" for k, f in self.shape.fields()]
        parts = [part.strip() for part in destination.split(",")] if isinstance(destination, str) else [""]
        for part in parts:
            if part not in fields and not (part in _WORDS and len(parts) == 1):
                raise self.wrong(
                    ("keys", key),
                    f"`{key}` can't go to {part or 'this'}",
                    f"say one of {', '.join(_WORDS)}, or fields: {', '.join(fields)}",
                )

    def text(self, mapping: Mapping[str, Value], key: str, default: str) -> str:
        value = mapping.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong((key,), f"`{key}` must be a text", f'put it in quotes: {key}: "{value}"')
        return value

    def texts(self, mapping: Mapping[str, Value], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = mapping.get(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong((key,), f"`{key}` must be a list of texts", f"for example: {key}: []")
        return tuple(str(item) for item in value)

    def wrong(self, where: Sequence[str], message: str, hint: str) -> UsageError:
        root = yaml_nodes.compose(self.source)
        node = yaml_nodes.node_at(root, where) if root else None
        line, column = yaml_nodes.position(self.source, node.start if node else 0)
        return UsageError(f"{self.place}:{line}:{column}: {message}", hint)


def map_text(found: ImportMap, uses: Mapping[str, KeyUse], shape: Shape, pages: int) -> str:
    """The mapping as a file to edit: every key found, how often, and where it goes."""
    others = ", ".join(d.name for d in DIALECTS if d.name != found.kind)
    levels = "[]" if not found.levels else f"[{', '.join(found.levels)}]"
    known = "1 page" if pages == 1 else f"{pages} pages"
    outside = "for pages outside of any folder" if shape.program.name in found.levels else ""
    keys = [
        _line(f"  {_entry(key, destination)}", f"{use.count} of the pages, e.g. {use.example}")
        for key, destination in found.keys.items()
        if (use := uses.get(key))
    ]
    lines = [
        "# Change what you like; then: studio import DIR --map THIS-FILE",
        _line(yaml_text.entry("kind", found.kind, "")[0], f"{known}; there are also {others}"),
        _line(_entry("root", found.root), "the folder that the lessons are in"),
        _line(_entry(shape.client.name, found.client), "" if found.client else "say for whom it is"),
        _line(_entry(shape.program.name, found.program), outside),
        _line(_entry("language", found.language), ""),
        _line(f"levels: {levels}", "what folders become, from the top; deeper ones are merged into these"),
        _line(f"skip: {yaml_text.flow(list(found.skip))}", "folders and pages below root that stay out"),
        _line("keys:", f"{', '.join(_WORDS)}; or a field"),
        *keys,
    ]
    return "".join(f"{line}\n" for line in lines)


def _entry(key: str, value: str) -> str:
    return f"{yaml_text.scalar(key)}: {yaml_text.scalar(value)}"


def _line(text: str, comment: str) -> str:
    return f"{text:<{_COMMENT_AT}}  # {comment}" if comment else text


def as_json(found: ImportMap, uses: Mapping[str, KeyUse], shape: Shape) -> dict[str, Any]:
    """The mapping with the keys found, as JSON."""
    return {
        "kind": found.kind,
        "root": found.root,
        shape.client.name: found.client,
        shape.program.name: found.program,
        "language": found.language,
        "levels": list(found.levels),
        "skip": list(found.skip),
        "keys": {
            key: {"to": destination, "pages": uses[key].count, "example": uses[key].example}
            for key, destination in found.keys.items()
            if key in uses
        },
    }
