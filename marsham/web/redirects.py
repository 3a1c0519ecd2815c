"""Archived redirects: where they led, and how a reader gets past one that leads to itself."""

from archiver.errors import RedirectLoopError
from archiver.timestamps import parse_timestamp
from archiver.urls import join_url
from marsham.web.places import snapshot_address
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import Memento

__all__ = ["beyond", "redirect_target"]

_REDIRECTS = (301, 302, 303, 307, 308)


def redirect_target(memento: Memento) -> str | None:
    """Say where an archived redirect led, if that is a web page."""
    head = memento.head
    location = head.headers.get("Location") if head and head.status in _REDIRECTS else None
    target = join_url(memento.capture.url, location) if location else None
    return target if target and target.startswith(("http://", "https://")) else None


def beyond(views: Views, memento: Memento, target: str, modifier: str) -> str:
    """Give the closest capture that is no redirect, for a redirect to its own address.

    Led to another spelling of its own address, a reader would be answered with the same again.

    Raises:
        RedirectLoopError: when there is none.
    """
    capture = memento.capture
    with views.archive.catalogue.read() as connection:
        versions = index.versions(connection, target)
        others = [found for found in versions if found.status not in _REDIRECTS]
    at = parse_timestamp(capture.timestamp)
    near = min(others, key=lambda found: abs(parse_timestamp(found.timestamp) - at), default=None)
    if near is None:
        raise RedirectLoopError(capture.url, capture.timestamp)
    return snapshot_address(near.timestamp, near.url, modifier=modifier, number=near.number)
