"""How exact captures are delivered: entity tags, ranges, codings, in little memory."""

import gzip
import io
import os
import re
import signal
import subprocess
import sys
import wave
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import brotli
import pytest
import zstandard
from playwright.sync_api import sync_playwright

import marsham
from marsham.cli import run
from tests.builders import chunked, response, revisit, warc
from tests.marsham.conftest import serving
from tests.marsham.test_browser import ARGUMENTS

HOST = "http://www.homeoffice.example"
TEXT = b"<html><body><p>Crime and policing</p><a href='/more'>More</a></body></html>"
DATA = bytes(range(256)) * 40  # 10,240 bytes
BINARY = ("Content-Type", "application/octet-stream")
CODED = {
    "gzip": gzip.compress(DATA),
    "deflate": zlib.compress(DATA),
    "br": brotli.compress(DATA),
    "zstd": zstandard.compress(DATA),
}
RECORDS = [
    response(TEXT, url=f"{HOST}/page"),
    revisit(TEXT, url=f"{HOST}/page", date="2011-06-01T00:00:00Z"),
    response(b"<p>Gone</p>", url=f"{HOST}/gone", status="404 Not Found"),
    response(DATA, url=f"{HOST}/plain", head=[BINARY]),
    response(b"", url=f"{HOST}/empty", head=[BINARY]),
    response(
        chunked(DATA, 1000), url=f"{HOST}/chunked", head=[BINARY, ("Transfer-Encoding", "chunked")]
    ),
    *(
        response(body, url=f"{HOST}/{coding}", head=[BINARY, ("Content-Encoding", coding)])
        for coding, body in CODED.items()
    ),
    response(
        chunked(CODED["gzip"], 50),
        url=f"{HOST}/chunked-gzip",
        head=[BINARY, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
    ),
    *(
        response(DATA, url=f"{HOST}/no-{coding}", head=[BINARY, ("Content-Encoding", coding)])
        for coding in (*CODED, "rot13")
    ),
    response(CODED["gzip"][:-20], url=f"{HOST}/cut", head=[BINARY, ("Content-Encoding", "gzip")]),
    response(
        DATA,
        url=f"{HOST}/all-of-it",
        status="206 Partial Content",
        head=[BINARY, ("Content-Range", "bytes 0-10239/10240")],
    ),
    response(
        DATA[1000:3000],
        url=f"{HOST}/part",
        status="206 Partial Content",
        head=[BINARY, ("Content-Range", "bytes 1000-2999/10240")],
    ),
    response(
        DATA[:2000],
        url=f"{HOST}/beginning",
        status="206 Partial Content",
        head=[BINARY, ("Content-Range", "bytes 0-1999/*")],
    ),
    response(
        DATA,
        url=f"{HOST}/lying-part",
        status="206 Partial Content",
        head=[BINARY, ("Content-Range", "bytes 5-9/10")],
    ),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[marsham.Archive]:
    folder = tmp_path_factory.mktemp("delivery")
    (folder / "a.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        yield archive


@pytest.fixture(scope="module")
def server(archive: marsham.Archive) -> Iterator[str]:
    yield from serving(archive)


class Answer:
    """One answer, nothing of it decoded."""

    def __init__(self, server: str, path: str, method: str, headers: dict[str, str]) -> None:
        connection = HTTPConnection(server.removeprefix("http://"), timeout=20)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()
        connection.close()

    def __getitem__(self, name: str) -> str | None:
        return self.headers.get(name)


def get(server: str, name: str, *, form: str = "id_", method: str = "GET", **more: str) -> Answer:
    headers = {key.replace("_", "-"): value for key, value in more.items()}
    return Answer(server, f"/web/20110509101621{form}/{HOST}/{name}", method, headers)


@pytest.mark.parametrize("form", ["id_", "mp_"])
@pytest.mark.parametrize("name", ["page", "plain", "chunked", "gzip"])
def test_an_unchanged_capture_is_answered_304(server: str, name: str, form: str) -> None:
    whole = get(server, name, form=form)
    tag = whole["ETag"]
    assert whole.status == 200
    assert tag
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert get(server, name, form=form)["ETag"] == tag
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        unchanged = get(server, name, form=form, If_None_Match=condition)
        assert (unchanged.status, unchanged.body) == (304, b"")
        assert unchanged["ETag"] == tag
        assert unchanged["Cache-Control"] == whole["Cache-Control"]
        assert unchanged["Vary"] == whole["Vary"]
        assert unchanged["Content-Security-Policy"] == whole["Content-Security-Policy"]
        assert unchanged["Memento-Datetime"] == whole["Memento-Datetime"]
    assert get(server, name, form=form, If_None_Match='"other"').status == 200
    assert get(server, name, form=form, If_Match=tag).status == 200
    assert get(server, name, form=form, If_Match='"other"').status == 412


def test_each_form_of_a_capture_has_its_own_entity_tag(server: str) -> None:
    tags = [get(server, "page", form=form)["ETag"] for form in ("id_", "mp_", "js_", "cs_")]
    tags += [get(server, "gzip")["ETag"], get(server, "gzip", Accept_Encoding="gzip")["ETag"]]
    tags.append(
        Answer(server, f"/web/20110601000000mp_/{HOST}/page", "GET", {})["ETag"]  # other links
    )
    assert len(set(tags)) == len(tags)


def test_an_archived_error_is_answered_whole_whatever_is_known_of_it(server: str) -> None:
    for form in ("id_", "mp_"):
        gone = get(server, "gone", form=form)
        tag = gone["ETag"]
        assert tag
        again = get(server, "gone", form=form, If_None_Match=tag, Range="bytes=0-1")
        assert (again.status, again.body) == (404, gone.body)


def test_no_date_of_change_is_made_up(server: str) -> None:
    for form in ("", "id_", "mp_"):
        assert get(server, "page", form=form)["Last-Modified"] is None


def test_what_is_cached_is_asked_for_again_so_that_a_withdrawal_reaches_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
    with marsham.open_archive(tmp_path / "archive") as archive:
        for server in serving(archive):
            kept = get(server, "page")
            told = (kept["Cache-Control"] or "").split(", ")
            ages = {name: int(age) for name, _, age in (one.partition("=") for one in told) if age}
            assert ages == {"max-age": 3600, "s-maxage": 60}
            assert "must-revalidate" in told
            assert "immutable" not in told
            decision = ("--reason", "Private", "--authority", "Panel")
            words = ("withdraw", f"{HOST}/page", *decision)
            assert run(["--archive", str(tmp_path / "archive"), *words]) == 0
            after = get(server, "page", If_None_Match=kept["ETag"] or "")
            assert after.status == 451
            assert after["ETag"] is None
            assert after["Memento-Datetime"] is None


@pytest.mark.parametrize("form", ["", "id_", "mp_"])
@pytest.mark.parametrize("name", ["page", "gone", "plain", "empty", "chunked", "gzip", "all-of-it"])
def test_head_says_what_get_would_and_has_no_body(server: str, name: str, form: str) -> None:
    whole = get(server, name, form=form)
    head = get(server, name, form=form, method="HEAD")
    assert (head.status, head.body) == (whole.status, b"")
    for field in (*whole.headers, "Content-Length"):
        if field not in ("date", "transfer-encoding"):
            assert head[field] == whole[field], field
    if whole["Content-Length"]:
        assert int(whole["Content-Length"]) == len(whole.body)


RANGES = [
    ("bytes=0-99", 206, (0, 99)),
    ("bytes=100-", 206, (100, 10239)),
    ("bytes=-100", 206, (10140, 10239)),
    ("bytes=-99999", 206, (0, 10239)),
    ("bytes=10239-", 206, (10239, 10239)),
    ("bytes=5000-99999", 206, (5000, 10239)),
    ("BYTES= 0-0 ", 206, (0, 0)),
    ("bytes=10240-", 416, None),
    ("bytes=99999-999999", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=0-1,5-6", 200, None),  # several need not be answered
    ("bytes=9-1", 200, None),
    ("bytes=", 200, None),
    ("bytes=-", 200, None),
    ("bytes=a-b", 200, None),
    ("lines=0-1", 200, None),
    ("bytes=0-" + "9" * 5000, 200, None),
]


@pytest.mark.parametrize("form", ["id_", "mp_", "im_"])
@pytest.mark.parametrize("name", ["plain", "chunked", "br", "all-of-it", "chunked-gzip"])
@pytest.mark.parametrize(("asked", "status", "part"), RANGES, ids=lambda value: str(value)[:20])
def test_a_part_is_given_of_any_body_however_it_is_stored(
    server: str, name: str, form: str, asked: str, status: int, part: tuple[int, int] | None
) -> None:
    answer = get(server, name, form=form, Range=asked)
    assert answer.status == status
    if part:
        first, last = part
        assert answer.body == DATA[first : last + 1]
        assert answer["Content-Range"] == f"bytes {first}-{last}/10240"
        assert answer["Content-Length"] == str(last - first + 1)
    elif status == 416:
        assert answer["Content-Range"] == "bytes */10240"
        assert answer.body == b""
    else:
        assert answer.body == DATA
        assert answer["Content-Range"] is None
    assert answer["Content-Security-Policy"]
    assert answer["Memento-Datetime"]


def test_a_part_of_a_coded_body_is_a_part_of_the_coded_bytes(server: str) -> None:
    answer = get(server, "gzip", Range="bytes=2-9", Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (206, CODED["gzip"][2:10])
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Content-Range"] == f"bytes 2-9/{len(CODED['gzip'])}"


def test_a_part_is_given_only_of_what_the_client_has(server: str) -> None:
    tag = get(server, "plain")["ETag"] or ""
    assert get(server, "plain", Range="bytes=0-9", If_Range=tag).status == 206
    for other in ('"other"', f"W/{tag}", "Sun, 29 May 2011 00:00:00 GMT"):
        answer = get(server, "plain", Range="bytes=0-9", If_Range=other)
        assert (answer.status, answer.body) == (200, DATA)
    assert get(server, "plain", Range="bytes=0-9", method="HEAD").status == 200
    assert get(server, "empty", Range="bytes=0-").status == 416


def test_an_archived_part_is_given_as_the_part_it_was(server: str) -> None:
    part = get(server, "part")
    assert (part.status, part.body) == (206, DATA[1000:3000])
    assert part["Content-Range"] == "bytes 1000-2999/10240"
    inside = get(server, "part", Range="bytes=1500-1509")
    assert (inside.status, inside.body) == (206, DATA[1500:1510])
    assert inside["Content-Range"] == "bytes 1500-1509/10240"
    beyond = get(server, "part", Range="bytes=2990-")
    assert (beyond.status, beyond.body) == (206, DATA[2990:3000])
    assert beyond["Content-Range"] == "bytes 2990-2999/10240"
    for asked in ("bytes=0-", "bytes=3000-", "bytes=-10"):
        outside = get(server, "part", Range=asked)
        assert (outside.status, outside["Content-Range"]) == (416, "bytes */10240")
    begun = get(server, "beginning", Range="bytes=0-")
    assert (begun.status, begun["Content-Range"]) == (206, "bytes 0-1999/*")
    assert get(server, "beginning", Range="bytes=2000-").status == 416


def test_an_archived_part_that_was_all_there_is_is_answered_as_a_whole(server: str) -> None:
    for name in ("all-of-it", "lying-part"):
        answer = get(server, name)
        assert (answer.status, answer.body) == (200, DATA)
        assert answer["X-Archive-Orig-Status"] == "206"


@pytest.mark.parametrize("coding", CODED)
def test_a_stored_coding_is_left_on_for_those_who_take_it(server: str, coding: str) -> None:
    for accepted in (coding, f"x, {coding};q=0.5", coding.upper(), "*"):
        answer = get(server, coding, Accept_Encoding=accepted)
        assert (answer["Content-Encoding"], answer.body) == (coding, CODED[coding])
        assert "Accept-Encoding" in answer["Vary"]
    for accepted in (
        "",
        "identity",
        f"{coding};q=0",
        f"*, {coding};q=0.0",
        "compress",
        f"x{coding}",
    ):
        answer = get(server, coding, Accept_Encoding=accepted)
        assert (answer["Content-Encoding"], answer.body) == (None, DATA)
        assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.parametrize("coding", [*CODED, "rot13"])
def test_a_body_that_is_not_in_the_coding_it_names_is_given_as_it_is(
    server: str, coding: str
) -> None:
    for form in ("id_", "im_"):
        answer = get(server, f"no-{coding}", form=form, Accept_Encoding=f"{coding}, *")
        assert (answer["Content-Encoding"], answer.body) == (None, DATA)
        assert "Accept-Encoding" not in answer["Vary"]


def test_a_coded_body_that_breaks_off_is_given_as_far_as_it_goes(server: str) -> None:
    answer = get(server, "cut")
    assert answer.status == 200
    assert answer.body
    assert DATA.startswith(answer.body)
    assert get(server, "cut", Accept_Encoding="gzip").body == CODED["gzip"][:-20]


def test_a_large_body_is_streamed_in_little_memory(tmp_path: Path) -> None:
    size = 192 << 20  # much more than what the first threads set aside for themselves
    head = [("Content-Type", "video/mp4")]
    large = response(b"\0" * size, url=f"{HOST}/large.mp4", head=head)
    coded = [*head, ("Content-Encoding", "gzip")]
    bomb = response(gzip.compress(b"\0" * size), url=f"{HOST}/coded.mp4", head=coded)
    (tmp_path / "a.warc.gz").write_bytes(warc(large, bomb))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
    command = [sys.executable, "-m", "marsham", "--archive", str(tmp_path / "archive"), "serve"]
    with subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as serve:
        try:
            assert serve.stdout
            address = re.search(r"http://([^/\s]+)/", serve.stdout.readline())
            assert address
            before = 0
            for name in ("large.mp4", "coded.mp4", "large.mp4"):
                connection = HTTPConnection(address[1], timeout=60)
                connection.request("GET", f"/web/20110509101621oe_/{HOST}/{name}")
                answer = connection.getresponse()
                given = 0
                while part := answer.read(1 << 20):
                    given += len(part)
                    before = before or _most_memory(serve.pid)  # with all that is imported
                assert given == size
                connection.close()
            assert _most_memory(serve.pid) - before < size // 2 >> 10
        finally:
            serve.send_signal(signal.SIGINT)


def _most_memory(pid: int) -> int:
    """The most memory a process ever had, in KiB."""
    said = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", said)
    assert found
    return int(found[1])


def test_a_player_finds_its_way_in_a_stored_recording(chromium: str, tmp_path: Path) -> None:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(44100)
        recording.writeframes(b"\x00\x10" * 44100 * 120)  # two minutes, ten megabytes
    body = sound.getvalue()
    head = [("Content-Type", "audio/wav")]
    page = b"<html><body><audio src='/sound.wav' preload=metadata></audio></body></html>"
    chunks = [*head, ("Transfer-Encoding", "chunked")]
    records = [
        response(page, url=f"{HOST}/"),
        response(body, url=f"{HOST}/sound.wav", head=head),
        response(chunked(body, 1 << 16), url=f"{HOST}/chunked.wav", head=chunks),
    ]
    (tmp_path / "a.warc.gz").write_bytes(warc(*records))
    seek = """async address => {
        const sound = document.querySelector("audio")
        sound.src = address
        const come = name => new Promise((done, failed) => {
            sound.addEventListener(name, done, {once: true})
            setTimeout(() => failed(name + " did not come"), 15000)
        })
        await come("loadedmetadata")
        sound.currentTime = 100
        await come("seeked")
        return [Math.round(sound.duration), Math.round(sound.currentTime), sound.error]
    }"""
    statuses: list[int] = []
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
        for server in serving(archive):
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                shown = browser.new_page()
                shown.on("response", lambda answer: statuses.append(answer.status))
                shown.goto(f"{server}/web/20110509101621/{HOST}/", wait_until="networkidle")
                for name in ("sound.wav", "chunked.wav"):
                    address = f"/web/20110509101621oe_/{HOST}/{name}"
                    assert shown.frames[1].evaluate(seek, address) == [120, 100, None]
                browser.close()
    assert statuses.count(206) >= 3
