"""One exchange: a request as it was sent, and what came back of it, byte for byte."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from archiver.http import Head

__all__ = ["Cut", "Exchange", "Timing"]


class Cut(StrEnum):
    """Why a stored answer is not whole, as `WARC-Truncated` says it (ISO 28500, clause 5.13)."""

    LENGTH = "length"  # it passed the limit of bytes
    TIME = "time"  # it took too long
    DISCONNECT = "disconnect"  # the connection ended before the answer did
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the moment of asking; None for what did not come to pass."""

    connected: float | None = None  # TLS included; None on a connection that was open already
    first_byte: float | None = None
    last_byte: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, and what came back; a context manager that lets go of the answer.

    Attributes:
        url: what was asked for; its path and query are those in the request line.
        request: the request's bytes as they were sent.
        asked_at: when, an aware datetime.
        response: the final answer's head and body as they came, at its start. Interim answers
            (1xx) are not in it, nor bytes behind its end. Empty when nothing came.
        length: bytes of the response.
        head: its head; None when what came does not begin as an HTTP answer.
        body_start: where in the response the body begins.
        cut: why it is not whole; None when it is.
        fault: what went wrong, in a few words for people; empty when nothing did.
        passing: whether the fault may be gone at another try.
        interim: the heads of the 1xx answers that came first.
        surplus: how many bytes followed the end of the answer, and were left out.
        address: the IP address that was asked.
        port: the port.
        tls: version and cipher, such as ``("TLSv1.3", "TLS_AES_256_GCM_SHA384")``.
        timing: how long it took.
    """

    url: str
    request: bytes
    asked_at: datetime
    response: BinaryIO
    length: int
    head: Head | None
    body_start: int
    address: str
    port: int
    cut: Cut | None = None
    fault: str = ""
    passing: bool = False
    interim: tuple[bytes, ...] = ()
    surplus: int = 0
    tls: tuple[str, str] | None = None
    timing: Timing = field(default_factory=Timing)

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
