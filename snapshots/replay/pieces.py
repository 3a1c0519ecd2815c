r"""A page's markup in pieces that can be rewritten one by one, and so be remembered.

The pages of a site repeat each other: its menus, its styles, its footer. A piece is a tag that may
hold an address, a comment that may hold markup, or an element whose inside is no markup, with all
of it; how it is rewritten depends on its own text alone once it is known what relative addresses
start from. So that a piece seen before costs one look-up, and a page little more than being
searched for its pieces once.

Only markup that is written as nearly all markup is can be taken apart in that way. Of any other,
such as a tag that the end of the page cuts short, `in_pieces` tells that it must be read as a
whole.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["in_pieces"]

_SPACE = r"[ \t\n\f\r]"
_NAME = r"[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
# Attributes as `archiver.markup` reads them, but for a quotation mark that is never closed. Each
# repeat keeps no way back: time is in proportion to length.
_ATTRIBUTES = rf"""
    [ \t\n\f\r/]*+
    (?: {_NAME} {_SPACE}*+
        (?: = {_SPACE}*+
            (?: "[^"]*+" | '[^']*+' | [^ \t\n\f\r>"'][^ \t\n\f\r>]*+ | (?=>) )
          | (?!=) )
        [ \t\n\f\r/]*+ )*+
"""
_RAW = "script|style|textarea|title|xmp|iframe|noembed|noframes"
# Tags of which none is ever changed, as they have no attribute that could say an address, and
# comments without markup: more than half of all. They are passed over without being looked at.
# No "<" may stand in them, or what begins there would be taken for a piece.
_NO_ADDRESS = """
    (?: class|id|title|value|name|type|for|role|lang|dir|alt|align|valign|width|height|colspan
      | rowspan|border|cellpadding|cellspacing|scope|size|color|tabindex|selected|checked|disabled
      | aria-[a-z]++ | data-[a-z-]++ ) (?: ="[^"<]*+" )?
  | style="[a-zA-Z0-9 :;.,%\\#!_-]*+"
"""
_INERT = rf"""
    (?! (?: {_RAW}|plaintext|form|meta|param ) [ />] )
    [a-z][a-z0-9]*+ (?: [ ] (?: {_NO_ADDRESS} ) (?= [ />] ) )*+ [ ]?/?>
  | !-- (?! -?> | [ \t\n\f\r]*+ \[ ) (?: [^-<]++ | - (?! -!?> ) )*+ --!?>
"""
_PIECE = re.compile(
    rf"""
    < (?! /[a-zA-Z0-9]++> | {_INERT} ) (?:
        (?= [sStTxXiInNpP] ) (?i:
            (?P<raw> {_RAW} ) (?=[ \t\n\f\r/>]) {_ATTRIBUTES} >
            (?: [^<]++ | < (?! /(?P=raw) [ \t\n\f\r/>] ) )*+ (?= </(?P=raw) [ \t\n\f\r/>] )
          | (?P<unended> (?:{_RAW}|plaintext) (?=[ \t\n\f\r/>]) ) )
      | /? [a-zA-Z][^ \t\n\f\r/><]*+ (?:
            [ \t\n\f\r/] (?: {_ATTRIBUTES} > | (?P<cut> ) ) | (?P<odd> < ) )
      | !-- (?! -?> ) (?: [^-]++ | - (?! -!?> ) )*+ --!?>
      | [!?] (?! -- ) [^>]*+ >
      | / (?! [a-zA-Z] ) [^>]*+ >
      | [!?/] (?! [a-zA-Z] ) (?P<other> )
    )
    """,
    re.VERBOSE,
)
_FOREIGN = re.compile("<(?:svg|math)", re.IGNORECASE)
_FOREIGN_RULES = re.compile(rf"<!\[CDATA\[|<(?:{_RAW}|plaintext)[^>]*/>", re.IGNORECASE)
_NESTED = re.compile("<script(?=[ \\t\\n\\f\\r/>])", re.IGNORECASE)


class _OddError(Exception):
    """The page has markup that can only be read as a whole."""


def in_pieces(
    text: str, rewrite: Callable[[str], str], known: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """Rewrite a page piece by piece; what surely holds no address stays as it is.

    Args:
        text: the page, in HTML's syntax, not XML's.
        rewrite: given a piece, gives what is to stand in its place.
        known: pieces for which that is known already.

    Returns:
        The page rewritten; None when it cannot be taken apart, whatever `rewrite` was given then.
    """
    if _FOREIGN.search(text) and _FOREIGN_RULES.search(text):
        return None  # in pictures and formulas a tag may end itself
    get = known.get

    def put(found: re.Match[str]) -> str:
        piece = found[0]
        if (new := get(piece)) is not None:
            return new
        kind = found.lastgroup
        if kind is not None and (
            kind != "raw"
            or ("<!--" in piece and found["raw"].lower() == "script" and _NESTED.search(piece, 1))
        ):
            raise _OddError
        return rewrite(piece)

    try:
        return _PIECE.sub(put, text)
    except _OddError:
        return None
