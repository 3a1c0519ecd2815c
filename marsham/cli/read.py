"""``marsham read``: read pages from files, without any archive."""

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from archiver.errors import FormatError, InputError, NotWritableError
from archiver.records import DateSource, StatedDate
from archiver.timestamps import Span, format_timestamp, parse_date
from archiver.urls import check_url
from extract.saved import SavedPage, read_saved_page, saved_page_as_json
from marsham.cli.support import DATE, DONE, FINDINGS

__all__ = ["read"]

_PAGE_LIMIT = 1 << 26  # bytes


@click.command(
    epilog="Example: marsham read saved.html --url http://www.homeoffice.gov.uk/crime/ --json"
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--url", help="The page's address, possibly one in another archive.")
@click.option("--captured", type=DATE, metavar="DATE", help="When it was captured.")
@click.option("--content-type", help="The Content-Type it was served with.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    help="A JSON list of pages: stem, file, url, snapshot_url, captured, content_type.",
)
@click.option("--out", type=click.Path(path_type=Path), help="With --manifest: where to write.")
def read(
    files: tuple[Path, ...],
    url: str | None,
    captured: Span | None,
    content_type: str | None,
    as_json: bool,
    manifest: Path | None,
    out: Path | None,
) -> int:
    """Read what saved pages say: content, contacts, partnerships, claims.

    Works on files alone, without any archive. Another archive's banner and rewritten links are
    taken off first, and every date stated for the page is given with its source.
    """
    if manifest:
        if files or not out:
            raise click.UsageError("--manifest goes with --out and without FILES")
        return _read_manifest(manifest, out)
    if not files:
        raise click.UsageError("give a FILE to read, or --manifest")
    if len(files) > 1 and (url or captured):
        raise click.UsageError("--url and --captured speak of one page; give one FILE with them")
    stated = _listed(format_timestamp(captured.first), str(captured.first)) if captured else ()
    address = check_url(url) if url else None
    for file in files:
        saved = _read_file(file, address, content_type, stated)
        if as_json:
            click.echo(json.dumps(saved_page_as_json(saved), ensure_ascii=False, indent=1))
        else:
            _print(file, saved)
    return DONE


def _read_file(
    path: Path, url: str | None, content_type: str | None, stated: tuple[StatedDate, ...]
) -> SavedPage:
    try:
        if path.is_dir():
            raise FormatError(str(path), "is a folder; read takes files")
        with path.open("rb") as file:
            data = file.read(_PAGE_LIMIT + 1)
    except FileNotFoundError:
        raise FormatError(str(path), "there is no such file") from None
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    if not data:
        raise FormatError(str(path), "is empty; nothing to read")
    if len(data) > _PAGE_LIMIT:
        raise FormatError(str(path), f"is larger than {_PAGE_LIMIT} bytes, no page for people")
    return read_saved_page(
        data,
        name=str(path),
        sha256=hashlib.sha256(data).hexdigest(),
        url=url,
        content_type=content_type,
        stated=stated,
    )


def _read_manifest(manifest: Path, out: Path) -> int:
    try:
        entries: list[dict[str, Any]] = json.loads(manifest.read_text("utf-8"))
        wanted = [(entry["stem"], entry["file"], entry) for entry in entries]
    except OSError as error:
        raise FormatError(str(manifest), f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(
            str(manifest), "is not a JSON list of objects with at least stem and file"
        ) from error
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    status = DONE
    for stem, file, entry in wanted:
        try:
            saved = _read_file(
                manifest.parent / file,
                entry.get("snapshot_url") or entry.get("url"),
                entry.get("content_type"),
                _stated(entry),
            )
        except InputError as error:
            click.echo(f"marsham: {error}", err=True)
            status = FINDINGS
            continue
        text = json.dumps(saved_page_as_json(saved), ensure_ascii=False, indent=1)
        (out / f"{Path(stem).name}.json").write_text(text + "\n", "utf-8")
    return status


def _stated(entry: dict[str, Any]) -> tuple[StatedDate, ...]:
    # A snapshot's own statements say more than the time its list repeats from its address.
    captured = entry.get("captured")
    if not captured or entry.get("snapshot_url"):
        return ()
    return _listed(format_timestamp(parse_date(captured).first), captured)


def _listed(timestamp: str, raw: str) -> tuple[StatedDate, ...]:
    return (StatedDate(DateSource.LIST, timestamp, raw),)


def _print(file: Path, saved: SavedPage) -> None:
    facts, chosen = saved.page.facts, saved.provenance.chosen
    click.echo(f"{facts.title or file.name}")
    click.echo(f"  address      {saved.page.url or 'not known'}")
    if chosen:
        click.echo(f"  captured     {chosen.timestamp} to the {chosen.precision} ({chosen.rule})")
        if chosen.conflict:
            click.echo(f"  dates differ {chosen.conflict}")
    for partnership in facts.partnerships:
        area = ", ".join(part for part in (partnership.region, partnership.country) if part)
        click.echo(f"  partnership  {partnership.name}" + (f" ({area})" if area else ""))
    nested = [contact for found in facts.partnerships for contact in found.contacts]
    for contact in (*facts.contacts, *nested):
        parts = (
            contact.unit,
            contact.organisation,
            contact.person,
            contact.role,
            *contact.address,
            contact.postcode,
            *contact.phone,
            *contact.email,
        )
        click.echo(f"  contact      {', '.join(part for part in parts if part)}")
    for count in facts.counts:
        where = f" in {count.where}" if count.where else ""
        click.echo(f"  claim        {count.number} {count.what}{where}")
    for authority in facts.authorities:
        where = f" ({authority.applies_to})" if authority.applies_to else ""
        click.echo(f"  authority    {authority.name}{where}")
    for law in facts.legal:
        parts = (law.act, str(law.year or ""), law.number or "", *law.sections)
        click.echo(f"  legislation  {' '.join(part for part in parts if part)}")
