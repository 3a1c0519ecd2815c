"""Temporary files for what may be too long to be held in memory."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from archiver.errors import NotWritableError

__all__ = ["new_spool", "rewind", "spool"]


def new_spool(in_memory: int) -> BinaryIO:
    """Make a temporary file that goes to disk once it holds more than so many bytes."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=in_memory))


def spool(file: BinaryIO, part: bytes) -> None:
    """Put bytes at the end of a spool.

    Raises:
        NotWritableError: when the temporary folder has no room for them.
    """
    with _disk():
        file.write(part)


def rewind(file: BinaryIO) -> None:
    """Go back to the start of a spool that is complete, to read it.

    Raises:
        NotWritableError: when the temporary folder has no room for its last bytes.
    """
    with _disk():
        file.seek(0)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotWritableError(tempfile.gettempdir(), reason) from error
