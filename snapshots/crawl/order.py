"""What a crawl is asked to do: seeds, scope, manners and limits, told once and kept with it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any

from archiver.capture.traps import TrapLimits
from archiver.quantities import write_seconds, write_size

__all__ = ["Order"]

# What makes a crawl another one; the rest may be changed while it goes on.
_IDENTITY = (
    *("seeds", "scope", "include", "exclude", "embeds_leave", "robots", "sitemaps"),
    *("guesses", "browser", "label"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """An order for a crawl.

    Attributes:
        seeds: where it begins, as they are asked for.
        scope: ``page``, ``prefix``, ``host``, ``domain``, or a regular expression.
        include: regular expressions of further addresses.
        exclude: regular expressions of addresses to leave out; seeds win over them.
        embeds_leave: whether what a page needs may be taken from outside the scope.
        robots: whether robots.txt is obeyed; it is asked for and kept either way.
        sitemaps: whether the sitemaps that robots.txt names are read.
        guesses: whether what looks like an address in a script is asked for.
        probes: whether a made-up address is asked for now and then, to know soft 404s.
        conditional: whether a server is told what the archive holds, so that it need not send it.
        browser: whether pages are loaded in Chromium.
        label: what the snapshot is called; empty for the name of the first seed's host.
        operator: who ordered it, for the record.
        contact: how a webmaster can reach a person.
        delay: least seconds between two questions to one server.
        workers: how many servers are asked at once.
        tries: how often one address is asked in all.
        back_off: seconds before the second try, where a server names none; it doubles.
        most_answers: how many answers are taken; None for no bound. So for the next two.
        most_bytes: bytes of all answers.
        most_seconds: how long it runs, all runs together.
        body: most bytes of one body.
        seconds: how long one answer may take.
        silence: how many seconds may pass without a byte.
        traps: the bounds on endless sites.
        allow_private: whether servers that seeds and scope name (`Scope.names`) may be asked at
            private and loopback addresses.
        allow_private_at: further hosts and networks that may be asked there, see `Guard.of`.
    """

    seeds: tuple[str, ...]
    scope: str = "host"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    embeds_leave: bool = True
    robots: bool = True
    sitemaps: bool = True
    guesses: bool = False
    probes: bool = True
    conditional: bool = True
    browser: bool = False
    label: str = ""
    operator: str = ""
    contact: str = ""
    delay: float = 1.0
    workers: int = 4
    tries: int = 3
    back_off: float = 2.0
    most_answers: int | None = None
    most_bytes: int | None = None
    most_seconds: float | None = None
    body: int = 1 << 31
    seconds: float = 600.0
    silence: float = 60.0
    traps: TrapLimits = field(default_factory=TrapLimits)
    allow_private: bool = False
    allow_private_at: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """SHA-256, in hex, of what makes it this crawl: the same order again goes on with it."""
        told = {name: getattr(self, name) for name in _IDENTITY}
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def bound_reached(self, answers: int, size: int, seconds: float) -> str:
        """Say which bound a crawl has reached; empty for none.

        Args:
            answers: that are stored.
            size: bytes of them.
            seconds: it ran, all runs together.
        """
        if self.most_answers is not None and answers >= self.most_answers:
            return f"the bound of {self.most_answers} answers is reached"
        if self.most_bytes is not None and size >= self.most_bytes:
            return f"the bound of {write_size(self.most_bytes)} is reached"
        if self.most_seconds is not None and seconds >= self.most_seconds:
            return f"the bound of {write_seconds(self.most_seconds)} is reached"
        return ""

    def to_json(self) -> str:
        """Write it down; None and defaults included."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """Read what `to_json` wrote, by this version or one before it."""
        told: Mapping[str, Any] = json.loads(text)
        known = {one.name for one in fields(cls)}
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in told.items()
            if name in known and name != "traps"
        }
        limits = {one.name for one in fields(TrapLimits)}
        traps: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in told.get("traps", {}).items()
            if name in limits
        }
        return cls(**given, traps=TrapLimits(**traps))
