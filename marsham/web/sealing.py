"""Sealing: the origin a request came to, and what every answer with archived content carries.

Our own pages and each archived site stand on origins of their own (`snapshots.replay.origins`), all
served by one application. `Sealed` stands before it: it leads requests that came to the wrong
origin to the right one, and puts the policy on every answer with archived content, whatever made
the answer; errors and redirects as well.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from archiver.errors import UrlError
from archiver.urls import check_url, join_url
from marsham.web.places import Place, parse_place, place_of
from marsham.web.shim import SHIM_ADDRESS
from snapshots.replay.addresses import AddressMap
from snapshots.replay.headers import safety_headers, shared_with
from snapshots.replay.origins import Origins, origins_for, site_label
from snapshots.settings import Settings

__all__ = ["Sealed", "Sealing", "posted_to", "sealing_of"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SCOPE = "marsham.sealing"
_POSTED = "marsham.posted"
_OWN = re.compile(rb"/own/([0-9a-f]{32})(?=/web/)")
_OURS = re.compile(r"/(?:search|form)/\d{14}/")  # pages of ours to which archived forms lead
_FRAMES = ("iframe", "frame")
_USES = {"image": "im_", "style": "cs_", "script": "js_", "font": "oe_", "iframe": "if_"}
_REDIRECTS = range(300, 400)
_MOST_POSTED = 1 << 20  # bytes
_MOST_COOKIES = 20
_LONGEST_COOKIE = 1000
_PASSED = "access-control-allow-origin"


@dataclass(frozen=True, slots=True)
class Sealing:
    """Where one request came to.

    Attributes:
        origins: where archived sites are shown; None when all is on one host.
        label: the site whose origin it came to; empty for the reading origin.
        scripts: whether archived pages may run their scripts.
        own: whether its address proves that a page of the site asks for it.
        secret: what such addresses are made with.
    """

    origins: Origins | None
    label: str
    scripts: bool
    own: bool
    secret: bytes

    def content(self, url: str) -> str:
        """Give the origin at which an original URL's content is shown; empty for this one."""
        return self.origins.content(url) if self.origins else ""

    def reading(self) -> str:
        """Give the origin of our own pages as seen from here; empty when this is it."""
        return self.origins.reading if self.origins and self.label else ""

    def frames(self) -> str:
        """Say for a policy where what our own pages hold in frames comes from."""
        return self.origins.every if self.origins else "'self'"

    def addresses(self, timestamp: str, url: str) -> AddressMap:
        """Give the replay addresses for what is rewritten of a site on this origin."""
        if not self.label:
            site = site_label(url)
            own = f"/own/{_key(self.secret, site)}"
            return AddressMap(timestamp, scripts=self.scripts, site=site, own=own)
        return AddressMap(timestamp, origins=self.origins, site=self.label, scripts=self.scripts)

    def sandbox(self) -> str:
        """Give the sandbox of the frame below the banner: no page leads the window elsewhere.

        Only where scripts are off may a click do so, for then it is known where it leads.
        """
        allowed = ["allow-forms"]
        allowed += (
            ["allow-scripts"] if self.scripts else ["allow-top-navigation-by-user-activation"]
        )
        return " ".join(allowed + (["allow-same-origin"] if self.origins else []))

    def script(self, url: str, archived: Iterable[tuple[str, str]]) -> str:
        """Give the markup by which our script gets into an archived page; empty if none may run.

        Args:
            url: the page's original URL.
            archived: its header fields; the cookies of that day are the page's to read.
        """
        if not self.scripts:
            return ""
        cookies = "; ".join(_cookies(archived))
        told = f' data-cookies="{escape(cookies)}"' if cookies else ""
        own = "" if self.label else f' data-own="/own/{_key(self.secret, site_label(url))}"'
        return f'<script src="{SHIM_ADDRESS}"{own}{told}></script>'

    def sharing(self, request: Request, archived: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Give the header that lets a page of another origin use an answer, if it may."""
        asking = request.headers.get("origin", "")
        shared = (
            asking
            if self.own
            else shared_with(
                archived,
                asking=asking,
                destination=request.headers.get("sec-fetch-dest", ""),
                origins=self.origins if self.label else None,
            )
        )
        return {_PASSED: shared} if shared else {}


def posted_to(request: Request) -> bytes:
    """Give what was posted to a replay address; at most a mebibyte of it is read."""
    posted: bytes = request.scope.get(_POSTED, b"")
    return posted


def sealing_of(request: Request) -> Sealing:
    """Say to which origin a request came."""
    sealing: Sealing = request.scope[_SCOPE]
    return sealing


class Sealed:
    """An application with every archived answer of it sealed.

    Args:
        app: the application.
        settings: of its archive.
        secret: known to all processes that serve one archive on one host, and to nobody else.
    """

    def __init__(self, app: App, settings: Settings, secret: bytes) -> None:
        self._app = app
        self._settings = settings
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope, key = _without_key(scope)
        request = Request(scope, receive)
        settings = self._settings
        host = request.headers.get("host", "")
        origins = origins_for(host, request.url.scheme, settings.replay_domain, settings.address)
        label = origins.label(host) if origins else ""
        place = place_of(request)
        own = bool(key) and place is not None and self._is_own(key, place)
        sealing = Sealing(origins, label, settings.scripts, own, self._secret)
        scope[_SCOPE] = sealing
        if label or (place and place.modifier):
            send = _sealing_send(request, sealing, place, send)
        answer = _elsewhere(request, sealing, place)
        if answer is None and request.method == "POST" and place and place.modifier:
            scope[_POSTED] = await _body(request)
        await (answer or self._app)(scope, receive, send)

    def _is_own(self, key: str, place: Place) -> bool:
        return hmac.compare_digest(key, _key(self._secret, site_label(place.url)))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        if len(body) < _MOST_POSTED:
            body += part
    return bytes(body[:_MOST_POSTED])


def _key(secret: bytes, label: str) -> str:
    return hmac.new(secret, label.encode(), sha256).hexdigest()[:32]


def _without_key(scope: Scope) -> tuple[Scope, str]:
    # /own/KEY/web/... is /web/... asked for by a page of the same site.
    match = _OWN.match(scope["raw_path"])
    if match is None:
        return scope, ""
    path = scope["path"][match.end() :]
    return {**scope, "path": path, "raw_path": scope["raw_path"][match.end() :]}, match[1].decode()


def _elsewhere(request: Request, sealing: Sealing, place: Place | None) -> Response | None:
    # What is not for the application to answer, or not here.
    archived = sealing.label or (place and place.modifier)
    if archived and request.headers.get("service-worker"):
        return PlainTextResponse("No archived page may have a service worker.", 403)
    if archived and request.method == "OPTIONS":
        return _preflight(request, sealing)
    origins = sealing.origins
    path = request.url.path
    if path == SHIM_ADDRESS.partition("?")[0]:
        return None
    if not sealing.label or origins is None:
        return None if place or _OURS.match(path) else _led_back(request)
    if _OURS.match(path):
        return RedirectResponse(origins.reading + _asked(request), 307)
    if place is None or not place.time or not place.url.lower().startswith(("http:", "https:")):
        return _led_back(request) or PlainTextResponse("Not in this archive.", 404)
    if place.modifier and not place.time.endswith("*"):
        try:
            label = site_label(check_url(place.url))
        except UrlError:
            return None  # the application says what is wrong with it
        if label == sealing.label:
            return None
        return RedirectResponse(origins.at(label) + _asked(request), 307)
    if request.headers.get("sec-fetch-dest") in _FRAMES and not place.time.endswith("*"):
        return RedirectResponse(f"/web/{place.time}mp_/{place.url}", 307)
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(origins.reading + _asked(request), 307)
    return PlainTextResponse("Nothing can be sent to this archive.", 405)


def _led_back(request: Request) -> Response | None:
    # An address made by a script begins at the root of its site: the page that asks says which.
    referer = request.headers.get("referer", "")
    try:
        parts = urlsplit(referer)
    except ValueError:  # half an IPv6 address
        return None
    if parts.netloc.lower() != request.headers.get("host", "").lower():
        return None
    path = parts.path.removeprefix("/web/")
    if path == parts.path:
        return None
    place = parse_place(f"{path}?{parts.query}" if parts.query else path)
    target = join_url(place.url, _asked(request)) if place.modifier else None
    if target is None:
        return None
    modifier = _USES.get(request.headers.get("sec-fetch-dest", ""), "mp_")
    return RedirectResponse(f"/web/{place.asked or place.time}{modifier}/{target}", 307)


def _asked(request: Request) -> str:
    # Path and query as the browser sent them.
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _preflight(request: Request, sealing: Sealing) -> Response:
    # What may be read is decided by the answer itself: asking does no harm to an archive.
    headers = {"Vary": "Origin"}
    origin = request.headers.get("origin", "")
    if origin == "null" or (sealing.origins and sealing.origins.label_of(origin)):
        headers |= {
            _PASSED: origin,
            "Access-Control-Allow-Methods": request.headers.get(
                "access-control-request-method", "GET"
            ),
            "Access-Control-Allow-Headers": request.headers.get(
                "access-control-request-headers", ""
            ),
            "Access-Control-Max-Age": "600",
        }
    return Response(status_code=204, headers=headers)


def _sealing_send(request: Request, sealing: Sealing, place: Place | None, send: Send) -> Send:
    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            _seal(MutableHeaders(raw=message["headers"]), message["status"])
        await send(message)

    def _seal(headers: MutableHeaders, status: int) -> None:
        modifier = place.modifier if place and place.modifier else "mp_"
        safety = safety_headers(
            scripts=sealing.scripts,
            origins=sealing.origins if sealing.label else None,
            modifier=modifier,
        )
        for name, value in safety:
            headers[name] = value
        headers.add_vary_header("Origin")
        headers.add_vary_header("Sec-Fetch-Dest")
        if status in _REDIRECTS:
            _seal_redirect(headers)

    def _seal_redirect(headers: MutableHeaders) -> None:
        # Where it leads is judged there. Without this no page of another site could get so far.
        asking = request.headers.get("origin", "")
        if asking == "null" or (sealing.origins and sealing.origins.label_of(asking)):
            headers[_PASSED] = asking
        location = headers.get("location", "")
        if sealing.own and place and location.startswith("/web/"):
            label = site_label(place.url)
            if site_label(parse_place(location.removeprefix("/web/")).url) == label:
                headers["location"] = f"/own/{_key(sealing.secret, label)}{location}"

    return sealed


def _cookies(archived: Iterable[tuple[str, str]]) -> Iterator[str]:
    # What a script of that day could read: name and value of those not kept from scripts.
    number = 0
    for name, value in archived:
        if name.lower() != "set-cookie" or number >= _MOST_COOKIES:
            continue
        pair, *attributes = value.split(";")
        kept = pair.strip()
        hidden = any(attribute.strip().lower() == "httponly" for attribute in attributes)
        if not hidden and "=" in kept and kept.isprintable() and len(kept) <= _LONGEST_COOKIE:
            number += 1
            yield kept
