"""Everything that can change an account or a session."""
