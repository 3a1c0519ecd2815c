"""Floor 4: the front door. This package is the public API; everything below it may change.

>>> import marsham
>>> page = marsham.read_page(b"<h1>Press office</h1><p>Tel: 020 7946 0441</p>")
>>> page.facts.contacts[0].phone
('+442079460441',)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marsham.api import (
        Archive,
        ArchiveTable,
        Capture,
        Change,
        CrawlReport,
        Difference,
        ExtractReport,
        FactChanges,
        Filters,
        Intake,
        Manifest,
        MarshamError,
        Memento,
        Page,
        PageAsOf,
        PageComparison,
        PageStep,
        PageVersion,
        Problem,
        Settings,
        SiteTimeline,
        capture,
        compare_facts,
        compare_pages,
        create_archive,
        export,
        export_differences,
        extract,
        ingest,
        memento,
        open_archive,
        page_timeline,
        pages_as_of,
        read_page,
        site_timeline,
        table,
    )

__all__ = [
    "Archive",
    "ArchiveTable",
    "Capture",
    "Change",
    "CrawlReport",
    "Difference",
    "ExtractReport",
    "FactChanges",
    "Filters",
    "Intake",
    "Manifest",
    "MarshamError",
    "Memento",
    "Page",
    "PageAsOf",
    "PageComparison",
    "PageStep",
    "PageVersion",
    "Problem",
    "Settings",
    "SiteTimeline",
    "capture",
    "compare_facts",
    "compare_pages",
    "create_archive",
    "export",
    "export_differences",
    "extract",
    "ingest",
    "memento",
    "open_archive",
    "page_timeline",
    "pages_as_of",
    "read_page",
    "site_timeline",
    "table",
]


def __getattr__(name: str) -> object:
    """Load the API when something of it is asked for; the command line begins without it."""
    if name in __all__:
        return getattr(import_module("marsham.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what there is, for those who look for it by completion."""
    return list(__all__)
