"""What pages of the site need from other authorities, and what is only linked to."""

from tests.capture.trap_site.bodies import reply, type_of
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import End, Need, Place, Reply

__all__ = ["lay"]


def lay(ground: Ground) -> None:
    """Lay out what pages of the site need from other authorities, and what is only linked to."""
    ground.area = "requisites"
    must_not, embeds = Need.MUST_NOT, ground.at[Place.EMBEDS]
    inner = ""
    for name in ("crest.png", "banner.gif", "rows/icon.png"):
        ground.leaf(f"/{name}", "requisite elsewhere", place=Place.EMBEDS)
        inner += f'<img src="http://{embeds}/{name}" alt="">\n'
    style = b"/* from elsewhere */ body { background: url(deeper.png) }\n"
    ground.add(
        "/look.css", reply(style, kind="text/css"), "requisite elsewhere", place=Place.EMBEDS
    )
    ground.leaf("/deeper.png", "requisite of a requisite", Need.SHOULD, Place.EMBEDS)
    ground.leaf("/page.html", "linked to, not needed", must_not, Place.EMBEDS)
    ground.leaf("/secret.png", "forbidden by robots elsewhere", must_not, Place.EMBEDS)
    rules = b"User-agent: *\nDisallow: /secret\nCrawl-delay: 0.3\n"
    moved = reply(status="301 Moved Permanently", fields=[("Location", "/rules.txt")])
    ground.add(
        "/robots.txt", moved, "robots.txt behind a redirect", place=Place.EMBEDS, need=Need.SHOULD
    )
    plain = type_of("robots.txt")
    ground.add(
        "/rules.txt", reply(rules, kind=plain), "the rules", place=Place.EMBEDS, need=Need.SHOULD
    )
    inner += (
        f'<link rel=stylesheet href="http://{embeds}/look.css">\n'
        f'<img src="http://{embeds}/secret.png" alt=""> <a href="http://{embeds}/page.html">x</a>\n'
    )
    ground.leaf("/map.png", "robots answered 404", place=Place.FREE)
    ground.leaf("/map.html", "linked to, not needed", must_not, Place.FREE)
    ground.add(
        "/robots.txt",
        reply(b"none\n", status="404 Not Found", kind=plain),
        "robots 404",
        place=Place.FREE,
        need=Need.SHOULD,
    )
    ground.leaf("/logo.png", "robots answered 503", must_not, Place.DOWN)
    ground.add(
        "/robots.txt",
        reply(b"down\n", status="503 Service Unavailable", kind=plain),
        "robots 503",
        place=Place.DOWN,
        need=Need.MAY,
        asks=12,
    )
    ground.leaf("/logo.png", "robots never answered", must_not, Place.DEAD)
    ground.add(
        "/robots.txt",
        Reply((), end=End.CLOSE),
        "robots without an answer",
        place=Place.DEAD,
        need=Need.MAY,
        asks=12,
    )
    ground.leaf("/neighbour.html", "outside the scope", must_not, Place.OUTSIDE)
    ground.leaf("/robots.txt", "no need of it", must_not, Place.OUTSIDE)
    inner += (
        f'<img src="http://{ground.at[Place.FREE]}/map.png" alt="">\n'
        f'<a href="http://{ground.at[Place.FREE]}/map.html">x</a>\n'
        f'<img src="http://{ground.at[Place.DOWN]}/logo.png" alt="">\n'
        f'<img src="http://{ground.at[Place.DEAD]}/logo.png" alt="">\n'
    )
    ground.hub("/requisites.html", inner, "a page that needs others")
