"""``marsham capture`` as a person meets it: real sockets and processes, two snapshots, signals."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from lxml import html

import marsham
from marsham.cli import run as run_command
from snapshots.archive import Archive
from snapshots.crawl.report import KINDS, addresses, report_on_crawl
from snapshots.crawl.status import statuses
from snapshots.verify.findings import Level
from snapshots.verify.fixity import verify
from tests.loopback import answer
from tests.marsham.conftest import serving
from tests.marsham.crawled import Site, page
from tests.snapshots.helpers import all_files, all_rows

ROOT = Path(__file__).resolve().parents[2]
FREELY = ("--allow-private", "--delay", 0, "--no-probes", "--tries", 1)
OFF = "HTTP/1.1 301 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line on the archive `archive` in the temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARSHAM_ARCHIVE", "archive")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        said, told = io.StringIO(), io.StringIO()
        with redirect_stdout(said), redirect_stderr(told):
            status = run_command(list(map(str, arguments)))
        return subprocess.CompletedProcess([], status, said.getvalue(), told.getvalue())

    run("init", "--name", "Test archive")
    return run


def started(*arguments: object) -> subprocess.Popen[str]:
    """Begin a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "marsham", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def small_site() -> Site:
    """Two pages and what they need, a page that robots.txt keeps to itself, and a link away."""
    return Site(
        {
            "/robots.txt": answer(
                b"User-agent: *\nDisallow: /private/\n", fields=[("Content-Type", "text/plain")]
            ),
            "/": page("home", "/a", "/b", "/private/x", "http://elsewhere.example/"),
            "/a": page("a", "/", "/only-once"),
            "/b": page("b", "/a"),
            "/only-once": page("once"),
        }
    )


def wide_site(number: int = 60) -> Site:
    """A site of pages that all know the next."""
    pages = {f"/{one}": page(f"p{one}", f"/{one + 1}") for one in range(1, number)}
    return Site({"/": page("home", "/1"), f"/{number}": page("last"), **pages})


def captured(run: Run) -> dict[str, int]:
    """How often each address was captured, by its path."""
    counts: dict[str, int] = {}
    for line in run("list", "--format", "json").stdout.splitlines():
        path = "/" + json.loads(line)["url"].split("/", 3)[3]
        counts[path] = counts.get(path, 0) + 1
    return counts


def test_a_site_is_captured_listed_and_shown(run: Run) -> None:
    with small_site() as site:
        done = run("capture", site.url, *FREELY, "--contact", "archive@archive.example")
        assert done.returncode == 0, done.stderr
        assert done.stderr == f"capturing {site.url} as snapshot 1 (127.0.0.1)\n"
        lines = done.stdout.splitlines()
        assert lines[0] == "4 answers in snapshot 1 (127.0.0.1)"
        assert lines[1].startswith("answers   4 (")
        assert lines[2:] == [
            "new       4",
            "refused   1 by robots: Disallow /private/",
            "refused   1 by scope: outside host",
        ]
        assert captured(run) == {"/robots.txt": 1, "/": 1, "/a": 1, "/b": 1, "/only-once": 1}
        with started("show", f"{site.url}a", "--body") as shown:
            assert shown.communicate(timeout=30)[0].encode() == site.pages["/a"]
        assert all("archive@archive.example" in head["user-agent"] for head in site.heads)
        shown = run("snapshots", 1).stdout
        assert "kind      crawl" in shown
        assert "new       4" in shown
    with Archive.open(Path("archive")) as archive:
        assert verify(archive, Level.DEEP, found=print).status == 0


def test_a_second_capture_tells_what_became_of_each_address(run: Run) -> None:
    with small_site() as site:
        site.pages["/"] = page("home", "/a", "/b", "/going", "/moving")
        site.pages |= {"/going": page("going"), "/moving": page("moving")}
        run("capture", site.url, *FREELY)
        site.pages["/a"] = page("a", "/new", words="and one more")
        site.pages["/new"] = page("new")
        site.pages["/moving"] = OFF.encode()
        del site.pages["/going"]
        done = run("capture", site.url, *FREELY, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["crawl"], told["snapshot"], told["finished"]) == (2, 2, True)
        assert told["outcomes"] == {
            **{"new": 1, "changed": 1, "unchanged": 2, "gone": 1, "moved": 1, "failed": 0}
        }
        of = {kind: [one["url"] for one in rows] for kind, rows in told["listed"].items()}
        assert of == {
            "new": [f"{site.url}new"],
            "changed": [f"{site.url}a"],
            "gone": [f"{site.url}going"],
            "moved": [f"{site.url}moving"],
        }
        assert told["listed"]["moved"] == [
            {"url": f"{site.url}moving", "leads_to": f"{site.url}new"}
        ]
        assert told["not_met"] == {
            "crawl": 1,
            "snapshot": 1,
            "number": 1,
            "listed": [f"{site.url}only-once"],
        }
        lines = run("snapshots", 2).stdout.splitlines()
        assert f"          {site.url}going" in lines
        assert f"          {site.url}moving -> {site.url}new" in lines
        [moved] = run("snapshots", 2, "--addresses", "moved", "--json").stdout.splitlines()
        assert json.loads(moved)["leads_to"] == f"{site.url}new"
        assert "not met   1 that snapshot 1 had; nothing leads there now" in lines
        crawl = json.loads(run("snapshots", 2, "--json").stdout)["crawl"]
        assert crawl == told
        assert json.loads(run("snapshots", 1, "--json").stdout)["crawl"]["not_met"] is None
        gone = run("snapshots", 2, "--addresses", "not-met").stdout.splitlines()
        assert gone == ["url", f"{site.url}only-once"]


def test_what_is_not_modified_leads_where_it_led_before(run: Run) -> None:
    site = small_site()
    site.tagged = True
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /private/\n"
    site.pages["/private/x"] = page("not for us")
    with site:
        run("capture", site.url, *FREELY)
        site.pages["/only-once"] = page("once", "/new")
        site.pages["/new"] = page("new")
        asked = len(site.asked)
        told = json.loads(run("capture", site.url, *FREELY, "--json").stdout)
        assert (told["outcomes"]["unchanged"], told["statuses"]) == (3, {"200": 3, "304": 3})
        assert [one["url"] for one in told["listed"]["new"]] == [f"{site.url}new"]
        assert told["refused"] == {
            "robots: Disallow /private/": 1,
            "scope: outside host": 1,
        }
        # robots.txt is always had whole, as rules are not to be taken from memory.
        assert "if-none-match" not in site.heads[asked]
        assert "/private/x" not in site.asked
        asked = len(site.asked)
        told = json.loads(run("capture", site.url, *FREELY, "--full", "--json").stdout)
        assert told["outcomes"]["unchanged"] == 5
        assert not any("if-none-match" in head for head in site.heads[asked:])
    with Archive.open(Path("archive")) as archive:
        assert verify(archive, Level.DEEP, found=print).status == 0


def test_addresses_are_listed_with_what_came_of_them(run: Run) -> None:
    with small_site() as site:
        site.pages["/b"] = answer(b"no", status="500 Trouble")
        done = run("capture", site.url, *FREELY)
        assert done.returncode == 1
        assert f"          {site.url}b: answered with status 500" in done.stdout.splitlines()
        refused = list(
            csv.DictReader(io.StringIO(run("snapshots", 1, "--addresses", "refused").stdout))
        )
        assert sorted((one["url"], one["via"], one["why"]) for one in refused) == [
            (f"{site.url}private/x", site.url, "robots: Disallow /private/"),
            ("http://elsewhere.example/", site.url, "scope: outside host"),
        ]
        [failed] = run("snapshots", 1, "--addresses", "failed", "--json").stdout.splitlines()
        assert json.loads(failed)["status"] == 500
        everything = run("snapshots", 1, "--addresses", "all", "--json").stdout.splitlines()
        assert len(everything) == 7
        assert run("snapshots", "--addresses", "all").returncode == 2


def test_a_withdrawn_address_is_counted_and_not_named(run: Run) -> None:
    with small_site() as site:
        run("capture", site.url, *FREELY)
        site.pages["/a"] = page("a", words="changed")
        run("capture", site.url, *FREELY)
        for path in ("a", "only-once"):
            run("withdraw", f"{site.url}{path}", "--authority", "Panel", "--reason", "x")
        for arguments in (
            ("snapshots", 2),
            ("snapshots", 2, "--json"),
            ("snapshots", 2, "--addresses", "changed"),
            ("snapshots", 2, "--addresses", "not-met"),
        ):
            told = run(*arguments).stdout
            assert f"{site.url}a" not in told
            assert "only-once" not in told
        told = json.loads(run("snapshots", 2, "--json").stdout)["crawl"]
        assert (told["outcomes"]["changed"], told["not_met"]["number"]) == (1, 1)


def test_where_a_page_moved_to_is_named_only_while_that_is_in_view(run: Run) -> None:
    by = ("--authority", "Panel", "--reason", "x")
    with small_site() as site:
        run("capture", site.url, *FREELY)
        site.pages["/a"] = OFF.encode()
        run("capture", site.url, *FREELY)
        moving = f"          {site.url}a"
        assert f"{moving} -> {site.url}new" in run("snapshots", 2).stdout.splitlines()
        run("withdraw", f"{site.url}new", *by)
        lines = run("snapshots", 2).stdout.splitlines()
        assert moving in lines
        for kind in ("moved", "all"):
            assert "/new" not in run("snapshots", 2, "--addresses", kind).stdout
        assert run("erase", f"{site.url}new", "--address-too", "--yes", *by).returncode == 0
        with Archive.open(Path("archive")) as archive, archive.catalogue.read() as connection:
            [moved] = addresses(connection, 2, "moved")
        assert (moved["url"], moved["leads_to"]) == (f"{site.url}a", None)
        run("withdraw", f"{site.url}a", *by)
        told = run("snapshots", 2).stdout
        assert "moved     1" in told.splitlines()
        assert f"{site.url}a" not in told


def test_a_trap_is_told_by_rule_with_how_often_and_an_example(run: Run) -> None:
    with Site({"/": page("home", "/a/b/c/d", "/a/b/c/e")}) as site:
        done = run("capture", site.url, *FREELY, "--max-depth", 3)
        assert (
            "trap      path deeper than 3 segments: stopped 2 times at "
            f"{site.url[:-1]}, such as {site.url}a/b/c/d" in done.stdout.splitlines()
        )
        assert "refused" not in done.stdout


def test_half_an_answer_is_kept_and_told(run: Run) -> None:
    with Site({"/": answer(b"<p>half", length=900)}, keep_alive=False) as site:
        done = run("capture", site.url, *FREELY)
        assert done.returncode == 1
        lines = done.stdout.splitlines()
        assert "truncated 1" in lines
        assert f"          {site.url}" in lines


def test_what_is_too_large_is_cut_where_it_is_told_to_be(run: Run) -> None:
    with Site({"/": page("home", words="x" * 5000)}) as site:
        done = run("capture", site.url, *FREELY, "--max-size", "1kB")
        assert (done.returncode, "truncated 1" in done.stdout) == (1, True)


def test_a_bound_ends_it_and_a_wider_one_goes_on(run: Run) -> None:
    with wide_site(20) as site:
        done = run("capture", site.url, *FREELY, "--limit", 5)
        assert done.returncode == 1
        assert "ended with addresses left: the bound of 5 answers is reached" in done.stderr
        some = captured(run)
        done = run("capture", site.url, *FREELY, "--limit", 8)
        assert "going on with snapshot 1 (127.0.0.1): " in done.stderr
        more = captured(run)
        assert len(more) > len(some)
        assert set(more.values()) == {1}
        # As it is it would end before it asked for anything; so a new snapshot is begun.
        done = run("capture", site.url, *FREELY, "--limit", 8)
        assert "capturing" in done.stderr
        assert "as snapshot 2" in done.stderr
        states = [
            json.loads(one)["state"]
            for one in run("capture", "--status", "--json").stdout.splitlines()
        ]
        assert states == ["finished", "stopped"]


def test_anew_leaves_an_unfinished_crawl_behind(run: Run) -> None:
    with wide_site(20) as site:
        run("capture", site.url, *FREELY, "--limit", 5)
        done = run("capture", site.url, *FREELY, "--anew")
        assert (done.returncode, "as snapshot 2" in done.stderr) == (0, True)
        assert captured(run)["/1"] == 2


def test_a_crawl_that_was_killed_is_shown_as_such_and_goes_on(run: Run) -> None:
    with wide_site() as site:
        site.held = lambda target: target == "/30"
        with started("capture", site.url, *FREELY) as killed:
            assert site.waiting.wait(30)
            [told] = run("capture", "--status", "--json").stdout.splitlines()
            assert json.loads(told)["state"] == "running"
            locked = run("capture", site.url, *FREELY)
            assert (locked.returncode, locked.stdout) == (2, "")
            assert "is being written by process" in locked.stderr
            killed.send_signal(signal.SIGKILL)
        site.release.set()
        assert json.loads(run("capture", "--status", "--json").stdout)["state"] == "interrupted"
        assert "interrupted" in run("capture", "--status").stdout
        # Another command that writes makes no difference to that.
        with Archive.open(Path("archive")) as archive, archive.lock():
            assert json.loads(run("capture", "--status", "--json").stdout)["state"] == "interrupted"
        site.held = lambda target: False
        done = run("capture", site.url, *FREELY)
        assert done.returncode == 0, done.stderr
        assert "going on with snapshot 1 (127.0.0.1): " in done.stderr
        counts = captured(run)
        assert set(counts) == {"/robots.txt", "/", *(f"/{one}" for one in range(1, 61))}
        assert set(counts.values()) == {1}
        again = [target for target in set(site.asked) if site.asked.count(target) > 1]
        assert len(again) <= 2  # what was under way, and robots.txt
    with Archive.open(Path("archive")) as archive:
        assert verify(archive, Level.DEEP, found=print).status == 0


def test_a_crawl_is_stopped_from_another_process(run: Run) -> None:
    assert run("capture", "--status").stderr.startswith("there is no crawl")
    done = run("capture", "--stop")
    assert done.returncode == 2
    assert done.stderr == "marsham: no crawl is running; see: marsham capture --status\n"
    with wide_site() as site:
        site.held = lambda target: target == "/20"
        with started("capture", site.url, *FREELY) as running:
            assert site.waiting.wait(30)
            with started("capture", "--stop", "--json") as stopping:
                assert stopping.stderr
                assert "crawl 1 was asked to end" in stopping.stderr.readline()
                site.release.set()
                told = json.loads(stopping.communicate(timeout=30)[0])
            said, aside = running.communicate(timeout=30)
        assert (stopping.returncode, told["state"], told["ending"]) == (
            *(0, "stopped"),
            "it was asked to stop",
        )
        assert running.returncode == 1
        assert "not finished" in said
        assert "ended with addresses left: it was asked to stop; the same command goes on" in aside
        # The wish does not outlive the run it was for.
        assert run("capture", site.url, *FREELY).returncode == 0
        assert set(captured(run).values()) == {1}


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_it_in_order(by: signal.Signals, run: Run) -> None:
    with wide_site() as site:
        site.held = lambda target: target == "/20"
        with started("capture", site.url, *FREELY) as running:
            assert site.waiting.wait(30)
            running.send_signal(by)
            assert running.stderr
            running.stderr.readline()
            assert "ending after what is under way" in running.stderr.readline()
            site.release.set()
            _, aside = running.communicate(timeout=30)
        assert running.returncode == 1
        assert "the same command goes on" in aside
        assert captured(run)["/20"] == 1  # it was under way
        assert json.loads(run("capture", "--status", "--json").stdout)["state"] == "stopped"


def test_two_signals_end_it_at_once(run: Run) -> None:
    with wide_site() as site:
        site.held = lambda target: target == "/20"
        with started("capture", site.url, *FREELY) as running:
            assert site.waiting.wait(30)
            assert running.stderr
            running.stderr.readline()
            running.send_signal(signal.SIGINT)
            running.stderr.readline()
            running.send_signal(signal.SIGINT)
            said, aside = running.communicate(timeout=30)
        assert (running.returncode, said) == (2, "")
        assert aside == (
            "marsham: stopped at once; what was stored is kept; the same command goes on\n"
        )
        site.release.set()
        site.held = lambda target: False
        assert run("capture", site.url, *FREELY).returncode == 0
        assert set(captured(run).values()) == {1}


def test_a_terminal_shows_all_the_time_how_far_it_is(run: Run) -> None:
    with wide_site(30) as site:
        terminal, theirs = pty.openpty()
        command = [sys.executable, "-m", "marsham", "capture", site.url, *map(str, FREELY)]
        env = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}
        with subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=theirs
        ) as running:
            os.close(theirs)
            shown = b""
            with suppress(OSError):  # a terminal's way to tell that nothing more comes
                while part := os.read(terminal, 4096):
                    shown += part
        os.close(terminal)
        assert running.returncode == 0
        assert b" queued, 0 refused, 0 failures" in shown
        assert site.url.encode() in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give the URL to start from, or --plan, --status or --stop"),
        (["ftp://www.homeoffice.example/"], "only http and https"),
        (["http://"], "it names no host"),
        (["http://a b.example/"], "no server can be asked for it"),
        (["http://me:secret@www.homeoffice.example/"], "a crawl never logs in"),
        (["www.homeoffice.example"], "give --contact with an e-mail or web address"),
        (["http://8.8.8.8/", "--allow-private"], "give --contact with an e-mail or web address"),
        (["http://a.example/", "--contact", "a\nb"], "one line of ASCII"),
        (["http://a.example/", "--contact", "a)b"], "without brackets"),
        (
            ["http://a.example/", "--contact", "me", "--scope", "hosts"],
            "page, prefix, host, domain",
        ),
        (["http://a.example/", "--contact", "me", "--scope", "http://a(("], "not a usable regular"),
        (["http://a.example/", "--contact", "me", "--exclude", "(?=a)"], "not a usable regular"),
        (["http://a.example/", "--contact", "me", "--delay", "-1"], "not a length of time: '-1'"),
        (
            ["http://a.example/", "--contact", "me", "--delay", "2h"],
            "delay must be from 0 to 3,600",
        ),
        (
            ["http://a.example/", "--contact", "me", "--workers", "0"],
            "workers must be from 1 to 64",
        ),
        (
            ["http://a.example/", "--contact", "me", "--max-bytes", "lots"],
            "--max-bytes: not an amount",
        ),
        (
            ["http://a.example/", "--contact", "me", "--max-time", "soon"],
            "--max-time: not a length",
        ),
        (["http://a.example/", "--contact", "me", "--max-hops", "-1"], "hops must be from 0"),
        (["http://a.example/", "--contact", "me", "--snapshot", "a\nb"], "label must be one line"),
        (["http://a.example/", "--status"], "go with --json alone"),
        (["--status", "--stop"], "give one of --status and --stop"),
        (["--plan", "never.toml"], "never.toml: No such file"),
        (["--plan", "never.toml", "--delay", "3"], "with --plan give NAMEs only"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(
    arguments: list[str], said: str, run: Run
) -> None:
    with Archive.open(Path("archive")) as archive:
        before = all_rows(archive), all_files(archive)
        done = run("capture", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "secret" not in done.stderr
        assert "Traceback" not in done.stderr
        assert before == (all_rows(archive), all_files(archive))


def test_where_nobody_answers_nothing_is_captured(run: Run) -> None:
    with Site({}) as site:
        url = site.url
    done = run("capture", url, *FREELY)
    assert done.returncode == 2
    assert f"marsham: nothing was captured: {url}: no answer: " in done.stderr
    with Site({}) as site:
        done = run("capture", site.url, "--delay", 0, "--contact", "archive@archive.example")
        assert done.returncode == 2
        assert "a private, loopback or otherwise special address" in done.stderr
        assert "give --allow-private if that is where it should be" in done.stderr
        assert site.asked == []


def test_a_seed_that_robots_txt_forbids_is_told(run: Run) -> None:
    with small_site() as site:
        done = run("capture", f"{site.url}private/x", *FREELY)
        assert done.returncode == 2
        assert f"nothing was captured: {site.url}private/x: robots: Disallow" in done.stderr
        site.pages["/private/x"] = page("x")
        done = run(
            "capture", f"{site.url}private/x", "--scope", "page", "--robots", "ignore", *FREELY
        )
        assert done.returncode == 0
        assert "robots.txt is not obeyed; the archive's records say so" in done.stderr


def test_a_seed_is_asked_for_as_a_browser_would(run: Run) -> None:
    with Site({"/caf%C3%A9/": page("caf")}) as site:
        typed = site.url.removeprefix("http://") + "x/../caf\u00e9/#part"
        assert run("capture", typed, typed, *FREELY, "--scope", "page").returncode == 0
        assert site.asked == ["/robots.txt", "/caf%C3%A9/"]


def write_plan(path: Path, *crawls: str, defaults: str = "") -> Path:
    """Write a plan of crawls without delay."""
    begin = f"[defaults]\nallow_private = true\nprobes = false\ndelay = 0\ntries = 1\n{defaults}\n"
    path.write_text(begin + "".join(f"[[crawl]]\n{one}\n" for one in crawls))
    return path


def test_a_plan_runs_its_crawls_one_after_the_other(run: Run, tmp_path: Path) -> None:
    with small_site() as one, Site({}) as other:
        gone = other.url
    with small_site() as one:
        plan = write_plan(
            tmp_path / "plan.toml",
            f'name = "dead"\nseeds = ["{gone}"]',
            f'name = "home"\nseeds = ["{one.url}"]\nscope = "page"\nsnapshot = "Home page"',
            f'name = "site"\nseeds = ["{one.url}a", "{one.url}b"]\nexclude = ["only"]',
        )
        done = run("capture", "--plan", plan)
        assert done.returncode == 2  # of the worst of them
        assert f"marsham: dead: nothing was captured: {gone}" in done.stderr
        assert f"home: capturing {one.url} as snapshot 2 (Home page)" in done.stderr
        assert f"site: capturing {one.url}a and 1 more as snapshot 3" in done.stderr
        assert "home: 1 answer in snapshot 2 (Home page)" in done.stdout
        assert "site: 3 answers in snapshot 3 (127.0.0.1)" in done.stdout
        done = run("capture", "--plan", plan, "home", "--json")
        assert (done.returncode, json.loads(done.stdout)["outcomes"]["unchanged"]) == (0, 1)
        done = run("capture", "--plan", plan, "hom")
        assert done.returncode == 2
        assert "has no crawl named 'hom'; did you mean 'home'?" in done.stderr


def test_a_plan_is_checked_whole_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    with small_site() as site:
        plan = write_plan(
            tmp_path / "plan.toml",
            f'name = "good"\nseeds = ["{site.url}"]',
            f'name = "bad"\nseeds = ["{site.url}"]\nexclude = ["(("]',
        )
        done = run("capture", "--plan", plan)
        assert done.returncode == 2
        assert "plan.toml: crawl 'bad': not a usable regular expression" in done.stderr
        assert site.asked == []


def test_a_stop_ends_the_whole_plan(run: Run, tmp_path: Path) -> None:
    with wide_site() as site:
        site.held = lambda target: target == "/5"
        plan = write_plan(
            tmp_path / "plan.toml",
            f'name = "one"\nseeds = ["{site.url}"]',
            f'name = "two"\nseeds = ["{site.url}40"]',
        )
        with started("capture", "--plan", plan) as running:
            assert site.waiting.wait(30)
            running.send_signal(signal.SIGTERM)
            assert running.stderr
            running.stderr.readline()
            running.stderr.readline()
            site.release.set()
            _, aside = running.communicate(timeout=30)
        assert running.returncode == 1
        assert "1 crawl of the plan not begun" in aside
        assert "/40" not in site.asked


def test_where_nobody_watches_it_says_now_and_then_how_far_it_is(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marsham.cli.crawling._LINE_SECONDS", 0.0)
    with wide_site(20) as site:
        said = run("capture", site.url, *FREELY).stderr.splitlines()
    assert len(said) > 2
    assert all(" queued, 0 refused, 0 failures" in line for line in said[1:])
    assert said[-1].endswith(f"; last {site.url}20")


def test_python_captures_and_reports_with_either_database(archive: Archive) -> None:
    with small_site() as site:
        report = marsham.capture(archive, [site.url], delay=0, limit=3, allow_private=True)
        assert (report.finished, report.has_findings) == (False, True)
        report = marsham.capture(archive, [site.url], delay=0, allow_private=True)
        assert report.row.snapshot_id == 1  # it went on
        assert (report.finished, report.has_findings, report.answers) == (True, False, 4)
        again = marsham.capture(archive, [site.url], delay=0, allow_private=True, snapshot="Again")
        assert (again.label, again.row.snapshot_id) == ("Again", 2)
        assert again.not_met is not None
        assert again.not_met.number == 0
        site.pages["/a"] = page("a")
        later = marsham.capture(archive, [site.url], delay=0, allow_private=True, snapshot="Later")
        assert later.not_met is not None
        assert later.not_met.urls == (f"{site.url}only-once",)
        with archive.catalogue.read() as connection:
            numbers = {
                kind: len(list(addresses(connection, later.row.number, kind))) for kind in KINDS
            }
        assert {kind: number for kind, number in numbers.items() if number} == {
            **{"all": 7, "changed": 1, "unchanged": 2, "refused": 2, "probe": 1, "not-met": 1}
        }
        assert [one.state for one in statuses(archive)] == ["finished"] * 3
        with pytest.raises(marsham.MarshamError, match="webmasters should know"):
            marsham.capture(archive, ["http://www.homeoffice.example/"])


@pytest.fixture
def served(run: Run) -> Iterator[str]:
    """A server that shows an archive of two crawls, the second of which found less."""
    with small_site() as site:
        run("capture", site.url, *FREELY)
        site.pages["/"] = page("home", "/b", "/a/b/c/d")
        site.pages["/b"] = answer(b"no", status="500 Trouble")
        run("capture", site.url, *FREELY, "--max-depth", 2)
    with marsham.open_archive(Path("archive")) as archive:
        yield from serving(archive)


def test_the_web_page_of_a_snapshot_tells_what_the_crawl_found(served: str) -> None:
    shown = html.fromstring(requests.get(f"{served}/snapshots/2", timeout=20).content)
    captions = {
        table.findtext("caption"): [
            [" ".join(cell.text_content().split()) for cell in row]
            for row in table.findall("tbody/tr")
        ]
        for table in shown.findall(".//table")
    }
    assert captions["Addresses, against what the archive held before"] == [
        ["Changed", "1"],
        ["Failed", "1"],
    ]
    [trap] = captions["Sites without end that were stopped"]
    assert (trap[0], trap[2]) == ("path deeper than 2 segments", "1")
    lists = {
        part.getprevious().text_content(): part.text_content()
        for part in shown.findall(".//main//ul")
    }
    assert lists["Failed"].strip().endswith("/b: answered with status 500")
    assert "Nothing leads any more to 2 addresses that snapshot 1 had." in shown.text_content()
    levels = [int(one.tag[1]) for one in shown.iter("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_snapshot_whose_crawl_is_forgotten_has_no_report_of_it(run: Run) -> None:
    with small_site() as site:
        run("capture", site.url, *FREELY)
    Path("archive/catalogue.db").unlink()
    assert run("rebuild").returncode == 0
    assert json.loads(run("snapshots", 1, "--json").stdout)["crawl"] is None
    done = run("snapshots", 1, "--addresses", "all")
    assert (done.returncode, "not made by a crawl" in done.stderr) == (2, True)


def test_there_is_no_report_on_a_crawl_that_never_was(run: Run) -> None:
    with (
        Archive.open(Path("archive")) as archive,
        archive.catalogue.read() as connection,
        pytest.raises(LookupError, match="there is no crawl 7"),
    ):
        report_on_crawl(connection, 7)
