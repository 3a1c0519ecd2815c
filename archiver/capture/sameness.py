"""How alike two pages read: a fingerprint of the words a reader sees, and the likeness of two.

A fingerprint is a SimHash: 64 bits, each the vote of the different runs of three words that a page
has. Pages that differ in a few words differ in a few bits. Which bits those are tells nothing.
"""

import hashlib
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from archiver.markup import read_source

__all__ = ["NEAR", "Wording", "distance", "fingerprint", "near", "read_wording", "simhash"]

# Bits. Of 5,000 pairs of real pages of three sites one is so near, two short messages of one
# discussion; the same site's many pages for what it does not have are 0 apart.
NEAR = 3

# Odd, below 2**62 so that three products fit into 128 bits, otherwise of no meaning.
_FACTORS = (0x3243F6A8885A308D, 0x2B7E151628AED2A7, 0x1E3779B97F4A7C15)
_MOST_BYTES = 1 << 18  # of a page; what stands behind is not read
_MOST_WORDS = 8192
_MOST_KNOWN, _LONGEST_KNOWN = 1 << 14, 64  # words remembered, and characters of one
_TITLE_VOTES = 4  # a title is a few words among hundreds, and says the most
# Each alternative ends at the text's end if not before, so that nothing is ever tried twice.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|noscript|template|title)\b.*?(?:</\1[^<>]*>?|\Z)|<[^<>]*>?",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(r"<title\b[^<>]*>([^<]{0,1000})", re.IGNORECASE)
_HEADING = re.compile(r"<h1\b[^<>]*>", re.IGNORECASE)
_HEADING_END = re.compile(r"</h1", re.IGNORECASE)
_LONGEST_HEADING = 2000  # characters, markup included
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+")
# What a calendar or a clock writes. A page that differs from another in nothing else is the same
# page at another time; words that are written like the name of a month are a small loss.
_TIME_WORDS = """
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
monday tuesday wednesday thursday friday saturday sunday
mon tue tues wed thu thur thurs fri sat sun am pm st nd rd th
ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr
llun mercher iau gwener sadwrn sul
"""
_TIMES = frozenset(_TIME_WORDS.split())
_TIME_NUMBER = re.compile(r"\d{1,2}(?:st|nd|rd|th)?|(?:1[5-9]|2[01])\d\d|\d\d?(?::\d\d){1,2}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a reader sees of a page, without markup.

    Attributes:
        title: of its first ``title`` element, white space folded.
        heading: of its first ``h1``, likewise.
        text: all that is visible, the title not included.
    """

    title: str
    heading: str
    text: str


def read_wording(payload: bytes | str) -> Wording:
    """Take the visible words out of HTML or plain text; never fails, and takes linear time.

    Args:
        payload: the page with transfer and content coding undone. Bytes are read as UTF-16 with a
            byte order mark, else as UTF-8; another charset's letters are lost, but always in the
            same way. The first 256 kB are read.
    """
    markup = payload[:_MOST_BYTES]
    if isinstance(markup, bytes):
        source = read_source(markup)
        text = markup.decode("utf-8", "replace") if source.encoding == "latin-1" else source.text
    else:
        text = markup
    title = found[1] if (found := _TITLE.search(text)) else ""
    heading = ""
    if begin := _HEADING.search(text):
        inside = text[begin.end() : begin.end() + _LONGEST_HEADING]
        heading = inside[: end.start() if (end := _HEADING_END.search(inside)) else 0]
    return Wording(_plain(title), _plain(heading), _plain(text))


def fingerprint(page: bytes | str | Wording) -> int:
    """Give a page's fingerprint, a number below 2**64; 0 for a page without words.

    Days, months, years and times of day are not among the words, so the empty pages of a calendar
    have all the same. The title counts four times. Costs about half a millisecond for 20 kB.
    """
    page = page if isinstance(page, Wording) else read_wording(page)
    runs = _runs(page.title) * _TITLE_VOTES
    runs.extend(_runs(page.text))
    return simhash(runs.tobytes())


def distance(one: int, other: int) -> int:
    """Count the bits in which two fingerprints differ, 0 to 64; unlike pages come to about 28."""
    return (one ^ other).bit_count()


def near(one: int, other: int) -> bool:
    """Tell whether two pages read alike: their fingerprints differ in at most `NEAR` bits."""
    return (one ^ other).bit_count() <= NEAR


def _plain(markup: str) -> str:
    return " ".join(unescape(_UNSEEN.sub(" ", markup)).split())


class _Known(dict[str, bytes]):
    """What words come to, remembered as far as there is room; several are told in a microsecond."""

    def __init__(self, make: Callable[[str], bytes]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> bytes:
        made = self._make(word)
        if len(word) <= _LONGEST_KNOWN:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[word] = made
        return made


def _word_bits(word: str) -> bytes:
    if word in _TIMES or _TIME_NUMBER.fullmatch(word):
        return b""
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
    return digest + bytes(8)


def _bits(between: str) -> bytes:
    # Of what stands between blanks: mostly a word, and what is written behind it.
    return b"".join(map(_WORDS.__getitem__, _WORD.findall(between)))


_WORDS = _Known(_word_bits)
_BETWEEN = _Known(_bits)


def _runs(text: str) -> "array[int]":
    """Give the runs of three words in a text, each once, as numbers below 2**64."""
    text = text.lower()
    if (
        len(text) < 2 * _MOST_WORDS
    ):  # it cannot have more words, and most come again on the next page
        hashes = b"".join(map(_BETWEEN.__getitem__, text.split(" ")))
    else:
        hashes = b"".join(map(_WORDS.__getitem__, _WORD.findall(text)[:_MOST_WORDS]))
    # All runs at once, for a word's number has as much room behind it: each times one factor, plus
    # the next times another, plus the one after that; the last runs go on at the start. Of the sums
    # the middle is taken, where all bits of the three words meet.
    first, second, third = _FACTORS
    number = int.from_bytes(hashes + hashes[:32].ljust(32, b"\0"), "little")
    mixed = (number * first + (number >> 128) * second + (number >> 256) * third) >> 32
    runs = array("Q", mixed.to_bytes(len(hashes) + 32, "little")[: len(hashes)])
    return array("Q", list(set(runs[::2])))  # a list is taken at once, a set one by one


def simhash(runs: bytes) -> int:
    """Let runs, 8 bytes each, vote on each of 64 bits; a bit is set where more than half have it.

    >>> simhash(bytes([3, *bytes(7)]) + bytes([1, *bytes(7)]))
    1
    """
    words = count = len(runs) // 8
    # All bits of many runs are counted at once. Plane 0 holds the last binary digit of each count,
    # plane 1 the one before it, and so on; at first each run counts for itself. One half of the
    # runs is added to the other, until a single one is left, which holds 64 counts.
    planes = [int.from_bytes(runs, "little")]
    while words > 1:
        words = (words + 1) // 2
        bits = 64 * words
        lower = (1 << bits) - 1
        carried = 0
        for place, plane in enumerate(planes):
            one, other = plane & lower, plane >> bits
            differs = one ^ other
            planes[place] = differs ^ carried
            carried = one & other | carried & differs
        planes.append(carried)
    # A bit is set where its count is above the half: of two numbers the greater is the one that has
    # the first digit which the other has not.
    half = count // 2
    above, equal = 0, (1 << 64) - 1
    for place in reversed(range(max(len(planes), half.bit_length()))):
        plane = planes[place] if place < len(planes) else 0
        if half >> place & 1:
            equal &= plane
        else:
            above |= equal & plane
            equal &= ~plane
    return above
