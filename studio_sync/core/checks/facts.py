"""Checks of facts: unknown language codes, impossible durations."""

import re
from collections.abc import Iterator
from decimal import Decimal

from studio_sync.core.checks.content import Around, CheckedFile, Remark
from studio_sync.core.values.kind import Type

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr "
    "ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw "
    "ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv "
    "ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq "
    "sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh "
    "yi yo za zh zu "
)
_CODES = frozenset(_ISO_639_1.split())
_NAMES = {
    "ar": "arabic", "bg": "bulgarian", "cs": "czech cz cestina", "da": "danish dansk dk",
    "de": "german deutsch ger deu", "el": "greek gr",
    "en": "english eng englisch", "es": "spanish espanol esp",
    "et": "estonian", "fi": "finnish suomi", "fr": "french francais franzosisch fra", "he": "hebrew iw",
    "hi": "hindi", "hr": "croatian", "hu": "hungarian magyar", "id": "indonesian",
    "it": "italian italiano ita", "ja": "japanese jp jpn", "ko": "korean", "lt": "lithuanian",
    "lv": "latvian", "nb": "norwegian norsk", "nl": "dutch nederlands", "pl": "polish polski",
    "pt": "portuguese portugues", "pt-BR": "brazilian", "ro": "romanian", "ru": "russian", "sk": "slovak",
    "sl": "slovenian", "sr": "serbian", "sv": "swedish svenska", "th": "thai", "tr": "turkish turkce",
    "uk": "ukrainian ua", "vi": "vietnamese", "zh": "chinese mandarin cn",
}  # fmt: skip
_BY_NAME = {name: code for code, names in _NAMES.items() for name in names.split()}
_ACCENTS = str.maketrans("áàâãäçéèêíñóöôõúüčšž", "aaaaaceeeinoooouucsz")


def unknown_language(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Languages whose code is unknown (BCP 47)."""
    for field in content.kind.fields:
        language = content.values[field.name] if field.language else None
        if not isinstance(language, str) or _is_code(language):
            continue
        word = language.strip().lower().translate(_ACCENTS)
        code = _BY_NAME.get(word) or _BY_NAME.get(re.split(r"[\W_]", word)[0], "")
        tag = language.strip().replace("_", "-")
        meant = tag if _is_code(tag) else code
        hint = f"did you mean `{meant}`?" if meant else "write a code such as en, de, fr or pt-BR"
        yield Remark(content.at((field.name,)), f"`{language}` is no code of a language", hint)


def _is_code(text: str) -> bool:
    first = text.partition("-")[0].lower()
    return (
        bool(_TAG.fullmatch(text)) and first not in _BY_NAME and (first in _CODES or len(first) > len("en"))
    )


def odd_number(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Durations of zero or less."""
    for field in content.kind.fields:
        value = content.values[field.name]
        if field.type not in (Type.INTEGER, Type.DECIMAL) or field.loose or isinstance(value, bool):
            continue
        if isinstance(value, int | Decimal) and value <= 0:
            message = f"`{field.name}: {value}` is no time that anybody needs"
            yield Remark(content.at((field.name,)), message, "write how long it takes, or delete the line")
