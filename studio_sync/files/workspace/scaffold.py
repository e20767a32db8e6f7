"""The scaffold of a new workspace, and the schemas that it keeps for editors."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.core.values.bounds import MAX_SCHEMA_FILE
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.names import slug
from studio_sync.errors import UnavailableError
from studio_sync.files.tree.disk.one_file import write_new
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.tree.disk.state_folder import GITIGNORE, IGNORE_ALL, open_state
from studio_sync.files.workspace.targets import TargetConfig
from studio_sync.files.workspace.workspace import CONFIG, STATE

if TYPE_CHECKING:
    from studio_sync.core.values.value import Value

_SCHEMAS = "schemas"
_NAME_BYTES = 40
"""The part of a database's name, at most 63 bytes, that a folder's name may take."""


def unique_name(root: Path) -> str:
    """A unique name for the workspace in `root`: the folder's, with a random suffix."""
    text = slug(root.name) or "workspace"
    while len(text.encode()) > _NAME_BYTES:
        text = text[:-1]
    return f"{text.strip('-')}-{secrets.token_hex(3)}"


def workspace_files(
    kinds: Kinds, name: str, *, client: str = "", target: TargetConfig | None = None
) -> dict[str, str]:
    """The files of a new workspace without content, by path; `studio.yaml` comes last.

    `client` is the slug of its only client, or "". `target` is its database, None for the embedded
    one.
    """
    from studio_sync.files.yaml import yaml_writer as yaml_text

    clients = yaml_text.dump({"clients": [client]}) if client else "# clients: [acme-bank]\n"
    targets = _targets(target) if target else _template("targets.yaml")
    config = _template("studio.yaml")
    for mark, text in (("{{name}}\n", f"{name}\n"), ("{{clients}}\n", clients), ("{{targets}}\n", targets)):
        config = config.replace(mark, text)
    return {
        GITIGNORE: _template("gitignore"),
        ".vscode/settings.json": editor_settings(kinds),
        ".vscode/tasks.json": _template("tasks.json"),
        ".vscode/extensions.json": _template("extensions.json"),
        CONFIG: config,
    }


def editor_settings(kinds: Kinds) -> str:
    """Settings for VS Code's YAML extension: which file has which schema.

    It only validates whole YAML files: front matter is left to `studio validate`.
    """
    schemas = {
        f"./{STATE}/{_SCHEMAS}/{kind.name}.schema.json": [f"content/{_pattern(kinds, kind)}"]
        for kind in kinds
        if not kind.markdown
    }
    return json.dumps({"yaml.schemas": schemas}, indent=2) + "\n"


def sorted_out(root: Path, texts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The paths among `texts` that are free in `root`, and those that are taken."""
    left = [path for path in texts if os.path.lexists(root / path)]
    return [path for path in texts if path not in left], left


def write_missing(root: Path, texts: Mapping[str, str]) -> None:
    """Write the files whose paths are free, in order, and leave the others unchanged.

    Creates `root` if missing. Raises UnavailableError or RefusedError for the first that can't be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"can't make the folder {root}: {error.strerror}") from None
    from studio_sync.files.tree.disk.file_writer import FileWriter

    writer = FileWriter(root)
    for path in sorted_out(root, texts)[0]:
        writer.create(path, texts[path].encode())


def replaceable(root: Path, before: Mapping[str, str], paths: Iterable[str]) -> list[str]:
    """Those of `paths` whose files contain exactly the text in `before`."""
    return [path for path in paths if _says(root / path, before[path])]


def replace_files(root: Path, before: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """Replace files that contain the text in `before` by `texts`. Raises RefusedError if one changed."""
    from studio_sync.files.tree.disk.file_writer import FileWriter

    writer = FileWriter(root)
    for path, text in texts.items():
        writer.replace(path, before[path].encode(), text.encode())


def refresh_schemas(state: Path, texts: Mapping[str, str]) -> None:
    """Keep `schemas/` in a workspace's state folder equal to `texts` (by file name), for its editors.

    If nothing changed it reads a few small files, and writes none. Files that can't be written are left.
    Raises RefusedError for a state folder that can't be trusted.
    """
    with suppress(OSError, UnavailableError):
        open_state(state)
        folder = state / _SCHEMAS
        for place, text in (
            (state / GITIGNORE, IGNORE_ALL),
            *((folder / name, text) for name, text in texts.items()),
        ):
            if not _says(place, text):
                place.parent.mkdir(exist_ok=True)
                temporary = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
                write_new(temporary, text.encode(), 0o600)
                temporary.replace(place)


def _says(place: Path, text: str) -> bool:
    try:
        return read_plain(place, MAX_SCHEMA_FILE) == text.encode()
    except OSError:
        return False


def _pattern(kinds: Kinds, kind: Kind) -> str:
    """A glob for the files of `kind` below the content folder."""
    folders = sum(k.folder for k in (kind, *kinds.ancestors(kind)))
    return "*/" * folders + kind.file


def _targets(target: TargetConfig) -> str:
    settings: dict[str, Value] = {"url": target.url}
    if target.ci_only:
        settings["push"] = "ci"
    if target.imports:
        settings["import"] = True
    from studio_sync.files.yaml import yaml_writer as yaml_text

    return yaml_text.dump({"targets": {target.name: settings}})


def _template(name: str) -> str:
    return (Path(__file__).with_name("templates") / name).read_text("utf-8")
