"""What a tree stands on, ids, and wishes in commits, wherever git has put the workspace."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import C1, C2, CLIENT, PROGRAM, S1, S2, SESSION, Desk, Result
from tests.repository import commit, git

ARTICLE, VIDEO, OTHER = f"{S1}/article.md", f"{S1}/video.md", f"{S2}/article.md"
OUTSIDE = "88888888-8888-4888-8888-888888888888"
WRONG = "99999999-9999-4999-8999-999999999999"

Layout = Callable[[Desk, Path], Desk]


def repository(desk: Desk, top: Path) -> None:
    """Put a desk into a new repository, with everything committed."""
    if desk.root != top:
        shutil.copytree(desk.root, top)
    whole = desk.at(top)
    git(whole, "init", "-q", "-b", "main")
    (top / ".gitignore").write_text(".studio/\n")
    commit(whole, "first")


def cloned(*options: str) -> Layout:
    def layout(desk: Desk, place: Path) -> Desk:
        repository(desk, place / "origin")
        git(desk, "clone", "-q", *options, f"file://{place}/origin", str(place / "clone"))
        return desk.at(place / "clone")

    return layout


def sparse(desk: Desk, place: Path) -> Desk:
    other = cloned()(desk, place)
    wanted = ("/studio.yaml", "/.gitattributes", "/content/", f"!/content/{C2}/")
    git(other, "sparse-checkout", "set", "--no-cone", *wanted)
    return other


def subfolder(desk: Desk, place: Path) -> Desk:
    shutil.copytree(desk.root, place / "top" / "training" / "acme")
    repository(desk.at(place / "top"), place / "top")
    return desk.at(place / "top" / "training" / "acme")


def two_workspaces(desk: Desk, place: Path) -> Desk:
    other = place / "top" / "two"
    (other / "content" / "beta-air").mkdir(parents=True)
    (other / "studio.yaml").write_text("name: two\nclients: [beta-air]\n")
    (other / "content" / "beta-air" / "client.md").write_text("---\nname: Beta Air\n---\n")
    shutil.copytree(desk.root, place / "top" / "one")
    desk.at(other).ok("push")
    repository(desk.at(place / "top"), place / "top")
    return desk.at(place / "top" / "one")


def worktree(desk: Desk, place: Path) -> Desk:
    repository(desk, place / "origin")
    git(desk.at(place / "origin"), "worktree", "add", "-q", "-b", "side", str(place / "tree"))
    return desk.at(place / "tree")


def submodule(desk: Desk, place: Path) -> Desk:
    repository(desk, place / "origin")
    outer = desk.at(place / "outer")
    outer.root.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "-q", "add", f"file://{place}/origin", "sub")
    git(outer, "commit", "-q", "-m", "with a submodule")
    return desk.at(outer.root / "sub")


LAYOUTS: dict[str, Layout] = {
    "a worktree": worktree,
    "a submodule": submodule,
    "a workspace in a subfolder": subfolder,
    "two workspaces in one repository": two_workspaces,
    "a sparse checkout": sparse,
    "a shallow clone": cloned("--depth", "1"),
    "line ends of Windows": cloned("-c", "core.autocrlf=true"),
}


# --- the situations; each leaves everything committed, and both sides equal


def standing(desk: Desk, path: str) -> object:
    """How one file stands; a shallow clone is told to fetch what is missing, and then it can be told."""
    told(desk, "status")
    return desk.standings().get(path)


def pushed(desk: Desk) -> None:
    assert told(desk, "push").code == 0


def told(desk: Desk, command: str) -> Result:
    found = desk.run(command)
    if "git fetch --unshallow" not in found.text or not (desk.root / ".git" / "shallow").exists():
        return found
    git(desk, "fetch", "-q", "--unshallow")
    return desk.run(command)


def words(desk: Desk, path: str) -> str:
    """What the database says of a content."""
    table, column = ("videos", "script") if path == VIDEO else ("articles", "content")
    own = SESSION if path in (VIDEO, ARTICLE) else "44444444-4444-4444-8444-444444444442"
    return str(desk.one(f"SELECT {column} FROM {table} WHERE session_id = %s", own))


def typed_back_by_hand(desk: Desk) -> None:
    old = desk.read(ARTICLE)
    desk.edit(ARTICLE, "One two", "Uno dos")
    pushed(desk)
    desk.write(ARTICLE, old)
    assert standing(desk, ARTICLE) == {"content": "ahead"}
    pushed(desk)
    assert words(desk, ARTICLE).startswith("One two")


def put_back_by_git(desk: Desk) -> None:
    desk.edit(OTHER, "Ask.", "Ask again.")
    pushed(desk)
    git(desk, "checkout", "-q", "--", f"content/{OTHER}")
    assert standing(desk, OTHER) == {"content": "conflict"}
    desk.refused("push")
    desk.refused("pull")
    desk.ok("resolve", f"content/{OTHER}", "--keep", "database")
    assert "Ask again." in desk.read(OTHER)


def stashed(desk: Desk) -> None:
    text = desk.read(VIDEO)
    desk.write(VIDEO, text.rstrip("\r\n") + " Stashed.\n")
    pushed(desk)
    git(desk, "stash", "-q")
    assert standing(desk, VIDEO) == {"script": "behind"}
    git(desk, "stash", "pop", "-q")
    assert standing(desk, VIDEO) is None


def on_an_old_branch(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two", "A third")
    pushed(desk)
    commit(desk, "newer")
    git(desk, "checkout", "-q", "--detach", "HEAD~1")
    assert standing(desk, ARTICLE) == {"content": "behind"}
    git(desk, "checkout", "-q", "-")
    assert standing(desk, ARTICLE) is None


def reverted(desk: Desk) -> None:
    git(desk, "revert", "--no-edit", "HEAD")
    assert standing(desk, ARTICLE) == {"content": "ahead"}
    pushed(desk)
    assert words(desk, ARTICLE).startswith("One two")


def mistyped_id(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", SESSION, WRONG)
    assert f"put back `id: {SESSION}`" in desk.refused("push", "--partial").text
    assert f"put back `id: {SESSION}`" in desk.refused("validate").text
    desk.edit(f"{S1}/session.md", WRONG, SESSION)
    assert desk.standings() == {}


def copied_with_its_id(desk: Desk) -> None:
    shutil.copytree(desk.content / S1, desk.content / C1 / "1.9-copy")
    desk.edit(f"{S1}/session.md", f"id: {SESSION}", "# no id")
    said = [desk.refused("push", "-n", "--json").codes]
    desk.run("status")
    said.append(desk.refused("push", "-n", "--json").codes)
    assert said[0] == said[1]
    assert set(said[0]) == {"duplicate-id"}
    shutil.rmtree(desk.content / C1 / "1.9-copy")
    desk.edit(f"{S1}/session.md", "# no id", f"id: {SESSION}")
    assert desk.standings() == {}


def moved_to_a_client_outside(desk: Desk) -> None:
    desk.sql("INSERT INTO clients (id, name, slug) VALUES (%s, 'Gamma', 'gamma')", OUTSIDE)
    desk.sql("UPDATE programs SET client_id = %s WHERE id = %s", OUTSIDE, PROGRAM)
    files = desk.files()
    for command in (["pull"], ["push", "--partial", "--delete"]):
        assert "[elsewhere]" in desk.refused(*command).text
    assert desk.files() == files
    desk.sql("UPDATE programs SET client_id = %s WHERE id = %s", CLIENT, PROGRAM)
    desk.sql("DELETE FROM clients WHERE id = %s", OUTSIDE)


def kept_otherwise_by_git(desk: Desk) -> None:
    git(desk, "config", "--global", "filter.own.clean", "sed s/Stashed/STASHED/")
    (desk.root / ".gitattributes").write_text("content/** filter=own\n")
    git(desk, "add", "--renormalize", ".")
    commit(desk, "with a filter")
    assert "STASHED" in git(desk, "show", f"HEAD:./content/{VIDEO}")
    desk.edit(VIDEO, "Stashed.", "Stashed, and kept otherwise.")
    assert standing(desk, VIDEO) == {"script": "ahead"}
    pushed(desk)
    commit(desk, "more")
    desk.edit(VIDEO, "otherwise.", "otherwise by git.")
    assert standing(desk, VIDEO) == {"script": "ahead"}
    pushed(desk)


def deleted_by_a_trailer(desk: Desk) -> None:
    path = git(desk, "ls-files", "--full-name", f"content/{OTHER}")
    desk.remove(OTHER)
    commit(desk, f"less\n\nStudio-Delete: {path}")
    pushed(desk)
    assert desk.one("SELECT count(*) FROM articles") == 1


SITUATIONS = (
    typed_back_by_hand, put_back_by_git, stashed, on_an_old_branch, reverted, mistyped_id, copied_with_its_id,
    moved_to_a_client_outside, kept_otherwise_by_git, deleted_by_a_trailer,
)  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_situation_is_told_in_every_layout(
    synced: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    synced.config("name: desk\nclients: [acme-bank]\n")
    desk = LAYOUTS[name](synced, tmp_path / "layout")
    assert told(desk, "pull").code == 0
    for situation in SITUATIONS:
        situation(desk)
        if git(desk, "status", "--porcelain"):
            commit(desk, situation.__name__)
        assert desk.standings() == {}, situation.__name__
    if "shallow" in name:
        assert not (desk.root / ".git" / "shallow").exists()
