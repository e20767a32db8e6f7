"""Check of wording: texts for learners must not use terms that the client's terminology avoids."""

from collections.abc import Iterator, Mapping, Sequence

from studio_sync.core.checks.content import Around, CheckedFile, LineColumn, Remark, Where
from studio_sync.core.checks.terms import Term
from studio_sync.core.values.kind import FieldPlace

_NAMES = frozenset(("id", "type", "url", "file", "image"))
"""Keys whose texts are names, and not for reading."""


def avoided_term(content: CheckedFile, around: Around) -> Iterator[Remark]:
    """Terms to avoid, in the texts that learners read."""
    fields = [f for f in content.kind.fields if f.shown]
    terms = around.terms(content.path) if fields else ()
    if terms and "\\" not in content.text:  # otherwise an escape may hide one
        terms = _likely(terms, content.text)
    if not terms:
        return
    for field in fields:
        if field.place is FieldPlace.BODY:
            for term in _likely(terms, content.markdown):
                for used, at in content.in_markdown(term.pattern):
                    yield _finding(term, used, at)
            continue
        value = content.values[field.name]
        for where, text in texts(value, (field.name,)):
            for term in _likely(terms, text):
                if term.pattern.search(text):
                    for used, at in content.in_value(where, term.pattern):
                        yield _finding(term, used, at)


def _likely(terms: Sequence[Term], text: str) -> list[Term]:
    lowered = text.lower()
    return [term for term in terms if term.may_be_in(lowered)]


def _finding(term: Term, used: str, at: LineColumn) -> Remark:
    instead = f"write instead: {term.instead}" if term.instead else "write it in other words"
    why = f" ({term.why.rstrip('.')})" if term.why else ""
    return Remark(at, f"the terminology says to avoid “{' '.join(used.split())}”", f"{instead}{why}")


def texts(value: object, where: Where) -> Iterator[tuple[Where, str]]:
    """Every text in a value with its path, except texts that are names."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _NAMES:
                yield from texts(inner, (*where, key))
    elif isinstance(value, Sequence):
        for number, inner in enumerate(value):
            yield from texts(inner, (*where, number))
