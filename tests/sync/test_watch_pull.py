"""`studio watch --pull`: what others change comes into files that nobody edits, and over no edit."""

import os
from collections.abc import Callable

import pytest

from studio_sync.cli.app import App
from studio_sync.cli.printing.watch_text import show_event
from studio_sync.files.git.state import GitFolder
from studio_sync.files.tree.watching.open_files import UnsavedTexts
from studio_sync.files.tree.watching.settling import Batch
from studio_sync.files.workspace.workspace import find_workspace
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.watch.loop import Watch
from studio_sync.sync.watch.watch_events import WatchEvent
from studio_sync.sync.watch.watch_pull import WatchPull
from studio_sync.sync.watch.work import WatchWork
from tests import pooler
from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk, unchanged
from tests.repository import new_repository
from tests.sync.test_server_history import lose
from tests.sync.test_watching import (
    ARTICLE,
    OTHER,
    Bench,
    Silent,
    article,
    git,
    later,
    names,
    saved,
    then,
)
from tests.sync.watch_storm import Storm


class PullBench(Bench):
    """Watches a desk with `--pull`, and can be told that rows have changed."""

    now: Watch

    def make(self, scope: tuple[str, ...] = (), *, pushes: bool = True) -> Watch:
        source: Callable[[], DatabaseSource] = self.source
        workspace, changes = find_workspace(self.desk.root), self.changes
        work = WatchWork(
            workspace, source if pushes else None, scope, GitFolder.around(self.desk.content), Silent(),
            clock=lambda: changes.now, pulls=WatchPull(workspace, source, scope),
        )  # fmt: skip
        self.now = Watch(work, changes, chance=lambda: 0.5)
        return self.now

    def hinted(self) -> None:
        """A step: somebody heard that rows have changed."""
        self.now.hint()

    def web(self, text: str, session: str = SESSION) -> Callable[[], None]:
        """Somebody changes an article in the web app."""
        change = "UPDATE articles SET content = %s WHERE session_id = %s"
        return lambda: self.desk.sql(change, text, session) and None


@pytest.fixture
def bench(synced: Desk) -> PullBench:
    return PullBench(synced)


@pytest.mark.parametrize("step", ["hint", "look"])
def test_what_others_change_comes_into_files_that_nobody_edits(bench: PullBench, step: str):
    when = bench.hinted if step == "hint" else later
    events = bench.watch(then(bench.web("From the web."), when), then(bench.web("Again."), when), when)
    assert names(events) == ["pulled", "pulled"]
    assert [d.some.kind for d in events[0].deltas] == ["article"]
    assert "Again." in bench.desk.read(ARTICLE)
    assert bench.desk.standings() == {}


def test_what_is_behind_when_it_begins_comes_too_and_its_own_writes_trigger_nothing(bench: PullBench):
    bench.web("From the web.")()
    with_own_event = saved(ARTICLE)
    events = bench.watch(with_own_event, later)
    assert names(events) == ["pulled"]
    with unchanged(bench.desk):
        assert names(bench.watch(with_own_event, bench.hinted, later)) == []


def test_files_come_and_go(bench: PullBench):
    bench.desk.sql("DELETE FROM videos")
    bench.desk.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index)"
        " SELECT chapter_id, '1.9', 'New one', 9 FROM sessions LIMIT 1"
    )
    assert names(bench.watch()) == ["pulled"]
    assert not (bench.desk.content / f"{S1}/video.md").exists()
    assert (bench.desk.content / f"{C1}/1.9-new-one/session.md").exists()
    bench.desk.sql("UPDATE sessions SET number = '1.8' WHERE number = '1.9'")
    assert names(bench.watch(later)) == ["pulled"]
    assert bench.desk.standings() == {}


def test_an_edit_that_is_not_pushed_is_left_and_shown(bench: PullBench):
    bench.desk.edit(ARTICLE, "One two", "Eins zwei")  # saved before it began
    before = bench.desk.read(ARTICLE)
    events = bench.watch(
        then(bench.web("From the web."), bench.hinted), then(bench.web("Other.", SESSION_2), later)
    )
    assert names(events) == ["pending", "changed", "pulled"]
    assert bench.desk.read(ARTICLE) == before
    assert "Other." in bench.desk.read(OTHER)


def test_an_edit_that_is_refused_is_left(bench: PullBench):
    bench.desk.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    bench.desk.ok("pull")
    approved = bench.desk.read(ARTICLE).replace("One two", "Eins zwei")
    events = bench.watch(
        bench.saves(ARTICLE, approved), then(bench.web("From the web."), bench.hinted), later
    )
    assert names(events)[:2] == ["refused", "changed"]
    assert "pulled" not in names(events)
    assert bench.desk.read(ARTICLE) == approved


def test_a_save_of_the_same_moment_is_not_written_over(bench: PullBench):
    """It was saved, and no event has told of it yet."""

    def both() -> None:
        bench.web("From the web.")()
        bench.desk.edit(ARTICLE, "One two", "Eins zwei")

    events = bench.watch(then(both, bench.hinted), saved(ARTICLE))
    assert "pulled" not in names(events)
    assert "Eins zwei" in bench.desk.read(ARTICLE)


SWAPS = [".article.md.swp", ".article.md.swo", ".#article.md", "#article.md#", ".~lock.article.md#"]


@pytest.mark.parametrize("name", SWAPS)
def test_a_file_that_an_editor_has_open_waits_until_it_is_closed(bench: PullBench, name: str):
    lock = bench.desk.content / S1 / name
    if name == ".#article.md":
        lock.symlink_to("ada@host.1234:5678")  # as emacs does; it leads nowhere
    else:
        lock.write_bytes(b"")
    events = bench.watch(
        then(bench.web("From the web."), bench.hinted), bench.hinted, then(lock.unlink, later)
    )
    assert names(events) == ["changed", "pulled"]
    assert name in events[0].message
    assert "From the web." in bench.desk.read(ARTICLE)


def test_a_text_that_the_language_server_holds_unsaved_waits(bench: PullBench):
    texts, state = UnsavedTexts(), bench.desk.root / ".studio"
    texts.hold("file:///article.md", state, ARTICLE)
    events = bench.watch(
        then(bench.web("From the web."), bench.hinted),
        then(lambda: texts.release("file:///article.md"), later),
    )
    assert names(events) == ["changed", "pulled"]
    assert "not saved" in events[0].message


def test_a_folder_is_not_renamed_under_an_open_file(bench: PullBench):
    (bench.desk.content / S2 / ".article.md.swp").write_bytes(b"")
    bench.desk.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    assert names(bench.watch(bench.hinted)) == ["changed"]
    assert (bench.desk.content / OTHER).exists()


def test_what_git_took_back_is_not_pulled_over_until_it_changes_again(bench: PullBench):
    desk = bench.desk
    new_repository(desk)
    desk.edit(ARTICLE, "One two", "Eins zwei")
    desk.ok("push")
    git(desk, "commit", "-q", "-am", "second")
    old = "One two three."

    def checkout() -> None:
        git(desk, "checkout", "-q", "HEAD~1")

    events = bench.watch(
        then(checkout, saved(ARTICLE, git=True)), bench.hinted, later,
        then(lambda: _hold(old in desk.read(ARTICLE)), bench.hinted),
        then(bench.web("Newest."), bench.hinted),
    )  # fmt: skip
    assert names(events)[-1] == "pulled"
    assert names(events).count("pulled") == 1
    assert "Newest." in desk.read(ARTICLE)


def _hold(what: bool) -> None:
    assert what


def test_while_git_is_at_work_nothing_is_pulled(bench: PullBench):
    desk = bench.desk
    new_repository(desk)
    (desk.root / ".git" / "MERGE_HEAD").write_text(git_head(desk))
    events = bench.watch(then(bench.web("From the web."), bench.hinted))
    assert "pulled" not in names(events)
    assert "One two three." in desk.read(ARTICLE)


def git_head(desk: Desk) -> str:
    return (desk.root / ".git" / "refs" / "heads" / "main").read_text()


def test_many_deletions_wait_for_somebody_and_the_rest_comes(bench: PullBench):
    desk = bench.desk
    for number in range(20):
        desk.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index)"
            " SELECT id, %s, 'x', %s FROM chapters WHERE number = 2", f"2.{number}", number
        )  # fmt: skip
    desk.ok("pull")
    desk.sql("DELETE FROM sessions WHERE number LIKE '2.%%'")
    bench.web("From the web.")()
    events = bench.watch(later)
    assert names(events) == ["pulled", "waiting", "changed"]
    assert "--delete=20" in events[1].hint
    assert "From the web." in desk.read(ARTICLE)
    assert len(list(desk.content.glob("*/*/02-practice/2.*/session.md"))) == 20


def test_on_a_target_that_takes_pushes_from_ci_alone_it_pulls_all_the_same(bench: PullBench):
    events = bench.watch(then(bench.web("From the web."), bench.hinted), pushes=False)
    assert names(events) == ["pulled"]


def test_many_hints_are_heeded_as_one(bench: PullBench):
    def many() -> None:
        for _ in range(50):
            bench.now.hint()

    bench.watch(then(many, later), Batch)
    assert bench.connections <= 5


def _told(event: WatchEvent) -> set[str]:
    return {author.actor for author in event.authors.values()}


def test_it_names_who_it_was_where_changes_are_tracked(bench: PullBench):
    desk = bench.desk
    desk.ok("db", "track")
    try:
        change = f"UPDATE articles SET content = 'Of Ada.' WHERE session_id = '{SESSION}'"
        ada = lambda: desk.sql(f"BEGIN; SET LOCAL studio.actor = 'Ada'; {change}; COMMIT") and None  # noqa: E731
        events = bench.watch(then(ada, bench.hinted))
        assert [name.partition(" (claimed")[0] for name in _told(events[0])] == ["Ada"]
    finally:
        desk.ok("db", "track", "--remove")


@pytest.mark.parametrize("kind", [Bench, PullBench])
def test_that_the_database_went_back_is_told_once(bench: PullBench, kind: type[Bench]):
    desk = bench.desk
    desk.edit(ARTICLE, "One two three.", "Mine.")
    desk.ok("push")
    back = lambda: lose(desk, "UPDATE articles SET content = 'One two three.' WHERE content = 'Mine.'")  # noqa: E731
    events = kind(desk).watch(then(back, later), later, bench.saves(OTHER, article("New.")), later)
    assert [p.code for event in events for p in event.problems].count("set-back") == 1


def test_conflicts_are_left_and_shown(
    bench: PullBench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    desk = bench.desk
    monkeypatch.chdir(desk.root)
    desk.edit(f"{S2}/session.md", "Asking", "Fragen")
    desk.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    desk.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    events = bench.watch(later)
    assert names(events) == ["pulled", "changed"]
    assert [d.some.kind for d in events[0].deltas] == ["video"]
    assert "Fragen" in desk.read(f"{S2}/session.md")
    show_event(App(), events[1], "here")
    said = capsys.readouterr().err
    assert "(conflict: title)" in said
    assert "`studio diff` shows both sides of a conflict" in said
    assert "`studio pull`" not in said  # it would refuse that


@pytest.mark.skipif(os.name == "nt", reason="signals are sent that Windows does not have")
def test_nothing_is_lost_in_a_storm_of_saves_and_edits_and_then_it_is_quiet(bare: Desk):
    storm = Storm(bare, 7, every=1)
    try:
        storm.run(24, at_once=(12,))
    finally:
        bare.ok("db", "track", "--remove")
    expected = {"pushed"} if pooler.EVERYWHERE else {"pushed", "pulled"}  # it can't hear of rows there
    assert expected <= {event["event"] for event in storm.events}
