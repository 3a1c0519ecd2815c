"""Reading a saved page straight from its bytes: replay undone, dates weighed, then read."""

import json
from dataclasses import dataclass
from datetime import date

from archiver.confined import Confined
from archiver.http import media_type
from archiver.ingest.saved import kind_of
from archiver.provenance import Provenance
from archiver.records import DateSource, StatedDate
from archiver.timestamps import parse_span
from archiver.unreplay import recover_page
from extract.content import content_html, content_markdown
from extract.page import Page, link_resolver, page_as_json, read_page
from extract.recipes.recipe import Recipe

__all__ = [
    "FORMS",
    "SavedPage",
    "read_saved_page",
    "saved_page_as_json",
    "saved_page_confined",
]

FORMS = ("json", "html", "markdown", "text")  # what a saved page can be written as

_BY_ARCHIVE = (DateSource.MEMENTO, DateSource.FRAME, DateSource.BANNER, DateSource.ADDRESS)
_WHOLE = 14  # digits of a timestamp to the second


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page read from a saved file, and what is known of where it came from."""

    page: Page
    provenance: Provenance


def read_saved_page(
    data: bytes,
    *,
    name: str,
    sha256: str,
    url: str | None = None,
    content_type: str | None = None,
    stated: tuple[StatedDate, ...] = (),
    recipe: Recipe | None = None,
) -> SavedPage:
    """Read a saved page without any archive; never fails, whatever the bytes are.

    Args:
        data: the file's bytes.
        name: what the operator calls the file.
        sha256: its digest, in hex.
        url: the page's address, possibly one in another archive; None when not known.
        content_type: the Content-Type it was served with; told from name and content without it.
        stated: dates stated for it elsewhere, such as in a list.
        recipe: a site's recipe; not followed where the page's address is known and another's.
    """
    kind, charset = media_type(content_type)
    kind = kind or kind_of(name, data)
    recovered = recover_page(data, media_type=kind, charset=charset, address=url)
    provenance = Provenance.of(recovered, source_file=name, source_sha256=sha256, stated=stated)
    address = recovered.url or url
    at = provenance.chosen.timestamp if provenance.chosen else ""
    moment = int(at) if len(at) == _WHOLE else None
    if recipe and address and not recipe.is_for(address, moment):
        recipe = None
    page = read_page(
        recovered.body,
        url=address,
        content_type=content_type or kind,
        archived=_archived(provenance),
        recipe=recipe,
    )
    return SavedPage(page, provenance)


def saved_page_confined(
    children: Confined,
    data: bytes,
    *,
    name: str,
    sha256: str,
    url: str | None = None,
    content_type: str | None = None,
    stated: tuple[StatedDate, ...] = (),
    form: str = "json",
    recipe: Recipe | None = None,
) -> str:
    """Read a saved page in a child, and give it as text.

    Args:
        children: who does it, and within which limits.
        data: see `read_saved_page`, as for the arguments that are not here.
        name: see there.
        sha256: see there.
        url: see there.
        content_type: see there.
        stated: see there.
        recipe: see there.
        form: one of `FORMS`: `saved_page_as_json`, or the page's message alone as clean HTML, as
            Markdown or as text, one block a line.

    Raises:
        ConfinedError: when the page passed the limits or could not be read at all.
    """
    reply = children.call(
        _saved_page_text,
        data,
        name=name,
        sha256=sha256,
        url=url,
        content_type=content_type,
        stated=stated,
        form=form,
        recipe=recipe,
    )
    return reply.decode("utf-8", "replace")


def _saved_page_text(
    data: bytes,
    *,
    name: str,
    sha256: str,
    url: str | None,
    content_type: str | None,
    stated: tuple[StatedDate, ...],
    form: str,
    recipe: Recipe | None,
) -> bytes:
    saved = read_saved_page(
        data,
        name=name,
        sha256=sha256,
        url=url,
        content_type=content_type,
        stated=stated,
        recipe=recipe,
    )
    if form == "json":
        text = json.dumps(saved_page_as_json(saved), ensure_ascii=False, indent=1)
    else:
        text = _message(saved.page, form)
    return text.encode("utf-8", "replace")


def _message(page: Page, form: str) -> str:
    document = page.document
    resolve = link_resolver(page.url, document.base)
    if form == "html":
        return content_html(document, resolve)
    return content_markdown(document, resolve) if form == "markdown" else f"{page.text}\n"


def saved_page_as_json(saved: SavedPage) -> dict[str, object]:
    """Give what the page says in plain values, with its dates and what was done to it."""
    provenance = saved.provenance
    chosen = provenance.chosen
    day = _day(chosen.timestamp) if chosen and len(chosen.timestamp) >= 8 else None
    return page_as_json(saved.page, on=day) | {
        "captured": chosen.timestamp if chosen else None,
        "captured_precision": chosen.precision if chosen else None,
        "date_rule": {"name": chosen.rule, "reason": chosen.reason} if chosen else None,
        "date_conflict": (chosen.conflict or None) if chosen else None,
        "stated_dates": [
            {"source": found.source.value, "timestamp": found.timestamp, "raw": found.raw}
            for found in provenance.stated
        ],
        "fidelity": provenance.grade.value,
        "archive": provenance.archive,
        "not_undone": list(provenance.left),
        "problems": list(saved.page.problems),
    }


def _archived(provenance: Provenance) -> list[date]:
    # The days another archive stated, the chosen one first.
    chosen = provenance.chosen
    days = [
        parse_span(found.timestamp).first.date()
        for found in provenance.stated
        if found.source in _BY_ARCHIVE and len(found.timestamp) in (8, 14)
    ]
    first = [chosen_day] if chosen and (chosen_day := _day(chosen.timestamp)) in days else []
    return list(dict.fromkeys([*first, *days]))


def _day(timestamp: str) -> date:
    return parse_span(timestamp[:8]).first.date()
