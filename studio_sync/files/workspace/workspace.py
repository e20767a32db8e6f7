"""The workspace: the folder with `studio.yaml`, and its settings."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from posixpath import normpath
from shlex import quote

from studio_sync.core.checks.weights import Advice
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.values.bounds import MAX_CONFIG_FILE
from studio_sync.core.values.value import Value
from studio_sync.errors import StudioError, UsageError
from studio_sync.files.tree.disk.plain_file import read_plain, way_out
from studio_sync.files.workspace import own_folders
from studio_sync.files.workspace.targets import TargetConfig, targets_of
from studio_sync.files.yaml import yaml_reader as yaml_read

CONFIG = "studio.yaml"
STATE = ".studio"
JOURNAL = "moving"
"""The file in the state folder that has the draft which is being carried out.

It contains the draft, then a line for each rename, edit and new file, and one more once the memory has the
renames.
"""
_CONTENT = "content"
_KEYS = ("name", "content", "clients", "targets", "guards", "checks", "assets")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders and settings of a workspace. `clients` is None for every client of the database.

    `rules` are the status rules, including the workspace's stricter ones; `advice` are its settings for
    content checks.
    """

    root: Path
    name: str = ""
    content_name: str = _CONTENT
    clients: tuple[str, ...] | None = None
    targets: Mapping[str, TargetConfig] | None = None
    rules: StatusRules = field(default_factory=StatusRules)
    advice: Advice = field(default_factory=Advice)

    @property
    def content(self) -> Path:
        """The content folder."""
        return self.root / self.content_name

    @property
    def prefix(self) -> str:
        """The prefix that makes a content path relative to the workspace."""
        return f"{self.content_name}/"

    @property
    def state(self) -> Path:
        """The folder of the workspace's memory, `.studio`."""
        return self.root / STATE

    @property
    def sources(self) -> Path:
        """The folder with the sources of copies; it is created with the first copy."""
        return self.root / "studio.sources"

    @property
    def schemas(self) -> Path:
        """The folder of the workspace's own, stricter schemas; it may be missing."""
        return self.root / "schemas"

    def scope(self, paths: tuple[str, ...], here: Path, *, missing_ok: bool = False) -> tuple[str, ...]:
        """A person's paths, relative to the folder `here`, as paths relative to the content folder.

        The content folder itself, or anything above it in the workspace, becomes "": everything. Raises
        UsageError for a path outside, and unless `missing_ok` for one whose folder doesn't exist.
        """
        found: list[str] = []
        for given in paths:
            path = Path(normpath((here / given).as_posix()))
            if not path.is_relative_to(self.root):
                path = path.resolve()
            if self.content.is_relative_to(path) and path.is_relative_to(self.root):
                found.append("")
                continue
            if not path.is_relative_to(self.content):
                raise UsageError(
                    f"{given} is outside the content folder {self.content}",
                    "give paths of files or folders below it",
                )
            inner = path.relative_to(self.content).as_posix()
            if not missing_ok and not path.exists() and not path.parent.exists():
                raise UsageError(f"there is no {given} here", "check the path; it may be quoted wrongly")
            found.append(inner)
        return tuple(found)


def find_workspace(start: Path, *, named: bool = False) -> Workspace:
    """The workspace around `start`; `named`: the user gave that folder, so it may be nested in another one.

    Raises UsageError if there is none up to the root, and for one in another one's content folder.
    """
    start = start.resolve()
    root = start if named and _has_config(start) else around(start)
    if root is not None:
        return load_workspace(root)
    raise UsageError(
        f"there is no {CONFIG} in {start} or in any folder above it",
        "go into a workspace, name one with -C DIR, or make one here with `studio init`",
        code="no-workspace",
    )


def around(place: Path) -> Path | None:
    """The nearest folder with a `studio.yaml`, from `place` itself upwards; None if there is none.

    Raises UsageError if that is in another workspace's content folder: whoever writes content there must not
    decide, by such a file, which database it goes to.
    """
    roots = [f for f in (place, *place.parents) if _has_config(f)]
    for outer in (f for f in roots[1:] if not own_folders.is_a_strangers(f / CONFIG)):
        if roots[0].is_relative_to(outer / _content_name(outer)):
            raise UsageError(
                f"{roots[0] / CONFIG} is in the content folder of another workspace, {outer / CONFIG}",
                f"say which one you mean: -C {quote(str(outer))} or -C {quote(str(roots[0]))};"
                " or take one of the two files away",
            )
    return roots[0] if roots else None


def _has_config(folder: Path) -> bool:
    """Whether a folder contains something named studio.yaml that is not a folder."""
    try:
        return not stat.S_ISDIR(os.lstat(folder / CONFIG).st_mode)
    except OSError:
        return False


def _content_name(root: Path) -> str:
    """The name of a workspace's content folder by its file, or the default if that can't be read."""
    try:
        values = yaml_read.read_yaml(read_plain(root / CONFIG, MAX_CONFIG_FILE).decode("utf-8-sig"))
        content = values.get("content") if isinstance(values, Mapping) else None
        return normpath(content) if isinstance(content, str) and content else _CONTENT
    except (OSError, UnicodeDecodeError, yaml_read.YamlFault):
        return _CONTENT


def load_workspace(root: Path) -> Workspace:
    """Load the workspace in `root`. Raises UsageError, naming the line, for an invalid studio.yaml."""
    place = root / CONFIG
    own_folders.hold_no_strangers(place)
    try:
        text = read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig")
        values = yaml_read.read_yaml(text)
    except yaml_read.YamlFault as fault:
        first = fault.faults[0]
        raise UsageError(f"{place}:{first.line}:{first.column}: {first.message}", first.hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except OSError as error:
        raise StudioError(f"can't read {place}: {error.strerror}", way_out(error)) from None
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise UsageError(f"{place}:1:1: this must be a mapping such as `name: acme`", "it may also be empty")
    config = _Config(place, text, values)
    config.only(_KEYS, values)
    rules, advice = config.rules(), config.advice()
    found = Workspace(
        root, config.text("name", ""), config.content(), config.clients(), config.targets(), rules, advice
    )
    own_folders.hold_no_link(root, found.content_name)
    own_folders.hold_own(found.state)
    return found


def declared_at(root: Path, target: str) -> str:
    """Path, line and column of a target's URL in studio.yaml of the workspace in `root`."""
    place = root / CONFIG
    try:
        text = read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig")
        values = yaml_read.read_yaml(text)
    except (yaml_read.YamlFault, UnicodeDecodeError, OSError):
        return str(place)  # studio.yaml changed a moment ago
    where: Sequence[str | int] = ("targets", target)
    inner: Value = values
    for key in where:
        inner = inner.get(str(key)) if isinstance(inner, Mapping) else None
    where = (*where, "url") if isinstance(inner, Mapping) else where
    return _Config(place, text, {}).position(where)


@dataclass(frozen=True, slots=True)
class _Config:
    """The parsed studio.yaml, with positions."""

    place: Path
    source: str
    values: Mapping[str, Value]

    def wrong(self, where: Sequence[str | int], message: str, hint: str, *, key: bool = False) -> UsageError:
        """The error about the value (or with `key`, the key) at `where`."""
        return UsageError(f"{self.position(where, key=key)}: {message}", hint)

    def position(self, where: Sequence[str | int], *, key: bool = False) -> str:
        """Path, line and column of the value (or with `key`, the key) at `where`."""
        from studio_sync.files.yaml.parser import nodes as yaml_nodes

        root = yaml_nodes.compose(self.source)
        node = yaml_nodes.node_at(root, where, key=key) if root else None
        line, column = yaml_nodes.position(self.source, node.start if node else 0)
        return f"{self.place}:{line}:{column}"

    def only(self, known: Sequence[str], values: Mapping[str, Value], *where: str) -> None:
        """Refuse unknown keys of `values`, which is at `where`."""
        for key in values:
            if key not in known:
                raise self.wrong(
                    (*where, key), f"unknown key `{key}`", f"known here are: {', '.join(known)}", key=True
                )

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value:
            shown = f'put it in quotes: {key}: "{value}"' if isinstance(value, int | Decimal) else ""
            raise self.wrong((key,), f"`{key}` must be a text", shown or f"for example: {key}: {key}")
        return value

    def content(self) -> str:
        name = normpath(self.text("content", _CONTENT).replace("\\", "/"))
        if not own_folders.may_hold_content(name):
            raise self.wrong(
                ("content",),
                "`content` must be a folder inside the workspace",
                "for example: content: content",
            )
        return name

    def clients(self) -> tuple[str, ...] | None:
        value = self.values.get("clients")
        if value is None:
            return None
        example = "for example: clients: [acme-bank]"
        if not isinstance(value, list):
            raise self.wrong(("clients",), "`clients` must be a list of slugs", example)
        for i, slug in enumerate(value):
            if not isinstance(slug, str):
                raise self.wrong(
                    ("clients", i), "a client's slug must be a text", f'put it in quotes: "{slug}"'
                )
        return tuple(str(slug) for slug in value)

    def targets(self) -> dict[str, TargetConfig]:
        return targets_of(self.values.get("targets"), self.only, self.wrong)

    def rules(self) -> StatusRules:
        if self.values.get("guards") is None:
            return StatusRules()
        from studio_sync.files.workspace.guard_rules import rules_of
        from studio_sync.kinds import KINDS

        return rules_of(self.values["guards"], KINDS, self.wrong)

    def advice(self) -> Advice:
        if self.values.get("checks") is None and self.values.get("assets") is None:
            return Advice()
        from studio_sync.files.workspace.advice import advice_of

        return advice_of(self.values.get("checks"), self.values.get("assets"), self.wrong)
