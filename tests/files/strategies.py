"""Generated YAML texts as people write them, and values as databases hold them."""

from dataclasses import dataclass

from hypothesis import strategies as st

from studio_sync.files.yaml.faults.hints import syntax_fault
from studio_sync.files.yaml.merge_markers import marker_faults
from studio_sync.files.yaml.parser.compose import Composer

HOSTILE = (
    "ab \n\t:#-?,[]{}&*!|>'\"%@`~=<.0123456789_+eExoyn\\/\r\x01\x7f\x85\x9f\xa0\u2028\u2029\ufeff\ufffeé😀"
)
AMBIGUOUS = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "N",
    "True",
    "null",
    "~",
    "12:30",
    "190:20:30",
    "190:20:30.15",
    "1_000",
    "0o7",
    "012",
    "0b1",
    "0x1F",
    "2024-01-01",
    "1e3",
    ".5",
    "1.",
    "+1",
    ".inf",
    "-.INF",
    ".nan",
    "1.10",
    "=",
    "<<",
    "---",
    "...",
    "-",
    "?",
    ":",
    "2001-12-14t21:59:43.10-05:00",
    "61e9540",
    "1.2.3",
    "-1",
    "0",
    "1,000",
    ".",
    "@x",
    "%x",
]

texts = (
    st.text(st.sampled_from(HOSTILE), max_size=12)
    | st.sampled_from(
        [*AMBIGUOUS, "2001-12-14 21:59:43", "k" * 1100, "", "# x", "a: b", "a #b", "x\n", " x\n"]
    )
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
)
"""Anything that a text column may hold."""

numbers = st.integers(-(10**18) + 1, 10**18 - 1) | st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
"""Anything that a JSON column may hold."""

_words = st.sampled_from(
    ["word", "it's", "a-b", "x:y", "é", "😀", "12", "no", "#tag", "C#", "- not", "say \\ it"]
)
_comment = st.sampled_from(["", "", "", " # note", "   #", "\t# tab: 'x'"])


@dataclass(frozen=True)
class Field:
    """One key of a generated text: the lines before its own, and its own."""

    name: str
    above: str
    text: str
    marks: tuple[str, ...]
    """The anchors that it defines and the aliases that it uses, as written."""


@dataclass(frozen=True)
class Written:
    """A generated text: fields one after the other, in `newline`s, perhaps without the last one."""

    fields: tuple[Field, ...]
    tail: str
    newline: str
    bom: str
    final: bool

    @property
    def text(self) -> str:
        """The whole text."""
        return self.bom + self._finish("".join(f.above + f.text for f in self.fields) + self.tail)

    def _finish(self, text: str) -> str:
        text = text if self.final else text.removesuffix("\n")
        return text.replace("\n", self.newline)

    def around(self, name: str) -> tuple[str, str]:
        """What stands before and after the lines of a field."""
        before, after, seen = "", "", False
        for field in self.fields:
            if field.name == name:
                before += field.above
                seen = True
            elif seen:
                after += field.above + field.text
            else:
                before += field.above + field.text
        after += self.tail
        if after:
            after = self._finish(after)
        return self.bom + before.replace("\n", self.newline), after


@st.composite
def _plain(draw, pad):
    words = draw(st.lists(_words.filter(lambda w: w[0] not in "#-"), min_size=1, max_size=4))
    gap = draw(st.sampled_from([" ", "  ", "\n" + pad, " \n" + pad + " ", "\n\n" + pad]))
    return gap.join(words)


@st.composite
def _quoted(draw, pad):
    quote = draw(st.sampled_from("'\""))
    words = draw(st.lists(_words | st.just(": "), max_size=4))
    if quote == "'":
        words = [w.replace("'", "''") for w in words]
    else:
        words = [
            w.replace("\\", "\\\\") + draw(st.sampled_from(["", "", "\\n", "\\x41", '\\"', "\\u2028"]))
            for w in words
        ]
    gaps = [" ", "  ", "\n" + pad, "\n\n" + pad + "  ", "\t"]
    if quote == '"':
        gaps.append("\\\n" + pad)
    return quote + draw(st.sampled_from(gaps)).join(words) + quote


@st.composite
def _block_scalar(draw, column, step):
    explicit = draw(st.booleans())
    lines = draw(
        st.lists(
            st.sampled_from(
                [
                    "text",
                    "more text",
                    "",
                    "",
                    "# no comment",
                    "- a",
                    "k: v",
                    "  deeper",
                    "\ttab",
                    "end  ",
                    "   ",
                ]
            ),
            max_size=5,
        )
    )
    filled = [line for line in lines if line.strip()]
    if not filled or not explicit:
        lines = [line.lstrip() for line in lines]
    pad = " " * (column + step)
    chomp = draw(st.sampled_from(["", "-", "+"]))
    digit = str(step) if explicit else ""
    header = draw(st.sampled_from("|>")) + draw(st.sampled_from([digit + chomp, chomp + digit]))
    blank = draw(st.sampled_from(["", "", "\n", "\n\n"]))
    header += draw(st.sampled_from(["", "", " # about it"]))
    return header + "\n" + "".join((pad + line if line else "") + "\n" for line in lines) + blank


@st.composite
def _flow(draw, pad, depth=0):
    kind = draw(st.sampled_from(["list", "map", "word"] if depth < 2 else ["word"]))
    if kind == "word":
        return draw(st.sampled_from(["a", "b c", '"q, ]"', "'s: }'", "1.10", "null", "http://x.y/z", "é😀"]))
    inner = draw(st.lists(_flow(pad, depth + 1), max_size=3))
    gap = draw(st.sampled_from(["", " ", "\n" + pad, " # c\n" + pad]))
    end = draw(st.sampled_from(["", ",", " ", "\n" + pad]))
    if kind == "map":
        colon = draw(st.sampled_from([": ", " : ", ":  "]))
        inner = [f"k{i}{colon}{v}" for i, v in enumerate(inner)]
    shown = f",{gap}".join(inner)
    end = "" if not inner and end == "," else end
    return ("[" if kind == "list" else "{") + shown + end + ("]" if kind == "list" else "}")


@st.composite
def _inline(draw, pad):
    return draw(
        _plain(pad)
        | _quoted(pad)
        | _flow(pad)
        | st.sampled_from(["1.10", "~", "true", "", "0x1F", "2024-01-01"])
    )


@st.composite
def _node(draw, column, marks, used, depth=0):
    """What stands behind `key:` or `-`, from the blank before it to the line break behind it."""
    if draw(st.integers(0, 5)) == 0:
        content = draw(_content(column, marks, used, depth))
        marks.append(f"m{len(marks)}")
        return f" &{marks[-1]}{content}"
    if marks and draw(st.integers(0, 4)) == 0:
        used.append(draw(st.sampled_from(marks)))
        return f" *{used[-1]}{draw(_comment)}\n"
    return draw(_content(column, marks, used, depth))


@st.composite
def _content(draw, column, marks, used, depth):
    step = draw(st.integers(1, 5))
    kind = draw(
        st.sampled_from(["inline", "inline", "block", "map", "list"] if depth < 2 else ["inline", "block"])
    )
    if kind == "block":
        return f" {draw(_block_scalar(column, step))}"
    if kind == "inline":
        shown = draw(_inline(" " * (column + step)))
        comment = draw(_comment if shown else st.sampled_from(["", " # note"]))
        return f" {shown}".rstrip(" ") + comment + "\n"
    head = draw(st.sampled_from(["", "", " # note", "   #"])) + "\n"
    noise = st.sampled_from(["", "", "", "\n", " " * (column + step) + "# own\n"])
    out = ""
    if kind == "map":
        for i in range(draw(st.integers(1, 3))):
            out += (
                draw(noise)
                + " " * (column + step)
                + f"n{i}:"
                + draw(_node(column + step, marks, used, depth + 1))
            )
        return head + out
    dash = draw(st.integers(0, 4))
    for _ in range(draw(st.integers(1, 3))):
        out += draw(noise) + " " * (column + dash) + "-"
        if draw(st.booleans()):
            out += draw(_node(column + dash, marks, used, depth + 1))
        else:
            inner = column + dash + 2
            out += (
                f" id: {draw(st.integers(1, 3))}\n"
                + " " * inner
                + "t:"
                + draw(_node(inner, marks, used, depth + 1))
            )
    return head + out


@st.composite
def written(draw, newlines=("\n", "\n", "\r\n")):
    """A block mapping of some fields called f0, f1 …, in all the styles that YAML has."""
    column = draw(st.sampled_from([0, 0, 0, 1, 3]))
    pad = " " * column
    marks: list[str] = []
    fields = []
    for i in range(draw(st.integers(1, 4))):
        noise = ["", "", "", "\n", pad + "# above\n", "# at the margin\n"]
        if not any(c in f.text for f in fields[-1:] for c in "|>"):
            noise.append("\n     # deep\n\n")  # below a block scalar, it would be a line of that
        above = draw(st.sampled_from(noise))
        used: list[str] = []
        before = len(marks)
        key = draw(st.sampled_from([f"f{i}", f"f{i}", f'"f{i}"', f"'f{i}'"]))
        shown = pad + key + draw(st.sampled_from([":", ":", " :"])) + draw(_node(column, marks, used))
        fields.append(Field(f"f{i}", above, shown, (*marks[before:], *used)))
    tail = draw(st.sampled_from(["", "", "\n", "# end\n", "\n# end\n"]))
    return Written(
        tuple(fields),
        tail,
        draw(st.sampled_from(newlines)),
        draw(st.sampled_from(["", "", "\ufeff"])),
        draw(st.booleans()),
    )


def yaml_faults(text):
    """Every fault of a text, ordered by place, whichever parser would read it."""
    faults = Composer(text, syntax_fault).faults
    return (marker_faults(text) or tuple(faults)) if faults else ()
