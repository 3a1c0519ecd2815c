"""The rows of each export: one value a column, and with each row where it came from.

Rows are made from observations, so each carries its evidence: the capture, the place in the page's
text, the rules that read it and how sure they are. The order of rows follows the addresses of the
pages and the order on each page: a second export of the same archive is the same to the byte.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from archiver.confined import Confined
from archiver.timestamps import parse_timestamp
from extract.asof import PageAsOf
from extract.attached import attached_to
from extract.corrections.view import Corrected
from extract.document import CONTENT
from extract.elements import elements_of
from extract.facts.authority_checks import check_authorities
from extract.facts.observations import Observation
from extract.reference.legislation import legislation_address
from snapshots.archive import Archive

__all__ = ["EXPORTS", "NESTED", "Export", "Row", "export_rows"]

Row = dict[str, object]
"""A row: column name to value; several values of one column stay a list until they are written."""

NESTED = "evidence"
"""A value with structure, which a flat file has no place for."""

_ONE = ("organisation", "unit", "person", "role", "postcode")
_MANY = ("address", "phone", "fax", "textphone", "email", "website")
_CONTACT = ("organisation", "unit", "person", "role", "address", "postcode", *_MANY[1:])
_SOURCE = ("url", "captured", "digest", "file", "offset")
_EVIDENCE = ("text_start", "text_end", "rules", "confidence", "corrected", NESTED)
_APART = ("contact", "partnership")  # kinds with rows of their own


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of export.

    Attributes:
        about: what a row is.
        columns: their names, in order; ``evidence`` is left out of flat files.
        rows: makes the rows of one page.
    """

    about: str
    columns: tuple[str, ...]
    rows: Callable[[PageAsOf, Archive], Iterator[Row]]


def export_rows(
    export: Export, archive: Archive, pages: Iterable[PageAsOf], *, nested: bool
) -> Iterator[Row]:
    """Make the rows of an export.

    Args:
        export: what kind of export.
        archive: that has the pages.
        pages: whose rows are made, in their order.
        nested: whether the evidence will be written. It names elements of the pages, which are
            read again for that, in a child process.
    """
    if not nested or NESTED not in export.columns:
        for page in pages:
            yield from export.rows(page, archive)
        return
    with Confined() as children:
        for page in pages:
            yield from export.rows(_located(page, archive, children), archive)


def _located(page: PageAsOf, archive: Archive, children: Confined) -> PageAsOf:
    wanted = [each for each in page.observations if each.kind in _APART]
    paths = elements_of(archive, children, page.capture, page.text, wanted)
    return replace(page, elements=dict(zip(wanted, paths, strict=True)))


def _contacts(page: PageAsOf, _: Archive) -> Iterator[Row]:
    partnerships = _records(page.observations, "partnership")
    for number, found in _records(page.observations, "contact").items():
        parent = found[0].parent
        name = _first(partnerships[parent], "name") if parent is not None else None
        region = _first(found, "region") or "main"
        yield (
            {"partnership": name}
            | _contact(found)
            | {"part_of_page": region, "key": page.entities.get(("contact", number), (None,))[0]}
            | _from(page, found)
        )


def _partnerships(page: PageAsOf, _: Archive) -> Iterator[Row]:
    contacts: dict[int, list[Observation]] = {}
    for found in _records(page.observations, "contact").values():
        if found[0].parent is not None:
            contacts.setdefault(found[0].parent, []).extend(found)
    for number, found in _records(page.observations, "partnership").items():
        key, code = page.entities.get(("partnership", number), (None, None))
        yield {
            "name": _first(found, "name"),
            "aliases": _all(found, "alias"),
            "area": _all(found, "area"),
            "region": _first(found, "region"),
            "country": _first(found, "country"),
            "police_force": _first(found, "police_force"),
            "predecessors": _all(found, "predecessor"),
            "phone": _all(contacts.get(number, []), "phone"),
            "email": _all(contacts.get(number, []), "email"),
            "website": _all(contacts.get(number, []), "website"),
            "key": key,
            "code": code,
        } | _from(page, found)


def _pages(page: PageAsOf, _: Archive) -> Iterator[Row]:
    facts = page.facts
    dates = {date.type: date.date for date in reversed(facts.dates)}
    day = parse_timestamp(page.capture.timestamp).date()
    yield {
        "title": facts.title,
        "summary": facts.summary,
        "language": facts.language,
        "status": page.capture.status,
        "media_type": page.capture.media_type,
        "fidelity": page.capture.grade.value,
        "published": dates.get("published"),
        "updated": dates.get("updated"),
        "words": len(page.text.split()),
        "text_kept": facts.kept,
        "text_left_out": [
            f"{region}: {size} characters"
            for region, size in facts.regions
            if region not in CONTENT
        ],
        "headings": [heading.text for heading in facts.headings],
        "links": [link.url for link in facts.links],
        "attachments": [found.url for found in facts.attachments],
        "contacts": len(_records(page.observations, "contact")),
        "partnerships": len(facts.partnerships),
        "claims": [
            f"{count.number} {count.what}" + (f" in {count.where}" if count.where else "")
            for count in facts.counts
        ],
        "claims_not_borne_out": [
            f"{check.claimed} claimed, {check.found} found"
            for check in facts.claim_checks
            if not check.agrees
        ],
        "authorities": [
            found.name + (f" ({found.applies_to})" if found.applies_to else "")
            for found in facts.authorities
        ],
        "authorities_not_as_in_law": [
            f"{check.listed or check.law}: {check.verdict}; {check.how}"
            for check in check_authorities(facts.authorities, day)
            if check.verdict != "agrees"
        ],
        "legislation": [
            " ".join(filter(None, [law.act, str(law.year or ""), *law.sections]))
            for law in facts.legal
        ],
        "legislation_addresses": [
            address
            for law in facts.legal
            for section in law.sections or (None,)
            if (address := legislation_address(law.act, law.year, law.number, section, day))
        ],
        "corrected": [str(one) for one in page.corrections if one.observation.kind not in _APART],
    } | _place(page)


def _attachments(page: PageAsOf, archive: Archive) -> Iterator[Row]:
    for found in attached_to(archive, page):
        yield {
            "attachment": found.claimed.url,
            "format_claimed": found.claimed.format,
            "size_claimed": found.claimed.size,
            "state": found.state,
            "status": found.status,
            "type_served": found.type_served,
            "size_served": found.size_served,
            "format_kept": found.format_kept,
            "size_kept": found.size_kept,
            "attachment_captured": found.timestamp,
            "attachment_digest": found.digest,
        } | _place(page)


EXPORTS = {
    "attachments": Export(
        "a document that a page offers, as claimed, as served and as kept",
        (
            "attachment",
            "format_claimed",
            "size_claimed",
            "state",
            "status",
            "type_served",
            "size_served",
            "format_kept",
            "size_kept",
            "attachment_captured",
            "attachment_digest",
            *_SOURCE,
        ),
        _attachments,
    ),
    "contacts": Export(
        "a contact on a page",
        ("partnership", *_CONTACT, "part_of_page", "key", *_SOURCE, *_EVIDENCE),
        _contacts,
    ),
    "partnerships": Export(
        "a partnership on a page",
        (
            "name",
            "aliases",
            "area",
            "region",
            "country",
            "police_force",
            "predecessors",
            "phone",
            "email",
            "website",
            "key",
            "code",
            *_SOURCE,
            *_EVIDENCE,
        ),
        _partnerships,
    ),
    "pages": Export(
        "a page",
        (
            "title",
            "summary",
            "language",
            "status",
            "media_type",
            "fidelity",
            "published",
            "updated",
            "words",
            "text_kept",
            "text_left_out",
            "headings",
            "links",
            "attachments",
            "contacts",
            "partnerships",
            "claims",
            "claims_not_borne_out",
            "authorities",
            "authorities_not_as_in_law",
            "legislation",
            "legislation_addresses",
            "corrected",
            *_SOURCE,
        ),
        _pages,
    ),
}


def _records(observations: Sequence[Observation], kind: str) -> dict[int, list[Observation]]:
    found: dict[int, list[Observation]] = {}
    for each in observations:
        if each.kind == kind:
            found.setdefault(each.record, []).append(each)
    return dict(sorted(found.items()))


def _all(found: Sequence[Observation], field: str) -> list[str]:
    return list(dict.fromkeys(each.value for each in found if each.field == field))


def _first(found: Sequence[Observation], field: str) -> str | None:
    return next((each.value for each in found if each.field == field), None)


def _contact(found: Sequence[Observation]) -> Row:
    return {name: _first(found, name) for name in _ONE} | {
        name: _all(found, name) for name in _MANY
    }


def _place(page: PageAsOf) -> Row:
    capture = page.capture
    return {
        "url": capture.url,
        "captured": capture.timestamp,
        "digest": capture.digest,
        "file": capture.file,
        "offset": capture.offset,
    }


def _from(page: PageAsOf, found: Sequence[Observation]) -> Row:
    starts = [each.start for each in found if each.start is not None]
    ends = [each.end for each in found if each.end is not None]
    records = {(each.kind, each.record) for each in found}
    made = [
        one for one in page.corrections if (one.observation.kind, one.observation.record) in records
    ]
    return _place(page) | {
        "text_start": min(starts, default=None),
        "text_end": max(ends, default=None),
        "rules": list(dict.fromkeys(each.rule for each in found)),
        "confidence": min(each.confidence for each in found),
        "corrected": [str(one) for one in made],
        "evidence": [
            {
                "field": each.field,
                "raw": each.raw,
                "value": each.value,
                "start": each.start,
                "end": each.end,
                "element": page.elements.get(each),
                "source": each.source,
                "rule": each.rule,
                "confidence": each.confidence,
            }
            | _decided(each, made)
            for each in found
        ],
    }


def _decided(each: Observation, made: Sequence[Corrected]) -> Row:
    # Of a value that a person decided on: what, who, when, why, and what was read.
    for one in made:
        if one.shown is each:
            told = one.correction
            return {
                "decision": {
                    "number": told.number,
                    "action": told.action,
                    "author": told.author,
                    "decided": told.decided,
                    "reason": told.reason,
                    "read_as": one.original.value if one.original else None,
                }
            }
    return {}
