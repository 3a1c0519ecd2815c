"""What this software calls itself in the records it writes."""

from importlib.metadata import version

__all__ = ["software_name"]


def software_name() -> str:
    """Give name and version as warcinfo records and user agents write them, ``marsham/1.2.3``."""
    return f"marsham/{version('marsham')}"
