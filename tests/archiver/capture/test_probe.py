import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.probe import Answer, SoftNotFound, probe_url
from archiver.capture.shape import shape_of

HOST = "http://www.northshire.example"
PROBE = probe_url(f"{HOST}/wells/", "4711")
MENU = (
    "<ul>"
    + "".join(f"<li>{name}" for name in ("Home", "Wells", "Bells", "Council tax", "Contact us"))
    + "</ul>"
)


def lost(asked: str) -> bytes:
    """What a site says instead of 404, with the address in it, as many do."""
    path = shape_of(asked).path
    return (
        f"<title>Northshire Council</title>{MENU}<p>We looked for {path} and have nothing of that "
        f"name. You asked for {asked}, try our search or the list of wells and bells.</p>"
    ).encode()


def article(seed: int) -> bytes:
    chosen = random.Random(seed)  # noqa: S311
    text = " ".join("".join(chosen.choices("abcdefghijk", k=6)) for _ in range(50))
    return f"<title>Northshire Council</title>{MENU}<h1>Well {seed}</h1><p>{text}</p>".encode()


SOFT = SoftNotFound(Answer.of(PROBE, 200, lost(PROBE)))


def test_a_page_that_reads_as_the_probe_did_is_missing() -> None:
    for name in ("/wells/old.html", "/wells/", "/a/longer/way/to%20the/pump.asp", "/bells"):
        asked = HOST + name
        assert SOFT.is_missing(Answer.of(asked, 200, lost(asked))), asked


def test_a_page_with_a_text_of_its_own_is_there() -> None:
    for seed in range(50):
        assert not SOFT.is_missing(Answer.of(f"{HOST}/wells/{seed}", 200, article(seed)))


def test_where_the_probe_was_answered_with_404_every_page_is_there() -> None:
    honest = SoftNotFound(Answer.of(PROBE, 404, lost(PROBE)))
    assert honest.honest
    asked = f"{HOST}/wells/old.html"
    assert not honest.is_missing(Answer.of(asked, 200, lost(asked)))


def test_a_page_with_status_404_says_so_itself() -> None:
    asked = f"{HOST}/wells/old.html"
    assert not SOFT.is_missing(Answer.of(asked, 404, lost(asked)))


@pytest.mark.parametrize(
    ("error", "other"),
    [
        ("/error.html", "/error.html"),
        ("/error?from=/wells/{name}", "/error?from=/wells/{name}"),
        ("/error?from=%2Fwells%2F{name}", "/error?from=%2Fwells%2F{name}"),
        ("/", "/"),
    ],
)
def test_a_page_redirected_to_where_the_probe_was_is_missing(error: str, other: str) -> None:
    def answer(asked: str, status: int, target: str, payload: bytes = b"") -> Answer:
        name = asked.rpartition("/")[2]
        return Answer.of(asked, status, payload, url=HOST + target.replace("{name}", name))

    site = SoftNotFound(answer(PROBE, 200, error, article(1)))
    assert site.is_missing(answer(f"{HOST}/wells/old.html", 302, other))
    assert site.is_missing(answer(f"{HOST}/wells/old.html", 200, other, article(1)))
    assert not site.is_missing(answer(f"{HOST}/wells/old.html", 301, "/wells/new.html"))
    assert not site.is_missing(answer(f"{HOST}/wells", 301, "/wells/"))


def test_a_front_page_that_answers_for_all_is_itself_there() -> None:
    site = SoftNotFound(Answer.of(PROBE, 200, article(1)))
    assert not site.is_missing(Answer.of(f"{HOST}/", 200, article(1)))
    assert not site.is_missing(Answer.of(HOST, 200, article(1)))
    assert site.is_missing(Answer.of(f"{HOST}/wells/old.html", 200, article(1)))


def test_the_page_to_which_the_probe_was_led_is_itself_there() -> None:
    site = SoftNotFound(Answer.of(PROBE, 200, article(1), url=f"{HOST}/search"))
    assert not site.is_missing(Answer.of(f"{HOST}/search", 200, article(1)))


def test_a_page_much_longer_than_the_answer_to_the_probe_is_there() -> None:
    asked = f"{HOST}/wells/map.html"
    payload = lost(asked) + b"<script>" + b"x" * 5000 + b"</script>"
    assert not SOFT.is_missing(Answer.of(asked, 200, payload))


def test_pages_without_words_are_compared_by_length() -> None:
    empty = SoftNotFound(Answer.of(PROBE, 200, b""))
    assert empty.is_missing(Answer.of(f"{HOST}/a", 200, b""))
    assert not empty.is_missing(Answer.of(f"{HOST}/a", 200, b"<img src=a.gif>"))
    assert not empty.is_missing(Answer.of(f"{HOST}/a", 200, article(1)))


def test_what_is_known_of_a_site_can_be_kept() -> None:
    assert SoftNotFound.from_text(SOFT.to_text()) == SOFT


def test_a_probe_is_the_same_for_all_of_a_directory_and_for_no_other() -> None:
    for same in ("/wells/", "/wells/a.html", "/wells/?b=/c/", "/wells/x?y", "/wells/#/z"):
        assert probe_url(HOST + same, "4711") == PROBE
    for directory, secret in (
        (HOST, "4711"),
        (f"{HOST}/wells", "4711"),
        (f"{HOST}/wells/", "4712"),
    ):
        other = probe_url(directory, secret)
        assert other.rpartition("/")[2] != PROBE.rpartition("/")[2]
    assert PROBE.startswith(f"{HOST}/wells/")
    assert probe_url(HOST, "s").rpartition("/")[0] == HOST


@given(st.text(), st.text())
def test_no_directory_makes_it_fail(directory: str, secret: str) -> None:
    assert len(probe_url(directory, secret).rpartition("/")[2]) == 24
    SOFT.is_missing(Answer.of(directory, 200, secret.encode("utf-8", "replace")))
