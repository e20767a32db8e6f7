import pytest

from studio_sync.core.values.kind import Field, FieldPlace, Kind, Kinds, Naming, Slot
from studio_sync.kinds import ALL_KINDS, KINDS


def kind(name, parent=""):
    return Kind(name=name, table=f"{name}s", file=f"{name}.md", parent=parent, fields=())


def test_kinds_come_with_parents_before_children_however_they_are_given():
    for given in (ALL_KINDS, ALL_KINDS[::-1]):
        seen = set()
        for found in Kinds(given):
            assert not found.parent or found.parent in seen
            seen.add(found.name)
        assert len(seen) == len(ALL_KINDS)


def test_kinds_keep_the_given_order_where_they_can():
    assert [k.name for k in Kinds([kind("b"), kind("c", "a"), kind("a")])] == ["b", "a", "c"]


def test_a_parent_that_is_not_declared_is_an_error():
    with pytest.raises(KeyError, match="nobody"):
        Kinds([kind("a", "nobody")])


def test_children_and_ancestors_are_told_by_the_declarations():
    assert [k.name for k in KINDS.children("")] == ["client"]
    assert [k.name for k in KINDS.children("session")] == ["article", "video", "quiz", "exercise"]
    assert [k.name for k in KINDS.ancestors(KINDS["quiz"])] == ["session", "chapter", "program", "client"]
    assert KINDS.ancestors(KINDS["client"]) == ()
    with pytest.raises(KeyError):
        KINDS["elephant"]


def test_a_kind_knows_its_fields():
    quiz, video, knowledge = KINDS["quiz"], KINDS["video"], KINDS["client_knowledge"]
    assert quiz.field("questions").required
    with pytest.raises(KeyError):
        quiz.field("script")
    assert video.body is video.field("script")
    assert quiz.body is None
    assert knowledge.whole is knowledge.field("content")
    assert KINDS["session"].order is KINDS["session"].field("order_index")
    assert video.order is None


def test_a_kind_knows_what_its_file_is():
    assert {k.name for k in KINDS if not k.markdown} == {"client_knowledge", "quiz"}
    assert {k.name for k in KINDS if k.folder} == {"client", "program", "chapter", "session"}


@pytest.mark.parametrize("found", ALL_KINDS, ids=lambda k: k.name)
def test_each_declaration_makes_sense(found):
    names = [f.name for f in found.fields]
    assert len(set(names)) == len(names)
    assert bool(found.parent) == bool(found.parent_column)
    assert sum(f.place is not FieldPlace.FRONT for f in found.fields) <= 1
    assert sum(f.loose for f in found.fields) <= 1
    assert found.markdown or not found.body
    assert found.identified == found.folder
    assert not ({"id", "parent", "created_at", "updated_at", "version"} & set(names))
    assert not found.slot or found.slot.column not in names
    for counted, text in (found.words or {}).items():
        assert counted not in names
        assert text in names
    if found.flow:
        assert found.field("status").default == found.flow[0]
        assert found.field("status").always
    if found.slot and found.slot.title:
        assert found.slot.title in names
    if found.slot and found.slot.naming is Naming.FILE:
        assert found.file.count("*") == 1
    else:
        assert "/" not in found.file


def test_no_table_and_no_place_is_declared_twice():
    assert len({k.table for k in KINDS}) == len(KINDS)
    places = [(k.parent, k.file) for k in KINDS]
    assert len(set(places)) == len(places)


def test_what_is_counted_is_a_descendant():
    for found in KINDS:
        if found.total:
            assert found in KINDS.ancestors(KINDS[found.total[1]])


def test_declarations_never_change():
    with pytest.raises(AttributeError):
        KINDS["client"].table = "x"
    with pytest.raises(AttributeError):
        Field(name="x").name = "y"
    with pytest.raises(AttributeError):
        Slot(column="x", naming=Naming.FILE).column = "y"
