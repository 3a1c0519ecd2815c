"""Servers on this machine that answer as they are told, byte for byte, and an archive made of one.

What is tested against them goes through real sockets. An answer is written out here in full, so
that it may also be such as no good server would give.
"""

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path

from archiver.timestamps import parse_timestamp
from tests.builders import digest

__all__ = [
    "Held",
    "LocalAuthority",
    "Loopback",
    "RemoteArchiveDouble",
    "Reply",
    "answer",
    "http_date",
]

Reply = bytes | Iterable[bytes] | None  # None hangs up


def answer(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    fields: Sequence[tuple[str, str]] = (("Content-Type", "text/html"),),
    length: int | None = -1,
) -> bytes:
    """Write an HTTP answer; `length` lies about the body's, None leaves it out."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields)]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        while line := self.rfile.readline():
            fields = {}
            request = line
            while (field_line := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
                request += field_line
                name, _, value = field_line.decode("latin-1").partition(":")
                fields[name.strip().lower()] = value.strip()
            target = line.decode("latin-1").split(" ")[1]
            self.server.loopback.requests.append(request + field_line)
            reply = self.server.loopback.reply(target, fields)
            if reply is None:
                return
            try:
                for part in [reply] if isinstance(reply, bytes) else reply:
                    self.wfile.write(part)
            except OSError:
                return  # whoever asked has heard enough
            if not self.server.loopback.keep_alive:
                return

    def finish(self) -> None:
        super().finish()
        if self.server.loopback.farewell and isinstance(self.connection, ssl.SSLSocket):
            with suppress(OSError):
                self.connection.unwrap()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    loopback: "Loopback"

    def handle_error(self, *_: object) -> None:
        """Say nothing when somebody hangs up; the tests look at what was seen."""


class Loopback:
    """A server on a port of its own; a context manager.

    Attributes:
        asked: the targets asked for, in order.
        heads: the request fields of each, names in lower case.
        requests: the bytes of each request.
        connections: how many connections were made.
        farewell: whether TLS is ended as it should be; off, as many servers have it.
    """

    def __init__(self, reply: Callable[[str], Reply], *, keep_alive: bool = False) -> None:
        self.keep_alive = keep_alive
        self.asked: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.requests: list[bytes] = []
        self.farewell = False
        self.connections = 0
        self._reply = reply
        self._server = _Server(("127.0.0.1", 0), _Handler, bind_and_activate=True)
        self._server.loopback = self
        verify = self._server.verify_request

        def count(*arguments: object) -> bool:
            self.connections += 1
            return verify(*arguments)  # type: ignore[arg-type]

        self._server.verify_request = count  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS; to be called before the server is entered."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def reply(self, target: str, fields: dict[str, str]) -> Reply:
        self.asked.append(target)
        self.heads.append(fields)
        return self._reply(target)

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """An authority of this machine's own that vouches for servers; needs the program openssl.

    Attributes:
        certificate: its own, by which it may be trusted.
        server: the certificate it gave, with its key and for the names that were asked for.
    """

    certificate: Path
    server: Path

    @classmethod
    def make(cls, folder: Path, *names: str) -> "LocalAuthority":
        """Make one; `names` are written as ``DNS:www.homeoffice.example`` or ``IP:127.0.0.1``."""
        own, own_key, server = folder / "ca.pem", folder / "ca.key", folder / "server.pem"
        new = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]
        new += ["-pkeyopt", "ec_paramgen_curve:P-256"]
        more = [
            [*("-subj", "/CN=Test authority"), *("-keyout", own_key, "-out", own)],
            [
                *("-subj", "/CN=server", "-CA", own, "-CAkey", own_key),
                *("-addext", f"subjectAltName={','.join(names)}"),
                *("-addext", "basicConstraints=critical,CA:FALSE"),
                *("-keyout", folder / "server.key", "-out", server),
            ],
        ]
        for rest in more:
            subprocess.run([*new, *rest], check=True, capture_output=True)
        server.write_text(server.read_text() + (folder / "server.key").read_text())
        return cls(own, server)

    def serving(self) -> ssl.SSLContext:
        """Give what a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context

    def trusting(self) -> ssl.SSLContext:
        """Give what a client trusts it with."""
        return ssl.create_default_context(cafile=str(self.certificate))


def http_date(timestamp: str) -> str:
    """Write a timestamp as HTTP writes dates."""
    return format_datetime(parse_timestamp(timestamp), usegmt=True)


@dataclass
class Held:
    """A memento the archive holds; `body` as it was captured."""

    timestamp: str
    body: bytes = b"<p>Crime and policing</p>"
    url: str = "http://www.homeoffice.example/crime/"
    status: str = "200 OK"
    fields: Sequence[tuple[str, str]] = (
        ("X-Archive-Orig-Server", "Apache"),
        ("Content-Type", "text/html"),
    )
    length: int | None = -1


@dataclass
class RemoteArchiveDouble:
    """Answers as an archive under ``/coll/`` does.

    Attributes:
        held: its mementos.
        forms: what it has: ``cdx``, ``link``, ``json`` and ``id_``.
        instead: whole answers for some targets, each used once, the first first.
        banner: what it puts into pages it shows.
    """

    held: list[Held]
    forms: frozenset[str] = frozenset({"cdx", "link", "json", "id_"})
    instead: dict[str, list[Reply]] = field(default_factory=dict)

    def __call__(self, target: str) -> Reply:
        if self.instead.get(target):
            return self.instead[target].pop(0)
        path = target.removeprefix("/coll/")
        if path.startswith("cdx?") and "cdx" in self.forms:
            return answer("".join(map(self._cdx, self.held)).encode(), fields=[])
        for form in ("link", "json"):
            if path.startswith(f"timemap/{form}/") and form in self.forms:
                lines = getattr(self, f"_{form}")()
                return answer(lines.encode(), fields=[("Content-Type", "application/link-format")])
        for held in self.held:
            if path == f"{held.timestamp}id_/{held.url}" and "id_" in self.forms:
                return self._memento(held, held.body)
            if path in (f"{held.timestamp}/{held.url}", f"{held.timestamp}mp_/{held.url}"):
                return self._memento(held, self.shown(held))
        return answer(b"<h1>Not found</h1>", status="404 Not Found")

    def shown(self, held: Held) -> bytes:
        """Give a page as the archive shows it: pywb's head, links led into the archive."""
        insert = (
            "<!-- WB Insert --><script>wbinfo = {};\n"
            f'wbinfo.url = "{held.url}"; wbinfo.timestamp = "{held.timestamp}";\n'
            '</script><script src="/static/wombat.js"></script><!-- End WB Insert -->'
        ).encode()
        body = held.body.replace(b'href="', f'href="/coll/{held.timestamp}mp_/'.encode())
        return body.replace(b"<head>", b"<head>" + insert)

    def _memento(self, held: Held, body: bytes) -> bytes:
        fields = [*held.fields, ("Memento-Datetime", http_date(held.timestamp))]
        return answer(body, status=held.status, fields=fields, length=held.length)

    def _cdx(self, held: Held) -> str:
        status = held.status.split()[0]
        told = digest(held.body).removeprefix("sha1:")
        return (
            f"example,homeoffice)/crime {held.timestamp} {held.url} text/html {status} {told} 1\n"
        )

    def _link(self) -> str:
        first = self.held[0].url
        lines = [f'<{first}>; rel="original"', f'</coll/timemap/link/{first}>; rel="self"']
        for held in self.held:
            place = f"/coll/{held.timestamp}mp_/{held.url}"
            lines.append(f'<{place}>; rel="memento"; datetime="{http_date(held.timestamp)}"')
        return ",\n".join(lines) + "\n"

    def _json(self) -> str:
        return "".join(
            f'{{"urlkey": "x", "timestamp": "{held.timestamp}", "url": "{held.url}"}}\n'
            for held in self.held
        )
