"""Editors of VS Code's family on this machine: their commands and installed extensions."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio_sync.editors.vsix import extension_id, file_name
from studio_sync.errors import UnavailableError

EDITOR_NAMES = (
    "code", "code-insiders", "codium", "vscodium", "code-server", "openvscode-server", "cursor", "windsurf",
    "positron",
)  # fmt: skip
"""The commands that install an extension, by name."""

_APPLICATIONS = {
    "code": "/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code",
    "codium": "/Applications/VSCodium.app/Contents/Resources/app/bin/codium",
    "cursor": "/Applications/Cursor.app/Contents/Resources/app/bin/cursor",
}
"""Their places on macOS, if they are not in PATH."""

_FOLDERS = {
    "VS Code": ".vscode",
    "VS Code Insiders": ".vscode-insiders",
    "VSCodium": ".vscode-oss",
    "VS Code, remote": ".vscode-server",
    "code-server": ".local/share/code-server",
    "OpenVSCode Server": ".openvscode-server",
    "Cursor": ".cursor",
    "Windsurf": ".windsurf",
    "Positron": ".positron",
}
"""Editors, and their folders in the user's home."""

_PATIENCE = 180
_MAX_LIST = 8 << 20


@dataclass(frozen=True, slots=True)
class Editor:
    """A command that installs extensions, and its full path."""

    name: str
    program: str


@dataclass(frozen=True, slots=True)
class Installed:
    """An editor used here, and the version of its extension; "" if it has none."""

    editor: str
    version: str


def editors(entries: Iterable[str]) -> list[Editor]:
    """The editors in these folders of PATH, and in macOS's places, each program once."""
    entries = list(entries)
    found: dict[str, Editor] = {}
    for name in EDITOR_NAMES:
        files = [os.path.join(entry, name + suffix) for entry in entries for suffix in _suffixes()]
        if name in _APPLICATIONS:
            files.append(_APPLICATIONS[name])
        program = next((file for file in files if os.path.isfile(file) and os.access(file, os.X_OK)), "")
        if program:
            found.setdefault(os.path.realpath(program), Editor(name, program))
    return list(found.values())


def _suffixes() -> tuple[str, ...]:
    return (".cmd", ".exe") if os.name == "nt" else ("",)


def install(editor: Editor, packed: bytes) -> None:
    """Install the extension in an editor, replacing any version. Raises UnavailableError on failure."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / file_name()
        file.write_bytes(packed)
        command = [editor.program, "--install-extension", str(file), "--force"]
        try:
            ran = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = getattr(error, "strerror", "") or f"it did not end within {_PATIENCE} seconds"
            raise UnavailableError(f"{editor.program}: {reason}", BY_HAND) from None
    if ran.returncode:
        lines = (ran.stderr.strip() or ran.stdout.strip()).decode(errors="replace").split("\n")
        reason = lines[0] or f"it ended with {ran.returncode}"
        raise UnavailableError(f"{editor.program} could not install the extension: {reason}", BY_HAND)


BY_HAND = (
    "`studio editor vscode --out studio.vsix` writes the extension into a file; in the editor, under"
    " Extensions, `Install from VSIX...` takes it"
)


def installed(home: Path) -> Iterator[Installed]:
    """The editors that have folders in a user's home, with the version of the extension in each."""
    for name, folder in _FOLDERS.items():
        extensions = home / folder / "extensions"
        if extensions.is_dir():
            yield Installed(name, _version(extensions / "extensions.json"))


def _version(listed: Path) -> str:
    """The extension's version in an editor's list of extensions."""
    try:
        if listed.stat().st_size > _MAX_LIST:
            return ""
        entries = json.loads(listed.read_text("utf-8"))
        return next(
            (
                str(entry["version"])
                for entry in entries
                if entry["identifier"]["id"].lower() == extension_id().lower()
            ),
            "",
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ""
