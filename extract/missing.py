"""Soft 404s: pages that say they are not there, whatever their status says."""

from archiver.confined import Confined
from archiver.errors import ConfinedError
from extract.page import read_page
from snapshots.mementos import Memento

__all__ = ["says_missing"]


def says_missing(children: Confined, memento: Memento, content: bytes) -> bool:
    """Tell whether a page, given with its decoded content, says that it is not there.

    It is read in one of the children; one that passes their limits says nothing.
    """
    try:
        said = children.call(_says_missing, content, memento.capture.url, memento.content_type)
    except ConfinedError:
        return False
    return said == b"yes"


def _says_missing(content: bytes, url: str, content_type: str) -> bytes:
    return b"yes" if read_page(content, url=url, content_type=content_type).soft_404 else b"no"
