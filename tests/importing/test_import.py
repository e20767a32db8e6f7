"""`studio import`: lessons of another tool become records; links and pictures follow; nothing gets lost."""

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest

from studio_sync.core.values import bounds
from studio_sync.files.foreign.dialect import DIALECTS, IGNORE, NAME, ORDER, PARENT, REPORT, TITLE
from studio_sync.sync.importing.shape import shape_of
from tests.harness import Desk
from tests.importing.trees import FOLDERS, HUGO, PNG, TREES, make

OUTLINES = {
    "hugo": ["01-practice: 1.1-again 1.2-a-drill", "02-the-basics: 2.1-why-handovers-fail 2.2-a-shape"],
    "jekyll": ["01-basics: 1.1-how 1.2-why", "02-posts: 2.1-older 2.2-first-news"],
    "docusaurus": ["01-docusaurus: 1.1-welcome", "02-the-basics: 2.1-why 2.2-how", "03-practice: 3.1-drill"],
    "obsidian": [
        "01-obsidian: 1.1-welcome",
        "02-basics: 2.1-a-shape-for-all 2.2-why-handovers-fail",
        "03-practice: 3.1-drill",
    ],
    "folders": [
        "01-the-basics: 1.1-why-handovers-fail 1.2-shape 1.3-last",
        "02-practice: 2.1-again 2.2-drill",
    ],
}

SAID = {
    "hugo": {
        "02-the-basics/chapter.md": ["subtitle: Where it begins", "\nFirst.\n"],
        "02-the-basics/2.1-why-handovers-fail/session.md": [
            "hook: She did not hear it.",
            "estimated_minutes: 15",
        ],
        "02-the-basics/2.1-why-handovers-fail/article.md": [
            "[the shape](../2.2-a-shape/article.md#steps) and [practice](../../01-practice/chapter.md).",
            "{{% note %}}Mind this.{{% /note %}}",
            'figure src="ward.png" alt',
        ],
        "02-the-basics/2.2-a-shape/article.md": [
            "![Steps](steps.png)",
            "[why](../2.1-why-handovers-fail/article.md)",
        ],
        "01-practice/1.1-again/article.md": ["[Drill](../1.2-a-drill/article.md) or [gone](nowhere.md)"],
        "01-practice/1.2-a-drill/article.md": ["[why](../../02-the-basics/2.1-why-handovers-fail/"],
        "program.md": ["name: Handover that holds", "\nFor every ward.\n"],
    },
    "jekyll": {
        "01-basics/chapter.md": ["title: Basics", "\nFirst things.\n"],
        "01-basics/1.1-how/article.md": ["[why](../1.2-why/article.md)"],
        "01-basics/1.2-why/session.md": ["estimated_minutes: 20"],
        "01-basics/1.2-why/article.md": [
            "[how](../1.1-how/article.md) and [news](../../02-posts/2.2-first-news/article.md)",
            "![Ward](ward.png)",
            "{% include note.html text='x' %}",
        ],
        "program.md": ["name: Handover", "\nWelcome.\n"],
    },
    "docusaurus": {
        "01-docusaurus/1.1-welcome/article.md": ["[why](../../02-the-basics/2.1-why/article.md#a-thing)"],
        "02-the-basics/2.1-why/session.md": ["hook: The reason"],
        "02-the-basics/2.2-how/article.md": [
            "import Tabs from '@theme/Tabs';",
            "![Ward](ward.png) and [why](../2.1-why/article.md)",
            "require('steps.png')",
        ],
        "03-practice/3.1-drill/article.md": ["[practice](../chapter.md), [down](../../02-the-basics/2.2"],
    },
    "obsidian": {
        "01-obsidian/1.1-welcome/article.md": ["[the reason](../../02-basics/2.2-why-handovers-fail/"],
        "02-basics/2.1-a-shape-for-all/article.md": ["[Reasons](../2.2-why-handovers-fail/article.md)"],
        "02-basics/2.2-why-handovers-fail/article.md": [
            "[A shape: The steps](../2.1-a-shape-for-all/article.md#the-steps), [Here](#here), [[Nowhere]]",
            "and ![ward](ward.png).",
            "`[[not a link]]`",
        ],
        "03-practice/3.1-drill/article.md": ["[a shape](../../02-basics/2.1-a-shape-for-all/article.md)"],
    },
    "folders": {
        "program.md": ["name: Handover that holds"],
        "01-the-basics/1.1-why-handovers-fail/article.md": [
            "Next: [shape](../1.2-shape/article.md). ![Ward](a%20ward.png)",
        ],
        "02-practice/2.2-drill/article.md": ["[why](../../01-the-basics/1.1-why-handovers-fail/article.md)"],
    },
}  # fmt: skip

LEFT = {
    "hugo": {
        ("key", "tags", "content/basics/why.md", 0),
        ("key", "author", "content/basics/shape/index.md", 0),
        ("page", "belongs to the page of its folder", "content/basics/shape/notes.md", 0),
        ("page", "is in another language: de", "content/basics/why.de.md", 0),
        ("construct", "shortcode note", "content/basics/why.md", 13),
        ("construct", "shortcode figure", "content/basics/why.md", 15),
        ("link", "nowhere.md", "content/practice/again.md", 6),
    },
    "jekyll": {
        ("key", "author", "lessons/how.md", 0),
        ("key", "categories", "_posts/2024-01-05-first-news.md", 0),
        ("page", "has no front matter, so it is no page of jekyll", "README.md", 0),
        ("construct", "Liquid tag include", "lessons/why.md", 9),
        ("construct", "kramdown attribute {: .wide }", "lessons/why.md", 14),
    },
    "docusaurus": {
        ("key", "keywords", "docs/basics/02-how.mdx", 0),
        ("key", "link, in a category file", "docs/basics/_category_.json", 0),
        ("page", "is a part that other pages take in", "docs/basics/_part.mdx", 0),
        ("construct", "line of MDX import Tabs from '@theme/Tabs';", "docs/basics/02-how.mdx", 7),
        ("construct", "component Tabs", "docs/basics/02-how.mdx", 11),
        ("construct", "admonition tip", "docs/basics/02-how.mdx", 13),
        ("skipped", "1 of the pages are outside of docs", "blog", 0),
    },
    "obsidian": {
        ("key", "tags", "1 Basics/Why handovers fail.md", 0),
        ("construct", "callout note", "1 Basics/Why handovers fail.md", 7),
        ("construct", "comment %%", "1 Basics/Why handovers fail.md", 14),
        ("construct", "block name ^block1", "1 Basics/Why handovers fail.md", 18),
        ("construct", "link to a block ^block1", "1 Basics/A shape.md", 3),
        ("link", "[[Nowhere]]", "1 Basics/Why handovers fail.md", 10),
        ("embed", "![[A shape]]", "1 Basics/Why handovers fail.md", 12),
        ("file", "no page shows it or links to it", "Board.canvas", 0),
    },
    "folders": {
        ("key", "mood", "01 Basics/1.10-last.md", 0),
        ("value", "duration: a while", "01 Basics/1.10-last.md", 0),
        ("file", "no page shows it or links to it", "02-practice/drill/sheet.pdf", 0),
        ("file", "no page shows it or links to it", "img/unused.png", 0),
    },
}


def bytes_below(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, with its time."""
    return {
        p.relative_to(root).as_posix(): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(root.rglob("*"))
        if p.is_file() and not p.is_symlink()
    }


def outline(program: Path) -> list[str]:
    """The chapters of a program with their sessions."""
    return [
        f"{chapter.name}: {' '.join(sorted(p.name for p in chapter.iterdir() if p.is_dir()))}"
        for chapter in sorted(program.iterdir())
        if chapter.is_dir()
    ]


def left(said: dict) -> set[tuple[str, str, str, int]]:
    """What a report in JSON says that could not be taken over."""
    return {(n["about"], n["what"], n["path"], n["line"]) for n in said["left"]}


@pytest.fixture
def empty(tmp_path: Path):
    """A workspace without content, whose database can't be reached."""
    with Desk(tmp_path / "desk", "postgresql://127.0.0.1:1/none") as desk:
        yield desk


def test_all_five_kinds_come_in_pass_validate_and_are_pushed(bare: Desk, tmp_path: Path):
    for kind, tree in TREES.items():
        source = make(tmp_path / kind / "handover", tree)
        before = bytes_below(source)
        said = bare.json("import", str(source), "--to", f"acme/{kind}")
        assert bytes_below(source) == before
        program = bare.content / "acme" / kind
        assert outline(program) == OUTLINES[kind]
        for path, pieces in SAID[kind].items():
            text = (program / path).read_text("utf-8")
            assert [piece for piece in pieces if piece not in text] == []
        assert left(said) == LEFT[kind]
        assert said["problems"] == []
        for path in said["kept"]:
            kept = bare.root / Path(said["report"]).parent / "kept" / path
            assert kept.read_bytes() == before[path][0]
        assert all((bare.root / path).is_file() for path in said["created"])
    found = bare.run("validate", "--json")
    assert found.code == 0
    assert {p["code"] for p in found.json["problems"]} <= {"broken-link", "unseen-file", "missing-alt"}
    broken = [p["message"] for p in found.json["problems"] if p["code"] == "broken-link"]
    assert broken == ["this link has no target in the tree: `nowhere.md`"]
    bare.ok("push")
    assert bare.one("SELECT count(*) FROM sessions") == sum(
        line.count(" ") for lines in OUTLINES.values() for line in lines
    )
    assert bare.json("status")["records"] == []


@pytest.mark.parametrize("kind", list(TREES))
def test_the_map_that_is_proposed_has_every_key_and_gives_the_same_when_it_is_given_back(
    empty: Desk, tmp_path: Path, kind: str
):
    source = make(tmp_path / "handover", TREES[kind])
    proposed = empty.ok("import", str(source), "--to", "acme", "-n")
    assert f"kind: {kind} " in proposed.out
    assert len(proposed.out.splitlines()) <= 20
    said = empty.json("import", str(source), "--to", "acme", "-n")["map"]
    for key, use in said["keys"].items():
        assert f"  {key}: {use['to']} " in proposed.out
        assert f"# {use['pages']} of the pages, e.g. {use['example']}" in proposed.out
    assert not list(empty.content.iterdir())
    mapping = empty.root / "map.yaml"
    mapping.write_text(proposed.out, "utf-8")
    again = empty.json("import", str(source), "--map", "map.yaml", "-n")
    assert not list(empty.content.iterdir())
    assert not (empty.root / "imports").exists()
    made = empty.json("import", str(source), "--to", "acme")
    assert made["created"] == again["created"]


def test_a_map_sends_keys_elsewhere_leaves_folders_out_and_makes_folders_programs(
    empty: Desk, tmp_path: Path
):
    tree = {
        f"{course}/{part}/{n}.md": f"---\nlead: {course} {n}\nmood: calm\nset: {course}\n---\n\nText.\n"
        for course in ("talks", "wards")
        for part in ("one", "two")
        for n in (1, 2)
    }
    source = make(tmp_path / "courses", tree | {"old/x/1.md": "Old.\n"})
    (empty.root / "map.yaml").write_text(
        "client: acme\nlevels: [program, chapter]\nskip: [old]\nlanguage: de\n"
        "keys: {lead: session.hook, mood: session.wiifm, set: ignore}\n",
        "utf-8",
    )
    said = empty.json("import", str(source), "--map", "map.yaml")
    assert said["made"] == {"client": 1, "program": 2, "chapter": 4, "session": 8, "article": 8}
    assert outline(empty.content / "acme" / "wards") == ["01-one: 1.1-1 1.2-2", "02-two: 2.1-1 2.2-2"]
    text = empty.read("acme/talks/02-two/2.1-1/session.md")
    assert "hook: talks 1\nwiifm: calm\n" in text
    assert "language: de" in empty.read("acme/wards/program.md")
    assert said["left"] == []


def test_a_map_chooses_the_language_the_folder_and_whether_folders_are_anything(empty: Desk, tmp_path: Path):
    source = make(tmp_path / "handover", HUGO | {"content/de/a/eins.md": "# Eins\n"})
    mapping = empty.root / "map.yaml"
    mapping.write_text("client: acme\nlanguage: de\nprogram: deutsch\n", "utf-8")
    said = empty.json("import", str(source), "--map", "map.yaml")
    assert outline(empty.content / "acme" / "deutsch") == ["01-basics: 1.1-warum"]
    assert {n["what"] for n in said["left"] if n["about"] == "page"} == {"is in another language: en"}
    mapping.write_text("client: acme\nroot: content/de\nprogram: eigen\n", "utf-8")
    empty.ok("import", str(source), "--map", "map.yaml")
    assert outline(empty.content / "acme" / "eigen") == ["01-a: 1.1-eins"]
    mapping.write_text("client: acme\nlevels: []\nprogram: flat\nskip: [de]\n", "utf-8")
    empty.ok("import", str(source), "--map", "map.yaml")
    (chapter,) = outline(empty.content / "acme" / "flat")
    assert [name.partition("-")[2] for name in chapter.partition(": ")[2].split()] == [
        "practice", "again", "a-drill", "the-basics", "why-handovers-fail", "a-shape",
    ]  # fmt: skip


def test_the_language_of_a_site_is_as_its_settings_say(empty: Desk, tmp_path: Path):
    tree = {
        "hugo.toml": "defaultContentLanguage = 'de'\n",
        "content/a/eins.md": "Text.\n",
        "content/a/zwei.md": "Text.\n",
        "content/a/eins.en.md": "Text.\n",
    }
    said = empty.json("import", str(make(tmp_path / "x", tree)), "--to", "acme")
    assert outline(empty.content / "acme" / "x") == ["01-a: 1.1-eins 1.2-zwei"]
    assert "language: de" in empty.read("acme/x/program.md")
    assert ("page", "is in another language: en", "content/a/eins.en.md", 0) in left(said)


def test_two_levels_of_folders_are_proposed_where_nearly_all_lessons_stand_that_deep(
    empty: Desk, tmp_path: Path
):
    source = make(tmp_path / "x", {f"{a}/{b}/1.md": "Text.\n" for a in "pq" for b in "cd"})
    said = empty.json("import", str(source), "--to", "acme", "-n")["map"]
    assert said["levels"] == ["program", "chapter"]


def test_200_lessons_come_in_with_one_command_in_their_order(empty: Desk, tmp_path: Path):
    tree = {
        f"content/part-{9 - part}/lesson-{n}.md": (
            f"---\ntitle: Lesson {part}.{n}\nweight: {n}\n---\n\n[next](lesson-{n + 1}.md)\n"
        )
        for part in range(10)
        for n in range(1, 21)
    } | {f"content/part-{9 - part}/_index.md": f"---\nweight: {part + 1}\n---\n" for part in range(10)}
    source = make(tmp_path / "course", {**tree, "hugo.toml": ""})
    said = empty.json("import", str(source), "--to", "acme")
    assert said["made"]["session"] == said["made"]["article"] == 200
    text = empty.read("acme/course/10-part-0/10.20-lesson-9-20/session.md")
    assert "title: Lesson 9.20\n" in text
    assert "(../10.19-lesson-9-19/article.md)" in empty.read(
        "acme/course/10-part-0/10.18-lesson-9-18/article.md"
    )
    assert [n["what"] for n in said["left"]] == ["lesson-21.md"] * 10


def test_nothing_that_is_there_is_written_over(empty: Desk, tmp_path: Path):
    source = make(tmp_path / "handover", FOLDERS)
    empty.ok("import", str(source), "--to", "acme")
    before = bytes_below(empty.root)
    refused = empty.refused("import", str(source), "--to", "acme")
    assert "content/acme/handover is there already" in refused.err
    assert bytes_below(empty.root).keys() == before.keys()
    way_out = re.search(r"--to (\S+)", refused.err)
    assert way_out
    empty.ok("import", str(source), "--to", way_out[1])
    after = bytes_below(empty.root)
    assert {path: after[path] for path in before if ".studio/" not in path} == {
        path: said for path, said in before.items() if ".studio/" not in path
    }
    assert (empty.root / "imports/handover-2/report.md").is_file()


def test_where_a_folder_is_a_program_that_is_there_the_way_out_is_to_skip_it(empty: Desk, tmp_path: Path):
    source = make(tmp_path / "x", {f"{a}/{b}/1.md": "Text.\n" for a in "pq" for b in "cd"})
    empty.write("acme/client.md", "---\nname: Acme\n---\n")
    empty.write("acme/p/program.md", "---\nname: P\n---\n")
    refused = empty.refused("import", str(source))
    way_out = re.search(r"`(skip: .*?)`", refused.err)
    assert way_out
    (empty.root / "map.yaml").write_text(f"{way_out[1]}\n", "utf-8")
    made = empty.json("import", str(source), "--map", "map.yaml")["made"]
    assert made == {"program": 1, "chapter": 2, "session": 2, "article": 2}


def test_a_file_that_appears_while_the_import_runs_is_not_written_over(
    empty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from studio_sync.sync.importing import importer

    source = make(tmp_path / "handover", FOLDERS)
    empty.write("acme/client.md", "---\nid: 11111111-1111-4111-8111-111111111111\nname: Acme\n---\n")
    real = importer.Importer.carry_out

    def late(self, made):
        empty.write("acme/handover/program.md", "Mine.\n")
        real(self, made)

    monkeypatch.setattr(importer.Importer, "carry_out", late)
    assert empty.run("import", str(source)).code != 0
    assert empty.files() == {
        "acme/client.md": empty.files()["acme/client.md"],
        "acme/handover/program.md": b"Mine.\n",
    }
    assert not list(empty.root.glob("imports/*"))


def test_it_asks_for_whom_and_where_it_may_stand(empty: Desk, tmp_path: Path):
    source = make(tmp_path / "handover", FOLDERS)
    who = empty.run("import", str(source))
    assert (who.code, "for which client?" in who.err) == (2, True)
    empty.write("acme/client.md", "---\nname: Acme\n---\n")
    empty.ok("import", str(source), "-n")
    assert "content/acme/handover/program.md" in empty.json("import", str(source))["created"]
    assert empty.run("import", str(tmp_path / "none"), "-n").code == 2
    assert "is in the content folder already" in empty.run("import", "content/acme", "-n").err
    assert "holds the workspace" in empty.run("import", str(tmp_path), "-n").err
    nothing = make(tmp_path / "nothing", {"_config.yml": "", "a.md": "Text.\n"})
    refused = empty.refused("import", str(nothing), "-n")
    assert "no page that could be a lesson" in refused.err
    (empty.root / "map.yaml").write_text("kind: folders\nprogram: other\n", "utf-8")
    empty.ok("import", str(nothing), "--map", "map.yaml")


@pytest.mark.parametrize("program", [".git", ".studio", "..", "a/b", "CON", "x\ny"])
def test_a_map_of_the_tree_wants_its_report_in_a_folder_of_its_choice(
    empty: Desk, tmp_path: Path, program: str
):
    tree = tmp_path / "tree"
    (tree / "one").mkdir(parents=True)
    (tree / "one/page.md").write_text("---\nodd: 1\n---\n# A page\n")
    (tree / "map.yaml").write_text(json.dumps({"client": "acme", "program": program}))
    empty.ok("import", str(tree), "--map", str(tree / "map.yaml"))
    (report,) = empty.root.joinpath("imports").rglob("report.md")
    assert report.parent.parent == empty.root / "imports"
    assert report.parent.name not in (program, "imports")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("kind: wordpress\n", "", "no kind of tree called wordpress"),
        ("kind: folders\nkeys:\n  mood: session.mood\n", ":3:9:", "`mood` can't go to session.mood"),
        ("levels: [session]\n", ":1:9:", "folders can't become these"),
        ("keep: 1\n", ":1:7:", "unknown key `keep`"),
        ("skip: x\n", ":1:7:", "`skip` must be a list"),
        ("program: 12\n", ":1:10:", "`program` must be a text"),
        ("a: [\n", ":", "error"),
        ("root: nowhere\n", "", "no page in nowhere"),
    ],
)
def test_a_map_that_can_not_be_meant_is_refused_at_its_line(
    empty: Desk, tmp_path: Path, text: str, line: str, said: str
):
    source = make(tmp_path / "handover", FOLDERS)
    (empty.root / "map.yaml").write_text(text, "utf-8")
    refused = empty.run("import", str(source), "--to", "acme", "--map", "map.yaml")
    assert refused.code in (1, 2)
    assert said in refused.err
    assert line in refused.err
    assert not list(empty.content.iterdir())


def test_what_the_kinds_of_trees_say_of_keys_leads_to_fields_that_there_are():
    shape = shape_of()
    words = {TITLE, ORDER, PARENT, NAME, IGNORE, REPORT}
    for dialect in DIALECTS:
        for goal in dialect.keys.values():
            assert goal in words or all(shape.field(part.strip()) for part in goal.split(","))


def test_a_page_that_speaks_for_a_deeper_folder_comes_first_and_brings_its_weight(
    empty: Desk, tmp_path: Path
):
    tree = {
        "hugo.toml": "",
        "content/a/_index.md": "---\ntitle: A\n---\n",
        "content/a/z/_index.md": "---\ntitle: Z first\nweight: 1\n---\n\nText.\n",
        "content/a/z/one.md": "---\nweight: 1\n---\n\nText.\n",
        "content/a/b/_index.md": "---\ntitle: B later\nweight: 2\n---\n\nText.\n",
        "content/a/b/two.md": "[up](_index.md)\n",
        "content/c/three.md": "Text.\n",
    }
    empty.ok("import", str(make(tmp_path / "x", tree)), "--to", "acme")
    assert outline(empty.content / "acme" / "x") == [
        "01-a: 1.1-z-first 1.2-one 1.3-b-later 1.4-two",
        "02-c: 2.1-three",
    ]
    assert "[up](../1.3-b-later/article.md)" in empty.read("acme/x/01-a/1.4-two/article.md")


def test_names_are_found_however_a_system_spells_them(empty: Desk, tmp_path: Path):
    decomposed = unicodedata.normalize("NFD", "Übung")
    tree = {
        ".obsidian/app.json": "{}",
        f"1 A/{decomposed}.md": "Text.\n",
        "1 A/2.md": f"[[{unicodedata.normalize('NFC', decomposed)}]] ![x](Bild.PNG) ![[Blatt.pdf]]\n",
        "1 A/bild.png": PNG,
        "1 A/Blatt.pdf": b"%PDF",
    }
    said = empty.json("import", str(make(tmp_path / "x", tree)), "--to", "acme")
    assert said["left"] == []
    text = next((empty.content / "acme" / "x" / "01-a").glob("*2/article.md")).read_text("utf-8")
    assert re.search(
        r"\]\(\.\./1\.\d-\w+/article\.md\) !\[x\]\(bild\.png\) \[Blatt\.pdf\]\(Blatt\.pdf\)", text
    )


# --- a stranger's tree


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_no_link_is_followed_and_no_pipe_opened(empty: Desk, tmp_path: Path):
    (tmp_path / "secret.md").write_text("# Secret\n", "utf-8")
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "far.png").write_bytes(PNG)
    source = make(tmp_path / "theirs", {"a/1.md": "![x](s.png) ![y](../../secret.png) ![z](d/far.png)\n"})
    (source / "a" / "2.md").symlink_to(tmp_path / "secret.md")
    (source / "a" / "s.png").symlink_to(tmp_path / "secret.png")
    (source / "a" / "d").symlink_to(tmp_path / "out")
    os.mkfifo(source / "a" / "3.md")
    said = empty.json("import", str(source), "--to", "acme")
    assert [path.rpartition("/")[2] for path in said["created"]] == [
        "client.md", "article.md", "session.md", "chapter.md", "program.md",
    ]  # fmt: skip
    assert {n["path"] for n in said["left"] if n["about"] == "skipped"} == {
        "a/2.md", "a/3.md", "a/d", "a/s.png",
    }  # fmt: skip
    assert len([n for n in said["left"] if n["about"] == "link"]) == 3


FRONTS = {
    "bomb": "---\na: &a [x, x]\n" + "".join(f"a{i}: &a [*a, *a]\n" for i in range(40)) + "---\n",
    "open": "---\ntitle: never closed\n",
    "tag": "---\ntitle: !!python/object:os.system x\n---\n",
    "twice": "---\ntitle: a\ntitle: b\n---\n",
    "list": "---\n- a\n---\n",
    "toml": "+++\ntitle = \n+++\n",
    "deep": "{" + '"a":{' * 5000 + "}" * 5001 + "\n",
    "nan": "+++\nx = nan\n+++\n",
    "tabs": "---\n\ttitle: x\n---\n",
    "liquid": "---\ntitle: {{ page.title }}\n---\n",
}  # fmt: skip


def test_front_matter_that_can_not_be_read_is_named_and_the_page_comes_in_and_is_kept(
    empty: Desk, tmp_path: Path
):
    source = make(tmp_path / "theirs", {f"a/{name}.md": f"{f}\nText.\n" for name, f in FRONTS.items()})
    said = empty.json("import", str(source), "--to", "acme")
    assert said["made"]["session"] == len(FRONTS)
    named = {n["path"] for n in said["left"] if n["about"] in ("front", "key")}
    assert named >= {f"a/{name}.md" for name in FRONTS if name != "deep"}
    assert set(said["kept"]) == named
    errors = [p for p in empty.run("validate", "--json").json["problems"] if p["severity"] == "error"]
    told = {(p["path"], p["code"]) for p in said["problems"]}
    assert {(p["path"], p["code"]) for p in errors} <= told


def test_bytes_that_are_no_text_stay_out_and_are_kept(empty: Desk, tmp_path: Path):
    tree = {"a/1.md": "Text.\n", "a/2.md": b"\xff\xfe", "a/3.md": "a\0b", "a/4.md": "---\ntitle: x\n---\n"}
    said = empty.json("import", str(make(tmp_path / "theirs", tree)), "--to", "acme")
    assert {(n["what"], n["path"]) for n in said["left"]} == {
        ("it is not UTF-8", "a/2.md"),
        ("it has a NUL character in it", "a/3.md"),
    }
    assert sorted(said["kept"]) == ["a/2.md", "a/3.md"]
    assert said["made"] == {"client": 1, "program": 1, "chapter": 1, "session": 2, "article": 1}
    assert empty.run("validate").code == 0


def test_nothing_of_a_stranger_acts_in_what_is_said(empty: Desk, tmp_path: Path):
    acting = "\x1b[31m\u202e<script>alert(1)</script>::error::x|[x](javascript:1)"
    tree = {
        "a/1.md": f'---\n"{acting.encode("unicode_escape").decode()}": x\ntitle: "\\e[2J::error::y"\n---\n\n'
        f"[[{acting.replace('|', '').replace('[x]', '')}]]\n"
    }
    source = make(tmp_path / "theirs", tree)
    for arguments in (["-n"], ["-n", "--json"], [], ["--json"]):
        said = empty.run("import", str(source), "--to", f"acme/p{len(arguments)}", *arguments)
        assert said.code == 0
        assert not re.search(r"[\x1b\u202e]", said.text)
        assert "\n::error" not in f"\n{said.text}"
    for report in empty.root.glob("imports/*/report.md"):
        text = report.read_text("utf-8")
        assert not re.search(r"[\x1b\u202e]|(?<!\\)<script", text)


@pytest.mark.parametrize(
    ("bound", "value", "said"),
    [
        ("files.foreign.foreign_source.MAX_IMPORT_FILES", 3, "more than 3 files"),
        ("sync.importing.tree.MAX_IMPORT_TEXT", 10, "more than 0 MiB together"),
        ("sync.importing.importer.MAX_IMPORT_PICTURES", 3, "more than 0 MiB together"),
    ],
)
def test_each_bound_is_an_error_with_its_number(
    empty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, said: str
):
    monkeypatch.setattr(f"studio_sync.{bound}", value)
    source = make(tmp_path / "handover", FOLDERS)
    refused = empty.refused("import", str(source), "--to", "acme")
    assert said in refused.err
    assert not list(empty.content.iterdir())


def test_a_picture_over_the_bound_stays_out_and_is_named(
    empty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert bounds.MAX_IMPORT_PICTURE == 64 << 20
    monkeypatch.setattr("studio_sync.files.foreign.text.MAX_IMPORT_PICTURE", 3)
    said = empty.json("import", str(make(tmp_path / "handover", FOLDERS)), "--to", "acme")
    assert ("file", "img/a ward.png: it has more than 0 MiB", "01 Basics/1.1-why.md", 0) in left(said)
    assert not [path for path in said["created"] if path.endswith(".png")]


def test_pictures_of_one_name_from_two_places_and_names_that_no_path_holds(empty: Desk, tmp_path: Path):
    tree = {
        "a/1.md": "![x](p/x.png) ![y](q/X.png) ![z](<p/a b#1%.png>) [r](p/data.yaml) [again](p/x.png)\n",
        "a/p/x.png": b"1", "a/q/X.png": b"2", "a/p/a b#1%.png": b"3", "a/p/data.yaml": b"k: 1\n",
    }  # fmt: skip
    said = empty.json("import", str(make(tmp_path / "x", tree)), "--to", "acme")
    folder = "acme/x/01-a/1.1-1"
    text = empty.read(f"{folder}/article.md")
    assert "![x](x.png) ![y](X-2.png) ![z](<p/a b#1%.png>) [r](p/data.yaml) [again](x.png)" in text
    assert (empty.content / folder / "X-2.png").read_bytes() == b"2"
    whats = {n["what"] for n in said["left"]}
    assert "a/p/data.yaml: it would be taken for a record" in whats


@pytest.mark.parametrize("mark", ["{{", "[[", "%%", "`", "{%", "<A", "![[", "(", "[](", "{{<ref"])
def test_marks_without_end_take_no_time(empty: Desk, tmp_path: Path, mark: str):
    source = make(tmp_path / "x", {".obsidian/a": "", "a/1.md": mark * 60_000 + "\n"})
    empty.ok("import", str(source), "--to", "acme")
