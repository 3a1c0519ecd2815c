"""Showing a memento: its addresses led into the archive, its head made safe, its banner."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snapshots.replay.addresses import AddressMap
    from snapshots.replay.banner import Banner, BannerSettings, Parts
    from snapshots.replay.headers import (
        content_policy,
        replay_headers,
        safety_headers,
        shared_with,
    )
    from snapshots.replay.origins import Origins, origins_for, site_label
    from snapshots.replay.rewrite import BodyKind, body_kind, rewrite

__all__ = [
    "AddressMap",
    "Banner",
    "BannerSettings",
    "BodyKind",
    "Origins",
    "Parts",
    "body_kind",
    "content_policy",
    "origins_for",
    "replay_headers",
    "rewrite",
    "safety_headers",
    "shared_with",
    "site_label",
]

_MODULES = {
    "addresses": ("AddressMap",),
    "banner": ("Banner", "BannerSettings", "Parts"),
    "headers": ("content_policy", "replay_headers", "safety_headers", "shared_with"),
    "origins": ("Origins", "origins_for", "site_label"),
    "rewrite": ("BodyKind", "body_kind", "rewrite"),
}


def __getattr__(name: str) -> object:
    """Load what is asked for; commands that show nothing begin without it."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
