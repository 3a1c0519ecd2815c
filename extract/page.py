"""A page: what it says, read from its bytes."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from archiver.missing import says_missing
from archiver.urls import join_url
from extract.blocks import html_blocks, text_blocks
from extract.coverage import coverage_records, kept_share
from extract.decode import Decoded, decode
from extract.document import CONTENT, Block, Document
from extract.facts.attachments import read_attachments
from extract.facts.authorities import find_authorities, read_authorities
from extract.facts.authority_checks import check_authorities
from extract.facts.claims import check_claims
from extract.facts.contacts import read_contacts
from extract.facts.counts import count_tables, read_counts
from extract.facts.dates import read_dates
from extract.facts.legislation import read_legislation
from extract.facts.lines import Resolve, has_points
from extract.facts.observations import (
    LABELLED,
    TYPED,
    Observation,
    Quote,
    RecordDraft,
    computed,
    number_records,
    quote,
)
from extract.facts.pieces import piece_of
from extract.facts.records import Contact, Records, records_of
from extract.hints import blocks_at, places_of
from extract.recipes.reading import RecipeReading, read_by_recipe
from extract.recipes.recipe import Recipe
from extract.reference.legislation import legislation_address

__all__ = ["Page", "link_resolver", "page_as_json", "read_page"]


@dataclass(frozen=True)
class Page:
    """What one page says, and how it was read.

    `document` holds all blocks, furniture included. `problems` says in words what could not be
    read.
    """

    url: str | None
    observations: tuple[Observation, ...]
    document: Document
    declared_charset: str | None
    used_charset: str
    problems: tuple[str, ...]

    @cached_property
    def facts(self) -> Records:
        """What it says as records: a view of `observations` and nothing besides."""
        return records_of(self.observations)

    @cached_property
    def soft_404(self) -> bool:
        """Whether the page says that it is not there, whatever its status."""
        return says_missing(self.facts.title or "", "") or says_missing(
            self.document.title, self.text
        )

    @property
    def coverage(self) -> float:
        """The share of visible text that belongs to the message."""
        return kept_share(self.document)

    @property
    def text(self) -> str:
        """The page's message as plain text, one block a line."""
        return self.document.main_text


_PLAIN_TYPE = re.compile(r"^\s*text/plain\b", re.IGNORECASE)
_LOOKS_LIKE_MARKUP = re.compile(
    r"<!doctype|</?[a-z][a-z0-9]{0,11}(?:\s[^<>]{0,300})?/?>", re.IGNORECASE
)
# Most links need no rules of joining: nothing to fold, fill in or trim.
_ORIGIN = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?=/|$)")
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?:/(?!\.)[\w.~%=&;,+@-]*)+(?:\?[\w.~%=&;,+@/-]+)?")
_PLAIN_PATH = re.compile(r"(?:/(?![./])[\w.~%=&;,+@-]*)+(?:\?[\w.~%=&;,+@/-]+)?")
_TITLE_PARTS = re.compile(r"\s(?:[|\u2013\u2014»\u203a:]|::|-|>|·)\s|\s?(?:»|\|)\s?")
_ARCHIVED_TITLE = re.compile(r"^\s*\[?archived content\]?\s*", re.IGNORECASE)
_SITE_NAME = re.compile(
    r"^(?:home office|gov\.uk|directgov|home ?page|welcome|crime reduction)$|\b(?:council|police|"
    r"constabulary|"
    r"website|web site|online|\.gov\.uk|office|department for|government)$",
    re.IGNORECASE,
)
_LEAD_CLASS = re.compile(
    r"\b(?:intro|introduction|lead|summary|standfirst|abstract|lede|synopsis|first-?para)",
    re.IGNORECASE,
)
_WELSH_TEXT = """
yn yng ac yw y yr mae ar gyfer gan wedi hon hwn ni eich cysylltwch diogelwch cymunedol â neu bod
nid sydd
"""
_WELSH = frozenset(_WELSH_TEXT.split())
_ENGLISH_TEXT = "the and of to in is for are with by on or be this that"
_ENGLISH = frozenset(_ENGLISH_TEXT.split())
_WORD = re.compile(r"\w+")
_NO_WORD = {code: " " for code in range(0x80) if not _WORD.match(chr(code))}
_SAMPLE = 20_000  # characters whose words tell a language
_NOT_PAGES = ("mailto:", "tel:", "javascript:", "#", "data:", "about:", "fax:", "sms:")
_LONGEST_PART = 200
_SHORTEST_PART = 6  # characters of a title's part that are looked for in other text
_SUMMARY_WORDS = 4
_LONGEST_SUMMARY = 600


def read_page(
    payload: bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    archived: Sequence[date] = (),
    recipe: Recipe | None = None,
) -> Page:
    """Read a page's bytes; never fails, whatever the bytes are.

    Args:
        payload: the body, transfer and content codings taken off; an archive's frame and rewritten
            links are best taken off as well, though known notices are recognised.
        url: the page's original URL, against which its links are resolved.
        content_type: the Content-Type header; ``text/plain`` is read as a plain rendering.
        archived: the dates an archive stated for the page, the chosen one first.
        recipe: the site's recipe that is for this page; not used for a plain rendering.
    """
    decoded = decode(payload, content_type)
    plain = bool(content_type and _PLAIN_TYPE.match(content_type)) or (
        not content_type and not _LOOKS_LIKE_MARKUP.search(decoded.text[:20_000])
    )
    document = text_blocks(decoded.text) if plain else html_blocks(decoded.text)
    resolve = link_resolver(url, document.base)
    by_recipe = None
    if recipe and not plain:
        by_recipe = read_by_recipe(recipe, decoded.text, document, resolve)
    if by_recipe:
        document = by_recipe.document
    record = _page_record(document)
    if by_recipe:
        record = by_recipe.put_in_page(record)
    return Page(
        url=url,
        observations=(
            *number_records([record, *_headings(document)]),
            *_links(document, resolve, url),
            *number_records(_drafts(document, resolve, archived, by_recipe)),
            *number_records(coverage_records(document)),
        ),
        document=document,
        declared_charset=decoded.declared,
        used_charset=decoded.used,
        problems=(*_problems(decoded, document), *(by_recipe.problems if by_recipe else ())),
    )


def _problems(decoded: Decoded, document: Document) -> tuple[str, ...]:
    nothing = () if document.text else ("no text was found",)
    return (*decoded.problems, *document.problems, *nothing)


def link_resolver(url: str | None, base: str | None) -> Resolve:
    """Make the function that resolves links as a page writes them.

    Args:
        url: the page's original URL.
        base: the raw address of its base element, if it has one.
    """
    absolute = join_url(url or "", base) if base else url
    start = absolute or url or ""
    known: dict[str, str | None] = {}  # the same link comes again and again

    origin = _ORIGIN.match(start)

    def resolve(href: str) -> str | None:
        if href not in known:
            if _PLAIN_URL.fullmatch(href):
                known[href] = href
            elif origin and _PLAIN_PATH.fullmatch(href):
                known[href] = origin.group() + href
            else:
                joined = join_url(start, href) or None
                known[href] = joined.replace(" ", "%20") if joined else None
        return known[href]

    return resolve


def _drafts(
    document: Document,
    resolve: Resolve,
    archived: Sequence[date],
    by_recipe: RecipeReading | None,
) -> Iterator[RecordDraft]:
    dates = read_dates(document, archived)
    yield from by_recipe.put_in_dates(list(dates)) if by_recipe else dates
    yield from read_attachments(document, resolve)
    records = read_contacts(document, resolve)
    if by_recipe:
        records = by_recipe.put_in(records)
    partnerships = [record for record in records if record.kind == "partnership"]
    contacts = [record for record in records if record.kind == "contact"]
    yield from records
    tables = count_tables(document)
    listing = find_authorities(document)
    counts = list(read_counts(document, tables))
    yield from counts
    yield from read_authorities(listing)
    yield from read_legislation(document)
    yield from check_claims(document, tables, listing, partnerships, contacts, counts)


# ---------------------------------------------------------------- the page itself


def _page_record(document: Document) -> RecordDraft:
    record = RecordDraft("page")
    main = _main_heading(document)
    for name, held in (
        ("title", _title(document, main)),
        ("summary", _summary(document, main)),
        ("language", _language(document)),
    ):
        if held is not None:
            record.add(name, held)
    return record


def _main_heading(document: Document) -> Block | None:
    """The page's main heading: of several h1 the one that its title names, else the first."""
    main = [block for block in document.content if block.kind == "heading" and block.level == 1]
    if len(main) > 1:
        parts = {part.strip().casefold() for part in _TITLE_PARTS.split(document.title) if part}
        main.sort(key=lambda block: block.text.casefold() not in parts)
    return next(iter(main), None)


def _title(document: Document, main: Block | None) -> Quote | None:
    if main is not None:
        return quote(piece_of(main), "main heading", LABELLED)
    title = _ARCHIVED_TITLE.sub("", document.title).strip()
    if not title:
        first = next((block for block in document.content if block.kind == "heading"), None)
        return quote(piece_of(first), "first heading", 0.8) if first else None
    parts = [part.strip() for part in _TITLE_PARTS.split(title) if part and part.strip()]
    if len(parts) > 1 and _is_whole_block(title, document):
        return computed(title, "title as the page shows it", "title", document.title)
    chosen = next((part for part in parts if _is_whole_block(part, document)), None)
    if chosen is None and (shown := _shown_bold(parts, document)):
        return quote(piece_of(shown), "bold line", 0.8)
    if chosen is None:
        chosen = next((part for part in parts if not _SITE_NAME.search(part)), None)
    return computed(chosen or title, "title without the site's name", "title", document.title)


def _shown_bold(parts: Sequence[str], document: Document) -> Block | None:
    """The line in bold that does the work of a heading: it opens with a part of the title."""
    for block in document.content:
        if block.bold == ((block.start, block.end),) and len(block.text) < _LONGEST_PART:
            shown = _straight(block.text)
            if any(
                len(part) >= _SHORTEST_PART and shown.startswith(_straight(part)) for part in parts
            ):
                return block
    return None


def _straight(text: str) -> str:
    return text.casefold().replace("\u2019", "'")


def _is_whole_block(text: str, document: Document) -> bool:
    """Whether a short block of the message says just this, letter case apart."""
    return any(
        block.region in CONTENT
        and len(block.text) < _LONGEST_PART
        and block.text.casefold() == text.casefold()
        for block in blocks_at(document, places_of(document.lowered, (text.lower(),)))
    )


def _summary(document: Document, main: Block | None) -> Quote | None:
    """The page's summary: a marked lead, else the paragraph under its heading, else metadata."""
    content = document.content
    for block in content:
        if (
            block.classes
            and block.kind == "paragraph"
            and _LEAD_CLASS.search(block.classes)
            and _is_summary(block)
        ):
            return quote(piece_of(block), "lead paragraph", LABELLED)
    after = content[content.index(main) + 1 :] if main is not None else content
    for block in after[:3]:
        if block.kind != "paragraph" or has_points(block.text, block.links):
            break
        if _is_summary(block):
            return quote(piece_of(block), "first paragraph", 0.8)
    for wanted in ("description", "dc.description", "dcterms.description", "og:description"):
        for name, text in document.meta:
            if name == wanted:
                return Quote(text, text, None, None, f"meta {name}", "metadata", TYPED)
    return None


def _is_summary(block: Block) -> bool:
    return (
        len(block.text.split()) >= _SUMMARY_WORDS
        and len(block.text) <= _LONGEST_SUMMARY
        and block.text.rstrip("'\u2019\u201d\")").endswith((".", "!", "?", "…"))
    )


def _language(document: Document) -> Quote:
    declared = document.language or next(
        (
            text
            for name, text in document.meta
            if name
            in {"content-language", "dc.language", "dcterms.language", "language", "dc.lang"}
        ),
        "",
    )
    if match := re.match(r"\s*([A-Za-z]{2,3})(?:[-_,;\s]|$)", declared):
        code = {"eng": "en", "cym": "cy", "wel": "cy"}.get(
            match.group(1).lower(), match.group(1).lower()
        )
        return computed(code, "declared language", "lang", declared)
    words = _words_of(document)
    if _WELSH.isdisjoint(words):
        return computed("en", "words")
    counts = Counter(words)
    welsh, english = (sum(counts[word] for word in known) for known in (_WELSH, _ENGLISH))
    return computed("cy" if welsh > english else "en", "words")


def _words_of(document: Document) -> list[str]:
    """The first words of a page's message, in lower case."""
    pieces: list[str] = []
    size = 0
    for block in document.content:
        pieces.append(block.text)
        size += len(block.text) + 1
        if size > _SAMPLE:
            break
    text = "\n".join(pieces)[:_SAMPLE].casefold()
    return text.translate(_NO_WORD).split() if text.isascii() else _WORD.findall(text)


def _headings(document: Document) -> Iterator[RecordDraft]:
    for block in document.content:
        if block.kind == "heading":
            text = quote(piece_of(block), "heading", LABELLED)
            level = computed(str(block.level), "heading")
            yield RecordDraft("heading", [("text", text), ("level", level)])


def _links(document: Document, resolve: Resolve, url: str | None) -> list[Observation]:
    # Most observations of most pages are these, so they are made without a draft.
    found: list[Observation] = []
    number = 0
    here = url.split("#")[0] if url else None
    for block in document.content:
        for text, raw, start, end in block.links:
            href = raw.strip()
            if not href or href.lower().startswith(_NOT_PAGES):
                continue
            target = resolve(raw)
            if target is None or ("#" in target and target.split("#")[0] == here):
                continue
            place = ("link", number, None)
            number += 1
            found.append(
                Observation(*place, "url", raw, target, start, end, "href", "link", LABELLED)
            )
            if end > start:
                value = " ".join(text.split())
                found.append(
                    Observation(*place, "text", text, value, start, end, "text", "link", LABELLED)
                )
            elif text:
                found.append(
                    Observation(*place, "text", text, text, None, None, "alt", "link", 1.0)
                )
    return found


# ---------------------------------------------------------------- JSON


def page_as_json(
    page: Page, *, on: date | None = None, observations: bool = False
) -> dict[str, object]:
    """Write a page's facts as plain values for JSON.

    Args:
        page: what was read.
        on: the day of the page, for which the law is looked up.
        observations: give each value's provenance as well, under that key.
    """
    facts = page.facts
    written: dict[str, object] = {
        "url": page.url,
        "coverage": {"kept": facts.kept, "characters": dict(facts.regions)},
        "page": {
            "title": facts.title,
            "summary": facts.summary,
            "language": facts.language,
            "text": page.text,
            "headings": [{"level": each.level, "text": each.text} for each in facts.headings],
            "links": [{"url": each.url, "text": each.text} for each in facts.links],
            "dates": [{"type": each.type, "date": each.date} for each in facts.dates],
            "attachments": [
                {"url": each.url, "format": each.format, "size": each.size}
                for each in facts.attachments
            ],
        },
        "contacts": [_contact_as_json(each) for each in facts.contacts],
        "partnerships": [
            {
                "name": each.name,
                "area": list(each.area),
                "region": each.region,
                "country": each.country,
                "police_force": each.police_force,
                "predecessors": list(each.predecessors),
                "contacts": [_contact_as_json(contact) for contact in each.contacts],
            }
            for each in facts.partnerships
        ],
        "counts": [
            {"what": each.what, "where": each.where, "number": each.number, "approx": each.approx}
            for each in facts.counts
        ],
        "authorities": [
            {"name": each.name, "applies_to": each.applies_to} for each in facts.authorities
        ],
        "legal": [
            {
                "act": each.act,
                "year": each.year,
                "number": each.number,
                "sections": list(each.sections),
                "address": legislation_address(each.act, each.year, each.number, None, on),
                "section_addresses": [
                    legislation_address(each.act, each.year, each.number, section, on)
                    for section in each.sections
                ],
            }
            for each in facts.legal
        ],
        "authority_checks": [
            {
                "listed": each.listed,
                "law": each.law,
                "verdict": each.verdict,
                "how": each.how,
            }
            for each in (check_authorities(facts.authorities, on) if on else ())
        ],
        "claim_checks": [
            {
                "claimed": each.claimed,
                "found": each.found,
                "agrees": each.agrees,
                "how": each.how,
            }
            for each in facts.claim_checks
        ],
    }
    if observations:
        written["observations"] = [
            {name: getattr(each, name) for name in Observation._fields}
            for each in page.observations
        ]
    return written


def _contact_as_json(contact: Contact) -> dict[str, object]:
    return {
        "organisation": contact.organisation,
        "unit": contact.unit,
        "person": contact.person,
        "role": contact.role,
        "address": list(contact.address),
        "postcode": contact.postcode,
        "phone": list(contact.phone),
        "fax": list(contact.fax),
        "textphone": list(contact.textphone),
        "email": list(contact.email),
        "website": list(contact.website),
    }
