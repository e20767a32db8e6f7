"""Contents that were read once and are needed again, kept out of memory."""

import pickle
import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Self

from studio_sync.core.record import Omitted
from studio_sync.core.value import Value


class Spool:
    """Values of records by name, in a temporary file that no other program sees."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def put(self, name: str, values: Mapping[str, Value | Omitted]) -> None:
        """Keep `values` under `name`; what was kept under it before is forgotten."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="studio-")  # noqa: SIM115 - closed by close()
        self._places[name] = self._file.seek(0, 2)
        pickle.dump(dict(values), self._file, protocol=pickle.HIGHEST_PROTOCOL)

    def get(self, name: str) -> dict[str, Any]:
        """The values kept under `name`. Raises KeyError."""
        place = self._places[name]
        if self._file is None:
            raise KeyError(name)
        self._file.seek(place)
        values: dict[str, Any] = pickle.load(self._file)  # noqa: S301 - written by this process
        return values

    def close(self) -> None:
        """Let go of the temporary file."""
        if self._file is not None:
            self._file.close()
        self._file, self._places = None, {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
