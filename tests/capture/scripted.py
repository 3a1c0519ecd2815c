"""A small site whose pages are made by scripts, and crawls that show them in Chromium.

Run as ``python -m tests.capture.scripted ARCHIVE URL`` it crawls one, until it is done or killed.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from archiver.capture.browser import PageLimits
from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.order import Order
from snapshots.writer import Writer
from tests.loopback import Reply, answer

__all__ = ["HTML", "PICTURE", "QUICK", "SCRIPT", "Outside", "Site", "order", "run"]

QUICK = PageLimits(seconds=8, settle=4, quiet=0.4, reading=2, at_once=32)
HTML = [("Content-Type", "text/html; charset=utf-8")]
SCRIPT = [("Content-Type", "text/javascript")]
JSON = [("Content-Type", "application/json")]
PICTURE = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0"
PICTURE += b"\0\x02\x02D\x01\0;"

FRONT = """<!doctype html><title>Home</title>
<script src=/shared.js></script>
<div id=list></div>
<a href=/plain.html>plain</a> <a href=/report.pdf>report</a> <a href=/forbidden/x.html>no</a>
<iframe src=/frame.html></iframe>
<div style="height: 4000px"></div>
<img loading=lazy src=/lazy.gif width=1 height=1>
<script>
fetch('/pages.json').then(told => told.json()).then(pages => {
  for (const page of pages) {
    const link = document.createElement('a');
    link.href = page;
    link.textContent = page;
    document.getElementById('list').append(link);
  }
});
fetch('/beacon', {method: 'POST', body: 'seen'}).catch(() => 0);
fetch('/forbidden/data.json').catch(() => 0);
fetch('OUTSIDE/excluded/tracker.js').catch(() => 0);
fetch('OUTSIDE/disallowed.json').catch(() => 0);
fetch('OUTSIDE/allowed.json').catch(() => 0);
</script>"""
SECOND = """<!doctype html><title>Second</title><script src=/shared.js></script>
<p>Second page</p><script>fetch('/second.json?cookie')</script>"""


@dataclass
class Site:
    """A small site whose pages are made by scripts.

    Attributes:
        given: what was answered, by target, once for each time.
    """

    outside: str = ""
    given: dict[str, list[bytes]] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, target: str) -> Reply:
        given = self._answer(target)
        self.given.setdefault(target, []).append(given)
        return given

    def _answer(self, target: str) -> bytes:
        page = {
            "/robots.txt": answer(b"User-agent: *\nDisallow: /forbidden\n", fields=[]),
            "/": answer(FRONT.replace("OUTSIDE", self.outside).encode(), fields=HTML),
            "/shared.js": answer(b"window.shared = 1;", fields=SCRIPT),
            "/pages.json": answer(b'["/second.html", "/third.html"]', fields=JSON),
            "/second.html": answer(
                SECOND.encode(), fields=[*HTML, ("Set-Cookie", "visit=2; Path=/")]
            ),
            "/second.json?cookie": answer(b'{"second": 2}', fields=JSON),
            "/third.html": answer(SECOND.replace("Second", "Third").encode(), fields=HTML),
            "/plain.html": answer(b"<title>Plain</title><p>No scripts here", fields=HTML),
            "/frame.html": answer(b"<title>Frame</title><a href=/fromframe.html>x</a>"),
            "/fromframe.html": answer(b"<title>Linked in the frame</title>", fields=HTML),
            "/lazy.gif": answer(PICTURE, fields=[("Content-Type", "image/gif")]),
            "/report.pdf": answer(b"%PDF-1.4 report", fields=[("Content-Type", "application/pdf")]),
            **self.pages,
        }.get(target)
        return page or answer(b"<h1>Not found</h1>", status="404 Not Found")


class Outside:
    """Another server, which has a robots.txt of its own."""

    def __call__(self, target: str) -> Reply:
        if target == "/robots.txt":
            return answer(b"User-agent: *\nDisallow: /disallowed\n", fields=[])
        cors = ("Access-Control-Allow-Origin", "*")
        return answer(b'{"outside": true}', fields=[*JSON, cors])


def order(url: str, **more: object) -> Order:
    told = {"delay": 0.0, "back_off": 0.05, "probes": False, "browser": True}
    told |= {"allow_private_at": ("127.0.0.0/8",)}
    seeds = (f"{url}/",)
    return Order(seeds, exclude=("/excluded/",), **told | more)  # type: ignore[arg-type]


def run(archive: Archive, wanted: Order, page: PageLimits = QUICK) -> Crawl:
    with Writer(archive) as writer:
        crawl = Crawl(writer, wanted, page=page)
        crawl.run()
    return crawl


if __name__ == "__main__":
    with Archive.open(Path(sys.argv[1])) as opened:
        sys.exit(bool(run(opened, order(sys.argv[2])).ending))
