"""Forms of an archived page: where they lead in an archive, since no server answers them any more.

- The page's own search box searches the archive, as of the page's date: its form leads to
  ``/search/TIMESTAMP/HOST/FIELD``, which knows by FIELD what the reader typed. The host is the
  page's own, whoever answered its searches.
- A form that sends its fields in the address (GET) is left to lead to that address in the archive.
- A form that would post them leads to ``/form/TIMESTAMP/ADDRESS``, a page that explains.

What a form is for can be told only at its end, so its tags are shown to a `FormReader` one by one.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from archiver.markup import Edit, Tag, write_attribute
from snapshots.replay.addresses import AddressMap, resolve

__all__ = ["FormReader", "search_field"]

_FORM_TAGS = frozenset(("form", "input"))
_NAMES = frozenset(  # of the field that people type into
    (
        *("q", "query", "search", "s", "keyword", "keywords", "searchterm", "search_query"),
        *("term", "terms", "searchtext", "search_block_form", "search_theme_form", "qt"),
        "chwilio",
    )
)
_TYPED = frozenset(("text", "search", ""))
_SEARCHES = re.compile(r"\bsearch|chwilio|/find\b", re.IGNORECASE)
_SAFE = "!$&'()*+,:;=@~."
_QUOTE = '"'
_MOST_FIELDS = 200  # of one form


class FormReader:
    """Reads the forms of one page, and gives the edits that lead each into the archive.

    Args:
        page: the page's original URL.
        base: what its relative addresses start from.
        addresses: where the archive shows things; our own pages stand beside ``/web/``.
    """

    def __init__(self, page: str, base: str, addresses: AddressMap) -> None:
        self._page = page
        self._base = base
        self._timestamp = addresses.timestamp
        self._prefix = addresses.prefix.removesuffix("/web/")
        self._form: Tag | None = None
        self._fields: list[Tag] = []

    def edits(self, tag: Tag) -> Iterator[Edit]:
        """Take the next tag of the page; give the edits of a form that ends with it."""
        if tag.name not in _FORM_TAGS:
            return
        if tag.name == "input":
            if self._form is not None and len(self._fields) < _MOST_FIELDS:
                self._fields.append(tag)
            return
        yield from self.end()
        if not tag.closing:
            self._form = tag

    def end(self) -> Iterator[Edit]:
        """Give the edits of a form that is still open; to be called at the end of the page."""
        form, fields = self._form, self._fields
        self._form, self._fields = None, []
        if form is None:
            return
        action = resolve(form.get("action") or "", self._base)
        target = action or self._page
        if not target.startswith(("http://", "https://")):
            return
        field = search_field(form, fields)
        if field is not None:
            host = quote(urlsplit(self._page).netloc.lower(), safe=_SAFE)
            name = quote(field, safe="", errors="replace")
            yield _with(form, "action", f"{self._prefix}/search/{self._timestamp}/{host}/{name}")
            yield _with(form, "method", "get")
        elif (form.get("method") or "").strip().lower() == "post":
            where = target.partition("#")[0]
            yield _with(form, "action", f"{self._prefix}/form/{self._timestamp}/{where}")
        else:
            return
        if action is None:  # a form with an address is led to the window as links are
            yield _with(form, "target", "_top")


def search_field(form: Tag, fields: list[Tag]) -> str | None:
    """Give the name of the field that a search form's words are typed into; None for other forms.

    A form is a search form when it says so (its role, the type of a field, its address) or has one
    field to type into, of a name that only search boxes have. One that asks for a password, or has
    several fields to type into, is none.
    """
    kinds = [(one.get("type") or "").strip().lower() for one in fields]
    if "password" in kinds or "file" in kinds:
        return None
    typed = [one for one, kind in zip(fields, kinds, strict=True) if kind in _TYPED]
    named = [(one, name) for one in typed if (name := one.get("name"))]
    declared = [name for one, name in named if (one.get("type") or "").lower() == "search"]
    if len(declared) == 1:
        return declared[0]
    known = [name for _, name in named if _bare(name) in _NAMES]
    if (form.get("role") or "").strip().lower() == "search" and named:
        return (known or [name for _, name in named])[0]
    if len(named) != 1:
        return None
    if known:
        return known[0]
    says_so = any(
        _SEARCHES.search(form.get(name) or "") for name in ("action", "id", "class", "name")
    )
    return named[0][1] if says_so else None


def _bare(name: str) -> str:
    # Names such as ctl00$header$txtSearch: what stands behind the last mark says what it is.
    last = re.split(r"[$.\[\]:]", name.lower().rstrip("]"))[-1]
    return last.removeprefix("txt").removeprefix("edit-")


def _with(form: Tag, name: str, value: str) -> Edit:
    written = f'{name}="{write_attribute(value, _QUOTE)}"'
    for held in form.attributes:
        if held.name == name:
            return Edit(*held.whole, written)
    place = form.start + 1 + len(form.name)
    return Edit(place, place, f" {written}")
