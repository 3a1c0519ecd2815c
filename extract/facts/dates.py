"""Dates a page states about itself: when it was published, updated, due for review, archived.

Only a label makes a date one of the page's; dates in running text are what the text is about. Day
comes first, as British pages write it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from extract.document import Block, Document
from extract.facts.observations import LABELLED, TYPED, Quote, RecordDraft, computed, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.structured import typed_dates
from extract.hints import blocks_at, places_of

__all__ = ["read_dates", "read_day"]

_MONTHS_TEXT = """
january jan ionawr
february feb chwefror
march mar mawrth
april apr ebrill
may mai
june jun mehefin
july jul gorffennaf
august aug awst
september sept sep medi
october oct hydref
november nov tachwedd
december dec rhagfyr
"""
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTHS_TEXT.strip().splitlines(), start=1)
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ORDINAL = "st|nd|rd|th|af|il|ydd|fed|eg|ain|ed"
_DATE = (
    rf"(?:(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,?\s)?"
    rf"(?:\d{{1,2}}(?:{_ORDINAL})?\s(?:of\s)?(?:{_MONTH})\.?,?\s(?:19|20)\d{{2}}"
    rf"|(?:{_MONTH})\.?\s\d{{1,2}}(?:{_ORDINAL})?,?\s(?:19|20)\d{{2}}"
    rf"|\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:(?:19|20)\d{{2}}|\d{{2}})(?!\d)"
    rf"|(?:19|20)\d{{2}}-\d{{2}}-\d{{2}}"
    rf"|\d{{1,2}}-(?:{_MONTH})-(?:(?:19|20)\d{{2}}|\d{{2}}))"
    rf"|(?:{_MONTH})\.?\s(?:19|20)\d{{2}})"
)
_LABELS = (
    (
        "review",
        r"(?:next |due for )?review(?: due)?(?: date| on| by)?|review due|(?:to|will|should) "
        r"(?:next )?be (?:next )?reviewed(?: again)?(?: on| "
        r"by| in)?|"
        r"dyddiad adolygu|expiry date|expires",
    ),
    (
        "updated",
        r"(?:(?:page|site|list|this page|this list|content|information|it|document|last|date|"
        r"directory) (?:was |is )?){0,2}"
        r"(?:last )?(?:updated?|modified|revised|amended|reviewed|changed|corrected|checked|"
        r"edited|revision|change|amendment|modification)(?: on| at| in|d?:| date)?|"
        r"date (?:last )?(?:modified|updated|of last (?:update|revision))|diweddarwyd(?: y "
        r"dudalen(?: hon)?)?(?: "
        r"ddiwethaf)?(?: ar)?|"
        r"wedi(?:'|\u2019)i ddiweddaru(?: ar)?|correct (?:at|as at|as of)|(?:position|correct|"
        r"information) as at",
    ),
    (
        "published",
        r"(?:first |date |originally )?(?:published|issued|created|posted|publication date|date "
        r"of publication|release date|"
        r"released)(?: on| in| date)?|publication date|date of issue|cyhoeddwyd(?: gyntaf)?(?: "
        r"ar)?|dyddiad "
        r"cyhoeddi",
    ),
)
_LABELLED = tuple(
    (
        kind,
        re.compile(
            rf"(?<![\w-])(?P<label>{label})\s{{0,2}}(?:[:\-\u2013\u2014]\s{{0,2}})?(?:(?:on|by)\s)?"
            rf"(?:(?:the\s)?(?:end|beginning|start)\sof\s)?(?P<date>{_DATE})",
            re.IGNORECASE,
        ),
    )
    for kind, label in _LABELS
)
_ANY_DATE = re.compile(_DATE, re.IGNORECASE)
_HINTS_TEXT = """
updat modif revis amend review publish issue created posted publication release correct chang
checked edited expir diweddar cyhoedd adolygu
"""
_HINTS = (*_HINTS_TEXT.split(), "as at")  # every label above holds one of these
_META = {
    "published": re.compile(
        r"(?:dc|dcterms|egms|eGMS)\.(?:date\.)?(?:issued|created|available|published)|"
        r"article:published_time|"
        r"(?:date|publication[-_ ]?date|pubdate|published|dc\.date)",
        re.IGNORECASE,
    ),
    "updated": re.compile(
        r"(?:dc|dcterms|egms)\.(?:date\.)?(?:modified|updated|lastmodified)|"
        r"article:modified_time|last-modified|"
        r"(?:date[-_. ]?)?(?:modified|updated|last[-_ ]?(?:modified|updated))|og:updated_time",
        re.IGNORECASE,
    ),
    "review": re.compile(
        r"(?:dc|dcterms|egms)\.(?:date\.)?(?:review|reviewed|nextreview|next_review|valid)|"
        r"review[-_. ]?date",
        re.IGNORECASE,
    ),
}
_TYPED = {
    "datePublished": "published",
    "dt-published": "published",
    "dateCreated": "published",
    "dateModified": "updated",
    "dt-updated": "updated",
    "dtreviewed": "updated",
}
_READ_REGIONS = frozenset({"main", "aside", "footer", "header"})
_YEAR = re.compile(r"\d[\d/.-]{3,9}")
_LONGEST_DAY = 40  # characters of a line that is a day and nothing else
_WHOLE_DAY = len("2001-05-01")
_BEFORE = 100  # characters before a label that tell whether it opens a sentence
_ISO = re.compile(r"(\d{4})-?(\d{2})(?:-?(\d{2}))?")


def read_day(text: str) -> str | None:
    """Read a written date as ISO 8601: to the day, or to the month when no day is given.

    >>> read_day("Tuesday, March 17, 2009"), read_day("03/04/2011"), read_day("May 2001")
    ('2009-03-17', '2011-04-03', '2001-05')
    """
    plain = text.strip().lower()
    if match := re.match(r"((?:19|20)\d{2})-(\d{2})-(\d{2})", plain):
        return _day(*map(int, match.groups()))
    if match := re.search(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})", plain):
        day, month, year = map(int, match.groups())
        return _day(_full_year(year), month, day)
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    month = next((_MONTHS[word] for word in words if word in _MONTHS), 0)
    numbers = [int(word) for word in words if word.isdecimal() and len(word) <= 4]
    if not month or not numbers:
        return None
    year = _full_year(numbers[-1])
    if len(numbers) == 1:
        return f"{year:04}-{month:02}"
    return _day(year, month, numbers[0])


def _full_year(year: int) -> int:
    if year >= 100:
        return year
    return year + (1900 if year > 69 else 2000)


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def read_dates(document: Document, archived: Sequence[date]) -> Iterator[RecordDraft]:
    """Read the dates of a page, each type and day once.

    Args:
        document: the page.
        archived: the dates that an archive stated for it, the preferred one first; an archive's
            notice in the page itself is read as well.
    """
    seen = set()
    for kind, held in [*_stated_by_page(document), *_archive_dates(document, archived)]:
        if held.value and (kind, held.value) not in seen:
            seen.add((kind, held.value))
            record = RecordDraft("date")
            record.add("type", computed(kind, "label"))
            record.add("date", held)
            yield record


def _stated_by_page(document: Document) -> Iterable[tuple[str, Quote]]:
    found: list[tuple[str, Quote]] = []
    visible = list(_labelled(document))
    if not any(kind == "published" for kind, _ in visible):
        visible.extend(_under_heading(document))
    typed = [(_TYPED[name], held) for name, held in typed_dates(document)]
    meta = list(_meta(document))
    for kind in ("published", "updated", "review"):
        for source in (visible, typed, meta):
            dates = [(each, held) for each, held in source if each == kind]
            if dates:
                found.extend(_with_value(dates))
                break
    return found


def _with_value(dates: Iterable[tuple[str, Quote]]) -> Iterator[tuple[str, Quote]]:
    """Bring dates into ISO form; only the first of a type is the page's."""
    for kind, held in dates:
        iso = _iso(held.value) or read_day(held.value)
        if iso:
            yield (
                kind,
                Quote(held.raw, iso, held.start, held.end, held.source, held.rule, held.confidence),
            )
            return


def _iso(text: str) -> str | None:
    match = _ISO.match(text.strip())
    if not match:
        return None
    year, month, day = match.groups()
    return _day(int(year), int(month), int(day)) if day else f"{year}-{month}"


def _under_heading(document: Document) -> Iterator[tuple[str, Quote]]:
    """The day line of news: a day and nothing else, right under the main heading."""
    content = document.content
    at = next((number for number, block in enumerate(content) if block.kind == "heading"), None)
    if at is None or content[at].level > 1 or at + 1 >= len(content):
        return
    below = content[at + 1]
    day = below.text.strip()
    if (
        below.kind == "paragraph"
        and len(day) <= _LONGEST_DAY
        and _ANY_DATE.fullmatch(day)
        and len(read_day(day) or "") == _WHOLE_DAY
    ):
        yield "published", quote(piece_of(below).strip(" \n"), "day line", 0.8)


def _labelled(document: Document) -> Iterator[tuple[str, Quote]]:
    held_back: list[tuple[str, Quote]] = []
    for block, is_labelled in _blocks_with_dates(document):
        before = document.blocks[block.number - 1] if block.number else None
        found = list(_in_block(block)) if is_labelled else []
        if not found and before is not None and before.kind in {"term", "cell", "paragraph"}:
            found = list(_label_and_value(before, block))
        if block.kind == "item" or _leads_elsewhere(block, document):
            held_back.extend(found)  # most likely the date of what the item speaks of
        else:
            yield from found
    if len(held_back) == 1:
        yield from held_back


def _leads_elsewhere(block: Block, document: Document) -> bool:
    """Whether a block stands under a heading that is a link, as in a list of news."""
    if not block.path:
        return False
    above = document.blocks[block.path[-1]]
    linked = sum(link.end - link.start for link in above.links)
    return above.level > 1 and linked * 5 >= len(above.text) * 4


def _blocks_with_dates(document: Document) -> Iterator[tuple[Block, bool]]:
    """The blocks that hold something like a date, in order, if they may hold a label or follow one.

    The second value tells that they may hold one themselves.
    """
    blocks = document.blocks
    labels = {block.number for block in blocks_at(document, places_of(document.lowered, _HINTS))}
    for number in sorted(labels | {label + 1 for label in labels}):
        if (
            number < len(blocks)
            and blocks[number].region in _READ_REGIONS
            and _YEAR.search(blocks[number].text)
        ):
            yield blocks[number], number in labels


def _in_block(block: Block) -> Iterator[tuple[str, Quote]]:
    piece = piece_of(block)
    covered: list[tuple[int, int]] = []
    for kind, pattern in _LABELLED:
        for match in pattern.finditer(piece.text):
            after = bisect_left(covered, match.span())
            if any(
                start < match.end() and match.start() < end
                for start, end in covered[max(after - 1, 0) : after + 1]
            ):
                continue
            if not _opens(piece.text, match.start(), match["label"]):
                continue
            covered.insert(after, match.span())
            yield kind, quote(piece.cut(*match.span("date")), "date label", LABELLED)


def _opens(text: str, at: int, label: str) -> bool:
    """Whether a label opens its line or sentence; inside one it speaks of something else."""
    before = text[max(at - _BEFORE, 0) : at].rstrip(" \t([|")
    if not before or before[-1] in "\n.;:!?|•\u2013-" or len(text) < 80:
        return True
    return (
        bool(re.search(r"\b(?:page|list|site|directory|was|is|last)$", before, re.IGNORECASE))
        or label[0].isupper()
    )


def _label_and_value(block: Block, following: Block) -> Iterator[tuple[str, Quote]]:
    """A label in one term or cell, its date in the next."""
    label = block.text.strip(" :-\u2013")
    match = _ANY_DATE.fullmatch(following.text.strip())
    if match is None or len(label) > 40:
        return
    for kind, pattern in _LABELLED:
        if pattern.fullmatch(f"{label}: 1 May 2001"):
            yield kind, quote(piece_of(following).strip(" \n"), "date label", LABELLED)
            return


def _meta(document: Document) -> Iterator[tuple[str, Quote]]:
    for name, content in document.meta:
        for kind, pattern in _META.items():
            if pattern.fullmatch(name) and (_iso(content) or read_day(content)):
                yield kind, Quote(content, content, None, None, f"meta {name}", "metadata", TYPED)
                break


def _archive_dates(document: Document, archived: Sequence[date]) -> Iterator[tuple[str, Quote]]:
    if archived:
        yield "archived", computed(archived[0].isoformat(), "given", "given")
        return
    for block in document.blocks:
        if block.region != "archive" or not (match := _ANY_DATE.search(block.text)):
            continue
        piece: Piece = piece_of(block).cut(*match.span())
        if iso := read_day(piece.text):
            yield "archived", quote(piece, "archive's notice", LABELLED, iso)
            return
