"""``marsham read``: read pages from files, without any archive."""
