"""Undoing another archive's replay; the kinds of replay are data in ``kinds/``."""

from archiver.unreplay.page import Recovered, Removed, recover_page

__all__ = ["Recovered", "Removed", "recover_page"]
