"""WARC files read in child processes ahead of their turn, while others are written down.

Reading takes most of an ingest and waits for nobody; writing is one process's alone. What is read
ahead is of use only when the file is still the same in its turn: its SHA-256 tells.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from archiver.confined import Confined, Limits
from archiver.errors import ConfinedError, FormatError
from archiver.framing import ZSTD_DICTIONARY, ZSTD_MAGIC
from archiver.ingest.names import shown
from archiver.ingest.sniff import Format, sniff
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Kind, Problem
from snapshots.disk import file_sha256

__all__ = ["Ahead", "ReadWarc"]

_KINDS = {kind.value: kind for kind in Kind}
_PROBLEM = 6  # fields of one; a capture has more
_LIMITS = Limits(seconds=24 * 3600, memory=1 << 30, reply=1 << 28)


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


class Ahead:
    """Reads files ahead; a context manager. Ask for them in the order in which they were given.

    Args:
        paths: what will be taken in; anything but a WARC file is left to its turn.
        jobs: how many are read at once.
        check: whether declared digests are checked.
    """

    def __init__(self, paths: Sequence[Path], jobs: int, *, check: bool) -> None:
        self._paths = list(paths)
        self._check = check
        self._ahead = jobs + 1  # files read and not asked for yet: their captures take memory
        self._children = Confined(_LIMITS, jobs)
        self._threads = ThreadPoolExecutor(jobs)
        self._begun: list[Future[bytes]] = []
        self._asked = 0

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._children.close()
        self._threads.shutdown(cancel_futures=True)

    def next(self) -> ReadWarc | None:
        """Give what was read of the next file, waiting for it; None where it was not."""
        self._asked += 1
        while len(self._begun) < min(len(self._paths), self._asked + self._ahead):
            self._begun.append(self._threads.submit(self._ask, self._paths[len(self._begun)]))
        try:
            reply = self._begun[self._asked - 1].result()
        except ConfinedError:
            return None  # its turn will tell what is wrong with it
        finally:
            self._begun[self._asked - 1] = Future()  # let go of what it held
        return _unpacked(reply)

    def _ask(self, path: Path) -> bytes:
        return self._children.call(_read, os.fsencode(path.absolute()), shown(path), self._check)


def _read(path: bytes, name: str, check: bool) -> bytes:
    place = Path(os.fsdecode(path))
    try:
        if sniff(place) is not Format.WARC:
            return b"null"
        with place.open("rb") as file:
            if file.read(4) in (ZSTD_MAGIC, ZSTD_DICTIONARY):
                return b"null"
        sha256 = file_sha256(place)
        reading = WarcReading(place, name, check=check)
        found = [_packed(one) for one in reading]
    except (FormatError, OSError):
        return b"null"
    return json.dumps([sha256, reading.counts, reading.shared, found]).encode()


def _packed(one: Capture | Problem) -> list[object]:
    if isinstance(one, Problem):
        return [one.code, one.message, one.file, one.offset, one.length, one.url]
    return [
        *(one.url, one.timestamp, one.kind, one.status, one.media_type, one.digest),
        *(one.offset, one.length),
    ]


def _unpacked(reply: bytes) -> ReadWarc | None:
    told = json.loads(reply)
    if told is None:
        return None
    sha256, counts, shared, rows = told
    return ReadWarc(sha256, Counter(counts), shared, rows)
