"""The tree that a sequence begins with: two clients, and a word or more in every text."""

import re
from collections.abc import Callable, Mapping

from tests.harness import C1, C2, S1, S2, TREE

_B = "beta-air"
_BP = f"{_B}/safe-flights"
_B1 = f"{_BP}/1-basics/1.1-checking"
_ID = "55555555-5555-4555-8555-55555555555"

_MORE: Mapping[str, str] = {
    f"{_B}/client.md": f"---\nid: {_ID}1\nname: W\n---\n\nW W\n",
    f"{_BP}/program.md": f"---\nid: {_ID}2\nname: W\nlanguage: en\nstatus: draft\n---\n\nW W\n\nW\n",
    f"{_BP}/1-basics/chapter.md": f"---\nid: {_ID}3\ntitle: W W\n---\n\nW\n",
    f"{_B1}/session.md": f"---\nid: {_ID}4\ntitle: W\nstatus: draft\n---\n\nW W\n",
    f"{_B1}/article.md": "---\nstatus: draft\n---\n\nW W W\n\nW W\n\nW\n",
    f"{_B1}/quiz.yaml": "status: draft\nquestions:\n  - question: W\n  - question: W\n",
}
_SAID: Mapping[str, str] = {
    f"{S1}/article.md": (
        "---\nstatus: draft\nsources:\n  - title: W\n    note: W\n---\n\nW W W\n\nW W\n\nW W\n"
    ),
    f"{S1}/video.md": "---\nstatus: draft\n---\n\nW W\n\nW\n",
    f"{S1}/quiz.yaml": (
        "status: draft\nquestions:\n  - id: q1\n    question: W W\n  - id: q2\n    question: W\n"
        "metadata:\n  note: W\n  other: W\n"
    ),
    f"{S2}/article.md": "---\nstatus: review\n---\n\nW W\n\nW W\n\nW\n",
}
_PLAIN = re.compile(
    r"^(name|title|subtitle|hook|wiifm|setting|concept|method|role): .*$|^(?!---|id:|\w+:|  ).+$",
    re.MULTILINE,
)


def tree(fresh: Callable[[], str]) -> dict[str, str]:
    """Every file with its text, of fresh words."""
    plain = {path: _PLAIN.sub(_with_words, text) for path, text in TREE.items()}
    found = {**plain, **_SAID, **_MORE}
    found[f"{C2}/2.1-doing/session.md"] = f"---\nid: {_ID}5\ntitle: W\nstatus: draft\n---\n\nW\n\nW\n"
    found[f"{C1}/chapter.md"] = found[f"{C1}/chapter.md"].rstrip("\n") + "\n\nW W\n"
    return {path: re.sub(r"\bW\b", lambda _: fresh(), text) for path, text in sorted(found.items())}


def _with_words(found: re.Match[str]) -> str:
    return f"{found[1]}: W" if found[1] else "W W"
