"""What every page behind the sign-in has in common: a session, and forms that are ours.

What is posted must come from a form of the session, on a page of ours, and be of a size that a
person types.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import LockedError
from extract.entities.decided import refresh_entities
from marsham.web.pages import views_of
from marsham.web.reviewers import Reviewers
from marsham.web.sessions import Attempts, Session, Sessions, came_from_here
from marsham.web.views import Views
from snapshots.archive import Archive

__all__ = [
    "UNKEPT",
    "Editing",
    "address_of",
    "editing_of",
    "later",
    "posted",
    "session_page",
    "signed_in",
    "to_sign_in",
]

UNKEPT = {"Cache-Control": "no-store"}
"""Headers of every answer: nobody keeps it."""

_MOST_POSTED = 1 << 16  # bytes
_FORM = "application/x-www-form-urlencoded"

_Page = Callable[[Request, Session], Response]
_Posted = Callable[[Request, Session, Mapping[str, str]], Response]


@dataclass(frozen=True, slots=True)
class Editing:
    """What is needed to let people decide: who they are, their sessions, and how often they try."""

    reviewers: Reviewers
    sessions: Sessions
    attempts: Attempts


def signed_in(page: _Page) -> Callable[[Request], Response]:
    """Have a page asked for by somebody who signed in; others are led to where they can."""

    def answer(request: Request) -> Response:
        session = editing_of(request).sessions.of(request)
        if session is None or not session.name:
            return to_sign_in(request)
        return page(request, session)

    return answer


def posted(page: _Posted) -> Callable[[Request], Any]:
    """Have a form handled that came from a page of ours and of the session; all else is refused."""

    async def answer(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MOST_POSTED:
                return _refused(request, "review_too_much", 413)
        return await run_in_threadpool(checked, request, bytes(body))

    def checked(request: Request, body: bytes) -> Response:
        sessions = editing_of(request).sessions
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


def _refused(request: Request, said: str, status: int) -> Response:
    views = views_of(request)
    return views.page(
        "review-message.html",
        status=status,
        headers=UNKEPT,
        session=None,
        said=views.language.say(said),
    )


def session_page(
    request: Request,
    session: Session,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    """Show a page to somebody with a session."""
    views: Views = views_of(request)
    told = UNKEPT | (headers or {})
    return views.page(template, status=status, headers=told, session=session, **values)


def to_sign_in(request: Request) -> Response:
    """Lead to the sign-in, and from there back."""
    where = views_of(request).at("/review/sign-in", next=address_of(request))
    return RedirectResponse(where, 303, UNKEPT)


def address_of(request: Request) -> str:
    """Give path and query of what was asked for."""
    query = request.url.query
    path = quote(request.url.path)
    return f"{path}?{query}" if query else path


def editing_of(request: Request) -> Editing:
    """Give what the application lets people decide with."""
    editing: Editing = request.app.state.editing
    return editing


def later(archive: Archive) -> BackgroundTask:
    """Put entities together behind an answer: they take a while in a large archive."""
    return BackgroundTask(_refresh, archive)


def _refresh(archive: Archive) -> None:
    with suppress(LockedError):  # whoever writes now, or the next extraction, puts them together
        refresh_entities(archive)
