"""Static copies: captures as a folder of files that any web host, or none, can show."""
