"""`studio mv`: what is moved keeps its id, everybody else moves as little as can be, and links follow."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.workspace.moving import Mover
from tests.harness import C1, C2, CHAPTER, S1, S2, SESSION, SESSION_2, Desk, P
from tests.killing import ended
from tests.repository import commit, git


def folders(desk: Desk, folder: str) -> list[str]:
    return sorted(p.name for p in (desk.content / folder).iterdir() if p.is_dir())


def ids(desk: Desk) -> dict[str, str]:
    """Which id each folder has."""
    return {
        p.parent.relative_to(desk.content).as_posix(): found[1]
        for p in sorted(desk.content.rglob("*.md"))
        if (found := re.search(r"^id: (.*)$", p.read_text("utf-8"), re.MULTILINE))
    }


def valid(desk: Desk) -> bool:
    return desk.run("validate", "--frozen", "--json").json["problems"] == []


def test_the_example_in_the_help_of_another_parent_works_from_the_root(synced: Desk) -> None:
    synced.move(S2, f"{C2}/2.1-asking")
    way = next(line for line in synced.ok("mv", "--help").out.splitlines() if "02-practice/2.1-" in line)
    synced.ok(*way.split()[1:])
    assert ids(synced)[f"{C1}/1.2-asking"] == SESSION_2


def _session(own: str) -> str:
    return f"---\nid: {own}\ntitle: S\n---\n"


@pytest.fixture
def five(offline: Desk) -> Desk:
    """A chapter with five sessions."""
    for number in (3, 4, 5):
        offline.write(
            f"{C1}/1.{number}-s{number}/session.md", f"---\nid: {SESSION[:-1]}{number + 4}\ntitle: S\n---\n"
        )
    return offline


class TestWithinAFolder:
    def test_a_session_is_put_before_another_and_those_between_move_on(self, five: Desk):
        before = ids(five)
        moved = five.ok("mv", "1.4", "--before", "1.2", "-C", f"content/{C1}")
        assert folders(five, C1) == [
            "1.1-why-leaders-listen", "1.2-s4", "1.3-asking", "1.4-s3", "1.5-s5",
        ]  # fmt: skip
        assert ids(five)[f"{C1}/1.2-s4"] == before[f"{C1}/1.4-s4"]
        assert sorted(ids(five).values()) == sorted(before.values())
        assert moved.out == (
            "~ 1.2-asking → 1.3-asking\n~ 1.3-s3 → 1.4-s3\n~ 1.4-s4 → 1.2-s4\n"  # seen from there
        )
        assert valid(five)

    def test_after_closes_the_gap_that_it_leaves(self, five: Desk):
        five.ok("mv", "1.1", "--after", "1.3")
        assert folders(five, C1) == ["1.1-asking", "1.2-s3", "1.3-why-leaders-listen", "1.4-s4", "1.5-s5"]

    @pytest.mark.parametrize(
        ("flag", "first", "second"), [("--before", "other", "asking"), ("--after", "asking", "other")]
    )
    def test_of_two_with_one_number_each_gets_its_own(
        self, offline: Desk, flag: str, first: str, second: str
    ):
        offline.write(f"{C1}/1.2-other/session.md", "---\ntitle: Other\nstatus: draft\n---\n")
        offline.ok("mv", f"content/{C1}/1.2-other", flag, f"content/{C1}/1.2-asking")
        assert {f"1.2-{first}", f"1.3-{second}"} <= set(os.listdir(offline.content / C1))

    @pytest.mark.parametrize(
        ("to", "names"),
        [
            ("1.9", ["1.2-asking", "1.3-s3", "1.4-s4", "1.5-s5", "1.9-why-leaders-listen"]),
            ("1.3", ["1.1-asking", "1.2-s3", "1.3-why-leaders-listen", "1.4-s4", "1.5-s5"]),
            ("listening", ["1.1-listening", "1.2-asking", "1.3-s3", "1.4-s4", "1.5-s5"]),
            ("1.3-listening", ["1.1-asking", "1.2-s3", "1.3-listening", "1.4-s4", "1.5-s5"]),
        ],
    )
    def test_to_is_a_number_a_name_or_both(self, five: Desk, to: str, names: list[str]):
        five.ok("mv", "1.1", to)
        assert folders(five, C1) == names

    def test_without_a_goal_the_folder_is_named_after_its_title(self, five: Desk):
        five.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Hören & fragen")
        five.ok("mv", "1.1")
        assert "1.1-horen-fragen" in folders(five, C1)
        assert "nothing to move" in five.ok("mv", "1.1").err

    def test_folders_that_swap_their_very_names_are_parked_for_a_moment(self, offline: Desk):
        offline.move(S1, f"{C1}/1.1")
        offline.move(S2, f"{C1}/1.2")
        offline.ok("mv", "1.1", "--after", "1.2")
        assert folders(offline, C1) == ["1.1", "1.2"]
        assert SESSION in offline.read(f"{C1}/1.2/session.md")
        assert SESSION_2 in offline.read(f"{C1}/1.1/session.md")

    def test_only_the_case_of_a_name_can_change(self, offline: Desk):
        offline.ok("mv", "1.2", "1.2-Asking")
        assert folders(offline, C1) == ["1.1-why-leaders-listen", "1.2-Asking"]


class TestAcrossFolders:
    def test_a_session_moved_to_another_chapter_gets_the_next_number_there(self, offline: Desk):
        offline.ok("mv", f"content/{S1}", f"content/{C2}")
        assert folders(offline, C2) == ["2.1-why-leaders-listen"]
        assert folders(offline, C1) == ["1.2-asking"]
        assert SESSION in offline.read(f"{C2}/2.1-why-leaders-listen/session.md")
        assert valid(offline)

    def test_the_chapter_can_be_named_by_its_number(self, offline: Desk):
        offline.ok("mv", "1.2", "2")
        assert folders(offline, C2) == ["2.1-asking"]

    def test_a_number_of_another_chapter_moves_it_there(self, offline: Desk):
        offline.write(f"{C2}/2.1-other/session.md", _session(f"{SESSION[:-1]}9"))
        offline.ok("mv", "1.2", "2.1")
        assert folders(offline, C1) == ["1.1-why-leaders-listen"]
        assert folders(offline, C2) == ["2.1-asking", "2.2-other"]
        offline.ok("mv", "2.1", "7.1")
        assert "7.1-asking" in folders(offline, C2), "there is no chapter 7: a number like any other"

    def test_a_printed_position_in_a_file_names_its_record(self, offline: Desk):
        session = f"content/{S2}/session.md:3:1"
        offline.ok("mv", session, "--before", f"content/{S1}/session.md:2")
        assert (offline.content / f"{C1}/1.1-asking").is_dir()

    def test_the_chapter_can_be_named_by_its_key(self, offline: Desk):
        program = f"{C1}".partition("/01-")[0]
        offline.ok("mv", f"{program}/1/1.2", f"{program}/2")
        assert folders(offline, C2) == ["2.1-asking"]

    @pytest.mark.parametrize("to", [".", "..", "../"])
    @pytest.mark.parametrize("command", ["mv", "copy"])
    def test_a_folder_above_is_no_name(self, offline: Desk, command: str, to: str):
        for what in ("1.2", "leading-with-trust"):
            before = offline.files()
            found = offline.run(command, what, to, "-C", str(offline.root))
            assert (found.code, offline.files()) == (2, before), found
            assert "the folder that it is moved to" in found.err or "belongs" in found.err

    def test_it_can_be_put_before_a_session_of_another_chapter(self, five: Desk):
        five.ok("mv", f"content/{C1}/1.5-s5", f"content/{C2}/2.4-other")
        five.ok("mv", "1.1", "--before", "2.4")
        five.ok("mv", "1.2", "--after", "2.4")
        assert folders(five, C2) == ["2.4-why-leaders-listen", "2.5-asking", "2.6-other"]
        assert folders(five, C1) == ["1.3-s3", "1.4-s4"]

    def test_a_chapter_takes_its_sessions_along_and_their_numbers(self, offline: Desk):
        offline.write(f"{C1}/intro-free/session.md", _session(f"{SESSION[:-1]}9"))
        before = ids(offline)
        offline.ok("mv", "1", "2", "-C", f"content/{P}")
        assert folders(offline, P) == ["01-practice", "02-foundations", "knowledge"]
        assert folders(offline, f"{P}/02-foundations") == [
            "2.1-why-leaders-listen", "2.2-asking", "intro-free",
        ]  # fmt: skip
        assert sorted(ids(offline).values()) == sorted(before.values())
        problems = offline.run("validate", "--frozen", "--json").json["problems"]
        assert [(p["code"], p["path"]) for p in problems] == [
            ("bad-name", f"content/{P}/02-foundations/intro-free"),
        ]  # fmt: skip

    def test_a_chapter_goes_to_another_program_and_a_program_to_another_client(self, offline: Desk):
        offline.ok("new", "client", "--title", "Other")
        offline.ok("new", "program", "content/other", "--title", "New")
        offline.ok("mv", f"content/{C1}", "content/other/new")
        assert CHAPTER in offline.read("other/new/01-foundations/chapter.md")
        offline.ok("mv", "leading-with-trust", "other")
        assert folders(offline, "other") == ["leading-with-trust", "new"]
        offline.ok("mv", "other", "Another Name")
        assert (offline.content / "Another Name/leading-with-trust/program.md").is_file()
        assert valid(offline)

    def test_a_program_a_document_and_an_article_can_be_moved(self, offline: Desk):
        offline.ok("mv", f"content/{P}", "leading")
        offline.ok("mv", "brief", "topic_research.md")
        offline.ok("new", "session", "2", "--title", "New")
        offline.ok("mv", "content/acme-bank/leading/01-foundations/1.2-asking/article.md", "2.1")
        assert (offline.content / "acme-bank/leading/02-practice/2.1-new/article.md").is_file()
        assert (offline.content / "acme-bank/leading/knowledge/topic_research.md").is_file()

    def test_a_picture_moves_too_and_its_links_follow(self, offline: Desk):
        offline.write(f"{S1}/p.png", b"\x89PNG")
        offline.edit(f"{S1}/article.md", "Four five.", "![a](p.png)")
        (offline.content / P / "img").mkdir()
        offline.ok("mv", f"content/{S1}/p.png", f"content/{P}/img")
        assert "![a](../../img/p.png)" in offline.read(f"{S1}/article.md")


class TestLinks:
    def test_links_into_and_out_of_what_moves_lead_where_they_led(self, offline: Desk):
        offline.edit(
            f"{S2}/article.md",
            "Ask.",
            "[a](../1.1-why-leaders-listen/article.md#x) `[a](../1.1-why-leaders-listen/)`",
        )
        text = "[b](../1.2-asking/article.md) [own](video.md) [up](../chapter.md) [gone](../no.md)"
        offline.edit(f"{S1}/article.md", "Four five.", text)
        offline.edit(
            f"{P}/program.md", "For those", "[e](01-foundations/1%2E1-why-leaders-listen/) For those"
        )
        before = offline.files()
        moved = offline.ok("mv", "1.1", "2")
        here = f"{C2}/2.1-why-leaders-listen"
        assert (
            "[b](../../01-foundations/1.2-asking/article.md) [own](video.md)"
            " [up](../../01-foundations/chapter.md) [gone](../no.md)"
        ) in offline.read(f"{here}/article.md")
        assert (
            "[a](../../02-practice/2.1-why-leaders-listen/article.md#x) `[a](../1.1-why-leaders-listen/)`"
            in offline.read(f"{S2}/article.md")
        )
        assert "[e](02-practice/2.1-why-leaders-listen/) For those" in offline.read(f"{P}/program.md")
        assert "edited 3 files, so that links and order stay right" in moved.err
        edited = {f"{here}/article.md", f"{S2}/article.md", f"{P}/program.md"}
        after = offline.files()
        for path, data in before.items():
            now = path.replace(S1, here)
            assert now in edited or after[now] == data

    def test_every_other_byte_of_a_file_stays(self, offline: Desk):
        data = (
            b"\xef\xbb\xbf---\r\nstatus: draft # so far\r\n---\r\n\r\n"
            b"[a](../1.1-why-leaders-listen/video.md)  \r\nEnd"
        )
        offline.write(f"{S2}/article.md", data)
        offline.ok("mv", "1.1", "x")
        assert (offline.content / S2 / "article.md").read_bytes() == data.replace(b"why-leaders-listen", b"x")


class TestGit:
    def test_what_git_tracks_is_moved_in_its_index(self, tracked: Desk):
        tracked.write(f"{S1}/draft.txt", "untracked")
        tracked.edit(f"{S1}/video.md", "Listen now.", "Listen then.")
        tracked.ok("mv", "1.1", "2")
        here = f"content/{C2}/2.1-why-leaders-listen"
        shown = git(tracked, "status", "--short", "-uall").splitlines()
        assert f"R  content/{S1}/session.md -> {here}/session.md" in shown
        assert f"RM content/{S1}/video.md -> {here}/video.md" in shown
        assert f"?? {here}/draft.txt" in shown
        assert len(shown) == 6

    def test_what_git_does_not_track_is_moved_all_the_same(self, tracked: Desk):
        tracked.ok("new", "session", f"content/{C2}", "--title", "New")
        tracked.ok("mv", "2.1", "2.5")
        assert git(tracked, "status", "--short", "-uall") == f"?? content/{C2}/2.5-new/session.md"

    def test_a_folder_moves_without_the_file_that_was_deleted_and_not_committed(self, tracked: Desk):
        (tracked.content / S1 / "video.md").unlink()
        tracked.ok("mv", "1.1", "2")
        here = f"content/{C2}/2.1-why-leaders-listen"
        shown = git(tracked, "status", "--short", "-uall").splitlines()
        assert f"R  content/{S1}/session.md -> {here}/session.md" in shown
        assert f"D content/{S1}/video.md" in shown
        assert not (tracked.content / S1).exists()

    def test_where_git_refuses_everything_is_as_it_was(self, tracked: Desk):
        before, index = tracked.files(), git(tracked, "ls-files", "-s")
        (tracked.root / ".git/index.lock").touch()
        refused = tracked.refused("mv", "1", "2", "-C", f"content/{P}")
        assert "git can't move" in refused.err
        assert "\nhint: " in refused.err
        (tracked.root / ".git/index.lock").unlink()
        assert (tracked.files(), git(tracked, "ls-files", "-s")) == (before, index)


class TestAllOrNothing:
    def test_a_dry_run_touches_nothing_and_tells_the_same(self, tracked: Desk):
        tracked.edit(f"{S2}/article.md", "Ask.", "[a](../1.1-why-leaders-listen/video.md)")
        before, status = (tracked.files(), tracked.stamps()), git(tracked, "status", "--short")
        planned = tracked.ok("mv", "1", "2", "-n", "-C", f"content/{P}")
        assert (tracked.files(), tracked.stamps()) == before
        assert git(tracked, "status", "--short") == status
        assert planned.out == tracked.ok("mv", "1", "2", "-C", f"content/{P}").out

    @pytest.mark.parametrize("fails", range(1, 6))
    def test_a_failure_on_the_way_undoes_what_was_done(
        self, offline: Desk, monkeypatch: pytest.MonkeyPatch, fails: int
    ):
        offline.edit(f"{S2}/article.md", "Ask.", "[a](../1.1-why-leaders-listen/video.md)")
        before = offline.files()
        calls = 0

        def failing(name):
            real = getattr(FileWriter, name)

            def run(self, *arguments, **named):
                nonlocal calls
                calls += 1
                if calls == fails:
                    raise OSError(5, "no more", "disk")
                return real(self, *arguments, **named)

            monkeypatch.setattr(FileWriter, name, run)

        failing("rename")
        failing("replace")
        assert offline.run("mv", "1", "2", "-C", f"content/{P}").code == 3
        assert offline.files() == before

    def test_a_journal_that_was_not_written_whole_says_that_nothing_was_done(self, offline: Desk):
        state = offline.root / ".studio"
        state.mkdir()
        (state / "moving").write_text('{"renames": [["a', "utf-8")
        assert not Mover(offline.content, state).finish()
        assert list(state.iterdir()) == []


def killed(desk: Desk, step: int, *arguments: str) -> None:
    """Run `studio` in a process of its own that is killed before a rename, an edit or a new file."""
    left = step

    def counted(real: Callable) -> Callable:
        def run(*given: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return run

    with pytest.MonkeyPatch.context() as patched:
        for owner, name in ((FileWriter, "rename"), (FileWriter, "replace"), (FileWriter, "create"),
                            (Memory, "move_folders")):  # fmt: skip
            patched.setattr(owner, name, counted(getattr(owner, name)))
        assert ended(desk, -1, signal.SIGKILL, *arguments) == -signal.SIGKILL


def told(desk: Desk) -> list[str]:
    """The hints about a stopped move."""
    problems = desk.run("validate", "--json").json["problems"]
    return [p["hint"] for p in problems if p["code"] == "stopped-move"]


CHAPTERS = ("mv", f"content/{C1}", "2")
FINISH = "`studio mv --stopped finish` finishes it"


class TestKilled:
    """The journal is followed only if the tree is still as the killed run left it."""

    def test_what_is_half_moved_is_told_finished_and_named(self, offline: Desk):
        offline.edit(f"{S2}/article.md", "Ask.", "[a](../1.1-why-leaders-listen/video.md)")
        whole = offline.clone("whole")
        before, moves = offline.files(), whole.ok(*CHAPTERS).out.splitlines()
        assert len(moves) > 4
        for step in range(1, 7):
            desk = offline.clone(f"killed-{step}")
            killed(desk, step, *CHAPTERS)
            half = desk.files() not in (before, whole.files())
            assert half == (1 < step < 6), step
            assert told(desk) == ([FINISH] if half else []), step
            if step == 1:  # for programs, nothing was done either
                shutil.copytree(desk.root, desk.root.with_name("program"))
                other = desk.at(desk.root.with_name("program"))
                assert other.json("mv", "--stopped", "finish")["renamed"] == []
            said = desk.ok("mv", "--stopped", "finish").err
            assert desk.files() == (before if step == 1 else whole.files()), step
            assert [line.strip() for line in said.splitlines()[1:]] == ([] if step == 1 else moves), step
            assert ("left half moved is done" in said, told(desk)) == (half, []), step
            assert desk.ok("mv", "--stopped", "finish").err == "no move is left to finish\n"

    def test_any_command_that_moves_finishes_it_first(self, tracked: Desk):
        killed(tracked, 3, *CHAPTERS)
        said = tracked.ok("new", "session", "1", "--title", "Later").err
        assert f"~ content/{C1} → content/{P}/02-foundations" in said
        assert "2.1-why-leaders-listen" in said
        assert folders(tracked, P) == ["01-practice", "02-foundations", "knowledge"]

    def test_what_git_put_back_is_not_moved_again(self, tracked: Desk):
        before = tracked.files()
        for step in (2, 3, 5):
            killed(tracked, step, *CHAPTERS)
            (tracked.root / ".git/index.lock").unlink(missing_ok=True)
            git(tracked, "reset", "-q", "--hard")
            git(tracked, "clean", "-fdq")
            assert told(tracked) == [], step
            said = tracked.ok("new", "session", f"content/{C2}", "--title", f"Later {step}").err
            assert "nothing of it is done now" in said, step
            commit(tracked)
        assert {path: tracked.files()[path] for path in before} == before
        assert {p.count("/") for p in tracked.files().keys() - before.keys()} == {4}

    @pytest.mark.parametrize("command", [("mv", "1.1", "1.5"), CHAPTERS])
    def test_what_git_moved_on_disk_alone_is_moved_in_its_index(
        self, tracked: Desk, command: tuple[str, ...]
    ):
        """git was killed before it wrote its index: `git commit -a` would only have deleted the files."""

        def half(_: Mover, __: object, source: str, target: str) -> None:
            os.rename(source, target)
            os.kill(os.getpid(), signal.SIGKILL)

        shutil.copytree(tracked.root, tracked.root.with_name("whole"))
        whole = tracked.at(tracked.root.with_name("whole"))
        whole.ok(*command)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Mover, "_git_mv", half)
            assert ended(tracked, -1, signal.SIGKILL, *command) == -signal.SIGKILL
        assert "?? " in git(tracked, "status", "--short")
        (tracked.root / ".git/index.lock").touch()
        assert "git can't move" in tracked.refused("mv", "--stopped", "finish").err
        (tracked.root / ".git/index.lock").unlink()
        tracked.ok("mv", "--stopped", "finish")
        assert tracked.files() == whole.files()
        assert git(tracked, "status", "--short") == git(whole, "status", "--short")
        assert valid(tracked)

    def test_folders_that_trade_their_very_names_are_told_apart(self, tracked: Desk):
        tracked.move(S1, f"{C1}/1.1")
        tracked.move(S2, f"{C1}/1.2")
        tracked.edit(f"{P}/program.md", "For those", "[e](01-foundations/1.1/article.md) For those")
        commit(tracked)
        before = tracked.files()
        trade = ("mv", "1.1", "--after", "1.2")
        for step in range(1, 6):
            killed(tracked, step, *trade)
            (tracked.root / ".git/index.lock").unlink(missing_ok=True)
            git(tracked, "reset", "-q", "--hard")
            git(tracked, "clean", "-fdq")
            assert "nothing of it is done now" in tracked.ok("mv", "--stopped", "finish").err, step
            assert tracked.files() == before
        killed(tracked, 4, *trade)
        tracked.ok("mv", "--stopped", "finish")
        assert SESSION in tracked.read(f"{C1}/1.2/session.md")
        assert "[e](01-foundations/1.2/article.md)" in tracked.read(f"{P}/program.md")

    @pytest.mark.parametrize("elsewhere", [True, False])
    def test_what_was_changed_since_is_not_moved_and_told(self, offline: Desk, elsewhere: bool):
        killed(offline, 2, "mv", "1.1", "--after", "1.2")
        for plan in (
            ("mv", "2", "4"),
            ("copy", "2", "5"),
            ("new", "chapter", f"content/{P}", "--title", "X"),
        ):
            assert FINISH in offline.ok(*plan, "-n").err
        moved = f"{C1}/1.1-asking"
        assert told(offline) == [FINISH]
        if elsewhere:
            offline.move(moved, f"{C1}/1.7-asking")
        else:  # another one, of the same name
            shutil.rmtree(offline.content / moved)
            offline.write(f"{moved}/session.md", _session(f"{SESSION[:-1]}9"))
        before = offline.files()
        refused = offline.refused("new", "session", f"content/{C2}", "--title", "Later")
        there = "there is neither" if elsewhere else f"there is content/{moved}"
        assert f"content/{S2} → content/{moved}: {there}\n" in refused.err
        assert f"content/{S1} → content/{C1}/1.2-why-leaders-listen: there is content/{S1}\n" in refused.err
        way = "move what is left as you want it; then `studio mv --stopped forget`"
        assert way in refused.err
        assert offline.refused("mv", "2", "4", "-n").err == refused.err
        assert told(offline) == [way]
        assert offline.files() == before
        offline.ok("mv", "--stopped", "forget")
        assert (told(offline), offline.files()) == ([], before)
        offline.ok("new", "session", f"content/{C2}", "--title", "Later")

    def test_a_new_record_with_the_very_name_of_one_that_moved_away_is_made(self, offline: Desk):
        offline.move(S1, f"{C1}/1.1-x")
        for step in (2, 3, 4):
            desk = offline.clone(f"killed-{step}")
            killed(desk, step, "new", "session", f"content/{C1}", "--title", "x", "--before", "1.1", "--full")
            assert told(desk) == [FINISH], step
            desk.ok("mv", "--stopped", "finish")
            assert folders(desk, C1) == ["1.1-x", "1.2-x", "1.3-asking"]
            assert (desk.content / C1 / "1.1-x/video.md").is_file()

    def test_status_and_doctor_tell_of_it(self, synced: Desk):
        killed(synced, 2, "mv", "1.1", "--after", "1.2")
        assert FINISH in synced.ok("status").err
        doctor = synced.run("doctor").out
        assert f"[stopped-move] content/{S1}: " in doctor
        assert FINISH in doctor
        synced.ok("mv", "--stopped", "finish")
        assert FINISH not in synced.ok("status").err
        assert synced.ok("push").code == 0

    def test_stopped_goes_alone_and_something_has_to_move(self, offline: Desk):
        assert offline.run("mv", "1.1", "--stopped", "finish").code == 2
        assert offline.run("mv").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("1.9", "1.1"), 2, "there is no 1.9 here"),
        (("1.1", "--before", "1.1"), 2, "can't be put beside itself"),
        (("1.1", "1.2", "--before", "1.2"), 2, "each name a place"),
        (("1.1", "--before", f"content/{C2}"), 2, "is a chapter, and not a session"),
        (("1.1", "content/acme-bank"), 2, "belongs in a chapter"),
        (("1.1", f"content/{S2}"), 1, "is there already"),
        (("1.1", "../elsewhere/x"), 2, "is outside the content folder"),
        (("1.1", "1.5-a\nb"), 2, "is no name for a new folder or file"),
        (("1.1", "1.5-\x1b[31m"), 2, "is no name for a new folder or file"),
        (("1.1", "1.5-\u202ea"), 2, "is no name for a new folder or file"),
        (("1.1", "1.5-a."), 2, "is no name for a new folder or file"),
        (("leading-with-trust", "con"), 2, "is no name for a new folder or file"),
        (("1", "x-y/z"), 2, "outside"),
        (("leading-with-trust",), 2, "where to?"),
        (("1.1", f"content/{P}/09-nowhere/1.1-x"), 2, "is no chapter"),
        ((f"content/{S1}/article.md", "article.md"), 2, "every article is called article.md"),
    ],
)
def test_what_can_not_be_moved_says_why_and_stays(
    offline: Desk, arguments: tuple[str, ...], code: int, said: str
):
    before = offline.files()
    result = offline.run("mv", *arguments)
    assert result.code == code, result
    assert said in result.err
    assert "\nhint: " in result.err
    assert offline.files() == before


@pytest.mark.parametrize("command", ["mv", "copy"])
@pytest.mark.parametrize("to", ["1.9", "1.9-x", f"content/{P}/9.5-x", "99999999999", "-3"])
def test_a_number_that_a_chapter_can_not_have_is_refused_with_the_way_out(
    offline: Desk, command: str, to: str
):
    before = offline.files()
    result = offline.run(command, "--", f"content/{C1}", to)
    assert result.code == 2
    assert "begins with no whole number" in result.err
    assert "\nhint: give a number as in 3 or 3-a-name" in result.err
    assert offline.files() == before


def test_a_name_that_another_has_is_refused_with_the_way_out(offline: Desk):
    offline.ok("new", "program", "--title", "Second")
    refused = offline.refused("mv", "second", "leading-with-trust")
    assert f"content/{P}/program.md is there already\nhint: choose another name" in refused.err


def test_a_number_that_two_records_have_is_asked_about(offline: Desk):
    offline.ok("new", "program", "--title", "Second")
    offline.ok("new", "chapter", "content/acme-bank/second", "--title", "One")
    refused = offline.run("mv", "1", "3")
    assert refused.code == 2
    assert f"1 may be any of 2: content/{C1}, content/acme-bank/second/01-one" in refused.err
    assert offline.run("mv", "1", "3", cwd=offline.content / S1).code == 0


@pytest.mark.parametrize("name", ["1.6-new", "outro"])
def test_what_is_left_in_a_folder_without_its_own_file_is_moved_as_the_hint_says(offline: Desk, name: str):
    """The session was never pushed, and its own file alone was moved: no copy of it is to be added."""
    offline.write(f"{C1}/1.7-new/session.md", _session(f"{SESSION[:-1]}7"))
    for file in ("article.md", "video.md"):
        offline.write(f"{C1}/{name}/{file}", "---\nstatus: draft\n---\n\nMine.\n")
    said = []
    while found := re.search(r"into another session: studio (mv .* FOLDER); or", offline.run("validate").out):
        said.append(found[1])
        offline.ok(*found[1].replace("FOLDER", "1.7").split())
    assert said == [f"mv content/{C1}/{name}/{file} FOLDER" for file in ("article.md", "video.md")]
    assert valid(offline)


def test_json_tells_what_was_renamed(offline: Desk):
    said = offline.ok("mv", "1.1", "x", "--json").json
    assert (said["command"], said["outcome"]) == ("mv", "ok")
    assert said["renamed"] == [{"from": f"content/{S1}", "to": f"content/{C1}/1.1-x"}]


def test_a_link_out_of_the_tree_is_not_followed(offline: Desk, tmp_path: Path):
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "out", offline.content / P / "03-out")
    assert offline.run("mv", f"content/{S1}", f"content/{P}/03-out/3.1-x").code != 0
    assert list((tmp_path / "out").iterdir()) == []


def test_rows_keep_their_ids_when_sessions_change_places_and_chapters(synced: Desk):
    synced.ok("mv", "1.2", "--before", "1.1")
    synced.ok("mv", "1.2", "2")
    synced.ok("push")
    rows = synced.sql(
        "SELECT s.number, s.id::text, c.number FROM sessions s JOIN chapters c ON c.id = chapter_id"
    )
    assert sorted(rows) == [("1.1", SESSION_2, 1), ("2.1", SESSION, 2)]
    assert synced.json("status")["counts"] == {"agreed": len(synced.files())}


def test_an_order_that_files_state_is_kept_up(offline: Desk):
    offline.edit(f"{S1}/session.md", "title: Why", "order_index: 9\ntitle: Why")
    offline.edit(f"{S2}/session.md", "title: Asking", "order_index: 3\ntitle: Asking")
    offline.ok("mv", "1.2", "--after", "1.1")
    first, last = (
        int(re.findall(r"order_index: (.*)", offline.read(f"{folder}/session.md"))[0]) for folder in (S1, S2)
    )
    assert first < last
    offline.ok("mv", "1.2", "2")
    assert "order_index" not in offline.read(f"{C2}/2.1-asking/session.md")
