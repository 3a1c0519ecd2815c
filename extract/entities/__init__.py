"""Entities: partnerships and contacts through time, put together from what dated pages say."""
