"""Facts as tables for other people's tools."""
