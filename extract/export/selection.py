"""What of an archive is exported: the date, the pages, and which of their rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_

from archiver.confined import Confined
from archiver.errors import InputError
from extract.asof import PageAsOf, pages_as_of
from extract.elements import elements_of
from extract.export.columns import Column, Row
from extract.search import of_site
from snapshots.archive import Archive
from snapshots.index import below

__all__ = ["Filters", "Selection", "kept"]


_PROVED = ("authority", "claim_check", "contact", "count", "legal", "partnership")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is exported, and what is left out; of several values of one filter each will do.

    Attributes:
        sites: hosts of the pages, with and without ``www.``.
        prefixes: what the addresses of the pages begin with.
        regions: regions of partnerships, such as ``North East``; letter case does not count.
        statuses: HTTP statuses with which the pages were served.
        least_confidence: from 0 to 1; what was read less surely is left out.
        functional: whether persons are left out; see `extract.export.persons`.
    """

    sites: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    least_confidence: float = 0.0
    functional: bool = False

    def as_json(self) -> dict[str, object]:
        """Give those that leave something out, in plain values."""
        told: dict[str, object] = {
            "site": list(self.sites),
            "prefix": list(self.prefixes),
            "region": list(self.regions),
            "status": list(self.statuses),
            "min_confidence": self.least_confidence,
            "functional_only": self.functional,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of an archive that is exported.

    Attributes:
        archive: the archive.
        connection: of its catalogue; all is read in its transaction.
        moment: as of which; an aware datetime.
        filters: what is left out.
        children: read pages again for the elements that their values stand in; None where the
            evidence is not written.
    """

    archive: Archive
    connection: Connection
    moment: datetime
    filters: Filters
    children: Confined | None = None

    def pages(self) -> Iterator[PageAsOf]:
        """Give the pages as they stood at the moment, by address, as people corrected them."""
        statuses = self.filters.statuses
        for page in pages_as_of(self.connection, self.moment, *self.addresses()):
            if not statuses or page.capture.status in statuses:
                yield page if self.children is None else self._located(page, self.children)

    def addresses(self) -> tuple[ColumnElement[bool], ...]:
        """Give the conditions for addresses, for a query that has the table of URLs."""
        sites = [condition for site in self.filters.sites for condition in _of(site)]
        prefixes = [below(prefix) for prefix in self.filters.prefixes]
        return tuple(or_(*ways) for ways in (sites, prefixes) if ways)

    def _located(self, page: PageAsOf, children: Confined) -> PageAsOf:
        wanted = [each for each in page.observations if each.kind in _PROVED]
        if not wanted:
            return page
        paths = elements_of(self.archive, children, page.capture, page.text, wanted)
        return replace(page, elements=dict(zip(wanted, paths, strict=True)))


def kept(rows: Iterable[Row], columns: Iterable[Column], filters: Filters) -> Iterator[Row]:
    """Leave out the rows that are of another region, or were read less surely than asked for.

    Raises:
        InputError: when the rows have no region or confidence to go by.
    """
    names = {column.name for column in columns}
    least, regions = filters.least_confidence, {region.casefold() for region in filters.regions}
    for wanted, name in ((regions, "region"), (least, "confidence")):
        if wanted and name not in names:
            raise InputError(
                f"these rows have no {name} to choose by; leave that filter out, or export contacts"
            )
    return (
        row
        for row in rows
        if (not regions or str(row["region"] or "").casefold() in regions)
        and (not least or _number(row["confidence"]) >= least)
    )


def _of(site: str) -> Iterator[ColumnElement[bool]]:
    first, beyond = of_site(site)
    yield first & beyond


def _number(value: object) -> float:
    return value if isinstance(value, float) else 0.0
