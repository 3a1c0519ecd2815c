"""Finding in HTML and in heads: each element, attribute and field that leads somewhere."""

from tests.capture.trap_site.bodies import page, reply, template
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need

__all__ = ["lay"]

_MUST = (  # why, source, and the targets in it, where {0}, {1} ... stand
    ("a", '<a href="{0}">a</a>', "a.html"),
    ("a without quotes", "<a href={0} class=x>a</a>", "unquoted.html"),
    ("a in capitals", "<A\nHREF='{0}'>a</A>", "capitals.html"),
    ("space round the address", '<a href="\n  {0}\t ">a</a>', "padded.html"),
    ("first of two attributes", '<a href="{0}" href="/find/not-second.html">a</a>', "first.html"),
    ("no end tag", '<p><a href="{0}">a<div><table><a href="{1}">', "open-1.html open-2.html"),
    ("area", '<map name=m><area shape=rect coords="0,0,1,1" href="{0}"></map>', "area.html"),
    ("iframe", '<iframe src="{0}"></iframe>', "iframe.html"),
    ("img", '<img src="{0}" alt="">', "img.png"),
    ("image for img", '<image src="{0}">', "image.gif"),
    ("srcset", '<img srcset="{0} 1x, {1} 2x,{2} 300w">', "set-1.png set,2.png set-3.png"),
    ("srcset without descriptor", '<img srcset="{0},\n {1}">', "set-4.png set-5.png"),
    (
        "picture",
        '<picture><source srcset="{0}" media="(min-width: 9em)"><source srcset="{1} 2x">'
        '<img src="{2}" alt=""></picture>',
        "wide.webp narrow.webp picture.jpg",
    ),
    ("video and poster", '<video src="{0}" poster="{1}"></video>', "film.mp4 poster.jpg"),
    ("audio", '<audio src="{0}"></audio>', "speech.ogg"),
    ("source", '<video><source src="{0}" type="video/mp4"></video>', "source.mp4"),
    ("track", '<video><track kind=captions src="{0}"></video>', "captions.vtt"),
    ("embed", '<embed src="{0}">', "embed.swf"),
    ("object", '<object data="{0}"></object>', "object.svg"),
    ("script", '<script src="{0}"></script>', "script.js"),
    ("input image", '<input type=image src="{0}">', "button.gif"),
    ("background of a cell", '<table><tr><td background="{0}"></table>', "cell.gif"),
    ("longdesc", '<img alt="" longdesc="{0}">', "longdesc.html"),
    ("data-src", '<img alt="" class=lazy data-src="{0}">', "lazy.png"),
    ("style attribute", '<p style="background: url({0})">x</p>', "style-bare.png"),
    (
        "style attribute, entities",
        '<p style="background: url(&quot;{0}&quot;)">x</p>',
        "style-entity.png",
    ),
    ("style attribute, quotes", "<p style='background: url(\"{0}\")'>x</p>", "style-quoted.png"),
    (
        "style attribute, numeric entities",
        '<p style="background: url(&#x27;{0}&#39;)">x</p>',
        "style-numeric.png",
    ),
    (
        "style element",
        '<style>@import "{0}"; p {{ background: url({1}) }}</style>',
        "style-import.css style-element.png",
    ),
    (
        "conditional comment",
        '<!--[if lt IE 9]><script src="{0}"></script>\n<link rel=stylesheet href="{1}">'
        "<![endif]-->",
        "ie.js ie.css",
    ),
    (
        "conditional comment, revealed",
        '<!--[if !IE]><!--><img src="{0}" alt=""><!--<![endif]-->',
        "not-ie.png",
    ),
    ("noscript", '<noscript><img src="{0}" alt=""></noscript>', "noscript.gif"),
    ("pictures in SVG", '<svg><image href="{0}"/></svg>', "svg-image.png"),
    ("xlink", '<svg><image xlink:href="{0}"/><a xlink:href="{1}">x</a></svg>', "x.png x.html"),
    ("meta refresh", '<meta http-equiv="refresh" content="600; url={0}">', "refresh.html"),
    (
        "meta refresh, quoted",
        "<meta http-equiv=Refresh content=\"600;URL='{0}'\">",
        "refresh-quoted.html",
    ),
    (
        "meta refresh, quoted with spaces",
        "<meta content='600 ; url = \"{0}\"' http-equiv=REFRESH>",
        "refresh-spaced.html",
    ),
)
_HEAD = (
    ("stylesheet", '<link rel="stylesheet" href="{0}">', "linked.css"),
    ("alternate stylesheet", '<link rel="alternate stylesheet" href="{0}">', "other.css"),
    ("icon", '<link rel="shortcut icon" href="{0}">', "icon.ico"),
    ("alternate", '<link rel=alternate hreflang=cy href="{0}">', "cymraeg.html"),
    ("next", '<link rel=next href="{0}">', "next.html"),
    ("preload", '<link rel=preload as=font href="{0}">', "font.woff2"),
    ("web manifest", '<link rel=manifest href="{0}">', "manifest.json"),
)
_SHOULD = (
    ("preload, imagesrcset", '<link rel=preload as=image imagesrcset="{0} 1x">', "preset.png"),
    ("og:image", '<meta property="og:image" content="{0}">', "shared.png"),
    ("refresh without url=", '<meta http-equiv=refresh content="600; {0}">', "refresh-bare.html"),
    ("data-srcset", '<img alt="" data-srcset="{0} 2x">', "lazy-set.png"),
    ("cite", '<blockquote cite="{0}">x</blockquote>', "cited.html"),
    ("use", '<svg><use href="{0}#x"/></svg>', "sprite.svg"),
    ("template", '<template><img src="{0}" alt=""></template>', "template.png"),
    ("srcdoc", "<iframe srcdoc='<img src=&quot;{0}&quot;>'></iframe>", "srcdoc.png"),
)
_GUESSES = (
    ("string in a script", '<script>var next = "{0}";</script>', "guess-string.html"),
    ("fetch in a script", "<script>fetch('{0}').then(show)</script>", "guess-fetch.json"),
    (
        "written by a script",
        "<script>document.write('<a href=\"{0}\">')</script>",
        "guess-write.html",
    ),
    ("handler", "<p onclick=\"location.href='{0}'\">x</p>", "guess-handler.html"),
)
_NOWHERE = """<!-- <a href="/find/not-commented.html">x</a> -->
<textarea><a href="/find/not-textarea.html">x</a></textarea>
<a href="mailto:clerk@parish.example">x</a> <a href="javascript:show('/find/not-script')">x</a>
<a href="tel:+442079460123">x</a> <a href="data:text/html,<a href='/find/not-data.html'>">x</a>
<a href="#top">x</a> <a href="">x</a> <a href="ftp://files.parish.example/x">x</a>
<a name="/find/not-name.html">x</a> <a href="http://">x</a> <a href="https:///">x</a>
<img src="" alt=""> <img srcset=", ," alt=""> <img src="about:blank" alt="">
<a href="{here}#notes">x</a> <a href="http://[::1/not-an-address">x</a>
<a href="http://parish.example:99999/">x</a> <a href="urn:isbn:0">x</a>
"""


def _written(ground: Ground, table: tuple[tuple[str, str, str], ...], need: Need) -> str:
    lines = []
    for why, source, names in table:
        targets = [ground.leaf(f"/find/{name}", why, need) for name in names.split()]
        lines.append(source.format(*targets))
    return "\n".join(lines) + "\n"


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "elements"
    here = "/find/"
    inner = _written(ground, _MUST, Need.MUST) + _written(ground, _SHOULD, Need.SHOULD)
    others = ("frames.html", "base.html", "base-target.html", "headers.html", "drawing.svg")
    inner += "".join(f'<a href="{name}">{name}</a>\n' for name in (*others, "strict.xhtml"))
    guesses = _written(ground, _GUESSES, Need.MAY)
    inner += guesses + _NOWHERE.format(here=here)
    head = _written(ground, _HEAD, Need.MUST)
    ground.hubs.append(here)
    ground.page(here, inner, "every element", head=head)
    _frames(ground)
    _bases(ground)
    _heads(ground)
    _xml(ground)


def _frames(ground: Ground) -> None:
    left = ground.leaf("/find/frame-left.html", "frame")
    right = ground.leaf("/find/frame-right.html", "frame")
    without = ground.leaf("/find/no-frames.html", "noframes")
    ground.leaf("/find/body.gif", "background of the body")
    body = (
        f'<html><head><title>Frames</title></head><frameset cols="*,*"><frame src="{left}">'
        f'<frame src="{right}"><noframes><body background="body.gif">'
        f'<a href="{without}">x</a></body></noframes></frameset></html>\n'
    )
    ground.add("/find/frames.html", reply(body.encode()), "a frameset")


def _bases(ground: Ground) -> None:
    ground.leaf("/find/based/one.html", "relative to the first base")
    ground.leaf("/find/based/early.png", "base behind what it holds for")
    ground.leaf("/top.html", "base does not matter")
    body = template(
        "Base",
        '<img src="early.png" alt=""><a href="one.html">x</a><a href="/top.html">x</a>',
        head='<base target="_top"><base href="based/"><base href="/wrong/">',
    )
    ground.add("/find/base.html", reply(body.encode()), "first base with href wins")
    ground.leaf("/find/plain.html", "base without href")
    body = template("Base", '<a href="plain.html">x</a>', head='<base target="main">')
    ground.add("/find/base-target.html", reply(body.encode()), "base without href")


def _heads(ground: Ground) -> None:
    refreshed = ground.leaf("/find/refresh-header.html", "Refresh header")
    ground.leaf("/find/link-style.css", "Link header, stylesheet")
    ground.leaf("/find/link-next.html", "Link header, second of two")
    ground.leaf("/find/link-picture.png", "Link header, second field, relative")
    fields = [
        ("Refresh", f"600; url={refreshed}"),
        (
            "Link",
            '</find/link-style.css>; rel=stylesheet; title="one, <two>", '
            "</find/link-next.html>; rel=next",
        ),
        ("Link", "<link-picture.png>; rel=preload; as=image"),
    ]
    body = page("/find/headers.html", foot=ground.foot)
    ground.add("/find/headers.html", reply(body, fields=fields), "fields that lead on")


def _xml(ground: Ground) -> None:
    style = ground.leaf("/find/drawing.css", "xml-stylesheet", Need.SHOULD)
    picture = ground.leaf("/find/drawn.png", "picture in an SVG file", Need.SHOULD)
    body = (
        f'<?xml version="1.0"?>\n<?xml-stylesheet href="{style}" type="text/css"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<image xlink:href="{picture}"/></svg>\n'
    ).encode()
    ground.add("/find/drawing.svg", reply(body, kind="image/svg+xml"), "an SVG file")
    linked = ground.leaf("/find/from-xhtml.html", "link in XHTML")
    body = (
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>XHTML</title></head><body>'
        f'<p><a href="{linked}">x</a><br/></p></body></html>\n'
    ).encode()
    ground.add("/find/strict.xhtml", reply(body, kind="application/xhtml+xml"), "XHTML")
