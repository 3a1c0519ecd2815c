"""Decisions that quote what is erased, told by the capture in which they saw it.

What a decision quotes stands under ``said`` in its line of the journal, with the address; the
capture under ``captured``. A line quotes what is erased when its capture goes, or the last capture
of its page.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from archiver.urls import url_key
from snapshots.erasure.selection import Listed
from snapshots.tables import capture, url

__all__ = ["Quoting"]

_AT_ONCE = 500


class Quoting:
    """What lines of the journal quote of captures that go.

    Args:
        connection: a connection of the catalogue, which has the captures still.
        going: the captures.
    """

    def __init__(self, connection: Connection, going: Iterable[Listed]) -> None:
        captures = list(going)
        self._going = {
            (url_key(one.capture.url), one.capture.timestamp, one.seq) for one in captures
        }
        self._gone = {key for key, _, _ in self._going} - _staying(
            connection, {(one.url_id, int(one.capture.timestamp), one.seq) for one in captures}
        )

    def quotes(self, entry: dict[str, Any]) -> bool:
        """Tell whether an entry of the journal quotes what goes."""
        said, captured = entry.get("said"), entry.get("captured")
        address = said.get("url") if isinstance(said, dict) else None
        if not isinstance(address, str) or not address:
            return False
        key = url_key(address)
        if key in self._gone:
            return True
        return isinstance(captured, list) and (key, *captured) in self._going


def _staying(connection: Connection, going: set[tuple[int, int, int]]) -> set[str]:
    # The keys of pages of which captures stay.
    ids = sorted({url_id for url_id, _, _ in going})
    stay: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        keys = select(url.c.urlkey).where(url.c.id.in_(ids[start : start + _AT_ONCE]))
        query = (
            select(url.c.urlkey, capture.c.url_id, capture.c.timestamp, capture.c.seq)
            .join(capture, capture.c.url_id == url.c.id)
            .where(url.c.urlkey.in_(keys))
        )
        stay.update(key for key, *one in connection.execute(query) if tuple(one) not in going)
    return stay
