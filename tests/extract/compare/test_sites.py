"""What becomes of the pages of a site between two dates."""

from extract.compare.pages import Version, compare_pages, outline_page, statements_of
from extract.compare.sites import (
    Fate,
    Held,
    Outline,
    SiteComparison,
    Verdict,
    compare_sites,
)

SITE = "http://www.hearths.example"


def text(subject: str, more: str = "", frame: str = "") -> str:
    return (
        f"<html><head><title>{subject}</title></head><body><ul id='nav'><li><a href='/'>Home</a>"
        f"</li><li><a href='/news/'>News</a></li>{frame}</ul><h1>{subject}</h1><p>The {subject} of "
        f"the county are kept by the {subject} board and read by wardens in every hundred.</p>"
        f"<p>Ask the bench for the {subject} book before the spring moot.</p>{more}</body></html>"
    )


GONE = "<html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"


def held(
    path: str, page: str | None, status: int | None = 200, site: str = SITE, to: str = ""
) -> Held:
    return Held(site + path, "20120402100000", status, place=page, leads_to=to)


def version(page: Held) -> Version:
    return Version(str(page.place).encode(), url=page.url, status=page.status)


def outline(page: Held) -> Outline:
    return outline_page(version(page))


def verdict(old: Held, new: Held) -> Verdict:
    found = compare_pages(version(old), version(new))
    return Verdict(found.old["state"], found.new["state"], found.alike, statements_of(found))


def compared(old: list[Held], new: list[Held]) -> SiteComparison:
    return compare_sites(old, new, outline, verdict)


def test_a_page_on_a_domain_that_is_for_sale_now_is_removed_and_none_is_added_there() -> None:
    parked = "<title>hearths.example</title><p>Buy this domain</p><p>Related searches</p>"
    found = compared([held("/", text("hearths"))], [held("/", parked), held("/?q=1", parked)])
    assert [(page.fate, page.url) for page in found.pages] == [(Fate.REMOVED, f"{SITE}/")]


def test_pages_are_added_removed_changed_and_unchanged() -> None:
    found = compared(
        [held("/", text("hearths")), held("/wells/", text("wells")), held("/a/", text("lamps"))],
        [
            held("/", text("hearths")),
            held("/wells/", None, 404),
            held("/a/", text("lamps", "<p>New oil was bought.</p>")),
            held("/moots/", text("moots")),
        ],
    )
    assert found.urls(Fate.ADDED) == [f"{SITE}/moots/"]
    assert found.urls(Fate.REMOVED) == [f"{SITE}/wells/"]
    assert found.urls(Fate.CHANGED) == [f"{SITE}/a/"]
    assert 0.5 < found.of(Fate.CHANGED)[0].alike < 1
    assert found.urls(Fate.UNCHANGED) == [f"{SITE}/"]
    assert not found.of(Fate.MOVED)
    assert not found.urls(Fate.NOT_CAPTURED)


def test_a_page_without_a_later_capture_is_not_told_as_removed() -> None:
    found = compared([held("/wells/", text("wells"))], [held("/", text("hearths"))])
    assert found.urls(Fate.NOT_CAPTURED) == [f"{SITE}/wells/"]
    assert not found.urls(Fate.REMOVED)


def test_an_error_that_passes_tells_nothing_of_a_page() -> None:
    down = "<html><body><h1>Service unavailable</h1></body></html>"
    found = compared(
        [held("/wells/", text("wells")), held("/a/", text("lamps"))],
        [held("/wells/", down, 503), held("/a/", down)],
    )
    assert found.urls(Fate.NOT_CAPTURED) == [f"{SITE}/a/", f"{SITE}/wells/"]


def test_a_page_that_says_it_is_gone_is_removed_whatever_its_status() -> None:
    found = compared([held("/wells/", text("wells"))], [held("/wells/", GONE)])
    assert found.urls(Fate.REMOVED) == [f"{SITE}/wells/"]


def test_a_page_that_was_gone_and_came_back_is_added() -> None:
    found = compared([held("/wells/", GONE)], [held("/wells/", text("wells"))])
    assert found.urls(Fate.ADDED) == [f"{SITE}/wells/"]


def test_addresses_of_one_page_are_folded() -> None:
    found = compared(
        [
            held("/safety/", text("safety")),
            held("/Docs/Index.html", text("docs")),
            held("/a?b=1&a=2", text("lamps")),
            held("/old", text("wells")),
        ],
        [
            held("/safety/?PHPSESSID=77ab", text("safety")),
            held("/docs/", text("docs"), site="https://hearths.example"),
            held("/a?a=2&b=1&utm_source=x", text("lamps")),
            held("/old/", text("wells")),
        ],
    )
    assert found.urls(Fate.UNCHANGED) == [
        f"{SITE}/Docs/Index.html",
        f"{SITE}/a?b=1&a=2",
        f"{SITE}/old",
        f"{SITE}/safety/",
    ]
    assert not found.differs


def test_of_two_captures_of_a_page_the_one_that_shows_it_counts() -> None:
    found = compared(
        [held("/wells/", text("wells"))],
        [held("/wells", None, 301), held("/wells/", text("wells"))],
    )
    assert found.urls(Fate.UNCHANGED) == [f"{SITE}/wells/"]


def test_a_page_renamed_is_moved_even_when_it_was_edited() -> None:
    found = compared(
        [held("/wells/", text("wells", "<p>Wells are dug by two men and a boy.</p>"))]
        + [held(f"/{name}/", text(name)) for name in ("lamps", "bells", "boots")],
        [
            held("/wells/", None, 404),
            held("/water/wells/", text("wells", "<p>Wells are dug by three men.</p>")),
        ]
        + [held(f"/{name}/", text(name)) for name in ("lamps", "bells", "boots")],
    )
    assert [(page.url, page.new_url) for page in found.of(Fate.MOVED)] == [
        (f"{SITE}/wells/", f"{SITE}/water/wells/")
    ]
    assert not found.urls(Fate.ADDED)
    assert not found.urls(Fate.REMOVED)


def test_a_redirect_to_the_same_text_is_a_move_and_to_another_is_told_as_such() -> None:
    found = compared(
        [held("/wells/", text("wells")), held("/lamps/", text("lamps"))],
        [
            held("/wells/", "", 301, to=f"{SITE}/water/"),
            held("/water/", text("wells")),
            held("/lamps/", "", 302, to=f"{SITE}/"),
        ],
    )
    assert [(page.url, page.new_url) for page in found.of(Fate.MOVED)] == [
        (f"{SITE}/wells/", f"{SITE}/water/")
    ]
    assert found.urls(Fate.REDIRECTED) == [f"{SITE}/lamps/"]


def test_pages_of_one_template_are_not_taken_for_each_other() -> None:
    found = compared([held("/wells/", text("wells"))], [held("/moots/", text("moots"))])
    assert not found.of(Fate.MOVED)
    assert found.urls(Fate.ADDED) == [f"{SITE}/moots/"]


def test_a_new_line_of_the_menu_on_every_page_is_told_once() -> None:
    names = ("wells", "lamps", "bells", "boots")
    menu = "<li><a href='/moots/'>Moots</a></li>"
    found = compared(
        [held(f"/{name}/", text(name)) for name in names],
        [held(f"/{name}/", text(name, frame=menu)) for name in names[:3]]
        + [held("/boots/", text("boots", "<p>Boots are mended at Easter.</p>", frame=menu))],
    )
    assert found.urls(Fate.CHANGED) == [f"{SITE}/boots/"]
    assert len(found.urls(Fate.UNCHANGED)) == 3
    assert ("+ Moots", 4) in found.frame
