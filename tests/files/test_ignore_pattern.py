"""Patterns of `.studioignore`: they mean what git says that they mean, and cost what they are long."""

import random
import subprocess
import time

import pytest

from studio_sync.core.values.bounds import MAX_IGNORE_PATTERN, MAX_IGNORE_PATTERNS
from studio_sync.files.tree.ignore.ignore_pattern import PatternError, Patterns

NAMES = ["a", "b", "ab", "ba", "a.b", "aab", "-", "a b", "!", "[", "]", "abba"]
SIGNS = "ab*?[]!/\\-. ^#ab**/"


def ignored(patterns, path):
    parts = path.split("/")
    folders = ["/".join(parts[:k]) + "/" for k in range(1, len(parts))]
    return any(bool(patterns.include(place)) for place in [*folders, path])


def ignored_by_git(folder, lines, paths):
    (folder / ".gitignore").write_text("\n".join(lines) + "\n")
    asked = ["git", "-C", folder, "check-ignore", "-z", "--stdin", "--no-index"]
    ran = subprocess.run(asked, input="\0".join(paths).encode(), capture_output=True, check=False)
    return set(ran.stdout.decode().split("\0"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ignoring")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_means_what_git_says(repository, seed):
    chance = random.Random(seed)
    paths = ["/".join(chance.choices(NAMES, k=chance.randint(1, 4))) for _ in range(120)]
    for _ in range(25):
        drawn = ["".join(chance.choices(SIGNS, k=chance.randint(1, 7))) for _ in range(chance.randint(1, 3))]
        lines = [line for line in drawn if line.strip() and "\\/" not in f"{line}/" and line != "!"]
        patterns = Patterns(lines)
        theirs = ignored_by_git(repository, lines, paths)
        assert {p for p in paths if ignored(patterns, p)} == theirs - {""}, lines


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("[[:digit:]]*.md", "1.md", True),
        ("[[:digit:]]*.md", "x.md", False),
        ("[![:alpha:]]", "1", True),
        ("[]a]", "]", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**", "a", False),
        ("**", "a/b", True),
        ("\\#a", "#a", True),
        ("\\!a", "!a", True),
        ("a\\ ", "a ", True),
        ("a  ", "a", True),
        ("a\r", "a", True),
    ],
)
def test_what_a_pattern_matches(pattern, path, found):
    assert ignored(Patterns([pattern]), path) is found


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 100 + "b", "a*" * 100, "?*" * 100, "[a-z]*" * 60, "**/a/" * 60 + "b", "**/*a*/" * 40 + "**",
     "*" * 500 + "b", "a**" * 100, "/*/" * 100 + "x"],
)  # fmt: skip
def test_no_pattern_takes_long(pattern):
    patterns = Patterns([pattern])
    began = time.monotonic()
    for path in ("a" * 255, "/".join(["a" * 255] * 15), "a/" * 1_000, "/".join(["aa"] * 1_000)):
        patterns.include(path)
    assert time.monotonic() - began < 1


def test_what_cant_be_read_is_named_with_its_line():
    for lines, at, said in (
        (["a", "!"], 2, "can't be read"),
        (["a\\"], 1, "can't be read"),
        (["a" * (MAX_IGNORE_PATTERN + 1)], 1, str(MAX_IGNORE_PATTERN)),
        (["a"] * 20_000, MAX_IGNORE_PATTERNS + 1, str(MAX_IGNORE_PATTERNS)),
    ):
        with pytest.raises(PatternError, match=said) as raised:
            Patterns(lines)
        assert raised.value.line == at
