import json
from pathlib import Path
from random import Random

import pytest

from archiver.errors import FormatError
from archiver.ingest.listed import read_cdxj
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.warc import Listed, NotAsListedError, scan
from tests.builders import (
    flip,
    http_response,
    metadata,
    record,
    request,
    resource,
    response,
    revisit,
    warc,
    warcinfo,
)

BODY = b"<p>Crime and policing</p>" * 400
PADDED = http_response(BODY, fields=[("X-Padding", Random(1).randbytes(9_000).hex())])  # noqa: S311
RECORDS = [
    warcinfo(),
    request(),
    response(BODY),
    metadata(),
    record("response", PADDED),  # its HTTP head is longer than what is looked at
    revisit(BODY),
    resource(b"text"),
    response(BODY, fields=[("WARC-Payload-Digest", "")]),
]
FORMS = ["gzip", "plain"]


def listing(path: Path) -> dict[int, Listed]:
    """What an index would say of the captures in a file."""
    return {
        found.offset: Listed(found.length, found.facts.payload_digest)
        for found in scan(path)
        if not isinstance(found, Problem) and found.kind in ("response", "revisit", "resource")
    }


def read(
    path: Path, listed: dict[int, Listed] | None, *, check: bool = False
) -> tuple[list[Capture | Problem], dict[str, int]]:
    reading = WarcReading(path, "the file", check=check, listed=listed)
    return list(reading), dict(reading.counts)


def put(tmp_path: Path, form: str = "gzip") -> Path:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(warc(*RECORDS, form=form))
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("known", [slice(None), slice(0, 2), slice(2, 9), slice(0, 9, 2)])
def test_a_file_read_by_an_index_of_all_or_some_tells_the_same(
    tmp_path: Path, form: str, known: slice
) -> None:
    path = put(tmp_path, form)
    listed = dict(list(listing(path).items())[known])
    assert read(path, listed) == read(path, None) == read(path, None, check=True)


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["govuk-1", "govuk-2", "iana", "dupes", "resource"])
def test_real_files_read_by_an_index_tell_the_same(corpora: Path, name: str) -> None:
    path = corpora / f"{name}.warc.gz"
    assert read(path, listing(path)) == read(path, None)


def test_damage_between_listed_records_is_told(tmp_path: Path) -> None:
    path = put(tmp_path)
    listed = listing(path)
    at = len(warc(*RECORDS[:1])) + 30  # in the request
    path.write_bytes(flip(path.read_bytes(), at))
    found, _ = read(path, listed)
    assert [one.code for one in found if isinstance(one, Problem)] == ["damaged-member"]
    assert sum(isinstance(one, Capture) for one in found) == 5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", ["offset", "longer", "shorter", "beyond", "more"])
def test_an_index_of_another_file_is_noticed(tmp_path: Path, form: str, change: str) -> None:
    path = put(tmp_path, form)
    listed = listing(path)
    first, last = min(listed), max(listed)
    one = listed[first]
    if change == "offset":
        listed[first + 1] = listed.pop(first)
    elif change == "beyond":
        listed[last] = Listed(listed[last].length + 100, b"")
    elif change == "more":
        listed[path.stat().st_size] = one
    else:
        listed[first] = Listed(one.length + (9 if change == "longer" else -9), one.digest)
    if form == "plain" and change in ("longer", "shorter"):
        assert read(path, listed) == read(path, None)  # its header says how long it is
        return
    with pytest.raises(NotAsListedError):
        read(path, listed)


def test_without_checking_a_wrong_digest_is_believed_and_a_missing_one_computed(
    tmp_path: Path,
) -> None:
    wrong = "sha1:" + "A" * 32
    path = tmp_path / "file.warc.gz"
    path.write_bytes(
        warc(
            response(BODY, fields=[("WARC-Payload-Digest", wrong)]),
            response(BODY, fields=[("WARC-Payload-Digest", "")]),
        )
    )
    checked, _ = read(path, None, check=True)
    believed, _ = read(path, None)
    assert [one.code for one in checked if isinstance(one, Problem)] == ["payload-digest"]
    assert believed == [one for one in checked if isinstance(one, Capture)]


def line(**changes: object) -> str:
    fields = {"offset": "100", "length": "20", "digest": "sha1:" + "B" * 32, "filename": "a/b.gz"}
    return f"example,a)/ 20110509101621 {json.dumps(fields | changes)}\n"


def test_an_index_is_sorted_out_by_file_name_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "index.cdxj"
    path.write_text(
        "!meta {}\n" + line() + "\n" + line(offset=0, digest=None) + line(filename="c.warc")
    )
    found = read_cdxj(path)
    assert found == {
        "b.gz": {100: Listed(20, found["b.gz"][100].digest), 0: Listed(20, b"")},
        "c.warc": {100: Listed(20, found["b.gz"][100].digest)},
    }
    assert len(found["b.gz"][100].digest) == 20


@pytest.mark.parametrize(
    "text",
    [
        "nonsense\n",
        "key 2011 not json\n",
        "key 2011 []\n",
        'key 2011 {"offset": 1}\n',
        line(offset="x"),
        line(offset=-1),
        line(length=0),
        "key 2011 " + "[" * 100_000 + "\n",
    ],
)
def test_a_line_that_is_no_cdxj_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "index.cdxj"
    path.write_text(line() + text)
    with pytest.raises(FormatError, match="line 2 is not one of a CDXJ index"):
        read_cdxj(path)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", None])
def test_what_cannot_be_read_as_text_is_no_index(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "index.cdxj"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(FormatError, match="cannot be read as CDXJ"):
        read_cdxj(path)
