"""``marsham redirects`` on the example's archive, from the draft to what servers read."""

import shutil
from pathlib import Path

import pytest

import marsham
from tests.builders import response, warc
from tests.marsham.conftest import command

SITE = "http://www.homeoffice.example"
AT = ("--archive-at", "https://archive.example/web")


def test_a_map_is_drafted_edited_checked_and_written(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drafted, edited, out = tmp_path / "draft.csv", tmp_path / "edited.csv", tmp_path / "out"
    status, said = command(demo, capsys, "redirects", "draft", SITE, *AT, "--out", str(drafted))
    assert (status, said) == (0, "41 addresses: 1 redirect, 40 archive\n")
    rows = drafted.read_text().splitlines()
    assert (
        f"{SITE}/crime/partnerships/support-programme/,archive,https://archive.example/web/"
        f"20110509101745/{SITE}/crime/partnerships/support-programme/,,20110509101745,"
        "missing on 2013-03-26; shown before,"
    ) in rows
    about = next(row for row in rows if "/about-site/" in row)
    new = f"{SITE}/about-site/,redirect,https://www.new.example/about,,,,A. Editor"
    edited.write_text("\n".join(new if row == about else row for row in rows))
    again = ("redirects", "draft", SITE, *AT, "--keep", str(edited), "--out", str(drafted))
    assert command(demo, capsys, *again)[0] == 0
    assert new in drafted.read_text().splitlines()
    status, said = command(demo, capsys, "redirects", "check", str(drafted))
    assert status == 0
    assert "redirects to www.new.example: 1" in said
    write = ("redirects", "write", str(drafted), "--format", "govuk", "--out", str(out))
    status, said = command(demo, capsys, *write)
    assert (status, "41 addresses written" in said) == (0, True)
    lines = (out / "govuk-transition.csv").read_text().splitlines()
    assert f"{SITE}/about-site/,https://www.new.example/about" in lines
    assert f"{SITE}/crime/partnerships/contacts/,TNA" in lines  # led on to what is archived


def test_a_map_with_something_wrong_is_told_with_status_1(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "map.csv"
    given.write_text(
        f"old_url,type,target\n{SITE}/a,redirect,https://www.new.example/\n"
        f"{SITE}/b,redirect,{SITE}/b/\n{SITE}/c,gone,\n"
    )
    status, said = command(
        demo, capsys, "redirects", "check", str(given), "--target-host", "www.other.example"
    )
    assert status == 1
    assert f"target-host: {SITE}/a: leads to www.new.example" in said
    assert f"loop: {SITE}/b" in said
    out = str(tmp_path / "out")
    write = ("redirects", "write", str(given), "--format", "wagtail", "--out", out)
    status, said = command(demo, capsys, *write)
    assert status == 1
    assert f"left out: {SITE}/c is gone, which cannot be said there" in said


def test_a_redirect_that_was_withdrawn_is_not_drafted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], demo: Path
) -> None:
    held = tmp_path / "archive"
    shutil.copytree(demo, held)
    withdraw = ("withdraw", f"{SITE}/about-site/", "--reason", "Test", "--authority", "Test")
    assert command(held, capsys, *withdraw)[0] == 0
    status, said = command(held, capsys, "redirects", "draft", SITE, *AT)
    assert status == 0
    assert "about-site" not in said


def test_a_page_that_stands_elsewhere_now_is_looked_for_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(title: str) -> bytes:
        words = " ".join(f"{title} is told of in sentence {n} of this page." for n in range(40))
        return f"<title>{title}</title><h1>{title}</h1><p>{words}</p>".encode()

    def at(path: str, year: int, title: str, status: str = "200 OK") -> bytes:
        date = f"{year}-05-01T10:00:00Z"
        return response(page(title), url=f"{SITE}{path}", date=date, status=status)

    (tmp_path / "a.warc").write_bytes(
        warc(
            *(at("/old/grants", 2009, "Grants"), at("/news", 2009, "News")),
            *(at("/old/grants", 2013, "No such page", "404 Not Found"), at("/news", 2013, "News")),
            at("/new/grants", 2013, "Grants"),
        )
    )
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc"])
    draft = ("redirects", "draft", SITE, *AT)
    assert f"{SITE}/old/grants,archive," in command(tmp_path / "archive", capsys, *draft)[1]
    since = ("--moved-since", "2008", "--moved-since", "2009")
    status, said = command(tmp_path / "archive", capsys, *draft, *since)
    assert status == 0
    assert (
        f"{SITE}/old/grants,redirect,{SITE}/new/grants,,20090501100000,"
        '"found there on 2013-05-01, 100% of its words the same",' in said
    )
    assert f"{SITE}/news,archive," in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("draft", SITE), "--archive-at"),
        (("draft", "nowhere.example", *AT), "no capture of"),
        (("check", "{folder}/none.csv"), "does not exist"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: tuple[str, ...],
    message: str,
    demo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [one.replace("{folder}", str(tmp_path)) for one in arguments]
    status, said = command(demo, capsys, "redirects", *given)
    assert (status, message in said, "Traceback" in said) == (2, True, False)
