"""What the author of a repository may want of git, and doesn't get: each test is named by what that is.

A clone is made of a stranger's repository. Whatever it runs leaves a mark, and none may be there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio_sync.core.plan.trailers import grants_of
from studio_sync.core.values import bounds
from studio_sync.errors import UnavailableError, UsageError
from studio_sync.files.git import process, repository
from studio_sync.files.git.blobs import committed, read_blob
from studio_sync.files.git.program import find_git
from studio_sync.files.git.repository import Repository
from studio_sync.files.git.state import GitFolder
from studio_sync.files.workspace.ci_settings import default_branch
from studio_sync.files.workspace.draft import Draft
from studio_sync.files.workspace.moving import Mover
from studio_sync.files.workspace.sources import TranslationSource, text_then
from tests.harness import C1, C2, S1, S2, TREE, Desk
from tests.lsp.client import Client

GIT = shutil.which("git") or "git"
"""The tests' own, whatever PATH says in them."""
ARTICLE = f"{S1}/article.md"
MOVED = f"{C1}/1.9-asking"
WORKSPACE = {"studio.yaml": "name: desk\n", ".gitignore": ".studio/\n"}


def git(folder: Path, *arguments: str, given: str = "", **env: str) -> str:
    """What a person's own git does, whose configuration is nobody's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        [GIT, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **env},
    )
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def commit(folder: Path, message: str = "more") -> str:
    git(folder, "add", "--all", "--force", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The user's own configuration is a file of this test."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")


@dataclass(frozen=True)
class Clone:
    """A clone of a stranger's repository, and where everything that runs leaves its mark."""

    root: Path
    mark: Path

    @property
    def content(self) -> Path:
        return self.root / "content"

    @property
    def payload(self) -> str:
        """A command line that leaves the mark."""
        return f"touch '{self.mark}'"

    def script(self, place: Path) -> Path:
        """A program that leaves the mark."""
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{self.payload}\ncat\n")
        place.chmod(0o755)
        return place

    def config(self, key: str, value: str) -> None:
        git(self.root, "config", key, value)

    def ask_everything(self) -> Repository:
        """Ask git all that studio ever asks, and move a folder."""
        found = Repository.around(self.content)
        assert found is not None
        (blob,) = found.blobs([f"{found.head}:{ARTICLE}"])
        assert [data for _, data in found.contents([(ARTICLE, blob)])] == [TREE[ARTICLE].encode()]
        assert read_blob(self.content, blob) == TREE[ARTICLE].encode()
        assert found.listed(found.head, {"article.md"})[ARTICLE] == blob
        assert committed(self.content, ".")[ARTICLE] == blob
        assert found.history
        found.trailers((), since=git(self.root, "rev-list", "--max-parents=0", "HEAD", "--").split("\n")[-1])
        assert ARTICLE in found.rewritten([ARTICLE])
        assert not any((found.unmerged, found.left_out, found.shallow, found.stash))
        found.moved_on(found.commit("HEAD~1") or found.head, 0)
        _ = found.sparse, found.identity()
        default_branch(self.root)
        (self.root / ".studio").mkdir(exist_ok=True)
        for path in (f"{S2}/session.md", ARTICLE):  # git looks into what seems to be changed
            os.utime(self.content / path, (1, 1))
        Mover(self.content, self.root / ".studio").carry_out(Draft([(S2, MOVED)]))
        assert (self.content / MOVED / "session.md").is_file()
        return found

    def nothing_ran(self) -> None:
        assert not self.mark.exists()


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of a workspace, with two commits."""
    root = tmp_path_factory.mktemp("origin") / "desk"
    write(root, {**WORKSPACE, **{f"content/{path}": text for path, text in TREE.items()}})
    git(root, "init", "-q", "-b", "main", ".")
    commit(root, "first")
    write(root, {f"content/{S2}/article.md": "---\nstatus: draft\n---\n\nAsk more.\n"})
    commit(root, "second\n\nStudio-Reopen: content/acme-bank reason")
    return root


def cloned(origin: Path, tmp_path: Path) -> Clone:
    git(tmp_path, "clone", "-q", str(origin), "clone")
    return Clone(tmp_path / "clone", tmp_path / "ran")


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Clone:
    return cloned(origin, tmp_path)


# --- programs that configuration, attributes and hooks name


def hook(clone: Clone) -> None:
    clone.script(clone.root / ".git" / "hooks" / "post-index-change")


def committed_hooks(clone: Clone) -> None:
    clone.script(clone.root / "hooks" / "post-index-change")
    clone.config("core.hooksPath", "hooks")


def hook_of_configuration(clone: Clone) -> None:
    clone.config("hook.x.event", "post-index-change")
    clone.config("hook.x.command", clone.payload)


def clean_filter(clone: Clone) -> None:
    attributes(clone, "session.md filter=x")
    clone.config("filter.x.clean", f"{clone.payload}; cat")
    clone.config("filter.x.smudge", f"{clone.payload}; cat")
    clone.config("filter.x.required", "true")


def long_running_filter(clone: Clone) -> None:
    attributes(clone, "session.md filter=x")
    clone.config("filter.x.process", clone.payload)


def filter_with_a_strange_name(clone: Clone) -> None:
    attributes(clone, "session.md filter=a=b")
    clone.config("filter.a=b.clean", f"{clone.payload}; cat")


def filter_in_place_of_the_users(clone: Clone) -> None:
    attributes(clone, "session.md filter=known")
    git(clone.root, "config", "--file", os.environ["GIT_CONFIG_GLOBAL"], "filter.known.clean", "cat")
    clone.config("filter.known.clean", f"{clone.payload}; cat")


def attributes(clone: Clone, text: str) -> None:
    (clone.root / ".git" / "info").mkdir(exist_ok=True)
    (clone.root / ".git" / "info" / "attributes").write_text(text + "\n")


def text_conversion(clone: Clone) -> None:
    attributes(clone, "* diff=x")
    clone.config("diff.x.textconv", clone.payload)
    clone.config("diff.x.command", clone.payload)


def included(clone: Clone) -> None:
    write(clone.root, {"shared.cfg": f'[core]\n\tfsmonitor = "{clone.payload}"\n'})
    clone.config("include.path", "../shared.cfg")


def included_if(clone: Clone) -> None:
    write(clone.root, {"shared.cfg": f'[core]\n\tfsmonitor = "{clone.payload}"\n'})
    clone.config("includeIf.gitdir:/.path", "../shared.cfg")


def configuration_of_the_working_tree(clone: Clone) -> None:
    clone.config("extensions.worktreeConfig", "true")
    git(clone.root, "config", "--worktree", "core.fsmonitor", clone.payload)


def verified_signatures(clone: Clone) -> None:
    head = git(clone.root, "cat-file", "commit", "HEAD")
    front, _, message = head.partition("\n\n")
    signed = (
        f"{front}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{message}\n"
    )
    made = git(clone.root, "hash-object", "-t", "commit", "-w", "--stdin", given=signed)
    git(clone.root, "reset", "-q", "--soft", made)
    clone.config("log.showSignature", "true")
    clone.config("gpg.program", str(clone.script(clone.root / "gpg")))


def aliases(clone: Clone) -> None:
    for name in ("cat-file", "ls-files", "rev-list", "rev-parse", "log", "mv", "config"):
        clone.config(f"alias.{name}", f"!{clone.payload}")


def pager(clone: Clone) -> None:
    for key in (
        "core.pager",
        "pager.rev-list",
        "pager.config",
        "pager.for-each-ref",
        "core.editor",
        "core.askPass",
    ):
        clone.config(key, clone.payload)


def sparse_index(clone: Clone) -> None:
    git(clone.root, "sparse-checkout", "set", "--cone", "--sparse-index", "content")
    clone.config("core.sparseCheckout", "false")
    clone.config("core.fsmonitor", clone.payload)


def fsmonitor(clone: Clone) -> None:
    clone.config("core.fsmonitor", clone.payload)
    clone.config("core.untrackedCache", "true")


def external_diff(clone: Clone) -> None:
    clone.config("diff.external", clone.payload)


def submodule_update(clone: Clone) -> None:
    write(
        clone.root,
        {".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = .\n\tupdate = "!{clone.payload}"\n'},
    )
    git(clone.root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    clone.config("submodule.recurse", "true")
    clone.config("submodule.x.update", f"!{clone.payload}")
    clone.config("submodule.x.active", "true")


def trace_target(clone: Clone) -> None:
    for kind in ("normal", "perf", "event"):
        clone.config(f"trace2.{kind}Target", str(clone.mark))


@pytest.mark.parametrize(
    "attack",
    [
        fsmonitor, hook, committed_hooks, hook_of_configuration, clean_filter, long_running_filter,
        filter_with_a_strange_name, filter_in_place_of_the_users, text_conversion, external_diff, included,
        included_if, configuration_of_the_working_tree, verified_signatures, aliases, pager, sparse_index,
        submodule_update, trace_target,
    ],
)  # fmt: skip
def test_a_program_that_the_repository_names_is_never_run(
    clone: Clone, attack: Callable[[Clone], None]
) -> None:
    attack(clone)
    clone.mark.unlink(missing_ok=True)
    clone.ask_everything()
    clone.nothing_ran()


# --- contents that are elsewhere


def by_a_helper(clone: Clone) -> None:
    clone.config("remote.origin.url", f"ext::sh -c {clone.payload.replace(' ', '% ')}")
    clone.config("protocol.ext.allow", "always")


def by_ssh(clone: Clone) -> None:
    clone.config("remote.origin.url", "ssh://nobody@127.0.0.1/x")
    clone.config("core.sshCommand", clone.payload)
    clone.config("protocol.ssh.allow", "always")


def by_a_program_at_the_other_end(clone: Clone) -> None:
    clone.config("remote.origin.uploadpack", clone.payload)
    clone.config("protocol.file.allow", "always")


def by_a_proxy(clone: Clone) -> None:
    clone.config("remote.origin.url", "git://127.0.0.1/x")
    clone.config("core.gitProxy", clone.payload)
    clone.config("protocol.git.allow", "always")


def with_credentials(clone: Clone) -> None:
    clone.config("remote.origin.url", "http://127.0.0.1:9/x")
    clone.config("credential.helper", f"!{clone.payload}")
    clone.config("protocol.http.allow", "always")


@pytest.mark.parametrize(
    "attack", [by_a_helper, by_ssh, by_a_program_at_the_other_end, by_a_proxy, with_credentials]
)
def test_contents_that_a_clone_lacks_are_fetched_by_nobody(
    origin: Path, tmp_path: Path, attack: Callable[[Clone], None]
) -> None:
    old = git(origin, "rev-parse", f"HEAD~1:content/{S2}/article.md")
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", origin.as_uri(), "clone")
    clone = Clone(tmp_path / "clone", tmp_path / "ran")
    attack(clone)
    found = Repository.around(clone.content)
    assert found
    with pytest.raises(UnavailableError) as refused:
        list(found.contents([("x.md", old)]))
    assert read_blob(clone.content, old) is None
    clone.nothing_ran()
    if attack is by_a_program_at_the_other_end:
        git(clone.root, "config", "--unset", "remote.origin.uploadpack")
        git(clone.root, *refused.value.hint.removeprefix("fetch them: git ").split(" "))
        assert [sha for sha, _ in found.contents([("x.md", old)])] == [old]


# --- which repository it is


def bare(folder: Path, clone: Clone, worktree: str = ".") -> None:
    """Make a folder a bare repository that says what to run, as one that somebody committed."""
    write(folder, {
        "HEAD": "ref: refs/heads/main\n",
        "config": f'[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = {worktree}\n'
        f'\tfsmonitor = "{clone.payload}"\n\thooksPath = hooks\n',
        "objects/kept": "", "refs/kept": "",
    })  # fmt: skip
    clone.script(folder / "hooks" / "post-index-change")


@pytest.mark.parametrize("where", ["content", f"content/{C1}", f"content/{S1}", "", "content/.hidden"])
def test_a_committed_bare_repository_is_never_taken_for_the_repository(
    origin: Path, tmp_path: Path, where: str
) -> None:
    source = tmp_path / "stranger"
    git(tmp_path, "clone", "-q", str(origin), str(source))
    clone = Clone(tmp_path / "clone", tmp_path / "ran")
    bare(source / where, clone)
    commit(source)
    git(tmp_path, "clone", "-q", str(source), "clone")
    found = clone.ask_everything()
    assert found.head == git(clone.root, f"--git-dir={clone.root / '.git'}", "rev-parse", "HEAD")
    clone.nothing_ran()


def test_an_unpacked_archive_with_a_bare_repository_as_its_content_is_in_no_repository(
    clone: Clone,
) -> None:
    bare(clone.content, clone)
    shutil.rmtree(clone.root / ".git")
    assert Repository.around(clone.content) is None
    assert committed(clone.content, ".") == {}
    assert default_branch(clone.root) == "main"
    Mover(clone.content, clone.root).carry_out(Draft([(S2, MOVED)]))
    clone.nothing_ran()


def refused(clone: Clone, *, marked: bool = True) -> None:
    """git is asked nothing: its folder is somebody else's."""
    with pytest.raises(UnavailableError, match="isn't this working tree's own"):
        Repository.around(clone.content)
    with pytest.raises(UnavailableError, match="isn't this working tree's own"):
        Mover(clone.content, clone.root).carry_out(Draft([(S2, MOVED)]))
    if marked:
        clone.nothing_ran()


def test_a_git_file_that_leads_to_a_folder_of_the_tree_is_refused(clone: Clone) -> None:
    shutil.copytree(clone.root / ".git", clone.root / "content" / "evil")
    (clone.content / ".git").write_text("gitdir: evil\n")
    git(clone.content, "config", "--file", "evil/config", "core.fsmonitor", clone.payload)
    refused(clone)


def test_a_git_file_that_leads_to_another_repository_of_the_user_is_refused(
    origin: Path, clone: Clone, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(origin), "victim")
    before = (tmp_path / "victim" / ".git" / "index").read_bytes()
    shutil.rmtree(clone.root / ".git")
    (clone.root / ".git").write_text(f"gitdir: {tmp_path}/victim/.git\n")
    refused(clone)
    assert (tmp_path / "victim" / ".git" / "index").read_bytes() == before


def test_a_git_folder_that_is_a_link_to_another_repository_is_refused(
    origin: Path, clone: Clone, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(origin), "victim")
    shutil.rmtree(clone.root / ".git")
    (clone.root / ".git").symlink_to(tmp_path / "victim" / ".git")
    refused(clone)


def test_the_git_folder_of_another_working_tree_is_refused(clone: Clone, tmp_path: Path) -> None:
    git(clone.root, "worktree", "add", "-q", "--detach", str(tmp_path / "other"))
    other = tmp_path / "third"
    shutil.copytree(tmp_path / "other", other)
    refused(Clone(other, clone.mark))
    Clone(tmp_path / "other", clone.mark).ask_everything()


def test_a_git_folder_that_shares_with_another_one_is_refused(clone: Clone, tmp_path: Path) -> None:
    shutil.copytree(clone.root / ".git", tmp_path / "evil.git")
    git(tmp_path / "evil.git", "config", "core.fsmonitor", clone.payload)
    (clone.root / ".git" / "commondir").write_text("../../evil.git\n")
    refused(clone)


def test_configuration_that_names_another_working_tree_is_refused(clone: Clone, tmp_path: Path) -> None:
    shutil.copytree(clone.content, tmp_path / "elsewhere" / "content")
    clone.config("core.worktree", str(tmp_path / "elsewhere"))
    refused(clone)
    assert (tmp_path / "elsewhere" / "content" / S2).is_dir()


def test_honest_working_trees_are_known_as_their_own(origin: Path, clone: Clone, tmp_path: Path) -> None:
    git(clone.root, "worktree", "add", "-q", "--detach", str(clone.root / "inside"))
    Clone(clone.root / "inside", clone.mark).ask_everything()
    git(tmp_path, "clone", "-q", "--separate-git-dir", str(tmp_path / "kept"), str(origin), "apart")
    Clone(tmp_path / "apart", clone.mark).ask_everything()
    (tmp_path / "super").mkdir()
    git(tmp_path / "super", "init", "-q")
    git(
        tmp_path / "super",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(origin),
        "sub",
    )
    Clone(tmp_path / "super" / "sub", clone.mark).ask_everything()
    git(tmp_path, "clone", "-q", "--bare", str(origin), "hub/.bare")
    (tmp_path / "hub" / ".git").write_text("gitdir: ./.bare\n")
    git(tmp_path / "hub", "worktree", "add", "-q", "main")
    Clone(tmp_path / "hub" / "main", clone.mark).ask_everything()


# --- what the environment says


def test_the_repository_of_an_inherited_variable_is_not_the_workspace_s(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil").mkdir()
    git(tmp_path / "evil", "init", "-q")
    git(tmp_path / "evil", "config", "core.fsmonitor", clone.payload)
    for name, value in {
        "GIT_DIR": tmp_path / "evil" / ".git",
        "GIT_WORK_TREE": tmp_path / "evil",
        "GIT_COMMON_DIR": tmp_path / "evil" / ".git",
        "GIT_INDEX_FILE": tmp_path / "evil" / ".git" / "index",
        "GIT_OBJECT_DIRECTORY": tmp_path / "evil" / ".git" / "objects",
        "GIT_NAMESPACE": "evil",
        "GIT_PREFIX": "evil",
        "GIT_CONFIG": tmp_path / "evil" / ".git" / "config",
        "GIT_CEILING_DIRECTORIES": clone.root,
        "GIT_SHALLOW_FILE": tmp_path / "evil" / "shallow",
        "GIT_REPLACE_REF_BASE": "refs/heads/",
        "GIT_DEFAULT_REF_FORMAT": "x",
    }.items():
        monkeypatch.setenv(name, str(value))
    clone.ask_everything()
    clone.nothing_ran()


@pytest.mark.parametrize(
    "name",
    ["GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_EDITOR", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_SSH_COMMAND",
     "GIT_PROXY_COMMAND", "GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP",
     "GIT_TEST_FSMONITOR"],
)  # fmt: skip
def test_a_program_or_a_file_of_an_inherited_variable_is_not_used(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(clone.mark if "TRACE" in name else clone.script(clone.root / "x")))
    clone.ask_everything()
    clone.nothing_ran()


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """A git that writes down what it knows of the environment, and its arguments."""
    real = find_git(os.environ["PATH"], ())
    place = tmp_path / "bin" / "git"
    write(
        place.parent,
        {"git": f'#!/bin/sh\n(env; echo "ARGS $*") >> "{tmp_path}/env"\nexec {real} "$@"\n'},
    )
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}{os.pathsep}{os.environ['PATH']}")
    return (tmp_path / "env").read_text


def test_a_program_of_git_never_learns_the_secrets_of_the_database(
    clone: Clone, seen: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "PGPASSWORD",
        "STUDIO_DATABASE_URL",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "MY_OWN_URL",
        "PGSERVICE",
    ):
        monkeypatch.setenv(name, "hidden-words")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/kept")
    clone.ask_everything()
    assert "hidden-words" not in seen()
    assert "GIT_CONFIG_VALUE_0=*" in seen()
    assert "XDG_CONFIG_HOME=/kept" in seen()


def test_git_is_told_each_time_what_it_may_not_do(clone: Clone, seen: Callable[[], str]) -> None:
    clone.ask_everything()
    lines = [line for line in seen().split("\n") if line.startswith("ARGS ")]
    assert len(lines) > 10
    for line in lines:
        for flag in (
            "--no-optional-locks",
            "safe.bareRepository=explicit",
            "core.fsmonitor= ",
            "core.hooksPath=/dev/null",
        ):
            assert flag in line, line


def test_a_repository_of_another_user_is_refused_and_safe_directory_lets_it_pass(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    with pytest.raises(UnavailableError, match="belongs to another user") as refusal:
        Repository.around(clone.content)
    way_out = refusal.value.hint.partition("git ")[2].split(" ")
    git(clone.root, *way_out, GIT_CONFIG_GLOBAL=os.environ["GIT_CONFIG_GLOBAL"])
    assert Repository.around(clone.content)


def test_a_hook_of_this_repository_sees_what_is_about_to_be_committed(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = clone.root / ".git" / "next-index-1.lock"
    shutil.copy(clone.root / ".git" / "index", index)
    git(clone.root, "rm", "-q", "--cached", f"content/{ARTICLE}", GIT_INDEX_FILE=str(index))
    monkeypatch.chdir(clone.root)
    found = Repository.around(clone.content)
    assert found
    assert ARTICLE in found.rewritten([ARTICLE])
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    assert ARTICLE not in found.rewritten([ARTICLE])


# --- which git it is


@pytest.mark.parametrize("entry", ["", ".", "bin", "{root}", "{root}/bin", "{link}"])
def test_a_git_that_came_with_the_clone_is_not_run(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    for place in ("git", "bin/git", "content/git"):
        clone.script(clone.root / place)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "git").symlink_to(clone.root / "git")
    given = entry.format(root=clone.root, link=tmp_path / "link")
    monkeypatch.setenv("PATH", f"{given}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(clone.root)
    clone.ask_everything()
    clone.nothing_ran()


def test_a_git_in_the_current_folder_is_not_run(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.script(tmp_path / "downloads" / "git")
    monkeypatch.chdir(tmp_path / "downloads")
    monkeypatch.setenv("PATH", f"{tmp_path / 'downloads'}{os.pathsep}{os.environ['PATH']}")
    clone.ask_everything()
    clone.nothing_ran()


def test_a_git_that_hangs_is_given_up(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "bin" / "git"
    write(place.parent, {"git": "#!/bin/sh\nexec sleep 60\n"})
    place.chmod(0o755)
    found = Repository.around(clone.content)
    assert found
    monkeypatch.setenv("PATH", f"{place.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "GIT_TIMEOUT", 0.2)
    with pytest.raises(UnavailableError, match="did not end within"):
        _ = found.history
    with pytest.raises(UnavailableError, match="did not end within"):
        list(found.contents([("x.md", found.head)]))


@pytest.mark.skipif(sys.platform != "linux", reason="only there the memory of another process can be bounded")
def test_a_commit_of_a_thousand_million_files_takes_no_more_memory_than_is_said(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = git(clone.root, "hash-object", "-w", "--stdin", given="x")
    tree = git(clone.root, "mktree", given=f"100644 blob {blob}\tclient.md\n")
    for _ in range(9):
        tree = git(clone.root, "mktree", given="".join(f"040000 tree {tree}\td{k}\n" for k in range(10)))
    before = git(clone.root, "rev-parse", "HEAD")
    content = git(
        clone.root, "mktree", given=git(clone.root, "ls-tree", "HEAD:content") + f"\n040000 tree {tree}\tz\n"
    )
    top = git(clone.root, "mktree", given=f"040000 tree {content}\tcontent\n")
    bomb = git(clone.root, "commit-tree", top, "-p", before, "-m", "bomb")
    after = git(clone.root, "commit-tree", f"{before}^{{tree}}", "-p", bomb, "-m", "as it was")
    git(clone.root, "update-ref", "HEAD", after)
    monkeypatch.setattr(bounds, "MAX_GIT_MEMORY", 48 << 20)
    found = Repository.around(clone.content)
    assert found
    with pytest.raises(UnavailableError, match="more than 48 MiB of memory") as raised:
        _ = found.history
    assert "git log --format=%h -- ." in raised.value.hint
    assert git(clone.content, "log", "--format=%H", "--", ".").split("\n")[:2] == [after, bomb]


@pytest.mark.parametrize("size", [1 << 12, 1 << 16])
def test_a_git_that_says_more_than_anybody_asked_for_is_given_up(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A listing is written out while it is made: 100 GB of paths would fill our memory, not git's."""
    tree = git(clone.root, "rev-parse", "HEAD:content")
    for _ in range(2):
        tree = git(clone.root, "mktree", given="".join(f"040000 tree {tree}\td{k}\n" for k in range(20)))
    tree = git(clone.root, "mktree", given=f"040000 tree {tree}\tcontent\n")
    monkeypatch.setattr(bounds, "MAX_GIT_OUTPUT", size)
    found = Repository.around(clone.content)
    assert found
    with pytest.raises(UnavailableError, match=r"git ls-tree says more than .* MiB") as raised:
        found.listed(tree, ("client.md",))
    assert "git log" in raised.value.hint


@pytest.mark.parametrize("name", ["MERGE_HEAD", "logs/HEAD", "rebase-merge"])
def test_a_pipe_among_gits_own_files_is_waited_for_by_nobody(clone: Clone, name: str) -> None:
    """An archive, unlike a clone, brings a .git of its author's."""
    place = clone.root / ".git" / name
    place.unlink(missing_ok=True)
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    found = Repository.around(clone.content)
    assert found
    assert not found.merging
    assert not found.moved_on("1" * 40, 1)
    GitFolder(clone.root / ".git").state()


READ_BY_GIT = [
    *(f".git/{name}" for name in ("HEAD", "config", "index", "packed-refs", "info/attributes", "shallow")),
    ".git/objects/info/alternates",
    ".git/refs/heads/main",
]


@pytest.mark.parametrize("name", READ_BY_GIT)
def test_a_pipe_that_git_would_wait_for_is_named(clone: Clone, name: str) -> None:
    """git itself would wait for ever."""
    place = clone.root / name
    place.unlink(missing_ok=True)
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    with pytest.raises(UnavailableError, match=f"{name} is a named pipe") as raised:
        Repository.around(clone.content)
    assert raised.value.hint == "put a plain file in its place"


def test_a_link_to_the_null_device_is_an_empty_file_for_git(clone: Clone) -> None:
    (clone.root / ".gitattributes").symlink_to(os.devnull)
    (clone.root / ".git" / "info").mkdir(exist_ok=True)
    (clone.root / ".git" / "info" / "attributes").symlink_to(os.devnull)
    clone.ask_everything()


@pytest.mark.parametrize("folder", ["", "content/", "content/acme-bank/"])
def test_a_pipe_of_attributes_is_named_before_git_reads_it(clone: Clone, folder: str) -> None:
    found = Repository.around(clone.content)
    assert found
    (blob,) = found.blobs([f"{found.head}:{ARTICLE}"])
    os.mkfifo(clone.root / f"{folder}.gitattributes")
    with pytest.raises(UnavailableError, match="gitattributes is a named pipe"):
        list(found.contents([(ARTICLE, blob)]))


# --- what history says


def test_a_replaced_commit_says_what_it_said_when_it_was_made(clone: Clone) -> None:
    head = git(clone.root, "rev-parse", "HEAD")
    forged = git(
        clone.root,
        "commit-tree",
        "HEAD^{tree}",
        "-p",
        "HEAD~1",
        "-m",
        "x\n\nStudio-Delete: content/acme-bank 9",
    )
    git(clone.root, "replace", head, forged)
    found = Repository.around(clone.content)
    assert found
    assert [t.key for t in found.trailers(())] == ["Studio-Reopen"]


def test_a_grafted_history_is_not_believed(clone: Clone) -> None:
    head = git(clone.root, "rev-parse", "HEAD")
    (clone.root / ".git" / "info").mkdir(exist_ok=True)
    (clone.root / ".git" / "info" / "grafts").write_text(f"{head}\n")
    found = Repository.around(clone.content)
    assert found
    assert len(found.history) == 2


SEPARATORS = ("\u2028", "\u2029", "\x1e", "\x1f", "\x1c", "\x85", "\r", "\x0b", "\x0c")


@pytest.mark.parametrize("mark", SEPARATORS, ids=ascii)
def test_a_separator_in_a_subject_an_author_or_a_path_ends_no_line(clone: Clone, mark: str) -> None:
    (clone.content / "acme-bank" / f"pic{mark}ture.md").write_text("x")
    git(clone.root, "add", "--all")
    message = (
        f"one{mark}two\n\nfour{mark}Studio-Delete: content/acme-bank 5\nStudio-Keep: content/acme-bank\n"
    )
    git(clone.root, "-c", f"user.name=A{mark}da", "commit", "-q", "-F", "-", given=message)
    clone.config("user.name", f"A{mark}da")
    (clone.root / ".git" / "info").mkdir(exist_ok=True)
    found = clone.ask_everything()
    picture = f"acme-bank/pic{mark}ture.md"
    first = git(clone.root, "rev-list", "--max-parents=0", "HEAD", "--")
    assert [t.key for t in found.trailers((), since=first)] == ["Studio-Keep", "Studio-Reopen"]
    assert picture in found.rewritten([picture])
    assert found.blobs([f"{found.head}:{picture}", f"{found.head}:{ARTICLE}"]) == [
        committed(clone.content, ".")[name] for name in (picture, ARTICLE.replace(S2, MOVED))
    ]
    assert picture in found.history[found.head][0].changes


def test_a_line_feed_in_a_path_shifts_no_answer(clone: Clone) -> None:
    path = "acme-bank/a\nb.md"
    (clone.content / path).write_text("x")
    commit(clone.root)
    found = clone.ask_everything()
    wanted = git(clone.root, "hash-object", f"content/{path}")
    blobs = found.blobs([f"{found.head}:{path}", f"{found.head}:none\n", f"{found.head}:{ARTICLE}"])
    assert blobs[:2] == [wanted, ""]
    assert blobs[2]
    assert found.rewritten([path, ARTICLE]).keys() == {path, ARTICLE}


def test_a_message_with_a_nul_or_no_utf_8_breaks_nothing(clone: Clone) -> None:
    tree, parent = git(clone.root, "rev-parse", "HEAD^{tree}"), git(clone.root, "rev-parse", "HEAD")
    person = "A <a@b> 1700000000 +0000"
    for tail in (b"a\0b\n\nStudio-Keep: x\n", b"\xff\xfe caf\xe9\n\nStudio-Keep: content/caf\xe9\n"):
        raw = f"tree {tree}\nparent {parent}\nauthor {person}\ncommitter {person}\n\n".encode() + tail
        command = [GIT, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
        made = subprocess.run(command, cwd=clone.root, input=raw, capture_output=True, check=True).stdout
        git(clone.root, "reset", "-q", "--soft", made.decode().strip())
        found = Repository.around(clone.content)
        assert found
        for trailer in found.trailers(()):
            assert (trailer.subject + trailer.value).encode("utf-8")


def _made_commit(clone: Clone, header: str, message: bytes) -> str:
    """A commit by its bytes, on what is there; its id."""
    tree, parent = git(clone.root, "rev-parse", "HEAD^{tree}"), git(clone.root, "rev-parse", "HEAD")
    person = "A <a@b> 1700000000 +0000"
    head = f"tree {tree}\nparent {parent}\nauthor {person}\ncommitter {person}\n{header}\n"
    command = [GIT, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
    made = subprocess.run(
        command, cwd=clone.root, input=head.encode() + message, capture_output=True, check=True
    )
    git(clone.root, "reset", "-q", "--soft", made.stdout.decode().strip())
    return made.stdout.decode().strip()


@pytest.mark.parametrize(
    ("encoding", "codec", "counts"),
    [("IBM037", "cp037", 0), ("IBM500", "cp500", 0), ("ISO-8859-1", "latin-1", 1), ("Shift_JIS", "cp932", 1)],
)
def test_a_line_that_nobody_can_read_before_the_merge_wants_to_decide(
    clone: Clone, encoding: str, codec: str, counts: int
) -> None:
    _made_commit(clone, f"encoding {encoding}\n", "Fix\n\nStudio-Delete: content\n".encode(codec))
    found = Repository.around(clone.content)
    assert found
    assert len(found.trailers(())) == counts


def test_a_message_of_decisions_only_is_not_copied_once_a_line(clone: Clone) -> None:
    _made_commit(clone, "", b"".join(b"Studio-Delete: content/%d\n" % n for n in range(10_000)))
    found = Repository.around(clone.content)
    assert found
    grants = list(grants_of(found.trailers(()), "content", found.top))
    assert len(grants) == 10_000
    assert max(len(grant.reason) for grant in grants) < 250


def test_a_message_of_more_decisions_than_are_read_is_an_error_with_a_way_out(clone: Clone) -> None:
    _made_commit(clone, "", b"Studio-Delete: x\n" * 300_000)
    found = Repository.around(clone.content)
    assert found
    with pytest.raises(UsageError, match="more than 10,000 lines") as told:
        found.trailers(())
    since = re.search(r"--since (\S+);", told.value.hint)
    assert since
    assert found.trailers((), since[1]) == []


@pytest.mark.parametrize(
    "name",
    ["--batch-all-objects", "--path=x", "HEAD:studio.yaml", ":studio.yaml", "-p", "main^{commit}",
     "", "HEAD"],
)  # fmt: skip
def test_a_source_s_text_is_named_by_an_object_s_name_only(clone: Clone, name: str) -> None:
    source = TranslationSource("g", "c", "s", "", "m", f"git:{name}")
    assert text_then(clone.content, source) is None


def test_a_merge_head_with_options_in_it_gives_git_none(clone: Clone, tmp_path: Path) -> None:
    target = tmp_path / "written"
    (clone.root / ".git" / "MERGE_HEAD").write_text(f"--output={target}\n--all\n")
    found = Repository.around(clone.content)
    assert found
    assert found.merging == ()
    assert found.history
    assert not target.exists()


def test_a_revision_that_is_an_option_is_none(clone: Clone, tmp_path: Path) -> None:
    found = Repository.around(clone.content)
    assert found
    assert [found.commit(name) for name in (f"--output={tmp_path}/x", "--all", "-1", "--git-dir")] == [""] * 4


def test_a_huge_text_in_history_is_passed_over(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.content / "acme-bank" / "bomb.md").write_text("x" * 100_000)
    commit(clone.root)
    found = Repository.around(clone.content)
    assert found
    bomb, small = found.blobs([f"{found.head}:acme-bank/bomb.md", f"{found.head}:{ARTICLE}"])
    monkeypatch.setattr(repository, "MAX_BLOB", 50_000)
    assert [sha for sha, _ in found.contents([("bomb.md", bomb), (ARTICLE, small)])] == [small]


# --- every command


@pytest.fixture
def stranger(desk: Desk) -> Iterator[Clone]:
    """A clone in which everything is set that could run something, and its database."""
    root = desk.root.with_name("stranger")
    clone = Clone(desk.root, root.with_name("ran"))
    shutil.rmtree(desk.root)
    write(root, {**WORKSPACE, **{f"content/{path}": text for path, text in TREE.items()}})
    git(root, "init", "-q", "-b", "main", ".")
    bare(root / "content", clone)
    bare(root / "content" / C1, clone)
    write(
        root, {".gitattributes": "*.md diff=x\n", "shared.cfg": f'[core]\n\tfsmonitor = "{clone.payload}"\n'}
    )
    commit(root, "a\u2028b\x1ec\n\nStudio-Keep: content/acme-bank")
    git(root.parent, "clone", "-q", str(root), desk.root.name)
    for attack in (
        fsmonitor,
        hook,
        committed_hooks,
        text_conversion,
        external_diff,
        aliases,
        pager,
        included,
    ):
        attack(clone)
    clone.mark.unlink(missing_ok=True)
    yield clone
    clone.nothing_ran()


def test_no_command_runs_what_a_clone_brought(stranger: Clone, desk: Desk) -> None:
    git(stranger.root, "config", "core.worktree", str(stranger.root))
    for command in (
        ["status"], ["validate"], ["push", "-n"], ["push"], ["log"], ["show"], ["doctor"], ["diff"],
        ["init", "--ci", "github"], ["completion", "bash"], ["board", "--text"],
        ["new", "session", "Third", C1],
        ["mv", f"content/{S2}", f"content/{MOVED}"], ["copy", f"content/{S1}", f"content/{C2}"],
        ["push", "--since", "HEAD"], ["pull"],
        ["advance", f"content/{ARTICLE}"], ["restore", f"content/{ARTICLE}"],
        ["resolve", "--keep", "files"], ["init", "../another"], ["copy", "--caught-up"],
        ["blame", f"content/{ARTICLE}"], ["show", "--side", "base", f"content/{ARTICLE}"], ["init", "--git"],
    ):  # fmt: skip
        found = desk.run(*command)
        assert found.code in (0, 1, 2), (command, found)
        assert "Traceback" not in found.err, (command, found)
        assert not stranger.mark.exists(), command
    desk.edit(ARTICLE, "One two three.", "One two.")
    desk.sql("UPDATE sessions SET title = 'Web'")
    for command in (
        ["status"], ["diff"], ["diff", "--json", "--full"], ["blame", f"content/{ARTICLE}"],
        ["pull"], ["push"], ["resolve", "--keep", "database"],
    ):  # fmt: skip
        desk.run(*command)
        assert not stranger.mark.exists(), command


def test_watch_runs_nothing_that_a_clone_brought(stranger: Clone, desk: Desk) -> None:
    from tests.sync.test_watching import Bench, saved

    bench = Bench(desk)
    events = bench.watch(saved(ARTICLE), lambda: None)
    assert not any(event.message.startswith("Traceback") for event in events if hasattr(event, "message"))


def test_the_language_server_runs_nothing_that_a_clone_brought(stranger: Clone) -> None:
    with Client(stranger.root) as editor:
        assert editor.capabilities


def test_no_command_runs_anything_where_the_shell_completes(stranger: Clone) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio_sync"],
        cwd=stranger.root,
        env={
            **os.environ,
            "_STUDIO_COMPLETE": "bash_complete",
            "COMP_WORDS": "studio mv ",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
