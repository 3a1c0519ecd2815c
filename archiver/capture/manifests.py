"""Where the manifest of a web application leads: its icons, screenshots and pages."""

import json
from collections.abc import Iterator

from archiver.capture.collecting import Collector
from archiver.capture.link import Hop

__all__ = ["collect_manifest"]

_LONGEST = 1 << 20  # bytes
_MOST = 200  # of each list


def collect_manifest(payload: bytes, found: Collector) -> None:
    """Find what a manifest names; one that is no JSON is noted and names nothing.

    Source: W3C Web Application Manifest, clauses 1.9, 1.11 and 1.14.
    """
    if len(payload) > _LONGEST:
        found.fault(f"a manifest of more than {_LONGEST} bytes was not read")
        return
    try:
        manifest = json.loads(payload)
    except (ValueError, RecursionError):
        found.fault("the manifest is no JSON")
        return
    for reference in _named(manifest, "start_url"):
        found.add(reference, Hop.LINK, "manifest start_url")
    for name in ("icons", "screenshots"):
        for picture in _listed(manifest, name):
            for reference in _named(picture, "src"):
                found.add(reference, Hop.EMBED, f"manifest {name}")
    for shortcut in _listed(manifest, "shortcuts"):
        for reference in _named(shortcut, "url"):
            found.add(reference, Hop.LINK, "manifest shortcuts")
        for picture in _listed(shortcut, "icons"):
            for reference in _named(picture, "src"):
                found.add(reference, Hop.EMBED, "manifest shortcuts")


def _listed(value: object, name: str) -> Iterator[object]:
    members = value.get(name) if isinstance(value, dict) else None
    if isinstance(members, list):
        yield from members[:_MOST]


def _named(value: object, name: str) -> Iterator[str]:
    reference = value.get(name) if isinstance(value, dict) else None
    if isinstance(reference, str) and reference:
        yield reference
