import os
from pathlib import Path

import pytest
import zstandard

from archiver.errors import FormatError
from archiver.ingest.sniff import Format, sniff
from tests.builders import flip, member, record, response, warc, warcinfo, zstd_warc

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.warc", warc(warcinfo(), form="plain"), Format.WARC),
        ("a.warc.gz", warc(warcinfo()), Format.WARC),
        ("a.warc.gz", warc(warcinfo(), form="plain"), Format.WARC),  # the name lies
        ("a.html", warc(warcinfo()), Format.WARC),
        ("a", b"\r\n" + warcinfo(), Format.WARC),  # an empty line before the first record
        ("a.warc", b"WARC/0.18\r\n", Format.WARC),
        ("a.warc.gz", zstd_warc(warcinfo()), Format.WARC),
        ("a", zstd_warc(warcinfo(), dictionary="plain"), Format.WARC),
        ("a", zstd_warc(record("resource", os.urandom(200_000))), Format.WARC),
        ("a.warc", b"filedesc://a.arc 0.0.0.0 20080430", Format.ARC),
        ("a.arc.gz", member(b"filedesc://a.arc 0.0.0.0 2008"), Format.ARC),
        ("a.txt", b"<!DOCTYPE html><title>Crime</title>", Format.PAGE),
        ("a.html", b"\xef\xbb\xbf\n <HTML>", Format.PAGE),
        ("a.html", "<html><p>Trosedd a phlismona".encode("utf-16"), Format.PAGE),
        ("a.html", b"<!-- saved from url=(0014)about:internet -->", Format.PAGE),
        ("a.html", b"<p>before</p><body>", Format.PAGE),
        ("a.txt", b"This snapshot, taken on 29/05/2011, shows web content", Format.TEXT),
        ("a.txt", b"caf\xe9\x85", Format.TEXT),
        ("a.txt", b"\n", Format.TEXT),
        ("a.txt", b'"quoted', Format.TEXT),
    ],
)
def test_a_file_is_known_by_its_content(
    tmp_path: Path, name: str, data: bytes, kind: Format
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert sniff(path) is kind


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.warc.gz", PNG, "is a PNG picture"),
        ("a.warc.gz", member(PNG), "is a PNG picture"),
        ("a.warc.gz", member(b"<html>"), "is a gzip file, but does not hold WARC"),
        ("a.warc.gz", member(b""), "is a gzip file, but does not hold WARC"),
        ("a.warc.gz", b"\x1f\x8b\x08\x00", "is a gzip file, but does not hold WARC"),
        ("a.warc.gz", b"\x1f\x8b" + b"x" * 50, "its beginning is damaged"),
        ("a.warc", b"", "is empty"),
        ("a.warc.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "its beginning is damaged"),
        ("a.zst", zstandard.compress(b"<html>"), "is a zstd file, but does not hold WARC"),
        ("a.pdf", b"%PDF-1.4", "is a PDF document"),
        ("a.warc", bytes(5000), "neither WARC nor a page nor text"),
        ("pages.csv", b"url,timestamp\nhttp://x.example/,2011", "give the folder it stands in"),
        ("list.csv", b'"timestamp","URL"\n', "give the folder it stands in"),
        ("list.csv", b"\xef\xbb\xbfurl,timestamp\r\n", "give the folder it stands in"),
        ("list.csv", b'"url";"timestamp"\n', "give the folder it stands in"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "is a PNG picture; what can be taken in are WARC, ARC,"),
    ],
)
def test_what_cannot_be_read_is_refused_by_what_it_is(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FormatError, match=reason) as caught:
        sniff(path)
    assert caught.value.path == str(path)


def test_a_damaged_first_record_leaves_a_warc_a_warc(tmp_path: Path) -> None:
    data = warc(response(os.urandom(3000)), warcinfo())
    (tmp_path / "a.warc.gz").write_bytes(flip(data, 1500))
    assert sniff(tmp_path / "a.warc.gz") is Format.WARC


def test_a_folder_is_a_set_of_pages_if_it_has_a_list(tmp_path: Path) -> None:
    (tmp_path / "crime").mkdir()
    (tmp_path / "crime" / "index.html").write_text("<html>")
    assert sniff(tmp_path) is Format.FOLDER
    (tmp_path / "pages.csv").write_text("url\n")
    assert sniff(tmp_path) is Format.PAGES


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crime" / "partnerships").mkdir(parents=True)
    with pytest.raises(FormatError, match="folder without any file"):
        sniff(tmp_path)


def test_a_path_where_nothing_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file or folder"):
        sniff(tmp_path / "missing.warc.gz")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FormatError, match="no such file or folder"):
        sniff(tmp_path / "link")
    with pytest.raises(FormatError, match="cannot be looked at"):
        sniff(tmp_path / ("x" * 300))


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.warc.gz")
    with pytest.raises(FormatError, match="is not a regular file"):
        sniff(tmp_path / "a.warc.gz")


def test_a_device_is_refused() -> None:
    with pytest.raises(FormatError, match="is not a regular file"):
        sniff(Path("/dev/zero"))
