"""XML that no browser would run: what a copy may hold as XML and as SVG.

A page of a copy carries a policy that stops scripts and requests. XML and pictures in SVG cannot:
opened by themselves they would run what is in them, in the name of the web host. So only such as
hold nothing of that kind are kept as what they are; the test is on the bytes and knows no context,
so that there is nothing to get round. Others are kept as text.
"""

import re

__all__ = ["INERT_LIMIT", "asks_elsewhere", "is_inert"]

INERT_LIMIT = 1 << 22
"""Bytes; what is longer is not looked into, and so is not inert."""

# Elements and handlers that run; what makes them up out of pieces (entities); style sheets that
# transform; XHTML and foreign parts; and control characters, which may stand between the letters
# of a word or be half a wide character.
_RUNS = re.compile(
    rb"script|<!entity|<!doctype[^>]{0,400}\[|xml-stylesheet|1999/xhtml|foreignobject"
    rb"|xmlns[^=>]{0,100}=\s*(?:\"[^\"&]*&|'[^'&]*&)"
    rb"|[\s\"'/]on[a-z]{1,30}\s*="
    rb"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    re.IGNORECASE,
)
_REFERS = re.compile(
    rb"(?:(?:href|src|from|by|to|values|base)\s*=\s*[\"']?|url\(\s*[\"']?|@import\s*[\"']?)\s*"
    rb"(?:https?:|ftp:|file:|javascript:|[/\\]|&|[^\"'>\s]*\\)",
    re.IGNORECASE,
)


def is_inert(data: bytes) -> bool:
    """Tell whether no browser would run anything in an XML file, whole or the start of one."""
    return len(data) <= INERT_LIMIT and not _RUNS.search(data)


def asks_elsewhere(data: bytes) -> bool:
    """Tell whether a picture in SVG may still refer to something outside its copy."""
    return _REFERS.search(data) is not None
