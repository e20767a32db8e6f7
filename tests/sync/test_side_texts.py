"""Whole files as each side has them, and a merge by hand that is resolved against exactly what was seen."""

import pytest

from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk

ARTICLE, SESSION_FILE = f"{S1}/article.md", f"{S1}/session.md"


def texts(desk: Desk) -> dict[str, dict[str, str | None]]:
    records = desk.json("diff", "--full")["records"]
    return {r["path"].removeprefix("content/"): r["texts"] for r in records}


def shown(desk: Desk, side: str, path: str) -> str | None:
    found: str | None = desk.json("show", "--side", side, f"content/{path}")["text"]
    plain = desk.run("show", "--side", side, f"content/{path}")
    assert (plain.code, plain.out) == ((0, found) if found is not None else (2, ""))
    return found


def test_the_databases_text_is_to_the_byte_what_a_pull_writes(synced: Desk):
    synced.write(
        SESSION_FILE,
        synced.read(SESSION_FILE).replace("title:", "# mine\r\ntitle:").replace("hook: ", "hook:  "),
    )
    synced.sql("UPDATE sessions SET title = 'No: one', wiifm = NULL, hook = E'a\\nb' WHERE id = %s", SESSION)
    synced.sql("UPDATE articles SET content = E'New\\n\\nwords\\u200b.' WHERE session_id = %s", SESSION)
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'A script.')", SESSION_2)
    synced.sql("DELETE FROM exercises")
    files = {p: data.decode() for p, data in synced.files().items()}
    found = texts(synced)
    paths = (SESSION_FILE, ARTICLE, f"{S2}/video.md", f"{S1}/exercise.md")
    assert set(found) == set(paths)
    for path in paths:
        assert found[path]["files"] == files.get(path)
        for side in ("base", "files", "database"):
            assert shown(synced, side, path) == found[path][side]
    assert found[SESSION_FILE]["base"] == files[SESSION_FILE]
    assert (found[f"{S2}/video.md"]["base"], found[f"{S1}/exercise.md"]["database"]) == (None, None)
    synced.ok("pull")
    assert {path: found[path]["database"] for path in paths[:3]} == {p: synced.read(p) for p in paths[:3]}


def test_the_base_is_what_both_sides_come_from_and_agreed_files_are_themselves(synced: Desk):
    before = synced.read(ARTICLE)
    synced.edit(ARTICLE, "One two three.", "One.")
    synced.sql("UPDATE articles SET content = 'Two.' WHERE session_id = %s", SESSION)
    assert shown(synced, "base", ARTICLE) == before
    assert "Two." in str(shown(synced, "database", ARTICLE))
    agreed = f"{C1}/chapter.md"
    assert [shown(synced, side, agreed) for side in ("base", "files", "database")] == [
        synced.read(agreed)
    ] * 3
    for arguments in (("content/nothing.md",), (f"content/{agreed}", f"content/{ARTICLE}")):
        assert synced.run("show", "--side", "files", *arguments).code == 2


# --- merged by hand


def conflict(desk: Desk) -> str:
    """A conflict in the text, something else that only the database changed, and the token of what it has."""
    desk.edit(ARTICLE, "One two three.", "One of mine.")
    theirs = "One of theirs.\n\nFour five six."
    desk.sql("UPDATE articles SET content = %s, sources = '[]' WHERE session_id = %s", theirs, SESSION)
    (record,) = [r for r in desk.json("pull", "-n")["records"] if r["standing"] == "conflict"]
    (again,) = desk.json("diff")["records"]
    assert record["seen"] == again["seen"]
    found: str = record["seen"]
    return found


def resolve(desk: Desk, token: str):
    return desk.run("resolve", f"content/{ARTICLE}", "--keep", "files", "--seen", token, "--json")


def test_a_file_merged_by_hand_is_settled_against_the_version_that_was_seen(synced: Desk):
    token = conflict(synced)
    synced.edit(ARTICLE, "One of mine.", "One of mine and theirs.")
    found = resolve(synced, token)
    assert (found.code, found.json["outcome"]) == (0, "ok"), found
    merged = synced.read(ARTICLE)
    assert "One of mine and theirs.\n\nFour five.\n" in merged, "the file stays as it was merged"
    assert synced.standings() == {ARTICLE: {"content": "ahead", "sources": "ahead"}}
    synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == (
        "One of mine and theirs.\n\nFour five."
    )
    assert synced.standings() == {}


@pytest.mark.parametrize("change", [
    "UPDATE articles SET content = 'Elsewhere.'", "UPDATE articles SET sources = '[{\"title\": \"x\"}]'",
    "DELETE FROM articles",
])  # fmt: skip
def test_a_version_that_moved_on_settles_nothing(synced: Desk, change: str):
    token = conflict(synced)
    synced.sql(f"{change} WHERE session_id = '{SESSION}'")
    before = synced.standings()
    found = resolve(synced, token)
    assert (found.code, found.codes) == (1, ["seen-changed"])
    assert synced.standings() == before
    (record,) = [r for r in synced.json("diff")["records"] if r["path"].endswith(ARTICLE)]
    assert resolve(synced, record["seen"]).code == 0


def test_a_move_by_the_database_comes_though_the_file_was_merged_by_hand(synced: Desk):
    """No text shows a place, so no merge of texts takes it back."""
    synced.edit(f"{S1}/session.md", "Why leaders listen", "Listen mine")
    synced.sql("UPDATE sessions SET title = 'Theirs', number = '1.7', order_index = 9 WHERE id = %s", SESSION)
    (record,) = [r for r in synced.json("diff", "--full")["records"] if r["standing"] == "conflict"]
    assert [part["path"] for part in record["parts"]] == ["title"]
    found = synced.run(
        "resolve", f"content/{S1}/session.md", "--keep", "files", "--seen", record["seen"], "--json"
    )
    assert (found.code, found.json["outcome"]) == (0, "ok"), found
    (path,) = synced.standings()
    assert "/1.7-" in path, "it moved as the database did"
    assert synced.standings() == {path: {"title": "ahead"}}
    synced.ok("push")
    assert synced.sql("SELECT title, number FROM sessions WHERE id = %s", SESSION) == [("Listen mine", "1.7")]


def test_a_file_that_was_not_compared_is_not_given_out_as_the_database_s(synced: Desk):
    text = "---\nstatus: [x\n---\n\nMine.\n"
    synced.write(ARTICLE, text)
    found = synced.run("show", "--side", "database", f"content/{ARTICLE}")
    assert (found.code, found.out) == (3, "")
    assert f"content/{ARTICLE} was not compared" in found.err
    assert synced.ok("show", "--side", "files", f"content/{ARTICLE}").out == text


def test_a_token_takes_the_file_whole_and_goes_with_nothing_else(synced: Desk):
    token = conflict(synced)
    for more in (
        ("--keep", "database"),
        ("--keep", "files", "--field", "content"),
        ("--keep", "files", "--whole"),
    ):
        assert synced.run("resolve", f"content/{ARTICLE}", *more, "--seen", token).code == 2
    assert resolve(synced, "00").codes == ["seen-changed"]
