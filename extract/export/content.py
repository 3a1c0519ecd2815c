"""What pages hold, as rows: one a page, and one for each document that a page offers."""

from collections.abc import Iterator

from archiver.timestamps import parse_timestamp
from extract.asof import PageAsOf
from extract.attached import attached_to
from extract.document import CONTENT
from extract.export.columns import Column, Kind, Row
from extract.export.origin import CAPTURE, capture_values, records_by_number
from extract.export.selection import Selection
from extract.facts.authority_checks import check_authorities
from extract.reference.legislation import legislation_address

__all__ = ["ATTACHMENT_COLUMNS", "PAGE_COLUMNS", "attachment_rows", "page_row", "page_rows"]

_APART = ("contact", "partnership")  # kinds with rows of their own
PAGE_COLUMNS = (
    Column("title", Kind.TEXT, "what the page is called, without the name of its site"),
    Column("summary", Kind.TEXT, "its own summary, or its first paragraph"),
    Column("language", Kind.TEXT, "of its text: en or cy"),
    Column("status", Kind.INTEGER, "the HTTP status it was served with"),
    Column("media_type", Kind.TEXT, "as it was served"),
    Column("fidelity", Kind.TEXT, "how true the capture is to what the server sent"),
    Column("published", Kind.TEXT, "as the page says, ISO 8601"),
    Column("updated", Kind.TEXT, "as the page says, ISO 8601"),
    Column("words", Kind.INTEGER, "of its whole text"),
    Column("text_kept", Kind.NUMBER, "share of its visible text that is its message"),
    Column("text_left_out", Kind.TEXTS, "how much of which of its other parts"),
    Column("headings", Kind.TEXTS, "of its message"),
    Column("links", Kind.TEXTS, "of its message, resolved"),
    Column("attachments", Kind.TEXTS, "addresses of documents it offers"),
    Column("contacts", Kind.INTEGER, "how many it names"),
    Column("partnerships", Kind.INTEGER, "how many it names"),
    Column("claims", Kind.TEXTS, "numbers it claims"),
    Column("claims_not_borne_out", Kind.TEXTS, "those that its own entries contradict"),
    Column("authorities", Kind.TEXTS, "responsible authorities it lists"),
    Column("authorities_not_as_in_law", Kind.TEXTS, "where these differ from the law of the day"),
    Column("legislation", Kind.TEXTS, "Acts and instruments it cites"),
    Column("legislation_addresses", Kind.TEXTS, "of these, as of the day of the capture"),
    Column("corrected", Kind.TEXTS, "what people decided on its values, in words"),
    *CAPTURE,
)
ATTACHMENT_COLUMNS = (
    Column("attachment", Kind.TEXT, "the address of the document"),
    Column("format_claimed", Kind.TEXT, "as the page says"),
    Column("size_claimed", Kind.INTEGER, "in bytes, as the page says"),
    Column("state", Kind.TEXT, "captured, error, never captured, withdrawn, or why unreadable"),
    Column("status", Kind.INTEGER, "the HTTP status it was served with"),
    Column("type_served", Kind.TEXT, "the media type the server named"),
    Column("size_served", Kind.INTEGER, "the length the server named, in bytes"),
    Column("format_kept", Kind.TEXT, "what its first bytes are"),
    Column("size_kept", Kind.INTEGER, "how many bytes the archive holds"),
    Column("attachment_captured", Kind.TEXT, "the capture closest to the page's, 14 digits"),
    Column("attachment_digest", Kind.TEXT, "of its payload as it was served"),
    *CAPTURE,
)


def page_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each page."""
    return map(page_row, selection.pages())


def page_row(page: PageAsOf) -> Row:
    """Give the row of one page; its columns are `PAGE_COLUMNS`."""
    facts = page.facts
    dates = {date.type: date.date for date in reversed(facts.dates)}
    day = parse_timestamp(page.capture.timestamp).date()
    return {
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
        "contacts": len(records_by_number(page.observations, "contact")),
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
    } | capture_values(page)


def attachment_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each document that a page offers."""
    for page in selection.pages():
        for found in attached_to(selection.archive, page):
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
            } | capture_values(page)
