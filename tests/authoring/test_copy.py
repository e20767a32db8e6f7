"""`studio copy`: the same again with ids of its own, and translations that know what their source said."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from studio_sync.files.workspace.sources import read_sources
from tests.harness import C1, C2, PROGRAM, S1, S2, SESSION, Desk, P, run
from tests.repository import commit, git

COPY = "acme-bank/vertrauen"
ARTICLE = f"{COPY}/01-foundations/1.1-why-leaders-listen/article.md"


def ids(desk: Desk, folder: str) -> set[str]:
    texts = [p.read_text("utf-8") for p in (desk.content / folder).rglob("*.md")]
    return {own for text in texts for own in re.findall(r"^id: (.*)$", text, re.MULTILINE)}


def told(desk: Desk, *scope: str) -> dict[str, str]:
    """What status says of sources, by the path of the translation."""
    return {
        p["path"].removeprefix("content/"): p["code"]
        for p in desk.json("status", *scope)["problems"]
        if p["code"].startswith("source-")
    }


@pytest.fixture
def translated(desk: Desk) -> Desk:
    """A workspace whose program has a copy, to be translated."""
    desk.edit(f"{S1}/article.md", "status: draft", "status: approved # by Ada")
    desk.edit(f"{P}/program.md", "status: draft", "status: published")
    desk.ok("copy", "leading-with-trust", "vertrauen", "--language", "de-CH")
    return desk


class TestTheCopy:
    def test_it_has_new_ids_first_statuses_the_language_and_every_other_byte(self, translated: Desk):
        assert ids(translated, COPY).isdisjoint(ids(translated, P))
        assert len(ids(translated, COPY)) == len(ids(translated, P)) == 5
        before, after = translated.read(f"{P}/program.md"), translated.read(f"{COPY}/program.md")
        (own,) = re.findall("^id: (.*)$", after, re.MULTILINE)
        assert after == before.replace(PROGRAM, own).replace("published", "draft").replace(
            ": de\n", ": de-CH\n"
        )
        assert translated.read(ARTICLE) == translated.read(f"{S1}/article.md").replace("approved", "draft")
        assert translated.run("validate", "--frozen", "--json").json["problems"] == []

    def test_each_line_keeps_its_end_and_a_new_one_has_that_of_the_line_above(self, offline: Desk):
        text = offline.read(f"{P}/program.md").replace("language: de\n", "").replace("trust\n", "trust\r\n")
        offline.write(f"{P}/program.md", text)
        offline.ok("copy", "leading-with-trust", "vertrauen", "--language", "de-CH")
        after = offline.read(f"{COPY}/program.md")
        assert re.sub("^id: .*", f"id: {PROGRAM}", after, flags=re.MULTILINE) == text.replace(
            "trust\r\n", "trust\r\nlanguage: de-CH\r\n"
        )

    def test_it_can_be_pushed_beside_its_source(self, translated: Desk):
        translated.ok("push", "--import")
        assert (
            translated.one("SELECT count(*) FROM programs WHERE language = 'de-CH' AND status = 'draft'") == 1
        )
        assert translated.json("status")["counts"] == {"agreed": len(translated.files())}

    def test_a_session_gets_the_next_number_where_it_goes(self, offline: Desk):
        offline.ok("copy", "1.1", "2")
        offline.ok("copy", f"content/{S1}", f"content/{C1}")
        offline.ok("copy", "1.1", "1.7-again")
        offline.ok("copy", "1.2", "other")
        assert (offline.content / C2 / "2.1-why-leaders-listen/quiz.yaml").is_file()
        assert (offline.content / C1 / "1.3-why-leaders-listen/quiz.yaml").is_file()
        assert (offline.content / C1 / "1.7-again/quiz.yaml").is_file()
        assert (offline.content / C1 / "1.8-other/session.md").is_file()

    def test_a_chapter_has_its_sessions_numbered_after_it_and_links_lead_to_the_copies(self, offline: Desk):
        offline.write(f"{C1}/pic.png", b"\x89\xff")
        offline.edit(
            f"{S1}/article.md", "Four five.", "[in](../1.2-asking/) [p](../pic.png) [out](../../02-practice/)"
        )
        offline.ok("copy", "1", "3", "-C", f"content/{P}")
        text = offline.read(f"{P}/03-foundations/3.1-why-leaders-listen/article.md")
        assert "[in](../3.2-asking/) [p](../pic.png) [out](../../02-practice/)" in text
        assert (offline.content / P / "03-foundations/pic.png").read_bytes() == b"\x89\xff"
        assert "broken-link" not in offline.run("validate", "--json").codes
        assert offline.run("validate").code == 0

    def test_the_source_of_a_stated_order_is_not_taken_along(self, offline: Desk):
        offline.edit(f"{S1}/session.md", "title: Why", "order_index: 9\ntitle: Why")
        offline.ok("copy", "1.1", "2")
        assert "order_index" not in offline.read(f"{C2}/2.1-why-leaders-listen/session.md")

    def test_a_dry_run_touches_nothing_and_tells_the_same(self, offline: Desk):
        before, stamps = offline.files(), offline.stamps()
        planned = offline.ok("copy", "leading-with-trust", "x", "-n")
        assert (offline.files(), offline.stamps()) == (before, stamps)
        assert not (offline.root / "studio.sources").exists()
        assert planned.out == offline.ok("copy", "leading-with-trust", "x").out

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (("acme-bank", "other"), 2, "can't be copied by itself"),
            ((f"content/{S1}/article.md", "2"), 2, "can't be copied by itself"),
            (("1.1",), 2, "where to?"),
            (("1.1", "1.2"), 1, "1.2 is taken there"),
            (("leading-with-trust", "content/acme-bank"), 1, "leading-with-trust is taken there"),
            (("1.1", f"content/{P}"), 2, "belongs in a chapter"),
            (("--caught-up", "1.1"), 1, "nothing here is a copy"),
        ],
    )
    def test_what_can_not_be_copied_says_why(
        self, offline: Desk, arguments: tuple[str, ...], code: int, said: str
    ):
        before = offline.files()
        result = offline.run("copy", *arguments)
        assert (result.code, said in result.err) == (code, True), result
        assert offline.files() == before
        assert not (offline.root / "studio.sources").exists()

    @pytest.mark.parametrize(("what", "to", "word", "new"), [
        ("1.1", "1.2", "NUMBER", "1.8"),
        ("acme-bank/leading-with-trust", "leading-with-trust", "SLUG", "older"),
    ])  # fmt: skip
    def test_a_place_that_is_taken_is_freed_as_the_hint_says(
        self, offline: Desk, what: str, to: str, word: str, new: str
    ):
        said = offline.refused("copy", what, to).err
        (way,) = re.findall(f"rename that: studio (mv .*) {word}\n", said)
        offline.ok(*way.split(), new)
        offline.ok("copy", what.replace("leading-with-trust", "older"), to)
        assert offline.run("validate").code == 0

    def test_a_source_without_an_id_is_not_copied(self, offline: Desk):
        offline.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
        assert "`studio validate --fix` writes one" in offline.refused("copy", "1.1", "2").err

    def test_a_failure_leaves_nothing_behind(self, offline: Desk, monkeypatch: pytest.MonkeyPatch):
        from studio_sync.files.tree.disk.file_writer import FileWriter

        def broken(*_: object, **__: object) -> None:
            raise OSError(28, "No space left")

        monkeypatch.setattr(FileWriter, "rename", broken)
        before = offline.files()
        assert offline.run("copy", "1.1", "2").code == 3
        assert offline.files() == before
        assert not (offline.root / "studio.sources").exists()
        assert not list(offline.content.rglob(".studio*"))

    def test_what_a_killed_copy_left_is_removed_by_the_next_command(self, offline: Desk):
        code = """
import os
from studio_sync.files.tree.disk.file_writer import FileWriter
FileWriter.rename = lambda *a, **k: os._exit(9)
"""
        process = offline.spawn("copy", "1.1", "2", code=code)
        process.communicate()
        assert process.returncode == 9
        assert list(offline.content.rglob(".studio-copying-*"))
        offline.ok("mv", "1.1", "x")
        assert not list(offline.content.rglob(".studio-copying-*"))
        assert list((offline.root / ".studio").glob("moving")) == []


class TestTranslations:
    def test_nothing_is_told_while_the_source_stays_and_status_and_place_do_not_count(self, translated: Desk):
        assert told(translated) == {}
        translated.edit(f"{S1}/article.md", "approved # by Ada", "review")
        translated.ok("mv", "content/" + S1, f"content/{P}/02-practice")
        translated.ok("mv", "vertrauen", "trust-de")
        assert told(translated) == {}

    def test_a_changed_source_is_listed_with_its_translation(self, translated: Desk):
        translated.edit(f"{S1}/article.md", "Four five.", "Four six.")
        translated.edit(f"{S1}/quiz.yaml", "Who listens?", "Who asks?")
        assert told(translated) == {
            ARTICLE: "source-changed",
            ARTICLE.replace("article.md", "quiz.yaml"): "source-changed",
        }
        assert told(translated, f"content/{P}") == {}
        shown = translated.ok("status", f"content/{ARTICLE}").err
        assert f"content/{S1}/article.md changed since this was translated from it" in shown
        assert f"`studio diff --source content/{ARTICLE}` shows how" in shown

    def test_diff_shows_how_without_a_database(self, translated: Desk):
        translated.edit(f"{S1}/article.md", "Four five.", "Four six.")
        shown = translated.ok("diff", "--source", STUDIO_DATABASE_URL="postgresql://127.0.0.1:1/none")
        assert shown.out == (
            f"~ content/{S1}/article.md  (translated in content/{ARTICLE})\n"
            "  ~ content:\n@@ -1,3 +1,3 @@\n One two three.\n \n-Four five.\n+Four six.\n"
        )
        assert translated.run("diff", "--source", "--exit-code").code == 1
        said = translated.ok("diff", "--source", "--json").json
        assert said["sources"] == [
            {
                "path": f"content/{ARTICLE}", "source": f"content/{S1}/article.md",
                "language": "de-CH", "fields": ["content"],
            }
        ]  # fmt: skip

    def test_a_translation_that_has_caught_up_is_told_of_the_next_change_only(self, translated: Desk):
        translated.edit(f"{S1}/article.md", "Four five.", "Four six.")
        caught = translated.ok("copy", "--caught-up", "vertrauen/1/1.1")
        assert caught.out == f"~ content/{ARTICLE}\n"
        assert told(translated) == {}
        translated.edit(f"{S1}/article.md", "Four six.", "Four seven.")
        shown = translated.ok("diff", "--source").out
        assert "-Four six.\n+Four seven.\n" in shown
        assert "nothing to catch up with" in translated.ok("copy", "--caught-up", "vertrauen/2").err

    def test_what_the_source_has_more_and_what_it_has_no_more_is_told(self, translated: Desk):
        translated.ok("new", "session", f"content/{C2}", "--title", "More")
        translated.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNew.\n")
        translated.remove(f"{S1}/video.md")
        chapter, session = f"{COPY}/02-practice/chapter.md", f"{COPY}/01-foundations/1.2-asking/session.md"
        assert told(translated) == {
            chapter: "source-new",
            session: "source-new",
            ARTICLE.replace("article", "video"): "source-changed",
        }
        shown = translated.ok("status").err
        command = f"copy content/{C2}/2.1-more content/{COPY}/02-practice --language de-CH"
        assert f"`studio {command}`" in shown
        translated.ok(*command.split())
        translated.write(session.replace("session.md", "video.md"), "---\nstatus: draft\n---\n\nNeu.\n")
        translated.remove(ARTICLE.replace("article", "video"))
        translated.ok("copy", "--caught-up", "vertrauen")
        assert told(translated) == {}
        translated.edit(f"{S2}/video.md", "New.", "Newer.")
        assert told(translated) == {session.replace("session.md", "video.md"): "source-changed"}

    def test_a_plain_copy_is_no_translation(self, desk: Desk):
        desk.ok("copy", "leading-with-trust", "second")
        desk.edit(f"{S1}/article.md", "Four five.", "Four six.")
        assert told(desk) == {}
        assert len(read_sources(desk.root / "studio.sources")) == 11


class TestTheFile:
    def test_it_has_a_line_a_record_in_order_and_keeps_texts_that_git_has_not(self, translated: Desk):
        (file,) = (translated.root / "studio.sources").iterdir()
        assert file.stem in translated.read(f"{COPY}/program.md")
        lines = file.read_text("utf-8").splitlines()[1:]
        assert lines == sorted(lines)
        assert len(lines) == 11
        assert all(line.split("\t")[4].startswith("zip:") for line in lines)

    def test_a_committed_text_is_named_by_its_blob_and_one_that_differs_is_kept(self, tracked: Desk):
        tracked.edit(f"{S1}/article.md", "Four five.", "Four six.")
        tracked.ok("copy", "leading-with-trust", "vertrauen", "--language", "de")
        texts = {s.source: s.text for s in read_sources(tracked.root / "studio.sources").values()}
        assert texts[f"{SESSION}/article"].startswith("zip:")
        blob = git(tracked, "rev-parse", f"HEAD:content/{S1}/quiz.yaml").strip()
        assert texts[f"{SESSION}/quiz"] == f"git:{blob}"
        tracked.edit(f"{S1}/quiz.yaml", "Who listens?", "Who asks?")
        commit(tracked)
        git(tracked, "gc", "-q", "--prune=now")
        assert 'Who listens?" → "Who asks?' in tracked.ok("diff", "--source").out.replace("\n", " ")

    def test_a_text_that_this_clone_does_not_have_is_said_to_be_missing(self, tracked: Desk, tmp_path: Path):
        tracked.ok("copy", "leading-with-trust", "vertrauen", "--language", "de")
        tracked.edit(f"{S1}/session.md", "Nobody told her.", "Nobody told him.")
        commit(tracked)
        root = tmp_path / "clone"
        subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{tracked.root}", root], check=True)
        env = {**os.environ, "STUDIO_DATABASE_URL": tracked.url}
        shown = run("diff", "--source", cwd=root, env=env).out
        assert f"~ content/{S1}/session.md  (translated in" in shown
        assert "is not in this clone; `git fetch --unshallow` may bring it" in shown
        assert run("diff", "--source", "--json", cwd=root, env=env).json["sources"][0]["fields"] is None

    def test_two_peoples_copies_merge(self, tracked: Desk):
        git(tracked, "branch", "-M", "main")
        for number in (1, 2):
            git(tracked, "checkout", "-q", "-b", f"b{number}", "main")
            tracked.ok("copy", f"1.{number}", f"2.{number}-x", "--language", "de")
            commit(tracked)
        git(tracked, "merge", "-q", "--no-edit", "b1")
        assert len(read_sources(tracked.root / "studio.sources")) == 7
        assert tracked.run("validate", "--json").json["problems"] == []

    def test_damage_is_passed_over(self, translated: Desk):
        (file,) = (translated.root / "studio.sources").iterdir()
        text = file.read_text("utf-8")
        file.write_text("<<<<<<< ours\n" + text + "=======\nx\ty\n>>>>>>> theirs\n", "utf-8")
        assert len(read_sources(file.parent)) == 11
        file.write_text(text.replace("zip:", "zip:!"), "utf-8")
        translated.edit(f"{S1}/article.md", "Four five.", "Four six.")
        assert "is not in this clone" in translated.ok("diff", "--source").out
