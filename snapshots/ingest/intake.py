"""Taking one input into the archive: whole or not at all, and never twice.

A WARC file is copied in untouched and its captures are listed. Anything else is kept as it is under
``originals/`` and written out as WARC records, each with a metadata record that says where it came
from, which dates were stated for it, and what could not be undone.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from archiver.errors import FormatError, NotWritableError
from archiver.ingest.arc import read_arc
from archiver.ingest.converted import Converted
from archiver.ingest.folder import read_folder
from archiver.ingest.har import read_har
from archiver.ingest.mhtml import read_mhtml
from archiver.ingest.mirror import read_mirror
from archiver.ingest.names import LISTING, shown
from archiver.ingest.saved import (
    KEPT_ONLY,
    SavedCapture,
    SavedFile,
    as_record,
    read_file,
    read_listing,
)
from archiver.ingest.sniff import Format, sniff
from archiver.records import DateSource, Problem
from archiver.warc import Listed
from snapshots.disk import file_sha256
from snapshots.ingest.adoption import adopt_package, adopt_warc
from snapshots.ingest.copying import Copied
from snapshots.ingest.known import recall
from snapshots.ingest.reading import ReadWarc
from snapshots.ingest.session import Intake, Session, Tick
from snapshots.writer import Writer

__all__ = ["Intake", "take_in"]

# These state addresses and dates themselves, so that nobody can give them.
_STATES_ITS_OWN = {
    Format.WARC: "a WARC file",
    Format.ARC: "an ARC file",
    Format.WACZ: "a WACZ package",
    Format.HAR: "a HAR file",
    Format.MHTML: "an MHTML file",
}
_FOLDERS = (Format.PAGES, Format.FOLDER, Format.MIRROR)
_SAVED = (Format.PAGES, Format.FOLDER, Format.MIRROR, Format.PAGE, Format.TEXT)


def take_in(
    writer: Writer,
    path: Path,
    *,
    url: str | None = None,
    captured: str | None = None,
    label: str | None = None,
    operator: str = "",
    check: bool = True,
    listed: Mapping[str, Mapping[int, Listed]] | None = None,
    ahead: ReadWarc | None = None,
    copied: Copied | None = None,
    tick: Tick = lambda done: None,
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
        check: whether the digests that WARC records declare are checked; a check left out can be
            made up for by ``marsham verify``.
        listed: what an index says of WARC files, as `archiver.ingest.listed.read_cdxj` gives it.
            Of the records it lists only the beginning is read.
        ahead: what was read of a WARC file before its turn; of use only while it is the same.
        copied: a copy of a WARC file that was made before its turn; it is taken itself.
        tick: told how many bytes of a WARC file were read.

    Raises:
        DamagedError: when it was taken in before, and the archive has lost files that came of it
            and that it does not hold byte for byte; those it holds are put back.
        FormatError: when the input cannot be read or holds nothing to list; nothing was changed.
        NotWritableError: when the archive cannot be written; nothing was changed.
        TimestampError: when `captured` is no date.
    """
    kind = sniff(path)
    if kind in _STATES_ITS_OWN and (url or captured):
        what = _STATES_ITS_OWN[kind]
        raise FormatError(str(path), f"is {what}, which states its own addresses and dates")
    if kind in _FOLDERS and (url or captured):
        raise FormatError(
            str(path),
            "is a folder, and an address and date can be given for a single page only; "
            f"list the pages in {LISTING}",
        )
    try:
        sha256 = copied.sha256 if copied else ahead.sha256 if ahead else None
        digest = sha256 or _input_digest(path, kind, url, captured)
    except OSError as error:
        raise FormatError(str(path), error.strerror or str(error)) from error
    known = recall(writer, path, digest)
    if known:
        return known
    session = Session(
        writer,
        shown(path),
        kind,
        digest,
        label=label or shown(path.resolve().name).split(".")[0],
        joins=label is not None,
        operator=operator,
        check=check,
        listed=listed,
        ahead=ahead,
        copied=copied,
        tick=tick,
    )
    try:
        if kind is Format.WARC:
            adopt_warc(session, path, shown(path))
        elif kind is Format.WACZ:
            adopt_package(session, path)
        else:
            for found in _converted(session, path, url, captured):
                session.take(found)
        if not session.entries:
            raise FormatError(
                str(path),
                _nothing(shown(path), session.problems, "page" if kind in _SAVED else "capture"),
            )
        return writer.commit(session.store)
    except NotWritableError:
        writer.roll_back()
        raise
    except OSError as error:
        writer.roll_back()
        raise FormatError(str(path), error.strerror or str(error)) from error
    except BaseException:
        writer.roll_back()
        raise


def _converted(
    session: Session, path: Path, url: str | None, captured: str | None
) -> Iterator[Converted | SavedFile | Problem]:
    kind = session.kind
    if kind is Format.PAGES:
        yield from _saved(path, read_listing(path))
    elif kind is Format.FOLDER:
        yield from _saved(path, read_folder(path))
    elif kind is Format.MIRROR:
        yield from _saved(path, read_mirror(path))
    elif kind is Format.ARC:
        yield from read_arc(path, shown(path), session.keep_file(path))
    elif kind is Format.HAR:
        yield from read_har(path, shown(path), session.keep_file(path))
    elif kind is Format.MHTML:
        yield from read_mhtml(path, shown(path), session.keep_file(path))
    else:
        yield from _saved(path, read_file(path, url=url, captured=captured))


def _saved(
    path: Path, found: Iterable[SavedCapture | SavedFile | Problem]
) -> Iterator[Converted | SavedFile | Problem]:
    undated: list[SavedCapture] = []
    number = 0
    for one in found:
        if not isinstance(one, SavedCapture):
            yield one
            continue
        if one.provenance.chosen and one.provenance.chosen.source is DateSource.FILE:
            number += 1
            undated = undated or [one]
        yield as_record(one)
    for first in undated:
        yield _from_file_time(path, first, number)


def _from_file_time(path: Path, first: SavedCapture, number: int) -> Problem:
    if number == 1:
        message = f"nothing states when it was captured: its file's time, {first.timestamp}, stands"
        return Problem("date-from-file", message, first.provenance.source_file, url=first.url)
    message = (
        f"nothing states when {number} of its captures were made: the times of their files stand; "
        f"the first is {first.provenance.source_file}"
    )
    return Problem("date-from-file", message, shown(path.resolve().name), url=first.url)


def _input_digest(path: Path, kind: Format, url: str | None, captured: str | None) -> str:
    """Give the SHA-256 that stands for an input: of the file, or of a folder's files and names."""
    if path.is_dir():
        digest = hashlib.sha256()
        for place in sorted(place for place in path.rglob("*") if place.is_file()):
            name = os.fsencode(place.relative_to(path))
            digest.update(file_sha256(place).encode() + b"  " + name + b"\n")
        return digest.hexdigest()
    file = file_sha256(path)
    if kind in _STATES_ITS_OWN:
        return file
    # The same text may have been saved from two addresses: they are two inputs.
    return hashlib.sha256(f"{file} {url or ''} {captured or ''}".encode()).hexdigest()


def _nothing(name: str, problems: list[Problem], what: str) -> str:
    nothing = f"holds no {what} that could be listed"
    if not problems:
        return nothing
    first = problems[0]
    where = "" if first.offset is None else f" at byte {first.offset}"
    file = "" if first.file == name else f"{first.file}: "
    said = first.message.removeprefix(KEPT_ONLY).removesuffix("; left out")  # nothing is kept
    more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
    return f"{nothing}; {first.code}{where}: {file}{said}{more}"
