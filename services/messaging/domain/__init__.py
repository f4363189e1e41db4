"""Pure rules of messaging: no SQL, clock or network."""
