"""Forms and ways out of an archived page: where they lead in an archive, and how they are marked.

No server answers a form any more. So

- the page's own search box searches the archive as of the page's date: it leads to
  ``/search/TIMESTAMP/HOST``;
- a form that would post what was typed leads to ``/form/TIMESTAMP/ADDRESS``, a page that explains;
- any other form leads to the address it asks for, in the archive, and is left as it is.

A link to another site is marked by a title that names the site, unless it has a title of its own.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from archiver.markup import Edit, Tag, write_attribute
from snapshots.replay.addresses import AddressMap, resolve

__all__ = ["SEARCH_NAMES", "is_search_form", "leading_edits"]

SEARCH_NAMES = (
    *("q", "query", "search", "s", "keyword", "keywords", "words", "searchterm", "searchterms"),
    *("search_query", "searchtext", "search_block_form", "term", "terms", "qt", "chwilio"),
)
"""What websites call the field that the words of a search are typed into, the likeliest first."""

_SAYS_SEARCH = re.compile(r"(?<!re)search(?!able)|chwilio", re.IGNORECASE)
_SEARCH_ACTION = re.compile(
    r"/(?:site)?search(?:[-_]?results?)?(?:[./?#]|$)|chwilio", re.IGNORECASE
)
_OF_SITE = re.compile(r"^(?:www\d{0,3}\.)?", re.IGNORECASE)
_SAFE = "!$&'()*+,:;=@~."
_QUOTE = '"'

_LONGEST = 2000  # characters of an address or value that are looked at


def leading_edits(
    tag: Tag, page: str, base: str, addresses: AddressMap, seen: list[str]
) -> Iterator[Edit]:
    """Give the edits that lead a form into the archive, or mark a link that leads to another site.

    Args:
        tag: any start tag; most need none.
        page: the page's original URL.
        base: what its relative addresses start from.
        addresses: where the archive shows things; our own pages stand beside ``/web/``.
        seen: is told what was referred to beside the tag's own addresses.

    They take the place of edits that only lead the form's address elsewhere.
    """
    if tag.name == "form":
        yield from _form_edits(tag, page, base, addresses, seen)
    elif tag.name in ("a", "area"):
        yield from _external_edits(tag, base)


def is_search_form(form: Tag) -> bool:
    """Tell whether a form is a website's search box, by what its start tag says of it.

    Its role says so, or its address, or its name. One that posts is believed only by its role, id,
    name or class.
    """
    if (form.get("role") or "").strip().lower() == "search":
        return True
    if any(
        _SAYS_SEARCH.search((form.get(name) or "")[:_LONGEST]) for name in ("id", "name", "class")
    ):
        return True
    return not _posts(form) and bool(_SEARCH_ACTION.search((form.get("action") or "")[:_LONGEST]))


def _form_edits(
    form: Tag, page: str, base: str, addresses: AddressMap, seen: list[str]
) -> Iterator[Edit]:
    searches = is_search_form(form)
    if not searches and not _posts(form):
        return
    action = resolve(form.get("action") or "", base)
    if action is None:
        seen.append("")  # a form without an address leads to its page, whatever the base
        yield _with(form, "target", "_top")
    before = addresses.prefix.removesuffix("/web/")
    if searches:
        host = quote(urlsplit(base).netloc.lower(), safe=_SAFE)
        yield _with(form, "action", f"{before}/search/{addresses.timestamp}/{host}")
        if _posts(form):
            yield _with(form, "method", "get")
    else:
        where = (action or page).partition("#")[0]
        yield _with(form, "action", f"{before}/form/{addresses.timestamp}/{where}")


def _external_edits(tag: Tag, base: str) -> Iterator[Edit]:
    url = resolve(tag.get("href") or "", base)
    host = _host(url) if url else ""
    if not host or _OF_SITE.sub("", host) == _OF_SITE.sub("", _host(base)):
        return
    if tag.get("title") is None:
        yield _with(tag, "title", f"→ {host}")


def _posts(form: Tag) -> bool:
    return (form.get("method") or "").strip().lower() == "post"


def _host(url: str) -> str:
    try:
        return urlsplit(url[:_LONGEST]).netloc.lower()
    except ValueError:
        return ""


def _with(tag: Tag, name: str, value: str) -> Edit:
    written = f'{name}="{write_attribute(value, _QUOTE)}"'
    for held in tag.attributes:
        if held.name == name:
            return Edit(*held.whole, written)
    place = tag.start + 1 + len(tag.name)
    return Edit(place, place, f" {written}")
