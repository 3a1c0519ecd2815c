"""An order as people give it, made one that can be carried out: checked, with nothing left open."""

from dataclasses import fields, replace
from urllib.parse import urlsplit

from archiver.capture.addresses import fetch_url
from archiver.capture.chromium import check_browser
from archiver.capture.scope import Scope
from archiver.capture.traps import TrapLimits
from archiver.errors import FetchError, InputError, UrlError
from archiver.fetch.guard import Guard, look_up, refusal
from archiver.fetch.place import place_of
from archiver.urls import check_url
from snapshots.archive import Archive
from snapshots.crawl.order import Order
from snapshots.crawl.store import close_crawl, crawls, unfinished
from snapshots.writer import Writer

__all__ = ["let_go", "prepare"]

_YEAR = 366 * 86_400
_RANGES: dict[str, tuple[float, float]] = {  # the least and the most of each number
    "delay": (0, 3600),
    "workers": (1, 64),
    "tries": (1, 20),
    "back_off": (0, 3600),
    "most_answers": (1, 2**31 - 1),
    "most_bytes": (1, 2**62),
    "most_seconds": (0.001, 10 * _YEAR),
    "body": (1, 2**50),
    "seconds": (0.1, 7 * 86_400),
    "silence": (0.1, 86_400),
}
_MOST = 2**31 - 1  # of any bound on traps


def prepare(order: Order, archive: Archive) -> Order:
    """Check an order, and put in what it leaves open.

    Args:
        order: its seeds may be as people type them.
        archive: whose settings name a contact, where the order names none.

    Returns:
        The order with its seeds as they will be asked for, each once, and with a label and a
        contact. Nothing has been asked of the web.

    Raises:
        UrlError: when a seed is no address of the web, or holds a name and password.
        PatternError: when an expression cannot be used.
        InputError: when there is no seed, a number is out of its range, a text is not one line, or
            nobody is named whom a webmaster could ask, or what is let be private is neither host
            nor network. A person must be named unless all seeds are at private addresses and these
            are allowed.
        BrowserError: when pages are to be shown, and there is no browser for it.
    """
    seeds = tuple(dict.fromkeys(_seed(text) for text in order.seeds))
    if not seeds:
        raise InputError("a crawl needs an address to start from; give one such as https://host/")
    for name, (least, most) in _RANGES.items():
        value = getattr(order, name)
        if value is not None and not least <= value <= most:
            raise InputError(f"{name} must be from {least:,} to {most:,}, not {value:,}")
    for field in fields(TrapLimits):
        value = getattr(order.traps, field.name)
        if value is not None and not 0 <= value <= _MOST:
            raise InputError(f"traps: {field.name} must be from 0 (no bound) up, not {value}")
    for name in ("label", "operator"):
        if not getattr(order, name).isprintable():
            raise InputError(f"{name} must be one line of plain text")
    contact = order.contact or archive.settings.contact
    label = order.label or place_of(seeds[0]).host
    order = replace(order, seeds=seeds, label=label, contact=contact)
    _check_contact(order, archive)
    Guard.of(order.allow_private_at)
    Scope.of(order.scope, order.seeds, order.include, order.exclude, order.embeds_leave)
    if order.browser:
        check_browser()
    return order


def let_go(writer: Writer, order: Order, *, anew: bool = False) -> int | None:
    """Close the unfinished crawl of an order if it cannot go on, so that the next begins anew.

    Args:
        writer: of the archive.
        order: what is to be done now, prepared; its bounds count.
        anew: close it even if it could go on.

    Returns:
        The number of the crawl that was closed; None when there was none to be closed.

    A crawl that has reached its bounds would end again before it asked for anything.
    """
    with writer.archive.catalogue.read() as connection:
        number = unfinished(connection, order)
        row = crawls(connection, number)[0] if number else None
    if row is None:
        return None
    reached = order.bound_reached(row.exchanges, row.bytes, row.spent / 1000)
    if not (anew or reached):
        return None
    close_crawl(writer, row.number, reached or "a new one was begun instead")
    return row.number


def _seed(text: str) -> str:
    typed = check_url(text)
    url = fetch_url(typed, typed)
    if url is None:
        raise UrlError(text, "no server can be asked for it")
    if "@" in urlsplit(typed).netloc:
        raise UrlError(url, "it was given with a name or password, and a crawl never logs in")
    try:
        place_of(url)
    except FetchError as error:
        raise UrlError(text, error.reason) from error
    return url


def _check_contact(order: Order, archive: Archive) -> None:
    contact = order.contact
    private = order.allow_private or order.allow_private_at
    if not contact and not (private and _are_private(order.seeds)):
        raise InputError(
            "webmasters should know whom to ask about a crawl; set contact in "
            f"{archive.path}/marsham.toml, or give --contact with an e-mail or web address"
        )
    if not contact.isprintable() or not contact.isascii() or set(contact) & set("()\\"):
        raise InputError("the contact a server is told must be one line of ASCII without brackets")


def _are_private(seeds: tuple[str, ...]) -> bool:
    for place in {place_of(seed) for seed in seeds}:
        try:
            found = look_up(place.host, place.port)
        except (OSError, UnicodeError):
            return False
        if not found or not all(refusal(address) for address in found):
            return False
    return True
