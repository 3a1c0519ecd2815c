"""Pieces of pages remembered with what stands in their place, for pages still to come.

A page that was never shown before is for the most part made of pieces of pages that were.
"""

from collections.abc import Callable, Hashable, Mapping
from enum import IntEnum
from threading import Lock

__all__ = ["Reach", "Remembered"]

_LONGEST = 1 << 13  # characters of a piece that is remembered
_TOTAL = 1 << 25  # characters of all, with what stands for them
_SETTING = 1 << 10  # characters a setting is counted as


class Reach(IntEnum):
    """Where else a piece is rewritten in the same way."""

    PAGE = 0
    FOLDER = 1
    SITE = 2


class Remembered:
    """Pieces and what stands for them, by the site or folder they stand in.

    Many threads may use it. When there is no more room all are forgotten: what is needed is soon
    there again.
    """

    def __init__(self) -> None:
        self._settings: dict[Hashable, dict[str, str]] = {}
        self._room = _TOTAL
        self._lock = Lock()

    def within(
        self, site: Hashable, folder: Hashable, rewrite: Callable[[str], tuple[str, Reach]]
    ) -> tuple[Callable[[str], str], Mapping[str, str]]:
        """Give a function that rewrites a piece and remembers it, and the pieces known already.

        Args:
            site: all that the rewriting depends on besides a piece of reach `Reach.SITE`.
            folder: the same for `Reach.FOLDER`.
            rewrite: rewrites a piece, and tells its reach.
        """
        in_site, in_folder = self._known(site), self._known(folder)

        def remember(piece: str) -> str:
            found = in_folder.get(piece)
            if found is None:
                found, reach = rewrite(piece)
                if reach is not Reach.PAGE and len(piece) <= _LONGEST:
                    self._use(len(piece) + len(found))
                    (in_site if reach is Reach.SITE else in_folder)[piece] = found
            return found

        return remember, in_site

    def _known(self, setting: Hashable) -> dict[str, str]:
        known = self._settings.get(setting)
        if known is None:
            self._use(_SETTING)
            known = self._settings.setdefault(setting, {})
        return known

    def _use(self, size: int) -> None:
        with self._lock:
            self._room -= size
            if self._room < 0:
                self._settings.clear()  # pages being made keep theirs until they are done
                self._room = _TOTAL
