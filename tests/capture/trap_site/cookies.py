"""Cookies: walls that let nobody through without one, a members' area, and where none may go."""

from tests.capture.trap_site.bodies import page, redirect, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Answer, Need, Question, Reply

__all__ = ["BOUND", "NEVER", "lay"]

BOUND = {"member": "/members/", "deep": "/cookies/deep/"}  # cookies by the path they are good for
NEVER = frozenset({"foreign", "secure", "gone"})  # cookies that may never be sent


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "cookies"
    foot = ground.foot

    def guarded(target: str, cookie: str, inner: str = "") -> Answer:
        name, _, value = cookie.partition("=")
        refused = reply(page(f"{target} refused"), status="403 Forbidden", good=False)
        body = page(target, inner, foot=foot)

        def answer(question: Question) -> Reply:
            return reply(body) if question.cookies.get(name) == value else refused

        return answer

    def wall(target: str, cookie: str, by: str) -> Answer:
        name, _, value = cookie.partition("=")
        body = page(target, foot=foot)
        fields = [] if by != target else [("Set-Cookie", f"{cookie}; Path=/cookies")]
        turned = redirect(by, fields=fields, good=False)

        def answer(question: Question) -> Reply:
            return reply(body) if question.cookies.get(name) == value else turned

        return answer

    target = "/cookies/wall.html"
    ground.add(target, wall(target, "wall=passed", target), "cookie wall", asks=2)
    target, keeper = "/cookies/gated.html", "/cookies/keeper?to=/cookies/gated.html"
    ground.add(target, wall(target, "gate=open", keeper), "cookie wall elsewhere", asks=2)
    opened = redirect(target, fields=[("Set-Cookie", "gate=open; Path=/; HttpOnly")])
    ground.add(keeper, opened, "sets a cookie and leads back")
    never = "/cookies/never.html"

    def anew(question: Question) -> Reply:
        return redirect(never, fields=[("Set-Cookie", f"try={question.count}; Path=/cookies")])

    ground.add(never, anew, "cookie wall that never lets through", asks=3)
    odd = '"a=b, c/d"'
    setting = [
        ("Set-Cookie", "member=yes; Path=/members/"),
        ("Set-Cookie", f"odd={odd}"),
        ("Set-Cookie", "foreign=1; Domain=elsewhere.example"),
        ("Set-Cookie", "secure=1; Secure"),
        ("Set-Cookie", "gone=1; Max-Age=0"),
        ("Set-Cookie", "gone=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Set-Cookie", "deep=1; Path=/cookies/deep/"),
        ("Set-Cookie", "no value"),
        ("Set-Cookie", "=; ;;"),
    ]
    inner = '<a href="/members/">x</a> <a href="/cookies/odd.html">x</a>\n'
    inner += '<a href="/cookies/deep/in.html">x</a> <a href="/cookies/other.html">x</a>\n'
    joined = reply(page("/join.html", inner, foot=foot), fields=setting)
    ground.add("/join.html", joined, "sets cookies")
    names = ("agenda.html", "minutes.html", "accounts.html")
    inner = "".join(f'<a href="{name}">x</a>' for name in names) + '<a href="/logout">x</a>\n'
    ground.add("/members/", guarded("/members/", "member=yes", inner), "members' area")
    for name in names:
        target = f"/members/{name}"
        ground.add(target, guarded(target, "member=yes"), "members' area")
    target = "/cookies/odd.html"
    ground.add(target, guarded(target, f"odd={odd}"), "cookie as it was set", need=Need.SHOULD)
    target = "/cookies/deep/in.html"
    ground.add(target, guarded(target, "deep=1"), "cookie by its path")
    ground.leaf("/cookies/other.html", "beside its path")
    out = reply(page("/logout"), fields=[("Set-Cookie", "visit=0; Max-Age=0")])
    ground.add("/logout", out, "a plain link", need=Need.MAY)
    links = ("/cookies/wall.html", "/cookies/gated.html", never, "/join.html")
    inner = "".join(f'<a href="{link}">x</a>\n' for link in links)
    ground.hub("/cookies/", inner, "cookies")
