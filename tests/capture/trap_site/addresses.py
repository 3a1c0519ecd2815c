"""Addresses: as the URL standard reads odd references, and as they have to be asked for."""

from tests.capture.trap_site.bodies import page, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need, Place

__all__ = ["lay"]

_READ = (  # why, the reference as the page's source has it, the target it stands for
    ("backslashes", "\\odd\\back.html", "/odd/back.html"),
    ("tab", "/odd/ta&#9;b.html", "/odd/tab.html"),
    ("line end", "/odd/new\r\nline.html", "/odd/newline.html"),
    ("control characters round it", " \x01\x0c/odd/lead.html\x1f ", "/odd/lead.html"),
    ("dot segments", "/odd/a/../up.html", "/odd/up.html"),
    ("single dot", "/odd/./here.html", "/odd/here.html"),
    ("dot segments, escaped", "/odd/b/%2e%2E/escaped-up.html", "/odd/escaped-up.html"),
    ("above the top", "../../../odd/top.html", "/odd/top.html"),
    ("query alone", "?only=query", "/odd/?only=query"),
    ("no scheme", "//{site}/odd/slashes.html", "/odd/slashes.html"),
    ("scheme, relative", "http:relative.html", "/odd/relative.html"),
    ("scheme, one slash", "http:/odd/one-slash.html", "/odd/one-slash.html"),
    ("three slashes", "http:///{site}/odd/three.html", "/odd/three.html"),
    ("scheme in capitals", "HTTP://{site}/odd/capitals.html", "/odd/capitals.html"),
    ("backslashes for slashes", "http:\\\\{site}\\odd\\backs.html", "/odd/backs.html"),
    ("space", "/odd/space here.html", "/odd/space%20here.html"),
    ("entity", "/odd/caf&eacute;.html", "/odd/caf%C3%A9.html"),
    ("quotation mark", "/odd/quot&quot;e.html", "/odd/quot%22e.html"),
    ("braces", "/odd/{{brace}}.html", "/odd/%7Bbrace%7D.html"),
    ("angle brackets", "/odd/&lt;angle&gt;.html", "/odd/%3Cangle%3E.html"),
    ("grave accent", "/odd/grav`e.html", "/odd/grav%60e.html"),
    ("reference to a slash", "&#x2F;odd&#47;slash.html", "/odd/slash.html"),
    ("reference as of windows-1252", "/odd/da&#150;sh.html", "/odd/da%E2%80%93sh.html"),
    ("apostrophe in a query", "/odd/q?it's", "/odd/q?it%27s"),
    ("space in a query", "/odd/q?a b", "/odd/q?a%20b"),
    ("braces in a query", "/odd/q?{{x}}|y^z`", "/odd/q?{{x}}|y^z`"),
    ("backslash in a query", "/odd/q?a\\b", "/odd/q?a\\b"),
    ("angle brackets in a query", "/odd/q?<x>", "/odd/q?%3Cx%3E"),
    ("not an entity", "/odd/q?a=1&copy=2", "/odd/q?a=1&copy=2"),
    ("an entity", "/odd/q?a=1&amp;b=2", "/odd/q?a=1&b=2"),
    ("fragment", "/odd/fragment.html#a b", "/odd/fragment.html"),
    ("another fragment of it", "/odd/fragment.html#?c", ""),
    ("not ASCII in a query, UTF-8", "/odd/q?caf\xe9", "/odd/q?caf%C3%A9"),
)
_SHOULD = (
    ("an entity, not closed", "/odd/q?x=1&reg_id=3", "/odd/q?x=1%C2%AE_id=3"),
    ("credentials", "http://reader:hidden@{site}/odd/credentials.html", "/odd/credentials.html"),
    ("port with noughts", "http://127.0.0.1:0{port}/odd/noughts.html", "/odd/noughts.html"),
    ("short host", "http://127.1:{port}/odd/short.html", "/odd/short.html"),
    ("host as a number", "http://0x7f000001:{port}/odd/number.html", "/odd/number.html"),
    ("escaped host", "http://127.0.0.%31:{port}/odd/host.html", "/odd/host.html"),
    ("surrogate", "/odd/half&#xD800;.html", "/odd/half%EF%BF%BD.html"),
    ("invisible character", "/odd/in&#8203;visible.html", "/odd/in%E2%80%8Bvisible.html"),
)
_EXACT = """list list? %zz 100% %7Euser ~user a%2fb a%2Fb a/b p|q list[1] /double double// %E9 %e9 x
x? x?? dir dir/ semi;v=1 semi q?a=1&a=2& q?a=1&a=2 q?&& q?b=2&a=1 q?a=1&b=2 q?x=a+b q?x=a%20b
q?u=/../b q?n=%0A UPPER upper end. !$&'()*,;=:@ %20 q?jsession=1 index.html index.html? www
q?%26=%3D q?="""
_EXACT_SHOULD = "%41 A %00 q?%zz"


def lay(ground: Ground) -> None:
    """Lay out the area."""
    site = ground.at[Place.SITE]
    at = {"site": site, "port": site.rpartition(":")[2]}
    ground.area = "references"
    inner = ""
    for need, table in ((Need.MUST, _READ), (Need.SHOULD, _SHOULD)):
        for why, reference, target in table:
            if target == "/odd/credentials.html":
                # Were its address kept as it stands, all it leads to would carry them on.
                behind, body = "/odd/behind-credentials.html", page(f"behind {why}")
                ground.add(behind, reply(body), f"behind {why}", need=need)
                body = page(target, f'<a href="{behind}">x</a>')
                ground.add(target, reply(body), why, need=need)
            elif target:
                ground.leaf(target.format(**at), why, need)
            inner += f'<a href="{reference.format(**at)}">{why}</a>\n'
    ground.hub("/odd/", inner, "odd references")
    ground.area = "addresses"
    inner = ""
    for need, names in ((Need.MUST, _EXACT), (Need.SHOULD, _EXACT_SHOULD)):
        for name in names.split():
            target = f"/addr/{name}"
            # All are pages, whatever they end in: what they are about is how they are asked for.
            body = page(target, foot=ground.foot)
            ground.add(target, reply(body), "asked for as written", need=need)
            inner += f'<a href="{target.replace("&", "&amp;")}">x</a>\n'
    ground.hub("/addr/", inner, "addresses to be asked for as written")
