"""What must hold of the records that are made from other formats, whichever it was."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from archiver.digests import sha1
from archiver.errors import FormatError
from archiver.ingest.converted import Converted
from archiver.provenance import Provenance
from archiver.records import Problem
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from archiver.warc import (
    NewRecord,
    as_written,
    open_record,
    record_id,
    write_record,
)
from tests.fuzz.records import Seen, scanned

__all__ = ["Kept", "Reader", "check_converted", "keep"]

Reader = Callable[[Path, str, str], Iterable[Converted | Problem]]
_SHA256 = "ab" * 32


@dataclass(frozen=True, slots=True)
class Kept:
    """A converted record with its block read."""

    record: Converted
    block: bytes

    def listed(self, name: str) -> str:
        """Give what the provenance lists under a name; empty for nothing."""
        provenance = self.record.provenance
        return dict(provenance.listed).get(name, "") if provenance else ""


def check_converted(read: Reader, path: Path, new: Path) -> list[Kept | Problem] | None:
    """Read a file twice, write what it gives as WARC and read that again; None when refused."""
    try:
        first = list(keep(read(path, "the file", _SHA256)))
    except FormatError:
        return None
    assert first == list(keep(read(path, "the file", _SHA256))), "a second reading differs"
    for each in first:
        if isinstance(each, Problem):
            _check_problem(each)
        else:
            for problem in each.record.problems:
                _check_problem(problem)
    _check_written([each for each in first if isinstance(each, Kept)], new)
    return first


def keep(found: Iterable[Converted | Problem]) -> Iterator[Kept | Problem]:
    """Read each block while it is good."""
    for each in found:
        if isinstance(each, Problem):
            yield each
        else:
            beside = tuple(replace(other, block=_bytes(other.block)) for other in each.beside)
            block = _bytes(each.block)
            yield Kept(replace(each, block=block, beside=beside), block)


def _bytes(block: bytes | BinaryIO) -> bytes:
    if isinstance(block, bytes):
        return block
    block.seek(0)
    return block.read()


def _check_problem(problem: Problem) -> None:
    # It goes into a database.
    for text in (problem.code, problem.message, problem.file, problem.url or ""):
        _check_text(text)
    assert len(problem.message) < 5000


def _check_text(text: str) -> None:
    assert "\0" not in text, f"a NUL in {text[:80]!r}"
    text.encode()


def _check_written(found: Iterable[Kept], path: Path) -> None:
    written: list[tuple[NewRecord, bytes, Provenance | None]] = []
    for kept in found:
        for each in (kept.record, *kept.record.beside):
            block = _bytes(each.block)
            new = NewRecord(
                type=each.type,
                id=record_id(),
                date=parse_timestamp(each.timestamp),
                target=each.target,
                content_type=each.content_type,
                block=block,
                fields=each.fields,
            )
            written.append((new, block, each.provenance))
            if each.provenance:
                text = each.provenance.to_json()
                assert Provenance.from_json(text) == each.provenance
                _check_text(text)
                text.encode()
    with path.open("wb") as out:
        places = [write_record(out, new)[0] for new, _, _ in written]
    again = scanned(path)
    assert len(again) == len(written), "records come out of the file that did not go in"
    for place, (new, block, _), record in zip(places, written, again, strict=True):
        assert isinstance(record, Seen), record
        assert (record.offset, record.kind) == (place, new.type)
        assert record.block_digest == sha1(block)
        assert record.target == as_written(new.target or "")
        _check_text(record.target)
        url_key(record.target).encode("ascii")
        with open_record(path, place) as opened:
            assert opened.block.read() == block
    path.unlink()
