"""Rows of a comparison of a site: what became of each page, and which captures tell so."""

from collections.abc import Iterator
from datetime import datetime

from extract.compare.sites import Fate, Held, SiteComparison
from extract.export.columns import Column, Kind, Row, TableHead

__all__ = ["fates_head", "fates_rows"]

_COLUMNS = (
    Column("change", Kind.TEXT, f"what became of it: {', '.join(Fate)}"),
    Column("words_changed", Kind.INTEGER, "of a changed page: share of its words, in percent"),
    Column("url", Kind.TEXT, "its old address; of an added page its new one"),
    Column("new_url", Kind.TEXT, "where it moved, or where it leads"),
    Column("old_captured", Kind.TEXT, "the capture of the first date, 14 digits"),
    Column("old_digest", Kind.TEXT, "of its payload"),
    Column("new_captured", Kind.TEXT, "the capture of the second date that tells so"),
    Column("new_digest", Kind.TEXT, "of its payload"),
)


def fates_head(moment: datetime, prefix: str, dates: tuple[str, str]) -> TableHead:
    """Give what stands above the rows.

    Args:
        moment: an aware datetime, the end of the second date.
        prefix: below which all pages were compared.
        dates: both dates as they were asked for.
    """
    facts = {"prefix": prefix, "from": dates[0], "to": dates[1]}
    return TableHead("site changes", "a page of the site", _COLUMNS, moment, facts)


def fates_rows(comparison: SiteComparison) -> Iterator[Row]:
    """Give a row for each page, in the order of the comparison."""
    for page in comparison.pages:
        yield {
            "change": page.fate.value,
            "words_changed": page.words_changed if page.fate is Fate.CHANGED else None,
            "url": page.url,
            "new_url": page.new_url or None,
            **_capture("old", page.old),
            **_capture("new", page.new),
        }


def _capture(side: str, held: Held | None) -> Row:
    return {
        f"{side}_captured": held.timestamp or None if held else None,
        f"{side}_digest": held.digest or None if held else None,
    }
