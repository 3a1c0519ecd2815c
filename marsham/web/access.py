"""The access log: one JSON object a line for each answer, with the dates asked for and served.

::

    {"at": "2026-03-01T09:30:00.123Z", "method": "GET", "host": "archive.example", "path":
     "/web/20110529000000mp_/http://www.homeoffice.example/", "status": 200, "bytes": 5120,
     "ms": 1.8, "served": "20110529000000"}

``asked`` stands beside them when the reader asked for another time than was served. Nothing of the
reader is kept, neither address nor browser.
"""

import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archiver.timestamps import format_timestamp
from marsham.web.places import parse_place

__all__ = ["AccessLog"]

_LONGEST = 4096  # characters of a path that are written


class AccessLog:
    """An application that writes down what another one answers.

    Args:
        app: answers.
        out: where the lines go; each is written at once, whole.
    """

    def __init__(self, app: ASGIApp, out: TextIO) -> None:
        self._app = app
        self._out = out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, then write its line, also when the answer broke off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at, began = datetime.now(UTC), time.perf_counter()
        status = size = 0
        served: str | None = None

        async def watch(message: Message) -> None:
            nonlocal status, size, served
            if message["type"] == "http.response.start":
                status = message["status"]
                served = dict(message["headers"]).get(b"memento-datetime", b"").decode("latin-1")
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            path = scope["raw_path"].decode("latin-1")
            query = scope["query_string"].decode("latin-1")
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            line: dict[str, str | int | float] = {
                "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "method": scope["method"],
                "host": host,
                "path": (f"{path}?{query}" if query else path)[:_LONGEST],
                "status": status,
                "bytes": size,
                "ms": round(1000 * (time.perf_counter() - began), 2),
            }
            line |= _dates(path, served)
            self._out.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._out.flush()


def _dates(path: str, served: str | None) -> dict[str, str]:
    told: dict[str, str] = {}
    if path.startswith("/web/"):
        place = parse_place(path.removeprefix("/web/"))
        asked = place.asked or place.time
        if asked.isdigit():
            told["asked"] = asked
    if served:
        told["served"] = format_timestamp(parsedate_to_datetime(served))
    if told.get("asked") == told.get("served"):
        told.pop("asked", None)
    return told
