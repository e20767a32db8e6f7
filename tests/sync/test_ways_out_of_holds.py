"""What must wait in a push or a pull says what lets it go on, and that does."""

import shutil
from collections.abc import Callable

import pytest

from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, Desk, Result, unchanged
from tests.repository import git, new_repository


def way(found: Result, begins: str) -> list[str]:
    """The command of a hint that begins like this."""
    line = next(line for line in found.err.splitlines() if begins in line)
    return line.partition("studio ")[2].partition("; ")[0].split()


def follow(desk: Desk, command: list[str], side: str) -> None:
    """Do what is said, with one of the sides that are offered; the first time may show what it is about."""
    command = [*command[:-1], side] if "|" in command[-1] else command
    if desk.run(*command).code:
        desk.ok(*command)


def test_a_file_that_can_not_be_read_is_to_be_mended(synced: Desk) -> None:
    synced.move(S1, f"{C2}/2.1-why")
    synced.edit(f"{C2}/2.1-why/session.md", "title: Why", "title: [Why")
    synced.remove(C1)
    with unchanged(synced):
        found = synced.refused("push", "--partial", "--delete", f"content/{C1}")
    assert f"mend content/{C2}/2.1-why/session.md; then push again" in found.err
    synced.edit(f"{C2}/2.1-why/session.md", "title: [Why", "title: Why")
    synced.ok("push", "--delete")
    assert synced.standings() == {}


@pytest.mark.parametrize("side", ["files", "database"])
def test_a_deletion_below_a_conflict_out_of_scope_is_resolved_with_it(synced: Desk, side: str) -> None:
    synced.edit(f"{C1}/chapter.md", "title: Foundations", "title: Mine")
    synced.sql("UPDATE chapters SET title = 'Theirs' WHERE id = %s", CHAPTER)
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    with unchanged(synced):
        found = synced.refused("pull", f"content/{S1}")
    assert f"resolve content/{C1}/chapter.md first: " in found.err
    follow(synced, way(found, "resolve "), side)
    synced.ok("pull", f"content/{S1}")
    assert not (synced.content / S1).exists()


def test_a_conflict_of_a_deletion_below_another_conflict_is_resolved_after_that(synced: Desk) -> None:
    above = f"content/{C1}/chapter.md"
    synced.edit(f"{C1}/chapter.md", "title: Foundations", "title: Mine")
    synced.sql("UPDATE chapters SET title = 'Theirs' WHERE id = %s", CHAPTER)
    synced.write(f"{S1}/article.md", "---\nstatus: draft\n---\n\nMine\n")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    found = synced.refused("pull")
    way = f"resolve {above} first: studio resolve {above} --keep files|database"
    assert f"{way}; the next run then says how to resolve it" in found.err
    assert f"  {way}; the next run then says how to resolve it" in found.out
    synced.ok("resolve", above, "--keep", "files")
    assert f"resolve it: studio resolve content/{S1} --keep files|database" in synced.refused("pull").err
    synced.ok("resolve", f"content/{S1}", "--keep", "database")
    synced.ok("push")
    assert synced.standings() == {}


def test_a_place_that_another_record_has_still_is_free_when_that_is_resolved(synced: Desk) -> None:
    synced.move(S1, f"{C1}/1.3-why")
    synced.move(S2, f"{C1}/1.1-asking")
    with unchanged(synced):
        found = synced.refused("push", f"content/{C1}/1.1-asking")
    assert "studio mv" in found.err
    assert "or both go together: `studio push` of the whole" in found.err
    synced.ok("push")
    assert synced.standings() == {}


def numbered(desk: Desk, session: str, number: str) -> None:
    """The web app gives a session another number."""
    desk.sql("UPDATE sessions SET number = %s WHERE id = %s", number, session)


def test_a_place_that_another_row_has_left_is_free_when_the_whole_is_pulled(synced: Desk) -> None:
    numbered(synced, SESSION_2, "1.3")
    numbered(synced, SESSION, "1.2")
    with unchanged(synced):
        found = synced.refused("pull", f"content/{S1}/session.md")
    assert "hint: both go together: `studio pull` of the whole" in found.err
    synced.ok("pull")
    assert synced.standings() == {}


def test_a_place_that_a_new_file_has_taken_is_free_when_that_gets_another_number(synced: Desk) -> None:
    numbered(synced, SESSION_2, "1.5")
    synced.ok("pull")
    synced.write(f"{C1}/1.2-third/session.md", "---\ntitle: Third\nstatus: draft\n---\n")
    numbered(synced, SESSION, "1.2")
    with unchanged(synced):
        found = synced.refused("pull")
    assert "give that one another number" in found.err
    command = way(found, "give that one another number")
    assert command == ["mv", f"content/{C1}/1.2-third", "NUMBER"]
    synced.ok(*command[:-1], "1.7")
    synced.ok("pull")
    synced.ok("push")
    assert synced.standings() == {}


def test_a_place_is_still_named_where_the_file_has_a_doubled_number(synced: Desk) -> None:
    synced.write(f"{C2}/2.6-new/session.md", "---\ntitle: New\nstatus: draft\n---\n")
    synced.write(f"{C1}/1.1-other/session.md", "---\ntitle: Other\nstatus: draft\n---\n")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.6' WHERE id = %s", CHAPTER_2, SESSION)
    found = synced.refused("pull")
    assert f"its number is still that of content/{C2}/2.6-new/session.md in the files" in found.err
    synced.ok(*way(found, "give that one another number")[:-1], "2.7")
    synced.ok("pull")
    synced.ok("push")
    assert synced.standings() == {}


def test_a_place_is_taken_while_its_file_is_written_for_another_reason(synced: Desk) -> None:
    synced.move(S1, f"{C1}/1.4-why")
    synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)
    numbered(synced, SESSION_2, "1.4")
    found = synced.refused("pull")
    assert "title: Theirs" in synced.read(f"{C1}/1.4-why/session.md")
    command = way(found, "give that one another number")
    synced.ok(*command[:-1], "1.7")
    synced.ok("pull")
    synced.ok("push")
    assert synced.standings() == {}


def _copied(desk: Desk) -> Callable[[], None]:
    shutil.copytree(desk.content / S2, desk.content / C1 / "8.1-copied")
    return lambda: desk.remove(f"{C1}/8.1-copied")


def _mistyped(desk: Desk) -> Callable[[], None]:
    text = desk.read(f"{S2}/session.md")
    desk.write(f"{S2}/session.md", text.replace("title: ", "title: ["))
    return lambda: desk.write(f"{S2}/session.md", text)


@pytest.mark.parametrize("held", [_copied, _mistyped])
def test_a_place_of_a_held_file_is_taken_once_that_is_mended(
    synced: Desk, held: Callable[[Desk], Callable[[], None]]
) -> None:
    mend = held(synced)
    numbered(synced, SESSION_2, "1.5")
    numbered(synced, SESSION, "1.2")
    found = synced.refused("pull")
    assert f"mend content/{S2}/session.md; then pull again" in found.err
    assert (synced.content / S1).exists()
    mend()
    synced.ok("pull")
    assert synced.standings() == {}


@pytest.mark.parametrize("keep", ["files", "database"])
def test_a_conflict_whose_file_goes_into_a_chapter_that_is_held_says_what_to_mend_first(
    synced: Desk, keep: str
) -> None:
    """The file of that chapter, and not one below it, nor a decision that could not move the folder."""
    good = synced.read(f"{C2}/chapter.md")
    synced.write(f"{C2}/chapter.md", good.replace("title: ", "title: ["))
    synced.write(f"{C2}/2.1-here/session.md", "---\ntitle: Here\n---\n")
    synced.edit(f"{S1}/session.md", "Why leaders listen", "Mine")
    synced.sql(
        "UPDATE sessions SET title = 'Theirs', chapter_id = %s, number = '2.1' WHERE id = %s",
        CHAPTER_2, SESSION,
    )  # fmt: skip
    mend = f"mend content/{C2}/chapter.md first"
    assert mend in synced.refused("pull").text
    shown = synced.run("diff").out
    assert mend in shown
    assert "studio resolve" not in shown
    assert f"mend content/{C2}/chapter.md" in synced.refused("resolve", f"content/{S1}", "--keep", keep).err
    synced.write(f"{C2}/chapter.md", good)
    synced.move(f"{C2}/2.1-here", f"{C2}/2.2-here")
    follow(synced, ["resolve", f"content/{S1}", "--keep", "files|database"], keep)
    synced.ok("push")
    assert synced.standings() == {}
    assert synced.one("SELECT title FROM sessions WHERE id = %s", SESSION) == {"files": "Mine"}.get(
        keep, "Theirs"
    )


def test_a_decision_takes_a_place_that_another_row_has_left(synced: Desk) -> None:
    numbered(synced, SESSION_2, "1.3")
    numbered(synced, SESSION, "1.2")
    synced.move(S1, f"{C1}/1.7-why")
    follow(synced, f"resolve content/{C1}/1.7-why/session.md --keep files|database".split(), "database")
    names = sorted(path.name for path in (synced.content / C1).iterdir() if path.is_dir())
    assert names == ["1.2-why-leaders-listen", "1.3-asking"]
    assert synced.standings() == {}


def moved_and_edited_by(side: str, desk: Desk) -> None:
    """A chapter goes, a session of it moves to another one, and both sides write its title."""
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
    desk.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)
    if side == "files":
        desk.move(S1, f"{C2}/2.1-why")
        desk.remove(C1)
    else:
        out_of_a_deleted_chapter(desk)


def out_of_a_deleted_chapter(desk: Desk) -> None:
    """The web app moves a session to another chapter, and deletes the one in which it was."""
    desk.sql("UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s", CHAPTER_2, SESSION)
    desk.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)


@pytest.mark.parametrize("side", ["files", "database"])
@pytest.mark.parametrize(
    ("command", "scope", "begins"),
    [(("push", "--delete"), C1, "resolve "), (("pull",), f"{C1}/chapter.md", "resolve both at once: ")],
    ids=["push", "pull"],
)
def test_a_deletion_around_a_conflict_that_moves_out_is_resolved_with_it(
    synced: Desk, command: tuple[str, ...], scope: str, begins: str, side: str
) -> None:
    moved_and_edited_by("files" if command[0] == "push" else "database", synced)
    with unchanged(synced):
        found = synced.refused(*command, f"content/{scope}")
    follow(synced, way(found, begins), side)
    synced.ok(*command)
    synced.ok("push", "--delete")
    assert synced.standings() == {}
    assert not (synced.content / C1).exists()
    assert synced.one("SELECT title FROM sessions") == ("Mine" if side == "files" else "Theirs")


def test_a_deletion_around_an_edit_that_moves_out_goes_with_the_pull_of_the_whole(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
    out_of_a_deleted_chapter(synced)
    with unchanged(synced):
        found = synced.refused("pull", f"content/{C1}/chapter.md")
    assert "both go together: `studio pull` of the whole" in found.err
    synced.ok("pull")
    synced.ok("push")
    assert synced.standings() == {}
    assert not (synced.content / C1).exists()


def test_the_path_of_what_was_deleted_narrows_a_push_as_it_was_printed(synced: Desk) -> None:
    synced.remove(C1)
    assert f"- content/{S1}/article.md" in synced.ok("push", "-n", "--delete").out
    with unchanged(synced):
        assert "check the path" in synced.run("push", "--delete", f"content/{S1}x/article.md").err
    synced.ok("push", "--delete", f"content/{S1}/article.md")
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 0
    assert synced.one("SELECT count(*) FROM videos WHERE session_id = %s", SESSION) == 1


@pytest.mark.parametrize("keep", ["files", "database"])
@pytest.mark.parametrize("side", ["files", "database"])
def test_a_deletion_into_which_the_other_side_moved_a_record_is_decided_with_that_record(
    synced: Desk, side: str, keep: str
) -> None:
    moved = f"{S2}/session.md"
    if side == "files":
        synced.remove(C2)
        sql = "UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s"
        synced.sql(sql, CHAPTER_2, SESSION_2)
    else:
        synced.move(S2, f"{C2}/2.1-asking")
        synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER_2)
        moved = f"{C2}/2.1-asking/session.md"
    synced.refused("pull")
    if keep == side == "files":
        assert "number 2.1" in synced.run("diff", f"content/{C2}").out
        synced.sql("UPDATE sessions SET number = '2.2' WHERE id = %s", SESSION_2)
        found = synced.refused("resolve", f"content/{C2}", "--keep", keep)
        assert "number 2.2" in found.out
        assert "resolved" not in found.out
        assert f"content/{moved} moved to a place below it" in found.err
    if keep == "database":  # then the record moves, and is told where it is now
        moved = f"{C2}/2.1-asking/session.md" if side == "files" else f"{S2}/session.md"
    assert f"content/{moved}" in synced.ok("resolve", f"content/{C2}", "--keep", keep).out
    synced.run("pull")
    synced.run("push", "--delete")
    assert synced.standings() == {}
    assert synced.one("SELECT count(*) FROM chapters WHERE id = %s", CHAPTER_2) == (keep != side)
    assert synced.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1


@pytest.mark.parametrize(("side", "keep"), [("files", "database"), ("database", "files")])
def test_a_deletion_is_decided_once_all_that_changed_below_it_was_shown(
    synced: Desk, side: str, keep: str
) -> None:
    if side == "files":
        synced.remove(C1)
        synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)
    else:
        synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Mine")
        synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    synced.refused("pull")
    if side == "files":
        synced.sql("UPDATE articles SET content = 'Unseen' WHERE session_id = %s", SESSION)
    else:
        synced.write(f"{S1}/article.md", "---\nstatus: draft\n---\n\nUnseen\n")
    found = synced.refused("resolve", f"content/{C1}", "--keep", keep)
    assert "Unseen" in found.out
    assert "resolved" not in found.out
    synced.ok("resolve", f"content/{C1}", "--keep", keep)
    synced.run("pull")
    synced.run("push", "--delete")
    assert synced.standings() == {}


@pytest.mark.parametrize("keep", ["files", "database"])
@pytest.mark.parametrize(
    ("moves", "folders"),
    [
        (
            (("1.1-why-leaders-listen", "1.9"), ("1.2-asking", "1.1"), ("1.9-why-leaders-listen", "1.2")),
            [S1, S2],
        ),
        ((("1.3-hers", "--before", f"content/{S1}"),), [S1, S2, f"{C1}/1.3-hers"]),
    ],
    ids=["two", "three"],
)
def test_places_that_are_undecided_and_taken_from_each_other_are_resolved_at_once(
    desk: Desk, moves: tuple[tuple[str, ...], ...], folders: list[str], keep: str
) -> None:
    desk.write(f"{C1}/1.3-hers/session.md", "---\ntitle: Hers\nstatus: draft\n---\n")
    desk.ok("push")
    new_repository(desk)
    for folder, *to in moves:
        desk.ok("mv", f"content/{C1}/{folder}", *to)
    desk.ok("push")
    git(desk, "rm", "-r", "-q", "--cached", "content")
    git(desk, "clean", "-q", "-d", "-f", "content")
    git(desk, "checkout", "-q", "HEAD", "--", "content")
    found = desk.refused("pull")
    paths = {f"content/{folder}/session.md" for folder in folders}
    ways = [line.partition("resolve it: studio resolve ")[2].split() for line in found.text.splitlines()]
    assert [len(paths.intersection(way)) for way in ways if way] == [len(paths)] * 2 * len(paths)
    refused = desk.run("resolve", f"content/{S1}", "--keep", "database")
    assert "resolve them at once: studio resolve" in refused.err
    follow(desk, way(refused, "resolve them at once"), keep)
    desk.ok("pull")
    desk.ok("push")
    assert desk.standings() == {}
    number = desk.one("SELECT number FROM sessions WHERE id = %s", SESSION)
    assert number == ("1.1" if keep == "files" else "1.2")


def test_two_that_trade_places_in_the_database_alone_are_decided_one_by_one(synced: Desk) -> None:
    """Whatever else is in conflict of them: the places go along with either decision."""
    synced.edit(f"{S1}/session.md", "Why leaders listen", "Mine")
    synced.edit(f"{S2}/session.md", "Asking", "Mine too")
    for session, number in ((SESSION, "1.9"), (SESSION_2, "1.1"), (SESSION, "1.2")):
        numbered(synced, session, number)
    synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = ANY (%s::uuid[])", [SESSION, SESSION_2])
    for keep in ("files", "database"):
        line = next(line for line in synced.refused("pull").out.splitlines() if "resolve it: " in line)
        command = line.partition("studio ")[2].split()
        assert len([word for word in command if word.startswith("content/")]) == 1
        follow(synced, command, keep)
    synced.ok("push")
    assert synced.standings() == {}
    found = synced.sql("SELECT number, title FROM sessions WHERE number IN ('1.1', '1.2')")
    assert dict(found) == {"1.1": "Theirs", "1.2": "Mine"}


@pytest.mark.parametrize("keep", ["files", "database"])
def test_a_move_into_another_chapter_that_may_be_put_back_is_a_decision(desk: Desk, keep: str) -> None:
    desk.ok("push")
    new_repository(desk)
    desk.ok("mv", f"content/{S1}", f"content/{C2}")
    desk.ok("push")
    git(desk, "rm", "-r", "-q", "--cached", "content")
    git(desk, "clean", "-q", "-d", "-f", "content")
    git(desk, "checkout", "-q", "HEAD", "--", "content")
    found = desk.refused("pull")
    assert "(parent, number)" in found.err
    line = next(line for line in found.out.splitlines() if "resolve it: " in line)
    follow(desk, line.partition("studio ")[2].split(), keep)
    desk.ok("pull")
    desk.ok("push")
    assert desk.standings() == {}
