"""``marsham read``: read pages from files, without any archive."""

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from archiver.confined import Confined
from archiver.errors import ConfinedError, FormatError, InputError, NotWritableError
from archiver.ingest.sniff import Format, sniff
from archiver.records import DateSource, StatedDate
from archiver.timestamps import Span, format_timestamp, parse_date
from archiver.urls import check_url
from extract.recipes.files import read_recipe
from extract.recipes.recipe import Recipe
from extract.saved import FORMS, saved_page_confined
from marsham.cli.support import DATE, DONE, FINDINGS, say

__all__ = ["read"]

_PAGE_LIMIT = 1 << 26  # bytes


@click.command(
    epilog="Example: marsham read saved.html --url http://www.homeoffice.gov.uk/crime/ --json"
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--url", help="The page's address, possibly one in another archive.")
@click.option("--captured", type=DATE, metavar="DATE", help="When it was captured.")
@click.option("--content-type", help="The Content-Type it was served with.")
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(path_type=Path),
    help="A site recipe to follow; without FILES it is only checked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="Print the page's message alone (html, markdown, text), or all as json.",
)
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
    recipe_file: Path | None,
    as_json: bool,
    form: str | None,
    manifest: Path | None,
    out: Path | None,
) -> int:
    """Read what saved pages say: contacts, partnerships, claims.

    Works on files alone, without any archive. Another archive's banner and rewritten links are
    taken off first, and every date stated for the page is given with its source. With --format the
    page's message is printed as clean HTML, Markdown or text instead, without menus and footers.

    With --recipe, what a site recipe reads takes the place of what is read without it, and status 1
    means that it could not be followed in something, which is told.
    """
    recipe = read_recipe(recipe_file) if recipe_file else None
    if manifest:
        if files or not out:
            raise click.UsageError("--manifest goes with --out and without FILES")
        if url or captured or content_type or as_json or form:
            raise click.UsageError(
                "--url, --captured, --content-type, --format and --json are for FILES; a manifest "
                "states these for each page, and JSON is what --out gets"
            )
        return _read_manifest(manifest, out, recipe)
    if recipe and not files:
        say(f"{recipe_file}: recipe {recipe.name} can be used; it is for {', '.join(recipe.pages)}")
        return DONE
    if not files:
        raise click.UsageError("give a FILE to read, or --manifest")
    if out:
        raise click.UsageError("--out goes with --manifest; FILES are written to standard output")
    if len(files) > 1 and (url or captured):
        raise click.UsageError("--url and --captured speak of one page; give one FILE with them")
    if as_json and form not in {None, "json"}:
        raise click.UsageError(f"--json and --format {form} say different things; give one")
    form = "json" if as_json else form
    stated = _listed(format_timestamp(captured.first), str(captured.first)) if captured else ()
    address = check_url(url) if url else None
    status = DONE
    with Confined() as children:
        for file in files:
            if form not in {None, "json"}:
                told = _read_file(children, file, address, content_type, stated, recipe, form)
                click.echo(told, nl=False)
                continue
            text = _read_file(children, file, address, content_type, stated, recipe)
            saved = json.loads(text)
            if form:
                click.echo(text)
            else:
                _print(file, saved)
            if recipe and _tell_recipe(recipe, file, saved):
                status = FINDINGS
    return status


def _tell_recipe(recipe: Recipe, file: Path, saved: dict[str, Any]) -> bool:
    """Say in what a recipe could not be followed; tells whether there was anything."""
    said = [each for each in saved["problems"] if each.startswith(f"{recipe.rule}: ")]
    if saved["url"] and not recipe.is_for(saved["url"]):
        said = [f"{recipe.rule}: is not for {saved['url']}; it is for {', '.join(recipe.pages)}"]
    for each in said:
        say(f"  {file}: {each}", err=True)
    return bool(said)


def _read_file(
    children: Confined,
    path: Path,
    url: str | None,
    content_type: str | None,
    stated: tuple[StatedDate, ...],
    recipe: Recipe | None,
    form: str | None = None,
) -> str:
    """Read one file; gives what it says as text of that form."""
    if not path.is_dir() and sniff(path) is Format.WARC:
        raise FormatError(str(path), "is a WARC file; take it in with: marsham ingest")
    try:
        if path.is_dir():
            raise FormatError(str(path), "is a folder; read takes files")
        with path.open("rb") as file:
            data = file.read(_PAGE_LIMIT + 1)
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    if len(data) > _PAGE_LIMIT:
        raise FormatError(str(path), f"is larger than {_PAGE_LIMIT} bytes, no page for people")
    try:
        return saved_page_confined(
            children,
            data,
            name=str(path),
            sha256=hashlib.sha256(data).hexdigest(),
            url=url,
            content_type=content_type,
            stated=stated,
            recipe=recipe,
            form=form or "json",
        )
    except ConfinedError as error:
        raise FormatError(str(path), f"{error}; it was given up") from error


def _read_manifest(manifest: Path, out: Path, recipe: Recipe | None) -> int:
    try:
        entries = json.loads(manifest.read_text("utf-8"))
        wanted = [_entry(entry) for entry in entries]
    except OSError as error:
        raise FormatError(str(manifest), f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise FormatError(
            str(manifest), "is not a JSON list of objects of texts with at least stem and file"
        ) from error
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    status = DONE
    with Confined() as children:
        for entry in wanted:
            try:
                text = _read_file(
                    children,
                    manifest.parent / entry["file"],
                    entry.get("snapshot_url") or entry.get("url"),
                    entry.get("content_type"),
                    _stated(entry),
                    recipe,
                )
            except InputError as error:
                say(f"marsham: {error}", err=True)
                status = FINDINGS
                continue
            (out / f"{Path(entry['stem']).name}.json").write_text(text + "\n", "utf-8")
    return status


def _entry(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise TypeError
    texts = {name: value for name, value in entry.items() if isinstance(value, str)}
    others = [value for value in entry.values() if not isinstance(value, str)]
    if not {"stem", "file"} <= texts.keys() or any(value is not None for value in others):
        raise TypeError
    return texts


def _stated(entry: dict[str, str]) -> tuple[StatedDate, ...]:
    # A snapshot's own statements say more than the time its list repeats from its address.
    captured = entry.get("captured")
    if not captured or entry.get("snapshot_url"):
        return ()
    return _listed(format_timestamp(parse_date(captured).first), captured)


def _listed(timestamp: str, raw: str) -> tuple[StatedDate, ...]:
    return (StatedDate(DateSource.LIST, timestamp, raw),)


def _print(file: Path, saved: dict[str, Any]) -> None:
    say(saved["page"]["title"] or file.name)
    say(f"  address      {saved['url'] or 'not known'}")
    if saved["captured"]:
        rule = saved["date_rule"]["name"]
        say(f"  captured     {saved['captured']} to the {saved['captured_precision']} ({rule})")
        if saved["date_conflict"]:
            say(f"  dates differ {saved['date_conflict']}")
    for partnership in saved["partnerships"]:
        area = ", ".join(filter(None, (partnership["region"], partnership["country"])))
        say(f"  partnership  {partnership['name']}" + (f" ({area})" if area else ""))
    nested = [contact for found in saved["partnerships"] for contact in found["contacts"]]
    for contact in (*saved["contacts"], *nested):
        parts = (
            contact["unit"],
            contact["organisation"],
            contact["person"],
            contact["role"],
            *contact["address"],
            contact["postcode"],
            *contact["phone"],
            *contact["email"],
        )
        say(f"  contact      {', '.join(part for part in parts if part)}")
    for count in saved["counts"]:
        where = f" in {count['where']}" if count["where"] else ""
        say(f"  claim        {count['number']} {count['what']}{where}")
    for authority in saved["authorities"]:
        where = f" ({authority['applies_to']})" if authority["applies_to"] else ""
        say(f"  authority    {authority['name']}{where}")
    for check in saved["authority_checks"]:
        if check["verdict"] != "agrees":
            named = check["listed"] or check["law"]
            say(f"  law differs  {named}: {check['verdict']}; {check['how']}")
    for law in saved["legal"]:
        parts = (law["act"], str(law["year"] or ""), law["number"] or "")
        cited = f", sections {', '.join(law['sections'])}" if law["sections"] else ""
        say(f"  legislation  {' '.join(part for part in parts if part)}{cited}")
