"""The list of captures in the formats of other tools, held against what warcio reads."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

import marsham
from marsham.cli import run
from tests.builders import digest, dns, resource, response, revisit, warc
from tests.yardsticks import run_tool

CRIME = "http://www.homeoffice.example/crime/"
BODY = b"<p>Crime and policing</p>"
CORPORA = ("dupes", "iana", "resource", "govuk-1", "govuk-2")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """An archive of captures that are awkward to write on one line."""
    records = warc(
        response(BODY, url=CRIME),
        revisit(BODY, url=CRIME),
        response(b"", url="http://www.homeoffice.example/moved", status="301 Moved", head=[]),
        resource(b"seen", url="http://www.homeoffice.example/a b/caf\xe9"),
        dns(),
    )
    (tmp_path / "odd.warc.gz").write_bytes(records)
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "odd.warc.gz"])
    return tmp_path / "archive"


def listed(archive: Path, form: str, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    assert run(["--archive", str(archive), "list", "--format", form, *more]) == 0
    return capsys.readouterr().out.splitlines()


def facts(path: Path) -> Iterator[tuple[str, ...]]:
    """What warcio says of each capture: URL, time, type, status, digest, length and offset."""
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            if record.rec_type not in ("response", "revisit", "resource"):
                continue
            head, http = record.rec_headers, record.http_headers
            kind = (http or head).get_header("Content-Type") or ""
            if record.rec_type == "revisit":
                kind = "warc/revisit"
            declared = head.get_header("WARC-Payload-Digest")
            yield (
                head.get_header("WARC-Target-URI"),
                "".join(filter(str.isdigit, head.get_header("WARC-Date")))[:14],
                kind.partition(";")[0].strip().lower(),
                http.get_statuscode() if http else "",
                declared or digest(record.content_stream().read()),
                str(records.get_record_length()),
                str(records.get_record_offset()),
            )


@pytest.mark.parametrize("name", CORPORA)
def test_cdxj_and_cdx_say_what_warcio_reads(
    name: str, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = corpora / f"{name}.warc.gz"
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [file])
    wanted = sorted(facts(file))
    names = ("url", "mime", "status", "digest", "length", "offset")
    lines = [line.split(" ", 2) for line in listed(tmp_path / "archive", "cdxj", capsys)]
    objects = [(time, json.loads(told)) for _, time, told in lines]
    cdxj = [[told.get(field, "") for field in names] for _, told in objects]
    for fields, (time, _) in zip(cdxj, objects, strict=True):
        fields.insert(1, time)
    assert sorted(map(tuple, cdxj)) == wanted
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    head, *rest = listed(tmp_path / "archive", "cdx", capsys)
    assert head == " CDX N b a m s k r M S V g"
    cdx = [line.split(" ") for line in rest]
    assert {len(fields) for fields in cdx} == {11}
    assert (
        sorted(
            (
                f[2],
                f[1],
                f[3].replace("-", "", f[3] == "-"),
                f[4].strip("-"),
                f"sha1:{f[5]}",
                f[8],
                f[9],
            )
            for f in cdx
        )
        == wanted
    )


@pytest.mark.parametrize("name", CORPORA)
def test_cdxj_says_what_cdxj_indexer_says(
    name: str,
    corpora: Path,
    yardsticks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = corpora / f"{name}.warc.gz"
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [file])
    ours = sorted(map(told, listed(tmp_path / "archive", "cdxj", capsys)))
    theirs = run_tool(yardsticks / "cdxj-indexer", "--sort", file).splitlines()
    assert ours == sorted(map(told, theirs))


def told(line: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Take a line apart, without what the two say differently."""
    key, time, fields = line.split(" ", 2)
    found = json.loads(fields)
    del found["filename"]  # here it is a path below the archive folder
    if found["url"].startswith("dns:"):  # the type of a record without HTTP is left out there
        found.pop("mime", None)
    return key, time, sorted(found.items())


def test_an_index_line_keeps_its_fields_whatever_the_address_holds(
    odd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = listed(odd, "cdx", capsys)
    assert {len(line.split(" ")) for line in lines[1:]} == {11}
    start = "example,homeoffice)/a%20b/caf%c3%a9 20110509101621"
    assert lines[2].startswith(
        f"{start} http://www.homeoffice.example/a%20b/caf\xe9 text/plain - {digest(b'seen')[5:]}"
    )
    written = listed(odd, "cdxj", capsys)[1]
    assert written.isascii()
    told = json.loads(written.removeprefix(start))
    assert told["url"] == "http://www.homeoffice.example/a b/caf\xe9"
    assert "status" not in told


def test_a_revisit_is_called_one_and_what_is_not_known_is_left_out(
    odd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.split(" ", 2) for line in listed(odd, "cdxj", capsys)]
    found = {(key, time[:8]): json.loads(told) for key, time, told in lines}
    crime = "example,homeoffice)/crime"
    assert found[crime, "20110509"]["mime"] == "text/html"
    assert found[crime, "20110801"]["mime"] == "warc/revisit"
    assert found[crime, "20110801"]["digest"] == digest(BODY)
    assert "mime" not in found["example,homeoffice)/moved", "20110509"]
    moved = next(line for line in listed(odd, "cdx", capsys) if "/moved" in line)
    assert " - 301 3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ - - " in moved


def test_csv_has_the_fields_of_json_under_their_names(
    odd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objects = [json.loads(line) for line in listed(odd, "json", capsys)]
    rows = list(csv.DictReader(listed(odd, "csv", capsys)))
    texts = [
        {name: "" if value is None else str(value) for name, value in told.items()}
        for told in objects
    ]
    assert rows == texts


@pytest.mark.parametrize("form", ["table", "json", "csv", "cdx", "cdxj"])
def test_every_format_can_be_limited_to_one_address(
    form: str, odd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = listed(odd, form, capsys, CRIME)
    assert sum("/crime" in line for line in lines) == 2
    assert not any("moved" in line for line in lines)
    assert run(["--archive", str(odd), "list", "--format", form, "http://never.example/"]) == 2
