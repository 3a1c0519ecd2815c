"""WARC files to measure with: real ones, over and over, each time captured some days later."""

import re
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

FILES = ("govuk-1.warc.gz", "govuk-2.warc.gz", "iana.warc.gz")
FILE_SIZE = 16 << 20  # bytes after which a new file is begun
_DATE = re.compile(rb"(WARC-Date: )([0-9-]{10}T[0-9:]{8})")


def build(source: Path, folder: Path, size: int) -> list[Path]:
    """Write WARC files of at least `size` bytes together; keep those that are there already.

    Args:
        source: the folder of the real files.
        folder: where to write.
        size: bytes of gzip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / f"done-{size}"
    if not done.exists():
        for old in folder.iterdir():
            old.unlink()
        _write(list(_members(source)), folder, size)
        done.touch()
    return sorted(folder.glob("*.warc.gz"))


def _write(members: list[bytes], folder: Path, size: int) -> None:
    written = files = days = 0
    while written < size:
        files += 1
        with (folder / f"corpus-{files:03}.warc.gz").open("wb") as out:
            while out.tell() < FILE_SIZE and written + out.tell() < size:
                days += 1
                for member in members:
                    packer = zlib.compressobj(wbits=31)
                    out.write(packer.compress(_later(member, days)) + packer.flush())
            written += out.tell()


def _members(source: Path) -> Iterator[bytes]:
    for name in FILES:
        stored = (source / name).read_bytes()
        while stored:
            member = zlib.decompressobj(31)
            yield member.decompress(stored)
            stored = member.unused_data


def _later(member: bytes, days: int) -> bytes:
    def moved(found: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat(found[2].decode()) + timedelta(days=days)
        return found[1] + moment.isoformat().encode()

    return _DATE.sub(moved, member, count=1)
