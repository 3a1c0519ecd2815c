"""Checking an archive: sizes, digests, records, and the index against one made anew."""
