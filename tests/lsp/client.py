"""An editor, as far as a language server can tell: it speaks over the pipes of a real process."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

_PATIENCE = 30


class Client:
    """A server at work, and what it said."""

    def __init__(self, root: Path, *, encodings: tuple[str, ...] = ()) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "studio_sync", "lsp", "--stdio"],
            cwd=root,
            env={**os.environ, "STUDIO_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._last = 0
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        general = {"general": {"positionEncodings": list(encodings)}} if encodings else {}
        given = {"processId": None, "rootUri": root.as_uri(), "capabilities": general}
        self.capabilities = self.ask("initialize", given)["capabilities"]
        self.tell("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.code = self._server.wait(_PATIENCE)
        self._reading.join()
        for pipe in (self._server.stdin, self._server.stdout):
            pipe.close()

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._server.pid

    # --- messages

    def _read(self) -> None:
        out = self._server.stdout
        while line := out.readline():
            length = int(line.partition(b":")[2]) if line.lower().startswith(b"content-length") else 0
            while (header := out.readline().strip()) != b"":
                if header.lower().startswith(b"content-length"):
                    length = int(header.partition(b":")[2])
            self._said.put(json.loads(out.read(length)))

    def _send(self, message: Mapping[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._server.stdin.flush()

    def tell(self, method: str, given: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": given})

    def ask(self, method: str, given: Any) -> Any:
        """Send a request; its result."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": given})
        while True:
            message = self._said.get(timeout=_PATIENCE)
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._kept.append(message)

    def notice(self, method: str, *, within: float = _PATIENCE) -> Any:
        """What the next notification of this kind says. Raises queue.Empty if there is none in time."""
        for message in self._kept:
            if message.get("method") == method:
                self._kept.remove(message)
                return message["params"]
        while True:
            message = self._said.get(timeout=within)
            if message.get("method") == method:
                return message["params"]
            self._kept.append(message)

    # --- what a writer does

    def open(self, file: Path, text: str) -> None:
        """Open a file, with this text."""
        language = "markdown" if file.suffix == ".md" else "yaml"
        document = {"uri": file.as_uri(), "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def type(self, file: Path, text: str, version: int = 2) -> None:
        """Change the whole text of an open file."""
        document = {"uri": file.as_uri(), "version": version}
        changes = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.tell("textDocument/didChange", changes)

    def save(self, file: Path) -> None:
        """Say that an open file was saved."""
        self.tell("textDocument/didSave", {"textDocument": {"uri": file.as_uri()}})

    def close(self, file: Path) -> None:
        """Close a file."""
        self.tell("textDocument/didClose", {"textDocument": {"uri": file.as_uri()}})
        self.about(file, 0, 0)  # the answer comes behind all that was said before
        self._kept.clear()

    def problems(self, file: Path, *, within: float = _PATIENCE) -> list[tuple[int, int, int, str]]:
        """(line, from, to, code) of what is shown of a file next, counted from 0 as the editor counts."""
        given: dict[str, Any] = {}
        while given.get("uri") != file.as_uri():
            given = self.notice("textDocument/publishDiagnostics", within=within)
        found = given["diagnostics"]
        places = [(d["range"]["start"], d["range"]["end"]["character"], d["code"]) for d in found]
        return [(start["line"], start["character"], end, code) for start, end, code in places]

    def _at(self, file: Path, line: int, character: int) -> dict[str, Any]:
        return {
            "textDocument": {"uri": file.as_uri()},
            "position": {"line": line, "character": character},
        }

    def offers(self, file: Path, line: int, character: int) -> list[dict[str, Any]]:
        """What may be typed at a place."""
        found = self.ask("textDocument/completion", self._at(file, line, character))
        return list(found["items"])

    def about(self, file: Path, line: int, character: int) -> str:
        """What is told of a place."""
        found = self.ask("textDocument/hover", self._at(file, line, character))
        return str(found["contents"]["value"]) if found else ""
