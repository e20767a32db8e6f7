"""The loop of watch on a real workspace and database; the events of the file system are played to it."""

import contextlib
import gc
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.postgres_store import open_postgres
from studio_sync.errors import UnavailableError
from studio_sync.files.git.state import GitFolder
from studio_sync.files.tree.watching.settling import Batch
from studio_sync.files.workspace.workspace import find_workspace
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.watch.loop import Watch
from studio_sync.sync.watch.watch_events import Happening, WatchEvent
from studio_sync.sync.watch.work import WatchWork
from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk, unchanged
from tests.repository import new_repository

ARTICLE, OTHER = f"{S1}/article.md", f"{S2}/article.md"
Step = Callable[[], "Batch | None"]


class Played:
    """Changes that come one after the other, and then the end; time passes only in between."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.stopped = False
        self.now = 0.0
        self.waits: list[float] = []
        self._steps = list(steps)
        self.written: set[str] = set()

    def expects(self, paths: Iterable[str]) -> bool:
        return self.written.issuperset(paths)

    def wait(self, seconds: float) -> Batch | None:
        self.waits.append(seconds)
        if not self._steps:
            self.stopped = True
            return None
        batch = self._steps.pop(0)()
        if batch is None:
            self.now += seconds
        return batch


class Silent:
    def stage(self, name, total=None):
        return contextlib.nullcontext(lambda _: None)


class Bench:
    """A desk that is watched; `connections` counts those that were opened, `opened` are those left open."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.fails = 0
        self.connections = 0
        self.opened: list = []
        self.changes = Played([])

    def _connect(self):
        self.connections += 1
        if self.fails:
            self.fails -= 1
            raise UnavailableError("nothing answers there")
        self.opened = [c for c in self.opened if not c.closed]
        self.opened.append(open_connection(parse_address(self.desk.url)))
        return self.opened[-1]

    def source(self) -> DatabaseSource:
        """The desk's database."""
        address = parse_address(self.desk.url).label
        return DatabaseSource("here", address, partial(open_postgres, self._connect))

    def make(self, scope: tuple[str, ...] = (), *, pushes: bool = True) -> Watch:
        changes, source = self.changes, self.source()
        work = WatchWork(
            find_workspace(self.desk.root), (lambda: source) if pushes else None, scope,
            GitFolder.around(self.desk.content), Silent(), clock=lambda: changes.now,
        )  # fmt: skip
        return Watch(work, changes, chance=lambda: 0.5)

    def watch(self, *steps: Step, scope: tuple[str, ...] = (), pushes: bool = True) -> list[WatchEvent]:
        """The events of these steps, less the first and the last."""
        self.changes = Played(steps)
        watch = self.make(scope, pushes=pushes)
        found = list(watch.run())
        assert all(c.closed for c in self.opened)
        assert found[0].happening is Happening.WATCHING
        if not watch.reload:
            assert found.pop().happening is Happening.STOPPED
        return found[1:]

    def saves(self, path: str, text: str) -> Step:
        """A step: one file is saved."""

        def step() -> Batch:
            self.desk.write(path, text)
            return Batch(frozenset([path]))

        return step


def saved(*paths: str, folders: Sequence[str] = (), lost: bool = False, git: bool = False) -> Step:
    return lambda: Batch(frozenset(paths), frozenset(folders), lost, git)


def then(do: Callable[[], object], step: Step) -> Step:
    """A step before which something is done."""

    def both() -> Batch | None:
        do()
        return step()

    return both


def later() -> None:
    """Nothing comes until it is time to look."""


def names(events: Sequence[WatchEvent]) -> list[str]:
    return [event.happening.value for event in events]


def codes(event: WatchEvent) -> set[str]:
    return {problem.code for problem in event.problems}


def article(text: str, status: str = "draft") -> str:
    return f"---\nstatus: {status}\n---\n\n{text}\n"


@pytest.fixture
def bench(synced: Desk) -> Bench:
    return Bench(synced)


def content(desk: Desk, session: str = SESSION) -> str:
    return desk.one("SELECT content FROM articles WHERE session_id = %s", session)


def git(desk: Desk, *arguments: str, check: bool = True) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=desk.root, check=check, capture_output=True)


def test_a_save_is_pushed_and_nothing_else_is(bench: Bench):
    bench.desk.edit(OTHER, "Ask", "Frag")
    events = bench.watch(bench.saves(ARTICLE, article("New.")))
    assert names(events) == ["pending", "pushed"]
    assert [d.some.kind for d in events[1].deltas] == ["article"]
    assert content(bench.desk) == "New."
    assert content(bench.desk, SESSION_2) == "Ask."


def test_what_was_pending_is_pushed_once_it_is_saved(bench: Bench):
    bench.desk.edit(OTHER, "Ask", "Frag")
    assert names(bench.watch(saved(OTHER))) == ["pending", "pushed"]
    assert content(bench.desk, SESSION_2) == "Frag."


def test_its_own_writes_and_saves_that_change_nothing_trigger_nothing(bench: Bench):
    new = f"{C1}/1.3-new/session.md"
    events = bench.watch(bench.saves(new, "---\ntitle: New\nstatus: draft\n---\n"), saved(new), saved(new))
    assert names(events) == ["pushed"]
    assert "id:" in bench.desk.read(new)
    assert bench.connections == 2  # the first look, and the push
    bench.desk.write(f"{C1}/1.3-new/article.md", article("Text."))
    with unchanged(bench.desk):
        assert names(bench.watch(saved(ARTICLE), saved(OTHER))) == ["pending"]


def test_an_invalid_file_shows_its_problems_and_does_not_hold_up_others(bench: Bench):
    events = bench.watch(
        bench.saves(ARTICLE, "---\nstatus: nonsense: [\n---\n\nText\n"),
        bench.saves(OTHER, article("Other.")),
        bench.saves(ARTICLE, article("Good.")),
    )
    assert names(events) == ["refused", "pushed", "pushed"]
    assert any(p.path == f"content/{ARTICLE}" and p.line for p in events[0].problems)
    assert not events[1].problems
    assert content(bench.desk) == "Good."


def test_a_file_that_is_written_once_more_is_not_called_wrong_for_what_it_says_meanwhile(bench: Bench):
    def cut() -> Batch:
        bench.desk.write(ARTICLE, "")
        bench.changes.written.add(ARTICLE)
        return Batch(frozenset([ARTICLE]))

    def whole() -> Batch:
        bench.changes.written.clear()
        return bench.saves(ARTICLE, article("New."))()

    def cut_and_looked_at() -> None:
        cut()

    for step in (cut, cut_and_looked_at):
        assert names(bench.watch(bench.saves(ARTICLE, article("Old one.")), step, whole)) == ["pushed"] * 2
        assert content(bench.desk) == "New."


def test_a_file_that_waits_for_its_parent_goes_with_it(bench: Bench):
    folder = f"{C1}/1.3-new"
    events = bench.watch(
        bench.saves(f"{folder}/session.md", "---\ntitle: [\n---\n"),
        bench.saves(f"{folder}/article.md", article("Text.")),
        bench.saves(f"{folder}/session.md", "---\ntitle: New\nstatus: draft\n---\n"),
    )
    assert names(events) == ["refused", "refused", "pushed"]
    assert events[1].problems[0].path.endswith("1.3-new/session.md")
    assert len(events[2].deltas) == 2
    assert bench.desk.one("SELECT count(*) FROM articles WHERE content = 'Text.'") == 1


def test_a_guard_holds_and_says_so(bench: Bench):
    events = bench.watch(bench.saves(ARTICLE, article("New.", "approved")))
    assert names(events) == ["refused"]
    assert "One two" in content(bench.desk)


def test_a_deletion_is_shown_and_never_pushed(bench: Bench):
    events = bench.watch(then(lambda: bench.desk.remove(ARTICLE), saved(ARTICLE)), later)
    assert names(events) == ["refused"]
    assert codes(events[0]) == {"deletion-held"}
    assert "One two" in content(bench.desk)


def test_a_file_that_was_never_there_long_is_nothing(bench: Bench):
    assert bench.watch(saved(f"{S1}/scratch.md")) == []


def test_a_renamed_folder_is_pushed_as_a_move(bench: Bench):
    new = f"{C1}/1.3-asking"
    step = then(lambda: bench.desk.move(S2, new), saved(f"{new}/session.md", folders=[S2, new]))
    assert names(bench.watch(step)) == ["pushed"]
    assert bench.desk.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.3"


def test_lost_events_are_made_up_for_by_looking_at_everything(bench: Bench):
    bench.desk.edit(OTHER, "Ask", "Frag")
    events = bench.watch(then(lambda: bench.desk.write(ARTICLE, article("New.")), saved(lost=True)))
    assert names(events) == ["pending", "pushed"]
    assert content(bench.desk) == "New."
    assert content(bench.desk, SESSION_2) == "Ask."


def test_a_save_that_no_event_told_of_is_found_after_a_while(bench: Bench):
    events = bench.watch(then(lambda: bench.desk.write(ARTICLE, article("New.")), later))
    assert names(events) == ["pushed"]


def test_what_others_changed_is_told_once_and_not_written(bench: Bench):
    def change() -> None:
        bench.desk.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION_2)

    before = bench.desk.files()
    events = bench.watch(then(change, later), later)
    assert names(events) == ["changed"]
    assert [d.some.kind for d in events[0].deltas] == ["article"]
    assert not events[0].authors
    assert bench.desk.files() == before


def test_who_changed_it_is_told_where_the_ledger_knows(bench: Bench):
    def change() -> None:
        other = bench.desk.clone()
        other.ok("pull")
        other.edit(OTHER, "Ask", "Frag")
        other.ok("push", "-m", "in German", STUDIO_ACTOR="Ada")

    events = bench.watch(then(change, later))
    assert names(events) == ["changed"]
    (author,) = events[0].authors.values()
    assert (author.actor, author.message) == ("Ada", "in German")


def test_whose_words_are_shown_is_told_where_a_pull_saw_the_row_last(bench: Bench):
    desk = bench.desk

    def change() -> None:
        other = desk.clone()
        other.ok("pull")
        other.edit(OTHER, "Ask", "Frag")
        other.ok("push", "-m", "in German", STUDIO_ACTOR="Ada")
        desk.sql("UPDATE articles SET status = 'review' WHERE session_id = %s", SESSION_2)
        other.ok("pull")

    events = bench.watch(then(change, later))
    (author,) = events[0].authors.values()
    assert (author.actor, author.message, author.afterwards) == ("Ada", "in German", True)
    desk.edit(OTHER, "Ask", "Demand")  # in conflict are only the words of Ada
    assert "changed in the database by Ada, " in desk.run("diff").out
    desk.sql("UPDATE articles SET content = 'Of the web.' WHERE session_id = %s", SESSION_2)
    assert "not by studio" in desk.run("diff").out


def test_what_must_be_merged_is_refused(bench: Bench):
    def change() -> None:
        bench.desk.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION_2)

    events = bench.watch(then(change, bench.saves(OTHER, article("Mine."))))
    assert names(events) == ["refused"]
    assert content(bench.desk, SESSION_2) == "Theirs."


def test_only_its_scope_is_watched(bench: Bench):
    events = bench.watch(
        bench.saves(ARTICLE, article("New.")), bench.saves(OTHER, article("N.")), scope=(S2,)
    )
    assert names(events) == ["pushed"]
    assert "One two" in content(bench.desk)


def test_while_the_database_is_away_it_waits_longer_and_longer_and_catches_up(bench: Bench):
    def away() -> None:
        bench.fails = 4

    events = bench.watch(
        then(away, bench.saves(ARTICLE, article("One."))), later, bench.saves(OTHER, "---\nstatus: [\n---\n"),
        later, later, bench.saves(OTHER, article("Two.")),
    )  # fmt: skip
    assert names(events) == ["away", "checked", "pushed", "back", "pushed"]
    assert content(bench.desk) == "One."
    assert content(bench.desk, SESSION_2) == "Two."
    assert bench.changes.waits[1:5] == pytest.approx([1, 2, 4, 8])


def test_a_target_of_ci_is_only_validated_for(bench: Bench):
    events = bench.watch(
        bench.saves(ARTICLE, article("New.")), bench.saves(OTHER, "---\nstatus: [\n---\n"), pushes=False
    )
    assert names(events) == ["checked", "checked"]
    assert not events[0].problems
    assert events[1].problems
    assert bench.connections == 0


@pytest.fixture
def tracked(bench: Bench) -> Bench:
    desk = bench.desk
    new_repository(desk)
    desk.ok("status")
    return bench


def test_what_a_checkout_brings_is_shown_and_not_pushed(tracked: Bench):
    desk = tracked.desk
    git(desk, "checkout", "-qb", "other")
    desk.write(ARTICLE, article("Other."))
    git(desk, "commit", "-qam", "two")
    git(desk, "checkout", "-q", "main")
    desk.ok("status")
    events = tracked.watch(
        then(lambda: git(desk, "checkout", "-q", "other"), saved(ARTICLE, git=True)),
        tracked.saves(OTHER, article("Saved.")),
        tracked.saves(ARTICLE, article("Mine.")),
    )
    assert names(events) == ["pending", "pushed", "pushed"]
    assert content(desk, SESSION_2) == "Saved."
    assert content(desk) == "Mine."


def test_a_commit_in_between_holds_nothing_up(tracked: Bench):
    desk = tracked.desk
    events = tracked.watch(
        tracked.saves(ARTICLE, article("One.")),
        then(lambda: git(desk, "commit", "-qam", "two"), saved(git=True)),
        tracked.saves(ARTICLE, article("Two.")),
    )
    assert names(events) == ["pushed", "pushed"]


def test_save_after_save_is_pushed_without_a_commit(tracked: Bench):
    saves = (tracked.saves(ARTICLE, article(text)) for text in ("One.", "Two.", "Three."))
    assert names(tracked.watch(*saves)) == ["pushed"] * 3


@pytest.mark.parametrize("command", [["status"], ["commit", "-qam", "two"]], ids=lambda c: c[0])
def test_a_save_that_a_prompt_or_a_commit_follows_at_once_is_pushed(tracked: Bench, command: list[str]):
    """git writes its index in both, and no file."""
    desk = tracked.desk

    def both(text: str) -> Step:
        def do() -> None:
            desk.write(ARTICLE, article(text))
            git(desk, *command)

        return then(do, saved(ARTICLE, git=True))

    assert names(tracked.watch(both("One."), both("Two."))) == ["pushed"] * 2
    assert content(desk) == "Two."


@pytest.mark.parametrize(
    "command", [["checkout", "--", "."], ["checkout", "other", "--", "."], ["stash", "apply"]], ids=" ".join
)
def test_what_git_puts_into_a_file_without_moving_head_is_not_pushed(tracked: Bench, command: list[str]):
    desk = tracked.desk
    git(desk, "checkout", "-qb", "other")
    desk.write(ARTICLE, article("Other."))
    git(desk, "commit", "-qam", "two")
    git(desk, "checkout", "-q", "main")
    desk.write(ARTICLE, article("Stashed."))
    git(desk, "stash")
    desk.ok("status")
    events = tracked.watch(
        tracked.saves(OTHER, article("Saved.")),
        then(lambda: git(desk, *command), saved(ARTICLE, OTHER, git=True)),
    )
    assert "pushed" not in names(events[1:])
    assert "One two" in content(desk)


def test_where_git_can_not_be_asked_nothing_is_pushed_and_watch_goes_on(tracked: Bench):
    desk = tracked.desk

    def both() -> None:
        desk.write(ARTICLE, article("One."))
        git(desk, "status")
        git(desk, "config", "core.repositoryformatversion", "99")

    def mend() -> None:
        config = desk.root / ".git" / "config"
        config.write_text(config.read_text().replace("= 99", "= 0"))

    events = tracked.watch(
        then(both, saved(ARTICLE, git=True)), then(mend, tracked.saves(OTHER, article("Saved.")))
    )
    assert names(events) == ["away", "pushed", "back"]
    assert "One two" in content(desk)


def test_what_a_stash_takes_away_is_not_pushed(tracked: Bench):
    desk = tracked.desk
    tracked.watch(
        tracked.saves(ARTICLE, article("One.")),
        then(lambda: git(desk, "stash"), saved(ARTICLE, git=True)),
        later,
    )
    assert content(desk) == "One."


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
def test_while_git_is_in_the_middle_of_something_nothing_is_pushed(tracked: Bench, command: str):
    desk = tracked.desk
    git(desk, "checkout", "-qb", "other")
    desk.write(ARTICLE, article("Other."))
    git(desk, "commit", "-qam", "two")
    git(desk, "checkout", "-q", "main")
    desk.write(ARTICLE, article("Main."))
    git(desk, "commit", "-qam", "three")
    desk.ok("push")
    events = tracked.watch(
        then(lambda: git(desk, command, "other", check=False), saved(ARTICLE, git=True)),
        tracked.saves(OTHER, article("Meanwhile.")),
        later,
        then(lambda: git(desk, command, "--abort"), saved(ARTICLE, git=True)),
        tracked.saves(OTHER, article("After.")),
    )
    assert "pushed" not in names(events[:-1])
    assert events[0].happening is Happening.PENDING
    assert command in events[0].message
    assert events[-1].happening is Happening.PUSHED
    assert content(desk, SESSION_2) == "After."
    assert content(desk) == "Main."


def test_a_lock_of_git_is_waited_for(tracked: Bench):
    desk = tracked.desk
    lock = desk.root / ".git" / "index.lock"

    def forward() -> None:
        tracked.changes.now += 3

    events = tracked.watch(
        then(lock.touch, tracked.saves(ARTICLE, article("One."))),
        then(forward, later), later, then(lock.unlink, later),
    )  # fmt: skip
    assert names(events) == ["waiting", "pending"]
    assert "One two" in content(desk)


def test_another_studio_yaml_begins_it_anew(bench: Bench):
    bench.watch(then(lambda: bench.desk.config("name: desk\nclients: [acme-bank]\n"), saved(ARTICLE)), later)
    assert not bench.changes.stopped


class Endless(Played):
    """So many events: saves that say what is known already, and now and then something new."""

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__([])
        self._desk, self._number = desk, number
        self.taken = 0
        self.blocks: list[int] = []

    def wait(self, seconds: float) -> Batch | None:
        self.taken += 1
        self.stopped = self.taken > self._number
        path = ARTICLE if self.taken % 2 else OTHER
        if self.taken % 100 == 0:
            gc.collect()
            self.blocks.append(sys.getallocatedblocks())
        if self.taken % 100 < 2:
            self._desk.write(path, article(f"The {self.taken}th."))
        return None if self.stopped else Batch(frozenset([path]), git=self.taken % 3 == 0)


def test_memory_stays_flat_over_many_events(bench: Bench):
    bench.changes = many = Endless(bench.desk, 1_500)
    assert sum(1 for _ in bench.make().run()) == 2 + 30
    assert max(many.blocks[7:]) - max(many.blocks[2:7]) < 500, many.blocks


def test_a_deleted_memory_is_made_anew(bench: Bench):
    events = bench.watch(
        then(bench.desk.forget, bench.saves(ARTICLE, article("New."))), bench.saves(OTHER, article("Two."))
    )
    assert names(events)[-1] == "pushed"
    assert content(bench.desk, SESSION_2) == "Two."
    assert bench.desk.one("SELECT count(*) FROM sessions") == 2
