"""Taking inputs in: whole or not at all, never twice, and into one snapshot."""
