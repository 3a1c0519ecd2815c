"""A made-up site of small pages, served by a process of its own that does nothing but send.

Every answer is put together before the first question, and sent in one write. So whoever asks is
slower than this server, which the benchmark that uses it shows.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from types import MappingProxyType
from urllib.request import urlopen

__all__ = ["Served", "count", "paths", "served"]

_CHILDREN = 8  # pages that a page leads to for the first time
_ASIDE = 10  # pages it leads to that others lead to as well
_PAGES_A_PICTURE = 5
_SHEETS = 10
_COUNT = b"/-/count"  # how many answers were sent; this one is not among them
_SYLLABLES = (
    *("ban", "cor", "del", "fen", "gar", "hol", "ing", "lor"),
    *("mar", "nor", "pel", "rin", "sal", "ter", "ven", "wick"),
)


class Served:
    """A site that is being served.

    Attributes:
        port: of this machine's own address.
        url: its front page.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def sent(self) -> int:
        """Tell how many answers it has sent so far."""
        with urlopen(self.url[:-1] + _COUNT.decode()) as answer:  # noqa: S310
            return int(answer.read())


@contextmanager
def served(pages: int) -> Iterator[Served]:
    """Serve a site of so many pages, besides their pictures and style sheets."""
    command = [sys.executable, __file__, str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield Served(int(process.stdout.readline()))
        finally:
            process.terminate()


def count(pages: int) -> int:
    """Give how many addresses such a site has."""
    return sum(1 for _ in paths(pages))


def paths(pages: int) -> Iterator[bytes]:
    """Give the path of every page, picture and style sheet."""
    yield from map(path_of, range(pages))
    yield from map(picture_of, range(0, pages, _PAGES_A_PICTURE))
    for number in range(_SHEETS):
        yield b"/styles/%d.css" % number
        yield b"/styles/%d.png" % number


def answers(pages: int) -> dict[bytes, bytes]:
    """Put together all answers of a site, by path; the same for the same number."""
    chance = Random(pages)  # noqa: S311 - nothing secret about it
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 3))) for _ in range(2000)]
    found = {}
    for number in range(pages):
        found[path_of(number)] = answer("text/html; charset=utf-8", page(number, pages, words))
    for number in range(0, pages, _PAGES_A_PICTURE):
        found[picture_of(number)] = answer("image/png", picture(chance))
    for number in range(_SHEETS):
        found[b"/styles/%d.css" % number] = answer("text/css", sheet(number))
        found[b"/styles/%d.png" % number] = answer("image/png", picture(chance))
    return found


def path_of(number: int) -> bytes:
    """Give the path of a page."""
    return b"/section-%d/page-%d.html" % (number // 100, number) if number else b"/"


def picture_of(number: int) -> bytes:
    """Give the path of the picture that a page shows."""
    number -= number % _PAGES_A_PICTURE
    return b"/pictures/%d/%d.png" % (number // 1000, number)


def page(number: int, pages: int, words: list[str]) -> bytes:
    """Write a page of 2 to 6 kB."""
    chance = Random(number)  # noqa: S311
    first = number * _CHILDREN + 1
    ahead = range(first, min(first + _CHILDREN, pages))
    linked = [0, (number - 1) // _CHILDREN if number else 0, *ahead]
    linked += (chance.randrange(pages) for _ in range(_ASIDE))
    links = "".join(
        f'<li><a href="{path_of(one).decode()}">{" ".join(chance.choices(words, k=3))}</a></li>\n'
        for one in linked
    )
    text = "\n".join(
        f"<p>{' '.join(chance.choices(words, k=chance.randint(20, 60)))}.</p>"
        for _ in range(chance.randint(4, 14))
    )
    title = " ".join(chance.choices(words, k=4))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/styles/{number % _SHEETS}.css"></head>
<body><h1>{title}</h1>
<img src="{picture_of(number).decode()}" alt="" width="40" height="40">
{text}
<ul>
{links}</ul></body></html>
""".encode()


def sheet(number: int) -> bytes:
    """Write a style sheet that shows a picture."""
    rules = "".join(f".c{one} {{ margin: {one}px; color: #{one:03}; }}\n" for one in range(80))
    return f"body {{ background: url({number}.png) }}\n{rules}".encode()


def picture(chance: Random) -> bytes:
    """Make what goes for a picture."""
    return b"\x89PNG\r\n\x1a\n" + chance.randbytes(chance.randint(500, 3000))


def answer(content_type: str, body: bytes, status: str = "200 OK") -> bytes:
    """Put an answer together."""
    head = (
        f"HTTP/1.1 {status}\r\nServer: made-up\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nLast-Modified: Mon, 09 May 2011 10:16:21 GMT\r\n"
        "Connection: keep-alive\r\n\r\n"
    )
    return head.encode() + body


class _Answering(asyncio.Protocol):
    """One connection."""

    sent = 0
    known: Mapping[bytes, bytes] = MappingProxyType({})
    missing = answer("text/html", b"<h1>Not found</h1>", "404 Not Found")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        *asked, self._held = (self._held + data).split(b"\r\n\r\n")
        for one in asked:
            path = one.split(b" ", 2)[1]
            if path == _COUNT:
                self._transport.write(answer("text/plain", b"%d" % _Answering.sent))
                continue
            _Answering.sent += 1
            self._transport.write(self.known.get(path, self.missing))


async def serve(pages: int) -> None:
    """Serve until somebody ends the process."""
    _Answering.known = answers(pages)
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int)
    asyncio.run(serve(parser.parse_args().pages))
