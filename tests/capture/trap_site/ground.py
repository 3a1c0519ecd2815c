"""The ground the site is laid out on: collects what its areas put there."""

import re
from collections.abc import Mapping

from tests.capture.trap_site.bodies import content, page, reply
from tests.capture.trap_site.resource import Answer, Family, Need, Place, Reply, Resource

__all__ = ["Ground"]

_FORBIDDEN_EVERYWHERE = (
    '<a href="/private/plan.html">Plan</a> <a href="/admin/delete?id=1">Delete</a> '
    '<a href="http://{outside}/neighbour.html">Neighbour</a> <a href="/">Home</a>\n'
)


class Ground:
    """What has been laid out so far.

    Attributes:
        at: host and port of each authority.
        area: the part of the site that is being laid out.
        foot: what stands at the foot of all pages: links that must not be followed, and home.
    """

    def __init__(self, at: Mapping[Place, str]) -> None:
        self.at = at
        self.area = ""
        self.foot = _FORBIDDEN_EVERYWHERE.format(outside=at[Place.OUTSIDE])
        self.resources: list[Resource] = []
        self.families: list[Family] = []
        self.hubs: list[str] = []

    def add(
        self,
        target: str,
        answer: Answer | Reply,
        why: str,
        *,
        need: Need = Need.MUST,
        later: Need | None = None,
        place: Place = Place.SITE,
        asks: int = 1,
    ) -> str:
        """Lay out a resource; `later` is what becomes of it in the second crawl, where it differs.

        Returns:
            Its target.
        """
        if isinstance(answer, Reply):
            fixed = answer
            answer = lambda _: fixed  # noqa: E731
        needs = (need, need if later is None else later)
        self.resources.append(Resource(place, target, self.area, why, needs, answer, asks))
        return target

    def leaf(self, target: str, why: str, need: Need = Need.MUST, place: Place = Place.SITE) -> str:
        """Lay out a small resource that leads nowhere but to the foot of all pages."""
        kind, body = content(target, foot=self.foot if place is Place.SITE else "")
        return self.add(target, reply(body, kind=kind), why, need=need, place=place)

    def page(self, target: str, inner: str, why: str, *, head: str = "") -> str:
        """Lay out a page that must be captured."""
        return self.add(target, reply(page(target, inner, head=head, foot=self.foot)), why)

    def hub(self, target: str, inner: str, why: str) -> str:
        """Lay out a page that the first page links to."""
        self.hubs.append(target)
        return self.page(target, inner, why)

    def family(self, name: str, pattern: str, budget: int, answer: Answer) -> None:
        """Lay out addresses without end."""
        self.families.append(Family(name, re.compile(pattern, re.DOTALL), budget, answer))
