"""ZipNum: sorted CDXJ lines in gzip blocks, each of which is found and opened by itself.

An index of hundreds of millions of captures is then a fifth of its size, and a look-up reads one
line of a summary and one block. A folder holds the blocks (``cdx-00000.gz``), the summary
(``cluster.idx``: first key and time, file, offset, length and number of each block, with tabs
between) and where the file of blocks is (``cluster.loc``).

Source: what pywb's ZipNum reader takes, and what Common Crawl publishes.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from archiver.errors import ArchiveError, NotWritableError
from snapshots.disk import cleared, sync_folder

__all__ = ["Block", "Written", "blocks", "write_zipnum"]

_BLOCK_LINES = 3000  # as Common Crawl and pywb have it
_PART = "cdx-00000.gz"


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of an index.

    Attributes:
        head: key and timestamp of the first.
        lines: how many there are.
        data: all of them, as one gzip member.
    """

    head: str
    lines: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What an index came to: its lines, its blocks, and the bytes of its files."""

    lines: int
    blocks: int
    size: int


def blocks(lines: Iterable[str], most: int) -> Iterator[Block]:
    """Put sorted CDXJ lines into blocks of `most` lines; holds one block at a time.

    The same lines give the same bytes.
    """
    left = iter(lines)
    while some := list(islice(left, most)):
        text = "".join(f"{line}\n" for line in some).encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        key, timestamp, _ = some[0].split(" ", 2)
        yield Block(f"{key} {timestamp}", len(some), packer.compress(text) + packer.flush())


def write_zipnum(lines: Iterable[str], out: Path) -> Written:
    """Write an index; whole, or not at all.

    Args:
        lines: of CDXJ, sorted as bytes.
        out: the folder to write; it must not be there yet.

    Raises:
        ArchiveError: when there is something at `out`.
        NotWritableError: when it cannot be written.
    """
    if out.exists():
        raise ArchiveError(f"{out} is there already; choose another name, nothing was written")
    part = out.with_name(out.name + ".part")
    try:
        with cleared(part):
            part.mkdir()
            written = _write(lines, part)
            part.replace(out)
            sync_folder(out.parent)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    return written


def _write(lines: Iterable[str], folder: Path) -> Written:
    count = number = 0
    with (folder / _PART).open("wb") as file, (folder / "cluster.idx").open("wb") as summary:
        for number, block in enumerate(blocks(lines, _BLOCK_LINES), 1):
            fields = (block.head, _PART, file.tell(), len(block.data), number)
            summary.write(("\t".join(map(str, fields)) + "\n").encode())
            file.write(block.data)
            count += block.lines
        for one in (file, summary):
            one.flush()
            os.fsync(one.fileno())
    (folder / "cluster.loc").write_text(f"{_PART}\t{_PART}\n", "ascii")
    return Written(count, number, sum(place.stat().st_size for place in folder.iterdir()))
