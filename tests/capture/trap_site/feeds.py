"""Finding in feeds and sitemaps; nothing but robots.txt leads to the sitemaps."""

from xml.sax.saxutils import escape

from tests.capture.trap_site.bodies import content, reply, squeeze
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need, Place

__all__ = ["SITEMAPS", "lay"]

SITEMAPS = ("/sitemap-index.xml", "/sitemap.txt")
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "feeds"
    _feeds(ground)
    ground.area = "sitemaps"
    _sitemaps(ground)


def _feeds(ground: Ground) -> None:
    site = f"http://{ground.at[Place.SITE]}"
    for name, why, need in (
        ("item.html", "RSS link", Need.MUST),
        ("sound.ogg", "RSS enclosure", Need.MUST),
        ("guid.html", "RSS guid", Need.SHOULD),
        ("content.html", "link in RSS content", Need.SHOULD),
        ("content.png", "picture in RSS description", Need.SHOULD),
        ("rss.gif", "RSS image", Need.SHOULD),
        ("entry.html", "Atom link", Need.MUST),
        ("entry-2.html", "Atom link, relative", Need.MUST),
        ("sound-2.ogg", "Atom enclosure", Need.MUST),
        ("entry.json", "Atom content", Need.SHOULD),
        ("logo.png", "Atom logo", Need.SHOULD),
        ("based/entry.html", "Atom with xml:base", Need.SHOULD),
        ("rdf.html", "RSS 1.0 link", Need.MUST),
    ):
        ground.leaf(f"/feed/{name}", why, need)
    within = escape(f'<p><a href="{site}/feed/content.html">x</a></p>')
    picture = f'<![CDATA[<img src="{site}/feed/content.png">]]>'
    rss = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>News</title><link>{site}/</link><description>News of the parish</description>
<image><url>{site}/feed/rss.gif</url><title>News</title><link>{site}/</link></image>
<item><title>One</title><link>
  {site}/feed/item.html </link><guid isPermaLink="true">{site}/feed/guid.html</guid>
<enclosure url="{site}/feed/sound.ogg" length="9" type="audio/ogg"/>
<description>{picture}</description><content:encoded>{within}</content:encoded></item>
<item><title>Two</title><guid isPermaLink="false">/feed/not-a-link</guid></item>
</channel></rss>
"""
    kind = "application/rss+xml"
    ground.add("/feed/news.rss", reply(rss.encode(), kind=kind), "RSS 2.0")
    atom = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:news</id>
<updated>2026-11-01T00:00:00Z</updated><logo>/feed/logo.png</logo>
<link rel="self" href="{site}/feed/news.atom"/>
<entry><title>One</title><id>urn:1</id><link href="{site}/feed/entry.html"/>
<link rel="enclosure" href="/feed/sound-2.ogg"/><content src="/feed/entry.json"/></entry>
<entry><title>Two</title><id>urn:2</id><link rel="alternate" href="entry-2.html"/></entry>
<entry xml:base="/feed/based/"><title>Three</title><id>urn:3</id><link href="entry.html"/></entry>
</feed>
"""
    ground.add("/feed/news.atom", reply(atom.encode(), kind="application/atom+xml"), "Atom")
    rdf = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/"><channel rdf:about="{site}/feed/news.rdf"><title>News</title>
<link>{site}/</link></channel><item rdf:about="{site}/feed/rdf.html"><title>One</title>
<link>{site}/feed/rdf.html</link></item></rdf:RDF>
"""
    ground.add("/feed/news.rdf", reply(rdf.encode(), kind="text/xml"), "RSS 1.0")
    inner = (
        '<link rel=alternate type="application/rss+xml" href="/feed/news.rss">\n'
        '<a href="/feed/news.atom">x</a> <a href="/feed/news.rdf">x</a>\n'
    )
    ground.hub("/feeds.html", inner, "a page that names feeds")


def _sitemaps(ground: Ground) -> None:
    site, outside = f"http://{ground.at[Place.SITE]}", f"http://{ground.at[Place.OUTSIDE]}"
    for name, why in (
        ("plain.html", "sitemap"),
        ("list.html?a=1&b=2", "sitemap, entity"),
        ("cdata.html", "sitemap, CDATA"),
        ("padded.html", "sitemap, space round it"),
        ("zipped.html", "sitemap, gzip"),
        ("text.html", "sitemap of plain text"),
    ):
        ground.leaf(f"/maps/{name}", why)
    ground.leaf("/maps/picture.png", "picture in a sitemap", Need.SHOULD)
    ground.leaf("/maps/language.html", "alternate in a sitemap", Need.SHOULD)
    kind = content("x.xml")[0]
    index = f"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex {_SPACE}>
<sitemap><loc>{site}/maps/a.xml</loc></sitemap>
<sitemap><loc>{site}/maps/b.xml.gz</loc><lastmod>2026-11-01</lastmod></sitemap>
<sitemap><loc>{site}/sitemap-index.xml</loc></sitemap>
<sitemap><loc>{site}/maps/missing.xml</loc></sitemap>
</sitemapindex>
"""
    ground.add("/sitemap-index.xml", reply(index.encode(), kind=kind), "index, holds itself")
    missing = reply(b"<p>No such list</p>", status="404 Not Found")
    ground.add("/maps/missing.xml", missing, "a sitemap that is not there", need=Need.SHOULD)
    a = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {_SPACE} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
 xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc>{site}/maps/plain.html</loc><image:image><image:loc>{site}/maps/picture.png</image:loc>
</image:image><xhtml:link rel="alternate" hreflang="cy" href="{site}/maps/language.html"/></url>
<url><loc>{site}/maps/list.html?a=1&amp;b=2</loc></url>
<url><loc><![CDATA[{site}/maps/cdata.html]]></loc></url>
<url><loc>
    {site}/maps/padded.html
  </loc></url>
<url><loc>{site}/private/plan.html</loc></url>
<url><loc>{outside}/neighbour.html</loc></url>
</urlset>
"""
    ground.add("/maps/a.xml", reply(a.encode(), kind=kind), "sitemap")
    b = f"<urlset {_SPACE}><url><loc>{site}/maps/zipped.html</loc></url></urlset>\n"
    zipped = reply(squeeze(b.encode()), kind="application/gzip")
    ground.add("/maps/b.xml.gz", zipped, "sitemap, gzip file")
    text = f"{site}/maps/text.html\r\n{outside}/neighbour.html\r\n"
    ground.add("/sitemap.txt", reply(text.encode(), kind="text/plain"), "sitemap of plain text")
