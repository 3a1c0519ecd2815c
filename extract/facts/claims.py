"""Claim checks: a page's own numbers held against what was read from the same page."""

import re
from collections.abc import Iterator, Sequence

from extract.document import CONTENT, Document
from extract.facts.authorities import AuthorityList
from extract.facts.counts import CountTable, noun_of
from extract.facts.numbers import NUMBER, is_approximate, read_number
from extract.facts.observations import PROSE, Quote, RecordDraft, computed, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.prose import sentences_of
from extract.hints import blocks_at, places_of
from extract.reference.places import REGIONS, region_of

__all__ = ["check_claims"]

_LISTING = re.compile(
    r"\b(?:lists?|listed|shows?|shown|showing|contains?|includes?|holds?|has|gives|covers|below|"
    r"following|"
    r"here are|compare|directory|entries|on this page|in (?:this|the) (?:list|table|directory)|"
    r"register)\b",
    re.IGNORECASE,
)
_ENTRIES = re.compile(
    rf"(?<![\w.,/£-])(?P<number>{NUMBER}) (?:\w+ ){{0,2}}?(?P<what>of them|of these|of which|"
    r"partnerships|csps|cdrps|"
    rf"community safety partnerships|"
    r"crime and disorder (?:reduction )?partnerships|entries|contacts|co-?ordinators|officers|"
    r"people|records)\b",
    re.IGNORECASE,
)
_HINTS_TEXT = (
    "them these which partnership csps cdrps entries contacts ordinators officers people records"
)
_HINTS = _HINTS_TEXT.split()
_REGION_NAMES = "|".join(re.escape(name) for name in REGIONS)
_IN_REGION = re.compile(
    rf"\s(?:in|of|for|across|covering) (?:the )?(?P<region>{_REGION_NAMES}|Yorkshire (?:and|&) "
    rf"(?:the )?"
    r"Humber(?:side)?|England(?! and Wales| & Wales)|Wales)\b"
)
_AND_MORE = re.compile(
    r"(?: on this page| here| below| in all)?(?:,|,? and|;|:| \(| [\u2013-])\s?"
    rf"(?P<number>{NUMBER})\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"contact|co-?ordinator|officer|people", re.IGNORECASE)
_FIRST_NUMBER = re.compile(rf"(?<![\w.,/£-])(?P<number>{NUMBER})\b", re.IGNORECASE)
_OF_A_LAW = re.compile(
    r"(?:\b(?:sections?|ss?\.?|schedules?|act|part|paragraphs?|regulations?|chapter|page)\s|[(-])$",
    re.IGNORECASE,
)
_LINE_GAP = 0.02  # how far a claim of "around" may be out


def check_claims(
    document: Document,
    tables: Sequence[CountTable],
    listing: AuthorityList | None,
    partnerships: Sequence[RecordDraft],
    contacts: Sequence[RecordDraft],
    counts: Sequence[RecordDraft],
) -> Iterator[RecordDraft]:
    """Check what can be checked on the page itself.

    Totals of tables against their rows, the announced length of the list of authorities against the
    list, "this page lists N" against the entries found, and what is said of England and Wales
    against what is said of each.
    """
    for table in tables:
        yield from _totals(table)
    if listing is not None and listing.lead is not None:
        yield from _announced(listing)
    yield from _listed(document, partnerships, contacts)
    yield from _added_up(counts)


def _check(claimed: Quote, found: int, how: str, *, approximate: bool = False) -> RecordDraft:
    number = int(claimed.value)
    agrees = number == found or (approximate and abs(number - found) <= _LINE_GAP * 5 * number)
    record = RecordDraft("claim_check")
    record.add("claimed", claimed)
    record.add("found", computed(str(found), "counted"))
    record.add("agrees", computed("true" if agrees else "false", "compared"))
    record.add("how", computed(how, "compared"))
    return record


def _totals(table: CountTable) -> Iterator[RecordDraft]:
    """Add up the rows above each total; a total of totals counts those."""
    since: list[int] = []
    totals: list[int] = []
    for number, (place, printed, value) in enumerate(table.rows):
        if number not in table.totals:
            since.append(value)
            continue
        parts = since if len(since) >= 2 else [*totals, *since]
        if len(parts) >= 2:
            how = f"{len(parts)} rows added up against {place.text}"
            claimed = quote(printed, "total", PROSE, str(value))
            yield _check(claimed, sum(parts), how)
        totals.append(value)
        since = []


def _added_up(counts: Sequence[RecordDraft]) -> Iterator[RecordDraft]:
    """Hold a number for England and Wales against those for England and for Wales."""
    by_place: dict[tuple[str, str], Quote] = {}
    for count in counts:
        number, what, where = (count.first(name) for name in ("number", "what", "where"))
        if number and what and where and number.source == "text" and number.rule != "count table":
            by_place.setdefault((what.value, where.value), number)
    for (what_of, place), number in by_place.items():
        england, wales = (by_place.get((what_of, country)) for country in ("England", "Wales"))
        if place == "England and Wales" and england and wales:
            found = int(england.value) + int(wales.value)
            yield _check(number, found, "England and Wales added up")


def _announced(listing: AuthorityList) -> Iterator[RecordDraft]:
    """Hold "five kinds of body are responsible authorities:" against the list that follows."""
    if listing.lead is None:
        return
    last = sentences_of(piece_of(listing.lead))[-1]
    match = _FIRST_NUMBER.search(last.text)
    value = read_number(match["number"]) if match else None
    before = last.text[: match.start("number")] if match else ""
    if match and value is not None and 2 <= value <= 30 and not _OF_A_LAW.search(before):
        claimed = quote(last.cut(*match.span("number")), "announced", PROSE, str(value))
        if value == listing.in_each_country < len(listing.items):
            yield _check(claimed, value, "entries of the list for each country")
        else:
            yield _check(claimed, len(listing.items), "entries of the list")


def _listed(
    document: Document, partnerships: Sequence[RecordDraft], contacts: Sequence[RecordDraft]
) -> Iterator[RecordDraft]:
    """Hold "this page lists 42 partnerships" against the entries found."""
    if len(partnerships) < 2 and len(contacts) < 2:
        return
    for block in blocks_at(document, places_of(document.lowered, _HINTS)):
        if block.region not in CONTENT or block.kind == "cell":
            continue
        if not _ENTRIES.search(block.text):
            continue
        for sentence in sentences_of(piece_of(block)):
            for match in _ENTRIES.finditer(sentence.text):
                yield from _entries_claimed(sentence, match, partnerships, contacts)


def _entries_claimed(
    sentence: Piece,
    match: re.Match[str],
    partnerships: Sequence[RecordDraft],
    contacts: Sequence[RecordDraft],
) -> Iterator[RecordDraft]:
    what = match["what"]
    referring = what.lower().startswith("of ")
    if noun_of(what) != "entries" and not referring:
        region = _region_after(sentence, match)
        if region:
            yield from _of_region(sentence, match, region, partnerships)
        yield from _of_more_regions(sentence, match.end(), partnerships)
        if region:
            return
    if not _is_about_page(sentence, match):
        return
    value = read_number(match["number"])
    if referring:
        what = "partnerships" if partnerships else "entries"
    found = _found(what, partnerships, contacts)
    if value is None or value < 2 or not found:
        return
    claimed = quote(sentence.cut(*match.span("number")), "announced", PROSE, str(value))
    rough = is_approximate(sentence.text[: match.start("number")])
    yield _check(claimed, found, f"{what} on this page", approximate=rough)


def _of_more_regions(
    sentence: Piece, at: int, partnerships: Sequence[RecordDraft]
) -> Iterator[RecordDraft]:
    """Go on after a number of partnerships: "... in London and 14 in Wales"."""
    while True:
        place = _IN_REGION.match(sentence.text, at)
        more = _AND_MORE.match(sentence.text, place.end() if place else at)
        region = _region_after(sentence, more) if more else None
        if more is None or region is None:
            return
        yield from _of_region(sentence, more, region, partnerships)
        at = more.end()


def _region_after(sentence: Piece, match: re.Match[str]) -> str | None:
    """The region whose partnerships a sentence counts: "45 partnerships in the South West"."""
    place = _IN_REGION.match(sentence.text[match.end() :])
    return (region_of(place["region"]) or place["region"]) if place else None


def _of_region(
    sentence: Piece, match: re.Match[str], region: str, partnerships: Sequence[RecordDraft]
) -> Iterator[RecordDraft]:
    """Hold what is said of a region against its partnerships here, if the page lists most of them.

    The sentence need not say that it lists them all; a page that lists far fewer does not try to.
    """
    value = read_number(match["number"])
    found = sum(
        region in (*each.values("region"), *each.values("country")) for each in partnerships
    )
    if value is None or value < 2 or found * 4 < value * 3:
        return
    claimed = quote(sentence.cut(*match.span("number")), "announced", PROSE, str(value))
    rough = is_approximate(sentence.text[: match.start("number")])
    yield _check(claimed, found, f"partnerships of {region} on this page", approximate=rough)


def _is_about_page(sentence: Piece, match: re.Match[str]) -> bool:
    """Whether a sentence counts what the page lists, not what there is in the country."""
    rest = sentence.text[: match.start()] + sentence.text[match.end() :]
    after = sentence.text[match.end() : match.end() + 40]
    return bool(_LISTING.search(rest) or noun_of(match["what"]) == "entries") and not re.match(
        r"\s(?:in|across) (?:England|Wales)\b", after
    )


def _found(what: str, partnerships: Sequence[RecordDraft], contacts: Sequence[RecordDraft]) -> int:
    if _PEOPLE.search(what):
        return len(contacts) + sum(len(each.children) for each in partnerships)
    if noun_of(what) == "entries" or what.lower() == "records":
        return len(partnerships) or len(contacts)
    return len(partnerships)
