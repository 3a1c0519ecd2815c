"""Partnership codes, police forces and regions: a picture of about 2021, for names, not for counts."""
