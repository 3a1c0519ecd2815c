"""What somebody looks for in texts: words, phrases, words near each other, words that must not be.

====================  ============================================================
``lock windows``      both words, anywhere
``"lock windows"``    the phrase
``burgl*``            every word that begins so
``lock OR bolt``      one or the other
``lock NEAR/5 door``  with at most five words between them (ten without a number)
``-scotland``         not this word; ``-"a phrase"`` likewise
====================  ============================================================

Letter case and accents do not count. What is not a letter or digit only parts words.
"""

import re
from dataclasses import dataclass

__all__ = ["Phrase", "Question", "Together", "read_question"]

_MOST_PARTS = 16
_LONGEST = 120  # characters of one part
_FARTHEST = 10  # words between two that are near, unless told
_MOST_FAR = 100
_PART = re.compile(r'(?P<without>-?)"(?P<phrase>[^"]*)"?(?P<begins>\*?)|(?P<word>\S+)')
_NEAR = re.compile(r"NEAR(?:/(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one behind the other; with `begins` the last may go on."""

    text: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """Phrases with at most `distance` words between them."""

    phrases: tuple[Phrase, ...]
    distance: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a text must say.

    Attributes:
        wanted: of each of these at least one.
        unwanted: none of these.
    """

    wanted: tuple[tuple[Phrase | Together, ...], ...] = ()
    unwanted: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)


def read_question(text: str) -> Question:
    """Read what somebody typed; never fails, and what cannot be looked for is left out.

    >>> read_question('"lock windows" -scotland').unwanted
    (Phrase(text='scotland', begins=False),)

    A question that only says what must not be is empty: it would find nearly everything.
    """
    # No database takes half a surrogate pair, and PostgreSQL no NUL.
    text = text.encode("utf-8", "replace").decode().replace("\0", " ")
    wanted: list[tuple[Phrase | Together, ...]] = []
    unwanted: list[Phrase] = []
    joint = ""
    for number, match in enumerate(_PART.finditer(text)):
        if number == _MOST_PARTS:
            break
        word = match["word"]
        if word and wanted and (word == "OR" or _NEAR.fullmatch(word)):
            joint = word
            continue
        without, phrase = _phrase(match)
        if phrase is None:
            continue
        if without:
            unwanted.append(phrase)
        elif joint == "OR":
            wanted[-1] += (phrase,)
        elif joint:
            wanted[-1] = (*wanted[-1][:-1], _near(wanted[-1][-1], phrase, joint))
        else:
            wanted.append((phrase,))
        joint = ""
    return Question(tuple(wanted), tuple(unwanted))


def _phrase(match: re.Match[str]) -> tuple[bool, Phrase | None]:
    word = match["word"]
    if word is None:
        said, begins, without = match["phrase"], bool(match["begins"]), bool(match["without"])
    else:
        without = word.startswith("-")
        begins = word.endswith("*")
        said = word
    said = " ".join(said[:_LONGEST].split()).strip("-*") if word else " ".join(said.split())
    said = said[:_LONGEST]
    if not any(map(str.isalnum, said)):
        return without, None
    return without, Phrase(said, begins)


def _near(one: Phrase | Together, other: Phrase, joint: str) -> Together:
    match = _NEAR.fullmatch(joint)
    asked = match and match[1]
    distance = min(int(asked), _MOST_FAR) if asked else _FARTHEST
    before = one.phrases if isinstance(one, Together) else (one,)
    return Together((*before, other), distance)
