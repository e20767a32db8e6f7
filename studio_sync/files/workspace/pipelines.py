"""GitLab CI files of a workspace."""

import json
from textwrap import indent

from studio_sync.files.workspace.ci_settings import CiSettings, filled

PIPELINE = ".gitlab/studio.yml"
"""The file with the jobs, in the repository."""
ENTRY = ".gitlab-ci.yml"
"""The file that GitLab reads first; it must include the jobs."""
INCLUDE = f"include: {{local: /{PIPELINE}}}\n"

_IMAGE = "python:3.13-bookworm@sha256:07bf1bd38e191e3ed18b5f3eb0006d5ab260cb8c967f49d3bf947e5c2e44d8a9"
_UNFINISHED = f"""\
# NOT FINISHED: nothing says which package to install, so every job fails before it touches a secret.
# To finish it: studio init --ci gitlab --package SPEC
# (`studio init --help` says what SPEC may be; a {PIPELINE} that you have changed, delete first)
"""
_FAIL = """\
echo "this pipeline does not say which package to install: studio init --ci gitlab --package SPEC"
exit 1"""


def pipeline_files(settings: CiSettings) -> dict[str, str]:
    """The file with the jobs and the one that includes it, by path in the repository."""
    install, named = _install(settings)
    variables = {"STUDIO_CI_FOLDER": settings.folder or "."} | named
    if settings.trust:
        variables["STUDIO_TRUST"] = settings.trust
    marks = {
        "unfinished": "" if settings.package else _UNFINISHED,
        "image": _IMAGE,
        "install": indent(install, " " * 6),
        "extra": "".join(map(_variable, variables, variables.values())),
        "mark": settings.mark,
        "content": _variable("STUDIO_CI_CONTENT", settings.content),
        "variable": settings.names[0],
        "variables": ", ".join(settings.names),
    }
    return {PIPELINE: filled("gitlab/studio.yml", marks), ENTRY: INCLUDE}


def is_included(entry: bytes) -> bool:
    """Whether the file that GitLab reads first includes the jobs."""
    return PIPELINE.encode() in entry


def _install(settings: CiSettings) -> tuple[str, dict[str, str]]:
    """The script that installs studio, and its variables, which pass the user's text to the shell safely.

    Packages that pip builds can't read the database's address.
    """
    package = settings.package
    if package is None:
        return _FAIL, {}
    strict = "--require-hashes " if package.hashes else ""
    hidden = "".join(f"-u {name} " for name in (*settings.names, "STUDIO_PULL_TOKEN"))
    pip = f"env {hidden}\\\n  pip install --disable-pip-version-check --no-input {strict}-r"
    if package.file:
        return f'{pip} "./$STUDIO_CI_REQUIREMENTS"', {"STUDIO_CI_REQUIREMENTS": package.file}
    write = """requirements=$(mktemp)\nprintf '%s\\n' "$STUDIO_CI_PACKAGE" > "$requirements"\n"""
    return f'{write}{pip} "$requirements"', {"STUDIO_CI_PACKAGE": "\n".join(package.lines)}


def _variable(name: str, value: str) -> str:
    """A job's variable, whose value GitLab doesn't expand."""
    text = json.dumps(value, ensure_ascii=False)
    if "$" not in value:
        return f"    {name}: {text}\n"
    return f"    {name}:\n      value: {text}\n      expand: false\n"
