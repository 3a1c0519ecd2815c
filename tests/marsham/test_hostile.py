"""The commands given files made to do harm: each ends in a sentence, in time and in its memory.

Each runs as a process of its own. What is measured is processor time, not time by the clock: that
depends on what else a machine does.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest

from tests.builders import har, har_entry, record, response, warc

ROOT = Path(__file__).resolve().parents[2]
URL = "http://www.northshire.example/"
SECONDS = 60
MEMORY = 1 << 30
STREAMED = 200 << 20
MIB = 1 << 20

# Between us and the command: what the kernel says of a child counts our own memory, too.
_MEASURE = """
import json, os, resource, subprocess, sys
done = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    seconds = used.ru_utime + used.ru_stime
    json.dump({"status": done.returncode, "peak": used.ru_maxrss * 1024, "seconds": seconds}, file)
"""


@dataclass
class Done:
    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run marsham in the temporary folder, and see that it keeps within its limits."""

    def run(*arguments: object, memory: int = MEMORY) -> Done:
        measured = tmp_path / "measured"
        command = [sys.executable, "-m", "marsham", *map(str, arguments)]
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(measured), *command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "MARSHAM_ARCHIVE": "archive"},
            capture_output=True,
            timeout=10 * SECONDS,  # a machine may be busy; hanging is something else
        )
        found = json.loads(measured.read_text())
        assert found["peak"] < memory, found
        assert found["seconds"] < SECONDS, found
        err = done.stderr.decode("utf-8", "replace")
        assert "Traceback" not in err
        assert "error in Marsham itself" not in err
        return Done(found["status"], done.stdout.decode("utf-8", "replace"), err)

    return run


def repeated(unit: str, size: int = MIB) -> bytes:
    return f"<p>{unit * (size // len(unit))}</p>".encode()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))
    + ']><html xmlns="http://www.w3.org/1999/xhtml"><body><p>&a19;</p></body></html>'
).encode()

PAGES: dict[str, Callable[[], bytes]] = {
    "a million nested elements": lambda: b"<div>" * 1_000_000 + b"x",
    "nested inline elements": lambda: b"<b><i>" * 300_000 + b"x",
    "nested tables": lambda: b"<table><tr><td>" * 100_000 + b"x",
    "one attribute of 50 MB": lambda: b"<p title='" + b"a" * 50_000_000 + b"'>x</p>",
    "thousands of attributes": lambda: (
        b"<p " + b" ".join(b"a%d=1" % number for number in range(30_000)) + b">x</p>"
    ),
    "spans over millions of places": lambda: (
        b"<table><tr><th>Name<th>Tel</tr>"
        + b"<tr><td rowspan=1000 colspan=1000>x<td rowspan=1000 colspan=1000>y" * 5000
    ),
    "two rows of 20 000 cells": lambda: (
        b"<table><tr>" + b"<th>Name" * 20_000 + b"<tr>" + b"<td>a" * 20_000
    ),
    "entities that expand": lambda: LAUGHS,
    "a codec that is no charset": lambda: b'<meta charset="hex"><p>616263</p>',
    "a codec that unpacks": lambda: b'<meta charset="zlib"><p>' + bytes(range(256)),
    "a codec of host names": lambda: b'<meta charset="idna"><p>' + b"a" * MIB,
    "bytes that are no text": lambda: bytes(range(128, 256)) * 4096,
    "nothing but NUL": lambda: bytes(MIB),
    "JSON-LD without end": lambda: (
        b'<script type="application/ld+json">' + b'{"a":[' * 100_000 + b"</script><p>x</p>"
    ),
    "digits": lambda: repeated("0123456789"),
    "spaced digits": lambda: repeated("0 "),
    "telephone numbers": lambda: repeated("020 7946 0310 "),
    "labels without numbers": lambda: repeated("Tel: "),
    "at signs": lambda: repeated("@"),
    "half addresses": lambda: repeated("a@b."),
    "e-mail addresses": lambda: repeated("press@northshire.example, "),
    "disguised addresses": lambda: repeated("a [at] b [dot] "),
    "commas": lambda: repeated(",") + repeated("a, ") + repeated("Alpha House, "),
    "streets": lambda: repeated("1 High Street ") + repeated("1 Alpha Beta Gamma "),
    "words that hint at much": lambda: repeated("issued Act CSP responsible @ at 1 Safer entries "),
    "a word that hints in every line": lambda: repeated("<br>Safer Act<br>of them<p>"),
    "blanks": lambda: b"<pre>a" + b" " * MIB + b"b" + b"\xc2\xa0" * MIB + b"</pre>",
    "postcodes": lambda: repeated("NT1 1AA ") + repeated("NT11AA"),
    "addresses within addresses": lambda: repeated("1 High Street, (2 Low Street, NT1 1AA, "),
    "Acts": lambda: repeated("section 5 of the Crime and Disorder Act 1998 ", MIB // 2),
    "counts": lambda: repeated("310 CSPs in England and 22 in Wales, ", MIB // 2),
    "links in one paragraph": lambda: repeated('<a href="a.pdf">Report</a> '),
    "a mailbox on every line": lambda: repeated('<a href="mailto:a@b.example">Ann</a><br>'),
    "dates": lambda: repeated("29 May 2011 ") + repeated("Last updated: "),
    "scripts that write addresses": lambda: (
        b"<script>document.write(" + b"'a'+" * (MIB // 4) + b"</script><p>x</p>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_read_says_what_a_page_made_to_do_harm_holds_or_why_not(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "page.html").write_bytes(PAGES[name]())
    done = run("read", "page.html", "--url", URL, "--json")
    if done.status == 0:
        assert json.loads(done.out)["url"] == URL
    else:
        assert (done.status, len(done.err.splitlines())) == (2, 1)


def test_pages_made_to_do_harm_leave_the_others_of_an_archive_to_be_read(
    run: Run, tmp_path: Path
) -> None:
    names = ("a million nested elements", "spans over millions of places", "entities that expand")
    pages = {name.replace(" ", "-"): PAGES[name]() for name in names}
    bomb = brotli.compress(bytes(100 * MIB), quality=1)
    coded = (("Content-Type", "text/html"), ("Content-Encoding", "br"))
    (tmp_path / "hostile.warc.gz").write_bytes(
        warc(
            *(response(body, url=URL + name) for name, body in pages.items()),
            response(bomb, url=f"{URL}bomb", head=coded),
            response(b"<h1>Press office</h1>", url=f"{URL}last"),
        )
    )
    assert run("init").status == 0
    assert run("ingest", "hostile.warc.gz").status == 0
    done = run("extract", "--json")
    report = json.loads(done.out)
    assert report["captures"] == len(pages) + 1  # not the bomb
    assert done.status == 1
    assert f"{URL}bomb" in [problem["url"] for problem in report["problems"]]
    assert {problem["code"] for problem in report["problems"]} <= {"not-readable", "given-up"}
    assert run("export", "pages", "--out", "pages.json", "--format", "json").status == 0
    assert "Press office" in (tmp_path / "pages.json").read_text()


def deep_har() -> bytes:
    return b'{"log": {"entries": ' + b"[" * 100_000


FILES: dict[str, tuple[str, Callable[[], bytes], int]] = {
    "a HAR nested 100 000 deep": ("deep.har", deep_har, 2),
    "a HAR of 300 MB": ("large.har", lambda: b'{"log": {"entries": [' + b"[]," * 100 * MIB, 2),
    "the year 9999": (
        "late.warc",
        lambda: warc(response(date="9999-12-31T23:59:59Z"), response()),
        1,
    ),
    "a header that ends a line": (
        "lines.har",
        lambda: har(har_entry(head=[("X-A", "a\r\nWARC/1.0\r\nWARC-Type: response")])),
        1,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_ingest_takes_or_refuses_a_file_made_to_do_harm(
    run: Run, tmp_path: Path, name: str
) -> None:
    file, make, status = FILES[name]
    (tmp_path / file).write_bytes(make())
    assert run("init").status == 0
    done = run("ingest", file)
    assert done.status == status, done.err
    assert run("verify", "--level", "deep").status == 0
    assert not list((tmp_path / "archive/warcs/open").iterdir())


def test_a_record_of_gigabytes_is_taken_in_in_little_memory(run: Run, tmp_path: Path) -> None:
    size = 3 << 30
    head = record("response", b"HTTP/1.1 200 OK\r\n\r\n", url=URL, length=size, tail=b"")
    with (tmp_path / "sparse.warc").open("wb") as file:
        file.write(head)
        file.seek(size - len(b"HTTP/1.1 200 OK\r\n\r\n"), os.SEEK_CUR)
        file.write(b"\r\n\r\n" + response(url=f"{URL}next"))
    assert run("init").status == 0
    run("ingest", "sparse.warc", memory=STREAMED)
    assert f"{URL}next" in run("list", f"{URL}next").out


@pytest.mark.parametrize("command", ["ingest", "read"])
@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "folder.warc.gz"])
def test_what_is_no_file_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, command: str, name: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder.warc.gz").mkdir()
    assert run("init").status == 0
    done = run(command, name)
    assert done.status == 2
    assert name in done.err
    assert len(done.err.splitlines()) == 1
