"""A small site on this machine that can be changed between two crawls."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from tests.builders import digest
from tests.loopback import Loopback, Reply, answer

__all__ = ["Site", "page"]


def page(name: str, *links: str, words: str = "") -> bytes:
    """Write a page with links; pages of different names have different words."""
    anchors = "".join(f'<a href="{link}">{link}</a>' for link in links)
    text = " ".join(f"{name}{number * 7919}" for number in range(30))
    return f"<title>{name}</title><h1>{name}</h1>{anchors}<p>{text} {words}</p>".encode()


@dataclass
class Site:
    """Answers what it has pages for, and 404 otherwise.

    Attributes:
        pages: whole answers, or bodies of pages, by target.
        held: tells whether a target waits until `release` is set, so that a crawl is met midway.
        tagged: whether answers have an ETag, and one that is asked for with it is "not modified".
        keep_alive: whether a connection is used for more than one answer.
        waiting: set when one waits.
    """

    pages: dict[str, bytes]
    held: Callable[[str], bool] = lambda target: False
    tagged: bool = False
    keep_alive: bool = True
    release: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._loopback = Loopback(self._reply, keep_alive=self.keep_alive)

    def _reply(self, target: str) -> Reply:
        if self.held(target):
            self.waiting.set()
            self.release.wait(30)
        found = self.pages.get(target)
        if found is None:
            return answer(b"<h1>Not found</h1>", status="404 Not Found")
        if found.startswith(b"HTTP/"):
            return found
        if not self.tagged:
            return answer(found)
        tag = f'"{digest(found)}"'
        kind = "text/plain" if target == "/robots.txt" else "text/html"
        fields = [("ETag", tag), ("Content-Type", kind)]
        if self.heads[-1].get("if-none-match") == tag:
            return answer(status="304 Not Modified", fields=fields, length=None)
        return answer(found, fields=fields)

    @property
    def url(self) -> str:
        return f"{self._loopback.url}/"

    @property
    def asked(self) -> list[str]:
        return self._loopback.asked

    @property
    def heads(self) -> list[dict[str, str]]:
        return self._loopback.heads

    def __enter__(self) -> Self:
        self._loopback.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._loopback.__exit__()
