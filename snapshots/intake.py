"""Taking one input into the archive: whole or not at all, and never twice.

A WARC file is copied in untouched and its captures are listed. Anything else is kept as it is under
``originals/`` and written out as WARC records, each with a metadata record that says where it came
from, which dates were stated for it, and what could not be undone.
"""

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from archiver.errors import FormatError, NotWritableError
from archiver.ingest.saved import read_file, read_folder, read_listing
from archiver.ingest.sniff import Format, sniff
from archiver.records import Problem
from snapshots.writer import Writer

__all__ = ["Intake", "take_in", "tool_name"]


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in one input came to.

    Attributes:
        name: the input as it was named.
        format: what it was found to be.
        snapshot_id: the snapshot its captures belong to.
        label: that snapshot's label.
        captures: how many captures are listed from it.
        counts: WARC records, or saved files, by kind.
        problems: everything lost, doubtful or left out.
        before: the 14-digit time it was first taken in, when this time nothing changed.
    """

    name: str
    format: Format
    snapshot_id: int
    label: str
    captures: int
    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()
    before: str | None = None


def tool_name() -> str:
    """Name this software and its version, as warcinfo records and snapshots state it."""
    return f"marsham/{version('marsham')}"


def take_in(
    writer: Writer,
    path: Path,
    *,
    url: str | None = None,
    captured: str | None = None,
    label: str | None = None,
    operator: str = "",
) -> Intake:
    """Take one file or folder into the archive, in one transaction.

    Args:
        writer: the archive's writer.
        path: a WARC file, a saved page, a text rendering of one, or a folder of such.
        url: for a single page or text, its address; an address in another archive is taken apart.
        captured: for a single page or text, when it was captured, where that is known.
        label: the snapshot to put it in, made when there is none so called; without it each input
            is a snapshot of its own, called after the file.
        operator: who does this, for the record.

    Raises:
        FormatError: when the input cannot be read or holds nothing to list; nothing was changed.
        NotWritableError: when the archive cannot be written; nothing was changed.
    """
    kind = sniff(path)
    if kind is Format.WARC and (url or captured):
        raise FormatError(str(path), "is a WARC file, which states its own addresses and dates")
    digest = _input_digest(path, kind, url, captured)
    with writer.archive.catalogue.read() as connection:
        known = _known(connection, digest)
    if known:
        return replace(known, name=str(path))
    session = _Session(writer, path, kind, digest, label or path.resolve().name.split(".")[0])
    session.joins = label is not None
    session.operator = operator
    try:
        if kind is Format.WARC:
            return _take_warc(session)
        saved = {
            Format.PAGES: lambda: read_listing(path),
            Format.FOLDER: lambda: read_folder(path),
        }.get(kind, lambda: read_file(path, url=url, captured=captured))
        return _take_saved(session, saved())
    except OSError as error:
        writer.roll_back()
        raise NotWritableError(str(writer.archive.path), error.strerror or str(error)) from error
    except BaseException:
        writer.roll_back()
        raise
