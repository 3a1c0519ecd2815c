"""States: whether a capture shows the page itself, or says that it is gone, moved or withdrawn."""

import re

from archiver.missing import says_missing
from extract.document import Block, Document

__all__ = ["NOT_A_PAGE", "state_by_status", "state_of"]

NOT_A_PAGE = frozenset({"not-found", "error", "redirect", "empty", "off-topic"})
"""States of captures that do not show the page; their texts are not compared with its own."""

_GONE = (404, 410)
_SHORT = 600  # characters; a page with more to say is not a page of an error
_ERROR = re.compile(
    r"\b(?:internal server error|service (?:temporarily )?unavailable|bad gateway|"
    r"gateway time-?out|"
    r"server error|an? (?:unexpected )?error (?:has )?occurred|runtime error|"
    r"(?:site|service|system) is (?:currently |temporarily )?(?:down|unavailable|offline)|"
    r"down for (?:planned |essential )?maintenance|access (?:is )?(?:denied|forbidden)|"
    r"(?:account|site|website|web site|service) (?:has been |is )?(?:suspended|disabled)|"
    r"bandwidth limit exceeded|you (?:do not|don.t) have permission to (?:access|view)|"
    r"(?:error|http|status) (?:403|5\d\d)|403 forbidden|database connection)\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\b(?:this|the|our) (?:page|site|website|web ?site|document|content) (?:has |have )?(?:been )?"
    r"(?:moved|relocated|permanently moved)\b|\byou (?:are being|will be) redirected\b"
    r"|\bif you are not (?:automatically )?redirected\b|\b(?:object|document|moved) (?:has )?"
    r"(?:moved|permanently)\b",
    re.IGNORECASE,
)
# Said of this page, with where to: not that it "may have been moved".
_MOVED_TO = re.compile(
    r"\b(?:page|site|website|web site|document|content|information|section|guidance)s?\b"
    r"(?: (?!may\b|might\b|could\b)\w+){0,4} (?:has|have|was|were) (?:now |been |permanently )*"
    r"(?:moved|relocated|transferred)(?: permanently)?(?: to\b|:)",
    re.IGNORECASE,
)
# Weaker words, for a page that has little else but a link to another site.
_FOUND_ELSEWHERE = re.compile(
    r"\b(?:update|change|amend) your (?:bookmarks?|favou?rites|links?)\b"
    r"|\b(?:find|found|visit|see|available|held)\b[^.]{0,120}"
    r"\bnew (?:web ?)?(?:address|site|page|home|location)\b"
    r"|\b(?:page|site|website|content|information|section|guidance)s?\b[^.]{0,60} (?:is|are) now "
    r"(?:on|at|part of|held|published|hosted|kept)\b"
    r"|\b(?:moved|transferred|migrated) to\b[^.]{0,40}\b(?:www\.|https?:|"
    r"new (?:web ?)?(?:address|site|page|home))",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")  # who moves house says to where
_PARKED_HINTS = ("omain", "OMAIN", "arked", "ARKED")
_PARKED = re.compile(
    r"\bth(?:is|e) domain(?: name)?(?: [\w.-]{1,80})? (?:(?:is|was|has|has been|may be|might be|"
    r"could be) )(?:now |currently |still |recently |also )?(?:for sale|up for sale|parked|expired|"
    r"available (?:for|to)|registered (?:but|with|by|through|via|at))\b"
    r"|\b(?:buy|own|acquire|bid on|make an offer (?:on|for)|[ei]nquire about) this domain\b"
    r"|\bparked (?:free|domain|page|by|courtesy)\b|\bparked,? courtesy\b|\bdomain parking\b"
    r"|\bpage is parked\b",
    re.IGNORECASE,
)
_LISTINGS = re.compile(
    r"\b(?:sponsored|related|popular) (?:listings|links|results|searches|categories)\b"
    r"|\bcourtesy of\b|\bby a third party\b",
    re.IGNORECASE,
)
_BARE_HOST = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_SERVER_TITLE = re.compile(
    r"(?:test page for (?:the )?.{0,30}(?:apache|nginx|http server).{0,40}"
    r"|(?:apache ?2?|nginx|iis|lighttpd)\b.{0,40}\b(?:test|default|start|welcome) page.{0,40}"
    r"|welcome to (?:nginx|caddy|iis\b.{0,10}|openresty)!?|iis windows(?: server)?|iis ?\d(?:\.\d)?"
    r"|it works!?)",
    re.IGNORECASE,
)
_LEADING = 60  # blocks among which a parked domain says what it is
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
        ``off-topic`` (a domain that is parked or for sale, or a server's own first page),
        ``withdrawn`` (the page, with a notice that it is) or ``empty``.
    """
    if by_status := state_by_status(status):
        return by_status
    text = document.main_text or document.text
    heading = next(
        (block.text for block in document.content if block.kind == "heading" and block.level == 1),
        "",
    )
    if len(text) < _SHORT and _says_where_to(document):
        return "redirect"
    if says_missing(heading, "") or says_missing(document.title, text):
        return "not-found"
    if _is_parked(document, heading, text):
        return "off-topic"
    if not text:
        return "redirect" if _refreshes(document) else "empty"
    if len(text) < _SHORT:
        if _ERROR.search(f"{document.title}\n{text}"):
            return "error"
        if _refreshes(document) or _MOVED.search(text) or _leads_on(document, text):
            return "redirect"
    first = [block for block in document.blocks if _may_notify(block)][:_FIRST]
    if any(_WITHDRAWN.search(block.text) for block in first):
        return "withdrawn"
    return "content"


def _is_parked(document: Document, heading: str, text: str) -> bool:
    """Whether a page is that of a domain with nothing on it, or with somebody's adverts.

    One sentence of a long page may speak of a domain for sale: something else must agree.
    """
    if len(text) < _SHORT and any(
        _SERVER_TITLE.fullmatch(title.strip()) for title in (document.title, heading)
    ):
        return True
    if not any(hint in document.text for hint in _PARKED_HINTS):
        return False
    first = [block.text for block in document.blocks[:_LEADING] if len(block.text) < _SHORT]
    if not any(_PARKED.search(said) for said in first):
        return False
    return (
        len(text) < _SHORT
        or any(_BARE_HOST.fullmatch(title.strip()) for title in (document.title, heading))
        or any(_LISTINGS.search(said) for said in first)
    )


def _says_where_to(document: Document) -> bool:
    return any(block.links and _MOVED_TO.search(block.text) for block in document.content)


def _leads_on(document: Document, text: str) -> bool:
    return (
        _FOUND_ELSEWHERE.search(text) is not None
        and _POSTCODE.search(text) is None
        and any(
            link.href[:4].lower() == "http" for block in document.content for link in block.links
        )
    )


def _may_notify(block: Block) -> bool:
    return block.region != "nav" and len(block.text) < _SHORT


def _refreshes(document: Document) -> bool:
    return any(name == "refresh" and "url" in value.lower() for name, value in document.meta)
