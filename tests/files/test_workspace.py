import os

import pytest

from studio_sync.errors import StudioError, UsageError
from studio_sync.files.workspace.targets import TargetConfig
from studio_sync.files.workspace.workspace import Workspace, find_workspace, load_workspace


@pytest.fixture
def root(tmp_path):
    return tmp_path.resolve()


def config(root, text):
    (root / "studio.yaml").write_text(text, "utf-8")
    return load_workspace(root)


# --- finding


def test_a_workspace_is_found_from_any_folder_inside_it(root):
    (root / "studio.yaml").write_text("name: acme\n")
    deep = root / "content/a/b"
    deep.mkdir(parents=True)
    for start in (root, root / "content", deep, deep / ".." / "b"):
        assert find_workspace(start).root == root
        assert find_workspace(start).name == "acme"


def test_the_nearest_workspace_counts(root):
    inner = root / "examples"
    inner.mkdir()
    (root / "studio.yaml").write_text("name: outer\n")
    (inner / "studio.yaml").write_text("name: inner\n")
    assert find_workspace(inner).name == "inner"


def test_a_folder_called_as_the_file_makes_no_workspace(root):
    (root / "studio.yaml").write_text("")
    (root / "a/studio.yaml").mkdir(parents=True)
    assert find_workspace(root / "a").root == root


def test_where_there_is_none_the_way_to_one_is_told(root):
    with pytest.raises(UsageError, match=r"there is no studio\.yaml in") as told:
        find_workspace(root)
    assert str(root) in told.value.message
    assert "studio init" in told.value.hint
    assert told.value.exit_code == 2


# --- what the file says


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "\ufeff", "{}"])
def test_an_empty_file_makes_a_workspace(root, text):
    found = config(root, text)
    assert found == Workspace(root, "", "content", None, {})
    assert found.content == root / "content"
    assert found.prefix == "content/"
    assert found.state == root / ".studio"
    assert found.schemas == root / "schemas"


def test_all_that_the_file_can_say_is_taken(root):
    found = config(
        root,
        "name: Acme's\ncontent: lessons/all/\nclients: [acme-bank, corvia]\n"
        "targets:\n  staging: ${STAGING}\n  production:\n    url: ${PRODUCTION}\n    push: ci\n"
        "  test:\n    url: postgresql://localhost/test\n    import: true\n",
    )
    assert (found.name, found.content_name, found.prefix) == ("Acme's", "lessons/all", "lessons/all/")
    assert found.clients == ("acme-bank", "corvia")
    assert found.targets == {
        "staging": TargetConfig("staging", "${STAGING}"),
        "production": TargetConfig("production", "${PRODUCTION}", ci_only=True),
        "test": TargetConfig("test", "postgresql://localhost/test", imports=True),
    }
    assert list(found.targets) == ["staging", "production", "test"]


def test_a_key_without_a_value_counts_as_left_out(root):
    assert config(root, "name:\ncontent:\nclients:\ntargets:\n") == Workspace(root, targets={})


def test_no_client_is_not_every_client(root):
    assert config(root, "clients: []").clients == ()


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("- a\n", "1:1", "must be a mapping"),
        ("just words\n", "1:1", "must be a mapping"),
        ("name: a\nnmae: b\n", "2:1", "unknown key `nmae`"),
        ("# c\nname: 12\n", "2:7", "`name` must be a text"),
        ('name: ""\n', "1:7", "`name` must be a text"),
        ("name: [a]\n", "1:7", "`name` must be a text"),
        ("name: a\ncontent: true\n", "2:10", "`content` must be a text"),
        ("content: ../other\n", "1:10", "a folder inside the workspace"),
        ("content: /abs\n", "1:10", "a folder inside the workspace"),
        ("content: .\n", "1:10", "a folder inside the workspace"),
        ("content: a/../..\n", "1:10", "a folder inside the workspace"),
        ("content: C:\\x\n", "1:10", "a folder inside the workspace"),
        ("content: .studio/x\n", "1:10", "a folder inside the workspace"),
        ("clients: acme\n", "1:10", "`clients` must be a list of slugs"),
        ("clients: {a: b}\n", "1:10", "`clients` must be a list of slugs"),
        ("clients:\n  - acme\n  - 12\n", "3:5", "a client's slug must be a text"),
        ("targets: [a]\n", "1:10", "`targets` must be a mapping"),
        ("targets:\n  live:\n", "2:8", "target `live` has no `url`"),
        ("targets:\n  live: {}\n", "2:9", "target `live` has no `url`"),
        ('targets:\n  live: ""\n', "2:9", "target `live` has no `url`"),
        ("targets:\n  live:\n    url: 12\n", "3:10", "target `live` has no `url`"),
        ("targets:\n  live:\n    url: x\n    psuh: ci\n", "4:5", "unknown key `psuh`"),
        ("targets:\n  live:\n    url: x\n    push: CI\n", "4:11", "`push` of target `live` can only be: ci"),
        (
            "targets:\n  live:\n    url: x\n    push: true\n",
            "4:11",
            "`push` of target `live` can only be: ci",
        ),
        (
            "targets:\n  live:\n    url: x\n    read: postgresql://replica/x\n",
            "4:11",
            "`read` of target `live` must be one variable",
        ),
        (
            "targets:\n  live:\n    url: x\n    import: 1\n",
            "4:13",
            "`import` of target `live` must be true or false",
        ),
        (
            "targets:\n  live:\n    url: x\n    import: yes\n",
            "4:13",
            "`import` of target `live` must be true or false",
        ),
        ("name: a\nname: b\n", "2:1", "name"),
        ("name: 'a\n", "", ""),
        ("\tname: a\n", "1:1", ""),
    ],
)
def test_a_mistake_is_told_by_file_line_and_what(root, text, at, message):
    with pytest.raises(UsageError) as told:
        config(root, text)
    assert told.value.message.startswith(f"{root / 'studio.yaml'}:{at}")
    assert message in told.value.message
    assert told.value.hint
    assert told.value.exit_code == 2


def test_a_number_where_a_text_belongs_is_told_to_be_quoted(root):
    with pytest.raises(UsageError) as told:
        config(root, "name: 1.10\n")
    assert told.value.hint == 'put it in quotes: name: "1.10"'


def test_a_file_that_is_no_text_is_told(root):
    (root / "studio.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(UsageError, match="not valid UTF-8"):
        load_workspace(root)
    (root / "studio.yaml").unlink()
    with pytest.raises(StudioError, match="can't read"):
        load_workspace(root)


# --- scope


@pytest.fixture
def workspace(root):
    (root / "content/acme/trust").mkdir(parents=True)
    (root / "content/acme/client.md").write_text("x")
    return Workspace(root)


@pytest.mark.parametrize(
    ("here", "given", "scope"),
    [
        (".", "content/acme", "acme"),
        (".", "content/acme/", "acme"),
        (".", "content/acme/client.md", "acme/client.md"),
        (".", "./content/../content/acme", "acme"),
        ("content", "acme", "acme"),
        ("content/acme", ".", "acme"),
        ("content/acme", "trust", "acme/trust"),
        ("content/acme", "..", ""),
        ("content/acme", "../..", ""),
        ("content/acme", "../acme/trust", "acme/trust"),
        (".", ".", ""),
        (".", "content", ""),
        (".", "content/acme/gone.md", "acme/gone.md"),
    ],
)
def test_paths_are_seen_from_the_folder_that_one_is_in(workspace, here, given, scope):
    assert workspace.scope((given,), workspace.root / here) == (scope,)


def test_a_whole_path_is_taken_too(workspace):
    assert workspace.scope((str(workspace.root / "content/acme"),), workspace.root.parent) == ("acme",)
    assert workspace.scope((), workspace.root) == ()


@pytest.mark.skipif(os.name == "nt", reason="links as POSIX has them")
def test_a_whole_path_through_a_link_is_understood(workspace, tmp_path_factory):
    link = tmp_path_factory.mktemp("other") / "link"
    link.symlink_to(workspace.root)
    assert workspace.scope((str(link / "content/acme"),), workspace.root) == ("acme",)


@pytest.mark.parametrize(
    "given", ["..", "../x", "/etc/passwd", "schemas", ".studio", "content-other", "content/../schemas"]
)
def test_a_path_outside_is_refused(workspace, given):
    with pytest.raises(UsageError, match="outside the content folder") as told:
        workspace.scope((given,), workspace.root)
    assert given in told.value.message


def test_a_path_that_was_never_there_is_refused(workspace):
    with pytest.raises(UsageError, match="there is no"):
        workspace.scope(("content/acme/typo/session.md",), workspace.root)
