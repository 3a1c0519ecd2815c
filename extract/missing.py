"""Soft 404s: pages that say they are not there, whatever their status says."""

from extract.page import read_page
from snapshots.mementos import Memento

__all__ = ["says_missing"]


def says_missing(memento: Memento, content: bytes) -> bool:
    """Tell whether a page, given with its decoded content, says that it is not there."""
    page = read_page(content, url=memento.capture.url, content_type=memento.content_type)
    return page.soft_404
