"""One question, one answer: the exact bytes that came, in constant memory and within limits."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from time import monotonic
from typing import BinaryIO, cast

import requests
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict

from archiver.errors import FetchError, MarshamError
from archiver.fetch.adapter import PinnedAdapter
from archiver.fetch.connection import failure
from archiver.fetch.guard import Guard
from archiver.fetch.place import place_of
from archiver.headers import Headers
from archiver.spool import new_spool, rewind, spool

__all__ = ["BODY_LIMIT", "Answer", "Fetcher"]

BODY_LIMIT = 1 << 32  # bytes
_IN_MEMORY = 1 << 21  # bytes of a body that are held in memory; a longer one goes to disk
_STEP = 1 << 16
_CONNECT, _SILENCE, _LONGEST = 30.0, 60.0, 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; a context manager that lets go of the body.

    Attributes:
        url: the address that was asked.
        status: the status; one of 1xx is never an answer.
        reason: the words behind it.
        headers: the fields in their order.
        body: the body as it came, transfer coding undone and content coding not; at its start.
        length: bytes of the body.
        sha256: of the body, in hexadecimal.
        asked_at: when it was asked, an aware datetime.
    """

    url: str
    status: int
    reason: str
    headers: Headers
    body: BinaryIO
    length: int
    sha256: str
    asked_at: datetime

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        self.body.close()


class Fetcher:
    """Asks for one address at a time; a context manager.

    Nothing is taken from the environment (proxies, ``.netrc``), no cookie is kept, and no redirect
    is followed. Certificates are verified.
    """

    def __init__(
        self,
        user_agent: str,
        guard: Guard | None = None,
        *,
        body_limit: int = BODY_LIMIT,
        seconds: float = _LONGEST,
    ) -> None:
        """Make one.

        Args:
            user_agent: what the server is told we are; it should say how to reach a person.
            guard: which addresses may be connected to; without one, public ones only.
            body_limit: most bytes of one body.
            seconds: how long one answer may take in all.
        """
        self._user_agent = user_agent
        self._body_limit = body_limit
        self._seconds = seconds
        self._adapter = PinnedAdapter(guard or Guard())
        self._session = requests.Session()
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, url: str, *, codings: str = "identity", limit: int | None = None) -> Answer:
        """Ask for an address and read the whole answer.

        Args:
            url: sent as it is written.
            codings: the content codings the server may use, as ``Accept-Encoding`` lists them.
            limit: most bytes of the body, where it is less than the fetcher's own.

        Raises:
            RefusedAddressError: when the host is one that must be left alone.
            FetchError: when nothing answered, the answer broke off or passes a limit. A broken
                answer is never given in part.
            NotWritableError: when the temporary folder has no room for the body.
        """
        place_of(url)  # an address that cannot be asked for is told before anything is made of it
        request = PreparedRequest()
        request.method, request.url, request.hooks = "GET", url, {"response": []}
        request.headers = CaseInsensitiveDict(
            {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": codings}
        )
        request.prepare_cookies({})
        asked_at, began = datetime.now(UTC), monotonic()
        try:
            found = self._session.send(
                request, stream=True, allow_redirects=False, timeout=(_CONNECT, _SILENCE)
            )
            if found.status_code < 200:
                raise FetchError(url, f"the server answered {found.status_code} and nothing more")
            raw = cast(HTTPResponse, found.raw)
            fields = Headers.of((name, str(value)) for name, value in raw.msg.items())
            most = self._body_limit if limit is None else min(limit, self._body_limit)
            body, length, sha256 = self._read(url, raw, most, began)
        except BaseException as error:
            with suppress(OSError):
                self._adapter.close()  # what was left unread must not be taken for the next answer
            if isinstance(error, MarshamError):
                raise
            if isinstance(error, IncompleteRead):
                reason = "the answer broke off before its last chunk"
                raise FetchError(url, reason, passing=True) from error
            if isinstance(error, OSError | HTTPException):
                raise failure(url, error) from error
            raise
        return Answer(
            url=url,
            status=found.status_code,
            reason=str(found.reason or ""),
            headers=fields,
            body=body,
            length=length,
            sha256=sha256,
            asked_at=asked_at,
        )

    def _read(
        self, url: str, raw: HTTPResponse, most: int, began: float
    ) -> tuple[BinaryIO, int, str]:
        file = new_spool(_IN_MEMORY)
        digest, length = hashlib.sha256(), 0
        due = raw.length  # None when only the end of the chunks, or of the connection, ends it
        try:
            while due is None or length < due:
                part = raw.read1(_STEP if due is None else min(_STEP, due - length))
                if not part:
                    break
                length += len(part)
                if length > most:
                    raise FetchError(url, f"the answer passes the limit of {most} bytes")
                if monotonic() - began > self._seconds:
                    reason = f"the answer takes more than {self._seconds:.0f} seconds"
                    raise FetchError(url, reason)
                digest.update(part)
                spool(file, part)
            if due is not None and length < due:
                reason = f"the answer broke off after {length} of {due} bytes"
                raise FetchError(url, reason, passing=True)
            raw.close()
            rewind(file)
        except BaseException:
            file.close()
            raise
        return file, length, digest.hexdigest()
