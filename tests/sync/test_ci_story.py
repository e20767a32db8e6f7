"""The story of CI: clone, branch, edit, merge, a push from a fresh clone, while the web app goes on."""

from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk
from tests.repository import clone, commit, git
from tests.sync.test_git import repo

__all__ = ["repo"]

LONG = "Ask.\n\nThen wait for the answer, however long it takes.\n\nThen ask again."


def test_ci_pushes_what_was_merged_and_takes_back_nothing_that_the_web_app_wrote(repo: Desk) -> None:
    # A text of some length, which everybody knows.
    repo.write(f"{S2}/article.md", f"---\nstatus: draft\n---\n\n{LONG}\n")
    repo.ok("push")
    commit(repo, "a longer article")

    # A writer clones, branches and edits.
    writer = clone(repo, "writer")
    git(writer, "checkout", "-q", "-b", "feature")
    writer.edit(f"{S2}/article.md", "Then ask again.", "Then ask again, more gently.")
    writer.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Nobody had told her.")
    writer.edit(f"{S1}/article.md", "One two three.", "One, two, three.")
    writer.edit(f"{C1}/chapter.md", "subtitle: Where it begins", "subtitle: Where all begins")
    writer.write(
        f"{C1}/1.3-new/session.md",
        "---\nid: 5a5a5a5a-5a5a-4a5a-8a5a-5a5a5a5a5a5a\ntitle: New\nstatus: draft\n---\n",
    )
    commit(writer, "feature")

    # The web app edits another row, the same row in another field, the same text in another place, and
    # the same line.
    repo.sql("UPDATE videos SET script = 'NARRATOR: Listen well.' WHERE session_id = %s", SESSION)
    repo.sql("UPDATE sessions SET wiifm = 'You hear everything.' WHERE id = %s", SESSION)
    repo.sql(
        "UPDATE articles SET content = %s WHERE session_id = %s",
        LONG.replace("Ask.\n", "Ask kindly.\n"),
        SESSION_2,
    )
    repo.sql("UPDATE articles SET content = 'One two three four.' WHERE session_id = %s", SESSION)

    # The pull request is merged.
    git(repo, "fetch", "-q", str(writer.root), "feature")
    git(repo, "merge", "-q", "--no-edit", "FETCH_HEAD")

    # CI pushes from a fresh clone: all that can be pushed, and it names the rest.
    ci = clone(repo, "ci")
    before = ci.files()
    found = ci.refused("push", "--frozen", "--partial")
    assert f"content/{S1}/article.md: error[conflict]" in found.err
    assert f"content/{S2}/article.md: error[diverged]" in found.err
    assert ci.files() == before
    assert repo.sql("SELECT hook, wiifm FROM sessions WHERE id = %s", SESSION) == [
        ("Nobody had told her.", "You hear everything.")
    ]
    assert repo.one("SELECT subtitle FROM chapters WHERE number = 1") == "Where all begins"
    assert repo.one("SELECT count(*) FROM sessions WHERE title = 'New'") == 1
    assert repo.one("SELECT total_sessions FROM programs") == 3
    assert repo.one("SELECT script FROM videos WHERE session_id = %s", SESSION) == "NARRATOR: Listen well."
    articles = dict(repo.sql("SELECT session_id::text, content FROM articles"))
    assert articles[SESSION] == "One two three four."
    assert "Ask kindly." in articles[SESSION_2]

    # A second run changes nothing; the log tells who pushed, and at which commit.
    rows = repo.rows()
    ci.refused("push", "--frozen", "--partial")
    assert repo.rows() == rows
    assert git(repo, "rev-parse", "HEAD")[:7] in ci.ok("log").out

    # The writer pulls: texts merge, the conflict waits for a decision, and then everything arrives.
    git(writer, "pull", "-q", "--no-rebase", str(repo.root), "main")
    writer.refused("pull")
    merged = writer.read(f"{S2}/article.md")
    assert "Ask kindly." in merged
    assert "more gently." in merged
    writer.ok("resolve", f"content/{S1}/article.md", "--keep", "files")
    commit(writer, "merged with the database")
    git(repo, "pull", "-q", "--no-rebase", str(writer.root), "feature")
    again = clone(repo, "again")
    again.ok("push", "--frozen", "--partial")
    assert again.standings() == {}
    articles = dict(repo.sql("SELECT session_id::text, content FROM articles"))
    assert articles[SESSION].startswith("One, two, three.")
    assert "Ask kindly." in articles[SESSION_2]
    assert "more gently." in articles[SESSION_2]
