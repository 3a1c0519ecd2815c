"""Formats of whole pages, each a folder, by the name that people give."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from archiver.confined import Confined
from extract.export.cms.drupal import write_drupal
from extract.export.cms.govuk import write_govuk
from extract.export.cms.wagtail import write_wagtail
from extract.export.cms.wxr import write_wxr
from extract.export.documents import write_documents
from extract.export.folder import Folder, write_folder
from extract.export.manifest import Manifest
from extract.export.selection import Selection
from extract.export.writing import Order
from snapshots.archive import Archive

__all__ = ["PAGE_FORMATS", "write_pages"]

PAGE_FORMATS: dict[str, Callable[[Selection, Folder, Confined], Mapping[str, int]]] = {
    "drupal": write_drupal,
    "govuk": write_govuk,
    "html": partial(write_documents, form="html"),
    "markdown": partial(write_documents, form="markdown"),
    "wagtail": write_wagtail,
    "wxr": write_wxr,
}
"""What writes the files of a format and gives what is to be counted, by its name."""


def write_pages(archive: Archive, order: Order, out: Path) -> Manifest:
    """Write pages into a new folder, in one of `PAGE_FORMATS`; see `write_folder`."""
    return write_folder(archive, order, out, PAGE_FORMATS[order.form])
