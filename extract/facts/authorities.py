"""Responsible authorities: the list a page gives, and where each of them applies."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extract.document import Block, Document
from extract.facts.grids import Grid, grids_of
from extract.facts.observations import LABEL_ABOVE, RecordDraft, computed, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.prose import sentences_of
from extract.hints import holds_any
from extract.reference.places import country_of

__all__ = ["AuthorityList", "find_authorities", "read_authorities"]

_SUBJECT = re.compile(
    r"responsible (?:authorit(?:y|ies)|bod(?:y|ies))|awdurdod(?:au)? cyfrifol", re.IGNORECASE
)
_HINTS = ("responsible ", "cyfrifol")
_NOT_THESE = re.compile(
    r"\b(?:not|other than|besides|in addition to|as well as|work(?:s|ing)? (?:closely )?with|"
    r"co-?operat\w+|"
    r"consult\w*|invite\w*)\b[^.]{0,60}$|\bnot (?:\w+ ){0,3}responsible|co-?operating bod",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"[\s,(]{1,3}(?:\(?\s?(?:only )?(?:in|for|yn|yng) )?(?P<where>England and Wales|England|"
    r"Wales|Lloegr|Cymru|Nghymru)"
    r"(?: only)?\)?$",
    re.IGNORECASE,
)
_IN_NAME = re.compile(  # Heddlu Gogledd Cymru, Public Health Wales
    r"[^\W\d_a-z][\w&-]* (?:Wales|Cymru|England)$"
)
_WHERE_FIRST = re.compile(
    r"^[(\u2013\u2014 -]{0,3}(?:in |for |yn |yng )(?P<where>England|Wales|Lloegr|Cymru"
    r"|Nghymru)\s?(?:[,:)\u2013\u2014-]\s?)?\s?(?:the |its )?",
    re.IGNORECASE,
)
_WHERE_LEAD = re.compile(
    r"^(?:only )?(?:in|for) (?P<where>England|Wales)\b(?! and)|"
    r"\b(?:in|for|yng|yn) (?P<last>England|Wales|Nghymru|Lloegr)(?: only)?:?$",
    re.IGNORECASE,
)
_LONGEST_LIST = 60
_ABBREVIATION = re.compile(r"\s?\((?:the )?[A-Z][A-Za-z&]{1,7}s?\)")
_ALTERNATIVE = re.compile(
    r",?\s(?:or|and)[,\s]\s?(?=.{0,80}?\b(?:in|for) (?:England|Wales)\b)", re.IGNORECASE
)
_IN_COUNTRY = re.compile(r"\b(?:in|for) (?:England|Wales)\b", re.IGNORECASE)
_LIST_SENTENCE = re.compile(
    r"responsible (?:authorities|bodies)(?: (?:of|for|in|on) [^.:,]{2,60}?)?"
    r"(?:,? (?:which|who|as|under|named|listed|set out|defined)\b[^.:;]{3,200}?,)?(?: are| were|,? "
    r"namely|,? (?:that is|that means|i\.e\.|viz\.?)(?: to say)?,?| include| comprise"
    r"|:)\s?:?\s?(?P<list>(?:[^.;]{3,80};\s?){2,20}[^.;]{3,80}"
    r"|[^.;]{10,500})",
    re.IGNORECASE,
)
_LIST_BEFORE = re.compile(
    r"(?:representatives (?:from|of)|made up of|consists? of|"
    r"comprises?)\s(?P<list>[^.;()]{10,400}?)[,]?\s?"
    r"(?:\((?:the|known as|called|together)[^)]{0,40}responsible authorities[^)]{0,10}\)|[,;]? "
    r"(?:known|called|these are|together)[^.]{0,40}responsible authorities)",
    re.IGNORECASE,
)
_THEY_ARE = re.compile(
    r"(?:They|These)(?: currently| now)? (?:are|were|include|comprise)(?: as follows)?:?"
    r"\s(?P<list>[^.;]{10,600})"
)
_THESE_ARE = re.compile(
    r"(?:All (?:of )?)?(?:these|those|the above|they)(?: (?:\w+ ){0,3}?)?\s?(?:are|were|form)"
    r" (?:all |together |known as |called )?(?:the |its |our )?(?:\w+['\u2019]s )?"
    r"['\"\u2018\u201c]?responsible (?:authorities|bodies)",
    re.IGNORECASE,
)
_ONLY_PLACE = re.compile(r"(?:in|for) (?:England|Wales)", re.IGNORECASE)
_AND_THE = re.compile(r"\s(?:and|or)\s(?=(?:the|every|each)\s)")
_WHEN = re.compile(r"(?:since|from|until|as of|after) .{1,30}$", re.IGNORECASE)
_LIST_FIRST = re.compile(
    r"(?P<list>[^.;:]{10,400}?) (?:are|were) (?:all |together |now |collectively )?"
    r"(?:(?:known as|called|named as) )?(?:the |an? )?['\"\u2018\u201c]?responsible "
    r"(?:authorities|bodies)",
    re.IGNORECASE,
)
_LINE_BREAK = re.compile(r"\n")
_BULLET = re.compile(r"[\s]{0,3}(?:[•·*‣◦▪\u2013\u2014-]|\(?[\divx]{1,4}[.)])?\s{0,3}(?=[A-Za-z])")
_SINCE = re.compile(r"\s?\((?:since|from|until|as of) [^()]{1,40}\)$", re.IGNORECASE)
_JOINED_ON = re.compile(r",?\s(?:and|or)$", re.IGNORECASE)
_OR_IN = re.compile(r"\s\((?:or )?(?:the )?(?=[^()]{3,60} in (?:England|Wales)\)$)")
_COMMA = re.compile(r"\s?;\s?(?:and\s)?|,\s(?:and\s)?|\n")
_YES = re.compile(
    r"(?:yes|y|✓|✔|√|☑|●|•|\*|ü|ydy|ydyn|ie|oes|true|tick(?:ed)?|both|always)(?:(?<=\W)|\b).*",
    re.IGNORECASE | re.DOTALL,
)
_NO = re.compile(
    r"(?:(?:no|n|n/a|none|never|not|nac ydy|nac ydyn|nag ydy|nage|na|false|neither)(?:\b.*)?"
    r"|✗|✘|☐|\u2013|\u2014|-|cross)?",
    re.IGNORECASE | re.DOTALL,
)
_TICK = re.compile(r"[✓✔√☑]|(?:yes|y|tick|ydy|ydyn|oes)\b", re.IGNORECASE)
_CROSS = re.compile(r"[x\u00d7✕✖]", re.IGNORECASE)
_COUNTRIES = (
    ("England", re.compile(r"\b(?:England|English|Lloegr)\b", re.IGNORECASE)),
    ("Wales", re.compile(r"\b(?:Wales|Welsh|Cymru|Nghymru)\b", re.IGNORECASE)),
)
_WHERE_HEAD = re.compile(
    r"(?:applies|applies to|where|country|countries|nation|extent|area|ble|gwlad)\b", re.IGNORECASE
)
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class AuthorityList:
    """A list of responsible authorities: its lead-in and its entries as printed."""

    lead: Block | None
    items: tuple[tuple[Piece, str | None], ...]  # each with the country its column says, if any

    @property
    def in_each_country(self) -> int:
        """How many there are in a country, where some are of England and others of Wales."""
        places = [
            column or (_country(where.text) if where is not None else None)
            for item, column in self.items
            for where in [_name_and_place(item)[1]]
        ]
        of_one = [places.count(country) for country in ("England", "Wales")]
        return len(places) - min(of_one)


def find_authorities(document: Document) -> AuthorityList | None:
    """Find the page's list of responsible authorities: a list, a table, or else a sentence."""
    if not holds_any(document.lowered, _HINTS) or not _SUBJECT.search(document.text):
        return None
    blocks = document.content
    return _listed(blocks) or _lined(blocks) or _tabled(blocks, document) or _written(blocks)


def read_authorities(listing: AuthorityList | None) -> Iterator[RecordDraft]:
    """Turn a list into records, one for each authority and country."""
    found: dict[str, RecordDraft] = {}
    for item, column in listing.items if listing else ():
        for part in _alternatives(item):
            name, where = _name_and_place(part)
            if not name or len(name.text) > _LONGEST_NAME:
                continue
            if known := found.get(name.text.casefold()):
                if column and column not in known.values("applies_to"):
                    known.keep(known.fields[:1])  # listed for England and again for Wales
                continue
            plain = _ABBREVIATION.sub("", name.text)
            record = RecordDraft("authority")
            record.add("name", quote(name, "authority list", LABEL_ABOVE, " ".join(plain.split())))
            if where is not None:
                record.add(
                    "applies_to", quote(where, "authority list", LABEL_ABOVE, _country(where.text))
                )
            elif column:
                record.add("applies_to", computed(column, "column head"))
            found[name.text.casefold()] = record
    yield from found.values()


def _country(text: str) -> str:
    return "Wales" if text.lower() in {"nghymru", "cymru", "wales"} else country_of(text) or text


def _listed(blocks: Sequence[Block]) -> AuthorityList | None:
    """A list after a lead-in that speaks of responsible authorities, or under such a heading.

    Lists under one heading that divide them by country ("In Wales only:") are taken together.
    """
    found: list[AuthorityList] = []
    for number, block in enumerate(blocks):
        if block.kind != "item" or not number or blocks[number - 1].list == block.list:
            continue
        lead = blocks[number - 1]
        items_of = [each for each in blocks[number:] if each.list == block.list][:_LONGEST_LIST]
        if not _leads(lead, blocks) and not _are_said_to_be(blocks, items_of):
            continue
        where = _WHERE_LEAD.search(lead.text)
        country = _country(where["where"] or where["last"]) if where else None
        items = [(piece_of(each).strip(), country) for each in items_of]
        found.append(AuthorityList(lead, tuple(items)))
    if not found:
        return None
    best = max(found, key=lambda listing: len(listing.items))
    siblings = [
        listing
        for listing in found
        if listing.lead and best.lead and listing.lead.path == best.lead.path
    ]
    if any(country for listing in siblings for _, country in listing.items):
        return AuthorityList(None, tuple(item for listing in siblings for item in listing.items))
    return best if len(best.items) >= 2 else None


def _lined(blocks: Sequence[Block]) -> AuthorityList | None:
    """Lines that a page made look like a list, with bullets or dashes, after such a lead-in."""
    for number, block in enumerate(blocks):
        if not _SUBJECT.search(block.text):
            continue
        head, colon, rest = block.text.partition(":\n")
        lead, body = block, piece_of(block).cut(len(head) + 2)
        if not colon and number + 1 < len(blocks):
            body = piece_of(blocks[number + 1])
            rest = body.text
        lines = body.split(_LINE_BREAK)
        if (
            len(lines) >= 3
            and (colon or block.text.rstrip().endswith(":"))
            and rest.count("\n") >= 2
            and sum(_BULLET.match(line.text) is not None for line in lines) * 2 > len(lines)
            and not _NOT_THESE.search(head)
        ):
            items = [_without_bullet(line) for line in lines]
            return AuthorityList(lead, tuple((item.strip(), None) for item in items))
    return None


def _without_bullet(line: Piece) -> Piece:
    match = _BULLET.match(line.text)
    return line.cut(match.end()) if match else line


def _are_said_to_be(blocks: Sequence[Block], items: Sequence[Block]) -> bool:
    """Whether the sentence right behind a list says that these are the responsible authorities."""
    last = items[-1].number
    behind = next((block for block in blocks if block.number > last), None)
    return behind is not None and _THESE_ARE.match(behind.text) is not None


def _leads(lead: Block, blocks: Sequence[Block]) -> bool:
    """Whether a block announces the responsible authorities; its last sentence decides."""
    if lead.kind == "heading":
        return _SUBJECT.search(lead.text) is not None and not _NOT_THESE.search(lead.text)
    last = sentences_of(piece_of(lead))[-1].text if lead.text else ""
    announcing = lead.text if last.endswith(":") else last  # "... There are six kinds:"
    found = _SUBJECT.search(announcing)
    if found:
        return not _NOT_THESE.search(announcing[: found.start()]) and not re.search(
            r"\b(?:must|should|may|also|have to) (?:\w+ ){0,2}(?:co-?operate|consult|work with|"
            r"invite|involve)",
            last,
        )
    above = next((block for block in blocks if lead.path and block.number == lead.path[-1]), None)
    return (
        above is not None
        and _SUBJECT.search(above.text) is not None
        and last.endswith(":")
        and not _NOT_THESE.search(last)
        and not re.search(r"\b(?:co-?operat|consult|invit|also work|duties|must|should)\w*", last)
    )


def _tabled(blocks: Sequence[Block], document: Document) -> AuthorityList | None:
    """A table: authorities down, countries or "responsible authority?" across, yes or no in it."""
    for grid in grids_of(
        block for block in blocks if block.cell or block.kind == "caption"
    ).values():
        found = _from_grid(grid, document)
        if found is not None:
            return found
    return None


def _from_grid(grid: Grid, document: Document) -> AuthorityList | None:
    names, rows = _heads_and_rows(grid)
    if not names or not rows:
        return None
    if _lies_on_its_side(names, [name for name, _ in rows]):
        turned = [
            (
                head,
                {name.number: cells[head.number] for name, cells in rows if head.number in cells},
            )
            for head in names
        ]
        names, rows = tuple(name for name, _ in rows), turned
    return _from_rows(names, rows, _is_about(grid, document))


_Rows = list[tuple[Block, dict[int, Block]]]  # each name with its cells, by the number of the head


def _heads_and_rows(grid: Grid) -> tuple[tuple[Block, ...], _Rows]:
    """The heads over a table's answers, and its rows; without marked heads the first row is."""
    if len(grid.heads) >= 2:
        return grid.across, [
            (
                line.cells[0][0],
                {head.number: block for block, heads in line.cells[1:] for head in heads},
            )
            for line in grid.lines
            if line.cells
        ]
    if grid.heads or len(grid.lines) < 3:
        return (), []
    first = min(block.cell.column for line in grid.lines for block in line.blocks if block.cell)
    over = {
        block.cell.column: block
        for block in grid.lines[0].blocks
        if block.cell and block.cell.column > first
    }
    rows: _Rows = []
    for line in grid.lines[1:]:
        cells = {block.cell.column: block for block in line.blocks if block.cell}
        if first in cells:
            answers = {over[column].number: cells[column] for column in cells if column in over}
            rows.append((cells[first], answers))
    return tuple(over.values()), rows


def _is_about(grid: Grid, document: Document) -> bool:
    """Whether a table's heads, its caption or what stands beside it speak of such authorities."""
    last = grid.lines[-1].blocks[-1].number if grid.lines else grid.first.number
    beside = document.blocks[max(grid.first.number - 1, 0)], *document.blocks[last + 1 : last + 2]
    speaking = (
        *(head.text for head in grid.heads or grid.lines[0].blocks),
        *(head.text for head in grid.over),
        grid.caption.text if grid.caption else "",
        *(document.blocks[number].text for number in grid.first.path),
        *(block.text for block in beside if block.kind == "paragraph"),
    )
    return any(_SUBJECT.search(text) for text in speaking)


def _lies_on_its_side(across: Sequence[Block], down: Sequence[Block]) -> bool:
    """Whether the authorities stand across and the countries or the question down."""
    asking = [block for block in down if _countries_in(block.text) or _SUBJECT.search(block.text)]
    return (
        len(across) >= 2
        and 0 < len(asking) * 2 >= len(down)
        and not any(_countries_in(block.text) or _SUBJECT.search(block.text) for block in across)
    )


def _countries_in(text: str) -> list[str]:
    return [name for name, pattern in _COUNTRIES if pattern.search(text)]


def _from_rows(
    heads: Sequence[Block], rows: Sequence[tuple[Block, dict[int, Block]]], about: bool
) -> AuthorityList | None:
    """Choose the rows with a yes: for a country, under "responsible authority?", or by a word."""
    countries: dict[int, str] = {}
    deciding: set[int] = set()
    for head in heads:
        mentioned = _countries_in(head.text)
        if len(mentioned) == 1:
            countries[head.number] = mentioned[0]
        elif _SUBJECT.search(head.text):
            deciding.add(head.number)
    where_column = next((head.number for head in heads if _WHERE_HEAD.match(head.text)), None)
    answers_of = [
        (name, {number: block.text.strip() for number, block in cells.items()})
        for name, cells in rows
    ]
    status_column = next(
        (
            head.number
            for head in heads
            if head.number not in deciding
            and any(_SUBJECT.match(answers.get(head.number, "")) for _, answers in answers_of)
        ),
        None,
    )
    if status_column is None and not (deciding or (about and (countries or where_column))):
        return None
    crossed = not any(
        _TICK.match(text) for _, answers in answers_of for text in answers.values()
    )  # with ticks beside them crosses say no; alone they mark
    items: list[tuple[Piece, str | None]] = []
    for name, answers in answers_of:
        said = {number: _answer(text, crossed=crossed) for number, text in answers.items()}
        if any(said.get(number, False) is False for number in deciding):
            continue
        if status_column is not None:
            status = answers.get(status_column, "")
            if not _SUBJECT.match(status):
                continue
        if where_column is not None:
            places = _countries_in(answers.get(where_column, ""))
            items.append((piece_of(name).strip(), places[0] if len(places) == 1 else None))
            continue
        yes = {country for number, country in countries.items() if said.get(number)}
        if countries and not yes:
            continue
        items.append((piece_of(name).strip(), min(yes) if len(yes) == 1 else None))
    return AuthorityList(None, tuple(items)) if len(items) >= 2 else None


def _answer(text: str, *, crossed: bool) -> bool | None:
    """Read a cell as yes or no; None for one that says something else."""
    if _CROSS.fullmatch(text):
        return crossed
    if _NO.fullmatch(text):
        return False
    return True if _YES.fullmatch(text) else None


def _written(blocks: Sequence[Block]) -> AuthorityList | None:
    """A sentence that names them one after the other, or the sentence after one about them."""
    for pattern in (_LIST_SENTENCE, _LIST_BEFORE):
        for block in blocks:
            if block.kind == "heading" or not _SUBJECT.search(block.text):
                continue
            match = pattern.search(block.text)
            if not match or _NOT_THESE.search(block.text[: match.start()][-80:]):
                continue
            listed = piece_of(block).cut(*match.span("list"))
            items = _parts(listed)
            if len(items) >= 3:
                return AuthorityList(block, tuple((item, None) for item in items))
    for block in blocks:
        if block.kind != "heading" and _SUBJECT.search(block.text):
            items = _around_the_subject(block)
            if len(items) >= 3:
                return AuthorityList(None, tuple((item, None) for item in items))
    return None


def _around_the_subject(block: Block) -> list[Piece]:
    """What a sentence says to be the responsible authorities, or the one after it says they are."""
    before: Piece | None = None
    for sentence in sentences_of(piece_of(block)):
        speaks = _SUBJECT.search(sentence.text)
        match = _LIST_FIRST.match(sentence.text) if speaks else None
        if match is None and before is not None:
            match = _THEY_ARE.match(sentence.text)
        if match and not _NOT_THESE.search(match["list"]):
            items = _parts(sentence.cut(*match.span("list")))
            if len(items) >= 3:
                return items
        before = sentence if speaks else None
    return []


def _parts(listed: Piece) -> list[Piece]:
    """Part a written list; the last comma's "and" counts, one inside a name does not."""
    parts = [
        each
        for part in _with_place(listed, listed.split(_COMMA))
        for each in part.split(_AND_THE)
        if not _WHEN.match(each.text) and each.text.lower() not in {"and", "or"}
    ]
    if not parts:
        return []
    last = parts[-1]
    at = last.text.rfind(" and ")
    if len(parts) > 1 and at > 0 and not re.search(r"\bfire$", last.text[:at]):
        parts[-1:] = [last.cut(0, at).strip(), last.cut(at + len(" and ")).strip()]
    return parts


def _with_place(listed: Piece, parts: Sequence[Piece]) -> Iterator[Piece]:
    """Put "in Wales" to the part after it: "..., in Wales, local health boards"."""
    opening: Piece | None = None
    for part in parts:
        if _ONLY_PLACE.fullmatch(part.text):
            opening = part
            continue
        start = opening.start if opening else part.start
        yield listed.cut(start - listed.start, part.end - listed.start)
        opening = None


def _alternatives(item: Piece) -> list[Piece]:
    """Part "X in England, or Y in Wales" into its two."""
    if other := _OR_IN.search(item.text):  # "the primary care trust (health board in Wales)"
        return [item.cut(0, other.start()), item.cut(other.end(), len(item.text) - 1)]
    if len(_IN_COUNTRY.findall(item.text)) < 2:
        return [item]
    return item.split(_ALTERNATIVE)


def _name_and_place(part: Piece) -> tuple[Piece, Piece | None]:
    """Take the country off a name, and its article."""
    part = part.strip(" \t\n,;:.•\u2013-")
    for loose in (_SINCE, _JOINED_ON):
        if match := loose.search(part.text):
            part = part.cut(0, match.start())
    where: Piece | None = None
    if match := _WHERE_FIRST.match(part.text):
        where = part.cut(*match.span("where"))
        part = part.cut(match.end())
    elif (match := _WHERE.search(part.text)) and not _IN_NAME.search(part.text):
        where = part.cut(*match.span("where"))
        part = part.cut(0, match.start())
        if country_of(where.text) == "England and Wales":
            where = None
    if match := re.match(r"(?:and|or) ", part.text):
        part = part.cut(match.end())
    if match := re.match(r"(?:the|every|each) ", part.text, re.IGNORECASE):
        part = part.cut(match.end())
    return part.strip(" \t\n,;:.•\u2013-"), where
