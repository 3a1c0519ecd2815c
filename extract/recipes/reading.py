"""A page read as its recipe says, beside the general rules.

The recipe says what is the message of the page and what is not, before the general rules read it.
Its own values then take the place of theirs: a title that of a title, and a record whatever
contacts and partnerships the general rules read inside its element.
"""

import re
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import soupsieve
from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning

from extract.document import CONTENT, Block, Document
from extract.facts.dates import read_day
from extract.facts.emails import emails_of_href, find_emails
from extract.facts.lines import Resolve
from extract.facts.observations import LABELLED, Quote, RecordDraft, computed
from extract.facts.phones import find_phones
from extract.facts.pieces import Piece
from extract.facts.postcodes import find_postcodes
from extract.facts.websites import find_websites
from extract.recipes.places import Places, within
from extract.recipes.recipe import Recipe, RecordRule, ValueRule

__all__ = ["RecipeReading", "read_by_recipe"]

_LARGEST_TEXT = 20_000  # characters of an element in which an expression is matched
_MOST_RECORDS = 20_000  # of a rule on a page
_MOST_MATCHES = 100  # of an expression in an element
_SEVERAL = frozenset(
    {"address", "phone", "fax", "textphone", "email", "website", "alias", "area", "predecessor"}
)
_LINE_END = re.compile(r"[\n,]")
_POINTS = frozenset({"phone", "fax", "textphone", "email"})
# Without any of these outside a recipe's element, nothing of a record stands there.
_STANDING = _POINTS | {"name", "person", "website", "address", "postcode"}
_DATES = ("published", "updated", "review")
_TOO_DEEP = "nested too deep"

_Found = tuple[Piece | None, str, str]  # where it stands, as it is written, and its source


@dataclass(slots=True)
class RecipeReading:
    """What a recipe reads of a page.

    Attributes:
        document: the page, its blocks parted into message and not as the recipe says.
        page: values of the page itself, by field.
        records: contacts and partnerships.
        spans: the stretches of the canonical text in which it read records, sorted.
        placed: of each record that is seen, start, end and number, sorted.
        problems: what of the recipe could not be followed, a sentence each.
    """

    document: Document
    page: list[tuple[str, Quote]] = field(default_factory=list)
    records: list[RecordDraft] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    placed: list[tuple[int, int, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def put_in(self, drafts: Sequence[RecordDraft]) -> list[RecordDraft]:
        """Put its records in the place of those that the general rules read where they stand.

        A general value inside the element of a record goes. So does what is left of its record,
        when that has neither a name nor a point of contact outside. What was read round the element
        (the region in a heading above, say), or off a partnership's name (its area), is then handed
        on to the recipe's record, unless that has the field. A record without any place goes when
        it only repeats points of contact.
        """
        if not self.records:
            return list(drafts)
        points = {
            value
            for record in self.records
            for each in (record, *record.children)
            for value in _points(each)
        }
        kept = [left for draft in drafts for left in self._left(draft, points)]
        return [*self.records, *kept]

    def _left(self, draft: RecordDraft, points: set[str]) -> Iterator[RecordDraft]:
        draft.children = [left for each in draft.children for left in self._left(each, points)]
        covered = [held.start for _, held in draft.fields if self._covers(held)]
        rest = [each for each in draft.fields if not self._covers(each[1])]
        if covered and not any(name in _STANDING and held.start is not None for name, held in rest):
            told = draft.fields if draft.kind == "partnership" else rest
            self._hand_on(draft.kind, covered[0] or 0, told)
            yield from draft.children
            return
        theirs = _points(draft)
        if theirs and theirs <= points and all(held.start is None for _, held in draft.fields):
            yield from draft.children
            return
        if covered:
            draft.keep(rest)
        yield draft

    def _covers(self, held: Quote) -> bool:
        return held.start is not None and within(self.spans, held.start)

    def _hand_on(self, kind: str, place: int, fields: Sequence[tuple[str, Quote]]) -> None:
        known = _place_of(self.placed, place)
        record = self.records[known] if known is not None else None
        if record is not None and record.kind != kind:
            record = next((each for each in record.children if each.kind == kind), None)
        if record is None:
            return
        own = {name for name, _ in record.fields}
        for name, held in fields:
            if name not in own and name not in _STANDING:
                record.add(name, held)

    def put_in_page(self, record: RecordDraft) -> RecordDraft:
        """Put its title and summary in the place of those that the general rules found."""
        own = [each for each in self.page if each[0] not in _DATES]
        names = {name for name, _ in own}
        record.keep([*own, *(each for each in record.fields if each[0] not in names)])
        return record

    def put_in_dates(self, drafts: Sequence[RecordDraft]) -> Iterator[RecordDraft]:
        """Put its dates in the place of those of the same type."""
        own = [each for each in self.page if each[0] in _DATES]
        names = {name for name, _ in own}
        for name, held in own:
            yield RecordDraft("date", [("type", computed(name, held.rule)), ("date", held)])
        yield from (draft for draft in drafts if names.isdisjoint(draft.values("type")))


def read_by_recipe(
    recipe: Recipe, text: str, document: Document, resolve: Resolve
) -> RecipeReading | None:
    """Read a page as a recipe says; None when it has not the element that the recipe needs.

    Args:
        recipe: one that is for the page's address and date.
        text: the markup.
        document: its blocks.
        resolve: resolves links.
    """
    reading = RecipeReading(document)
    if any(problem.startswith(_TOO_DEEP) for problem in document.problems):
        return _too_deep(recipe, document)
    try:
        soup = _soup(text)
        if recipe.needs and soup.select_one(recipe.needs) is None:
            return None
        _Reader(recipe, soup, reading, resolve).read()
    except RecursionError:
        return _too_deep(recipe, document)
    return reading


def _too_deep(recipe: Recipe, document: Document) -> RecipeReading:
    reading = RecipeReading(document)
    reading.problems.append(f"{recipe.rule}: was not followed: the page is {_TOO_DEEP}")
    return reading


def _soup(text: str) -> BeautifulSoup:
    payload = text.replace("\x00", "").encode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read as browsers do
        return BeautifulSoup(payload, "lxml", from_encoding="utf-8")


class _Reader:
    def __init__(
        self, recipe: Recipe, soup: BeautifulSoup, reading: RecipeReading, resolve: Resolve
    ) -> None:
        self._recipe = recipe
        self._soup = soup
        self._reading = reading
        self._resolve = resolve
        self._places = Places(soup, reading.document.text)

    def read(self) -> None:
        self._settle_regions()
        for name, rule in self._recipe.page:
            found = list(self._values(name, rule, [self._soup]))
            if found:
                self._reading.page.append((name, found[0]))
            elif not rule.optional:
                self._tell(f"page.{name}", rule, "nothing on the page")
        for number, record_rule in enumerate(self._recipe.records):
            self._read_records(f"records[{number + 1}]", record_rule)
        self._reading.spans = _joined(self._reading.spans)
        self._reading.placed.sort()

    def _tell(self, key: str, rule: ValueRule, what: str) -> None:
        means = rule.match or rule.select
        said = f" ({means!r})" if means else ""
        self._reading.problems.append(f"{self._recipe.rule}: {key}{said} finds {what}")

    # ------------------------------------------------------------ what is the message

    def _settle_regions(self) -> None:
        content = self._spans_of("content", self._recipe.content)
        ignored = self._spans_of("ignore", self._recipe.ignore)
        if not content and not ignored:
            return
        document = self._reading.document
        regions = [_region(block, content, ignored) for block in document.blocks]
        self._reading.document = _with_regions(document, regions)

    def _spans_of(self, key: str, selectors: Sequence[str]) -> list[tuple[int, int]]:
        spans = []
        for number, selector in enumerate(selectors):
            elements = self._soup.select(selector)
            if not elements:
                self._tell(f"{key}[{number + 1}]", ValueRule(selector), "nothing on the page")
            pieces = [self._places.of([element]) for element in elements]
            spans += [(piece.start, piece.end) for piece in pieces if piece]
        return _joined(spans)

    # ------------------------------------------------------------ records

    def _read_records(self, key: str, rule: RecordRule) -> None:
        heads = self._soup.select(rule.select, limit=_MOST_RECORDS)
        if not heads:
            self._tell(f"{key}.select", ValueRule(rule.select), "nothing on the page")
        chosen = {id(head) for head in heads}
        found: Counter[str] = Counter()
        for head in heads:
            parts = [head, *_behind(head, chosen)] if rule.siblings else [head]
            record = RecordDraft(rule.kind)
            self._fill(record, f"{key}.fields", rule.fields, parts, found)
            if rule.contact:
                contact = RecordDraft("contact")
                self._fill(contact, f"{key}.contact", rule.contact, parts, found)
                record.children += [contact] if contact.fields else []
            if not record.fields or (rule.kind == "partnership" and not record.has("name")):
                continue
            self._reading.records.append(record)
            if piece := self._places.of(parts):
                self._reading.spans.append((piece.start, piece.end))
                number = len(self._reading.records) - 1
                self._reading.placed.append((piece.start, piece.end, number))
        for where, rules in ((f"{key}.fields", rule.fields), (f"{key}.contact", rule.contact)):
            for name, value in rules:
                if heads and not found[f"{where}.{name}"] and not value.optional:
                    self._tell(f"{where}.{name}", value, f"nothing in {len(heads)} records")

    def _fill(
        self,
        record: RecordDraft,
        key: str,
        rules: Sequence[tuple[str, ValueRule]],
        parts: Sequence[Tag],
        found: Counter[str],
    ) -> None:
        for name, rule in rules:
            for held in self._values(name, rule, parts):
                record.add(name, held)
                found[f"{key}.{name}"] += 1
                if name not in _SEVERAL:
                    break

    # ------------------------------------------------------------ values

    def _values(self, name: str, rule: ValueRule, parts: Sequence[Tag]) -> Iterator[Quote]:
        if rule.constant:
            yield computed(rule.constant, self._recipe.rule, "given")
            return
        elements = _selected(rule.select, parts) if rule.select else [list(parts)]
        for element in elements:
            for written in self._written(rule, element):
                yield from self._read(name, written)

    def _written(self, rule: ValueRule, element: Sequence[Tag]) -> Iterator[_Found]:
        """Give what an element holds for a rule: each match, or all of it."""
        piece = self._places.of(element)
        if rule.attribute:
            values = (tag.get(rule.attribute) for tag in element)
            value = next(filter(None, values), "")
            raw = " ".join(value) if isinstance(value, list) else str(value)
            source = rule.attribute
        else:
            raw = piece.text if piece else "\n".join(tag.get_text() for tag in element)
            source = "text" if piece else "hidden"
        if not rule.match:
            if raw.strip():
                yield piece, raw, source
            return
        for number, match in enumerate(re.finditer(rule.match, raw[:_LARGEST_TEXT])):
            if number == _MOST_MATCHES:
                break
            group = 1 if match.re.groups else 0
            start, end = match.span(group)
            if start < 0 or not raw[start:end].strip():
                continue
            yield (
                piece.cut(start, end) if piece and source == "text" else piece,
                raw[start:end],
                source,
            )

    def _read(self, name: str, written: _Found) -> Iterator[Quote]:
        """Read the values of a field in what an element holds."""
        piece, raw, source = written
        for start, end, value in _READERS.get(name, _read_words)(name, raw, source, self._resolve):
            if source == "text" and piece is not None:
                part = piece.cut(start, end)
                yield Quote(part.text, value, part.start, part.end, source, self._recipe.rule,
                            LABELLED)  # fmt: skip
            else:
                first, last = (piece.start, piece.end) if piece else (None, None)
                yield Quote(raw, value, first, last, source, self._recipe.rule, LABELLED)


_Reads = Iterator[tuple[int, int, str]]  # start and end in what is written, and the value


def _read_words(_name: str, raw: str, _source: str, _resolve: Resolve) -> _Reads:
    piece = Piece(raw, 0).strip()
    if piece:
        yield piece.start, piece.end, " ".join(piece.text.split())


def _read_numbers(name: str, raw: str, _source: str, _resolve: Resolve) -> _Reads:
    found = find_phones(raw.removeprefix("tel:"), name)
    shift = len(raw) - len(raw.removeprefix("tel:"))
    named = [each for each in found if name in each.kind.split("+")]
    for each in named or found:
        yield each.start + shift, each.end + shift, each.number


def _read_emails(_name: str, raw: str, source: str, _resolve: Resolve) -> _Reads:
    if source != "text":
        for address in emails_of_href(raw):
            yield 0, len(raw), address
        if raw.lower().lstrip().startswith("mail"):
            return
    for found in find_emails(raw):
        yield found.start, found.end, found.address


def _read_websites(_name: str, raw: str, source: str, resolve: Resolve) -> _Reads:
    if source in ("href", "src", "action"):
        if target := resolve(raw):
            yield 0, len(raw), target
        return
    for found in find_websites(raw, bare=True):
        yield found.start, found.end, found.url


def _read_postcodes(_name: str, raw: str, _source: str, _resolve: Resolve) -> _Reads:
    for found in find_postcodes(raw, any_case=True):
        yield found.start, found.end, found.code


def _read_address(_name: str, raw: str, _source: str, _resolve: Resolve) -> _Reads:
    for line in Piece(raw, 0).split(_LINE_END):
        codes = find_postcodes(line.text, any_case=True)
        if codes:  # it has a field of its own
            line = line.cut(0, codes[0].start).strip()
        if line:
            yield line.start, line.end, " ".join(line.text.split())


def _read_date(_name: str, raw: str, _source: str, _resolve: Resolve) -> _Reads:
    if day := read_day(raw[:200]):
        yield 0, len(raw), day


_READERS: dict[str, Callable[[str, str, str, Resolve], _Reads]] = {
    "phone": _read_numbers,
    "fax": _read_numbers,
    "textphone": _read_numbers,
    "email": _read_emails,
    "website": _read_websites,
    "postcode": _read_postcodes,
    "address": _read_address,
    "published": _read_date,
    "updated": _read_date,
    "review": _read_date,
}


# ---------------------------------------------------------------- elements


def _behind(head: Tag, chosen: set[int]) -> Iterator[Tag]:
    """Give the sibling elements behind one, up to the next of those chosen."""
    for element in head.next_siblings:
        if id(element) in chosen:
            return
        if isinstance(element, Tag):
            yield element


def _selected(selector: str, parts: Sequence[Tag]) -> list[list[Tag]]:
    """Give the elements that a selector finds in the parts of a record, or that are such a part."""
    compiled = soupsieve.compile(selector)
    found = []
    for part in parts:
        if not isinstance(part, BeautifulSoup) and compiled.match(part):
            found.append([part])
        found += [[element] for element in compiled.select(part)]
    return found


# ---------------------------------------------------------------- spans and regions


def _points(draft: RecordDraft) -> set[str]:
    return {held.value for name, held in draft.fields if name in _POINTS}


def _place_of(placed: Sequence[tuple[int, int, int]], place: int) -> int | None:
    number = bisect_right(placed, place, key=lambda each: each[0]) - 1
    return placed[number][2] if number >= 0 and place < placed[number][1] else None


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort spans, and make one of those that touch."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _region(
    block: Block, content: Sequence[tuple[int, int]], ignored: Sequence[tuple[int, int]]
) -> str:
    if block.region == "archive":
        return block.region
    if within(ignored, block.start):
        return "nav" if block.region in CONTENT else block.region
    if content and within(content, block.start):
        return "main"
    return "nav" if content and block.region in CONTENT else block.region


def _with_regions(document: Document, regions: Sequence[str]) -> Document:
    """Give a document with other regions; headings outside the message are above nothing."""
    blocks: list[Block] = []
    above: list[Block] = []
    for block, region in zip(document.blocks, regions, strict=True):
        is_content = region in CONTENT
        opens = is_content and block.kind == "heading"
        if opens:
            above = [each for each in above if each.level < block.level]
        path = tuple(each.number for each in above) if is_content else ()
        blocks.append(block._replace(region=region, path=path))
        if opens:
            above.append(block)
    return replace(document, blocks=tuple(blocks))
