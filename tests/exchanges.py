"""Exchanges made by hand, as if they had crossed the wire."""

import io
from datetime import UTC, datetime

from archiver.capture.exchange import Cut, Exchange, Timing
from archiver.http import parse_head

__all__ = ["ASKED_AT", "exchange"]

ASKED_AT = datetime(2026, 5, 9, 10, 16, 21, 345_678, tzinfo=UTC)


def exchange(
    url: str,
    response: bytes,
    *,
    asked_at: datetime = ASKED_AT,
    cut: Cut | None = None,
    fault: str = "",
    tls: tuple[str, str] | None = None,
    interim: tuple[bytes, ...] = (),
    surplus: int = 0,
) -> Exchange:
    """Make an exchange of an answer's bytes, head and body."""
    path = "/" + url.partition("://")[2].partition("/")[2]
    parsed = parse_head(response)
    return Exchange(
        url=url,
        request=f"GET {path} HTTP/1.1\r\nHost: www.homeoffice.example\r\n\r\n".encode(),
        asked_at=asked_at,
        response=io.BytesIO(response),
        length=len(response),
        head=parsed[0] if parsed else None,
        body_start=parsed[1] if parsed else 0,
        address="192.0.2.1",
        port=80,
        cut=cut,
        fault=fault,
        interim=interim,
        surplus=surplus,
        tls=tls,
        timing=Timing(0.001, 0.0123, 0.25),
    )
