import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_sync.core.values.kind import FieldPlace, Type
from studio_sync.core.values.record import (
    OMITTED,
    PARENT,
    Version,
    canonical_value,
    digests,
    field_digests,
    rid_of,
)
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE, canonical_text, digest
from studio_sync.kinds import KINDS

OWN = "11111111-1111-1111-1111-111111111111"
ABOVE = "22222222-2222-2222-2222-222222222222"


def test_a_record_with_an_id_is_known_by_it_wherever_it_stands():
    assert (
        rid_of(KINDS["session"], OWN, ABOVE, "1.1")
        == rid_of(KINDS["session"], OWN, "elsewhere", "9.9")
        == OWN
    )


def test_a_record_without_an_id_is_known_by_its_parent_and_place():
    assert rid_of(KINDS["article"], "", ABOVE, "") == f"{ABOVE}/article"
    assert rid_of(KINDS["program_knowledge"], "", ABOVE, "brief") == f"{ABOVE}/program_knowledge/brief"


def test_no_two_records_below_one_parent_share_an_identity():
    found = [
        rid_of(kind, "", ABOVE, slot)
        for kind in KINDS
        if not kind.identified
        for slot in (("brief", "", "a/b") if kind.slot else ("",))
    ]
    assert len(set(found)) == len(found)


def test_the_canonical_form_of_a_text_has_no_blank_lines_around_it():
    name = KINDS["client"].field("name")
    assert canonical_value(name, "\r\n Acme \r\n") == " Acme "
    assert canonical_value(name, "") == ""
    assert canonical_value(name, None) is None


def test_an_empty_body_is_null():
    for kind in KINDS:
        if kind.body is not None:
            assert canonical_value(kind.body, " \n\n") is None
            assert canonical_value(kind.body, "") is None
            assert canonical_value(kind.body, "\ntext\n") == "text"


def test_json_is_canonical_as_it_is():
    field = KINDS["quiz"].field("questions")
    assert canonical_value(field, ["\n a \n"]) == ["\n a \n"]
    assert canonical_value(field, "\n a \n") == "\n a \n"


@given(
    st.text(max_size=20), st.sampled_from([f for kind in KINDS for f in kind.fields if f.type is Type.TEXT])
)
def test_the_canonical_form_of_a_canonical_value_is_itself(text, field):
    once = canonical_value(field, text)
    assert canonical_value(field, once) == once
    assert (once or "") == canonical_text(text)
    assert once is not None or field.place is FieldPlace.BODY


def test_a_version_has_a_digest_for_each_field_in_the_order_of_the_declaration():
    kind = KINDS["chapter"]
    values = {"title": "T", "subtitle": None, "order_index": OMITTED, "description": "D"}
    data = digests(kind, values)
    assert data == digest("T") + digest(None) + ABSENT + digest("D")
    assert len(data) == len(kind.fields) * DIGEST_SIZE


def test_a_field_that_a_side_leaves_out_is_not_null():
    kind = KINDS["chapter"]
    values = {"title": "T", "subtitle": None, "order_index": None, "description": None}
    assert digests(kind, values) != digests(kind, {**values, "order_index": OMITTED})


def test_a_value_that_is_missing_is_an_error_and_not_null():
    with pytest.raises(KeyError):
        digests(KINDS["chapter"], {"title": "T"})


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda k: k.name)
def test_place_counts_as_a_field_where_the_id_does_not_say_it(kind):
    data = b"".join(bytes([i + 1]) * DIGEST_SIZE for i in range(len(kind.fields)))
    found = field_digests(kind, Version(OWN, kind.name, ABOVE, "1", data))
    place = {PARENT: ABOVE, **({kind.slot.column: "1"} if kind.slot else {})} if kind.identified else {}
    assert found == {**place, **{f.name: bytes([i + 1]) * DIGEST_SIZE for i, f in enumerate(kind.fields)}}


def test_nothing_is_compared_of_no_version():
    assert field_digests(KINDS["client"], None) == {}


def test_omitted_says_so():
    assert repr(OMITTED) == "OMITTED"
