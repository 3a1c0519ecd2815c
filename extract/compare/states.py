"""States: whether a capture shows the page itself, or says that it is gone, moved or withdrawn."""

import re

from archiver.missing import says_missing
from extract.document import Block, Document

__all__ = ["NOT_A_PAGE", "state_by_status", "state_of"]

NOT_A_PAGE = frozenset({"not-found", "error", "redirect", "empty"})
_GONE = (404, 410)
_SHORT = 600  # characters; a page with more to say is not a page of an error
_ERROR = re.compile(
    r"\b(?:internal server error|service (?:temporarily )?unavailable|bad gateway|"
    r"gateway time-?out|"
    r"server error|an? (?:unexpected )?error (?:has )?occurred|runtime error|"
    r"(?:site|service|system) is (?:currently |temporarily )?(?:down|unavailable|offline)|"
    r"down for (?:planned |essential )?maintenance|access (?:is )?(?:denied|forbidden)|"
    r"(?:error|http|status) (?:403|5\d\d)|database connection)\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\b(?:this|the|our) (?:page|site|website|web ?site|document|content) (?:has |have )?(?:been )?"
    r"(?:moved|relocated|permanently moved)\b|\byou (?:are being|will be) redirected\b"
    r"|\bif you are not (?:automatically )?redirected\b|\b(?:object|document|moved) (?:has )?"
    r"(?:moved|permanently)\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(?:this|the) (?:\w+ ){0,3}?(?:page|guidance|publication|document|leaflet|scheme|advice|"
    r"consultation|policy|information|content|item|circular|report|handbook|form|notice)s? "
    r"(?:(?:was|were|is|are|has been|have been) (?:now )?)(?:formally )?"
    r"(?:withdrawn|archived|superseded|cancelled|discontinued)\b"
    r"|^withdrawn\b|\(withdrawn\)$|^withdrawal notice\b"
    r"|\b(?:has|have) (?:now )?withdrawn (?:this|these) \w"
    r"|\bthis (?:\w+ ){0,2}?(?:page|guidance|publication|document|leaflet|advice|policy|"
    r"information|content|circular|handbook|form)s? (?:is|are) (?:now )?"
    r"(?:no longer (?:current|valid|in force|in use|(?:being )?(?:updated|maintained))|"
    r"out of date)\b"
    r"|\bcafodd .{0,60}\bei th?ynnu.n .l\b|\bwedi(?:.i)? (?:ei |eu )?(?:d|th?)ynnu.n .l\b",
    re.IGNORECASE,
)
_FIRST = 6  # blocks among which a notice stands


def state_by_status(status: int | None) -> str:
    """Say what a capture shows as far as its HTTP status decides it; empty when it does not."""
    if status in _GONE:
        return "not-found"
    if status is None or status == 304 or status < 300:
        return ""
    return "redirect" if status < 400 else "error"


def state_of(document: Document, status: int | None = None) -> str:
    """Say what a capture shows.

    Args:
        document: the page.
        status: its HTTP status, where it is known.

    Returns:
        ``content``, ``not-found`` (whatever the status says), ``error``, ``redirect``,
        ``withdrawn`` (the page, with a notice that it is) or ``empty``.
    """
    if by_status := state_by_status(status):
        return by_status
    text = document.main_text or document.text
    heading = next(
        (block.text for block in document.content if block.kind == "heading" and block.level == 1),
        "",
    )
    if says_missing(heading, "") or says_missing(document.title, text):
        return "not-found"
    if not text:
        return "redirect" if _refreshes(document) else "empty"
    if len(text) < _SHORT:
        if _ERROR.search(f"{document.title}\n{text}"):
            return "error"
        if _refreshes(document) or _MOVED.search(text):
            return "redirect"
    first = [block for block in document.blocks if _may_notify(block)][:_FIRST]
    if any(_WITHDRAWN.search(block.text) for block in first):
        return "withdrawn"
    return "content"


def _may_notify(block: Block) -> bool:
    return block.region != "nav" and len(block.text) < _SHORT


def _refreshes(document: Document) -> bool:
    return any(name == "refresh" and "url" in value.lower() for name, value in document.meta)
