"""Redirects: of every kind, in chains, in circles, and to where nobody may follow."""

from tests.capture.trap_site.bodies import redirect, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.resource import Need, Place, Question, Reply

__all__ = ["lay"]

_KINDS = (
    "301 Moved Permanently,302 Found,303 See Other,307 Temporary Redirect,308 Permanent Redirect"
)


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "redirects"
    site, outside = ground.at[Place.SITE], ground.at[Place.OUTSIDE]
    names: list[str] = []

    def add(name: str, location: str, why: str, status: str = "302 Found", asks: int = 1) -> None:
        target = f"/go/{name}"
        names.append(ground.add(target, redirect(location, status), why, asks=asks))

    for status in _KINDS.split(","):
        code = status[:3]
        add(code, ground.leaf(f"/gone-to/{code}.html", f"behind a {code}"), f"a {code}", status)
    add("absolute", f"http://{site}/gone-to/absolute.html", "with scheme and host")
    add("relative", "../gone-to/relative.html", "relative")
    add("no-scheme", f"//{site}/gone-to/no-scheme.html", "without scheme")
    add("query", "?q=1", "query alone")
    ground.leaf("/go/query?q=1", "query alone")
    add("fragment", "/gone-to/fragment.html#part", "with a fragment")
    add("space", "/gone-to/space here.html", "a space within")
    add("padded", "  /gone-to/padded.html  ", "space round it")
    add("backslash", "\\gone-to\\backslash.html", "backslashes")
    add("bytes", "/gone-to/caf\xc3\xa9.html", "UTF-8 as it is")
    for name in ("absolute", "relative", "no-scheme", "fragment", "padded", "backslash"):
        ground.leaf(f"/gone-to/{name}.html", f"behind a redirect: {name}")
    ground.leaf("/gone-to/space%20here.html", "behind a redirect: space")
    ground.leaf("/gone-to/caf%C3%A9.html", "behind a redirect: UTF-8", Need.SHOULD)
    add("outside", f"http://{outside}/neighbour.html", "to outside the scope")
    add("https", f"https://{site.partition(':')[0]}:9/nothing.html", "to https that nobody serves")
    add("ftp", "ftp://files.parish.example/x", "to another scheme")
    add("script", "javascript:alert(1)", "to a script")
    add("forbidden", "/private/plan.html", "to what robots.txt forbids")
    add("empty", "", "to nowhere", asks=2)
    names.append(
        ground.add("/go/no-location", reply(b"<p>Moved</p>", status="302 Found"), "no target")
    )
    again = ground.leaf("/gone-to/in-body.html", "linked to by a redirect's body", Need.SHOULD)
    made = redirect("/", body=f'<a href="{again}">x</a>\n'.encode())
    names.append(ground.add("/go/body", made, "a body with a link"))
    inward = ground.leaf("/gone-to/picture.png", "a picture behind a redirect")
    ground.add("/go/picture.png", redirect(inward), "a picture that moved")
    # Circles: a redirect to itself may be asked for once more, for the sake of cookies.
    add("self", "/go/self", "to itself", asks=2)
    add("round-1", "/go/round-2", "circle of two", asks=2)
    ground.add("/go/round-2", redirect("/go/round-1"), "circle of two", asks=2)
    for number in range(1, 4):
        following = redirect(f"/go/ring-{number % 3 + 1}", "301 Moved Permanently")
        ground.add(f"/go/ring-{number}", following, "circle of three", asks=2)
    names.append("/go/ring-1")
    for number in range(1, LIMITS.hops + 6):
        need = Need.MUST if number <= LIMITS.hops else Need.MAY
        following = redirect(f"/go/hop-{number + 1}")
        ground.add(f"/go/hop-{number}", following, "a chain too long", need=need)
    ground.leaf(f"/go/hop-{LIMITS.hops + 6}", "the end of a chain too long", Need.MAY)
    names.append("/go/hop-1")

    def onward(question: Question) -> Reply:
        number = int(question.target.rpartition("=")[2])
        return redirect(f"/go/on?n={number + 1}")

    ground.family("redirects", r"/go/on\?n=\d+", LIMITS.hops + 5, onward)
    inner = "".join(f'<a href="{name}">x</a>\n' for name in names)
    inner += '<img src="/go/picture.png" alt=""> <a href="/go/on?n=1">x</a>\n'
    ground.hub("/go/", inner, "redirects")
