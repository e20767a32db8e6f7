"""A kind is one declaration and one schema."""

import contextlib
from collections.abc import Iterator
from functools import partial

import pytest

from studio_sync.core.values.kind import Field, Kind, Kinds, Type
from studio_sync.database.address.url import parse_address
from studio_sync.database.open_store import open_store
from studio_sync.files.workspace.workspace import find_workspace
from studio_sync.kinds import ALL_KINDS
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.options import PullOptions, PushOptions
from studio_sync.sync.pull.pull import pull
from studio_sync.sync.push.push import push
from studio_sync.sync.status import status
from studio_sync.sync.studio import Studio
from tests.harness import S1, SESSION, Desk, unchanged

PODCAST = Kind(
    name="podcast",
    table="podcasts",
    file="podcast.md",
    parent="session",
    parent_column="session_id",
    fields=(
        Field(name="status", default="draft", always=True),
        Field(name="host", required=True),
        Field(name="guests", type=Type.JSON),
        Field(name="minutes", type=Type.INTEGER, default=30),
    ),
    flow=("draft", "aired"),
)

SCHEMA = """{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "additionalProperties": false,
  "required": ["host"],
  "properties": {
    "status": {"type": ["string", "null"]},
    "host": {"type": "string"},
    "guests": {"type": ["array", "null"], "items": {"type": "string"}},
    "minutes": {"type": ["integer", "null"]}
  }
}"""

TABLE = """
CREATE TABLE podcasts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid UNIQUE NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    status text DEFAULT 'draft', host text NOT NULL, guests jsonb, minutes integer DEFAULT 30,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
)
"""


class Silent:
    """Tells nobody how far it is."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator:
        yield lambda _: None


@pytest.fixture
def studio(own: Desk) -> Iterator[Studio]:
    own.sql(TABLE)
    (own.root / "schemas").mkdir()
    (own.root / "schemas" / "podcast.schema.json").write_text(SCHEMA)
    with Studio(find_workspace(own.root), Silent(), kinds=Kinds((*ALL_KINDS, PODCAST))) as studio:
        yield studio


def test_it_is_validated_pushed_and_pulled(studio: Studio, own: Desk) -> None:
    source = DatabaseSource("here", "here", partial(open_store, parse_address(own.url)))
    own.write(f"{S1}/podcast.md", "---\nhots: Ada\nminutes: x\n---\n")
    problems = studio.documents.problems(())
    assert sorted(p.line for p in problems if p.path.endswith("podcast.md")) == [2, 3]
    own.write(f"{S1}/podcast.md", "---\nhost: Ada\nguests: [Bo]\n---\n")
    assert studio.documents.problems(()) == []

    pushed = push(studio, source, (), PushOptions())
    assert [c.path for c in pushed.done] == [f"{S1}/podcast.md"]
    assert own.sql("SELECT session_id, status, host, guests, minutes FROM podcasts") == [
        (SESSION, "draft", "Ada", '["Bo"]', 30)
    ]
    with unchanged(own):
        assert push(studio, source, (), PushOptions()).done == ()

    own.sql("UPDATE podcasts SET minutes = 45, guests = NULL")
    pulled = pull(studio, source, (), PullOptions())
    assert [c.fields for c in pulled.done] == [("guests", "minutes")]
    assert own.read(f"{S1}/podcast.md") == "---\nhost: Ada\nminutes: 45\n---\n"

    own.remove(f"{S1}/podcast.md")
    push(studio, source, (), PushOptions(delete=1))
    assert own.one("SELECT count(*) FROM podcasts") == 0
    assert status(studio, source, ()).deltas == []


def test_it_is_pulled_into_a_new_file(studio: Studio, own: Desk) -> None:
    source = DatabaseSource("here", "here", partial(open_store, parse_address(own.url)))
    own.sql("INSERT INTO podcasts (session_id, host, minutes) VALUES (%s, 'Ada', NULL)", SESSION)
    pull(studio, source, (), PullOptions())
    assert own.read(f"{S1}/podcast.md") == "---\nstatus: draft\nhost: Ada\nminutes: null\n---\n"
    with unchanged(own):
        assert push(studio, source, (), PushOptions()).done == ()


def test_the_workspaces_own_schema_must_hold_beside_the_shipped_one(own: Desk) -> None:
    (own.root / "schemas").mkdir()
    (own.root / "schemas" / "session.schema.json").write_text(
        '{"type": "object", "properties": {"title": {"maxLength": 10}}, "required": ["hook"]}'
    )
    own.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    with unchanged(own):
        found = own.refused("validate")
        own.refused("push")
    assert f"content/{S1}/session.md:3:" in found.out
