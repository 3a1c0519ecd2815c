"""Traps: areas without end, each with what is worth having at its mouth."""

import re
from random import Random
from urllib.parse import quote

from tests.capture.trap_site.bodies import page, reply, template
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Question, Reply

__all__ = ["lay"]

_COLOURS, _SIZES = ("red", "blue", "green", "grey"), ("s", "m", "l", "xl")


def _shown(title: str, inner: str) -> Reply:
    # Pages of a trap are much alike, as those of real ones are.
    text = "<p>Nothing is planned. Come back later, or ask at the town hall in the week.</p>"
    return reply(template(title, text + inner).encode())


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "traps"
    for lay_one in (_calendars, _paths, _facets, _sessions, _lengths, _soft, _frames):
        lay_one(ground)


def _calendars(ground: Ground) -> None:
    inner = '<a href="/calendar/2026/11">x</a> <a href="/events?month=2026-11">x</a>\n'
    ground.hub("/calendar/", inner, "a calendar")
    ground.page("/calendar/2026/11", '<a href="12">next</a> <a href="10">last</a>\n', "this month")
    around = '<a href="?month=2026-12">next</a> <a href="?month=2026-10">last</a>\n'
    ground.page("/events?month=2026-11", around, "this month, in a query")

    def months(question: Question) -> tuple[str, str]:
        found = re.findall(r"\d+", question.target)
        at = int(found[0]) * 12 + int(found[1]) - 1
        before, after = (f"{n // 12:04}/{n % 12 + 1:02}" for n in (max(at - 1, 0), at + 1))
        return before, after

    def in_path(question: Question) -> Reply:
        before, after = months(question)
        links = f'<a href="/calendar/{before}">x</a> <a href="/calendar/{after}">x</a>\n'
        return _shown("Calendar", links)

    def in_query(question: Question) -> Reply:
        before, after = (text.replace("/", "-") for text in months(question))
        links = f'<a href="?month={before}">x</a> <a href="?month={after}">x</a>\n'
        return _shown("Events", links)

    ground.family("calendar", r"/calendar/\d{1,6}/\d\d?", 260, in_path)
    ground.leaf("/calendar/2026/12", "next month")
    ground.leaf("/calendar/2026/10", "last month")
    ground.family("calendar in a query", r"/events\?month=\d{1,6}-\d\d?", 260, in_query)


def _paths(ground: Ground) -> None:
    ground.hub("/deep/", '<a href="level-1/">x</a>\n', "a path without end")

    def deeper(question: Question) -> Reply:
        depth = question.target.count("/")
        return _shown("Deeper", f'<a href="level-{depth - 1}/">x</a>\n')

    ground.family("endless path", r"/deep/(level-\d+/)+", 60, deeper)
    ground.hub("/again/", '<a href="news/">x</a>\n', "a path that repeats")

    def again(question: Question) -> Reply:
        # One way leads on, the other does not: families grow by steps and do not double.
        onward = '<a href="news/">x</a> <a href="archive/">x</a>\n'
        return _shown("Again", onward if question.target.endswith("news/") else "")

    ground.page("/again/news/", '<a href="news/">x</a>\n', "news, once")
    ground.family("repeated path", r"/again/((news|archive)/)+", 20, again)


def _facets(ground: Ground) -> None:
    ground.hub("/shop/", '<a href="?colour=red">x</a> <a href="?page=1">x</a>\n', "facets")

    def facets(question: Question) -> Reply:
        # Each page leads to the three that follow it; their order and values never come to an end.
        found = re.search(r"from=(\d+)", question.target)
        at, links = int(found[1]) if found else 0, ""
        for number in range(at + 1, at + 4):
            seed = Random(number)  # noqa: S311
            pairs = [
                f"from={number}",
                f"colour={seed.choice(_COLOURS)}",
                f"size={seed.choice(_SIZES)}",
                f"sort={seed.choice(('price', 'name'))}",
            ][: seed.randrange(1, 5)]
            seed.shuffle(pairs)
            links += f'<a href="?{"&amp;".join(pairs)}">x</a>\n'
        return _shown("Goods", links)

    ground.family("facets", r"/shop/\?(?!page=|sid=).+", 150, facets)

    def leaves(question: Question) -> Reply:
        number = int(question.target.rpartition("=")[2])
        return _shown("Goods", f'<a href="?page={number + 1}">next</a>\n')

    ground.family("pages without end", r"/shop/\?page=\d+", 120, leaves)


def _sessions(ground: Ground) -> None:
    inner = (
        '<a href="/desk/home;jsessionid=00a1b2c3d4e5f607">x</a>\n'
        '<a href="/till?sid=0f1e2d3c4b5a6978">x</a>\n'
    )
    ground.hub("/sessions.html", inner, "session ids")

    def new(question: Question) -> str:
        return f"{Random(f'{question.number}').getrandbits(64):016x}"  # noqa: S311

    def in_path(question: Question) -> Reply:
        # Three pages with the same text each time; only the session id in their links is new.
        name, _, sid = question.target.partition(";jsessionid=")
        links = "".join(
            f'<a href="/desk/{leaf};jsessionid={sid}">x</a>\n' for leaf in ("home", "list", "help")
        )
        if name == "/desk/home":
            links += f'<a href="/desk/home;jsessionid={new(question)}">x</a>\n'
        return reply(page(name, links))

    def in_query(question: Question) -> Reply:
        sid = question.target.rpartition("sid=")[2]
        links = f'<a href="/till?view=1&amp;sid={sid}">x</a>\n'
        if "view" not in question.target:
            links += f'<a href="/till?sid={new(question)}">x</a>\n'
        return reply(page("/till", links))

    ground.family("session ids in a path", r"/desk/\w+;jsessionid=\w+", 30, in_path)
    ground.family("session ids in a query", r"/till\?(view=1&)?sid=\w+", 30, in_query)


def _lengths(ground: Ground) -> None:
    legitimate = ground.leaf(f"/long/list?of={'ward-' * 400}end", "2,000 bytes, and sound")
    inner = f'<a href="{legitimate}">x</a> <a href="grow?x={"a" * 60}">x</a>\n'
    ground.hub("/long/", inner, "long addresses")

    def grow(question: Question) -> Reply:
        if len(question.target) > 30_000:
            return reply(b"<p>Too long</p>", status="414 URI Too Long")
        return _shown("Longer", f'<a href="{question.target}{"a" * len(question.target)}">x</a>\n')

    ground.family("long addresses", r"/long/grow\?x=a+", 12, grow)


def _soft(ground: Ground) -> None:
    ground.hub("/soft/", '<a href="real.html">x</a> <a href="lost.html">x</a>\n', "soft 404s")
    ground.leaf("/soft/real.html", "among soft 404s")

    def sorry(question: Question) -> Reply:
        folder, _, name = question.target.rpartition("/")
        # Real ones double at each step, and would keep a crawler without bounds for hours.
        onward = "" if name == "about.html" else '<a href="news/index.html">x</a>\n'
        links = f'{onward}<a href="about.html">x</a> <a href="./">x</a>\n'
        title = f"<h1>We could not find {quote(name)} in {quote(folder)}</h1>\n"
        return _shown("Sorry", title + links)

    ground.family("soft 404s", r"/soft/.+", 60, sorry)


def _frames(ground: Ground) -> None:
    ground.hub("/nested/", '<iframe src="frame?n=1"></iframe>\n', "frames in frames")

    def frame(question: Question) -> Reply:
        number = int(question.target.rpartition("=")[2])
        return _shown("Frame", f'<iframe src="frame?n={number + 1}"></iframe>\n')

    ground.family("frames", r"/nested/frame\?n=\d+", 60, frame)
