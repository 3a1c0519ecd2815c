"""Pictures and documents that go with exported pages: copied out of their captures, bytes once."""

from dataclasses import dataclass, field
from datetime import datetime

from archiver.errors import InputError, MarshamError
from archiver.http import media_type
from archiver.markup import Use
from archiver.urls import url_key
from extract.export.folder import Folder
from snapshots.archive import Archive
from snapshots.copies.filetypes import ending
from snapshots.copies.names import address_name
from snapshots.mementos import memento_at
from snapshots.requisites import requisites

__all__ = ["Carried", "Carrier", "images_of"]

_FILES = "files"
_MOST_IMAGES = 300  # of one page
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that goes with the pages.

    Attributes:
        name: its place in the folder.
        captured: the capture it was copied from, 14 digits.
        digest: of the payload as it was served, as the record declares it.
        type: the media type it was served with; empty where none was named.
        size: in bytes, content coding undone.
        sha256: of these bytes, in hex.
    """

    name: str
    captured: str
    digest: str
    type: str
    size: int
    sha256: str


@dataclass(slots=True)
class Carrier:
    """Copies captures into the folder of an export.

    Attributes:
        archive: where they are from.
        folder: where they go.
        counts: how many files were written (``carried``), and how often there was nothing good to
            be copied (``not_carried``).
    """

    archive: Archive
    folder: Folder
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("carried", "not_carried"), 0)
    )
    _known: dict[str, Carried] = field(default_factory=dict)  # by digest

    def carry(self, url: str, moment: datetime) -> Carried | None:
        """Copy the capture of an address closest to a moment.

        Returns:
            The file; None when there is no such capture, it is withdrawn, damaged, or of an error.
        """
        try:
            memento = memento_at(self.archive, url, moment)
            if memento.head is not None and memento.head.status not in _GOOD:
                raise InputError(f"{url} was answered with {memento.head.status}")
            digest = memento.capture.digest
            if digest in self._known:
                return self._known[digest]
            content = memento.content()
        except MarshamError:
            self.counts["not_carried"] += 1
            return None
        kind = media_type(memento.content_type)[0]
        captured = memento.capture.timestamp
        name = f"{_FILES}/{address_name(url_key(url))}-{captured}{ending(kind, content, url)}"
        written = self.folder.write(name, content)
        self.counts["carried"] += 1
        found = Carried(name, captured, digest, kind, written.size, written.sha256)
        self._known[digest] = found
        return found


def images_of(payload: bytes, url: str, content_type: str) -> list[str]:
    """Give the addresses of the pictures that a page shows; of very many the first."""
    return list(
        requisites(
            payload,
            url,
            charset=media_type(content_type)[1],
            uses=(Use.IMAGE,),
            most=_MOST_IMAGES,
        )
    )
