"""The manifest: all the site has, and what a good crawl makes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.capture.trap_site import (
    addresses,
    answers,
    broken,
    charsets,
    cookies,
    days,
    elements,
    feeds,
    forms,
    redirects,
    requisites,
    robots,
    styles,
    traps,
)
from tests.capture.trap_site.bodies import page, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Family, Need, Place, Resource

__all__ = ["Manifest", "lay_out"]

_AREAS = (elements, styles, feeds, charsets, addresses, answers, broken, cookies, redirects)
_MORE_AREAS = (robots, requisites, forms, traps, days)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All the site has.

    Attributes:
        at: host and port of each authority.
        resources: by authority and target.
        families: endless ones, all on the site itself.
    """

    at: Mapping[Place, str]
    resources: Mapping[tuple[Place, str], Resource]
    families: tuple[Family, ...]

    def find(self, place: Place, target: str) -> Resource | Family | None:
        """Tell what a target belongs to; None when the site has no such thing."""
        resource = self.resources.get((place, target))
        if resource is not None or place is not Place.SITE:
            return resource
        return next((each for each in self.families if each.pattern.fullmatch(target)), None)

    def needed(self, need: Need, day: int = 1) -> Iterator[Resource]:
        """Give the resources of one need on a day."""
        return (each for each in self.resources.values() if each.need[day - 1] is need)

    def url(self, resource: Resource) -> str:
        """Give a resource's address."""
        return f"http://{self.at[resource.place]}{resource.target}"


def lay_out(at: Mapping[Place, str]) -> Manifest:
    """Lay out the site at these authorities."""
    ground = Ground(at)
    for area in (*_AREAS, *_MORE_AREAS):
        area.lay(ground)
    ground.area = "home"
    links = "".join(f'<a href="{hub}">{hub}</a>\n' for hub in ground.hubs)
    # A redirect leads back to it: it may be asked for again, with the cookies there are by then.
    first = reply(page("/", links, foot=ground.foot))
    ground.add("/", first, "the first page", asks=2)
    resources: dict[tuple[Place, str], Resource] = {}
    for each in ground.resources:
        if (each.place, each.target) in resources:
            raise ValueError(f"laid out twice: {each.place} {each.target}")
        resources[each.place, each.target] = each
    return Manifest(at, resources, tuple(ground.families))
