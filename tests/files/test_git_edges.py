"""What commits changed is asked of git once a process, and asked again for what is new."""

import subprocess
from pathlib import Path

import pytest

from studio_sync.files.git import edges as git_edges
from studio_sync.files.git.edges import NO_BLOB, edges_of


def git(folder: Path, *arguments: str, given: str | None = None) -> str:
    command = ["git", "-c", "user.name=Mia", "-c", "user.email=mia@example.org", *arguments]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path, text: str) -> str:
    (folder / "a.md").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", text)
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


class Asked:
    """git in one folder, and how many commits it was asked to look into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.commits = folder, 0

    def __call__(self, *arguments: str, given: str | None = None) -> str:
        if arguments[0] == "diff-tree":
            self.commits += len((given or "").splitlines())
        return git(self.folder, *arguments, given=given)


def test_only_new_commits_are_looked_into(repo: Path) -> None:
    one, two = commit(repo, "one"), commit(repo, "two")
    asked, place = Asked(repo), (str(repo), "")
    found = edges_of(asked, place, [two])
    assert list(found) == [two, one]
    assert [edge.parent for edge in (*found[two], *found[one])] == [one, ""]
    assert found[one][0].changes["a.md"][0] == NO_BLOB
    assert edges_of(asked, place, [two]) == found
    assert asked.commits == 2
    three = commit(repo, "three")
    assert list(edges_of(asked, place, [three])) == [three, two, one]
    assert asked.commits == 3
    assert list(edges_of(asked, place, [one])) == [one]


def test_a_commit_whose_parents_were_cut_off_is_looked_into_again(repo: Path, tmp_path: Path) -> None:
    one, two = commit(repo, "one"), commit(repo, "two")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", repo.as_uri(), str(clone))
    asked, place = Asked(clone), (str(clone), "")
    assert [edge.parent for edge in edges_of(asked, place, [two])[two]] == [""]
    git(clone, "fetch", "-q", "--unshallow")
    found = edges_of(asked, place, [two])
    assert ([edge.parent for edge in found[two]], list(found)) == ([one], [two, one])


def test_what_git_tells_beyond_what_it_was_asked_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_edges, "_known", {})

    def strange(*arguments: str, given: str | None = None) -> str:
        return "c1\n" if arguments[0] == "rev-list" else "c1\0c2\0"

    with pytest.raises(ValueError, match="more commits"):
        edges_of(strange, ("x", ""), ["c1"])
