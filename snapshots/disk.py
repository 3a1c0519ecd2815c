"""Files put on disk so that they survive a crash: written whole, synced, then renamed."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    "bytes_sha256",
    "cleared",
    "copy_synced",
    "file_sha256",
    "sync_folder",
    "write_synced",
]

_STEP = 1 << 20
_ZEROS = bytes(_STEP)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_synced(source: Path, target: Path) -> str:
    """Copy a file in constant memory, sync the copy, and give its SHA-256 in hex.

    Long runs of zeros become holes, so that a sparse file stays one.
    """
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in _parts(source):
            digest.update(part)
            if part == _ZEROS:
                out.seek(len(part), os.SEEK_CUR)
            else:
                out.write(part)
        out.truncate()
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def bytes_sha256(data: bytes) -> str:
    """Give the SHA-256 of bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """Give a file's SHA-256 in hex, in constant memory."""
    digest = hashlib.sha256()
    for part in _parts(path):
        digest.update(part)
    return digest.hexdigest()


def sync_folder(path: Path) -> None:
    """Make sure that names given or taken away in a folder survive a crash."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def cleared(part: Path) -> Iterator[None]:
    """Take away a half-written file or folder when what was to finish it fails."""
    try:
        yield
    except BaseException:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
        raise


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(_STEP):
            yield part
