"""Showing a memento: its addresses led into the archive, its head made safe, its banner."""

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
