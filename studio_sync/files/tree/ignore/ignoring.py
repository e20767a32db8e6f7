"""Reading .studioignore: which paths of the content folder are ignored, by gitignore patterns."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.core.values.bounds import MAX_CONFIG_FILE
from studio_sync.errors import UnavailableError
from studio_sync.files.tree.disk.plain_file import read_plain, way_out

if TYPE_CHECKING:
    from studio_sync.files.tree.ignore.ignore_pattern import Patterns

Ignored = Callable[[str], bool]
"""Whether a path relative to the content folder (a folder's ends with "/") is ignored."""

IGNORE_FILE = ".studioignore"


def ignored_in(content: Path) -> Ignored:
    """Whether a path (relative to `content`) is ignored, by itself or with a folder above it."""
    rules = IgnoreRules(content).ignored
    if rules is None:
        return lambda _: False
    return lambda path: any(map(rules, _with_folders(path)))


class IgnoreRules:
    """The ignore rules of one content folder. Raises UnavailableError if they can't be read.

    The file may be in the content folder or beside it, in the workspace; the inner one takes precedence, as
    in git. `text` is their whole text, `ignored` None if there are no rules.
    """

    def __init__(self, content: Path) -> None:
        places = (content.parent / IGNORE_FILE, content / IGNORE_FILE)
        lines = [_lines(place) for place in places]
        self.text = "\f".join("\n".join(found or ()) for found in lines)
        self.ignored = self._ignored(content.name, *map(_spec, places, lines))

    @staticmethod
    def _ignored(root: str, outer: "Patterns | None", inner: "Patterns | None") -> Ignored | None:
        if outer is None and inner is None:
            return None

        def ignored(path: str) -> bool:
            found = inner.include(path) if inner else None
            if found is None and outer:
                found = outer.include(f"{root}/{path}")
            return bool(found)

        return ignored


def _with_folders(path: str) -> Iterator[str]:
    """A path and the folders above it, which end in "/"."""
    yield path
    at = path.rfind("/")
    while at > 0:
        yield path[: at + 1]
        at = path.rfind("/", 0, at)


def _lines(place: Path) -> list[str] | None:
    """The lines of a file; None if there is none."""
    try:
        return read_plain(place, MAX_CONFIG_FILE).decode("utf-8-sig").split("\n")
    except FileNotFoundError:
        return None
    except UnicodeError:
        raise UnavailableError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except OSError as error:
        raise UnavailableError(f"can't read {place}: {error.strerror}", way_out(error)) from None


def _spec(place: Path, lines: list[str] | None) -> "Patterns | None":
    """The patterns in a file."""
    if lines is None:
        return None
    from studio_sync.files.tree.ignore.ignore_pattern import PatternError, Patterns

    try:
        return Patterns(lines)
    except PatternError as error:
        raise UnavailableError(
            f"{place}:{error.line}: {error.message}", "it takes the patterns of a .gitignore"
        ) from None
