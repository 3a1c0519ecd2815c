"""``/review``: values to be decided on, for those who sign in; there with ``serve --edit`` only.

Every page asks for a session but the one to sign in. What is posted must come from a form of the
session, on a page of ours. A decision is written as `marsham review` writes it; when somebody else
writes to the archive the form comes back as it was filled in.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archiver.errors import ArchiveError, InputError, LockedError, MarshamError, TimestampError
from archiver.timestamps import format_timestamp, parse_date, parse_span
from extract.corrections.decisions import CORRECT, REJECT, Correction
from extract.corrections.holding import REASONS, STALE
from extract.corrections.reviewing import (
    ACCEPT,
    STATES,
    Item,
    Verdict,
    corrections_in_view,
    decide_items,
    item_of,
    items,
    items_of_page,
    quoted,
    values_of,
)
from extract.entities.decided import refresh_entities
from marsham.web.dates import read_asked
from marsham.web.pages import nothing_here, problem_page, views_of
from marsham.web.reviewers import Reviewers
from marsham.web.sessions import Attempts, Session, Sessions, came_from_here
from marsham.web.views import Views
from snapshots.archive import Archive

__all__ = ["Editing", "absent_routes", "review_routes"]

_AT_ONCE = 50
_MOST_VALUES = 500
_MOST_POSTED = 1 << 16  # bytes
_LONGEST = 300  # characters of a filter
_UNKEPT = {"Cache-Control": "no-store"}
_FORM = "application/x-www-form-urlencoded"
_START = "/review"
_NEXT = re.compile(r"/review(?:/[a-z0-9-]+)*(?:\?[!-~]*)?")
_ID = re.compile(r"[0-9a-f]{16}")
_DECISIONS: Final = (ACCEPT, CORRECT, REJECT)
_KINDS: Final = ("attachment", "authority", "claim_check", "contact", "count", "date", "legal")
_ALL_KINDS: Final = (*_KINDS, "partnership")


@dataclass(frozen=True, slots=True)
class Editing:
    """What is needed to let people decide: who they are, their sessions, and how often they try."""

    reviewers: Reviewers
    sessions: Sessions
    attempts: Attempts


def review_routes() -> list[Route]:
    """Give the addresses at which people decide; the application's state has an `Editing`."""
    return [
        Route("/review", _signed_in(_list)),
        Route("/review/sign-in", _sign_in_page, methods=["GET"]),
        Route("/review/sign-in", _posted(_sign_in), methods=["POST"]),
        Route("/review/sign-out", _posted(_sign_out), methods=["POST"]),
        Route("/review/values", _signed_in(_values)),
        Route("/review/log", _signed_in(_log)),
        Route("/review/items/{id}", _signed_in(_item_page), methods=["GET"]),
        Route("/review/items/{id}", _posted(_decide), methods=["POST"]),
        *absent_routes(),
    ]


def absent_routes() -> list[Route]:
    """Give the same addresses as they answer where nothing can be decided: 404."""
    return [
        Route(path, nothing_here, methods=["GET", "POST"])
        for path in ("/review", "/review/{rest:path}")
    ]


_Page = Callable[[Request, Session], Response]
_Posted = Callable[[Request, Session, Mapping[str, str]], Response]


def _signed_in(page: _Page) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        session = _editing(request).sessions.of(request)
        if session is None or not session.name:
            return _to_sign_in(request)
        return page(request, session)

    return answer


def _posted(page: _Posted) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MOST_POSTED:
                return _refused(request, "review_too_much", 413)
        return await run_in_threadpool(checked, request, bytes(body))

    def checked(request: Request, body: bytes) -> Response:
        sessions = _editing(request).sessions
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        session = sessions.of(request)
        text = body.decode("utf-8", "replace") if kind == _FORM else ""
        try:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
        except ValueError:
            form = {}
        if not came_from_here(request, views_of(request).base):
            return _refused(request, "review_foreign", 403)
        if session is None:
            return _refused(request, "review_ended", 403)
        if not sessions.is_token(session, form.get("token", "")):
            return _refused(request, "review_foreign", 403)
        return page(request, session, form)

    return answer


def _sign_in_page(request: Request) -> Response:
    session = _editing(request).sessions.begin(None)
    return _sign_in_form(request, session, next_page=request.query_params.get("next", ""))


def _sign_in(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    editing = _editing(request)
    name, after = " ".join(form.get("name", "").split()), form.get("next", "")
    wait = editing.attempts.take(name)
    if wait:
        return _sign_in_form(
            request, session, name=name, next_page=after, status=429, wrong="review_wait", wait=wait
        )
    reviewer = editing.reviewers.let_in(name, form.get("password", ""))
    if reviewer is None:
        return _sign_in_form(
            request, session, name=name, next_page=after, status=403, wrong="review_not_known"
        )
    editing.attempts.forget(name)
    target = after if _NEXT.fullmatch(after) else views_of(request).at(_START)
    answer = RedirectResponse(target, 303, _UNKEPT)
    begun = editing.sessions.begin(reviewer)
    editing.sessions.keep(answer, begun, base=views_of(request).base)
    return answer


def _sign_in_form(
    request: Request,
    session: Session,
    *,
    name: str = "",
    next_page: str = "",
    status: int = 200,
    wrong: str = "",
    wait: int = 0,
) -> Response:
    views = views_of(request)
    minutes = -(-wait // 60)
    answer = views.page(
        "sign-in.html",
        status=status,
        headers=_UNKEPT | ({"Retry-After": str(wait)} if wait else {}),
        token=session.token,
        name=name[:_LONGEST],
        next_page=next_page if _NEXT.fullmatch(next_page) else "",
        wrong=views.language.say(wrong, minutes=minutes) if wrong else "",
    )
    _editing(request).sessions.keep(answer, session, base=views.base)
    return answer


def _sign_out(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    answer = RedirectResponse(views_of(request).at("/"), 303, _UNKEPT)
    _editing(request).sessions.end(answer)
    return answer


def _list(request: Request, session: Session) -> Response:
    views, asked = views_of(request), request.query_params
    reason, state, kind = asked.get("reason", ""), asked.get("state", "open"), asked.get("kind", "")
    site = asked.get("site", "").strip()[:_LONGEST]
    place, number = asked.get("place", ""), asked.get("after", "")
    with views.archive.catalogue.read() as connection:
        found = list(
            items(
                connection,
                reason=reason if reason in REASONS else "",
                state=state if state in STATES else "",
                kind=kind if kind in _ALL_KINDS else "",
                site=site,
                after=(place, number) if place and number else None,
                limit=_AT_ONCE + 1,
            )
        )
    done = asked.get("done", "")
    return _page(
        request,
        session,
        "review.html",
        found=found[:_AT_ONCE],
        more=found[_AT_ONCE - 1] if len(found) > _AT_ONCE else None,
        reasons=REASONS,
        states=STATES,
        kinds=_ALL_KINDS,
        reason=reason,
        state=state,
        kind=kind,
        site=site,
        done=done if done.isdecimal() and len(done) < 10 else "",
    )


def _values(request: Request, session: Session) -> Response:
    views, asked = views_of(request), request.query_params
    address, date = asked.get("url", "").strip(), asked.get("at", "").strip()
    found: list[Item] = []
    try:
        if address:
            moment = parse_span(read_asked(date)).last if date else datetime.now(UTC)
            with views.archive.catalogue.read() as connection:
                found = list(islice(values_of(connection, address, moment), _MOST_VALUES))
    except MarshamError as error:
        return problem_page(views, error, url=address, date=date)
    return _page(request, session, "review-values.html", found=found, url=address, date=date)


def _log(request: Request, session: Session) -> Response:
    views = views_of(request)
    before = request.query_params.get("before", "")
    with views.archive.catalogue.read() as connection:
        made = sorted(corrections_in_view(connection), key=lambda one: -one[0].number)
    if before.isdecimal() and len(before) < 10:
        made = [one for one in made if one[0].number < int(before)]
    more = made[_AT_ONCE - 1][0].number if len(made) > _AT_ONCE else None
    return _page(request, session, "review-log.html", made=made[:_AT_ONCE], more=more)


def _item_page(request: Request, session: Session) -> Response:
    try:
        item = _item(request)
    except MarshamError as error:
        return _missing(request, session, error)
    return _item_form(request, session, item, {})


def _decide(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    if not session.name:
        return _to_sign_in(request)
    try:
        item = _item(request)
    except MarshamError as error:
        return _missing(request, session, error)
    views, wrong = views_of(request), "decision"
    try:
        if form.get("decision") not in _DECISIONS:
            raise InputError(views.language.say("review_choose"))
        wrong = "why"
        if not form.get("why", "").strip():
            raise InputError(views.language.say("review_no_reason"))
        dates: list[str | None] = []
        for wrong in ("from", "until"):
            typed = form.get(wrong, "").strip()
            span = parse_date(typed) if typed else None
            dates.append(
                format_timestamp(span.first if wrong == "from" else span.last) if span else None
            )
        wrong = "new" if form["decision"] == CORRECT else "decision"
        verdict = Verdict(
            form["decision"],
            form["why"],
            session.name,
            form.get("new", "").strip() if form["decision"] == CORRECT else "",
            dates[0],
            dates[1],
            form.get("everywhere") == "yes",
        )
        made = decide_items(views.archive, [(item, verdict)])
    except LockedError as error:
        said = views.language.say("review_locked")
        return _item_form(request, session, item, form, status=503, said=said, error=error)
    except TimestampError as error:
        said = views.language.say("not_a_date", text=error.text[:_LONGEST])
        return _item_form(request, session, item, form, status=400, wrong=wrong, said=said)
    except InputError as error:
        return _item_form(request, session, item, form, status=400, wrong=wrong, said=str(error))
    except ArchiveError as error:
        return _item_form(request, session, item, form, status=500, said=str(error))
    numbers = made[-1].number if made else ""
    # Entities take a while in a large archive: nobody waits for them.
    later = BackgroundTask(_refresh, views.archive)
    return RedirectResponse(views.at(_START, done=numbers), 303, _UNKEPT, later)


def _item_form(
    request: Request,
    session: Session,
    item: Item,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    wrong: str = "",
    said: str = "",
    error: LockedError | None = None,
) -> Response:
    views = views_of(request)
    with views.archive.catalogue.read() as connection:
        quote_ = quoted(connection, item)
        made = [one for one, told in corrections_in_view(connection) if told and _on(one, item)]
    return _page(
        request,
        session,
        "review-item.html",
        status=status,
        headers={"Retry-After": "10"} if error else {},
        item=item,
        quote=quote_,
        made=made,
        typed=typed,
        wrong=wrong,
        said=said[:1].upper() + said[1:],
        stale=item.reason == STALE,
        action=_address_of(request),
    )


def _item(request: Request) -> Item:
    views, asked = views_of(request), request.query_params
    number = request.path_params["id"]
    if not _ID.fullmatch(number):
        raise InputError(views.language.say("review_no_item"))
    address, captured = asked.get("url", ""), asked.get("captured", "")
    with views.archive.catalogue.read() as connection:
        if not address:
            return item_of(connection, number)
        found = items_of_page(connection, address, captured).get(number)
    if found is None:
        raise InputError(views.language.say("review_no_item"))
    return found


def _missing(request: Request, session: Session, error: MarshamError) -> Response:
    # It reads otherwise since, or was withdrawn: nothing that was typed would be about it.
    del error
    return _page(
        request,
        session,
        "review-message.html",
        status=404,
        said=views_of(request).language.say("review_no_item"),
    )


def _refused(request: Request, said: str, status: int) -> Response:
    views = views_of(request)
    return views.page(
        "review-message.html",
        status=status,
        headers=_UNKEPT,
        session=None,
        said=views.language.say(said),
    )


def _page(
    request: Request,
    session: Session,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    views: Views = views_of(request)
    told = _UNKEPT | (headers or {})
    return views.page(template, status=status, headers=told, session=session, **values)


def _to_sign_in(request: Request) -> Response:
    where = views_of(request).at("/review/sign-in", next=_address_of(request))
    return RedirectResponse(where, 303, _UNKEPT)


def _address_of(request: Request) -> str:
    query = request.url.query
    path = quote(request.url.path)
    return f"{path}?{query}" if query else path


def _on(one: Correction, item: Item) -> bool:
    target = one.target
    return target is not None and (target.kind, target.record, target.field, target.value) == (
        *(item.target.kind, item.target.record, item.target.field, item.target.value),
    )


def _editing(request: Request) -> Editing:
    editing: Editing = request.app.state.editing
    return editing


def _refresh(archive: Archive) -> None:
    with suppress(LockedError):  # whoever writes now, or the next extraction, puts them together
        refresh_entities(archive)
