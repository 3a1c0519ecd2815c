"""A quick site for crawls that are killed: hundreds of pages, some that redirect or fail first.

Run as ``python -m tests.capture.forest ARCHIVE URL`` it crawls one, until it is done or killed.
"""

import sys
from pathlib import Path

from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.order import Order
from snapshots.writer import Writer
from tests.loopback import Reply, answer

__all__ = ["PAGES", "Forest", "addresses"]

PAGES = 1000
_PICTURE = b"\x89PNG" + bytes(200)


class Forest:
    """Answers as a site of `PAGES` pages does; every seventh fails when it is first asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def __call__(self, target: str) -> Reply:
        self.asked[target] = self.asked.get(target, 0) + 1
        if target == "/robots.txt":
            return answer(b"User-agent: *\nDisallow: /hidden\n", fields=[])
        if target == "/":
            return answer(self._page(0).encode())
        name, _, number = target.strip("/").partition("/")
        if name == "page" and number.isdigit() and int(number) < PAGES:
            if int(number) % 7 == 3 and self.asked[target] == 1:
                return answer(b"busy", status="503 Service Unavailable")
            if int(number) % 11 == 5:
                return answer(status="302 Found", fields=[("Location", f"/moved/{number}")])
            return answer(self._page(int(number)).encode())
        if name == "moved":
            return answer(f"<title>Moved {number}</title><p>Here is {number}".encode())
        if name == "picture":
            return answer(_PICTURE + number.encode(), fields=[("Content-Type", "image/png")])
        return answer(b"<h1>Not found</h1>", status="404 Not Found")

    def _page(self, number: int) -> str:
        following = range(number * 3 + 1, min(number * 3 + 4, PAGES))
        links = "".join(f'<a href="/page/{each}">page {each}</a>' for each in following)
        words = f"<p>Oak {number * 7919} ash {number * 104729} elm {number * 15485863}</p>"
        shown = f'<img src="/picture/{number}">' if number % 5 == 0 else ""
        return f"<title>Tree {number}</title>{links}<a href=/hidden/{number}>x</a>{shown}{words}"


def addresses(site: str) -> set[str]:
    """Give every address that a crawl of the site captures, probes left out."""
    # What lies behind a page that redirects is not found from there.
    reached, wave = {0}, [0]
    while wave:
        wave = [
            each
            for number in wave
            if number % 11 != 5 or number == 0
            for each in range(number * 3 + 1, min(number * 3 + 4, PAGES))
        ]
        reached.update(wave)
    pages = {f"{site}/page/{number}" for number in reached if number}
    moved = {f"{site}/moved/{number}" for number in reached if number and number % 11 == 5}
    pictures = {
        f"{site}/picture/{number}" for number in reached if number % 5 == 0 and number % 11 != 5
    }
    return {f"{site}/", f"{site}/robots.txt", *pages, *moved, *pictures}


if __name__ == "__main__":
    with Archive.open(Path(sys.argv[1])) as archive, Writer(archive) as writer:
        order = Order((sys.argv[2],), delay=0.0, back_off=0.01, allow_private=True)
        crawl = Crawl(writer, order)
        crawl.run()
        sys.exit(bool(crawl.ending))
