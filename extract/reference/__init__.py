"""Partnership codes, police forces and regions: about 2021, for names and not for counts."""
