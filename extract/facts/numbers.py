"""Numbers in running text: digits with commas, words in English and Welsh, "around"."""

import re

__all__ = ["NUMBER", "is_approximate", "read_number"]

_UNITS_TEXT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS_TEXT = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_UNITS_TEXT.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_TEXT.split(), start=2)}
_WELSH = {"un": 1, "dau": 2, "dwy": 2, "tri": 3, "tair": 3, "pedwar": 4, "pedair": 4, "pump": 5,
          "ddau": 2, "ddwy": 2, "dri": 3, "dair": 3, "bedwar": 4, "bedair": 4, "pum": 5, "bum": 5,
          "chwe": 6, "chwech": 6, "saith": 7, "wyth": 8, "naw": 9, "deg": 10}  # fmt: skip
_WELSH_WORD = "|".join(_WELSH)
_WORD = "|".join([*_TENS, *sorted(_UNITS, key=len, reverse=True), *_WELSH])
NUMBER = (
    r"(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,6}"
    rf"|(?:{_WELSH_WORD}) (?:ar hugain|ddeg(?: (?:{_WELSH_WORD}))?|deg(?: (?:{_WELSH_WORD}))?)"
    rf"|(?:(?:{_WORD}|a) hundred(?: and (?:{_WORD})(?:[ -](?:{_WORD}))?)?|"
    rf"(?:{_WORD})(?:[ -](?:{_WORD}))?))"
)
_APPROXIMATE = re.compile(
    r"\b(?:about|around|approximately|approx\.?|some|over|more than|nearly|almost|at least|up to|"
    r"roughly|under|fewer than|less than|just over|just under|tua|oddeutu|dros)\s*$",
    re.IGNORECASE,
)


def read_number(text: str) -> int | None:
    """Read a whole number in digits or words.

    >>> read_number("1,310"), read_number("forty-two"), read_number("three hundred and ten")
    (1310, 42, 310)
    >>> read_number("dwy ar hugain"), read_number("dau ddeg dau")
    (22, 22)
    """
    plain = text.strip().lower().replace(",", "")
    if plain.isascii() and plain.isdigit():
        return int(plain)
    total = 0
    words = [word for word in re.split(r"[\s-]+", plain) if word != "and"]
    for word in words:
        if word == "hundred":
            total = max(total, 1) * 100
        elif word in {"a", "ar"}:
            continue
        elif word == "hugain":
            total += 20
        elif word in {"ddeg", "deg"} and 2 <= total <= 9:
            total *= 10
        elif (value := _UNITS.get(word, _TENS.get(word, _WELSH.get(word)))) is not None:
            total += value
        else:
            return None
    return total if words else None


def is_approximate(before: str) -> bool:
    """Whether the words just before a number make it a rough one."""
    return _APPROXIMATE.search(before[-24:]) is not None
