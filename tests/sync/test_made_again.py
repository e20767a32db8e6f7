"""A decision to make deleted records again is about them all, in the workspace in which it was made."""

import pytest

from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, Desk, unchanged
from tests.repository import git, new_repository


def contested(desk: Desk) -> None:
    """The web app deletes a chapter in which a file was edited; the conflict is shown."""
    desk.edit(f"{S1}/article.md", "One two", "Two one")
    desk.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    desk.refused("pull")


def test_files_that_are_as_they_were_committed_are_made_again_too(synced: Desk) -> None:
    new_repository(synced)
    synced.ok("pull")
    contested(synced)
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    before = synced.files()
    synced.ok("status")
    assert set(synced.standings().values()) == {"ahead create"}
    synced.ok("pull")
    assert synced.files() == before
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions WHERE chapter_id = %s", CHAPTER) == 2
    assert synced.standings() == {}


def test_an_edit_after_the_decision_is_made_again_too(synced: Desk) -> None:
    new_repository(synced)
    synced.ok("pull")
    contested(synced)
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    synced.edit(f"{S1}/article.md", "Two one", "Three")
    synced.edit(f"{S1}/quiz.yaml", "question:", "question: Well,")
    synced.edit(f"{S2}/session.md", "title:", "title: Well,")
    assert set(synced.standings().values()) == {"ahead create"}
    synced.ok("push")
    found = synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    assert str(found).startswith("Three")
    assert synced.standings() == {}


def test_what_git_put_back_after_the_decision_is_asked_about(synced: Desk) -> None:
    new_repository(synced)
    synced.ok("pull")
    contested(synced)
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    git(synced, "checkout", "-q", "--", f"content/{S1}/article.md")
    found = synced.refused("push", "--partial")
    assert f"content/{S1}/article.md: error[conflict]" in found.err
    assert synced.one("SELECT count(*) FROM chapters WHERE id = %s", CHAPTER) == 0
    synced.run("diff")
    synced.ok("resolve", f"content/{S1}/article.md", "--keep", "files")
    synced.ok("push")
    assert synced.standings() == {}


@pytest.mark.parametrize(
    ("slip", "paths", "way"),
    [
        ("title: [\n", (), "mend that first; then push again"),
        ("", (f"content/{C1}/chapter.md", f"content/{S1}/session.md"), f"`studio push content/{C1}` takes"),
    ],
)
def test_what_is_deleted_is_made_again_whole_or_not_at_all(
    synced: Desk, slip: str, paths: tuple[str, ...], way: str
) -> None:
    contested(synced)
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    quiz = synced.read(f"{S1}/quiz.yaml")
    synced.write(f"{S1}/quiz.yaml", slip + quiz)
    found = synced.refused("push", "--partial", *paths)
    assert f"content/{S1}/session.md: error[held] its row is made again with everything below it" in found.err
    assert way in found.err
    assert synced.one("SELECT count(*) FROM chapters WHERE id = %s", CHAPTER) == 0
    synced.write(f"{S1}/quiz.yaml", quiz)
    synced.ok("push", *[f"content/{C1}"] * bool(paths))
    assert synced.standings() == {}


def test_a_workspace_in_which_nothing_was_decided_follows_the_deletion_as_a_whole(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.edit(f"{S1}/quiz.yaml", "question:", "question: Well,")
        other.ok("push")
        other.ok("pull")
        contested(synced)
        synced.ok("resolve", f"content/{C1}", "--keep", "files")
        other.ok("pull")
        assert not (other.content / C1).exists()


def test_another_version_below_what_was_decided_to_be_made_again_is_in_conflict(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.ok("new", "session", f"content/{C1}", "--title", "Third")
        contested(synced)
        synced.ok("resolve", f"content/{C1}", "--keep", "files")
        found = other.refused("pull")
        assert f"content/{C1}/chapter.md: error[conflict]" in found.err
        assert "a decision to make it again was about another version of it, or of what is below" in found.err
        assert other.refused("push", "--partial", "--delete").out.startswith("nothing was pushed")
        assert "One two" in other.read(f"{S1}/article.md")
        synced.ok("push")
        other.ok("pull")
        assert "Two one" in other.read(f"{S1}/article.md")
        other.ok("push")
        assert synced.one("SELECT count(*) FROM sessions") == 3


def test_a_decision_leaves_alone_what_is_below_another_conflict(synced: Desk) -> None:
    synced.remove(C1)
    synced.sql("UPDATE sessions SET title = 'Now' WHERE id = %s", SESSION)
    synced.sql("UPDATE sessions SET title = 'Why not' WHERE id = %s", SESSION_2)
    synced.run("pull")
    synced.ok("resolve", f"content/{S2}/session.md", "--keep", "database")
    assert "Why not" in synced.read(f"{S2}/session.md")
    assert not (synced.content / S1).exists()
    synced.ok("resolve", f"content/{S1}/session.md", "--keep", "database")
    assert (synced.content / f"{S1}/article.md").exists()
    assert synced.standings() == {}


def test_a_file_that_is_older_than_what_was_deleted_is_shown_before_it_is_made_again(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.edit(f"{S1}/article.md", "One two", "Three four")
        other.ok("push")
    synced.edit(f"{S1}/quiz.yaml", "question:", "question: Well,")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    unseen = synced.refused("resolve", f"content/{C1}", "--keep", "files")
    assert f"content/{S1}/article.md: error[not-shown]" in unseen.err
    assert "the file is older than what was deleted, which is shown as its base:" in unseen.out
    assert "Three four" in unseen.out
    assert "One two" in unseen.out
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    synced.ok("push")
    assert "One two" in synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION)


def test_a_chapter_that_is_older_than_what_was_deleted_waits_for_a_decision_of_its_own(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.edit(f"{C1}/chapter.md", "First things.", "Newer things.")
        other.ok("push")
    contested(synced)
    before = synced.standings()
    found = synced.refused("resolve", f"content/{S1}", "--keep", "files")
    assert "its file there is older than what was deleted" in found.err
    assert f"resolve the whole: studio resolve content/{C1} --keep files|database" in found.err
    assert synced.standings() == before
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    synced.ok("push")
    assert synced.one("SELECT description FROM chapters WHERE id = %s", CHAPTER) == "First things."


def test_a_file_that_is_older_than_what_was_deleted_goes_with_its_folder(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.edit(f"{S1}/article.md", "One two", "Three four")
        other.ok("push")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    synced.ok("pull")
    assert not (synced.content / C1).exists()


def test_what_a_deleted_chapter_holds_is_resolved_at_the_chapter(synced: Desk) -> None:
    contested(synced)
    found = synced.refused("pull")
    assert found.out.count(f"resolve it: studio resolve content/{C1} --keep files|database") == 3
    assert "the files have something new or changed below it: 1.1-why-leaders-listen/article.md" in found.err
    synced.ok("resolve", f"content/{C1}", "--keep", "database")
    assert not (synced.content / C1).exists()


def test_a_deletion_contested_from_elsewhere_names_a_path_that_can_be_pasted(synced: Desk) -> None:
    synced.remove(C2)
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.5' WHERE id = %s", CHAPTER_2, SESSION)
    found = synced.refused("pull")
    assert f"below it: content/{S1}/session.md" in found.err
    found = synced.run("pull", cwd=synced.content / C1)
    assert f"below it: {S1.rpartition('/')[2]}/session.md" in found.err


def test_a_chapter_that_is_deleted_over_an_edit_below_it_is_not_said_to_be_edited(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    below = "the files have something new or changed below it: "
    status = " ".join(synced.ok("status").out.split())
    assert f"chapter.md (conflict: deleted in the database, and {below}1.1-why-leaders-listen/art" in status
    assert f"session.md (conflict: deleted in the database, and {below}article.md)" in status
    assert "article.md (conflict: deleted in the database, and changed in the file since)" in status
    found = synced.refused("pull")
    assert found.out.count(f"the file is as both sides last agreed, but {below}") == 2
    assert found.out.count("the file has changed since both sides last agreed:") == 1
    assert f"error[conflict] deleted in the database, and {below}1.1-why-leaders-listen/art" in found.err
    assert "a decision to make it again" not in found.err


def test_what_is_new_below_a_deleted_chapter_is_called_new(synced: Desk) -> None:
    synced.ok("new", "session", f"content/{C1}", "--title", "Third")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    found = synced.refused("pull")
    assert "the file is new, in a folder that was deleted:" in found.out
    assert "the file has changed since" not in found.out


def test_nothing_is_made_again_before_what_is_above_it_was_shown_as_it_is_now(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "title: Why", "title: How")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    synced.refused("pull")
    synced.edit(f"{S1}/session.md", "title: How", "title: When")
    before = synced.standings()
    found = synced.refused("resolve", f"content/{S1}", "--keep", "files")
    assert f"content/{S1}/session.md: error[not-shown]" in found.err
    assert synced.standings() == before
    synced.ok("resolve", f"content/{S1}", "--keep", "files")
    synced.ok("push")


def test_a_pull_deletes_nothing_below_what_an_undo_made_again(synced: Desk) -> None:
    synced.remove(S1)
    synced.ok("push", "--delete")
    new_repository(synced)
    synced.edit(f"{S2}/session.md", "title: Asking", "title: Asking more")
    git(synced, "stash")
    synced.ok("undo")
    article = f"{S1}/article.md"
    synced.write(article, synced.read(article).replace("---\n", "---\n# A comment.\n", 1))
    synced.run("pull")
    assert (synced.content / article).exists()
    assert synced.standings()[article] == "conflict delete"
    synced.refused("push")
    synced.ok("resolve", f"content/{article}", "--keep", "files")
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 1


def test_a_deletion_that_waits_for_what_is_held_below_it_says_what_to_mend_first(synced: Desk) -> None:
    contested(synced)
    whole, session, quiz = f"content/{C1}", synced.read(f"{S2}/session.md"), synced.read(f"{S1}/quiz.yaml")
    synced.write(f"{S1}/quiz.yaml", "a: [\n")
    assert f"mend content/{S1}/quiz.yaml first; the next run then says how" in synced.refused("push").err
    synced.write(f"{S1}/quiz.yaml", quiz)
    synced.remove(f"{S2}/session.md")
    way = f"move what is in it into another session: studio mv content/{S2}/article.md FOLDER"
    back = f"bring it back: studio restore content/{S2}/session.md"
    mended = f"mend content/{S2}/ ({back}; or {way}; or remove it)"
    said = synced.refused("pull").err
    assert f"shows both sides; {mended} first; the next run then says how to resolve it\n" in said
    said = synced.run("diff").out
    assert f"  {mended} first; the next run then says how to resolve it\n" in said
    assert "studio resolve" not in said
    with unchanged(synced):
        said = synced.refused("resolve", whole, "--keep", "database").err
    assert f"hint: {mended}; then pull again\n" in said
    assert "studio.yaml" not in said
    synced.write(f"{S2}/session.md", session)
    assert f"resolve it: studio resolve {whole} --keep files|database\n" in synced.refused("push").err
    synced.ok("resolve", whole, "--keep", "database")
    assert synced.standings() == {}
