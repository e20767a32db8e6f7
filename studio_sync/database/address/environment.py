"""The environment of libpq (PGHOST, services …), resolved here, so that an address is complete.

libpq itself is kept from reading it (`database.postgres.connect`), so that every parameter that reaches a
server was decided here.
"""

from collections.abc import Mapping
from pathlib import Path

from studio_sync.database.address import parameters
from studio_sync.errors import UsageError

_MAX_SERVICES = 1 << 20
"""The most bytes of a service file."""


def completed(values: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """`values` completed from the environment as libpq does it: first a service, then variables.

    If `values` name a host, PGHOST, PGHOSTADDR and PGSERVICE, which would name another, don't count. Raises
    UsageError for an unknown service.
    """
    found = dict(values)
    if not {"host", "hostaddr", "service"} & found.keys():
        for name, variable in (("service", "PGSERVICE"), ("host", "PGHOST"), ("hostaddr", "PGHOSTADDR")):
            if variables.get(variable):
                found[name] = variables[variable]
    service = found.pop("service", "")
    if service:
        found = _service(service, variables) | found
    for name, variable in parameters.ENVIRONMENT.items():
        if variables.get(variable):
            found.setdefault(name, variables[variable])
    return found


def _service(name: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a service, from the first file that defines it. Raises UsageError."""
    files = [Path(variables["PGSERVICEFILE"])] if variables.get("PGSERVICEFILE") else []
    if not files and variables.get("HOME"):
        files.append(Path(variables["HOME"]) / ".pg_service.conf")
    if variables.get("PGSYSCONFDIR"):
        files.append(Path(variables["PGSYSCONFDIR"]) / "pg_service.conf")
    for file in files:
        found = _section(_text(file), name)
        if found is not None:
            return found
    raise UsageError(
        f"No service file defines the service {name}, which the database's address names",
        "define it in ~/.pg_service.conf, or give the address as a URL",
    )


def _text(file: Path) -> str:
    try:
        if not file.is_file() or file.stat().st_size > _MAX_SERVICES:
            return ""
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def _section(text: str, name: str) -> dict[str, str] | None:
    """The lines below `[name]` as parameters; None if there is no such section."""
    found: dict[str, str] | None = None
    for line in map(str.strip, text.split("\n")):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if found is not None:
                return found
            found = {} if line == f"[{name}]" else None
        elif found is not None:
            key, _, value = line.partition("=")
            if key not in parameters.LIBPQ - {"service"}:
                raise UsageError(
                    f"The service {name} has a line that studio doesn't understand",
                    "a line is a parameter of libpq, as in host=db.example.com; LDAP is not looked up",
                )
            found.setdefault(key, value)
    return found
