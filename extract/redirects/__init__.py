"""Where old addresses lead once a site is closed: drafted from the archive, decided by people."""
