"""Showing a memento: its addresses led into the archive, its head made safe, its banner."""

from snapshots.replay.addresses import AddressMap
from snapshots.replay.banner import Banner, BannerSettings, Parts
from snapshots.replay.headers import content_policy, replay_headers, safety_headers
from snapshots.replay.rewrite import BodyKind, body_kind, rewrite

__all__ = [
    "AddressMap",
    "Banner",
    "BannerSettings",
    "BodyKind",
    "Parts",
    "body_kind",
    "content_policy",
    "replay_headers",
    "rewrite",
    "safety_headers",
]
