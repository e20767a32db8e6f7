"""order_index: kept in the order of the numbers, and written only where the rows stand otherwise."""

import time

import pytest

from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, Desk, unchanged


def order(desk: Desk) -> list[tuple[str, int]]:
    """(number, order value) of the sessions of the first chapter, in their order."""
    return [
        (n, o)
        for n, o in desk.sql(
            "SELECT number, order_index FROM sessions WHERE chapter_id = %s ORDER BY order_index, number",
            CHAPTER,
        )
    ]


def add(desk: Desk, *numbers: str) -> None:
    for number in numbers:
        desk.write(f"{C1}/{number}-x/session.md", f"---\ntitle: S {number}\n---\n")


def test_no_file_says_it_while_rows_stand_in_the_order_of_their_numbers(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET order_index = order_index * 10 + 3")
    assert synced.standings() == {}
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert "order_index" not in other.read(f"{S1}/session.md")


def test_numbers_count_as_numbers_not_as_text(synced: Desk) -> None:
    add(synced, "1.10", "1.9")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.1", "1.2", "1.9", "1.10"]


def test_a_new_row_finds_its_place_and_as_few_others_change_as_can_be(synced: Desk) -> None:
    add(synced, "1.4", "1.6")
    synced.ok("push")
    synced.sql("UPDATE sessions SET order_index = 10 WHERE number = '1.4'")
    synced.sql("UPDATE sessions SET order_index = 20 WHERE number = '1.6'")
    synced.ok("status")
    add(synced, "1.5")
    before = synced.xmins()
    synced.ok("push")
    assert order(synced) == [("1.1", 1), ("1.2", 2), ("1.4", 10), ("1.5", 11), ("1.6", 20)]
    changed = [k for k, v in synced.xmins().items() if before.get(k, v) != v]
    assert [t for t, _ in changed] == ["programs"]
    synced.write(f"{C1}/1.3-x/session.md", "---\ntitle: Three\n---\n")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_row_that_must_make_room_is_pushed_and_stays_in_sync(synced: Desk) -> None:
    add(synced, "1.0")
    synced.sql("UPDATE sessions SET order_index = 1 WHERE number = '1.1'")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.0", "1.1", "1.2"]
    values = [o for _, o in order(synced)]
    assert len(set(values)) == 3
    assert synced.standings() == {}


def test_a_row_that_made_room_is_in_the_ledger_as_written_by_the_push(synced: Desk) -> None:
    synced.ok("new", "session", f"content/{C1}", "--title", "Early", "--before", "1.2")
    synced.ok("push")
    assert f"~ content/{S1}/session.md  (order_index)" in synced.ok("log", "-v", "--limit", "1").out
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert "not by studio" not in other.ok("log").out
    assert synced.standings() == {}


def test_below_a_parent_whose_rows_stand_otherwise_files_say_it(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET order_index = 9 WHERE id = %s", SESSION)
    synced.sql("UPDATE sessions SET order_index = 4 WHERE id = %s", SESSION_2)
    assert synced.standings() == {f"{s}/session.md": {"order_index": "behind"} for s in (S1, S2)}
    synced.ok("pull")
    assert "\norder_index: 9\n" in synced.read(f"{S1}/session.md")
    assert "\norder_index: 4\n" in synced.read(f"{S2}/session.md")
    assert "order_index" not in synced.read(f"{C1}/chapter.md")
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert "\norder_index: 9\n" in other.read(f"{S1}/session.md")
        with unchanged(other):
            other.ok("push")


def test_a_file_that_says_it_is_pushed(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "status:", "order_index: 8\nstatus:")
    synced.edit(f"{S2}/session.md", "status:", "order_index: 5\nstatus:")
    synced.ok("push")
    assert order(synced) == [("1.2", 5), ("1.1", 8)]
    with unchanged(synced):
        synced.ok("push")


def test_taking_the_line_out_leaves_the_row_alone(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "status:", "order_index: 5\nstatus:")
    synced.edit(f"{S2}/session.md", "status:", "order_index: 8\nstatus:")
    synced.ok("push")
    synced.edit(f"{S1}/session.md", "order_index: 5\n", "")
    with unchanged(synced):
        synced.ok("push")
    assert order(synced) == [("1.1", 5), ("1.2", 8)]


def test_a_new_row_among_rows_in_an_order_of_their_own_comes_last(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET order_index = 9 WHERE id = %s", SESSION)
    synced.sql("UPDATE sessions SET order_index = 4 WHERE id = %s", SESSION_2)
    synced.ok("pull")
    add(synced, "1.0")
    synced.ok("push")
    assert order(synced) == [("1.2", 4), ("1.1", 9), ("1.0", 10)]
    synced.ok("pull")
    with unchanged(synced):
        synced.ok("push")


def test_renumbering_moves_the_row_to_its_place(synced: Desk) -> None:
    add(synced, "1.3", "1.4")
    synced.ok("push")
    synced.move(S1, f"{C1}/1.9-why")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.2", "1.3", "1.4", "1.9"]
    assert [o for _, o in order(synced)][:3] == [2, 3, 4]


def test_the_place_that_renumbering_gives_a_row_is_pulled_into_a_file_that_states_another(
    synced: Desk,
) -> None:
    synced.edit(f"{S1}/session.md", "status:", "order_index: 2\nstatus:")
    synced.edit(f"{S2}/session.md", "status:", "order_index: 4\nstatus:")
    add(synced, "1.3")
    synced.ok("push")
    synced.move(S1, f"{C1}/1.9-why")
    synced.ok("push")
    moved = f"{C1}/1.9-why/session.md"
    assert order(synced) == [("1.2", 4), ("1.3", 5), ("1.9", 6)]
    assert synced.standings() == {moved: {"order_index": "behind"}}
    synced.edit(moved, "A session", "One session")
    synced.ok("push")
    assert order(synced) == [("1.2", 4), ("1.3", 5), ("1.9", 6)]
    synced.ok("pull")
    assert "\norder_index: 6\n" in synced.read(moved)
    assert synced.standings() == {}


def test_a_moved_row_finds_its_place_below_the_new_parent(synced: Desk) -> None:
    synced.write(f"{C2}/2.1-a/session.md", "---\ntitle: A\n---\n")
    synced.write(f"{C2}/2.3-c/session.md", "---\ntitle: C\n---\n")
    synced.ok("push")
    synced.move(S2, f"{C2}/2.2-b")
    synced.ok("push")
    found = synced.sql("SELECT number FROM sessions WHERE chapter_id <> %s ORDER BY order_index", CHAPTER)
    assert found == [("2.1",), ("2.2",), ("2.3",)]
    assert order(synced) == [("1.1", 1)]


@pytest.mark.parametrize("value", ["two", "1.5", "99999999999", "null"])
def test_a_value_that_the_column_can_not_hold_is_a_problem_before_anything_is_written(
    synced: Desk, value: str
) -> None:
    synced.edit(f"{S1}/session.md", "status:", f"order_index: {value}\nstatus:")
    with unchanged(synced):
        found = synced.refused("push")
    line = synced.read(f"{S1}/session.md").splitlines().index(f"order_index: {value}") + 1
    assert f"content/{S1}/session.md:{line}:" in found.err


# --- places that the web app gives, and those that files give among them


@pytest.mark.parametrize(
    "change",
    [
        "number = '1.9'",
        f"chapter_id = '{CHAPTER_2}', number = '2.9', order_index = 0",
        f"chapter_id = '{CHAPTER_2}', number = '2.2', order_index = 9",
    ],
    ids=["renumbered", "moved last, shown first", "moved between, shown last"],
)
def test_a_pull_that_moves_a_session_out_of_the_order_of_numbers_says_the_order_at_once(
    synced: Desk, change: str
) -> None:
    synced.write(f"{C2}/2.1-a/session.md", "---\ntitle: A\n---\n")
    synced.write(f"{C2}/2.3-c/session.md", "---\ntitle: C\n---\n")
    synced.ok("push")
    synced.sql(f"UPDATE sessions SET {change} WHERE id = %s", SESSION)
    synced.ok("pull")
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("pull")
        synced.ok("push")
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert other.files().keys() == synced.files().keys()
        assert [b"order_index" in text for text in other.files().values()] == [
            b"order_index" in text for text in synced.files().values()
        ]


def drag(desk: Desk, *numbers: str) -> None:
    """Put sessions of the first chapter into an order, as people do in the web app."""
    for value, number in enumerate(numbers, 1):
        desk.sql("UPDATE sessions SET order_index = %s WHERE number = %s", value, number)


def test_a_session_that_is_put_before_another_stands_there_though_the_web_app_dragged_a_third(
    synced: Desk,
) -> None:
    add(synced, "1.3")
    synced.ok("push")
    drag(synced, "1.3", "1.1", "1.2")
    synced.ok("mv", f"content/{S2}", "--before", "1.1")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.1", "1.2", "1.3"]
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.1"
    synced.ok("pull")
    assert synced.standings() == {}


def test_a_session_that_is_put_before_another_among_files_that_state_an_order_stands_there(
    synced: Desk,
) -> None:
    add(synced, "1.3")
    synced.ok("push")
    drag(synced, "1.3", "1.1", "1.2")
    synced.ok("pull")
    synced.ok("mv", f"content/{S2}", "--before", "1.1")
    synced.ok("push")
    titles = [t for (t,) in synced.sql("SELECT title FROM sessions ORDER BY order_index")]
    assert titles == ["S 1.3", "Asking", "Why leaders listen"]
    synced.ok("pull")
    assert synced.standings() == {}


def test_a_folder_renamed_among_files_that_state_an_order_keeps_the_place_that_its_file_states(
    synced: Desk,
) -> None:
    add(synced, "1.3")
    synced.ok("push")
    drag(synced, "1.3", "1.1", "1.2")
    synced.ok("pull")
    synced.move(S2, f"{C1}/1.0-asking")
    synced.ok("push")
    assert [n for n, _ in order(synced)] == ["1.3", "1.1", "1.0"]
    assert synced.standings() == {}


def test_a_push_that_brings_rows_into_order_says_how_many_are_to_pull_after_it(synced: Desk) -> None:
    """The order of each was to pull before; then all of them stand in the order of their numbers."""
    synced.sql("UPDATE sessions SET order_index = 7 WHERE id = %s", SESSION)
    assert "2 to pull" in synced.ok("status").out
    synced.ok("mv", f"content/{S1}", "1.5")
    assert "to pull" not in synced.ok("push").err
    assert synced.standings() == {}
    add(synced, "1.1")
    synced.sql("UPDATE sessions SET order_index = 70 WHERE number = '1.2'")
    said = synced.ok("push").err
    assert "3 records to pull: run `studio pull`" in said
    assert synced.ok("pull").out.endswith("pulled: 3 updated\n")


def test_a_session_pushed_among_rows_out_of_order_gets_its_order_with_the_next_pull(synced: Desk) -> None:
    """However long after the push: the order of each other file is stated, so this one's is, too."""
    synced.ok("new", "session", f"content/{C1}", "--title", "Three")
    new = f"{C1}/1.3-three/session.md"
    drag(synced, "1.2", "1.1")
    synced.ok("pull")
    time.sleep(0.05)
    synced.ok("status")  # the file is older than this reading of it, and the push has no id to write into it
    assert "1 record to pull: run `studio pull`" in synced.ok("push").err
    assert synced.standings() == {new: {"order_index": "behind"}}
    synced.ok("pull")
    assert "order_index: 3" in synced.read(new)
    assert synced.standings() == {}
