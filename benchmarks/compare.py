"""How fast pages are compared, beside lxml's htmldiff and, where it is there, web-monitoring-diff.

Run it with ``.venv/bin/python benchmarks/compare.py``. Every comparison is a process of its own;
figures are processor time without start and imports, the median of several runs, and the peak of
memory. The pages are made up: paragraphs, links and rows of a table, of which a share is altered,
removed or new. Marsham reads both pages, compares text, links and facts and writes the HTML page;
the others make a highlighted page. web-monitoring-diff is GPL and is never imported by Marsham; it
is looked for in the folder that ``make yardsticks`` fills (MARSHAM_YARDSTICKS names another).

With ``--timeline 1000`` an archive is made with so many captures of one page, every one altered
and with a new stamp, and read; then its timeline is told, from what was kept of the pages alone,
and a pair of long pages is compared in the same way.
"""

import argparse
import gzip
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(PROJECT)  # not this folder, with its extract.py

from extract.compare.sites import Fate  # noqa: E402

YARDSTICKS = Path(os.environ.get("MARSHAM_YARDSTICKS", PROJECT / ".venv-yardsticks/bin"))
SIZES = (20_000, 150_000, 480_000, 5_000_000)
SHARES = (0.02, 0.5)
LONGEST = 600_000  # bytes of a page that the others are given
WORDS_TEXT = """
the warden of every hundred keeps lantern oil bench county grant market night plan review safety
watch report council office street partnership village number letter date
"""
WORDS = WORDS_TEXT.split()

_RUN = """
import json, resource, sys, time
old, new = (open(name, "rb").read() for name in sys.argv[1:3])
{prepare}
began = time.process_time()
{compare}
took = time.process_time() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([took, peak / 1024, {told}]))
"""


@dataclass(frozen=True)
class Contender:
    """Something that compares two pages: how it is called, and what runs it."""

    name: str
    python: Path
    prepare: str
    compare: str
    told: str = '""'
    longest: int = LONGEST


MARSHAM = Contender(
    "marsham",
    Path(sys.executable),
    "import gc; gc.disable()  # as in the child\n"
    "from extract.compare.pages import Version, compare_pages\n"
    "from extract.compare.sheet import sheet_of\n"
    'url = "http://www.hearths.example/"',
    "found = compare_pages(Version(old, url=url), Version(new, url=url))\nsheet = sheet_of(found)",
    'f"{len(found.changed)} changed, {len(found.added)} added, {len(found.removed)} removed, "'
    " f\"{len(found.moved)} moved{', coarse' if found.coarse else ''}\"",
    1 << 30,
)
HTMLDIFF = Contender(
    "lxml htmldiff",
    Path(sys.executable),
    "from lxml.html.diff import htmldiff",
    "htmldiff(old.decode(), new.decode())",
)
WEB_MONITORING = Contender(
    "web-monitoring-diff",
    YARDSTICKS / "python",
    "from web_monitoring_diff import html_diff_render",
    "html_diff_render(old.decode(), new.decode())",
)


def lines(size: int, chance: random.Random) -> list[tuple[str, str, int]]:
    """Make up the lines of a page of about so many bytes."""
    made: list[tuple[str, str, int]] = []
    written = 0
    while written < size:
        number = len(made)
        words = " ".join(chance.choice(WORDS) for _ in range(chance.randint(8, 24)))
        kind = chance.choices(["p", "li", "tr"], [5, 3, 2])[0]
        made.append((kind, f"{words} {number}", number))
        written += len(words) + 30
    return made


def edited(page: list[tuple[str, str, int]], share: float, chance: random.Random) -> list[
    tuple[str, str, int]
]:  # fmt: skip
    """Alter, remove and add lines."""
    made = []
    for kind, text, number in page:
        if chance.random() >= share:
            made.append((kind, text, number))
            continue
        what = chance.random()
        if what < 0.25:
            continue
        if what < 0.5:
            made.append(("p", " ".join(chance.choice(WORDS) for _ in range(12)), number))
            made.append((kind, text, number))
            continue
        words = text.split()
        words[chance.randrange(len(words))] = "altered"
        made.append((kind, " ".join(words), number))
    return made


def html(page: list[tuple[str, str, int]]) -> str:
    """Write lines as a page."""
    shapes = {
        "p": "<p>{0}</p>",
        "li": "<li><a href='/page/{1}'>{0}</a></li>",
        "tr": "<tr><td>Area {1}</td><td>{0}</td></tr>",
    }
    body = "\n".join(shapes[kind].format(text, number) for kind, text, number in page)
    return f"<html><head><title>Report</title></head><body><h1>Report</h1>{body}</body></html>"


def measured(contender: Contender, old: Path, new: Path, runs: int) -> tuple[float, float, str]:
    """Run a contender several times: median seconds, highest memory in MB, what it told."""
    script = _RUN.format(prepare=contender.prepare, compare=contender.compare, told=contender.told)
    seconds, peaks, told = [], [], ""
    for _ in range(runs):
        done = subprocess.run(
            [contender.python, "-c", script, old, new],
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
            cwd=PROJECT,
        )
        took, peak, told = json.loads(done.stdout)
        seconds.append(took)
        peaks.append(peak)
    return statistics.median(seconds), max(peaks), told


def there(contender: Contender) -> bool:
    """Whether a contender can be run here."""
    done = subprocess.run(
        [contender.python, "-c", contender.prepare], capture_output=True, check=False, cwd=PROJECT
    ) if contender.python.exists() else None  # fmt: skip
    return done is not None and done.returncode == 0


def told_in_time(captures: int) -> None:
    """Make an archive of one page captured often; print how long its timeline takes."""
    sys.path.insert(0, str(PROJECT))
    from extract.compare.differences import compare_sketches
    from extract.compare.sketches import sketch_of
    from extract.compare.timelines import changes_around, page_timeline, site_timeline
    from extract.page import read_page
    from extract.store import extract_archive
    from snapshots.archive import Archive
    from snapshots.ingest.intake import take_in
    from snapshots.writer import Writer

    url = "http://www.hearths.example/"
    chance = random.Random(0)  # noqa: S311 - the same pages every time
    page = lines(8000, chance)
    began = datetime(2009, 1, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "often.warc.gz")
        with source.open("wb") as file:
            for number in range(captures):
                page = edited(page, 0.03, chance)
                stamp = f"<p>Page generated in 0.{number} seconds</p>"
                at = began + timedelta(days=number)
                file.write(gzip.compress(record(url, at, html(page) + stamp), 1))
        with Archive.create(Path(folder, "archive")) as archive:
            with Writer(archive) as writer:
                take_in(writer, source)
            extract_archive(archive)
            with archive.catalogue.read() as connection:
                for name, told in (
                    ("page", lambda: page_timeline(connection, url)),
                    ("site", lambda: site_timeline(connection, url)),
                ):
                    took = []
                    for _ in range(3):
                        start = time.process_time()
                        told()
                        took.append(time.process_time() - start)
                    print(f"timeline of a {name}, {captures} captures: {min(took):.3f} s")
                steps = page_timeline(connection, url)
                number = sum(step.differs for step in steps)
                print(f"  {number} of {len(steps)} captures differ from the one before")
                start = time.process_time()
                changes_around(connection, steps[captures // 2].capture)
                print(f"the changes around one: {1000 * (time.process_time() - start):.1f} ms")
    page = lines(720_000, chance)
    sketches = []
    for text in (html(page), html(edited(page, 0.02, chance))):
        document = read_page(text.encode(), url=url).document
        sketches.append(replace(sketch_of(document, text.encode()), base=url))
    took = []
    for _ in range(5):
        old, new = (replace(sketch) for sketch in sketches)  # nothing is remembered
        start = time.process_time()
        compare_sketches(old, new)
        took.append(time.process_time() - start)
    units = len(sketches[0].numbers)
    print(f"a pair of {units} blocks, 2% altered: {1000 * min(took):.1f} ms")


def record(url: str, at: datetime, page: str) -> bytes:
    """Write a capture as a WARC record."""
    body = page.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    block = head.encode() + body
    fields = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{at:%Y%m%d}0000>\r\n"
        f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return fields.encode() + block + b"\r\n\r\n"


def site(folder: Path, pages: int, chance: random.Random, *, stamped: bool = False) -> Path:
    """Make an archive of a site captured twice: 2 % altered, 1 % gone, 1 % new.

    When it is stamped, no page has the same bytes twice: each says how long it took to make. Then
    its pages are read as well.
    """
    import marsham
    from extract.store import extract_archive
    from tests.builders import response, warc

    body = [(number, html(lines(2_000, chance))) for number in range(pages)]
    with (folder / "in.warc.gz").open("wb") as out:
        for year in (2009, 2011):
            for number, page in body:
                url = f"http://www.hearths.example/pages/{number}/"
                status, text = "200 OK", page
                if year == 2009 and number % 100 == 1:
                    continue
                if year == 2011 and number % 100 == 2:
                    status, text = "404 Not Found", "<h1>Page not found</h1>"
                if year == 2011 and number % 50 == 3:
                    text = page.replace("</h1>", f"</h1><p>New in {year}: {number} lanterns.</p>")
                if stamped:
                    text += f"<p>Page generated in 0.{number}{year % 100} seconds</p>"
                date = f"{year}-05-29T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
                out.write(warc(response(text.encode(), url=url, date=date, status=status)))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "in.warc.gz"])
        if stamped:
            extract_archive(archive)
    return folder / "archive"


def time_site(folder: Path, pages: int, chance: random.Random, *, stamped: bool) -> None:
    """Compare a site at two dates, and print how long it took, the children's time included."""
    from archiver.confined import Confined
    from archiver.timestamps import parse_date
    from extract.compare.dated import compare_dates
    from snapshots.archive import Archive

    place = site(folder, pages, chance, stamped=stamped)
    dates = parse_date("2009"), parse_date("2011")
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    with Archive.open(place) as archive, Confined(jobs=os.cpu_count() or 1) as children:
        found = compare_dates(children, archive, "http://www.hearths.example/", *dates)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = time.process_time() - own + after.ru_utime - before.ru_utime
    used += after.ru_stime - before.ru_stime
    told = ", ".join(f"{len(found.of(fate))} {fate.value}" for fate in Fate if found.of(fate))
    print(f"site of {pages} pages: {used:.1f} s, {took:.1f} s by the clock; {told}")


def main() -> None:
    """Print a line for each pair and contender, and one for a site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=int, default=20_000, help="its pages; 0 for none")
    parser.add_argument("--stamped", action="store_true", help="its pages never have equal bytes")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--timeline", type=int, metavar="CAPTURES")
    options = parser.parse_args()
    if options.timeline:
        told_in_time(options.timeline)
        return
    contenders = [each for each in (MARSHAM, HTMLDIFF, WEB_MONITORING) if there(each)]
    if WEB_MONITORING not in contenders:
        print("web-monitoring-diff is not there; its lines are left out")
    print(f"{'bytes':>9} {'altered':>7}  {'':20} {'seconds':>8} {'MB':>5}")
    chance = random.Random(0)  # noqa: S311 - the same pages every time
    with tempfile.TemporaryDirectory() as folder:
        if options.site:
            time_site(Path(folder), options.site, chance, stamped=options.stamped)
        for size in map(int, filter(None, options.sizes.split(","))):
            page = lines(size, chance)
            for share in SHARES:
                old, new = Path(folder, "old.html"), Path(folder, "new.html")
                old.write_text(html(page), "utf-8")
                new.write_text(html(edited(page, share, chance)), "utf-8")
                for contender in contenders:
                    if size > contender.longest:
                        continue
                    took, peak, told = measured(contender, old, new, options.runs)
                    print(
                        f"{old.stat().st_size:9} {share:7.0%}  {contender.name:20} {took:8.3f} "
                        f"{peak:5.0f}  {told}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
