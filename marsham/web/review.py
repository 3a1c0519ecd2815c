"""``/review``: values to be decided on, for those who sign in; there with ``serve --edit`` only.

Every page asks for a session but the one to sign in. What is posted must come from a form of the
session, on a page of ours. A decision is written as `marsham review` writes it; when somebody else
writes to the archive the form comes back as it was filled in.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final

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
from extract.redirects.deciding import MapFile
from marsham.web.dates import read_asked
from marsham.web.mapped import map_routes
from marsham.web.pages import nothing_here, problem_page, views_of
from marsham.web.relating import add_form, add_posted, assign_posted, relate_form, relate_posted
from marsham.web.sessions import Session
from marsham.web.signed import (
    UNKEPT,
    address_of,
    editing_of,
    later,
    posted,
    session_page,
    signed_in,
    to_sign_in,
)

__all__ = ["absent_routes", "review_routes"]

_AT_ONCE = 50
_MOST_VALUES = 500
_LONGEST = 300  # characters of a filter
_START = "/review"
_NEXT = re.compile(r"/review(?:/[a-z0-9-]+)*(?:\?[!-~]*)?")
_ID = re.compile(r"[0-9a-f]{16}")
_DECISIONS: Final = (ACCEPT, CORRECT, REJECT)
_KINDS: Final = ("attachment", "authority", "claim_check", "contact", "count", "date", "legal")
_ALL_KINDS: Final = (*_KINDS, "partnership")


def review_routes(file: MapFile | None = None) -> list[Route]:
    """Give the addresses at which people decide; the application's state has an `Editing`.

    Args:
        file: the map of redirects that they decide on as well; None for none.
    """
    return [
        *(map_routes(file) if file else ()),
        Route("/review", signed_in(_list)),
        Route("/review/sign-in", _sign_in_page, methods=["GET"]),
        Route("/review/sign-in", posted(_sign_in), methods=["POST"]),
        Route("/review/sign-out", posted(_sign_out), methods=["POST"]),
        Route("/review/values", signed_in(_values)),
        Route("/review/log", signed_in(_log)),
        Route("/review/items/{id}", signed_in(_item_page), methods=["GET"]),
        Route("/review/items/{id}", posted(_decide), methods=["POST"]),
        Route("/review/items/{id}/assign", posted(assign_posted), methods=["POST"]),
        Route("/review/add", signed_in(add_form), methods=["GET"]),
        Route("/review/add", posted(add_posted), methods=["POST"]),
        Route("/review/relate", signed_in(relate_form), methods=["GET"]),
        Route("/review/relate", posted(relate_posted), methods=["POST"]),
        *absent_routes(),
    ]


def absent_routes() -> list[Route]:
    """Give the same addresses as they answer where nothing can be decided: 404."""
    return [
        Route(path, nothing_here, methods=["GET", "POST"])
        for path in ("/review", "/review/{rest:path}")
    ]


def _sign_in_page(request: Request) -> Response:
    session = editing_of(request).sessions.begin(None)
    return _sign_in_form(request, session, next_page=request.query_params.get("next", ""))


def _sign_in(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    editing = editing_of(request)
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
    answer = RedirectResponse(target, 303, UNKEPT)
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
        headers=UNKEPT | ({"Retry-After": str(wait)} if wait else {}),
        token=session.token,
        name=name[:_LONGEST],
        next_page=next_page if _NEXT.fullmatch(next_page) else "",
        wrong=views.language.say(wrong, minutes=minutes) if wrong else "",
    )
    editing_of(request).sessions.keep(answer, session, base=views.base)
    return answer


def _sign_out(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    answer = RedirectResponse(views_of(request).at("/"), 303, UNKEPT)
    editing_of(request).sessions.end(answer)
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
    return session_page(
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
    return session_page(request, session, "review-values.html", found=found, url=address, date=date)


def _log(request: Request, session: Session) -> Response:
    views = views_of(request)
    before = request.query_params.get("before", "")
    with views.archive.catalogue.read() as connection:
        made = sorted(corrections_in_view(connection), key=lambda one: -one[0].number)
    if before.isdecimal() and len(before) < 10:
        made = [one for one in made if one[0].number < int(before)]
    more = made[_AT_ONCE - 1][0].number if len(made) > _AT_ONCE else None
    return session_page(request, session, "review-log.html", made=made[:_AT_ONCE], more=more)


def _item_page(request: Request, session: Session) -> Response:
    try:
        item = _item(request)
    except MarshamError as error:
        return _missing(request, session, error)
    return _item_form(request, session, item, {})


def _decide(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    if not session.name:
        return to_sign_in(request)
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
    return RedirectResponse(views.at(_START, done=numbers), 303, UNKEPT, later(views.archive))


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
    return session_page(
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
        action=address_of(request),
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
    return session_page(
        request,
        session,
        "review-message.html",
        status=404,
        said=views_of(request).language.say("review_no_item"),
    )


def _on(one: Correction, item: Item) -> bool:
    target = one.target
    return target is not None and (target.kind, target.record, target.field, target.value) == (
        *(item.target.kind, item.target.record, item.target.field, item.target.value),
    )
