"""Running Vale in a sandbox folder: on copies, without other programs or files.

Its environment has no PATH, so that it finds no program for another format, and no home with settings.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio_sync.core.values.bounds import MAX_VALE_ANSWER
from studio_sync.core.values.value import load_json
from studio_sync.errors import UnavailableError
from studio_sync.files.git.program import find_program
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.vale.vale_settings import STYLES, VALE_CONFIG, Settings

PATIENCE = 120
"""Seconds after which a running Vale is terminated."""
_TEXTS = "texts"
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR")


def find_vale(root: Path) -> str:
    """The path of Vale in PATH, "" if there is none. One below `root` came with the clone, and is ignored."""
    return find_program("vale", os.environ.get("PATH", os.defpath), (root,))


def run_vale(program: str, settings: Settings, texts: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Vale's output for Markdown texts, by path. Raises UnavailableError."""
    with tempfile.TemporaryDirectory(prefix="studio-vale-") as name:
        top = Path(name)
        _fill(top, {VALE_CONFIG: settings.config.encode()})
        _fill(top / STYLES, settings.styles)
        _fill(top / _TEXTS, {path: text.encode() for path, text in texts.items()})
        env = {key: value for key, value in os.environ.items() if key.upper() in _KEPT}
        env |= {"HOME": name, "XDG_CONFIG_HOME": name, "XDG_DATA_HOME": name, "USERPROFILE": name}
        env |= {"PATH": "", "TMPDIR": name, "TEMP": name, "TMP": name}
        command = [program, f"--config={top / VALE_CONFIG}", "--output=JSON", "--no-exit", _TEXTS]
        answer = top / "answer.json"
        try:
            with answer.open("xb") as out:
                done = subprocess.run(
                    command, cwd=top, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                    timeout=PATIENCE, check=False,
                )  # fmt: skip
            found = load_json(read_plain(answer, MAX_VALE_ANSWER).decode() or "{}")
        except subprocess.TimeoutExpired:
            message = f"Vale did not end within {PATIENCE} seconds, and was given up"
            raise UnavailableError(message, f"name fewer rules in {VALE_CONFIG}, or fewer paths") from None
        except (OSError, ValueError) as error:
            raise UnavailableError(f"Vale can't be asked: {error}", f"try it by hand: {program}") from None
        if not isinstance(found, dict) or done.returncode:
            line = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise UnavailableError(
                f"Vale could not read {VALE_CONFIG}: {line or 'no answer'}", "mend it there"
            )
        return {path: list(_alerts(found, path, top)) for path in texts}


def _alerts(found: dict[str, Any], path: str, top: Path) -> Any:
    for name in (f"{_TEXTS}/{path}", os.fspath(top / _TEXTS / path), os.path.join(_TEXTS, *path.split("/"))):
        alerts = found.get(name)
        if isinstance(alerts, list):
            yield from (alert for alert in alerts if isinstance(alert, dict))
            return


def _fill(top: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(data)
