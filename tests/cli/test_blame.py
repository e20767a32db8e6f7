"""`studio blame`: who wrote each field and each sentence, by what, and what isn't pushed."""

import subprocess
import time

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.ledger.runs import LedgerRuns
from studio_sync.kinds import KINDS
from tests.harness import C1, S1, SESSION, Desk

ARTICLE = f"{S1}/article.md"


def blame(desk: Desk, path: str = ARTICLE) -> dict[str, list]:
    """Of each field: the origin of its value, then (sentence, by, who)."""
    found = desk.json("blame", f"content/{path}")
    assert (found["outcome"], found["path"]) == ("ok", f"content/{path}")
    return {
        f["field"]: [
            (f["origin"]["by"], f["origin"]["who"]),
            *((s["text"], s["origin"]["by"], s["origin"]["who"]) for s in f["sentences"]),
        ]
        for f in found["fields"]
    }


@pytest.fixture
def told(desk: Desk) -> Desk:
    desk.ok("push", STUDIO_ACTOR="ada")
    desk.edit(ARTICLE, "One two three.", "One two three. Bea was here.")
    desk.ok("push", "-m", "more words", STUDIO_ACTOR="bea")
    text = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    desk.sql(
        "UPDATE articles SET content = %s WHERE session_id = %s", f"{text}\n\nFrom the web app.", SESSION
    )
    desk.ok("pull", STUDIO_ACTOR="ada")
    return desk


def test_each_field_and_each_sentence_has_who_when_by_what_and_why(told: Desk):
    assert blame(told) == {
        "status": [("push", "ada")],
        "sources": [("push", "ada")],
        "content": [
            ("web app", None), ("One two three.", "push", "ada"), ("Bea was here.", "push", "bea"),
            ("Four five.", "push", "ada"), ("From the web app.", "web app", None),
        ],
    }  # fmt: skip
    content = told.json("blame", f"content/{ARTICLE}")["fields"][-1]["sentences"]
    assert [s["line"] for s in content] == [1, 1, 3, 5]
    assert content[1]["origin"]["message"] == "more words"
    revision = content[1]["origin"]["revision"]
    assert told.json("show", revision)["runs"][0]["actor"] == "bea"
    out = told.ok("blame", f"content/{ARTICLE}").out
    assert "bea" in out
    assert f"push {revision[:8]}" in out
    assert "web app (not by studio)" in out


def test_a_restore_is_told_as_one(told: Desk):
    first = told.json("log", f"content/{ARTICLE}")["runs"][-1]
    told.ok("restore", f"content/{ARTICLE}", "--to", first["revision"][:8])
    told.ok("push", STUDIO_ACTOR="cleo")
    assert blame(told)["content"][0] == ("restore", "cleo")
    assert blame(told)["content"][1] == ("One two three.", "push", "ada")


def test_what_is_not_pushed_is_shown_as_such_with_the_commit_of_its_line(told: Desk):
    def git(*arguments: str) -> None:
        person = ["-c", "user.name=Dora", "-c", "user.email=dora@example.org"]
        subprocess.run(["git", *person, *arguments], cwd=told.root, check=True, capture_output=True)

    git("init", "-q")
    git("add", "content")
    git("commit", "-q", "-m", "begin")
    told.edit(ARTICLE, "Four five.", "Four five. Committed words.")
    told.edit(ARTICLE, "year: 2010", "year: 2011")
    git("commit", "-q", "-am", "words of mine")
    told.edit(ARTICLE, "From the web app.", "From the web app. Not even committed.")
    told.edit(ARTICLE, "status: draft", "status: review")
    found = told.json("blame", f"content/{ARTICLE}")
    by = {s["text"]: s["origin"] for s in found["fields"][-1]["sentences"]}
    assert (by["Committed words."]["by"], by["Committed words."]["who"]) == ("file", "Dora")
    assert by["Committed words."]["message"] == "words of mine"
    nobody = dict.fromkeys(("who", "role", "at", "revision", "commit", "message"))
    assert by["Not even committed."] == {"by": "file", **nobody, "earlier": False}
    assert by["From the web app."]["by"] == "web app"
    assert blame(told)["status"] == [("file", None)]
    assert blame(told)["sources"] == [("file", "Dora")]
    assert found["fields"][1]["origin"]["message"] == "words of mine"
    out = told.ok("blame", f"content/{ARTICLE}").out
    assert "not pushed  Dora" in out
    assert "not pushed  not committed" in out


def test_what_the_web_app_wrote_and_no_run_has_recorded_is_not_unpushed(told: Desk):
    """A role that may only read records nothing of what it pulls, and git brings the text to others, too."""
    told.sql("UPDATE articles SET content = content || ' Seen by none.' WHERE session_id = %s", SESSION)
    told.edit(ARTICLE, "From the web app.", "From the web app. Seen by none.")
    assert blame(told)["content"][-2:] == [
        ("From the web app.", "web app", None), ("Seen by none.", "web app", None),
    ]  # fmt: skip
    assert "not pushed" not in told.ok("blame", f"content/{ARTICLE}").out
    told.edit(ARTICLE, "Seen by none.", "Seen by none. Not in the database.")
    assert blame(told)["content"][-1] == ("Not in the database.", "file", None)


def test_a_new_file_and_a_yaml_file_and_what_is_no_record(told: Desk):
    told.write(f"{S1}/video.md", told.read(f"{S1}/video.md").replace("Listen now", "Look"))
    assert blame(told, f"{S1}/video.md")["script"][0] == ("file", None)
    assert blame(told, "acme-bank/knowledge/business_context.yaml") == {"content": [("push", "ada")]}
    none = "content", "content/notes.md", f"content/{S1}/gone.md", f"content/{C1}/knowledge", "9.9", "nothing"
    for path in none:
        found = told.run("blame", path)
        assert found.code == 2, path
        assert "/" not in path or path in found.err


@pytest.mark.parametrize("word", ["1.1", f"content/{S1}", f"content/{S1}/session.md", S1.rpartition("/")[2]])
def test_a_folder_or_a_number_means_the_records_own_file(told: Desk, word: str):
    assert told.json("blame", word)["path"] == f"content/{S1}/session.md"
    assert told.ok("show", "--side", "database", word).out == told.read(f"{S1}/session.md")


def test_what_was_pruned_is_told_as_perhaps_earlier(told: Desk):
    told.sql("DELETE FROM studio_sync.versions WHERE number = 1 AND kind = 'article'")
    (one, *_) = told.json("blame", f"content/{ARTICLE}")["fields"][-1]["sentences"]
    assert (one["origin"]["who"], one["origin"]["earlier"]) == ("bea", True)


def test_it_looks_at_one_record_however_many_there_are(told: Desk, monkeypatch: pytest.MonkeyPatch):
    """Neither the tree is walked nor another record's ledger read."""
    from studio_sync.sync.read.documents import Documents

    monkeypatch.setattr(Documents, "refresh", lambda *_: pytest.fail("walked the tree"))
    assert blame(told)["content"][0] == ("web app", None)
    with open_connection(parse_address(told.url)) as connection:
        connection.execute("SET enable_seqscan = off")
        start = time.process_time()
        assert LedgerRuns(connection, KINDS).record_runs({f"{SESSION}/article": "article"})
        assert time.process_time() - start < 1
