"""Floor 1: getting pages into WARC. Live capture, ingest, and the formats they are written in."""
