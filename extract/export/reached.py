"""Whom pages tell how to reach: contacts and partnerships as rows."""

from collections.abc import Iterator

from extract.asof import PageAsOf
from extract.export.columns import Column, Kind, Row
from extract.export.origin import (
    CAPTURE,
    EVIDENCE,
    all_values,
    evidence_values,
    first_value,
    records_by_number,
)
from extract.export.selection import Selection
from extract.facts.observations import Observation

__all__ = ["CONTACT_COLUMNS", "PARTNERSHIP_COLUMNS", "contact_rows", "partnership_rows"]

_KEY = "the same for it on all pages and dates, however it is spelt"
CONTACT_COLUMNS = (
    Column("partnership", Kind.TEXT, "the partnership it is a contact of"),
    Column("region", Kind.TEXT, "that partnership's region"),
    Column("organisation", Kind.TEXT, "whom one reaches"),
    Column("unit", Kind.TEXT, "the part of it"),
    Column("person", Kind.TEXT, "the person named; personal data"),
    Column("role", Kind.TEXT, "in what capacity"),
    Column("address", Kind.TEXTS, "where letters go"),
    Column("postcode", Kind.TEXT, "of the address"),
    Column("phone", Kind.TEXTS, "E.164, an extension as ;ext="),
    Column("fax", Kind.TEXTS, "E.164"),
    Column("textphone", Kind.TEXTS, "E.164"),
    Column("email", Kind.TEXTS, "mailboxes"),
    Column("website", Kind.TEXTS, "addresses of the web"),
    Column("part_of_page", Kind.TEXT, "main, footer, banner and so on"),
    Column("key", Kind.TEXT, _KEY),
    *CAPTURE,
    *EVIDENCE,
)
PARTNERSHIP_COLUMNS = (
    Column("name", Kind.TEXT, "as the page has it"),
    Column("aliases", Kind.TEXTS, "other names on the page"),
    Column("area", Kind.TEXTS, "what it covers"),
    Column("region", Kind.TEXT, "of England, or Wales"),
    Column("country", Kind.TEXT, "England or Wales"),
    Column("police_force", Kind.TEXT, "the force of its area"),
    Column("predecessors", Kind.TEXTS, "partnerships it replaced, as the page says"),
    Column("phone", Kind.TEXTS, "of its contacts, E.164"),
    Column("email", Kind.TEXTS, "of its contacts"),
    Column("website", Kind.TEXTS, "of its contacts"),
    Column("key", Kind.TEXT, _KEY),
    Column("code", Kind.TEXT, "of the Office for National Statistics, where that is plain"),
    *CAPTURE,
    *EVIDENCE,
)
_ONE = ("organisation", "unit", "person", "role", "postcode")
_MANY = ("address", "phone", "fax", "textphone", "email", "website")


def contact_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each contact of a page."""
    for page in selection.pages():
        partnerships = records_by_number(page.observations, "partnership")
        for number, found in records_by_number(page.observations, "contact").items():
            parent = found[0].parent
            of = partnerships[parent] if parent is not None else ()
            yield {
                "partnership": first_value(of, "name"),
                "region": first_value(of, "region"),
                **{name: first_value(found, name) for name in _ONE},
                **{name: all_values(found, name) for name in _MANY},
                "part_of_page": first_value(found, "region") or "main",
                "key": page.entities.get(("contact", number), (None,))[0],
                **evidence_values(page, found),
            }


def partnership_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each partnership of a page."""
    for page in selection.pages():
        contacts = _contacts_by_partnership(page)
        for number, found in records_by_number(page.observations, "partnership").items():
            reached = contacts.get(number, [])
            key, code = page.entities.get(("partnership", number), (None, None))
            yield {
                "name": first_value(found, "name"),
                "aliases": all_values(found, "alias"),
                "area": all_values(found, "area"),
                "region": first_value(found, "region"),
                "country": first_value(found, "country"),
                "police_force": first_value(found, "police_force"),
                "predecessors": all_values(found, "predecessor"),
                **{name: all_values(reached, name) for name in ("phone", "email", "website")},
                "key": key,
                "code": code,
                **evidence_values(page, found),
            }


def _contacts_by_partnership(page: PageAsOf) -> dict[int, list[Observation]]:
    contacts: dict[int, list[Observation]] = {}
    for found in records_by_number(page.observations, "contact").values():
        if found[0].parent is not None:
            contacts.setdefault(found[0].parent, []).extend(found)
    return contacts
