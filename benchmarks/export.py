"""How fast rows are written, and whether memory stays flat up to a million of them.

Run it with ``.venv/bin/python -P benchmarks/export.py``, since ``extract.py`` stands beside it; a
name of a format as argument runs that alone.

Rows are synthetic contacts with all columns, so the figures are those of the writers; ``--archive
FOLDER`` exports the contacts of a real archive from end to end instead. Each measurement is a
process of its own: seconds of the wall and of the processor, and the peak of memory. That of an
archive grows with its catalogue, which SQLite reads as mapped memory; what Python holds does not.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from extract.export.columns import Row, TableHead
from extract.export.formats import table_writer
from extract.export.reached import CONTACT_COLUMNS
from extract.export.writing import Order, write_export
from snapshots.archive import Archive

BARS = {"csv": 3, "parquet": 2, "xlsx": 25}  # seconds for 100,000 rows
FLAT = ("csv", "jsonl", "parquet")
ROWS, MANY = 100_000, 1_000_000


def contacts(number: int) -> Iterator[Row]:
    """Give contacts as an archive has them: half of the columns filled."""
    for each in range(number):
        yield {
            "partnership": f"Northshire {each % 400} Community Safety Partnership",
            "region": "North East",
            "organisation": "Northshire Council",
            "unit": f"Community Safety Team {each}",
            "person": None,
            "role": None,
            "address": ["Town Hall", "High Street", "Northshire"],
            "postcode": "NE1 1AA",
            "phone": [f"+44163296{each % 10000:04}"],
            "fax": [],
            "textphone": [],
            "email": [f"safety{each}@northshire.example"],
            "website": [],
            "part_of_page": "main",
            "key": f"northshire-{each % 400}/community-safety-team",
            "url": f"http://www.northshire.example/directory/{each // 50}/",
            "captured": "20110509101621",
            "digest": "sha1:X2NZKAOD3JEHXIAVOKI46PRVWH6MX6XY",
            "file": "warcs/2011/05/Marsham-20110509101621-00001.warc.gz",
            "offset": each * 997,
            "text_start": each % 5000,
            "text_end": each % 5000 + 120,
            "rules": ["line", "address", "labelled"],
            "confidence": 0.8,
            "corrected": [],
            "evidence": [{"field": "unit", "raw": "Team", "value": "Team", "start": each}],
        }


def measure(form: str, number: int, archive: str) -> dict[str, float]:
    """Write once, in this process."""
    began, used = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, f"contacts.{form}")
        if archive:
            with Archive.open(Path(archive)) as opened:
                number = write_export(opened, Order("contacts", form), out).counts["rows"]
        else:
            moment = datetime(2011, 12, 31, tzinfo=UTC)
            head = TableHead("contacts", "a contact", CONTACT_COLUMNS, moment)
            with out.open("wb") as file:
                table_writer(form, "contacts")(file, head, contacts(number))
        return {
            "rows": number,
            "wall": time.perf_counter() - began,
            "processor": time.process_time() - used,
            "bytes": out.stat().st_size,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forms", nargs="*", default=["csv", "jsonl", "parquet", "sqlite", "xlsx"])
    parser.add_argument("--archive", default="")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(measure(asked.forms[0], asked.one, asked.archive)))
        return
    for form in asked.forms:
        for number in (ROWS, MANY) if form in FLAT and not asked.archive else (ROWS,):
            command = [sys.executable, "-P", __file__, form, "--one", str(number)]
            done = subprocess.run(
                [*command, "--archive", asked.archive], capture_output=True, check=True, text=True
            )
            found = json.loads(done.stdout)
            bar = f" (bar {BARS[form]} s)" if form in BARS and found["rows"] == ROWS else ""
            print(
                f"{form:8} {found['rows']:>9,} rows {found['wall']:7.2f} s, "
                f"processor {found['processor']:7.2f} s{bar}, {found['bytes'] / 1e6:7.1f} MB, "
                f"peak memory {found['peak']:5.0f} MiB"
            )


if __name__ == "__main__":
    main()
