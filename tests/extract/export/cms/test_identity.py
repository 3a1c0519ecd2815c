"""Identities of pages are the same every time, and no two have one."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from archiver.urls import url_key
from extract.export.cms.identity import Numbers, file_id, page_id
from extract.export.cms.tree import new_paths, planted

_words = st.text(max_size=12)
_urls = st.builds(
    "http://{}.example/{}{}".format,
    st.sampled_from(["www.north", "north", "south"]),
    st.lists(_words, max_size=3).map("/".join),
    _words.map(lambda text: f"?{text}" if text else ""),
)


@given(st.lists(_words))
def test_pages_and_files_of_any_addresses_have_identities_and_numbers_of_their_own(
    keys: list[str],
) -> None:
    numbers = Numbers()
    ids = [one for key in dict.fromkeys(keys) for one in (page_id(key), file_id(key))]
    given_out = [numbers.of(one) for one in ids]
    assert len(set(given_out)) == len(set(ids)) == len(ids)
    assert all(2**47 <= number < 2**48 for number in given_out)
    assert [Numbers().of(one) for one in ids] == given_out == [numbers.of(one) for one in ids]


def test_identities_that_begin_alike_have_different_numbers() -> None:
    numbers = Numbers()
    alike = [f"ffffffff-fff{digit}-5000-8000-{n:012}" for digit in "ef" for n in range(3)]
    assert len({numbers.of(one) for one in alike}) == 6


def test_identities_are_those_of_the_standard() -> None:
    space = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562, section 6.6: URLs
    assert page_id("example,a)/b") == str(uuid5(space, "example,a)/b"))


@given(st.lists(_urls, max_size=12))
def test_every_page_has_a_place_of_its_own_below_a_shorter_address(urls: list[str]) -> None:
    by_key = {url_key(url): url for url in urls}
    places = planted(by_key[key] for key in sorted(by_key))
    assert places.keys() == by_key.keys()
    by_id = {place.id: place for place in places.values()}
    slugs = [(place.host, place.parent, place.slug) for place in places.values()]
    assert len(set(slugs)) == len(slugs)
    order = list(by_id)
    for place in places.values():
        assert place.slug.isascii()
        assert place.slug.strip("-") == place.slug != ""
        if place.parent:
            assert order.index(place.parent) < order.index(place.id)
            assert by_id[place.parent].host == place.host
            assert place.path == f"{by_id[place.parent].path}{place.slug}/"


def test_pages_stand_where_their_addresses_say() -> None:
    places = planted(
        f"http://www.north.example{path}"
        for path in (
            "/",
            "/a/index.html",
            "/a/b/c.htm",
            "/a/b/c.htm?page=2",
            "/caf%C3%A9.aspx",
            "/x/%20/",
        )
    )
    assert [place.path for place in places.values()] == [
        "/",
        "/a/",
        "/a/b-c/",
        "/a/b-c/page-2/",
        "/cafe/",
        "/x/",
    ]


def test_two_home_pages_of_one_site_have_two_places() -> None:
    places = planted(["http://a.example/", "http://a.example/index.asp?", "http://a.example/?q=1"])
    assert next(place.path for place in places.values()) == "/"
    assert len({place.path for place in places.values()}) == len(places)


def test_pages_of_two_sites_with_one_path_get_two_on_one_site() -> None:
    places = planted(["http://a.example/", "http://a.example/b", "http://c.example/b"])
    first, second, third = places.values()
    paths = new_paths(places.values())
    assert list(paths.values()) == ["/", "/b", f"/b/{third.id[:8]}"]
    assert list(paths) == [first.id, second.id, third.id]
