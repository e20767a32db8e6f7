"""Whether any of many rows may have changed: a sum over hashes of their ids and tokens."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenMove:
    """A row that got another token: None for `old` where it is new, for `new` where it is gone."""

    kind: str
    row_id: str
    old: int | None
    new: int | None

    def signed(self) -> Iterator[tuple[str, int]]:
        """What it takes away from a digest (-1) and adds to it (1)."""
        for token, sign in ((self.old, -1), (self.new, 1)):
            if token is not None:
                yield str(token), sign


class Digest(dict[str, tuple[int, int]]):
    """For each kind how many rows there are, and the sum of the hashes of their ids and tokens."""

    def __str__(self) -> str:
        return " ".join(f"{name}:{count}:{total}" for name, (count, total) in self.items())

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """The digest that was written as `text`; empty if it is none."""
        with suppress(ValueError):
            parts = [part.split(":") for part in text.split()]
            return cls({name: (int(count), int(total)) for name, count, total in parts})
        return cls()

    def plus(self, other: Mapping[str, tuple[int, int]]) -> "Digest":
        """Both together."""
        sums = {name: other.get(name, (0, 0)) for name in self}
        return Digest(
            {name: (count + sums[name][0], total + sums[name][1]) for name, (count, total) in self.items()}
        )
