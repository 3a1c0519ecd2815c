"""Finding in pages of all charsets: stated, not stated, stated wrongly; and queries in them."""

from tests.capture.trap_site.bodies import prose, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need

__all__ = ["lay"]

_KIND = "text/html"


def _page(title: str, links: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head>{head}<title>{title}</title></head><body>\n"
        f"<p>{prose(title)}</p>\n{links}\n</body></html>\n"
    )


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "charsets"
    names: list[str] = []

    def add(name: str, why: str, body: bytes, kind: str, queries: dict[str, Need]) -> None:
        target = f"/charset/{name}"
        ground.add(target, reply(body, kind=kind), why)
        names.append(name)
        for query, need in queries.items():
            ground.leaf(f"/charset/find?{name}={query}", why, need)

    def link(name: str, text: str) -> str:
        return f'<a href="find?{name}={text}">x</a>'

    must, should, may = Need.MUST, Need.SHOULD, Need.MAY
    name = "western.html"
    body = _page(name, link(name, "caf\xe9") + link(name, "\u20ac") + link(name, "\u0142"))
    add(
        *(name, "windows-1252 by the head", body.encode("cp1252", "xmlcharrefreplace")),
        f"{_KIND}; charset=windows-1252",
        # What the charset lacks goes as a numeric reference (URL standard, 1.3).
        {"caf%E9": must, "%80": must, "%26%23322%3B": should},
    )
    ground.leaf("/charset/caf%C3%A9.html", "a path is UTF-8 whatever the page is")
    name = "latin.html"
    links = link(name, "\u20ac") + '<a href="caf\xe9.html">x</a>'
    body = _page(
        name, links, '<meta http-equiv=Content-Type content="text/html; charset=iso-8859-1">'
    )
    add(name, "iso-8859-1 means windows-1252", body.encode("cp1252"), _KIND, {"%80": must})
    name = "utf-8.html"
    body = _page(name, link(name, "caf\xe9"))
    add(name, "UTF-8 by the head", body.encode(), f"{_KIND}; charset=UTF-8", {"caf%C3%A9": must})
    name = "meta.html"
    body = _page(name, link(name, "caf\xe9"), "<meta charset='utf-8'>")
    add(name, "UTF-8 by meta", body.encode(), _KIND, {"caf%C3%A9": must})
    name = "wide.html"
    body = "\ufeff" + _page(name, link(name, "caf\xe9"))
    add(name, "UTF-16 with BOM", body.encode("utf-16-le"), _KIND, {"caf%C3%A9": must})
    name = "wide-big.html"
    body = _page(name, link(name, "caf\xe9"))
    kind = f"{_KIND}; charset=utf-16be"
    add(name, "UTF-16 by the head", body.encode("utf-16-be"), kind, {"caf%C3%A9": must})
    name = "wide-lying.html"
    body = _page(name, link(name, "caf\xe9"), "<meta charset=utf-16>")
    add(name, "meta that says UTF-16 means UTF-8", body.encode(), _KIND, {"caf%C3%A9": must})
    name = "mark.html"
    body = "\ufeff" + _page(name, link(name, "caf\xe9"))
    kind = f"{_KIND}; charset=windows-1252"
    add(name, "BOM goes before the head", body.encode(), kind, {"caf%C3%A9": must})
    name = "japanese.html"
    body = _page(name, link(name, "\u5e02"), "<meta charset=shift_jis>")
    add(name, "Shift_JIS by meta", body.encode("shift_jis"), _KIND, {"%8Es": must})
    name = "cyrillic.html"
    body = _page(name, link(name, "\u0434"))
    kind = f'{_KIND}; charset="KOI8-R"'
    add(name, "KOI8-R, quoted", body.encode("koi8-r"), kind, {"%C4": must})
    name = "silent.html"
    body = _page(name, link(name, "caf\xe9") + link(name, "plain"))
    # Read as UTF-8 or as windows-1252, the query comes out the same; a mixture of the two is wrong.
    queries = {"plain": must, "caf%C3%A9": must}
    add(name, "not stated, is UTF-8", body.encode(), _KIND, queries)
    name = "silent-western.html"
    body = _page(name, link(name, "caf\xe9") + link(name, "plain"))
    queries = {"plain": must, "caf%E9": must}
    add(name, "not stated, is windows-1252", body.encode("cp1252"), _KIND, queries)
    name = "lying.html"
    body = _page(name, link(name, "caf\xe9") + link(name, "plain"))
    queries = {"plain": must, "caf%EF%BF%BD": may, "caf%E9": may, "caf%C3%A9": may}
    kind = f"{_KIND}; charset=utf-8"
    add(name, "said to be UTF-8, is not", body.encode("cp1252"), kind, queries)
    name = "unknown.html"
    body = _page(name, link(name, "plain"))
    add(name, "a charset nobody knows", body.encode(), f"{_KIND}; charset=x-none", {"plain": must})
    inner = "".join(f'<a href="/charset/{name}">{name}</a>\n' for name in names)
    ground.hub("/charsets.html", inner, "pages of all charsets")
