"""Wording: the one normaliser of texts, by which they are held equal and by which they are shown.

A text is *plain* when its white space is folded; that is what a reader is shown. Its *meaning* is
what is left when everything is taken off that says nothing else by being written otherwise: kinds
of quotation marks, an e-mail address in disguise, the gaps of a telephone number, stamps. Each step
has a name, so that whatever it hid can be told by its name.
"""

import re
import unicodedata
from collections.abc import Callable

from extract.facts.emails import find_emails
from extract.facts.numbers import NUMBER, read_number
from extract.facts.phones import find_phones

__all__ = ["figures", "meaning", "plain", "reasons", "words_of"]

_MARKS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u0060\u00b4\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u2026": "...",
        "\ufb01": "fi",
        "\ufb02": "fl",
    }
)
_STAMPS = re.compile(
    r"(?:\bpage (?:was )?)?\b(?:generated|rendered|created|loaded|served|processed|built|executed|"
    r"query took|took)\b(?: in| on| at| by|:){0,2} [\d.,:/-]{1,20}"
    r"(?: ?(?:seconds?|secs?|s|ms|milliseconds?)\b)?"
    r"|\b(?:session|request|trace|transaction)(?: ?id)?\b ?[:=#]? ?[0-9a-f-]{8,64}\b"
    r"|\b(?:you are (?:the )?)?visitor (?:number|no\.?|#):? ?[\d,]{1,12}"
    r"|\b(?:page )?(?:hits|views|page views|visits)(?: so far)?: ?[\d,]{1,12}"
    r"|\b(?:viewed|visited|accessed|read) [\d,]{1,12} times\b"
    r"|\b[\d,]{1,9} (?:people|users?|visitors?|guests?|members?) (?:are )?(?:currently |now )?"
    r"(?:online|browsing)\b"
    r"|\b(?:page )?(?:printed|accessed|retrieved|downloaded) (?:on|at|from):? "
    r"[\w ,:/.]{4,24}?(?:\d{4}|\d{1,2}:\d\d)\b"
    r"|\b(?:today is|it is now|the (?:time|date) is(?: now)?|current (?:time|date)(?: is)?:?|"
    r"local time:?|server time:?|today's date(?: is)?:?) "
    r"[\w ,:/.]{2,40}?(?:\d{4}(?:,? (?:at )?\d{1,2}[:.]\d\d(?: ?[ap]m)?)?|\d{1,2}[:.]\d\d"
    r"(?: ?[ap]m)?)(?![\w:])"
    r"|\b\d{1,3} (?:seconds?|minutes?|hours?) ago\b",
    re.IGNORECASE,
)
_STAMP_HINTS = (
    *("generat", "render", "created", "loaded", "served", "process", "built", "execut", "took"),
    *("session", "request", "trace", "transaction", "visit", "hits", "views", " times", "online"),
    *("browsing", "printed", "accessed", "retrieved", "downloaded", "today", "it is now", " ago"),
    *("time is", "date is", "current time", "current date", "local time", "server time"),
)
_LEADING = re.compile(
    r"^\s*(?:[\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u25a0\u25a1\u00b7\u2043\u2219\u27a2\u2192*>o\-]|"
    r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,5})[.)])\s+(?=\S)"
)
_ALONE = re.compile(r"(?:(?<=\s)|^)[|\u2022\u00b7\u00bb\u203a>/\\\-:*]+(?=\s|$)")
_BAR = re.compile(r"\s*\|\s*")
_SIGN = re.compile(r"[|\u2022\u00b7\u00bb\u203a>/\\\-:*]")
_GAPPED = (" ,", " .", " ;", " :", " !", " ?", " )", " ]", "( ", "[ ")
_GAPS = re.compile(r"\s+(?=[,.;:!?)\]])|(?<=[(\[])\s+")
_COMMAS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3}){1,3}(?![\d,])")
_NUMBER = re.compile(rf"(?<![\w.,/\u00a3$-])(?:{NUMBER})(?![\w,/]|\.\d|-\d)", re.IGNORECASE)
_NUMBER_WORDS_TEXT = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
dau dwy tri tair pedwar pedair pump chwech saith wyth naw deg
"""
_NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"\d+|[^\W\d_]+")
_DIGITS = re.compile(r"\d[\d\s().+-]{7,}\d")
_WORD = re.compile(r"[^\W_]+|[\u00a3$\u20ac%&@]")


def plain(text: str) -> str:
    r"""Fold white space and compose accents: the text as it is shown and held against others.

    >>> plain("One\ntwo\u00a0three")
    'One two three'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _marks(text: str) -> str:
    return text if text.isascii() else text.translate(_MARKS)


def _emails(text: str) -> str:
    found = find_emails(text)
    for email in reversed(found):
        text = f"{text[: email.start]}{email.address}{text[email.end :]}"
    return text.replace("mailto:", "") if found else text


def _phones(text: str) -> str:
    if not _DIGITS.search(text):
        return text
    for phone in reversed(find_phones(text)):
        before = text[: phone.start]
        text = f"{before}{phone.number}{text[phone.end :]}"
    return text


def _stamps(text: str) -> str:
    if not _DIGIT.search(text):
        return text
    lowered = text.lower()
    return _STAMPS.sub(" ", text) if any(hint in lowered for hint in _STAMP_HINTS) else text


def _list_marks(text: str) -> str:
    return _LEADING.sub("", text)


def _numbers(text: str) -> str:
    if "," in text:
        text = _COMMAS.sub(lambda found: found.group().replace(",", ""), text)
    if _NUMBER_WORDS.isdisjoint(text.lower().replace("-", " ").replace(",", " ").split()):
        return text
    return _NUMBER.sub(_in_digits, text)


def _in_digits(found: re.Match[str]) -> str:
    value = read_number(found.group())
    return found.group() if value is None else str(value)


def _separators(text: str) -> str:
    if "|" in text:
        text = _BAR.sub(" ", text)
    if _SIGN.search(text):
        text = " ".join(_ALONE.sub(" ", text).split())
    return _GAPS.sub("", text) if any(gap in text for gap in _GAPPED) else text


# The names are what a reader is told.
_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("quotation marks and dashes", _marks),
    ("stamp or counter", _stamps),
    ("e-mail address written otherwise", _emails),
    ("telephone number written otherwise", _phones),
    ("number written otherwise", _numbers),
    ("list marks", _list_marks),
    ("white space and separators", _separators),
    ("letter case", str.casefold),
)


def meaning(text: str) -> str:
    """Give what a plain text says, however it is written.

    >>> meaning("Ring (01632) 960 101") == meaning("ring 01632 960101")
    True
    >>> meaning("310 CSPs") == meaning("316 CSPs")
    False
    """
    for _, step in _STEPS:
        text = step(text)
    return " ".join(text.split())


def figures(text: str) -> list[str]:
    """Give the figures of a text, and the words that may be numbers, as they are written."""
    return [
        word for word in _FIGURE.findall(text.lower()) if word in _NUMBER_WORDS or word[0].isdigit()
    ]


def reasons(old: str, new: str) -> tuple[str, ...]:
    """Name what two texts of one meaning differ in; nothing when they are equal."""
    if old == new:
        return ()
    for name, step in _STEPS:
        if " ".join(step(old).split()) == " ".join(step(new).split()):
            return (name,)
    needed = tuple(
        name for name, _ in _STEPS if _meaning_without(old, name) != _meaning_without(new, name)
    )
    return needed or ("white space and separators",)


def _meaning_without(text: str, left_out: str) -> str:
    for name, step in _STEPS:
        if name != left_out:
            text = step(text)
    return " ".join(text.split())


def words_of(text: str) -> list[str]:
    """Give the words of a meaning, without punctuation, to hold differently parted texts equal."""
    return _WORD.findall(text)
