"""Acts and instruments that a page cites, with their provisions: sections, schedules, articles."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from extract.document import CONTENT, Document
from extract.facts.observations import PROSE, Quote, RecordDraft, quote
from extract.facts.pieces import Piece, piece_of
from extract.hints import blocks_at, places_of
from extract.reference.legislation import is_known_act

__all__ = ["read_legislation"]

_TITLE_END = re.compile(
    r"\b(?P<kind>Act|Measure|Regulations|Order|Rules)\b(?:,?(?: of)? "
    r"(?P<bracket>\()?(?P<year>(?:1[6-9]|20)\d{2})(?!\d|/)(?(bracket)\)))?"
)
_YEAR_BEFORE = re.compile(r"\b((?:19|20)\d{2}) $")  # the 1998 Crime and Disorder Act
_SHORT_TITLE = re.compile(r"\bCDA(?:,? (?P<year>19\d{2}))?(?!\w)")
_WELSH_TITLE = re.compile(
    r"\b(?P<title>(?:Dd?eddf|Rh?eoliadau|G?[Oo]rchymyn|[MF]esur)(?: (?:(?:a|ac|y|yr|o|i|ar|â|ag) "
    r"){0,2}[^\W\d_a-z][\w'\u2019-]*){1,10})"
    r" (?P<year>(?:19|20)\d{2})"
)
_WELSH_KNOWN = {  # the first letter changes after "o" and "yn"
    "eddf trosedd ac anhrefn": "Crime and Disorder Act",
    "eddf diwygio'r heddlu": "Police Reform Act",
    "eddf diwygio'r heddlu a chyfrifoldeb cymdeithasol": "Police Reform and Social Responsibility "
    "Act",
    "eddf yr heddlu a chyfiawnder": "Police and Justice Act",
    "eddf rheoli troseddwyr": "Offender Management Act",
    "eddf rhyddid gwybodaeth": "Freedom of Information Act",
    "eddf diogelu data": "Data Protection Act",
    "eddf hawliau dynol": "Human Rights Act",
    "eddf plant": "Children Act",
    "eddf trwyddedu": "Licensing Act",
}
_WELSH_CHANGED = {"dd": "D", "re": "Rhe", "fe": "Me", "or": "Gor"}
_TOKEN = re.compile(r"\([^()]{1,120}\)|[^\s()]+")
_CONNECTING = frozenset({"and", "of", "the", "for", "to", "in", "on", "with", "etc", "&"})
_NOT_A_TITLE_TEXT = """
the under in by section sections schedule schedules see both since this that an a its when where
if as article articles regulation part parts chapter from of for and to on with s ss sch act
regulations order
"""
_NOT_A_TITLE = frozenset(_NOT_A_TITLE_TEXT.split())
_NUMBER_AFTER = re.compile(
    r"^\s?[(,]?\s?(?P<number>(?:S\.?I\.?|Statutory Instrument)\s?(?:No\.?\s?)?\d{4}/\d{1,5}|"
    r"c\.\s?\d{1,3}|S\.?I\.?\s\d{4}\s?No\.?\s?\d{1,5})\)?",
    re.IGNORECASE,
)
_NUMBER_BEFORE = re.compile(  # "SI 2010/1654, the ... Order 2010"
    r"(?P<number>(?:S\.?I\.?|Statutory Instrument)\s?(?:No\.?\s?)?\d{4}/\d{1,5})"
    r"(?:,|:|\s[\u2013-])?\s(?:the\s)?$",
    re.IGNORECASE,
)
_LONGEST_NUMBER = 50  # characters of an instrument's number with what joins it to the title
_UNIT = r"\d{1,3}[A-Z]{0,3}(?:\(\w{1,4}\)){0,4}"
_NEXT_UNIT = rf"(?:{_UNIT}|(?:\(\w{{1,4}}\)){{1,3}})"  # "9(1) to (3)"
_JOIN = r"(?:\s?(?:,|;|&|\band\b|\bor\b|\bto\b|\bi\b|\ba\b|[-\u2013\u2014])\s?){1,2}"
_PROVISIONS = re.compile(
    rf"\b(?P<word>sections?|ss?\.?|sec\.?|adran(?:nau)?|schedules?|sch(?:ed)?\.?|atodlen(?:ni)?|"
    rf"articles?|arts?\.?|regulations?|regs?\.?|rules?)"
    rf"\s?(?P<list>{_UNIT}(?:{_JOIN}(?:sections?\s|s\.?\s?|"
    rf"schedules?\s)?{_NEXT_UNIT}){{0,20}})(?![\w%]|\.\d)",
    re.IGNORECASE,
)
_ONE = re.compile(
    rf"(?P<joint>-|\u2013|\u2014|\bto\b|\bi\b)?\s?(?P<unit>{_NEXT_UNIT})", re.IGNORECASE
)
_LAST_PART = re.compile(r"\((\w{1,4})\)$")
_BACK_REFERENCE = re.compile(
    r"\b(?:the )?same (?:Act|Order|Regulations)|\bthat (?:Act|Order)|\b(?:the|this) "
    r"(?P<year>(?:19|20)\d{2}) (?:Act|Order|Regulations)"
    r"|\bthe (?:Act|Order|Regulations)\b(?! \d{4})|\b(?:yr un|y) Ddeddf\b|"
    r"\bDd?eddf (?P<blwyddyn>(?:19|20)\d{2})\b"
)
_LAW_WORDS_TEXT = "Act CDA Regulations Order Measure Rules eddf eoliadau rchymyn Mesur Fesur"
_LAW_WORDS = _LAW_WORDS_TEXT.split()
_REACH = 90  # characters between a provision and the title it belongs to
_LONGEST_RANGE = 60
_NESTED = 64  # mentions that may begin inside one another, a title being short


@dataclass(slots=True)
class _Title:
    """An Act or instrument where it is named, with the provisions cited beside it."""

    act: Quote
    year: Quote | None
    number: Quote | None
    start: int
    end: int
    sections: list[Quote] = field(default_factory=list)


class _Mentions:
    """The mentions of law in one piece, (start, end, key) sorted by their starts."""

    def __init__(self, keys: list[tuple[int, int, str]]) -> None:
        self.keys = tuple(keys)
        self._starts = [start for start, _, _ in keys]
        self._reach = list(accumulate((end for _, end, _ in keys), max))

    def cover(self, place: int) -> bool:
        """Whether a place lies inside a mention."""
        count = bisect_right(self._starts, place)
        return count > 0 and self._reach[count - 1] > place

    def before(self, place: int) -> str | None:
        """The key of the last mention that starts before a place."""
        count = bisect_left(self._starts, place)
        return self.keys[count - 1][2] if count else None

    def around(
        self, start: int, end: int
    ) -> tuple[tuple[int, int, str] | None, tuple[int, int, str] | None]:
        """The last mention that ends before a stretch, and the first that starts behind it."""
        count = bisect_right(self._starts, start)
        near = reversed(self.keys[max(0, count - _NESTED) : count])
        preceding = next((held for held in near if held[1] <= start), None)
        behind = bisect_left(self._starts, end)
        return preceding, self.keys[behind] if behind < len(self.keys) else None


def read_legislation(document: Document) -> Iterator[RecordDraft]:
    """Read the law that a page cites, one record an Act or instrument, in order of mention."""
    blocks = [
        block
        for block in blocks_at(document, places_of(document.text, _LAW_WORDS))
        if block.region in CONTENT
    ]
    titled = [(piece, _titles(piece)) for piece in map(piece_of, blocks)]
    dated: dict[str, str] = {}  # title: the first year that it is given
    for _, titles in titled:
        for title in titles:
            if title.year:
                dated.setdefault(_plain_title(title), title.year.value)
    records: dict[str, RecordDraft] = {}
    by_year: dict[str, str] = {}  # year: the key of the first one of that year
    by_name: dict[str, str] = {}  # title without year: the key of the last one
    last: str | None = None
    for piece, titles in titled:
        named = last
        keys: list[tuple[int, int, str]] = []
        for title in titles:
            name = _plain_title(title)
            year = title.year.value if title.year else None
            if year is None:
                key = by_name.get(name) or f"{name} {dated.get(name, '')}"
            else:
                key = f"{name} {year}"
            by_name[name] = key
            by_year.setdefault(key[-4:], key)
            record = records.setdefault(key, RecordDraft("legal"))
            if not record.has("act"):
                record.add("act", title.act)
            for label, held in (("year", title.year), ("number", title.number)):
                if held is not None and not record.has(label):
                    record.add(label, held)
            keys.append((title.start, title.end, key))
            named = key
        mentions = _Mentions(keys)
        for reference in _BACK_REFERENCE.finditer(piece.text):
            start = piece.start + reference.start()
            if mentions.cover(start):
                continue
            if year := reference["year"] or reference["blwyddyn"]:
                known: str | None = by_year.get(
                    year, ""
                )  # of a law that is not named, nor are its sections
            elif len(keys) > len(mentions.keys):
                known = keys[-1][2]
            else:
                known = mentions.before(start) or last
            if known is not None:
                keys.append((start, piece.start + reference.end(), known))
        _give_provisions(piece, _Mentions(sorted(keys)), records)
        last = named
    yield from (record for record in records.values() if _is_reference(record))


def _plain_title(title: _Title) -> str:
    return title.act.value.casefold()


def _in_full(title: str) -> str:
    return " ".join(title.replace("&", " and ").split())


def _is_reference(record: RecordDraft) -> bool:
    """Whether a record names a law: with its year, or a provision, or a title that is known."""
    act = record.first("act")
    return act is not None and (record.has("year", "section") or is_known_act(act.value))


def _titles(piece: Piece) -> list[_Title]:
    titles = []
    for match in _TITLE_END.finditer(piece.text):
        start = _title_start(piece.text, match.start())
        if start == match.start():
            continue
        name = piece.cut(start, match.end("kind"))
        year = piece.cut(*match.span("year")) if match["year"] else None
        if year is None and (before := _YEAR_BEFORE.search(piece.text[max(0, start - 6) : start])):
            year = piece.cut(start - len(before.group()), start - 1)
        number = _NUMBER_AFTER.match(piece.text[match.end() : match.end() + 50])
        held = None
        if number:
            at = match.end() + number.start("number")
            printed = piece.cut(at, at + len(number["number"]))
            held = quote(printed, "statute number", PROSE, _plain_number(printed.text))
        elif number := _NUMBER_BEFORE.search(piece.text[max(0, start - _LONGEST_NUMBER) : start]):
            at = max(0, start - _LONGEST_NUMBER)
            printed = piece.cut(at + number.start("number"), at + number.end("number"))
            held = quote(printed, "statute number", PROSE, _plain_number(printed.text))
        titles.append(
            _Title(
                quote(name, "title of an Act", 0.9, _in_full(name.text)),
                quote(year, "title of an Act", 0.9) if year else None,
                held,
                name.start,
                piece.start + match.end(),
            )
        )
    for match in _WELSH_TITLE.finditer(piece.text):
        name = piece.cut(*match.span("title"))
        titles.append(
            _Title(
                quote(name, "title of an Act", 0.9, _welsh_title(name.text)),
                quote(piece.cut(*match.span("year")), "title of an Act", 0.9),
                None,
                name.start,
                piece.start + match.end(),
            )
        )
    for match in _SHORT_TITLE.finditer(piece.text):
        printed = piece.cut(*match.span()).cut(0, 3)
        year = piece.cut(*match.span("year")) if match["year"] else None
        titles.append(
            _Title(
                quote(printed, "short title", 0.9, "Crime and Disorder Act"),
                quote(year, "short title", 0.9) if year else None,
                None,
                printed.start,
                piece.start + match.end(),
            )
        )
    return sorted(titles, key=lambda title: title.start)


def _welsh_title(printed: str) -> str:
    """The English title of a Welsh one that is known, else it in its unchanged form."""
    plain = printed.replace("\u2019", "'")
    known = _WELSH_KNOWN.get(re.sub(r"^dd?", "", plain.casefold()))
    if known:
        return known
    changed = _WELSH_CHANGED.get(plain[:2].casefold())
    return changed + plain[2:] if changed else plain


def _title_start(text: str, end: int) -> int:
    """Walk back from "Act" over the words of its title; equal to `end` when there is none."""
    base = max(0, end - 220)
    tokens = list(_TOKEN.finditer(text, base, end))
    kept: list[re.Match[str]] = []
    for number in range(len(tokens) - 1, -1, -1):
        token = tokens[number]
        word = token.group()
        if word.startswith("(") and word.endswith(")"):
            kept.append(token)
            continue
        bare = word.strip("'\u2018\u2019“”\"")
        if bare.endswith(","):
            inside = {each.group() for each in kept}
            if not (bare[0].isupper() and "and" in inside):
                break
        elif bare.lower() in _CONNECTING:
            if bare == "the" and not (
                number and tokens[number - 1].group() in {"of", "for", "in", "on"}
            ):
                break
        elif not (bare[:1].isupper() and not bare.endswith((".", ";", ":", ")"))):
            break
        kept.append(token)
    while kept and (
        kept[-1].group().strip("'\u2018\u2019“”\"").lower() in _NOT_A_TITLE
        or kept[-1].group().startswith("(")
    ):
        kept.pop()
    if not kept:
        return end
    first = kept[-1]
    return first.start() + len(first.group()) - len(first.group().lstrip("'\u2018“\""))


def _plain_number(printed: str) -> str:
    digits = re.findall(r"\d+", printed)
    if printed.lower().startswith("c"):
        return f"c. {digits[0]}"
    return f"SI {digits[0]}/{digits[1]}"


def _give_provisions(piece: Piece, keys: _Mentions, records: dict[str, RecordDraft]) -> None:
    """Give each provision to the title after it ("section 5 of the ..."), else the one before."""
    for match in _PROVISIONS.finditer(piece.text):
        start = piece.start + match.start()
        if keys.cover(start):
            continue
        key = _owner(piece, match, keys)
        if not key:
            continue
        word = match["word"].lower()
        for unit, value in _written_out(match["list"]):
            at = match.start("list") + unit[0]
            printed = piece.cut(at, match.start("list") + unit[1])
            held = quote(printed, "provision", 0.9, _provision(word, value))
            records[key].add("section", held)


def _owner(piece: Piece, match: re.Match[str], keys: _Mentions) -> str | None:
    start, end = piece.start + match.start(), piece.start + match.end()
    preceding, following = keys.around(start, end)
    if following is not None and following[0] - end <= _REACH:
        between = piece.text[match.end() : following[0] - piece.start]
        if not between.strip() or (
            re.match(r"\s?(?:\([^()]{0,60}\)\s?)?(?:of|to|in|from|under|o|yn|,)\b|\s?,", between)
            and not re.search(r"[;:]|\.\s", between)
        ):
            return following[2]
    if preceding is not None and start - preceding[1] <= _REACH * 3:
        return preceding[2]
    if following is not None and following[0] - end <= _REACH:
        between = piece.text[match.end() : following[0] - piece.start]
        return None if re.search(r"[;:]|\.\s", between) else following[2]
    return None


def _written_out(listed: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Write out ranges: "5-7" is 5, 6 and 7, and "9(1) to (3)" three subsections.

    Each value comes with its place in the list.
    """
    previous = ""
    for match in _ONE.finditer(listed):
        unit = match["unit"]
        if unit.startswith("("):
            if not _LAST_PART.search(previous):
                continue
            unit = _LAST_PART.sub("", previous) + unit
        if match["joint"] and previous:
            for between in _between(previous, unit):
                yield match.span("unit"), between
        yield match.span("unit"), unit
        previous = unit


def _between(first: str, last: str) -> Iterator[str]:
    """What lies between two provisions of the same rank."""
    if first.isdigit() and last.isdigit():
        for number in range(int(first) + 1, min(int(last), int(first) + _LONGEST_RANGE)):
            yield str(number)
        return
    start, end = _LAST_PART.search(first), _LAST_PART.search(last)
    if not (start and end) or first[: start.start()] != last[: end.start()]:
        return
    one, other = start[1], end[1]
    stem = first[: start.start()]
    if one.isdigit() and other.isdigit():
        for number in range(int(one) + 1, min(int(other), int(one) + _LONGEST_RANGE)):
            yield f"{stem}({number})"
    elif len(one) == len(other) == 1 and one.isascii() and other.isascii():
        for code in range(ord(one) + 1, ord(other)):
            yield f"{stem}({chr(code)})"


def _provision(word: str, value: str) -> str:
    if word.startswith(("sch", "atodlen")):
        return f"Schedule {value}"
    if word.startswith("art"):
        return f"Article {value}"
    if word.startswith("reg"):
        return f"Regulation {value}"
    return f"Rule {value}" if word.startswith("rule") else value
