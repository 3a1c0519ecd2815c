"""Finding in CSS: every quoting and escape of ``url()``, ``@import``, and what is no address."""

from tests.capture.trap_site.bodies import reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need

__all__ = ["lay"]

_RULES = (  # why, source, the target below /css/, how needed
    ("bare", "p { background: url(bare.png) }", "bare.png", Need.MUST),
    ("double quotes", 'p { background: url("double.png") }', "double.png", Need.MUST),
    ("single quotes", "p { background: url('single.png') }", "single.png", Need.MUST),
    ("space within", "p { background: url(\n  spaced.png\t ) }", "spaced.png", Need.MUST),
    ("capitals", "P { BACKGROUND: URL(capital.png) }", "capital.png", Need.MUST),
    ("escaped letter", "p { background: url(\\65 scaped.png) }", "escaped.png", Need.MUST),
    ("escaped bracket", "p { background: url(brack\\)et.png) }", "brack)et.png", Need.MUST),
    ("escaped quote", 'p { background: url("quo\\"te.png") }', "quo%22te.png", Need.MUST),
    ("escape beyond ASCII", "p { background: url(caf\\e9.png) }", "caf%C3%A9.png", Need.MUST),
    ("escaped name", "p { background: u\\72 l(named.png) }", "named.png", Need.MUST),
    ("line carried on", 'p { background: url("carried\\\n.png") }', "carried.png", Need.MUST),
    (
        "font",
        '@font-face { src: local("x"), url(face.woff2) format("woff2") }',
        "face.woff2",
        Need.MUST,
    ),
    (
        "in a media query",
        "@media print { p { background: url(print.png) } }",
        "print.png",
        Need.MUST,
    ),
    ("behind a broken rule", "p { colour: ; } }} q { cursor: url(odd.png) }", "odd.png", Need.MUST),
    ("image-set", 'p { background: image-set("set.png" 1x) }', "set.png", Need.SHOULD),
    ("custom property", "p { --picture: url(custom.png) }", "custom.png", Need.SHOULD),
    ("not closed at the end", "p { background: url(last.png", "last.png", Need.MUST),
)
_IMPORTS = (
    ("import, string", '@import "import-string.css";', "import-string.css"),
    ("import, single quotes, media", "@import 'import-single.css' screen;", "import-single.css"),
    ("import, url", "@import url(import-url.css) print;", "import-url.css"),
    ("import, capitals", '@IMPORT URL("import-capital.css");', "import-capital.css"),
)
_NOWHERE = """/* url(not-comment.png) */
@namespace svg url(http://www.w3.org/2000/svg);
p::before { content: "url(not-string.png)"; background: url(data:image/gif;base64,R0lGODlhAQAB) }
p { background: url() ; mask: url(#mask); filter: url(not a valid.png) }
"""


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "styles"
    lines = ['@charset "utf-8";']
    for why, source, name in _IMPORTS:
        ground.leaf(f"/css/{name}", why)
        lines.append(source)
    lines.append('@import "round.css";')
    lines.append(_NOWHERE)
    for why, source, name, need in _RULES:
        ground.leaf(f"/css/{name}", why, need)
        lines.append(source)
    css = "text/css"
    ground.add("/css/main.css", reply("\n".join(lines).encode(), kind=css), "a style sheet")
    # Two sheets that import one another.
    ground.add("/css/round.css", reply(b'@import "about.css";', kind=css), "imports in a circle")
    ground.add("/css/about.css", reply(b'@import "round.css"; ', kind=css), "imports in a circle")
    inner = '<link rel=stylesheet href="/css/main.css">\n'
    ground.hub("/styled.html", inner, "a page with a style sheet")
