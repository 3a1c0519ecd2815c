"""Counts that stay small: of what is counted only the latest so many are kept, and saved by rows.

A row is named by an authority and a name, its text is JSON or hexadecimal digits. Only rows that
changed since the last time are given to be saved, so that saving costs what was done, not what is
known.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

__all__ = ["Key", "Recent", "Tallied", "Tally", "mark_of"]

Key = tuple[str, str]
"""An authority and the name of a row; both together at most some 700 characters."""

_LONGEST_NAME = 300  # characters; a database will not have long keys in an index
_MARK_DIGITS = 16  # hexadecimal, 64 bits


class Tallied(Protocol):
    """What is kept for one name."""

    def to_text(self) -> str:
        """Write it down."""


_T = TypeVar("_T", bound=Tallied)


class Tally(Generic[_T]):
    """Something for each name of a kind; if they become too many, the one longest unused goes."""

    def __init__(
        self, kind: str, most: int, new: Callable[[], _T], read: Callable[[str], _T]
    ) -> None:
        """Begin with nothing.

        Args:
            kind: the first word of the rows' names.
            most: how many are kept.
            new: makes what a name begins with.
            read: reads what `Tallied.to_text` wrote.
        """
        self.kind = kind
        self._most = most
        self._new = new
        self._read = read
        self._held: OrderedDict[Key, _T] = OrderedDict()
        self._changed: set[Key] = set()

    def __len__(self) -> int:
        return len(self._held)

    def key(self, authority: str, name: str) -> Key:
        """Give the key of a name's row; of a long name the end becomes a digest."""
        return _short(authority), f"{self.kind} {_short(name)}"

    def get(self, key: Key) -> _T | None:
        """Give what is kept for a name, not to be changed; None for nothing."""
        return self._held.get(key)

    def take(self, key: Key) -> _T:
        """Give what is kept for a name, to be changed; something new for nothing."""
        held = self._held
        if key in held:
            held.move_to_end(key)
        else:
            held[key] = self._new()
            if len(held) > self._most:
                self._changed.add(held.popitem(last=False)[0])
        self._changed.add(key)
        return held[key]

    def load(self, key: Key, text: str) -> None:
        """Put back a row that was saved."""
        self._held[key] = self._read(text)

    def items(self) -> Iterable[tuple[Key, _T]]:
        """Give all there is."""
        return self._held.items()

    def changes(self) -> dict[Key, str | None]:
        """Give the rows that changed since this was last asked; None for one to be deleted."""
        changed, self._changed = self._changed, set()
        held = self._held
        return {key: held[key].to_text() if key in held else None for key in sorted(changed)}


class Recent:
    """The latest marks that were noted, each with a number; the oldest go as new ones come."""

    _PAGE = 64  # marks a row; the last row is written again whenever a mark is noted

    def __init__(self, kind: str, most: int) -> None:
        """Begin with nothing; `most` is how many marks are kept, `kind` begins the rows' names."""
        self.kind = kind
        self._most = most
        self._number: dict[int, int] = {}
        self._pages: OrderedDict[int, list[int]] = OrderedDict()
        self._changed: set[int] = set()

    def __len__(self) -> int:
        return len(self._number)

    def get(self, mark: int) -> int | None:
        """Give the number noted with a mark; None when the mark is not known (any more)."""
        return self._number.get(mark)

    def note(self, mark: int, number: int = 0) -> None:
        """Keep a mark with a number below 2**64; what is known already stays as it is."""
        if mark in self._number:
            return
        page = next(reversed(self._pages), 0)
        if len(self._pages.get(page, ())) >= self._PAGE:
            page += 1
        self._pages.setdefault(page, []).append(mark)
        self._number[mark] = number
        self._changed.add(page)
        if len(self._number) > self._most:
            oldest, marks = self._pages.popitem(last=False)
            for gone in marks:
                del self._number[gone]
            self._changed.add(oldest)

    def load(self, key: Key, text: str) -> None:
        """Put back a row that was saved; rows have to come in the order of `place`."""
        marks = []
        for start in range(0, len(text), 2 * _MARK_DIGITS):
            middle, end = start + _MARK_DIGITS, start + 2 * _MARK_DIGITS
            mark = int(text[start:middle], 16)
            marks.append(mark)
            self._number[mark] = int(text[middle:end], 16)
        self._pages[self.place(key)] = marks

    def place(self, key: Key) -> int:
        """Say which row this is, counted from the first that ever was."""
        return int(key[1].rpartition(" ")[2])

    def changes(self) -> dict[Key, str | None]:
        """Give the rows that changed since this was last asked; None for one to be deleted."""
        changed, self._changed = self._changed, set()
        return {
            ("", f"{self.kind} {page}"): "".join(
                f"{mark:016x}{self._number[mark]:016x}" for mark in self._pages[page]
            )
            if page in self._pages
            else None
            for page in sorted(changed)
        }


def mark_of(*parts: str) -> int:
    """Give texts a number below 2**64 by which they are known again."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def _short(text: str) -> str:
    if len(text) <= _LONGEST_NAME:
        return text
    return f"{text[: _LONGEST_NAME - 17]}~{mark_of(text):016x}"
