"""A page as a browser showed it: what it asked for, its links, its document and its picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archiver.capture.link import Link
from archiver.capture.proxy import Answered, Failed, Unasked
from archiver.digests import sha1
from archiver.warc import NewRecord, record_id

__all__ = ["PICTURE", "Loaded", "records_of"]

PICTURE = "urn:fullPage:"  # stands before the page's URL in a screenshot's target
_PNG = "image/png"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading a page; a context manager that lets go of the exchanges.

    Attributes:
        url: the page that was asked for.
        final_url: where the browser ended, by redirects and scripts, without fragment; a script
            may have put there what was never asked for. Empty when nothing was shown.
        title: its title, scripts run; empty when it has none.
        links: where the document leads, in its order, then the windows it tried to open.
        document: the document as it stood in the end, written as HTML in UTF-8, with the shadow
            roots that scripts may see; None when nothing was shown, or a viewer.
        document_type: its media type with charset.
        screenshot: the page as PNG from its top, no higher than was allowed; None without one.
        answered: what was asked and answered.
        refused: what was not asked, with the rule.
        failed: what could not be asked.
        requests: how many requests there were, those of which no note was kept included.
        errors: how many the page's scripts told of, and the browser about its resources.
        loaded_at: when it was read, an aware datetime.
        seconds: how long all took.
        user_agent: what the browser called itself.
        fault: what went wrong or was left out, in words for people; empty when nothing was.
    """

    url: str
    final_url: str
    title: str
    links: tuple[Link, ...]
    document: bytes | None
    document_type: str
    screenshot: bytes | None
    answered: tuple[Answered, ...]
    refused: tuple[Unasked, ...]
    failed: tuple[Failed, ...]
    requests: int
    errors: int
    loaded_at: datetime
    seconds: float
    user_agent: str
    fault: str = ""

    def __enter__(self) -> "Loaded":
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.answered:
            one.exchange.response.close()


def records_of(loaded: Loaded, response_id: str = "") -> Iterator[NewRecord]:
    """Give the records of what the browser made: the page's picture and its document.

    What it asked for are exchanges like any other, and not among them.

    Args:
        loaded: a page.
        response_id: the id of the record that holds the answer it was made from; empty without.

    The picture is a resource record with the target ``urn:fullPage:`` and the page's URL, the form
    in which Browsertrix writes it. The document is a conversion record (ISO 28500, clause 6.7) with
    the page's own URL: made from what was captured, another version of it, and no server's answer;
    so replay does not take it for one.
    """
    target = loaded.final_url or loaded.url
    refers = (("WARC-Refers-To", response_id),) if response_id else ()
    if loaded.screenshot is not None:
        yield NewRecord(
            type="resource",
            id=record_id(),
            date=loaded.loaded_at,
            target=PICTURE + target,
            content_type=_PNG,
            block=loaded.screenshot,
            payload_digest=sha1(loaded.screenshot),
            fields=(("WARC-Concurrent-To", response_id),) if response_id else (),
        )
    if loaded.document is not None:
        yield NewRecord(
            type="conversion",
            id=record_id(),
            date=loaded.loaded_at,
            target=target,
            content_type=loaded.document_type,
            block=loaded.document,
            payload_digest=sha1(loaded.document),
            fields=refers,
        )
