"""What every command prints in every situation, whole: on both streams, with its exit code, and as JSON.

`python -m tests.snapshots` writes the pages anew; read the difference before you commit it.
"""

import os

import pytest

from tests import readme
from tests.harness import Desk
from tests.snapshots.record import PAGES, recorded
from tests.snapshots.scenes import SCENES, Scene

WRITE = "STUDIO_TEST_WRITE_SNAPSHOTS"
APART = {
    "studio lsp": "speaks with an editor until it is closed: tests/lsp",
    "studio mcp": "speaks with an agent until it is closed: tests/agents",
    "studio serve": "goes on until it is stopped: tests/serve",
    "studio watch": "goes on until it is stopped: tests/sync/test_watching.py",
    "studio editor vscode": "installs into the editors that there are: tests/editors",
    "studio db init": "changes the database that the tests share: tests/cli/test_db.py",
    "studio db start": "starts a server: tests/cli/test_db.py",
    "studio db url": "starts the embedded server: tests/cli/test_db.py",
    "studio db stop": "stops a server: tests/cli/test_db.py",
    "studio db revoke": "roles belong to the whole server: tests/access",
}
"""Commands whose output stands in no page, and where they are tested."""


def _page(scene: Scene) -> str:
    return scene.name.replace(",", "").replace(" ", "-") + ".txt"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_all_that_is_printed_is_what_the_page_shows(desk: Desk, scene: Scene):
    page = PAGES / _page(scene)
    found = recorded(scene, desk)
    if os.environ.get(WRITE):
        page.write_text(found, "utf-8")
    assert found == page.read_text("utf-8"), "if that is meant: python -m tests.snapshots"


def test_each_page_is_a_scenes():
    assert {page.name for page in PAGES.iterdir()} == {_page(scene) for scene in SCENES}
    assert len({scene.name for scene in SCENES}) == len(SCENES)


def test_every_command_stands_in_a_page():
    run = [command for scene in SCENES for command in scene.commands if isinstance(command, str)]
    names = {name for name in readme.commands() if name not in {"studio", "studio db"}}
    missing = {n for n in names if not any(f"studio {command}".startswith(n) for command in run)}
    assert missing == APART.keys()
