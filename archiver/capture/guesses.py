"""Strings in scripts that look like addresses. Nobody knows without running the script."""

import re
from collections.abc import Iterator

__all__ = ["guessed_references"]

_MOST = 2048  # characters
_PIECE = r"""[^"'`\s\\<>{}|^*$]"""
_STRING = re.compile(rf"""["'`]((?:{_PIECE}|\\/|\\u0026){{2,{_MOST}}})(?=["'`])""")
_LOOKS = re.compile(
    r"""
    https?://[\w\[]
  | //[\w-]+(?:\.[\w-]+)+(?:[/:?]|\Z)
  | \.{0,2}/[\w.%~-]*[A-Za-z0-9][\w.%~-]*(?:[/?]|\.|\Z)
  | [\w%~-][\w.%~/-]*\.(?:s?html?|xhtml|php\d?|aspx?|jspx?|cfm|do|m?js|css|json|xml|rss|txt|csv|pdf
      |docx?|xlsx?|pptx?|od[tsp]|zip|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp[34]
      |m4[av]|og[gv]|webm|wav|swf|vtt)(?:[?#]|\Z)
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def guessed_references(text: str, start: int = 0, end: int | None = None) -> Iterator[str]:
    r"""Find quoted strings that look like addresses, with a script's escapes undone.

    >>> list(guessed_references('a("text/html"); b("\\/crime\\/map.json"); c(\'/police/\')'))
    ['/crime/map.json', '/police/']

    A string with blanks, or with marks of a pattern or a template in it, is none.
    """
    end = len(text) if end is None else end
    for match in _STRING.finditer(text, start, end):
        string = match[1].replace("\\/", "/").replace("\\u0026", "&")
        if _LOOKS.match(string):
            yield string
