"""Physical erasure: what has to go, prepared, decided, and carried out whatever interrupts."""
