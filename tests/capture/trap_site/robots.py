"""robots.txt by RFC 9309: groups, wildcards, the longest match; and what it forbids."""

from tests.capture.trap_site.bodies import page, reply
from tests.capture.trap_site.feeds import SITEMAPS
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need, Place

__all__ = ["DELAYS", "PRODUCT", "lay"]

PRODUCT = "marsham"  # the product token that the rules are for
DELAYS = {Place.SITE: 0.01, Place.EMBEDS: 0.3}  # seconds, as Crawl-delay asks for
_RULES = """\ufeff# Rules of the trap site\r
\r
User-agent: *\r
Disallow: /rules/only-others.html
Crawl-delay: 30

User-agent: somebody-else\rDisallow: /\r
User-agent: marsham\r
User-agent: wget   # the same for both
Noindex: /rules/
Disallow: /private/ # all of it
Allow: /private/open.html
Disallow: /admin/delete
Disallow: /*.bak$
Disallow: /rules/*/draft
disallow : /rules/q?*print=
Disallow: /rules/caf%c3%a9/
Disallow: /rules/~hidden/
Allow: /rules/tie.html
Disallow: /rules/tie.html
Disallow: /rules/folder
Allow: /rules/folder/a/
Disallow: /rules/exact.html$
Disallow: rules/no-slash.html
Disallow:
Unheard-of: line
a line without a colon

{sitemaps}
User-agent: MARSHAM
Crawl-delay: 0.01
Disallow: /rules/second-group.html
"""
_FORBIDDEN = (
    ("/private/plan.html", "a folder", "/private/plan.html"),
    ("/private/", "a folder", "/private/"),
    ("/private/open", "Allow is for a longer path", "/private/open"),
    ("/admin/delete?id=1", "a link that does harm", "/admin/delete?id=1"),
    ("/admin/delete?id=2", "a link that does harm", "/admin/delete?id=2"),
    ("/rules/old.bak", "wildcard and end", "old.bak"),
    ("/rules/deep/er/draft.html", "wildcard within", "deep/er/draft.html"),
    ("/rules/q?a=1&print=1", "wildcard in a query", "q?a=1&amp;print=1"),
    ("/rules/caf%C3%A9/menu.html", "escapes, capital or not", "caf\xe9/menu.html"),
    ("/rules/%7Ehidden/x.html", "escapes of plain letters", "%7Ehidden/x.html"),
    ("/rules/folder/b.html", "shorter than the Allow, but alone", "folder/b.html"),
    ("/rules/folder.html", "a prefix", "folder.html"),
    ("/rules/exact.html", "end", "exact.html"),
    ("/rules/second-group.html", "second group of the same name", "second-group.html"),
)
_ALLOWED = (
    ("/private/open.html", "Allow behind Disallow", "/private/open.html"),
    ("/private", "without the slash", "/private"),
    ("/PRIVATE/page.html", "in capitals", "/PRIVATE/page.html"),
    ("/rules/old.bak?v=1", "end in the rule, not here", "old.bak?v=1"),
    ("/rules/drafts.html", "wildcard needs a folder", "drafts.html"),
    ("/rules/q?a=1&page=2", "another query", "q?a=1&amp;page=2"),
    ("/rules/tie.html", "of rules as long, Allow", "tie.html"),
    ("/rules/folder/a/x.html", "the longer rule", "folder/a/x.html"),
    ("/rules/exact.html?v=1", "end in the rule, not here", "exact.html?v=1"),
    ("/rules/only-others.html", "the group for all is not ours", "only-others.html"),
    ("/admin/", "beside the rule", "/admin/"),
)


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "robots"
    lines = "".join(f"Sitemap: http://{ground.at[Place.SITE]}{target}\n" for target in SITEMAPS)
    rules = _RULES.replace("{sitemaps}", lines).encode()
    plain = "text/plain; charset=utf-8"
    ground.add("/robots.txt", reply(rules, kind=plain), "the rules", asks=2)
    inner = ""
    for need, table in ((Need.MUST_NOT, _FORBIDDEN), (Need.MUST, _ALLOWED)):
        for target, why, reference in table:
            # All are pages, whatever they end in.
            ground.add(target, reply(page(target)), why, need=need)
            inner += f'<a href="{reference}">x</a>\n'
    ground.leaf("/rules/no-slash.html", "a rule without a slash", Need.MAY)
    inner += '<a href="no-slash.html">x</a> <a rel=nofollow href="nofollow.html">x</a>\n'
    ground.leaf("/rules/nofollow.html", "rel=nofollow", Need.MAY)
    ground.hub("/rules/", inner, "what robots.txt forbids, and allows")
