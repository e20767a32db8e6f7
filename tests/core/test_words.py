import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_sync.core.merge.align import tokens
from studio_sync.core.values.word_count import _WORD, count_words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\t", 0),
        ("one two  three\nfour", 4),
        ("# Why leaders listen", 4),
        ("Führen auf Station", 3),
        ("one\u00a0two", 2),
        ("你好世界", 4),
        ("聞く力", 3),
        ("カタカナ", 4),
        ("ｶﾅ", 2),
        ("สวัสดี", 6),
        ("ສະບາຍດີ", 7),
        ("မြန်မာ", 6),
        ("ខ្មែរ", 5),
        ("𠀀𠀁", 2),
        ("Hello 世界 again", 4),
        ("OKR目标2024年", 5),
        ("한국어 텍스트", 2),
        ("العربية لغة", 2),
        ("हिन्दी भाषा", 2),
        ("word😀 x", 2),
    ],
)
def test_words_are_counted_as_readers_count_them(text, count):
    assert count_words(text) == count


@given(st.text(st.characters(max_codepoint=0xDFF), max_size=40))
def test_in_scripts_with_spaces_words_are_runs_of_non_space(text):
    assert count_words(text) == len(text.split())


@given(st.text(max_size=30), st.text(max_size=30))
def test_texts_apart_have_the_words_of_both(one, other):
    assert count_words(f"{one} {other}") == count_words(one) + count_words(other)


@given(st.text(st.sampled_from("ab \n„“ü🙂\u200d好か안a\u00a0\u2003ẞท𠀀\uffff\uff76")))
def test_the_quick_look_for_signs_changes_no_count(text: str) -> None:
    assert count_words(text) == len(re.findall(_WORD, text))


@pytest.mark.parametrize("text", ["ｶﾅ", "ガイド", "ｶﾞｲﾄﾞ", "漢字", "ไทย", "ລາວ"])
def test_what_is_counted_by_characters_is_merged_by_characters(text: str) -> None:
    assert count_words(text) == len(text)
    assert tokens(text) == list(text)
