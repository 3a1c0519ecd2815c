"""What reading a WARC file comes to, packed to travel from one process to another.

A child that reads files has to import this module and little else.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Kind, Problem
from snapshots.disk import file_sha256

__all__ = ["ReadWarc", "read_packed", "unpacked"]

_KINDS = {kind.value: kind for kind in Kind}
_PROBLEM = 6  # fields of one; a capture has more


@dataclass(frozen=True, slots=True)
class ReadWarc:
    """What reading a WARC file came to, as `WarcReading` tells it.

    Attributes:
        sha256: of the file that was read, in hex.
        counts: its records by type.
        shared: whether gzip members hold several records.
    """

    sha256: str
    counts: Counter[str]
    shared: bool
    rows: list[list[Any]]

    def found(self, file: str) -> Iterator[Capture | Problem]:
        """Give captures, in the WARC file of this path in the catalogue, and problems, in order."""
        for row in self.rows:
            if len(row) == _PROBLEM:
                yield Problem(*row)
            else:
                url, timestamp, kind, status, media_type, digest, offset, length = row
                told = (_KINDS[kind], status, media_type, digest, file, offset, length)
                yield Capture(url, timestamp, *told)


def read_packed(path: bytes, name: str, check: bool) -> bytes:
    """Read a WARC file, for `unpacked`.

    Args:
        path: where it is.
        name: what it is called in problems.
        check: whether declared digests are checked.

    Raises:
        OSError: when it cannot be read.
    """
    place = Path(os.fsdecode(path))
    sha256 = file_sha256(place)
    reading = WarcReading(place, name, check=check)
    rows = [_packed(one) for one in reading]
    return json.dumps([sha256, reading.counts, reading.shared, rows]).encode()


def unpacked(reply: bytes) -> ReadWarc:
    """Undo what `read_packed` did."""
    sha256, counts, shared, rows = json.loads(reply)
    return ReadWarc(sha256, Counter(counts), shared, rows)


def _packed(one: Capture | Problem) -> list[object]:
    if isinstance(one, Problem):
        return [one.code, one.message, one.file, one.offset, one.length, one.url]
    return [
        *(one.url, one.timestamp, one.kind, one.status, one.media_type, one.digest),
        *(one.offset, one.length),
    ]
