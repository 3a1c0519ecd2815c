"""A WARC file with some records replaced by stubs, every other byte as it was.

A stub is a ``metadata`` record under the id and date of the record it stands for. It says that this
record was erased, when, by whose decision and why; it keeps no digest, for a digest can confirm a
guess at what was erased. Records that refer to the erased one by its id then lead to the stub.
"""

import gzip
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from archiver.framing import GZIP_MAGIC
from archiver.warc import NewRecord, record_id, write_record

__all__ = ["Rewritten", "Stub", "rewrite"]

_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Stub:
    """What is told in place of one record.

    Attributes:
        offset: where the record begins in the file as it is.
        length: bytes it occupies there.
        type: the record's own type.
        id: the record's id; a new one is made where it had none.
        date: the record's date, or that of the erasure where it had none that can be read.
        target: its address; None where the address is to go too.
    """

    offset: int
    length: int
    type: str
    id: str
    date: datetime
    target: str | None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new file: its size, its SHA-256 in hex, and the length of each stub in order."""

    size: int
    sha256: str
    lengths: tuple[int, ...]


def rewrite(
    source: Path, target: Path, stubs: Sequence[Stub], why: Sequence[tuple[str, str]]
) -> Rewritten:
    """Write a WARC file anew, stubs in the place of some records, and sync it.

    Args:
        source: the file, plain or gzip; it is only read.
        target: where to write.
        stubs: by offset, none overlapping another.
        why: fields every stub tells besides its own, in the manner of ``warc-fields``.
    """
    lengths = []
    digest = hashlib.sha256()
    with source.open("rb") as old, target.open("wb") as new:
        plain = not old.read(2).startswith(GZIP_MAGIC[:2])
        old.seek(0)
        for stub in stubs:
            _copy(old, new, stub.offset - old.tell(), digest)
            told = _as_bytes(stub, why, plain=plain)
            new.write(told)
            digest.update(told)
            lengths.append(len(told))
            old.seek(stub.offset + stub.length)
        _copy(old, new, os.fstat(old.fileno()).st_size - old.tell(), digest)
        new.flush()
        os.fsync(new.fileno())
        size = new.tell()
    return Rewritten(size, digest.hexdigest(), tuple(lengths))


def _copy(old: BinaryIO, new: BinaryIO, length: int, digest: "hashlib._Hash") -> None:
    while length:
        part = old.read(min(length, _STEP))
        if not part:
            raise OSError("the file ends within what was to be copied")
        new.write(part)
        digest.update(part)
        length -= len(part)


def _as_bytes(stub: Stub, why: Sequence[tuple[str, str]], *, plain: bool) -> bytes:
    fields = (("erased", f"a record of type {stub.type or 'unknown'}"), *why)
    out = io.BytesIO()
    write_record(
        out,
        NewRecord(
            type="metadata",
            id=stub.id or record_id(),
            date=stub.date,
            target=stub.target,
            content_type="application/warc-fields",
            block="".join(f"{name}: {value}\r\n" for name, value in fields).encode(),
        ),
    )
    return gzip.decompress(out.getvalue()) if plain else out.getvalue()
