"""Details: which contacts, counts and laws differ between units that stand for each other.

Facts are read from what differs and what stands round it, not from the whole page: the cost follows
the changes. Values are compared as they are meant (digits of a number, an address in lower case)
and told as they are printed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from extract.compare.addresses import page_identity, target
from extract.compare.matching import Changed
from extract.compare.stretches import word_changes
from extract.compare.units import Unit, joined
from extract.compare.wording import figures
from extract.document import Block, Document, Link, Links
from extract.facts.contacts import read_contacts
from extract.facts.emails import emails_of_href, find_emails
from extract.facts.legislation import read_legislation
from extract.facts.lines import has_points, point_places
from extract.facts.numbers import NUMBER, read_number
from extract.facts.observations import RecordDraft
from extract.facts.phones import find_phones
from extract.facts.postcodes import find_postcodes
from extract.facts.websites import find_websites
from extract.labels import field_of

__all__ = ["ContactChange", "CountChange", "Details", "Side", "compare_details", "mailboxes_behind"]

_AROUND = 5  # blocks before and after what differs that help to read it
_MOST_BLOCKS = 6000
_LONGEST = 20_000  # characters of a unit that is read
_FIELDS = ("name", "phone", "email", "address", "url")
_NAME = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Cllr|Councillor|PC|Sgt|Inspector)\.? )?"
    r"[A-Z][\w'\u2019-]{1,30}(?: [A-Z]\.?){0,2}(?: [A-Z][\w'\u2019-]{1,30}){1,2}"
)
_SAME_NAME = re.compile(r"(?:-| ?(?=[A-Z]))[A-Z][\w'\u2019-]{1,30}(?=$|[\s,.;:)])")
_COUNT = re.compile(rf"(?<![\w.,/:\u00a3$\u20ac#-])({NUMBER})(?![\w/:%]|[.,]\d|-\d)", re.IGNORECASE)
_NOT_COUNTED_BEFORE = re.compile(
    r"\b(?:sections?|acts?|chapters?|parts?|pages?|steps?|versions?|no\.?|nos\.?|numbers?|figures?|"
    r"tables?|schedules?|articles?|paragraphs?|room|floor|suite|unit|flat|box|phase|stage|level|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|since|until|year|tel|telephone|phone|fax|ext|"
    r"ref(?:erence)?|issue|volume|circular|week|day|grade|class|stage)[ .:]{0,2}$"
    r"|[\u00a3$\u20ac] ?$",
    re.IGNORECASE,
)
_NOT_COUNTED_AFTER = re.compile(
    r"\s?(?:(?:st|nd|rd|th|am|pm|noon)\b|%|per cent|percent|a\.m|p\.m|o'clock|"
    r"(?:working |calendar |clear |full )?(?:second|minute|hour|day|night|week|fortnight|month|year"
    r"|decade)s?\b|"
    r"(?:square )?(?:mile|kilomet(?:re|er)|met(?:re|er)|yard|inch(?:e)?|acre|hectare)s?\b|feet\b|"
    r"foot\b|[kmg]i?b\b|(?:kilo|mega|giga)?bytes?\b|times\b|km\b|cm\b|mm\b|kg\b|(?:tonne|ton|litre|gallon|pint|gram|kilo)s?\b|"
    r"(?:pound|euro|dollar|shilling)s?\b|pence\b|degrees?\b|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b|"
    r"(?:\w+ ){1,2}(?:street|road|row|lane|avenue|square|place|house|close|way|drive|hill|gate|"
    r"terrace|court|green|park|yard|st|rd|ave)\b)",
    re.IGNORECASE,
)
# "from nine to five", "until ten at night": hours of a day, when nothing follows that is counted.
_BEFORE_HOUR = re.compile(
    r"\b(?:between|from|at|till|until|before|after|past|to|by|and|or)\s$", re.IGNORECASE
)
_NO_THING = r"(?:$|[.,;:!?)]|at night\b|in the\b|on \w|every\b|each\b|daily\b|sharp\b)"
_AFTER_HOUR = re.compile(
    rf"\s*(?:{_NO_THING}|(?:and|to|till|until|or|-) (?:{NUMBER})\s*{_NO_THING})", re.IGNORECASE
)
_HOURS = range(25)
_BEFORE_YEAR = re.compile(
    r"\b(?:in|since|until|till|by|from|between|after|before|circa|around)\s$", re.IGNORECASE
)
_PAST_YEARS = range(1000, 1900)
_THOUSANDS = re.compile(r"\s(thousand|million)\b", re.IGNORECASE)
_PAGER = re.compile(r"\b(?:pager|bleep(?:er)?)\b", re.IGNORECASE)
_PLACE_PART = (
    r"(?:\d{1,4}[a-zA-Z]?(?:-\d{1,4})? )?[A-Z][\w'\u2019-]{0,30}"
    r"(?: (?:[A-Z][\w'\u2019&-]{0,30}|of|the|and|on|upon|\d[A-Z]{2})){0,4}"
)
_PLACE = re.compile(rf"{_PLACE_PART}(?:, {_PLACE_PART}){{0,6}}")
_STREET = re.compile(
    r"\b\d{1,4}[a-zA-Z]?(?:-\d{1,4})? (?:[A-Z][\w'\u2019-]{0,30} ){1,3}(?:Street|Road|Row|Lane|"
    r"Avenue|Square|Place|Close|Way|Drive|Hill|Gate|Terrace|Court|Green|Park|Yard|St|Rd|Ave)\b"
)
_ASKS_TO_WRITE = re.compile(
    r"\b(?:write|post|send|address|offices?|visit|call|find us|based|contact|mail|return|deliver|"
    r"apply)\b",
    re.IGNORECASE,
)
_LEADS_IN = re.compile(r"(?:Write|Post|Send|Visit|Call|Our|The|At|To|Address|Office) ")
# The first line of an address may name whose it is; that is no part of where it is.
_OFFICE = re.compile(
    r"^\D*\b(?:office|department|council|partnership|unit|team|service|agency|constabulary|police|"
    r"ltd|limited|society|association|board|trust)s?\W*$",
    re.IGNORECASE,
)
_YEAR = range(1900, 2100)
_WORDS = re.compile(r"[^\W\d_][\w'\u2019-]*")
_EMPTY_WORDS_TEXT = "the a an and of or are is was were to in at on by for from with"
_EMPTY_WORDS = frozenset(_EMPTY_WORDS_TEXT.split())


class ContactChange(NamedTuple):
    """A detail of a contact that reads otherwise: name, phone, email, address or url."""

    field: str
    old: str
    new: str


class CountChange(NamedTuple):
    """A number of things that reads otherwise."""

    what: str
    old: int
    new: int


@dataclass(slots=True)
class Details:
    """What differs in facts, in the order of the new page.

    Attributes:
        contacts: details of contacts that were replaced by others.
        counts: claimed numbers that were replaced by others.
        laws_added: legislation that only the new units name.
        laws_removed: legislation that only the old units name.
        partial: whether there was too much to read all of it.
    """

    contacts: list[ContactChange] = field(default_factory=list)
    counts: list[CountChange] = field(default_factory=list)
    laws_added: list[str] = field(default_factory=list)
    laws_removed: list[str] = field(default_factory=list)
    partial: bool = False


class Side(NamedTuple):
    """One page: its document, its units, and what its links are resolved against."""

    document: Document
    units: Sequence[Unit]
    base: str


class _Value(NamedTuple):
    printed: str
    meant: str


_Values = dict[str, list[_Value]]


def compare_details(
    old: Side,
    new: Side,
    changed: Sequence[Changed],
    same: Iterable[tuple[int, int]],
    lost: Sequence[int],
    come: Sequence[int],
) -> Details:
    """Compare the facts of two pages where they differ.

    Args:
        old: the old page.
        new: the new one.
        changed: units that stand for each other and differ.
        same: numbers of units of one text; their links may differ.
        lost: units of the old page alone.
        come: units of the new page alone.
    """
    found = Details()
    first, first_laws, first_partial = _facts(
        old, [range(each.old, each.last) for each in changed], lost
    )
    second, second_laws, second_partial = _facts(
        new, [range(each.new, each.end) for each in changed], come
    )
    found.partial = first_partial or second_partial
    contacts: list[ContactChange] = []
    for one, last, other, end, sure in sorted(changed, key=lambda each: each.new):
        before, after = joined(old.units[one:last]), joined(new.units[other:end])
        if max(len(before.text), len(after.text)) > _LONGEST:
            found.partial = True
            continue
        placed = sure or before.kind not in ("item", "row")
        values, new_values = first.get(one, {}), second.get(other, {})
        known = values or new_values or _may_hold_contact(before) or _may_hold_contact(after)
        if placed and known and _of_one_subject(old.document, new.document, before, after):
            contacts += _replaced(
                _complete(values, before), _complete(new_values, after), before, after
            )
        if figures(before.text) != figures(after.text):
            found.counts += _counts(before, after)
    for one, other in same:
        contacts += mailboxes_behind(old.units[one], new.units[other])
    found.contacts = contacts
    found.laws_added = [law for law in second_laws if law not in set(first_laws)]
    found.laws_removed = [law for law in first_laws if law not in set(second_laws)]
    return found


def mailboxes_behind(before: Unit, after: Unit) -> list[ContactChange]:
    """Give the mailboxes that differ behind the links of two units of one text."""
    if not before.links and not after.links:
        return []
    ones = [address for link in before.links for address in emails_of_href(link.href)]
    others = [address for link in after.links for address in emails_of_href(link.href)]
    if ones == others or find_emails(before.text):
        return []
    gone = [address for address in ones if address not in others]
    come = [address for address in others if address not in ones]
    return [ContactChange("email", one, other) for one, other in zip(gone, come, strict=False)]


# ---------------------------------------------------------------- reading a part of a page


def _facts(
    side: Side, runs: Sequence[range], alone: Sequence[int]
) -> tuple[dict[int, _Values], list[str], bool]:
    """Read contacts of runs of units, by the first of each, and the legislation named in all."""
    blocks: dict[int, int] = {}  # block: the first unit of its run
    for run in [*runs, *(range(at, at + 1) for at in alone)]:
        for at in run:
            if len(side.units[at].text) > _LONGEST:
                continue
            for block in range(*side.units[at].blocks):
                blocks[block] = run[0]
    if not blocks:
        return {}, [], False
    partial = len(blocks) > _MOST_BLOCKS
    chosen = sorted(blocks)[:_MOST_BLOCKS]
    laws = _laws(side.document, chosen)
    chosen = _near_points(side.document, chosen)
    if not chosen:
        return {}, laws, partial
    part, places = _part(side.document, chosen)

    def resolve(href: str) -> str | None:
        return target(href, side.base)

    values: dict[int, _Values] = defaultdict(lambda: defaultdict(list))
    wanted = {run[0] for run in runs}
    for record in _flat(read_contacts(part, resolve)):
        if record.kind != "contact":
            continue
        address: dict[int, list[str]] = defaultdict(list)
        for name, quote in record.fields:
            if quote.start is None or quote.source != "text":
                continue
            unit = blocks.get(places[part.block_at(quote.start).number])
            if unit is None or unit not in wanted:
                continue
            if name == "person":
                values[unit]["name"].append(_Value(quote.value, _folded(quote.value)))
            elif name in ("address", "postcode") and not _OFFICE.search(quote.raw):
                address[unit].append(" ".join(quote.raw.split()))
        for unit, lines in address.items():
            whole = ", ".join(lines)
            values[unit]["address"].append(_Value(whole, _folded(whole)))
    return values, laws, partial


def _laws(document: Document, chosen: Sequence[int]) -> list[str]:
    """The legislation that some blocks name, each once."""
    part, _ = _document_of(document, chosen)
    laws = [
        " ".join(
            held.value
            for name in ("act", "year", "number")
            if (held := record.first(name)) is not None
        )
        for record in read_legislation(part)
    ]
    return list(dict.fromkeys(laws))


def _near_points(document: Document, chosen: Sequence[int]) -> list[int]:
    """Of some blocks those that may be part of a contact: a number, mailbox or postcode is near."""
    text = document.lowered
    places = [*point_places(text), *(code.start for code in find_postcodes(document.text))]
    holding = {document.block_at(place).number for place in places}
    holding.update(block.number for block in document.blocks if block.links and block.links.mails)
    near = {number for point in holding for number in range(point - _AROUND, point + _AROUND + 1)}
    return [number for number in chosen if number in near]


def _flat(records: Iterable[RecordDraft]) -> Iterable[RecordDraft]:
    for record in records:
        yield record
        yield from _flat(record.children)


def _part(document: Document, chosen: Sequence[int]) -> tuple[Document, list[int]]:
    """Make a document of some blocks and what helps to read them; and which block is which."""
    kept: set[int] = set()
    tables: set[int] = set()
    for number in chosen:
        block = document.blocks[number]
        kept.add(number)
        kept.update(block.path)
        if block.cell is not None:
            tables.add(block.cell.table)
        else:
            for near in range(max(number - _AROUND, 0), number + _AROUND + 1):
                if near < len(document.blocks) and document.blocks[near].cell is None:
                    kept.add(near)
                    kept.update(document.blocks[near].path)
    if tables:
        kept.update(
            block.number
            for block in document.blocks
            if block.cell is not None
            and block.cell.table in tables
            and (block.cell.header or block.cell.row == 0 or block.cell.column == 0)
        )
        rows = {
            document.blocks[number].cell[:2]  # type: ignore[index]
            for number in chosen
            if document.blocks[number].cell is not None
        }
        kept.update(
            block.number
            for block in document.blocks
            if block.cell is not None and block.cell[:2] in rows
        )
    return _document_of(document, sorted(kept))


def _document_of(document: Document, places: Sequence[int]) -> tuple[Document, list[int]]:
    """Make a document of some blocks, in their order; and tell which block is which."""
    renumbered = {number: at for at, number in enumerate(places)}
    blocks: list[Block] = []
    start = 0
    for at, number in enumerate(places):
        block = document.blocks[number]
        shift = start - block.start
        blocks.append(
            block._replace(
                number=at,
                start=start,
                links=Links(
                    Link(link.text, link.href, link.start + shift, link.end + shift)
                    for link in block.links
                ),
                bold=tuple([(one + shift, other + shift) for one, other in block.bold]),
                path=tuple([renumbered[each] for each in block.path if each in renumbered]),
            )
        )
        start += len(block.text) + 1
    text = "\n".join([block.text for block in blocks])
    return Document(text, tuple(blocks), document.title, document.language), list(places)


# ---------------------------------------------------------------- contacts


def _may_hold_contact(unit: Unit) -> bool:
    """Whether a unit has any sign of a means of contact, or a label."""
    return (
        ":" in unit.text[:50]
        or any(link.href[:7].lower() == "mailto:" for link in unit.links)
        or has_points(unit.text)
        or bool(find_websites(unit.text))
        or bool(_places(unit.text))
    )


def _complete(values: _Values, unit: Unit) -> _Values:
    """Add what is known by its shape: numbers, mailboxes, web addresses, labelled names."""
    text = unit.text
    complete: _Values = {name: list(values.get(name, ())) for name in _FIELDS}
    # A pager is none of the contacts that a page is read for, but its number is one that changes.
    for_phones = _PAGER.sub(lambda found: " " * len(found.group()), text)
    complete["phone"] = [
        _Value(text[phone.start : phone.end], phone.number) for phone in find_phones(for_phones)
    ]
    if not complete["address"]:
        complete["address"] = [_Value(place, _folded(place)) for place in _places(text)]
    mails = {email.address: text[email.start : email.end] for email in find_emails(text)}
    for link in unit.links:
        for address in emails_of_href(link.href):
            mails.setdefault(address, address)
    complete["email"] = [_Value(address, address) for address in mails]
    blanked = text
    for email in find_emails(text):
        blanked = blanked[: email.start] + " " * (email.end - email.start) + blanked[email.end :]
    complete["url"] = [
        _Value(blanked[found.start : found.end], page_identity(found.url))
        for found in find_websites(blanked)
    ]
    return complete


def _places(text: str) -> list[str]:
    """Addresses that stand in a sentence which tells where to write or to come."""
    if not _STREET.search(text) or not _ASKS_TO_WRITE.search(text):
        return []
    found = [match.group() for match in _PLACE.finditer(text) if _STREET.search(match.group())]
    return [_LEADS_IN.sub("", place, count=1) for place in found]


def _replaced(old: _Values, new: _Values, before: Unit, after: Unit) -> list[ContactChange]:
    found = []
    for name in _FIELDS:
        ones, others = old.get(name, []), new.get(name, [])
        held, other_held = {each.meant for each in ones}, {each.meant for each in others}
        gone = [each for each in ones if each.meant not in other_held]
        come = [each for each in others if each.meant not in held]
        pairs = list(zip(gone, come, strict=False))
        if name == "name" and not pairs:
            pairs = _names_by_words(before, after)
        found += [ContactChange(name, one.printed, other.printed) for one, other in pairs]
    return found


def _of_one_subject(old: Document, new: Document, before: Unit, after: Unit) -> bool:
    """Whether two units stand below headings that may name the same: who left is no change."""
    above, above_new = _heading(old, before), _heading(new, after)
    if not above or not above_new:
        return True
    words, others = set(above.casefold().split()), set(above_new.casefold().split())
    return 2 * len(words & others) >= min(len(words), len(others))


def _heading(document: Document, unit: Unit) -> str:
    path = document.blocks[unit.blocks[0]].path
    return document.blocks[path[-1]].text if path else ""


def _names_by_words(before: Unit, after: Unit) -> list[tuple[_Value, _Value]]:
    """Names that were replaced where nothing else was, beside a number, mailbox or a label."""
    texts = (before.text, after.text)
    labelled = all(_names_person(text.partition(":")[0]) for text in texts if ":" in text[:50])
    labelled = labelled and all(":" in text[:50] for text in texts)
    if not labelled and not all(find_phones(text) or find_emails(text) for text in texts):
        return []
    pairs = []
    stretches = word_changes(*texts)[0]
    for number, stretch in enumerate(stretches):
        if stretch.same:
            continue
        one, other = (side.strip(" ,;:()-.") for side in stretch)
        if number + 1 < len(stretches) and (rest := _SAME_NAME.match(stretches[number + 1].old)):
            # "Jane Barlow" gave way to "John Barlow", "Ann Lee-Pryce" to "Nia Holt-Pryce".
            one, other = (side + rest.group() for side in (one, other))
        if _NAME.fullmatch(one) and _NAME.fullmatch(other):
            pairs.append((_Value(one, _folded(one)), _Value(other, _folded(other))))
    return pairs


def _names_person(label: str) -> bool:
    return field_of(label) in ("person", "role")


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


# ---------------------------------------------------------------- counts


def _counts(before: Unit, after: Unit) -> list[CountChange]:
    if before.kind == after.kind == "row" and len(before.cells) != len(after.cells):
        return []  # a column is new or gone, and nothing tells which number is which
    ones, others = _numbers(before), _numbers(after)
    if not ones or len(ones) != len(others):
        ones, others = _with_common_nouns(ones, others)
    return [
        CountChange(what, value, other)
        for (value, _), (other, what) in zip(ones, others, strict=True)
        if value != other
    ]


def _numbers(unit: Unit) -> list[tuple[int, str]]:
    """The numbers of things that a unit states, each with the words beside it."""
    text = unit.text
    taken = [(phone.start, phone.end) for phone in find_phones(text)]
    taken += [(email.start, email.end) for email in find_emails(text)]
    taken += [(code.start, code.end) for code in find_postcodes(text)]
    found = []
    for match in _COUNT.finditer(text):
        start, end = match.span(1)
        if any(first < end and start < last for first, last in taken):
            continue
        before, after = text[max(start - 40, 0) : start], text[end : end + 60]
        value = read_number(match.group(1))
        if value is None or _NOT_COUNTED_BEFORE.search(before) or _NOT_COUNTED_AFTER.match(after):
            continue
        if match.group(1).isdigit() and _is_year(value, before):
            continue
        if value in _HOURS and _BEFORE_HOUR.search(before) and _AFTER_HOUR.match(after):
            continue
        if large := _THOUSANDS.match(after):
            value *= 1000 if large.group(1).lower() == "thousand" else 1_000_000
            after = after[large.end() :]
            if _NOT_COUNTED_AFTER.match(after):
                continue
        what = _what(before, after, unit)
        if what:
            found.append((value, what))
    return found


def _is_year(value: int, before: str) -> bool:
    return value in _YEAR or (value in _PAST_YEARS and _BEFORE_YEAR.search(before) is not None)


def _what(before: str, after: str, unit: Unit) -> str:
    """Words that tell what is counted: those after a number up to a stop, else those before it."""
    clause = re.split(r"[.,;:()!?\d]", after, maxsplit=1)[0]
    words = _WORDS.findall(clause)[:4]
    while words and words[-1].lower() in _EMPTY_WORDS:
        words.pop()
    if words and not after[:1].isalpha():
        return " ".join(words)
    if unit.cells:
        return unit.cells[0]
    clause = re.split(r"[.;()!?\d]", before)[-1]
    words = [word for word in _WORDS.findall(clause) if word.lower() not in _EMPTY_WORDS]
    return " ".join(words[-4:])


def _with_common_nouns(
    ones: list[tuple[int, str]], others: list[tuple[int, str]]
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Of unequal lists, the numbers of things that both name once."""
    held = {what: (value, what) for value, what in ones}
    pairs = [(held[what], (value, what)) for value, what in others if what in held]
    return [one for one, _ in pairs], [other for _, other in pairs]
