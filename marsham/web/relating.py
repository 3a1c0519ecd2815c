"""What else people decide: that two entities are one or two, what was not read, who is to look.

The same decisions as `marsham review merge`, ``split``, ``add`` and ``assign`` write, from forms
behind the sign-in.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import ArchiveError, LockedError, MarshamError, TimestampError
from archiver.timestamps import format_timestamp, parse_date, parse_span
from extract.corrections.decisions import MERGE, SPLIT, Correction, Target
from extract.corrections.register import relate
from extract.corrections.reviewing import ACCEPT, ADDABLE, Verdict, add_value, assign
from extract.entities.histories import find_keys, spelling_keys
from marsham.web.dates import read_asked
from marsham.web.pages import views_of
from marsham.web.sessions import Session
from marsham.web.signed import UNKEPT, later, session_page, to_sign_in
from snapshots.archive import Archive

__all__ = ["add_form", "add_posted", "assign_posted", "relate_form", "relate_posted"]

_LONGEST = 300  # characters of what an address fills in
_KIND: Final = "partnership"
_MOST_KEYS = 50  # offered
_FIELDS: Final = sorted({field for fields in ADDABLE.values() for field in fields})


class _WrongError(Exception):
    """What was filled in cannot be: the name of the field, and why."""

    def __init__(self, field: str, said: str) -> None:
        self.field = field
        self.said = said
        super().__init__(said)


def assign_posted(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    """Say who is to look at an item."""
    number = request.path_params["id"]

    def decide(archive: Archive) -> Correction:
        return assign(archive, [number], form.get("to", "")[:_LONGEST], session.name)[0]

    def again(status: int, wrong: str, said: str) -> Response:
        del wrong
        return session_page(
            request, session, "review-message.html", status=404 if status == 400 else status,
            said=said,
        )  # fmt: skip

    return _decided(request, session, decide, again)


def add_form(request: Request, session: Session) -> Response:
    """Show the form by which a value is added that was not read."""
    asked = request.query_params
    return _add_page(request, session, {name: asked[name][:2000] for name in asked})


def add_posted(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    """Add a value that was not read."""
    say = views_of(request).language.say

    def decide(archive: Archive) -> Correction:
        typed = {name: value.strip() for name, value in form.items()}
        for name in ("url", "record", "value"):
            if not typed.get(name):
                raise _WrongError(name, say("review_needed"))
        kind, field = typed.get("kind", ""), typed.get("field", "")
        if kind not in ADDABLE:
            raise _WrongError("kind", say("review_needed"))
        if field not in ADDABLE[kind]:
            fields = ", ".join(ADDABLE[kind])
            raise _WrongError("field", say("review_no_field", kind=kind, fields=fields))
        if not typed.get("why"):
            raise _WrongError("why", say("review_no_reason"))
        dates = {name: _date(typed, name, say) for name in ("from", "until")}
        at = typed.get("at", "")
        try:
            moment = parse_span(read_asked(at)).last if at else datetime.now(UTC)
        except TimestampError as error:
            raise _WrongError("at", say("not_a_date", text=error.text[:_LONGEST])) from error
        everywhere = typed.get("everywhere") == "yes"
        verdict = Verdict(
            *(ACCEPT, typed["why"], session.name, typed["value"]),
            *(dates["from"], dates["until"], everywhere),
        )
        target = Target("", kind, typed["record"], field, "")
        return add_value(archive, typed["url"], moment, target, verdict)

    def again(status: int, wrong: str, said: str) -> Response:
        return _add_page(request, session, form, status=status, wrong=wrong or "value", said=said)

    return _decided(request, session, decide, again)


def relate_form(request: Request, session: Session) -> Response:
    """Show the form by which two partnerships are said to be one, or two."""
    first = request.query_params.get("first", "")[:_LONGEST]
    return _relate_page(request, session, {"first": first})


def relate_posted(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    """Say that two partnerships are one, or two."""
    views = views_of(request)
    say = views.language.say

    def decide(archive: Archive) -> Correction:
        action = form.get("action", "")
        if action not in (MERGE, SPLIT):
            raise _WrongError("action", say("review_choose"))
        keys: list[str] = []
        with archive.catalogue.read() as connection:
            for name in ("first", "second"):
                found = _key_of(connection, form.get(name, ""), own=action == SPLIT)
                if found is None:
                    raise _WrongError(name, say("review_no_partnership"))
                keys.append(found)
        if keys[0] == keys[1]:
            raise _WrongError("second", say("review_same"))
        if not form.get("why", "").strip():
            raise _WrongError("why", say("review_no_reason"))
        reason = form["why"]
        return relate(archive, action, keys[0], keys[1], reason=reason, author=session.name)

    def again(status: int, wrong: str, said: str) -> Response:
        return _relate_page(request, session, form, status=status, wrong=wrong, said=said)

    return _decided(request, session, decide, again)


def _decided(
    request: Request,
    session: Session,
    decide: Callable[[Archive], Correction],
    again: Callable[[int, str, str], Response],
) -> Response:
    """Decide, and lead to the list; or show the form once more, as it was filled in, and why."""
    if not session.name:
        return to_sign_in(request)
    views = views_of(request)
    try:
        made = decide(views.archive)
    except _WrongError as error:
        return again(400, error.field, error.said)
    except LockedError:
        return again(503, "", views.language.say("review_locked"))
    except ArchiveError as error:
        return again(500, "", str(error))
    except MarshamError as error:
        return again(400, "", str(error))
    where = views.at("/review", done=str(made.number))
    return RedirectResponse(where, 303, UNKEPT, later(views.archive))


def _date(typed: Mapping[str, str], name: str, say: Callable[..., str]) -> str | None:
    written = typed.get(name, "")
    if not written:
        return None
    try:
        span = parse_date(written)
    except TimestampError as error:
        raise _WrongError(name, say("not_a_date", text=error.text[:_LONGEST])) from error
    return format_timestamp(span.first if name == "from" else span.last)


def _key_of(connection: Connection, text: str, *, own: bool) -> str | None:
    """The key of the partnership that a key or name means; None when it is none or several.

    With `own` a key of another spelling stays as it is: what is one now shall be two.
    """
    text = " ".join(text.split())
    keys = [key for kind, key in find_keys(connection, text) if kind == _KIND] if text else []
    if len(keys) != 1:
        return None
    return text if own and text in spelling_keys(connection, _KIND, keys[0]) else keys[0]


def _add_page(
    request: Request,
    session: Session,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    wrong: str = "",
    said: str = "",
) -> Response:
    return _form(
        request,
        session,
        "review-add.html",
        typed=typed,
        status=status,
        wrong=wrong,
        said=said,
        kinds=sorted(ADDABLE),
        fields=_FIELDS,
    )


def _relate_page(
    request: Request,
    session: Session,
    typed: Mapping[str, str],
    *,
    status: int = 200,
    wrong: str = "",
    said: str = "",
) -> Response:
    keys: list[str] = []
    with views_of(request).archive.catalogue.read() as connection:
        found = _key_of(connection, typed.get("first", ""), own=False)
        if found is not None:
            keys = spelling_keys(connection, _KIND, found)
    return _form(
        request,
        session,
        "review-relate.html",
        typed=typed,
        status=status,
        wrong=wrong,
        said=said,
        keys=keys[:_MOST_KEYS] if len(keys) > 1 else [],
    )


def _form(
    request: Request, session: Session, template: str, *, status: int, said: str, **values: Any
) -> Response:
    headers = {"Retry-After": "10"} if status == 503 else {}
    shown = said[:1].upper() + said[1:]
    return session_page(
        request, session, template, status=status, headers=headers, said=shown, **values
    )
