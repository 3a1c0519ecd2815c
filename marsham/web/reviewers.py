"""Who may decide in a browser: names with hashed passwords, in ``reviewers.json`` of the archive.

A password is kept as scrypt (RFC 7914) of its SHA-256, with a salt of its own. The file can be read
by its owner alone, and belongs to no package, copy or export.
"""

import hmac
import json
import os
from dataclasses import dataclass
from hashlib import scrypt, sha256
from pathlib import Path
from secrets import token_bytes
from threading import Lock
from typing import Any, Final

from archiver.errors import ArchiveError, InputError, NotWritableError
from snapshots.disk import sync_folder

__all__ = ["FEWEST", "REVIEWERS", "Reviewer", "Reviewers"]

REVIEWERS: Final = "reviewers.json"
FEWEST: Final = 12  # characters of a password
_LONGEST = 1000
_LONGEST_NAME = 100
_COST = {"n": 1 << 15, "r": 8, "p": 3}  # 32 MiB and about a quarter of a second
_MEMORY = 1 << 26
_SALT = 16
_ONE_AT_ONCE = Lock()  # or those who try many passwords would fill the memory


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may decide.

    Attributes:
        name: it stands with every decision.
        salt: of the password.
        hashed: the password; another one makes every session end.
    """

    name: str
    salt: bytes
    hashed: bytes


class Reviewers:
    """The people who may decide on the values of one archive.

    Args:
        folder: of the archive.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder / REVIEWERS

    def names(self) -> list[str]:
        """Give the names, sorted."""
        return sorted(self._read())

    def find(self, name: str) -> Reviewer | None:
        """Give the reviewer of a name."""
        told = self._read().get(name)
        if told is None:
            return None
        return Reviewer(name, bytes.fromhex(told["salt"]), bytes.fromhex(told["hashed"]))

    def let_in(self, name: str, password: str) -> Reviewer | None:
        """Give the reviewer of a name if the password is theirs.

        It takes as long for a name that is unknown.
        """
        known = self.find(name)
        held = known or Reviewer("", bytes(_SALT), bytes(32))
        tried = _hashed(password[:_LONGEST], held.salt)
        return known if hmac.compare_digest(tried, held.hashed) else None

    def put(self, name: str, password: str) -> None:
        """Take somebody in, or give them another password.

        To be called by who holds the archive's lock.

        Raises:
            InputError: when the name or the password will not do.
            NotWritableError: when the file cannot be written.
        """
        if not name or name != " ".join(name.split()) or len(name) > _LONGEST_NAME:
            raise InputError(f"a name has 1 to {_LONGEST_NAME} characters, and no blanks around it")
        if not name.isprintable():
            raise InputError("a name has letters, digits and signs only")
        if not FEWEST <= len(password) <= _LONGEST:
            raise InputError(f"a password has {FEWEST} characters or more; several words will do")
        salt = token_bytes(_SALT)
        told = {"salt": salt.hex(), "hashed": _hashed(password, salt).hex()}
        self._write(self._read() | {name: told})

    def drop(self, name: str) -> None:
        """Let somebody in no more; what they decided stays.

        To be called by who holds the archive's lock.

        Raises:
            InputError: when there is nobody of that name.
            NotWritableError: when the file cannot be written.
        """
        held = self._read()
        if name not in held:
            raise InputError(f"nobody is called {name!r}; see: marsham review user --list")
        del held[name]
        self._write(held)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            held = json.loads(self._place.read_bytes())
            return {str(name): dict(held[name]) for name in held}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise ArchiveError(
                f"{self._place} cannot be read: {error}; move it away and make its users anew"
            ) from error

    def _write(self, held: dict[str, dict[str, Any]]) -> None:
        draft = self._place.with_name(f"{REVIEWERS}.new")
        data = json.dumps(held, ensure_ascii=False, indent=1).encode() + b"\n"
        try:
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._place)
            sync_folder(self._place.parent)
        except OSError as error:
            raise NotWritableError(str(self._place), error.strerror or str(error)) from error


def _hashed(password: str, salt: bytes) -> bytes:
    # Of a digest, as scrypt takes a password for the same with NULs behind it (RFC 2104).
    digest = sha256(password.encode("utf-8", "surrogatepass")).digest()
    with _ONE_AT_ONCE:
        return scrypt(digest, salt=salt, maxmem=_MEMORY, dklen=32, **_COST)
