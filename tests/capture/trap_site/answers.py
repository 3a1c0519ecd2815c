"""Exact bytes: sound answers in every shape that HTTP/1.x allows or that servers are known for."""

import zlib
from collections.abc import Callable

import brotli

from tests.capture.trap_site.bodies import HTML, chunked, page, prose, reply, squeeze
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import End, Need, Reply, Wait

__all__ = ["lay"]

_OK = b"HTTP/1.1 200 OK\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n"


def _raw(
    head: bytes,
    sent: bytes,
    payload: bytes | None = None,
    *,
    end: End = End.KEEP,
    before: bytes = b"",
    behind: bytes = b"",
) -> Reply:
    body = sent if payload is None else payload
    parts = (before + head + sent + behind,)
    return Reply(parts, body, before=len(before), behind=len(behind), end=end)


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % len(body)


def _pieces(data: bytes, size: int, pause: float) -> tuple[bytes | Wait, ...]:
    parts: list[bytes | Wait] = []
    for at in range(0, len(data), size):
        parts += [data[at : at + size], Wait(pause)]
    return tuple(parts[:-1])


def _framings() -> dict[str, tuple[str, Callable[[bytes], Reply]]]:
    coded = b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "chunked": ("chunked", lambda b: _raw(_OK + _HTML + coded, chunked(b), b)),
        "chunk-by-chunk": (
            "chunks of one byte in several packets",
            lambda b: Reply(_pieces(_OK + _HTML + coded + chunked(b, 1), 1500, 0.01), b),
        ),
        "extensions": (
            "chunk extensions",
            lambda b: _raw(
                _OK + _HTML + coded,
                b'%X;name="a;b"; x=1\r\n%s\r\n000;last\r\n\r\n' % (len(b), b),
                b,
            ),
        ),
        "trailers": (
            "trailer fields",
            lambda b: _raw(
                _OK + _HTML + b"Trailer: X-Sum, X-More\r\n" + coded,
                b"%x\r\n%s\r\n0\r\nX-Sum: 12\r\nX-More: a\r\n\r\n" % (len(b), b),
                b,
            ),
        ),
        "noughts": (
            "chunk sizes with noughts and capitals",
            lambda b: _raw(_OK + _HTML + coded, b"0000%X \r\n%s\r\n0\r\n\r\n" % (len(b), b), b),
        ),
        "chunked-capitals": (
            "field name and coding in capitals",
            lambda b: _raw(_OK + _HTML + b"TRANSFER-ENCODING:  Chunked\r\n\r\n", chunked(b), b),
        ),
        "both": (
            "length beside chunks: chunks go before",
            lambda b: _raw(
                _OK + _HTML + b"Content-Length: 7\r\n" + coded, chunked(b), b, end=End.CLOSE
            ),
        ),
        "until-close": (
            "no length: until the end of the connection",
            lambda b: _raw(_OK + _HTML + b"\r\n", b, end=End.CLOSE),
        ),
        "http-1.0": (
            "HTTP/1.0",
            lambda b: _raw(b"HTTP/1.0 200 OK\r\n" + _HTML + b"\r\n", b, end=End.CLOSE),
        ),
        "connection-close": (
            "Connection: close",
            lambda b: _raw(_OK + _HTML + b"Connection: close\r\n" + _length(b), b, end=End.CLOSE),
        ),
        "length-twice": (
            "the same length twice",
            lambda b: _raw(_OK + _HTML + b"Content-Length: %d\r\n" % len(b) + _length(b), b),
        ),
        "surplus": (
            "bytes behind the end",
            lambda b: _raw(
                _OK + _HTML + _length(b), b, end=End.CLOSE, behind=b"<!-- behind the end -->" * 3
            ),
        ),
        "slowly": (
            "slow, but it comes",
            lambda b: Reply(_pieces(_OK + _HTML + _length(b) + b, 150, 0.12), b),
        ),
        "large": ("large, within the limit", _large),
        "continue": (
            "100 first",
            lambda b: _raw(_OK + _HTML + _length(b), b, before=b"HTTP/1.1 100 Continue\r\n\r\n"),
        ),
        "hints": (
            "103 first, twice",
            lambda b: _raw(
                _OK + _HTML + _length(b),
                b,
                before=b"HTTP/1.1 103 Early Hints\r\nLink: </bytes/hinted.css>; rel=preload\r\n\r\n"
                b"HTTP/1.1 103 Early Hints\r\nX-More: 1\r\n\r\n",
            ),
        ),
    }


def _large(body: bytes) -> Reply:
    whole = (body + b"<!-- " + prose("large", 400).encode() * 200)[:199_000] + b" -->\n"
    return _raw(_OK + _HTML + _length(whole), whole)


def _heads() -> dict[str, tuple[str, Callable[[bytes], Reply]]]:
    def with_fields(fields: bytes) -> Callable[[bytes], Reply]:
        return lambda body: _raw(_OK + _HTML + fields + _length(body), body)

    many = b"".join(b"X-Field-%d: value %d\r\n" % (n, n) for n in range(300))
    return {
        "padding": ("space round values", with_fields(b"X-Padded: \t  a  b \t \r\nX-Empty:\r\n")),
        "folded": (
            "a folded field",
            with_fields(b"X-Folded: one\r\n  two\r\n\tthree\r\nX-Next: 1\r\n"),
        ),
        "beyond-ascii": (
            "bytes beyond ASCII",
            with_fields(b"X-Caf\xe9: caf\xe9\r\nX-Town: Caf\xc3\xa9\r\n"),
        ),
        "repeated": (
            "fields of one name",
            with_fields(b"X-Same: a\r\nx-same: b\r\nX-SAME: a\r\n"),
        ),
        "many-fields": ("300 fields", with_fields(many)),
        "long-field": ("a field of 10,000 bytes", with_fields(b"X-Long: %s\r\n" % (b"a" * 10_000))),
        "no-colon": ("a line without a colon", with_fields(b"This is no field\r\nX-Next: 1\r\n")),
        "space-colon": ("space before the colon", with_fields(b"X-Spaced : 1\r\n")),
        "line-feeds": (
            "line feeds alone",
            lambda b: _raw((_OK + _HTML + _length(b)).replace(b"\r\n", b"\n"), b),
        ),
        "mixed-ends": (
            "line ends of both kinds",
            lambda b: _raw((_OK + _HTML).replace(b"\r\n", b"\n") + _length(b), b),
        ),
        "no-reason": (
            "no reason phrase",
            lambda b: _raw(b"HTTP/1.1 200\r\n" + _HTML + _length(b), b),
        ),
        "odd-reason": (
            "a reason beyond ASCII",
            lambda b: _raw(b"HTTP/1.1 200 C'est tr\xe8s bien  \r\n" + _HTML + _length(b), b),
        ),
        "no-type": ("no content type", lambda b: _raw(_OK + _length(b), b)),
        "like-a-head": (
            "a body that looks like a head",
            lambda b: _raw(
                _OK + _HTML + _length(b"\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n" + b),
                b"\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n" + b,
            ),
        ),
    }


def _codings() -> dict[str, tuple[str, Callable[[bytes], Reply]]]:
    def coded(name: str, how: Callable[[bytes], bytes]) -> Callable[[bytes], Reply]:
        return lambda body: reply(how(body), fields=[("Content-Encoding", name)])

    def raw_deflate(body: bytes) -> bytes:
        work = zlib.compressobj(wbits=-15)
        return work.compress(body) + work.flush()

    return {
        "gzip": ("gzip, whether asked for or not", coded("gzip", squeeze)),
        "x-gzip": ("gzip by its old name, in capitals", coded("X-GZIP", squeeze)),
        "deflate": ("deflate", coded("deflate", zlib.compress)),
        "raw-deflate": ("deflate without its head", coded("deflate", raw_deflate)),
        "br": ("brotli, not asked for", coded("br", brotli.compress)),
        "twice": ("gzip in gzip", coded("gzip, gzip", lambda body: squeeze(squeeze(body)))),
        "not-gzip": ("says gzip, is plain", coded("gzip", lambda body: body)),
        "not-said": ("is gzip, says nothing", lambda body: reply(squeeze(body))),
        "identity": ("identity", coded("identity", lambda body: body)),
        "utf8-coding": ("a charset for a coding", coded("UTF-8", lambda body: body)),
        "gzip-chunked": (
            "gzip in chunks",
            lambda b: _raw(
                _OK + _HTML + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
                chunked(squeeze(b)),
                squeeze(b),
            ),
        ),
        "gzip-surplus": (
            "gzip with bytes behind it",
            coded("gzip", lambda body: squeeze(body) + b"\0\0padding"),
        ),
    }


_STATUSES = """201 Created
203 Non-Authoritative Information
206 Partial Content
300 Multiple Choices
400 Bad Request
401 Unauthorized
402 Payment Required
403 Forbidden
404 Not Found
405 Method Not Allowed
406 Not Acceptable
409 Conflict
410 Gone
418 I'm a teapot
451 Unavailable For Legal Reasons
501 Not Implemented
505 HTTP Version Not Supported
999 Denied"""


def lay(ground: Ground) -> None:
    """Lay out the area; each page leads to one that only those find who read it right."""
    ground.area = "exact"
    names = []
    for name, (why, make) in {**_framings(), **_heads(), **_codings()}.items():
        target = f"/bytes/{name}.html"
        # What is gzip and says nothing may be taken for what it says it is.
        need = Need.SHOULD if name in ("not-said", "utf8-coding", "gzip-surplus") else Need.MUST
        child = ground.leaf(f"/bytes/behind/{name}.html", f"found behind: {why}", need)
        ground.add(target, make(page(target, f'<a href="{child}">x</a>\n')), why)
        names.append(target)
    empty = reply(b"", kind=None)
    names.append(ground.add("/bytes/empty.html", empty, "nothing in it"))
    nothing = Reply((b"HTTP/1.1 204 No Content\r\nX-Why: none\r\n\r\n",))
    names.append(ground.add("/bytes/nothing", nothing, "204"))
    for status in _STATUSES.splitlines():
        target = f"/bytes/status/{status[:3]}.html"
        fields = {"401": [("WWW-Authenticate", 'Basic realm="clerks"')]}.get(status[:3], [])
        body = page(target, foot=ground.foot)
        made = reply(body, status=status, kind=HTML, fields=fields)
        names.append(ground.add(target, made, "kept as it is"))
    ground.leaf("/bytes/hinted.css", "named by a 103", Need.MAY)
    inner = "".join(f'<a href="{name}">x</a>\n' for name in names)
    ground.hub("/bytes/", inner, "answers in every shape")
