"""ZipNum indexes: the lines of CDXJ in blocks, and what pywb finds through them."""

import gzip
from pathlib import Path

import pytest
import requests

import marsham
from marsham.cli import run
from tests.builders import response, revisit, warc
from tests.yardsticks import serving_pywb

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
BODIES = {f"20110509{hour:02}1621": b"<p>Crime at %d</p>" % hour for hour in range(10)}


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive whose captures of one page fill several blocks of its index."""
    monkeypatch.setattr("snapshots.zipnum._BLOCK_LINES", 3)
    times = {at: f"2011-05-09T{at[8:10]}:16:21Z" for at in BODIES}
    (tmp_path / "crawl.warc.gz").write_bytes(
        warc(
            *(response(BODIES[at], url=CRIME, date=when) for at, when in times.items()),
            revisit(BODIES["20110509041621"], url=CRIME, refers_to=(CRIME, "2011-05-09T04:16:21Z")),
            response(b"<p>About</p>", url=f"{HOST}/about/"),
            response(b"<p>News</p>", url=f"{HOST}/news/"),
        )
    )
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
    return tmp_path / "archive"


def listed(held: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert run(["--archive", str(held), "list", "--format", "cdxj", *more]) == 0
    return capsys.readouterr().out


def made(held: Path, name: str, *more: str, status: int = 0) -> Path:
    out = held.parent / name
    command = ["--archive", str(held), "list", "--format", "zipnum", "--out", str(out), *more]
    assert run(command) == status
    return out


def test_the_blocks_are_the_lines_of_cdxj_and_each_is_found_by_the_summary(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = listed(held, capsys)
    out = made(held, "index")
    told = f"{out}: 13 captures in 5 blocks, "
    assert capsys.readouterr().out.startswith(told)
    names = {"cdx-00000.gz", "cluster.idx", "cluster.loc"}
    assert {place.name for place in out.iterdir()} == names
    data = (out / "cdx-00000.gz").read_bytes()
    assert gzip.decompress(data).decode() == wanted
    end = 0
    for number, line in enumerate((out / "cluster.idx").read_text().splitlines(), 1):
        head, part, offset, length, position = line.split("\t")
        assert (part, int(offset), int(position)) == ("cdx-00000.gz", end, number)
        end += int(length)
        block = gzip.decompress(data[int(offset) : end]).decode()
        assert block.startswith(f"{head} {{")
        assert block.count("\n") == (1 if number == 5 else 3)
    assert end == len(data)
    assert (out / "cluster.loc").read_text() == "cdx-00000.gz\tcdx-00000.gz\n"


def test_the_same_captures_give_the_same_index(held: Path) -> None:
    one, other = made(held, "one"), made(held, "other")
    for place in one.iterdir():
        assert place.read_bytes() == (other / place.name).read_bytes()


def test_an_index_can_be_of_a_prefix_and_leaves_out_what_is_withdrawn(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    why = ("--reason", "Private", "--authority", "Panel")
    assert run(["--archive", str(held), "withdraw", f"{HOST}/news/", *why]) == 0
    out = made(held, "index", f"{HOST}/*", "--to", "2011-06")
    lines = gzip.decompress((out / "cdx-00000.gz").read_bytes()).decode()
    assert lines == listed(held, capsys, f"{HOST}/*", "--to", "2011-06")
    assert "news" not in lines
    assert lines.count("\n") == 11


def test_nothing_to_list_a_name_in_use_or_half_a_request_writes_nothing(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not made(held, "index", f"{HOST}/never/", status=2).exists()
    assert not made(held, "index", "--from", "2020", status=2).exists()
    assert "no capture of any address" in capsys.readouterr().err
    (held.parent / "index").write_text("mine")
    made(held, "index", status=2)
    assert (held.parent / "index").read_text() == "mine"
    made(held, "nowhere/index", status=2)
    for wrong in (["--format", "zipnum"], ["--format", "cdxj", "--out", "x"]):
        assert run(["--archive", str(held), "list", *wrong]) == 2
        assert "go together" in capsys.readouterr().err
    assert {place.name for place in held.parent.iterdir()} == {"archive", "crawl.warc.gz", "index"}


def test_pywb_finds_every_capture_through_the_index(held: Path, pywb: Path, tmp_path: Path) -> None:
    out = made(held, "index")
    folder = tmp_path / "pywb"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        f"collections:\n  ours:\n    index_paths: {out}/\n    archive_paths: {held}/\n"
    )
    with serving_pywb(pywb, folder) as server:
        for at, body in (*BODIES.items(), ("20110801090000", BODIES["20110509041621"])):
            found = requests.get(f"{server}/ours/{at}id_/{CRIME}", timeout=30)
            assert (found.status_code, found.content) == (200, body)
        for name, body in (("about", b"<p>About</p>"), ("news", b"<p>News</p>")):
            found = requests.get(f"{server}/ours/2011id_/{HOST}/{name}/", timeout=30)
            assert (found.status_code, found.content) == (200, body)
        everything = requests.get(
            f"{server}/ours/cdx", params={"url": f"{HOST}/*", "pageSize": "100"}, timeout=30
        )
        assert everything.text.count("\n") == 13
