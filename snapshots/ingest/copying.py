"""WARC files copied into the archive one ahead of their turn, while the one before is read.

Copying waits for the disk and reading for the processor, so that together they take hardly longer
than one of them. Only a file that is new to the archive is copied ahead.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from archiver.errors import MarshamError
from archiver.framing import is_zstd
from archiver.ingest.sniff import Format, sniff
from snapshots.archive import OPEN, Archive
from snapshots.disk import copy_synced, file_sha256
from snapshots.tables import intake

__all__ = ["Copied", "Copying"]


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of an input, synced: where it is, and its SHA-256 in hex."""

    place: Path
    sha256: str


class Copying:
    """Copies files ahead; a context manager. Ask for them in the order in which they were given.

    Args:
        archive: the archive; its lock must be held by who asks.
        paths: what will be taken in; anything but a WARC file is left to its turn.
    """

    def __init__(self, archive: Archive, paths: Sequence[Path]) -> None:
        self._archive = archive
        self._paths = list(paths)
        self._thread = ThreadPoolExecutor(1)
        self._asked = 0
        self._copying: Future[Copied | None] | None = None
        self._begin()

    def __enter__(self) -> "Copying":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        if self._copying is not None and (left := self._copying.result()):
            left.place.unlink(missing_ok=True)

    def next(self) -> Copied | None:
        """Give the copy of the next file, waiting for it; None where its turn has to make one."""
        assert self._copying is not None  # noqa: S101 - it is asked for each path once
        found = self._copying.result()
        self._asked += 1
        self._begin()
        return found

    def _begin(self) -> None:
        if self._asked < len(self._paths):
            self._copying = self._thread.submit(self._copy, self._paths[self._asked])
        else:
            self._copying = None

    def _copy(self, path: Path) -> Copied | None:
        place = self._archive.path / OPEN / f"{uuid4().hex}.copy"
        try:
            if sniff(path) is not Format.WARC or is_zstd(path) or self._knows(file_sha256(path)):
                return None
            return Copied(place, copy_synced(path, place))
        except (MarshamError, OSError):
            place.unlink(missing_ok=True)
            return None  # its turn will tell what is wrong with it, or with the disk

    def _knows(self, sha256: str) -> bool:
        with self._archive.catalogue.read() as connection:
            return (
                connection.scalar(select(intake.c.id).where(intake.c.digest == sha256)) is not None
            )
