"""The archive folder: where things are, who may write, and how it recovers from an interruption.

::

    marsham.toml   settings
    lock           held by the one writer
    catalogue.db   the catalogue, unless the settings name another database
    warcs/YYYY/MM/ finished WARC files, read-only
    warcs/open/    what is being written or copied in, originals among it
    originals/     inputs that were not WARC, untouched, by SHA-256
    manifests/     per WARC file: size, SHA-256; and a list of all in BagIt's shape
    decisions.jsonl  what people decided, see `snapshots.journal`
    reviewers.json   who may decide in a browser, see `marsham.web.reviewers`
    manifests/commits/   per commit: what no WARC file tells; see `snapshots.commits`
    quarantine/    tails cut after an interruption, each with its reason
    erasing/       there only while an erasure is carried out; see `snapshots.erasure.completing`

WARC files are the truth. Bytes are on disk before the catalogue points at them, and a file's
`committed_length` says how far that is; see `snapshots.writer` for the order of steps.
"""

import fcntl
import json
import os
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from time import sleep
from typing import TextIO

from archiver.errors import (
    ArchiveError,
    LockedError,
    NoArchiveError,
    NotWritableError,
)
from snapshots.catalogue import Catalogue
from snapshots.settings import Settings, check_settings, read_settings, write_settings

__all__ = ["Archive", "original_path", "this_process"]

SETTINGS = "marsham.toml"
CATALOGUE = "catalogue.db"
OPEN = "warcs/open"
ORIGINAL = ".original"  # how an original in there ends, behind its SHA-256
_LOCK = "lock"
_LOOKS, _LOOK = 3, 0.05  # how often it is tried to lock, and how many seconds apart
_FOLDERS = (OPEN, "originals", "manifests/commits", "quarantine")


class Archive:
    """An archive, opened for reading; a context manager.

    Any number of readers may have it open while one `snapshots.writer.Writer` writes.

    Attributes:
        path: the archive folder.
        settings: what ``marsham.toml`` says.
        catalogue: the database of what it holds.
    """

    def __init__(self, path: Path, settings: Settings, catalogue: Catalogue) -> None:
        self.path = path
        self.settings = settings
        self.catalogue = catalogue

    @classmethod
    def create(cls, path: Path, settings: Settings | None = None) -> "Archive":
        """Make a new archive in a folder that is empty or not there.

        Raises:
            ArchiveError: when the folder holds an archive or anything else already, or the database
                cannot be had.
            NotWritableError: when it cannot be made.
            SettingsError: when a text of the settings is more than one line.

        What a failure had made by then is removed again.
        """
        settings = settings or Settings()
        check_settings(path / SETTINGS, settings)
        try:
            if (path / SETTINGS).exists():
                raise ArchiveError(f"{path} is an archive already; nothing was changed")
            if path.exists() and any(path.iterdir()):
                raise ArchiveError(f"{path} is not empty; choose a new folder for the archive")
            catalogue = _lay_out(path, settings)
        except NotADirectoryError as error:
            raise ArchiveError(f"{path} is not a folder") from error
        except OSError as error:
            raise NotWritableError(str(path), error.strerror or str(error)) from error
        return cls(path, settings, catalogue)

    @classmethod
    def open(cls, path: Path, *, damaged: bool = False) -> "Archive":
        """Open an archive.

        Args:
            path: its folder.
            damaged: open it also when its catalogue cannot be read, for a check to tell so.

        Raises:
            NoArchiveError: when there is none at `path`.
            SettingsError: when its settings cannot be understood.
            ArchiveError: when it may not be read, or its catalogue is lost or of another version.
        """
        try:
            there = (path / SETTINGS).is_file()
        except OSError as error:
            raise ArchiveError(
                f"{path} cannot be looked into: {error.strerror}; "
                "ask who keeps it for the right to read it"
            ) from error
        if not there:
            raise NoArchiveError(str(path))
        settings = read_settings(path / SETTINGS)
        if not settings.database and not (path / CATALOGUE).is_file():
            raise ArchiveError(
                f"{path} has lost its catalogue ({CATALOGUE}); "
                f"make it anew with: marsham --archive {path} rebuild"
            )
        catalogue = _catalogue(path, settings, create=False)
        try:
            catalogue.check_version()
        except ArchiveError as error:
            if not (damaged and error.__cause__):  # the database's own word, not the version
                catalogue.close()
                raise
        except BaseException:
            catalogue.close()
            raise
        return cls(path, settings, catalogue)

    def locate(self, name: str) -> Path:
        """Find a WARC file or an original of the catalogue, finished or still being written."""
        final = self.path / name
        if final.exists():
            return final
        ending = ORIGINAL if name.startswith("originals/") else ".open"
        opened = self.path / OPEN / (final.name + ending)
        return opened if opened.exists() else final  # between two looks it may have been finished

    def lock(self) -> "ArchiveLock":
        """Become the one writer; the lock is held until it is released or the process ends.

        Raises:
            LockedError: at once, when another process holds it; the message names the process.
            NotWritableError: when the folder may not be written.
        """
        return ArchiveLock(self.path)

    def writing_process(self) -> str | None:
        """Give the process that holds the lock now, as `this_process` names it; None for nobody.

        Empty when it cannot be told which. For reports: who holds it may let go at any moment.
        """
        place = self.path / _LOCK
        try:
            file = place.open("rb")
        except OSError:  # nobody ever wrote, or those who did may not be looked at
            return None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go with the file
            except BlockingIOError:
                held = _held(place)
                return f"{held['host']} {held['pid']}" if held else ""
        return None

    def complete(self) -> None:
        """Make those of its folders that are missing: some tools copy no empty ones."""
        for folder in _FOLDERS:
            (self.path / folder).mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Let go of the catalogue."""
        self.catalogue.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def this_process() -> str:
    """Name the process that runs this, so that no other at the time is called the same."""
    return f"{socket.gethostname()} {os.getpid()}"


def original_path(sha256: str) -> str:
    """Give the path of a kept input, relative to the archive folder."""
    return f"originals/{sha256[:2]}/{sha256}"


class ArchiveLock:
    """The right to write to an archive: an advisory lock on the file ``lock`` (flock)."""

    def __init__(self, path: Path) -> None:
        place = path / _LOCK
        try:
            self._file: TextIO = place.open("a+", encoding="utf-8")
        except OSError as error:
            raise NotWritableError(str(path), error.strerror or str(error)) from error
        try:
            _take(self._file)
        except BlockingIOError:
            holder = _holder(place)
            self._file.close()
            raise LockedError(str(path), holder) from None
        me = {"pid": os.getpid(), "host": socket.gethostname(), "command": " ".join(sys.argv)}
        with suppress(OSError):  # on a full disk the lock is held without a name
            os.ftruncate(self._file.fileno(), 0)
            os.write(self._file.fileno(), json.dumps(me).encode())

    def release(self) -> None:
        """Let others write."""
        if not self._file.closed:
            with suppress(OSError):
                os.ftruncate(self._file.fileno(), 0)
            self._file.close()

    def __enter__(self) -> "ArchiveLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lay_out(path: Path, settings: Settings) -> Catalogue:
    # What is made is removed again when a later step fails, the last of it first.
    with ExitStack() as undo:
        if settings.database:  # a database that cannot be had leaves no folder behind
            catalogue = _catalogue(path, settings, create=True)
            undo.callback(catalogue.close)
            with catalogue.read():
                pass
        for folder in ("", *_FOLDERS):
            place = path / folder
            for missing in reversed([one for one in (place, *place.parents) if not one.exists()]):
                missing.mkdir()
                undo.callback(missing.rmdir)
        draft = path / f"{SETTINGS}.new"
        undo.callback(draft.unlink, missing_ok=True)
        write_settings(draft, settings)
        if not settings.database:
            undo.callback((path / CATALOGUE).unlink, missing_ok=True)
            catalogue = _catalogue(path, settings, create=True)
            undo.callback(catalogue.close)
        catalogue.lay_out()
        # The settings come last: a folder without them is not yet an archive.
        draft.replace(path / SETTINGS)
        undo.pop_all()
    return catalogue


def _take(file: TextIO) -> None:
    # Somebody may look for a moment who holds it; see `Archive.writing_process`.
    for left in reversed(range(_LOOKS)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not left:
                raise
            sleep(_LOOK)
        else:
            return


def _holder(place: Path) -> str:
    held = _held(place)
    if not held:
        return "another process"
    return f"process {held['pid']} on {held['host']} ({held['command']})"


def _held(place: Path) -> dict[str, object]:
    # What the holder of the lock says of itself; nothing when that cannot be read.
    try:
        held = json.loads(place.read_text("utf-8"))
        return {name: held[name] for name in ("pid", "host", "command")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _catalogue(path: Path, settings: Settings, *, create: bool) -> Catalogue:
    if settings.database:
        catalogue = Catalogue.at(settings.database, str(path / SETTINGS))
    else:
        catalogue = Catalogue.sqlite(path / CATALOGUE, create=create)
    return catalogue
