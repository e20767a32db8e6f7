"""Reading a workspace's own schemas, as plain files of bounded size."""

import os
from pathlib import Path

from studio_sync.core.values.bounds import MAX_SCHEMA_FILE
from studio_sync.errors import StudioError
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import read_plain, way_out


def read_own(folder: Path, suffix: str) -> dict[str, str]:
    """The texts of the files in `folder`, by their names without `suffix`; none if it doesn't exist.

    The folder must be inside its parent after resolving links. Raises StudioError for a file that can't be
    read.
    """
    if not folder.is_dir():
        return {}
    inside(folder.parent, f"{folder.name}/{suffix}")
    texts = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(suffix):
            continue
        try:
            data = read_plain(folder / name, MAX_SCHEMA_FILE)
            texts[name.removesuffix(suffix)] = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise StudioError(f"{folder.name}/{name}: this schema can't be read: not UTF-8 text") from None
        except OSError as error:
            raise StudioError(
                f"{folder.name}/{name}: this schema can't be read: {error.strerror}", way_out(error)
            ) from None
    return texts
