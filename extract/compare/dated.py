"""A site compared as it stood at two dates, or as two folders hold it; pages are read in children.

What is compared is what `extract.compare.holdings` gives; how, `extract.compare.sites` says.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from archiver.confined import Confined
from archiver.errors import InputError, MarshamError, NoCaptureError
from archiver.records import Capture
from archiver.timestamps import Span
from archiver.urls import check_listed
from extract.compare.confined import outline_confined, verdict_confined
from extract.compare.holdings import archived_pages, folder_pages, leads_to, version_of
from extract.compare.sites import (
    Held,
    Outline,
    PageProblemError,
    SiteComparison,
    Verdict,
    compare_sites,
)
from snapshots.archive import Archive

__all__ = ["compare_dates", "compare_folders"]

_JOBS = 4  # pages read ahead while the children compare others


def compare_dates(
    children: Confined,
    archive: Archive,
    prefix: str,
    first: Span,
    second: Span,
    *,
    most: int | None = None,
) -> SiteComparison:
    """Compare the pages below a prefix as they stood at the end of two dates.

    Args:
        children: who reads the pages, and within which limits.
        archive: the archive.
        prefix: a URL, below which all pages are meant.
        first: the earlier date.
        second: the later one; it may be the same.
        most: how many pages may be compared; None for no bound.

    Of the later date only captures made since the earlier one count: the others tell nothing new.

    Raises:
        UrlError: when the prefix is no address.
        InputError: when the second date lies before the first, or there are more pages than that.
        NoCaptureError: when no page below the prefix was captured up to the later date.
    """
    if second.last < first.last:
        raise InputError("the second date lies before the first")
    address = check_listed(prefix)
    with archive.catalogue.read() as connection:
        olds, news = (
            list(archived_pages(connection, address, span.last)) for span in (first, second)
        )
    if not olds and not news:
        raise NoCaptureError(address)
    if most is not None and max(len(olds), len(news)) > most:
        raise InputError(
            f"more than {most:,} pages stand below {address}; give a longer address, or compare "
            f"them with: marsham compare --site {address}"
        )
    known = {held.place for held in olds}
    since = [
        replace(held, leads_to=_target(archive, held)) for held in news if held.place not in known
    ]
    return _compared(children, olds, since, archive)


def compare_folders(children: Confined, old: Path, new: Path) -> SiteComparison:
    """Compare two folders of saved pages, each with its list; see `folder_pages`.

    Raises:
        FormatError: when a folder has no list, or it cannot be read.
    """
    return _compared(children, folder_pages(old), folder_pages(new), None)


def _target(archive: Archive, held: Held) -> str:
    if not isinstance(held.place, Capture) or not 300 <= (held.status or 0) < 400:
        return ""
    try:
        return leads_to(archive, held.place)
    except MarshamError:
        return ""


def _compared(
    children: Confined, olds: Sequence[Held], news: Sequence[Held], archive: Archive | None
) -> SiteComparison:
    def outline(held: Held) -> Outline:
        try:
            return outline_confined(children, version_of(held, archive))
        except MarshamError as error:
            raise PageProblemError(str(error)) from error

    def verdict(old: Held, new: Held) -> Verdict:
        try:
            versions = version_of(old, archive), version_of(new, archive)
            return verdict_confined(children, *versions)
        except MarshamError as error:
            raise PageProblemError(str(error)) from error

    with ThreadPoolExecutor(_JOBS) as executor:
        return compare_sites(olds, news, outline, verdict, executor.map)
