"""What is otherwise on the second day: changed, gone, moved, new; and what is as it was."""

from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha1

from tests.capture.trap_site.bodies import content, page, prose, redirect, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need, Question, Reply

__all__ = ["lay"]

_MODIFIED = ("Sun, 01 Nov 2026 09:00:00 GMT", "Sun, 22 Nov 2026 09:00:00 GMT")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A resource that says which version of itself it is.

    Attributes:
        changes: whether it is another on the second day.
        tag: what stands before the quoted part of its ETag; None without ETag.
        modified: whether it has Last-Modified.
        heeds: whether it answers 304.
    """

    target: str
    foot: str
    changes: bool = False
    tag: str | None = None
    modified: bool = False
    heeds: bool = True

    def __call__(self, question: Question) -> Reply:
        version = question.day - 1 if self.changes else 0
        kind, body = content(self.target, foot=self.foot, mark=f" version {version}")
        fields = [("Date", formatdate(question.clock, usegmt=True))]
        tag = None
        if self.tag is not None:
            tag = f'{self.tag}"{sha1(body, usedforsecurity=False).hexdigest()[:12]}"'
            fields.append(("ETag", tag))
        if self.modified:
            fields.append(("Last-Modified", _MODIFIED[version]))
        known, since = question.get("If-None-Match"), question.get("If-Modified-Since")
        # If-None-Match goes before the other (RFC 9110, 13.1.3).
        same = known == tag if known else self.modified and since == _MODIFIED[version]
        if self.heeds and (known or since) and same:
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
            return Reply((f"HTTP/1.1 304 Not Modified\r\n{lines}\r\n".encode(),), stands_for=body)
        return reply(body, kind=kind, fields=fields)


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "days"
    names: list[str] = []
    for name, why, how in (
        ("same.html", "unchanged, no validator", {}),
        ("same-etag.html", "unchanged, ETag", {"tag": ""}),
        ("same-weak.html", "unchanged, weak ETag", {"tag": "W/"}),
        ("same-modified.html", "unchanged, Last-Modified", {"modified": True}),
        ("same-both.png", "unchanged, both", {"tag": "", "modified": True}),
        ("same-deaf.html", "unchanged, never 304", {"tag": "", "modified": True, "heeds": False}),
        ("changed.html", "changed, no validator", {"changes": True}),
        ("changed-etag.html", "changed, ETag", {"changes": True, "tag": ""}),
        ("changed-modified.html", "changed, Last-Modified", {"changes": True, "modified": True}),
        ("changed-both.pdf", "changed, both", {"changes": True, "tag": "", "modified": True}),
    ):
        target = f"/days/{name}"
        ground.add(target, _Kept(target, ground.foot, **how), why)
        names.append(target)
    names += [*_twins(ground), *_others(ground)]
    links = "".join(f'<a href="{name}">x</a>\n' for name in names)
    today = '<a href="/days/new.html">x</a> <img src="/days/new.png" alt="">\n'

    def hub(question: Question) -> Reply:
        inner = links + (today if question.day == 2 else "")
        return reply(page(f"/days/ on day {question.day}", inner, foot=ground.foot))

    ground.add("/days/", hub, "changes, and leads to what is new")
    ground.hubs.append("/days/")


def _twins(ground: Ground) -> list[str]:
    """Lay out bodies that are the same under two addresses."""
    page_body = page("Twins", foot=ground.foot)
    large = prose("large twins", 6000).encode()
    empty = reply(b"")
    return [
        ground.add("/days/twin-1.html", reply(page_body), "the same body twice"),
        ground.add("/days/twin-2.html", reply(page_body), "the same body twice"),
        ground.add("/days/twin-1.txt", reply(large, kind="text/plain"), "the same, large"),
        ground.add("/days/twin-2.txt", reply(large, kind="text/plain; x=1"), "the same, large"),
        ground.add("/days/empty-1.html", empty, "nothing, twice"),
        ground.add("/days/empty-2.html", empty, "nothing, twice"),
    ]


def _others(ground: Ground) -> list[str]:
    """Lay out what goes, moves, comes and comes back."""

    def first(target: str, then: Reply) -> str:
        kind, body = content(target, foot=ground.foot)
        before = reply(body, kind=kind)
        return ground.add(
            target, lambda question: then if question.day == 2 else before, "there on day one only"
        )

    def gone(status: str) -> Reply:
        return reply(page(f"{status} of day two"), status=status)

    moved = "/days/moved-to.html"
    names = [
        first("/days/gone-404.html", gone("404 Not Found")),
        first("/days/gone-410.html", gone("410 Gone")),
        first("/days/moved.html", redirect(moved, "301 Moved Permanently")),
    ]
    back = page("/days/revived.html", foot=ground.foot)
    missing = reply(page("not yet"), status="404 Not Found")
    answer = reply(back)
    names.append(
        ground.add(
            "/days/revived.html",
            lambda question: answer if question.day == 2 else missing,
            "there on day two only, linked to on both",
        )
    )
    for target in (moved, "/days/new.html", "/days/new.png"):
        kind, body = content(target, foot=ground.foot)
        made = reply(body, kind=kind)
        ground.add(target, made, "new on day two", need=Need.MAY, later=Need.MUST)
    return names
