"""Terms to avoid: parsing lists of them, and matching them in texts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio_sync.core.values.value import Value
from studio_sync.core.values.word_count import UNSPACED

_LISTS = ("avoid", "avoided", "avoid_terms", "do_not_use", "forbidden")
_TERMS = ("terms", "glossary", "vocabulary", "preferred")
_WORD = ("word", "term", "phrase", "avoid", "name")
_INSTEAD = ("instead", "use", "prefer", "preferred", "use_instead", "replacement", "say")
_WHY = ("why", "reason", "because", "note")
_REMARK = re.compile(r"\([^()]*\)")
_BETWEEN = re.compile(r"[,;]|\s/\s")


@dataclass(frozen=True)
class Term:
    """A term to avoid, its replacement, and the reason; the last two may be ""."""

    text: str
    instead: str = ""
    why: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern for the term as a separate word, also across a line break.

        It ignores case, unless the term has capitals inside, like an acronym.
        """
        words = self.text.split()
        shown = r"\s+".join(map(re.escape, words))
        start = r"(?<!\w)" if _is_letter(self.text[0]) else ""
        end = r"(?!\w)" if _is_letter(self.text[-1]) else ""
        exact = any(c.isupper() for word in words for c in word[1:])
        return re.compile(f"{start}{shown}{end}", re.NOFLAG if exact else re.IGNORECASE)

    @cached_property
    def _first(self) -> str:
        return self.text.split()[0].lower()

    def may_be_in(self, lowered: str) -> bool:
        """Whether a text, in lower case, may contain the term: a fast test that most texts fail."""
        return self._first in lowered


def terms_of(value: Value) -> tuple[Term, ...]:
    """The terms to avoid in a terminology document, in any of its forms.

    `avoid` may be a list of words, or of mappings with `word` and `instead`, or a mapping from a word to its
    replacement; an entry of `terms` may say what to `avoid` for it.
    """
    found: dict[str, Term] = {}
    if isinstance(value, Mapping):
        for key in _LISTS:
            for term in _listed(value.get(key)):
                found.setdefault(term.text.lower(), term)
        for key in _TERMS:
            for term in _beside(value.get(key)):
                found.setdefault(term.text.lower(), term)
    return tuple(found.values())


def _listed(value: Value) -> Iterator[Term]:
    if isinstance(value, str):
        yield from _terms(value, "", "")
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            if isinstance(entry, Mapping):
                yield from _terms(name, _text_of(entry, _INSTEAD), _text_of(entry, _WHY))
            else:
                yield from _terms(name, _joined(entry), "")
    elif isinstance(value, Sequence):
        for entry in value:
            if isinstance(entry, Mapping):
                word = next((entry[k] for k in _WORD if entry.get(k)), None)
                yield from _terms(word, _text_of(entry, _INSTEAD), _text_of(entry, _WHY))
            else:
                yield from _terms(entry, "", "")


def _beside(value: Value) -> Iterator[Term]:
    """The terms to avoid in the entries of preferred words."""
    entries: list[tuple[Value, Value]] = []
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        entries = [(_text_of(e, ("term", "word", "name")), e) for e in value if isinstance(e, Mapping)]
    for good, entry in entries:
        if isinstance(entry, Mapping) and isinstance(good, str):
            for key in _LISTS:
                for term in _listed(entry.get(key)):
                    yield Term(term.text, term.instead or good, term.why)


def _terms(words: Value, instead: str, why: str) -> Iterator[Term]:
    """The terms in a text such as "Schwester, Pfleger (as an address)", or in a list of them."""
    if isinstance(words, Sequence) and not isinstance(words, str):
        for word in words:
            yield from _terms(word, instead, why)
    elif isinstance(words, str):
        for word in _BETWEEN.split(_REMARK.sub(" ", words)):
            text = " ".join(word.split()).strip("\"'“”„«»")
            if text:
                yield Term(text, instead, why)


def _text_of(entry: Mapping[str, Value], keys: Sequence[str]) -> str:
    return next((text for key in keys if (text := _joined(entry.get(key)))), "")


def _joined(value: Value) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Sequence):
        return ", ".join(v for v in value if isinstance(v, str))
    return ""


def _is_letter(character: str) -> bool:
    """Whether a word continues beside this character; scripts without spaces have no word boundaries."""
    return bool(re.match(r"\w", character)) and not re.match(f"[{UNSPACED}]", character)
