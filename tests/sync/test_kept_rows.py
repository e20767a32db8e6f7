"""What a push replaces in the database stands in the ledger first, whatever else goes wrong."""

import json
from typing import Any
from unittest import mock

from studio_sync.core.plan.reconcile import reconcile
from studio_sync.database.postgres.rows.locks import Locks
from studio_sync.database.values.ledger_values import FOUND
from studio_sync.sync.push.push_plan import PushPlanner
from tests.harness import CHAPTER, S1, S2, SESSION, SESSION_2, Desk
from tests.sync.test_order import add


def found(desk: Desk, rid: str) -> list[dict[str, Any]]:
    """The versions of a record that pushes found."""
    return [
        json.loads(document)
        for (document,) in desk.sql(
            "SELECT v.document::text FROM studio_sync.versions AS v"
            " JOIN studio_sync.runs AS r ON r.id = v.run"
            " WHERE v.rid = %s AND r.source = %s ORDER BY v.number",
            rid,
            FOUND,
        )
    ]


def test_a_row_that_is_ahead_in_one_field_is_kept_before_another_field_of_it_is_pushed(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    synced.ok("push")
    (version,) = found(synced, SESSION)
    assert (version["title"], version["hook"]) == ("Why leaders listen", "From the web.")
    said = synced.ok("log").out
    assert "found before push" in said
    assert said.index("\n    push\n") < said.index("found before push")


def test_what_the_ledger_holds_is_not_entered_again(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.ok("push")
    assert not synced.sql("SELECT FROM studio_sync.runs WHERE source = %s", FOUND)


def test_the_places_of_siblings_that_a_push_shifts_are_kept(synced: Desk) -> None:
    add(synced, "1.4", "1.6")
    synced.ok("push")
    synced.sql("UPDATE sessions SET order_index = order_index + 100")
    before = dict(synced.sql("SELECT id::text, order_index FROM sessions WHERE chapter_id = %s", CHAPTER))
    add(synced, "1.5")
    synced.ok("push")
    after = dict(synced.sql("SELECT id::text, order_index FROM sessions WHERE chapter_id = %s", CHAPTER))
    shifted = [own for own in before if before[own] != after[own]]
    assert shifted
    for own in shifted:
        assert [version["order_index"] for version in found(synced, own)] == [before[own]]


def test_columns_that_studio_does_not_know_are_kept_with_a_version_once(own: Desk) -> None:
    own.sql("ALTER TABLE sessions ADD COLUMN thumbnail jsonb, ADD COLUMN nothing text")
    own.sql('UPDATE sessions SET thumbnail = \'{"url": "a.png", "alt": null}\' WHERE id = %s', SESSION)
    own.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    own.ok("push")
    own.edit(f"{S1}/session.md", "title: Listening", "title: Asking more")
    own.ok("push")
    (version,) = found(own, SESSION)
    assert version["other columns"] == {"thumbnail": {"url": "a.png", "alt": None}}
    own.sql('UPDATE sessions SET thumbnail = \'{"url": "b.png"}\' WHERE id = %s', SESSION)
    own.remove(S1)
    own.ok("push", "--delete")
    assert found(own, SESSION)[-1]["other columns"] == {"thumbnail": {"url": "b.png"}}
    newest = "SELECT id::text FROM studio_sync.runs WHERE source = %s ORDER BY at DESC LIMIT 1"
    revision = own.one(newest, FOUND)
    assert "b.png" in own.ok("show", revision).out
    assert "b.png" in own.ok("show", revision, "--json").out
    way = own.ok("undo").err.partition("what they said: studio ")[2].splitlines()[0]
    assert "b.png" in own.ok(*way.split()).out


def test_a_percent_sign_in_the_name_of_such_a_column_stops_no_push(own: Desk) -> None:
    own.sql('ALTER TABLE sessions ADD COLUMN "done_%" int DEFAULT 3')
    own.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    own.ok("pull")
    own.edit(f"{S1}/session.md", "From the web.", "Mine.")
    own.ok("push")
    assert found(own, SESSION)[-1]["other columns"] == {"done_%": 3}


def ours_wins(*given: Any, **more: Any) -> Any:
    """A comparison that takes the file for newer, whatever the row says."""
    kind, _, local, remote = given
    return reconcile(kind, remote, local, remote, **more)


def test_a_push_that_every_other_rule_lets_pass_still_keeps_the_words_that_it_replaces(synced: Desk) -> None:
    synced.remove(S2)
    synced.edit(f"{S1}/article.md", "One two", "Uno dos")
    synced.sql("UPDATE articles SET content = 'Web words.'")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Web script.')", SESSION_2)
    with (
        mock.patch.object(Locks, "children"),
        mock.patch.object(PushPlanner, "_kept_whole", lambda _, wanted, *__: wanted),
        mock.patch("studio_sync.sync.compare.compare.reconcile", ours_wins),
    ):
        synced.ok("push", "--delete")
    assert "Uno dos" in synced.one("SELECT content FROM articles")
    assert synced.one("SELECT count(*) FROM videos") == 1
    for session in (SESSION, SESSION_2):
        assert [d["content"] for d in found(synced, f"{session}/article")] == ["Web words."]
    assert [d["script"] for d in found(synced, f"{SESSION_2}/video")] == ["Web script."]


def test_a_version_whose_document_is_not_what_its_digests_say_does_not_count_as_kept(synced: Desk) -> None:
    """A role that is bound to clients says what it likes: what it entered is compared word by word."""
    synced.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    synced.ok("pull")
    synced.sql(
        'UPDATE studio_sync.versions SET document = \'{"hook": "Lies."}\' WHERE rid = %s AND number = 2',
        SESSION,
    )
    synced.sql("UPDATE studio_sync.runs SET reach = ARRAY[]::uuid[] WHERE source = 'pull'")
    synced.edit(f"{S1}/session.md", "hook: From the web.", "hook: Mine.")
    synced.ok("push")
    (version,) = found(synced, SESSION)
    assert version["hook"] == "From the web."
