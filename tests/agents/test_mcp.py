"""`studio mcp` with a real client of the SDK: what an agent may do, and what it may not."""

import asyncio
import json
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import IO, Any
from unittest import mock

import pytest

from studio_sync.cli.app import App
from tests.access.test_scoped_desk import Pair, pair  # noqa: F401
from tests.harness import C1, C2, S1, S2, SESSION, Desk, P
from tests.security.test_git import Clone, stranger  # noqa: F401

pytest.importorskip("mcp")

ARTICLE, SESSION_FILE, QUIZ = (
    f"content/{S1}/article.md",
    f"content/{S1}/session.md",
    f"content/{S1}/quiz.yaml",
)


class Agent:
    """A client at work: its tools by name, each with the object that it answers with."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, tool: str, **given: Any) -> dict[str, Any]:
        found = await self.client.call_tool(tool, given)
        (content,) = found.content
        said: dict[str, Any] = json.loads(content.text)
        return said

    async def edit(self, path: str, old: str, new: str) -> dict[str, Any]:
        """Read a file, replace a piece of its text, propose it."""
        now = await self("read", path=path)
        assert old in now["text"]
        edit = {"path": path, "revision": now["revision"], "text": now["text"].replace(old, new)}
        return await self("propose", edits=[edit], records=[path])


def parameters(desk: Desk, name: str) -> Any:
    """How a client starts `studio mcp` as a program."""
    from mcp import StdioServerParameters

    program = "import sys; sys.argv[0] = 'studio'; from studio_sync.cli.main import main; main()"
    return StdioServerParameters(
        command=sys.executable,
        args=["-c", program, "mcp", "--agent", name],
        cwd=desk.root,
        env=desk.environment(),
    )


def server_here(desk: Desk, name: str) -> Any:
    """The server of `studio mcp`, for a client in this process."""
    from studio_sync.cli.agent_server import agent_server

    return agent_server(App(directory=str(desk.root), json=True, env=desk.environment()), name)


@contextmanager
def wired(server: Any) -> Iterator[tuple[IO[str], IO[str]]]:
    """The server in a thread, with pipes for stdin and stdout: what it writes, and where to write to it."""
    (asked, ask), (answers, answer) = os.pipe(), os.pipe()
    with (
        open(asked, encoding="utf-8") as stdin, open(answer, "w", encoding="utf-8") as stdout,
        open(answers, encoding="utf-8") as out,
        open(ask, "w", encoding="utf-8", errors="surrogateescape") as into,
        mock.patch.multiple(sys, stdin=stdin, stdout=stdout),
    ):  # fmt: skip
        thread = threading.Thread(target=server.run, args=("stdio",), daemon=True)
        thread.start()
        yield out, into
        into.close()  # it hangs up
        thread.join(30)
        assert not thread.is_alive()


def serve(
    desk: Desk, work: "Callable[[Agent], Coroutine[Any, Any, None]]", name: str = "Lesson writer"
) -> None:
    """Start `studio mcp` as a program, and let a client of the SDK work with it over stdio."""
    from mcp import Client

    async def run() -> None:
        async with Client(parameters(desk, name)) as client:
            await work(Agent(client))

    asyncio.run(asyncio.wait_for(run(), 120))


def converse(
    desk: Desk, work: "Callable[[Agent], Coroutine[Any, Any, None]]", name: str = "Lesson writer"
) -> None:
    """Let a client of the SDK work with the same server in this process."""
    from mcp import Client

    async def run() -> None:
        async with Client(server_here(desk, name)) as client:
            await work(Agent(client))

    asyncio.run(asyncio.wait_for(run(), 120))


def test_an_agent_reads_proposes_and_pushes_a_draft_under_a_name_of_its_own(synced: Desk):
    async def work(agent: Agent) -> None:
        assert {tool.name for tool in (await agent.client.list_tools()).tools} == {
            "list", "read", "validate", "propose", "diff", "push",
        }  # fmt: skip
        found = await agent("list", below=f"content/{S1}")
        assert {"path": ARTICLE, "kind": "article"} in found["records"]
        now = await agent("read", path=ARTICLE)
        assert (now["status"], now["editable"], now["text"]) == (
            "draft",
            True,
            synced.read(f"{S1}/article.md"),
        )
        bad = await agent("validate", path=ARTICLE, text=now["text"].replace("status: draft", "status: [x"))
        assert bad["outcome"] == "refused"
        assert (await agent.edit(ARTICLE, "One two three.", "One, two, three."))["outcome"] == "ok"
        (record,) = (await agent("diff", path=ARTICLE))["records"]
        assert record["fields"] == {"content": "ahead"}
        pushed = await agent("push", records=[ARTICLE], message="commas")
        assert (pushed["outcome"], pushed["problems"]) == ("ok", [])
        again = await agent("push", records=[ARTICLE], message="commas")  # as after a lost answer
        assert (again["outcome"], again["records"], again["problems"]) == ("ok", [], [])
        new = {
            "path": f"content/{S2}/video.md",
            "revision": "",
            "text": "---\nstatus: draft\n---\n\nA new one.\n",
        }
        assert (await agent("propose", edits=[new], records=[new["path"]]))["outcome"] == "ok"
        assert (await agent("push", records=[new["path"]], message="a video"))["outcome"] == "ok"
        schema = await agent.client.read_resource("studio://schemas/article")
        assert "properties" in json.loads(schema.contents[0].text)
        context = await agent.client.read_resource("studio://clients/acme-bank/business_context")
        assert "employees: 1200" in context.contents[0].text

    serve(synced, work)
    assert "One, two, three." in synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    assert synced.sql(
        "SELECT DISTINCT actor, source FROM studio_sync.runs WHERE message IN ('commas', 'a video')"
    ) == [("Lesson writer (agent)", "agent")]
    by = {s["text"]: s["origin"] for s in synced.json("blame", ARTICLE)["fields"][-1]["sentences"]}
    assert (by["One, two, three."]["by"], by["One, two, three."]["who"]) == ("agent", "Lesson writer (agent)")


def test_an_agent_can_change_nothing_but_the_words_of_drafts(synced: Desk):
    """Each of these is refused, and no file and no row is another one afterwards."""
    synced.sql("UPDATE quizzes SET status = 'review'")
    synced.ok("pull")
    synced.write(f"{P}/notes.txt", "not a record")
    (synced.root / "secret.md").write_text("---\nname: x\n---\n")
    (synced.content / f"{C1}/link").symlink_to(synced.root)
    (synced.root / ".studioignore").write_text("02-practice/\n")
    files, rows = synced.files(), synced.rows()

    async def work(agent: Agent) -> None:
        async def refused(tool: str, **given: Any) -> None:
            said = await agent(tool, **given)
            assert said["outcome"] == "refused", (tool, given, said)

        now = await agent("read", path=ARTICLE)
        text, revision = now["text"], now["revision"]

        async def propose(new: str, *, path: str = ARTICLE, at: str = revision, records: Any = None) -> None:
            records = [path] if records is None else records
            await refused("propose", edits=[{"path": path, "revision": at, "text": new}], records=records)

        for name in (
            ".git",
            ".studio",
            "a\nb",
            "a\u202eb",
            "CON",
            "a.",
        ):  # makes a folder that is none of a record
            await propose("---\nname: x\n---\n", path=f"content/{name}/client.md", at="")
        await propose(text.replace("One", "Two"), at="0" * 24)  # made on another revision
        await propose(text.replace("One", "Two"), at="")
        await propose(text.replace("One", "Two"), records=[])  # declares less, more, something else
        await propose(text.replace("One", "Two"), records=[ARTICLE, QUIZ])
        await propose(text.replace("One", "Two"), records=[QUIZ])
        await propose(text.replace("status: draft", "status: review"))  # approves, or is on the way to it
        await propose(text.replace("status: draft", "status: approved"))
        await propose("")  # deletes
        await propose(text.replace("status", "statos"))
        quiz = await agent("read", path=QUIZ)
        assert quiz["editable"] is False
        await propose(quiz["text"].replace("Who", "Why"), path=QUIZ, at=quiz["revision"])  # no draft
        await propose(quiz["text"].replace("review", "draft"), path=QUIZ, at=quiz["revision"])  # reopens
        session = await agent("read", path=SESSION_FILE)
        own = session["text"]
        await propose(own.replace(SESSION, SESSION[:-1] + "9"), path=SESSION_FILE, at=session["revision"])
        await propose(
            own.replace("status:", "order_index: 9\nstatus:"), path=SESSION_FILE, at=session["revision"]
        )
        for path in (
            "content/../secret.md", "/etc/passwd", "studio.yaml", f"content/{P}/notes.txt", "secret.md",
            f"content/{C1}/link/secret.md", f"content/{S1}", "content/other/../acme-bank/client.md",
            f"content/{C1}/9.9-nowhere/article.md", ".studio/memory.db", "--database=x",
            "content/acme-bank\0/client.md", f"content/{C2}/chapter.md",
        ):  # fmt: skip
            await refused("read", path=path)
            await propose("---\nname: x\n---\n", path=path, at="")
        await refused("push", records=[ARTICLE], message="not proposed")
        await refused("push", records=[], message="nothing declared")
        await refused("push", records=["content"], message="everything")
        for path in ("..", "/", "content/..", "content/../..", ".studio"):
            await refused("diff", path=path)

    converse(synced, work)
    (synced.content / f"{C1}/link").unlink()
    assert (synced.files(), synced.rows()) == (files, rows)


def test_what_a_person_or_the_web_app_does_meanwhile_is_never_lost(synced: Desk):
    async def work(agent: Agent) -> None:
        now = await agent("read", path=ARTICLE)
        synced.edit(f"{S1}/article.md", "Four five.", "A writer's words.")
        edit = {"path": ARTICLE, "revision": now["revision"], "text": now["text"].replace("One", "Uno")}
        assert (await agent("propose", edits=[edit], records=[ARTICLE]))["outcome"] == "refused"
        assert (await agent.edit(ARTICLE, "One", "Uno"))["outcome"] == "ok"
        synced.edit(f"{S1}/article.md", "A writer's words.", "A writer's later words.")
        assert (await agent("push", records=[ARTICLE], message="x"))["outcome"] == "refused"
        assert (await agent.edit(ARTICLE, "Uno", "Eins"))["outcome"] == "ok"
        synced.sql("UPDATE articles SET content = 'The web app.' WHERE session_id = %s", SESSION)
        said = await agent("push", records=[ARTICLE], message="x")
        assert (said["outcome"], [p["code"] for p in said["problems"]]) == ("refused", ["conflict"])
        # A row that is no draft any more is refused by the guard, whatever the file says.
        video = f"content/{S1}/video.md"
        assert (await agent.edit(video, "Listen now", "Look now"))["outcome"] == "ok"
        synced.sql("UPDATE videos SET status = 'review' WHERE session_id = %s", SESSION)
        said = await agent("push", records=[video], message="x")
        assert said["outcome"] == "refused"
        assert "agent-limit" in [p["code"] for p in said["problems"]] or said["counts"].get("conflict")

    converse(synced, work)
    assert "A writer's later words." in synced.read(f"{S1}/article.md")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "The web app."
    assert synced.one("SELECT status FROM videos WHERE session_id = %s", SESSION) == "review"


def test_an_agent_sees_only_the_clients_that_its_role_was_granted(pair: Pair) -> None:  # noqa: F811
    """Also where the workspace has files of others: whoever owns it may see more."""
    theirs = {path: data.decode() for path, data in pair.owner.files().items()}
    pair.mia.ok("pull")
    pair.mia.write_all(theirs)
    hidden = "content/globex/ship/01-a/1.1-b/article.md"

    async def work(agent: Agent) -> None:
        async def hushed(tool: str, **given: Any) -> None:
            said = json.dumps(await agent(tool, **given)).lower().replace(json.dumps(given)[1:-1], "")
            assert ("hidden words" in said, "secret" in said) == (False, False), (tool, given, said)

        listed = (await agent("list"))["records"]
        assert {record["path"].split("/")[1] for record in listed} == {"acme-bank"}
        assert (await agent("list", below="content/globex"))["records"] == []
        for tool, given in (
            ("read", {"path": hidden}), ("validate", {"path": hidden}), ("diff", {"path": "content/globex"}),
            ("diff", {"path": hidden}), ("push", {"records": [hidden], "message": "x"}),
            ("validate", {"path": hidden, "text": "---\nstatus: draft\n---\n\nx\n"}),
        ):  # fmt: skip
            assert (await agent(tool, **given))["outcome"] == "refused", (tool, given)
            await hushed(tool, **given)
        revision = blake2b(theirs[hidden.removeprefix("content/")].encode(), digest_size=12).hexdigest()
        edit = {"path": hidden, "revision": revision, "text": "---\nstatus: draft\n---\n\nMine.\n"}
        assert (await agent("propose", edits=[edit], records=[hidden]))["outcome"] == "refused"
        await hushed("diff")
        with pytest.raises(Exception, match="globex"):
            await agent.client.read_resource("studio://clients/globex/terminology")
        assert (await agent("read", path=ARTICLE))["editable"] is True

    converse(pair.mia, work)
    assert pair.mia.read(hidden.removeprefix("content/")) == theirs[hidden.removeprefix("content/")]


def test_a_new_file_of_an_agent_makes_no_other_file_invalid(synced: Desk):
    """Neither by its number, nor by a name that some file system takes for another one."""
    session, client = "---\ntitle: X\nstatus: draft\n---\n", "---\nname: x\n---\n"
    synced.write("straße/client.md", client)
    synced.write(f"{C1}/1.8-pictures/one.png", b"png")
    taken = [
        {f"{C1}/1.1-other/session.md": session}, {"ACME-BANK/client.md": client},
        {"STRASSE/client.md": client}, {"acme-bank/knowledge/Business_Context.yaml": "a: 1\n"},
        {f"{C1}/1.3-a/session.md": session, f"{C1}/1.3-b/session.md": session},
        {"a/client.md": client, "A/client.md": client},
        {f"{P}/1-foundations/chapter.md": "---\ntitle: X\n---\n"}, {f"{C1}/{'x' * 300}/session.md": session},
    ]  # fmt: skip
    free = {
        f"{C1}/1.3-a/session.md": session,
        f"{C1}/1.8-pictures/session.md": session,
        "b/client.md": client,
    }

    async def work(agent: Agent) -> None:
        async def propose(texts: dict[str, str]) -> str:
            edits = [{"path": f"content/{p}", "revision": "", "text": t} for p, t in texts.items()]
            said = await agent("propose", edits=edits, records=[edit["path"] for edit in edits])
            assert {"code", "message", "hint"} <= said.keys() or said["outcome"] == "ok", said
            return said["outcome"]

        before = synced.files()
        assert [await propose(texts) for texts in taken] == ["refused"] * len(taken)
        assert synced.files() == before
        assert await propose(free) == "ok"

    converse(synced, work)
    assert synced.run("validate").code == 0


def test_a_path_that_no_system_takes_is_refused_with_a_code(synced: Desk):
    async def work(agent: Agent) -> None:
        for path in ("content/" + "a/" * 5000 + "client.md", "content/\ud800/client.md"):
            said = await agent("read", path=path)
            assert (said["outcome"], said["code"] in ("unavailable", "usage", "refused")) == ("refused", True)
            edit = {"path": path, "revision": "", "text": "---\nname: x\n---\n"}
            assert (await agent("propose", edits=[edit], records=[path]))["outcome"] == "refused"
        assert (await agent.client.call_tool("read", {"path": "/etc/passwd"})).is_error is True
        assert (await agent.client.call_tool("read", {"path": ARTICLE})).is_error is False

    converse(synced, work)


HALF = "a cut \ud83d emoji"


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Nothing is logged: what the SDK logs of half a character no test worker can report."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("unlogged")
def test_every_request_is_answered_also_where_its_text_or_the_answer_can_not_be_encoded(synced: Desk):
    """Half a character is legal in JSON, and models write it; a file may have a name that is no UTF-8."""
    odd = os.fsdecode(b"caf\xe9")
    synced.write(f"{C1}/1.7-{odd}/session.md", "---\ntitle: X\nstatus: draft\n---\n")
    edit = {"path": ARTICLE, "revision": "x", "text": "x"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list", {"below": HALF}), ("read", {"path": HALF}), ("diff", {"path": HALF}),
        ("validate", {"path": ARTICLE, "text": HALF}), ("validate", {"path": HALF, "text": "x"}),
        *(("propose", {"edits": [{**edit, key: HALF}], "records": [ARTICLE]}) for key in edit),
        ("propose", {"edits": [edit], "records": [HALF]}),
        ("propose", {"edits": [{HALF: HALF}], "records": []}),
        ("push", {"records": [HALF], "message": "x"}), ("push", {"records": [ARTICLE], "message": HALF}),
        ("read", {HALF: "x"}), (HALF, {}),
    ]  # fmt: skip
    others: list[tuple[str, dict[str, Any]]] = [
        ("resources/read", {"uri": f"studio://clients/{HALF}/terminology"}), (HALF, {}),
        ("prompts/get", {"name": HALF}),
    ]  # fmt: skip
    with wired(server_here(synced, "Lesson writer")) as (out, into):

        def ask(method: str, params: object, own: object = 1, *, raw: bool = False) -> dict[str, Any]:
            said = {"jsonrpc": "2.0", "id": own, "method": method, "params": params}
            into.write((method if own is None else json.dumps(said, ensure_ascii=not raw)) + "\n")
            into.flush()
            assert select.select([out], [], [], 60)[0], said
            found: dict[str, Any] = json.loads(out.readline())
            return found

        who = {"name": "x", "version": "1"}
        ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": who})
        into.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        for own, (tool, given) in enumerate(calls, 2):
            answer = ask("tools/call", {"name": tool, "arguments": given}, own)
            assert (answer["id"], answer["result"]["isError"]) == (own, True), (tool, given, answer)
            said = json.loads(answer["result"]["content"][0]["text"])
            assert said["outcome"] == "refused"
            assert all(said[key] for key in ("code", "message", "hint")), (tool, given, said)
        for number, (tool, given) in enumerate(calls):  # and with a byte that is no UTF-8
            answer = ask(
                "tools/call",
                json.loads(json.dumps({"name": tool, "arguments": given}).replace("\\ud83d", "\\udce9")),
                50 + number,
                raw=True,
            )
            said = json.loads(answer["result"]["content"][0]["text"])
            assert (answer["id"], said["outcome"], "no UTF-8" in said["message"]) == (
                50 + number,
                "refused",
                True,
            )
        for own, (method, params) in enumerate(others, 100):
            answer = ask(method, params, own)
            assert (answer["id"], "error" in answer) == (own, True), answer
        assert ask("ping", {}, HALF)["error"]["code"] == -32600  # an id that no answer can have
        assert ask("{", {}, None)["error"]["code"] == -32700
        for line in ("[]", "null", '"x"', '{"jsonrpc": "2.0", "id": 7}', "[1, 2]"):
            assert ask(line, {}, None)["error"]["code"] == -32600, line
        answer = ask("tools/call", {"name": "diff", "arguments": {}}, 200)
        (problem,) = json.loads(answer["result"]["content"][0]["text"])["problems"]
        assert problem["path"] == f"content/{C1}/1.7-caf\\udce9"


def test_a_call_that_fits_no_tool_is_refused_in_words_with_a_way_out(synced: Desk):
    async def work(agent: Agent) -> None:
        for tool, given, said in (
            ("list", {"path": ARTICLE}, "list takes no argument path"),
            ("list", {"below": "../x"}, "'../x' is not in the content folder"),
            ("list", {"below": "content/../x"}, "'content/../x' is not a path as `list` names it"),
            ("read", {}, "the argument path of read does not fit: Field required"),
            ("propose", {"edits": [{"path": ARTICLE}], "records": []}, "edits.0.revision of propose"),
            ("push", {"records": 3, "message": "x"}, "the argument records of push does not fit"),
            ("reed", {}, "there is no tool reed"),
        ):
            found = await agent(tool, **given)
            assert (found["outcome"], found["code"], said in found["message"]) == (
                "refused",
                "usage",
                True,
            ), found
            assert found["hint"]
            assert "pydantic" not in str(found)

    converse(synced, work)


def test_if_one_file_of_a_proposal_can_not_be_written_none_is(synced: Desk):
    video, new = f"content/{S1}/video.md", f"content/{C1}/1.3-new/session.md"

    async def work(agent: Agent) -> None:
        article = await agent("read", path=ARTICLE)
        shown = await agent("read", path=video)
        (synced.root / video).chmod(0o444)
        before = synced.files()
        edits = [
            {"path": new, "revision": "", "text": "---\ntitle: X\nstatus: draft\n---\n"},
            {"path": ARTICLE, "revision": article["revision"], "text": article["text"] + "\nMore.\n"},
            {"path": video, "revision": shown["revision"], "text": shown["text"] + "\nMore.\n"},
        ]
        said = await agent("propose", edits=edits, records=[edit["path"] for edit in edits])
        assert said["outcome"] == "refused", said
        assert synced.files() == before
        assert not (synced.root / new).parent.exists()

    converse(synced, work)


def test_an_agent_runs_nothing_that_a_clone_brought(stranger: Clone, desk: Desk):  # noqa: F811
    async def work(agent: Agent) -> None:
        assert (await agent("list"))["records"]
        assert (await agent.edit(ARTICLE, "One two three.", "One, two."))["outcome"] == "ok"
        for tool, given in (
            ("diff", {}), ("validate", {"path": ARTICLE}), ("push", {"records": [ARTICLE], "message": "x"}),
        ):  # fmt: skip
            assert "outcome" in await agent(tool, **given)
            assert not stranger.mark.exists(), tool

    converse(desk, work)
