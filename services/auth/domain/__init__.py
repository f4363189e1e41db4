"""Rules of accounts on plain values: no SQL, no clock, no network."""
