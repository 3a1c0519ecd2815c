"""Sessions of those who sign in: cookies, the tokens of forms, and how often one may try.

A session is a signed text in a cookie, and nothing is kept of it here; so every process that has
the server's secret knows it. It ends after hours, with the server, and with another password.
"""

import fcntl
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import TextIO
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from marsham.web.reviewers import Reviewer, Reviewers

__all__ = ["Attempts", "Session", "Sessions", "came_from_here"]

_COOKIE = "marsham-review"
_PATH = "/review"
_SIGNED_IN = 8 * 3600  # seconds
_NOT_YET = 3600
_MOST_COOKIES = 10
_LONGEST_COOKIE = 2000
_TRIES, _WITHIN = 5, 900  # times, seconds
_MOST_NAMES = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """What a request came with.

    Attributes:
        name: of the reviewer; empty for somebody who has not signed in.
        text: as the cookie has it.
        token: what the forms of this session carry.
    """

    name: str
    text: str
    token: str


class Sessions:
    """Makes and reads sessions.

    Args:
        reviewers: who may sign in.
        secret: known to every process of the server, and to nobody else.
    """

    def __init__(self, reviewers: Reviewers, secret: bytes) -> None:
        self._reviewers = reviewers
        self._secret = secret

    def begin(self, reviewer: Reviewer | None) -> Session:
        """Begin a session of a reviewer, or of somebody who has not signed in."""
        name = reviewer.name if reviewer else ""
        until = int(time.time()) + (_SIGNED_IN if reviewer else _NOT_YET)
        told = json.dumps([name, until, token_urlsafe(16)]).encode()
        text = f"{urlsafe_b64encode(told).decode()}.{self._signed(told, reviewer)}"
        return self._session(name, text)

    def of(self, request: Request) -> Session | None:
        """Give the session a request came with; None when it has none that is good.

        A page of a neighbouring host may have set cookies of the same name: all are looked at.
        """
        for text in _cookies(request):
            if (found := self._read(text)) is not None:
                return found
        return None

    def keep(self, answer: Response, session: Session, *, base: str) -> None:
        """Have the browser keep a session.

        Args:
            answer: that it goes with.
            session: what is to be kept.
            base: the address by which readers reach the server.
        """
        answer.set_cookie(
            _COOKIE,
            session.text,
            max_age=_SIGNED_IN if session.name else _NOT_YET,
            path=_PATH,
            secure=base.startswith("https:"),
            httponly=True,
            samesite="strict",
        )

    def end(self, answer: Response) -> None:
        """Have the browser forget a session."""
        answer.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="strict")

    def is_token(self, session: Session, token: str) -> bool:
        """Tell whether a form is one of this session."""
        return hmac.compare_digest(session.token.encode(), token.encode("utf-8", "replace"))

    def _read(self, text: str) -> Session | None:
        encoded, _, signature = text.partition(".")
        try:
            told = urlsafe_b64decode(encoded.encode())
            name, until, _ = json.loads(told)
        except (NotBase64, ValueError, TypeError, RecursionError):
            return None
        if not isinstance(name, str) or not isinstance(until, int):
            return None
        reviewer = self._reviewers.find(name) if name else None
        if name and reviewer is None:
            return None
        good = hmac.compare_digest(self._signed(told, reviewer).encode(), signature.encode())
        return self._session(name, text) if good and time.time() < until else None

    def _session(self, name: str, text: str) -> Session:
        token = hmac.new(self._secret, b"form\0" + text.encode(), sha256).hexdigest()
        return Session(name, text, token)

    def _signed(self, told: bytes, reviewer: Reviewer | None) -> str:
        key = hmac.new(self._secret, b"session\0" + (reviewer.hashed if reviewer else b""), sha256)
        return hmac.new(key.digest(), told, sha256).hexdigest()


class Attempts:
    """How often it was tried to sign in under a name, told to every process by a file.

    Args:
        place: the file; it may not be there yet.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def take(self, name: str) -> int:
        """Note that it is tried; give the seconds to wait when it was too often, else 0."""
        now, key = time.time(), _key(name)
        with self._held() as tried:
            recent = [at for at in tried.get(key, []) if now - _WITHIN < at <= now]
            if len(recent) >= _TRIES:
                return max(1, int(recent[0] + _WITHIN - now) + 1)
            tried.pop(key, None)
            tried[key] = [*recent, now]
            while len(tried) > _MOST_NAMES:
                del tried[next(iter(tried))]
        return 0

    def forget(self, name: str) -> None:
        """Note that somebody of that name is who they say."""
        with self._held() as tried:
            tried.pop(_key(name), None)

    @contextmanager
    def _held(self) -> Iterator[dict[str, list[float]]]:
        with self._place.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            tried = _read_tries(file)
            yield tried
            file.seek(0)
            file.truncate()
            json.dump(tried, file)


def came_from_here(request: Request, base: str) -> bool:
    """Tell whether what was posted comes from a page of our own, as far as the browser says.

    Args:
        request: what was posted.
        base: the address by which readers reach the server.

    Source: the Fetch standard: browsers send Origin with every POST, and Sec-Fetch-Site where
    they know it. A page without an origin says ``null``.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        try:
            authority = urlsplit(origin).netloc
        except ValueError:
            return False
        ours = (request.headers.get("host", "").lower(), urlsplit(base).netloc.lower())
        return bool(authority) and authority.lower() in ours
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _cookies(request: Request) -> Iterator[str]:
    number = 0
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == _COOKIE and len(value) <= _LONGEST_COOKIE and number < _MOST_COOKIES:
                number += 1
                yield value.strip('"')


def _read_tries(file: TextIO) -> dict[str, list[float]]:
    file.seek(0)
    try:
        return {str(key): list(map(float, times)) for key, times in json.load(file).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _key(name: str) -> str:
    return sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:32]
