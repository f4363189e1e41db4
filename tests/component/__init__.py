"""Component tests: real containers on a real broker and a real PostgreSQL."""
