# ruff: noqa: E501 - replay addresses are longer than lines
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.markup import Use
from archiver.urls import url_key
from snapshots.replay.addresses import AddressMap
from snapshots.replay.origins import Origins, origins_for, site_label

ORIGINS = Origins("http", "localhost:8080", "http://localhost:8080")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("localhost:8080", "localhost:8080"),
        ("LOCALHOST", "localhost"),
        ("127.0.0.1:81", "localhost:81"),
        ("127.8.9.1", "localhost"),
        ("[::1]:8080", "localhost:8080"),
        ("h-aaaaaaaaaaaa.localhost:8080", "localhost:8080"),
        ("archive.example", None),
        ("192.0.2.7:8080", None),
        ("[2001:db8::1]", None),
        ("localhost.example", None),
        ("notlocalhost", None),
        ("127.0.0.1.example", None),
        ("", None),
        ("localhost:x", None),
        ("localhost:80:80", None),
        ("user@localhost", None),
        ("\x00", None),
    ],
)
def test_names_below_localhost_serve_a_reader_on_this_machine_alone(
    host: str, domain: str | None
) -> None:
    origins = origins_for(host, "http")
    assert (origins and origins.domain) == domain


def test_a_domain_that_is_set_serves_every_reader() -> None:
    for host in ("localhost", "archive.example", "", "h-aaaaaaaaaaaa.replay.example"):
        origins = origins_for(host, "http", "replay.example", "https://archive.example")
        assert origins == Origins("https", "replay.example", "https://archive.example")


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("h-abcdefghij27.localhost:8080", "h-abcdefghij27"),
        ("H-ABCDEFGHIJ27.localhost:8080", "h-abcdefghij27"),
        ("localhost:8080", ""),
        ("h-abcdefghij27.localhost", ""),
        ("h-abcdefghij27.localhost:8081", ""),
        ("x.h-abcdefghij27.localhost:8080", ""),
        ("h-short.localhost:8080", ""),
        ("h-abcdefghij21.localhost:8080", ""),
        ("h-abcdefghij27.example", ""),
        ("", ""),
    ],
)
def test_a_sites_host_is_told_from_any_other(host: str, label: str) -> None:
    assert ORIGINS.label(host) == label
    assert ORIGINS.label_of(f"http://{host}") == label
    assert ORIGINS.label_of(f"https://{host}") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/", "http://b.example/"),
        ("http://a.example/", "http://x.a.example/"),
        ("http://a.example/", "http://a.example:8080/"),
        ("http://a.example/b.example", "http://b.example/a.example"),
        ("http://a.example@b.example/", "http://a.example/"),
        ("http://b.example\\@a.example/", "http://a.example/"),
        ("http://127.0.0.1/", "http://localhost/"),
    ],
)
def test_two_sites_have_two_labels(one: str, other: str) -> None:
    assert site_label(one) != site_label(other)
    assert ORIGINS.content(one) != ORIGINS.content(other)


URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["a.example", "www.a.example", "A.Example.", "x@a.example", "[::1]", "é.example",
                     "a.example:80", "a.example:8080", "a.example\\b.example", ""]),
    st.sampled_from(["", "/", "/x", "?q", "#f", "\\x"]),
    st.text(max_size=20),
)  # fmt: skip


@given(URLS, URLS)
def test_what_may_share_captures_shares_an_origin(one: str, other: str) -> None:
    # The index answers by key; so addresses of one key must never be on two origins.
    if url_key(one) == url_key(other):
        assert site_label(one) == site_label(other)
    assert ORIGINS.label_of(f"http://{site_label(one)}.localhost:8080") == site_label(one)


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_host_header_makes_it_fail(host: str, domain: str) -> None:
    origins = origins_for(host, "http", domain)
    if origins:
        assert origins.label(host) == "" or origins.label(host).startswith("h-")


def test_addresses_are_short_within_a_site_and_whole_beyond() -> None:
    label = site_label("http://a.example/")
    addresses = AddressMap("20110529000000", origins=ORIGINS, site=label, scripts=True)
    base = "http://a.example/dir/"
    assert (
        addresses.replay("x.png", base, Use.IMAGE)
        == "/web/20110529000000im_/http://a.example/dir/x.png"
    )
    other = site_label("http://b.example/")
    assert addresses.replay("//b.example/x.png", base, Use.IMAGE) == (
        f"http://{other}.localhost:8080/web/20110529000000im_/http://b.example/x.png"
    )
    assert addresses.replay("y", base, Use.LINK) == "/web/20110529000000mp_/http://a.example/dir/y"
    assert addresses.module("./m.js", base) == "/web/20110529000000jm_/http://a.example/dir/m.js"


def test_a_link_that_no_script_can_change_leads_to_the_banner() -> None:
    addresses = AddressMap("20110529000000", origins=ORIGINS, site=site_label("http://a.example/"))
    assert addresses.replay("/y", "http://a.example/", Use.LINK) == (
        "/web/20110529000000/http://a.example/y"
    )
