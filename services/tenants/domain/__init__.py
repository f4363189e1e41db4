"""Rules of `tenants`, on plain values."""
