import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio_sync.core.values.kind import Naming, Slot, Type
from studio_sync.core.values.names import (
    MAX_NAME_BYTES,
    decode,
    encode,
    name_of,
    portable,
    rank,
    slot_of,
    slug,
    twin,
)
from studio_sync.kinds import KINDS

WINDOWS = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
DEVICES = ["CON", "con", "PRN", "aux", "Nul", "COM1", "com¹", "LPT9", "lpt³", "CONIN$", "conout$"]
HOSTILE = [
    "",
    ".",
    "..",
    "...",
    "../x",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:",
    "c:\\x",
    "%",
    "%%",
    "%41",
    "%2F",
    "100%",
    "-",
    "--",
    "a-b",
    "-5",
    "-5-x",
    ".git",
    "git~1",
    "GIT~1",
    ".hidden",
    "end.",
    "end ",
    " start",
    "knowledge",
    "Knowledge",
    "KNOWLEDGE",
    "\u212anowledge",
    "client.md",
    "program.md",
    "chapter.md",
    "CHAPTER.MD",
    "con.txt",
    "con .txt",
    "aux.md",
    "a\nb",
    "tab\t",
    "a\u200bb",
    "a\u00a0b",
    "\ufeff",
    "\u3000",
    "\u2028",
    "\x7f",
    "\x85",
    "ä",
    "a\u0308",
    "日本語",
    "😀",
    "x.yaml",
    "x.md",
    *DEVICES,
]
texts = st.sampled_from(HOSTILE) | st.text(
    st.sampled_from('aA1.-_% /\\:*?"<>|\n\t\x7f\u200b\u00a0é')
    | st.characters(exclude_categories=("Cs",), exclude_characters="\0"),
    max_size=10,
)
integers = st.integers(-(2**31), 2**31 - 1).map(str)
SLOTTED = [kind for kind in KINDS if kind.slot is not None]


def slots(kind):
    return integers if kind.slot.type is Type.INTEGER else texts


def check_safe(name):
    assert name
    assert not WINDOWS.search(name)
    assert name[0] not in ". "
    assert name[-1] not in ". "
    assert name.isprintable()
    assert name.casefold() != "git~1"
    assert not re.fullmatch(
        r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", name, re.IGNORECASE
    )


@settings(max_examples=300)
@given(texts, st.sampled_from(["", "-", "."]))
def test_any_name_is_encoded_safely_and_comes_back(name, extra):
    shown = encode(name, extra=extra)
    check_safe(shown)
    assert not set(extra) & set(shown)
    assert decode(shown) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_name_is_safe_and_comes_back(name):
    shown = encode(name, reserved={"knowledge"})
    check_safe(shown)
    assert shown.casefold() != "knowledge"
    assert decode(shown) == name


@pytest.mark.parametrize(
    "name", [*DEVICES, "git~1", "Git~1", "a:b", "1.1-why?", "x.", "x ", "a\\b", "nul.txt", "a|b", 'a"b', "a*"]
)
def test_a_name_that_windows_refuses_is_not_portable_and_encoded_it_is(name):
    assert not portable(name)
    assert portable(encode(name))


def test_an_ordinary_name_stays_as_it_is():
    for name in (
        "acme-bank",
        "1.1",
        "business_context",
        "führen",
        "日本語",
        "a b",
        "conference",
        "com",
        "auxiliary",
    ):
        assert encode(name) == name


@given(texts, texts)
def test_two_names_are_never_encoded_alike(one, other):
    assume(one != other)
    assert encode(one) != encode(other)


@pytest.mark.parametrize("text", ["%4", "%", "a%", "%zz", "%%41", "50% off", "%C3", "%FF", "a%C3b", "%00"])
def test_what_no_name_is_encoded_as_is_refused_in_plain_words(text):
    if text == "%":
        assert decode(text) == ""
        return
    with pytest.raises(ValueError) as refused:
        decode(text)
    assert repr(text) in str(refused.value)
    assert "codec" not in str(refused.value)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=10))
def test_decoding_any_text_gives_a_name_or_a_value_error(text):
    try:
        name = decode(text)
    except ValueError:
        return
    assert decode(encode(name)) == name


@settings(max_examples=300)
@given(st.data(), st.sampled_from(SLOTTED), st.text(max_size=20))
def test_the_name_of_a_new_folder_spells_its_slot(data, kind, title):
    slot = data.draw(slots(kind))
    title = title.encode("utf-8", "ignore").decode()
    reserved = {"knowledge", "client.md", "chapter.md"}
    name = name_of(kind, slot, title, reserved=reserved)
    check_safe(name)
    assert name.casefold() not in reserved
    assert slot_of(kind.slot, name) == slot


@pytest.mark.parametrize("slot", HOSTILE)
@pytest.mark.parametrize("title", ["", "Why - leaders / listen", "%", "..", "con", "ß Æ", "…"])
def test_a_session_of_any_number_and_title_comes_back(slot, title):
    kind = KINDS["session"]
    name = name_of(kind, slot, title, reserved={"chapter.md"})
    check_safe(name)
    assert name.casefold() != "chapter.md"
    assert slot_of(kind.slot, name) == slot


def test_a_reserved_name_is_avoided_whole():
    kind = KINDS["session"]
    for reserved, slot, title in (("my-files", "my", "Files"), ("5", "5", "")):
        name = name_of(kind, slot, title, reserved={reserved})
        assert name != reserved
        assert slot_of(kind.slot, name) == slot


def test_new_folders_are_called_by_number_and_title():
    assert name_of(KINDS["chapter"], "1", "Foundations") == "01-foundations"
    assert name_of(KINDS["chapter"], "123", "") == "123"
    assert name_of(KINDS["chapter"], "-5", "x") == "%2D5-x"
    assert name_of(KINDS["session"], "1.1", "Why leaders listen") == "1.1-why-leaders-listen"
    assert name_of(KINDS["session"], "a-b", "T") == "a%2Db-t"
    assert name_of(KINDS["program"], "../x") == "%2E.%2Fx"


def test_a_kind_without_a_slot_has_no_name():
    with pytest.raises(ValueError, match="no place"):
        name_of(KINDS["article"], "x")


@pytest.mark.parametrize("name", ["01-foundations", "1", "001-", "1-", "1-2-3"])
def test_a_number_is_read_without_regard_to_zeros_and_title(name):
    assert slot_of(KINDS["chapter"].slot, name) == "1"


@pytest.mark.parametrize(
    "name",
    [
        "foundations",
        "",
        "-1",
        "1.1-x",
        "x1-y",
        "99999999999-x",
        "2147483648",
        "%-x",
        "+1",
        "1 -x",
        "\u0661-x",
    ],
)
def test_a_folder_without_a_number_where_one_must_be_is_explained(name):
    with pytest.raises(ValueError) as refused:
        slot_of(KINDS["chapter"].slot, name)
    assert str(refused.value) == f'a number must come before the first "-" of {name!r}'


def test_a_session_keeps_its_number_as_it_is_written():
    place = KINDS["session"].slot
    assert [slot_of(place, n) for n in ("1.10-x", "01-x", "1.1", "a%2Db-c", "%-x")] == [
        "1.10",
        "01",
        "1.1",
        "a-b",
        "",
    ]


@pytest.mark.parametrize("name", ["-", "-why-leaders-listen"])
def test_a_session_without_a_number_is_explained_and_an_empty_one_is_written_out(name):
    with pytest.raises(ValueError, match="a number must come before the first"):
        slot_of(KINDS["session"].slot, name)
    assert slot_of(KINDS["session"].slot, f"%{name}") == ""


def test_a_file_without_percent_codes_spells_its_slot_whole():
    assert slot_of(Slot(column="type", naming=Naming.FILE), "a-b") == "a-b"


# --- slugs


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Why Leaders Listen", "why-leaders-listen"),
        ("Führen auf Station", "fuhren-auf-station"),
        ("Straße", "strasse"),
        ("Don't panic!", "dont-panic"),
        ("  --  ", ""),
        ("…", ""),
        ("C++ & C#", "c-c"),
        ("聞く力", "聞く力"),
        ("a_b", "a-b"),
    ],
)
def test_a_slug_is_what_people_expect(title, wanted):
    assert slug(title) == wanted


@given(st.text(max_size=300) | st.text(st.sampled_from("漢字😀é"), max_size=300))
def test_a_slug_is_short_and_safe(title):
    text = slug(title)
    assert len(text) <= 60
    assert len(text.encode()) <= MAX_NAME_BYTES // 2
    assert not re.search(r'[\s/\\:.%"*?<>|_]', text)
    assert text == text.strip("-")
    if text:
        check_safe("1-" + text)


def test_a_long_title_is_cut_at_a_word():
    text = slug("one two three four five six seven eight nine ten eleven twelve thirteen")
    assert text == "one-two-three-four-five-six-seven-eight-nine-ten-eleven"
    assert slug("x" * 100) == "x" * 60


# --- order and twins


def test_slots_are_ranked_as_people_count():
    ordered = [
        "",
        "-10",
        "-2",
        "0",
        "1",
        "1.1",
        "1.1a",
        "1.2",
        "1.10",
        "2",
        "2.0",
        "10",
        "a",
        "a1",
        "a2",
        "a10",
        "b",
    ]
    for one, other in pairwise(ordered):
        assert rank(one) < rank(other), (one, other)


@given(st.lists(texts | integers, max_size=6, unique=True))
def test_ranks_put_any_slots_in_one_order(found):
    ranked = sorted(found, key=rank)
    found.reverse()
    assert sorted(found, key=rank) == ranked


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=6, unique=True))
def test_whole_numbers_are_ranked_by_what_they_are_worth(found):
    assert [int(s) for s in sorted(map(str, found), key=rank)] == sorted(found)


def test_a_slot_of_thousands_of_digits_has_a_rank():
    assert rank("9" * 5000) > rank("1")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Acme", "acme"), ("ä", "a\u0308"), ("Straße", "STRASSE"), ("K", "\u212a"), ("Ä", "a\u0308")],
)
def test_names_that_a_file_system_would_merge_are_twins(one, other):
    assert twin(one) == twin(other)


@given(st.text(max_size=8))
def test_all_spellings_of_a_name_in_other_cases_are_twins(name):
    assert twin(twin(name)) == twin(name)


def test_names_that_differ_for_everyone_are_no_twins():
    assert twin("a") != twin("ä")
