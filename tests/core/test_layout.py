import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.kind import Kind, Kinds, Naming, Slot, Type
from studio_sync.core.values.layout import Layout, TreeSpot, key_of
from studio_sync.kinds import KINDS
from tests.core.test_names import HOSTILE, integers, texts

LAYOUT = Layout(KINDS)
SESSION = "acme/trust/01-found/1.1-why"
PLACES = {
    "acme/client.md": ("client", "", "acme"),
    "acme/knowledge/terminology.yaml": ("client_knowledge", "acme/client.md", "terminology"),
    "acme/knowledge/odd%2Ftype.yaml": ("client_knowledge", "acme/client.md", "odd/type"),
    "acme/trust/program.md": ("program", "acme/client.md", "trust"),
    "acme/trust/knowledge/brief.md": ("program_knowledge", "acme/trust/program.md", "brief"),
    "acme/%6Bnowledge/program.md": ("program", "acme/client.md", "knowledge"),
    "acme/trust/01-found/chapter.md": ("chapter", "acme/trust/program.md", "1"),
    f"{SESSION}/session.md": ("session", "acme/trust/01-found/chapter.md", "1.1"),
    f"{SESSION}/article.md": ("article", f"{SESSION}/session.md", ""),
    f"{SESSION}/video.md": ("video", f"{SESSION}/session.md", ""),
    f"{SESSION}/quiz.yaml": ("quiz", f"{SESSION}/session.md", ""),
    f"{SESSION}/exercise.md": ("exercise", f"{SESSION}/session.md", ""),
}


@pytest.mark.parametrize("path", PLACES)
def test_each_kind_has_its_place(path):
    kind, parent, slot = PLACES[path]
    assert LAYOUT.spot(path) == TreeSpot(KINDS[kind], path, parent, slot)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "client.md",
        "program.md",
        "quiz.yaml",
        "knowledge/brief.md",
        "acme/notes.md",
        "acme/Client.md",
        "acme/client.yaml",
        "acme/article.md",
        "acme/knowledge/brief.md",
        "acme/knowledge/terminology.yml",
        "acme/knowledge/deep/terminology.yaml",
        "acme/knowledge/client.md",
        "acme/knowledge/program.md",
        "acme/Knowledge/terminology.yaml",
        "acme/knowledge/01-x/chapter.md",
        "acme/trust/session.md",
        "acme/trust/knowledge/brief.yaml",
        "acme/trust/01-found/program.md",
        "acme/trust/01-found/quiz.yaml",
        f"{SESSION}/chapter.md",
        f"{SESSION}/quiz.md",
        f"{SESSION}/quiz.yml",
        f"{SESSION}/knowledge/brief.md",
        f"{SESSION}/deep/article.md",
        "a/" * 5_000 + "client.md",
        "acme/client.md/program.md",
        "acme/Client.MD/program.md",
    ],
)
def test_a_stray_file_has_no_place(path):
    assert LAYOUT.spot(path) is None


@pytest.mark.parametrize(
    ("path", "kind", "fault"),
    [
        ("acme/trust/intro/chapter.md", "chapter", "a number must come before the first \"-\" of 'intro'"),
        ("acme/50%/program.md", "program", "a \"%\" in '50%' is not followed by two hexadecimal digits"),
        (
            "acme/knowledge/a%.yaml",
            "client_knowledge",
            "a \"%\" in 'a%' is not followed by two hexadecimal digits",
        ),
    ],
)
def test_a_place_whose_name_spells_no_slot_says_why(path, kind, fault):
    spot = LAYOUT.spot(path)
    assert spot is not None
    assert (spot.kind.name, spot.slot, spot.fault) == (kind, "", fault)


def test_a_record_below_a_folder_without_a_number_still_knows_its_parent():
    spot = LAYOUT.spot("acme/trust/intro/1.1-x/session.md")
    assert spot == TreeSpot(
        KINDS["session"], "acme/trust/intro/1.1-x/session.md", "acme/trust/intro/chapter.md", "1.1"
    )


@st.composite
def records(draw):
    """A kind, and the slots of a record of that kind and of all above it, the topmost first."""
    kind = draw(st.sampled_from(list(KINDS)))
    chain = [*reversed(KINDS.ancestors(kind)), kind]

    def slot(k):
        if k.slot is None:
            return ""
        return draw(integers if k.slot.type is Type.INTEGER else texts)

    return [(k, slot(k), draw(texts)) for k in chain]


@settings(max_examples=300)
@given(records())
def test_a_new_record_is_found_again_at_the_path_that_it_gets(chain):
    path = ""
    for kind, slot, title in chain:
        above, path = path, LAYOUT.path(kind, path, slot, title)
        assert LAYOUT.spot(path) == TreeSpot(kind, path, above, slot)
        assert ".." not in path.split("/")
        assert not path.startswith("/")


@pytest.mark.parametrize("slot", HOSTILE)
def test_no_program_takes_the_place_of_something_else(slot):
    path = LAYOUT.path(KINDS["program"], "acme/client.md", slot)
    folder = path.split("/")[1]
    assert folder.casefold() not in {"client.md", "knowledge"}
    assert LAYOUT.spot(path) == TreeSpot(KINDS["program"], path, "acme/client.md", slot)


@given(st.text(st.sampled_from("aA1-./%_") | st.characters(), max_size=30))
def test_any_path_has_a_place_or_none(path):
    spot = LAYOUT.spot(path)
    assert spot is None or spot.path == path


def test_the_files_that_make_a_folder_a_records():
    assert LAYOUT.own_files == {"client.md", "program.md", "chapter.md", "session.md"}


@pytest.mark.parametrize(
    ("kind", "above", "slot", "key"),
    [
        ("client", "", "acme-bank", "acme-bank"),
        ("client_knowledge", "acme-bank", "terminology", "acme-bank/knowledge/terminology"),
        ("program", "acme-bank", "trust", "acme-bank/trust"),
        ("chapter", "acme-bank/trust", "1", "acme-bank/trust/1"),
        ("session", "acme-bank/trust/1", "1.1", "acme-bank/trust/1/1.1"),
        ("article", "acme-bank/trust/1/1.1", "", "acme-bank/trust/1/1.1/article"),
    ],
)
def test_a_key_names_a_record_from_the_top(kind, above, slot, key):
    assert key_of(KINDS[kind], above, slot) == key


def test_two_kinds_of_folders_in_one_place_are_refused():
    slot = Slot(column="slug", naming=Naming.FOLDER)
    kinds = [
        Kind(name=name, table=name, file=f"{name}.md", slot=slot, identified=True, fields=())
        for name in ("one", "two")
    ]
    with pytest.raises(ValueError, match="two kinds of folders below the top"):
        Layout(Kinds(kinds))


def test_a_parent_that_no_child_could_find_is_refused():
    slot = Slot(column="slug", naming=Naming.FOLDER)
    above = Kind(name="above", table="a", file="above.md", slot=slot, fields=())
    below = Kind(name="below", table="b", file="below.md", parent="above", fields=())
    with pytest.raises(ValueError, match="no id by which"):
        Layout(Kinds([above, below]))
