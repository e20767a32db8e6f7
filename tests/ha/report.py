"""The results of the rounds as a table."""

from collections import Counter
from collections.abc import Iterable

from tests.ha.rounds import Told

_HEAD = (
    "fault", "rounds", "said done", "said no", "arrived all the same", "failovers", "lost, said", "wrong",
)  # fmt: skip


def table(results: Iterable[Told]) -> str:
    """One line for each fault and mode: how often, and what came of it; then what was wrong."""
    found = list(results)
    lines = []
    for mode in ("synchronous", "asynchronous"):
        for fault in sorted({t.fault for t in found if t.mode == mode}):
            some = [t for t in found if t.mode == mode and t.fault == fault]
            lines.append(_line(f"{fault} ({mode})", some))
        if some := [t for t in found if t.mode == mode]:
            lines.append(_line(f"all ({mode})", some))
    widths = [max(len(row[i]) for row in (_HEAD, *lines)) for i in range(len(_HEAD))]
    shown = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (_HEAD, *lines)
    ]
    by = Counter(f"{t.command} {t.moment}" for t in found)
    shown += ["", ", ".join(f"{what}: {n}" for what, n in sorted(by.items()))]
    shown += [f"WRONG in round {t.number} ({t.mode}): {t.wrong}\n{t.said}" for t in found if t.wrong]
    return "\n".join(line.rstrip() for line in shown)


def _line(name: str, some: list[Told]) -> tuple[str, ...]:
    counts = (
        len(some),
        sum(t.acknowledged for t in some),
        sum(not t.acknowledged for t in some),
        sum(t.arrived and not t.acknowledged for t in some),
        sum(t.failovers > 0 for t in some),
        sum(t.lost and not t.wrong for t in some),
        sum(bool(t.wrong) for t in some),
    )
    return name, *(str(n) if n else "-" for n in counts)
