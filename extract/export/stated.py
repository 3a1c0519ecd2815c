"""What pages state: claims of number, responsible authorities and legislation as rows.

Beside what a page says stands what it was held against: its own entries, or the law of the day on
which it was captured.
"""

from collections.abc import Iterator
from datetime import date

from archiver.timestamps import parse_timestamp
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
from extract.facts.authority_checks import check_authorities
from extract.facts.observations import Observation
from extract.facts.records import Authority
from extract.reference.legislation import legislation_address

__all__ = [
    "AUTHORITY_COLUMNS",
    "CLAIM_COLUMNS",
    "LEGAL_COLUMNS",
    "authority_rows",
    "claim_rows",
    "legal_rows",
]

CLAIM_COLUMNS = (
    Column("what", Kind.TEXT, "what is counted; empty where only the page's entries are"),
    Column("where", Kind.TEXT, "the country or region it is said of"),
    Column("number", Kind.INTEGER, "as claimed"),
    Column("approximate", Kind.BOOLEAN, "whether the page says around, or the like"),
    Column("found", Kind.INTEGER, "how many the page itself has; empty where it lists none"),
    Column("agrees", Kind.BOOLEAN, "whether these are as many"),
    Column("how", Kind.TEXT, "what was counted on the page, in words"),
    *CAPTURE,
    *EVIDENCE,
)
AUTHORITY_COLUMNS = (
    Column("name", Kind.TEXT, "the authority as the page lists it"),
    Column("applies_to", Kind.TEXT, "England or Wales; empty for both"),
    Column("law", Kind.TEXT, "in the words of the law; empty where that never named it"),
    Column("verdict", Kind.TEXT, "agrees, not in force, or applies elsewhere"),
    Column("how", Kind.TEXT, "with dates and provisions, as of the day of the capture"),
    *CAPTURE,
    *EVIDENCE,
)
LEGAL_COLUMNS = (
    Column("act", Kind.TEXT, "title of the Act or instrument, without its year"),
    Column("year", Kind.INTEGER, "in its title"),
    Column("number", Kind.TEXT, "c. 37 or SI 2007/1830, where known"),
    Column("sections", Kind.TEXTS, "the provisions cited, ranges written out"),
    Column("addresses", Kind.TEXTS, "of each at legislation.gov.uk, as of the day of the capture"),
    *CAPTURE,
    *EVIDENCE,
)


def claim_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each number a page claims, then one for each check of a number besides."""
    for page in selection.pages():
        checks = dict(records_by_number(page.observations, "claim_check"))
        for found in records_by_number(page.observations, "count").values():
            number = first_value(found, "number")
            place = next((each.start for each in found if each.field == "number"), None)
            same = next((n for n, check in checks.items() if _place_of(check) == place), None)
            check = checks.pop(same) if same is not None and place is not None else []
            yield {
                "what": first_value(found, "what"),
                "where": first_value(found, "where"),
                "number": int(number) if number is not None else None,
                "approximate": first_value(found, "approx") == "true",
                **_checked(check),
                **evidence_values(page, [*found, *check]),
            }
        for check in checks.values():
            claimed = first_value(check, "claimed")
            yield {
                "what": None,
                "where": None,
                "number": int(claimed) if claimed is not None else None,
                "approximate": False,
                **_checked(check),
                **evidence_values(page, check),
            }


def authority_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each responsible authority that a page lists."""
    for page in selection.pages():
        listed = records_by_number(page.observations, "authority")
        authorities = [
            Authority(first_value(found, "name") or "", first_value(found, "applies_to"))
            for found in listed.values()
        ]
        checks = check_authorities(authorities, _day(page))
        for found, authority, check in zip(listed.values(), authorities, checks, strict=False):
            yield {
                "name": authority.name,
                "applies_to": authority.applies_to,
                "law": check.law,
                "verdict": check.verdict,
                "how": check.how,
                **evidence_values(page, found),
            }


def legal_rows(selection: Selection) -> Iterator[Row]:
    """Give one row for each Act or instrument that a page cites."""
    for page in selection.pages():
        for found in records_by_number(page.observations, "legal").values():
            act, number = first_value(found, "act") or "", first_value(found, "number")
            said = first_value(found, "year")
            year = int(said) if said is not None else None
            sections = all_values(found, "section")
            addresses = [
                legislation_address(act, year, number, section, _day(page))
                for section in sections or (None,)
            ]
            yield {
                "act": act,
                "year": year,
                "number": number,
                "sections": sections,
                "addresses": [address for address in addresses if address],
                **evidence_values(page, found),
            }


def _checked(check: list[Observation]) -> dict[str, object]:
    found, agrees = first_value(check, "found"), first_value(check, "agrees")
    return {
        "found": int(found) if found is not None else None,
        "agrees": agrees == "true" if agrees is not None else None,
        "how": first_value(check, "how"),
    }


def _place_of(check: list[Observation]) -> int | None:
    return next((each.start for each in check if each.field == "claimed"), None)


def _day(page: PageAsOf) -> date:
    return parse_timestamp(page.capture.timestamp).date()
