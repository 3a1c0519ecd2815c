"""The demonstration: an archive from the example, its facts, and what changed between its dates.

Run by ``make demo``; it uses nothing but the Python API that anybody may use.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path

import marsham

HERE = Path(__file__).parent
YEARS = ("2009", "2011", "2013")
LANDING = "http://www.homeoffice.example/crime/partnerships/"


def main(folder: Path) -> None:
    """Make the archive in `folder`, or go on with the one that is there, and print a report."""
    began = time.monotonic()
    with open_demo(folder / "archive") as archive:
        print("Snapshots taken in")
        for taken in marsham.ingest(archive, [HERE / year for year in YEARS], operator="make demo"):
            already = " (was here already; nothing changed)" if taken.before else ""
            print(f"  {taken.label}  {taken.captures} captures{already}")
            for problem in taken.problems:
                print(f"        {problem.code}: {problem.message}")
        report = marsham.extract(archive)
        print(f"\nPages read: {report.read} (and {report.shared} captures of the same bytes)")
        dated = {year: list(marsham.pages_as_of(archive, year)) for year in YEARS}
        for year, pages in dated.items():
            print_claims(year, pages)
        for before, after in pairwise(YEARS):
            print_changes(before, after, marsham.compare_facts(dated[before], dated[after]))
        print()
        for what in ("contacts", "partnerships"):
            out = folder / f"{what}.csv"
            written = marsham.export(archive, what, out, as_of=YEARS[-1])
            print(f"Wrote {out} ({written.counts['rows']} rows, as of {YEARS[-1]})")
    print(f"Done in {time.monotonic() - began:.1f} seconds. To look at it in a browser:")
    print(f"  .venv/bin/marsham --archive {folder / 'archive'} serve")
    print(f"  and open http://127.0.0.1:8080/web/2011/{LANDING}")


def open_demo(path: Path) -> marsham.Archive:
    """Open the archive, or make it."""
    if (path / "marsham.toml").exists():
        return marsham.open_archive(path)
    return marsham.create_archive(
        path,
        marsham.Settings(
            name="Home Office example",
            institution="the Example Archive",
            contact="webarchive@archive.example",
        ),
    )


def print_claims(year: str, pages: list[marsham.PageAsOf]) -> None:
    """Print what the pages of a year claim about numbers, against what was found."""
    listed = {found.name for page in pages for found in page.facts.partnerships}
    print(f"\nAs of {year}: {len(pages)} pages, {len(listed)} partnerships found")
    for page in pages:
        if page.capture.url == LANDING:
            for count in page.facts.counts:
                print(f"  The landing page claims {count.number} {count.what} in {count.where}")
    wrong = [
        (page, check) for page in pages for check in page.facts.claim_checks if not check.agrees
    ]
    right = sum(check.agrees for page in pages for check in page.facts.claim_checks)
    print(f"  Claims that can be checked on their own page: {right} hold, {len(wrong)} do not")
    for page, check in wrong:
        print(f"    {page.capture.url} claims {check.claimed}, {check.found} found")


def print_changes(first: str, second: str, changes: marsham.FactChanges) -> None:
    """Print what differs between two years."""
    print(f"\nFrom {first} to {second}")
    for heading, values in (
        ("pages new", changes.pages_new),
        ("pages gone or moved", changes.pages_absent),
        ("partnerships new", changes.partnerships_new),
        ("partnerships absent", changes.partnerships_absent),
        ("contacts new", changes.contacts_new),
        ("contacts absent", changes.contacts_absent),
    ):
        if values:
            print(f"  {heading}: {'; '.join(values)}")
    for name, replaced in changes.succession:
        print(f"  {name} replaces {' and '.join(replaced)}")
    for change in (*changes.claims, *changes.changed):
        before, after = change.before or "(none)", change.after or "(none)"
        print(f"  {change.subject}: {change.field} {before} -> {after}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
