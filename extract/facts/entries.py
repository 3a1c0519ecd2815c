"""Entries: the stretches of a page that each describe somebody, whatever layout the page uses.

A row or column of a table, a term with its descriptions, the blocks under a heading: each becomes
an `Entry` of tokens in reading order, so that one assembly serves all layouts.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from extract.document import Block, Document
from extract.facts.grids import Grid, Line, grids_of
from extract.facts.lines import (
    NAMING,
    Resolve,
    Token,
    has_points,
    is_prose,
    point_places,
    points_of,
    read_line,
    read_value,
)
from extract.facts.names import (
    is_any_officer,
    is_blank_value,
    is_general_heading,
    is_organisation,
    is_person,
    is_role,
    kind_of_name,
)
from extract.facts.observations import ADDRESS_BLOCK, LABELLED, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.postcodes import find_postcodes
from extract.facts.prose import read_holder, read_prose, says_gone, sentences_of
from extract.hints import places_like, places_of
from extract.labels import field_of
from extract.reference.places import country_of, is_area, region_of

__all__ = ["Entry", "Part", "entries_of"]

_LONG_LINE = 160  # characters; without any means of contact, more is no line of an address
_REACH = 600  # characters between a name and the numbers that go with it, at most
_NAMING_LINES = 4  # above a table of labels, in which somebody may be named
_BRACKETED_END = re.compile(r"\s?\([^()]{0,40}\)$")
_LINE_BREAK = re.compile(r"\n")
_READ_REGIONS = frozenset({"main", "aside", "footer"})
_COUNCIL = re.compile(r"\W*(?:councils?|local authority|authority)\b", re.IGNORECASE)
_GENERIC_HEADS_TEXT = """
contact contacts contact name name names officer officers person people lead
"""
_GENERIC_HEADS = frozenset(_GENERIC_HEADS_TEXT.split())


_NAME_WORDS = ("artnership", "CDRP", "CSP", "artneriaeth")
_NAME_HINTS = (re.compile(r"Safer\b(?<=\bSafer)"), re.compile(r"Stronger\b(?<=\bStronger)"))
_STREET = r"(?:Street|Road|Avenue|Lane|Square|Way|Place|Row|Hill|Close|Drive|Terrace)\b"
_STREET_HINTS = (re.compile(_STREET),)
_STREETS = re.compile(rf"\b\d{{1,4}}[A-Za-z]?,? (?:[A-Z][\w'\u2019-]{{1,30}} ){{1,3}}{_STREET}")
_LONGEST_STREET = 120  # characters from the number on
_LONGEST_WORD = 10  # and of "Street" and its like
_BOX_HINTS = (re.compile(r"PO Box\b(?<=\bPO Box)"),)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Where in the canonical text contacts and partnerships may be: one scan serves all layouts."""

    points: tuple[int, ...]
    names: tuple[int, ...]

    def point_in(self, start: int, end: int) -> bool:
        """Whether a means of contact or a postcode may stand between two places."""
        at = bisect_left(self.points, start)
        return at < len(self.points) and self.points[at] <= end

    def any_in(self, start: int, end: int) -> bool:
        """Whether that, or the name of a partnership, may."""
        at = bisect_left(self.names, start)
        return self.point_in(start, end) or (at < len(self.names) and self.names[at] <= end)


def _hits_of(document: Document) -> _Hits:
    points = [*point_places(document.text)]
    points += [code.start for code in find_postcodes(document.text)]
    points += _streets(document.text)
    points += places_like(document.text, _BOX_HINTS)
    points += [
        link.start
        for block in document.blocks
        for link in block.links
        if link.href[:1] in "mMtT"
        and (link.href[:7].lower() == "mailto:" or link.href[:4].lower() == "tel:")
    ]
    names = [*places_of(document.text, _NAME_WORDS), *places_like(document.text, _NAME_HINTS)]
    return _Hits(tuple(sorted(points)), tuple(sorted(names)))


def _streets(text: str) -> Iterator[int]:
    """Where a house number with its street starts."""
    done = 0
    for at in places_like(text, _STREET_HINTS):
        if at + _LONGEST_WORD < done:  # it was within what was looked through
            continue
        done = at + _LONGEST_STREET
        for match in _STREETS.finditer(text, max(0, at - _LONGEST_STREET), done):
            yield match.start()


@dataclass(frozen=True, slots=True)
class Part:
    """The tokens of one block; `prose` for running text, `item` for lines of a list item.

    `listed` tells that the block stands in a list, whatever was read from it.
    """

    tokens: tuple[Token, ...]
    prose: bool = False
    item: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the page describes: its parts in order, and what stands over it.

    `title` is the heading, term or band that names it. `path` holds the headings above, outermost
    first. `topic` is a heading that says what those under it deal with. `single` tells that all of
    it is one record, as a table's row is.
    """

    parts: tuple[Part, ...]
    title: Piece | None
    path: tuple[int, ...]
    region: str
    single: bool
    start: int
    topic: Piece | None = None


def entries_of(
    document: Document, resolve: Resolve, taken: Sequence[tuple[int, int]]
) -> list[Entry]:
    """Part a page into entries.

    Args:
        document: the page.
        resolve: turns a link as written into an absolute URL.
        taken: stretches of the canonical text already read from typed markup, sorted.
    """
    hits = _hits_of(document)
    if not (hits.points or hits.names):
        return []
    blocks = [
        block
        for block in document.blocks
        if block.region in _READ_REGIONS
        and not (taken and any(start <= block.start < end for start, end in taken))
    ]
    entries: list[Entry] = []
    before: Block | None = None  # the block right before the run
    last: Block | None = None
    unread: list[Block] = []  # the run before, if nothing in it could be reached
    for run in _runs(blocks):
        first = run[0]
        before, last = last, run[-1]
        above, unread = unread, []
        if not hits.any_in(first.start, run[-1].end):
            unread = run
            continue
        if first.cell is not None:
            grid = grids_of(run)[first.cell.table]
            found = list(_table_entries(grid, hits, resolve))
            if grid.transposed and len(found) == 1 and above:
                found = [_named_by(above, found[0], resolve)]
            elif grid.transposed and _continues(found, entries, before):
                continue
            entries.extend(found)
        elif first.kind in {"term", "description"}:
            found = list(_definition_entries(run, hits, resolve))
            if any(each.single for each in found) or not _continues(found, entries, before):
                entries.extend(found)
        else:
            entries.extend(_section_entries(run, document, hits, resolve))
    return entries


def _named_by(above: list[Block], entry: Entry, resolve: Resolve) -> Entry:
    """Give a table of labels and values the name that stands in the short lines above it."""
    named = NAMING | {"partnership"}
    if any(token.field in named for part in entry.parts for token in part.tokens):
        return entry
    parts: list[Part] = []
    for block in reversed(above[-_NAMING_LINES:]):
        if block.kind != "paragraph" or block.path != entry.path or is_prose(block.text):
            break
        tokens = read_line(piece_of(block), block.links, resolve)
        if not any(token.field in NAMING for token in tokens):
            break
        parts.insert(0, Part(tuple(tokens)))
    return replace(entry, parts=(*parts, *entry.parts)) if parts else entry


def _continues(found: list[Entry], entries: list[Entry], before: Block | None) -> bool:
    """Add labelled values to the entry that names whose they are, in the lines right above."""
    if len(found) != 1 or not entries or before is None:
        return False
    one, above = found[0], entries[-1]
    if (
        before.kind not in {"paragraph", "address"}
        or above.single
        or (above.path, above.region) != (one.path, one.region)
        or not above.parts
        or not any(
            token.field in NAMING | {"address", "postcode", "line"}
            for token in above.parts[-1].tokens
        )
        or above.parts[-1].prose
        or any(
            token.field in NAMING | {"partnership"} for part in one.parts for token in part.tokens
        )
    ):
        return False
    entries[-1] = replace(above, parts=(*above.parts, *one.parts))
    return True


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Group blocks: a whole table, a whole definition list, or a heading with what follows it."""
    run: list[Block] = []
    run_key: tuple[str, int | None, str] | None = None
    table: int | None = None  # number of the table that the run is
    for block in blocks:
        key: tuple[str, int | None, str]
        if block.cell is not None and block.cell.table == table:
            run.append(block)
            continue
        table = block.cell.table if block.cell else None
        if block.cell is not None:
            key = ("table", table, "")
        elif block.kind in {"term", "description"}:
            key = ("definitions", block.list, "")
        else:
            key = ("section", block.path[-1] if block.path else None, block.region)
        if run and (key != run_key or block.kind == "heading"):
            yield run
            run = []
        if block.kind == "heading":
            key = ("section", block.number, block.region)
        run.append(block)
        run_key = key
    if run:
        yield run


# ---------------------------------------------------------------- tables


def _table_entries(grid: Grid, hits: _Hits, resolve: Resolve) -> Iterator[Entry]:
    fields = {head.number: field_of(head.text) for head in grid.heads}
    if not any(fields.values()) and (columns := _labelled_columns(grid)):
        for cells in columns:
            parts = [_block_part(block, hits, resolve) for block in cells]
            path, region = grid.first.path, grid.first.region
            yield Entry(tuple(parts), None, path, region, single=False, start=cells[0].start)
        return
    names = "partnership" in fields.values() and not all(
        block.text.replace(",", "").strip().isdigit()
        for line in grid.lines
        for block, heads in line.cells
        if any(fields.get(head.number) == "partnership" for head in heads)
    )
    for line in grid.lines:
        if not grid.heads and (cards := _cards(line, hits)):
            for block in cards:
                part = _block_part(block, hits, resolve)
                title = piece_of(line.band) if line.band and kind_of_name(line.band.text) else None
                path, region = grid.first.path, grid.first.region
                yield Entry((part,), title, path, region, single=False, start=block.start)
            continue
        if not names and not _holds_any(line, grid.transposed, hits):
            continue
        if people := _people_of(line, fields):
            for number in range(people[1]):
                tokens = _one_of_them(line, fields, resolve, people[0], number)
                part, path, region = Part(tuple(tokens)), grid.first.path, grid.first.region
                start = line.cells[0][0].start + number
                yield Entry((part,), None, path, region, single=True, start=start)
            continue
        tokens, own = _line_tokens(line, fields, resolve)
        if not own:
            continue
        repeated = len({fields.get(heads[0].number) for _, heads in line.cells if heads}) < len(
            [heads for _, heads in line.cells if heads]
        )
        yield Entry(
            parts=(Part(tuple(tokens)),),
            title=piece_of(line.band) if line.band and kind_of_name(line.band.text) else None,
            path=grid.first.path,
            region=grid.first.region,
            single=not (grid.transposed and repeated),
            start=line.cells[0][0].start,
        )


def _labelled_columns(grid: Grid) -> list[list[Block]]:
    """The columns of a table whose cells have their labels in them, as in two languages.

    In most of its rows every cell opens with a label, all for one field: "Ffôn: ... | Tel: ...".
    """
    rows = [line.blocks for line in grid.lines if not line.carried and len(line.blocks) > 1]
    labelled = 0
    for blocks in rows:
        opening = {_opening_field(block.text) for block in blocks}
        labelled += len(opening) == 1 and None not in opening
    if labelled < 2 or labelled * 2 < len(grid.lines):
        return []
    columns: dict[int, list[Block]] = {}
    for blocks in rows:
        for block in blocks:
            if block.cell:
                columns.setdefault(block.cell.column, []).append(block)
    return list(columns.values())


def _opening_field(text: str) -> str | None:
    """The field that the label names with which a text opens."""
    label, colon, _ = text.partition(":")
    return field_of(label) if colon else None


def _cards(line: Line, hits: _Hits) -> list[Block]:
    """The cells of a row that are an entry each, side by side; none when the row is one entry.

    Such cells hold several lines and a means of contact; two of them, and no cell besides that
    holds something else.
    """
    cells = [block for block in line.blocks if block.text.strip()]
    full = [
        block for block in cells if "\n" in block.text and hits.point_in(block.start, block.end)
    ]
    return cells if len(full) >= 2 and len(full) == len(cells) else []


def _holds_any(line: Line, transposed: bool, hits: _Hits) -> bool:
    """Whether a row or column may hold a contact or a partnership, carried cells apart."""
    own = line.blocks
    if line.carried:
        own = [block for block in own if block.number not in line.carried]
        if any(is_person(block.text) for block in own):
            return any(hits.any_in(block.start, block.end) for block in line.blocks)
    if not own:
        return False
    if not transposed:
        return hits.any_in(own[0].start, own[-1].end)
    return any(hits.any_in(block.start, block.end) for block in own)


def _line_tokens(
    line: Line, fields: dict[int, str | None], resolve: Resolve
) -> tuple[list[Token], bool]:
    """Read one row or column; the second value tells that it holds more than cells carried in."""
    tokens: list[Token] = []
    own = False
    named = {fields.get(head.number) for _, heads in line.cells for head in heads}
    for block, heads in line.cells:
        covered = [field for head in heads if (field := fields.get(head.number))]
        found = _cell_tokens(block, heads, covered, resolve, named)
        own = own or (bool(found) and block.number not in line.carried)
        tokens += found
    return tokens, own


def _people_of(line: Line, fields: dict[int, str | None]) -> tuple[frozenset[int], int] | None:
    """The cells of a row that hold a line for each of several people, and how many there are.

    One of the cells names them, and another has a means of contact for each.
    """
    lines: dict[int, list[Piece]] = {}
    named = 0
    for block, heads in line.cells:
        if "\n" in block.text and block.number not in line.carried:
            lines[block.number] = piece_of(block).split(_LINE_BREAK)
            if len(heads) == 1 and fields.get(heads[0].number) == "person":
                named = block.number
    count = len(lines.get(named, ()))
    if count < 2 or not all(
        is_person(_BRACKETED_END.sub("", each.text), expected=True) for each in lines[named]
    ):
        return None
    paired = [
        number
        for number, pieces in lines.items()
        if number != named
        and len(pieces) == count
        and all(has_points(each.text) for each in pieces)
    ]
    return (frozenset((named, *paired)), count) if paired else None


def _one_of_them(
    line: Line, fields: dict[int, str | None], resolve: Resolve, shared: frozenset[int], number: int
) -> list[Token]:
    """Read a row for one of the people in it: their own lines, and the cells of all of them."""
    tokens: list[Token] = []
    named = {fields.get(head.number) for _, heads in line.cells for head in heads}
    for block, heads in line.cells:
        covered = [field for head in heads if (field := fields.get(head.number))]
        if block.number in shared and len(covered) == 1:
            own = piece_of(block).split(_LINE_BREAK)[number]
            tokens += read_value(covered[0], own, block.links, resolve)
        elif block.number not in shared:
            tokens += _cell_tokens(block, heads, covered, resolve, named)
    return tokens


def _cell_tokens(
    block: Block,
    heads: Sequence[Block],
    covered: list[str],
    resolve: Resolve,
    named: set[str | None],
) -> list[Token]:
    """Read one cell by the field of the head over it; a cell under several by what it holds."""
    piece = piece_of(block)
    if is_blank_value(block.text):  # a picture in the next cell may stand for a mailbox
        return points_of(piece, block.links, resolve)[0] if block.links.mails else []
    if len(covered) == 1 and covered[0] != "any":
        field = covered[0]
        if field == "unit" or field == "organisation":
            pieces = piece.split(_LINE_BREAK)
            found = read_value(field, pieces[0], block.links, resolve) if pieces else []
            for other in pieces[1:]:
                found += read_line(other, block.links, resolve)
        elif field == "partnership" or field == "person":
            found = _name_cell(field, piece, block, resolve)
        else:
            found = read_value(field, piece, block.links, resolve)
            if field == "address" and "person" in named:  # who it is has a column to itself
                found = [
                    Token("address", token.quote) if token.field == "person" else token
                    for token in found
                ]
            if field == "area":
                found += _councils(found, heads)
        if field == "person" and any(token.field == "person" for token in found):
            role = heads[0].text
            known = is_any_officer(role) and "role" in named  # a column of its own says more
            if (
                is_role(role)
                and role.lower() not in _GENERIC_HEADS
                and field_of(role) == "person"
                and not known
            ):
                held = quote(piece_of(heads[0]), "column head", LABELLED)
                if not any(token.field == "role" for token in found):
                    found.append(Token("role", held))
        return found
    if len(covered) > 1:
        return read_line(piece, block.links, resolve)
    found = []
    for line in piece.split(_LINE_BREAK):
        found += read_line(line, block.links, resolve)
    if "person" in named:
        found = [token for token in found if token.field != "person"]
    return found


def _councils(areas: list[Token], heads: Sequence[Block]) -> list[Token]:
    """The council that a column of councils names is an area, and where the contact works."""
    named = [token for token in areas if token.field == "area"]
    if len(named) != 1 or not _COUNCIL.match(heads[0].text):
        return []
    return [
        Token("organisation", token.quote) for token in named if is_organisation(token.quote.value)
    ]


def _name_cell(field: str, piece: Piece, block: Block, resolve: Resolve) -> list[Token]:
    """Read a cell for a name: the first line is it, the lines after it may say anything."""
    pieces = piece.split(_LINE_BREAK)
    if not pieces:
        return []
    found = read_value(field, pieces[0], block.links, resolve)
    for other in pieces[1:]:
        found += read_line(other, block.links, resolve)
    return found


# ---------------------------------------------------------------- definition lists


def _definition_entries(run: list[Block], hits: _Hits, resolve: Resolve) -> Iterator[Entry]:
    terms = [block for block in run if block.kind == "term"]
    labels = sum(field_of(block.text) is not None for block in terms)
    first = run[0]
    if terms and labels * 2 > len(terms):
        parts = []
        label: str | None = None
        for block in run:
            if block.kind == "term":
                label = field_of(block.text)
                if label is None:
                    parts.append(_block_part(block, hits, resolve))
            elif label:
                found = read_value(label, piece_of(block), block.links, resolve)
                if found:
                    found[0] = Token(found[0].field, found[0].quote, opens=True)
                parts.append(Part(tuple(found)))
            else:
                parts.append(_block_part(block, hits, resolve))
        yield Entry(tuple(parts), None, first.path, first.region, single=False, start=first.start)
        return
    for term, described in _by_term(run):
        parts = [_block_part(block, hits, resolve) for block in described]
        if term is not None and has_points(term.text, term.links):
            parts.insert(0, _block_part(term, hits, resolve))
        start = term.start if term else first.start
        title = piece_of(term) if term else None
        yield Entry(tuple(parts), title, first.path, first.region, single=True, start=start)


def _by_term(run: Iterable[Block]) -> Iterator[tuple[Block | None, list[Block]]]:
    """Pair each term with the descriptions after it; those before any term stand alone."""
    term: Block | None = None
    described: list[Block] = []
    for block in run:
        if block.kind != "term":
            described.append(block)
            continue
        if term or described:
            yield term, described
        term, described = block, []
    yield term, described


# ---------------------------------------------------------------- headings and paragraphs


def _section_entries(
    run: list[Block], document: Document, hits: _Hits, resolve: Resolve
) -> Iterator[Entry]:
    heading = run[0] if run[0].kind == "heading" else None
    body = run[1:] if heading else run
    parts = [
        replace(_block_part(block, hits, resolve), listed=block.kind == "item") for block in body
    ]
    if heading and has_points(heading.text, heading.links):
        parts.insert(0, _block_part(heading, hits, resolve))
    start = run[0].start
    path = (*heading.path, heading.number) if heading else run[0].path
    title = piece_of(heading) if heading else None
    if title is None and path:
        title = piece_of(document.blocks[path[-1]])
    if title and is_general_heading(title.text):
        title = _named_above(path, document) or title
    above = document.blocks[path[-1]] if path else None
    topic = piece_of(above) if above and above.level > 1 and _is_topic(above.text) else None
    region = run[0].region
    yield Entry(tuple(parts), title, path, region, single=False, start=start, topic=topic)


def _is_topic(text: str) -> bool:
    """Whether a heading says what those under it deal with: "Licensing", not "How to reach us"."""
    return (
        len(text.split()) <= 4
        and text[:1].isupper()
        and not text.endswith(("?", "!", ".", ":"))
        and not any(character.isdigit() for character in text)
        and kind_of_name(text) is None
        and not is_general_heading(text)
        and not (region_of(text) or country_of(text) or is_area(text))
    )


def _named_above(path: tuple[int, ...], document: Document) -> Piece | None:
    """What "Contact us" belongs to: the nearest heading above that says more, if it is a name."""
    for number in reversed(path):
        block = document.blocks[number]
        if not is_general_heading(block.text):
            named = kind_of_name(block.text) in {"unit", "organisation"}
            return piece_of(block) if named else None
    return None


def _block_part(block: Block, hits: _Hits, resolve: Resolve) -> Part:
    """Read one block, line by line, or as running text."""
    piece = piece_of(block)
    if not hits.any_in(block.start - _REACH, block.end + _REACH):
        return Part(())
    if region_of(block.text) and block.bold == ((block.start, block.end),):
        return Part(())  # a small heading for what follows
    if len(block.text) > _LONG_LINE and not hits.any_in(block.start, block.end):
        return Part(())
    if len(block.text) < _LONG_LINE and (holder := read_holder(piece)):
        return Part(tuple(holder))
    if "\n" not in block.text and (held := _held_post(piece, block, resolve)):
        return Part(tuple(held))
    if "\n" not in block.text and is_prose(block.text):
        return Part(tuple(read_prose(piece, block.links, resolve)), prose=True)
    lines = piece.split(_LINE_BREAK)
    if len(lines) > 1 and sum(is_prose(line.text) for line in lines) * 2 > len(lines):
        return Part(tuple(read_prose(piece, block.links, resolve)), prose=True)
    tokens: list[Token] = []
    label: str | None = None
    for line in lines:
        if is_prose(line.text):
            tokens += read_prose(line, block.links, resolve)
            label = None
            continue
        if says_gone(line.text):
            continue
        alone = field_of(line.text)
        colon = piece.text[line.end - piece.start : line.end - piece.start + 1] == ":"
        if (
            alone
            and (colon or alone not in NAMING | {"area", "date", "organisation", "partnership"})
            and not (line.text.isupper() and len(line.text) > 20)
        ):
            label = alone if not _linked(line, block) else None
            if label:
                continue
        found = read_line(line, block.links, resolve, label=label)
        label = None
        tokens += found
    if named := _bold_subject(block, lines, tokens):
        tokens = [named, *(token for token in tokens if token.quote.start != named.quote.start)]
    return Part(tuple(tokens), item=block.kind == "item")


def _held_post(piece: Piece, block: Block, resolve: Resolve) -> list[Token]:
    """Read "The co-ordinator is Ann Lee. Tel. ...": who holds a post, and how to reach them."""
    if len(piece.text) > _LONG_LINE * 2 or not piece.text.startswith(("The ", "Our ")):
        return []
    first, *rest = sentences_of(piece)
    holder = read_holder(first) if rest else []
    if not holder:
        return []
    return holder + [token for line in rest for token in read_line(line, block.links, resolve)]


def _bold_subject(block: Block, lines: list[Piece], tokens: list[Token]) -> Token | None:
    """A first line in bold that nothing else knows is a small heading: what the rest deals with."""
    if len(lines) < 2 or not block.bold:
        return None
    start, end = block.bold[0]
    first = lines[0]
    known = any(token.quote.start == first.start and token.field != "line" for token in tokens)
    if known or start > first.start or end < first.end or field_of(first.text):
        return None
    if not _is_topic(first.text):
        return None
    return Token("unit", quote(first, "bold line", ADDRESS_BLOCK), opens=True)


def _linked(line: Piece, block: Block) -> bool:
    """Whether a line that looks like a mere label is a link to what it names."""
    return bool(block.links.within(line.start, line.end))
