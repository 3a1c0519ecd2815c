"""The manifest beside an export: what it is, of what archive, and digests to check it by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from archiver.errors import InputError
from extract.export.columns import Column, Kind
from extract.store import EXTRACTOR_VERSION
from extract.tables import correction, extraction, page_version
from snapshots.tables import commit_note, withdrawal

__all__ = [
    "ExportedFile",
    "Manifest",
    "catalogue_revision",
    "file_digest",
    "manifest_path",
    "read_manifest",
    "write_manifest",
]

_NAME = "manifest.json"
_LARGEST = 1 << 28  # bytes; one that lists a million files is about half as large


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export.

    Attributes:
        name: with the folders above it, within the export's own.
        size: in bytes.
        sha256: in hex.
        counts: what it holds, where an export is in several parts.
    """

    name: str
    size: int
    sha256: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of an export.

    Attributes:
        what: the name of the source.
        form: the name of the format.
        as_of: 14 digits; the rows are as of this second.
        filters: what was left out; see `Filters.as_json`.
        catalogue: the state of the archive; see `catalogue_revision`.
        counts: rows, characters that were replaced, values that go on elsewhere, and the like.
        columns: of the rows.
        identity: the columns by which a row is known again.
        files: what was written, by name.
        software: name and version of what wrote it.
    """

    what: str
    form: str
    as_of: str
    filters: Mapping[str, object]
    catalogue: Mapping[str, object]
    counts: Mapping[str, int]
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    files: tuple[ExportedFile, ...]
    software: str = field(default_factory=lambda: f"marsham {version('marsham')}")


def catalogue_revision(connection: Connection) -> dict[str, object]:
    """Give what tells one state of an archive from another; the same state gives the same values.

    ``commit`` is the number of the last commit and ``note`` the SHA-256 of its note, which names
    the one before it; ``extractor`` the version of the rules, ``pages_read`` how many captures were
    read and ``recipes`` a digest of the sites' recipes they were read by; ``decisions`` and
    ``withdrawals`` how many there are.
    """
    last = connection.execute(
        select(commit_note.c.id, commit_note.c.sha256).order_by(commit_note.c.id.desc()).limit(1)
    ).first()
    read, recipes = 0, hashlib.sha256()
    decisions = 0
    made = inspect(connection)
    if made.has_table(page_version.name):
        read = connection.scalar(select(func.count()).select_from(page_version)) or 0
        used = select(extraction.c.recipe, func.count()).group_by(extraction.c.recipe)
        for recipe, number in sorted((bytes(one), two) for one, two in connection.execute(used)):
            recipes.update(recipe + f":{number};".encode())
    if made.has_table(correction.name):
        decisions = connection.scalar(select(func.count()).select_from(correction)) or 0
    return {
        "commit": last[0] if last else 0,
        "note": last[1] if last else "",
        "extractor": EXTRACTOR_VERSION,
        "pages_read": read,
        "recipes": recipes.hexdigest()[:16],
        "decisions": decisions,
        "withdrawals": connection.scalar(select(func.count()).select_from(withdrawal)) or 0,
    }


def manifest_path(export: Path) -> Path:
    """Give where the manifest of an export stands: beside a file, within a folder."""
    if export.is_dir():
        return export / _NAME
    return export.with_name(f"{export.name}.{_NAME}")


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest as JSON; the same export gives the same bytes."""
    told = {
        "what": manifest.what,
        "format": manifest.form,
        "as_of": manifest.as_of,
        "filters": dict(manifest.filters),
        "counts": dict(manifest.counts),
        "files": [
            {"name": file.name, "size": file.size, "sha256": file.sha256}
            | ({"counts": dict(file.counts)} if file.counts else {})
            for file in manifest.files
        ],
        "catalogue": dict(manifest.catalogue),
        "software": manifest.software,
        "identity": list(manifest.identity),
        "columns": [
            {"name": column.name, "kind": column.kind.value, "about": column.about}
            for column in manifest.columns
        ],
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of an export.

    Raises:
        InputError: when there is none, or it is not one of ours.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} is too large for a manifest; name the export it belongs to")
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Manifest(
            what=str(told["what"]),
            form=str(told["format"]),
            as_of=str(told["as_of"]),
            filters=dict(told["filters"]),
            catalogue=dict(told["catalogue"]),
            counts={str(name): int(value) for name, value in told["counts"].items()},
            columns=tuple(
                Column(str(one["name"]), Kind(one["kind"]), str(one["about"]))
                for one in told["columns"]
            ),
            identity=tuple(map(str, told["identity"])),
            files=tuple(
                ExportedFile(
                    str(one["name"]),
                    int(one["size"]),
                    str(one["sha256"]),
                    {str(name): int(value) for name, value in one.get("counts", {}).items()},
                )
                for one in told["files"]
            ),
            software=str(told["software"]),
        )
    except OSError as error:
        raise InputError(
            f"no manifest at {path}; an export stands beside the manifest written with it"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is not the manifest of an export: {error}") from error


def file_digest(path: Path, name: str | None = None) -> ExportedFile:
    """Describe a file that was written, under a name or its own."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(name or path.name, path.stat().st_size, sha256)
