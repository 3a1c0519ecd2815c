"""``/partnerships`` and ``/contacts``: who stood at a date, and the history of each."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import TimestampError
from archiver.timestamps import format_timestamp, parse_timestamp
from extract.entities.building import entities_made
from extract.entities.claims import claims_as_of
from extract.entities.histories import find_keys, history_of
from extract.entities.standing import contacts_as_of, partnerships_as_of
from extract.reference.places import REGIONS
from marsham.web.asked import date_asked, listed, words_asked
from marsham.web.pages import nothing_here, views_of
from marsham.web.places import entity_address, value_address

__all__ = ["claims", "contact", "contacts", "partnership", "partnerships"]

_CHOICES = {"region": REGIONS, "country": ("England", "Wales")}
_MOST_SOURCES = 50  # captures named beside one run
_MOST_ROWS = 200  # runs of one table, or contacts of a partnership
_MOST_OTHERS = 20  # others offered where there is none of that name

_Row = TypeVar("_Row")


def partnerships(request: Request) -> Response:
    """Answer ``/partnerships``: those that stood at a date, by region, force and country."""
    region, force, country = (words_asked(request, name) for name in ("region", "force", "country"))
    return _list(
        request,
        "partnerships",
        lambda connection, moment: partnerships_as_of(
            connection, moment, region=region, force=force, country=country
        ),
        {"region": region, "force": force, "country": country},
    )


def contacts(request: Request) -> Response:
    """Answer ``/contacts``: those that stood at a date and have all of some words."""
    words = words_asked(request, "q")
    return _list(
        request,
        "contacts",
        lambda connection, moment: contacts_as_of(connection, moment, words=words),
        {"q": words},
    )


def claims(request: Request) -> Response:
    """Answer ``/claims``: numbers that pages claimed at a date, and what was found."""
    return _list(request, "claims", claims_as_of, {})


def partnership(request: Request) -> Response:
    """Answer ``/partnerships/KEY``: the history of one."""
    return _one(request, "partnership")


def contact(request: Request) -> Response:
    """Answer ``/contacts/KEY``: the history of one."""
    return _one(request, "contact")


def _list(
    request: Request,
    what: str,
    find: Callable[[Connection, datetime], Sequence[_Row]],
    filters: dict[str, str],
) -> Response:
    views = views_of(request)
    told = partial(views.page, f"{what}.html", filters=filters, choices=_CHOICES)
    try:
        typed, digits, moment = date_asked(request)
    except TimestampError:
        return told(status=400, wrong_date=True, asked=words_asked(request, "as-of"))
    with views.archive.catalogue.read() as connection:
        made = entities_made(connection)
        found = find(connection, moment) if made else []
    shown = listed(request, found)
    if shown is None:
        return nothing_here(request)
    return told(
        made=made,
        shown=shown,
        digits=digits or format_timestamp(moment)[:8],
        days=lambda source: (moment - parse_timestamp(source.timestamp)).days,
        query={"as-of": typed} | filters,
        value_address=value_address,
        asked=typed,
    )


def _one(request: Request, kind: str) -> Response:
    views = views_of(request)
    key = request.path_params["key"]
    asked = words_asked(request, "as-of")
    wrong_date = False
    try:
        _, digits, moment = date_asked(request)
    except TimestampError:
        wrong_date, digits, moment = True, "", datetime.now(UTC)
    with views.archive.catalogue.read() as connection:
        history = history_of(connection, kind, key)
        meant = [] if history else find_keys(connection, key)
    if history is None:
        others = [other for of, other in meant if of == kind]
        if len(others) == 1 and others[0] != key:
            where = views.at(entity_address(kind, others[0]), **{"as-of": asked})
            return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
        return views.page("no-entity.html", status=404, kind=kind, others=others[:_MOST_OTHERS])
    known = history.at(moment) if digits else []
    return views.page(
        "entity.html",
        status=400 if wrong_date else 200,
        history=history,
        known=known,
        digits=digits,
        asked=asked,
        wrong_date=wrong_date,
        most=_MOST_SOURCES,
        rows_most=_MOST_ROWS,
        entity_address=entity_address,
        value_address=value_address,
    )
