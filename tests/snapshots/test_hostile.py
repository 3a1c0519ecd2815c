"""Files made to do harm: each is taken in, or refused, within a minute and within its memory.

Each runs in a process of its own, so that its memory can be measured.
"""

import gzip
import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.builders import (
    arc_record,
    har,
    har_entry,
    http_response,
    member,
    mhtml,
    record,
    response,
    wacz,
    warc,
    warcinfo,
)

ROOT = Path(__file__).resolve().parents[2]
URL = "http://www.homeoffice.example/crime/"
SECONDS = 60
MEMORY = 1 << 30  # whatever is done to us
STREAMED = 200 << 20  # a record of any size
MIB = 1 << 20

_CHILD = """
import json, sys
from pathlib import Path
from archiver.errors import FormatError
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.settings import Settings
from snapshots.writer import Writer

with Archive.create(Path(sys.argv[1]), Settings()) as archive, Writer(archive) as writer:
    try:
        taken = take_in(writer, Path(sys.argv[2]))
        said = {"captures": taken.captures, "problems": [one.code for one in taken.problems]}
    except FormatError as error:
        said = {"refused": str(error)}
status = Path("/proc/self/status").read_text()  # getrusage counts the parent's memory too
said["peak"] = int(status.partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps(said))
"""


def take(tmp_path: Path, source: Path, memory: int = MEMORY) -> dict[str, Any]:
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(tmp_path / "archive"), str(source)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,  # a machine may be busy; hanging is something else
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["peak"] < memory, said
    assert time.monotonic() - start < SECONDS, said
    assert not list((tmp_path / "archive/warcs/open").iterdir())
    return said


def gzipped(parts: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(part) for part in parts), packer.flush()])


def large(head: bytes, size: int) -> Iterator[bytes]:
    """Give a record whose body is `size` MiB and does not compress to nothing."""
    yield head
    noise = os.urandom(MIB // 8) * 8
    for _ in range(size):
        yield noise


def large_record(size: int) -> Iterator[bytes]:
    one = record("response", http_response(b""), length=len(http_response(b"")) + size * MIB)
    yield from large(one[:-4], size)
    yield b"\r\n\r\n"


@pytest.mark.parametrize("form", ["gzip", "plain", "shared", "zstd"])
def test_a_record_of_any_size_is_taken_in_in_little_memory(tmp_path: Path, form: str) -> None:
    size = 160
    path = tmp_path / "large"
    with path.open("wb") as file:
        if form == "plain":
            file.writelines(large_record(size))
        elif form == "zstd":
            packer = zstandard.ZstdCompressor(level=1).compressobj()
            file.writelines(packer.compress(part) for part in large_record(size))
            file.write(packer.flush())
        else:
            after = response(b"next") if form == "shared" else b""
            parts = (part for parts in (large_record(size), [after]) for part in parts)
            file.write(gzipped(parts))
    said = take(tmp_path, path, STREAMED)
    assert said["captures"] == (2 if form == "shared" else 1)
    assert said["problems"] == []


def test_an_arc_record_of_any_size_is_taken_in_in_little_memory(tmp_path: Path) -> None:
    size = 160
    head = http_response(b"")
    first = arc_record(URL, head, length=len(head) + size * MIB)[:-1]
    path = tmp_path / "large.arc.gz"
    data = member(arc_record("filedesc://x", b"1 0 x\n")) + gzipped(large(first, size))
    path.write_bytes(data)
    assert take(tmp_path, path, STREAMED)["captures"] == 1


def test_a_package_of_any_size_is_taken_in_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.wacz"
    path.write_bytes(wacz({"archive/a.warc.gz": gzipped(large_record(160))}))
    # The package was made in memory, and is read in another process.
    assert take(tmp_path, path, STREAMED)["captures"] == 1


GOOD = warc(warcinfo(), response(b"<p>Crime</p>"))


def sparse(path: Path, start: bytes, end: bytes = b"", size: int = 4 << 30) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.seek(size)
        file.write(end)
        file.truncate(size + len(end))


@pytest.mark.parametrize("form", ["gzip", "plain"])
def test_gigabytes_of_zeros_are_passed_over_and_what_follows_is_found(
    tmp_path: Path, form: str
) -> None:
    path = tmp_path / "zeros.warc"
    sparse(path, warc(response(b"a"), form=form), warc(response(b"b", url=f"{URL}b"), form=form))
    said = take(tmp_path, path)
    assert said["captures"] == 2
    assert said["problems"] == ([] if form == "gzip" else ["not-a-record"])
    copy = next((tmp_path / "archive/warcs").rglob("*.warc*"))
    assert copy.stat().st_blocks * 512 < 1 << 30  # it is as sparse as it was


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a gzip bomb": lambda: GOOD + gzipped(iter([b"WARC/1.0\r\n", *[bytes(MIB)] * 900])),
    "a bomb for a body": lambda: (
        GOOD
        + gzipped(
            iter(
                [
                    record("response", http_response(b""), length=40 + 800 * MIB)[:-4],
                    *[bytes(MIB)] * 800,
                ]
            )
        )
    ),
    "a zstd bomb": lambda: GOOD.replace(GOOD, b"") + zstd_bomb(),
    "a window too large": lambda: (
        b"\x28\xb5\x2f\xfd\x00\xf8" + b"\x01\x00\x00" + zstandard.compress(b"x")
    ),
    "a header without end": lambda: GOOD + member(b"WARC/1.0\r\nX: " + b"y" * (60 * MIB)),
    "headers without end": lambda: GOOD + b"WARC/1.0\r\n" + b"X: y\r\n" * (4 * MIB),
    "nothing but line ends": lambda: b"WARC/1.0\r\n\r\n" + b"\r\n" * (20 * MIB),
    "beginnings without records": lambda: b"WARC/1.0\r\nA:" * (MIB // 8) + warc(
        response(), form="plain"
    ),
    "gzip marks": lambda: GOOD + b"\x1f\x8b\x08\x00" * (MIB // 2),
    "empty members": lambda: member(b"") * (MIB // 8) + GOOD,
    "many lengths": lambda: warc(
        *[record("response", http_response(b"x"), length=60) for _ in range(20_000)], form="plain"
    ),
    "one long line of ARC": lambda: b"filedesc://x " + b"http://h 1 2008 " * (MIB // 2),
    "beginnings of ARC": lambda: b"filedesc://x 0 2008 t 1\nx\n" + b"a:b 1 20080101 t x\n" * (
        MIB // 8
    ),
    "HAR in HAR": lambda: b'{"log":' * (4 * MIB),
    "a HAR too large": lambda: b'{"log": {"entries": [' + b" " * (120 * MIB),
    "a HAR of other letters": lambda: har(har_entry(body="\N{GRINNING FACE}" * (4 * MIB))),
    "a HAR of nothing": lambda: b'{"log": {"entries": [' + b"{}," * (6 * MIB) + b"{}]}}",
    "an MHTML of nothing": lambda: mhtml()[:-12] + b"\r\n------b" * MIB,
    "an MHTML of headers": lambda: mhtml()[:-12] + b"\r\n------b\r\n" + b"X: y\r\n" * MIB,
    "an MHTML of blanks": lambda: mhtml(
        ([("Content-Location", " " * MIB)], b"=" * (8 * MIB))
    ),
}  # fmt: skip


HARMLESS = (  # these hold something that can be listed, at no great cost
    "empty members",
    "a HAR of other letters",
    "an MHTML of headers",
    "an MHTML of blanks",
)


def zstd_bomb() -> bytes:
    """Write a frame of blocks that say "this byte, 128 KiB of it", and a record before them."""
    start = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 999999999999\r\n\r\n"
    raw = (len(start) << 3).to_bytes(3, "little") + start
    run = ((1 << 17) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + raw + run * MIB + b"\x01\x00\x00"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_do_harm_does_none(tmp_path: Path, name: str) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[name]())
    said = take(tmp_path, path)
    assert "refused" in said or said["problems"] or name in HARMLESS
    if path.read_bytes()[: len(GOOD)] == GOOD:
        assert said["captures"] >= 1


def test_a_folder_may_be_called_what_it_likes(tmp_path: Path) -> None:
    (tmp_path / "crawl.warc.gz").mkdir()
    assert "refused" in take(tmp_path, tmp_path / "crawl.warc.gz")


def test_gzip_of_a_page_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(b"<html>"))
    said = take(tmp_path, tmp_path / "page.html.gz")
    assert "is a gzip file" in said["refused"]
