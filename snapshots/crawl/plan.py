"""A plan: named crawls in a TOML file, each with its seeds, scope and limits, to be run again.

::

    [defaults]
    contact = "archive@archive.example"
    delay = 2

    [[crawl]]
    name = "home-office"
    seeds = ["https://www.homeoffice.example/"]
    max_time = "6h"

    [crawl.traps]
    depth = 10
"""

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from archiver.capture.traps import TrapLimits
from archiver.errors import FormatError, InputError
from archiver.quantities import read_seconds, read_size
from snapshots.crawl.order import Order

__all__ = ["OBEY", "ROBOTS", "Planned", "chosen", "read_plan"]

T = TypeVar("T")

OBEY = "obey"
ROBOTS = (OBEY, "ignore")
_LARGEST = 1 << 22  # bytes of a plan
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A crawl of a plan: its name there, and what is to be done."""

    name: str
    order: Order


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text in quotes")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError('a list of texts, such as ["one", "two"]')
    return tuple(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _untruth(value: object) -> bool:
    return not _truth(value)


def _obeys(value: object) -> bool:
    if value not in ROBOTS:
        raise ValueError('"obey" or "ignore"')
    return value == OBEY


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number")
    return value


def _bytes(value: object) -> int:
    return read_size(value) if isinstance(value, str) else _whole(value)


def _seconds(value: object) -> float:
    if isinstance(value, str):
        return read_seconds(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError('a number of seconds, or a text such as "6h"')
    return float(value)


# Each key by the option of the command that says the same, the field of the order, and how it is
# read.
_KEYS: dict[str, tuple[str, Callable[[object], object]]] = {
    "seeds": ("seeds", _texts),
    "scope": ("scope", _text),
    "include": ("include", _texts),
    "exclude": ("exclude", _texts),
    "embeds_outside": ("embeds_leave", _truth),
    "robots": ("robots", _obeys),
    "sitemaps": ("sitemaps", _truth),
    "scripts": ("guesses", _truth),
    "probes": ("probes", _truth),
    "full": ("conditional", _untruth),
    "browser": ("browser", _truth),
    "snapshot": ("label", _text),
    "operator": ("operator", _text),
    "contact": ("contact", _text),
    "delay": ("delay", _seconds),
    "workers": ("workers", _whole),
    "tries": ("tries", _whole),
    "back_off": ("back_off", _seconds),
    "limit": ("most_answers", _whole),
    "max_bytes": ("most_bytes", _bytes),
    "max_time": ("most_seconds", _seconds),
    "max_size": ("body", _bytes),
    "max_answer_time": ("seconds", _seconds),
    "max_silence": ("silence", _seconds),
    "allow_private": ("allow_private", _truth),
    "allow_private_at": ("allow_private_at", _texts),
}
_TRAPS = tuple(field.name for field in fields(TrapLimits))
_OWN = ("name", "traps")
_TABLES = ("defaults", "crawl")


def read_plan(path: Path) -> list[Planned]:
    """Read all crawls of a plan, in its order.

    Raises:
        FormatError: when the file cannot be read, is no TOML, holds a key that is not known (the
            message names the nearest), a value of another kind, two crawls of one name, or none.

    What the values mean together is checked when a crawl is prepared.
    """
    told = _load(path)
    _check_keys(path, "", told, _TABLES)
    defaults = _table(path, "defaults", told.get("defaults", {}))
    crawls = told.get("crawl", [])
    if not isinstance(crawls, list) or not all(isinstance(one, dict) for one in crawls):
        raise FormatError(str(path), "crawls begin with [[crawl]], in double brackets")
    if not crawls:
        raise FormatError(str(path), "there is no crawl in it; begin one with [[crawl]]")
    for key in ("name", "seeds"):
        if key in defaults:
            raise FormatError(str(path), f"[defaults]: {key} belongs to a single crawl")
    _order(path, "[defaults]", defaults, {})
    planned: list[Planned] = []
    for number, one in enumerate(crawls, 1):
        name = one.get("name")
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise FormatError(str(path), f"crawl {number} needs a name: one line of text in quotes")
        if len(name) > _LONGEST_NAME:
            raise FormatError(str(path), f"the name of crawl {number} is too long")
        if any(name == other.name for other in planned):
            raise FormatError(str(path), f"two crawls are named {name!r}; name them apart")
        order = _order(path, f"crawl {name!r}", one, defaults)
        if not order.seeds:
            raise FormatError(str(path), f'crawl {name!r} needs seeds = ["https://..."]')
        planned.append(Planned(name, order))
    return planned


def chosen(path: Path, planned: list[Planned], names: Collection[str]) -> list[Planned]:
    """Give the crawls of some names, in the order of the plan; all of them for no names.

    Raises:
        InputError: when there is none of a name.
    """
    known = [one.name for one in planned]
    for name in names:
        if name not in known:
            raise InputError(f"{path} has no crawl named {name!r}; {_hint(name, known)}")
    return [one for one in planned if not names or one.name in names]


def _load(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise FormatError(str(path), error.strerror or str(error)) from error
    if len(data) > _LARGEST:
        raise FormatError(str(path), "is too big for a plan")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(str(path), f"not readable as TOML: {error}") from error


def _order(
    path: Path, where: str, told: Mapping[str, object], defaults: Mapping[str, object]
) -> Order:
    for table in (told, defaults):
        _check_keys(path, where, table, (*_OWN, *_KEYS))
    values: dict[str, object] = {}
    for key, value in {**defaults, **told}.items():
        if key not in _OWN:
            field, read = _KEYS[key]
            values[field] = _read(path, where, key, value, read)
    traps: dict[str, int] = {}
    for table in (defaults, told):
        some = _table(path, f"{where}: traps", table.get("traps", {}))
        _check_keys(path, f"{where}, traps", some, _TRAPS)
        for key, value in some.items():
            traps[key] = _read(path, f"{where}, traps", key, value, _whole)
    values.setdefault("seeds", ())
    return Order(**values, traps=TrapLimits(**traps))  # type: ignore[arg-type]


def _read(path: Path, where: str, key: str, value: object, read: Callable[[object], T]) -> T:
    try:
        return read(value)
    except InputError as error:
        raise FormatError(str(path), f"{where}: {key}: {error}") from error
    except ValueError as error:
        raise FormatError(
            str(path), f"{where}: {key} must be {error}, not {value!r:.100}"
        ) from error


def _table(path: Path, where: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FormatError(str(path), f"{where} must be a table")
    return value


def _check_keys(
    path: Path, where: str, table: Mapping[str, object], known: Collection[str]
) -> None:
    for key in table:
        if key not in known:
            place = f"{where}: " if where else ""
            raise FormatError(str(path), f"{place}unknown key {key!r}; {_hint(key, known)}")


def _hint(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.replace("-", "_"), known, 1, 0.5)
    near = near or get_close_matches(name, known, 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
