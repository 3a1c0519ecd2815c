"""Whole pages as a folder: made beside its place, moved there whole, with a manifest in it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from archiver.confined import Confined
from archiver.errors import InputError, NotWritableError
from archiver.timestamps import format_timestamp
from extract.asof import check_extracted
from extract.export.content import PAGE_COLUMNS
from extract.export.manifest import (
    ExportedFile,
    Manifest,
    catalogue_revision,
    file_digest,
    manifest_path,
    write_manifest,
)
from extract.export.selection import Selection
from extract.export.writing import Order, newest_moment
from snapshots.archive import Archive

__all__ = ["TOLD", "Folder", "write_folder"]

TOLD = ("title", "summary", "language", "published", "updated", "url", "captured", "digest")
"""The columns of pages that are told of each page in such a folder."""


@dataclass(slots=True)
class Folder:
    """The folder of an export that is being written.

    Attributes:
        path: where it is for now.
        files: what was written, in that order.
    """

    path: Path
    files: list[ExportedFile] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> ExportedFile:
        """Write a new file whole; give what the manifest tells of it."""
        with self.opened(name) as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.files[-1]

    @contextmanager
    def opened(self, name: str, counts: Mapping[str, int] | None = None) -> Iterator[BinaryIO]:
        """Open a new file to be written within the context; it is listed at the end of it.

        Args:
            name: of the file, with the folders above it.
            counts: what it holds, as it stands at the end, for the manifest.
        """
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            yield file
        self.files.append(replace(file_digest(path, name), counts=dict(counts or {})))


def write_folder(
    archive: Archive,
    order: Order,
    out: Path,
    write: Callable[[Selection, Folder, Confined], Mapping[str, int]],
) -> Manifest:
    """Write pages into a new folder, and a manifest within it.

    Args:
        archive: the archive.
        order: what of it: of ``pages``, in a format that is a folder.
        out: the folder; it must not be there, or be empty.
        write: writes the files of a selection and gives what is to be counted.

    Raises:
        ArchiveError: when nothing was extracted yet.
        InputError: when the order is for something else than pages, or the folder is not empty.
        NotWritableError: when it cannot be written.
    """
    filters = order.filters
    if order.what != "pages":
        raise InputError(f"{order.form} is for pages; write {order.what} as csv, json or xlsx")
    if filters.functional or filters.regions or filters.least_confidence or order.bom:
        raise InputError("whole pages can be chosen by site, prefix, status and date only")
    part = out.with_name(f"{out.name}.part")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out} is there already; name a new folder")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        folder = Folder(part)
        with archive.catalogue.read() as connection, Confined() as children:
            check_extracted(connection)
            moment = order.moment or newest_moment(connection)
            selection = Selection(archive, connection, moment, filters)
            counts = write(selection, folder, children)
            state = catalogue_revision(connection)
        manifest = Manifest(
            what=order.what,
            form=order.form,
            as_of=format_timestamp(moment),
            filters=filters.as_json(),
            catalogue=state,
            counts=counts,
            columns=tuple(column for column in PAGE_COLUMNS if column.name in TOLD),
            identity=("url",),
            files=tuple(sorted(folder.files, key=lambda file: file.name)),
        )
        write_manifest(manifest, manifest_path(part))
        part.replace(out)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest
