"""The package that CI installs: exactly what the user named, protected against substitution."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio_sync.core.values.escapes import first_unsafe
from studio_sync.errors import UsageError

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._,-]+\])?"
_HASHES = r"(?: --hash=(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}))"
_PLACE = r"[A-Za-z0-9.-]+(?::\d+)?/[^\s$#@'\"\\]+"
_VERSION = re.compile(rf"{_NAME}==[A-Za-z0-9.!+_-]+{_HASHES}*")
_COMMIT = re.compile(rf"(?:{_NAME} @ )?git\+(?:https://|ssh://git@){_PLACE}@[0-9a-f]{{40}}(?:#egg={_NAME})?")
_ARCHIVE = re.compile(rf"(?:{_NAME} @ )?https://{_PLACE}(?:#sha256=[0-9a-f]{{64}}|{_HASHES}+)")
_MOST = 1 << 20

_FORMS = """\
a requirements file in the repository, with hashes:  --package requirements-studio.txt
a version with its hash:  --package "studio-sync==1.2.3 --hash=sha256:…"
a commit:  --package "git+https://host/team/studio-sync@<all 40 digits>"
an archive with its hash:  --package "https://host/studio_sync-1.2.3-py3-none-any.whl#sha256=…\""""


@dataclass(frozen=True, slots=True)
class Package:
    """What to install: `lines` of a requirements file, or such a `file`, relative to the repository.

    With `hashes`, pip only installs files with one of the given hashes. `pinned`: nobody can substitute
    something else.
    """

    lines: tuple[str, ...] = ()
    file: str = ""
    hashes: bool = False
    pinned: bool = True


def parse_package(given: Sequence[str], here: Path, top: Path) -> Package:
    """Parse `--package`, given in the folder `here`, for the repository in `top`.

    Raises UsageError for an ambiguous package, or one that several sources could provide.
    """
    files = [spec for spec in given if _is_file(here, spec)]
    if files:
        if len(given) > 1:
            raise UsageError("--package names a file and something else", "put all of it into the file")
        return Package(file=_file(here / files[0], top), hashes=True)
    specs = [" ".join(spec.split()) for spec in given]
    for spec in specs:
        _check(spec)
    hashed = ["--hash=" in spec for spec in specs]
    if any(hashed) and not all(hashed):
        raise UsageError(
            "some packages have a hash and some have none", "pip then wants one for each: add those that lack"
        )
    loose = [spec for spec in specs if _VERSION.fullmatch(spec) and "--hash=" not in spec]
    return Package(tuple(specs), hashes=any(hashed), pinned=not loose)


def _check(spec: str) -> None:
    if any(form.fullmatch(spec) for form in (_VERSION, _COMMIT, _ARCHIVE)):
        return
    if spec.endswith((".txt", ".in", ".lock")):
        raise UsageError(f"--package names {spec}, and there is no such file here", _FORMS)
    if re.search(r"//[^/@\s]*:[^/@\s]*@", spec):
        raise UsageError(
            "--package contains a password, which would end up in the repository", "name a place without one"
        )
    raise UsageError(f"--package {spec!r} does not say exactly what to install", _FORMS)


def _is_file(here: Path, spec: str) -> bool:
    try:
        return (here / spec).is_file()
    except (OSError, ValueError):
        return False


def _file(place: Path, top: Path) -> str:
    found, inside = place.resolve(), top.resolve()
    if not found.is_relative_to(inside):
        raise UsageError(
            f"{place} is outside of the repository {top}", "copy it into the repository, and commit it"
        )
    if first_unsafe(found.as_posix()) or "${{" in found.as_posix():
        raise UsageError(f"{place} has a name that a workflow can't hold", "rename it")
    if "--hash=" not in found.read_bytes()[:_MOST].decode("utf-8", "replace"):
        raise UsageError(
            f"{place} names no hash", "make it with hashes, as `pip-compile --generate-hashes` does"
        )
    return found.relative_to(inside).as_posix()
