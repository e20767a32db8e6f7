"""Contents that were read once and are needed again, kept out of memory."""

import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Self

from studio_sync.core.value import Value, load_json


class Spool:
    """JSON objects by name, in a temporary file that no other program sees."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def put(self, name: str, text: str) -> None:
        """Keep a JSON object's text under `name`; what was kept under it before is forgotten."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="studio-")  # noqa: SIM115
        data = text.encode("utf-8", "surrogatepass")
        if self._file.tell() != self._end:
            self._file.seek(self._end)
        self._file.write(data)
        self._places[name] = (self._end, len(data))
        self._end += len(data)

    def text(self, name: str) -> str:
        """The text kept under `name`. Raises KeyError."""
        place, size = self._places[name]
        if self._file is None:
            raise KeyError(name)
        self._file.seek(place)
        return self._file.read(size).decode("utf-8", "surrogatepass")

    def get(self, name: str) -> Mapping[str, Value]:
        """The object kept under `name`. Raises KeyError."""
        value = load_json(self.text(name))
        if not isinstance(value, Mapping):
            raise TypeError(name)
        return value

    def close(self) -> None:
        """Let go of the temporary file."""
        if self._file is not None:
            self._file.close()
        self._file, self._places, self._end = None, {}, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
