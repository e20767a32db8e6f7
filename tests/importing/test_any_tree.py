"""Any tree at all: an import comes to an end, touches nothing of it, and says what is wrong with it."""

import os
import random
from pathlib import Path

import pytest

from tests.harness import Desk
from tests.importing.test_import import bytes_below

NAMES = (
    "a", "01-b", "02_c", "1.1 d", "README", "index", "_index", "Ü", "x y", "_p", "2024-01-01-post", "CON",
    "a.b", "name.de", "#h", "%41", "..c", "\U0001f600",
)  # fmt: skip
VALUES = (
    "x", "1", "true", "[a, b]", "{a: 1}", '"q"', "null", "2024-01-01", "12.5", "|\n  z", "*a", "&b c",
    "15 min", "é", '"\\u0007"',
)  # fmt: skip
KEYS = (
    "title", "weight", "sidebar_position", "nav_order", "parent", "description", "tags", "duration", "slug",
    "permalink", "aliases", "draft", "id", "params", "objectives", "sources", "языки", "a b",
)  # fmt: skip
MARKS = ("hugo.toml", "_config.yml", "docusaurus.config.js", ".obsidian/a", "")
SIDES = (b"x", b'{"label": "L", "position": 3}', b"{")
PIECES = (
    "[x]({0})", "[x](../{0}#h)", "![x]({0})", "[[{1}]]", "![[{1}|300]]", '{{{{< ref "{0}" >}}}}',
    "{{% link {0} %}}",
    "{{{{% note %}}}}", "# H", "```\n[[x]]\n```", "`[[y]]`", "<A>x</A>", "%%c%%", "[[", "](", "\t\tcode",
    "> [!note]", "---", "a: b", "+++", '<img src="{0}">', "[r]: {0}\n\n[r]", "text text", "[x](<{0}>)",
    "[^1]: x", "\u202e\x07",
)  # fmt: skip


def front(chance: random.Random) -> str:
    said = "".join(f"{key}: {chance.choice(VALUES)}\n" for key in chance.sample(KEYS, chance.randrange(6)))
    toml = f'+++\ntitle = "t"\nweight = {chance.randrange(9)}\n+++\n'
    whole = f"---\n{said}---\n"
    return chance.choice(("", whole, whole, f"---\n{said}", toml, '{"title": "j"}\n', "+++\nbad\n+++\n"))


def write(root: Path, chance: random.Random) -> None:
    """A tree that nobody would make, of pages that link to each other."""
    base = chance.choice(("", "content/", "docs/"))
    pages = []
    for _ in range(chance.randrange(1, 14)):
        parts = [chance.choice(NAMES) for _ in range(1 + chance.randrange(4))]
        pages.append(base + "/".join(parts) + chance.choice((".md", ".md", ".mdx", ".markdown", ".MD")))
    others = (
        "p.png",
        "img/p.png",
        "static/img/p.png",
        "a/p.png",
        "docs/_category_.json",
        chance.choice(MARKS),
    )
    for path in filter(None, (*pages, *others)):
        near = [os.path.relpath(page, Path(path).parent).replace(os.sep, "/") for page in pages]
        targets = [*near, "p.png", "/img/p.png", "gone.md"]
        pieces = [
            piece.format(target := chance.choice(targets), Path(target).stem)
            for piece in chance.choices(PIECES, k=chance.randrange(6))
        ]
        text = front(chance) + chance.choice(("\n\n", "\n", " ")).join(pieces)
        data = text.encode() if path in pages else chance.choice(SIDES)
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        except OSError:  # one path is a folder of another
            continue


@pytest.mark.parametrize("seeds", [range(12), pytest.param(range(12, 600), marks=pytest.mark.slow)])
def test_any_tree_comes_in_or_is_refused_and_nothing_is_left_unsaid(tmp_path: Path, seeds: range):
    came_in = 0
    for seed in seeds:
        chance = random.Random(seed)
        source = tmp_path / f"{seed}" / "tree"
        source.mkdir(parents=True)
        write(source, chance)
        before = bytes_below(source)
        with Desk(tmp_path / f"{seed}" / "desk", "postgresql://127.0.0.1:1/none") as desk:
            proposed = desk.run("import", str(source), "--to", "acme", "-n")
            said = desk.run("import", str(source), "--to", "acme", "--json")
            assert said.code in (0, 1), (seed, said.text)
            assert bytes_below(source) == before, seed
            if said.code:
                assert not list(desk.content.iterdir()), seed
                continue
            came_in += 1
            (desk.root / "map.yaml").write_text(proposed.out, "utf-8")
            again = desk.run("import", str(source), "--to", "other/p", "--map", "map.yaml", "--json")
            assert again.code == 0, (seed, again.text)
            errors = {
                (p["path"], p["code"])
                for p in desk.run("validate", "--json").json["problems"]
                if p["severity"] == "error"
            }
            told = {(p["path"], p["code"]) for r in (said, again) for p in r.json["problems"]}
            assert errors <= told, (seed, errors - told)
    assert came_in > len(seeds) // 2
