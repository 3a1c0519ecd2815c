"""The trap site answers as its manifest says, and its scorer sees what a crawl did wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.records import Problem
from archiver.warc import NewRecord, scan, write_record
from tests.capture.trap_site.oracle import Original, ask_all, ask_raw
from tests.capture.trap_site.records import Stored, read_records
from tests.capture.trap_site.resource import Need, Place
from tests.capture.trap_site.score import Score, score
from tests.capture.trap_site.server import TrapSite

HOST = "Host: x\r\nUser-Agent: marsham (+mailto:archive@parish.example)\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrapSite, Path, Score]:
    """Give the site after a crawl that was told every address, its WARC file and its score."""
    path = tmp_path_factory.mktemp("told") / "told.warc.gz"
    with TrapSite() as site:
        ask_all(site, path)
    return site, path, score(site.manifest, site.log, [path])


@pytest.fixture
def site() -> Iterator[TrapSite]:
    with TrapSite() as site:
        yield site


def ask(site: TrapSite, target: str, fields: str = "", *, place: Place = Place.SITE) -> bytes:
    """Ask for a target in a sound way, but for the fields given."""
    request = f"GET {target} HTTP/1.1\r\n{HOST}{fields}\r\n".encode("latin-1")
    return ask_raw(site.at[place], request)[0]


def test_whoever_is_told_all_gets_full_marks(told: tuple[TrapSite, Path, Score]) -> None:
    site, _, found = told
    assert found.faults == []
    assert found.must.total == found.must_exact.right == len(list(site.manifest.needed(Need.MUST)))
    assert found.should.right == found.should.total > 40
    assert found.broken.right > 10
    assert found.revisits.right > 1
    assert found.later.right > 3


def test_the_site_has_more_to_capture_than_any_it_is_compared_with(
    told: tuple[TrapSite, Path, Score],
) -> None:
    needed = told[0].manifest.needed(Need.MUST)
    assert sum(resource.place is Place.SITE for resource in needed) >= 215
    assert len(list(told[0].manifest.needed(Need.MUST_NOT))) > 20
    assert len(told[0].manifest.families) > 10


def rewritten(
    path: Path, target: Path, change: Callable[[Stored], Iterator[NewRecord]]
) -> list[Path]:
    """Write a WARC file anew, with each record changed."""
    with target.open("wb") as out:
        for record in read_records([path])[0]:
            for new in change(record):
                write_record(out, new)
    return [target]


def as_new(record: Stored) -> NewRecord:
    own = ("warc-refers", "warc-profile", "warc-concurrent", "warc-truncated")
    fields = [(n, v) for n, v in record.headers.fields if n.lower().startswith(own)]
    return NewRecord(
        *(record.kind, record.headers.get("WARC-Record-ID") or "", _date(record), record.target),
        *(record.headers.get("Content-Type") or "", record.block, record.facts.stated_payload),
        tuple(fields),
    )


def _date(record: Stored) -> datetime:
    return datetime.fromisoformat(record.headers.get("WARC-Date") or "").astimezone(UTC)


def without(new: NewRecord, name: str) -> NewRecord:
    return replace(new, fields=tuple(pair for pair in new.fields if pair[0] != name))


@pytest.mark.parametrize(
    ("target", "kind", "change", "told_as"),
    [
        ("/addr/%zz", "response", lambda new: [], "must"),
        # A byte of the body; the record's own digest is right all the same.
        (
            "/bytes/chunked.html",
            "response",
            lambda new: [replace(new, block=new.block.replace(b"<h1>", b"<H1>"))],
            "answers byte for byte",
        ),
        # What http.client makes of a head.
        (
            "/bytes/folded.html",
            "response",
            lambda new: [replace(new, block=new.block.replace(b"\r\n  two", b" two"))],
            "must, byte for byte",
        ),
        (
            "/bytes/hints.html",
            "response",
            lambda new: [replace(new, block=b"HTTP/1.1 103 Early Hints\r\n\r\n" + new.block)],
            "answers byte for byte",
        ),
        (
            "/bytes/surplus.html",
            "response",
            lambda new: [replace(new, block=new.block + b"<!-- behind")],
            "answers byte for byte",
        ),
        (
            "/broken/cut-length.html",
            "response",
            lambda new: [without(new, "WARC-Truncated")],
            "broken answers marked",
        ),
        (
            "/broken/stalled.html",
            "response",
            lambda new: [replace(new, fields=(("WARC-Truncated", "length"),))],
            "broken answers marked",
        ),
        (
            "/broken/cut-length.html",
            "response",
            lambda new: [replace(new, block=new.block[:-1])],
            "answers byte for byte",
        ),
        (
            "/find/a.html",
            "response",
            lambda new: [replace(new, fields=(("WARC-Truncated", "length"),))],
            "faulty records",
        ),
        # The digest over the framing, as many tools write it.
        (
            "/bytes/trailers.html",
            "response",
            lambda new: [replace(new, payload_digest=b"\1" * 20)],
            "payload digests right",
        ),
        ("/find/a.html", "response", lambda new: [new, new], "stored twice"),
        ("/find/a.html", "request", lambda new: [], "answers with their request"),
        (
            "/find/a.html",
            "request",
            lambda new: [replace(new, block=new.block.replace(b"Host", b"host"))],
            "requests byte for byte",
        ),
        (
            "/days/twin-2.html",
            "revisit",
            lambda new: [without(new, "WARC-Refers-To-Target-URI")],
            "revisits right",
        ),
        (
            "/days/twin-2.html",
            "revisit",
            lambda new: [
                replace(
                    without(new, "WARC-Refers-To-Date"),
                    fields=(*new.fields[:2], ("WARC-Refers-To-Date", "2001-01-01T00:00:00Z")),
                )
            ],
            "revisits right",
        ),
    ],
)
def test_the_scorer_sees_what_is_wrong_with_a_record(
    told: tuple[TrapSite, Path, Score],
    tmp_path: Path,
    target: str,
    kind: str,
    change: Callable[[NewRecord], list[NewRecord]],
    told_as: str,
) -> None:
    site, path, _ = told
    url = f"http://{site.at[Place.SITE]}{target}"

    def changed(record: Stored) -> Iterator[NewRecord]:
        new = as_new(record)
        yield from change(new) if (record.target, record.kind) == (url, kind) else [new]

    warcs = rewritten(path, tmp_path / "changed.warc.gz", changed)
    faults = score(site.manifest, site.log, warcs).faults
    assert any(fault.startswith(f"{told_as}: ") for fault in faults)
    assert all(target in fault for fault in faults)


@pytest.mark.parametrize(
    ("target", "fields", "told_as"),
    [
        ("/private/plan.html", "", "forbidden requests: site /private/plan.html"),
        ("/forms/search?q=", "", "families over budget: forms sent: 1 of 0"),
        ("/addr/%25zz", "", "invented addresses: site /addr/%25zz"),
        ("/find/guess-string.html", "", "guessed addresses: "),
        ("/find/a.html", "Range: bytes=9-\r\n", "bad manners: range sent"),
        ("/find/a.html", "Authorization: Basic eDp5\r\n", "bad manners: authorization sent"),
        ("/find/a.html", "If-None-Match: x\r\n", "bad manners: condition on a first capture"),
        ("/find/a.html", "Cookie: member=yes\r\n", "bad manners: cookie member sent"),
        ("/members/", "Cookie: foreign=1\r\n", "bad manners: cookie foreign sent"),
        ("/find/a.html", "Referer: http://a:b@x/\r\n", "bad manners: Referer gives away"),
    ],
)
def test_the_scorer_sees_a_request_that_must_not_be(
    site: TrapSite, target: str, fields: str, told_as: str
) -> None:
    ask(site, "/robots.txt")
    ask(site, target, fields)
    faults = score(site.manifest, site.log, []).faults
    rude = [fault for fault in faults if not fault.startswith("must")]
    assert len(rude) == 1
    assert rude[0].startswith(told_as)


def test_the_scorer_sees_haste(site: TrapSite) -> None:
    ask(site, "/robots.txt", place=Place.EMBEDS)
    ask(site, "/crest.png", place=Place.EMBEDS)
    ask(site, "/banner.gif", place=Place.EMBEDS)
    ask(site, "/retry/busy-seconds.html")
    ask(site, "/retry/busy-seconds.html")
    ask(site, "/retry/busy-seconds.html")
    ask(site, "/retry/busy-seconds.html")
    found = score(site.manifest, site.log, [])
    assert (found.later.total, found.later.right) == (1, 0)
    assert (found.delays.total, found.delays.right) == (1, 0)
    assert found.repeated == ["site /retry/busy-seconds.html: 4, not 3"]
    assert found.manners == ["site was not asked for robots.txt first"]


def test_a_post_and_a_part_are_answered_badly_and_seen(site: TrapSite) -> None:
    whole = ask(site, "/find/a.html")
    part = ask(site, "/find/a.html", "Range: bytes=40-\r\n")
    assert part.startswith(b"HTTP/1.1 206 ")
    assert not whole.endswith(part.partition(b"\r\n\r\n")[2])
    request = f"POST /forms/send HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\na=b".encode()
    assert ask_raw(site.at[Place.SITE], request)[0].startswith(b"HTTP/1.1 405 ")
    assert "not a GET: POST site /forms/send" in score(site.manifest, site.log, []).manners


def test_several_requests_go_over_one_connection(site: TrapSite) -> None:
    keep = HOST.replace("Connection: close\r\n", "")
    first = f"GET /find/a.html HTTP/1.1\r\n{keep}\r\nGET /x HTTP/1.1\r\n{HOST}\r\n".encode()
    came, cut = ask_raw(site.at[Place.SITE], first)
    assert cut is None
    assert came.count(b"HTTP/1.1 ") == 2
    assert {entry.question.connection for entry in site.log} == {1}


def test_the_second_day_is_otherwise_where_the_manifest_says(
    site: TrapSite, tmp_path: Path
) -> None:
    known: dict[bytes, Original] = {}
    areas = {"days"}
    first = ask_all(site, tmp_path / "first.warc.gz", areas=areas, known=known)
    site.day, before = 2, len(site.log)
    second = ask_all(site, tmp_path / "second.warc.gz", areas=areas, known=known)
    found = score(site.manifest, site.log[before:], [second], day=2, earlier=[first])
    assert not [what for what in found.must_exact.wrong if "(days: " in what]
    assert [fault for fault in found.faults if "must" not in fault] == [
        "bad manners: site was not asked for robots.txt first"
    ]
    kinds: dict[str, str] = {}
    for record in scan(second):
        assert not isinstance(record, Problem)
        if record.kind in ("response", "revisit"):
            status = record.facts.http.status if record.facts.http else 0
            kinds[record.target.rpartition("/")[2]] = f"{record.kind} {status}"
    assert kinds["same.html"] == kinds["same-deaf.html"] == "revisit 200"
    for name in ("same-etag.html", "same-weak.html", "same-modified.html", "same-both.png"):
        assert kinds[name] == "revisit 304"
    for name in ("changed.html", "changed-etag.html", "changed-modified.html", "new.html"):
        assert kinds[name] == "response 200"
    assert kinds["moved.html"] == "response 301"
    assert kinds["gone-410.html"] == "response 410"
    # Seen without the first capture, what was left out is nowhere.
    alone = score(site.manifest, site.log[before:], [second], day=2)
    assert len(alone.revisits.wrong) > 4


def test_what_is_stored_again_is_seen(site: TrapSite, tmp_path: Path) -> None:
    first = ask_all(site, tmp_path / "first.warc.gz", areas={"home"})
    site.day, before = 2, len(site.log)
    second = ask_all(site, tmp_path / "second.warc.gz", areas={"home"})
    found = score(site.manifest, site.log[before:], [second], day=2, earlier=[first])
    assert found.stored_again == [site.url]
