"""A workspace: a folder with `studio.yaml`, and what that file says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath

from studio_sync.core.value import Value
from studio_sync.errors import StudioError, UsageError
from studio_sync.files import yaml_read

CONFIG = "studio.yaml"
STATE = ".studio"
_KEYS = ("name", "content", "clients", "targets")
_TARGET_KEYS = ("url", "push", "import")


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """A database that studio.yaml names. `url` may hold `${NAME}` references, and no password.

    `ci_only` targets take pushes from CI alone; `imports` targets take new records at any status.
    """

    name: str
    url: str
    ci_only: bool = False
    imports: bool = False


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where everything of a workspace is. `clients` is None for every client of the database."""

    root: Path
    name: str = ""
    content_name: str = "content"
    clients: tuple[str, ...] | None = None
    targets: Mapping[str, TargetConfig] | None = None

    @property
    def content(self) -> Path:
        """The folder of the tree."""
        return self.root / self.content_name

    @property
    def prefix(self) -> str:
        """What makes a path inside the tree one inside the workspace."""
        return f"{self.content_name}/"

    @property
    def state(self) -> Path:
        """The folder of the workspace's memory."""
        return self.root / STATE

    @property
    def schemas(self) -> Path:
        """The folder of the workspace's own, stricter schemas; it may be missing."""
        return self.root / "schemas"

    def scope(self, paths: tuple[str, ...], here: Path) -> tuple[str, ...]:
        """Paths as a person gave them, seen from the folder `here`, relative to the content folder.

        The content folder itself, or anything above it in the workspace, is "": everything. Raises
        UsageError for a path outside.
        """
        found: list[str] = []
        for given in paths:
            path = Path(normpath((here / given).as_posix()))
            if self.content.is_relative_to(path) and path.is_relative_to(self.root):
                found.append("")
                continue
            if not path.is_relative_to(self.content):
                raise UsageError(
                    f"{given} is outside the content folder {self.content}",
                    "give paths of files or folders below it",
                )
            inner = path.relative_to(self.content).as_posix()
            if not path.exists() and not path.parent.exists():
                raise UsageError(f"there is no {given} here", "check the path; it may be quoted wrongly")
            found.append(inner)
        return tuple(found)


def find(start: Path) -> Workspace:
    """The workspace that `start` is in. Raises UsageError where there is none up to the root."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return load(folder)
    raise UsageError(
        f"there is no {CONFIG} in {start} or in any folder above it",
        "go into a workspace, name one with -C DIR, or make one here with `studio init`",
    )


def load(root: Path) -> Workspace:
    """The workspace in `root`. Raises UsageError, naming the line, where studio.yaml can't be understood."""
    place = root / CONFIG
    try:
        text = place.read_bytes().decode("utf-8-sig")
        config = yaml_read.read(text)
    except yaml_read.YamlFault as fault:
        first = fault.faults[0]
        raise UsageError(f"{place}:{first.line}:{first.column}: {first.message}", first.hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except OSError as error:
        raise StudioError(f"can't read {place}: {error.strerror}", "check its permissions") from None
    if config is None:
        config = {}
    if not isinstance(config, Mapping):
        raise UsageError(f"{place} must be a mapping such as `name: acme`", "it may also be empty")
    for key in config:
        if key not in _KEYS:
            raise UsageError(f"{place}: unknown key `{key}`", f"known are: {', '.join(_KEYS)}")
    return Workspace(
        root,
        _text(place, config, "name", ""),
        _content(place, config),
        _clients(place, config),
        _targets(place, config),
    )


def _text(place: Path, config: Mapping[str, Value], key: str, default: str) -> str:
    value = config.get(key)
    if value is None:
        return default
    if not isinstance(value, str) or not value:
        raise UsageError(f"{place}: `{key}` must be a text", f'put it in quotes: {key}: "{value}"')
    return value


def _content(place: Path, config: Mapping[str, Value]) -> str:
    name = normpath(_text(place, config, "content", "content").replace("\\", "/"))
    if name.startswith(("/", "..")) or name == "." or ":" in name:
        raise UsageError(f"{place}: `content` must be a folder inside the workspace", "for example: content")
    return name


def _clients(place: Path, config: Mapping[str, Value]) -> tuple[str, ...] | None:
    value = config.get("clients")
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise UsageError(f"{place}: `clients` must be a list of slugs", "for example: clients: [acme-bank]")
    return tuple(str(v) for v in value)


def _targets(place: Path, config: Mapping[str, Value]) -> dict[str, TargetConfig]:
    value = config.get("targets")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(f"{place}: `targets` must be a mapping from names to databases")
    found: dict[str, TargetConfig] = {}
    for name, target in value.items():
        if isinstance(target, str):
            target = {"url": target}
        if not isinstance(target, Mapping) or not isinstance(target.get("url"), str):
            raise UsageError(
                f"{place}: target `{name}` has no `url`", "for example: url: ${STUDIO_PRODUCTION_URL}"
            )
        for key in target:
            if key not in _TARGET_KEYS:
                raise UsageError(
                    f"{place}: unknown key `{key}` in target `{name}`", f"known are: {', '.join(_TARGET_KEYS)}"
                )
        if target.get("push") not in (None, "ci"):
            raise UsageError(f"{place}: `push` of target `{name}` can only be: ci")
        if target.get("import") not in (None, True, False):
            raise UsageError(f"{place}: `import` of target `{name}` must be true or false")
        found[name] = TargetConfig(
            name, str(target["url"]), target.get("push") == "ci", target.get("import") is True
        )
    return found
