"""Counts: the numbers of partnerships, forces and entries that a page claims, and where."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extract.document import CONTENT, Block, Document
from extract.facts.grids import Grid, grids_of
from extract.facts.numbers import NUMBER, is_approximate, read_number
from extract.facts.observations import LABELLED, PROSE, Quote, RecordDraft, computed, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.prose import sentences_of
from extract.hints import blocks_at, holds_any, places_of
from extract.reference.places import REGIONS, country_of, country_of_region, region_of

__all__ = ["CountTable", "count_tables", "noun_of", "read_counts"]

_CSP = r"community safety partnerships?|csps?"
_CDRP = r"crime (?:and|&) disorder(?: reduction)? partnerships?|cdrps?"
_NOUN = (
    rf"(?:(?:{_CDRP})(?:\s?\((?:{_CSP}|cdrps?)\))?|(?:{_CSP})(?:\s?\((?:csps?|cdrps?)\))?"
    r"|(?:local |statutory )?partnerships|police forces?|police force areas|forces|entries"
    r"|partneriaeth(?:au)?(?: diogelwch cymunedol)?|bartneriaeth(?:au)?(?: diogelwch cymunedol)?"
    r"|heddlu(?:oedd)?)"
)
_REGION_NAMES = "|".join(sorted((re.escape(name) for name in REGIONS), key=len, reverse=True))
_PLACE = (
    r"(?:England and Wales|England & Wales|Cymru a Lloegr|England|Wales|Lloegr|Cymru|Nghymru|Gymru|"
    rf"Yorkshire (?:and|&) (?:the )?Humber(?:side)?|{_REGION_NAMES}|Greater London)"
)
_IN = (
    r"(?:\s?\(|\s(?:in|of|across|for|throughout|within|covering|yn|yng|ar draws|i)\s"
    r"(?:(?:all of|both|the whole of) )?(?:the )?)"
)
_DESCRIBING = (
    r"(?:(?:local|different|separate|statutory|new|remaining|active|territorial|such|merged|o|"
    r"english|welsh|or so|distinct|district|existing|"
    r"of the|of these|kinds of) ){0,2}"
)
# 310 CSPs in England
_NUMBER_NOUN = re.compile(
    rf"(?<![\w.,/£-])(?P<number>{NUMBER}) "
    rf"{_DESCRIBING}(?P<noun>{_NOUN})(?!\w)(?P<score> ar hugain\b)?(?:(?: (?:operate|operating"
    rf"|exist|existed|working"
    rf"|active|based|now))?{_IN}(?P<place>{_PLACE})\b)?",
    re.IGNORECASE,
)
# ..., and 22 in Wales; 346 in England
_NUMBER_PLACE = re.compile(
    rf"(?<![\w.,/£-])(?P<number>{NUMBER})(?: of (?:them|these|which))?(?: (?:are|is|"
    rf"were))?{_IN}(?P<place>{_PLACE})\b",
    re.IGNORECASE,
)
# England has 346 CDRPs; Wales had 22
_PLACE_HAS = re.compile(
    rf"\b(?P<place>{_PLACE})(?:\s?[:=\u2013\u2014]|['\u2019]s?"
    r"| (?:currently |now |still |will (?:then |now |still )?)?(?:has|had|have"
    rf"|contains?|is served by|"
    rf"was served by|is covered by|was covered by|by|with))\s(?P<lead>(?:\w+ ){{0,2}}?)"
    rf"(?P<number>{NUMBER})\b(?: {_DESCRIBING}(?P<noun>{_NOUN})\b)?",
    re.IGNORECASE,
)
# In Wales ... there are 22 of them
_OF_THEM = re.compile(
    rf"\bthere (?:are|were) (?:\w+ ){{0,2}}?(?P<number>{NUMBER}) (?:of them|such (?:partnerships|"
    rf"bodies))\b",
    re.IGNORECASE,
)
# In London there are thirty-two
_IN_PLACE = re.compile(
    rf"\b(?:in|across|for) (?:the )?(?P<place>{_PLACE}),? (?:there |(?:the|their) (?:number"
    rf"|figure|total) )?"
    rf"(?:are|were|is|was|stands at|stood at)"
    rf"(?: now| still| currently)? (?:\w+ )?(?P<number>{NUMBER})"
    rf"(?=\s?(?:[.,;)]|$)| and | (?:more|others?|in all|altogether)\b)",
    re.IGNORECASE,
)
# North East: 12
_PLACE_LINE = re.compile(
    rf""
    rf"(?:the )?(?P<place>{_PLACE})\s?[:=(\u2013\u2014-]\s?(?P<number>{NUMBER})\)?\.?",
    re.IGNORECASE,
)
# Around 300 of them have a co-ordinator
_SOME_OF_THEM = re.compile(
    rf"(?<![\w.,/£-])(?P<number>{NUMBER}) of (?:them|these|those)"
    rf"(?: (?:have|has|had|are|is|were|now|still)\b|\s?[\u2013\u2014),]| -(?= ))",
    re.IGNORECASE,
)
# ... brought the total in England down to 310
_TOTAL_IN = re.compile(
    rf"\b(?:total|number|figure) (?:in|for) (?:the )?(?P<place>{_PLACE}) (?:now |then )?"
    r"(?:(?:up|down) )?(?:to|of|at|is|was|stands at|stood at|fell to|rose to)"
    rf" (?P<number>{NUMBER})\b",
    re.IGNORECASE,
)
# Nationally there are still more than 300.
_THERE_ARE = re.compile(
    rf"\b(?:(?:nationally|nationwide|altogether|in all|in total|overall),? there (?:are|were)"
    rf"|the (?:whole country|country as a whole|country) (?:has|had))"
    rf" (?:\w+ ){{0,4}}?(?P<number>{NUMBER})(?=\s?(?:[.,;)]|$))",
    re.IGNORECASE,
)
# "London has 32 and ...", not "London has 8 million people"
_OF_NOTHING_ELSE = re.compile(
    r"\s?(?:$|[.,;:()]|(?:of (?:them|these|which|the)|and|or|in|each|such|altogether)\b)", re.I
)
_OF_COUNTRY = re.compile(r"\b(?:english|welsh)\b", re.IGNORECASE)  # "22 Welsh partnerships"
_OF_THESE = re.compile(r"\bof (?:them|these)\b", re.IGNORECASE)
_IN_THE_REGION = re.compile(r"\b(?:in|across|of) (?:the|this|our) region\b", re.IGNORECASE)
_ANY_PLACE = re.compile(rf"\b{_PLACE}\b", re.IGNORECASE)
_IN_ANY_PLACE = re.compile(rf"{_IN}{_PLACE}\b", re.IGNORECASE)
_OPENS_IN = re.compile(
    rf"(?:\d{{1,3}}\.\s)?(?:in|across|yn|yng) (?:the )?{_PLACE},? ", re.IGNORECASE
)
_ANY_NOUN = re.compile(rf"\b{_NOUN}\b", re.IGNORECASE)
_TOTAL = re.compile(
    r"(?:(?:grand |overall )?total|all(?: regions| areas)?|england and wales|england|cyfanswm|"
    r"sum|together|altogether|taken together|combined|overall|both(?: countries)?|in all|"
    r"i gyd|gyda'i gilydd)(?: total)?(?: (?:for|in) (?:england and wales|england|wales))?",
    re.IGNORECASE,
)
_TOTAL_FOR = re.compile(r"total(?: for| in)? (?P<place>\S.*)", re.IGNORECASE)
_NUMBER_HEAD = re.compile(
    r"(?:number|total|how many|count|no\.?|nifer)(?: of .{1,40})?", re.IGNORECASE
)
_DATE_HEAD = re.compile(  # a column for a year or a day
    r"(?:(?:at|on|in|from|to) )?(?:\d{1,2}(?:st|nd|rd|th)? )?(?:[A-Z][a-z]{2,8} )?(?:19|20)\d\d"
    r"(?:[/\u2013-]\d{2,4})?|before|after|now|then|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|since|by|from|of|during|until|to|april|march|may|june|july)\s$", re.IGNORECASE
)
_GATE = re.compile(r"artner|csp|cdrp|forces?\b|entries|heddlu", re.IGNORECASE)
_HINTS = ("artner", "csp", "cdrp", "force", "entries", "heddlu")
_HAS_NUMBER = re.compile(rf"\b{NUMBER}\b", re.IGNORECASE)
_LONGEST_PLACE_LINE = 60
_LONGEST_HEAD = 120  # characters of a column head, caption or heading that says what is counted
_INTEGER = re.compile(r"\d{1,3}(?:,\d{3})*|\d{1,6}")


@dataclass(frozen=True, slots=True)
class CountTable:
    """A table of counts: each place with its number, and the totals among its lines.

    `totals` holds positions in `rows`; a total counts the rows since the one before it.
    """

    rows: tuple[tuple[Piece, Piece, int], ...]
    totals: tuple[int, ...]
    what: str


def noun_of(text: str) -> str | None:
    """Say in one form what is counted: partnerships by their kind, forces, entries.

    >>> noun_of("CDRPs"), noun_of("local partnerships"), noun_of("members")
    ('crime and disorder reduction partnerships', 'partnerships', None)
    """
    plain = text.lower()
    if re.search(r"cdrp|crime (?:and|&) disorder", plain):
        return "crime and disorder reduction partnerships"
    if re.search(r"\bcsps?\b|community safety|diogelwch cymunedol", plain):
        return "community safety partnerships"
    if "artner" in plain:
        return "partnerships"
    if "force" in plain or "heddlu" in plain:
        return "police forces"
    return "entries" if "entries" in plain else None


def read_counts(document: Document, tables: Sequence[CountTable]) -> Iterator[RecordDraft]:
    """Read the counts that a page claims, in sentences and tables, in order."""
    found: list[tuple[int, RecordDraft]] = []
    for table in tables:
        for place, number, value in table.rows:
            record = RecordDraft("count")
            record.add("number", quote(number, "count table", LABELLED, str(value)))
            record.add("what", computed(table.what, "table head"))
            record.add("where", quote(place, "count table", LABELLED, _place_name(place.text)))
            found.append((place.start, record))
    region = _region_of_page(document)
    what: tuple[str, Quote] | None = None  # what the last count before was of
    for block in _blocks_that_may_count(document):
        referring = what is not None and _OF_THESE.search(block.text) is not None
        if not referring and not _GATE.search(block.text):
            continue
        if _HAS_NUMBER.search(block.text):
            for at, record, noun in _counts_in(block, what if referring else None):
                what = noun
                if region and not record.has("where") and _IN_THE_REGION.search(block.text):
                    record.add("where", region)
                if block.kind != "heading" or record.has("where"):
                    found.append((at, record))
    found += _listed_counts(document)
    seen = set()
    for _, record in sorted(found, key=lambda each: each[0]):
        key = tuple(
            held.value if (held := record.first(name)) else ""
            for name in ("number", "what", "where")
        )
        if key not in seen:
            seen.add(key)
            yield record


def _listed_counts(document: Document) -> Iterator[tuple[int, RecordDraft]]:
    """Read lists of places with a number each, under words that say what is counted."""
    if not holds_any(document.lowered, _HINTS):
        return
    lead: Block | None = None
    for block in document.content:
        if block.kind != "item":
            lead = block if block.kind in {"paragraph", "heading"} else None
            continue
        if len(block.text) > _LONGEST_PLACE_LINE or lead is None or len(lead.text) > _LONGEST_HEAD:
            continue
        match = _PLACE_LINE.fullmatch(block.text)
        mention = _ANY_NOUN.search(lead.text) if match else None
        if match and mention and (named := noun_of(mention.group())):
            what = quote(piece_of(lead).cut(*mention.span()), "count", PROSE, named)
            record = _record(match, piece_of(block), (named, what), _PLACE_LINE)
            if record is not None:
                yield block.start, record


def _blocks_that_may_count(document: Document) -> list[Block]:
    """The blocks that name what is counted, or refer to it."""
    text = document.lowered
    if not holds_any(text, _HINTS):
        return []
    places = places_of(text, (*_HINTS, "of them", "of these"))
    return [
        block
        for block in blocks_at(document, places)
        if block.region in CONTENT and block.kind != "cell"
    ]


def _region_of_page(document: Document) -> Quote | None:
    """The region that the page's first heading names and nothing else."""
    first = next((block for block in document.content if block.kind == "heading"), None)
    region = region_of(first.text) if first else None
    return quote(piece_of(first), "main heading", PROSE, region) if first and region else None


def _counts_in(
    block: Block, what: tuple[str, Quote] | None
) -> Iterator[tuple[int, RecordDraft, tuple[str, Quote] | None]]:
    """Read the counts of one block; what is counted carries on from sentence to sentence."""
    of_country: dict[str, tuple[str, Quote]] = {}  # what was counted last in each country
    for sentence in sentences_of(piece_of(block)):
        found: dict[int, RecordDraft] = {}
        carried = what  # what a number is of before anything else is named in the sentence
        patterns = (
            _PLACE_HAS,
            _NUMBER_NOUN,
            _NUMBER_PLACE,
            _OF_THEM,
            _IN_PLACE,
            _SOME_OF_THEM,
            _THERE_ARE,
            _TOTAL_IN,
        )
        for pattern in patterns if _HAS_NUMBER.search(sentence.text) else ():
            for match in pattern.finditer(sentence.text):
                at = match.start("number")
                if at in found or not _is_count(match, sentence.text):
                    continue
                after = sentence.text[match.end("number") :]
                if pattern is _PLACE_HAS and _IN_ANY_PLACE.match(after):
                    continue  # "England and Wales: 354 in England ..."
                if (
                    pattern is _PLACE_HAS
                    and not match["noun"]
                    and not _OF_NOTHING_ELSE.match(after)
                ):
                    continue
                noun = _noun_near(match, sentence, carried)
                country = _country_of(match.groupdict().get("place"))
                if pattern is _IN_PLACE and country in of_country:
                    noun = of_country[country]  # what was counted in England is meant in London
                if noun is None:
                    continue
                record = _record(match, sentence, noun, pattern)
                if record is not None:
                    found[at] = record
                    what = noun
                    of_country[country] = noun
        for at in sorted(found):
            yield sentence.start + at, found[at], what
        for mention in _ANY_NOUN.finditer(sentence.text):
            if named := noun_of(mention.group()):
                what = (named, quote(sentence.cut(*mention.span()), "count", PROSE, named))


def _is_count(match: re.Match[str], text: str) -> bool:
    printed = match["number"]
    value = read_number(printed)
    if value is None:
        return False
    before = text[max(0, match.start("number") - 24) : match.start("number")]
    if re.search(
        r"(?:\bper|section|sections|schedule|act|regulations|no\.?|number|page|part)\s$",
        before,
        re.IGNORECASE,
    ):
        return False
    return not (len(printed) == 4 and 1900 <= value <= 2099 and _YEAR_BEFORE.search(before))


def _noun_near(
    match: re.Match[str], sentence: Piece, what: tuple[str, Quote] | None
) -> tuple[str, Quote] | None:
    """What a number counts: named beside it, else the last thing named before it, else after."""
    groups = match.groupdict()
    if groups.get("noun") and (named := noun_of(groups["noun"])):
        return named, quote(sentence.cut(*match.span("noun")), "count", PROSE, named)
    before: re.Match[str] | None = None
    for mention in _ANY_NOUN.finditer(sentence.text[: match.start("number")]):
        before = mention
    if before is not None and (named := noun_of(before.group())):
        return named, quote(sentence.cut(*before.span()), "count", PROSE, named)
    if what is not None:
        return what
    after = _ANY_NOUN.search(sentence.text, match.end())
    if after is not None and (named := noun_of(after.group())):
        return named, quote(sentence.cut(*after.span()), "count", PROSE, named)
    return None


def _record(
    match: re.Match[str],
    sentence: Piece,
    noun: tuple[str, Quote],
    pattern: re.Pattern[str],
) -> RecordDraft | None:
    value = read_number(match["number"])
    if value is not None and match.groupdict().get("score"):
        value += 20  # "dwy bartneriaeth ar hugain"
    record = RecordDraft("count")
    printed = sentence.cut(*match.span("number"))
    record.add("number", quote(printed, "count", PROSE, str(value)))
    record.add("what", noun[1])
    groups = match.groupdict()
    if groups.get("place"):
        place = sentence.cut(*match.span("place"))
        record.add("where", quote(place, "count", PROSE, _place_name(place.text)))
    elif described := _OF_COUNTRY.search(match.group()):
        start = match.start() + described.start()
        place = sentence.cut(start, start + len(described.group()))
        country = "Wales" if place.text.lower() == "welsh" else "England"
        record.add("where", quote(place, "count", PROSE, country))
    else:
        before = list(_ANY_PLACE.finditer(sentence.text[: match.start("number")]))
        if (pattern is _OF_THEM and before) or (before and _OPENS_IN.match(sentence.text)):
            place = sentence.cut(*before[-1].span())
            record.add("where", quote(place, "count", PROSE, _place_name(place.text)))
        elif pattern is _OF_THEM:
            return None
    if is_approximate(sentence.text[: match.start("number")]):
        record.add("approx", computed("true", "approximate"))
    return record


def _country_of(place: str | None) -> str:
    """The country that a place is or is in, or nothing."""
    if not place:
        return ""
    region = region_of(place)
    return (country_of_region(region) if region else country_of(place)) or ""


def _place_name(text: str) -> str:
    plain = " ".join(text.split())
    if plain in {"Gymru", "Nghymru"}:
        return "Wales"
    if match := _TOTAL_FOR.match(plain):
        plain = match["place"]
    return country_of(plain) or region_of(plain) or plain


def count_tables(document: Document) -> list[CountTable]:
    """Find the tables that count partnerships or forces by place."""
    naming = blocks_at(document, places_of(document.lowered, _HINTS))
    if not any(
        len(block.text) < _LONGEST_HEAD
        and (block.cell or block.kind in {"caption", "heading"})
        and _GATE.search(block.text)
        for block in naming
    ):
        return []
    cells = [block for block in document.content if block.cell or block.kind == "caption"]
    tables = []
    for grid in grids_of(cells).values():
        tables += _tables_of(grid, document)
    return tables


def _tables_of(grid: Grid, document: Document) -> list[CountTable]:
    """The columns of a table that count by place, each with the places."""
    if len(grid.heads) < 2 or len(grid.lines) > 500:
        return []
    above = [document.blocks[number].text for number in reversed(grid.first.path)]
    caption = grid.caption.text if grid.caption else ""
    across = [head for head in grid.across if _is_place(head.text)]
    if len(across) * 2 > len(grid.across) and len(across) >= 2:
        return _counts_across(grid, [caption, *above])
    if grid.transposed:
        return []
    found = []
    for head in grid.heads[1:]:
        what = noun_of(head.text) if len(head.text) < _LONGEST_HEAD else None
        if what is None and _NUMBER_HEAD.fullmatch(head.text.strip()):
            what = next((noun for text in (caption, *above[:1]) if (noun := noun_of(text))), None)
        if what is None and _DATE_HEAD.fullmatch(head.text.strip()):
            what = next((noun for text in (caption, *above) if (noun := noun_of(text))), None)
        if what is None:
            continue
        rows = []
        for line in grid.lines:
            place = line.cells[0][0] if line.cells else None
            held = next(
                (block for block, heads in line.cells if any(each is head for each in heads)), None
            )
            if place is not None and held is not None and held is not place:
                rows.append((place, held))
        if (table := _count_table(rows, what)) is not None:
            found.append(table)
            if not _DATE_HEAD.fullmatch(head.text.strip()):
                break
    return found


def _counts_across(grid: Grid, speaking: Sequence[str]) -> list[CountTable]:
    """Tables whose places stand side by side, each line saying what it counts."""
    found = []
    for line in grid.lines:
        label = line.cells[0][0].text if line.cells else ""
        what = noun_of(label)
        if what is None and (_NUMBER_HEAD.fullmatch(label) or _DATE_HEAD.fullmatch(label)):
            what = next((noun for text in speaking if (noun := noun_of(text))), None)
        if what is None:
            continue
        rows = [(heads[0], block) for block, heads in line.cells[1:] if len(heads) == 1]
        if (table := _count_table(rows, what)) is not None:
            found.append(table)
    return found


def _count_table(pairs: Sequence[tuple[Block, Block]], what: str) -> CountTable | None:
    """Places with their cells as a table of counts, if most are places with whole numbers."""
    rows = []
    for place, held in pairs:
        value = read_number(held.text) if _INTEGER.fullmatch(held.text.strip()) else None
        if value is not None:
            rows.append((piece_of(place), piece_of(held), value))
    known = sum(_is_place(place.text) for place, _, _ in rows)
    if len(rows) < 2 or len(rows) * 2 < len(pairs) or known * 2 < len(rows):
        return None
    totals = tuple(
        number
        for number, (place, _, _) in enumerate(rows)
        if _TOTAL.fullmatch(place.text.strip())
        and (number or country_of(place.text) is None)
        and (
            country_of(place.text) not in {"England", "Wales"}
            or region_of(rows[number - 1][0].text) is not None  # the regions add up to it
        )
    )
    return CountTable(tuple(rows), totals, what)


def _is_place(text: str) -> bool:
    return bool(region_of(text) or country_of(text) or _TOTAL.fullmatch(text.strip()))
