"""Partnerships: which one a page is about, and the place, region and history of each."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from extract.document import CONTENT, Block, Document
from extract.facts.lines import POINTS, without_instruction
from extract.facts.names import is_partnership, partnership_place, without_article
from extract.facts.observations import (
    LABEL_ABOVE,
    PROSE,
    Quote,
    RecordDraft,
    computed,
    quote,
)
from extract.facts.pieces import Piece, piece_of
from extract.facts.prose import sentences_of
from extract.hints import blocks_at, holds_any, places_of
from extract.reference.places import (
    REGIONS,
    country_of,
    country_of_region,
    english_area,
    is_area,
    region_of,
)

__all__ = ["complete_partnerships", "mentioned_partnership", "subject_partnership"]

_DEFINITION = re.compile(
    r"(?P<name>[^\W\d_a-z][\w'\u2019 &-]{2,80}?) (?:\([A-Z]{2,8}\) )?(?:is|are|was|were) (?:the |"
    r"a |an |(?:the |its |our )?(?:borough|district|county|city|town|area)['\u2019]s )?"
    r"(?:name of the |local |statutory |strategic ){0,3}(?:[Cc]rime (?:and|&) [Dd]isorder(?: "
    r"[Rr]eduction)?|[Cc]ommunity [Ss]afety) "
    r"[Pp]artnership(?:\s\((?:cdrp|csp|CDRP|CSP)\))?(?: (?:for|in|of|covering|serving) (?:the )?"
    r"(?:(?:district|borough|county|city|area|boroughs|districts) of )?"
    r"(?P<area>[^\W\d_a-z][\w'\u2019&-]*"
    r"(?: (?:(?:and|of|on|upon|the|&) ){0,2}[^\W\d_a-z][\w'\u2019-]*){0,6}))?",
)
_MENTION = re.compile(  # a name written large, with its kind in full
    r"[^\W\d_a-z][\w'\u2019-]*(?: (?:(?:and|of|on|upon|the|in|under|with|&) ){0,2}"
    r"[^\W\d_a-z][\w'\u2019-]*){0,5} "
    r"(?:Community Safety|Crime (?:and|&) Disorder(?: Reduction)?) Partnership\b"
)
_CALLED_PARTNERSHIP = re.compile(  # a name that a sentence says to be a partnership's
    r"[^\W\d_a-z][\w'\u2019-]*(?: [\w'\u2019&-]+){0,5} (?:Partnership|Together|Alliance)"
)
_REGION_NAMES = "|".join(sorted((re.escape(name) for name in REGIONS), key=len, reverse=True))
_REGION = re.compile(
    rf"\b(?:(?:in|for|of) (?:the )?)?((?:{_REGION_NAMES}|Yorkshire (?:and|&) (?:the "
    rf")?Humber(?:side)?))"
    r"(?= region\b|[.,;)]|$)",
    re.IGNORECASE,
)
# A region named for what is in it: "in the South West", "North West partnerships"
_A_REGION = rf"(?P<region>{_REGION_NAMES}|Yorkshire (?:and|&) (?:the )?Humber(?:side)?)"
_REGIONS_NAMED = (
    re.compile(
        rf"\b(?:in|of|for|across|throughout|covering) (?:the )?{_A_REGION}(?![\w-]| Police| Street)"
    ),
    re.compile(
        rf"(?<![\w-]){_A_REGION}(?= region\b|['\u2019]s\b| [Pp]artnerships| CDRPs| CSPs| "
        rf"[Dd]irectory"
        rf"| [|:]|$)"
    ),
)
_SUFFIX = (
    r"(?:CDRPs?|CSPs?|[Cc]ommunity [Ss]afety [Pp]artnerships?|"
    r"[Cc]rime and [Dd]isorder [Rr]eduction [Pp]artnerships?|[Pp]artnerships?)"
)
_NAME_AND = re.compile(
    rf"(?P<name>.{{1,100}}?\b{_SUFFIX})"
    rf"(?:\s?[,;\n+]\s?(?:and\s|&\s)?|\s(?:and|&|with)\s|\s?\.?$|\s(?=\())",
    re.DOTALL,
)
_NEW = (
    rf"(?P<new>[^\W\d_a-z][\w'\u2019 &-]{{2,80}}?\b{_SUFFIX}"
    r"|\bSafer(?: (?:(?:and|&|upon) )?[^\W\d_a-z][\w'\u2019-]*){1,5})"
)
_NAMED = _NEW + r"(?:\s\([^()]{2,40}\))?"  # with its force or initials behind it
_OLD = (
    r"\s(?:the )?(?:former |old |previous )?(?P<old>[^\W\d_a-z][^.;]{4,200}?)"
    r"(?=\.|;| on | in (?:\w+ )?\d{4}| after | when | following |$)"
)
_MERGERS = (
    re.compile(
        rf"{_NEW},? (?:(?:was |were )?(?:formed|created|set up)|is the result|is a merger|came)"
        rf"\s(?:[^.;]{{0,60}}?\s)?"
        rf"\b(?:merger of|merging(?: of)?|merger between|joining(?: of)?|out of|from){_OLD}"
    ),
    re.compile(
        rf"(?P<old>\b[A-Z][^.;:]{{4,200}}?) (?:have |has |had |were |was |will |are to |is to )?"
        rf"(?:then |since )?"
        rf"(?:merged?|join(?:ed)?|combined?|amalgamated?|c[ao]me together|(?:be )?replaced"
        rf"|(?:be )?brought together)"
        rf"(?P<with> with [^.;:]{{4,100}}?)?(?: (?:on|in) [^.;,]{{4,25}}?)?,?"
        rf" (?:to (?:form|become|create|make)|into|by|as|under)"
        rf" (?:a single partnership, |the (?:new )?|a new partnership, )?{_NEW}"
    ),
    re.compile(
        rf"{_NAMED},? \(?(?:formerly|previously|once|until [^.;()]{{4,20}}?|(?<=\()(?:was|were))"
        rf"(?: known as| called| named)?(?: (?:a )?part of)?,?"
        rf"\s(?:the )?(?P<old>[A-Z][^.;()]{{4,200}}?{_SUFFIX})(?=[.;,)]|$| (?:is|was|has|covers)\b)"
    ),
    re.compile(
        rf"{_NEW},?(?: which)? \(?(?:has |have |had |it |then |now )?(?:replaced|replac(?:es|ing)|"
        rf"brings together|brought together|took over (?:the work of|from)|takes over from|"
        rf"succe(?:eds|eded|eding)|supersed(?:es|ed|ing)|took the place of|takes the place of|"
        rf"takes in|took in|absorbed|united|unites|joins|joined|was split from|was carved out of|"
        rf"(?:is|was) (?:the |a )?successor (?:to|of)|successor (?:to|of)|in place of|"
        rf"(?:is|was) made up of)(?: both)?{_OLD}"
    ),
    re.compile(
        rf"(?P<old>\b[A-Z][^.;:]{{4,200}}?{_SUFFIX}),? (?:has |have |had |was |were |are |is )?"
        rf"(?:then |since |both )?"
        rf"(?:succeeded by|superseded by|gave way to|given way to|became|become|renamed(?: as)?|"
        rf"now (?:part of|called|known as)|absorbed (?:by|into)|taken over by|united (?:as|in))"
        rf"\s(?:the (?:new )?)?{_NEW}"
    ),
)
_FORCE = re.compile(
    r"(?P<force>[^\W\d_a-z][\w'\u2019-]*(?: (?:and |& )?[^\W\d_a-z][\w'\u2019-]*){0,4}"
    r" (?:Police|Constabulary)"
    r"|Heddlu (?!a\b)[^\W\d_a-z][\w'\u2019-]*(?: [^\W\d_a-z][\w'\u2019-]*){0,2}"
    r")(?! (?:and|&) (?:Crime|Fire|Justice)\b| (?:Authorit|Reform|Act\b|Federation|Commissioner"
    r"|Officer|Station|House|Headquarters|HQ\b))(?: (?:Service|[Ff]orce))?(?: [Aa]rea)?"
)
_FORCE_LEAD = re.compile(
    r"(?:The |Partnerships? (?:in|of|for|with|and) (?:the )?|Police(?: force)?(?: area)?: |"
    r"Force: |All |Each )+"
)
_FORCE_TAIL = re.compile(r"\s?(?:\([^()]{0,40}\)|[:\u2013-] ?\d{0,3}(?: partnerships)?)$")
_PLURAL = re.compile(r"\b(?:[Pp]artnerships|CSPs|CDRPs|of them)\b|[Bb]?artneriaethau")
_OF_ALL = re.compile(  # what says that a sentence is about those of a list
    r"\b(?:all|these|below|above|here|following|each|every|force['\u2019]s|force area|police area"
    r"|both|(?:covered|served|policed) by|work(?:s|ing)? with|are in|lie in|one force|same force)\b"
    r"|\bpob\b|\bholl\b",
    re.IGNORECASE,
)
_OF_THOSE_ABOVE = re.compile(r"\b(?:above|of them)\b")
_POLICED = re.compile(  # what says which force a single partnership has
    r"\b(?:policed by|[Pp]olice force(?: here)? is|force is|covered by|served by|force area of|"
    r"area of|in the|within the|works? with|partner is)\s(?:the )?$"
)
_MERGING = re.compile(
    r"\b(?:merg|replac|join|combin|amalgam|formerly|previously|brings together|brought together|"
    r"came together|took over|formed|former|succe|gave way|part of|became|renamed|absorb"
    r"|take[ns]? in|place of|split|parted|divided|created|set up|unit|superse|now)|\((?:was|were)\b"
)
_COVERING = re.compile(  # "..., which will cover the districts of X and Y in the South West"
    r",? (?:which|and) (?:will |now )?(?:covers?|serves?) (?:the )?"
    r"(?:(?:districts?|boroughs?|areas?|whole) of )?(?:the )?"
    r"(?P<areas>[^\W\d_a-z][\w'\u2019-]*"
    r"(?:(?:,? and |, | on | upon |-| of | )[^\W\d_a-z][\w'\u2019-]*){0,12})"
)
_LIES_IN = re.compile(rf",? in (?:the )?{_A_REGION}(?![\w-])")
_IT_COVERS = re.compile(
    r"\b(?:It|[Tt]he [Pp]artnership|We|which)(?: is in (?:the )?[\w ]{4,30}? and)?"
    r" (?:covers?|serves?) "
    r"(?:all of |the whole of |the entire )?(?:the )?"
    r"(?:(?:(?:metropolitan |royal )?(?:borough|district|county|city|area)s? of )(?:the )?)?"
    r"(?P<area>[^\W\d_a-z][\w'\u2019-]*"
    r"(?: (?:(?:and|of|on|upon|the|&) ){0,2}[^\W\d_a-z][\w'\u2019-]*){0,6})"
    r"(?: (?:borough|district|county|city|area))?(?=[,.;]|$| and (?:is|was|has|its))"
)
_WHEN = re.compile(r"(?:On|In|From|Since|During) [^,;]{0,30}?(?:,\s|\d{4}\s)(?:the )?")
_LIST = re.compile(r"\s?[;\n]\s?|,\s(?:and\s)?")
_SLASH = re.compile(r"\s?[/|]\s?|\n")
_COMMA_OR_AND = re.compile(r",\s(?:and\s)?|\s(?:and|&)\s")
_AND = re.compile(r"\s(?:and|&|a)\s")
_REGION_IN_BRACKETS = re.compile(r"\(([^()]{4,40})\)\W*$")
_MOST_READ = 100  # partnerships of a page for each of which its sentences are looked through
_LEAD_BLOCKS = 2  # paragraphs under the main heading that may say where all this is
_WALES = re.compile(r"\b(?:Wales|Welsh|Cymru|Nghymru)\b")
_ENGLAND = re.compile(r"\b(?:England|English|Lloegr)\b")


def subject_partnership(document: Document, found: Sequence[RecordDraft]) -> RecordDraft | None:
    """Find the one partnership that a page is about: its main heading, or a sentence that says so.

    Returns:
        One of `found` when it is among them, a new draft, or None when the page is a directory or
        about something else.
    """
    main = next((block for block in document.content if block.kind == "heading"), None)
    called = without_instruction(piece_of(main)) if main is not None else None
    heading = called if called is not None and is_partnership(called.text) else None
    defined = _definition(document, main)
    names = [name for record in found if (name := record.first("name"))]
    if heading is not None:
        name = quote(heading, "main heading", LABEL_ABOVE)
    elif defined is not None:
        name = defined.fields[0][1]
    else:
        return None
    others = [held for held in names if held.value.casefold() != name.value.casefold()]
    if others:
        return None
    record = next((each for each in found), None) or RecordDraft("partnership")
    record.add("name", name)
    if defined is not None:
        for field, held in defined.fields[1:]:
            record.add(field, held)
    return record


def _definition(document: Document, main: Block | None) -> RecordDraft | None:
    """Read a sentence such as "X is the community safety partnership for Y, in the Z region"."""
    if "artnership" not in document.text:
        return None
    for block in document.content:
        if block.kind not in {"paragraph", "item", "cell"} or "artnership" not in block.text:
            continue
        match = _DEFINITION.search(block.text)
        if not match:
            continue
        piece = piece_of(block)
        name = re.sub(r"^(?:The|Our) ", "", match["name"])
        called = _CALLED_PARTNERSHIP.fullmatch(name) is not None
        is_heading = main is not None and name.casefold() == " ".join(main.text.split()).casefold()
        if not (is_heading or called or is_partnership(name)):
            continue
        record = RecordDraft("partnership")
        start = match.end("name") - len(name)
        record.add("name", quote(piece.cut(start, match.end("name")), "definition", PROSE))
        if match["area"]:
            area = piece.cut(*match.span("area"))
            record.add("area", quote(area, "definition", PROSE))
        rest = block.text[match.end() : match.end() + 80].split(".")[0] + "."
        if region := _REGION.search(rest):
            start = match.end() + region.start(1)
            held = piece.cut(start, start + len(region.group(1)))
            value = region_of(held.text) or held.text
            record.add("region", quote(held, "definition", PROSE, value))
        return record
    return None


def mentioned_partnership(document: Document) -> RecordDraft | None:
    """Find the partnership that running text names in full, if it names one and no other."""
    found: dict[str, Quote] = {}
    for block in blocks_at(document, places_of(document.text, ("artnership",))):
        if block.region not in CONTENT or block.kind not in {"paragraph", "item", "cell"}:
            continue
        piece = piece_of(block)
        for match in _MENTION.finditer(block.text):
            name = without_instruction(piece.cut(*match.span()))
            bare = without_article(name.text)
            if is_partnership(bare):
                name = name.cut(len(name.text) - len(bare))
                found.setdefault(_key(bare), quote(name, "mention", PROSE))
    if len(found) != 1:
        return None
    return RecordDraft("partnership", [("name", held) for held in found.values()])


def complete_partnerships(
    document: Document, partnerships: Sequence[RecordDraft]
) -> list[RecordDraft]:
    """Join repeated partnerships and give each what its name, its headings and the page imply."""
    joined: dict[str, RecordDraft] = {}
    for record in partnerships:
        name = record.first("name")
        if name is None:
            continue
        known = joined.setdefault(_key(name.value), record)
        if known is not record:
            for field, held in record.fields[1:]:
                known.add(field, held)
            known.children.extend(record.children)
    for record in joined.values():
        _part_languages(record)
    _join_languages(joined)
    _add_mergers(document, joined)
    replaced: set[str] = set()
    if joined:
        country = _page_country(document)
        path_regions = _regions_above(document)
        if not path_regions and len(joined) > 1:
            path_regions = _region_of_all(document, joined.values())
        forces = _forces_above(document)
        speaks_of_force = len(joined) <= _MOST_READ and holds_any(
            document.text, ("Police", "Constabulary", "Heddlu")
        )
        starts = [
            called.start
            for each in joined.values()
            if (called := each.first("name")) and called.start is not None
        ]
    if len(joined) == 1:
        _add_covered(document, next(iter(joined.values())))
    for record in joined.values():
        _split_lists(record)
        replaced.update(_key(value) for value in record.values("predecessor"))
        _place(record, path_regions, document, country)
        name = record.first("name")
        if name and name.start is not None and not record.has("police_force"):
            force = _held_above(name.start, forces)
            if force is None and speaks_of_force:
                following = min((each for each in starts if each > name.start), default=None)
                force = _force_within(document, name.start, following or len(document.text) + 1)
            if force is not None:
                record.add("police_force", force)
    return [
        record
        for key, record in joined.items()
        if key not in replaced or record.children or len(record.fields) > 3
    ]


def _add_covered(document: Document, record: RecordDraft) -> None:
    """Give the only partnership of a page the area that a sentence says it to cover."""
    if record.has("area"):
        return
    for block in blocks_at(document, places_of(document.text, (" cover", " serve"))):
        if block.region in CONTENT and (match := _IT_COVERS.search(block.text)):
            for area in _areas_covered(piece_of(block), match):
                record.add("area", quote(area, "covering sentence", PROSE))
            return


def _part_languages(record: RecordDraft) -> None:
    """A name in Welsh and English at once is one name with an alias."""
    name = record.first("name")
    if name is None or name.start is None or "/" not in name.raw:
        return
    parts = Piece(name.raw, name.start).split(_SLASH)
    welsh = [part for part in parts if part.text.startswith("Partneriaeth")]
    english = [part for part in parts if part not in welsh and is_partnership(part.text)]
    if len(parts) == 2 and welsh and english:
        named = [("name", quote(english[0], name.rule, name.confidence))]
        named.append(("alias", quote(welsh[0], name.rule, name.confidence)))
        record.keep([*named, *(pair for pair in record.fields if pair[1] is not name)])


def _join_languages(joined: dict[str, RecordDraft]) -> None:
    """A partnership named in Welsh and in English with the same contacts is one with an alias.

    So is one of the same place.
    """
    _join_places(joined)
    by_points: dict[frozenset[tuple[str, str]], str] = {}
    for key, record in list(joined.items()):
        points = frozenset(
            (field, held.value)
            for contact in record.children
            for field, held in contact.fields
            if field in POINTS
        )
        if not points:
            continue
        other_key = by_points.setdefault(points, key)
        other = joined[other_key]
        welsh = [each for each in (record, other) if _is_welsh(each)]
        if other is record or len(welsh) != 1:
            continue
        english = other if welsh[0] is record else record
        for name in [held for field, held in welsh[0].fields if field == "name"]:
            english.add("alias", name)
        english.children.extend(welsh[0].children)
        del joined[key if welsh[0] is record else other_key]
        by_points[points] = other_key if welsh[0] is record else key


def _join_places(joined: dict[str, RecordDraft]) -> None:
    english = {
        place.casefold(): record
        for record in joined.values()
        if not _is_welsh(record)
        and (name := record.first("name"))
        and (place := partnership_place(name.value))
    }
    for key, record in list(joined.items()):
        name = record.first("name")
        if name is None or not _is_welsh(record):
            continue
        place = english_area(partnership_place(name.value) or "")
        if place and (other := english.get(place.casefold())):
            other.add("alias", name)
            other.children.extend(record.children)
            del joined[key]


def _is_welsh(record: RecordDraft) -> bool:
    return any(value.startswith("Partneriaeth") for value in record.values("name"))


def _key(name: str) -> str:
    plain = re.sub(r"\bcommunity safety partnership\b", "csp", name.casefold())
    plain = re.sub(r"\bcrime (?:and|&) disorder (?:reduction )?partnership\b", "cdrp", plain)
    return " ".join(re.sub(r"[^\w ]", " ", plain).split())


def _place(
    record: RecordDraft,
    path_regions: Sequence[tuple[int, Quote]],
    document: Document,
    page_country: Quote | None,
) -> None:
    name = record.first("name")
    if name is None:
        return
    region = record.first("region")
    if region is None and name.start is not None:
        region = _held_above(name.start, path_regions)
        if region is not None and country_of(region.value):
            record.add("country", region)
            region = None
        elif region is not None:
            record.add("region", region)
    if not record.has("area"):
        place = partnership_place(name.raw) or name.raw
        if is_area(place) and name.start is not None and place in name.raw:
            at = name.raw.index(place)
            record.add("area", quote(Piece(place, name.start + at), "area in name", PROSE))
        elif name.start is not None and place in name.raw:  # "A and B CDRP", two districts
            halves = Piece(place, name.start + name.raw.index(place)).split(_COMMA_OR_AND)
            if len(halves) > 1 and all(is_area(half.text) for half in halves):
                for half in halves:
                    record.add("area", quote(half, "areas in name", PROSE))
    if not record.has("country"):
        stated = country_of_region(region.value) if region else None
        if region and stated:
            held = Quote(
                region.raw,
                stated,
                region.start,
                region.end,
                region.source,
                "country of region",
                region.confidence,
            )
            record.add("country", held)
        elif page_country:
            record.add("country", page_country)


def _regions_above(document: Document) -> list[tuple[int, Quote]]:
    """The stretches of the page that headings and table bands give to a region or country.

    Each item is where a heading starts and what it names; an empty value ends the one before.
    """
    found: list[tuple[int, Quote]] = []
    level: int | None = None
    title = document.title
    headed = any(block.kind == "heading" for block in document.content)
    if not headed and (match := _REGION.search(title)):
        value = region_of(match.group(1))
        found.append((-1, computed(value or "", "title", "title", title)))
    for block in document.content:
        if not _is_above_others(block):
            continue
        bare = re.sub(r"\s?\([^()]{0,40}\)|\s?[-\u2013:].{0,40}$", "", block.text).strip()
        value = region_of(bare) or country_of(bare)
        if value is None and (match := _REGION.search(bare)):
            value = region_of(match.group(1))
        rank = block.level if block.kind == "heading" else 7
        if value:
            found.append((block.start, quote(piece_of(block), "heading", LABEL_ABOVE, value)))
            level = rank
        elif level is not None and block.kind in {"heading", "caption"} and rank <= level:
            found.append((block.start, computed("", "end of region")))
            level = None
    return found


def _region_of_all(document: Document, records: Iterable[RecordDraft]) -> list[tuple[int, Quote]]:
    """The one region that a directory's title, or what stands before its entries, speaks of."""
    starts = [name.start for each in records if (name := each.first("name"))]
    first = min((start for start in starts if start is not None), default=0)
    found: dict[str, Quote] = {}
    for block in document.content:
        if block.start >= first:
            break
        if block.kind in {"heading", "paragraph"}:
            for region in _regions_named(block.text):
                held = piece_of(block).cut(*region)
                value = region_of(held.text) or held.text
                found.setdefault(value, quote(held, "region of the list", PROSE, value))
    for start, end in _regions_named(document.title):
        value = region_of(document.title[start:end]) or document.title[start:end]
        found.setdefault(value, computed(value, "title", "title", document.title))
    return [(-1, held) for held in found.values()] if len(found) == 1 else []


def _regions_named(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _REGIONS_NAMED:
        for match in pattern.finditer(text):
            yield match.span("region")


def _is_above_others(block: Block) -> bool:
    """Whether a block stands over those after it: a heading, a caption, a band, a bold line."""
    if block.kind in {"heading", "caption"}:
        return True
    if block.cell is not None:
        return block.cell.colspan > 1 or block.cell.header
    if len(block.text) >= 80 or block.kind != "paragraph":
        return False
    whole = block.bold == ((block.start, block.end),)
    return whole or (block.text.isupper() and region_of(block.text) is not None)


def _forces_above(document: Document) -> list[tuple[int, Quote]]:
    """The stretches that a heading, or a sentence on all that follow, gives to a police force."""
    found: list[tuple[int, Quote]] = []
    level: int | None = None
    captioned = False  # whether it is a table's caption that says so
    for block in document.content:
        if block.kind in {"paragraph", "item"} and (told := _force_of_all(block)):
            above = document.blocks[block.path[-1]] if block.path else None
            start = block.start
            if _OF_THOSE_ABOVE.search(block.text):
                start = above.start if above else -1
                found = [each for each in found if each[0] < start]
            found.append((start, told))
            level = above.level if above and above.level > 1 else 1
            continue
        if captioned and block.kind != "caption" and block.cell is None:
            found.append((block.start, computed("", "end of table")))
            captioned, level = False, None
        if not _is_above_others(block) or (block.kind == "heading" and block.level == 1):
            continue
        rank = block.level if block.kind == "heading" else 7
        if level is not None and block.kind == "caption" and captioned:
            found.append((block.start, computed("", "end of table")))
            captioned, level = False, None
        if (name := _force_of_heading(block)) is not None:
            found.append((block.start, quote(name, "heading", LABEL_ABOVE)))
            level = rank
            captioned = block.kind == "caption"
        elif level is not None and block.kind == "heading" and rank <= level:
            found.append((block.start, computed("", "end of force")))
            level = None
    return found


def _force_of_heading(block: Block) -> Piece | None:
    """The police force that a heading names and nothing else: "Durham Police area (5)"."""
    if "Police" not in block.text and "Constabulary" not in block.text:
        return None
    piece = piece_of(block)
    if tail := _FORCE_TAIL.search(piece.text):
        piece = piece.cut(0, tail.start())
    if lead := _FORCE_LEAD.match(piece.text):
        piece = piece.cut(lead.end())
    match = _FORCE.fullmatch(piece.text)
    return piece.cut(*match.span("force")) if match else None


def _force_of_all(block: Block) -> Quote | None:
    """The one police force that a sentence says the partnerships of a list to have."""
    if not _PLURAL.search(block.text) or not holds_any(
        block.text, ("Police", "Constabulary", "Heddlu")
    ):
        return None
    for sentence in sentences_of(piece_of(block)):
        if _PLURAL.search(sentence.text) and _OF_ALL.search(sentence.text):
            forces = _forces_in(sentence)
            if len({force.text for force in forces}) == 1:
                return quote(forces[0], "force of the list", PROSE)
    return None


def _forces_in(sentence: Piece) -> list[Piece]:
    forces = []
    for match in _FORCE.finditer(sentence.text):
        force = sentence.cut(*match.span("force"))
        if lead := _FORCE_LEAD.match(force.text):
            force = force.cut(lead.end())
        if force.text not in {"Police", "Constabulary"}:
            forces.append(force)
    return forces


def _force_within(document: Document, start: int, end: int) -> Quote | None:
    """The police force that a sentence of a partnership's own entry says it to have."""
    for block in document.content:
        if block.start >= end:
            break
        if block.end < start or block.kind == "heading" or block.cell:
            continue
        for sentence in sentences_of(piece_of(block)):
            if sentence.end < start:
                continue
            for force in _forces_in(sentence):
                before = sentence.text[: force.start - sentence.start]
                if _POLICED.search(before) and not _PLURAL.search(sentence.text):
                    return quote(force, "police sentence", PROSE)
    return None


def _held_above(start: int, stretches: Sequence[tuple[int, Quote]]) -> Quote | None:
    index = bisect_right(stretches, start, key=lambda each: each[0])
    held = stretches[index - 1][1] if index else None
    return held if held is not None and held.value else None


def _page_country(document: Document) -> Quote | None:
    """The country that the main heading or the title speaks of, if it is one."""
    main = next((block for block in document.content if block.kind == "heading"), None)
    text = main.text if main else document.title
    wales, england = _WALES.search(text), _ENGLAND.search(text)
    if not (wales or england):
        return _country_of_lead(document, main)
    if wales and england:
        return None
    match = wales or england
    value = "Wales" if wales else "England"
    if main is None or match is None:
        return computed(value, "title", "title", text)
    return quote(piece_of(main).cut(*match.span()), "main heading", LABEL_ABOVE, value)


def _country_of_lead(document: Document, main: Block | None) -> Quote | None:
    """The country that the paragraphs right under the main heading speak of, if it is one."""
    first = main.number + 1 if main else 0
    found: dict[str, Quote] = {}
    for block in document.blocks[first : first + _LEAD_BLOCKS]:
        if block.kind != "paragraph" or block.region not in CONTENT:
            break
        for value, pattern in (("Wales", _WALES), ("England", _ENGLAND)):
            for match in pattern.finditer(block.text):
                held = quote(piece_of(block).cut(*match.span()), "lead paragraph", PROSE, value)
                found.setdefault(value, held)
    if len(found) != 1 or "East of England" in "".join(
        block.text for block in document.blocks[first : first + _LEAD_BLOCKS]
    ):
        return None
    return next(iter(found.values()))


def _split_lists(record: RecordDraft) -> None:
    """Part lists of areas and predecessors into one value each; the region in its usual form."""
    fields = []
    for field, held in record.fields:
        if held.start is None or field not in {"area", "predecessor", "region"}:
            fields.append((field, held))
            continue
        piece = Piece(held.raw, held.start)
        if field == "region":
            value = region_of(held.value)
            fields.append((field, quote(piece, held.rule, held.confidence, value)))
            continue
        parts = _names_in(piece) if field == "predecessor" else _areas_in(piece)
        fields.extend((field, quote(part, held.rule, held.confidence)) for part in parts)
    record.keep(fields)


def _areas_in(piece: Piece) -> list[Piece]:
    """Part a list of areas; a name that holds "and" stays whole when it is known."""
    parts = []
    for part in piece.split(_LIST):
        halves = part.split(_AND)
        if (
            len(halves) == 2
            and not is_area(part.text)
            and all(is_area(half.text) for half in halves)
        ):
            parts.extend(halves)
        else:
            parts.append(part)
    return parts


def _names_in(piece: Piece) -> list[Piece]:
    """Part a list of partnership names: after each suffix, else at commas and "and"."""
    found = list(_NAME_AND.finditer(piece.text))
    if found:
        names = [piece.cut(*match.span("name")).strip() for match in found]
        return [_without_lead(name) for name in names]
    return [half for part in piece.split(_LIST) for half in part.split(_AND)]


def _without_lead(piece: Piece) -> Piece:
    match = re.match(r"(?:the |and |both |former )+", piece.text, re.IGNORECASE)
    return piece.cut(match.end()) if match else piece


def _add_told(record: RecordDraft, sentence: Piece) -> None:
    """Add where a partnership is and what it covers, as the sentence after its name says."""
    if not record.has("region") and (told := _REGIONS_NAMED[0].search(sentence.text)):
        region = sentence.cut(*told.span("region"))
        record.add("region", quote(region, "sentence", PROSE, region_of(region.text)))
    if not record.has("area") and (match := _IT_COVERS.search(sentence.text)):
        for area in _areas_covered(sentence, match):
            record.add("area", quote(area, "covering sentence", PROSE))


def _areas_covered(piece: Piece, match: re.Match[str]) -> list[Piece]:
    """The areas that a sentence says to be covered: one, or after "the boroughs of" several."""
    area = piece.cut(*match.span("area"))
    several = piece.text[: match.start("area")].endswith("s of ")
    return area.split(_COMMA_OR_AND) if several else [area]


def _merger_matches(block: Block) -> Iterator[tuple[re.Match[str], Piece, Piece | None]]:
    """The sentences that say who replaced whom, each with the one after it."""
    sentences = sentences_of(piece_of(block))
    for sentence, following in zip(sentences, [*sentences[1:], None], strict=True):
        if _MERGING.search(sentence.text):
            for pattern in _MERGERS:
                for match in pattern.finditer(sentence.text):
                    yield match, sentence, following


def _since_when(piece: Piece) -> Piece:
    """Take "On 1 April 2009," off the beginning of a list of names."""
    match = _WHEN.match(piece.text)
    return piece.cut(match.end()) if match else piece


def _add_mergers(document: Document, joined: dict[str, RecordDraft]) -> None:
    """Read who replaced whom from sentences."""
    if not holds_any(document.text, ("artnership", "CDRP", "CSP")):
        return
    for block in document.content:
        if block.kind not in {"paragraph", "item"} or not _MERGING.search(block.text):
            continue
        for match, piece, following in _merger_matches(block):
            new = _without_lead(piece.cut(*match.span("new")))
            if not is_partnership(new.text) and not (
                _CALLED_PARTNERSHIP.fullmatch(new.text)
                and any(
                    is_partnership(each.text) for each in _names_in(piece.cut(*match.span("old")))
                )
            ):
                continue
            held = quote(new, "merger sentence", PROSE)
            record = joined.setdefault(_key(new.text), RecordDraft("partnership", [("name", held)]))
            if not record.has("region") and (lies := _LIES_IN.match(piece.text, match.end("new"))):
                region = piece.cut(*lies.span("region"))
                record.add(
                    "region", quote(region, "merger sentence", PROSE, region_of(region.text))
                )
            if following and following.text.startswith("It "):  # "It is in ... and covers ..."
                _add_told(record, following)
            if not record.has("area") and (
                covered := _COVERING.match(piece.text, match.end("new"))
            ):
                areas = piece.cut(*covered.span("areas"))
                several = covered.group(0)[: -len(areas.text)].endswith("s of ")
                for area in areas.split(_COMMA_OR_AND) if several else [areas]:
                    record.add("area", quote(area, "merger sentence", PROSE))
                if told := _REGION.search(piece.text, covered.end("areas")):
                    region = piece.cut(*told.span(1))
                    value = region_of(region.text)
                    record.add("region", quote(region, "merger sentence", PROSE, value))
            if not record.has("region") and (where := _REGION_IN_BRACKETS.search(block.text)):
                region = piece_of(block).cut(*where.span(1))
                if value := region_of(region.text):
                    record.add("region", quote(region, "merger sentence", PROSE, value))
                    record.add("country", quote(region, "country of region", PROSE, "England"))
            old = [piece.cut(*match.span("old"))]
            if "with" in match.groupdict() and match["with"]:
                old.append(piece.cut(match.start("with") + len(" with "), match.end("with")))
            for name in [name for part in old for name in _names_in(_since_when(part))]:
                if name.text[:1].isupper() and len(name.text) < 80:
                    record.add("predecessor", quote(name, "merger sentence", PROSE))
