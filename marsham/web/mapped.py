"""``/review/redirects``: the map of where old addresses lead, decided on row by row.

There with ``serve --edit --redirects FILE`` only. Signing in, and what a form must carry, is as for
all of ``/review``.
"""

from collections.abc import Callable
from collections.abc import Mapping as Named
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archiver.errors import FormatError, InputError, LockedError, MarshamError, TimestampError
from archiver.timestamps import parse_timestamp
from extract.redirects.deciding import MapFile, RowChangedError, decide_row, mark_of
from extract.redirects.mapping import Fate, Mapping
from marsham.web.asked import listed, words_asked
from marsham.web.pages import nothing_here, views_of
from marsham.web.sessions import Session
from marsham.web.signed import UNKEPT, address_of, posted, session_page, signed_in, to_sign_in

__all__ = ["map_routes"]

_LIST, _ROW = "/review/redirects", "/review/redirects/row"
_FILTERS: Final = ("type", "text", "state", "page")
_STATES: Final = ("open", "decided")
_DIGITS = 14
_LONGEST = 2000  # characters of an address or a reason


def map_routes(file: MapFile) -> list[Route]:
    """Give the addresses at which people decide on a map."""

    def asked(page: Callable[[Request, Session, MapFile], Response]) -> Callable[..., Response]:
        def answer(request: Request, session: Session) -> Response:
            try:
                return page(request, session, file)
            except FormatError as error:
                return _unreadable(request, session, error)

        return signed_in(answer)

    def decided(request: Request, session: Session, form: Named[str, str]) -> Response:
        if not session.name:
            return to_sign_in(request)
        try:
            return _decide(request, session, file, form)
        except FormatError as error:
            return _unreadable(request, session, error)

    return [
        Route(_LIST, asked(_list)),
        Route(_ROW, asked(_row_page), methods=["GET"]),
        Route(_ROW, posted(decided), methods=["POST"]),
    ]


def _list(request: Request, session: Session, file: MapFile) -> Response:
    typed = {name: words_asked(request, name) for name in ("type", "text", "state")}
    rows = file.rows()
    shown = listed(request, [row for row in rows if _is_asked_for(row, typed)])
    if shown is None:
        return nothing_here(request)
    return session_page(
        request,
        session,
        "redirects.html",
        shown=shown,
        typed=typed,
        query={name: text for name, text in typed.items() if text},
        counts={fate: sum(row.fate is fate for row in rows) for fate in Fate},
        here=_asked(request),
        fates=list(Fate),
        states=_STATES,
        done=request.query_params.get("done") == "1",
    )


def _is_asked_for(row: Mapping, typed: Named[str, str]) -> bool:
    part = typed["text"].casefold()
    return (
        (typed["type"] not in list(Fate) or row.fate == typed["type"])
        and (typed["state"] not in _STATES or bool(row.decided_by) == (typed["state"] == "decided"))
        and any(part in url.casefold() for url in (row.old_url, row.target, *row.spellings))
    )


def _row_page(request: Request, session: Session, file: MapFile) -> Response:
    row = _row(request, file)
    if row is None:
        return _missing(request, session)
    # Why a draft says so is no reason of the person who decides otherwise.
    reason = row.reason if row.decided_by else ""
    typed = {"type": row.fate.value, "target": row.target, "reason": reason}
    return _form(request, session, row, typed)


def _decide(request: Request, session: Session, file: MapFile, form: Named[str, str]) -> Response:
    row = _row(request, file)
    if row is None:
        return _missing(request, session)
    views = views_of(request)
    typed = {name: form.get(name, "").strip()[:_LONGEST] for name in ("type", "target", "reason")}
    status, wrong, said = 400, "type", views.language.say("map_choose")
    if typed["type"] in list(Fate):
        wrong, said = "reason", views.language.say("review_no_reason")
        if typed["reason"]:
            decided = Mapping(
                row.old_url,
                Fate(typed["type"]),
                typed["target"],
                reason=typed["reason"],
                decided_by=session.name,
            )
            try:
                decide_row(views.archive, file, form.get("mark", ""), decided)
            except LockedError:
                status, wrong, said = 503, "", views.language.say("review_locked")
            except RowChangedError:
                status, wrong, said = 409, "", views.language.say("map_changed")
            except InputError as error:
                wrong, said = "target", str(error)
            except (MarshamError, OSError) as error:
                status, wrong, said = 500, "", str(error)
            else:
                return RedirectResponse(views.at(_LIST, **_asked(request), done="1"), 303, UNKEPT)
    return _form(request, session, row, typed, status=status, wrong=wrong, said=said)


def _form(
    request: Request,
    session: Session,
    row: Mapping,
    typed: Named[str, str],
    *,
    status: int = 200,
    wrong: str = "",
    said: str = "",
) -> Response:
    return session_page(
        request,
        session,
        "redirect.html",
        status=status,
        headers={"Retry-After": "10"} if status == 503 else {},
        row=row,
        shown_on=row.last_good if _is_timestamp(row.last_good) else "",
        mark=mark_of(row),
        typed=typed,
        fates=list(Fate),
        wrong=wrong,
        said=said,
        back=views_of(request).at(_LIST, **_asked(request)),
        action=address_of(request),
    )


def _row(request: Request, file: MapFile) -> Mapping | None:
    return file.row(request.query_params.get("url", ""))


def _is_timestamp(text: str) -> bool:
    # People may have written anything there.
    try:
        return len(text) == _DIGITS and bool(parse_timestamp(text))
    except TimestampError:
        return False


def _asked(request: Request) -> dict[str, str]:
    """The list that a row was opened from, to lead back to it."""
    return {name: text for name in _FILTERS if (text := words_asked(request, name))}


def _missing(request: Request, session: Session) -> Response:
    said = views_of(request).language.say("map_no_row")
    return session_page(request, session, "review-message.html", status=404, said=said)


def _unreadable(request: Request, session: Session, error: FormatError) -> Response:
    # Somebody saved it otherwise, or took it away, while the server ran.
    return session_page(request, session, "review-message.html", status=500, said=str(error))
