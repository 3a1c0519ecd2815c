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

__all__ = ["MOMENT", "figures", "meaning", "plain", "reasons", "words_of"]

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
_DATE = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? "
    r"[a-z]{3,9},? \d{4}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}[/.-]\d{1,2}[/.-]"
    r"\d{2,4}|\d{4}-\d\d-\d\d)"
)
_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\b\.?)?(?: (?:gmt|bst|utc)\b)?"
MOMENT = rf"(?:{_DATE}(?:,?(?: at| -)? {_TIME})?|{_TIME}(?:,?(?: on)? {_DATE})?)"
_DONE = r"(?:generated|rendered|created|loaded|served|processed|built|executed)"
_FETCHED = r"(?:generated|rendered|printed|accessed|retrieved|downloaded)"
_AN_ID = r"(?=[a-f-]{0,63}\d)[0-9a-f-]{8,64}"
_STAMPS = re.compile(
    rf"(?:\bpage (?:was )?)?\b{_DONE}(?: in| by|:){{0,2}} [\d.,]{{1,10}} ?"
    r"(?:seconds?|secs?|s|ms|milliseconds?)\b"
    rf"|(?:^|\b(?:page|file|output) )(?:was )?{_FETCHED}(?: from [\w./:-]{{4,80}})?"
    rf"(?: on| at| from|:){{0,2}} {MOMENT}"
    rf"|^{_FETCHED}(?: from [\w./:-]{{4,80}})?(?: on| at| from|:){{1,2}} {_TIME}(?![\w.:])"
    r"|\b(?:query|request|page|script|search) took [\d.,]{1,10} ?(?:seconds?|secs?|s|ms)\b"
    rf"|\b(?:session|request|trace|transaction)(?: ?id)? ?[:=#]? ?{_AN_ID}\b"
    r"|\b(?:you are )?(?:the )?visitor (?:number|no\.?|#):? ?[\d,]{1,12}"
    r"|\byou are (?:visitor [\d,]{1,12}|the [\d,]{1,12}(?:st|nd|rd|th) visitor)"
    r"|\b(?:page hits|page views|total hits|total visits)(?: so far)?: ?[\d,]{1,12}"
    r"|\bthis page has been (?:viewed|visited|accessed|read) [\d,]{1,12} times\b"
    r"|(?:\bthere (?:are|is) )?\b(?:currently )?[\d,]{1,9} (?:people|users?|visitors?|guests?|"
    r"members?) (?:are )?(?:currently |now )?(?:online|browsing)\b"
    r"|\b(?:online now|currently online|users online):? [\d,]{1,9}"
    r"|\b(?:today is|it is now|the (?:time|date) is(?: now)?|time now:?|current (?:time|date)"
    rf"(?: is)?:?|local time:?|server time:?|today's date(?: is)?:?) {MOMENT}"
    r"|\b\d{1,3} (?:seconds?|minutes?|hours?) ago\b"
    r"|\byour ip(?: address)?(?: is)?:? [\d.]{7,15}|\byou were served by \w{1,20}",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"((?:\u00a9|copyright)[ \w]{0,24}?)\b\d{4}(?: ?[-\u2013] ?\d{2,4})?\b", re.IGNORECASE
)
_UPDATED = r"(?:updated|modified|amended|edited|revised|reviewed|changed)"
_PAGE_DATE = re.compile(
    rf"(?:^|\b(?:page|site|document|content)(?: was| has been)? |\blast )(?:last )?{_UPDATED}"
    rf"(?: on| at|:){{0,2}} {MOMENT}",
    re.IGNORECASE,
)
_UPDATE_HINTS = ("updated", "modified", "amended", "edited", "revi", "changed")
_STAMP_HINTS = (
    *("generat", "render", "created", "loaded", "served", "process", "built", "execut", "took"),
    *("session", "request", "trace", "transaction", "visit", "hits", "views", " times", "online"),
    *("browsing", "printed", "accessed", "retrieved", "downloaded", "today", "it is now", " ago"),
    *("time is", "date is", "time now", "current time", "current date", "local time"),
    *("server time", "your ip", "served by"),
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
# Costly expressions are only tried where one of these, which are not, finds something.
_GAP_IN_FIGURES = re.compile(r"\d \d{3}")
_MAY_BE_HOUR = re.compile(r"\d ?[ap]\.?m", re.IGNORECASE)
_SPACED = re.compile(r"(?<![\d,.] )(?<![\d,.])[1-9]\d{0,2}(?: \d{3}){1,2}(?![ ,.]?\d)")
_PER_CENT = re.compile(r"(?<=\d) ?(?:per ?cent\b|%)", re.IGNORECASE)
_NO_PENCE = re.compile(r"(?<=\d)\.00(?!\d)")
_MILLIONS = re.compile(r"(?<![\d,.])(\d{1,4})(?:\.(\d{1,6}))? ?million\b", re.IGNORECASE)
_MONTHS_TEXT = (
    "January February March April May June July August September October November December"
)
_MONTHS = _MONTHS_TEXT.split()
_IN_FIGURES = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_ORDINAL = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)(?= (?:{'|'.join(_MONTHS)})\b)")
_ENDINGS = ("st ", "nd ", "rd ", "th ")
_HOUR = re.compile(r"(?<![\d:.])(\d{1,2})(?:[:.](\d\d))? ?([ap])(?:\.m\b\.?|m\b)", re.IGNORECASE)
_MISREAD = ("\u00c3", "\u00c2", "\u00e2\u20ac")
_NUMBER_WORDS_TEXT = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
dau dwy tri tair pedwar pedair pump chwech saith wyth naw deg
"""
_NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())
_LONGEST = 20_000  # characters; of a longer text only marks and letter case are folded
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
    if "copyright" in lowered or "\u00a9" in text:
        text = _COPYRIGHT.sub(r"\1", text)
    return _STAMPS.sub(" ", text) if any(hint in lowered for hint in _STAMP_HINTS) else text


def _page_dates(text: str) -> str:
    if "ed" not in text or not _DIGIT.search(text):
        return text
    lowered = text.lower()
    return _PAGE_DATE.sub(" ", text) if any(hint in lowered for hint in _UPDATE_HINTS) else text


def _charset(text: str) -> str:
    """Undo what reading UTF-8 as Windows-1252 did to a text."""
    if not any(sign in text for sign in _MISREAD):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _dates(text: str) -> str:
    if not _DIGIT.search(text):
        return text
    if "/" in text:
        text = _IN_FIGURES.sub(_date_in_words, text)
    if any(ending in text for ending in _ENDINGS):
        text = _ORDINAL.sub(r"\1", text)
    return _HOUR.sub(_hour_in_one_way, text) if _MAY_BE_HOUR.search(text) else text


def _date_in_words(found: re.Match[str]) -> str:
    day, month, year = (int(part) for part in found.groups())
    return f"{day} {_MONTHS[month - 1]} {year}" if 1 <= month <= 12 else found.group()


def _hour_in_one_way(found: re.Match[str]) -> str:
    hour, minutes, half = found.groups()
    return f"{int(hour)}{'' if minutes in (None, '00') else ':' + minutes}{half.lower()}m"


def _list_marks(text: str) -> str:
    mark = _LEADING.match(text)
    return text[mark.end() :] if mark else text


def _numbers(text: str) -> str:
    if _DIGIT.search(text):
        if _GAP_IN_FIGURES.search(text):
            text = _SPACED.sub(lambda found: found.group().replace(" ", ""), text)
        if "%" in text or "ent" in text:
            text = _PER_CENT.sub("%", text)
        if ".00" in text:
            text = _NO_PENCE.sub("", text)
        if "illion" in text:
            text = _MILLIONS.sub(_in_full, text)
    if "," in text:
        text = _COMMAS.sub(lambda found: found.group().replace(",", ""), text)
    if _NUMBER_WORDS.isdisjoint(text.lower().replace("-", " ").replace(",", " ").split()):
        return text
    return _NUMBER.sub(_in_digits, text)


def _in_full(found: re.Match[str]) -> str:
    whole, part = found.group(1), found.group(2) or ""
    return f"{int(whole + part.ljust(6, '0'))}"


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
    ("charset read wrongly", _charset),
    ("quotation marks and dashes", _marks),
    ("stamp or counter", _stamps),
    ("date of the page", _page_dates),
    ("e-mail address written otherwise", _emails),
    ("telephone number written otherwise", _phones),
    ("date or time written otherwise", _dates),
    ("number written otherwise", _numbers),
    ("list marks", _list_marks),
    ("white space and separators", _separators),
    ("letter case", str.casefold),
)


_LONG_STEPS = (_STEPS[0], _STEPS[1], _STEPS[-1])


def meaning(text: str) -> str:
    """Give what a plain text says, however it is written.

    >>> meaning("Ring (01632) 960 101") == meaning("ring 01632 960101")
    True
    >>> meaning("310 CSPs") == meaning("316 CSPs")
    False
    """
    for _, step in _STEPS if len(text) <= _LONGEST else _LONG_STEPS:
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
