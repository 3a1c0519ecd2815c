"""WARC files read in child processes ahead of their turn, while others are written down.

Reading takes most of an ingest and waits for nobody; writing is one process's alone. What is read
ahead is of use only when the file is still the same in its turn: its SHA-256 tells.
"""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from archiver.confined import Confined, Limits
from archiver.errors import ConfinedError, FormatError
from archiver.framing import is_zstd
from archiver.ingest.names import shown
from archiver.ingest.sniff import Format, sniff
from snapshots.ingest.reading import ReadWarc, read_packed, unpacked

__all__ = ["Ahead"]

_LIMITS = Limits(seconds=24 * 3600, memory=1 << 30, reply=1 << 28)


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
        self._begun: list[Future[bytes | None]] = []
        self._asked = 0
        self._begin()

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *_: object) -> None:
        self._children.close()
        self._threads.shutdown(cancel_futures=True)

    def next(self) -> ReadWarc | None:
        """Give what was read of the next file, waiting for it; None where it was not."""
        self._asked += 1
        self._begin()
        try:
            reply = self._begun[self._asked - 1].result()
        except (ConfinedError, FormatError, OSError):
            return None  # its turn will tell what is wrong with it
        finally:
            self._begun[self._asked - 1] = Future()  # let go of what it held
        return None if reply is None else unpacked(reply)

    def _begin(self) -> None:
        while len(self._begun) < min(len(self._paths), self._asked + self._ahead):
            self._begun.append(self._threads.submit(self._ask, self._paths[len(self._begun)]))

    def _ask(self, path: Path) -> bytes | None:
        if sniff(path) is not Format.WARC or is_zstd(path):
            return None
        place = os.fsencode(path.absolute())
        return self._children.call(read_packed, place, shown(path), self._check)
