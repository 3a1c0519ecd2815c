r"""A page's markup in pieces that can be rewritten one by one, and so be remembered.

The pages of a site repeat each other: its menus, its styles, its footer. A piece is a tag with
attributes, a comment, or an element whose inside is no markup, with all of it; how it is rewritten
depends on its own text alone once it is known what relative addresses start from. So that a piece
seen before costs one look-up, and a page little more than being searched for its pieces once.

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
_PIECE = re.compile(
    rf"""
    < (?! /[a-zA-Z0-9]++> ) (?:
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
    """Rewrite a page piece by piece.

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
