"""`python -m tests.bench.keystrokes`: from a keystroke to the language server's answer, in a long file.

With each keystroke an editor sends the whole text, and asks what may be typed. When the keys rest, the server
checks the file: a keystroke that brings a problem or takes it away shows when. Beside the wall time stand the
CPU seconds of the server, which are the same on a busy machine; those of a check include its answer.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.prose import ENGLISH, Writer
from tests.bench.tree import make_tree, make_workspace
from tests.lsp.client import Client

_WORDS = 3_000
_KEYS = 50


def main() -> int:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        make_workspace(root, "keys")
        make_tree(root / "content", 20)
        article = min((root / "content").rglob("article.md"))
        writer, body = Writer(ENGLISH, "keys"), ""
        while len(body.split()) < _WORDS:
            body += f"{writer.text(2_000)}\n\n"
        article.write_text(f"---\nstatus: draft\n---\n\n{body}", "utf-8")
        with Client(root) as editor:
            _tell("what may be typed", _answers(editor, article))
            _tell("checked when the keys rest", _checks(editor, article))
    return 0


def _tell(what: str, found: Iterator[tuple[float, float]]) -> None:
    wall, cpu = zip(*found, strict=True)
    sys.stdout.write(
        f"{what}, {_WORDS:,} words: median {statistics.median(wall) * 1000:.1f} ms, the slowest of {_KEYS}"
        f" {max(wall) * 1000:.1f} ms; CPU of the server {sum(cpu) / len(cpu) * 1000:.1f} ms each\n"
    )


def _answers(editor: Client, article: Path) -> Iterator[tuple[float, float]]:
    """Wall and CPU seconds of each answer to a keystroke."""
    text = article.read_text("utf-8")
    editor.open(article, text)
    editor.offers(article, 1, 8)
    for number in range(_KEYS):
        text += "x"
        begun, used = time.perf_counter(), _cpu(editor)
        editor.type(article, text, number + 2)
        editor.offers(article, 1, 8)
        yield time.perf_counter() - begun, _cpu(editor) - used


def _checks(editor: Client, article: Path) -> Iterator[tuple[float, float]]:
    """Wall and CPU seconds from a keystroke to the file's problems; the server waits for rest before."""
    text = article.read_text("utf-8")
    for number in range(_KEYS):
        begun, used = time.perf_counter(), _cpu(editor)
        shown = text if number % 2 else text.replace("status: draft", "status: drafty")
        editor.type(article, shown, _KEYS + number + 2)
        editor.problems(article)
        yield time.perf_counter() - begun, _cpu(editor) - used


def _cpu(editor: Client) -> float:
    fields = Path(f"/proc/{editor.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
