"""What is left out of the content folder, by .studioignore, in gitignore's patterns."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Ignored = Callable[[str], bool]
"""Whether a path relative to the content folder (a folder's ends with "/") is left out."""

IGNORE_FILE = ".studioignore"


def ignored_in(content: Path) -> Ignored:
    """Whether a path (relative to `content`) is left out, by itself or with a folder above it."""
    rules = Rules(content).ignored
    if rules is None:
        return lambda _: False
    return lambda path: any(map(rules, _with_folders(path)))


class Rules:
    """The rules of one content folder. Raises UnavailableError where they can't be read.

    The file may stand in the content folder or beside it, in the workspace; what the inner one says of a
    path counts more, as git has it. `text` is all that they say, `ignored` None where they say nothing.
    """

    def __init__(self, content: Path) -> None:
        places = (content.parent / IGNORE_FILE, content / IGNORE_FILE)
        lines = [_lines(place) for place in places]
        self.text = "\f".join("\n".join(found or ()) for found in lines)
        self.ignored = self._ignored(content.name, *map(_spec, places, lines))

    @staticmethod
    def _ignored(root: str, outer: "GitIgnoreSpec | None", inner: "GitIgnoreSpec | None") -> Ignored | None:
        if outer is None and inner is None:
            return None

        def ignored(path: str) -> bool:
            found = inner.check_file(path).include if inner else None
            if found is None and outer:
                found = outer.check_file(f"{root}/{path}").include
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
        lines = place.read_bytes().decode("utf-8-sig").split("\n")
        return [line.removesuffix("\r") for line in lines]
    except FileNotFoundError:
        return None
    except UnicodeError:
        raise UnavailableError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except OSError as error:
        raise UnavailableError(f"can't read {place}: {error.strerror}", "check its permissions") from None


def _spec(place: Path, lines: list[str] | None) -> "GitIgnoreSpec | None":
    """The patterns in a file."""
    if lines is None:
        return None
    from pathspec import GitIgnoreSpec

    for number, line in enumerate(lines, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            raise UnavailableError(
                f"{place}:{number}: the pattern {line!r} can't be read",
                "it takes the patterns of a .gitignore",
            ) from None
    return GitIgnoreSpec.from_lines(lines)
