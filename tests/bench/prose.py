"""Text that looks and compresses like what people write, the same for the same seed."""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

_ENGLISH = """
    the to a of and in that it you is for not what they we on with this be have as are but or at by from
    one so an if their when who which team will can more your than there people about all was do has
    them time how up out our work would my some make his were like into other her then may only most
    also over new these first way because any could even day before after well very much own too down
    should here where between being long right few still might such through does each those both
    question leader answer meeting week manager colleague conversation decision feedback problem trust
    client change goal listen silence pause moment reason risk habit practice plan sentence word story
    example mistake result promise deadline project customer meaning evidence doubt pressure conflict
    interest agreement difference pattern signal attention memory judgement knowledge responsibility ask
    say tell hear think feel know see give take leave keep begin end wait write read learn teach try
    repeat notice name describe explain decide choose agree disagree interrupt summarise prepare observe
    remember forget clear honest careful difficult quiet useful small large early late open strong weak
    obvious familiar strange usually rarely often sometimes together alone twice instead perhaps almost
    already again never always slowly branch counter desk office door window telephone screen table
    chair letter morning afternoon evening Monday Thursday quarter minute hour month year percent number
    list line page chapter exercise case role scene
"""
_GERMAN = """
    die der und in zu das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an
    nach wie im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen welche
    sind oder um haben einer mir über ihm diese einem ihr uns da zum kann doch vor dieser mich ihn du
    hatte seine mehr am denn nun unter sehr selbst schon hier bis habe ihre dann ihnen seiner alle
    wieder meine Zeit gegen vom ganz einzelnen wo muss ohne eines können sei jede jetzt immer seinen
    wohl dieses ihren würde diesen sondern weil welcher nichts diesem Führung Gespräch Gegenüber
    Rückmeldung Frage Antwort Besprechung Kollegin Kollege Entscheidung Vertrauen Verantwortung Übung
    Veränderung Ziel Lösung Bedürfnis Missverständnis Gewohnheit Aufmerksamkeit Gelegenheit Kundschaft
    Filiale Schalter Büro Tür Fenster Stuhl Tisch Brief Morgen Nachmittag Woche Monat Jahr Stunde Größe
    zuhören fragen schweigen erklären beschließen wählen ändern üben prüfen lösen führen stören gewöhnen
    müssen dürfen möchten fürchten hören spüren zählen wiederholen zusammenfassen vorbereiten beobachten
    erinnern schwierig häufig früh spät höflich ehrlich nützlich gründlich plötzlich natürlich möglich
    üblich persönlich vielleicht meistens selten zusammen zuerst später außerdem trotzdem übermorgen
    großzügig weiß heißt schließt
"""
_SENTENCES = 6_000
"""So many that one text rarely holds the same twice, which would compress better than prose does."""
_DASH = "\N{EN DASH}"
_SPARK = ("🙂", "🎯", "👩‍🏫", "💡", "✅", "🧭")


@dataclass(frozen=True, slots=True)
class Voice:
    """A language to write in: its words, most frequent first, and its quotation marks."""

    language: str
    words: tuple[str, ...]
    quotes: tuple[str, str]


ENGLISH = Voice("en", tuple(_ENGLISH.split()), ("“", "”"))
GERMAN = Voice("de", tuple(_GERMAN.split()), ("„", "“"))


@cache
def _sentences(voice: Voice) -> tuple[str, ...]:
    """Sentences of about 70 characters, plain enough for YAML without quotes around them."""
    random = Random(voice.language)
    weights = list(accumulate(1 / (rank + 4) for rank in range(len(voice.words))))

    def clause() -> str:
        return " ".join(random.choices(voice.words, cum_weights=weights, k=random.randint(4, 11)))

    def sentence(number: int) -> str:
        text = _capital(clause() if number % 3 else f"{clause()}, {clause()}")
        if number % 12 == 0:
            return f"{text} {_DASH} {voice.quotes[0]}{clause()}{voice.quotes[1]}?"
        return f"{text} {random.choice(_SPARK)}." if number % 40 == 1 else f"{text}."

    return tuple(sentence(number) for number in range(_SENTENCES))


class Writer:
    """Writes in one voice, the same texts in the same order for the same seed."""

    def __init__(self, voice: Voice, seed: str) -> None:
        self.voice = voice
        self.random = Random(seed)
        self._pool = _sentences(voice)

    def title(self) -> str:
        """Three to five words, without a full stop."""
        words = self.sentence().split()[: self.random.randint(3, 5)]
        return " ".join(words).rstrip("".join((",.? “”„", _DASH, *_SPARK)))

    def sentence(self) -> str:
        """About 70 characters."""
        return self.random.choice(self._pool)

    def paragraph(self, size: int) -> str:
        """Sentences of about `size` bytes, in one line."""
        parts: list[str] = []
        while size > 0:
            parts.append(self.sentence())
            size -= len(parts[-1].encode()) + 1
        return " ".join(parts)

    def text(self, size: int) -> str:
        """Markdown of about `size` bytes: headings, paragraphs, lists."""
        parts: list[str] = []
        left = size
        while left > 0:
            step = len(parts) % 5
            if step == 0:
                part = f"## {self.title()}"
            elif step == 3:
                part = "\n".join(f"- **{self.title()}**: {self.sentence()}" for _ in range(3))
            else:
                part = self.paragraph(min(left, self.random.randint(350, 700)))
            parts.append(part)
            left -= len(part.encode()) + 2
        return "\n\n".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
