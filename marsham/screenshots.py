"""Screenshots of snapshots: Chromium shows them as the sealed replay on loopback serves them.

The browser has no way out: its one proxy is our own server, which answers for the archive and for
nothing else. So a page that asks for the live web gets nothing.
"""

import io
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from archiver.capture.certificate import ProxyCertificate
from archiver.capture.chromium import BrowserError, Chromium, Watch
from archiver.records import Capture
from marsham.web.app import make_app
from marsham.web.places import snapshot_address
from snapshots.archive import Archive
from snapshots.replay.origins import origins_for

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.sync_api import BrowserContext

__all__ = ["Screenshot", "check_pictures", "screenshots"]

_WIDTH, _HEIGHT = 1280, 1024
_TALLEST = 8000  # pixels of a page that are pictured
_SECONDS = 60.0  # for one page
_LOAD = 20_000.0  # milliseconds
_QUIET = 500.0
_MEMORY = 2 << 30  # bytes of the browser
_STILL = "*, *::before, *::after { animation: none !important; transition: none !important }"
_START = 20.0


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture of a page from its top.

    Attributes:
        png: the picture.
        cut: whether the page is taller than what is shown of it.
    """

    png: bytes
    cut: bool

    def image(self) -> "Image":
        """Give the picture for drawing, in mode RGB."""
        from PIL import Image

        return Image.open(io.BytesIO(self.png)).convert("RGB")


def check_pictures() -> None:
    """Make sure that pictures can be compared.

    Raises:
        BrowserError: when the package for that is missing.
    """
    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise BrowserError(
            "comparing pictures needs the package pillow; install it with: "
            "pip install 'marsham[browser]'"
        ) from error


def screenshots(archive: Archive, captures: Sequence[Capture]) -> list[Screenshot]:
    """Take a picture of each of some captures, at one width, with animation stopped.

    Raises:
        BrowserError: when Chromium or its packages are missing, or a page gave no picture.
    """
    try:
        certificate = ProxyCertificate.make()
    except ImportError as error:
        raise BrowserError(
            "a browser needs the package cryptography; install it with: "
            "pip install 'marsham[browser]'"
        ) from error
    with _served(archive) as port:
        chromium = Chromium(certificate)
        try:
            return [_shot(chromium, port, capture) for capture in captures]
        finally:
            chromium.close()


def _shot(chromium: Chromium, port: int, of: Capture) -> Screenshot:
    from playwright.sync_api import Error

    origins = origins_for(f"localhost:{port}", "http")
    origin = origins.content(of.url) if origins else f"http://localhost:{port}"
    address = snapshot_address(of.timestamp, of.url, modifier="mp_", number=of.number)
    with Watch(chromium.group, seconds=_SECONDS, memory=_MEMORY) as watch:
        try:
            context = chromium.controlled.new_context(
                proxy={"server": f"http://127.0.0.1:{port}"},
                viewport={"width": _WIDTH, "height": _HEIGHT},
                service_workers="block",
                accept_downloads=False,
                reduced_motion="reduce",
            )
            try:
                return _pictured(context, origin + address)
            finally:
                context.close()
        except Error as error:
            said = watch.reason or str(error).partition("\n")[0]
            raise BrowserError(
                f"there is no picture of {of.url} at {of.timestamp}: {said}"
            ) from error


def _pictured(context: "BrowserContext", address: str) -> Screenshot:
    from playwright.sync_api import Error, TimeoutError

    page = context.new_page()
    with suppress(TimeoutError):  # what came until then is shown
        page.goto(address, wait_until="load", timeout=_LOAD)
    page.wait_for_timeout(_QUIET)
    try:
        tall = int(page.evaluate("() => document.documentElement.scrollHeight"))
    except (Error, TypeError, ValueError):
        tall = _HEIGHT
    shown = min(max(tall, 1), _TALLEST)
    png = page.screenshot(
        full_page=True,
        clip={"x": 0, "y": 0, "width": _WIDTH, "height": shown},
        animations="disabled",
        style=_STILL,
        timeout=_LOAD,
    )
    return Screenshot(png, tall > shown)


@contextmanager
def _served(archive: Archive) -> Iterator[int]:
    """Serve the archive on a loopback port while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            _Alone(make_app(archive)),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="pictures"
        )
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(_START)


class _Alone:
    """Shows a page by itself: a reader would be led to its banner, which is in no picture."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [
                (name, value)
                for name, value in scope["headers"]
                if (name, value) != (b"sec-fetch-dest", b"document")
            ]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)
