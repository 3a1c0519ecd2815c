"""The command line as a person meets it: real processes, real files, wrong arguments."""

import contextlib
import csv
import fcntl
import io
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from marsham.cli import run as run_command
from tests.builders import dns, resource, response, warc, warcinfo
from tests.marsham.conftest import EXAMPLE
from tests.snapshots.helpers import put

LANDING = "http://www.homeoffice.example/crime/partnerships/"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run marsham as its own process, on the archive `archive` in the temporary folder."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "marsham", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | {"MARSHAM_ARCHIVE": "archive", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line a failed command prints to standard error."""
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_without_an_archive_every_command_says_how_to_make_one(run: Run) -> None:
    for arguments in (["list"], ["snapshots"], ["extract"], ["ingest", str(EXAMPLE)]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "no archive at archive; make one with: marsham --archive archive init" in sentence(
            done
        )


def test_ingest_shows_on_a_terminal_how_far_it_is_and_nowhere_else(
    tmp_path: Path, run: Run
) -> None:
    names = ["one.warc.gz", "[bold]\x1b[31mtwo.warc"]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(
            warc(warcinfo(), response(b"x", url=f"http://{number}.example/"))
        )
    run("init")
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "marsham", "--archive", "archive", "ingest", *names]
    env = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=theirs
    ) as done:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # a terminal's way to tell that nothing more comes
            while part := os.read(terminal, 4096):
                shown += part
    os.close(terminal)
    assert done.returncode == 0
    assert b"[bold]\\x1b[31mtwo.warc" in shown
    again = run("ingest", *names)
    assert (again.returncode, again.stderr) == (0, "")


def test_init_will_not_touch_an_archive_or_a_folder_in_use(run: Run, tmp_path: Path) -> None:
    assert run("init").returncode == 0
    again = run("init")
    assert again.returncode == 2
    assert "is an archive already; nothing was changed" in sentence(again)
    (tmp_path / "used").mkdir()
    (tmp_path / "used/letter.txt").write_text("mine")
    used = run("--archive", "used", "init")
    assert used.returncode == 2
    assert "is not empty" in sentence(used)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file or folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.mkdir(), "is a folder without any file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60)), "is a PNG picture"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08" + bytes(30)), "its beginning is damaged"),
        (lambda path: os.mkfifo(path), "is not a regular file"),
        (lambda path: path.write_text("url,timestamp\n"), "give the folder it stands in"),
    ],
    ids=["missing", "empty", "folder", "png", "damaged gzip", "pipe", "list alone"],
)
def test_input_that_cannot_be_read_gets_one_sentence_and_changes_nothing(
    make: Callable[[Path], object], said: str, run: Run, tmp_path: Path
) -> None:
    run("init")
    make(tmp_path / "crawl.warc.gz")
    done = run("ingest", "crawl.warc.gz")
    assert done.returncode == 2
    assert "crawl.warc.gz" in sentence(done)
    assert said in sentence(done)
    assert run("list").stdout == ""
    assert run("snapshots").stdout.splitlines()[2:] == []


def test_one_bad_input_among_good_ones_costs_only_itself(run: Run) -> None:
    run("init")
    done = run("ingest", "missing.warc.gz", EXAMPLE / "2009")
    assert done.returncode == 2
    assert "missing.warc.gz: there is no such file" in done.stderr
    assert "25 captures as snapshot 1 (2009)" in done.stdout


def test_the_same_input_again_changes_nothing_and_says_so(run: Run) -> None:
    run("init")
    first = run("ingest", EXAMPLE / "2009")
    assert first.returncode == 0, first.stderr
    listed = run("list", "--format", "json").stdout
    again = run("ingest", EXAMPLE / "2009")
    assert again.returncode == 0
    assert "already here since" in again.stdout
    assert "nothing changed" in again.stdout
    assert run("list", "--format", "json").stdout == listed


@pytest.mark.parametrize(
    "command",
    [
        ["ingest", EXAMPLE / "2009"],
        ["withdraw", LANDING, "--reason", "Names", "--authority", "Panel"],
        ["withdraw", "--lift", "1", "--reason", "Names", "--authority", "Panel"],
        ["extract"],
    ],
    ids=["ingest", "withdraw", "lift", "extract"],
)
def test_a_second_writer_is_told_at_once_who_is_writing(
    run: Run, tmp_path: Path, command: list[object]
) -> None:
    run("init")
    with (tmp_path / "archive/lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"pid": 4711, "host": "here", "command": "marsham ingest x"}))
        lock.flush()
        done = run(*command)
    assert done.returncode == 2
    assert "is being written by process 4711 on here (marsham ingest x)" in sentence(done)


def test_a_folder_that_may_not_be_written_is_read_and_not_written(
    demo: Path, unprivileged: tuple[Path, Callable[[Callable[[], object]], str]]
) -> None:
    folder, call_as_nobody = unprivileged
    archive = folder / "archive"
    run_command(["--archive", str(demo), "list"])  # what is imported late is now imported
    shutil.copytree(demo, archive)
    for place in (archive, *archive.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)

    def command(*arguments: str) -> Callable[[], str]:
        def called() -> str:
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                status = run_command(["--archive", str(archive), *arguments])
            return f"{status} {out.getvalue()}{err.getvalue()}"

        return called

    writing = call_as_nobody(command("ingest", str(EXAMPLE / "2009")))
    assert writing.startswith("2 marsham: cannot write to ")
    assert "Permission denied" in writing
    reading = call_as_nobody(command("list", LANDING))
    assert reading.startswith("0 ")
    assert "20110529000000" in reading


def test_a_date_nobody_can_read_is_explained(demo: Path, run: Run) -> None:
    done = run("--archive", demo, "show", LANDING, "--at", "31 floréal")
    assert done.returncode == 2
    assert "not a date: '31 floréal'; write 2011, 2011-05" in done.stderr


def test_a_url_never_captured_is_named(demo: Path, run: Run) -> None:
    for arguments in (["show"], ["list"]):
        done = run("--archive", demo, *arguments, "http://never.example/")
        assert done.returncode == 2
        assert "no capture of http://never.example/" in sentence(done)


def test_a_reader_who_stops_reading_is_no_error(demo: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "bash",
            "-o",
            "pipefail",
            "-c",
            f"{sys.executable} -m marsham --archive {demo} list | head -1",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_show_gives_both_stated_dates_and_the_rule_that_chose(demo: Path, run: Run) -> None:
    shown = run("--archive", demo, "show", LANDING, "--at", "2011").stdout
    assert "stated     20110509101621 by address" in shown
    assert "stated     20110529 by banner" in shown
    assert "(chosen: banner-over-address)" in shown


def test_show_writes_the_recovered_body_without_the_archives_additions(
    demo: Path, run: Run
) -> None:
    body = run("--archive", demo, "show", LANDING, "--at", "2011", "--body").stdout
    assert "<h1" in body
    assert "webArchiveInfobox" not in body
    assert "/20110509101621/" not in body.replace("nationalarchives.gov.uk/2", "")


def test_list_as_json_has_the_fields_other_tools_read(demo: Path, run: Run) -> None:
    lines = run("--archive", demo, "list", f"{LANDING}*", "--format", "json").stdout.splitlines()
    captures = [json.loads(line) for line in lines]
    fields = {"url", "timestamp", "status", "mime", "digest", "file", "offset", "length"}
    assert all(fields <= capture.keys() for capture in captures)
    assert {capture["status"] for capture in captures} == {200, 301, 404}


def test_list_can_be_limited_to_dates(demo: Path, run: Run) -> None:
    lines = run("--archive", demo, "list", LANDING, "--from", "2010", "--to", "2011").stdout
    assert [line.split()[0] for line in lines.splitlines()[2:]] == ["20110529000000"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ([LANDING], f"no capture of {LANDING} in that span of dates; there are 3 outside it"),
        ([f"{LANDING}*"], "outside it, from 2009-04-02 to 2013-0"),
        ([], "no capture of any address in that span of dates; there are "),
        (["http://never.example/"], "no capture of http://never.example/; see what there is"),
    ],
    ids=["page", "prefix", "all", "never"],
)
def test_a_span_without_captures_says_which_there_are_outside_it(
    demo: Path, run: Run, what: list[str], said: str
) -> None:
    done = run("--archive", demo, "list", *what, "--from", "2015")
    assert done.returncode == 2
    assert said in sentence(done)


def test_a_span_that_ends_before_it_begins_is_refused(demo: Path, run: Run) -> None:
    done = run("--archive", demo, "list", "--from", "2013", "--to", "2011")
    assert done.returncode == 2
    assert "--to lies before --from" in sentence(done)


def test_what_list_prints_can_be_asked_for_whatever_its_scheme(run: Run, tmp_path: Path) -> None:
    manifest = "metadata://gnu.org/software/wget/warc/MANIFEST.txt"
    (tmp_path / "a.warc.gz").write_bytes(warc(dns(), resource(b"one", url=manifest)))
    run("init")
    run("ingest", "a.warc.gz")
    printed = [json.loads(line) for line in run("list", "--format", "json").stdout.splitlines()]
    assert [line["url"] for line in printed] == ["dns:www.homeoffice.example", manifest]
    for line in printed:
        assert json.loads(run("list", line["url"], "--format", "json").stdout) == line
        assert f"url        {line['url']}" in run("show", line["url"]).stdout
    assert run("show", manifest, "--body").stdout == "one"
    done = run("list", "dns:*")
    assert (len(done.stdout.splitlines()), done.stderr, done.returncode) == (3, "", 0)
    done = run("list", "dns:never.example")
    assert "no capture of dns:never.example" in sentence(done)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", LANDING, "--body", "--raw"], "give one of --body, --raw and --json"),
        (["show", LANDING, "--json", "--body"], "give one of --body, --raw and --json"),
        (["read", "a.html", "--out", "x"], "--out goes with --manifest"),
        (["read", "--manifest", "m", "--out", "x", "--json"], "--json are for FILES"),
        (["ingest", "pages", "--url", LANDING], "is a folder, and an address and date can be"),
        (["ingest", "pages", "--captured", "2011"], "list the pages in pages.csv"),
    ],
)
def test_options_that_would_be_ignored_are_refused(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    put(tmp_path, {"a.html": "<p>a", "pages/a.html": "<p>a"})
    run("init")
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("year", "name", "phone"),
    [  # Sunderland's number changed between the first two dates, Darlington's name before the third
        ("2009", "Darlington Crime and Disorder Reduction Partnership", "+441914980133"),
        ("2011", "Darlington Community Safety Partnership", "+441914980177"),
        ("2013", "Safer Darlington Partnership", "+441914980177"),
    ],
)
def test_an_export_holds_what_stood_at_its_date(
    year: str, name: str, phone: str, demo: Path, run: Run
) -> None:
    done = run("--archive", demo, "export", "partnerships", "--as-of", year)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    names = {row["name"]: row for row in rows}
    assert name in names
    sunderland = next(row for name, row in names.items() if name.startswith("Sunderland"))
    assert sunderland["phone"] == phone


def test_an_exported_value_leads_back_to_its_capture_and_its_place(demo: Path, run: Run) -> None:
    done = run("--archive", demo, "export", "contacts", "--as-of", "2011", "--format", "json")
    rows = json.loads(done.stdout)
    unit = next(row for row in rows if row["unit"] == "Community Safety Unit")
    shown = run("--archive", demo, "show", unit["url"], "--at", unit["captured"], "--json").stdout
    assert json.loads(shown)["digest"] == unit["digest"]
    assert {"field", "raw", "value", "start", "end", "rule", "confidence"} <= unit["evidence"][
        0
    ].keys()


def test_extracting_again_reads_nothing_twice(demo: Path, run: Run) -> None:
    again = json.loads(run("--archive", demo, "extract", "--json").stdout)
    nothing = {"captures": 0, "read": 0, "shared": 0, "given_up": 0, "problems": []}
    unchanged = {"compared": 0, "pages": 0, "tally": [], "values": []}
    assert again == nothing | {"changes": unchanged}


def test_exporting_before_extracting_says_what_to_do(run: Run) -> None:
    run("init")
    done = run("export", "contacts")
    assert done.returncode == 2
    assert "nothing has been extracted yet; run: marsham extract" in sentence(done)


def test_read_needs_no_archive_and_gives_every_stated_date(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(
        "This snapshot, taken on\n29/05/2011\n, shows web content acquired for preservation by The "
        "National Archives.\n\nTeam\n\nContact Us\n\nSafety Team\n1 High Street\nLondon\n"
        "SW1P 4DF\n",
        "utf-8",
    )
    address = "http://webarchive.nationalarchives.gov.uk/20110509101621/http:/www.team.example/"
    done = run("read", "page.txt", "--url", address, "--json")
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["url"] == "http://www.team.example/"
    assert [date["timestamp"] for date in read["stated_dates"]] == ["20110509101621", "20110529"]
    assert read["date_rule"]["name"] == "banner-over-address"
    assert read["contacts"][0]["postcode"] == "SW1P 4DF"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("markdown", "# Team\n\n[Plan](<http://a.example/p.pdf>)\n"),
        ("html", '<h1>Team</h1>\n<p><a href="http://a.example/p.pdf">Plan</a></p>\n'),
        ("text", "Team\nPlan\n"),
    ],
)
def test_read_prints_the_message_alone_in_a_form_of_its_own(
    form: str, said: str, run: Run, tmp_path: Path
) -> None:
    page = "<body><nav><a href=/>Home</a></nav><h1>Team</h1><p><a href=p.pdf>Plan</a></p></body>"
    (tmp_path / "a.html").write_text(page)
    done = run("read", "a.html", "--url", "http://a.example/", "--format", form)
    assert re.sub(r'<a id="b-[0-9a-f]{12}"></a>| id="b-[0-9a-f]{12}"', "", done.stdout) == said


def test_read_with_a_manifest_writes_a_file_a_page_and_goes_on_past_a_missing_one(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "one.html").write_text("<title>One</title><h1>One</h1>")
    (tmp_path / "list.json").write_text(
        json.dumps([{"stem": "gone", "file": "gone.html"}, {"stem": "one", "file": "one.html"}])
    )
    done = run("read", "--manifest", "list.json", "--out", "out")
    assert done.returncode == 1
    assert "gone.html: there is no such file" in done.stderr
    assert json.loads((tmp_path / "out/one.json").read_text())["page"]["title"] == "One"


def test_serve_says_so_when_its_port_is_taken(demo: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--archive", demo, "serve", "--port", port)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in sentence(done)


def test_verify_prints_findings_with_advice_and_a_summary(run: Run, tmp_path: Path) -> None:
    run("init")
    run("ingest", EXAMPLE / "2009")
    sound = run("verify", "--level", "deep")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.startswith("sound (deep): 0 damage, 0 warnings; looked at ")
    (tmp_path / "archive/warcs/2009").mkdir()
    (tmp_path / "archive/warcs/2009/letter.txt").write_text("mine")
    warned = run("verify", "--level", "quick")
    assert warned.returncode == 1
    assert warned.stdout.startswith("warning  unknown-file: warcs/2009/letter.txt: ")
    assert "take its input in again" in warned.stdout
    next((tmp_path / "archive/originals").glob("*/*")).unlink()
    damaged = run("verify", "--json")
    assert damaged.returncode == 2
    *findings, summary = (json.loads(line) for line in damaged.stdout.splitlines())
    assert [found["code"] for found in findings] == ["unknown-file", "missing-file"]
    assert [found["severity"] for found in findings] == ["warning", "damage"]
    assert (summary["status"], summary["damage"], summary["kept"]) == (2, 1, True)


def test_a_lost_catalogue_is_made_anew_and_the_message_says_how(run: Run, tmp_path: Path) -> None:
    run("init")
    run("ingest", EXAMPLE / "2009")
    listed = run("list", "--format", "json").stdout
    (tmp_path / "archive/catalogue.db").rename(tmp_path / "lost")
    assert "make it anew with: marsham --archive archive rebuild" in sentence(run("list"))
    made = run("rebuild")
    assert made.returncode == 0, made.stderr
    assert "made the catalogue anew: 25 captures in 1 WARC file, from 1 commit" in made.stdout
    assert run("list", "--format", "json").stdout == listed
    again = run("rebuild", "--json")
    assert json.loads(again.stdout)["aside"].startswith("archive/catalogue.db.before-")
