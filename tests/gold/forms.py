"""In what form two readings are held against each other: one for every kind of value."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any

__all__ = [
    "account",
    "act",
    "address",
    "area",
    "authority",
    "claimed",
    "date_kind",
    "digits",
    "force",
    "likeness",
    "mailbox",
    "partnership",
    "person",
    "place",
    "plain",
    "postcode",
    "region",
    "section",
]

_STRAIGHT = str.maketrans(
    dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-")
    | {"\u00ad": ""}
)
_ROUND = " .,:;|-"  # what may stand around a text without being part of it
_TITLES = (
    r"(?:(?:mr|mrs|ms|miss|dr|cllr|councillor|sir|pc|ps|sgt|insp|inspector|chief|supt"
    r"|superintendent|dci|di)\.?\s+)+(?=\S)"
)
_AREA_WORDS = (
    r"\b(?:metropolitan|borough|district|county|city|council|of|unitary|authority|the|london)\b|,"
)
_FORCE_WORDS = r"\b(?:police|constabulary|service|force|heddlu)\b"
_LONG_NAMES = (
    (re.compile(r"crime (?:and|&) disorder (?:reduction )?partnerships?"), "cdrp"),
    (re.compile(r"community safety partnerships?"), "csp"),
    (re.compile(r"\b(cdrp|csp)s\b"), r"\1"),
)
_CLAIMED = (
    (re.compile(r"cdrp|crime (?:and|&) disorder"), "cdrp"),
    (re.compile(r"\bcsps?\b|community safety|[pb]h?artneriaeth"), "csp"),
    (re.compile(r"partnership"), "partnership"),
    (re.compile(r"police force"), "force"),
    (re.compile(r"entr(?:y|ies)"), "entry"),
)
_PLACES = {"cymru": "wales", "lloegr": "england", "cymru a lloegr": "england and wales"}
_DATE_KINDS = {
    "modified": "updated",
    "last_updated": "updated",
    "lastmodified": "updated",
    "created": "published",
    "first_published": "published",
    "issued": "published",
    "reviewed": "review",
    "review_due": "review",
    "snapshot": "archived",
    "capture": "archived",
    "captured": "archived",
}
_EXTENSION = re.compile(r"(?:;ext=|ext\.?\s*|x)(\d+)$", re.IGNORECASE)


def plain(value: object) -> str:
    """A text without its typography: NFKC, straight quotes, one dash, one space, no capitals."""
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return " ".join(text.translate(_STRAIGHT).casefold().split()).strip(_ROUND)


def likeness(one: object, other: object) -> float:
    """How much two texts share, word by word: the F1 of their words, 0 to 1."""
    words = [Counter(re.findall(r"[\w']+", plain(text))) for text in (one, other)]
    if not all(words):
        return 0.0
    shared = (words[0] & words[1]).total()
    return 2 * shared / (words[0].total() + words[1].total())


def person(value: object) -> str:
    """A name without the titles before it."""
    return re.sub("^" + _TITLES, "", plain(value))


def partnership(value: object) -> str:
    """A partnership's name, with its kind in short."""
    text = plain(value)
    for pattern, short in _LONG_NAMES:
        text = pattern.sub(short, text)
    return text.removeprefix("the ")


def postcode(value: object) -> str:
    return "".join(str(value or "").split()).upper()


def mailbox(value: object) -> str:
    return str(value).strip().lower()


def digits(value: object) -> str:
    """A telephone number in E.164, with ``;ext=`` before an extension."""
    text = str(value or "").strip()
    found = _EXTENSION.search(text)
    number = text[: found.start()] if found else text
    number = re.sub(r"[^\d+]", "", number.replace("(0)", ""))
    if number.startswith("0"):
        number = "+44" + number[1:]
    return number + (f";ext={found[1]}" if found else "")


def account(value: object) -> str:
    """A web address without scheme, fragment, default port and last slash, its host in small."""
    text = re.sub(r"(^|/)(https?):/(?=[^/])", r"\1\2://", str(value or "").strip(), flags=re.I)
    text = re.sub(r"^https?://", "", text, flags=re.I).split("#")[0]
    host, slash, path = text.partition("/")
    return (re.sub(r":(?:80|443)$", "", host.lower()) + slash + path).rstrip("/")


def address(value: object) -> str:
    """The lines of an address as one text."""
    return " ".join(str(line) for line in value) if isinstance(value, list) else str(value or "")


def _without(value: str, words: str) -> str:
    return " ".join(re.sub(words, " ", value).split()) or value


def area(value: object) -> str:
    """A council's area, whether or not it is called a district, a borough or a council."""
    return _without(plain(value), _AREA_WORDS)


def region(value: object) -> str:
    """A region, with or without its Government Office; Yorkshire has one name."""
    text = plain(value).replace("government office for", " ").replace("&", "and")
    text = " ".join(word for word in text.split() if word != "the")
    return _PLACES.get(text, text.replace("humberside", "humber"))


def place(value: object) -> str:
    """Where an authority sits: empty for both countries together."""
    text = region(value)
    return "" if text in ("england and wales", "both") else text


def force(value: object) -> str:
    """A police force without the word for it."""
    return _without(plain(value).replace("&", "and"), _FORCE_WORDS)


def claimed(value: object) -> str:
    """What is counted: one word for each kind of thing known here, else the words themselves."""
    text = plain(value)
    return next((kind for pattern, kind in _CLAIMED if pattern.search(text)), authority(text))


def authority(value: object) -> str:
    """A body in the singular, without its initials in brackets or an article."""
    text = re.sub(r"\([^)]*\)", "", plain(value)).strip()
    return " ".join(_singular(word) for word in re.sub(r"^(?:the|every|each) ", "", text).split())


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def act(law: Mapping[str, Any], name: str) -> tuple[str, str]:
    """An Act or instrument by its name, without its year, and its year."""
    short = re.sub(r"\s*\(?(?:1[89]|20)\d\d\)?$", "", plain(name))
    return short.removeprefix("the ").strip(), str(law.get("year") or "")


def section(value: object) -> str:
    """A section as its bare number; schedules and articles keep their word."""
    text = re.sub(r"^(?:sections?|ss?|sec)\.?\s*(?=\d)", "", plain(value))
    text = re.sub(r"^sch(?:ed(?:ule)?)?\.?\s*(?=\d)", "schedule ", text)
    return re.sub(r"^art(?:icle)?\.?\s*(?=\d)", "article ", text)


def date_kind(value: object) -> str:
    text = plain(value).replace(" ", "_")
    return _DATE_KINDS.get(text, text)
