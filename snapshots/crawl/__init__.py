"""A crawl as part of the archive: what is still to be asked, and how an exchange comes to stay."""
