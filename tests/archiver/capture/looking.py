"""Answers written out for the tests of finding, and what is found in them."""

from collections.abc import Sequence

from archiver.capture.finding import Found, find
from archiver.headers import Headers
from archiver.http import Head

__all__ = ["SITE", "URL", "found", "hops", "look", "targets"]

SITE = "http://www.homeoffice.example"
URL = f"{SITE}/crime/list.htm"


def look(
    payload: str | bytes,
    content_type: str | None = "text/html",
    *,
    url: str = URL,
    status: int = 200,
    fields: Sequence[tuple[str, str]] = (),
    guesses: bool = False,
    sitemap: bool = False,
) -> Found:
    """Find where an answer leads."""
    declared = [] if content_type is None else [("Content-Type", content_type)]
    head = Head("HTTP/1.1", status, "", Headers.of([*declared, *fields]))
    body = payload.encode() if isinstance(payload, str) else payload
    return find(url, head, body, guesses=guesses, sitemap=sitemap)


def found(answer: Found) -> list[tuple[str, str]]:
    """Give hop and target of each link; of an address on the site only what follows the host."""
    return [(link.hop.value, link.url.removeprefix(SITE)) for link in answer.links]


def targets(answer: Found) -> list[str]:
    """Give the targets alone."""
    return [target for _, target in found(answer)]


def hops(payload: str | bytes, content_type: str | None = "text/html") -> list[tuple[str, str]]:
    """Find hops and targets in one step."""
    return found(look(payload, content_type))
