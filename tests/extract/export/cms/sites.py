"""Small archives of awkward pages, for the exports to content systems."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import marsham
from marsham import Archive
from tests.builders import response, warc

HOST = "http://www.northshire.example"
PDF = b"%PDF-1.4 a form"


@contextmanager
def archive_of(
    folder: Path, pages: Mapping[str, bytes], *, date: str = "2011-05-09T10:16:21Z"
) -> Iterator[Archive]:
    """An archive of pages and PDF files by their paths, extracted."""
    records = [
        response(
            body,
            url=HOST + path,
            date=date,
            head=[("Content-Type", "application/pdf" if body.startswith(b"%PDF") else "text/html")],
        )
        for path, body in pages.items()
    ]
    (folder / "a.warc").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc"])
        marsham.extract(archive)
        yield archive


def digests_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
