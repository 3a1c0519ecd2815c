"""Showing a memento: its addresses led into the archive, its head made safe, its banner."""
