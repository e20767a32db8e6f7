"""The stdio connection of `studio mcp`: each request is answered, also if a text in it can't be encoded.

JSON may spell half a character, and bytes may be no UTF-8. The SDK passes over a line that has the first,
replaces the second, and ends with an answer that has either.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, Self, TextIO

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    CallToolResult,
    ErrorData,
    InputRequiredResult,
    JSONRPCError,
    JSONRPCMessage,
    RequestId,
    TextContent,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from studio_sync.core.values.nearest import did_you_mean
from studio_sync.errors import StudioError, UsageError

_HALF = re.compile("[\ud800-\udfff]")


class AgentServer(MCPServer):
    """A server whose tools refuse half characters, and which answers whatever it is sent over stdio."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Any = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool, unless no file and no row could hold what it is given."""
        if any(_HALF.search(text) for text in _texts([name, arguments])):
            return refusal(
                UsageError(
                    "an argument holds half a character (a lone surrogate) or a byte that is no UTF-8,"
                    " which no file can hold",
                    "give the whole character, as UTF-8 or as both of its escapes",
                )
            )
        tools = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
        if name not in tools:
            hint = did_you_mean(name, tools) or f"the tools are: {', '.join(tools)}"
            return refusal(UsageError(f"there is no tool {name}", hint))
        takes = f"{name} takes: {', '.join(tools[name])}"
        for unknown in arguments.keys() - tools[name].keys():
            return refusal(UsageError(f"{name} takes no argument {unknown}", takes))
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            (first, *_) = error.__cause__.errors(include_url=False)
            at = ".".join(map(str, first["loc"]))
            return refusal(UsageError(f"the argument {at} of {name} does not fit: {first['msg']}", takes))

    async def run_stdio_async(self) -> None:
        """Serve one client over stdin and stdout until it hangs up."""
        server = self._lowlevel_server
        async with stdio_server(anyio.wrap_file(_given())) as (lines, wire):
            answers = _Answers(wire)
            send, receive = anyio.create_memory_object_stream[SessionMessage | Exception]()

            async def read() -> None:
                async with lines, send:
                    async for item in lines:
                        found = _understood(item) if isinstance(item, ValidationError) else item
                        if isinstance(found, JSONRPCError):
                            await answers.send(SessionMessage(found))
                        else:
                            await send.send(found)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await server.run(receive, answers, server.create_initialization_options())
                tasks.cancel_scope.cancel()


def _given() -> TextIO:
    """The client's lines. A byte that is no UTF-8 becomes half a character, which is refused.

    The SDK would put another character in its place, which nobody wrote.
    """
    return os.fdopen(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", closefd=False)


class _Answers:
    """What is sent to the client, with each half character as its escape in JSON."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire

    async def send(self, item: SessionMessage) -> None:
        await self._wire.send(SessionMessage(_encodable(item.message), item.metadata))

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def refusal(error: StudioError) -> CallToolResult:
    """A tool's answer that it refused, and the way out."""
    said = {"outcome": "refused", "code": error.code, "message": error.full_message, "hint": error.hint}
    return CallToolResult(content=[TextContent(type="text", text=answer_text(said))], is_error=True)


def answer_text(value: Any) -> str:
    """The text of an answer."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _understood(error: ValidationError) -> SessionMessage | JSONRPCError:
    """The message in a line that the SDK can't read, or the answer that it is none."""
    (first, *_) = error.errors(include_url=False)
    try:
        unread = first["type"] in ("json_invalid", "string_unicode")
        value = json.loads(first["input"]) if unread else first["input"]
    except (ValueError, RecursionError):
        return _error(None, PARSE_ERROR, "this is no JSON")
    own = value.get("id") if isinstance(value, dict) else None
    named = not (isinstance(own, str) and _HALF.search(own))
    try:
        if named:
            return SessionMessage(jsonrpc_message_adapter.validate_python(value, by_name=False))
    except ValidationError:
        named = isinstance(own, int | str)
    return _error(own if named else None, INVALID_REQUEST, "this is no request of JSON-RPC 2.0")


def _error(own: RequestId | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=own, error=ErrorData(code=code, message=message))


def _encodable(message: JSONRPCMessage) -> JSONRPCMessage:
    try:
        message.model_dump_json()
    except PydanticSerializationError:
        said = _escaped(message.model_dump(by_alias=True, exclude_unset=True))
        return jsonrpc_message_adapter.validate_python(said, by_name=False)
    return message


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
        case dict():
            return {_escaped(key): _escaped(item) for key, item in value.items()}
        case list():
            return [_escaped(item) for item in value]
    return value


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield from (key, *_texts(item))
        case list():
            for item in value:
                yield from _texts(item)
