"""Digest over many rows' ids and change tokens: equal digests mean that no row has changed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenMove:
    """A change of a row's token: `old` is None for a new row, `new` for a deleted one."""

    kind: str
    row_id: str
    old: int | None
    new: int | None

    def signed(self) -> Iterator[tuple[str, int]]:
        """The terms that it subtracts from a digest (-1) and adds to it (1)."""
        for token, sign in ((self.old, -1), (self.new, 1)):
            if token is not None:
                yield str(token), sign


class Digest(dict[str, tuple[int, int]]):
    """For each kind the number of rows, and the sum of the hashes of their ids and tokens."""

    def __str__(self) -> str:
        return " ".join(f"{name}:{count}:{total}" for name, (count, total) in self.items())

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Parse a digest; empty if `text` is none."""
        with suppress(ValueError):
            parts = [part.split(":") for part in text.split()]
            return cls({name: (int(count), int(total)) for name, count, total in parts})
        return cls()

    def plus(self, other: Mapping[str, tuple[int, int]]) -> "Digest":
        """The digest of both sets of rows."""
        sums = {name: other.get(name, (0, 0)) for name in self}
        return Digest(
            {name: (count + sums[name][0], total + sums[name][1]) for name, (count, total) in self.items()}
        )
